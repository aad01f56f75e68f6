"""A share goes ex: it opens lower by its dividend, which was booked in the night. Nobody has lost anything.

| step                                   | shares at mid | cash      | P&L of XOM's module | of the day |
|----------------------------------------|---------------|-----------|---------------------|------------|
| Monday: buy 100 at 100.00, closes 100  | 10,000.00     | 40,000.00 |                0.00 |       0.00 |
| Tuesday 06:00: dividend 1.00 a share   | 10,000.00     | 40,100.00 |              100.00 |     100.00 |
| Tuesday 10:00: 99.00                   |  9,900.00     | 40,100.00 |                0.00 |       0.00 |
| Tuesday 10:05: 98.19                   |  9,819.00     | 40,100.00 |              -81.00 |     -81.00 |
"""

import datetime as dt
from pathlib import Path

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.mindfolio import ModuleStatus
from engine.domain.structure import shares_of
from engine.portfolio.performance import performance, read_history
from tests.history import MemoryHistory
from tests.trader_days.day import Day, at, mindfolio, module, tick

MONDAY, TUESDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 17)


def test_the_daily_loss_limit_sees_the_dividend_too(tmp_path: Path) -> None:
    """A module that may lose 80 a day is paused by 81, and not by an ex-day."""
    ticks = [
        tick(at(MONDAY, "10:00"), "XOM", "100.00"),
        tick(at(MONDAY, "15:59"), "XOM", "100.00"),
        tick(at(TUESDAY, "10:00"), "XOM", "99.00"),
        tick(at(TUESDAY, "10:05"), "XOM", "98.19"),
        tick(at(TUESDAY, "15:00"), "XOM", "98.19"),
    ]
    dividends = {"XOM": ((TUESDAY, dollars(1)),)}
    day = Day(tmp_path, mindfolio([(module("M", "XOM", loss="80"), "20000")]), ticks, dividends=dividends)
    day.until(at(MONDAY, "10:00:30"))
    assert day.enter("M", shares_of("XOM"), "100.05", 100) == ()
    day.until(at(TUESDAY, "06:01"))
    (held,) = day.book.positions.values()
    paid = day.book.pnl("M")
    assert held.shares == 100
    assert paid == dollars(100) + day.book.marks[held.position_id] - held.cost
    day.restart().until(at(TUESDAY, "10:02"))
    assert day.book.day_pnl("M") == day.book.account_day_pnl == 0
    assert day.events(ev.ModuleStatusChanged) == []
    found = performance(read_history(MemoryHistory(day.store), day.desk.now), day.book, day.desk.now, 0.0)
    assert found.account.pnl.day == 0, "performance counts the same day"
    day.until(at(TUESDAY, "10:06"))
    assert day.book.day_pnl("M") == dollars(-81)
    (paused,) = day.events(ev.ModuleStatusChanged)
    assert isinstance(paused, ev.ModuleStatusChanged)
    assert (paused.status, paused.code) == (ModuleStatus.PAUSED, "DAILY_LOSS")
