"""Columns found by their names, and what is said where they are not."""

from collections.abc import Sequence

import pytest

from engine.core.errors import ImportRefused
from engine.market.duck import connect, numbered, with_numbered_columns
from engine.market.formats.layout import Format, Table, find_columns, layout_of, missing_columns, plain, select_cells
from engine.market.formats.times import stamped

ONE = Format(source="one", clock=stamped, required={"bid": ("Bid Price",), "ask": ("Ask", "offer")})
OTHER = Format(source="other", clock=stamped, required={"bid": ("b",), "last": ("z",), "strike": ("k",)})


def table(connection: object, select: str, names: Sequence[str]) -> Table:
    rows = connection.sql(select)  # type: ignore[attr-defined]
    return Table("file.csv", "file.csv", tuple(names), with_numbered_columns(connection, rows))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["bid_price", " [BID_PRICE] ", "bidPrice", "Bid Price", "BID-PRICE"])
def test_spellings_of_a_name_are_one(name: str) -> None:
    assert plain(name) == "bidprice"
    assert missing_columns(ONE, [name, "OFFER"]) == ()


def test_the_first_format_that_fits_is_taken_and_the_closest_is_named_where_none_does() -> None:
    assert layout_of([OTHER, ONE], ["ask", "bid price", "more"], "f") is ONE
    with pytest.raises(ImportRefused) as refused:
        layout_of([OTHER, ONE], ["b", "z"], "f")
    assert str(refused.value) == (
        "f: not a known format of option chains; missing columns: k (of the closest format, other)"
    )


def test_two_columns_of_one_meaning_and_wrong_types_are_refused() -> None:
    with connect() as connection:
        with pytest.raises(ImportRefused, match="columns Ask and offer have the same meaning"):
            find_columns(ONE, table(connection, "select '1', '2', '3'", ["Bid Price", "Ask", "offer"]))
        with pytest.raises(ImportRefused, match=r"column offer has the wrong type \(BOOLEAN\)"):
            find_columns(ONE, table(connection, "select '1', true", ["Bid Price", "offer"]))
        found = find_columns(ONE, table(connection, "select 1.5, '2'", ["offer", "Bid Price"]))
        assert (found["ask"], found["bid"], found["strike"]) == (*numbered(2), None)


def test_cells_are_texts_with_their_row_and_nothing_where_the_saver_wrote_nothing() -> None:
    with connect() as connection:
        found = table(
            connection, "select * from (values (' 1.5 ', 2.25::float), ('NaN', null)) as t", ["bidprice", "ask"]
        )
        select_cells(connection, ONE, found, find_columns(ONE, found))
        rows = connection.execute("select line, row_no, bid, ask, strike from cells").fetchall()
    assert rows == [(1, 1, "1.5", "2.25", None), (2, 2, None, None, None)]


def test_helpers_of_cells_read_prices_as_pages_print_them() -> None:
    with connect() as connection:
        empty = table(connection, "select '1', '2'", ["bidprice", "ask"])
        select_cells(connection, ONE, empty, find_columns(ONE, empty))
        (row,) = connection.execute(
            "select ungrouped('-1,234,567.5'), ungrouped('1,23'), middle('1', '2'), middle('0', '2'), positive('0')"
        ).fetchall()
    assert row == ("-1234567.5", "1,23", "1.5", None, None)
