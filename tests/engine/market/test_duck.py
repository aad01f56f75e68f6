"""Paths, messages and errors on the way to DuckDB."""

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import ImportRefused
from engine.market import duck
from engine.market.duck import (
    connect,
    execute_telling,
    failing_as,
    literal,
    one_line,
    read_cells,
    select_as,
    sync,
    with_numbered_columns,
)

NAMES = st.text(string.ascii_letters + string.digits + " []*?'\";{}$%=é表", min_size=1, max_size=20)


@given(names=st.lists(NAMES.map(str.strip).filter(bool), min_size=2, unique=True))
@settings(max_examples=20)
def test_a_path_is_taken_literally_whatever_its_name(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("paths")
    for number, name in enumerate(names):
        (folder / name).write_text(f"{number}\n")
    with connect() as connection:
        for number, name in enumerate(names):
            path = literal(folder / name)
            rows = connection.read_csv(path, header=False, columns={"a": "VARCHAR"}, auto_detect=False)
            assert rows.fetchall() == [(str(number),)]


@given(st.text(max_size=500))
def test_foreign_text_becomes_one_printable_line(text: str) -> None:
    line = one_line(text)
    assert line.isprintable()
    assert len(line) <= 203


def test_columns_of_any_name_are_numbered_and_then_chosen() -> None:
    with connect() as connection:
        relation = connection.sql("""select 1 as "a.b", 2 as "c""; drop table t; --", 3 as "Ask", 4 as " " """)
        renamed = with_numbered_columns(connection, relation)
        assert renamed.columns == ["column_0", "column_1", "column_2", "column_3"]
        chosen = select_as(renamed, {"bid": "column_1", "none": None, "ask": "column_0"})
        assert (chosen.columns, chosen.fetchall()) == (["bid", "none", "ask"], [(2, None, 1)])
        named = select_as(renamed, {"bid": "column_1", "symbol": None}, {"symbol": "SPY", "bid": "never"})
        assert named.fetchall() == [(2, "SPY")]


def test_an_error_of_the_database_becomes_one_line_of_ours() -> None:
    with connect() as connection, pytest.raises(ImportRefused) as refused, failing_as(ImportRefused, "file.csv"):
        connection.execute("select * from nowhere")
    assert str(refused.value).startswith("file.csv: ")
    assert "\n" not in str(refused.value)


def test_cells_are_texts_quoted_or_not_and_lines_may_end_early_where_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('x,y\n"1,5",02\n"a""b"\n')
    with connect() as connection:
        assert read_cells(connection, path, 2, has_header=True, is_ragged=True).fetchall() == [
            ("1,5", "02"),
            ('a"b', None),
        ]
        path.write_text('"1,2\n')
        rows = read_cells(connection, path, 2, is_quoted=False)
        assert (rows.columns, rows.fetchall()) == (["column_0", "column_1"], [('"1', "2")])


def test_a_row_that_cannot_be_read_is_named_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n")
    with connect() as connection:
        rows = read_cells(connection, tmp_path / "a.csv", 2, has_header=True)
        with pytest.raises(ImportRefused) as refused, failing_as(ImportRefused, "a.csv"):
            rows.fetchall()
    assert "CSV Error on Line: 3; Expected Number of Columns: 2 Found: 1" in str(refused.value)


def test_no_extension_is_fetched_from_the_network() -> None:
    with connect() as connection:
        settings = connection.execute(
            "select current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions')"
        ).fetchall()
    assert settings == [(False, False)]


def test_files_and_folders_are_synced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    sync(path)
    sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "nowhere")


def test_a_database_spills_what_does_not_fit_in_its_share_of_memory(tmp_path: Path) -> None:
    with connect(tmp_path / "spill") as connection:
        (limit,) = connection.execute("select current_setting('memory_limit')").fetchall()
        assert limit == ("512.0 MiB",)


def test_a_statement_that_takes_long_is_told_and_gives_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duck, "_TOLD_EVERY_SECONDS", 0.01)
    said: list[str] = []
    with connect() as connection:
        slow = "select count(distinct hash(i) % ?) from range(1000000) as r(i)"
        assert execute_telling(connection, slow, [1000], said.append, "counting").fetchall() == [(1000,)]
        with pytest.raises(ImportRefused, match="nowhere"), failing_as(ImportRefused, "file.csv"):
            execute_telling(connection, "select * from nowhere", None, lambda _: None, "looking")
    assert said
    assert all(line.startswith("counting: ") and line.endswith(" %") for line in said)


def test_a_statement_that_is_broken_off_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duck, "_TOLD_EVERY_SECONDS", 0.01)

    def leave(_: str) -> None:
        raise KeyboardInterrupt

    endless = "select count(*) from range(100000) as a(i), range(100000) as b(j) where hash(i, j) = 1"
    with connect() as connection, pytest.raises(KeyboardInterrupt):
        execute_telling(connection, endless, None, leave, "counting")
