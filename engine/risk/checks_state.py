"""Checks of the state that a trade would be opened in: stops, pauses, the session, the broker, how much is sent.

Source: product terms, section 2.3; reliability, I12.
"""

from engine.core.errors import DenialCode, Fact
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.risk.comparing import about, upper_limit, whole
from engine.risk.facts import TradeFacts


def check_stopped(facts: TradeFacts) -> Denial | None:
    """STOPPED: the emergency latch is set, or the mindfolio is stopped."""
    is_running = facts.mindfolio_status in (MindfolioStatus.ACTIVE, MindfolioStatus.PAUSED)
    if facts.is_latched is False and is_running:
        return None
    latch = "clear" if facts.is_latched is False else "set"
    return Denial(DenialCode.STOPPED, str(facts.mindfolio_status), "ACTIVE", "", {"latch": latch})


def check_module_status(facts: TradeFacts) -> Denial | None:
    """MODULE_STATUS: the module or the whole mindfolio is paused, or the limits at hand are another module's.

    What a module does about its open positions goes on through a pause.
    """
    about_module: dict[str, Fact] = {"module": facts.module.module_id, "mindfolio_status": str(facts.mindfolio_status)}
    if facts.candidate.module_id != facts.module.module_id:
        return Denial(DenialCode.MODULE_STATUS, facts.candidate.module_id, facts.module.module_id, "", about_module)
    if facts.is_managing is True:
        return None  # exits, rolls and hedges go on while a module is paused; a stop is another check's matter
    if facts.module_status is not ModuleStatus.ACTIVE:
        return Denial(DenialCode.MODULE_STATUS, str(facts.module_status), "ACTIVE", "", about_module)
    if facts.mindfolio_status is MindfolioStatus.PAUSED:
        return Denial(DenialCode.MODULE_STATUS, str(facts.mindfolio_status), "ACTIVE", "", about_module)
    return None


def check_market_closed(facts: TradeFacts) -> Denial | None:
    """MARKET_CLOSED: outside a regular session, or nobody knows."""
    if facts.market_open is True:
        return None
    measured = "closed" if facts.market_open is False else "unknown"
    return Denial(DenialCode.MARKET_CLOSED, measured, "open", "", about(facts))


def check_order_rate(facts: TradeFacts) -> Denial | None:
    """ORDER_RATE: openings of the module in a minute, and orders and replacements of the account in the session.

    Each with this one counted. The fact `why` tells which.
    """
    limits = facts.gate
    in_a_minute, in_a_day = (
        (None, None) if limits is None else (limits.max_orders_per_minute, limits.max_orders_per_day)
    )
    rates = (
        ("openings of the module in a minute", facts.openings_last_minute, in_a_minute),
        ("orders of the account in the session", facts.orders_today, in_a_day),
    )
    for why, so_far, allowed in rates:
        before = whole(so_far)
        measured = None if before is None or before < 0 else before + 1
        denial = upper_limit(DenialCode.ORDER_RATE, measured, allowed, about(facts) | {"why": why}, "orders")
        if denial is not None:
            return denial
    return None


def check_symbol_halted(facts: TradeFacts) -> Denial | None:
    """SYMBOL_HALTED: what is held of the underlying, or an order in it, is not certain, or nobody knows."""
    if facts.symbol_halts == ():
        return None
    reasons = facts.symbol_halts
    why = "unknown" if reasons is None else "; ".join(str(reason) for reason in reasons)
    return Denial(DenialCode.SYMBOL_HALTED, why, None, "", about(facts))


def check_broker_unreachable(facts: TradeFacts) -> Denial | None:
    """BROKER_UNREACHABLE: the broker does not answer, or nobody knows."""
    if facts.broker_reachable is True:
        return None
    measured = "unreachable" if facts.broker_reachable is False else "unknown"
    return Denial(DenialCode.BROKER_UNREACHABLE, measured, "reachable", "", about(facts))
