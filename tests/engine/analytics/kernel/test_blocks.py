"""Blocks of rows."""

from engine.analytics.kernel.blocks import BLOCK, blocks


def test_blocks_cover_every_row_once_and_in_order() -> None:
    found = list(blocks(2 * BLOCK + 7))
    assert [rows.stop - rows.start for rows in found] == [BLOCK, BLOCK, 7]
    assert [row for rows in found for row in range(rows.start, rows.stop)] == list(range(2 * BLOCK + 7))


def test_a_size_of_its_own() -> None:
    assert list(blocks(5, size=2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]


def test_no_rows_give_no_blocks() -> None:
    assert list(blocks(0)) == []
