"""30-day volatilities by session: what is kept, what counts, and what a rank is made of."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from engine.core.calendar import previous_session
from engine.domain.ports import ChainUpdate
from engine.market.bars import Adjustment, Bars, read_bars
from engine.market.history import HistoryStore
from engine.market.import_bars import import_table
from engine.market.iv_history import (
    RATE,
    IvHistory,
    Volatilities,
    read_iv_history,
    sessions_waiting,
    update_iv_history,
    vix_check,
)
from tests.fakes import MONDAY, chain_update, new_york
from tests.recordings import record_market
from tests.spy_2021 import import_spy_2021

TUESDAY = MONDAY + dt.timedelta(days=1)


def ignore(_: str) -> None:
    """Progress that nobody reads."""


def snapshot(day: dt.date, hour: int, volatility: float, minute: int = 0, half_spread: float = 0.01) -> ChainUpdate:
    expirations = [MONDAY + dt.timedelta(days=25), MONDAY + dt.timedelta(days=39)]
    return chain_update(
        new_york(hour, minute, day=day), expirations=expirations, volatility=volatility, half_spread=half_spread
    )


def recorded(folder: Path, *updates: ChainUpdate) -> HistoryStore:
    return HistoryStore(record_market(folder, updates) / "history")


def kept(history: HistoryStore) -> dict[dt.date, float]:
    found = read_iv_history(history.root).of("SPY")
    return {
        dt.date.fromordinal(day): round(volatility, 2)
        for day, volatility in zip(found.day.tolist(), found.volatility.tolist(), strict=True)
    }


def test_the_last_snapshot_in_regular_hours_counts(tmp_path: Path) -> None:
    history = recorded(tmp_path, snapshot(MONDAY, 10, 0.2), snapshot(MONDAY, 15, 0.3), snapshot(MONDAY, 17, 0.6))
    assert update_iv_history(history, ignore) == 1
    assert kept(history) == {MONDAY: 0.30}


@pytest.mark.parametrize(("rows", "expected"), [(122, 0.30), (121, 0.20)])
def test_a_snapshot_that_shows_only_what_changed_does_not_count(tmp_path: Path, rows: int, expected: float) -> None:
    whole, last = snapshot(MONDAY, 10, 0.2), snapshot(MONDAY, 15, 0.3)
    assert whole.key.size == 244
    near = np.argsort(np.abs(last.key % 2**32 / 10_000 - 100), kind="stable")[:rows]
    columns = (getattr(last, name)[near] for name in ("key", "bid", "ask", "volume", "open_interest"))
    history = recorded(tmp_path, whole, ChainUpdate("SPY", last.at, last.spot, *columns))
    update_iv_history(history, ignore)
    assert kept(history) == {MONDAY: expected}


def test_only_what_was_imported_since_is_worked_out(tmp_path: Path) -> None:
    history = recorded(tmp_path, snapshot(MONDAY, 10, 0.2))
    assert update_iv_history(history, ignore) == 1
    assert update_iv_history(history, ignore) == 0
    record_market(tmp_path, [snapshot(MONDAY, 15, 0.3), snapshot(TUESDAY, 15, 0.4)])
    history.reload()
    assert update_iv_history(history, ignore) == 2
    assert kept(history) == {MONDAY: 0.30, TUESDAY: 0.40}


def test_volatilities_are_worked_out_again_once_the_rate_of_their_day_is_known(tmp_path: Path) -> None:
    history = recorded(tmp_path, snapshot(MONDAY, 15, 0.3), snapshot(TUESDAY, 15, 0.3))
    assert read_iv_history(history.root).rate(MONDAY) == RATE
    assert update_iv_history(history, ignore) == 2
    rates = tmp_path / "rates.csv"
    rates.write_text("DATE,PCREDIT8\n2026-03-17,5.5\n")
    import_table(rates, history.root)
    assert (sessions_waiting(history.root), update_iv_history(history, ignore)) == (1, 1)
    assert sessions_waiting(history.root) == 0
    known = read_iv_history(history.root)
    assert known.rate(MONDAY) == RATE, "before the first rate"
    assert known.rate(TUESDAY) == pytest.approx(np.log(1.055), abs=1e-6)
    assert known.rate(TUESDAY + dt.timedelta(days=400)) != RATE
    assert known.rate(TUESDAY + dt.timedelta(days=401)) == RATE, "nobody knows what it is today"


def test_a_day_that_repeats_the_one_before_tells_nothing(tmp_path: Path) -> None:
    first = snapshot(MONDAY, 15, 0.3)
    copy = ChainUpdate("SPY", new_york(15, day=TUESDAY), first.spot, *(
        getattr(first, name) for name in ("key", "bid", "ask", "volume", "open_interest")
    ))  # fmt: skip
    history = recorded(tmp_path, first, copy)
    assert update_iv_history(history, ignore) == 2
    found = read_iv_history(history.root).of("SPY").volatility
    assert np.isnan(found).tolist() == [False, True]


def test_a_rank_looks_at_252_sessions_before_the_day_and_no_further() -> None:
    day, sessions = dt.date(2026, 3, 16), []
    before = day
    for _ in range(254):
        before = previous_session(before).day
        sessions.append(before.toordinal())
    days = np.array([*reversed(sessions), day.toordinal()], dtype=np.int64)
    # The two oldest days, and the day itself, would make the range wider.
    volatility = np.concatenate([[0.01, 0.01], np.linspace(0.2, 0.4, 252), [0.9]])
    history = IvHistory({"SPY": Volatilities(days, volatility)})
    rank = history.rank("SPY", 0.35, day)
    assert (rank.rank[0], rank.sessions[0]) == (pytest.approx(75), 252)
    assert rank.percentile[0] == pytest.approx(100 * 189 / 252)


def test_days_without_a_volatility_do_not_count_and_few_are_unknown() -> None:
    day, before, sessions = dt.date(2026, 3, 16), dt.date(2026, 3, 16), []
    for _ in range(61):
        before = previous_session(before).day
        sessions.append(before.toordinal())
    volatility = np.linspace(0.2, 0.4, 61)
    volatility[5] = np.nan
    days = np.array(sessions[::-1], dtype=np.int64)
    assert IvHistory({"SPY": Volatilities(days, volatility)}).rank("SPY", 0.3, day).sessions[0] == 60
    volatility[6] = np.nan
    rank = IvHistory({"SPY": Volatilities(days, volatility)}).rank("SPY", 0.3, day)
    assert (rank.sessions[0], np.isnan(rank.rank[0])) == (59, True)
    assert IvHistory().rank("SPY", 0.3, day).sessions[0] == 0


def test_the_vix_check_needs_common_days() -> None:
    days = np.arange(4, dtype=np.int64)
    ours = Volatilities(days, np.array([0.10, 0.12, np.nan, 0.14]))
    close = np.array([13.0, 15.0, 99.0, 17.0])
    vix = Bars(Adjustment.NONE, days, close, close, close, close, close)
    found = vix_check(ours, vix)
    assert found is not None
    assert found.sessions == 3
    assert [found.correlation, found.mean_difference] == pytest.approx([1, 3])
    assert vix_check(Volatilities(days[:3], ours.volatility[:3]), vix) is None
    assert vix_check(Volatilities(days, np.full(4, 0.2)), vix) is None


def test_a_year_of_spy_moves_with_the_vix(shared_dir: Path, tmp_path: Path) -> None:
    history = import_spy_2021(shared_dir, tmp_path)
    for name in ("vix_daily.csv", "interest-rate.csv"):
        import_table(shared_dir / "data" / "underlying" / name, history.root)
    # All sessions but the half day after Thanksgiving, whose snapshot is stamped after its close.
    assert update_iv_history(history, ignore) == 251
    ours, vix = read_iv_history(history.root).of("SPY"), read_bars(history.root, "VIX")
    assert vix is not None
    assert int(np.isnan(ours.volatility).sum()) == 2
    found = vix_check(ours, vix)
    assert found is not None
    assert found.sessions == 249
    # Twenty quotes a day are few; still they move together, and the VIX lies some points above the money.
    assert found.correlation > 0.95
    assert 4 < found.mean_difference < 6
