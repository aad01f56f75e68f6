"""What lies behind the simulated market: bars, chains and volatilities that agree with what was quoted then."""

import datetime as dt
from functools import cache

import numpy as np
import pytest

from engine.analytics.implied_volatility import implied_volatility
from engine.core.calendar import Session, next_session, previous_session, session_on, years_to_expiry
from engine.core.money import UNIT
from engine.domain.contract_keys import decode_keys
from engine.domain.ports import ChainUpdate
from engine.market.simulated.history import SimulatedHistory
from engine.market.simulated.market import Market
from engine.market.simulated.paths import RATE
from engine.market.simulated.universe import COUNT, SYMBOLS, column


def session(year: int, month: int, day: int) -> Session:
    found = session_on(dt.date(year, month, day))
    assert found is not None
    return found


START = session(2026, 1, 5)
NOW = START.opens


@cache
def market(seed: int = 1) -> Market:
    return Market(seed, START)


@cache
def history(seed: int = 1) -> SimulatedHistory:
    return SimulatedHistory(market(seed))


# --- bars ------------------------------------------------------------------------------------------------------------
def test_there_are_bars_of_every_session_of_eighteen_months() -> None:
    bars = history().daily_bars(NOW)
    days = range(history().first_day.toordinal(), START.day.toordinal())
    assert bars.day.tolist() == [day for day in days if session_on(dt.date.fromordinal(day)) is not None]
    assert 370 <= bars.day.size <= 380
    for name in ("open", "high", "low", "close", "volume"):
        assert getattr(bars, name).shape == (bars.day.size, COUNT)


def test_bars_hold_their_day_and_follow_on_each_other() -> None:
    bars = history().daily_bars(NOW)
    for inner in (bars.open, bars.close):
        assert ((bars.low <= inner) & (inner <= bars.high)).all()
    assert (bars.low > 0).all()
    np.testing.assert_array_equal(bars.close, np.round(bars.close, 2))
    assert np.median(np.abs(np.log(bars.open[1:] / bars.close[:-1]))) < 0.01
    assert (bars.volume > 0).all()
    np.testing.assert_array_equal(bars.volume, np.rint(bars.volume))
    typical = np.median(bars.volume, axis=0) / column("volume")
    assert ((typical > 0.5) & (typical < 2)).all()


def test_a_session_has_a_bar_once_it_has_closed() -> None:
    before, after = (history().daily_bars(at) for at in (START.closes - dt.timedelta(seconds=1), START.closes))
    assert after.day[-1] == START.day.toordinal()
    assert before.day.size == after.day.size - 1
    spot, _ = market().minutes(START)
    np.testing.assert_array_equal(after.open[-1], spot[0])
    np.testing.assert_array_equal(after.close[-1], spot[-1])
    np.testing.assert_array_equal(after.high[-1], spot.max(axis=0))


def test_before_the_history_there_is_nothing() -> None:
    early = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    bars = history().daily_bars(early)
    assert bars.close.shape == (0, COUNT)
    days, found = history().implied_volatility(30, early)
    assert (days.size, found.shape) == (0, (0, COUNT))
    assert history().paid(early) == ()
    assert history().end_of_day("SPY", dt.date(2020, 1, 2)) is None


def test_another_look_at_the_same_market_sees_the_same() -> None:
    other = SimulatedHistory(Market(1, START))
    other.implied_volatility(30, dt.datetime(2025, 2, 1, tzinfo=dt.UTC))
    for name in ("open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(other.daily_bars(NOW), name), getattr(history().daily_bars(NOW), name))


def test_more_is_traded_on_wild_days() -> None:
    bars = history().daily_bars(NOW)
    moved, volume = np.log(bars.high / bars.low), bars.volume
    assert np.mean([np.corrcoef(moved[:, name], volume[:, name])[0, 1] for name in range(COUNT)]) > 0.4


# --- chains ----------------------------------------------------------------------------------------------------------
def test_a_past_chain_is_what_was_quoted_a_minute_before_the_close() -> None:
    day = session(2025, 6, 16)
    update = history().end_of_day("SPY", day.day)
    assert update is not None
    assert update.at == day.closes - dt.timedelta(minutes=1)
    among = {each.symbol: each for each in market().today(day).read(update.at)}["SPY"]
    for name in ("key", "bid", "ask", "volume", "open_interest"):
        np.testing.assert_array_equal(getattr(update, name), getattr(among, name))
    bars = history().daily_bars(NOW)
    row = bars.day.tolist().index(day.day.toordinal())
    assert update.spot == pytest.approx(bars.close[row, SYMBOLS.index("SPY")], rel=0.005)


def test_a_day_without_a_session_has_no_chain_and_an_unknown_name_is_refused() -> None:
    assert history().end_of_day("SPY", dt.date(2025, 6, 15)) is None
    with pytest.raises(ValueError, match="not in tuple"):
        history().end_of_day("NOBODY", dt.date(2025, 6, 16))


# --- implied volatility ----------------------------------------------------------------------------------------------
def quoted_volatility(update: ChainUpdate, expiration: dt.date) -> float:
    """At the forward, from the mids of calls above and puts below it."""
    ordinal, is_put, strike = decode_keys(update.key)
    years = years_to_expiry(update.at, expiration)
    mine = (ordinal == expiration.toordinal()) & (update.ask >= update.bid) & (update.bid > 0)
    mid = (update.bid + update.ask) / 2
    calls, puts = (
        dict(zip(strike[rows].tolist(), mid[rows].tolist(), strict=True)) for rows in (mine & ~is_put, mine & is_put)
    )
    both = sorted(calls.keys() & puts.keys(), key=lambda each: abs(each / UNIT - update.spot))[:4]
    forward = float(np.median([each / UNIT + (calls[each] - puts[each]) * np.exp(RATE * years) for each in both]))
    around = np.array(sorted(both)) / UNIT
    out = np.array([puts[each] if each / UNIT < forward else calls[each] for each in sorted(both)])
    found = implied_volatility(out, forward, around, years, RATE, around < forward).volatility
    return float(np.interp(forward, around, found))


@pytest.mark.parametrize("symbol", ["SPY", "AAPL", "NVDA", "GLD", "WMT"])
def test_the_states_volatility_is_the_one_that_the_chains_quote(symbol: str) -> None:
    """On days from all over the history, for an expiration that some day is a month away.

    These pay little or nothing: calls on higher dividends are worth more than the state says, for early exercise.
    """
    name, compared = SYMBOLS.index(symbol), 0
    day = session(2024, 8, 1)
    while day.day < dt.date(2025, 12, 10):
        update = history().end_of_day(symbol, day.day)
        assert update is not None
        ordinal, _, _ = decode_keys(update.key)
        ahead = np.unique(ordinal) - day.day.toordinal()
        tenor = int(ahead[np.argmin(np.abs(ahead - 30))])
        days, state = history().implied_volatility(tenor, NOW)
        expected = state[days.tolist().index(day.day.toordinal()), name]
        quoted = quoted_volatility(update, day.day + dt.timedelta(days=tenor))
        assert quoted == pytest.approx(expected, rel=0.035)
        compared += 1
        day = next_session(day.opens + dt.timedelta(days=31))
    assert compared >= 14


def test_implied_volatility_moves_enough_for_a_rank_to_mean_something() -> None:
    _, month = history().implied_volatility(30, NOW)
    assert (month.max(axis=0) / month.min(axis=0) > 1.4).all()
    assert (month > 0.05).all()
    assert (month < 2).all()


def test_far_tenors_move_less_than_near_ones() -> None:
    near, far = (np.log(history().implied_volatility(tenor, NOW)[1]).std(axis=0) for tenor in (10, 180))
    assert (far < near).all()


def test_implied_volatility_is_crushed_when_the_news_is_out() -> None:
    days, week = history().implied_volatility(7, NOW)
    drops = []
    for event in history().earnings(dt.date(2025, 12, 1)):
        after = days.tolist().index(event.effect.toordinal())
        name = SYMBOLS.index(event.symbol)
        drops.append(week[after, name] / week[after - 1, name])
    assert len(drops) > 100
    assert np.median(drops) < 0.75


def test_a_tenor_without_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="0 days"):
        history().implied_volatility(0, NOW)


# --- events ----------------------------------------------------------------------------------------------------------
def test_events_are_told_in_order_and_those_ahead_are_known() -> None:
    ahead = START.day + dt.timedelta(days=120)
    for days in (
        [event.effect for event in history().earnings(ahead)],
        [event.ex_day for event in history().dividends(ahead)],
    ):
        assert days == sorted(days)
        assert history().first_day < days[0]
        assert START.day < days[-1] <= ahead
    spy = [event for event in history().dividends(ahead) if event.symbol == "SPY"]
    assert len(spy) == 7


def test_what_a_share_was_paid_is_told_once_the_ex_days_session_has_closed() -> None:
    found = history().paid(NOW)
    assert [(each.ex_day, each.symbol) for each in found] == [
        (each.ex_day, each.symbol) for each in history().dividends(previous_session(START.day).day)
    ]
    last = found[-1].ex_day
    session_of_last = session_on(last)
    assert session_of_last is not None
    before = history().paid(session_of_last.closes - dt.timedelta(seconds=1))
    assert last not in {each.ex_day for each in before}
    assert before == tuple(each for each in found if each.ex_day < last)


def test_splits_are_those_of_the_market() -> None:
    assert history().splits() == market().splits
