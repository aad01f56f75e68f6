"""Pre-trade checks: one small pure function per rule, each answering with a denial or None.

Every check stands alone and fails closed. What is missing, not finite, boolean or of the wrong type never satisfies
a rule, whichever side of the comparison it is on. A figure exactly at an upper limit is allowed; a day loss exactly
at its limit is denied. Amounts are `Money`: anything but an int is unknown. Denials carry numbers a journal can hold:
`measured` or `limit` is None where the figure was unknown, and the facts tell what was found instead.

Source of the rules: product terms, section 2.3.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from engine.core.calendar import expiry_at
from engine.core.errors import DenialCode, Fact
from engine.core.money import Money
from engine.domain.denial import Denial
from engine.domain.instrument import Right
from engine.domain.limits import GateLimits
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.ports import Evidence
from engine.domain.quote import Quote
from engine.domain.structure import Leg
from engine.domain.structure_shapes import recognise
from engine.domain.tick import PACKAGE_TICK
from engine.risk.facts import TradeFacts

MAX_LEGS = 4
"""Legs that a broker takes as one package."""

WAIVED_CONTRACTS = 1
"""Most contracts of a trade whose evidence was waived."""


# --- state --------------------------------------------------------------------------------------------------------
def check_stopped(facts: TradeFacts) -> Denial | None:
    """STOPPED: the emergency latch is set, or the mindfolio is stopped."""
    is_running = facts.mindfolio_status in (MindfolioStatus.ACTIVE, MindfolioStatus.PAUSED)
    if facts.is_latched is False and is_running:
        return None
    latch = "clear" if facts.is_latched is False else "set"
    return Denial(DenialCode.STOPPED, str(facts.mindfolio_status), "ACTIVE", "", {"latch": latch})


def check_module_status(facts: TradeFacts) -> Denial | None:
    """MODULE_STATUS: the module or the whole mindfolio is paused, or the limits at hand are another module's."""
    about: dict[str, Fact] = {"module": facts.module.module_id, "mindfolio_status": str(facts.mindfolio_status)}
    if facts.candidate.module_id != facts.module.module_id:
        return Denial(DenialCode.MODULE_STATUS, facts.candidate.module_id, facts.module.module_id, "", about)
    if facts.module_status is not ModuleStatus.ACTIVE:
        return Denial(DenialCode.MODULE_STATUS, str(facts.module_status), "ACTIVE", "", about)
    if facts.mindfolio_status is MindfolioStatus.PAUSED:
        return Denial(DenialCode.MODULE_STATUS, str(facts.mindfolio_status), "ACTIVE", "", about)
    return None


def check_market_closed(facts: TradeFacts) -> Denial | None:
    """MARKET_CLOSED: outside a regular session, or nobody knows."""
    if facts.market_open is True:
        return None
    measured = "closed" if facts.market_open is False else "unknown"
    return Denial(DenialCode.MARKET_CLOSED, measured, "open", "", _about(facts))


# --- market data --------------------------------------------------------------------------------------------------
def check_data_stale(facts: TradeFacts) -> Denial | None:
    """DATA_STALE: the oldest leg's quote is older than allowed, of unknown age, or from the future (a wrong clock)."""
    found = facts.gate.max_quote_age if facts.gate is not None else None
    allowed = found if isinstance(found, timedelta) else None
    limit = allowed.total_seconds() if allowed is not None else None
    ages: list[tuple[timedelta, str]] = []
    for leg, quote in _quoted_legs(facts):
        if quote is None:
            why: dict[str, Fact] = {"leg": leg.contract.occ, "why": "no quote"}
            return Denial(DenialCode.DATA_STALE, None, limit, "s", why)
        ages.append((quote.age(facts.now), leg.contract.occ))
    if not ages:
        return Denial(DenialCode.DATA_STALE, None, limit, "s", {"why": "no legs"})
    (youngest, _), (oldest, _) = min(ages), max(ages)
    if allowed is not None and timedelta(0) <= youngest and oldest <= allowed:
        return None
    is_too_old = allowed is None or oldest > allowed
    age, occ = max(ages) if is_too_old else min(ages)
    return Denial(DenialCode.DATA_STALE, age.total_seconds(), limit, "s", {"leg": occ})


def check_data_bad(facts: TradeFacts) -> Denial | None:
    """DATA_BAD: a leg without 0 < bid <= ask, both known. The first such leg is named, and how many there are."""
    legs = _quoted_legs(facts)
    rule = "0 < bid <= ask"
    bad = [(leg, quote, problem) for leg, quote in legs if (problem := _quote_problem(quote)) is not None]
    if not legs:
        return Denial(DenialCode.DATA_BAD, "no legs", rule)
    if not bad:
        return None
    leg, quote, problem = bad[0]
    about: dict[str, Fact] = {"leg": leg.contract.occ, "bad_legs": len(bad)}
    if quote is not None:
        about |= {"bid": _shown(quote.bid), "ask": _shown(quote.ask)}
    return Denial(DenialCode.DATA_BAD, problem, rule, "", about)


def check_liquidity(facts: TradeFacts) -> Denial | None:
    """LIQUIDITY: a leg whose spread is too wide for its mid, or whose open interest is too small or unknown.

    The first such leg is named; `also` lists the others.
    """
    legs = _quoted_legs(facts)
    if not legs:
        return Denial(DenialCode.LIQUIDITY, facts={"why": "no legs"})
    if facts.gate is None:
        return Denial(DenialCode.LIQUIDITY, unit="pct", facts={"why": "no limits"})
    thin = [(leg, denial) for leg, quote in legs if (denial := _leg_liquidity(leg, quote, facts.gate)) is not None]
    if not thin:
        return None
    first = thin[0][1]
    also = ", ".join(leg.contract.occ for leg, _ in thin[1:])
    return replace(first, facts=first.facts | {"also": also})


# --- the trade itself ---------------------------------------------------------------------------------------------
def check_structure(facts: TradeFacts) -> Denial | None:
    """STRUCTURE: legs that are not the enabled, defined-risk shape they claim to be, in a symbol of the universe."""
    problems = tuple(_structure_problems(facts))
    if not problems:
        return None
    about = _about(facts) | {"quantity": _shown(facts.candidate.quantity), "problems": "; ".join(problems)}
    return Denial(DenialCode.STRUCTURE, problems[0], str(facts.candidate.structure.kind), "", about)


def check_tick(facts: TradeFacts) -> Denial | None:
    """TICK: a net limit that is not a whole number of the package's price steps."""
    price = _money(facts.price)
    if price is not None and price % PACKAGE_TICK == 0:
        return None
    off_by = None if price is None else price % PACKAGE_TICK
    about = _about(facts) | {"price": _shown(facts.price), "off_by": off_by}
    return Denial(DenialCode.TICK, price, PACKAGE_TICK, "usd", about)


def check_duplicate(facts: TradeFacts) -> Denial | None:
    """DUPLICATE: the module already has these legs in a position, an order or an approval."""
    if facts.duplicate_of is None:
        return None
    return Denial(DenialCode.DUPLICATE, str(facts.duplicate_of), None, "", _about(facts))


# --- money --------------------------------------------------------------------------------------------------------
def check_max_risk(facts: TradeFacts) -> Denial | None:
    """MAX_RISK: what the trade can lose, with costs, against the module's limit for one trade."""
    measured = _with_costs(facts.max_risk, facts.costs)
    about = _about(facts) | {"max_risk": _shown(facts.max_risk), "costs": _shown(facts.costs)}
    return _upper_limit(DenialCode.MAX_RISK, measured, facts.module.limits.max_risk_per_trade, about)


def check_budget(facts: TradeFacts) -> Denial | None:
    """BUDGET: buying power, with costs, against what the module may still put at work."""
    measured = _with_costs(facts.buying_power, facts.costs)
    about = _about(facts) | {"buying_power": _shown(facts.buying_power), "costs": _shown(facts.costs)}
    return _upper_limit(DenialCode.BUDGET, measured, facts.available, about)


def check_daily_loss(facts: TradeFacts) -> Denial | None:
    """DAILY_LOSS: the module's day P&L against the limit, both as P&L: `limit` is minus the daily loss limit."""
    day_pnl, allowed = _money(facts.day_pnl), _money(facts.module.limits.daily_loss_limit)
    floor = None if allowed is None else -allowed
    if above(day_pnl, floor):
        return None
    about: dict[str, Fact] = {"module": facts.module.module_id}
    return Denial(DenialCode.DAILY_LOSS, day_pnl, floor, "usd", about)


def check_account_buying_power(facts: TradeFacts) -> Denial | None:
    """ACCOUNT_BUYING_POWER: buying power, with costs, against the smaller of own cash and the broker's figure."""
    measured = _with_costs(facts.buying_power, facts.costs)
    own, broker = _money(facts.account_available), _money(facts.broker_available)
    limit = None if own is None or broker is None else min(own, broker)
    about = _about(facts) | {
        "buying_power": _shown(facts.buying_power),
        "costs": _shown(facts.costs),
        "own_cash": _shown(facts.account_available),
        "broker": _shown(facts.broker_available),
    }
    return _upper_limit(DenialCode.ACCOUNT_BUYING_POWER, measured, limit, about)


# --- evidence -----------------------------------------------------------------------------------------------------
def check_evidence(facts: TradeFacts) -> Denial | None:
    """EVIDENCE: the backtest's trades, win rate and expectancy; where it is waived, at most one contract instead.

    The fact `why` is "insufficient evidence" when there are too few trades to judge by.
    """
    if facts.waivers.evidence is True:
        return _waived_size(facts)
    limits, evidence = facts.gate, facts.evidence
    if limits is None or evidence is None:
        why = "no limits" if limits is None else "insufficient evidence"
        return Denial(DenialCode.EVIDENCE, facts=_about(facts) | {"why": why})
    about = _about(facts) | _evidence_facts(evidence)
    if not at_most(limits.min_backtest_trades, _money(evidence.trades)):
        about["why"] = "insufficient evidence"
        trades, demanded = _shown(evidence.trades), _shown(limits.min_backtest_trades)
        return Denial(DenialCode.EVIDENCE, trades, demanded, "", about)
    if not (above(evidence.win_rate, limits.min_win_rate) and at_most(evidence.win_rate, 1)):
        about["why"] = "win rate"
        return Denial(DenialCode.EVIDENCE, _pct(evidence.win_rate), _pct(limits.min_win_rate), "pct", about)
    expectancy = _money(evidence.expectancy)
    if not above(expectancy, 0):
        about["why"] = "expectancy"
        return Denial(DenialCode.EVIDENCE, expectancy, 0, "usd", about)
    return None


# --- the program itself -------------------------------------------------------------------------------------------
def check_kernel_health(facts: TradeFacts) -> Denial | None:
    """KERNEL_HEALTH: our pricing kernel and a second one disagree on a leg, or were not compared on every leg."""
    about = _about(facts)
    legs = facts.candidate.structure.legs
    readings = facts.kernel or ()
    if {leg.contract.occ for leg in legs} != {reading.occ for reading in readings if reading.what == "price"}:
        return Denial(DenialCode.KERNEL_HEALTH, facts=about | {"why": "no second opinion on the prices"})
    for reading in readings:
        if not reading.agrees:
            about |= {"leg": reading.occ, "what": reading.what, "why": "two pricing kernels disagree"}
            about |= {"ours": _shown(reading.ours), "theirs": _shown(reading.theirs)}
            difference = abs(reading.ours - reading.theirs)
            return Denial(DenialCode.KERNEL_HEALTH, _shown(difference), reading.limit, "", about)
    return None


# --- comparing ----------------------------------------------------------------------------------------------------
def at_most(measured: object, limit: object) -> bool:
    """`measured <= limit`, both finite numbers; False for None, NaN, infinities, booleans and anything else."""
    left, right = _number(measured), _number(limit)
    return left is not None and right is not None and left <= right


def above(measured: object, limit: object) -> bool:
    """`measured > limit`, both finite numbers; False for None, NaN, infinities, booleans and anything else."""
    left, right = _number(measured), _number(limit)
    return left is not None and right is not None and left > right


def _number(value: object) -> int | float | None:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return _money(value)


def _money(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _shown(value: object) -> Fact:
    """The value if a journal can hold it, else its text."""
    if value is None or isinstance(value, str):
        return value
    number = _number(value)
    return repr(value) if number is None else number


def _pct(fraction: object) -> Fact:
    # Rounded far below anything a person reads, because 0.57 x 100 is 56.99999999999999 in binary.
    number = _number(fraction)
    return _shown(fraction) if number is None else round(number * 100, 6)


# --- parts of the checks ------------------------------------------------------------------------------------------
def _about(facts: TradeFacts) -> dict[str, Fact]:
    structure = facts.candidate.structure
    return {"symbol": structure.symbol if structure.legs else None, "structure": str(structure.kind)}


def _quoted_legs(facts: TradeFacts) -> tuple[tuple[Leg, Quote | None], ...]:
    """Legs with their quotes. Quotes that do not match the legs in number belong to something else: none is used."""
    legs = facts.candidate.structure.legs
    quotes = facts.quotes if len(facts.quotes) == len(legs) else (None,) * len(legs)
    return tuple(zip(legs, quotes, strict=True))


def _quote_problem(quote: Quote | None) -> str | None:
    if quote is None:
        return "no quote"
    bid, ask = _money(quote.bid), _money(quote.ask)
    if bid is None or ask is None:
        return "no bid" if bid is None else "no ask"
    if bid <= 0:
        return "bid not above zero"
    return "bid above ask" if bid > ask else None


def _leg_liquidity(leg: Leg, quote: Quote | None, gate: GateLimits) -> Denial | None:
    about: dict[str, Fact] = {"leg": leg.contract.occ}
    problem = _quote_problem(quote)
    if quote is None or quote.bid is None or quote.ask is None or problem is not None:
        return Denial(DenialCode.LIQUIDITY, None, _shown(gate.max_leg_spread_pct), "pct", about | {"why": problem})
    spread = quote.ask - quote.bid
    spread_pct = 200 * spread / (quote.bid + quote.ask)
    about |= {"spread": spread, "spread_floor": _shown(gate.spread_floor), "open_interest": _shown(quote.open_interest)}
    has_limits = _number(gate.max_leg_spread_pct) is not None and _money(gate.spread_floor) is not None
    is_tight = at_most(spread, gate.spread_floor) or at_most(spread_pct, gate.max_leg_spread_pct)
    if not has_limits or not is_tight:
        about["why"] = "spread"
        return Denial(DenialCode.LIQUIDITY, spread_pct, _shown(gate.max_leg_spread_pct), "pct", about)
    if not at_most(gate.min_open_interest, quote.open_interest):
        about["why"] = "open interest"
        measured, limit = _shown(quote.open_interest), _shown(gate.min_open_interest)
        return Denial(DenialCode.LIQUIDITY, measured, limit, "contracts", about)
    return None


def _structure_problems(facts: TradeFacts) -> Iterator[str]:
    candidate, module = facts.candidate, facts.module
    kind, legs = candidate.structure.kind, candidate.structure.legs
    recognised = str(recognise(legs) or "no known structure")
    if recognised != str(kind):
        yield f"the legs are {recognised}"
    if kind not in module.structures:
        yield f"{kind} is not enabled"
    if not 0 < len(legs) <= MAX_LEGS:
        yield f"{len(legs)} legs"
    if not _is_defined_risk(legs):
        yield "a short leg is not covered"
    symbols = sorted({leg.contract.underlying for leg in legs})
    if len(symbols) != 1:
        yield f"{len(symbols)} symbols"
    yield from (f"{symbol} is not in the universe" for symbol in symbols if symbol not in module.universe)
    if not above(_money(candidate.quantity), 0):
        yield "quantity is not a positive whole number"
    expirations = sorted({leg.contract.expiration for leg in legs})
    yield from (f"expired {expiration}" for expiration in expirations if facts.now >= expiry_at(expiration))


def _is_defined_risk(legs: tuple[Leg, ...]) -> bool:
    """Whether every short leg is covered by a long one of the same right that expires no earlier."""
    for right in Right:
        covered = 0
        same_right = [leg for leg in legs if leg.contract.right is right]
        for leg in sorted(same_right, key=lambda leg: (-leg.contract.expiration.toordinal(), -leg.ratio)):
            covered += leg.ratio
            if covered < 0:
                return False
    return True


def _with_costs(amount: object, costs: object) -> Money | None:
    """The amount and its costs, None unless the amount is above zero and the costs are not below it."""
    known, added = _money(amount), _money(costs)
    if known is None or added is None or known <= 0 or added < 0:
        return None
    return known + added


def _upper_limit(
    code: DenialCode, measured: Money | None, limit: Money | None, about: dict[str, Fact]
) -> Denial | None:
    """A denial unless measured <= limit; its fact `missing` is by how much one of the two would have to change."""
    allowed = _money(limit)
    if at_most(measured, allowed):
        return None
    missing = None if measured is None or allowed is None else measured - allowed
    return Denial(code, measured, allowed, "usd", about | {"missing": missing})


def _waived_size(facts: TradeFacts) -> Denial | None:
    quantity = _money(facts.candidate.quantity)
    if above(quantity, 0) and at_most(quantity, WAIVED_CONTRACTS):
        return None
    about = _about(facts) | {"why": "evidence waived"}
    return Denial(DenialCode.EVIDENCE, _shown(facts.candidate.quantity), WAIVED_CONTRACTS, "contracts", about)


def _evidence_facts(evidence: Evidence) -> dict[str, Fact]:
    return {
        "trades": _shown(evidence.trades),
        "win_rate_pct": _pct(evidence.win_rate),
        "expectancy": _shown(evidence.expectancy),
        "source": evidence.source,
    }
