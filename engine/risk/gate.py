"""The gate: every check on every opening, all failures reported, and nothing passes a check that broke."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.core.errors import DenialCode
from engine.domain.denial import Denial
from engine.risk import checks
from engine.risk.facts import TradeFacts

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and the code it denies with."""

    code: DenialCode
    rule: Callable[[TradeFacts], Denial | None]


CHECKS: tuple[Check, ...] = (
    Check(DenialCode.STOPPED, checks.check_stopped),
    Check(DenialCode.MODULE_STATUS, checks.check_module_status),
    Check(DenialCode.MARKET_CLOSED, checks.check_market_closed),
    Check(DenialCode.DATA_STALE, checks.check_data_stale),
    Check(DenialCode.DATA_BAD, checks.check_data_bad),
    Check(DenialCode.LIQUIDITY, checks.check_liquidity),
    Check(DenialCode.STRUCTURE, checks.check_structure),
    Check(DenialCode.TICK, checks.check_tick),
    Check(DenialCode.MAX_RISK, checks.check_max_risk),
    Check(DenialCode.BUDGET, checks.check_budget),
    Check(DenialCode.DAILY_LOSS, checks.check_daily_loss),
    Check(DenialCode.ACCOUNT_BUYING_POWER, checks.check_account_buying_power),
    Check(DenialCode.DUPLICATE, checks.check_duplicate),
    Check(DenialCode.EVIDENCE, checks.check_evidence),
    Check(DenialCode.KERNEL_HEALTH, checks.check_kernel_health),
)
"""In the order of the product's list, which is the order of the reasons on the screen."""


def run_gate(facts: TradeFacts) -> tuple[Denial, ...]:
    """Every reason why this trade may not be opened, in the order of `CHECKS`; empty when it may.

    A check that raises denies with its own code and the fact `error`, the name of what it raised.
    """
    outcomes = (_outcome(check, facts) for check in CHECKS)
    return tuple(denial for denial in outcomes if denial is not None)


def waived(facts: TradeFacts) -> tuple[str, ...]:
    """What the environment waived for this trade, to be shown with it: "evidence", "iv_rank" (when it is unknown)."""
    rank = facts.candidate.iv_rank
    names = []
    if facts.waivers.evidence is True:
        names.append("evidence")
    if facts.waivers.iv_rank is True and (rank is None or not math.isfinite(rank)):
        names.append("iv_rank")
    return tuple(names)


def _outcome(check: Check, facts: TradeFacts) -> Denial | None:
    try:
        return check.rule(facts)
    except Exception as error:
        # Whatever went wrong, a rule that could not be checked is a rule that was not met.
        _logger.exception("check %s failed", check.code)
        return Denial(check.code, facts={"error": type(error).__name__})
