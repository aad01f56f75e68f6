"""Nobody is at the desk: short stock is covered in the morning, and a last day that cannot be paid for is ended.

    | step                                                | cash      | realised | commission | fees |
    |-----------------------------------------------------|-----------|----------|------------|------|
    | Thu: sell 90/95/105/110 for 0.60 + 0.55 - 2 x 0.20  |     72.39 |          |       2.40 | 0.21 |
    | Fri at 105.01: the 105 call is assigned             | 10,500.00 |   +75.00 |            |      |
    | Mon: buy 100 shares at 94.51                        | -9,451.00 | +1,049.00|            |      |
    | or Fri 15:30: buy 95 put and 105 call, sell 90 put at p | -100 p - 1.96 | 75 - 100 p | 1.80 | 0.16 |

On Friday nobody bids for the long call: it is left, and expires. Mids of 0.575, 0.025 and 0.075 make 0.525, rounded
against us 0.53; at natural it is 0.60: p lies between. Fees of three contracts 0.1356 -> 0.14, one sold 0.0033 -> 0.01,
SEC of 5 or more: 0.01, together 0.16; to open as on day 3.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.order import OrderPurpose
from tests.trader_days.day import Day, at, call, made_of, mindfolio, module, put, tick

THURSDAY, FRIDAY = dt.date(2026, 3, 19), dt.date(2026, 3, 20)
NEXT_MONDAY = dt.date(2026, 3, 23)
WING, SHORT_PUT = put("SPY", 90, FRIDAY), put("SPY", 95, FRIDAY)
LOWER_WING, LOWER_PUT = put("SPY", 89, FRIDAY), put("SPY", 94, FRIDAY)
SHORT_CALL, CALL_WING = call("SPY", 105, FRIDAY), call("SPY", 110, FRIDAY)
CONDOR = made_of((WING, 1), (SHORT_PUT, -1), (SHORT_CALL, -1), (CALL_WING, 1))


def opened(folder: Path, friday: str, close: str, budget: str = "10000") -> Day:
    """A condor sold on Thursday; SPY at `friday` half an hour before the last close, and at `close` at its end."""
    ticks = [
        tick(
            at(THURSDAY, "10:00"), "SPY", "100.00",
            {
                WING: ("0.15", "0.20"), SHORT_PUT: ("0.60", "0.65"),
                SHORT_CALL: ("0.55", "0.60"), CALL_WING: ("0.15", "0.20"),
            },
        ),
        *(
            tick(
                at(FRIDAY, time), "SPY", friday,
                {
                    WING: ("0.05", "0.10"), SHORT_PUT: ("0.55", "0.60"),
                    SHORT_CALL: ("0.00", "0.05"), CALL_WING: ("0.00", "0.05"),
                },
            )
            for time in ("14:30", "15:30", "15:31")
        ),
        tick(at(FRIDAY, "15:59:50"), "SPY", close),
        tick(at(NEXT_MONDAY, "10:00"), "SPY", "94.50"),
        tick(at(NEXT_MONDAY, "11:00"), "SPY", "94.50"),
    ]  # fmt: skip
    spec = replace(module("CONDORS", "SPY"), house_rules=True)
    day = Day(folder, mindfolio([(spec, budget)]), ticks)
    day.until(at(THURSDAY, "10:01"))
    assert day.enter("CONDORS", CONDOR, "-0.75") == ()
    return day.until(at(FRIDAY, "14:45"))


def test_short_stock_is_covered_at_the_next_open_without_anybody(tmp_path: Path) -> None:
    day = opened(tmp_path, "104.50", "105.01", budget="20000")
    day.until(at(FRIDAY, "16:00"))
    assert day.positions == {"P000001": ("Iron Condor", 1, "Awaiting assignment")}, "15,750 could be paid for"
    day.until(at(NEXT_MONDAY, "09:45"))
    assert day.positions == {"P000001": ("Short Stock", 100, "Assigned")}
    day.until(at(NEXT_MONDAY, "10:02"))
    assert day.positions == {}
    assert day.record("CONDORS") == (1, 1, "1121.39", "0.00")
    day.ends(
        cash="51121.39",
        CONDORS={"CASH": "1121.39", "REALISED": "-1124.00", "COMMISSIONS": "2.40", "FEES": "0.21"},
    )


@pytest.mark.parametrize(("budget", "is_closed"), [("9000", True), ("10000", False)])
def test_a_last_day_near_the_strike_that_cannot_be_paid_for_is_ended(
    tmp_path: Path, budget: str, is_closed: bool
) -> None:
    # The 95 put may be assigned at 95.50: 9,500 of what the condor uses and what is left, which is the budget less
    # the costs of 2.61.
    day = opened(tmp_path, "95.50", "96.00", budget=budget)
    assert day.positions == {"P000001": ("Iron Condor", 1, "Monitoring")}, "not before the last hour"
    day.until(at(FRIDAY, "15:45"))
    intended = [each.order for each in day.events(ev.OrderIntended) if isinstance(each, ev.OrderIntended)]
    closes = [order for order in intended if order.purpose is OrderPurpose.CLOSE]
    assert len(closes) == is_closed
    if not is_closed:
        return
    why = "last day: 95 put at 95.50 could leave +100 shares, which takes $9,500 of $8,997"
    assert closes[0].why == why
    assert day.positions == {"P000001": ("Long Call", 1, "Monitoring")}
    fills = [each for each in day.events(ev.OrderFilled) if isinstance(each, ev.OrderFilled)]
    (fill,) = [each for each in fills if each.order_id == closes[0].order_id]
    assert dollars("0.53") <= fill.net_price <= dollars("0.60")
    day.until(at(NEXT_MONDAY, "09:00"))
    result = dollars("72.39") - 100 * fill.net_price - dollars("1.96")
    day.ends(
        cash=f"{50_000 + result / 10_000:.2f}",
        CONDORS={
            "CASH": f"{result / 10_000:.2f}",
            "REALISED": f"{(100 * fill.net_price - dollars(75)) / 10_000:.2f}",
            "COMMISSIONS": "4.20",
            "FEES": "0.37",
        },
    )


@pytest.mark.parametrize(("budget", "closed"), [("10500", ["P000002"]), ("20000", [])])
def test_two_positions_do_not_count_on_the_same_money_for_their_last_day(
    tmp_path: Path, budget: str, closed: list[str]
) -> None:
    # At 94.50 each of the spreads may leave a hundred shares, for 9,500 and 9,400: 10,500 pay for one of them.
    low, high = made_of((WING, 1), (SHORT_PUT, -1)), made_of((LOWER_WING, 1), (LOWER_PUT, -1))
    thursday = {
        WING: ("0.15", "0.20"), SHORT_PUT: ("0.60", "0.65"), LOWER_WING: ("0.10", "0.15"), LOWER_PUT: ("0.45", "0.50"),
    }  # fmt: skip
    friday = {
        WING: ("0.05", "0.10"), SHORT_PUT: ("0.85", "0.90"), LOWER_WING: ("0.02", "0.04"), LOWER_PUT: ("0.40", "0.45"),
    }  # fmt: skip
    ticks = [
        tick(at(THURSDAY, "10:00"), "SPY", "100.00", thursday),
        *(tick(at(FRIDAY, time), "SPY", "94.50", friday) for time in ("14:30", "15:30", "15:31", "15:32")),
    ]
    spec = replace(module("SPREADS", "SPY"), house_rules=True)
    day = Day(tmp_path, mindfolio([(spec, budget)]), ticks)
    day.until(at(THURSDAY, "10:01"))
    assert day.enter("SPREADS", low, "-0.40") == ()
    assert day.enter("SPREADS", high, "-0.30") == ()
    day.until(at(FRIDAY, "15:32"))
    intended = [each.order for each in day.events(ev.OrderIntended) if isinstance(each, ev.OrderIntended)]
    assert [order.position_id for order in intended if order.purpose is OrderPurpose.CLOSE] == closed
