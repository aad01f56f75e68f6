"""What the facts are made of: stakes of others and reasons for a halt."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import Position, PositionStatus
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.risk.facts import Stake, stakes_of

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
LONG, SHORT = (OptionContract("TSLA", dt.date(2026, 4, 17), dollars(strike), Right.PUT) for strike in (240, 250))
SPREAD = Structure(StructureKind.BULL_PUT_SPREAD, (Leg(LONG, 1), Leg(SHORT, -1)))
COVERED = Structure(
    StructureKind.COVERED_CALL, (Leg(OptionContract("TSLA", dt.date(2026, 4, 17), dollars(270), Right.CALL), -1),), 100
)
POSITION = Position("P1", "puts", SPREAD, 3, 3, 0, NOW)
ORDER = Order("O1", "iv", "P2", OrderPurpose.OPEN, SPREAD, 5, 0, 0, 0, NOW, "", OrderStatus.PARTLY_FILLED, filled=2)


def test_what_other_modules_hold_is_signed_and_counted() -> None:
    assert stakes_of("iv", "TSLA", [POSITION], []) == (Stake(LONG.occ, 3, "puts"), Stake(SHORT.occ, -3, "puts"))
    covered = replace(POSITION, structure=COVERED, quantity=2)
    assert stakes_of("iv", "TSLA", [covered], [])[-1] == Stake("TSLA", 200, "puts")


def test_own_closed_and_foreign_positions_are_left_out() -> None:
    ended = replace(POSITION, status=PositionStatus.CLOSED)
    assert stakes_of("puts", "TSLA", [POSITION], []) == ()
    assert stakes_of("iv", "TSLA", [ended], []) == ()
    assert stakes_of("iv", "SPY", [POSITION], []) == ()


@pytest.mark.parametrize(
    ("purpose", "side"), [(OrderPurpose.OPEN, 1), (OrderPurpose.CLOSE, -1), (OrderPurpose.ROLL, 1)]
)
def test_live_orders_of_all_count_as_they_trade_and_with_what_is_left(purpose: OrderPurpose, side: int) -> None:
    order = replace(ORDER, purpose=purpose)
    found = stakes_of("iv", "TSLA", [], [order])
    assert found == (Stake(LONG.occ, 3 * side, "iv", "O1"), Stake(SHORT.occ, -3 * side, "iv", "O1"))
    assert stakes_of("iv", "SPY", [], [order]) == ()
    assert stakes_of("iv", "TSLA", [], [replace(order, status=OrderStatus.CANCELLED)]) == ()


def test_an_order_in_shares_is_a_stake_in_the_ticker() -> None:
    order = replace(ORDER, structure=shares_of("TSLA", is_long=False), quantity=40, filled=10)
    assert stakes_of("iv", "TSLA", [], [order]) == (Stake("TSLA", -30, "iv", "O1"),)
