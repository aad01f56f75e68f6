"""Figures of a backtest against numbers worked out by hand, and intervals against published ones."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.result import Backtest, TracedTrade
from engine.backtest.statistics import (
    ExitRow,
    by_exit,
    deepest_fall,
    evidence_of,
    independent_trades,
    wilson_interval,
)
from engine.core.money import dollars
from engine.domain.evidence import BacktestTrade

FIRST, LAST = dt.date(2025, 3, 3), dt.date(2026, 3, 2)


def backtest_of(*trades: tuple[str, str], equity: tuple[str, ...] = (), open_at_end: int = 0) -> Backtest:
    """A backtest of trades given as (result in dollars, exit code), one closed a week."""
    traced = tuple(
        TracedTrade(
            BacktestTrade(
                FIRST + dt.timedelta(weeks=week), FIRST + dt.timedelta(weeks=week + 1), dollars(result), code
            ),
            (),
        )
        for week, (result, code) in enumerate(trades)
    )
    curve = tuple((FIRST + dt.timedelta(days=day), dollars(each)) for day, each in enumerate(equity))
    return Backtest(
        "SPY", "Iron Condor", FIRST, LAST, "recorded chains (250 of 252 sessions)", traced, curve, (), open_at_end
    )


FIVE = backtest_of(
    ("120", "target"),
    ("80", "target"),
    ("-150.50", "stop"),
    ("0", "days"),
    ("-49.50", "stop"),
    equity=("100", "200", "120.25", "49.50", "60", "0"),
)


class TestEvidence:
    def test_five_trades_worked_out_by_hand(self) -> None:
        evidence = evidence_of(FIVE)

        assert evidence.trades == 5
        assert evidence.win_rate == 0.4  # the trade that came to 0 did not win
        assert evidence.expectancy == 0  # 120 + 80 - 150.50 + 0 - 49.50
        assert evidence.average_win == dollars("100")
        assert evidence.average_loss == dollars("-100")
        assert evidence.profit_factor == 1.0
        assert evidence.worst == dollars("-150.50")
        assert evidence.drawdown == dollars("200")  # from 200 down to 0
        assert (evidence.first, evidence.last) == (FIRST, LAST)
        assert evidence.source == "recorded chains (250 of 252 sessions)"
        assert [each.result for each in evidence.results] == [
            dollars(each) for each in ("120", "80", "-150.50", "0", "-49.50")
        ]

    def test_no_trade_gives_no_figure(self) -> None:
        evidence = evidence_of(backtest_of())

        assert evidence.trades == 0
        assert evidence.results == ()
        figures = (evidence.win_rate, evidence.expectancy, evidence.win_rate_low, evidence.win_rate_high)
        assert figures == (None, None, None, None)
        assert (evidence.average_win, evidence.average_loss, evidence.worst) == (None, None, None)
        assert (evidence.profit_factor, evidence.drawdown) == (None, None)

    @pytest.mark.parametrize(
        ("result", "win_rate", "low", "high", "win", "loss", "factor"),
        [
            ("10", 1.0, 0.206549, 1.0, "10", None, None),
            ("0", 0.0, 0.0, 0.793451, None, None, None),
            ("-10", 0.0, 0.0, 0.793451, None, "-10", 0.0),
        ],
    )
    def test_one_trade(
        self,
        result: str,
        win_rate: float,
        low: float,
        high: float,
        win: str | None,
        loss: str | None,
        factor: float | None,
    ) -> None:
        evidence = evidence_of(backtest_of((result, "days")))

        assert evidence.win_rate == win_rate
        assert evidence.win_rate_low == pytest.approx(low, abs=1e-6)
        assert evidence.win_rate_high == pytest.approx(high, abs=1e-6)
        assert evidence.expectancy == evidence.worst == dollars(result)
        assert evidence.average_win == (None if win is None else dollars(win))
        assert evidence.average_loss == (None if loss is None else dollars(loss))
        assert evidence.profit_factor == factor

    def test_averages_go_to_the_nearest_unit_and_halves_away_from_zero(self) -> None:
        evidence = evidence_of(backtest_of(("0.0001", "days"), ("0.0002", "days"), ("-0.0001", "days"), ("-1", "days")))

        assert evidence.average_win == 2  # 1.5 units
        assert evidence.average_loss == -5001  # 5,000.5 units
        assert evidence.expectancy == -2500  # -9,998 / 4 = -2,499.5

    def test_what_is_open_at_the_end_is_no_trade(self) -> None:
        assert evidence_of(backtest_of(("10", "target"), open_at_end=1)).trades == 1

    def test_what_is_still_open_with_a_loss_counts_as_if_it_were_closed_now(self) -> None:
        # Three wins of 100; two sets of shares together 900 under water: 3 of 5, and (300 - 900) / 5 each.
        won = backtest_of(("100", "target"), ("100", "target"), ("100", "target"), open_at_end=2)
        stuck = evidence_of(replace(won, open_result=dollars(-900)))
        assert (stuck.trades, stuck.win_rate, stuck.expectancy) == (3, 0.6, dollars(-120))
        assert stuck.win_rate_high is not None
        assert stuck.win_rate_high < 1
        ahead = evidence_of(replace(won, open_result=dollars(900)))
        assert (ahead.trades, ahead.win_rate, ahead.expectancy) == (3, 1.0, dollars(100)), (
            "what is ahead is not won yet"
        )

    def test_results_come_in_the_order_in_which_they_were_closed(self) -> None:
        early = BacktestTrade(FIRST, FIRST + dt.timedelta(days=50), dollars("1"), "days")
        late = BacktestTrade(FIRST + dt.timedelta(days=1), FIRST + dt.timedelta(days=9), dollars("2"), "target")
        backtest = Backtest("SPY", "", FIRST, LAST, "", (TracedTrade(early, ()), TracedTrade(late, ())), (), ())

        assert evidence_of(backtest).results == (late, early)


class TestWilson:
    @pytest.mark.parametrize(
        ("wins", "trades", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_the_published_examples(self, wins: int, trades: int, low: float, high: float) -> None:
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
        # table I, method 3; statsmodels' proportion_confint(method="wilson") gives the same.
        assert wilson_interval(wins, trades) == pytest.approx((low, high), abs=5e-5)

    def test_nothing_is_known_of_no_trade(self) -> None:
        assert wilson_interval(0, 0) is None

    @pytest.mark.parametrize(("wins", "trades"), [(-1, 3), (4, 3)])
    def test_impossible_counts_are_refused(self, wins: int, trades: int) -> None:
        with pytest.raises(ValueError, match=f"{wins} wins of {trades} trades"):
            wilson_interval(wins, trades)

    @given(st.integers(1, 400).flatmap(lambda trades: st.tuples(st.integers(0, trades), st.just(trades))))
    def test_it_holds_the_share_and_mirrors_for_losses(self, counts: tuple[int, int]) -> None:
        wins, trades = counts
        low, high = wilson_interval(wins, trades) or (2.0, -2.0)
        of_losses = wilson_interval(trades - wins, trades) or (2.0, -2.0)

        assert 0 <= low <= wins / trades <= high <= 1
        assert of_losses == pytest.approx((1 - high, 1 - low), abs=1e-12)


class TestFall:
    @pytest.mark.parametrize(
        ("equity", "fall"),
        [((), 0), ((5, 6, 7), 0), ((-5,), 5), ((3, -5, 9, 2), 8), ((3, -4, 9, 1), 8), ((10, 4, 11, 6), 6)],
    )
    def test_it_is_taken_from_the_highest_point_so_far_beginning_at_nothing(
        self, equity: tuple[int, ...], fall: int
    ) -> None:
        assert deepest_fall(equity) == fall

    @given(st.lists(st.integers(-1000, 1000)))
    def test_it_is_the_worst_of_all_pairs(self, equity: list[int]) -> None:
        points = [0, *equity]
        pairs = [points[i] - points[j] for i in range(len(points)) for j in range(i, len(points))]
        assert deepest_fall(equity) == max(pairs)


class TestExits:
    def test_each_rule_with_its_count_wins_average_and_sum(self) -> None:
        assert by_exit(FIVE) == (
            ExitRow("stop", 2, 0, dollars("-100"), dollars("-200")),
            ExitRow("target", 2, 2, dollars("100"), dollars("200")),
            ExitRow("days", 1, 0, 0, 0),
        )
        assert [row.win_rate for row in by_exit(FIVE)] == [0.0, 1.0, 0.0]

    def test_the_sums_are_all_there_is(self) -> None:
        assert sum(row.total for row in by_exit(FIVE)) == sum(each.trade.result for each in FIVE.trades)

    def test_no_trades_no_rows(self) -> None:
        assert by_exit(backtest_of()) == ()


def trade_of(opened: int, closed: int, result: str = "10") -> BacktestTrade:
    """A trade from one day of March 2026 to another."""
    return BacktestTrade(dt.date(2026, 3, opened), dt.date(2026, 3, closed), dollars(result), "target")


MARCH = tuple(dt.date(2026, 3, day) for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13))


class TestIndependence:
    @pytest.mark.parametrize(
        ("trades", "expected"),
        [
            ((trade_of(2, 4),), 1.0),
            ((trade_of(2, 4), trade_of(4, 6)), 2.0),  # one after the other
            ((trade_of(2, 4), trade_of(2, 4)), 1.0),  # two at once all the time
            # open on 2, 3, 4 and on 3, 4, 5: one, two, two, one, so 1.5 at once
            ((trade_of(2, 5), trade_of(3, 6)), 2 / 1.5),
            # the days between do not count, nor those on which there was no session
            ((trade_of(2, 3), trade_of(12, 13), trade_of(12, 13)), 3 / 1.5),
            ((trade_of(6, 9), trade_of(6, 9), trade_of(9, 10)), 3 / 1.5),
            # closed on the day it was opened: open that day
            ((trade_of(2, 2), trade_of(2, 3)), 1.0),
        ],
    )
    def test_trades_stand_for_their_number_over_how_many_are_open_at_once(
        self, trades: tuple[BacktestTrade, ...], expected: float
    ) -> None:
        assert independent_trades(trades, MARCH) == pytest.approx(expected)

    def test_no_trades_stand_for_nothing(self) -> None:
        assert independent_trades((), MARCH) is None

    @given(st.lists(st.tuples(st.integers(2, 13), st.integers(0, 11)), min_size=1, max_size=30))
    def test_they_stand_for_one_at_least_and_no_more_than_there_are(self, spans: list[tuple[int, int]]) -> None:
        trades = [trade_of(opened, min(opened + days, 31)) for opened, days in spans]
        found = independent_trades(trades, MARCH)
        assert found is not None
        assert 1 - 1e-9 <= found <= len(trades)
        assert independent_trades(trades + trades, MARCH) == pytest.approx(found)

    def test_the_interval_is_that_of_the_independent_ones(self) -> None:
        # Eight trades, two at a time, six of them won: 75 % of four, which is three of four.
        pairs = [(trade_of(day, day + 1, first), trade_of(day, day + 1, "5")) for day, first in
                 ((2, "5"), (3, "-5"), (4, "5"), (5, "-5"))]  # fmt: skip
        traced = tuple(TracedTrade(trade, ()) for pair in pairs for trade in pair)
        equity = tuple((day, 0) for day in MARCH)
        evidence = evidence_of(Backtest("SPY", "Iron Condor", MARCH[0], MARCH[-1], "by hand", traced, equity, ()))

        assert (evidence.trades, evidence.independent, evidence.win_rate) == (8, 4.0, 0.75)
        assert (evidence.win_rate_low, evidence.win_rate_high) == wilson_interval(3, 4)
        assert evidence.is_overlapping

    @pytest.mark.parametrize("independent", [0.0, -1.0, 3.1])
    def test_as_many_as_cannot_be_are_refused(self, independent: float) -> None:
        with pytest.raises(ValueError, match="of them independent"):
            wilson_interval(1, 3, independent)
