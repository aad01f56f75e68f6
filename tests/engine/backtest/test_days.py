"""Ranks of past days, and what of a snapshot a backtest keeps."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from engine.backtest.days import FURTHEST_STRIKE, Known, iv_ranks, market_days
from engine.core.calendar import previous_session
from engine.domain.contract_keys import contract_keys
from engine.domain.happening import UNKNOWN
from engine.domain.ports import ChainUpdate
from engine.domain.scan import IvRank
from engine.market.iv_history import IvHistory, Volatilities
from engine.market.pasts import Closes

DAY = dt.date(2026, 3, 16)
AT = dt.datetime(2026, 3, 16, 19, 59, tzinfo=dt.UTC)
NOTHING = np.empty(0, dtype=np.int64), np.empty(0)


def history(count: int, last: dt.date = DAY) -> Volatilities:
    """Volatilities of the sessions before a day: 1 % more each."""
    days, day = [], last
    for _ in range(count):
        day = previous_session(day).day
        days.append(day.toordinal())
    return Volatilities(np.array(days[::-1], dtype=np.int64), np.linspace(0.2, 0.2 + 0.01 * (count - 1), count))


def known(*, closes: Closes | None = None, splits: object = NOTHING, dividends: object = NOTHING) -> Known:
    return Known(
        closes=closes or Closes(*NOTHING, NOTHING, NOTHING),
        volatilities=Volatilities(*NOTHING),
        splits=splits,  # type: ignore[arg-type]
        dividends=dividends,  # type: ignore[arg-type]
        outlook_on=lambda _day: UNKNOWN,
        next_dividend=lambda _day, _spot: None,
    )


def update(at: dt.datetime, spot: float, contracts: list[tuple[dt.date, bool, float]]) -> ChainUpdate:
    key = contract_keys(
        np.array([day.toordinal() for day, _, _ in contracts]),
        np.array([is_put for _, is_put, _ in contracts]),
        np.array([round(strike * 10_000) for _, _, strike in contracts]),
    )
    ones = np.ones(key.size)
    return ChainUpdate("SPY", at, spot, np.sort(key), ones, ones * 1.1, ones, ones)


def test_a_rank_stands_in_the_range_of_the_sessions_before() -> None:
    ranks = iv_ranks(np.array([DAY.toordinal()]), np.array([0.25]), history(101))

    assert ranks == [IvRank(5.0, 101)], "0.25 is a twentieth of the way from 0.20 to 1.20"


@pytest.mark.parametrize(("sessions", "expected"), [(59, None), (60, 100.0)])
def test_a_rank_needs_sixty_sessions(sessions: int, expected: float | None) -> None:
    top = 0.2 + 0.01 * (sessions - 1)

    assert iv_ranks(np.array([DAY.toordinal()]), np.array([top]), history(sessions)) == [IvRank(expected, sessions)]


def test_the_ranks_of_many_days_are_those_of_each() -> None:
    past = history(400)
    days = past.day[-30:]
    today = np.linspace(0.1, 6.0, 30)

    ranks = iv_ranks(days, today, past)

    by_symbol = IvHistory({"SPY": past})
    for day, volatility, rank in zip(days.tolist(), today.tolist(), ranks, strict=True):
        alone = by_symbol.rank("SPY", volatility, dt.date.fromordinal(day))
        assert rank == IvRank(round(float(alone.rank[0]), 1), int(alone.sessions[0]))


@pytest.mark.parametrize(("tells_today", "expected"), [(False, None), (True, 50.0)])
def test_a_sparse_chain_is_ranked_by_what_the_history_worked_out_of_it(
    *, tells_today: bool, expected: float | None
) -> None:
    past = history(101)
    past = Volatilities(np.append(past.day, DAY.toordinal()), np.append(past.volatility, 0.7))
    one = [(dt.date(2026, 4, 17), False, 100.0)]

    (day,) = market_days(
        [update(AT, 100.0, one)], replace(known(), volatilities=past, tells_today=tells_today), None, 0.04
    )

    assert day.iv_rank == IvRank(expected, 101)


def test_contracts_that_no_module_looks_at_are_left_out() -> None:
    friday, tuesday = dt.date(2026, 4, 17), dt.date(2026, 4, 14)
    kept, far = dt.date(2026, 6, 18), dt.date(2026, 6, 26)
    edge = 100 * (1 + FURTHEST_STRIKE)
    contracts = [(friday, False, 100.0), (friday, False, edge), (friday, False, edge + 0.5), (friday, True, 54.5)]
    contracts += [(tuesday, True, 100.0), (kept, True, 100.0), (far, True, 100.0)]

    (day,) = market_days([update(AT, 100.0, contracts)], known(), None, 0.04)

    expected = update(AT, 100.0, [contracts[0], contracts[1], contracts[5]]).key
    assert day.chain.key.tolist() == expected.tolist()
    assert day.chain.tradable.all()


def test_what_happened_since_the_session_before_counts_on_the_next_one_with_a_chain() -> None:
    wednesday = AT + dt.timedelta(days=2)
    contracts = [(dt.date(2026, 4, 17), False, 100.0)]
    tuesday = DAY.toordinal() + 1
    events = np.array([DAY.toordinal() - 1, DAY.toordinal(), tuesday]), np.array([9.0, 2.0, 3.0])
    updates = [update(AT, 100.0, contracts), update(wednesday, 90.0, contracts)]

    monday, later = market_days(updates, known(splits=events, dividends=events), None, 0.04)

    assert (monday.split, monday.dividend) == (2.0, 20_000)
    assert (later.split, later.dividend) == (3.0, 30_000)


def test_a_day_is_settled_at_its_close_and_without_one_at_the_last_spot() -> None:
    closes = Closes(np.array([DAY.toordinal()]), np.array([101.23]), NOTHING, NOTHING)
    contracts = [(dt.date(2026, 4, 17), False, 100.0)]
    updates = [update(AT, 100.0, contracts), update(AT + dt.timedelta(days=1), 99.0, contracts)]

    first, second = market_days(updates, known(closes=closes), None, 0.04)

    assert (first.settlement, second.settlement) == (1_012_300, 990_000)
    assert first.past.day.size == 0
    assert second.past.close.tolist() == [101.23]
