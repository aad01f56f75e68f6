"""Headers and rows of small text files."""

from pathlib import Path

import pytest

from engine.core.errors import ImportRefused
from engine.market.duck import connect
from engine.market.text_rows import read_header, rows_of


def written(folder: Path, text: str) -> Path:
    path = folder / "rows.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_names_are_compared_without_case_spaces_and_marks(tmp_path: Path) -> None:
    header = read_header(written(tmp_path, '\ufeff"Adj Close",DATE,[Volume]\r\n1,2,3\r\n'), "shown")
    assert header.names == ("adjclose", "date", "volume")
    assert header.is_names


def test_a_file_that_begins_with_data_has_no_names(tmp_path: Path) -> None:
    assert not read_header(written(tmp_path, "20210104,1,2\n"), "shown").is_names


def test_columns_are_found_by_name_and_absent_ones_are_told(tmp_path: Path) -> None:
    path = written(tmp_path, "day,kind,symbol\n")
    header = read_header(path, path.name)
    assert header.places("rows.csv", ("symbol", "day"), ("value",)) == {"symbol": 2, "day": 0, "value": None}
    with pytest.raises(ImportRefused, match=r"rows\.csv: each once is needed of: until; it has day, kind, symbol"):
        header.places("rows.csv", ("symbol", "until"), ())


@pytest.mark.parametrize(
    ("content", "cause"), [(b"", "is empty|is no CSV"), (b"\xff\xfe\x00", "is no CSV text in UTF-8")]
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=cause):
        read_header(path, path.name)


def test_rows_come_as_text_in_the_file_s_order(tmp_path: Path) -> None:
    path = written(tmp_path, "b,a\n1,x\nNaN,2021-03-05 00:00:00-05:00\n")
    with connect() as connection:
        rows_of(connection, path, path.name, {"a": 1, "b": 0, "c": None}, read_header(path, path.name))
        assert connection.execute("select row_no, a, cell(b), c from text_rows order by row_no").fetchall() == [
            (1, "x", "1", None),
            (2, "2021-03-05 00:00:00-05:00", None, None),
        ]
        assert connection.execute("select a_day(a)::varchar from text_rows order by row_no").fetchall() == [
            (None,),
            ("2021-03-05",),
        ]


def test_rows_of_another_width_are_refused_with_the_file_s_name(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1,2\n1,2,3,4\n")
    with connect() as connection, pytest.raises(ImportRefused, match=r"rows\.csv: cannot be read"):
        rows_of(connection, path, path.name, {"a": 0}, read_header(path, path.name))
