"""Recorded chains for tests, written as small files in the layout that savers of yfinance data use."""

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from engine.market.history import HistoryStore
from engine.market.importer import import_files

HEADER = (
    "snapshot_et", "ticker", "expiration", "type", "strike", "bid", "ask", "lastPrice", "volume", "openInterest",
    "spot_price",
)  # fmt: skip
Row = tuple[object, ...]


def write_rows(path: Path, rows: Sequence[Row], header: Sequence[str] = HEADER) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def one_row(**changes: object) -> Row:
    cells: dict[str, object] = {
        "snapshot_et": "2026-03-16 15:55:34-0400", "ticker": "SPY", "expiration": "2026-04-17", "type": "put",
        "strike": 600, "bid": 2.13, "ask": 2.2, "lastPrice": 2.15, "volume": 12, "openInterest": 340,
        "spot_price": 668.81,
    }  # fmt: skip
    assert cells.keys() >= changes.keys(), f"no such column: {changes}"
    return tuple({**cells, **changes}.values())


@pytest.fixture
def write_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write rows under a header (the usual one unless another is given) and return the file."""

    def write(rows: Sequence[Row], header: Sequence[str] = HEADER, name: str = "chains.csv") -> Path:
        return write_rows(tmp_path / name, rows, header)

    return write


@pytest.fixture
def row() -> Callable[..., Row]:
    """One valid row; what matters to a test is named by it."""
    return one_row


@pytest.fixture
def history(tmp_path: Path) -> HistoryStore:
    return HistoryStore(tmp_path / "history")


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two symbols over three snapshots: QQQ misses the second, and SPY's 590 put is left out of the last."""
    second, third = "2026-03-17 14:48:20-0400", "2026-03-18 13:00:01-0400"
    rows = [
        one_row(),
        one_row(strike=590, bid=1.5, ask=1.6),
        one_row(type="call", strike=700, bid="", ask=0.01, volume="", openInterest=""),
        one_row(ticker="QQQ", strike=500, bid=3, ask=3.1, spot_price=599.9605),
        one_row(snapshot_et=second, bid=2.5, ask=2.61, spot_price=665.5),
        one_row(snapshot_et=second, strike=590, bid=1.7, ask=1.8, spot_price=665.5),
        one_row(snapshot_et=third, bid=2.4, ask=2.5, spot_price=666.48),
        one_row(snapshot_et=third, ticker="QQQ", strike=500, bid=2.8, ask=2.9, spot_price=601),
    ]
    folder = tmp_path_factory.mktemp("recording")
    history = HistoryStore(folder / "history")
    import_files([write_rows(folder / "chains.csv", rows)], history, lambda _: None)
    return history.root


@pytest.fixture
def recorded(history: HistoryStore, recording: Path) -> HistoryStore:
    """A copy of the recording that a test may change."""
    copytree(recording, history.root)
    history.reload()
    return history


@pytest.fixture
def instants() -> tuple[dt.datetime, dt.datetime, dt.datetime]:
    """The three snapshots of the recording."""
    first = dt.datetime(2026, 3, 16, 19, 55, 34, tzinfo=dt.UTC)
    second = dt.datetime(2026, 3, 17, 18, 48, 20, tzinfo=dt.UTC)
    return first, second, dt.datetime(2026, 3, 18, 17, 0, 1, tzinfo=dt.UTC)


@pytest.fixture
def write_parquet(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as a Parquet file: text columns, and numbers as 32-bit floats, as the recorded files have them."""

    def write(
        rows: Sequence[Row],
        name: str = "chains.parquet",
        folder: Path = tmp_path,
        rename: dict[str, str] | None = None,
        **types: str,
    ) -> Path:
        texts = {"snapshot_et", "ticker", "expiration", "type"}
        kinds = {column: "VARCHAR" if column in texts else "FLOAT" for column in HEADER} | types
        names = [(rename or {}).get(column, column).replace('"', '""') for column in HEADER]
        path = folder / name
        with duckdb.connect() as connection:
            columns = ", ".join(f'"{column}" {kind}' for column, kind in zip(names, kinds.values(), strict=True))
            connection.execute(f"create table chains ({columns})")
            holes = ", ".join("?" for _ in HEADER)
            for cells in rows:
                connection.execute(f"insert into chains values ({holes})", list(cells))  # noqa: S608 - marks only
            connection.table("chains").write_parquet(str(path))
        return path

    return write
