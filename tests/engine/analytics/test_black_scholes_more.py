"""Sensitivities against published figures, high-precision derivatives of the price, and their limits."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.analytics.black_scholes import EuropeanSensitivities, european, european_sensitivities
from tests.high_precision import Options, exact_values, slopes

GOOD = (100.0, 101.0, 95.0, 0.5, 0.04, 0.2)
RATE_POSITION = 4


def columns_of(found: EuropeanSensitivities, row: int) -> list[float]:
    return [float(c[row]) for c in (found.rho, found.vanna, found.charm, found.volga)]


def test_published_further_sensitivities() -> None:
    # Source: Haug, Option Pricing Formulas, 2nd edition, chapter 2; there a year, and for a change of 1.
    forward = 72 * math.exp(0.09)
    rho = european_sensitivities(72.0, forward, 75.0, 1.0, 0.09, 0.19, False).rho[0]
    assert rho * 100 == pytest.approx(38.7325, abs=5e-5)
    forward = 90 * math.exp(0.05 * 0.25)
    vanna = european_sensitivities(90.0, forward, 80.0, 0.25, 0.05, 0.20, True).vanna[0]
    assert vanna * 100 == pytest.approx(-1.0008, abs=5e-5)
    # An option on a future: no carry.
    charm = european_sensitivities(105.0, 105.0, 90.0, 0.25, 0.14, 0.24, True).charm[0]
    assert charm * 365 == pytest.approx(0.3700, abs=5e-5)


def test_every_published_rate_and_gearing_figure_of_quantlib(shared_dir: Path) -> None:
    compared = set()
    with (shared_dir / "data" / "reference" / "quantlib_option_values.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["file"] != "europeanoption.cpp" or row["measure"] not in {"rho", "dividendRho", "elasticity"}:
                continue
            spot, years, rate, q = float(row["spot"]), float(row["t_years"]), float(row["r"]), float(row["q"])
            forward = spot * math.exp((rate - q) * years)
            terms = (spot, forward, float(row["strike"]), years, rate, float(row["vol"]), row["type"] == "Put")
            values, further = european(*terms), european_sensitivities(*terms)
            found = {
                "rho": further.rho[0] * 100,
                "dividendRho": -years * spot * values.delta[0],
                "elasticity": values.delta[0] * spot / values.price[0],
            }
            assert found[row["measure"]] == pytest.approx(float(row["expected"]), abs=1e-4), row
            compared.add(row["measure"])
    assert compared == {"rho", "dividendRho", "elasticity"}


def test_every_rho_of_vollibs_own_test_data(shared_dir: Path) -> None:
    table = json.loads((shared_dir / "data" / "reference" / "py_vollib_test_data.json").read_text())
    columns = dict(zip(table["columns"], np.array(table["data"]).T, strict=True))
    spot, years, rate = columns["S"], columns["t"], columns["R"]
    for is_put, name in ((False, "CR"), (True, "PR")):
        terms = (spot, spot * np.exp(rate * years), columns["K"], years, rate, columns["v"], is_put)
        found = european_sensitivities(*terms)
        assert found.valid.all()
        # The table is rounded to ten decimals.
        np.testing.assert_allclose(found.rho * 100, columns[name], rtol=1e-6, atol=1e-9, err_msg=name)


EPSILON = float(np.finfo(np.float64).eps)


@settings(max_examples=60)
@example(5.0, -6.0, 1.0, 0.0625, 0.0, 1.0, False)
@given(
    spot=st.floats(5.0, 1000.0),
    deviations=st.floats(-6.0, 6.0),
    years=st.floats(1e-4, 3.0),
    rate=st.floats(-0.02, 0.12),
    dividend_yield=st.floats(0.0, 0.10),
    volatility=st.floats(0.05, 5.0),
    is_put=st.booleans(),
)
def test_every_sensitivity_is_a_derivative_of_the_exact_price(
    spot: float,
    deviations: float,
    years: float,
    rate: float,
    dividend_yield: float,
    volatility: float,
    is_put: bool,
) -> None:
    forward = spot * math.exp((rate - dividend_yield) * years)
    strike = forward * math.exp(deviations * volatility * math.sqrt(years))
    terms = (spot, forward, strike, years, rate, volatility, is_put)
    exact = exact_values(Options(*(np.array([term]) for term in terms)))
    values, further = european(*terms), european_sensitivities(*terms)
    for name, expected in slopes(*terms).items():
        found = getattr(values if hasattr(values, name) else further, name)[0]
        # Sums of terms of both signs are held against the terms.
        scale = exact.get(f"{name} scale", np.abs(exact[name]))[0]
        # Charm loses a digit where the strike is less than a hundred-thousandth of the forward: 1.9e-11 at the worst.
        bound = 3e-11 if name == "charm" else 1e-11
        # The yield is read off the forward, whose last bits are worth so much of charm, however small charm is.
        read_off = 2 * EPSILON / years / 365 if name == "charm" else 0.0
        assert found == pytest.approx(expected, rel=0, abs=bound * scale + read_off), name
        assert exact[name][0] == pytest.approx(expected, rel=0, abs=1e-14 * scale), name


@given(
    log_moneyness=st.floats(-0.7, 0.7),
    years=st.floats(1e-3, 3.0),
    rate=st.floats(-0.02, 0.12),
    dividend_yield=st.floats(0.0, 0.10),
    volatility=st.floats(0.03, 2.0),
)
def test_calls_less_puts_have_the_sensitivities_of_a_forward_contract(
    log_moneyness: float, years: float, rate: float, dividend_yield: float, volatility: float
) -> None:
    spot, strike = 100.0, 100.0 * math.exp(log_moneyness)
    forward = spot * math.exp((rate - dividend_yield) * years)
    found = european_sensitivities(spot, forward, strike, years, rate, volatility, np.array([False, True]))
    assert found.rho[0] - found.rho[1] == pytest.approx(0.01 * strike * years * math.exp(-rate * years), rel=1e-12)
    assert found.vanna[0] == found.vanna[1]
    assert found.volga[0] == found.volga[1]
    carry = dividend_yield * math.exp(-dividend_yield * years) / 365
    assert found.charm[0] - found.charm[1] == pytest.approx(carry, rel=1e-9, abs=1e-13)


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.3), (0.5, 0.0), (0.0, 0.0)])
def test_a_certain_outcome_has_the_rate_and_decay_of_what_is_certain(years: float, volatility: float) -> None:
    rate, dividend_yield, strikes = 0.04, 0.01, np.array([90.0, 100.0, 110.0])
    forward = 100.0 * math.exp((rate - dividend_yield) * years)
    exercised = np.array([1.0, 1.0, 0.0]) if years > 0 else np.array([1.0, 0.5, 0.0])
    found = european_sensitivities(100.0, forward, strikes, years, rate, volatility, False)
    assert found.valid.all()
    assert not found.vanna.any()
    assert not found.volga.any()
    np.testing.assert_allclose(found.rho, 0.01 * strikes * years * math.exp(-rate * years) * exercised)
    decay = dividend_yield * math.exp(-dividend_yield * years) / 365 * (years > 0)
    np.testing.assert_allclose(found.charm, decay * exercised, rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize(("years", "volatility"), [(1e-12, 0.3), (0.5, 1e-9), (1e-300, 0.3), (0.5, 1e-320)])
def test_almost_no_time_or_volatility_comes_to_the_same_away_from_the_strike(years: float, volatility: float) -> None:
    strikes = np.array([90.0, 110.0])
    for is_put in (False, True):
        near = european_sensitivities(100.0, 100.0, strikes, years, 0.04, volatility, is_put)
        limit = european_sensitivities(100.0, 100.0, strikes, years, 0.04, 0.0, is_put)
        assert near.valid.all()
        for row in (0, 1):
            assert columns_of(near, row) == pytest.approx(columns_of(limit, row), rel=1e-12, abs=1e-300)


def test_forty_deviations_away_every_sensitivity_is_zero_and_none_is_missing() -> None:
    found = european_sensitivities(100.0, 100.0, 100.0 * np.exp(0.05 * np.array([40.0, 90.0])), 0.25, 0.0, 0.1, False)
    assert found.valid.all()
    for row in (0, 1):
        assert columns_of(found, row) == pytest.approx([0.0] * 4, abs=1e-300)


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
    inputs = [np.array([value, bad if at == position else value]) for at, value in enumerate(GOOD)]
    spot, forward, strike, years, rate, volatility = inputs
    found = european_sensitivities(spot, forward, strike, years, rate, volatility, False)
    assert found.valid.tolist() == [True, False]
    assert all(math.isfinite(value) for value in columns_of(found, 0))
    assert all(math.isnan(value) for value in columns_of(found, 1))


@pytest.mark.parametrize("position", range(len(GOOD)))
@pytest.mark.parametrize("absurd", [1e-308, 1e308, -1e308])
def test_an_absurd_input_gives_finite_values_or_an_invalid_row(position: int, absurd: float) -> None:
    spot, forward, strike, years, rate, volatility = (
        absurd if at == position else value for at, value in enumerate(GOOD)
    )
    found = european_sensitivities(spot, forward, strike, years, rate, volatility, True)
    values = columns_of(found, 0)
    assert all(math.isfinite(value) for value in values) if found.valid[0] else all(map(math.isnan, values))


def test_a_grid_keeps_its_shape() -> None:
    found = european_sensitivities(np.array([[90.0], [110.0]]), 100.0, np.array([80.0, 100.0, 120.0]), 1, 0, 0.2, False)
    for figures in (found.rho, found.vanna, found.charm, found.volga, found.valid):
        assert figures.shape == (2, 3)
    with pytest.raises(ValueError, match="broadcast"):
        european_sensitivities(np.ones(2), np.ones(3), 1.0, 1.0, 0.0, 0.2, False)
