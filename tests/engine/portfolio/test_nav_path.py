"""The NAV path from the journal alone is what was written down live: by hand, and for days of the paper broker."""

import datetime as dt
from pathlib import Path

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.performance import NavDay
from engine.domain.structure import Leg
from engine.ledger.ledger import checked_entries
from engine.ledger.query import LedgerQuery
from engine.portfolio.nav_path import nav_days, nav_path
from tests.back_office import BackOffice
from tests.builders import MemoryStore, ledger
from tests.history import MemoryHistory, bell
from tests.trader_days.day import Day, at, made_of, mindfolio, module, put, tick

MONDAY, TUESDAY, WEDNESDAY = (dt.date(2026, 3, day) for day in (16, 17, 18))
SHORT, FURTHER = put("SPY", 95, TUESDAY), put("SPY", 94, TUESDAY)


def test_by_hand() -> None:
    """50,000, less 2.40 of costs on Monday; 10,000 more and 15 better on Tuesday; 5,000 less on Wednesday."""
    store = MemoryStore()
    office = BackOffice(ledger(store))
    held = office.open("-1.20")
    bell(office, MONDAY)
    office.deposit("10000")
    office.mark(**{held: "-105"})
    bell(office, TUESDAY)
    office.deposit("-5000")
    bell(office, WEDNESDAY)
    office.ledger.commit()
    path = nav_path(checked_entries(store))
    bought = 10_000 * 10_000 * dollars(50_000) // dollars("49997.60")
    sold = -(-5000 * 10_000 * (dollars(50_000) + bought) // dollars("60012.60"))
    assert path == (
        NavDay(MONDAY, dollars("49997.60"), dollars(50_000), dollars(50_000)),
        NavDay(TUESDAY, dollars("60012.60"), dollars(50_000) + bought, dollars(10_000)),
        NavDay(WEDNESDAY, dollars("55012.60"), dollars(50_000) + bought - sold, dollars(-5000)),
    )
    history = MemoryHistory(store)
    assert nav_days(history.closes(), history.flows()) == path


def test_days_with_cash_a_roll_an_assignment_and_a_restart(tmp_path: Path) -> None:
    """A put is sold and rolled on Monday, assigned on Tuesday; cash comes and goes, and the process is another one."""
    quotes = {SHORT: ("1.00", "1.04"), FURTHER: ("0.70", "0.74")}
    hit = {SHORT: ("2.50", "2.60"), FURTHER: ("1.90", "2.00")}
    ticks = [tick(at(MONDAY, f"10:{minute:02}"), "SPY", "96.00", quotes) for minute in range(0, 60, 10)]
    ticks += [tick(at(MONDAY, "15:50"), "SPY", "95.50", quotes)]
    ticks += [tick(at(TUESDAY, clock), "SPY", "92.00", hit) for clock in ("09:40", "15:59:30")]
    ticks += [tick(at(WEDNESDAY, clock), "SPY", "93.00", {}) for clock in ("09:40", "15:59:30")]
    day = Day(tmp_path, mindfolio([(module("PUTS", "SPY"), "30000")]), ticks)
    day.until(at(MONDAY, "10:00:30"))
    assert day.enter("PUTS", made_of((SHORT, -1)), "-0.98") == ()
    day.until(at(MONDAY, "10:20:30"))
    roll = cmd.RollPosition("P000001", (Leg(SHORT, -1),), (Leg(FURTHER, -1),), dollars("0.36"), "ann", "down")
    assert day.say(roll) == ()
    day.until(at(MONDAY, "10:40"))
    assert day.book.positions["P000001"].rolls == 1
    assert day.say(cmd.DepositCash(dollars(2000), "ann", "more")) == ()
    day.until(at(TUESDAY, "12:00")).restart()
    assert day.say(cmd.WithdrawCash(dollars(500), "ann", "rent")) == ()
    day.until(at(WEDNESDAY, "17:00")).restart()
    (held,) = day.book.positions.values()
    assert held.shares == 100, "assigned overnight"

    path = nav_path(checked_entries(day.store))
    assert [each.day for each in path] == [MONDAY, TUESDAY, WEDNESDAY]
    assert [each.flows for each in path[1:]] == [dollars(-500), 0]
    assert path[0].flows == day.spec.capital + dollars(2000)
    query = LedgerQuery(tmp_path / "ledger.sqlite")
    assert nav_days(query.closes(), query.flows()) == path
    query.close()
    assert path[-1].nav == day.book.nav
    assert path[-1].units == day.book.units
