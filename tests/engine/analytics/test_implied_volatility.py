"""Implied volatility: the way back from the price, far from the money too, and a reason wherever there is none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.implied_volatility import implied_volatility as vollib_implied_volatility

from engine.analytics.black_scholes import european
from engine.analytics.implied_volatility import implied_volatility, quote_status
from engine.analytics.kernel import BLOCK, IvStatus

COUNT = 4000
RATE = 0.03


def relative_errors(
    deviations: tuple[float, float],
    *,
    in_the_money: bool = False,
    years: tuple[float, float] = (0.02, 2.0),
    volatility: tuple[float, float] = (0.08, 1.2),
) -> NDArray[np.float64]:
    """Price seeded options at so many standard deviations from the money and ask for their volatility again."""
    draw = np.random.default_rng(11)
    forward, time = draw.uniform(5, 900, COUNT), draw.uniform(*years, COUNT)
    wanted = draw.uniform(*volatility, COUNT)
    distance = draw.uniform(*deviations, COUNT) * draw.choice([-1.0, 1.0], COUNT)
    strike = forward * np.exp(distance * wanted * np.sqrt(time))
    is_put = (distance < 0) != in_the_money
    price = european(forward * np.exp(-RATE * time), forward, strike, time, RATE, wanted, is_put).price
    found = implied_volatility(price, forward, strike, time, RATE, is_put)
    assert found.valid.all(), np.unique(found.status)
    errors: NDArray[np.float64] = np.abs(found.volatility / wanted - 1.0)
    return errors


def test_ordinary_quotes_come_back_to_twelve_digits() -> None:
    assert relative_errors((0.0, 1.8)).max() < 1e-12


def test_exactly_at_the_money() -> None:
    assert relative_errors((0.0, 0.0)).max() < 1e-12


def test_deep_out_of_the_money() -> None:
    assert relative_errors((4.0, 8.0)).max() < 1e-12


def test_so_far_out_that_the_price_is_almost_the_smallest_number() -> None:
    assert relative_errors((20.0, 34.0)).max() < 1e-11


def test_in_the_money() -> None:
    # The price's last digit, most of it intrinsic value, is what limits here.
    assert relative_errors((1.0, 3.0), in_the_money=True).max() < 1e-10


def test_hours_before_expiry() -> None:
    assert relative_errors((0.0, 3.0), years=(0.5 / 8760, 7 / 8760)).max() < 1e-10


def test_volatilities_of_hundreds_of_percent() -> None:
    assert relative_errors((0.0, 1.5), volatility=(1.5, 5.0)).max() < 1e-11


def test_agrees_with_vollib() -> None:
    draw = np.random.default_rng(3)
    for _ in range(60):
        spot, years, volatility = draw.uniform(20, 500), draw.uniform(0.02, 1.5), draw.uniform(0.1, 0.9)
        rate, q, flag = draw.uniform(0, 0.06), draw.uniform(0, 0.03), draw.choice(["c", "p"])
        strike = spot * math.exp(draw.uniform(-1.5, 1.5) * volatility * math.sqrt(years))
        price = black_scholes_merton(flag, spot, strike, years, rate, volatility, q)
        expected = vollib_implied_volatility(price, spot, strike, years, rate, q, flag)
        forward = spot * math.exp((rate - q) * years)
        found = implied_volatility(price, forward, strike, years, rate, flag == "p")
        assert found.volatility[0] == pytest.approx(expected, rel=1e-9)


@given(
    forward=st.floats(1.0, 5000.0),
    log_moneyness=st.floats(-1.0, 1.0),
    years=st.floats(1e-4, 3.0),
    rate=st.floats(-0.02, 0.12),
    share=st.floats(1e-6, 1.0 - 1e-6),
    is_put=st.booleans(),
)
def test_whatever_price_lies_inside_the_bounds_is_the_price_at_its_volatility(
    forward: float, log_moneyness: float, years: float, rate: float, share: float, is_put: bool
) -> None:
    strike = forward * math.exp(log_moneyness)
    discount, side = math.exp(-rate * years), -1.0 if is_put else 1.0
    intrinsic, maximum = discount * max(0.0, side * (forward - strike)), discount * (strike if is_put else forward)
    price = intrinsic + share * (maximum - intrinsic)
    found = implied_volatility(price, forward, strike, years, rate, is_put)
    assert found.status[0] == IvStatus.OK
    again = european(discount * forward, forward, strike, years, rate, float(found.volatility[0]), is_put)
    # At the money the pricer subtracts two numbers of the forward's size: their last digits bound what comes back.
    assert again.price[0] == pytest.approx(price, rel=1e-11, abs=1e-15 * forward)


@given(st.lists(st.floats(0.01, 60.0), min_size=2, max_size=20, unique=True))
def test_a_dearer_option_never_implies_less_volatility(prices: list[float]) -> None:
    found = implied_volatility(np.sort(np.array(prices)), 100.0, 105.0, 0.3, RATE, False)
    assert found.valid.all()
    # Prices a last digit apart may swap the last digits of their volatilities.
    assert np.all(np.diff(found.volatility) >= -1e-11)


@pytest.mark.parametrize(
    ("price", "forward", "strike", "years", "is_put", "expected"),
    [
        (5.0, 100.0, 100.0, 0.5, False, IvStatus.OK),
        (0.0, 100.0, 110.0, 0.5, False, IvStatus.NO_PRICE),
        (-1.0, 100.0, 110.0, 0.5, False, IvStatus.NO_PRICE),
        (9.0, 100.0, 90.0, 0.5, False, IvStatus.BELOW_INTRINSIC),
        (9.0, 100.0, 110.0, 0.5, True, IvStatus.BELOW_INTRINSIC),
        (100.0, 100.0, 110.0, 0.5, False, IvStatus.ABOVE_MAXIMUM),
        (110.0, 100.0, 110.0, 0.5, True, IvStatus.ABOVE_MAXIMUM),
        (1e300, 100.0, 110.0, 0.5, True, IvStatus.ABOVE_MAXIMUM),
        (5.0, 100.0, 100.0, 0.0, False, IvStatus.NO_TIME),
        (5.0, 100.0, 100.0, -0.1, False, IvStatus.NO_TIME),
        (5.0, 0.0, 100.0, 0.5, False, IvStatus.NOT_POSITIVE),
        (5.0, 100.0, -1.0, 0.5, True, IvStatus.NOT_POSITIVE),
        (math.nan, 100.0, 100.0, 0.5, False, IvStatus.NOT_FINITE),
        (math.inf, 100.0, 100.0, 0.5, False, IvStatus.NOT_FINITE),
        (5.0, math.nan, 100.0, 0.5, False, IvStatus.NOT_FINITE),
        (5.0, 100.0, math.inf, 0.5, False, IvStatus.NOT_FINITE),
        (5.0, 100.0, 100.0, math.nan, False, IvStatus.NOT_FINITE),
    ],
)
def test_every_impossible_row_is_flagged_with_its_reason(
    price: float, forward: float, strike: float, years: float, is_put: bool, expected: IvStatus
) -> None:
    # A good row on either side shows that a bad one spoils nothing.
    found = implied_volatility(
        np.array([5.0, price, 5.0]),
        np.array([100.0, forward, 100.0]),
        np.array([100.0, strike, 100.0]),
        np.array([0.5, years, 0.5]),
        0.0,
        np.array([False, is_put, False]),
    )
    assert found.status[1] == expected
    assert found.valid.tolist() == [True, expected is IvStatus.OK, True]
    assert math.isnan(found.volatility[1]) == (expected is not IvStatus.OK)
    assert found.volatility[0] == found.volatility[2] > 0


@pytest.mark.parametrize("rate", [math.nan, math.inf, -math.inf, 1e308])
def test_a_rate_that_cannot_be_is_flagged(rate: float) -> None:
    assert implied_volatility(5.0, 100.0, 100.0, 0.5, rate, False).status[0] == IvStatus.NOT_FINITE


def test_any_nonsense_gives_a_volatility_or_a_reason_and_no_warning() -> None:
    draw = np.random.default_rng(5)
    odd = np.array([math.nan, math.inf, -math.inf, 0.0, -0.0, -1.0, 5e-324, 1e-300, 1e-17, 1.0, 100.0, 1e300, 1.7e308])
    price, forward, strike, years, rate = (draw.choice(odd, 5000) for _ in range(5))
    found = implied_volatility(price, forward, strike, years, rate, draw.random(5000) < 0.5)
    assert np.array_equal(np.isfinite(found.volatility), found.valid)
    assert set(found.status.tolist()) <= set(IvStatus)
    assert np.all(found.status[~np.isfinite(price)] == IvStatus.NOT_FINITE)


def test_a_price_of_intrinsic_value_and_its_rounding_implies_nothing() -> None:
    discounted = math.exp(-RATE * 0.5) * (100.0 - 70.0)
    for price in (discounted, math.nextafter(discounted, 0.0), math.nextafter(discounted, 99.0)):
        assert implied_volatility(price, 100.0, 70.0, 0.5, RATE, False).status[0] == IvStatus.BELOW_INTRINSIC


def test_a_grid_keeps_its_shape_beyond_one_block() -> None:
    wanted, strikes = np.linspace(0.1, 0.6, 5)[:, None], np.linspace(70, 130, BLOCK)[None, :]
    price = european(100.0, 100.0, strikes, 0.5, 0.0, wanted, strikes < 100).price
    found = implied_volatility(price, 100.0, strikes, 0.5, 0.0, strikes < 100)
    assert found.volatility.shape == (5, BLOCK)
    np.testing.assert_allclose(found.volatility, np.broadcast_to(wanted, price.shape), rtol=1e-12)


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [
        (1.0, 1.1, IvStatus.OK),
        (1.0, 1.0, IvStatus.OK),
        (0.0, 0.05, IvStatus.OK),
        (1.1, 1.0, IvStatus.CROSSED),
        (0.0, 0.0, IvStatus.NO_PRICE),
        (-0.1, 0.1, IvStatus.NO_PRICE),
        (1.0, 0.0, IvStatus.NO_PRICE),
        (1.0, -1.0, IvStatus.NO_PRICE),
        (math.nan, 1.0, IvStatus.NOT_FINITE),
        (1.0, math.nan, IvStatus.NOT_FINITE),
        (1.0, math.inf, IvStatus.NOT_FINITE),
        (-math.inf, 1.0, IvStatus.NOT_FINITE),
        (math.inf, -math.inf, IvStatus.NOT_FINITE),
    ],
)
def test_a_quote_without_a_usable_mid_is_flagged_with_its_reason(bid: float, ask: float, expected: IvStatus) -> None:
    status = quote_status(np.array([1.0, bid, 1.0]), np.array([1.1, ask, 1.1]))
    assert status.dtype == np.int8
    assert status.tolist() == [IvStatus.OK, expected, IvStatus.OK]


def test_a_table_of_quotes_keeps_its_shape() -> None:
    bid = np.array([[1.0, 2.0], [0.0, math.nan]])
    assert quote_status(bid, np.array([1.5, 1.5])).tolist() == [
        [IvStatus.OK, IvStatus.CROSSED],
        [IvStatus.OK, IvStatus.NOT_FINITE],
    ]
