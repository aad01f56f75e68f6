"""A condor is closed on its last day while nobody bids for its wings: they are left, and expire.

    | step                                               | cash    | realised | commission | fees |
    |----------------------------------------------------|---------|----------|------------|------|
    | Thu: sell 90/95/105/110 for 0.60 + 0.55 - 2 x 0.20 |   72.39 |          |       2.40 | 0.21 |
    | Fri: buy back the shorts at 2 x 0.10               |  -21.30 |   +95.00 |       1.20 | 0.10 |
    | Fri: the wings expire                              |         |   -40.00 |            |      |
    | together                                           |   51.09 |   +55.00 |       3.60 | 0.31 |

Fees: 4 x 0.0452 = 0.1808 -> 0.19, 0.01, SEC of 115 -> 0.01; bought: 2 x 0.0452 = 0.0904 -> 0.10.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.domain.mindfolio import ModuleKind
from tests.trader_days.day import Day, at, call, made_of, mindfolio, module, put, tick

THURSDAY, FRIDAY, SATURDAY = dt.date(2026, 3, 19), dt.date(2026, 3, 20), dt.date(2026, 3, 21)
WING, SHORT_PUT = put("SPY", 90, FRIDAY), put("SPY", 95, FRIDAY)
SHORT_CALL, CALL_WING = call("SPY", 105, FRIDAY), call("SPY", 110, FRIDAY)
CONDOR = made_of((WING, 1), (SHORT_PUT, -1), (SHORT_CALL, -1), (CALL_WING, 1))


def test_only_the_shorts_are_bought_back_and_the_wings_are_left(tmp_path: Path) -> None:
    opening = {
        WING: ("0.15", "0.20"), SHORT_PUT: ("0.60", "0.65"), SHORT_CALL: ("0.55", "0.60"), CALL_WING: ("0.15", "0.20"),
    }  # fmt: skip
    ending = {
        WING: ("0", "0.05"), SHORT_PUT: ("0.05", "0.10"), SHORT_CALL: ("0.05", "0.10"), CALL_WING: ("0", "0.05"),
    }  # fmt: skip
    ticks = [
        tick(at(THURSDAY, "10:00"), "SPY", "100.00", opening),
        tick(at(FRIDAY, "15:00"), "SPY", "100.00", ending),
        tick(at(FRIDAY, "15:59"), "SPY", "100.00"),
    ]
    day = Day(tmp_path, mindfolio([(module("CONDORS", "SPY"), "10000")]), ticks)
    day.until(at(THURSDAY, "10:01"))
    assert day.enter("CONDORS", CONDOR, "-0.75") == ()

    day.until(at(FRIDAY, "15:00:10"))
    assert day.close("P000001", "0.20") == ()
    (order,) = day.book.orders.values()
    assert [leg.contract for leg in order.structure.legs] == [SHORT_PUT, SHORT_CALL]
    day.until(at(FRIDAY, "15:00:20"))
    assert day.positions == {"P000001": ("Long Strangle", 1, "Monitoring")}
    # What the wings cost; the gain of 91.09 so far adds nothing under "isolate".
    assert day.means("CONDORS") == {"used": "40.00", "held": "0.00", "available": "9960.00"}
    (denial,) = day.close("P000001")
    assert denial.code is DenialCode.DATA_BAD
    assert denial.facts["why"] == "nobody bids for any of it; it is left to expire"

    day.restart().until(at(FRIDAY, "16:00"))
    assert day.positions == {"P000001": ("Long Strangle", 1, "Awaiting assignment")}
    day.until(at(SATURDAY, "06:00"))
    assert day.positions == {}
    assert day.record("CONDORS") == (1, 1, "51.09", "0.00")
    day.ends(
        cash="50051.09",
        CONDORS={"CASH": "51.09", "REALISED": "-55.00", "COMMISSIONS": "3.60", "FEES": "0.31"},
    )


@pytest.mark.parametrize(("bid", "is_told"), [("0", False), (None, True)])
def test_an_exit_of_what_nobody_bids_for_is_no_alarm_and_of_what_is_not_quoted_is_one(
    tmp_path: Path, bid: str | None, is_told: bool
) -> None:
    # Bought for 40 and worth 5: the stop of half the premium is due from 10:20 on.
    later = dt.date(2026, 4, 17)
    low, high = put("SPY", 90, later), call("SPY", 110, later)
    ticks = [tick(at(THURSDAY, "10:00"), "SPY", "100.00", {low: ("0.15", "0.20"), high: ("0.15", "0.20")})]
    for clock in ("10:20", "10:40", "11:00"):
        quoted = {} if bid is None else {low: (bid, "0.05"), high: (bid, "0.05")}
        ticks.append(tick(at(THURSDAY, clock), "SPY", "100.00", quoted))
    spec = replace(module("LONGS", "SPY"), kind=ModuleKind.GAMMA_SCALPER, parameters={"exit_days": 1, "min_days": 2})
    if bid is None:
        spec = replace(spec, parameters={"exit_days": 29, "min_days": 30})
    day = Day(tmp_path, mindfolio([(spec, "10000")]), ticks)
    day.until(at(THURSDAY, "10:01"))
    assert day.enter("LONGS", made_of((low, 1), (high, 1)), "0.40") == ()
    day.until(at(THURSDAY, "11:01"))
    assert day.positions == {"P000001": ("Long Strangle", 1, "Monitoring")}
    assert any("should be closed" in text for text in day.alerts) is is_told
