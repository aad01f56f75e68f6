"""European values against published figures, vollib, and what must hold whatever the formula."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vollib.black_scholes_merton import black_scholes_merton

from engine.analytics.black_scholes import EuropeanValues, european
from engine.analytics.kernel import BLOCK

# type, strike, spot, dividend yield, rate, years, volatility, price. Source: Haug, Option Pricing Formulas, p. 2-8, 27.
HAUG = [
    ("c", 65.0, 60.0, 0.0, 0.08, 0.25, 0.30, 2.1334),
    ("p", 95.0, 100.0, 0.05, 0.10, 0.50, 0.20, 2.4648),
    ("p", 19.0, 19.0, 0.10, 0.10, 0.75, 0.28, 1.7011),
    ("c", 19.0, 19.0, 0.10, 0.10, 0.75, 0.28, 1.7011),
    ("c", 1.60, 1.56, 0.08, 0.06, 0.50, 0.12, 0.0291),
    ("p", 70.0, 75.0, 0.05, 0.10, 0.50, 0.35, 4.0870),
]

SPOTS = st.floats(5.0, 1000.0)
LOG_MONEYNESS = st.floats(-0.7, 0.7)
YEARS = st.floats(1e-3, 3.0)
RATES = st.floats(-0.02, 0.12)
YIELDS = st.floats(0.0, 0.10)
VOLATILITIES = st.floats(0.03, 2.0)


def by_yield(
    spot: float, strike: float, years: float, rate: float, dividend_yield: float, volatility: float, is_put: bool
) -> EuropeanValues:
    forward = spot * math.exp((rate - dividend_yield) * years)
    return european(spot, forward, strike, years, rate, volatility, is_put)


@pytest.mark.parametrize(("kind", "strike", "spot", "q", "rate", "years", "volatility", "expected"), HAUG)
def test_published_prices(
    kind: str, strike: float, spot: float, q: float, rate: float, years: float, volatility: float, expected: float
) -> None:
    value = by_yield(spot, strike, years, rate, q, volatility, kind == "p")
    assert value.price[0] == pytest.approx(expected, abs=1e-4)


def test_published_greeks() -> None:
    # Source: Haug, Option Pricing Formulas, chapter 2; theta there a year, vega for a change of 1.
    assert by_yield(105, 100, 0.5, 0.1, 0.1, 0.36, is_put=False).delta[0] == pytest.approx(0.5946, abs=5e-5)
    assert by_yield(105, 100, 0.5, 0.1, 0.1, 0.36, is_put=True).delta[0] == pytest.approx(-0.3566, abs=5e-5)
    assert by_yield(55, 60, 0.75, 0.1, 0.0, 0.30, is_put=True).gamma[0] == pytest.approx(0.0278, abs=5e-5)
    assert by_yield(55, 60, 0.75, 0.1, 0.0, 0.30, is_put=False).vega[0] * 100 == pytest.approx(18.9358, abs=5e-5)
    assert by_yield(430, 405, 1 / 12, 0.07, 0.05, 0.20, is_put=True).theta[0] * 365 == pytest.approx(-31.1924, abs=5e-5)


def test_every_published_european_value_of_quantlib(shared_dir: Path) -> None:
    measures = {"value": 1.0, "delta": 1.0, "gamma": 1.0, "vega": 100.0, "theta": 365.0, "theta per day": 1.0}
    compared = 0
    with (shared_dir / "data" / "reference" / "quantlib_option_values.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["file"] != "europeanoption.cpp" or row["measure"] not in measures:
                continue
            spot, strike, years = float(row["spot"]), float(row["strike"]), float(row["t_years"])
            rate, q, volatility = float(row["r"]), float(row["q"]), float(row["vol"])
            values = by_yield(spot, strike, years, rate, q, volatility, row["type"] == "Put")
            found = getattr(values, {"value": "price", "theta per day": "theta"}.get(row["measure"], row["measure"]))
            assert found[0] * measures[row["measure"]] == pytest.approx(float(row["expected"]), abs=1e-4), row
            compared += 1
    assert compared >= 50


def test_every_row_of_vollibs_own_test_data(shared_dir: Path) -> None:
    table = json.loads((shared_dir / "data" / "reference" / "py_vollib_test_data.json").read_text())
    columns = dict(zip(table["columns"], np.array(table["data"]).T, strict=True))
    spot, years, rate = columns["S"], columns["t"], columns["R"]
    for is_put, price, prefix in ((False, "bs_call", "C"), (True, "bs_put", "P")):
        values = european(spot, spot * np.exp(rate * years), columns["K"], years, rate, columns["v"], is_put)
        for found, name, scale in (
            (values.price, price, 1.0),
            (values.delta, prefix + "D", 1.0),
            (values.gamma, prefix + "G", 1.0),
            (values.theta, prefix + "T", 365.0),
            (values.vega, prefix + "V", 100.0),
        ):
            # The table is rounded to ten decimals.
            np.testing.assert_allclose(found * scale, columns[name], rtol=1e-6, atol=1e-9, err_msg=name)


def test_prices_and_greeks_agree_with_vollib() -> None:
    # Here, because it brings all of scipy.stats, which no other test needs.
    from vollib.black_scholes_merton.greeks.analytical import delta, gamma, theta, vega  # noqa: PLC0415

    draw = np.random.default_rng(7)
    count = 300
    spot, years = draw.uniform(10, 600, count), draw.uniform(0.003, 2.0, count)
    volatility, rate, q = draw.uniform(0.08, 1.5, count), draw.uniform(0, 0.08, count), draw.uniform(0, 0.05, count)
    strike = spot * np.exp(draw.uniform(-3, 3, count) * volatility * np.sqrt(years))
    is_put = draw.random(count) < 0.5
    values = european(spot, spot * np.exp((rate - q) * years), strike, years, rate, volatility, is_put)
    assert values.valid.all()
    rows = list(zip(spot, strike, years, rate, volatility, q, is_put, strict=True))
    for found, oracle, tolerance in (
        (values.price, black_scholes_merton, 1e-11),
        (values.delta, delta, 1e-11),
        (values.gamma, gamma, 1e-11),
        (values.vega, vega, 1e-11),
        # Theta is a difference of larger terms, near its zeros in their last digits.
        (values.theta, theta, 1e-9),
    ):
        expected = [oracle("p" if put else "c", *map(float, numbers)) for *numbers, put in rows]
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-13, err_msg=oracle.__name__)


def test_a_far_price_keeps_its_digits() -> None:
    # mpmath, 40 digits: a call eight deviations out of the money, and twenty.
    assert european(100, 100, 180, 0.1, 0.0, 0.23, False).price[0] == pytest.approx(3.7498704042689856e-16, rel=1e-12)
    assert european(100, 100, 430, 0.1, 0.0, 0.23, False).price[0] == pytest.approx(6.8884469619653688e-90, rel=1e-12)


@given(SPOTS, LOG_MONEYNESS, YEARS, RATES, YIELDS, VOLATILITIES)
def test_put_call_parity_and_bounds(
    spot: float, log_moneyness: float, years: float, rate: float, q: float, volatility: float
) -> None:
    strike = spot * math.exp(log_moneyness)
    forward, discount = spot * math.exp((rate - q) * years), math.exp(-rate * years)
    values = european(spot, forward, strike, years, rate, volatility, np.array([False, True]))
    call, put = values.price
    assert values.valid.all()
    assert call - put == pytest.approx(discount * (forward - strike), abs=1e-12 * spot)
    assert values.delta[0] - values.delta[1] == pytest.approx(discount * forward / spot, rel=1e-12)
    assert max(0.0, discount * (forward - strike)) * (1 - 1e-15) <= call <= discount * forward
    assert max(0.0, discount * (strike - forward)) * (1 - 1e-15) <= put <= discount * strike
    assert values.gamma[0] == values.gamma[1] >= 0
    assert values.vega[0] == values.vega[1] >= 0


@given(SPOTS, LOG_MONEYNESS, YEARS, RATES, VOLATILITIES, st.floats(1e-3, 1.0), st.booleans())
def test_price_rises_with_volatility_and_with_moneyness(
    spot: float, log_moneyness: float, years: float, rate: float, volatility: float, step: float, is_put: bool
) -> None:
    forward, strike = spot * math.exp(rate * years), spot * math.exp(log_moneyness)
    base = european(spot, forward, strike, years, rate, np.array([volatility, volatility + step]), is_put).price
    assert base[1] >= base[0] - 1e-13 * spot
    moved = european(spot, forward, strike * np.array([1.0, 1.0 + step]), years, rate, volatility, is_put).price
    assert (moved[1] - moved[0]) * (1 if is_put else -1) >= -1e-13 * spot


@given(SPOTS, LOG_MONEYNESS, YEARS, RATES, YIELDS, VOLATILITIES, st.floats(1e-3, 0.3), st.booleans())
def test_price_is_convex_in_strike_and_falls_no_faster_than_the_discount(
    spot: float, log_moneyness: float, years: float, rate: float, q: float, volatility: float, step: float, is_put: bool
) -> None:
    forward, discount = spot * math.exp((rate - q) * years), math.exp(-rate * years)
    strikes = spot * math.exp(log_moneyness) * np.array([1.0 - step, 1.0, 1.0 + step])
    low, middle, high = european(spot, forward, strikes, years, rate, volatility, is_put).price
    rounding = 1e-14 * (spot + strikes[2])
    assert low - 2 * middle + high >= -rounding
    for nearer, farther, width in zip((low, middle), (middle, high), np.diff(strikes), strict=True):
        rise = farther - nearer if is_put else nearer - farther
        assert -rounding <= rise <= discount * width + rounding


@given(SPOTS, LOG_MONEYNESS, YEARS, RATES, YIELDS, VOLATILITIES, st.floats(1e-3, 1.0), st.booleans())
def test_price_follows_the_spot_and_is_convex_in_it(
    spot: float, log_moneyness: float, years: float, rate: float, q: float, volatility: float, step: float, is_put: bool
) -> None:
    growth = math.exp((rate - q) * years)
    spots = spot * np.array([1.0 - step / 2, 1.0, 1.0 + step / 2])
    strike = spot * math.exp(log_moneyness)
    values = european(spots, spots * growth, strike, years, rate, volatility, is_put)
    rounding = 1e-14 * (spots[2] + strike)
    assert (np.diff(values.price) * (-1 if is_put else 1) >= -rounding).all()
    assert values.price[0] - 2 * values.price[1] + values.price[2] >= -rounding
    # Delta is the price's slope, so it lies between the slopes of the chords on either side.
    chords = np.diff(values.price) / np.diff(spots)
    assert chords[0] - 1e-12 / step <= values.delta[1] <= chords[1] + 1e-12 / step


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.3), (0.5, 0.0), (0.0, 0.0)])
def test_without_time_or_volatility_the_discounted_intrinsic_value_of_the_forward_is_left(
    years: float, volatility: float
) -> None:
    rate, forward, strikes = 0.04, 102.0, np.array([90.0, 102.0, 110.0])
    discount = math.exp(-rate * years)
    calls = european(100.0, forward, strikes, years, rate, volatility, False)
    puts = european(100.0, forward, strikes, years, rate, volatility, True)
    assert calls.valid.all()
    assert puts.valid.all()
    np.testing.assert_allclose(calls.price, discount * np.array([12.0, 0.0, 0.0]), atol=1e-14)
    np.testing.assert_allclose(puts.price, discount * np.array([0.0, 0.0, 8.0]), atol=1e-14)
    np.testing.assert_allclose(calls.delta, discount * 1.02 * np.array([1.0, 0.5, 0.0]))
    np.testing.assert_allclose(puts.delta, discount * 1.02 * np.array([0.0, -0.5, -1.0]))
    for values in (calls, puts):
        assert not values.gamma.any()
        assert not values.vega.any()
        assert years > 0 or not values.theta.any()


GOOD = (100.0, 101.0, 95.0, 0.5, 0.04, 0.2)
RATE_POSITION = 4


def with_second_row(position: int, bad: float) -> EuropeanValues:
    inputs = [np.array([value, bad if at == position else value]) for at, value in enumerate(GOOD)]
    spot, forward, strike, years, rate, volatility = inputs
    return european(spot, forward, strike, years, rate, volatility, is_put=False)


def columns_of(values: EuropeanValues, row: int) -> list[float]:
    return [float(c[row]) for c in (values.price, values.delta, values.gamma, values.theta, values.vega)]


# A rate of -100 % is odd, not impossible.
@pytest.mark.parametrize(
    ("position", "bad"),
    [
        (position, bad)
        for position in range(len(GOOD))
        for bad in (math.nan, math.inf, -math.inf, -1.0)
        if (position, bad) != (RATE_POSITION, -1.0)
    ],
)
def test_a_bad_input_spoils_its_own_row_only_and_never_raises(position: int, bad: float) -> None:
    values = with_second_row(position, bad)
    assert values.valid.tolist() == [True, False]
    assert all(math.isfinite(value) for value in columns_of(values, 0))
    assert all(math.isnan(value) for value in columns_of(values, 1))


@pytest.mark.parametrize("position", range(len(GOOD)))
@pytest.mark.parametrize("bad", [1e-308, 1e308, -1e308])
def test_an_absurd_input_gives_finite_values_or_an_invalid_row(position: int, bad: float) -> None:
    values = with_second_row(position, bad)
    found = columns_of(values, 1)
    assert values.valid[0]
    assert all(math.isfinite(value) for value in found) if values.valid[1] else all(map(math.isnan, found))


@pytest.mark.parametrize("position", [0, 1, 2])
def test_prices_of_zero_are_not_valid(position: int) -> None:
    inputs = list(GOOD)
    inputs[position] = 0.0
    spot, forward, strike, years, rate, volatility = inputs
    assert not european(spot, forward, strike, years, rate, volatility, is_put=True).valid[0]


def test_a_grid_keeps_its_shape_and_many_blocks_equal_single_options() -> None:
    spots, strikes = np.linspace(80, 120, 9)[:, None], np.linspace(60, 140, BLOCK // 4)[None, :]
    grid = european(spots, spots * 1.01, strikes, 0.25, 0.04, 0.3, strikes < 100)
    assert grid.price.shape == (9, BLOCK // 4)
    for row, column in ((0, 0), (4, 700), (8, BLOCK // 4 - 1)):
        spot, strike = float(spots[row, 0]), float(strikes[0, column])
        single = european(spot, spot * 1.01, strike, 0.25, 0.04, 0.3, strike < 100)
        assert grid.price[row, column] == pytest.approx(single.price[0], rel=1e-13)
        assert grid.theta[row, column] == pytest.approx(single.theta[0], rel=1e-11)


def test_no_options_give_empty_columns() -> None:
    values = european(100.0, 100.0, np.empty(0), 0.5, 0.04, 0.2, False)
    assert values.price.shape == values.valid.shape == (0,)
