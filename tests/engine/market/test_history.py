"""The recorded market read back: what is there, what it holds, and what happens when it is damaged."""

import datetime as dt
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from engine.domain.instrument import OptionContract, Right
from engine.market.history import HistoryStore
from engine.market.history_files import HistoryFault
from engine.market.importer import import_files

Row = tuple[object, ...]
MakeRow = Callable[..., Row]
Write = Callable[..., Path]
Instants = tuple[dt.datetime, dt.datetime, dt.datetime]


def ignore(_: str) -> None:
    """Progress that nobody reads."""


def test_snapshots_are_listed_oldest_first_and_by_symbol(recorded: HistoryStore, instants: Instants) -> None:
    first, second, third = instants
    assert recorded.symbols == ("QQQ", "SPY")
    assert recorded.snapshots() == ((first, "QQQ"), (first, "SPY"), (second, "SPY"), (third, "QQQ"), (third, "SPY"))
    assert recorded.snapshots(["QQQ", "QQQ", "IWM"]) == ((first, "QQQ"), (third, "QQQ"))
    assert all(at.tzinfo is dt.UTC for at, _ in recorded.snapshots())


def test_a_snapshot_is_read_exactly_and_sorted_by_contract(recorded: HistoryStore, instants: Instants) -> None:
    update = recorded.read("SPY", instants[0])
    april = dt.date(2026, 4, 17)
    contracts = [
        OptionContract("SPY", april, 7_000_000, Right.CALL),
        OptionContract("SPY", april, 5_900_000, Right.PUT),
        OptionContract("SPY", april, 6_000_000, Right.PUT),
    ]
    assert update.key.tolist() == [contract.key for contract in contracts]
    assert (update.symbol, update.at, update.spot) == ("SPY", instants[0], 668.81)
    assert update.ask.tolist() == [0.01, 1.6, 2.2]
    assert np.isnan([update.bid[0], update.volume[0], update.open_interest[0]]).all()
    assert (update.bid[1:].tolist(), update.volume[1:].tolist(), update.open_interest[2]) == (
        [1.5, 2.13],
        [12, 12],
        340,
    )


def test_what_was_read_cannot_be_changed(recorded: HistoryStore, instants: Instants) -> None:
    update = recorded.read("SPY", instants[0])
    for column in (update.key, update.bid, update.ask, update.volume, update.open_interest):
        with pytest.raises(ValueError, match="read-only"):
            column[0] = 0


def test_any_order_of_reading_gives_the_same(recorded: HistoryStore) -> None:
    def content(history: HistoryStore, at: dt.datetime, symbol: str) -> tuple[bytes, bytes, float]:
        update = history.read(symbol, at)
        return update.key.tobytes(), update.bid.tobytes(), update.spot

    told = {snapshot: content(recorded, *snapshot) for snapshot in recorded.snapshots()}
    fresh = HistoryStore(recorded.root)
    for order in permutations(recorded.snapshots(), 3):
        assert {snapshot: content(fresh, *snapshot) for snapshot in order}.items() <= told.items()
    fresh.close()
    fresh.reload()
    assert content(fresh, *recorded.snapshots()[0]) == told[recorded.snapshots()[0]]


@pytest.mark.parametrize("shift", [-dt.timedelta(microseconds=1), dt.timedelta(hours=1), dt.timedelta(days=400)])
def test_a_time_without_snapshot_is_an_error_not_a_neighbour(
    recorded: HistoryStore, instants: Instants, shift: dt.timedelta
) -> None:
    for _ in range(2):  # before and after the symbol's rows are in memory
        with pytest.raises(ValueError, match="no snapshot of SPY"):
            recorded.read("SPY", instants[0] + shift)
        recorded.read("SPY", instants[0])
    with pytest.raises(ValueError, match="no snapshot of IWM"):
        recorded.read("IWM", instants[0])


def test_several_spots_in_one_snapshot_give_the_middle_one(
    history: HistoryStore, write_csv: Write, row: MakeRow, instants: Instants
) -> None:
    rows = [row(strike=600 + number, spot_price=spot) for number, spot in enumerate((668.9, 668.8, 900))]
    import_files([write_csv(rows)], history, ignore)
    assert history.read("SPY", instants[0]).spot == 668.9


def test_contributing_snapshots_are_those_with_a_newest_quote(
    history: HistoryStore, write_csv: Write, row: MakeRow, instants: Instants
) -> None:
    first, second, third = instants
    times = ("2026-03-16 15:55:34-0400", "2026-03-17 14:48:20-0400", "2026-03-18 13:00:01-0400")
    rows = [
        row(snapshot_et=times[0]),
        row(snapshot_et=times[0], strike=590),
        row(snapshot_et=times[1]),
        row(snapshot_et=times[2]),
    ]
    import_files([write_csv(rows)], history, ignore)
    assert history.contributing("SPY", third) == (first, third)
    assert history.contributing("SPY", third - dt.timedelta(microseconds=1)) == (first, second)
    assert history.contributing("SPY", first) == (first,)
    assert history.contributing("SPY", first - dt.timedelta(seconds=1)) == ()
    assert history.contributing("IWM", third) == ()


def test_the_fingerprint_knows_the_content_and_not_how_it_came(tmp_path: Path, write_csv: Write, row: MakeRow) -> None:
    rows = [row(), row(strike=610), row(ticker="QQQ"), row(snapshot_et="2026-03-17 14:48:20-0400")]
    files = [write_csv([cells], name=f"{number}.csv") for number, cells in enumerate(rows)]
    whole = write_csv(rows, name="whole.csv")

    def fingerprint(name: str, *calls: list[Path]) -> str:
        history = HistoryStore(tmp_path / name)
        for paths in calls:
            import_files(paths, history, ignore)
        assert HistoryStore(tmp_path / name).fingerprint() == history.fingerprint()
        return history.fingerprint()

    expected = fingerprint("whole", [whole])
    assert fingerprint("together", files) == expected
    assert fingerprint("one by one, backwards", *([path] for path in reversed(files))) == expected
    assert fingerprint("less", files[:3]) != expected
    changed = write_csv([row(bid=2.14), *rows[1:]], name="changed.csv")
    assert fingerprint("one cent more", [changed]) != expected


def test_an_empty_history_has_nothing_and_says_so(tmp_path: Path) -> None:
    history = HistoryStore(tmp_path / "none")
    assert (history.symbols, history.snapshots()) == ((), ())
    assert len(history.fingerprint()) == 64
    assert not (tmp_path / "none").exists()


def test_years_are_kept_apart_and_read_as_one(history: HistoryStore, write_csv: Write, row: MakeRow) -> None:
    times = ("2025-12-31 19:30:00-0500", "2026-01-02 10:00:00-0500")  # the first is 2026 in UTC
    import_files([write_csv([row(snapshot_et=time, strike=500 + n) for n, time in enumerate(times)])], history, ignore)
    assert sorted(path.name[:8] for path in history.root.glob("*.parquet")) == ["SPY_2025", "SPY_2026"]
    (old, _), (new, _) = history.snapshots()
    assert history.read("SPY", new).key.size == history.read("SPY", old).key.size == 1
    assert history.contributing("SPY", new) == (old, new)


def test_a_store_shows_what_was_imported_elsewhere_once_it_is_reloaded(
    recorded: HistoryStore, write_csv: Write, row: MakeRow, instants: Instants
) -> None:
    reader = HistoryStore(recorded.root)
    before = reader.fingerprint()
    import_files([write_csv([row(strike=710)], name="more.csv")], recorded, ignore)
    assert reader.fingerprint() == before
    assert reader.read("SPY", instants[0]).key.size == 3
    reader.reload()
    assert reader.fingerprint() == recorded.fingerprint() != before
    assert reader.read("SPY", instants[0]).key.size == 4


def test_leftovers_of_a_crash_are_removed_at_the_next_start(recorded: HistoryStore) -> None:
    root = recorded.root
    before = sorted(root.iterdir())
    (root / "staging-abc").mkdir()
    (root / "staging-abc" / "SPY_2026.parquet").write_bytes(b"half")
    (root / "SPY_2026_0000000000000000.parquet").write_bytes(b"not in the manifest")
    assert HistoryStore(root).fingerprint() == recorded.fingerprint()
    assert sorted(root.iterdir()) == before


def test_a_file_that_is_gone_or_damaged_is_a_fault_and_never_a_wrong_price(
    recorded: HistoryStore, instants: Instants, write_csv: Write, row: MakeRow
) -> None:
    (path,) = recorded.root.glob("SPY_*.parquet")
    content = path.read_bytes()
    for place in (10, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(HistoryFault, match="is damaged"):
            HistoryStore(recorded.root).read("SPY", instants[0])
        with pytest.raises(HistoryFault, match="is damaged"):
            import_files([write_csv([row(strike=710)], name="more.csv")], recorded, ignore)
    path.unlink()
    with pytest.raises(HistoryFault, match="cannot be read"):
        HistoryStore(recorded.root).contributing("SPY", instants[0])
    assert HistoryStore(recorded.root).read("QQQ", instants[0]).spot == 599.9605
