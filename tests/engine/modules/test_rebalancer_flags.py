"""Flags of the Rebalancer: each figure worked out by hand, limits on both sides."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.analytics.correlation import returns_of
from engine.core.money import dollars
from engine.domain.exposure import Holding
from engine.domain.scan import Past
from engine.modules.rebalancer_flags import Flag, excess, flags_of, measures_of, unknowns_of
from tests.engine.modules.rebalancer_books import exposure, holding, past, rules

UP_DOWN = [0.01, -0.01] * 30
PAIRED = [0.01, 0.01, -0.01, -0.01] * 15


def flags(*holdings: Holding, pasts: dict[str, Past] | None = None, **parameters: float) -> list[Flag]:
    seen = exposure(*holdings)
    return list(flags_of(measures_of(seen), pasts or {}, rules(**parameters)))


class TestConcentration:
    def test_exactly_at_the_limit_is_allowed_and_a_cent_more_is_flagged(self) -> None:
        # 15 % of 50,000 is 7,500.
        assert flags(holding("P1", "TSLA", 7500)) == []
        (found,) = flags(replace(holding("P1", "TSLA", 0), power=dollars("7500.01")))
        assert (found.about, found.limit) == ("concentration of TSLA", dollars(7500))

    def test_positions_of_all_modules_add_up_in_their_symbol(self) -> None:
        (found,) = flags(
            holding("P1", "TSLA", 5000), holding("P2", "TSLA", 3000, position={"module_id": "beta"}),
            holding("P3", "JPM", 7000),
        )  # fmt: skip
        assert (found.symbol, found.numbers["power_pct"], found.members.tolist()) == ("TSLA", 16.0, [True, True, False])

    def test_delta_dollars_flag_by_themselves_long_or_short_and_net_within_a_symbol(self) -> None:
        for delta in (8000, -8000):
            (found,) = flags(holding("P1", "JPM", 100, delta))
            assert (found.numbers["delta_pct"], found.numbers["power_pct"]) == (16.0, 0.2)
        assert flags(holding("P1", "JPM", 100, 8000), holding("P2", "JPM", 100, -600)) == []

    def test_an_unknown_delta_is_told_and_does_not_hide_the_power(self) -> None:
        (found,) = flags(holding("P1", "JPM", 8000, None))
        assert found.numbers["unknown_deltas"] == 1
        assert "(1 without a delta)" in found.words

    def test_without_a_nav_nothing_is_a_share(self) -> None:
        for nav in (0, dollars(-5)):
            seen = exposure(holding("P1", "TSLA", 9000), nav=nav)
            assert flags_of(measures_of(seen), {}, rules()) == ()


class TestSectors:
    def test_tsla_counts_as_technology_and_the_sector_is_flagged_above_forty(self) -> None:
        # 7,000 + 7,000 + 6,000 is 40.0 %: allowed; with 7,000 of a third name it is 42 %.
        below = [holding("P1", "TSLA", 7000), holding("P2", "AAPL", 7000), holding("P3", "JPM", 7000)]
        assert flags(*below) == []
        more = holding("P4", "MSFT", 7000)
        seen = exposure(*below[:2], more, sectors={"TSLA": "Technology", "AAPL": "Technology", "MSFT": "Technology"})
        (found,) = flags_of(measures_of(seen), {}, rules())
        assert (found.about, found.numbers["power_pct"], found.limit) == ("sector Technology", 42.0, dollars(20_000))
        at = exposure(*below[:2], holding("P4", "MSFT", 6000), sectors=seen.sectors)
        assert flags_of(measures_of(at), {}, rules()) == ()

    def test_an_unknown_sector_is_told(self) -> None:
        seen = measures_of(exposure(holding("P1", "ZZZ", 100)))
        assert unknowns_of(seen, {}, rules()) == {"ZZZ": "sector unknown: name it in sectors.csv"}


class TestCorrelation:
    def test_two_names_that_move_as_one_are_flagged_with_their_sessions(self) -> None:
        pasts = {"TSLA": past(UP_DOWN), "JPM": past([2 * each for each in UP_DOWN])}
        (found,) = flags(holding("P1", "TSLA", 5000), holding("P2", "JPM", 5000), pasts=pasts)
        assert (found.about, found.numbers["correlation"], found.numbers["sessions"]) == (
            "correlation of JPM and TSLA", 1.0, 60,
        )  # fmt: skip
        assert (found.numbers["power_pct"], found.remark) == (20.0, "")

    def test_independent_names_are_not(self) -> None:
        # Over four days the products are +, -, -, +: their sum is zero.
        pasts = {"TSLA": past(UP_DOWN), "JPM": past(PAIRED)}
        assert flags(holding("P1", "TSLA", 5000), holding("P2", "JPM", 5000), pasts=pasts) == []

    def test_a_pair_below_the_limit_of_one_symbol_is_told_and_nothing_of_it_closed(self) -> None:
        pasts = {"TSLA": past(UP_DOWN), "JPM": past(UP_DOWN)}
        (found,) = flags(holding("P1", "TSLA", 3000), holding("P2", "JPM", 4500), pasts=pasts)
        assert found.remark == "together they are not above the 15 % of one symbol"

    def test_one_long_and_one_short_offset_each_other(self) -> None:
        pasts = {"TSLA": past(UP_DOWN), "JPM": past(UP_DOWN)}
        (found,) = flags(holding("P1", "TSLA", 5000, 2000), holding("P2", "JPM", 5000, -2000), pasts=pasts)
        assert found.remark == "one is held long and the other short: they offset each other"

    @pytest.mark.parametrize(("sessions", "known"), [(39, False), (40, True)])
    def test_fewer_than_forty_common_sessions_are_unknown_and_that_is_said(self, sessions: int, known: bool) -> None:
        pasts = {"TSLA": past(UP_DOWN), "JPM": past(UP_DOWN[:sessions])}
        held = (holding("P1", "TSLA", 5000), holding("P2", "JPM", 5000))
        assert bool(flags(*held, pasts=pasts)) is known
        unknown = unknowns_of(measures_of(exposure(*held)), pasts, rules())
        words = "correlation unknown, fewer than 40 common sessions: JPM (39)"
        assert unknown.get("TSLA") == (None if known else words)

    def test_returns_need_both_sessions_and_only_the_newest_count(self) -> None:
        one = Past(np.array([1, 2, 3, 4], dtype=np.int64), np.array([1.0, 2.0, 4.0, 8.0]))
        other = Past(np.array([1, 2, 4], dtype=np.int64), np.array([1.0, 3.0, 9.0]))
        table = returns_of(("A", "B", "C"), {"A": one, "B": other}, 3)
        assert table.shape == (3, 3)
        assert table[:, 0].tolist() == pytest.approx([math.log(2)] * 3)
        assert table[0, 1] == pytest.approx(math.log(3))
        assert np.isnan(table[1:, 1]).all()
        assert np.isnan(table[:, 2]).all()
        assert returns_of(("A",), {"A": one}, 1)[:, 0].tolist() == pytest.approx([math.log(2)])


def test_excess_adds_what_both_measures_are_above_their_limit() -> None:
    held = (holding("P1", "TSLA", 9000, 8500), holding("P2", "TSLA", 1000, -500))
    measures = measures_of(exposure(*held))
    found = flags_of(measures, {}, rules())
    # Power 10,000 and delta 8,000 against 7,500 each.
    assert excess(found, measures, np.array([True, True])).tolist() == [dollars(3000)]
    # Without the second: 9,000 and 8,500.
    assert excess(found, measures, np.array([True, False])).tolist() == [dollars(2500)]
    assert excess((), measures, np.array([True, True])).tolist() == []
