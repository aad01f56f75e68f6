"""Recordings for tests: hand-written chains saved as a file in the layout that `mindfolio import` reads."""

import csv
import datetime as dt
import math
import tempfile
from collections.abc import Iterable
from pathlib import Path

from engine.core.calendar import NEW_YORK
from engine.core.money import UNIT
from engine.domain.instrument import contract_of
from engine.domain.mindfolio import Environment
from engine.domain.ports import ChainUpdate
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.runtime.places import Places
from tests.fakes import chain_update, new_york

HEADER = (
    "snapshot_et",
    "ticker",
    "expiration",
    "type",
    "strike",
    "bid",
    "ask",
    "lastPrice",
    "volume",
    "openInterest",
    "spot_price",
)
"""The columns of a saved yfinance chain."""

_SESSIONS = (dt.date(2026, 3, 16), dt.date(2026, 3, 17), dt.date(2026, 3, 18), dt.date(2026, 3, 19))
_TIMES = (dt.time(10), dt.time(10, 0, 30), dt.time(11), dt.time(11, 0, 30))


def write_recording(path: Path, updates: Iterable[ChainUpdate]) -> Path:
    """Write chains as one CSV file in the Yahoo layout, every quote a row; returns `path`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for update in updates:
            writer.writerows(_rows(update))
    return path


def record_market(data_dir: Path, updates: Iterable[ChainUpdate]) -> Path:
    """Import chains into a data directory, as `mindfolio import` would; returns the directory."""
    with tempfile.TemporaryDirectory(prefix="mindfolio-recording-") as folder:
        file = write_recording(Path(folder) / "chains.csv", updates)
        import_files([file], HistoryStore(Places(data_dir, Environment.REPLAY).history), lambda _: None)
    return data_dir


def falling_volatility(sessions: Iterable[dt.date] = _SESSIONS, symbol: str = "SPY") -> tuple[ChainUpdate, ...]:
    """A still market whose volatility falls by a quarter a night, to 22: condors sold at first reach their target.

    Their wings still have a bid then, so that they are closed as a whole.

    Four snapshots a session, in pairs thirty seconds apart: the first of a pair is traded on, and the second shows
    quotes while the order still works.
    """
    return tuple(
        chain_update(
            new_york(time.hour, time.minute, time.second, day=day),
            symbol=symbol,
            volatility=max(0.22, 0.32 * 0.75**number),
            half_spread=0.01,
        )
        for number, day in enumerate(sessions)
        for time in _TIMES
    )


def _rows(update: ChainUpdate) -> Iterable[tuple[object, ...]]:
    taken = update.at.astimezone(NEW_YORK).isoformat(sep=" ")
    columns = (update.key, update.bid, update.ask, update.volume, update.open_interest)
    for key, bid, ask, volume, open_interest in zip(*(column.tolist() for column in columns), strict=True):
        contract = contract_of(update.symbol, key)
        yield (
            taken,
            update.symbol,
            contract.expiration.isoformat(),
            contract.right.name.lower(),
            f"{contract.strike / UNIT:g}",
            _cell(bid),
            _cell(ask),
            "",
            _cell(volume),
            _cell(open_interest),
            f"{update.spot:.4f}",
        )


def _cell(number: float) -> str:
    return "" if math.isnan(number) else f"{number:.10g}"
