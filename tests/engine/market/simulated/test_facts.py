"""What is known of all markets holds in the simulated one: tails, clustering, leverage, premium, skew and spreads.

The bounds are wide: what they keep out is a market without the fact, or with a grotesque one. The recorded figures
beside the simulated ones are printed by `benchmarks.stylised_facts`.
"""

import datetime as dt
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.stylised_facts import (
    OfChains,
    OfReturns,
    average,
    of_chains,
    of_returns,
    simulated_chains,
    simulated_market,
    simulated_premium,
    simulated_returns,
)
from engine.analytics.black_scholes import european
from engine.core.calendar import session_on
from engine.domain.chain import Floats, Ints
from engine.market.simulated.clock import between_closes
from engine.market.simulated.events import DIVIDEND_LOG, event_days
from engine.market.simulated.paths import RATE
from engine.market.simulated.surface import (
    FAIR_STEEPNESS,
    SKEW,
    STEEPNESS,
    at_the_money,
    expected_variance,
    smile,
)
from engine.market.simulated.universe import IS_FUND, SYMBOLS

SEEDS = (1, 2, 3, 4)


@cache
def returns(seed: int) -> Floats:
    return simulated_returns(seed, 5)


@cache
def facts(symbol: str) -> OfReturns:
    return average([of_returns(returns(seed)[:, SYMBOLS.index(symbol)]) for seed in SEEDS])


@cache
def chains(symbol: str) -> OfChains:
    return of_chains(simulated_chains(1, symbol, 6), RATE)


@pytest.mark.parametrize("symbol", ["SPY", "QQQ", "AAPL", "TSLA", "XLE", "JPM"])
def test_tails_are_fat_and_volatility_clusters(symbol: str) -> None:
    """A normal has 3 and none. Recordings of 2019 to 2025, with the crash of 2020: 6 to 17, and 0.1 to 0.3."""
    assert 3.6 < facts(symbol).kurtosis < 30
    assert 0.02 < facts(symbol).clustering < 0.5


def test_independent_normal_returns_have_none_of_it() -> None:
    """What the measures say of a market that has not learnt anything."""
    found = of_returns(np.random.default_rng(1).standard_normal(40_000) * 0.01)
    assert found.kurtosis == pytest.approx(3, abs=0.15)
    assert found.clustering == pytest.approx(0, abs=0.01)
    assert found.leverage == pytest.approx(0, abs=0.06)
    assert found.deviation == pytest.approx(0.01 * np.sqrt(252), rel=0.02)


@pytest.mark.parametrize("symbol", ["SPY", "QQQ", "IWM"])
def test_falls_are_followed_by_larger_moves_than_rises(symbol: str) -> None:
    """Summed over ten days; recordings of the indices: -0.4 to -0.9, of single names -0.1 to -0.5."""
    assert -1.5 < facts(symbol).leverage < -0.2


def test_leverage_is_an_indexs_more_than_a_companys() -> None:
    every = [average([of_returns(returns(seed)[:, name]) for seed in SEEDS]).leverage for name in range(len(SYMBOLS))]
    companies = np.array(every)[~IS_FUND]
    assert facts("SPY").leverage < companies.mean() < 0


def test_implied_exceeds_realised_on_average_but_not_always() -> None:
    """VIX less what SPY realised, 2019 to 2025: 4 points on average, and a month in five loses."""
    implied, realised = simulated_premium(SEEDS)
    gap = 100 * (implied - realised)
    assert 1.0 < gap.mean() < 6.0
    assert 0.05 < (gap < 0).mean() < 0.45


def test_in_a_fair_market_sellers_are_paid_nothing() -> None:
    """By variance, which is what is expected there: a mean of volatilities is less than the root of a mean."""
    implied, realised = simulated_premium(range(1, 7), fair=True)
    ratio = (realised**2).mean() / (implied**2).mean()
    error = (realised**2).std() / np.sqrt(realised.size) / (implied**2).mean()
    assert ratio == pytest.approx(1.0, abs=3 * error)
    assert error < 0.15
    premium_implied, premium_realised = simulated_premium(range(1, 7))
    assert (premium_realised**2).mean() / (premium_implied**2).mean() < 0.9 * ratio


@cache
def sessions(first: dt.date, last: dt.date) -> Ints:
    """Ordinals of the days from `first` to `last` that have a session."""
    every = range(first.toordinal(), last.toordinal() + 1)
    return np.array([day for day in every if session_on(dt.date.fromordinal(day))])


def paid_at_strikes(fair: bool, deviations: Floats, markets: int) -> tuple[Floats, Floats, Floats]:
    """Of strikes some expected deviations from the forward: price at mid, what a seller who holds on for 32 days keeps,
    each in deviations, and its standard error, over so many markets without their companies."""
    names, kept, asked = np.flatnonzero(IS_FUND), [], []
    first = dt.date(2024, 8, 5)
    for seed in range(1000, 1000 + markets):
        market = simulated_market(seed, fair=fair)
        state = market.closes(market.start.day)
        days = sessions(market.first.day, market.start.day)
        events = event_days(seed, first.year, market.start.day.year)
        sold = np.searchsorted(days, first.toordinal() + 32 * np.arange(14))
        for begin, end in pairwise(sold.tolist()):
            day, later = (np.full(names.size, days[row]) for row in (begin, end))
            carry = RATE * (later - day) / 365 + DIVIDEND_LOG[names] * events.dividends_until(names, day, later)
            moved = np.exp(state.log_price[end, names] - state.log_price[begin, names] - carry)
            volatility, clock = state.log_volatility[begin, names], between_closes(day, later)
            level = at_the_money(names, volatility, clock, np.zeros(names.size), fair=fair)
            deviation = np.sqrt(expected_variance(names, volatility, clock))
            k = deviations[:, np.newaxis] * deviation
            wide = np.broadcast_to(level, k.shape), k, np.broadcast_to(SKEW[names], k.shape)
            total = smile(*wide, FAIR_STEEPNESS if fair else STEEPNESS)
            strike, is_put = np.exp(k), k < 0
            price = european(1.0, 1.0, strike, 1.0, 0.0, np.sqrt(total), is_put).price
            paid_out = np.maximum(np.where(is_put, strike - moved, moved - strike), 0)
            asked.append((price / deviation).mean(axis=1))
            kept.append(((price - paid_out) / deviation).mean(axis=1))
    every = np.array(kept)
    return np.mean(asked, axis=0), every.mean(axis=0), every.std(axis=0) / np.sqrt(len(kept))


def test_in_a_fair_market_no_strike_pays_and_in_the_other_one_puts_do() -> None:
    """Down to what a condor or a put is sold at: a premium there would pass for a strategy's own merit."""
    deviations = np.array([-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])
    price, kept, error = paid_at_strikes(True, deviations, 60)
    assert (np.abs(kept) < 3 * error).all(), (kept / error).tolist()
    assert (error < 0.12 * price + 0.001).all()
    # What is paid for puts is so much that a third of the markets show it as surely.
    _, paid, paid_error = paid_at_strikes(False, deviations, 20)
    assert (paid > 3 * paid_error)[:3].all()


def test_the_skew_of_an_index_is_steeper_than_a_companys() -> None:
    """Call less put volatility at 25 delta over that at the money; recordings of 2026: SPY -0.40, TSLA -0.17."""
    assert -0.6 < chains("SPY").skew < -0.2
    for company in ("TSLA", "NVDA"):
        assert -0.35 < chains(company).skew < -0.05
        assert chains("SPY").skew < 1.4 * chains(company).skew


@pytest.mark.parametrize("symbol", ["SPY", "NVDA"])
def test_spreads_widen_away_from_the_money(symbol: str) -> None:
    """As a part of the mid, from half a delta outwards; recordings: 0.4 to 1.6 % near the money."""
    spreads = chains(symbol).spreads
    assert list(spreads) == sorted(spreads)
    assert spreads[-1] > 1.5 * spreads[0]
    assert 0.001 < spreads[0] < 0.05
    assert spreads[-1] < 0.4
