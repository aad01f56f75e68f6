"""Small tables: each key once, replaced as a whole, one writer at a time."""

from pathlib import Path

import pytest

from engine.core.errors import ImportRefused
from engine.market.history_files import HistoryFault, lock
from engine.market.tables import FOLDER, Merged, editing, names, read_table


def offer(root: Path, rows: str, *, newer_wins: bool = False) -> Merged:
    with editing(root) as editor:
        editor.connection.execute(f"create temp table found as select * from (values {rows}) as v (day, x, source)")  # noqa: S608
        return editor.merge("figures", "found", ("day",), newer_wins=newer_wins)


def shown(root: Path) -> list[tuple[int, float]]:
    columns = read_table(root, "figures")
    assert columns is not None
    return list(zip(columns["day"].tolist(), columns["x"].tolist(), strict=True))


def test_a_key_is_kept_once_and_what_is_known_stays(tmp_path: Path) -> None:
    assert offer(tmp_path, "(2, 20, 'a'), (1, 10, 'a')") == Merged(added=2, same=0, differing=0)
    assert offer(tmp_path, "(2, 21, 'b'), (1, 10, 'b'), (3, 30, 'b')") == Merged(added=1, same=1, differing=1)
    assert shown(tmp_path) == [(1, 10), (2, 20), (3, 30)]


def test_newer_figures_win_where_that_is_asked_for(tmp_path: Path) -> None:
    offer(tmp_path, "(1, 10, 'a'), (2, 20, 'a')")
    assert offer(tmp_path, "(2, 21, 'b')", newer_wins=True) == Merged(added=0, same=0, differing=1)
    assert shown(tmp_path) == [(1, 10), (2, 21)]


def test_the_same_rows_again_write_nothing(tmp_path: Path) -> None:
    offer(tmp_path, "(1, 10, 'a')")
    path = tmp_path / FOLDER / "figures.parquet"
    before = path.stat().st_mtime_ns
    assert offer(tmp_path, "(1, 10, 'b')") == Merged(added=0, same=1, differing=0)
    assert path.stat().st_mtime_ns == before


def test_a_change_that_fails_leaves_the_table_and_no_leftover(tmp_path: Path) -> None:
    offer(tmp_path, "(1, 10, 'a')")
    with pytest.raises(ImportRefused, match="the import failed"):
        offer(tmp_path, "(2, 'no number', 'a'), (3, 1, 'a')")
    assert shown(tmp_path) == [(1, 10)]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [FOLDER]


def test_tables_and_chains_take_turns(tmp_path: Path) -> None:
    with lock(tmp_path).acquire(timeout=0), pytest.raises(ImportRefused, match="another import is running"):
        offer(tmp_path, "(1, 10, 'a')")


def test_a_missing_table_is_none_and_a_damaged_one_a_fault(tmp_path: Path) -> None:
    assert read_table(tmp_path, "figures") is None
    offer(tmp_path, "(1, 10, 'a')")
    assert names(tmp_path, "fig") == ("ures",)
    (tmp_path / FOLDER / "figures.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(HistoryFault, match=r"figures\.parquet cannot be read"):
        read_table(tmp_path, "figures")
