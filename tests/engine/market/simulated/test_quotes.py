"""Quotes of the simulated market: prices on the grid around a model's, spreads and open interest that fade."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.core.calendar import session_on
from engine.core.money import CENT, UNIT
from engine.domain.chain import Floats, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.ports import ChainUpdate
from engine.domain.tick import Grid, grid_of, tick_size
from engine.market.simulated.events import event_days
from engine.market.simulated.listing import listed
from engine.market.simulated.paths import MEAN_VARIANCE, RATE
from engine.market.simulated.quotes import Book, model_prices, on_grid, open_book, quotes
from engine.market.simulated.universe import COUNT, SYMBOLS, column

MONDAY = session_on(dt.date(2026, 1, 5))
assert MONDAY is not None
SESSION = MONDAY
DAY = SESSION.day
SPOT = column("spot")
CALM = np.zeros(COUNT)
NONE = np.zeros(COUNT, dtype=np.bool_)
NAMES = np.array([SYMBOLS.index(symbol) for symbol in ("AAPL", "GS", "LLY", "NVDA", "SPY", "XLC", "XLE")])
"""Every kind of grid, price and class."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Table:
    """One update with its keys decoded; prices in dollars."""

    update: ChainUpdate
    expiration: Ints
    is_put: Flags
    strike: Floats
    is_good: Flags


@cache
def book(stress: float = 1.0, level: float = 0.0, *, seed: int = 1) -> Book:
    """Of a market whose variance is `stress` times its mean, and whose prices are all `level` dollars, if above 0."""
    spot = np.full(COUNT, level) if level else SPOT
    variance = MEAN_VARIANCE * stress
    here = (np.array([DAY.toordinal()]), spot[np.newaxis], np.sqrt(variance)[np.newaxis])
    listings = listed(DAY, NAMES, *here, np.zeros(COUNT, dtype=np.int64))
    return open_book(seed, SESSION, listings, spot, variance, fair=False)


def tables(minutes: int = 5, stress: float = 1.0, level: float = 0.0, halted: Flags = NONE) -> list[Table]:
    """The five minutes after the open have no stale contracts."""
    spot = np.full(COUNT, level) if level else SPOT
    state = np.full(COUNT, np.log(stress) / 2)
    found = []
    for update in quotes(book(stress, level), SESSION.opens + dt.timedelta(minutes=minutes), spot, state, halted):
        expiration, is_put, strike = decode_keys(update.key)
        is_good = (update.bid >= 0) & (update.ask >= update.bid)
        found.append(Table(update, expiration, is_put, strike / UNIT, is_good))
    return found


# --- the grid --------------------------------------------------------------------------------------------------------
@given(
    st.integers(0, 100_000),
    st.booleans(),
    st.floats(-1e-9, 1e-9),
    st.sampled_from(["SPY", "AAPL", "XLC"]),
)
def test_prices_round_to_the_nearest_tick_away_from_the_mid(
    thousandths: int, up: bool, dust: float, symbol: str
) -> None:
    grid = grid_of(symbol)
    price = max(0.0, thousandths / 1000 + dust)
    ticks = (np.array([grid.below / CENT]), np.array([grid.above / CENT]))
    units = round(on_grid(np.array([price]), *ticks, up=up).item() * UNIT)
    assert units % tick_size(symbol, units) == 0
    distance = units - thousandths * UNIT // 1000
    assert 0 <= (distance if up else -distance) < tick_size(symbol, thousandths * UNIT // 1000)


def test_every_class_is_quoted_on_its_own_grid() -> None:
    assert {grid_of(SYMBOLS[name]) for name in NAMES.tolist()} == {Grid.CENTS, Grid.PENNY, Grid.NICKEL}
    for table in tables():
        grid = grid_of(table.update.symbol)
        for side in (table.update.bid, table.update.ask):
            units = side[np.isfinite(side)] * UNIT
            whole = np.rint(units).astype(np.int64)
            np.testing.assert_allclose(units, whole, atol=1e-5)
            assert (whole % np.where(whole < 3 * UNIT, grid.below, grid.above) == 0).all()


# --- prices ----------------------------------------------------------------------------------------------------------
def test_most_quotes_are_good_and_a_good_ask_is_above_its_bid() -> None:
    for table in tables():
        assert table.is_good.mean() > 0.99
        assert (table.update.ask[table.is_good] > table.update.bid[table.is_good]).all()


@pytest.mark.parametrize("stress", [0.3, 1.0, 4.0])
def test_calls_fall_and_puts_rise_with_strike_and_parity_holds_within_the_spread(stress: float) -> None:
    events = event_days(1, 2026, 2028)
    for table in tables(stress=stress):
        update, name = table.update, SYMBOLS.index(table.update.symbol)
        pays = column("dividend_yield")[name] / 4
        for expiration in np.unique(table.expiration):
            rows = table.expiration == expiration
            call, put = (np.flatnonzero(rows & (table.is_put == side)) for side in (False, True))
            assert (table.strike[call] == table.strike[put]).all()
            for right, cheaper, dearer in ((call, 1, 0), (put, 0, 1)):
                good = right[table.is_good[right]]
                pair = (good[:-1], good[1:])
                assert (update.bid[pair[cheaper]] <= update.ask[pair[dearer]]).all()
            both = table.is_good[call] & table.is_good[put]
            c, p, strike = call[both], put[both], table.strike[call[both]]
            years = (int(expiration) - DAY.toordinal() + 1) / 365
            paid = events.dividends_until(*(np.array([n]) for n in (name, DAY.toordinal(), int(expiration))))[0]
            carried = update.spot * (1 - pays) ** paid
            # American parity: S less its dividends - K <= C - P <= S - K exp(-rT), each side as it could be traded.
            assert (update.ask[c] - update.bid[p] >= carried - strike - 1e-9).all()
            assert (update.bid[c] - update.ask[p] <= update.spot - strike * np.exp(-RATE * years) + 1e-9).all()


def test_no_option_can_be_bought_below_its_exercise() -> None:
    for table in tables(stress=0.25):
        sign = np.where(table.is_put, -1.0, 1.0)
        exercise = np.maximum(sign * (table.update.spot - table.strike), 0)
        assert (table.update.ask[table.is_good] >= exercise[table.is_good] - 1e-9).all()


def test_the_forward_is_that_of_rate_and_dividends() -> None:
    """From the model's calls and puts where neither is at its exercise value or exercised at an ex-day."""
    here = replace(book(), ex_days=())
    at = SESSION.opens + dt.timedelta(minutes=5)
    calls, puts, _, years = model_prices(here, at, SPOT, CALM)
    name, rows = here.expiration_name, here.strike_expiration
    near = np.abs(here.strike / SPOT[name[rows]] - 1) < 0.02
    forward = here.strike + (calls - puts) * np.exp(RATE * years[rows])
    expected = SPOT[name] * np.exp(RATE * years) * (1 - column("dividend_yield")[name] / 4) ** here.expiration.dividends
    european = near & (puts > here.strike - SPOT[name[rows]] + 1e-6) & (calls > SPOT[name[rows]] - here.strike + 1e-6)
    np.testing.assert_allclose(forward[european], expected[rows][european], rtol=1e-9)
    assert european.sum() > 100
    assert (here.expiration.dividends > 0).any()


def test_earnings_within_an_expiration_make_it_dearer_per_day() -> None:
    here = book()
    nvda = SYMBOLS.index("NVDA")
    at = SESSION.opens + dt.timedelta(minutes=5)
    ahead = here.expiration.earnings[here.expiration_name == nvda]
    assert ahead[0] == 0
    assert ahead[-1] >= 3
    assert (np.diff(ahead) >= 0).all()
    quiet = replace(here, expiration=replace(here.expiration, earnings=np.zeros(here.expiration.earnings.size)))
    with_news, without = (model_prices(each, at, SPOT, CALM)[2] for each in (here, quiet))
    rows = here.strike_expiration
    mine = here.expiration_name[rows] == nvda
    has_news = here.expiration.earnings[rows] > 0
    assert (with_news[mine & has_news] > without[mine & has_news]).all()
    np.testing.assert_array_equal(with_news[mine & ~has_news], without[mine & ~has_news])


def test_the_last_minute_of_an_expiration_has_prices() -> None:
    at = SESSION.closes - dt.timedelta(minutes=1)
    (spy,) = (update for update in quotes(book(), at, SPOT, CALM, NONE) if update.symbol == "SPY")
    expiration, is_put, strike = decode_keys(spy.key)
    today = expiration == DAY.toordinal()
    exercise = np.maximum(np.where(is_put, -1, 1) * (spy.spot - strike / UNIT), 0)
    good = today & (spy.ask >= spy.bid)
    assert good.sum() > 100
    assert (np.abs((spy.bid + spy.ask) / 2 - exercise)[good] < 0.005 * spy.spot).all()


# --- spreads, open interest, volume ----------------------------------------------------------------------------------
def test_spreads_widen_with_time_and_away_from_the_money() -> None:
    for table in tables():
        update = table.update
        spread = np.where(table.is_good, update.ask - update.bid, np.nan)
        mid = (update.ask + update.bid) / 2
        away = np.abs(np.log(table.strike / update.spot))
        near = away < 0.03
        days = np.unique(table.expiration)
        at_first, at_last = (np.nanmean(spread[near & (table.expiration == day)]) for day in (days[0], days[-1]))
        assert at_last > at_first
        month = days[np.searchsorted(days, DAY.toordinal() + 30)]
        out = (table.expiration == month) & (table.is_put == (table.strike < update.spot)) & (update.bid > 0)
        far = away > np.quantile(away[out], 0.8)
        relative = spread / mid
        assert np.nanmedian(relative[out & far]) > 2 * np.nanmedian(relative[out & near])


def test_the_busiest_class_has_the_tightest_spreads() -> None:
    at_the_money = {}
    for table in tables():
        mid = (table.update.ask + table.update.bid) / 2
        days = np.unique(table.expiration)
        month = days[np.searchsorted(days, DAY.toordinal() + 30)]
        near = table.is_good & (table.expiration == month) & (np.abs(table.strike / table.update.spot - 1) < 0.02)
        at_the_money[table.update.symbol] = np.median((table.update.ask - table.update.bid)[near] / mid[near])
    assert min(at_the_money, key=lambda symbol: at_the_money[symbol]) == "SPY"
    assert at_the_money["SPY"] < 0.02
    assert at_the_money["XLC"] > 3 * at_the_money["SPY"]


def test_far_wings_about_to_expire_have_no_bid_but_an_ask() -> None:
    worthless = 0
    for table in tables():
        no_bid = table.update.bid == 0
        worthless += int(no_bid.sum())
        assert (table.update.ask[no_bid] > 0).all()
        away = np.abs(np.log(table.strike / table.update.spot))
        assert (away[no_bid] > 0.008).all()
    assert worthless > 0


def test_open_interest_and_volume_fade_away_from_the_money_and_volume_grows_all_day() -> None:
    # The first five minutes and the last of the quarter hours in which all is quoted.
    for early, late in zip(tables(minutes=5), tables(minutes=383), strict=True):
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


def test_monthlies_are_more_popular_than_the_weeklies_around_them() -> None:
    for table in tables():
        near = np.abs(table.strike / table.update.spot - 1) < 0.03
        monthly, weekly = (
            table.update.open_interest[near & (table.expiration == day.toordinal())].mean()
            for day in (dt.date(2026, 2, 20), dt.date(2026, 2, 13))
        )
        assert monthly > 2 * weekly


# --- what is left out ------------------------------------------------------------------------------------------------
def test_a_halted_name_has_no_quotes() -> None:
    halted = NONE.copy()
    halted[SYMBOLS.index("AAPL")] = True
    assert "AAPL" in [table.update.symbol for table in tables()]
    assert "AAPL" not in [table.update.symbol for table in tables(halted=halted)]


def test_stale_contracts_are_left_out_and_the_others_are_not_changed_by_it() -> None:
    left_out = 0
    whole = {table.update.symbol: table.update.key for table in tables()}
    for slot in range(25):
        for table in tables(minutes=10 + 15 * slot):
            missing = np.setdiff1d(whole[table.update.symbol], table.update.key)
            assert np.isin(table.update.key, whole[table.update.symbol]).all()
            assert missing.size < 0.1 * table.update.key.size
            left_out += missing.size
    assert left_out > 50


@pytest.mark.parametrize("level", [0.01, 3.0, 60.0, 9000.0])
def test_a_market_that_has_wandered_far_still_quotes(level: float) -> None:
    for table in tables(level=level):
        assert table.update.key.size > 0
        assert table.is_good.mean() > 0.9
