"""Parts of a P&L: they add up, and are added up by name."""

from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import CENT
from engine.domain.explained import PART_NAMES, PnlParts


def test_the_total_is_the_sum_and_the_gross_leaves_the_signs_out() -> None:
    parts = PnlParts(delta=500, theta=-120, costs=-30, residual=1)
    assert (parts.total, parts.gross) == (351, 651)


def test_parts_are_added_each_to_its_own() -> None:
    numbered = PnlParts(*range(1, len(PART_NAMES) + 1))
    assert (numbered + numbered).values == tuple(2 * number for number in range(1, len(PART_NAMES) + 1))
    assert PnlParts() + numbered == numbered


@given(st.lists(st.integers(-(10**9), 10**9), min_size=len(PART_NAMES), max_size=len(PART_NAMES)))
def test_in_cents_the_parts_still_add_up_and_none_is_a_cent_away(values: list[int]) -> None:
    parts = PnlParts(*values)
    shown = parts.in_cents()
    assert all(value % CENT == 0 for value in shown.values)
    assert abs(shown.total - parts.total) * 2 <= CENT
    assert all(abs(mine - theirs) < CENT for mine, theirs in zip(shown.values, values, strict=True))
