"""An iron condor on its last day: between its shorts, at a short strike to the cent, and one cent inside it.

    | step                                                | cash      | realised | commission | fees |
    |-----------------------------------------------------|-----------|----------|------------|------|
    | Thu: sell 90/95/105/110 for 0.60 + 0.55 - 2 x 0.20  |     72.39 |          |       2.40 | 0.21 |
    | Fri at 95.00 or 100.00: all four expire             |           |   +75.00 |            |      |
    | Fri at 94.99: the 95 put is assigned                | -9,500.00 |   +75.00 |            |      |
    | Fri at 85: 95 put assigned, 90 put exercised        |   -500.00 |  -425.00 |            |      |
    | Mon: sell 100 shares at 94.49                       |  9,448.78 |   -51.00 |            | 0.22 |

Fees: four contracts 0.1808 -> 0.19, two sold 0.0066 -> 0.01, SEC of 115: 0.0024 -> 0.01, together 0.21.
Shares sold: TAF 100 x 0.000195 = 0.0195 -> 0.02, SEC of 9,449: 0.1946 -> 0.20, together 0.22.
"""

import datetime as dt
from pathlib import Path

import pytest

from tests.trader_days.day import Day, at, call, made_of, mindfolio, module, put, tick

THURSDAY, FRIDAY, SATURDAY = dt.date(2026, 3, 19), dt.date(2026, 3, 20), dt.date(2026, 3, 21)
NEXT_MONDAY = dt.date(2026, 3, 23)
WING, SHORT_PUT = put("SPY", 90, FRIDAY), put("SPY", 95, FRIDAY)
SHORT_CALL, CALL_WING = call("SPY", 105, FRIDAY), call("SPY", 110, FRIDAY)
CONDOR = made_of((WING, 1), (SHORT_PUT, -1), (SHORT_CALL, -1), (CALL_WING, 1))


def opened(folder: Path, close: str) -> Day:
    """A condor that was sold on Thursday, on the Saturday after SPY has ended at `close`."""
    ticks = [
        tick(
            at(THURSDAY, "10:00"), "SPY", "100.00",
            {
                WING: ("0.15", "0.20"), SHORT_PUT: ("0.60", "0.65"),
                SHORT_CALL: ("0.55", "0.60"), CALL_WING: ("0.15", "0.20"),
            },
        ),
        tick(at(FRIDAY, "15:30"), "SPY", "96.00"),
        tick(at(FRIDAY, "15:59:50"), "SPY", close),
        tick(at(NEXT_MONDAY, "10:00"), "SPY", "94.50"),
        tick(at(NEXT_MONDAY, "11:00"), "SPY", "94.50"),
    ]  # fmt: skip
    day = Day(folder, mindfolio([(module("CONDORS", "SPY"), "10000")]), ticks)
    day.until(at(THURSDAY, "10:01"))
    assert day.enter("CONDORS", CONDOR, "-0.75") == ()
    day.until(at(THURSDAY, "10:02"))
    # One wing of 5 less the credit; the costs are a loss.
    assert day.means("CONDORS") == {"used": "425.00", "held": "0.00", "available": "9572.39"}
    day.until(at(FRIDAY, "16:00"))
    assert day.positions == {"P000001": ("Iron Condor", 1, "Awaiting assignment")}
    return day.until(at(SATURDAY, "06:00"))


@pytest.mark.parametrize("close", ["100.00", "95.00", "105.00"], ids=["between", "at_the_put", "at_the_call"])
def test_nothing_is_assigned_between_the_shorts_nor_at_a_strike_itself(tmp_path: Path, close: str) -> None:
    day = opened(tmp_path, close)
    assert day.positions == {}
    assert day.record("CONDORS") == (1, 1, "72.39", "0.00")
    assert day.means("CONDORS") == {"used": "0.00", "held": "0.00", "available": "10000.00"}
    day.ends(
        cash="50072.39",
        CONDORS={"CASH": "72.39", "REALISED": "-75.00", "COMMISSIONS": "2.40", "FEES": "0.21"},
    )


def test_one_cent_inside_is_assigned_and_what_is_left_is_stock(tmp_path: Path) -> None:
    day = opened(tmp_path, "94.99")
    assert day.positions == {"P000001": ("Long Stock", 100, "Assigned")}
    assert day.accounts("CONDORS")["POSITIONS"] == "9500.00"
    assert day.means("CONDORS") == {"used": "9500.00", "held": "0.00", "available": "500.00"}
    day.restart().until(at(NEXT_MONDAY, "10:01"))
    assert day.close("P000001") == ()
    day.until(at(NEXT_MONDAY, "10:02"))
    # 75 - 2.61 - 51 - 0.22: still won.
    assert day.record("CONDORS") == (1, 1, "21.17", "0.00")
    day.ends(
        cash="50021.17",
        CONDORS={"CASH": "21.17", "REALISED": "-24.00", "COMMISSIONS": "2.40", "FEES": "0.43"},
    )


def test_one_cent_inside_the_call_is_short_stock_until_it_is_covered(tmp_path: Path) -> None:
    day = opened(tmp_path, "105.01")
    assert day.positions == {"P000001": ("Short Stock", 100, "Assigned")}
    # 150 % of 10,500.
    assert day.means("CONDORS") == {"used": "15750.00", "held": "0.00", "available": "-5750.00"}
    day.until(at(NEXT_MONDAY, "10:01"))
    assert day.close("P000001") == ()
    day.until(at(NEXT_MONDAY, "10:02"))
    # Bought at 94.51 what was sold at 105: +1,049; buying has no fees.
    assert day.record("CONDORS") == (1, 1, "1121.39", "0.00")
    day.ends(
        cash="51121.39",
        CONDORS={"CASH": "1121.39", "REALISED": "-1124.00", "COMMISSIONS": "2.40", "FEES": "0.21"},
    )


def test_through_the_wing_one_is_assigned_and_one_exercised_and_no_shares_are_left(tmp_path: Path) -> None:
    day = opened(tmp_path, "85.00")
    assert day.positions == {}
    # The most that it could lose: the wing of 500 less the credit of 75, and the costs.
    assert day.record("CONDORS") == (1, 0, "0.00", "-427.61")
    day.ends(
        cash="49572.39",
        CONDORS={"CASH": "-427.61", "REALISED": "425.00", "COMMISSIONS": "2.40", "FEES": "0.21"},
    )
