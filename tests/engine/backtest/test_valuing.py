"""A year's values in one pass, beside those that the live program works out for one chain."""

import datetime as dt
from functools import lru_cache

import numpy as np
import pytest

from engine.analytics.chain_values import chain_values
from engine.analytics.kernel import IvStatus
from engine.analytics.month_volatility import month_volatility
from engine.backtest.valuing import INTO_THE_MONEY, value_chains
from engine.core.money import UNIT
from engine.domain.chain import Chain
from engine.domain.contract_keys import decode_keys
from engine.market.simulated.feed import SimulatedFeed
from engine.market.store import MarketStore

RATE = 0.04
DAYS = (dt.date(2025, 6, 2), dt.date(2025, 6, 3), dt.date(2025, 9, 12))


@lru_cache
def chains(symbol: str) -> tuple[Chain, ...]:
    history = SimulatedFeed(1).history()
    found = [history.end_of_day(symbol, day) for day in DAYS]
    return tuple(MarketStore().apply(update) for update in found if update is not None)


@pytest.mark.parametrize("symbol", ["NVDA", "KO", "SPY"])
def test_values_out_of_the_money_are_those_of_the_live_program(symbol: str) -> None:
    valued = value_chains(chains(symbol), RATE)

    assert len(valued.values) == len(DAYS)
    for chain, ours, month in zip(chains(symbol), valued.values, valued.month, strict=True):
        ordinal, is_put, strike = decode_keys(chain.key)
        days = ordinal - chain.at.date().toordinal()
        live = chain_values(chain, chain.at, RATE, wanted=days <= 60)
        is_otm = is_put == (strike < UNIT * chain.spot)
        near = is_otm & (days > 7) & live.valid & (np.abs(live.delta) < 0.45) & (np.abs(live.delta) > 0.05)
        assert np.count_nonzero(near) > 20
        assert ours.valid[near].all()
        assert np.abs(ours.delta - live.delta)[near].max() < 0.02
        assert np.abs(ours.iv - live.iv)[near].max() < 0.01
        assert np.quantile(np.abs(ours.delta - live.delta)[near], 0.9) < 0.006
        assert abs(ours.spot / live.spot - 1) < 2e-4
        assert month == pytest.approx(month_volatility(chain, RATE), abs=2e-4)


def test_a_year_and_a_day_are_valued_alike() -> None:
    together = value_chains(chains("KO"), RATE)

    for number, chain in enumerate(chains("KO")):
        (alone,) = value_chains([chain], RATE).values
        for name in ("iv", "delta", "gamma", "theta", "vega", "forward", "status"):
            assert np.array_equal(getattr(alone, name), getattr(together.values[number], name), equal_nan=True)


def test_the_two_rights_of_a_strike_have_one_volatility_and_deltas_that_make_a_share() -> None:
    (values,) = value_chains(chains("KO")[:1], RATE).values
    chain = chains("KO")[0]
    ordinal, is_put, strike = decode_keys(chain.key)
    call = {(o, k): n for n, (o, k) in enumerate(zip(ordinal.tolist(), strike.tolist(), strict=True)) if not is_put[n]}
    pairs = [
        (call[o, k], n) for n, (o, k) in enumerate(zip(ordinal.tolist(), strike.tolist(), strict=True)) if is_put[n]
    ]
    both = [(c, p) for c, p in pairs if values.valid[c] and values.valid[p]]

    assert len(both) > 20
    for one, other in both:
        assert values.iv[one] == values.iv[other]
        reach = np.exp(-RATE * values.years[one]) * values.forward[one] / values.spot
        assert values.delta[one] - values.delta[other] == pytest.approx(reach)


def test_deep_in_the_money_nothing_is_valued() -> None:
    chain = chains("NVDA")[0]
    (values,) = value_chains([chain], RATE).values
    _, is_put, strike = decode_keys(chain.key)
    depth = np.where(is_put, strike / UNIT - chain.spot, chain.spot - strike / UNIT)
    deep = depth > (INTO_THE_MONEY + 1e-9) * chain.spot

    assert deep.any()
    assert not values.valid[deep].any()
    assert (values.status[deep] != IvStatus.OK).all()


def test_nothing_is_nothing() -> None:
    assert value_chains([], RATE).values == ()


def test_an_empty_chain_has_no_values() -> None:
    chain = chains("KO")[0]
    empty = np.empty(0, dtype=np.int64)
    none = np.empty(0)
    bare = Chain(
        "KO", 1, chain.at, chain.spot, chain.at, empty, none, none.copy(), none.copy(), none.copy(), empty.copy()
    )

    valued = value_chains([bare], RATE)

    assert valued.values[0].iv.size == 0
    assert np.isnan(valued.month).all()
    mixed = value_chains([chain, bare], RATE)
    assert mixed.values[1].delta.size == 0
    assert np.isfinite(mixed.month[0])


def test_more_days_than_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="513 chains are more than the 512"):
        value_chains(chains("KO")[:1] * 513, RATE)
