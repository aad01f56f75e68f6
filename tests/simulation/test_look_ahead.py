"""Nothing that a module decides depends on what comes later: another future leaves everything before it as it was."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

import pytest

from engine.domain.mindfolio import Environment, Waivers
from engine.domain.ports import ChainUpdate
from engine.ledger.store import SqliteStore
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.history import SimulatedHistory
from engine.runtime import defaults, markets
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.places import Places, Running
from tests.fakes import RecordingPublisher, new_york

FIRST = dt.date(2026, 1, 5)
"""The simulated market's first session."""

PARTING = new_york(14, day=FIRST)
"""From here on the two futures differ."""

Rows = list[tuple[dt.datetime, str, bytes]]


Ends = Callable[[SimulatedHistory, Collection[str], dt.date], tuple[ChainUpdate, ...]]


def worked_out_once(ends_of_day: Ends) -> Ends:
    """The days before the first session, which are one past with two futures: trades are tested on a year of them."""
    kept: dict[object, tuple[ChainUpdate, ...]] = {}

    def look(history: SimulatedHistory, symbols: Collection[str], day: dt.date) -> tuple[ChainUpdate, ...]:
        assert day < FIRST
        asked = (history.identity, tuple(symbols), day)
        if asked not in kept:
            kept[asked] = ends_of_day(history, symbols, day)
        return kept[asked]

    return look


class OtherFuture(SimulatedFeed):
    """The same market until the parting, and afterwards everything a third dearer, at twice the spread."""

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        updates = super().read(at)
        if at < PARTING:
            return updates
        return tuple(
            replace(each, spot=each.spot * 1.3, bid=each.bid * 1.2, ask=each.ask * 1.5, volume=each.volume * 3)
            for each in updates
        )


def journal(folder: Path) -> Rows:
    """Everything that one session writes, all modules trading and every approval given."""
    places = Places(folder, Environment.SIMULATED)
    engine = OpenEngine(
        places, Running(seed=3, quote_minutes=30, approves_all=True, symbols=("KO", "XLE")), RecordingPublisher()
    )
    try:
        engine.kernel.run(until=session_limit(engine.kernel, 1))
    finally:
        engine.close()
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        return [(entry.at, entry.type, entry.body) for entry in store.entries()]
    finally:
        store.close()


def test_another_future_changes_nothing_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # With evidence required little is traded on a first day, and nothing could be changed.
    monkeypatch.setattr(defaults, "waivers", lambda _environment: Waivers(evidence=True))
    monkeypatch.setattr(SimulatedHistory, "ends_of_day", worked_out_once(SimulatedHistory.ends_of_day))
    ours = journal(tmp_path / "ours")
    monkeypatch.setattr(markets, "SimulatedFeed", OtherFuture)
    other = journal(tmp_path / "other")

    before = [row for row in ours if row[0] < PARTING]
    assert {kind for _, kind, _ in before} >= {"ScanCompleted", "OrderIntended", "OrderFilled", "ApprovalRequested"}
    assert [row for row in other if row[0] < PARTING] == before
    assert other != ours, "what comes afterwards is another market"
