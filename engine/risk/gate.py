"""The gate: every check on every opening, all failures reported, and nothing passes a check that broke."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.errors import DenialCode
from engine.domain.denial import Denial
from engine.risk import account_rules, checks_evidence, checks_market, checks_money, checks_state, checks_trade
from engine.risk.facts import TradeFacts

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and the code it denies with."""

    code: DenialCode
    rule: Callable[[TradeFacts], Denial | None]


CHECKS: tuple[Check, ...] = (
    Check(DenialCode.STOPPED, checks_state.check_stopped),
    Check(DenialCode.MODULE_STATUS, checks_state.check_module_status),
    Check(DenialCode.MARKET_CLOSED, checks_state.check_market_closed),
    Check(DenialCode.DATA_STALE, checks_market.check_data_stale),
    Check(DenialCode.DATA_BAD, checks_market.check_data_bad),
    Check(DenialCode.LEG_SKEW, checks_market.check_leg_skew),
    Check(DenialCode.LIQUIDITY, checks_market.check_liquidity),
    Check(DenialCode.STRUCTURE, checks_trade.check_structure),
    Check(DenialCode.TICK, checks_trade.check_tick),
    Check(DenialCode.MAX_RISK, checks_money.check_max_risk),
    Check(DenialCode.BUDGET, checks_money.check_budget),
    Check(DenialCode.DAILY_LOSS, checks_money.check_daily_loss),
    Check(DenialCode.ACCOUNT_BUYING_POWER, checks_money.check_account_buying_power),
    Check(DenialCode.ACCOUNT_RULES, account_rules.check_account_rules),
    Check(DenialCode.CONFLICT, checks_trade.check_conflict),
    Check(DenialCode.DUPLICATE, checks_trade.check_duplicate),
    Check(DenialCode.SYMBOL_CAP, checks_money.check_symbol_cap),
    Check(DenialCode.EVENT, checks_trade.check_event),
    Check(DenialCode.ORDER_RATE, checks_state.check_order_rate),
    Check(DenialCode.EVIDENCE, checks_evidence.check_evidence),
    Check(DenialCode.KERNEL_HEALTH, checks_evidence.check_kernel_health),
    Check(DenialCode.SYMBOL_HALTED, checks_state.check_symbol_halted),
    Check(DenialCode.BROKER_UNREACHABLE, checks_state.check_broker_unreachable),
)
"""In the order of the product's list, which is the order of the reasons on the screen; then what it has no word for."""


def run_gate(facts: TradeFacts) -> tuple[Denial, ...]:
    """Every reason why this trade may not be opened, in the order of `CHECKS`; empty when it may.

    A check that raises denies with its own code and the fact `error`, the name of what it raised.
    """
    outcomes = (_outcome(check, facts) for check in CHECKS)
    return tuple(denial for denial in outcomes if denial is not None)


def checklist(denials: tuple[Denial, ...]) -> tuple[tuple[DenialCode, Denial | None], ...]:
    """Every condition of the gate in its order, each with the denial of a trade that did not meet it."""
    failed = {denial.code: denial for denial in denials}
    return tuple((check.code, failed.get(check.code)) for check in CHECKS)


def waived(facts: TradeFacts) -> tuple[str, ...]:
    """What the environment waived for this trade, to be shown: "evidence"; "iv_rank", "events" when unknown."""
    rank = facts.candidate.iv_rank
    names = []
    if facts.waivers.evidence is True:
        names.append("evidence")
    if facts.waivers.iv_rank is True and (rank is None or not math.isfinite(rank)):
        names.append("iv_rank")
    if facts.waivers.events is True and facts.happenings is None:
        names.append("events")
    return tuple(names)


def warnings(facts: TradeFacts) -> tuple[Denial, ...]:
    """What a person should know and what stops nothing, in the form of denials."""
    warning = account_rules.day_trade_warning(facts)
    return () if warning is None else (warning,)


def _outcome(check: Check, facts: TradeFacts) -> Denial | None:
    try:
        return check.rule(facts)
    except Exception as error:
        # Whatever went wrong, a rule that could not be checked is a rule that was not met.
        _logger.exception("check %s failed", check.code)
        return Denial(check.code, facts={"error": type(error).__name__})
