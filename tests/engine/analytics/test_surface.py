"""The surface between, before and after its expirations; skew and expected move; how sparse expirations fit in."""

import math

import numpy as np
import pytest

from engine.analytics.smile import Smile, SmileSource, flat_smile
from engine.analytics.surface import Surface, expected_move, fit_surface, iv_uncertainty, skew
from engine.analytics.svi import Svi, has_calendar
from engine.domain.chain import Floats

FLAT = Surface((flat_smile(100.0, 0.05, 0.30), flat_smile(101.0, 0.15, 0.24), flat_smile(102.0, 0.35, 0.22)))
SKEWED = Smile(250.0, 0.12, Svi(a=0.004, b=0.05, rho=-0.6, m=0.02, sigma=0.1), SmileSource.SVI)


def table(dates: tuple[float, ...], strikes: int = 21) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    """Columns of a chain with puts and calls at each strike: years, forward, strike, iv, uncertainty, is_put."""
    rows = []
    for years in dates:
        forward = 100 * math.exp(0.03 * years)
        for k in np.linspace(-0.25, 0.2, strikes).tolist():
            variance = years * (0.05 + 0.08 * (-0.5 * k + math.hypot(k, 0.1)))
            strike = forward * math.exp(k)
            # In the money the quotes are wrong, as bids below exercise make them.
            rows += [(years, forward, strike, math.sqrt(variance / years) + (0.1 * ((k >= 0) is put)), 0.002, put)
                     for put in (True, False)]  # fmt: skip
    years, forward, strike, iv, spread, put = np.array(rows, dtype=np.float64).T
    return years, forward, strike, iv, spread, put


def fitted(columns: tuple[Floats, Floats, Floats, Floats, Floats, Floats]) -> Surface:
    *figures, is_put = columns
    years, forward, strike, iv, spread = figures
    return fit_surface(years, forward, strike, iv, spread, is_put.astype(np.bool_))


def test_total_variance_runs_straight_between_expirations() -> None:
    found = FLAT.volatility(0.1, 0.10)
    expected = math.sqrt(0.5 * (0.30**2 * 0.05 + 0.24**2 * 0.15) / 0.10)
    assert found.volatility[0] == pytest.approx(expected)
    assert not found.extrapolated[0]


def test_expirations_themselves_are_met_exactly() -> None:
    found = FLAT.volatility(np.array([-0.1, 0.0, 0.2]), np.array([0.05, 0.15, 0.35]))
    assert found.volatility == pytest.approx([0.30, 0.24, 0.22])
    assert not found.extrapolated.any()


def test_outside_the_expirations_the_surface_is_extended_and_says_so() -> None:
    found = FLAT.volatility(0.0, np.array([0.01, 0.70]))
    forward_variance = (0.22**2 * 0.35 - 0.24**2 * 0.15) / 0.20
    assert found.volatility[0] == pytest.approx(0.30)
    assert found.volatility[1] == pytest.approx(math.sqrt((0.22**2 * 0.35 + forward_variance * 0.35) / 0.70))
    assert found.extrapolated.all()


def test_inputs_broadcast() -> None:
    found = FLAT.volatility(np.zeros((3, 1)), np.array([0.05, 0.1, 0.15, 0.2]))
    assert found.volatility.shape == found.extrapolated.shape == (3, 4)


def test_one_expiration_holds_its_volatility() -> None:
    found = Surface((SKEWED,)).volatility(0.05, np.array([0.01, 0.12, 1.0]))
    assert found.volatility == pytest.approx(float(SKEWED.volatility(0.05)[0]))
    assert found.extrapolated.tolist() == [True, False, True]


def test_constant_maturity_is_the_month_at_the_money() -> None:
    assert FLAT.constant_maturity().volatility == pytest.approx(FLAT.volatility(0.0, 30 / 365).volatility)
    assert FLAT.constant_maturity(0.15).volatility == pytest.approx(0.24)


@pytest.mark.parametrize("years", [0.0, -1.0, math.nan, math.inf])
def test_no_volatility_without_a_usable_date(years: float) -> None:
    found = FLAT.volatility(0.0, years)
    assert not found.valid[0]
    assert found.extrapolated[0]


def test_nothing_known_without_smiles_or_moneyness() -> None:
    assert not Surface(()).constant_maturity().valid.any()
    assert not FLAT.volatility(math.nan, 0.1).valid.any()


def test_a_known_surface_comes_back_from_its_out_of_the_money_side() -> None:
    surface = fitted(table((0.05, 0.12, 0.40)))
    assert [smile.source for smile in surface.smiles] == [SmileSource.SVI] * 3
    assert [smile.quotes for smile in surface.smiles] == [21] * 3
    for smile in surface.smiles:
        k = np.linspace(-0.25, 0.2, 21)
        true = np.sqrt(0.05 + 0.08 * (-0.5 * k + np.hypot(k, 0.1)))
        assert smile.volatility(k) == pytest.approx(true, abs=2e-3)


def test_few_quotes_borrow_the_shape_of_their_neighbours() -> None:
    years, forward, strike, iv, spread, put = table((0.03, 0.05, 0.12, 0.40, 0.70))
    sparse = np.isin(years, (0.03, 0.12, 0.70)) & (np.abs(strike / forward - 0.9) > 0.02)
    iv[sparse] = np.nan
    surface = fitted((years, forward, strike, iv, spread, put))
    sources = [smile.source for smile in surface.smiles]
    assert sources == [SmileSource.SCALED, SmileSource.SVI, SmileSource.SCALED, SmileSource.SVI, SmileSource.SCALED]
    for earlier, later in zip(surface.smiles, surface.smiles[1:], strict=False):
        assert not has_calendar(earlier.svi, later.svi, 0.05)
    # The quotes at a moneyness of 0.9 alone, and yet the smile falls towards the calls.
    assert surface.smiles[2].volatility(-0.1)[0] - surface.smiles[2].volatility(0.1)[0] > 0.02


def test_noise_of_the_last_hours_bounds_no_later_smile() -> None:
    clean = table((0.05, 0.12))
    noisy = table((0.0002, 0.05, 0.12))
    noisy[3][noisy[0] == 0.0002] = 4.0
    for alone, beside in zip(fitted(clean).smiles, fitted(noisy).smiles[1:], strict=True):
        assert beside == alone


def test_expirations_that_cannot_be_fitted_are_kept_with_their_reason() -> None:
    years, forward, strike, iv, spread, put = table((0.05, 0.12, 0.40))
    iv[years == 0.05] = np.nan
    forward[years == 0.40] = np.nan
    surface = fitted((years, forward, strike, iv, spread, put))
    assert [smile.years for smile in surface.smiles] == [0.12]
    assert [smile.source for smile in surface.failed] == [SmileSource.NO_QUOTES, SmileSource.NO_FORWARD]
    assert fitted(tuple(column[:0] for column in table((0.05,)))) == Surface((), ())  # type: ignore[arg-type]


def test_columns_of_different_lengths_are_an_error() -> None:
    years, forward, strike, iv, spread, put = table((0.05,))
    with pytest.raises(ValueError, match="one shape"):
        fitted((years[1:], forward, strike, iv, spread, put))


def test_the_uncertainty_is_half_the_spread_in_volatility() -> None:
    bid, ask = np.array([1.0, 1.0, np.nan, 1.0, 1.0]), np.array([1.2, 1.0, 1.2, 0.9, 1.2])
    vega = np.array([0.05, 0.05, 0.05, 0.05, 0.0])
    found = iv_uncertainty(bid, ask, vega)
    # 0.10 of half spread at 0.05 a point is two points.
    assert found[:2] == pytest.approx([0.02, 0.0])
    assert np.isnan(found[2:]).all()


def test_skew_is_read_at_25_delta_and_at_the_money() -> None:
    found = skew(SKEWED)
    step = 1e-5
    slope = float((SKEWED.volatility(step) - SKEWED.volatility(-step))[0]) / (2 * step)
    assert found.slope == pytest.approx(slope, rel=1e-5)
    k = np.linspace(-0.5, 0.5, 200_001)
    deviation = np.sqrt(SKEWED.total_variance(k))
    upper = np.array([math.erf(x / math.sqrt(2)) for x in ((-k / deviation + deviation / 2)[::100]).tolist()])
    delta = 0.5 * (1 + np.interp(k, k[::100], upper))
    call, put = k[np.argmin(np.abs(delta - 0.25))], k[np.argmin(np.abs(delta - 0.75))]
    wings = SKEWED.volatility(np.array([call, put]))
    assert found.risk_reversal == pytest.approx(float(wings[0] - wings[1]), abs=1e-5)
    assert found.butterfly == pytest.approx(float(wings.mean()) - SKEWED.at_the_money, abs=1e-5)
    assert found.risk_reversal < 0


def test_a_flat_smile_has_no_skew() -> None:
    found = skew(flat_smile(100.0, 0.1, 0.3))
    assert (found.risk_reversal, found.butterfly, found.slope) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)


@pytest.mark.parametrize(("years", "volatility"), [(0.0, 0.3), (0.1, 0.0), (0.1, math.nan)])
def test_without_volatility_there_is_no_skew(years: float, volatility: float) -> None:
    found = skew(flat_smile(100.0, years, volatility))
    assert np.isnan([found.risk_reversal, found.butterfly, found.slope]).all()


def test_the_expected_move_is_a_deviation_and_a_straddle() -> None:
    found = expected_move(flat_smile(100.0, 0.25, 0.2))
    assert found.deviation == pytest.approx(10.0)
    # Twice the call at the forward: 2 x 100 x (2 N(0.05) - 1).
    assert found.straddle == pytest.approx(2 * 100 * math.erf(0.05 / math.sqrt(2)))
    none = expected_move(flat_smile(math.nan, 0.25, 0.2))
    assert math.isnan(none.deviation)
    assert math.isnan(none.straddle)
