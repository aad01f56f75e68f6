"""Budgets across the window: locks reach proposals, drafts reach the allocation bar, modules are added and removed."""

import typing

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.budget import BudgetPlan
from engine.domain.commands import AddModule, ChangeModule, DepositCash, ReallocateBudget, RemoveModule, SweepGain
from engine.domain.denial import Denial
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import AllocationsSoFar, ProposalsFor
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.widgets.messages import Toast
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.offered import SPEC
from tests.mindfolio_desktop.ui.reviews import proposals, review
from tests.mindfolio_desktop.ui.snapshots import AUTO, PAUSED, aggressive_growth, fresh


@pytest.fixture
def window(qtbot: QtBot, bridge: EngineBridge, engine: EngineFake) -> MainWindow:
    engine.answers |= {AllocationsSoFar: review(), ProposalsFor: proposals()}
    made = MainWindow(bridge)
    qtbot.addWidget(made, before_close_func=lambda _window: publish(bridge, qtbot, is_flat=True))
    made.show()
    qtbot.waitExposed(made)
    publish(bridge, qtbot)
    return made


def publish(bridge: EngineBridge, qtbot: QtBot, *, is_flat: bool = False) -> None:
    with qtbot.waitSignal(bridge.snapshot_changed):
        bridge.publish(fresh() if is_flat else aggressive_growth())


def find(window: QWidget, name: str) -> QPushButton:
    found = window.findChild(QPushButton, name)
    assert found is not None, name
    return found


def click(window: QWidget, name: str) -> None:
    QTest.mouseClick(find(window, name), Qt.MouseButton.LeftButton)


def test_a_locked_module_is_left_out_of_proposals_and_one_of_these_is_applied_as_a_draft(
    window: MainWindow, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    click(window, f"lock_{PAUSED}")
    click(window, "go_budgets")
    qtbot.waitUntil(lambda: window.findChild(QPushButton, "load_equal") is not None)
    (asked,) = [each for each in engine.questions if isinstance(each, ProposalsFor)]
    assert asked.locked == {PAUSED}
    click(window, "load_equal")
    assert find(window, "go_dashboard").isChecked()
    assert engine.commands == [], "a draft is applied by nobody"
    click(window, "apply_allocation")
    (command,) = engine.commands
    assert isinstance(command, ReallocateBudget)
    assert command.plan == proposals()[0].plan
    bridge.notify(CommandAccepted(command))
    qtbot.wait(60)


def test_an_earlier_split_is_loaded_as_a_draft_too(window: MainWindow, engine: EngineFake, qtbot: QtBot) -> None:
    click(window, "go_budgets")
    qtbot.waitUntil(lambda: window.findChild(QPushButton, "load_equal") is not None)
    earlier = BudgetPlan(review().changes[0].change.after.budgets, dollars(10_000))
    window.load_draft(earlier)
    click(window, "apply_allocation")
    assert [each.plan for each in engine.commands if isinstance(each, ReallocateBudget)] == [earlier]


@pytest.mark.parametrize("way", ["go_gallery", "dashboard_gallery"])
def test_the_gallery_is_reached_from_the_modules_and_from_the_dashboard(window: MainWindow, way: str) -> None:
    click(window, way)
    assert find(window, "go_gallery").isChecked()
    click(window, "gallery_back")
    assert find(window, "go_dashboard").isChecked()
    click(window, "dashboard_budgets")
    assert find(window, "go_budgets").isChecked()


def test_keys_lead_to_budgets(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_6, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(find(window, "go_budgets").isChecked)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (DepositCash(dollars(1), "user", "x"), "Deposit cash"),
        (SweepGain(AUTO, None, "user", "x"), "Sweep a gain"),
        (AddModule(SPEC, 0, "user", "x"), "Add a module"),
        (ChangeModule(AUTO, SPEC, "user", "x"), "Change settings"),
        (RemoveModule(AUTO, "", "user", "x"), "Remove a module"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_was_refused_is_recorded_and_said_where_the_person_is_looking_alone(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot, command: typing.Any, words: str
) -> None:
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(command, (Denial(DenialCode.STORAGE),)))
    status = window.findChild(QLabel, "last_event")
    assert status is not None
    assert f"Not done: {words}" in status.text()
    assert all(toast.isHidden() for toast in window.findChildren(Toast))
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(command))
    assert status.text() == f"Done: {words}"
