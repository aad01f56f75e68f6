"""Smart Rebalancer: what a scan suggests and what it only tells, and when a hedge is over."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Answer, ApprovalStatus, Finding
from engine.domain.chain import Chain
from engine.domain.instrument import Right
from engine.domain.order import OrderPurpose
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Exit, ExitCode, ManageContext, ScanContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.market.store import MarketStore
from engine.modules.rebalancer_flags import excess, flags_of, measures_of
from engine.modules.rebalancer_hedge import KIND
from engine.modules.smart_rebalancer import SmartRebalancer
from tests.builders import NOW, contract, position
from tests.engine.modules.rebalancer_books import context, exposure, holding, module, past, rules
from tests.fakes import chain_update

REBALANCER = SmartRebalancer()


def spy_chain(at: dt.datetime) -> Chain:
    """SPY around 100, 39 days to run."""
    store = MarketStore()
    store.apply(chain_update(at))
    found = store.chain("SPY")
    assert found is not None
    return found


WAVE = [0.01, -0.01] * 30


def suggested(findings: tuple[Finding, ...]) -> list[str]:
    """Positions whose closing is suggested, in order."""
    return [found.candidate.position_id for found in findings if found.candidate is not None]


def reason_of(findings: tuple[Finding, ...], structure: str) -> str:
    """The reason of the one finding of a kind."""
    (found,) = [each for each in findings if each.structure == structure]
    return found.reason


class TestScan:
    def test_it_suggests_to_close_another_modules_position_with_every_figure(self) -> None:
        findings = REBALANCER.scan(context(exposure(holding("P1", "TSLA", 8000), holding("P2", "JPM", 7000))))
        assert suggested(findings) == ["P1"]
        first = findings[0]
        assert (first.symbol, first.structure) == ("TSLA", "concentration")
        assert first.candidate is not None
        assert first.candidate.module_id == "rebalancer"
        assert first.numbers["owner"] == "alpha"
        assert first.numbers["power_pct"] == 16.0
        assert first.reason.startswith("concentration of TSLA: 16 % of NAV by buying power and stock")

    def test_every_held_symbol_and_the_universe_have_a_finding(self) -> None:
        findings = REBALANCER.scan(
            context(exposure(holding("P1", "TSLA", 3000)), spec=module(("SPY", "IWM")), pasts={"TSLA": past(WAVE)})
        )
        assert {found.symbol: found.reason for found in findings} == {
            "IWM": "nothing held",
            "SPY": "nothing held",
            "TSLA": "6.00 % of NAV by buying power and stock, 0.00 % by delta: within its limits",
        }

    def test_without_an_exposure_or_a_nav_it_suggests_nothing(self) -> None:
        assert [found.reason for found in REBALANCER.scan(context(None))] == ["the mindfolio is not to be seen here"]
        seen = exposure(holding("P1", "TSLA", 8000), nav=0)
        assert [found.candidate for found in REBALANCER.scan(context(seen))] == [None]

    def test_external_positions_are_counted_and_never_closed(self) -> None:
        outside = holding("P1", "TSLA", 8000, position={"module_id": EXTERNAL})
        findings = REBALANCER.scan(context(exposure(outside)))
        assert suggested(findings) == []
        assert "nothing of it can be closed now: EXTERNAL" in reason_of(findings, "concentration")
        assert suggested(REBALANCER.scan(context(exposure(outside, holding("P2", "TSLA", 600))))) == ["P2"]

    def test_its_own_hedge_is_told_and_never_closed_for_what_it_leans_against(self) -> None:
        # Its delta of -20,000 is 40 % of NAV: closed for that, it would be bought again at the next scan.
        own = holding("P2", "SPY", 400, -20_000, position={"module_id": "rebalancer"})
        findings = REBALANCER.scan(context(exposure(holding("P1", "AAPL", 7000, 7000), own)))
        assert suggested(findings) == []
        assert "can be closed now: EXTERNAL, a hedge, without" in reason_of(findings, "concentration")
        others = holding("P3", "SPY", 400, -20_000)
        assert suggested(REBALANCER.scan(context(exposure(own, others)))) == ["P3"]

    def test_what_is_being_closed_already_is_no_reason_for_a_second_closing(self) -> None:
        going = holding("P1", "TSLA", 8000, is_going=True, is_busy=True)
        findings = REBALANCER.scan(context(exposure(going, holding("P2", "TSLA", 2000))))
        assert suggested(findings) == []
        assert "closings that are under way or suggested bring it down" in reason_of(findings, "concentration")

    def test_a_refusal_holds_for_a_day_and_no_other_position_is_suggested_in_its_place(self) -> None:
        held = (holding("P1", "TSLA", 7000), holding("P2", "TSLA", 3000))
        reason, at = "concentration of TSLA: 20 %", NOW - dt.timedelta(minutes=15)
        answer = Answer("somebody", OrderPurpose.CLOSE, "P2", "TSLA", reason, ApprovalStatus.EXPIRED, at)
        assert suggested(REBALANCER.scan(context(exposure(*held)))) == ["P2"]
        findings = REBALANCER.scan(context(exposure(*held, answers=(answer,))))
        assert suggested(findings) == []
        assert "refused, or nobody decided, within 24 hours" in reason_of(findings, "concentration")
        later = NOW + dt.timedelta(days=1)
        assert suggested(REBALANCER.scan(context(exposure(*held, answers=(answer,)), now=later))) == ["P2"]
        other = replace(answer, reason="sector Technology: 45 %")
        assert suggested(REBALANCER.scan(context(exposure(*held, answers=(other,))))) == ["P2"]

    @pytest.mark.parametrize(("waiting", "count"), [(0, 2), (1, 1), (2, 0), (3, 0)])
    def test_never_more_at_once_than_the_setting_those_that_wait_counted(self, waiting: int, count: int) -> None:
        held = [holding(f"P{place}", symbol, 9000) for place, symbol in enumerate(("AAPL", "JPM", "TSLA"))]
        findings = REBALANCER.scan(context(exposure(*held, waiting=waiting)))
        assert len(suggested(findings)) == count
        told = [found for found in findings if found.structure == "concentration"]
        assert len(told) == 3
        assert sum("2 suggestions at once" in found.reason for found in told) == 3 - count

    def test_one_closing_that_cures_two_flags_is_suggested_once(self) -> None:
        held = (holding("P1", "TSLA", 12_000), holding("P2", "AAPL", 7000), holding("P3", "AAPL", 500),
                holding("P4", "MSFT", 2000))  # fmt: skip
        sectors = {"TSLA": "Technology", "AAPL": "Technology", "MSFT": "Technology"}
        findings = REBALANCER.scan(context(exposure(*held, sectors=sectors)))
        assert suggested(findings) == ["P1"]
        assert "closings that are under way or suggested bring it down" in reason_of(findings, "sector")

    def test_names_that_move_as_one_are_told_and_closed_only_where_together_they_are_too_much(self) -> None:
        pasts = {"TSLA": past(WAVE), "JPM": past(WAVE)}
        small = REBALANCER.scan(context(exposure(holding("P1", "TSLA", 2000), holding("P2", "JPM", 2000)), pasts=pasts))
        assert suggested(small) == []
        assert "1.00 over 60 sessions, above 0.8" in reason_of(small, "correlation")
        held = exposure(holding("P1", "TSLA", 7000), holding("P2", "JPM", 5000))
        assert suggested(REBALANCER.scan(context(held, pasts=pasts))) == ["P2"]

    def test_what_is_about_to_be_closed_or_is_external_is_not_hedged(self) -> None:
        chains = {"SPY": spy_chain(NOW)}
        pasts = {"SPY": past(WAVE), "TSLA": past(WAVE)}
        for changes in ({}, {"position": {"module_id": EXTERNAL}}):
            seen = exposure(holding("P1", "TSLA", 100, 9000, **changes))
            findings = REBALANCER.scan(context(seen, chains=chains, pasts=pasts))
            assert [found for found in findings if found.structure == KIND.value] == []
        stays = exposure(holding("P1", "TSLA", 100, 9000, is_busy=True))
        (hedge,) = [
            found for found in REBALANCER.scan(context(stays, chains=chains, pasts=pasts)) if found.structure == KIND
        ]
        assert hedge.numbers["beta_delta_pct"] == 18.0
        full = REBALANCER.scan(context(replace(stays, waiting=2), chains=chains, pasts=pasts))
        assert suggested(full) == []

    def test_parameters_that_cannot_be_are_the_modules_fault(self) -> None:
        with pytest.raises(ValueError, match="no such parameter"):
            REBALANCER.scan(context(exposure(), spec=module(nonsense=1)))

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["TSLA", "AAPL", "JPM"]), st.integers(0, 12_000), st.integers(-9000, 9000)),
            min_size=1, max_size=7,
        )
    )  # fmt: skip
    def test_whatever_is_held_suggestions_are_few_distinct_and_lower_what_is_too_much(
        self, sizes: list[tuple[str, int, int]]
    ) -> None:
        held = tuple(holding(f"P{place}", *size) for place, size in enumerate(sizes))
        seen = exposure(*held)
        chosen = suggested(REBALANCER.scan(context(seen)))
        assert len(chosen) == len(set(chosen)) <= 2
        measures = measures_of(seen)
        flags = flags_of(measures, {}, rules())
        kept = np.array([one.position.position_id not in chosen for one in held])
        if chosen:
            assert excess(flags, measures, kept).sum() < excess(flags, measures, np.ones(len(held), np.bool_)).sum()


def spread(**changes: object) -> Position:
    """A put spread 240/250, bought for 2.00."""
    legs = (Leg(contract(240, Right.PUT), -1), Leg(contract(250, Right.PUT), 1))
    structure = Structure(StructureKind.BEAR_PUT_SPREAD, legs)
    return replace(position(structure=structure, cost=dollars(200), module_id="rebalancer"), **changes)  # type: ignore[arg-type]


def managed(mark: int | None, dte: int | None = 30) -> list[ExitCode]:
    """What is done about the spread at a value in dollars."""
    value = None if mark is None else dollars(mark)
    seen = ManageContext(NOW, module(), {}, dte, value)
    return [action.code for action in REBALANCER.manage(spread(), seen) if hasattr(action, "code")]


class TestManage:
    @pytest.mark.parametrize(("mark", "codes"), [(799, []), (800, [ExitCode.TARGET]), (0, []), (None, [])])
    def test_a_hedge_is_done_at_four_fifths_of_its_width(self, mark: int | None, codes: list[ExitCode]) -> None:
        assert managed(mark) == codes

    @pytest.mark.parametrize(
        ("dte", "codes"), [(8, []), (7, [ExitCode.DAYS]), (0, [ExitCode.DAYS]), (-1, []), (None, [])]
    )
    def test_and_near_its_expiry(self, dte: int | None, codes: list[ExitCode]) -> None:
        assert managed(100, dte) == codes

    @pytest.mark.parametrize("with_put", [True, False])
    @pytest.mark.parametrize("shares", [100, -100])
    def test_shares_that_an_assignment_left_are_closed_whatever_the_days(self, shares: int, with_put: bool) -> None:
        # Shares alone have no expiry: nothing else would ever close them.
        legs = (Leg(contract(250, Right.PUT), 1),) if with_put else ()
        left = Structure(StructureKind.CUSTOM, legs, shares=shares, underlying="" if with_put else "TSLA")
        seen = ManageContext(NOW, module(), {}, 30 if with_put else None, dollars(24_000))
        (action,) = REBALANCER.manage(spread(structure=left, status=PositionStatus.ASSIGNED), seen)
        assert isinstance(action, Exit)
        assert (action.code, action.legs) == (ExitCode.ASSIGNMENT, ())
        assert action.why == f"assigned or exercised: {shares:+d} shares of TSLA, which are no hedge"


def test_it_answers_the_same_for_the_same_context() -> None:
    shown: ScanContext = context(exposure(holding("P1", "TSLA", 9000), holding("P2", "TSLA", 9000)))
    assert REBALANCER.scan(shown) == REBALANCER.scan(shown)
