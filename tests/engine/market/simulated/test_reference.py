"""The simulated market's past and calendar, asked as a recording's and an import's are."""

import datetime as dt
import gc
import weakref

import numpy as np
import pytest

from engine.analytics.month_volatility import month_volatility
from engine.core.calendar import next_session, previous_session, session_on
from engine.market.events import EventKind
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.reference import SimulatedReference
from engine.market.simulated.universe import SYMBOLS, UNDERLYINGS
from engine.market.store import MarketStore

SEED = 3
START = dt.date(2026, 1, 5)


@pytest.fixture(scope="module")
def feed() -> SimulatedFeed:
    return SimulatedFeed(SEED, START)


@pytest.fixture(scope="module")
def reference(feed: SimulatedFeed) -> SimulatedReference:
    return SimulatedReference(feed.history())


def test_a_year_of_volatilities_is_there_from_the_first_minute(reference: SimulatedReference) -> None:
    past = reference.volatilities_on(START)
    assert past.symbols == SYMBOLS
    for symbol in SYMBOLS:
        before = past.before(symbol, START)
        assert before.size == 252
        assert np.isfinite(before).all()


def test_the_past_grows_by_each_session_and_never_knows_the_day_itself(reference: SimulatedReference) -> None:
    tuesday = dt.date(2026, 1, 6)
    monday = reference.volatilities_on(START).of("SPY")
    assert int(monday.day[-1]) == previous_session(START).day.toordinal()
    grown = reference.volatilities_on(tuesday).of("SPY")
    assert int(grown.day[-1]) == START.toordinal()
    assert np.array_equal(grown.volatility[:-1], monday.volatility)


@pytest.mark.parametrize("day", [dt.date(2026, 1, 5), dt.date(2026, 2, 10), dt.date(2026, 3, 10)])
def test_what_the_chains_say_at_a_close_is_what_the_past_says_of_that_day(
    feed: SimulatedFeed, reference: SimulatedReference, day: dt.date
) -> None:
    """One is read from quotes with their spreads and ticks, the other from the model's state, of every name.

    Earnings between the expirations around a month count alike in both. What early exercise around ex-days adds is in
    the quotes alone.
    """
    session = session_on(day)
    assert session is not None
    past, store, off = reference.volatilities_on(next_session(session.closes).day), MarketStore(), {}
    for update in feed.read(session.closes - dt.timedelta(minutes=1)):
        told = past.of(update.symbol)
        assert int(told.day[-1]) == day.toordinal()
        off[update.symbol] = month_volatility(store.apply(update), 0.04) / float(told.volatility[-1]) - 1
    paid = {underlying.symbol for underlying in UNDERLYINGS if underlying.dividend_yield > 0.01}
    assert len(off) > 40
    assert abs(np.mean(list(off.values()))) < 0.007
    assert max(abs(each) for symbol, each in off.items() if symbol not in paid) < 0.025
    assert max(abs(each) for each in off.values()) < 0.12


def test_events_are_all_told_for_longer_than_any_contract_lives(reference: SimulatedReference) -> None:
    events = reference.events_on(START)
    last = START + dt.timedelta(days=2 * 365)
    for symbol in SYMBOLS:
        assert events.is_covered(symbol, EventKind.EARNINGS, START, last)
        assert events.is_covered(symbol, EventKind.EX_DIVIDEND, START, last)
        assert not events.is_covered(symbol, EventKind.FOMC, START, START)
    assert len(events.known("AAPL", EventKind.EARNINGS, START, dt.date(2026, 12, 31))) == 4
    assert events.known("SPY", EventKind.EARNINGS, START, last) == (), "a fund has none"
    assert len(events.known("SPY", EventKind.EX_DIVIDEND, START, dt.date(2026, 12, 31))) == 4


def test_earnings_stand_on_the_day_that_they_are_announced(feed: SimulatedFeed, reference: SimulatedReference) -> None:
    events = reference.events_on(START)
    for each in feed.history().earnings(dt.date(2026, 12, 31)):
        assert each.announced in events.known(each.symbol, EventKind.EARNINGS, each.announced, each.announced)
        session = session_on(each.announced)
        assert session is not None
        assert each.effect == (each.announced if each.before_open else next_session(session.closes).day)


def test_the_calendar_is_made_once_a_year(reference: SimulatedReference) -> None:
    assert reference.events_on(START) is reference.events_on(dt.date(2026, 12, 31))
    later = reference.events_on(dt.date(2027, 1, 4))
    assert later.is_covered("SPY", EventKind.EARNINGS, dt.date(2027, 1, 4), dt.date(2029, 12, 31))


def test_closes_are_those_of_the_bars_and_pasts_end_the_day_before(
    feed: SimulatedFeed, reference: SimulatedReference
) -> None:
    bars = feed.history().daily_bars(dt.datetime(2026, 1, 9, tzinfo=dt.UTC))
    friday = dt.date(2026, 1, 9)

    pasts, closes = reference.pasts_on(friday), reference.closes_on(friday)

    assert set(pasts) == set(SYMBOLS)
    for place, symbol in enumerate(SYMBOLS):
        assert np.array_equal(closes[symbol].close, bars.close[:, place])
        assert np.array_equal(closes[symbol].day, bars.day)
        assert int(pasts[symbol].day[-1]) == dt.date(2026, 1, 8).toordinal()
        assert pasts[symbol].close[-1] == bars.close[-1, place], "the last close is as it was traded"


def test_pasts_are_adjusted_for_splits_and_dividends(feed: SimulatedFeed, reference: SimulatedReference) -> None:
    history, monday = feed.history(), START
    paid = [each for each in history.paid(dt.datetime(2026, 1, 5, tzinfo=dt.UTC)) if each.symbol == "KO"]
    split = {each.symbol for each in history.splits()}
    assert paid
    assert "KO" not in split
    closes, past = reference.closes_on(monday)["KO"], reference.pasts_on(monday)["KO"]

    # The first close is lowered by each payment's share of the close before it.
    factor = 1.0
    for each in paid:
        place = int(np.searchsorted(closes.day, each.ex_day.toordinal()))
        factor *= 1 - each.amount / 10_000 / closes.close[place - 1]
    assert past.close[0] == pytest.approx(closes.close[0] * factor)
    for symbol in split:
        returns = np.abs(np.diff(np.log(reference.pasts_on(monday)[symbol].close)))
        assert returns.max() < np.log(1.6), "no day halves a price"


def test_a_market_that_nobody_needs_goes_at_once() -> None:
    gc.disable()
    try:
        reference = SimulatedReference(SimulatedFeed(SEED, START).history())
        calendar, closes = reference.events_on(START), reference.closes_on(START)
        assert reference.events_on(START + dt.timedelta(days=9)) is calendar, "one calendar for a year"
        assert reference.closes_on(START) is closes
        asked: list[weakref.ref[object]] = [weakref.ref(calendar), weakref.ref(closes["KO"]), weakref.ref(reference)]
        reference.pasts_on(START)

        del reference, calendar, closes

        assert [each for each in asked if each() is not None] == []
    finally:
        gc.enable()
