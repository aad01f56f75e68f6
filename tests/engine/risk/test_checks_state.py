"""Stops, pauses, the session, the broker and how much is sent: each rule at its boundary, and with what is missing."""

from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.risk import checks_state as checks
from engine.risk.facts import TradeFacts

NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")


def denied(denial: Denial | None, code: DenialCode) -> Denial:
    assert denial is not None
    assert denial.code is code
    return denial


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
        assert (denial.measured, denial.limit, denial.facts["latch"]) == (str(status), "ACTIVE", "clear")


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


class TestOrderRate:
    @pytest.mark.parametrize(
        ("field", "limit_name", "limit", "why"),
        [
            ("openings_last_minute", "max_orders_per_minute", 30, "openings of the module in a minute"),
            ("orders_today", "max_orders_per_day", 390, "orders of the account in the session"),
        ],
    )
    def test_this_order_counts(self, good: TradeFacts, field: str, limit_name: str, limit: int, why: str) -> None:
        assert good.gate is not None
        for so_far, passes in ((0, True), (limit - 1, True), (limit, False), (limit + 1, False), (-1, False)):
            changes: dict[str, Any] = {field: so_far}
            denial = checks.check_order_rate(replace(good, **changes))
            assert (denial is None) is passes
            if denial is not None and so_far > 0:
                assert (denial.measured, denial.limit, denial.unit) == (so_far + 1, limit, "orders")
                assert denial.facts["why"] == why
        for junk in (*NO_NUMBERS, 3.0):
            changes = {field: junk}
            denied(checks.check_order_rate(replace(good, **changes)), DenialCode.ORDER_RATE)
            limits: dict[str, Any] = {limit_name: junk}
            denied(checks.check_order_rate(replace(good, gate=replace(good.gate, **limits))), DenialCode.ORDER_RATE)

    def test_no_limits_at_all_deny(self, good: TradeFacts) -> None:
        denied(checks.check_order_rate(replace(good, gate=None)), DenialCode.ORDER_RATE)


@pytest.mark.parametrize(("halts", "measured"), [(("a", "b"), "a; b"), (None, "unknown"), (("",), "")])
def test_an_underlying_that_is_not_certain_denies(good: TradeFacts, halts: Any, measured: str) -> None:
    denial = denied(checks.check_symbol_halted(replace(good, symbol_halts=halts)), DenialCode.SYMBOL_HALTED)
    assert (denial.measured, denial.facts["symbol"]) == (measured, "TSLA")


@pytest.mark.parametrize(("reachable", "measured"), [(False, "unreachable"), (None, "unknown"), (1, "unknown")])
def test_a_broker_that_is_not_known_to_answer_denies(good: TradeFacts, reachable: Any, measured: str) -> None:
    facts = replace(good, broker_reachable=reachable)
    denial = denied(checks.check_broker_unreachable(facts), DenialCode.BROKER_UNREACHABLE)
    assert (denial.measured, denial.limit) == (measured, "reachable")
