"""The legs of the ticket: what is bought and sold, and strikes that are stepped through those that are quoted."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.instrument import Right
from engine.domain.order import OrderPurpose
from engine.domain.structure import Leg, Structure, StructureKind
from mindfolio_desktop.ui.widgets.ticket_legs import TicketLegs, may_change_strikes
from tests.builders import contract
from tests.mindfolio_desktop.ui.snapshots import candidate

LISTED = tuple(tuple(dollars(each) for each in (230, 240, 250, 260, 270, 280)) for _ in range(4))


@pytest.fixture
def legs(qtbot: QtBot) -> TicketLegs:
    widget = TicketLegs()
    qtbot.addWidget(widget)
    widget.show_candidate(candidate())
    widget.show()
    return widget


def button(legs: TicketLegs, name: str) -> QPushButton:
    found = legs.findChild(QPushButton, name)
    assert found is not None
    return found


def words(legs: TicketLegs) -> list[str]:
    QApplication.processEvents()
    return [label.text() for label in legs.findChildren(QLabel) if label.isVisible() and label.text()]


def click(legs: TicketLegs, name: str) -> None:
    QApplication.processEvents()
    QTest.mouseClick(button(legs, name), Qt.MouseButton.LeftButton)


def test_each_leg_is_told_with_its_side(legs: TicketLegs) -> None:
    assert words(legs)[:3] == ["Buy", "1", "TSLA 17 Apr 240 put"]
    assert words(legs)[3:6] == ["Sell", "1", "TSLA 17 Apr 250 put"]


def test_a_closing_turns_the_legs_and_keeps_its_strikes(legs: TicketLegs) -> None:
    closing = candidate(purpose=OrderPurpose.CLOSE)
    legs.show_candidate(closing)
    assert words(legs)[:3] == ["Sell", "1", "TSLA 17 Apr 240 put"]
    assert not may_change_strikes(closing)
    assert button(legs, "ticket_strikes_edit").isHidden()


def test_a_step_goes_to_the_next_quoted_strike_and_ends_at_the_last(legs: TicketLegs, qtbot: QtBot) -> None:
    with qtbot.waitSignal(legs.asked):
        click(legs, "ticket_strikes_edit")
    legs.show_strikes(LISTED)
    with qtbot.waitSignal(legs.changed):
        click(legs, "ticket_strike_0_lower")
    assert legs.strikes == (dollars(230), dollars(250), dollars(270), dollars(280))
    assert not button(legs, "ticket_strike_0_lower").isEnabled()
    assert not button(legs, "ticket_strike_3_higher").isEnabled()
    assert button(legs, "ticket_strike_0_higher").isEnabled()


def test_legs_that_share_a_strike_go_together(legs: TicketLegs) -> None:
    pair = (Leg(contract(250, Right.PUT), 1), Leg(contract(250, Right.CALL), 1))
    straddle = replace(candidate(), structure=Structure(StructureKind.LONG_STRADDLE, pair))
    legs.show_candidate(straddle)
    legs.show_strikes(LISTED[:2])
    click(legs, "ticket_strike_1_higher")
    assert legs.strikes == (dollars(260), dollars(260))
    assert legs.structure is not None
    assert legs.structure.kind is StructureKind.LONG_STRADDLE


def test_an_unquoted_chain_offers_nothing(legs: TicketLegs) -> None:
    legs.show_strikes(((), (), (), ()))
    assert not button(legs, "ticket_strike_0_lower").isEnabled()
    assert not button(legs, "ticket_strike_0_higher").isEnabled()
    assert legs.strikes == ()
