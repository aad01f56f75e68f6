"""The process dies in the middle of a roll: nothing is lost and nothing is done twice, wherever it died.

    | step                                              | cash    | realised | commission | fees        |
    |---------------------------------------------------|---------|----------|------------|-------------|
    | sell 95/90 March, 3 units, 1.40 - 0.40            |  296.10 |          |       3.60 | 0.30        |
    | roll to 93/88 April for 1.45 - 0.35 - 1.30 + 0.50 |  -97.79 |   -30.00 |       7.20 | 0.59        |
    | the same in two fills, of two units and of one    |  -97.81 |   -30.00 |       7.20 | 0.40 + 0.21 |

Roll, three units: 12 x 0.0452 = 0.5424 -> 0.55, 6 sold 0.0198 -> 0.02, SEC of 105 + 390 = 495: 0.0102 -> 0.02.
Two units: 0.3616 -> 0.37, 0.0132 -> 0.02, SEC of 330: 0.0068 -> 0.01.
One unit: 0.1808 -> 0.19, 0.0066 -> 0.01, SEC of 165: 0.0034 -> 0.01.
The short put cost 15 more than it brought, the long one brought 15 less; the new credit is 0.80 x 300 = 240.
"""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerFilled, BrokerReport
from engine.domain.order import OrderStatus
from engine.domain.structure import Leg
from engine.execution.paper import PaperRules
from tests.trader_days.day import Day, Killed, at, made_of, mindfolio, module, put, tick

MONDAY, MARCH, APRIL = dt.date(2026, 3, 16), dt.date(2026, 3, 27), dt.date(2026, 4, 2)
OLD_SHORT, OLD_LONG = put("SPY", 95, MARCH), put("SPY", 90, MARCH)
NEW_SHORT, NEW_LONG = put("SPY", 93, APRIL), put("SPY", 88, APRIL)
OLD, NEW = made_of((OLD_LONG, 1), (OLD_SHORT, -1)), made_of((NEW_LONG, 1), (NEW_SHORT, -1))
ROLL = cmd.RollPosition(
    "P000001",
    (Leg(OLD_LONG, 1), Leg(OLD_SHORT, -1)),
    (Leg(NEW_LONG, 1), Leg(NEW_SHORT, -1)),
    dollars("0.30"),
    "ann",
    "out",
)
SEED = 3
"""With which the first quote takes two of the three."""


def die(*_what: object) -> None:
    raise Killed


def die_of_a_fill(reports: tuple[BrokerReport, ...]) -> None:
    if any(isinstance(report, BrokerFilled) for report in reports):
        raise Killed


def roll_until_it_dies(day: Day) -> None:
    day.say(ROLL)
    day.until(at(MONDAY, "10:06"))


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """Three spreads are held; the quotes stand still, and come every five minutes."""
    quotes = {
        OLD_SHORT: ("1.40", "1.45"), OLD_LONG: ("0.35", "0.40"),
        NEW_SHORT: ("1.30", "1.35"), NEW_LONG: ("0.45", "0.50"),
    }  # fmt: skip
    ticks = [tick(at(MONDAY, f"10:{minute:02}"), "SPY", "97.00", quotes) for minute in range(0, 60, 5)]
    day = Day(tmp_path, mindfolio([(module("SPREADS", "SPY"), "10000")]), ticks, seed=SEED)
    day.until(at(MONDAY, "10:00:30"))
    assert day.enter("SPREADS", OLD, "-1.00", 3) == ()
    day.until(at(MONDAY, "10:05:30"))
    assert day.positions == {"P000001": ("Bull Put Spread", 3, "Monitoring")}
    assert day.means("SPREADS") == {"used": "1200.00", "held": "0.00", "available": "8796.10"}
    return day


def check_the_end(day: Day, cash: str, fees: str) -> None:
    (position,) = day.book.positions.values()
    assert (position.structure, position.quantity, position.rolls) == (NEW, 3, 1)
    assert position.cost == -dollars(240)
    assert day.book.orders == {}
    assert day.means("SPREADS")["used"] == "1260.00", "15 x 100 of width less 240"
    day.ends(
        cash=f"50{cash}",
        SPREADS={"CASH": cash, "POSITIONS": "-240.00", "REALISED": "30.00", "COMMISSIONS": "10.80", "FEES": fees},
    )


def test_a_roll_without_an_accident(day: Day) -> None:
    assert day.say(ROLL) == ()
    day.until(at(MONDAY, "10:06"))
    check_the_end(day, "198.31", "0.89")


def test_killed_with_the_intent_durable_and_not_sent(day: Day) -> None:
    day.wire.before_submit = die
    with pytest.raises(Killed):
        day.say(ROLL)
    day.reopen()
    (order,) = day.book.orders.values()
    assert order.status is OrderStatus.UNKNOWN, "it may have left, for all that is known"
    assert order.held > 0
    day.until(at(MONDAY, "10:05:40"))
    codes = [each.code for each in day.say(ROLL)]
    assert codes == [DenialCode.ORDER_STATE], "it is not tried again while it may be out there"
    day.until(at(MONDAY, "10:06"))
    assert day.book.orders == {}, "the broker has said twice that it never had it"
    assert day.positions == {"P000001": ("Bull Put Spread", 3, "Monitoring")}
    assert day.means("SPREADS") == {"used": "1200.00", "held": "0.00", "available": "8796.10"}
    assert day.say(ROLL) == ()
    day.until(at(MONDAY, "10:07"))
    check_the_end(day, "198.31", "0.89")


@pytest.mark.parametrize("place", ["sent", "filled"])
def test_killed_when_the_broker_had_it_already(day: Day, place: str) -> None:
    """Once before it was written down that it was sent, once before it was heard that it was filled."""
    if place == "sent":
        day.wire.after_submit = die
    else:
        day.wire.after_poll = die_of_a_fill
    with pytest.raises(Killed):
        roll_until_it_dies(day)
    day.reopen()
    day.until(at(MONDAY, "10:06:30"))
    check_the_end(day, "198.31", "0.89")
    assert len(day.events(ev.OrderFilled)) == 2


def test_killed_when_two_units_of_three_were_done_and_not_heard_of(day: Day) -> None:
    day.rules = PaperRules(partial_pct=100)
    day.restart()
    codes = [each.code for each in day.say(ROLL)]
    assert DenialCode.BROKER_UNREACHABLE in codes, "nothing opens before the account was seen to agree"
    day.until(at(MONDAY, "10:05:40"))
    day.wire.after_poll = die_of_a_fill
    with pytest.raises(Killed):
        roll_until_it_dies(day)
    day.reopen()
    day.until(at(MONDAY, "10:06:30"))
    assert day.positions == {"P000001": ("Custom", 1, "Monitoring")}
    (order,) = day.book.orders.values()
    assert (order.filled, order.remaining, order.status) == (2, 1, OrderStatus.PARTLY_FILLED)
    assert order.held == order.hold
    held = day.book.instruments()
    assert held == {OLD_SHORT.occ: -1, OLD_LONG.occ: 1, NEW_SHORT.occ: -2, NEW_LONG.occ: 2}
    day.agrees_with_the_broker()
    day.until(at(MONDAY, "10:10:30"))
    check_the_end(day, "198.29", "0.91")
