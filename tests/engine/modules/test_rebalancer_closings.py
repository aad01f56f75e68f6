"""Which closings the Rebalancer suggests: the smallest that cure, the cheapest first, none that makes it worse."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.candidate import Answer, ApprovalStatus
from engine.domain.exposure import Holding
from engine.domain.order import OrderPurpose
from engine.modules.rebalancer_closings import (
    answered,
    closing_candidate,
    closing_costs,
    closing_numbers,
    closings_for,
    estimated,
    left_after,
)
from engine.modules.rebalancer_flags import excess, flags_of, measures_of
from tests.builders import NOW
from tests.engine.modules.rebalancer_books import context, exposure, holding, rules


def chosen(*held: Holding, closable: list[bool] | None = None, costs: list[int] | None = None) -> list[int]:
    """Closings for the first flag; costs in dollars."""
    measures = measures_of(exposure(*held))
    flags = flags_of(measures, {}, rules())
    every = np.ones(len(held), dtype=np.bool_)
    cost = np.array([dollars(each) for each in costs or [10] * len(held)], dtype=np.int64)
    return closings_for(0, flags, measures, every, every if closable is None else np.array(closable), cost)


class TestWhichPosition:
    def test_of_two_that_cure_alone_the_smaller_is_closed(self) -> None:
        # 10,000 against 7,500: either 3,000 or 7,000 cures, and both lower the flag by 2,500.
        assert chosen(holding("P1", "TSLA", 7000), holding("P2", "TSLA", 3000)) == [1]

    def test_the_one_that_lowers_most_for_a_dollar_comes_first(self) -> None:
        # 2,500 for 40 is less for a dollar than 2,500 for 10.
        assert chosen(holding("P1", "TSLA", 7000), holding("P2", "TSLA", 3000), costs=[10, 40]) == [0]

    def test_several_are_closed_until_it_is_cured(self) -> None:
        held = [holding(f"P{place}", "TSLA", 3000) for place in range(4)]
        # 12,000 is 4,500 too much: two of 3,000.
        assert chosen(*held) == [0, 1]

    def test_one_that_becomes_needless_is_left_out(self) -> None:
        # 5,000 too much. 1,000 for $1 is the best bargain, then 4,000 left to lower: the one of 8,000 for $10, which
        # would have been enough by itself.
        held = (holding("P1", "TSLA", 8000), holding("P2", "TSLA", 1000), holding("P3", "TSLA", 3500))
        assert chosen(*held, costs=[10, 1, 60]) == [0]

    def test_what_cannot_be_closed_is_not(self) -> None:
        assert chosen(holding("P1", "TSLA", 7000), holding("P2", "TSLA", 3000), closable=[True, False]) == [0]
        assert chosen(holding("P1", "TSLA", 9000), closable=[False]) == []

    def test_a_position_that_holds_the_flag_down_is_never_closed(self) -> None:
        # Delta 9,000 - 500: closing the short side would lift it.
        assert chosen(holding("P1", "JPM", 0, 9000), holding("P2", "JPM", 0, -500)) == [0]
        assert chosen(holding("P1", "JPM", 0, 9000), holding("P2", "JPM", 0, -500), closable=[False, True]) == []

    def test_none_that_lifts_another_flag_by_as_much(self) -> None:
        # Technology is long 21,000 by TSLA's 8,000 too; AAPL's short 8,000 is above its own limit, and holds it down.
        held = (
            holding("P1", "AAPL", 0, -8000), holding("P2", "TSLA", 0, 29_000),
        )  # fmt: skip
        measures = measures_of(exposure(*held))
        flags = flags_of(measures, {}, rules())
        names = [flag.about for flag in flags]
        assert names == ["concentration of TSLA", "concentration of AAPL", "sector Technology"]
        every = np.ones(2, dtype=np.bool_)
        # AAPL's closing lowers its flag by 500 and lifts the sector's from 1,000 to 9,000.
        assert closings_for(1, flags, measures, every, every, np.array([1, 1])) == []

    @given(st.lists(st.tuples(st.integers(0, 9000), st.integers(-9000, 9000)), min_size=1, max_size=6))
    def test_it_never_makes_the_whole_worse_and_each_closing_is_needed(self, sizes: list[tuple[int, int]]) -> None:
        held = tuple(holding(f"P{place}", "TSLA", *size) for place, size in enumerate(sizes))
        measures = measures_of(exposure(*held))
        flags = flags_of(measures, {}, rules())
        if not flags:
            return
        every = np.ones(len(held), dtype=np.bool_)
        found = closings_for(0, flags, measures, every, every, np.full(len(held), 10))
        left = every.copy()
        left[found] = False
        before, after = excess(flags, measures, every), excess(flags, measures, left)
        assert after.sum() < before.sum() if found else (after == before).all()
        for place in found:
            without = left.copy()
            without[place] = True
            assert (excess(flags, measures, without) > after).any()


class TestTheSuggestion:
    def test_its_figures_by_hand(self) -> None:
        held = holding("P1", "TSLA", 8000, 400)
        shown = context(exposure(held))
        # Sold for 120, worth -100 at mid, 110 to buy back; 4 contracts at 0.60 are 2.40 again, and 2.40 were paid.
        assert estimated(held, shown) == (dollars("15.20"), dollars("5.20"))
        assert closing_costs((held,), shown).tolist() == [dollars("12.40")]
        measures = measures_of(exposure(held))
        (flag,) = flags_of(measures, {}, rules())
        kept = np.array([False])
        found = closing_candidate(held, flag, left_after(flag, measures, kept), shown)
        assert (found.purpose, found.position_id, found.module_id) == (OrderPurpose.CLOSE, "P1", "rebalancer")
        assert (found.net_price, found.worst_price, found.costs) == (dollars("1.00"), dollars("1.10"), dollars("2.40"))
        assert (found.buying_power, found.max_risk, found.quantity) == (0, 0, 1)
        assert found.reasons == (
            "concentration of TSLA: 16 % of NAV by buying power and stock, 0.8 % by delta, limit 15 %",
            "closing TSLA 17 Apr 240/250/270/280 iron condor leaves 0 % of NAV by buying power and stock, 0 % by delta",
            "estimated P&L if closed now $5.20 at natural, $15.20 at mid, commissions included",
            "closing costs $10.00 from mid to natural and $2.40 of commissions",
        )
        assert closing_numbers(held, shown) == {
            "position": "P1", "owner": "alpha", "pnl_at_mid_usd": dollars("15.20"),
            "pnl_at_natural_usd": dollars("5.20"), "closing_cost_usd": dollars("12.40"),
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("hours", "reason", "purpose", "is_answered"),
        [
            (23, "concentration of TSLA: 16 %", OrderPurpose.CLOSE, True),
            (24, "concentration of TSLA: 16 %", OrderPurpose.CLOSE, False),
            (1, "sector Technology: 45 %", OrderPurpose.CLOSE, False),
            (1, "concentration of TSLA: 16 %", OrderPurpose.OPEN, False),
        ],
    )
    def test_an_answer_holds_for_a_day_for_the_same_reason(
        self, hours: int, reason: str, purpose: OrderPurpose, is_answered: bool
    ) -> None:
        at = NOW - dt.timedelta(hours=hours)
        answer = Answer("other", purpose, "P1", "TSLA", reason, ApprovalStatus.REFUSED, at)
        found = answered("concentration of TSLA", (answer,), NOW, rules())
        assert found is is_answered
