"""What a file is by its first bytes and header: each kind of file that holds no chains says what it is."""

import bz2
import lzma
import pickle
from pathlib import Path

import duckdb
import pytest

from engine.core.errors import ImportRefused
from engine.market.duck import connect
from engine.market.formats.sniff import head_of, layout_and_table
from tests.engine.market.formats.samples import SAMPLES, zipped

PLAIN = sorted(name for name, sample in SAMPLES.items() if not sample.content.startswith(b"PK"))
REFUSED = [
    (b"", "is empty"),
    (b"\xef\xbb\xbf \r\n", "is empty"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 754323\n", "is a Git-LFS pointer"),
    (b"\n<!DOCTYPE html><html>404</html>", "is a web page"),
    (pickle.dumps({"bid": 1}), "is a Python pickle"),
    (pickle.dumps([1, 2], protocol=2), "is a Python pickle"),
    (pickle.dumps({"bid": 1}, protocol=0), "is a Python pickle"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it first"),
    (lzma.compress(b"x"), "is an xz archive; unpack it first"),
    (bz2.compress(b"x"), "is a bzip2 archive; unpack it first"),
    (b"MZ\x90\x00", "is a program"),
    (b"\x7fELF\x02", "is a program"),
    (b"#!/bin/sh\nrm -rf /\n", "is a program"),
    (b"%PDF-1.7", "is a PDF"),
    (b"SQLite format 3\x00", "is a database"),
    (b"x" * 70_000, "has a first line of more than 65,536 bytes"),
    (b"a,b\n1,\x00\n", "is neither Parquet nor CSV"),
    (zipped({"[Content_Types].xml": "x", "xl/workbook.xml": "x"}), "is a workbook"),
]


@pytest.mark.parametrize(("content", "cause"), REFUSED, ids=[f"{cause} {len(body)}" for body, cause in REFUSED])
def test_what_is_no_data_says_what_it_is(content: bytes, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "offered.csv"
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=r"offered\.csv: ") as refused:
        head_of(path)
    assert cause in str(refused.value)


@pytest.mark.parametrize("name", PLAIN)
def test_a_format_is_told_by_its_header(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    (tmp_path / "unpacked").write_bytes(sample.content)
    with connect() as connection:
        layout, table = layout_and_table(connection, tmp_path / "unpacked", sample.name, "shown")
        assert (layout.source, table.name) == (sample.source, sample.name)
        assert len(table.rows.columns) == len(table.names)


BARS = [
    "Date,Open,High,Low,Close,Adj Close,Volume\n2021-01-04,1,2,0.5,1,1,5\n",
    "symbol,date,open,high,low,close,volume\nA,2021-01-04,1,2,0.5,1,5\n",
    "20140606 00:00,1000,1100,900,1050,100\n20140609 00:00,1000,1100,900,1050,100\n",
]


@pytest.mark.parametrize("text", BARS)
def test_prices_of_an_underlying_are_told_and_are_no_chains(text: str, tmp_path: Path) -> None:
    (tmp_path / "spy.csv").write_text(text)
    with connect() as connection, pytest.raises(ImportRefused, match=r"^spy\.csv: holds prices of an underlying"):
        layout_and_table(connection, tmp_path / "spy.csv", "spy.csv", "spy.csv")


def test_aggregates_of_options_are_not_taken_for_bars(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(SAMPLES["massive"].content)
    with connect() as connection:
        assert layout_and_table(connection, tmp_path / "a.csv", "a.csv", "a.csv")[0].source == "Massive aggregates"


def test_archives_are_not_opened_inside_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "unpacked").write_bytes(zipped({"a.csv": "1"}))
    with connect() as connection, pytest.raises(ImportRefused, match="is an archive inside of an archive"):
        layout_and_table(connection, tmp_path / "unpacked", "a.zip", "shown")


def test_a_header_of_thousands_of_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chains.csv"
    path.write_text(SAMPLES["hod_bare"].content.decode().replace("Blank", "," * 500))
    with connect() as connection, pytest.raises(ImportRefused, match="has 514 columns, which no table"):
        layout_and_table(connection, path, path.name, path.name)


HEADER = b"date,act_symbol,expiration,strike,call_put,bid,ask\n"


def test_an_endless_line_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "chains.csv"
    path.write_bytes(HEADER + b"1" * (4 << 20))
    with (
        connect() as connection,
        pytest.raises(ImportRefused, match=r"has a line of more than 1,048,576 bytes \(at byte 1,048,576\)"),
    ):
        layout_and_table(connection, path, "chains.csv", "chains.csv")


def test_a_line_that_is_longer_than_any_quote_is_never_lost_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "chains.csv"
    path.write_bytes(HEADER + b"1" * (3 << 19) + b"\n" + b"1,2,3,4,5,6,7\n")
    with connect() as connection:
        found = layout_and_table(connection, path, "chains.csv", "chains.csv")
        with pytest.raises(duckdb.Error, match="line"):
            found[1].rows.fetchall()


def test_a_first_line_that_is_a_quote_is_no_header(tmp_path: Path) -> None:
    line = "2020-06-30T14:41:00,AAPL,MSFT200710C00365000,title,365.0,7.5,7.7\n"
    (tmp_path / "a.csv").write_text(line)
    with connect() as connection, pytest.raises(ImportRefused, match="not a known format"):
        layout_and_table(connection, tmp_path / "a.csv", "a.csv", "a.csv")


def test_a_table_with_absurdly_more_rows_than_bytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    with connect() as connection:
        connection.sql("select 1 as bid from range(3000000)").write_parquet(str(path))
        with pytest.raises(ImportRefused, match=r"bomb\.parquet: holds 3,000,000 rows in "):
            layout_and_table(connection, path, path.name, path.name)


def test_a_parquet_file_whose_column_names_are_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "chains.parquet"
    with connect() as connection:
        connection.sql("select 1 as biddd").write_parquet(str(path))
        path.write_bytes(path.read_bytes().replace(b"biddd", b"bid\xff\xfe"))
        with pytest.raises(ImportRefused, match=r"chains\.parquet: cannot be read: its column names are not text"):
            layout_and_table(connection, path, path.name, path.name)
