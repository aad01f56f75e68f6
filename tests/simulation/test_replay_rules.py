"""What a replay may do with what was recorded: outside regular hours, and with contracts that nobody quoted again."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from engine.core.calendar import expiry_at, session_at
from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.domain.ports import ChainUpdate
from engine.domain.position import Position
from engine.ledger.ledger import checked_entries
from engine.ledger.store import SqliteStore
from engine.runtime.assembly import OpenEngine
from engine.runtime.places import Places, Running
from tests.fakes import EXPIRATION, MONDAY, RecordingPublisher, chain_update, new_york
from tests.recordings import record_market

MODULE = "IV_SERVICE"
TUESDAY = MONDAY + dt.timedelta(days=1)
OPENING = [chain_update(new_york(10)), chain_update(new_york(10, 0, 30))]
"""A condor is sold on the first and filled on the second."""


@dataclass(frozen=True)
class Played:
    """A replay that has come to its end."""

    events: tuple[tuple[dt.datetime, ev.Event], ...]
    held: tuple[Position, ...]
    ended: tuple[Position, ...]
    marked_at: dict[str, dt.datetime]

    def times(self, *kinds: type) -> list[dt.datetime]:
        """When events of these kinds were journaled."""
        return [at for at, event in self.events if isinstance(event, kinds)]

    def marks(self, position_id: str) -> list[tuple[dt.datetime, int]]:
        """The journaled marks of a position."""
        return [
            (at, event.marks[position_id])
            for at, event in self.events
            if isinstance(event, ev.MarksRecorded) and position_id in event.marks
        ]


def played(folder: Path, updates: list[ChainUpdate]) -> Played:
    """Record a market and play it to its end."""
    places = Places(record_market(folder, updates), Environment.REPLAY)
    engine = OpenEngine(places, Running(), RecordingPublisher())
    engine.kernel.run()
    book = engine.kernel.desk.book
    held = tuple(each for each in book.positions.values() if each.module_id == MODULE)
    ended = tuple(each for each in engine.kernel.desk.ledger.closed() if each.module_id == MODULE)
    engine.close()
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        events = tuple((entry.at, event) for entry, event in checked_entries(store))
    finally:
        store.close()
    return Played(events, held, ended, dict(book.marked_at))


def without(update: ChainUpdate, key: int) -> ChainUpdate:
    """The update with one contract left out."""
    kept = update.key != key
    assert np.count_nonzero(~kept) == 1
    columns = (getattr(update, name)[kept] for name in ("key", "bid", "ask", "volume", "open_interest"))
    return ChainUpdate(update.symbol, update.at, update.spot, *columns)


@pytest.mark.parametrize("after", [new_york(16, 30), new_york(8, day=TUESDAY)])
def test_a_snapshot_outside_regular_hours_marks_and_trades_nothing(tmp_path: Path, after: dt.datetime) -> None:
    # So much cheaper that the target is reached, and that another trade could be found.
    told = played(tmp_path, [*OPENING, chain_update(after, volatility=0.18)])
    (position,) = told.held
    marks = dict(told.marks(position.position_id))
    assert marks[after] > marks[new_york(10, 0, 30)], "what was sold is cheaper to buy back"
    assert told.marked_at[position.position_id] == after
    assert told.times(ev.OrderIntended) == [new_york(10)]
    assert all(session_at(at) is not None for at in told.times(ev.ScanCompleted, ev.ApprovalRequested))


def test_the_same_quotes_in_regular_hours_are_acted_on(tmp_path: Path) -> None:
    later = [chain_update(new_york(11, second=second), volatility=0.18, half_spread=0.01) for second in (0, 30)]
    assert len(played(tmp_path, [*OPENING, *later]).times(ev.OrderIntended)) > 1


def test_a_contract_without_a_later_quote_keeps_its_mark_until_expiry_settles_it(tmp_path: Path) -> None:
    first = played(tmp_path / "first", OPENING)
    (position,) = first.held
    lost = position.structure.legs[1].contract.key
    days = [TUESDAY, dt.date(2026, 4, 10), EXPIRATION]
    later = [without(chain_update(new_york(15, 50, day=day), volatility=0.18), lost) for day in days]

    before = played(tmp_path / "before", [*OPENING, *later[:2]])
    (kept,) = before.held
    assert kept.structure == position.structure
    # Neither the target nor the 21 days close what has no quote; its mark says how old it is.
    assert before.marked_at[kept.position_id] == new_york(10, 0, 30)
    assert {mark for _, mark in before.marks(kept.position_id)} == {first.marks(position.position_id)[-1][1]}
    assert before.ended == ()

    after = played(tmp_path / "after", [*OPENING, *later])
    (ended,) = after.ended
    assert after.held == ()
    assert ended.position_id == kept.position_id
    # The underlying ends between the short strikes: all four are worthless, and the credit is kept.
    assert ended.closed_at is not None
    assert ended.closed_at > expiry_at(EXPIRATION)
    assert ended.closing_cash == 0
    assert ended.net_pnl == -ended.opening_cost - ended.commissions - ended.fees
    assert max(after.marked_at.values(), default=new_york(10)) <= new_york(10, 0, 30)
