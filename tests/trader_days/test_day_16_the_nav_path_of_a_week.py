"""The NAV path of a week with cash, a roll, an assignment and restarts: recomputed from the journal, bit for bit."""

import datetime as dt
from pathlib import Path

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.structure import Leg
from engine.ledger.ledger import checked_entries
from engine.ledger.query import LedgerQuery
from engine.portfolio.nav_path import nav_days, nav_path
from tests.trader_days.day import Day, at, made_of, mindfolio, module, put, tick

MONDAY, TUESDAY, FRIDAY, NEXT_MONDAY = (dt.date(2026, 3, day) for day in (16, 17, 20, 23))
SHORT, FURTHER = put("KO", 60, FRIDAY), put("KO", 59, FRIDAY)


def test_days_with_cash_a_roll_an_assignment_and_a_restart(tmp_path: Path) -> None:
    """A put is sold and rolled on Monday, assigned on Friday; cash comes and goes, and the process is another one."""
    quotes = {SHORT: ("0.60", "0.65"), FURTHER: ("0.50", "0.55")}
    ticks = [
        tick(at(MONDAY, "10:00"), "KO", "60.50", quotes),
        tick(at(MONDAY, "10:05"), "KO", "60.50", quotes),
        tick(at(TUESDAY, "10:00"), "KO", "60.10", quotes),
        tick(at(FRIDAY, "15:50"), "KO", "57.20"),
        tick(at(NEXT_MONDAY, "10:00"), "KO", "58.00"),
    ]
    day = Day(tmp_path, mindfolio([(module("PUTS", "KO"), "30000")]), ticks)
    day.until(at(MONDAY, "10:01"))
    assert day.enter("PUTS", made_of((SHORT, -1)), "-0.60") == ()
    day.until(at(MONDAY, "10:05:30"))
    roll = cmd.RollPosition("P000001", (Leg(SHORT, -1),), (Leg(FURTHER, -1),), dollars("0.15"), "ann", "down")
    assert day.say(roll) == ()
    day.until(at(MONDAY, "10:40"))
    assert day.book.positions["P000001"].rolls == 1
    assert day.say(cmd.DepositCash(dollars(2000), "ann", "more")) == ()
    day.until(at(TUESDAY, "12:00")).restart()
    assert day.say(cmd.WithdrawCash(dollars(500), "ann", "rent")) == ()
    day.until(at(NEXT_MONDAY, "17:00")).restart()
    assert day.book.positions["P000001"].shares == 100, "assigned"

    path = nav_path(checked_entries(day.store))
    assert [path[0].day, path[1].day, path[-1].day] == [MONDAY, TUESDAY, NEXT_MONDAY]
    assert [each.flows for each in path[1:]] == [dollars(-500), *[0] * (len(path) - 2)]
    assert path[0].flows == day.spec.capital + dollars(2000)
    query = LedgerQuery(tmp_path / "ledger.sqlite")
    assert nav_days(query.closes(), query.flows()) == path
    query.close()
    assert path[-1].nav == day.book.nav
    assert path[-1].units == day.book.units
