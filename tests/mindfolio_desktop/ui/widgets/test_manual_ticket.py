"""The ticket's fields: what is known, what is not, and what a person has set stays as it was set."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.structure import Leg
from mindfolio_desktop.ui.widgets.manual_ticket import HINT, ManualTicket
from tests.mindfolio_desktop.ui.chains import contract, ticket_view

SPREAD = (Leg(contract(600), 1), Leg(contract(605), -1))


@pytest.fixture
def ticket(qtbot: QtBot) -> ManualTicket:
    made = ManualTicket()
    qtbot.addWidget(made)
    made.resize(1_040, 220)
    made.show_legs(SPREAD)
    made.show_modules([("a", "Alpha"), ("b", "Beta")], "")
    made.show_figures(ticket_view(SPREAD), dollars(1_000))
    made.show_state("", is_waiting=False, can_check=True)
    made.show()
    return made


def text(ticket: ManualTicket, name: str) -> str:
    label = ticket.findChild(QLabel, f"manual_{name}")
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def button(ticket: ManualTicket, name: str) -> QPushButton:
    found = ticket.findChild(QPushButton, f"manual_{name}")
    assert isinstance(found, QPushButton)
    return found


def test_without_legs_it_says_how_to_begin(ticket: ManualTicket) -> None:
    ticket.show_legs(())
    assert text(ticket, "note") == HINT
    assert not button(ticket, "send").isVisible()


def test_what_has_no_bound_and_what_has_no_name_are_said(ticket: ManualTicket) -> None:
    legs = (Leg(contract(600), 1), Leg(contract(605), -4))
    ticket.show_figures(
        ticket_view(legs, max_risk=None, is_risk_unbounded=True, max_profit=None, is_profit_unbounded=True), None
    )
    assert (text(ticket, "risk_risk"), text(ticket, "risk_profit")) == ("unbounded", "unbounded")
    assert text(ticket, "title").endswith("SPY: no structure that has a name")
    assert text(ticket, "needs_available") == "\N{EN DASH}"


def test_a_ticket_without_a_price_has_dashes_and_says_why(ticket: ManualTicket) -> None:
    nothing: dict[str, Any] = {
        "mid": None,
        "natural": None,
        "limit": None,
        "worst": None,
        "max_risk": None,
        "max_profit": None,
    }
    ticket.show_figures(ticket_view(SPREAD, **nothing, breakevens=(), no_price="nobody bids for the 605 put"), None)
    assert text(ticket, "note") == "No price: nobody bids for the 605 put"
    for name in ("prices_mid", "prices_natural", "prices_breakevens", "risk_risk", "risk_profit"):
        assert text(ticket, name) == "\N{EN DASH}"


def test_prices_follow_the_quotes_until_a_person_sets_them(ticket: ManualTicket) -> None:
    assert (ticket.own_limit, ticket.own_worst) == (None, None)
    ticket.show_figures(ticket_view(SPREAD, limit=dollars("-1.45")), None)
    assert ticket.limit.price == dollars("-1.45")
    QTest.keyClick(ticket.limit, Qt.Key.Key_Up)
    assert ticket.own_limit == dollars("-1.44")
    ticket.show_legs(SPREAD)
    assert ticket.own_limit is None, "other legs begin at mid again"


def test_newer_quotes_do_not_take_away_what_is_being_typed(ticket: ManualTicket, qtbot: QtBot) -> None:
    ticket.activateWindow()
    ticket.limit.setFocus()
    qtbot.waitUntil(ticket.limit.hasFocus)
    ticket.limit.selectAll()
    QTest.keyClicks(ticket.limit, "1.5")
    ticket.show_figures(ticket_view(SPREAD, limit=dollars("-1.38")), None)
    QTest.keyClicks(ticket.limit, "5")
    QTest.keyClick(ticket.limit, Qt.Key.Key_Return)
    assert ticket.own_limit == dollars("-1.55")


def test_the_chosen_module_stays_chosen_while_it_may_trade(ticket: ManualTicket) -> None:
    QTest.keyClick(ticket.module, Qt.Key.Key_Down)
    assert ticket.module_id == "b"
    ticket.show_modules([("b", "Beta"), ("c", "Gamma")], "Not for Alpha: GME is not in its universe")
    assert ticket.module_id == "b"
    assert text(ticket, "others") == "Not for Alpha: GME is not in its universe"
    ticket.show_modules([], "")
    assert (ticket.module_id, ticket.module.isEnabled()) == ("", False)


def test_buttons_speak_and_rest_while_an_answer_is_due(ticket: ManualTicket, qtbot: QtBot) -> None:
    for name, signal in (("send", ticket.sent), ("clear", ticket.cleared)):
        with qtbot.waitSignal(signal):
            QTest.mouseClick(button(ticket, name), Qt.MouseButton.LeftButton)
    ticket.show_state("", is_waiting=True, can_check=True)
    for control in (button(ticket, "send"), button(ticket, "clear"), ticket.limit, ticket.quantity, ticket.module):
        assert not control.isEnabled()
    assert button(ticket, "send").text() == "Checking…"
    ticket.show_state("The market is closed.", is_waiting=False, can_check=True)
    assert not button(ticket, "send").isEnabled()
    assert text(ticket, "blocked") == "The market is closed."
    assert button(ticket, "send").accessibleDescription() == "The market is closed."


def test_while_an_answer_is_due_the_keys_stay_here(ticket: ManualTicket, qtbot: QtBot) -> None:
    ticket.activateWindow()
    for name in ("send", "clear"):
        ticket.show_state("", is_waiting=False, can_check=True)
        button(ticket, name).setFocus()
        qtbot.waitUntil(button(ticket, name).hasFocus)
        if name == "send":
            ticket.show_state("", is_waiting=True, can_check=True)
        else:
            ticket.show_legs(())
        assert ticket.hasFocus()
