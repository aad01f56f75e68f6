"""Parts of a P&L: they add up, and are added up by name."""

from engine.domain.explained import PART_NAMES, PnlParts


def test_the_total_is_the_sum_and_the_gross_leaves_the_signs_out() -> None:
    parts = PnlParts(delta=500, theta=-120, costs=-30, residual=1)
    assert (parts.total, parts.gross) == (351, 651)


def test_parts_are_added_each_to_its_own() -> None:
    numbered = PnlParts(*range(1, len(PART_NAMES) + 1))
    assert (numbered + numbered).values == tuple(2 * number for number in range(1, len(PART_NAMES) + 1))
    assert PnlParts() + numbered == numbered
