"""Sessions of the simulated market with cash that comes and goes and a new process every day: the NAV path is in the
journal, bit for bit, whatever else was kept. `--nav-days 60` is the long run."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.domain.performance import NavDay
from engine.domain.records import Recorded
from engine.ledger.ledger import checked_entries
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from engine.portfolio.nav_path import nav_days, nav_path
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.places import Places, Running
from tests.fakes import RecordingPublisher

RUNNING = Running(seed=5, approves_all=True, quote_minutes=60, symbols=("XLE", "KO"))
WHO = "ann"


def live_a_day(places: Places, random: Random) -> NavDay:
    """One session in a process of its own, money moved before and after it; what the book says at its close."""
    engine = OpenEngine(places, RUNNING, RecordingPublisher())
    try:
        kernel, desk = engine.kernel, engine.kernel.desk
        limit = session_limit(kernel, 1)
        for _ in range(random.randrange(3)):
            kernel.inbox.put(_moved(random))
        kernel.run(until=limit)
        book = desk.book
        closed = NavDay(limit.date(), book.nav, book.units, 0)
        kernel.inbox.put(_moved(random))
        kernel.run(until=desk.now)
        return closed
    finally:
        engine.close()


def _moved(random: Random) -> cmd.Command:
    """A deposit, or a withdrawal that may be more than is there."""
    amount = dollars(random.randrange(1, 900_000)) // 100
    kind = random.choice((cmd.DepositCash, cmd.WithdrawCash))
    return kind(amount, WHO, "as the month goes")


@pytest.mark.timeout(3600)
def test_the_path_comes_out_of_the_journal_as_it_was_lived(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    places, random = Places(tmp_path, Environment.SIMULATED), Random(3)
    lived = [live_a_day(places, random) for _ in range(int(pytestconfig.getoption("--nav-days")))]
    store, query = SqliteStore(places.ledger, for_reading=True), LedgerQuery(places.ledger)
    try:
        path = nav_path(checked_entries(store))
        assert [(day.day, day.nav, day.units) for day in path] == [(day.day, day.nav, day.units) for day in lived]
        assert nav_days(query.closes(), query.flows()) == path
        flows, last = _flows(checked_entries(store))
    finally:
        query.close()
        store.close()
    assert [day.flows for day in path] == flows
    assert any(amount < 0 for amount in flows[1:]) or len(lived) < 3, "withdrawals too"
    assert last != 0, "what came after the last close belongs to no day yet"
    assert verify_file(places.ledger).faults == ()


def _flows(entries: Iterable[tuple[Recorded, ev.Event]]) -> tuple[list[Money], Money]:
    """What came in or went out up to each close, and since the last one, added up anew."""
    days, running = list[Money](), 0
    for _, event in entries:
        if isinstance(event, ev.MindfolioCreated):
            running += event.spec.capital
        elif isinstance(event, ev.CashDeposited):
            running += event.amount
        elif isinstance(event, ev.SessionClosed):
            days.append(running)
            running = 0
    return days, running
