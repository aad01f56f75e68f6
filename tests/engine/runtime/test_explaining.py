"""What the P&L of sessions came from, on a kernel over hand-written markets: sums, restarts, faults."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from engine.domain import events as ev
from engine.domain.explained import PnlParts
from engine.ledger.query import LedgerQuery
from engine.ledger.verify import verify_file
from engine.portfolio.pnl_watch import PnlWatch
from engine.runtime.explaining import explain_session
from tests.fakes import Rig, ScriptedBroker, filled, new_york
from tests.recordings import falling_volatility

MONDAY, TUESDAY = dt.date(2026, 3, 16), dt.date(2026, 3, 17)
MODULE = "IV_SERVICE"
UPDATES = falling_volatility((MONDAY, TUESDAY))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def rig_of(folder: Path, stack: ExitStack) -> Rig:
    """A kernel whose orders fill at once at their worst price, with a reader of its journal."""
    folder.mkdir(exist_ok=True)
    broker = ScriptedBroker()
    broker.on_submit = lambda order: [filled(order, order.worst)]
    return with_query(Rig(folder, UPDATES, broker=broker), stack)


def with_query(rig: Rig, stack: ExitStack) -> Rig:
    rig.desk.query = LedgerQuery(rig.folder / "ledger.sqlite")
    stack.callback(rig.desk.query.close)
    return rig


def told(rig: Rig) -> list[ev.PnlExplained]:
    return [event for event in rig.events(ev.PnlExplained) if isinstance(event, ev.PnlExplained)]


def sums(days: list[ev.PnlExplained]) -> dict[str, PnlParts]:
    found: defaultdict[str, PnlParts] = defaultdict(PnlParts)
    for day in days:
        for module_id, parts in day.modules.items():
            found[module_id] += parts
    return dict(found)


def pnl_at_close(rig: Rig) -> dict[str, int]:
    """The ledger's own figures at the last close; modules without a result are left out."""
    assert rig.desk.book.session is None
    book = rig.desk.book
    return {module_id: book.pnl(module_id) for module_id in ("", *book.module_ids) if book.pnl(module_id)}


def test_the_parts_of_all_sessions_are_the_pnl_of_every_module(tmp_path: Path, stack: ExitStack) -> None:
    rig = rig_of(tmp_path, stack).run()
    days, everything = told(rig), sums(told(rig))
    assert [day.session for day in days] == [MONDAY, TUESDAY]
    assert {module_id: parts.total for module_id, parts in everything.items()} == pnl_at_close(rig)
    assert sum(parts.total for parts in everything.values()) == rig.desk.book.pnl_total != 0

    first, second = (day.modules[MODULE] for day in days)
    assert first.edge < 0
    assert first.costs < 0
    # The night belongs to the session after it, and so does its fall of volatility: sold options earn by both.
    assert second.vega > 10 * second.theta > 0
    assert all(parts.unwatched == parts.moved == 0 for parts in everything.values())
    assert all(abs(parts.residual) < parts.gross // 20 for parts in everything.values())

    assert rig.desk.query is not None
    found = rig.desk.query.explained()
    assert [day.session for day in found] == [TUESDAY, MONDAY]
    assert [{row.module_id: row.parts for row in day.modules} for day in found[::-1]] == [day.modules for day in days]
    assert rig.desk.query.explained(TUESDAY) == rig.desk.query.explained(limit=1) == found[:1]
    (position, *_) = found[1].positions
    assert (position.symbol, position.structure) == ("SPY", "Iron Condor")
    rig.store.close()
    assert verify_file(tmp_path / "ledger.sqlite").faults == ()


def test_after_a_restart_what_nobody_saw_is_unwatched_and_the_sums_are_exact(tmp_path: Path, stack: ExitStack) -> None:
    rig = rig_of(tmp_path, stack).run(until=new_york(10, 0, 10, day=TUESDAY))
    seen, monday = rig.desk.book.pnl(MODULE), told(rig)[0].pnl[MODULE]
    assert seen != monday  # the night was marked, and nobody journaled what it came from
    again = with_query(rig.reopened(), stack).run()
    tuesday = told(again)[1].modules[MODULE]
    assert tuesday.unwatched == seen - monday
    assert tuesday.theta > 0  # what came afterwards was seen
    assert {module_id: parts.total for module_id, parts in sums(told(again)).items()} == pnl_at_close(again)


def test_a_fault_of_the_watch_stops_nothing_and_loses_nothing(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("engine.portfolio.pnl_watch.explain", broken)
    rig = rig_of(tmp_path, stack).run()
    assert rig.desk.halted == ""
    assert sums(told(rig))[MODULE].unwatched != 0
    assert {module_id: parts.total for module_id, parts in sums(told(rig)).items()} == pnl_at_close(rig)


def test_a_session_that_cannot_be_explained_goes_to_the_next(
    tmp_path: Path, stack: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = rig_of(tmp_path, stack)

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(PnlWatch, "finish", broken)
        rig.run(until=new_york(9, 0, day=TUESDAY))
        assert told(rig) == []
        assert rig.events(ev.SessionClosed)
    rig.run()
    assert [day.session for day in told(rig)] == [TUESDAY]
    assert {module_id: parts.total for module_id, parts in sums(told(rig)).items()} == pnl_at_close(rig)


def test_without_a_reader_or_a_result_nothing_is_said(tmp_path: Path, stack: ExitStack) -> None:
    rig = Rig(tmp_path, UPDATES).run(until=new_york(9, 0, day=TUESDAY))
    explain_session(rig.desk, MONDAY)
    assert told(rig) == []
    with_query(rig, stack)
    explain_session(rig.desk, MONDAY)
    assert told(rig) == []
