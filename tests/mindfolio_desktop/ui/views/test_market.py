"""The market page: what is asked and how often, what the chain says, and a ticket from the first click to the order."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QListWidget, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.commands import EnterTrade
from engine.domain.denial import Denial
from engine.domain.instrument import Right
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import Answer, ChainOf, CheckTrade, TicketOf
from engine.domain.structure import Leg, StructureKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.chain import STRIKE
from mindfolio_desktop.ui.views.market import BY_HAND, MOST_CONTRACTS, MarketPage
from tests.mindfolio_desktop.ui.chains import MAY, chain_view, contract, nothing_quoted, ticket_view
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import APRIL, MANUAL, NOW, PAUSED, aggressive_growth, fresh, market, stopped

PUT_BID, PUT_ASK, CALL_BID = STRIKE + 1, STRIKE + 2, STRIKE - 2
SHORT = Denial(DenialCode.BUDGET, dollars(43_000), dollars(8_000), "usd")
SPREAD = (Leg(contract(600), 1), Leg(contract(605), -1))


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge) -> MarketPage:
    """The page on SPY, its chain answered."""
    made = MarketPage(bridge)
    qtbot.addWidget(made)
    made.resize(1_084, 680)
    made.show()
    qtbot.waitExposed(made)
    made.set_snapshot(aggressive_growth())
    choose(made, "SPY")
    answer(bridge, qtbot, ChainOf("SPY", None), chain_view())
    qtbot.wait(20)
    return made


def find(page: QWidget, name: str) -> QWidget:
    found = page.findChild(QWidget, name)
    assert isinstance(found, QWidget), name
    return found


def text(page: MarketPage, name: str) -> str:
    label = find(page, name)
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def table(page: MarketPage) -> QTableView:
    found = find(page, "chain_table")
    assert isinstance(found, QTableView)
    return found


def send_button(page: MarketPage) -> QPushButton:
    found = find(page, "manual_send")
    assert isinstance(found, QPushButton)
    return found


def click(page: MarketPage, name: str) -> None:
    """Press a button of the ticket."""
    QTest.mouseClick(find(page, name), Qt.MouseButton.LeftButton)


def choose(page: MarketPage, symbol: str) -> None:
    """Type a symbol and press Return."""
    line = find(page, "market_symbol").findChild(QLineEdit)
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, symbol.lower())
    QTest.keyClick(line, Qt.Key.Key_Return)


def answer(bridge: EngineBridge, qtbot: QtBot, question: object, found: object) -> None:
    """The engine's answer to a desk question."""
    with qtbot.waitSignal(bridge.answered):
        bridge.notify(Answer(question, lambda: found))  # type: ignore[arg-type]


def take(page: MarketPage, row: int, column: int) -> None:
    """Click a cell of the chain."""
    view = table(page)
    at: QPoint = view.visualRect(view.model().index(row, column)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def cell(page: MarketPage, row: int, column: int) -> str:
    return str(table(page).model().index(row, column).data())


def spread(page: MarketPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    """Sell the 605 put, buy the 600 put, and hear what that is."""
    take(page, 1, PUT_BID)
    take(page, 0, PUT_ASK)
    answer(bridge, qtbot, TicketOf(SPREAD, 1, None, None), ticket_view(SPREAD))


# --- chain ------------------------------------------------------------------------------------------------------------
def test_the_chain_of_the_typed_symbol_is_asked_for_and_shown(page: MarketPage, engine: EngineFake) -> None:
    assert engine.questions[-1] == ChainOf("SPY", None)
    assert [cell(page, row, STRIKE) for row in range(3)] == ["600", "605", "610"]
    assert (cell(page, 1, PUT_BID), cell(page, 1, PUT_ASK)) == ("$8.00", "$8.10")
    assert text(page, "market_spot_value") == "$606.10"
    assert text(page, "market_iv_value") == "19.8%"
    assert (text(page, "market_rank_value"), text(page, "market_rank_detail")) == ("62%", "252 sessions known")
    assert text(page, "market_ex_dividend_value") == "20 Mar 2026"
    assert (text(page, "market_earnings_value"), text(page, "market_earnings_detail")) == ("none", "until 31 Dec 2026")


def test_it_is_asked_again_twice_a_second_at_most_while_the_market_moves(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    page._ask_later.start()  # just asked, however slow this machine is
    before = len(engine.questions)
    for second in range(1, 8):
        page.set_snapshot(aggressive_growth(market=market(now=NOW.replace(second=second))))
    assert len(engine.questions) == before
    qtbot.waitUntil(lambda: len(engine.questions) == before + 1, timeout=1_500)
    assert engine.questions[-1] == ChainOf("SPY", APRIL)
    answer(bridge, qtbot, ChainOf("SPY", APRIL), chain_view(month_iv=0.25))
    assert text(page, "market_iv_value") == "25.0%"
    qtbot.wait(600)
    assert len(engine.questions) == before + 1, "nothing has moved since"


def test_nothing_is_asked_out_of_sight(page: MarketPage, engine: EngineFake, qtbot: QtBot) -> None:
    page.hide()
    before = len(engine.questions)
    page.set_snapshot(aggressive_growth(market=market(now=NOW.replace(second=9))))
    qtbot.wait(600)
    assert len(engine.questions) == before
    page.show()
    qtbot.waitUntil(lambda: len(engine.questions) == before + 1)


def test_another_expiration_by_click_and_by_key(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    days = find(page, "market_expirations")
    assert isinstance(days, QListWidget)
    assert [days.item(at).text() for at in range(days.count())] == ["17 Apr · 32 d", "15 May · 60 d"]
    assert days.currentRow() == 0
    QTest.mouseClick(days.viewport(), Qt.MouseButton.LeftButton, pos=days.visualItemRect(days.item(1)).center())
    assert engine.questions[-1] == ChainOf("SPY", MAY)
    answer(bridge, qtbot, ChainOf("SPY", MAY), chain_view(expiration=MAY, rows=chain_view().rows[:2]))
    assert table(page).model().rowCount() == 2
    QTest.keyClick(days, Qt.Key.Key_Up)
    assert engine.questions[-1] == ChainOf("SPY", APRIL)


def test_arrows_walk_through_the_symbols(page: MarketPage, engine: EngineFake, qtbot: QtBot) -> None:
    QTest.keyClick(find(page, "market_symbol"), Qt.Key.Key_Down)
    assert engine.questions[-1] == ChainOf("TSLA", None)
    assert table(page).model().rowCount() == 0
    qtbot.waitUntil(lambda: text(page, "chain_table_empty") == "Reading the chain…")


def test_a_late_answer_about_another_symbol_is_not_shown(page: MarketPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    choose(page, "QQQ")
    answer(bridge, qtbot, ChainOf("SPY", APRIL), chain_view())
    assert table(page).model().rowCount() == 0


def test_what_is_empty_says_why(page: MarketPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    choose(page, "QQQ")
    answer(bridge, qtbot, ChainOf("QQQ", None), nothing_quoted("QQQ"))
    qtbot.wait(10)
    assert text(page, "chain_table_empty") == "No quotes of QQQ yet: they come when its market opens."
    assert text(page, "market_smile_empty") == text(page, "chain_table_empty")
    assert (text(page, "market_rank_value"), text(page, "market_earnings_value")) == ("unknown", "unknown")


def test_before_anything_was_quoted_the_page_says_when_the_market_opens(qtbot: QtBot, bridge: EngineBridge) -> None:
    made = MarketPage(bridge)
    qtbot.addWidget(made)
    made.show()
    assert text(made, "chain_table_empty") == "Waiting for the engine's first figures."
    assert text(made, "market_smile_empty") == text(made, "market_term_empty") == text(made, "chain_table_empty")
    made.set_snapshot(fresh())
    assert text(made, "chain_table_empty").startswith("No quotes yet")
    assert "It opens Mon 16 Mar 2026" in text(made, "chain_table_empty")


def test_a_chain_that_cannot_be_had_says_why(page: MarketPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    def fails() -> object:
        raise ValueError("a broken column")

    choose(page, "QQQ")
    with qtbot.waitSignal(bridge.unanswered):
        bridge.notify(Answer(ChainOf("QQQ", None), fails))
    assert text(page, "chain_table_empty") == "There is no chain to show: a broken column"


def test_wide_windows_have_the_charts_beside_the_chain(page: MarketPage, qtbot: QtBot) -> None:
    def below() -> bool:
        chain, smile = find(page, "market_chain_panel"), find(page, "market_smile_panel")
        return smile.mapTo(page, QPoint()).y() > chain.mapTo(page, QPoint(0, chain.height())).y()

    assert below()
    page.resize(2_300, 1_200)
    qtbot.waitUntil(lambda: not below())
    rows = chain_view().rows * 15
    many = tuple(replace(row, strike=row.strike + at * 10_000) for at, row in enumerate(rows))
    page._show_chain(chain_view(rows=many))
    qtbot.waitUntil(lambda: table(page).viewport().height() >= 21 * 30)


def test_both_schemes_recolour_the_chain(page: MarketPage, qapp: object) -> None:
    def shade() -> str:
        brush = table(page).model().index(0, CALL_BID).data(Qt.ItemDataRole.BackgroundRole)
        return str(brush.color().name())

    assert shade() == theme.DARK.raised
    theme.apply(qapp, theme.Scheme.LIGHT)  # type: ignore[arg-type]
    try:
        assert shade() == theme.LIGHT.raised
    finally:
        theme.apply(qapp)  # type: ignore[arg-type]


# --- ticket -----------------------------------------------------------------------------------------------------------
def test_clicks_on_bid_and_ask_make_a_ticket(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    spread(page, bridge, qtbot)
    assert TicketOf(SPREAD, 1, None, None) in engine.questions
    assert text(page, "manual_title") == f"1 {fmt.TIMES} SPY 17 Apr 600/605 bull put spread"
    assert text(page, "manual_legs") == "Buy 1 SPY 17 Apr 600 put\nSell 1 SPY 17 Apr 605 put"
    assert (text(page, "manual_prices_mid"), text(page, "manual_prices_natural")) == ("$1.40 credit", "$1.30 credit")
    assert (text(page, "manual_risk_risk"), text(page, "manual_risk_profit")) == ("$370.00", "$140.00")
    assert (text(page, "manual_needs_power"), text(page, "manual_needs_available")) == ("$370.00", "$8,000.00")
    assert text(page, "manual_prices_breakevens") == "$603.60"
    assert table(page).model().index(1, PUT_BID).data(Qt.ItemDataRole.ToolTipRole) == "On the ticket: sell 1"


def test_another_click_is_another_contract_and_the_other_side_takes_it_back(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    one = (Leg(contract(605), -1),)
    take(page, 1, PUT_BID)
    answer(bridge, qtbot, TicketOf(one, 1, None, None), ticket_view(one))
    take(page, 1, PUT_BID)
    assert engine.questions[-1] == TicketOf((Leg(contract(605), -2),), 1, None, None)
    take(page, 1, PUT_ASK)
    assert engine.questions[-1] == TicketOf((Leg(contract(605), -1),), 1, None, None)
    take(page, 1, PUT_ASK)
    assert text(page, "manual_title") == "Ticket"
    assert "Click a bid to sell" in text(page, "manual_note")


def test_the_keyboard_takes_cells_too(page: MarketPage, engine: EngineFake, qtbot: QtBot) -> None:
    view = table(page)
    page.activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    assert (view.currentIndex().row(), view.currentIndex().column()) == (1, PUT_BID), "next to the spot"
    QTest.keyClick(view, Qt.Key.Key_Space)
    QTest.keyClick(view, Qt.Key.Key_Up)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert engine.questions[-1] == TicketOf(SPREAD, 1, None, None)
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert engine.questions[-1] == TicketOf(SPREAD, 1, None, None), "a mid cannot be taken"


def test_calls_are_taken_at_the_left(page: MarketPage, engine: EngineFake) -> None:
    take(page, 2, CALL_BID)
    assert engine.questions[-1] == TicketOf((Leg(contract(610, Right.CALL), -1),), 1, None, None)


def test_a_leg_grows_no_further_than_can_be_meant(page: MarketPage, engine: EngineFake) -> None:
    for _ in range(MOST_CONTRACTS + 2):
        take(page, 1, PUT_BID)
    assert engine.questions[-1] == TicketOf((Leg(contract(605), -MOST_CONTRACTS),), 1, None, None)


def test_quantity_and_prices_of_ones_own_are_asked_about(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    spread(page, bridge, qtbot)
    quantity, limit, worst = (find(page, f"manual_{name}") for name in ("quantity", "limit", "worst"))
    QTest.keyClick(quantity, Qt.Key.Key_Up)
    assert engine.questions[-1] == TicketOf(SPREAD, 2, None, None)
    QTest.keyClick(limit, Qt.Key.Key_Down)
    assert engine.questions[-1] == TicketOf(SPREAD, 2, dollars("-1.41"), None)
    QTest.keyClick(worst, Qt.Key.Key_Up)
    assert engine.questions[-1] == TicketOf(SPREAD, 2, dollars("-1.41"), dollars("-1.29"))
    assert not send_button(page).isEnabled(), "its figures are not known yet"
    assert text(page, "manual_blocked") == "Working out its figures…"


def test_only_modules_that_may_trade_it_are_offered(page: MarketPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    spread(page, bridge, qtbot)
    modules = find(page, "manual_module")
    assert isinstance(modules, QComboBox)
    assert [modules.itemData(at) for at in range(modules.count())] == [MANUAL, PAUSED]
    assert text(page, "manual_others") == "Not for IV Service: bull put spread is not enabled in it"
    QTest.keyClick(modules, Qt.Key.Key_Down)
    assert text(page, "manual_blocked") == "IV Service, paused is paused: it opens nothing until it is resumed."
    assert not send_button(page).isEnabled()
    QTest.keyClick(modules, Qt.Key.Key_Up)
    assert send_button(page).isEnabled()


def test_send_gives_one_command_and_an_accepted_ticket_is_cleared(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    spread(page, bridge, qtbot)
    QTest.keyClicks(find(page, "manual_reason"), " support at 600 ")
    QTest.mouseClick(send_button(page), Qt.MouseButton.LeftButton)
    QTest.mouseClick(send_button(page), Qt.MouseButton.LeftButton)
    page.set_snapshot(aggressive_growth())
    (command,) = engine.commands
    assert isinstance(command, EnterTrade)
    assert command == EnterTrade(
        MANUAL, ticket_view(SPREAD).structure, 1, dollars("-1.40"), dollars("-1.30"), "user", "support at 600"
    )
    assert command.structure.kind is StructureKind.BULL_PUT_SPREAD
    assert (send_button(page).text(), send_button(page).isEnabled()) == ("Checking…", False)
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(command))
    assert text(page, "manual_answer") == (
        f"Accepted: 1 {fmt.TIMES} SPY 17 Apr 600/605 bull put spread for IV Service, ask first at $1.40 credit. "
        "It passed every check and is ordered."
    )
    assert text(page, "manual_title") == "Ticket"
    take(page, 1, PUT_BID)
    assert text(page, "manual_answer") == ""


def test_a_refusal_is_told_beside_the_ticket_which_stays(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    spread(page, bridge, qtbot)
    QTest.keyClick(send_button(page), Qt.Key.Key_Space)
    assert isinstance(engine.commands[0], EnterTrade)
    assert engine.commands[0].why == BY_HAND
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(engine.commands[0], (SHORT,)))
    assert "needs $43,000.00, available $8,000.00, short by $35,000.00" in text(page, "manual_answer")
    assert text(page, "manual_title").endswith("bull put spread")
    assert send_button(page).isEnabled()


def test_answers_to_others_tickets_change_nothing(page: MarketPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    spread(page, bridge, qtbot)
    theirs = EnterTrade(MANUAL, ticket_view(SPREAD).structure, 1, 0, 0, "command line", "x")
    with qtbot.waitSignals([bridge.command_denied, bridge.command_accepted]):
        bridge.notify(CommandDenied(theirs, (SHORT,)))
        bridge.notify(CommandAccepted(theirs))
    assert text(page, "manual_answer") == ""
    assert text(page, "manual_title").endswith("bull put spread")


def test_clear_and_another_symbol_drop_the_legs(page: MarketPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    spread(page, bridge, qtbot)
    QTest.mouseClick(find(page, "manual_clear"), Qt.MouseButton.LeftButton)
    assert text(page, "manual_title") == "Ticket"
    take(page, 1, PUT_BID)
    choose(page, "QQQ")
    assert text(page, "manual_answer") == "Cleared: a ticket holds legs of one symbol."
    assert text(page, "manual_title") == "Ticket"


def test_while_nothing_may_be_opened_it_is_not_sent_and_says_why(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    spread(page, bridge, qtbot)
    for snapshot, why in (
        (stopped(), "Everything is stopped"),
        (replace(aggressive_growth(), status=MindfolioStatus.PAUSED), "Everything is paused"),
        (replace(aggressive_growth(), halted="no space left"), "Trading is halted: no space left"),
        (aggressive_growth(market=market(is_open=False)), "The market is closed. It opens Tue 17 Mar 2026 09:30 ET."),
        (aggressive_growth(market=market(is_finished=True)), "The market is over"),
    ):
        page.set_snapshot(snapshot)
        assert text(page, "manual_blocked").startswith(why)
        QTest.mouseClick(send_button(page), Qt.MouseButton.LeftButton)
    assert engine.commands == []
    page.set_snapshot(aggressive_growth())
    assert text(page, "manual_blocked") == ""
    assert send_button(page).isEnabled()


def test_a_check_runs_the_gate_on_the_ticket_and_sends_nothing(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    spread(page, bridge, qtbot)
    click(page, "manual_check")
    asked = engine.questions[-1]
    assert isinstance(asked, CheckTrade)
    assert engine.commands == []
    assert text(page, "manual_answer") == "Checking…"
    answer(bridge, qtbot, asked, (SHORT,))
    said = text(page, "manual_answer")
    assert "It would be refused." in said
    assert "$43,000" in said
    assert "$8,000" in said
    assert "Passes: Emergency stop" in said
    assert send_button(page).isEnabled(), "the click asks the gate anew"
    click(page, "manual_send")
    assert engine.commands == [asked.trade]


def test_what_a_check_said_goes_when_the_ticket_changes_and_with_a_closed_market_it_can_still_be_asked(
    page: MarketPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    spread(page, bridge, qtbot)
    page.set_snapshot(aggressive_growth(market=market(is_open=False)))
    assert not send_button(page).isEnabled()
    click(page, "manual_check")
    asked = engine.questions[-1]
    assert isinstance(asked, CheckTrade)
    answer(bridge, qtbot, asked, ())
    assert "checks pass" in text(page, "manual_answer")
    quantity = find(page, "manual_quantity")
    QTest.keyClick(quantity, Qt.Key.Key_Up)
    assert text(page, "manual_answer") == ""
    answer(bridge, qtbot, asked, (SHORT,))
    assert text(page, "manual_answer") == "", "an answer about the ticket of before"
