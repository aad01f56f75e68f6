"""The ticket: what a person weighs before approving, and that one click is one decision."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.order import OrderPurpose
from engine.domain.structure import Structure, StructureKind
from mindfolio_desktop.ui.widgets.trade_ticket import TradeTicket, iv_rank_words
from tests.mindfolio_desktop.ui.snapshots import approval, candidate, manual_module


@pytest.fixture
def ticket(qtbot: QtBot) -> TradeTicket:
    widget = TradeTicket()
    widget._settling.setInterval(1)
    qtbot.addWidget(widget)
    widget.resize(700, 700)
    widget.show_approval(approval(), manual_module())
    widget.show_time_left(360.0, "6:00", is_urgent=False)
    widget.show()
    qtbot.waitUntil(button(widget, "approve").isEnabled)
    return widget


def button(ticket: QWidget, name: str) -> QPushButton:
    found = ticket.findChild(QPushButton, f"ticket_{name}")
    assert found is not None
    return found


def text(ticket: QWidget, name: str) -> str:
    found = ticket.findChild(QLabel, f"ticket_{name}")
    assert found is not None
    return "" if found.isHidden() else found.text()


def click(ticket: QWidget, name: str) -> None:
    QTest.mouseClick(button(ticket, name), Qt.MouseButton.LeftButton)


def test_the_ticket_shows_what_is_at_stake(ticket: TradeTicket) -> None:
    assert text(ticket, "title") == "TSLA 17 Apr 240/250/270/280 iron condor"
    assert text(ticket, "module") == "1 contract · IV Service, ask first · asked 15:51:00 ET"
    assert (text(ticket, "credit_value"), text(ticket, "credit_detail")) == ("$250.00", "$2.50 credit a share")
    assert text(ticket, "worst_credit_value") == "$235.00"
    assert text(ticket, "max_risk_value") == "$765.00"
    assert text(ticket, "probability_value") == "68%"
    assert text(ticket, "money_buying_power") == "$765.00"
    assert text(ticket, "money_available") == "$8,000.00"
    assert text(ticket, "money_costs") == "$2.40"
    assert text(ticket, "money_expected") == "+$21.40"
    assert text(ticket, "money_breakevens") == "$247.50 and $272.50"
    assert text(ticket, "odds_iv_rank") == "72% (252 sessions)"
    assert [text(ticket, f"odds_{name}") for name in ("delta", "gamma", "theta", "vega")] == [
        "\N{MINUS SIGN}2.1",
        "\N{MINUS SIGN}0.38",
        "+7.9",
        "\N{MINUS SIGN}19.5",
    ]
    assert "short strikes at 18 delta" in text(ticket, "reasons")
    assert text(ticket, "left_value") == "6:00"


def test_every_leg_is_listed_with_its_side_and_contracts(ticket: TradeTicket, qtbot: QtBot) -> None:
    ticket.show_approval(approval(candidate=candidate(quantity=3)), manual_module())
    qtbot.wait(1)
    words = [label.text() for label in ticket.findChildren(QLabel) if label.isVisible()]
    first = words.index("TSLA 17 Apr 240 put")
    assert words[first - 2 : first + 1] == ["Buy", "3", "TSLA 17 Apr 240 put"]
    short = words.index("TSLA 17 Apr 270 call")
    assert words[short - 2 : short] == ["Sell", "3"]
    assert text(ticket, "credit_value") == "$750.00"


def test_waived_evidence_is_visible(ticket: TradeTicket) -> None:
    assert text(ticket, "waived").startswith("Evidence waived")
    ticket.show_approval(approval(candidate=candidate(waived=())), manual_module())
    assert text(ticket, "waived") == ""


@pytest.mark.parametrize(
    ("rank", "sessions", "waived", "words"),
    [
        (72.4, 252, (), "72% (252 sessions)"),
        (None, 19, ("iv_rank",), "unknown, waived (19 sessions)"),
        (None, 0, (), "unknown (no sessions)"),
    ],
)
def test_an_unknown_iv_rank_is_never_a_number(
    rank: float | None, sessions: int, waived: tuple[str, ...], words: str
) -> None:
    assert iv_rank_words(candidate(iv_rank=rank, iv_rank_sessions=sessions, waived=waived))[0] == words


def test_unknown_odds_are_dashes(ticket: TradeTicket) -> None:
    unknown = candidate(probability_of_profit=None, expected_profit=None, breakevens=())
    ticket.show_approval(approval(candidate=unknown), manual_module())
    assert text(ticket, "probability_value") == "\N{EN DASH}"
    assert (text(ticket, "money_expected"), text(ticket, "money_breakevens")) == ("\N{EN DASH}", "\N{EN DASH}")


@pytest.mark.parametrize(("available", "short"), [("765.00", ""), ("764.99", "$0.01")])
def test_a_budget_that_no_longer_fits_is_told_before_the_click(ticket: TradeTicket, available: str, short: str) -> None:
    ticket.show_approval(approval(), manual_module(available=dollars(available)))
    assert (short in text(ticket, "short")) if short else text(ticket, "short") == ""
    assert button(ticket, "approve").isEnabled(), "the engine decides, not the window"


def test_approve_and_refuse_report_the_trade(ticket: TradeTicket, qtbot: QtBot) -> None:
    with qtbot.waitSignal(ticket.approved) as approved:
        click(ticket, "approve")
    reason = ticket.findChild(QLineEdit, "ticket_reason")
    assert reason is not None
    QTest.keyClicks(reason, "earnings next week")
    with qtbot.waitSignal(ticket.refused) as refused:
        click(ticket, "refuse")
    assert (approved.args, refused.args) == (["a-1", 1], ["a-1", "earnings next week"])


def test_while_a_decision_is_checked_there_is_no_second_one(ticket: TradeTicket, qtbot: QtBot) -> None:
    ticket.show_waiting(is_waiting=True)
    assert button(ticket, "approve").text() == "Checking…"
    with qtbot.assertNotEmitted(ticket.approved), qtbot.assertNotEmitted(ticket.refused):
        click(ticket, "approve")
        click(ticket, "refuse")
    ticket.show_waiting(is_waiting=False)
    assert button(ticket, "approve").isEnabled()


def test_a_click_meant_for_one_trade_cannot_hit_the_next(ticket: TradeTicket, qtbot: QtBot) -> None:
    ticket._settling.setInterval(300)
    ticket.show_approval(approval("a-2"), manual_module())
    ticket.show_waiting(is_waiting=False)
    with qtbot.assertNotEmitted(ticket.approved):
        click(ticket, "approve")
    qtbot.waitUntil(button(ticket, "approve").isEnabled, timeout=2_000)
    with qtbot.waitSignal(ticket.approved) as approved:
        click(ticket, "approve")
    assert approved.args == ["a-2", 1]


def test_a_denial_is_told_and_goes_with_the_trade_it_was_about(ticket: TradeTicket) -> None:
    ticket.show_denied((Denial(DenialCode.BUDGET, dollars(43_000), dollars(8_000), "usd"),))
    assert "needs $43,000.00, available $8,000.00, short by $35,000.00" in text(ticket, "answer")
    ticket.show_approval(approval(), manual_module(available=dollars(7_000)))
    assert text(ticket, "answer") != "", "newer figures do not take the answer away"
    ticket.show_approval(approval("a-2"), manual_module())
    assert text(ticket, "answer") == ""


def test_a_roll_and_a_debit_are_called_what_they_are(ticket: TradeTicket) -> None:
    asked = approval()
    rolled = replace(asked.candidate, purpose=OrderPurpose.ROLL, net_price=dollars("0.40"), worst_price=dollars("0.55"))
    ticket.show_approval(replace(asked, candidate=rolled), manual_module())
    assert text(ticket, "title").startswith("Roll: TSLA")
    captions = [label.text() for label in ticket.findChildren(QLabel)]
    assert "Net debit" in captions
    assert "Worst debit" in captions
    assert text(ticket, "credit_detail") == "$0.40 debit a share"


@pytest.mark.parametrize(
    ("purpose", "title", "sides"),
    [
        (OrderPurpose.OPEN, "TSLA", ["Buy", "Sell", "Sell", "Buy"]),
        (OrderPurpose.CLOSE, "Close TSLA", ["Sell", "Buy", "Buy", "Sell"]),
    ],
)
def test_a_closing_shows_what_is_traded_and_asks_for_no_budget(
    ticket: TradeTicket, purpose: OrderPurpose, title: str, sides: list[str]
) -> None:
    asked = approval()
    is_closing = purpose is OrderPurpose.CLOSE
    suggested = replace(asked.candidate, purpose=purpose, buying_power=0 if is_closing else dollars(765))
    ticket.show_approval(replace(asked, candidate=suggested), replace(manual_module(), available=dollars(-5)))
    texts = [label.text() for label in ticket.findChildren(QLabel)]
    # The legs of the ticket before are still on their way out.
    assert [words for words in texts if words in {"Buy", "Sell"}][-4:] == sides
    assert bool(text(ticket, "short")) is not is_closing
    for name in ("max_risk_value", "probability_value", "money_buying_power", "money_available", "odds_iv_rank"):
        label = ticket.findChild(QLabel, f"ticket_{name}")
        assert label is not None
        assert label.isVisible() is not is_closing
    assert text(ticket, "title").startswith(title)
    ticket.show_approval(replace(asked, approval_id="a-9"), manual_module())
    assert text(ticket, "money_available") == "$8,000.00"


def test_why_only_a_person_may_decide_is_said(ticket: TradeTicket) -> None:
    asked = approval()
    assert text(ticket, "person") == ""
    ticket.show_approval(replace(asked, candidate=replace(asked.candidate, needs_person="no score")), manual_module())
    assert text(ticket, "person") == "Only you can let this pass: no score"


def test_the_risk_of_a_put_sold_is_called_by_its_rule(ticket: TradeTicket) -> None:
    assert text(ticket, "max_risk_detail") == "at expiry"
    asked = approval()
    put = Structure(StructureKind.SHORT_PUT, asked.candidate.structure.legs[1:2])
    ticket.show_approval(replace(asked, candidate=replace(asked.candidate, structure=put)), manual_module())
    assert text(ticket, "max_risk_detail") == "10% below the strike"
