"""The manifest, and how a file's snapshots are read in blocks."""

from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.clock import epoch_us
from engine.market.duck import connect
from engine.market.history import HistoryStore
from engine.market.history_files import (
    HistoryFault,
    Manifest,
    as_counts,
    as_dollars,
    block_ranges,
    describe,
    read_block,
    read_manifest,
)


@given(st.lists(st.integers(1, 90_000), max_size=40).map(tuple))
def test_blocks_cover_every_snapshot_once_in_order_and_stay_small(rows: tuple[int, ...]) -> None:
    blocks = list(block_ranges(rows))
    assert [index for first, last in blocks for index in range(first, last + 1)] == list(range(len(rows)))
    for first, last in blocks:
        assert first == last or sum(rows[first : last + 1]) <= 65_536
    for (first, last), (following, _) in pairwise(blocks):
        assert sum(rows[first : last + 1]) + rows[following] > 65_536


def test_a_recording_longer_than_a_block_reads_the_same_from_every_block(tmp_path: Path) -> None:
    """Three snapshots of 30,000 contracts: two blocks."""
    path = tmp_path / "SPY_2026.parquet"
    with connect() as connection:
        connection.execute(
            """
            create table rows as
            select 1773690934000000 + snapshot * 1000000 as quoted_at, date '2026-04-17' as expiration,
                   'P' as "right", strike::bigint as strike, strike::bigint as bid, strike + 100 as ask,
                   null::bigint as volume, snapshot::bigint as open_interest, 6688100 as spot
            from range(3) as snapshots(snapshot), range(1, 30001) as strikes(strike)
            order by snapshot, strike
            """
        )
        connection.table("rows").write_parquet(str(path))
        file = describe(connection, path, "SPY", 2026)
        assert file.rows == (30_000,) * 3
        assert list(block_ranges(file.rows)) == [(0, 1), (2, 2)]
        path.rename(tmp_path / file.name)
        (tmp_path / "manifest.json").write_bytes(msgspec.json.encode(Manifest((file,))))
    history = HistoryStore(tmp_path)
    for number, (at, symbol) in reversed(list(enumerate(history.snapshots()))):
        assert epoch_us(at) == 1_773_690_934_000_000 + number * 1_000_000
        update = history.read(symbol, at)
        np.testing.assert_array_equal(update.bid, np.arange(1, 30_001) / 10_000)
        assert set(update.open_interest.tolist()) == {float(number)}
        assert np.isnan(update.volume).all()


def test_a_file_that_does_not_hold_the_listed_snapshots_is_a_fault(recorded: HistoryStore) -> None:
    (path,) = recorded.root.glob("QQQ_*.parquet")
    with connect() as connection:
        instants = describe(connection, path, "QQQ", 2026).instants
        assert read_block(connection, path, instants).key.size == 2
        with pytest.raises(HistoryFault, match="does not hold what the list"):
            read_block(connection, path, (instants[0], instants[0] + 1, instants[1]))


def test_a_contract_twice_in_a_snapshot_is_a_fault(recorded: HistoryStore, tmp_path: Path) -> None:
    (path,) = recorded.root.glob("SPY_*.parquet")
    doubled = tmp_path / "doubled.parquet"
    with connect() as connection:
        relation = connection.read_parquet(str(path))
        relation.union(relation).write_parquet(str(doubled))
        with pytest.raises(HistoryFault, match="does not hold"):
            describe(connection, doubled, "SPY", 2026)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"files":[{"name":1}]}', b'{"files":[],"version":NaN}'])
def test_a_damaged_manifest_is_a_fault_and_removes_nothing(recorded: HistoryStore, content: bytes) -> None:
    (recorded.root / "manifest.json").write_bytes(content)
    before = sorted(recorded.root.iterdir())
    with pytest.raises(HistoryFault, match="list of recorded files is damaged"):
        HistoryStore(recorded.root)
    assert sorted(recorded.root.iterdir()) == before


def test_a_manifest_of_a_newer_program_is_refused_and_removes_nothing(recorded: HistoryStore) -> None:
    path = recorded.root / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"version":1', b'"version":2'))
    before = sorted(recorded.root.iterdir())
    with pytest.raises(HistoryFault, match="newer Mindfolio"):
        HistoryStore(recorded.root)
    assert sorted(recorded.root.iterdir()) == before


def test_no_manifest_is_an_empty_recording(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) == Manifest()


def test_missing_units_become_nan_and_all_others_the_nearest_float() -> None:
    units = np.array([-1, 0, 1, 21_300, 4_294_967_295], np.int64)
    dollars, counts = as_dollars(units), as_counts(units)
    assert np.isnan([dollars[0], counts[0]]).all()
    assert dollars[1:].tolist() == [0.0, 0.0001, 2.13, 429_496.7295]
    assert counts[1:].tolist() == [0.0, 1.0, 21_300.0, 4_294_967_295.0]
