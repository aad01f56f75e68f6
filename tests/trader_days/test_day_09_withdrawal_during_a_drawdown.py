"""Cash is withdrawn while the account is down ten per cent: no loss, and the limit of 15 % stays where it was.

| step                           | shares at mid   | cash     | NAV       | units  | a unit | drawdown |
|--------------------------------|-----------------|----------|-----------|--------|--------|----------|
| buy 400 SPY at 100.01          | 400 x 100.00    | 9,996.00 | 49,996.00 | 50,000 |        |          |
| 87.51                          | 35,004.00       | 9,996.00 | 45,000.00 | 50,000 |   0.90 |  10.00 % |
| 3,600 out: 3,600 / 0.90 units  | 35,004.00       | 6,396.00 | 41,400.00 | 46,000 |   0.90 |  10.00 % |
| 81.77                          | 32,708.00       | 6,396.00 | 39,104.00 | 46,000 |        |  14.99 % |
| 81.76                          | 32,704.00       | 6,396.00 | 39,100.00 | 46,000 |   0.85 |  15.00 % |
"""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.limits import AccountLimits
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.structure import shares_of
from engine.domain.units import drawdown_bp
from tests.trader_days.day import Day, at, mindfolio, module, tick

MONDAY = dt.date(2026, 3, 16)


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """A drawdown limit of 15 %, and a plan that waits for a person."""
    ticks = [
        tick(at(MONDAY, clock), "SPY", spot)
        for clock, spot in (
            ("10:00", "100.00"), ("10:30", "87.51"), ("11:00", "81.77"), ("11:05", "81.76"), ("11:05:11", "81.76"),
            ("15:00", "81.76"),
        )
    ]  # fmt: skip
    limits = AccountLimits(day_loss=None, drawdown_pct=15, asks_first=True)
    return Day(tmp_path, mindfolio([(module("STOCK", "SPY"), "45000")], limits=limits), ticks)


def drawdown(day: Day) -> int | None:
    book = day.book
    return drawdown_bp(book.nav, book.units, book.reference.nav, book.reference.units)


def test_a_withdrawal_is_no_loss_and_the_limit_trips_at_exactly_fifteen_per_cent(day: Day) -> None:
    day.until(at(MONDAY, "10:01"))
    assert day.enter("STOCK", shares_of("SPY"), "100.01", 400) == ()
    day.until(at(MONDAY, "10:30:30"))
    assert (day.book.nav, drawdown(day)) == (dollars(45_000), 1000)
    too_much = day.say(cmd.WithdrawCash(dollars("5000.01"), "ann", "a car"))
    assert [each.code for each in too_much] == [DenialCode.RESERVE]
    assert day.say(cmd.WithdrawCash(dollars(3600), "ann", "a smaller car")) == ()
    day.until(at(MONDAY, "10:31"))
    assert (day.book.nav, day.book.units) == (dollars(41_400), dollars(46_000))
    assert drawdown(day) == 1000, "a unit is worth what it was"
    assert (day.book.capital, day.book.reserve) == (dollars(46_400), dollars(1400))
    assert day.events(ev.BreakerTripped) == []

    day.restart().until(at(MONDAY, "11:00:30"))
    assert (day.book.nav, drawdown(day)) == (dollars(39_104), 1499)
    assert day.events(ev.BreakerTripped) == [], "not a cent before"
    day.until(at(MONDAY, "11:05"))
    (tripped,) = day.events(ev.BreakerTripped)
    assert isinstance(tripped, ev.BreakerTripped)
    assert (tripped.code, tripped.measured, tripped.limit) == ("DRAWDOWN", 1500, 1500)
    assert day.book.status is MindfolioStatus.PAUSED

    day.until(at(MONDAY, "11:06")).restart()
    assert day.book.closing is not None, "two clean marks ten seconds apart: a plan is there, and waits"
    assert (day.book.closing_by, day.book.orders) == ("", {})
    day.until(at(MONDAY, "11:06:02"))  # the broker's account is heard
    assert day.say(cmd.RearmMindfolio("ann", "long-term holding")) == ()
    assert (drawdown(day), day.book.peak.nav, day.book.peak.units) == (0, dollars(50_000), dollars(50_000))
    day.until(at(MONDAY, "15:30"))
    assert len(day.events(ev.BreakerTripped)) == 1, "from here it is measured anew"
    day.ends(
        cash="6396.00",
        STOCK={"CASH": "-40004.00", "POSITIONS": "40004.00"},
        **{"": {"CASH": "46400.00", "CAPITAL": "-46400.00"}},
    )
