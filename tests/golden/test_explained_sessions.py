"""P&L explained over real recordings: exact at every close, and how much is left unexplained."""

from collections import defaultdict

from engine.domain import events as ev
from engine.domain.explained import PnlParts
from engine.ledger.book import Book
from engine.ledger.codec import chained
from engine.ledger.store import SqliteStore
from tests.golden.runs import GoldenRun


def explained(run: GoldenRun) -> dict[str, PnlParts]:
    """The parts of each module over a whole run; at each close they are the journal's own P&L."""
    store, book = SqliteStore(run.places.ledger, for_reading=True), Book()
    sums: defaultdict[str, PnlParts] = defaultdict(PnlParts)
    try:
        for entry, event in chained(store.entries()):
            book.apply(entry.seq, entry.at, event)
            if isinstance(event, ev.PnlExplained):
                for module_id, parts in event.modules.items():
                    sums[module_id] += parts
                for module_id in ("", *book.module_ids):
                    assert sums[module_id].total == book.pnl(module_id), (event.session, module_id)
    finally:
        store.close()
    return {module_id: parts for module_id, parts in sums.items() if parts != PnlParts()}


def test_nineteen_days_apart_are_explained_but_for_a_little(nineteen_sessions: GoldenRun) -> None:
    found = explained(nineteen_sessions)
    assert found
    for module_id, parts in found.items():
        assert abs(parts.residual) < parts.gross // 20, (module_id, parts)
        assert (parts.moved, parts.unwatched) == (0, 0)
        assert parts.costs < 0
    shown = nineteen_sessions.document["explained_pnl"]
    assert shown
    assert all(round(sum(row["parts"].values()), 4) == row["pnl"] for row in shown)


def test_two_days_by_the_minute_are_explained_but_for_a_little(goog_minutes: GoldenRun) -> None:
    found = explained(goog_minutes)
    assert found
    for module_id, parts in found.items():
        assert abs(parts.residual) < parts.gross // 20, (module_id, parts)
