"""Greeks in units that add up: every figure reckoned by hand."""

from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.snapshot import PositionView
from engine.domain.structure import shares_of
from engine.portfolio.greeks import Columns, summed_greeks
from tests.builders import ALPHA, BETA, NOW, position


def view(
    place: int, symbol: str, module_id: str, greeks: Greeks | None, spot: int, vega_30d: float = 0.0
) -> PositionView:
    """A position whose Greeks are known, or not, at a price of its underlying."""
    held = position(position_id=f"P{place:06d}", module_id=module_id, structure=shares_of(symbol))
    seen = PositionView(held, 0, NOW, 0, None, None, greeks, None, None)
    if greeks is None:
        return seen
    return replace(
        seen,
        dollar_delta=dollars(round(greeks.delta * spot)),
        dollar_gamma=dollars(round(greeks.gamma * spot * spot / 100)),
        vega_30d=vega_30d,
    )


def columns(*views: PositionView) -> Columns:
    made = Columns()
    made.follow({each.position.position_id: each for each in views}, (ALPHA, BETA))
    return made


BOOK = (
    view(1, "TSLA", ALPHA, Greeks(10, -2, 5, -30), 400, -20.0),
    view(2, "KO", ALPHA, Greeks(-50, 1, 2, 8), 60, 4.0),
    view(3, "TSLA", BETA, Greeks(20, 0, 0, 0), 400),
    view(4, "NEW", BETA, Greeks(100, 3, 1, 1), 20, 1.5),
    view(5, "KO", BETA, None, 60),
)
BETAS = {"TSLA": 2.0, "KO": 0.5}


def test_dollars_of_different_names_add_up_and_each_counts_by_its_beta() -> None:
    alpha, beta = columns(*BOOK).weighted(BETAS, dollars(500))
    # Delta: 10 x 400 - 50 x 60. Gamma per 1 %: -2 x 400 x 400 / 100 + 1 x 60 x 60 / 100.
    assert (alpha.dollar_delta, alpha.dollar_gamma) == (dollars(1_000), dollars(-3_164))
    # 4,000 x 2 - 3,000 x 0.5 = 6,500, which is 13 shares of the index at 500.
    assert (alpha.beta_dollar_delta, alpha.beta_delta) == (dollars(6_500), 13.0)
    # -3,200 x 4 + 36 x 0.25; gamma x (beta x S / S_index) squared: -2 x 1.6 ** 2 + 1 x 0.06 ** 2.
    assert (alpha.beta_dollar_gamma, alpha.beta_gamma) == (dollars(-12_791), -5.1164)
    assert (alpha.vega_30d, alpha.without_beta) == (-16.0, ())
    assert (beta.dollar_delta, beta.beta_dollar_delta) == (dollars(10_000), dollars(16_000))


def test_a_name_without_a_beta_is_named_and_not_counted_as_zero() -> None:
    _, beta = columns(*BOOK).weighted(BETAS, dollars(500))
    assert beta.without_beta == ("NEW",)
    _, none = columns(*BOOK).weighted({}, dollars(500))
    assert (none.without_beta, none.beta_dollar_delta) == (("KO", "NEW", "TSLA"), 0)


def test_without_a_price_of_the_index_dollars_are_known_and_its_shares_are_not() -> None:
    alpha, _ = columns(*BOOK).weighted(BETAS, None)
    assert (alpha.beta_dollar_delta, alpha.beta_delta, alpha.beta_gamma) == (dollars(6_500), None, None)


def test_modules_add_up_to_the_account_exactly() -> None:
    total = summed_greeks(columns(*BOOK).weighted(BETAS, dollars(500)), dollars(500))
    assert (total.dollar_delta, total.beta_dollar_delta, total.beta_delta) == (dollars(11_000), dollars(22_500), 45.0)
    assert (total.vega_30d, total.without_beta) == (-14.5, ("NEW",))
    assert summed_greeks((), None) == WeightedGreeks()


def test_raw_sums_and_what_is_in_none() -> None:
    book = columns(*BOOK)
    assert book.greeks() == (Greeks(-40, -1, 7, -22), Greeks(120, 3, 1, 1))
    assert book.without_greeks() == (0, 1)


def test_a_module_that_comes_does_not_inherit_what_was_nobodys() -> None:
    stray = view(9, "TSLA", "EXTERNAL", Greeks(7), 400)
    made = Columns()
    views = {stray.position.position_id: stray}
    made.follow(views, (ALPHA,))
    assert made.greeks() == (Greeks(),)
    made.follow(dict(views), (ALPHA, BETA))
    assert made.greeks() == (Greeks(), Greeks())
    assert made.delta.tolist() == [dollars(2_800)]


@pytest.mark.parametrize("owners", [(), (ALPHA,)])
def test_a_book_without_positions_has_nothing(owners: tuple[str, ...]) -> None:
    made = Columns()
    made.follow({}, owners)
    assert made.greeks() == (Greeks(),) * len(owners)
    assert made.weighted({}, None) == (WeightedGreeks(),) * len(owners)
