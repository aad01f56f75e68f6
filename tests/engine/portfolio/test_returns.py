"""Returns against textbook figures and figures reckoned by hand."""

import datetime as dt
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.calendar import session_on
from engine.core.money import dollars
from engine.domain.performance import FEWEST_FOR_RISK, Returns
from engine.domain.records import CloseRow, FlowRow
from engine.portfolio.returns import Point, annual, drawdowns, money_weighted_growth, returns_of, risk_ratios, unit_path
from tests.history import at_close, closes, flow

DAY = dt.date(2026, 3, 16)
"""A Monday."""

SESSIONS = [day for number in range(200) if session_on(day := DAY + dt.timedelta(days=number)) is not None]


def last(day: dt.date, value: str, seq: int = 10_000) -> CloseRow:
    return CloseRow(seq, at_close(day), day, "", dollars(value), 0, 0, 0, 0, 0)


def returns(rows: list[CloseRow], flows: list[FlowRow], now: CloseRow, rate: float = 0.0) -> Returns:
    found = returns_of(unit_path(rows, flows, now), flows, now, rate)
    assert found is not None
    return found


def test_a_deposit_in_the_middle_time_weighted_and_money_weighted() -> None:
    """CFA Program curriculum, quantitative methods: a share bought at 200, another at 225, each pays 5, sold at 235.

    Time-weighted 15 % and then 6.67 %, 10.755 % a year; money-weighted 9.39 % a year: 200 (1+r)^2 + 220 (1+r) = 480.
    """
    start, middle, end = DAY, DAY + dt.timedelta(days=365), DAY + dt.timedelta(days=730)
    flows = [flow(1, at_close(start), "200"), flow(2, at_close(middle), "220", value="230")]
    found = returns([], flows, last(end, "480"))
    assert found.time_weighted == pytest.approx(1.15 * 480 / 450 - 1)
    assert annual(1.15 * 480 / 450, 730) == pytest.approx(0.10755, abs=5e-6)
    assert found.money_weighted is not None
    assert annual(1 + found.money_weighted, 730) == pytest.approx(0.0939, abs=5e-5)


def test_xirr_as_a_spreadsheet_gives_it() -> None:
    """The example of Microsoft's documentation of XIRR: 37.3362535 %."""
    days = [dt.date(2008, 1, 1), dt.date(2008, 3, 1), dt.date(2008, 10, 30), dt.date(2009, 2, 15)]
    amounts = ["10000", "-2750", "-4250", "-3250"]
    flows = [flow(seq, at_close(day), amount) for seq, (day, amount) in enumerate(zip(days, amounts, strict=True))]
    end = dt.date(2009, 4, 1)
    growth = money_weighted_growth(flows, dollars(2750), at_close(end))
    assert growth is not None
    assert annual(growth, (end - days[0]).days) == pytest.approx(0.373362535, abs=1e-6)


@given(
    growth=st.floats(0.2, 5.0),
    amounts=st.lists(st.tuples(st.integers(1, 300), st.integers(1, 10**6)), max_size=5),
)
def test_what_grew_at_one_rate_is_found_again(growth: float, amounts: list[tuple[int, int]]) -> None:
    start, end = at_close(DAY), at_close(DAY + dt.timedelta(days=301))
    flows = [flow(1, start, "5000")]
    flows += [flow(9, start + dt.timedelta(days=day), str(amount)) for day, amount in sorted(amounts)]
    value = sum(each.amount * growth ** ((end - each.at) / (end - start)) for each in flows)
    assert money_weighted_growth(flows, round(value), end) == pytest.approx(growth, rel=1e-6)


def test_no_time_no_flows_and_nothing_left_have_no_rate() -> None:
    first = flow(1, at_close(DAY), "100")
    assert money_weighted_growth([], 1, at_close(DAY)) is None
    assert money_weighted_growth([first], 1, first.at) is None
    assert money_weighted_growth([first], 0, first.at + dt.timedelta(days=1)) is None


def test_a_withdrawal_is_no_drawdown_and_a_deposit_no_gain() -> None:
    """100 -> 110; 60 go out: 50; 55; 45 come in: 100; it stays. Two times 10 %, and never a fall."""
    rows = closes([(SESSIONS[0], "110"), (SESSIONS[1], "55"), (SESSIONS[2], "100")], first=2)
    flows = [flow(1, at_close(DAY), "100"), flow(3, at_close(DAY), "-60", "110"), flow(5, at_close(DAY), "45", "55")]
    found = returns(rows, flows, last(SESSIONS[3], "100"))
    assert found.time_weighted == pytest.approx(0.21)
    assert (found.current_drawdown, found.deepest_drawdown) == (None, None)


def test_drawdowns_with_their_days() -> None:
    """1.00, 1.10, 0.88 (20 % off), 1.10 again, 1.21, 1.089 and 1.15: 10 % at the worst, and 4.96 % still missing."""
    levels = [1.0, 1.10, 0.88, 1.10, 1.21, 1.089, 1.15]
    path = [Point(day, level, is_close=True) for day, level in zip(SESSIONS, levels, strict=False)]
    deepest, current = drawdowns(path)
    assert deepest is not None
    assert deepest.depth == pytest.approx(0.2)
    assert (deepest.peak, deepest.trough, deepest.recovered) == (SESSIONS[1], SESSIONS[2], SESSIONS[3])
    assert deepest.days == 2
    assert current is not None
    assert current.depth == pytest.approx(1 - 1.15 / 1.21)
    assert (current.peak, current.trough, current.recovered) == (SESSIONS[4], SESSIONS[5], None)
    assert current.days == (SESSIONS[6] - SESSIONS[4]).days == 4, "over a weekend"


def test_ratios_of_alternating_returns() -> None:
    """Sessions of +2 % and -1 % by turns: everything follows from the two numbers."""
    values = [100.0]
    for number in range(2 * FEWEST_FOR_RISK):
        values.append(values[-1] * (1.02 if number % 2 == 0 else 0.99))
    rows = closes([(day, f"{value:.4f}") for day, value in zip(SESSIONS, values, strict=False)], first=2)
    end = last(SESSIONS[len(values) - 1], f"{values[-1]:.4f}")
    found = returns(rows, [flow(1, at_close(DAY), "100")], end, rate=0.0252)
    samples = [0.02, -0.01] * FEWEST_FOR_RISK
    deviation, daily = statistics.stdev(samples), 0.0252 / 252
    excess = [each - daily for each in samples]
    below = math.sqrt(sum(min(each, 0) ** 2 for each in excess) / len(excess))
    assert found.sessions == len(samples)
    assert found.volatility == pytest.approx(deviation * math.sqrt(252), rel=1e-4)
    assert found.sharpe == pytest.approx(statistics.mean(excess) / deviation * math.sqrt(252), rel=1e-4)
    assert found.sortino == pytest.approx(statistics.mean(excess) / below * math.sqrt(252), rel=1e-4)
    assert (found.time_weighted_a_year, found.calmar) == (None, None), "40 sessions are no year"


def test_a_year_is_given_from_sixty_sessions_on() -> None:
    values = [f"{1000 + number - 20 * (number == 30)}" for number in range(62)]
    rows = closes(list(zip(SESSIONS, values, strict=False)), first=2)
    found = returns(rows, [flow(1, at_close(DAY), "1000")], last(SESSIONS[61], "1061"))
    days = (SESSIONS[61] - DAY).days
    assert found.time_weighted_a_year == pytest.approx(1.061 ** (365 / days) - 1)
    assert found.money_weighted_a_year == pytest.approx(found.time_weighted_a_year, rel=1e-6), "no flow in between"
    assert found.deepest_drawdown is not None
    assert found.deepest_drawdown.depth == pytest.approx(1 - 1010 / 1029)
    assert found.calmar == pytest.approx((1.061 ** (365 / days) - 1) / (1 - 1010 / 1029))


def test_few_sessions_give_no_ratio() -> None:
    rows = closes([(day, "100") for day in SESSIONS[:FEWEST_FOR_RISK]], first=2)
    found = returns(rows, [flow(1, at_close(DAY), "100")], last(SESSIONS[FEWEST_FOR_RISK], "100"))
    assert found.sessions == FEWEST_FOR_RISK - 1
    assert (found.volatility, found.sharpe, found.sortino) == (None, None, None)
    assert found.time_weighted == found.money_weighted == 0.0


def test_nothing_ever_happening_has_no_sharpe() -> None:
    rows = closes([(day, "100") for day in SESSIONS[:30]], first=2)
    found = returns(rows, [flow(1, at_close(DAY), "100")], last(SESSIONS[30], "100"))
    assert (found.volatility, found.sharpe, found.sortino) == (0.0, None, None)
    assert risk_ratios(np.zeros(30), 0.04) == (0.0, None, None), "also where the risk-free rate is above it all along"


def test_what_spans_a_session_that_was_not_watched_is_no_sample() -> None:
    days = [*SESSIONS[:3], *SESSIONS[5:8]]
    rows = closes([(day, "100") for day in days], first=2)
    assert returns(rows, [flow(1, at_close(DAY), "100")], last(SESSIONS[7], "100")).sessions == 4


def test_no_return_follows_upon_the_loss_of_everything() -> None:
    flows = [flow(1, at_close(DAY), "100"), flow(3, at_close(DAY), "50", value="-5")]
    assert unit_path(closes([(DAY, "-5")], first=2), flows, last(SESSIONS[1], "45")) is None
    assert returns_of(None, flows, last(SESSIONS[1], "45"), 0.0) is None
    wiped = returns(closes([(DAY, "0")], first=2), flows[:1], last(SESSIONS[1], "0"))
    assert (wiped.time_weighted, wiped.money_weighted) == (-1.0, None)


def test_without_capital_there_is_no_path() -> None:
    assert unit_path([], [], last(DAY, "0")) == ()
    idle = [flow(1, at_close(DAY), "100"), flow(2, at_close(DAY), "-110", value="110"), flow(7, at_close(DAY), "50")]
    path = unit_path(closes([(SESSIONS[1], "0"), (SESSIONS[2], "0")], first=3), idle, last(SESSIONS[5], "55"))
    assert path is not None
    assert [point.day for point in path] == [DAY, DAY, SESSIONS[5]], "the beginning, the end of it, the second time"
    assert path[1].level == pytest.approx(1.1)
    assert path[-1].level == pytest.approx(1.1 * 1.1), "what was made before and after the break"


def test_what_was_made_after_the_last_close_counts_when_everything_is_taken_out() -> None:
    """100,000 come in; 105,000 at the close; worth 110,000 a year after the beginning, when all of it goes out."""
    begins, ends = at_close(DAY), at_close(DAY + dt.timedelta(days=365))
    flows = [flow(1, begins, "100000"), flow(4, ends, "-110000", value="110000")]
    now = last(DAY + dt.timedelta(days=366), "0")
    found = returns(closes([(SESSIONS[130], "105000")], first=2), flows, now)
    assert found.time_weighted == pytest.approx(0.10)
    assert found.money_weighted == pytest.approx(0.10, abs=1e-12)
    path = unit_path(closes([(SESSIONS[130], "105000")], first=2), flows, now)
    assert path is not None
    assert (path[-1].day, path[-1].is_close) == (ends.date(), False), "where it ended, not today"


def test_a_fall_after_the_last_close_is_seen_when_everything_is_taken_out() -> None:
    """100; 120 at the close; 90 when all goes out: a quarter below the peak, and nothing makes it good."""
    flows = [flow(1, at_close(DAY), "100"), flow(4, at_close(SESSIONS[2]), "-90", value="90")]
    found = returns(closes([(SESSIONS[1], "120")], first=2), flows, last(SESSIONS[3], "0"))
    assert found.time_weighted == pytest.approx(-0.10)
    assert found.current_drawdown is not None
    assert found.current_drawdown.depth == pytest.approx(0.25)


def test_a_year_of_what_was_taken_out_long_ago_is_that_of_its_own_time() -> None:
    """62 sessions at 1,000, out with 1,100, and half a year of nothing: the rate of the 62 sessions."""
    rows = closes([(day, "1000") for day in SESSIONS[:62]], first=2)
    flows = [flow(1, at_close(DAY), "1000"), flow(990, at_close(SESSIONS[62]), "-1100", value="1100")]
    found = returns(rows, flows, last(SESSIONS[130], "0"))
    days = (SESSIONS[62] - DAY).days
    assert found.time_weighted_a_year == pytest.approx(1.1 ** (365 / days) - 1)
    assert found.money_weighted_a_year == pytest.approx(found.time_weighted_a_year, rel=1e-9)


def test_the_rate_of_what_was_taken_out_in_part_and_lost_in_the_end() -> None:
    """100 in, 50 out a year later, the rest lost: 100 (1+r) = 50. The unit itself lost everything."""
    flows = [flow(1, at_close(DAY), "100"), flow(3, at_close(DAY + dt.timedelta(days=365)), "-50", value="100")]
    found = returns([], flows, last(DAY + dt.timedelta(days=400), "0"))
    assert found.time_weighted == -1.0
    assert found.money_weighted == pytest.approx(-0.5)
