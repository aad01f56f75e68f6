"""Paths of the simulated market: pure, correlated, mean-reverting, with gaps, jumps and the variance they promise."""

import datetime as dt
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from engine.core.calendar import Session, next_session, session_on
from engine.domain.chain import Floats
from engine.market.simulated.events import DIVIDEND_LOG, EARNINGS_VARIANCE, dividends, earnings
from engine.market.simulated.paths import (
    JUMP_GROWTH,
    JUMP_VARIANCE,
    LOG_VOL_SPREAD,
    MEAN_LIFT,
    MEAN_REVERSION,
    MEAN_VARIANCE,
    RATE,
    Paths,
    PathState,
    _generator,
    _jumps,
    minutes,
    next_day,
    on_the_cent,
    opening_state,
    variance_of,
)
from engine.market.simulated.universe import COUNT, LOADINGS, MARKET, SYMBOLS, column
from engine.runtime.desk import RISK_FREE_RATE

YEARS = 10
STILL = PathState(np.zeros(COUNT), np.zeros(COUNT))


def session(year: int, month: int, day: int) -> Session:
    found = session_on(dt.date(year, month, day))
    assert found is not None
    return found


START = session(2026, 1, 5)


@dataclass(frozen=True)
class Told:
    """Ten years of one seed: log price at each open and close, log volatility at each open; (days, COUNT)."""

    opens: Floats
    closes: Floats
    log_volatility: Floats


@cache
def told(seed: int) -> Told:
    state, today, nights = opening_state(seed), START, 0
    opens, closes, volatility = [], [], []
    for _ in range(252 * YEARS):
        day = next_day(seed, state, today, nights)
        opens.append(day.at_open.log_price)
        closes.append(day.at_close.log_price)
        volatility.append(day.at_open.log_volatility)
        following = next_session(today.opens)
        state, nights, today = day.at_close, (following.day - today.day).days, following
    return Told(np.array(opens), np.array(closes), np.array(volatility))


def test_its_rate_is_the_one_that_the_application_reckons_with() -> None:
    assert RATE == RISK_FREE_RATE


# --- one day ---------------------------------------------------------------------------------------------------------
def test_a_day_follows_from_seed_day_and_state_alone() -> None:
    first, again = (next_day(5, STILL, START, 3) for _ in range(2))
    np.testing.assert_array_equal(first.at_close.log_price, again.at_close.log_price)
    np.testing.assert_array_equal(minutes(5, first).log_volatility, minutes(5, again).log_volatility)
    assert (next_day(6, STILL, START, 3).at_open.log_price != first.at_open.log_price).all()
    assert (next_day(5, STILL, session(2026, 1, 6), 3).at_open.log_price != first.at_open.log_price).all()


@pytest.mark.parametrize(("today", "count"), [(START, 390), (session(2026, 11, 27), 210)])
def test_minutes_lead_from_the_open_to_the_close_of_the_day(today: Session, count: int) -> None:
    day = next_day(7, STILL, today, 1)
    path = minutes(7, day)
    for name in ("log_price", "log_volatility"):
        states = getattr(path, name)
        assert states.shape == (count + 1, COUNT)
        np.testing.assert_allclose(states[0], getattr(day.at_open, name), atol=1e-12)
        np.testing.assert_allclose(states[-1], getattr(day.at_close, name), atol=1e-12)


def test_minutes_move_as_much_as_the_variance_of_the_day_says() -> None:
    days = [next_day(seed, STILL, START, 1) for seed in range(40)]
    moved = [(np.diff(minutes(seed, day).log_price, axis=0) ** 2).sum(axis=0) for seed, day in enumerate(days)]
    expected = np.array([variance_of(day.at_open.log_volatility) for day in days]) * 0.7 / 252
    ratio = np.median(np.array(moved) / expected, axis=0)
    np.testing.assert_allclose(ratio, 1.0, atol=0.15)


def test_without_a_night_before_it_a_day_opens_where_the_one_before_closed() -> None:
    np.testing.assert_array_equal(next_day(9, STILL, START, 0).at_open.log_price, STILL.log_price)


def test_the_gap_over_a_weekend_is_three_nights_wide() -> None:
    """The same day after one night and after three: the shock is the same, only its time is longer."""
    days = [session(2026, 1, day) for day in (6, 7, 8, 9)]
    one, three = (
        np.array([next_day(9, STILL, day, nights, fair=True).at_open.log_price for day in days]) for nights in (1, 3)
    )
    np.testing.assert_allclose(np.median(three / one, axis=0), np.sqrt(3), rtol=0.25)


def test_prices_are_quoted_on_the_cent_and_never_below_one() -> None:
    np.testing.assert_array_equal(on_the_cent(np.array([1.2349, 1e-9, 0.0])), [1.23, 0.01, 0.01])


# --- events ----------------------------------------------------------------------------------------------------------
def test_an_ex_day_takes_the_dividend_off_the_price() -> None:
    event = next(each for each in dividends(1, 2026) if each.symbol == "PFE")
    ex_day = session(event.ex_day.year, event.ex_day.month, event.ex_day.day)
    name, drop = SYMBOLS.index("PFE"), DIVIDEND_LOG[SYMBOLS.index("PFE")]
    with_it, without = (next_day(1, STILL, ex_day, nights).at_open.log_price[name] for nights in (1, 0))
    assert without == 0
    assert with_it - drop == pytest.approx(0, abs=0.05)
    opened = np.array([next_day(seed, STILL, ex_day, 1).at_open.log_price[name] for seed in range(400)])
    on_it = [any(each == event.ex_day for each in ex_days(seed)) for seed in range(400)]
    assert np.mean(opened[on_it]) - np.mean(opened[~np.array(on_it)]) == pytest.approx(drop, abs=0.006)


def ex_days(seed: int) -> list[dt.date]:
    return [each.ex_day for each in dividends(seed, 2026) if each.symbol == "PFE"]


def test_earnings_move_the_open_by_the_stated_deviation() -> None:
    moves = []
    for seed in range(60):
        for event in earnings(seed, 2026)[::7]:
            today = session(event.effect.year, event.effect.month, event.effect.day)
            name = SYMBOLS.index(event.symbol)
            moved = next_day(seed, STILL, today, 1).at_open.log_price[name]
            moves.append(moved / np.sqrt(EARNINGS_VARIANCE[name]))
    assert 0.9 < np.std(moves) < 1.2
    assert abs(np.mean(moves)) < 0.15


# --- ten years -------------------------------------------------------------------------------------------------------
def test_realised_variance_in_the_long_run_is_what_the_parameters_say() -> None:
    returns = np.concatenate([np.diff(told(seed).closes, axis=0) for seed in range(6)])
    realised = (returns**2).mean(axis=0) * 252
    ratio = realised / (MEAN_VARIANCE + JUMP_VARIANCE + 4 * EARNINGS_VARIANCE)
    assert ((ratio > 0.8) & (ratio < 1.25)).all()
    assert np.median(ratio) == pytest.approx(1.0, abs=0.08)


def test_names_move_together_as_their_loadings_say() -> None:
    returns = np.concatenate([np.diff(told(seed).closes, axis=0) for seed in range(2)])
    funds = np.flatnonzero(EARNINGS_VARIANCE == 0)
    found = np.corrcoef(returns[:, funds].T)
    np.testing.assert_allclose(found, (LOADINGS @ LOADINGS.T)[np.ix_(funds, funds)], atol=0.12)


def test_volatility_rises_when_prices_fall_and_returns_to_its_mean() -> None:
    log_volatility, returns = told(0).log_volatility, np.diff(told(0).opens, axis=0)
    leverage = column("leverage")
    for name in range(COUNT):
        changes = np.diff(log_volatility[:, name])
        correlation = np.corrcoef(returns[:, name], changes)[0, 1]
        # Jumps and earnings move prices alone.
        assert correlation == pytest.approx(leverage[name], abs=0.25)
        assert leverage[name] > -0.3 or correlation < -0.15
    deviation = log_volatility - log_volatility.mean(axis=0)
    after_a_month = (deviation[21:] * deviation[:-21]).mean(axis=0) / (deviation**2).mean(axis=0)
    assert np.median(after_a_month) == pytest.approx(np.exp(-MEAN_REVERSION * 21 / 252), abs=0.12)
    assert np.median(log_volatility.std(axis=0)) == pytest.approx(LOG_VOL_SPREAD, rel=0.2)


def test_the_market_gaps_overnight_and_jumps_now_and_then() -> None:
    opens, closes = told(0).opens, told(0).closes
    gaps, days = opens[1:] - closes[:-1], np.diff(closes, axis=0)
    share = (gaps**2).mean(axis=0) / (days**2).mean(axis=0)
    assert ((share > 0.15) & (share < 0.75)).all()
    typical = np.sqrt(variance_of(told(0).log_volatility[1:]) / 252)
    assert (np.abs(days / typical)[:, MARKET] > 5).sum() >= 1


def test_the_drift_makes_up_for_what_jumps_add() -> None:
    in_session, overnight, lift = np.zeros(COUNT), np.zeros(COUNT), np.zeros(COUNT)
    count = 12_000
    for number in range(count):
        jumps = _jumps(_generator(number, 77), overnight=True)
        in_session += np.expm1(jumps.in_session) * 252 / count
        overnight += np.expm1(jumps.overnight) * 252 / count
        lift += jumps.log_volatility / count
    with_the_market = column("market") > 0.2
    ratio = in_session[with_the_market] / (JUMP_GROWTH - overnight)[with_the_market]
    np.testing.assert_allclose(np.median(ratio), 1.0, atol=0.25)
    assert abs(overnight.mean()) < 0.02
    np.testing.assert_allclose(lift, MEAN_LIFT, rtol=0.25, atol=1e-6)
    assert (JUMP_GROWTH[[SYMBOLS.index("SPY"), SYMBOLS.index("QQQ")]] < -0.02).all()


# --- the chain of days -----------------------------------------------------------------------------------------------
def test_the_stated_prices_are_those_of_the_first_quoted_open() -> None:
    paths = Paths(3, session(2024, 7, 5), START)
    np.testing.assert_allclose(paths.price(paths.day(START.day).at_open.log_price), column("spot"))
    assert paths.first == dt.date(2024, 7, 5)


def test_what_is_asked_first_changes_nothing() -> None:
    one, other = (Paths(3, session(2024, 7, 5), START) for _ in range(2))
    late, early = dt.date(2026, 6, 1), dt.date(2025, 3, 3)
    first = one.minutes(late), one.minutes(early)
    second = other.minutes(early), other.minutes(late)
    for here, there in zip(first, second[::-1], strict=True):
        np.testing.assert_array_equal(here.log_price, there.log_price)
    with pytest.raises(KeyError):
        one.day(dt.date(2025, 3, 2))


def test_opens_and_closes_are_those_of_the_days() -> None:
    paths = Paths(3, session(2024, 7, 5), START)
    days, price, volatility = paths.opens(dt.date(2025, 3, 1), dt.date(2025, 3, 31))
    assert days[0] == dt.date(2025, 3, 3).toordinal()
    assert days[-1] == dt.date(2025, 3, 31).toordinal()
    assert price.shape == volatility.shape == (days.size, COUNT) == (21, COUNT)
    state = paths.day(dt.date(2025, 3, 4)).at_open
    np.testing.assert_array_equal(price[1], paths.price(state.log_price))
    np.testing.assert_array_equal(volatility[1], np.sqrt(variance_of(state.log_volatility)))
    closes = paths.closes(dt.date(2025, 3, 30))
    last = paths.day(dt.date(2025, 3, 28)).at_close
    np.testing.assert_allclose(np.exp(closes.log_price[-1]), paths.price(last.log_price))
    np.testing.assert_array_equal(closes.log_volatility[-1], last.log_volatility)
    assert paths.closes(paths.first - dt.timedelta(days=1)).log_price.shape == (0, COUNT)
    assert closes.log_price.shape[0] == paths.opens(paths.first, dt.date(2025, 3, 28))[0].size


def test_a_fair_market_earns_the_rate_and_no_more() -> None:
    fair, other = (next_day(4, STILL, START, 1, fair=fair) for fair in (True, False))
    gap = other.at_close.log_price - fair.at_close.log_price
    assert (np.sign(gap) == np.sign(column("market"))).all()
    np.testing.assert_allclose(gap[MARKET] * 252, 0.04, rtol=0.15)
