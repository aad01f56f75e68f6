"""State, structure, price and duplicates: each rule at its boundary, and with what is missing or no number."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from engine.core.calendar import expiry_at
from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.instrument import OptionContract, Right
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.structure import Leg, Structure
from engine.risk import checks
from engine.risk.facts import TradeFacts

NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")


def with_legs(facts: TradeFacts, legs: tuple[Leg, ...]) -> TradeFacts:
    structure = replace(facts.candidate.structure, legs=legs)
    return replace(facts, candidate=replace(facts.candidate, structure=structure))


def denied(denial: Denial | None, code: DenialCode) -> Denial:
    assert denial is not None
    assert denial.code is code
    return denial


@pytest.mark.parametrize(
    "check",
    [rule for name, rule in vars(checks).items() if name.startswith("check_")],
)
def test_a_good_trade_passes_every_check(good: TradeFacts, check: Any) -> None:
    assert check(good) is None


class TestComparing:
    @pytest.mark.parametrize(("measured", "is_within"), [(99, True), (100, True), (101, False), (99.5, True)])
    def test_the_limit_itself_is_allowed(self, measured: float, is_within: bool) -> None:
        assert checks.at_most(measured, 100) is is_within
        assert checks.above(measured, 100) is not is_within

    @pytest.mark.parametrize("junk", NO_NUMBERS)
    def test_what_is_no_finite_number_satisfies_nothing(self, junk: Any) -> None:
        for compare in (checks.at_most, checks.above):
            assert not compare(junk, 100)
            assert not compare(100, junk)
            assert not compare(junk, junk)

    def test_integers_beyond_the_range_of_floats_are_compared_exactly(self) -> None:
        assert checks.at_most(10**400, 10**400)
        assert not checks.at_most(10**400 + 1, 10**400)


class TestStopped:
    @pytest.mark.parametrize("status", [MindfolioStatus.ACTIVE, MindfolioStatus.PAUSED])
    def test_a_clear_latch_and_a_running_mindfolio_pass(self, good: TradeFacts, status: MindfolioStatus) -> None:
        assert checks.check_stopped(replace(good, mindfolio_status=status)) is None

    @pytest.mark.parametrize("latched", [True, None, 1, "", 0])
    def test_a_latch_that_is_not_known_to_be_clear_denies(self, good: TradeFacts, latched: Any) -> None:
        denial = denied(checks.check_stopped(replace(good, is_latched=latched)), DenialCode.STOPPED)
        assert denial.facts["latch"] == "set"

    @pytest.mark.parametrize("status", [MindfolioStatus.STOPPED, None, "RUNNING"])
    def test_a_stopped_or_unknown_mindfolio_denies(self, good: TradeFacts, status: Any) -> None:
        denial = denied(checks.check_stopped(replace(good, mindfolio_status=status)), DenialCode.STOPPED)
        assert (denial.measured, denial.limit) == (str(status), "ACTIVE")


class TestModuleStatus:
    @pytest.mark.parametrize("status", [ModuleStatus.PAUSED, None])
    def test_a_module_that_is_not_active_denies(self, good: TradeFacts, status: Any) -> None:
        denial = denied(checks.check_module_status(replace(good, module_status=status)), DenialCode.MODULE_STATUS)
        assert (denial.measured, denial.facts["module"]) == (str(status), "iv")

    def test_a_paused_mindfolio_denies(self, good: TradeFacts) -> None:
        paused = replace(good, mindfolio_status=MindfolioStatus.PAUSED)
        assert denied(checks.check_module_status(paused), DenialCode.MODULE_STATUS).measured == "PAUSED"

    def test_a_candidate_is_never_judged_by_another_modules_limits(self, good: TradeFacts) -> None:
        foreign = replace(good, candidate=replace(good.candidate, module_id="puts"))
        denial = denied(checks.check_module_status(foreign), DenialCode.MODULE_STATUS)
        assert (denial.measured, denial.limit) == ("puts", "iv")


@pytest.mark.parametrize(("is_open", "measured"), [(False, "closed"), (None, "unknown"), (1, "unknown")])
def test_a_market_that_is_not_known_to_be_open_denies(good: TradeFacts, is_open: Any, measured: str) -> None:
    denial = denied(checks.check_market_closed(replace(good, market_open=is_open)), DenialCode.MARKET_CLOSED)
    assert (denial.measured, denial.limit) == (measured, "open")


class TestStructure:
    def problem(self, facts: TradeFacts) -> str:
        denial = denied(checks.check_structure(facts), DenialCode.STRUCTURE)
        assert str(denial.facts["problems"]).startswith(str(denial.measured))
        return str(denial.facts["problems"])

    @pytest.mark.parametrize(("quantity", "passes"), [(1, True), (2, True), (0, False), (-1, False)])
    def test_the_quantity_is_positive(self, good: TradeFacts, quantity: int, passes: bool) -> None:
        facts = replace(good, candidate=replace(good.candidate, quantity=quantity))
        assert (checks.check_structure(facts) is None) is passes

    @pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1.0, 1.5])
    def test_the_quantity_is_a_whole_number(self, good: TradeFacts, quantity: Any) -> None:
        facts = replace(good, candidate=replace(good.candidate, quantity=quantity))
        assert self.problem(facts) == "quantity is not a positive whole number"

    def test_legs_that_are_another_shape_than_claimed_deny(self, good: TradeFacts) -> None:
        long_put, short_put, short_call, long_call = good.candidate.structure.legs
        twisted = with_legs(good, (short_put, long_put, short_call, long_call))
        assert self.problem(twisted) == "the legs are no known structure"

    def test_a_naked_short_leg_is_named(self, good: TradeFacts) -> None:
        assert "a short leg is not covered" in self.problem(with_legs(good, good.candidate.structure.legs[1:3]))

    @pytest.mark.parametrize(("days_more", "is_covered"), [(-7, False), (0, True), (7, True)])
    def test_a_long_leg_covers_only_what_expires_no_later(
        self, good: TradeFacts, days_more: int, is_covered: bool
    ) -> None:
        long_put, short_put, *calls = good.candidate.structure.legs
        expiration = long_put.contract.expiration + dt.timedelta(days=days_more)
        moved = Leg(replace(long_put.contract, expiration=expiration), 1)
        denial = checks.check_structure(with_legs(good, (moved, short_put, *calls)))
        assert ("not covered" in str(denial)) is not is_covered

    @pytest.mark.parametrize(("long_ratio", "is_covered"), [(1, False), (2, True), (3, True)])
    def test_two_short_contracts_need_two_long_ones(self, good: TradeFacts, long_ratio: int, is_covered: bool) -> None:
        long_put, short_put, *_ = good.candidate.structure.legs
        legs = (replace(long_put, ratio=long_ratio), replace(short_put, ratio=-2))
        assert ("not covered" in self.problem(with_legs(good, legs))) is not is_covered

    def test_a_structure_that_the_module_does_not_trade_denies(self, good: TradeFacts) -> None:
        disabled = replace(good, module=replace(good.module, structures=()))
        assert self.problem(disabled) == "Iron Condor is not enabled"

    @pytest.mark.parametrize(("legs", "denies"), [(4, False), (5, True)])
    def test_more_legs_than_a_broker_takes_deny(self, good: TradeFacts, legs: int, denies: bool) -> None:
        condor = good.candidate.structure.legs
        denial = checks.check_structure(with_legs(good, (condor + condor)[:legs]))
        assert ("5 legs" in str(denial)) is denies

    def test_no_legs_at_all_deny(self, good: TradeFacts) -> None:
        assert "0 legs" in self.problem(with_legs(good, ()))

    def test_a_symbol_outside_the_universe_denies(self, good: TradeFacts) -> None:
        elsewhere = replace(good, module=replace(good.module, universe=("SPY",)))
        assert self.problem(elsewhere) == "TSLA is not in the universe"

    def test_two_symbols_in_one_structure_deny(self, good: TradeFacts) -> None:
        first, *rest = good.candidate.structure.legs
        mixed = (replace(first, contract=replace(first.contract, underlying="SPY")), *rest)
        assert "2 symbols" in self.problem(with_legs(good, mixed))

    @pytest.mark.parametrize(("microseconds", "passes"), [(-1, True), (0, False), (1, False)])
    def test_contracts_end_with_their_last_session(self, good: TradeFacts, microseconds: int, passes: bool) -> None:
        end = expiry_at(good.candidate.structure.expiration)
        facts = replace(good, now=end + dt.timedelta(microseconds=microseconds))
        assert (checks.check_structure(facts) is None) is passes
        if not passes:
            assert self.problem(facts) == "expired 2026-04-17"

    def test_every_problem_is_told(self, good: TradeFacts) -> None:
        leg = Leg(OptionContract("QQQ", dt.date(2026, 1, 16), dollars(430), Right.PUT), -1)
        bare = replace(good.candidate, structure=Structure(good.candidate.structure.kind, (leg,)), quantity=0)
        problems = self.problem(replace(good, candidate=bare, module=replace(good.module, structures=())))
        assert len(problems.split("; ")) == 6


class TestTick:
    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, True), (1, False), (100, True)])
    def test_the_limit_is_a_whole_number_of_cents(self, good: TradeFacts, off: int, passes: bool) -> None:
        denial = checks.check_tick(replace(good, price=good.price + off))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.code, denial.measured, denial.limit) == (DenialCode.TICK, good.price + off, 100)
            assert denial.facts["off_by"] == off % 100

    @pytest.mark.parametrize("price", [*NO_NUMBERS, -25_000.0])
    def test_a_price_that_is_no_amount_denies(self, good: TradeFacts, price: Any) -> None:
        assert denied(checks.check_tick(replace(good, price=price)), DenialCode.TICK).measured is None


@pytest.mark.parametrize("other", ["position 12", "order 7", ""])
def test_legs_that_the_module_already_has_deny(good: TradeFacts, other: str) -> None:
    assert denied(checks.check_duplicate(replace(good, duplicate_of=other)), DenialCode.DUPLICATE).measured == other
