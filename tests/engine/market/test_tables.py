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


def files(root: Path) -> list[str]:
    return sorted(path.name.split(".")[1] for path in (root / FOLDER).iterdir())


def test_the_same_rows_again_write_nothing(tmp_path: Path) -> None:
    offer(tmp_path, "(1, 10, 'a')")
    assert offer(tmp_path, "(1, 10, 'b')") == Merged(added=0, same=1, differing=0)
    assert files(tmp_path) == ["000001"]


def test_the_file_before_stays_for_its_readers_and_no_older_one(tmp_path: Path) -> None:
    for day in range(4):
        offer(tmp_path, f"({day}, 10, 'a')")
    assert files(tmp_path) == ["000003", "000004"]
    assert len(shown(tmp_path)) == 4


def test_of_two_rows_with_one_key_the_same_one_is_taken_whatever_their_order(tmp_path: Path) -> None:
    offer(tmp_path / "a", "(1, 10, 'a'), (1, 11, 'a')")
    offer(tmp_path / "b", "(1, 11, 'a'), (1, 10, 'a')")
    assert shown(tmp_path / "a") == shown(tmp_path / "b") == [(1, 10)]


def test_a_change_that_fails_leaves_the_table_and_no_leftover(tmp_path: Path) -> None:
    offer(tmp_path, "(1, 10, 'a')")
    with pytest.raises(ImportRefused, match="the import failed"):
        offer(tmp_path, "(2, 'no number', 'a'), (3, 1, 'a')")
    assert shown(tmp_path) == [(1, 10)]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [FOLDER]


def test_tables_and_chains_take_turns(tmp_path: Path) -> None:
    with lock(tmp_path).acquire(timeout=0), pytest.raises(ImportRefused, match="another import is running"):
        offer(tmp_path, "(1, 10, 'a')")


def test_a_missing_table_is_none_and_tables_are_told_by_their_whole_names(tmp_path: Path) -> None:
    assert read_table(tmp_path, "figures") is None
    assert names(tmp_path, "fig") == ()
    offer(tmp_path, "(1, 10, 'a')")
    assert names(tmp_path, "fig") == ("ures",)
    assert read_table(tmp_path, "fig") is None
    (tmp_path / FOLDER / "figures.B.parquet").write_bytes(b"somebody else's")
    assert (names(tmp_path, "fig"), shown(tmp_path)) == (("ures",), [(1, 10)])


def test_a_flipped_bit_is_a_fault_for_readers_and_for_changes(tmp_path: Path) -> None:
    offer(tmp_path, "(1, 10, 'a')")
    (path,) = (tmp_path / FOLDER).iterdir()
    data = bytearray(path.read_bytes())
    for place in range(0, len(data), 37):
        data[place] ^= 1
        path.write_bytes(data)
        with pytest.raises(HistoryFault, match="is damaged; remove it and import again"):
            read_table(tmp_path, "figures")
        data[place] ^= 1
    path.write_bytes(data[:-1])
    with pytest.raises(HistoryFault, match="is damaged"):
        offer(tmp_path, "(2, 10, 'a')")
