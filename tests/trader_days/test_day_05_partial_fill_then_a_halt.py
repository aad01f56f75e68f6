"""A package is done in part, then trading in its name halts: the rest ends, and the hold shrinks exactly.

    | step                                    | per unit | of 5     | 2 done  | 3 left    |
    |-----------------------------------------|----------|----------|---------|-----------|
    | width 5.00 less the credit 1.00         |   400.00 | 2,000.00 |  800.00 |  1,200.00 |
    | costs in the hold: 6.00 + 0.46 + 0.04 + 0.03 | 1.306 |   6.53 |         |     3.918 |
    | commission and fees as they came        |          |          | 2.40 + 0.21 |       |

The hold's fees: 10 contracts 0.452 -> 0.46, all ten sold 0.033 -> 0.04, SEC of 2.45 x 500 = 1,225: 0.0252 -> 0.03.
Fees of two units: 4 x 0.0452 = 0.1808 -> 0.19, 2 x 0.0033 -> 0.01, SEC of 280: 0.0058 -> 0.01.
"""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.domain import commands as cmd
from engine.domain.order import OrderStatus
from engine.execution.paper import PaperRules
from tests.trader_days.day import Day, at, made_of, mindfolio, module, put, tick

MONDAY, TUESDAY, EXPIRY = dt.date(2026, 3, 16), dt.date(2026, 3, 17), dt.date(2026, 3, 27)
SHORT, LONG = put("SPY", 95, EXPIRY), put("SPY", 90, EXPIRY)
SPREAD = made_of((LONG, 1), (SHORT, -1))
SEED = 5
"""With which the first quote takes two of the five."""


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """SPY is quoted once on Monday and then no more; QQQ trades on."""
    quotes = {SHORT: ("1.40", "1.45"), LONG: ("0.35", "0.40")}
    ticks = [
        tick(at(MONDAY, "10:00"), "SPY", "97.00", quotes),
        *(tick(at(MONDAY, f"{hour}:00"), "QQQ", "400.00") for hour in range(11, 16)),
        tick(at(TUESDAY, "10:00"), "SPY", "97.00", quotes),
    ]
    day = Day(
        tmp_path, mindfolio([(module("SPREADS", "SPY"), "10000")]), ticks, rules=PaperRules(partial_pct=100), seed=SEED
    )
    day.until(at(MONDAY, "10:00:30"))
    assert day.enter("SPREADS", SPREAD, "-1.00", 5) == ()
    assert day.means("SPREADS") == {"used": "0.00", "held": "2006.53", "available": "7993.47"}
    day.until(at(MONDAY, "10:05"))
    assert day.positions == {"P000001": ("Bull Put Spread", 2, "Monitoring")}
    # 10,000 - 2.61 - 800 - 1,203.918.
    assert day.means("SPREADS") == {"used": "800.00", "held": "1203.9180", "available": "7993.4720"}
    return day


def the_order(day: Day) -> tuple[OrderStatus, int]:
    (row,) = day.store.orders()
    return row.order.status, row.order.filled


def check_the_end(day: Day) -> None:
    assert day.means("SPREADS") == {"used": "800.00", "held": "0.00", "available": "9197.39"}
    day.ends(
        cash="50197.39",
        SPREADS={"CASH": "197.39", "POSITIONS": "-200.00", "COMMISSIONS": "2.40", "FEES": "0.21"},
    )


def test_a_rest_that_nobody_trades_expires_with_the_day(day: Day) -> None:
    day.until(at(MONDAY, "12:00"))
    codes = [each.code for each in day.enter("SPREADS", made_of((SHORT, -1)), "-1.40")]
    assert DenialCode.DATA_STALE in codes, "nothing opens in a name that is halted"
    day.restart().until(at(MONDAY, "15:59:59"))
    assert the_order(day) == (OrderStatus.PARTLY_FILLED, 2)
    assert day.means("SPREADS")["held"] == "1203.9180"
    day.until(at(MONDAY, "16:00:05"))
    assert the_order(day) == (OrderStatus.EXPIRED, 2)
    day.until(at(TUESDAY, "10:01"))
    assert day.positions == {"P000001": ("Bull Put Spread", 2, "Monitoring")}, "what has expired trades no more"
    check_the_end(day)


def test_a_rest_that_is_cancelled_keeps_its_hold_until_the_broker_says_so(day: Day) -> None:
    day.until(at(MONDAY, "12:00"))
    assert day.say(cmd.CancelOrder("O000001", "ann", "halted")) == ()
    assert the_order(day) == (OrderStatus.CANCEL_PENDING, 2)
    assert day.means("SPREADS")["held"] == "1203.9180"
    day.until(at(MONDAY, "12:00:01"))
    assert the_order(day) == (OrderStatus.CANCELLED, 2)
    check_the_end(day)
