"""One simulated market over time: no arbitrage in any listing, splits behind it, and views that agree."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from engine.core.calendar import Session, next_session, session_on
from engine.core.money import UNIT
from engine.domain.chain import Floats, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.quote_flags import is_tradable, quote_flags
from engine.market.simulated.clock import MINUTE
from engine.market.simulated.events import splits
from engine.market.simulated.market import HISTORY_DAYS, Market
from engine.market.simulated.paths import RATE
from engine.market.simulated.quotes import model_prices
from engine.market.simulated.universe import COUNT, SYMBOLS, column


def session(year: int, month: int, day: int) -> Session:
    found = session_on(dt.date(year, month, day))
    assert found is not None
    return found


START = session(2026, 1, 5)


@cache
def market(seed: int) -> Market:
    return Market(seed, START)


@cache
def with_a_split() -> Market:
    """The first seed whose market has had one."""
    return next(market(seed) for seed in range(20) if market(seed).splits)


# --- no arbitrage ----------------------------------------------------------------------------------------------------
DAYS = [
    (dt.date(2024, 9, 20), 0),  # a quarterly expiration
    (dt.date(2024, 11, 29), 209),  # the last minute of a half day
    (dt.date(2025, 4, 17), 200),
    (dt.date(2026, 1, 5), 0),
    (dt.date(2026, 1, 27), 389),  # in the season of earnings
    (dt.date(2026, 7, 2), 60),
    (dt.date(2027, 3, 15), 300),
]


@dataclass(frozen=True)
class Mids:
    """Every strike of every name at an instant, (s,), with its expiration's row; dollars."""

    name: Ints
    row: Ints
    strike: Floats
    calls: Floats
    puts: Floats
    over: Floats
    """Undiscounted European calls over the forward."""
    moneyness: Floats
    """Strike over forward."""


def mids(day: dt.date, minute: int) -> Mids:
    today = session_on(day)
    assert today is not None
    worked_out = market(1).today(today)
    book, spot = worked_out.book, worked_out.spot[minute]
    at, state = today.opens + minute * MINUTE, worked_out.log_volatility[minute]
    calls, puts, time_value, years = model_prices(book, at, spot, state)
    row, of = book.strike_expiration, book.expiration_name
    paid = np.log1p(-column("dividend_yield")[of] / 4) * book.expiration.dividends
    forward = (spot[of] * np.exp(RATE * years + paid))[row]
    over = time_value * np.exp(RATE * years)[row] / forward + np.maximum(1 - book.strike / forward, 0)
    assert (time_value >= 0).all()
    return Mids(of[row], row, book.strike, calls, puts, over, book.strike / forward)


@pytest.mark.parametrize(("day", "minute"), DAYS)
def test_no_butterfly_and_no_vertical_costs_less_than_nothing_at_mid(day: dt.date, minute: int) -> None:
    all_of = mids(day, minute)
    gap = np.where(all_of.row[1:] == all_of.row[:-1], np.diff(all_of.strike), np.nan)
    for price, sign in ((all_of.calls, -1.0), (all_of.puts, 1.0)):
        slope = np.diff(price) / gap * sign
        assert np.nanmin(slope) >= -1e-9
        assert np.nanmax(slope) <= 1 + 1e-9
        butterfly = sign * np.diff(slope) * np.minimum(gap[1:], gap[:-1])
        assert np.nanmin(butterfly / all_of.strike[1:-1]) >= -1e-9


@pytest.mark.parametrize(("day", "minute"), DAYS)
def test_no_calendar_costs_less_than_nothing_at_mid(day: dt.date, minute: int) -> None:
    """At the same strike over the forward; between two strikes a later call is worth at most the chord."""
    all_of = mids(day, minute)
    compared = 0
    for near in range(int(all_of.row[-1])):
        one, two = all_of.row == near, all_of.row == near + 1
        if all_of.name[one][0] != all_of.name[two][0]:
            continue
        inside = (all_of.moneyness[one] >= all_of.moneyness[two][0]) & (
            all_of.moneyness[one] <= all_of.moneyness[two][-1]
        )
        later = np.interp(all_of.moneyness[one][inside], all_of.moneyness[two], all_of.over[two])
        assert (later >= all_of.over[one][inside] - 1e-9).all(), SYMBOLS[all_of.name[one][0]]
        compared += int(inside.sum())
    assert compared > 20_000


@pytest.mark.parametrize(("day", "minute"), DAYS)
def test_what_lives_longer_can_never_be_bought_for_less_than_what_ends_sooner_is_sold_for(
    day: dt.date, minute: int
) -> None:
    """American contracts of one strike, as quoted, ex-days between them or not. Where no dividend sets the day, puts
    leave out what choosing it is worth: a thousandth of the strike at most."""
    today = session_on(day)
    assert today is not None
    compared = 0
    for update in market(1).today(today).read(today.opens + minute * MINUTE):
        expiration, is_put, strike = decode_keys(update.key)
        good = is_tradable(quote_flags(update.bid, update.ask))
        for right, most in ((False, 0.0), (True, 0.001)):
            rows = np.flatnonzero(good & (is_put == right))
            rows = rows[np.lexsort((expiration[rows], strike[rows]))]
            same = strike[rows[1:]] == strike[rows[:-1]]
            short, long = rows[:-1][same], rows[1:][same]
            lost = update.bid[short] - update.ask[long]
            assert (lost <= most * strike[long] / UNIT + 1e-9).all(), update.symbol
            compared += long.size
    assert compared > 10_000


# --- views that agree ------------------------------------------------------------------------------------------------
def test_some_names_alone_are_quoted_as_among_all() -> None:
    today = session(2025, 6, 16)
    names = np.array([SYMBOLS.index(symbol) for symbol in ("AAPL", "SPY")])
    at = today.opens + 100 * MINUTE
    alone = market(1).today(today, names).read(at)
    among = {update.symbol: update for update in market(1).today(today).read(at)}
    assert [update.symbol for update in alone] == ["AAPL", "SPY"]
    for update in alone:
        for name in ("key", "bid", "ask", "volume", "open_interest"):
            np.testing.assert_array_equal(getattr(update, name), getattr(among[update.symbol], name))


def test_the_size_of_a_listing_is_that_of_a_real_one() -> None:
    updates = market(1).today(START).read(START.opens)
    contracts = {update.symbol: update.key.size for update in updates}
    assert 60_000 < sum(contracts.values()) < 160_000
    assert 6_000 < contracts["SPY"] < 14_000
    assert min(contracts.values()) > 300


def test_the_history_begins_eighteen_months_before_the_start() -> None:
    # Independence Day and the weekend after it are closed.
    assert START.day - dt.timedelta(days=HISTORY_DAYS) == dt.date(2024, 7, 6)
    assert market(1).first.day == dt.date(2024, 7, 8)
    spot, state = market(1).minutes(START)
    np.testing.assert_array_equal(spot[0], column("spot"))
    assert spot.shape == state.shape == (391, COUNT)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="seed -1"):
        Market(-1, START)


def test_closes_are_those_of_the_minutes() -> None:
    day = session(2025, 6, 16)
    closes = market(1).closes(day.day)
    np.testing.assert_allclose(np.exp(closes.log_price[-1]), market(1).minutes(day)[0][-1], atol=0.0051)


# --- splits ----------------------------------------------------------------------------------------------------------
def test_before_a_split_prices_are_told_in_the_shares_of_then() -> None:
    told = with_a_split()
    split = told.splits[0]
    name = SYMBOLS.index(split.symbol)
    before = session_on(split.ex_day)
    assert before is not None
    days = np.array([split.ex_day.toordinal() - 1, split.ex_day.toordinal()])
    np.testing.assert_array_equal(told.shares_since(days)[:, name], [split.ratio, 1])
    night = told.minutes(before)[0][0, name]
    evening = told.minutes(previous(split.ex_day))[0][-1, name]
    assert evening / night == pytest.approx(split.ratio, rel=0.2)


def previous(day: dt.date) -> Session:
    day -= dt.timedelta(days=1)
    while (found := session_on(day)) is None:
        day -= dt.timedelta(days=1)
    return found


def test_the_morning_of_a_split_lists_its_name_around_the_new_price_only() -> None:
    told = with_a_split()
    split = told.splits[0]
    name = np.array([SYMBOLS.index(split.symbol)])
    on_the_day = session_on(split.ex_day)
    assert on_the_day is not None
    for today in (previous(split.ex_day), on_the_day, next_session(on_the_day.opens)):
        (update,) = told.today(today, name).read(today.opens)
        _, _, strike = decode_keys(update.key)
        assert strike.min() / 10_000 < update.spot < strike.max() / 10_000 < 2.5 * update.spot


def test_splits_are_those_of_the_events() -> None:
    assert with_a_split().splits == splits(with_a_split().seed, with_a_split().first.day, START.day)
