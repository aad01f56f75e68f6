"""Quotes of the simulated market: a smile without arbitrage, prices on the grid, spreads and sizes that fade."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.analytics.black_scholes import european
from engine.core.calendar import session_on
from engine.core.money import UNIT
from engine.domain.chain import Floats, Ints
from engine.domain.instrument import decode_keys
from engine.domain.ports import ChainUpdate
from engine.domain.tick import tick_size
from engine.market.simulated_listing import listed
from engine.market.simulated_paths import MEAN_VARIANCE, RATE, UNDERLYINGS, column
from engine.market.simulated_quotes import BAD_QUOTE_RATE, _on_grid, at_the_money, open_book, quotes, smile

DAY = dt.date(2026, 1, 5)
SPOT = column("spot")


Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """One update with its keys decoded; prices in dollars."""

    update: ChainUpdate
    expiration: Ints
    is_put: Flags
    strike: Floats
    is_good: Flags


def tables(seed: int = 1, minutes: int = 30, spot: Floats = SPOT, variance: Floats = MEAN_VARIANCE) -> list[Table]:
    session = session_on(DAY)
    assert session is not None
    volatility = np.sqrt(variance)
    listings = tuple(listed((), DAY, *here) for here in zip(spot.tolist(), volatility.tolist(), strict=True))
    book = open_book(seed, session, listings, spot, variance)
    found = []
    for update in quotes(book, session.opens + dt.timedelta(minutes=minutes), spot, variance):
        expiration, is_put, strike = decode_keys(update.key)
        is_good = (update.bid >= 0) & (update.ask >= update.bid)
        found.append(Table(update, expiration, is_put, strike / UNIT, is_good))
    return found


@pytest.mark.parametrize("name", range(len(UNDERLYINGS)))
@pytest.mark.parametrize("stress", [0.2, 1.0, 5.0])
def test_the_smile_leaves_no_arbitrage_between_strikes_or_expirations(name: int, stress: float) -> None:
    moneyness = np.linspace(-0.5, 0.5, 401)
    strike = 100 * np.exp(moneyness)
    names = np.full(moneyness.size, name)
    before = np.zeros(moneyness.size)
    for days in (0.1, 1, 4, 11, 32, 60, 95):
        years = np.full(moneyness.size, days / 365)
        level = at_the_money(names, MEAN_VARIANCE[names] * stress, years) ** 2 * years
        total = smile(level, moneyness, column("skew")[names])
        assert (total > before).all(), "total variance must grow with time at each moneyness"
        calls = european(100.0, 100.0, strike, years, 0.0, np.sqrt(total / years), is_put=False).price
        slope = np.diff(calls) / np.diff(strike)
        assert (slope <= 1e-9).all()
        assert (slope >= -1 - 1e-9).all()
        assert (np.diff(slope) >= -1e-9).all(), "calls must be convex in strike"
        before = total


@settings(deadline=None)
@given(
    st.integers(0, 100_000),
    st.booleans(),
    st.floats(-1e-9, 1e-9),
    st.sampled_from(["SPY", "AAPL"]),
)
def test_prices_round_to_the_nearest_tick_away_from_the_mid(
    thousandths: int, up: bool, dust: float, symbol: str
) -> None:
    price = max(0.0, thousandths / 1000 + dust)
    rounded = _on_grid(np.array([price]), np.array([symbol == "SPY"]), up=up).item()
    units = round(rounded * UNIT)
    tick = tick_size(symbol, units)
    assert units % tick == 0
    distance = units - thousandths * UNIT // 1000
    assert 0 <= (distance if up else -distance) < tick


def test_good_quotes_are_ordered_on_the_grid_and_most_quotes_are_good() -> None:
    for table in tables():
        update = table.update
        assert table.is_good.mean() > 0.99
        assert (update.ask[table.is_good] > update.bid[table.is_good]).all()
        for contract_key, *sides in zip(update.key.tolist(), update.bid.tolist(), update.ask.tolist(), strict=True):
            assert contract_key > 0
            for side in sides:
                if np.isfinite(side):
                    units = round(side * UNIT)
                    assert units == pytest.approx(side * UNIT, abs=1e-6)
                    assert units % tick_size(update.symbol, units) == 0


@pytest.mark.parametrize("stress", [0.3, 1.0, 4.0])
def test_calls_fall_and_puts_rise_with_strike_and_parity_holds_within_the_spread(stress: float) -> None:
    for table in tables(variance=MEAN_VARIANCE * stress):
        update = table.update
        for expiration in np.unique(table.expiration):
            rows = table.expiration == expiration
            call, put = (np.flatnonzero(rows & (table.is_put == side)) for side in (False, True))
            assert (table.strike[call] == table.strike[put]).all()
            for right, cheaper, dearer in ((call, 1, 0), (put, 0, 1)):
                good = right[table.is_good[right]]
                lower, higher = good[:-1], good[1:]
                pair = (lower, higher)
                assert (update.bid[pair[cheaper]] <= update.ask[pair[dearer]]).all()
            both = table.is_good[call] & table.is_good[put]
            c, p, strike = call[both], put[both], table.strike[call[both]]
            years = (int(expiration) - DAY.toordinal() + 1) / 365
            # American parity without dividends: S - K <= C - P <= S - K exp(-rT), each side as it could be traded.
            assert (update.ask[c] - update.bid[p] >= update.spot - strike - 1e-9).all()
            assert (update.bid[c] - update.ask[p] <= update.spot - strike * np.exp(-RATE * years) + 1e-9).all()


def test_no_option_can_be_bought_below_its_exercise() -> None:
    for table in tables(variance=MEAN_VARIANCE / 4):
        sign = np.where(table.is_put, -1.0, 1.0)
        exercise = np.maximum(sign * (table.update.spot - table.strike), 0)
        assert (table.update.ask[table.is_good] >= exercise[table.is_good] - 1e-9).all()


def test_puts_below_carry_more_volatility_than_calls_above() -> None:
    """In a lognormal market a call at F x is worth x times the put at F / x; with a skew the put is worth more."""
    for table in tables(minutes=1):
        mid = (table.update.bid + table.update.ask) / 2
        expiration = np.unique(table.expiration)[5]
        forward = table.update.spot * np.exp(RATE * (int(expiration) - DAY.toordinal()) / 365)
        worth = []
        for is_put, strike in ((True, forward / 1.08), (False, forward * 1.08)):
            rows = np.flatnonzero((table.expiration == expiration) & (table.is_put == is_put) & table.is_good)
            worth.append(np.interp(strike, table.strike[rows], mid[rows]))
        assert worth[0] * 1.08 > 1.05 * worth[1]


def test_broken_quotes_come_at_the_set_rate_and_in_every_kind() -> None:
    kinds = np.zeros(3)
    seen = 0
    for minutes in range(100):
        for table in tables(minutes=minutes):
            no_bid, no_ask = np.isnan(table.update.bid), np.isnan(table.update.ask)
            kinds += [(table.update.bid > table.update.ask).sum(), (no_bid & ~no_ask).sum(), (no_bid & no_ask).sum()]
            assert not (no_ask & ~no_bid).any()
            seen += no_bid.size
    np.testing.assert_allclose(kinds / seen, BAD_QUOTE_RATE / 3, rtol=0.2)


def test_spreads_widen_with_time_and_away_from_the_money() -> None:
    for table in tables(minutes=0):
        update = table.update
        spread = np.where(table.is_good, update.ask - update.bid, np.nan)
        mid = (update.ask + update.bid) / 2
        away = np.abs(np.log(table.strike / update.spot))
        near = away < 0.02
        first, last = np.unique(table.expiration)[[0, -1]]
        at_first, at_last = (np.nanmean(spread[near & (table.expiration == day)]) for day in (first, last))
        assert at_last > at_first
        out = (table.expiration == last) & (table.is_put == (table.strike < update.spot)) & (mid > 0)
        far = away > np.quantile(away[out], 0.8)
        relative = spread / mid
        assert np.nanmedian(relative[out & far]) > 2 * np.nanmedian(relative[out & near])


def test_far_wings_about_to_expire_have_no_bid_but_an_ask() -> None:
    worthless = 0
    for table in tables():
        no_bid = table.update.bid == 0
        worthless += int(no_bid.sum())
        assert (table.update.ask[no_bid] > 0).all()
        away = np.abs(np.log(table.strike / table.update.spot))
        assert (away[no_bid] > 0.02).all()
    assert worthless > 0


def test_open_interest_and_volume_fade_away_from_the_money_and_volume_grows_all_day() -> None:
    morning, evening = tables(minutes=10), tables(minutes=380)
    for early, late in zip(morning, evening, strict=True):
        away = np.abs(np.log(early.strike / early.update.spot))
        near, far = away < 0.02, away > np.quantile(away, 0.85)
        for column_of in (late.update.open_interest, late.update.volume):
            assert np.median(column_of[near]) > 3 * np.median(column_of[far])
        np.testing.assert_array_equal(early.update.open_interest, late.update.open_interest)
        assert (late.update.volume >= early.update.volume).all()
        assert late.update.volume.sum() > 20 * early.update.volume.sum()
        for counts in (late.update.volume, late.update.open_interest):
            assert (counts >= 0).all()
            assert (counts == np.floor(counts)).all()


@pytest.mark.parametrize("spot", [0.01, 3.0, 60.0, 9000.0])
def test_a_market_that_has_wandered_far_still_quotes(spot: float) -> None:
    for table in tables(spot=np.full(5, spot)):
        assert table.update.key.size > 0
        assert table.is_good.mean() > 0.9
