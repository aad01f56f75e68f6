"""A recorder: whatever chains a feed shows, brought into a history of their own while the market runs.

Files are written on a thread of its own. A fault of the disk ends the recording and nothing else.
"""

import datetime as dt
import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.calendar import market_day
from engine.core.clock import epoch_us
from engine.core.errors import ImportRefused, MindfolioError
from engine.core.money import UNIT
from engine.domain.contract_keys import decode_keys
from engine.domain.ports import ChainUpdate
from engine.domain.quote_flags import MOST_A_SHARE, Floats
from engine.market.history_staging import Staging, staging
from engine.market.tables import SYMBOL

_log = logging.getLogger(__name__)

SOURCE = "recorded from the feed"

_ROWS_AT_ONCE = 500_000
"""So many rows are kept in memory, some 40 MB."""

_MOST_WAITING = 2
"""Batches on their way to the disk: a feed that is faster waits for it."""

_TRIES = 20

_INCOMING = """
    insert into incoming by name
    select row_no, symbols.symbol, symbols.year, quoted_at, date '1970-01-01' + (day - 719163)::integer as expiration,
           case when is_put then 'P' else 'C' end as "right", strike, bid::bigint as bid, ask::bigint as ask,
           volume::bigint as volume, open_interest::bigint as open_interest, spot, $source as source
    from batch join symbols using (place)
"""


class Recorder:
    """Records below `root`. One thread shows it chains; of each symbol one in `interval` is taken."""

    def __init__(
        self, root: Path, interval: dt.timedelta, rows_at_once: int = _ROWS_AT_ONCE, pause_s: float = 0.5
    ) -> None:
        self.root = root
        self.fault = ""
        """Why nothing is recorded any more, "" while it is."""
        self.rows = 0
        """Rows that are in the history through this recorder."""
        self._interval = interval
        self._rows_at_once = rows_at_once
        self._pause_s = pause_s
        self._taken: dict[str, dt.datetime] = {}
        self._batch: list[ChainUpdate] = []
        self._held = 0
        self._waiting: list[Future[None]] = []
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="mindfolio-recorder")

    def see(self, update: ChainUpdate) -> None:
        """Take a chain; its arrays must not change any more. Waits where the disk is two batches behind."""
        last = self._taken.get(update.symbol)
        if self.fault or not SYMBOL.fullmatch(update.symbol) or not update.key.size:
            return
        if last is not None and update.at - last < self._interval:
            return
        if self._batch and market_day(self._batch[-1].at) != market_day(update.at):
            self._write()
        self._taken[update.symbol] = update.at
        self._batch.append(update)
        self._held += update.key.size
        if self._held >= self._rows_at_once:
            self._write()

    def close(self) -> None:
        """Write what is left, and wait until it is on the disk."""
        if self._batch:
            self._write()
        self._writer.shutdown(wait=True)

    def _write(self) -> None:
        batch, self._batch, self._held = tuple(self._batch), [], 0
        self._waiting = [each for each in self._waiting if not each.done()]
        if len(self._waiting) >= _MOST_WAITING:
            self._waiting.pop(0).result()
        self._waiting.append(self._writer.submit(self._keep, batch))

    def _keep(self, batch: tuple[ChainUpdate, ...]) -> None:
        """On the writer's thread: all of a batch, or the reason why not. An import of somebody else is waited for."""
        for attempt in range(1, _TRIES + 1):
            try:
                with staging(self.root, _log.debug) as stage:
                    _fill(stage, batch)
                    offered = stage.offer()
                    stage.keep()
            except ImportRefused as refusal:
                if attempt < _TRIES:
                    time.sleep(self._pause_s)
                    continue
                self.fault = str(refusal)
            except MindfolioError as fault:
                self.fault = str(fault)
            except Exception as error:  # noqa: BLE001 - whatever it is, trading goes on without a recording
                _log.exception("recording failed")
                self.fault = f"{type(error).__name__}: {error}"
            else:
                self.rows += offered.added
            return


def _fill(stage: Staging, batch: tuple[ChainUpdate, ...]) -> None:
    """Put the rows that a recording can hold into `incoming`: prices from zero to a million, or missing."""
    sizes = [update.key.size for update in batch]
    place = np.repeat(np.arange(len(batch)), sizes)
    day, is_put, strike = decode_keys(np.concatenate([update.key for update in batch]))
    bid, ask = (_joined(batch, name) for name in ("bid", "ask"))
    can_be = ~((bid < 0) | (bid > MOST_A_SHARE) | (ask < 0) | (ask > MOST_A_SHARE))
    columns: dict[str, NDArray[np.generic]] = {
        "row_no": np.arange(place.size),
        "place": place,
        "quoted_at": np.repeat([epoch_us(update.at) for update in batch], sizes),
        "day": day,
        "is_put": is_put,
        "strike": strike,
        "bid": np.rint(bid * UNIT),
        "ask": np.rint(ask * UNIT),
        "volume": _counts(_joined(batch, "volume")),
        "open_interest": _counts(_joined(batch, "open_interest")),
        "spot": np.repeat([round(update.spot * UNIT) for update in batch], sizes),
    }
    run, register = stage.connection.execute, stage.connection.register
    register("batch", {name: column[can_be] for name, column in columns.items()})
    run("create or replace temp table symbols (place bigint, symbol varchar, year integer)")
    for number, update in enumerate(batch):
        run("insert into symbols values (?, ?, ?)", [number, update.symbol, market_day(update.at).year])
    run(_INCOMING, {"source": SOURCE})
    stage.connection.unregister("batch")


def _joined(batch: tuple[ChainUpdate, ...], name: str) -> Floats:
    found: Floats = np.concatenate([getattr(update, name) for update in batch])
    return found


def _counts(counts: Floats) -> Floats:
    """Whole counts from zero, NaN where missing."""
    return np.where(counts >= 0, np.rint(counts), np.nan)
