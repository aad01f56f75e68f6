"""Greeks: sums and multiples, one sensitivity at a time."""

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.greeks import Greeks

VALUES = st.floats(-1e6, 1e6)
GREEKS = st.builds(Greeks, VALUES, VALUES, VALUES, VALUES)


def test_each_sensitivity_adds_up_and_scales_by_itself() -> None:
    assert Greeks(1, 2, 3, 4) + Greeks(10, 20, 30, 40) == Greeks(11, 22, 33, 44)
    assert Greeks(1, 2, 3, 4).scaled(-200) == Greeks(-200, -400, -600, -800)
    assert Greeks(0.12345, -0.12345, 5e-5, 1.00009).rounded() == Greeks(0.1235, -0.1235, 0.0001, 1.0001)
    assert Greeks(60.54, -4.25, 0.04, 1.0).rounded(1) == Greeks(60.5, -4.2, 0.0, 1.0)


@given(GREEKS, GREEKS)
def test_an_empty_book_adds_nothing_and_order_does_not_matter(some: Greeks, others: Greeks) -> None:
    assert some + Greeks() == some
    assert some + others == others + some
    assert some + some.scaled(-1) == Greeks()
