"""The page of budgets: when it reads the ledger, what it sends, and how drafts leave it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.commands import DepositCash
from engine.domain.denial import Denial
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import AllocationsSoFar, ProposalsFor
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.budgets import Budgets
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.reviews import proposals, review
from tests.mindfolio_desktop.ui.snapshots import AUTO, aggressive_growth


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge, engine: EngineFake) -> Budgets:
    engine.answers |= {AllocationsSoFar: review(), ProposalsFor: proposals()}
    made = Budgets(bridge)
    qtbot.addWidget(made)
    made.resize(1100, 900)
    made.set_locked(frozenset({AUTO}))
    made.show()
    made.set_snapshot(aggressive_growth())
    return made


def button(page: Budgets, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def text(page: Budgets, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert found is not None
    return found.text()


def click(page: Budgets, name: str) -> None:
    QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)


def kinds(engine: EngineFake) -> list[type]:
    return [type(each) for each in engine.questions]


def test_the_ledger_is_read_when_the_page_is_turned_to_and_not_at_each_refresh(
    page: Budgets, engine: EngineFake, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: page.findChild(QPushButton, "load_equal") is not None)
    for version in range(3):
        page.set_snapshot(aggressive_growth(seq=500 + version))
    assert kinds(engine) == [AllocationsSoFar, ProposalsFor]
    asked = engine.questions[1]
    assert isinstance(asked, ProposalsFor)
    assert (asked.least_reserve, asked.locked) == (0, frozenset({AUTO}))
    page.hide()
    page.show()
    page.set_snapshot(aggressive_growth())
    qtbot.waitUntil(lambda: len(engine.questions) == 4)


def test_a_proposal_and_an_earlier_split_leave_as_drafts(page: Budgets, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.findChild(QPushButton, "load_equal") is not None)
    loaded: list[object] = []
    page.draft_requested.connect(loaded.append)
    click(page, "load_equal")
    assert loaded == [proposals()[0].plan]


def test_only_the_newest_question_is_shown(page: Budgets, engine: EngineFake, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.findChild(QPushButton, "load_equal") is not None)
    older = engine.questions[1]
    click(page, "propose")
    qtbot.waitUntil(lambda: len(engine.questions) == 3)
    qtbot.waitUntil(lambda: "of 5" in text(page, "proposals_state"))
    page._on_answer(older, ())
    assert "of 5" in text(page, "proposals_state")


def test_a_ledger_that_cannot_be_read_is_said_at_both_places(page: Budgets, engine: EngineFake, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: page.findChild(QPushButton, "load_equal") is not None)
    engine.fault = OSError("no such file")
    click(page, "propose")
    click(page, "read_allocations")
    qtbot.waitUntil(lambda: text(page, "proposals_state") == "No proposals: no such file")
    qtbot.waitUntil(lambda: "no such file" in text(page, "allocations_state"))


@pytest.mark.parametrize("is_done", [True, False])
def test_cash_is_sent_and_its_answer_comes_back_to_the_page(
    page: Budgets, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot, is_done: bool
) -> None:
    box = page.findChild(AmountBox, "cash_amount")
    assert box is not None
    box.selectAll()
    QTest.keyClicks(box, "1000")
    click(page, "deposit")
    command = DepositCash(dollars(1_000), "user", "deposited in the window")
    assert engine.commands == [command]
    denied = CommandDenied(command, (Denial(DenialCode.STORAGE),))
    bridge.notify(CommandAccepted(command) if is_done else denied)
    expected = "Done: deposited $1,000." if is_done else "Not done. Ledger: it could not be recorded"
    qtbot.waitUntil(lambda: text(page, "money_answer").startswith(expected))
