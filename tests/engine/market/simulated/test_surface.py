"""What the simulated market expects: smiles without arbitrage, premiums on top, or none when it is fair."""

from itertools import pairwise

import numpy as np
import pytest

from engine.analytics.black_scholes import european
from engine.analytics.svi import Svi, has_butterfly, has_calendar
from engine.market.simulated.events import EARNINGS_VARIANCE
from engine.market.simulated.paths import JUMP_VARIANCE, LOG_VOL_SPREAD, MEAN_REVERSION, MEAN_VARIANCE
from engine.market.simulated.surface import (
    FAIR_STEEPNESS,
    FAIR_SWAP_OVER_MONEY,
    SKEW,
    STEEPNESS,
    SWAP_OVER_MONEY,
    at_the_money,
    expected_variance,
    smile,
)
from engine.market.simulated.universe import COUNT, IS_FUND, SYMBOLS, column

NAMES = np.arange(COUNT)
MONTH = np.full(COUNT, 1 / 12)
NO_EARNINGS = np.zeros(COUNT)


def as_svi(theta: float, rho: float) -> Svi:
    """The same smile in the raw form that the application's own checks know."""
    phi, rest = STEEPNESS / np.sqrt(theta * (1 + theta)), np.sqrt(1 - rho * rho)
    return Svi(theta / 2 * rest * rest, theta / 2 * phi, rho, -rho / phi, rest / phi)


def test_the_raw_form_is_the_same_smile() -> None:
    k = np.linspace(-1, 1, 41)
    np.testing.assert_allclose(
        smile(np.full(41, 0.03), k, np.full(41, -0.6)), as_svi(0.03, -0.6).total_variance(k), rtol=1e-12
    )


@pytest.mark.parametrize("state", [-1.2, 0.0, 1.2])
@pytest.mark.parametrize("earnings", [0.0, 1.0])
def test_no_smile_has_an_arbitrage_in_itself_or_with_the_next_one(state: float, earnings: float) -> None:
    clocks = np.array([0.1, 1, 4, 11, 32, 60, 95, 270, 760]) / 365
    for name in range(COUNT):
        names, states = np.full(clocks.size, name), np.full(clocks.size, state)
        ahead = np.where(clocks > 20 / 365, earnings, 0.0) + np.where(clocks > 0.5, earnings, 0.0)
        levels = at_the_money(names, states, clocks, ahead, fair=False)
        smiles = [as_svi(level, SKEW[name]) for level in levels.tolist()]
        scales = np.sqrt(levels).tolist()
        assert not any(has_butterfly(*each) for each in zip(smiles, scales, strict=True)), SYMBOLS[name]
        for (before, _), (after, scale) in pairwise(zip(smiles, scales, strict=True)):
            assert not has_calendar(before, after, scale), SYMBOLS[name]


def test_total_variance_grows_with_the_clock_and_jumps_over_earnings() -> None:
    state = np.full(COUNT, 0.8)
    near, far = (at_the_money(NAMES, state, MONTH * times, NO_EARNINGS, fair=False) for times in (1, 1.01))
    assert (far > near).all()
    over = at_the_money(NAMES, state, MONTH, NO_EARNINGS + 1, fair=True)
    plain = at_the_money(NAMES, state, MONTH, NO_EARNINGS, fair=True)
    np.testing.assert_allclose((over - plain) * FAIR_SWAP_OVER_MONEY, EARNINGS_VARIANCE, atol=1e-12)


def test_implied_volatility_runs_up_before_earnings_and_is_crushed_after() -> None:
    name = np.array([SYMBOLS.index("NVDA")])
    still = np.zeros(1)

    def implied(days: int, *, ahead: int) -> float:
        clock = np.array([days / 365])
        return float(np.sqrt(at_the_money(name, still, clock, np.array([float(ahead)]), fair=False) / clock)[0])

    before = [implied(days, ahead=1) for days in (30, 20, 10, 5, 2)]
    assert before == sorted(before), "the nearer the news, the more of the time that is left is news"
    assert implied(1, ahead=0) < 0.6 * implied(2, ahead=1)


def test_expected_variance_lies_between_now_and_the_mean() -> None:
    for state in (-0.7, 0.7):
        states = np.full(COUNT, state)
        soon, later, at_last = (
            expected_variance(NAMES, states, np.full(COUNT, years)) / years - JUMP_VARIANCE
            for years in (1e-6, 0.25, 1e4)
        )
        now = MEAN_VARIANCE * np.exp(2 * state - 2 * LOG_VOL_SPREAD**2)
        np.testing.assert_allclose(soon, now, rtol=1e-3)
        np.testing.assert_allclose(at_last, MEAN_VARIANCE, rtol=1e-3)
        assert (np.abs(later - MEAN_VARIANCE) < np.abs(now - MEAN_VARIANCE)).all()


def test_expected_variance_is_the_mean_over_all_paths() -> None:
    """Against paths of the process itself, walked in small steps."""
    generator = np.random.default_rng(3)
    years, steps, start = 0.25, 60, 0.5
    decay = np.exp(-MEAN_REVERSION * years / steps)
    x = np.full(40_000, start)
    total = np.zeros(x.size)
    for _ in range(steps):
        following = decay * x + LOG_VOL_SPREAD * np.sqrt(1 - decay**2) * generator.standard_normal(x.size)
        total += (np.exp(2 * x) + np.exp(2 * following)) / 2 * years / steps
        x = following
    name = np.zeros(1, dtype=np.int64)
    walked = MEAN_VARIANCE[0] * np.exp(-2 * LOG_VOL_SPREAD**2) * total.mean() + JUMP_VARIANCE[0] * years
    assert expected_variance(name, np.full(1, start), np.full(1, years))[0] == pytest.approx(walked, rel=0.01)


@pytest.mark.parametrize("symbol", ["SPY", "AAPL", "GLD", "TSLA"])
@pytest.mark.parametrize("months", [0.25, 1, 6])
def test_a_fair_smile_costs_what_is_expected(symbol: str, months: float) -> None:
    """The variance swap from a strip of options (Carr and Madan 1998): 2 times the sum of their prices over K^2."""
    name = np.array([SYMBOLS.index(symbol)])
    clock = np.array([months / 12])
    level = at_the_money(name, np.zeros(1), clock, np.zeros(1), fair=True)[0]
    k = np.linspace(-14, 14, 20_001) * np.sqrt(level)
    total = smile(np.full(k.size, level), k, np.full(k.size, SKEW[name[0]]), FAIR_STEEPNESS)
    strike = np.exp(k)
    price = european(1.0, 1.0, strike, 1.0, 0.0, np.sqrt(total), strike < 1).price
    swap = 2 * float((price / strike).sum() * (k[1] - k[0]))
    expected = expected_variance(name, np.zeros(1), clock)[0]
    assert swap == pytest.approx(expected, rel=0.02 if months <= 1 else 0.04)


def test_sellers_are_paid_the_stated_premium_unless_it_is_fair() -> None:
    state = np.zeros(COUNT)
    fair, paid = (at_the_money(NAMES, state, MONTH, NO_EARNINGS, fair=fair) for fair in (True, False))
    swaps = paid * SWAP_OVER_MONEY, fair * FAIR_SWAP_OVER_MONEY
    np.testing.assert_allclose(np.sqrt(swaps[0] / swaps[1]), column("premium"))
    assert (column("premium") > 1.03).all()


def test_the_skew_of_the_large_funds_is_steeper_than_that_of_companies() -> None:
    """Put less call volatility one deviation from the money, over that at the money."""
    level = at_the_money(NAMES, np.zeros(COUNT), MONTH, NO_EARNINGS, fair=False)
    deviation = np.sqrt(level)
    low, high = (np.sqrt(smile(level, side * deviation, SKEW) / level) for side in (-0.7, 0.7))
    skew = low - high
    for symbol in ("SPY", "QQQ", "IWM"):
        assert skew[SYMBOLS.index(symbol)] > 1.4 * skew[~IS_FUND].max()
    assert (skew[~IS_FUND] > 0.05).all()
