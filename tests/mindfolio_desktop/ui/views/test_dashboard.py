"""The dashboard: cards, the bar and the panels over one snapshot; every control is a command or a signal."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.commands import PauseModule, ReallocateBudget, ResumeModule
from engine.domain.denial import Denial
from engine.domain.mindfolio import PAUSED_BY_STOP, ModuleStatus
from engine.domain.notices import CommandAccepted, CommandDenied
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.dashboard import Dashboard
from mindfolio_desktop.ui.widgets.allocation_bar import BarState
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.navigation import APPROVALS
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED, aggressive_growth, module_view, with_module


@pytest.fixture
def dashboard(qtbot: QtBot, bridge: EngineBridge) -> Dashboard:
    made = Dashboard(bridge)
    qtbot.addWidget(made)
    made.resize(1090, 660)
    made.set_snapshot(aggressive_growth())
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def click(dashboard: Dashboard, name: str) -> None:
    button = dashboard.findChild(QPushButton, name)
    assert isinstance(button, QPushButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def drag(widget: QWidget, by: int) -> None:
    """Press in the middle, move in ten steps with the button held, release; the handle moves along."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    start = widget.x() + widget.width() / 2
    steps = [(QEvent.Type.MouseButtonPress, 0, left, left)]
    steps += [(QEvent.Type.MouseMove, by * step // 10, none, left) for step in range(1, 11)]
    steps.append((QEvent.Type.MouseButtonRelease, by, left, none))
    for kind, offset, cause, held in steps:
        at = QPointF(start + offset - widget.x(), widget.height() / 2)
        modifiers = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(widget, QMouseEvent(kind, at, QPointF(widget.mapToGlobal(at)), cause, held, modifiers))


def handle(dashboard: Dashboard) -> QWidget:
    found = dashboard.findChild(QWidget, f"divider_{AUTO}")
    assert isinstance(found, QWidget)
    return found


def test_every_part_shows_the_snapshot(dashboard: Dashboard) -> None:
    assert [dashboard.card(module_id).isVisible() for module_id in (AUTO, MANUAL, PAUSED)] == [True] * 3
    nav = dashboard.findChild(Figure, "nav")
    assert isinstance(nav, Figure)
    assert nav.value == "$50,950.25"
    for name in ("greeks_panel", "worst_case_panel", "ranking_panel", "allocation_bar"):
        part = dashboard.findChild(QWidget, name)
        assert isinstance(part, QWidget)
        assert not part.isHidden()


def test_what_the_stop_paused_goes_on_by_one_button(dashboard: Dashboard, engine: EngineFake) -> None:
    snapshot = aggressive_growth()
    for module_id in (AUTO, MANUAL):
        snapshot = with_module(snapshot, module_id, status=ModuleStatus.PAUSED, status_why=PAUSED_BY_STOP)
    dashboard.set_snapshot(snapshot)
    click(dashboard, "resume_stopped")
    assert engine.commands == [
        ResumeModule(module_id, "user", "resumed after the emergency stop") for module_id in (AUTO, MANUAL)
    ]


def test_pause_and_resume_are_commands_with_who_and_why(dashboard: Dashboard, engine: EngineFake) -> None:
    click(dashboard, f"pause_{AUTO}")
    click(dashboard, f"pause_{PAUSED}")
    assert engine.commands == [
        PauseModule(AUTO, "user", "paused on the dashboard"),
        ResumeModule(PAUSED, "user", "resumed on the dashboard"),
    ]


def test_view_details_and_waiting_approvals_lead_on(dashboard: Dashboard, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dashboard.module_opened) as opened:
        click(dashboard, f"details_{MANUAL}")
    assert opened.args == [MANUAL]
    with qtbot.waitSignal(dashboard.page_requested, check_params_cb=lambda key: key == APPROVALS):
        click(dashboard, f"approvals_{MANUAL}")


def test_adjust_budget_brings_the_modules_amount_into_sight_and_under_the_keyboard(
    dashboard: Dashboard, qtbot: QtBot
) -> None:
    dashboard.verticalScrollBar().setValue(dashboard.verticalScrollBar().maximum())
    click(dashboard, f"adjust_{MANUAL}")
    amount = dashboard.findChild(QWidget, f"amount_{MANUAL}")
    assert isinstance(amount, QWidget)
    qtbot.waitUntil(amount.hasFocus)
    top = amount.mapTo(dashboard.viewport(), amount.rect().topLeft()).y()
    assert 0 <= top <= dashboard.viewport().height() - amount.height()


def test_a_dragged_divider_is_applied_by_one_command_and_stays_when_accepted(
    dashboard: Dashboard, bridge: EngineBridge, engine: EngineFake, qtbot: QtBot
) -> None:
    drag(handle(dashboard), 100)
    assert engine.commands == []
    dashboard.allocation.apply()
    (command,) = engine.commands
    assert isinstance(command, ReallocateBudget)
    assert command.plan.total == dollars(50_000)
    assert command.plan.budgets[AUTO] > dollars(15_000)
    assert command.based_on_version == 5
    bridge.notify(CommandAccepted(command))
    qtbot.waitUntil(lambda: dashboard.allocation.state is BarState.SETTLING)
    moved = aggressive_growth(version=6)
    views = tuple(replace(view, budget=command.plan.budgets[view.spec.module_id]) for view in moved.modules)
    dashboard.set_snapshot(replace(moved, modules=views, reserve=command.plan.reserve))
    assert dashboard.allocation.state is BarState.FOLLOWING
    assert dashboard.allocation.draft is not None
    assert dashboard.allocation.draft.plan == command.plan


def test_a_refused_reallocation_springs_back_with_its_cause(
    dashboard: Dashboard, bridge: EngineBridge, engine: EngineFake, qtbot: QtBot
) -> None:
    drag(handle(dashboard), 100)
    dashboard.allocation.apply()
    (command,) = engine.commands
    bridge.notify(CommandDenied(command, (Denial(DenialCode.STALE_VERSION, 5, 6),)))
    qtbot.waitUntil(lambda: dashboard.allocation.state is BarState.FOLLOWING)
    assert dashboard.allocation.draft is not None
    assert dashboard.allocation.draft.plan.budgets[AUTO] == dollars(15_000)
    said = [label.text() for label in dashboard.allocation.findChildren(QLabel)]
    assert any("the budgets changed after you began" in words for words in said)


def test_an_answer_to_another_command_does_not_touch_the_draft(
    dashboard: Dashboard, bridge: EngineBridge, qtbot: QtBot
) -> None:
    drag(handle(dashboard), 100)
    pause = PauseModule(AUTO, "user", "x")
    with qtbot.waitSignals([bridge.command_accepted, bridge.command_denied]):
        bridge.notify(CommandAccepted(pause))
        bridge.notify(CommandDenied(pause, (Denial(DenialCode.STOPPED),)))
    assert dashboard.allocation.state is BarState.DRAFTING


@pytest.mark.parametrize(("width", "columns"), [(720, 2), (420, 1), (1090, 3), (1800, 3)])
def test_cards_stand_in_as_many_equal_columns_as_fit(
    dashboard: Dashboard, qtbot: QtBot, width: int, columns: int
) -> None:
    dashboard.resize(width, 660)
    cards = [dashboard.card(module_id) for module_id in (AUTO, MANUAL, PAUSED)]
    qtbot.waitUntil(lambda: len({card.x() for card in cards}) == columns)
    assert max(card.width() for card in cards) - min(card.width() for card in cards) <= 2
    assert all(card.width() >= card.minimumSizeHint().width() for card in cards)


def test_modules_that_come_and_go(dashboard: Dashboard, qtbot: QtBot) -> None:
    first = dashboard.card(AUTO)
    ordinary = aggressive_growth()
    dashboard.set_snapshot(replace(ordinary, modules=ordinary.modules[1:], reserve=dollars(20_000)))
    with pytest.raises(KeyError):
        dashboard.card(AUTO)
    dashboard.set_snapshot(ordinary)
    assert dashboard.card(AUTO) is not first
    qtbot.waitUntil(dashboard.card(AUTO).isVisible)


def test_a_card_whose_module_did_not_change_is_kept(dashboard: Dashboard) -> None:
    cards = {module_id: dashboard.card(module_id) for module_id in (AUTO, MANUAL, PAUSED)}
    dashboard.set_snapshot(with_module(aggressive_growth(), AUTO, pnl=dollars(1)))
    assert {module_id: dashboard.card(module_id) for module_id in cards} == cards
    label = dashboard.findChild(QLabel, f"pnl_{AUTO}")
    assert isinstance(label, QLabel)
    assert label.text() == "▲ +$1"
    assert module_view().pnl == dollars(1_250)


def test_everything_that_can_be_pressed_is_reached_by_tab(dashboard: Dashboard) -> None:
    buttons = [button for button in dashboard.findChildren(QPushButton) if button.isVisible() and button.isEnabled()]
    assert {f"details_{AUTO}", f"adjust_{AUTO}", f"pause_{AUTO}"} <= {button.objectName() for button in buttons}
    assert all(button.focusPolicy() & Qt.FocusPolicy.TabFocus for button in buttons)
    assert all(button.objectName() and (button.accessibleName() or button.text()) for button in buttons)
