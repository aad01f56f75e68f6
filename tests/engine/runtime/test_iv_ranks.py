"""Ranks of today's volatilities: against which sessions, when they are unknown, and that they are worked out once."""

import datetime as dt

import numpy as np
import pytest

from engine.core.calendar import previous_session
from engine.domain.chain import Chain
from engine.domain.scan import IvRank
from engine.market.iv_history import IvHistory, Volatilities
from engine.market.store import MarketStore
from engine.runtime import iv_ranks
from engine.runtime.iv_ranks import IvRanks
from tests.fakes import MONDAY, chain_update, new_york

TUESDAY = MONDAY + dt.timedelta(days=1)
EXPIRATIONS = (MONDAY + dt.timedelta(days=25), MONDAY + dt.timedelta(days=39))


def chain_at(volatility: float, day: dt.date = MONDAY) -> Chain:
    update = chain_update(new_york(12, day=day), expirations=EXPIRATIONS, volatility=volatility, half_spread=0.005)
    return MarketStore().apply(update)


def history_of(sessions: int, low: float = 0.2, high: float = 0.3) -> IvHistory:
    """The sessions before Monday, from low to high; what is known of Monday itself would rank at once."""
    days, day = [], MONDAY
    for _ in range(sessions):
        day = previous_session(day).day
        days.append(day.toordinal())
    ordinals = np.array([*reversed(days), MONDAY.toordinal()], dtype=np.int64)
    return IvHistory({"SPY": Volatilities(ordinals, np.append(np.linspace(low, high, sessions), 9.0))})


def rank_of(history: IvHistory, chain: Chain | None) -> IvRank:
    """SPY's rank at noon of Monday."""
    chains = {} if chain is None else {"SPY": chain}
    return IvRanks(lambda _: history).at(("SPY",), chains, new_york(12))["SPY"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Chain]:
    """The chains whose volatility was worked out, 25 % each."""
    chains: list[Chain] = []

    def volatility(chain: Chain, _rate: float) -> float:
        chains.append(chain)
        return 0.25

    monkeypatch.setattr(iv_ranks, "month_volatility", volatility)
    return chains


def test_today_stands_in_the_range_of_the_sessions_before() -> None:
    rank = rank_of(history_of(252), chain_at(0.25))
    assert rank.sessions == 252
    assert rank.percent == pytest.approx(50, abs=2)
    assert rank.percent == round(rank.percent or 0, 1)


def test_too_few_sessions_are_unknown_and_cost_nothing(asked: list[Chain]) -> None:
    assert rank_of(history_of(59), chain_at(0.25)) == IvRank(None, 59)
    assert IvRanks().at(("SPY",), {"SPY": chain_at(0.25)}, new_york(12))["SPY"] == IvRank(None, 0)
    assert asked == []


def test_without_quotes_of_the_day_there_is_no_rank_of_the_day() -> None:
    assert rank_of(history_of(100), None) == IvRank(None, 100)
    assert rank_of(history_of(100), chain_at(0.25, dt.date(2026, 3, 13))) == IvRank(None, 100)


def test_a_flat_history_ranks_nothing() -> None:
    assert rank_of(history_of(100, 0.25, 0.25), chain_at(0.25)) == IvRank(None, 100)


def test_a_chain_is_looked_at_once_and_a_new_one_again(asked: list[Chain]) -> None:
    history = history_of(100)
    ranks, first, second = IvRanks(lambda _: history), chain_at(0.2), chain_at(0.3)
    for chain in (first, first, second):
        assert ranks.at(("SPY",), {"SPY": chain}, new_york(12))["SPY"].percent == pytest.approx(50)
    assert asked == [first, second]


def test_a_moment_s_ranks_are_of_the_universe_and_worked_out_when_read(asked: list[Chain]) -> None:
    history = history_of(100)
    found = IvRanks(lambda _: history).at(("SPY", "QQQ"), {"SPY": chain_at(0.25)}, new_york(12))
    assert (list(found), len(found), asked) == (["SPY", "QQQ"], 2, [])
    assert found["QQQ"] == IvRank(None, 0)
    assert found["SPY"].percent == pytest.approx(50)
    with pytest.raises(KeyError):
        found["TSLA"]


def test_the_past_is_asked_for_once_a_day_and_a_new_day_ranks_anew(asked: list[Chain]) -> None:
    days: list[dt.date] = []
    histories = {MONDAY: history_of(100), TUESDAY: history_of(100, 0.05, 0.25)}

    def history_on(day: dt.date) -> IvHistory:
        days.append(day)
        return histories[day]

    ranks, tuesdays = IvRanks(history_on), chain_at(0.25, TUESDAY)
    for hour in (10, 12):
        ranks.at(("SPY",), {"SPY": chain_at(0.25)}, new_york(hour))
    later = ranks.at(("SPY",), {"SPY": tuesdays}, new_york(12, day=TUESDAY))
    assert days == [MONDAY, TUESDAY]
    # Of Monday the history knows 900 %; the other sessions end below today.
    assert later["SPY"].sessions == 101
    assert later["SPY"].percent == pytest.approx(100 * 0.2 / 8.95, abs=0.1)
