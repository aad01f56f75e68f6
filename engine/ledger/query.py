"""The Query port: paged reads of what grows, for pages and reports."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from engine.core.clock import epoch_us, from_epoch_us
from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain.aftermath import FollowedDay, FollowedTrade, SkippedTrade
from engine.domain.allocation_history import AllocationHistory
from engine.domain.candidate import ScanRow
from engine.domain.events import Event
from engine.domain.explained import ExplainedDay
from engine.domain.position import Position
from engine.domain.records import (
    BoundaryRow,
    CloseRow,
    EntryRow,
    FillRow,
    FlowRow,
    OpeningRow,
    OrderRow,
    PostingRow,
    PowerRow,
    Recorded,
    TradeRow,
)
from engine.ledger import history_rows, tables
from engine.ledger.allocations import TYPES, AllocationRows, allocation_history
from engine.ledger.book import Book
from engine.ledger.codec import chained, event_of
from engine.ledger.connections import cause, reading_engine
from engine.ledger.history_rows import Kept
from engine.ledger.ledger import Ledger
from engine.ledger.store import SCHEMA_VERSION, SqliteStore

_SCAN_ROWS = msgspec.json.Decoder(tuple[ScanRow, ...])

_FOLLOWED_DAY = msgspec.json.Decoder(FollowedDay)

_EXPLAINED_DAY = msgspec.json.Decoder(ExplainedDay)

_EXPLAINED = sa.text(
    "SELECT evidence.body FROM journal JOIN evidence"
    " ON evidence.address = json_extract(CAST(journal.body AS TEXT), '$.evidence')"
    " WHERE journal.type = 'PnlExplained' AND json_extract(CAST(journal.body AS TEXT), '$.session') >= :since"
    " ORDER BY journal.seq DESC LIMIT :limit"
)

_FOLLOWED = sa.text(
    "SELECT evidence.body FROM journal JOIN evidence"
    " ON evidence.address = json_extract(CAST(journal.body AS TEXT), '$.evidence')"
    " WHERE journal.type = 'SkipsFollowed' ORDER BY journal.seq DESC LIMIT :limit"
)

_SCANS = sa.text(
    "SELECT evidence.body FROM journal JOIN evidence"
    " ON evidence.address = json_extract(CAST(journal.body AS TEXT), '$.evidence')"
    " WHERE journal.type = 'ScanCompleted'"
    " AND json_extract(CAST(journal.body AS TEXT), '$.module_id') = :module_id AND journal.at_us >= :since"
    " ORDER BY journal.at_us DESC, journal.seq DESC LIMIT :limit"
)
"""Spelled out, and its type not a parameter, so that SQLite sees that the partial index on scans is what is asked."""


class LedgerQuery:
    """Paged reads on a read-only connection of its own, newest first. For one caller at a time, on any thread.

    Every call raises LedgerFault when the file cannot be read or holds something damaged.
    """

    def __init__(self, path: Path) -> None:
        """Nothing is opened before the first question."""
        self._path = path
        self._engine = reading_engine(path, QueuePool)

    def scans(self, module_id: str, since: dt.datetime, limit: int = 200) -> tuple[ScanRow, ...]:
        """Scan rows of a module since an instant, newest first."""
        found = self._rows(_SCANS.bindparams(module_id=module_id, since=epoch_us(since), limit=limit))
        documents = [tables.decoded(_SCAN_ROWS, body) for (body,) in found]
        return tuple(chain.from_iterable(documents))[:limit]

    def trades(self, module_id: str, limit: int = 200, after: int = 0) -> tuple[TradeRow, ...]:
        """Closed positions of a module, newest first, leaving out the first `after` of them."""
        closed = tables.closed_positions
        query = (
            sa.select(closed)
            .where(closed.c.module_id == module_id)
            .order_by(closed.c.closed_us.desc(), closed.c.position_id.desc())
            .limit(limit)
            .offset(after)
        )
        positions = [tables.closed(row) for row in self._rows(query)]
        return tuple(TradeRow(position, position.net_pnl) for position in positions)

    def orders(self, module_id: str | None, limit: int = 200, before: int | None = None) -> tuple[OrderRow, ...]:
        """Orders of a module (None: of all), the last changed first."""
        return tuple(tables.order(row) for row in self._page(tables.orders, module_id, limit, before))

    def fills(self, module_id: str | None, limit: int = 200, before: int | None = None) -> tuple[FillRow, ...]:
        """Fills of a module (None: of all), newest first."""
        return tuple(tables.fill(row) for row in self._page(tables.fills, module_id, limit, before))

    def entries(
        self, limit: int = 200, before: int | None = None, kind: str = "", text: str = ""
    ) -> tuple[EntryRow, ...]:
        """Journal entries, newest first; `kind` "" is every type, `text` is looked for in the body, in any case."""
        journal = tables.journal
        query = sa.select(journal).order_by(journal.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(journal.c.seq < before)
        if kind:
            query = query.where(journal.c.type == kind)
        if text:
            query = query.where(sa.cast(journal.c.body, sa.String).icontains(_as_written(text), autoescape=True))
        found = [tables.recorded(row) for row in self._rows(query)]
        postings = self._postings([entry.seq for entry in found])
        return tuple(
            EntryRow(entry.seq, entry.at, entry.type, entry.version, _text(entry.body), tuple(postings[entry.seq]))
            for entry in found
        )

    def nav_history(self, limit: int = 2000) -> tuple[tuple[dt.datetime, Money], ...]:
        """NAV samples, oldest first, at most `limit` of the newest."""
        journal = tables.journal
        query = (
            sa.select(journal.c.at_us, sa.func.json_extract(sa.cast(journal.c.body, sa.String), "$.nav"))
            .where(journal.c.type == "MarksRecorded")
            .order_by(journal.c.seq.desc())
            .limit(limit)
        )
        return tuple((from_epoch_us(at_us), nav) for at_us, nav in reversed(self._rows(query)))

    def allocations(self) -> AllocationHistory:
        """Every change of capital and its split with what was earned under it."""
        book = newest_book(self._path)
        journal, fills, closed = tables.journal, tables.fills, tables.closed_positions
        with self._reading() as connection:  # all of it as it was at one instant
            entries = connection.execute(sa.select(journal).where(journal.c.type.in_(TYPES)).order_by(journal.c.seq))
            rows = AllocationRows(
                entries=tuple((entry, event_of(entry)) for entry in map(tables.recorded, entries)),
                boundaries=_history(connection, BoundaryRow),
                closes=_history(connection, CloseRow),
                power=_history(connection, PowerRow),
                fills=tuple((row.seq, row.position_id) for row in connection.execute(sa.select(fills))),
                ended=tuple(tables.closed(row) for row in connection.execute(sa.select(closed))),
            )
        return allocation_history(rows, book)

    def journal(self) -> Iterator[tuple[Recorded, Event]]:
        """Every entry with its event, from the first on: a long read."""
        query = sa.select(tables.journal).order_by(tables.journal.c.seq)
        with self._reading() as connection:
            yield from chained(tables.recorded(row) for row in connection.execute(query))

    def followed(self) -> tuple[FollowedTrade, ...]:
        """Skipped trades that would still be open, as of the last session that told of any."""
        days = self._followed(1)
        return days[0].still_open if days else ()

    def skipped_trades(self, module_id: str, limit: int = 250) -> tuple[SkippedTrade, ...]:
        """What a module's skipped trades came to in the last `limit` sessions: those open first, then newest first."""
        days = self._followed(limit)
        found = [each.trade for each in days[0].still_open] if days else []
        found += [trade for day in days for trade in day.ended]
        return tuple(trade for trade in found if trade.module_id == module_id)

    # --- what performance is measured by -----------------------------------------------------------------------------
    def closes(self) -> tuple[CloseRow, ...]:
        """The whole mindfolio (ACCOUNT) and each module at every session's close, oldest first."""
        return self._history(CloseRow)

    def flows(self) -> tuple[FlowRow, ...]:
        """What came in and went out, of the mindfolio and of each module, oldest first."""
        return self._history(FlowRow)

    def openings(self) -> tuple[OpeningRow, ...]:
        """Lineages that began, oldest first."""
        return self._history(OpeningRow)

    def power(self) -> tuple[PowerRow, ...]:
        """Buying power of each position from when on, oldest first."""
        return self._history(PowerRow)

    def ended(self) -> tuple[Position, ...]:
        """Every position that ended, of all modules and EXTERNAL, in the order in which they ended."""
        closed = tables.closed_positions
        query = sa.select(closed).order_by(closed.c.closed_us, closed.c.position_id)
        return tuple(tables.closed(row) for row in self._rows(query))

    def results_at(self, day: dt.date) -> dict[str, Money]:
        """P&L so far of the positions that were open at a session's close, by position id."""
        results = tables.results
        query = sa.select(results.c.position_id, results.c.pnl).where(results.c.day == day.toordinal())
        return {row.position_id: row.pnl for row in self._rows(query)}

    def explained(self, since: dt.date = dt.date.min, limit: int = 20) -> tuple[ExplainedDay, ...]:
        """Where the P&L of each session since a day came from, newest first, at most `limit` sessions."""
        found = self._rows(_EXPLAINED.bindparams(since=since.isoformat(), limit=limit))
        return tuple(tables.decoded(_EXPLAINED_DAY, body) for (body,) in found)

    def close(self) -> None:
        """Release the connection."""
        self._engine.dispose()

    def _page(self, table: sa.Table, module_id: str | None, limit: int, before: int | None) -> list[sa.Row[Any]]:
        query = sa.select(table).order_by(table.c.seq.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.seq < before)
        if module_id is not None:
            query = query.where(table.c.module_id == module_id)
        return self._rows(query)

    def _history(self, kind: type[Kept]) -> tuple[Kept, ...]:
        with self._reading() as connection:
            return _history(connection, kind)

    def _followed(self, limit: int) -> list[FollowedDay]:
        found = self._rows(_FOLLOWED.bindparams(limit=limit))
        return [tables.decoded(_FOLLOWED_DAY, body) for (body,) in found]

    def _postings(self, seqs: list[int]) -> dict[int, list[PostingRow]]:
        by_seq: dict[int, list[PostingRow]] = defaultdict(list)
        query = sa.select(tables.postings).where(tables.postings.c.seq.in_(seqs))
        for row in self._rows(query):
            by_seq[row.seq].append(tables.posting(row))
        return by_seq

    def _rows(self, query: sa.Executable) -> list[sa.Row[Any]]:
        with self._reading() as connection:
            return list(connection.execute(query).all())

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, UnicodeDecodeError) as error:
            raise LedgerFault(f"the ledger's history cannot be read: {cause(error)}") from error


def newest_book(path: Path) -> Book:
    """The book at a ledger's last entry, read without writing.

    Raises LedgerFault when it cannot be read, or was written by a version that kept less.
    """
    store = SqliteStore(path, for_reading=True)
    try:
        if store.schema < SCHEMA_VERSION:
            raise LedgerFault(
                f"the ledger {path} was written by an older version, which kept no such figures; "
                "run it once with this one, which brings it up to date"
            )
        return Ledger(store).book
    finally:
        store.close()


def _history(connection: sa.Connection, kind: type[Kept]) -> tuple[Kept, ...]:
    table = history_rows.TABLES[kind]
    return tuple(history_rows.made(kind, row) for row in connection.execute(sa.select(table).order_by(table.c.seq)))


def _as_written(text: str) -> str:
    """How a text stands in a JSON document."""
    return msgspec.json.encode(text).decode()[1:-1]


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")
