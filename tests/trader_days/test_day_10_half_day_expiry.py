"""The Friday after Thanksgiving: everything ends at 13:00, and what SPY does afterwards decides nothing.

    | step                                  | cash       | realised | commission | fees |
    |---------------------------------------|------------|----------|------------|------|
    | Wed: sell the 100 put at 1.50         |     149.33 |          |       0.60 | 0.07 |
    | Fri 12:59: 99.50; Fri 13:30: 101      |            |          |            |      |
    | Sat: assigned, 100 at 100             | -10,000.00 |  +150.00 |            |      |
    | Mon: sell 100 shares at 98.99         |   9,898.77 |  -101.00 |            | 0.23 |
    | together                              |      48.10 |   +49.00 |       0.60 | 0.30 |

Fees: 0.05 + 0.01 + SEC of 150 -> 0.01; shares: TAF 0.0195 -> 0.02, SEC of 9,899: 0.2039 -> 0.21.
"""

import datetime as dt
from pathlib import Path

from engine.core.errors import DenialCode
from engine.domain import events as ev
from engine.domain.order import OrderStatus
from engine.ledger.ledger import checked_entries
from tests.trader_days.day import Day, at, made_of, mindfolio, module, put, tick

WEDNESDAY, FRIDAY, SATURDAY = dt.date(2026, 11, 25), dt.date(2026, 11, 27), dt.date(2026, 11, 28)
MONDAY = dt.date(2026, 11, 30)
PUT, LATER = put("SPY", 100, FRIDAY), put("SPY", 95, dt.date(2026, 12, 4))


def test_the_close_at_one_o_clock_decides(tmp_path: Path) -> None:
    ticks = [
        tick(at(WEDNESDAY, "15:00"), "SPY", "100.50", {PUT: ("1.50", "1.55")}),
        tick(at(FRIDAY, "12:30"), "SPY", "99.80", {LATER: ("0.60", "0.65")}),
        tick(at(FRIDAY, "12:59"), "SPY", "99.50", {LATER: ("0.60", "0.65")}),
        tick(at(FRIDAY, "13:30"), "SPY", "101.00", {LATER: ("0.90", "0.95")}),
        tick(at(MONDAY, "10:00"), "SPY", "99.00"),
        tick(at(MONDAY, "15:00"), "SPY", "99.00"),
    ]
    day = Day(tmp_path, mindfolio([(module("PUTS", "SPY"), "30000")]), ticks)
    day.until(at(WEDNESDAY, "15:01"))
    assert day.enter("PUTS", made_of((PUT, -1)), "-1.50") == ()
    day.until(at(FRIDAY, "12:31"))
    assert day.enter("PUTS", made_of((LATER, -1)), "-0.80") == ()
    day.until(at(FRIDAY, "12:59:59"))
    assert day.positions == {"P000001": ("Short Put", 1, "Monitoring")}
    assert day.means("PUTS")["held"] == "9500.67"

    day.until(at(FRIDAY, "13:00"))
    assert day.positions == {"P000001": ("Short Put", 1, "Awaiting assignment")}
    assert day.means("PUTS")["held"] == "0.00"
    rested = next(row.order for row in day.store.orders() if row.order.order_id == "O000002")
    assert rested.status is OrderStatus.EXPIRED
    codes = [each.code for each in day.enter("PUTS", made_of((LATER, -1)), "-0.60")]
    assert DenialCode.MARKET_CLOSED in codes
    bells = [
        (entry.at, type(event).__name__)
        for entry, event in checked_entries(day.store)
        if isinstance(event, ev.SessionOpened | ev.SessionClosed)
    ]
    assert bells[1:] == [
        (at(WEDNESDAY, "16:00"), "SessionClosed"),
        (at(FRIDAY, "09:30"), "SessionOpened"),
        (at(FRIDAY, "13:00"), "SessionClosed"),
    ]

    day.until(at(FRIDAY, "16:30")).restart()
    assert day.positions == {"P000001": ("Short Put", 1, "Awaiting assignment")}, "101 after the close decides nothing"
    day.until(at(SATURDAY, "06:00"))
    assert day.positions == {"P000001": ("Long Stock", 100, "Assigned")}
    day.until(at(MONDAY, "10:01"))
    assert day.close("P000001") == ()
    day.until(at(MONDAY, "10:02"))
    assert day.record("PUTS") == (1, 1, "48.10", "0.00")
    day.ends(
        cash="50048.10",
        PUTS={"CASH": "48.10", "REALISED": "-49.00", "COMMISSIONS": "0.60", "FEES": "0.30"},
    )
