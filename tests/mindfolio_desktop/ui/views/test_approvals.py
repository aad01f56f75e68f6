"""The approvals page: one decision, one command; what the check at the click found is told beside the ticket."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton, QSpinBox, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import Money, dollars
from engine.domain.commands import ApproveTrade, RefuseTrade
from engine.domain.denial import Denial
from engine.domain.events import ApprovalDecided
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import DESK_QUESTIONS, Answer, PreviewTrade, StrikesOf
from engine.domain.restriking import strikes_of_legs
from engine.domain.snapshot import MindfolioSnapshot
from engine.runtime.answers import answer as answer_of
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views import approvals
from mindfolio_desktop.ui.views.approvals import ApprovalsView, why_nothing_waits
from tests.engine.runtime.scenes import give
from tests.engine.runtime.test_openings import rig_for_several
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.previews import preview
from tests.mindfolio_desktop.ui.snapshots import (
    MANUAL,
    NOW,
    PAUSED,
    aggressive_growth,
    approval,
    candidate,
    condor,
    market,
    module_spec,
    with_module,
)

SHORT = Denial(DenialCode.BUDGET, dollars(43_000), dollars(8_000), "usd")


def two_waiting(**changes: object) -> MindfolioSnapshot:
    """TSLA (a-1, six minutes left) and below it SPY (a-2, nine minutes left)."""
    spy = approval(
        "a-2",
        candidate=candidate(structure=condor("SPY", (560, 575, 640, 655))),
        expires_at=NOW + dt.timedelta(minutes=9),
    )
    return with_module(aggressive_growth(**changes), MANUAL, approvals=(approval(), spy))


def only_spy() -> MindfolioSnapshot:
    snapshot = two_waiting()
    return with_module(snapshot, MANUAL, approvals=snapshot.modules[1].approvals[1:])


def nothing_waits() -> MindfolioSnapshot:
    return with_module(aggressive_growth(), MANUAL, approvals=())


@pytest.fixture
def engine() -> EngineFake:
    return EngineFake()


@pytest.fixture
def bridge(qapp: QApplication, engine: EngineFake) -> Iterator[EngineBridge]:
    bridge = EngineBridge(engine.send, engine.stop, engine.read)
    yield bridge
    bridge.close()


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge) -> ApprovalsView:
    widget = ApprovalsView(bridge)
    widget._ticket._settling.setInterval(1)
    qtbot.addWidget(widget)
    widget.resize(1_080, 700)
    widget.set_snapshot(two_waiting())
    widget.show()
    qtbot.waitUntil(button(widget, "approve").isEnabled)
    return widget


def button(page: ApprovalsView, name: str) -> QPushButton:
    found = page.findChild(QPushButton, f"ticket_{name}")
    assert found is not None
    return found


def text(page: ApprovalsView, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert found is not None
    return found.text() if found.isVisible() else ""


def table(page: ApprovalsView) -> QTableView:
    found = page.findChild(QTableView, "approvals_table")
    assert found is not None
    return found


def click(page: ApprovalsView, name: str) -> None:
    wanted = button(page, name)
    for _ in range(3):  # what was just shown stands where it belongs once each layout around it was made
        QApplication.processEvents()
    QTest.mouseClick(wanted, Qt.MouseButton.LeftButton)


# --- choosing -----------------------------------------------------------------------------------------------------
def test_the_first_to_expire_is_on_the_ticket(page: ApprovalsView) -> None:
    assert text(page, "ticket_title") == "TSLA 17 Apr 240/250/270/280 iron condor"
    assert text(page, "ticket_left_value") == "6:00"
    assert table(page).model().rowCount() == 2


def test_a_click_on_the_list_turns_to_that_trade(page: ApprovalsView) -> None:
    second = table(page).visualRect(table(page).model().index(1, 0)).center()
    QTest.mouseClick(table(page).viewport(), Qt.MouseButton.LeftButton, pos=second)
    assert text(page, "ticket_title") == "SPY 17 Apr 560/575/640/655 iron condor"


def test_the_keyboard_chooses_too(page: ApprovalsView) -> None:
    table(page).setFocus()
    QTest.keyClick(table(page), Qt.Key.Key_Down)
    assert text(page, "ticket_title").startswith("SPY")


def test_the_countdown_runs_in_market_time(page: ApprovalsView) -> None:
    page.set_snapshot(two_waiting(market=market(now=NOW + dt.timedelta(minutes=4, seconds=30))))
    assert text(page, "ticket_left_value") == "1:30"
    label = page.findChild(QLabel, "ticket_left_value")
    assert label is not None
    assert label.property("role") == "warning"


def test_the_chosen_trade_stays_chosen_when_others_come(page: ApprovalsView) -> None:
    sooner = approval(
        "a-0",
        candidate=candidate(structure=condor("QQQ", (470, 480, 540, 550))),
        expires_at=NOW + dt.timedelta(minutes=1),
    )
    waiting = two_waiting().modules[1].approvals
    page.set_snapshot(with_module(aggressive_growth(), MANUAL, approvals=(sooner, *waiting)))
    assert text(page, "ticket_title").startswith("TSLA")
    page.set_snapshot(only_spy())
    assert text(page, "ticket_title").startswith("SPY")


# --- deciding -----------------------------------------------------------------------------------------------------
def test_approve_sends_one_command_and_waits(page: ApprovalsView, engine: EngineFake) -> None:
    click(page, "approve")
    click(page, "approve")
    page.set_snapshot(two_waiting())
    click(page, "approve")
    assert engine.commands == [ApproveTrade("a-1", "user")]
    assert button(page, "approve").text() == "Checking…"
    assert not button(page, "refuse").isEnabled()


def test_an_approved_trade_gives_way_to_the_next(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    page._ticket._settling.setInterval(300)
    click(page, "approve")
    bridge.publish(only_spy())
    bridge.snapshot_changed.connect(page.set_snapshot)
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(engine.commands[0]))
    assert text(page, "ticket_title").startswith("SPY")
    click(page, "approve")
    assert len(engine.commands) == 1, "the second click was meant for the first trade"
    qtbot.waitUntil(button(page, "approve").isEnabled, timeout=2_000)
    click(page, "approve")
    assert engine.commands[1:] == [ApproveTrade("a-2", "user")]


def test_a_denial_at_the_click_is_told_beside_the_ticket(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    click(page, "approve")
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(engine.commands[0], (SHORT,)))
    assert "needs $43,000.00, available $8,000.00, short by $35,000.00" in text(page, "ticket_answer")
    assert button(page, "approve").isEnabled(), "the budget may have been raised meanwhile"
    click(page, "approve")
    assert text(page, "ticket_answer") == ""
    assert len(engine.commands) == 2


def test_a_denial_comes_back_with_its_trade(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    click(page, "approve")
    QTest.keyClick(table(page), Qt.Key.Key_Down)
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(engine.commands[0], (SHORT,)))
    assert text(page, "ticket_answer") == "", "it was about the other trade"
    QTest.keyClick(table(page), Qt.Key.Key_Up)
    assert "short by $35,000.00" in text(page, "ticket_answer")


def test_a_trade_that_expired_at_the_click_still_gets_its_answer(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    click(page, "approve")
    page.set_snapshot(nothing_waits())
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(engine.commands[0], (Denial(DenialCode.APPROVAL_EXPIRED),)))
    assert "Not done. Approval: its time is over" in text(page, "approvals_message")


def test_refuse_sends_the_typed_reason(page: ApprovalsView, engine: EngineFake) -> None:
    reason = page.findChild(QLineEdit, "ticket_reason")
    assert reason is not None
    QTest.keyClicks(reason, "  earnings next week ")
    click(page, "refuse")
    assert engine.commands == [RefuseTrade("a-1", "user", "earnings next week")]


def test_answers_to_others_decisions_change_nothing(page: ApprovalsView, bridge: EngineBridge, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(ApproveTrade("a-1", "command line"), (SHORT,)))
    assert text(page, "ticket_answer") == ""


def test_an_edited_quantity_is_approved_as_that(page: ApprovalsView, engine: EngineFake) -> None:
    box = page.findChild(QSpinBox, "ticket_quantity")
    assert box is not None
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert engine.questions[-1] == PreviewTrade("a-1", 2), "it is looked at before anybody decides"
    click(page, "approve")
    assert engine.commands == [ApproveTrade("a-1", "user", 2)]


# --- figures of now -----------------------------------------------------------------------------------------------
def answer(bridge: EngineBridge, qtbot: QtBot, question: PreviewTrade | StrikesOf, found: object) -> None:
    with qtbot.waitSignal(bridge.answered):
        bridge.notify(Answer(question, lambda: found))


def test_the_chosen_trade_is_asked_about_and_the_answer_shown(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    assert engine.questions == [PreviewTrade("a-1", 1)]
    assert text(page, "preview_asof") == "Asking for prices and checks of now…"
    answer(bridge, qtbot, PreviewTrade("a-1", 1), preview())
    assert text(page, "preview_whose") == "IV Service, ask first, if it is done at its worst price"
    assert text(page, "preview_changes_used_after") == "$12,765.00"


def test_it_is_asked_again_while_it_is_open(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(bridge, qtbot, PreviewTrade("a-1", 1), preview())
    page.set_snapshot(two_waiting())
    assert len(engine.questions) == 1, "not with every snapshot"
    monkeypatch.setattr(approvals, "REFRESH_MS", 0)
    page.set_snapshot(two_waiting())
    assert engine.questions == [PreviewTrade("a-1", 1)] * 2
    answer(bridge, qtbot, PreviewTrade("a-1", 1), preview(mid=dollars("-2.45")))
    assert text(page, "preview_prices_mid_after") == "▲ $2.45 credit"


def test_an_answer_about_another_trade_or_quantity_is_not_shown(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    table(page).setFocus()
    QTest.keyClick(table(page), Qt.Key.Key_Down)
    assert engine.questions[-1] == PreviewTrade("a-2", 1)
    answer(bridge, qtbot, PreviewTrade("a-1", 1), preview())
    assert text(page, "preview_whose") == ""
    answer(bridge, qtbot, PreviewTrade("a-2", 1), None)
    assert text(page, "preview_asof") == "It does not wait any more."


def test_a_question_that_fails_says_why_on_the_ticket(page: ApprovalsView, bridge: EngineBridge, qtbot: QtBot) -> None:
    def fails() -> object:
        raise LedgerFault("no prices")

    with qtbot.waitSignal(bridge.unanswered):
        bridge.notify(Answer(PreviewTrade("a-1", 1), fails))
    assert text(page, "preview_asof") == "There are no figures of now: no prices"


# --- other strikes ------------------------------------------------------------------------------------------------
LISTED = tuple(tuple(dollars(each) for each in range(200, 320, 5)) for _ in range(4))


def strikes(*wanted: int) -> tuple[Money, ...]:
    return tuple(dollars(each) for each in wanted)


def change_strikes(page: ApprovalsView, bridge: EngineBridge, engine: EngineFake, qtbot: QtBot) -> None:
    """Ask for other strikes with the mouse, and have them listed."""
    QTest.mouseClick(button(page, "strikes_edit"), Qt.MouseButton.LeftButton)
    assert engine.questions[-1] == StrikesOf("a-1")
    answer(bridge, qtbot, StrikesOf("a-1"), LISTED)


def test_a_strike_is_stepped_looked_at_and_approved_with_the_worst_price_that_was_shown(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    change_strikes(page, bridge, engine, qtbot)
    click(page, "strike_0_lower")
    asked = PreviewTrade("a-1", 1, strikes(235, 250, 270, 280))
    assert engine.questions[-1] == asked, "it is looked at before anybody decides"
    assert not button(page, "approve").isEnabled(), "nobody has seen a price of it"
    QApplication.processEvents()
    assert text(page, "ticket_strike_0") == "235"
    answer(bridge, qtbot, asked, preview(worst=dollars("-2.30"), max_risk=dollars(1_270)))
    assert text(page, "ticket_title") == "TSLA 17 Apr 235/250/270/280 iron condor, strikes changed"
    assert (text(page, "ticket_worst_credit_value"), text(page, "ticket_max_risk_value")) == ("$230.00", "$1,270.00")
    assert "no backtest speaks for them" in text(page, "ticket_strikes_note")
    click(page, "approve")
    assert engine.commands == [ApproveTrade("a-1", "user", None, strikes(235, 250, 270, 280), dollars("-2.30"))]


def test_strikes_are_changed_with_the_keyboard_alone(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    button(page, "strikes_edit").setFocus()
    QTest.keyClick(button(page, "strikes_edit"), Qt.Key.Key_Space)
    answer(bridge, qtbot, StrikesOf("a-1"), LISTED)
    focused = QApplication.focusWidget()
    assert focused is button(page, "strike_0_lower")
    QTest.keyClick(focused, Qt.Key.Key_Space)
    assert engine.questions[-1] == PreviewTrade("a-1", 1, strikes(235, 250, 270, 280))


def test_strikes_out_of_order_are_refused_beside_the_field(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    change_strikes(page, bridge, engine, qtbot)
    for _ in range(2):
        click(page, "strike_0_higher")
    assert "not an iron condor: put the strikes in order" in text(page, "ticket_strikes_problem")
    asked = PreviewTrade("a-1", 1, strikes(250, 250, 270, 280))
    assert engine.questions[-1] == asked
    unfit = Denial(DenialCode.STRUCTURE, "250/250/270/280 would make no structure", None)
    answer(bridge, qtbot, asked, preview(mid=None, worst=None, after=None, denials=(unfit,), why_not="none"))
    assert not button(page, "approve").isEnabled()
    assert button(page, "refuse").isEnabled()


def test_what_was_changed_can_be_taken_back(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    answer(bridge, qtbot, PreviewTrade("a-1", 1), preview())
    change_strikes(page, bridge, engine, qtbot)
    click(page, "strike_3_higher")
    click(page, "strikes_restore")
    assert engine.questions[-1] == PreviewTrade("a-1", 1)
    assert text(page, "ticket_title") == "TSLA 17 Apr 240/250/270/280 iron condor"
    assert text(page, "ticket_strikes_note") == ""
    click(page, "approve")
    assert engine.commands == [ApproveTrade("a-1", "user")]


def test_another_trade_on_the_ticket_begins_with_its_own_strikes(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    change_strikes(page, bridge, engine, qtbot)
    click(page, "strike_0_lower")
    table(page).setFocus()
    QTest.keyClick(table(page), Qt.Key.Key_Down)
    assert engine.questions[-1] == PreviewTrade("a-2", 1)
    answer(bridge, qtbot, StrikesOf("a-1"), LISTED)
    assert page._ticket.strikes == ()
    assert button(page, "strikes_edit").isVisible(), "those are of the other"


def test_strikes_that_cannot_be_told_say_why(
    page: ApprovalsView, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    QTest.mouseClick(button(page, "strikes_edit"), Qt.MouseButton.LeftButton)
    answer(bridge, qtbot, StrikesOf("a-1"), None)
    assert "it does not wait any more" in text(page, "ticket_strikes_problem")

    def fails() -> object:
        raise LedgerFault("no chain")

    QTest.mouseClick(button(page, "strikes_edit"), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bridge.unanswered):
        bridge.notify(Answer(StrikesOf("a-1"), fails))
    assert text(page, "ticket_strikes_problem") == "There are no strikes to choose from: no chain."


# --- not now ------------------------------------------------------------------------------------------------------
def snooze(page: ApprovalsView, minutes: int) -> None:
    menu = page.findChild(QMenu, "ticket_snooze_menu")
    assert menu is not None
    menu.popup(page.mapToGlobal(page.rect().center()))
    for action in [each for each in menu.actions() if each.isVisible()]:
        QTest.keyClick(menu, Qt.Key.Key_Down)
        if action.data() == minutes:
            QTest.keyClick(menu, Qt.Key.Key_Return)
            return
    raise AssertionError(f"{minutes} minutes are not offered")


def at(minutes: float) -> MindfolioSnapshot:
    return two_waiting(market=market(now=NOW + dt.timedelta(minutes=minutes)))


def test_a_snoozed_trade_is_hidden_counted_and_comes_back(page: ApprovalsView, engine: EngineFake) -> None:
    snooze(page, 2)
    assert engine.commands == [], "it goes on waiting"
    assert table(page).model().rowCount() == 1
    assert text(page, "ticket_title").startswith("SPY")
    assert recall(page).text() == "1 trade snoozed until 15:57:00 ET: show now"
    page.set_snapshot(at(1.9))
    assert table(page).model().rowCount() == 1
    page.set_snapshot(at(2))
    assert table(page).model().rowCount() == 2
    assert not recall(page).isVisible()


def test_a_button_brings_it_back_early(page: ApprovalsView, qtbot: QtBot) -> None:
    snooze(page, 5)
    qtbot.waitUntil(button(page, "snooze").isEnabled)
    snooze(page, 5)
    assert text(page, "approvals_empty") == "Nothing else waits. 2 trades snoozed, the first until 16:00:00 ET."
    QTest.mouseClick(recall(page), Qt.MouseButton.LeftButton)
    assert table(page).model().rowCount() == 2
    assert text(page, "ticket_title").startswith("TSLA")


def test_nothing_is_hidden_past_its_expiry(page: ApprovalsView) -> None:
    snooze(page, 5)
    page.set_snapshot(with_module(at(6), MANUAL, approvals=()))
    assert not recall(page).isVisible()
    assert "asks here when a scan finds" in text(page, "approvals_empty")


def recall(page: ApprovalsView) -> QPushButton:
    found = page.findChild(QPushButton, "approvals_recall")
    assert found is not None
    return found


# --- nothing to decide --------------------------------------------------------------------------------------------
def test_an_empty_page_says_who_would_ask(page: ApprovalsView) -> None:
    page.set_snapshot(nothing_waits())
    assert text(page, "approvals_empty") == (
        "IV Service, ask first asks here when a scan finds a trade that passes every check."
    )


def test_who_is_paused_is_not_said_to_ask() -> None:
    quiet = with_module(nothing_waits(), PAUSED, spec=module_spec(PAUSED, "Standby", autotrade=False))
    assert why_nothing_waits(quiet).startswith("IV Service, ask first asks here")
    both = with_module(quiet, PAUSED, status=ModuleStatus.ACTIVE)
    assert why_nothing_waits(both).startswith("IV Service, ask first and Standby ask here")
    neither = with_module(quiet, MANUAL, status=ModuleStatus.PAUSED)
    assert why_nothing_waits(neither) == (
        "Only IV Service, ask first and Standby would ask here, but nothing is looked for while paused."
    )


def test_the_reason_fits_the_condition() -> None:
    quiet = nothing_waits()
    assert "stopped" in why_nothing_waits(replace(quiet, status=MindfolioStatus.STOPPED))
    closed = replace(quiet, market=market(is_open=False))
    assert "it opens Tue 17 Mar 2026 09:30 ET" in why_nothing_waits(closed)
    by_itself = replace(quiet, modules=quiet.modules[:1])
    assert "trade by themselves" in why_nothing_waits(by_itself)


def test_a_narrow_page_puts_the_list_above_the_ticket(page: ApprovalsView) -> None:
    page.resize(850, 700)
    page.grab()
    assert (
        table(page).mapTo(page, table(page).rect().bottomLeft()).y()
        < button(page, "approve").mapTo(page, button(page, "approve").rect().topLeft()).y()
    )
    assert button(page, "approve").mapTo(page, button(page, "approve").rect().topRight()).x() < page.width()


@pytest.fixture(params=theme.TEXT_SIZES)
def text_size(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """A size of text, which all is made with."""
    theme.apply(qapp, percent=request.param)
    yield
    theme.apply(qapp)


@pytest.mark.usefixtures("text_size")
def test_the_buttons_of_a_ticket_never_lie_over_each_other_in_a_low_window(qtbot: QtBot, bridge: EngineBridge) -> None:
    page = ApprovalsView(bridge)
    qtbot.addWidget(page)
    page.resize(888, 500)
    page.set_snapshot(aggressive_growth())
    page.show()
    approve, refuse = (page.findChild(QPushButton, f"ticket_{name}") for name in ("approve", "refuse"))
    assert approve is not None
    assert refuse is not None
    qtbot.waitUntil(lambda: approve.geometry().bottom() < refuse.geometry().top())
    assert min(approve.height(), refuse.height()) >= theme.px(theme.CONTROL_HEIGHT - 2)


# --- with a real engine -------------------------------------------------------------------------------------------
def test_a_strike_that_was_stepped_is_ordered_and_journaled(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    rig = rig_for_several(tmp_path)
    (waiting_one,) = rig.desk.book.approvals.values()

    def send(message: object) -> None:
        if isinstance(message, DESK_QUESTIONS):
            over.notify(answer_of(rig.desk, message))
        else:
            assert isinstance(message, ApproveTrade)
            assert give(rig, message) == []
            over.notify(CommandAccepted(message))

    over = EngineBridge(send, lambda _source, _why: None, lambda _question: ())
    view = ApprovalsView(over)
    view._ticket._settling.setInterval(1)
    qtbot.addWidget(view)
    view.resize(1_080, 900)
    view.set_snapshot(rig.kernel.snapshot())
    view.show()
    try:
        qtbot.waitUntil(button(view, "approve").isEnabled)
        click(view, "strikes_edit")
        qtbot.waitUntil(lambda: view.findChild(QPushButton, "ticket_strike_0_lower") is not None)
        box = view.findChild(QSpinBox, "ticket_quantity")
        assert box is not None
        box.selectAll()
        QTest.keyClicks(box, "1")
        click(view, "strike_0_lower")
        assert not button(view, "approve").isEnabled()
        qtbot.waitUntil(button(view, "approve").isEnabled)
        wanted = view._ticket.strikes
        click(view, "approve")
        qtbot.waitUntil(lambda: not rig.desk.book.approvals)
    finally:
        over.close()
    (decided,) = rig.events(ApprovalDecided)
    assert isinstance(decided, ApprovalDecided)
    assert decided.proposed is not None
    assert decided.approved is not None
    assert decided.proposed.structure == waiting_one.candidate.structure
    assert strikes_of_legs(decided.approved.structure) == wanted
    (order,) = rig.broker.submitted
    assert strikes_of_legs(order.structure) == wanted
