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


def test_today_stands_in_the_range_of_the_sessions_before() -> None:
    rank = IvRanks(history_of(252)).rank(chain_at(0.25), "SPY", MONDAY)
    assert rank.sessions == 252
    assert rank.percent == pytest.approx(50, abs=2)
    assert rank.percent == round(rank.percent or 0, 1)


def test_too_few_sessions_are_unknown_and_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iv_ranks, "month_volatility", lambda *_: pytest.fail("nobody needs today's volatility"))
    assert IvRanks(history_of(59)).rank(chain_at(0.25), "SPY", MONDAY) == IvRank(None, 59)
    assert IvRanks().rank(chain_at(0.25), "SPY", MONDAY) == IvRank(None, 0)


def test_without_quotes_of_the_day_there_is_no_rank_of_the_day() -> None:
    ranks = IvRanks(history_of(100))
    assert ranks.rank(None, "SPY", MONDAY) == IvRank(None, 100)
    assert ranks.rank(chain_at(0.25, dt.date(2026, 3, 13)), "SPY", MONDAY) == IvRank(None, 100)


def test_a_flat_history_ranks_nothing() -> None:
    assert IvRanks(history_of(100, 0.25, 0.25)).rank(chain_at(0.25), "SPY", MONDAY) == IvRank(None, 100)


def test_a_chain_is_looked_at_once_and_a_new_one_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Chain] = []

    def volatility(chain: Chain, _rate: float) -> float:
        asked.append(chain)
        return 0.25

    monkeypatch.setattr(iv_ranks, "month_volatility", volatility)
    ranks, first, second = IvRanks(history_of(100)), chain_at(0.2), chain_at(0.3)
    for chain in (first, first, second):
        ranks.at(("SPY",), {"SPY": chain}, new_york(12))["SPY"]
    assert asked == [first, second]


def test_a_moment_s_ranks_are_of_the_universe_and_worked_out_when_read(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Chain] = []

    def volatility(chain: Chain, _rate: float) -> float:
        asked.append(chain)
        return 0.25

    monkeypatch.setattr(iv_ranks, "month_volatility", volatility)
    found = IvRanks(history_of(100)).at(("SPY", "QQQ"), {"SPY": chain_at(0.25)}, new_york(12))
    assert (list(found), len(found), asked) == (["SPY", "QQQ"], 2, [])
    assert found["QQQ"] == IvRank(None, 0)
    assert found["SPY"].percent == pytest.approx(50)
    with pytest.raises(KeyError):
        found["TSLA"]
