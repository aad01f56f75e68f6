"""Checks of the quotes that a trade would be opened on: their age, their sanity, how far apart they are, how thin.

Shares alone are one part, quoted as a stock; they are as liquid as the stock is, so that only options are asked.
Source: product terms, section 2.3.
"""

from dataclasses import replace
from datetime import timedelta

from engine.core.errors import DenialCode, Fact
from engine.domain.denial import Denial
from engine.domain.limits import GateLimits
from engine.domain.quote import Quote
from engine.domain.quote_flags import UNTRADABLE, QuoteFlag, pair_flags
from engine.risk.comparing import at_most, number, shown, whole
from engine.risk.facts import TradeFacts


def check_data_stale(facts: TradeFacts) -> Denial | None:
    """DATA_STALE: the oldest quote is older than allowed, of unknown age, or from the future (a wrong clock)."""
    allowed = _duration(facts.gate.max_quote_age if facts.gate is not None else None)
    limit = allowed.total_seconds() if allowed is not None else None
    ages: list[tuple[timedelta, str]] = []
    for name, quote in quoted_parts(facts):
        if quote is None:
            why: dict[str, Fact] = {"leg": name, "why": "no quote"}
            return Denial(DenialCode.DATA_STALE, None, limit, "s", why)
        ages.append((quote.age(facts.now), name))
    if not ages:
        return Denial(DenialCode.DATA_STALE, None, limit, "s", {"why": "no legs"})
    (youngest, _), (oldest, _) = min(ages), max(ages)
    if allowed is not None and timedelta(0) <= youngest and oldest <= allowed:
        return None
    is_too_old = allowed is None or oldest > allowed
    age, name = max(ages) if is_too_old else min(ages)
    return Denial(DenialCode.DATA_STALE, age.total_seconds(), limit, "s", {"leg": name})


def check_data_bad(facts: TradeFacts) -> Denial | None:
    """DATA_BAD: a part without 0 < bid <= ask, both known. The first is named, and how many there are."""
    parts = quoted_parts(facts)
    rule = "0 < bid <= ask"
    bad = [(name, quote, problem) for name, quote in parts if (problem := quote_problem(quote)) is not None]
    if not parts:
        return Denial(DenialCode.DATA_BAD, "no legs", rule)
    if not bad:
        return None
    name, quote, problem = bad[0]
    more: dict[str, Fact] = {"leg": name, "bad_legs": len(bad)}
    if quote is not None:
        more |= {"bid": shown(quote.bid), "ask": shown(quote.ask)}
    return Denial(DenialCode.DATA_BAD, problem, rule, "", more)


def check_leg_skew(facts: TradeFacts) -> Denial | None:
    """LEG_SKEW: the quotes of two legs are further apart in time than allowed: together they were never a price."""
    allowed = _duration(facts.gate.max_leg_skew if facts.gate is not None else None)
    limit = allowed.total_seconds() if allowed is not None else None
    times: list[tuple[timedelta, str]] = []
    for name, quote in quoted_parts(facts):
        if quote is None:
            why: dict[str, Fact] = {"leg": name, "why": "no quote"}
            return Denial(DenialCode.LEG_SKEW, None, limit, "s", why)
        times.append((quote.age(facts.now), name))
    if not times:
        return Denial(DenialCode.LEG_SKEW, None, limit, "s", {"why": "no legs"})
    (newest, _), (oldest, name) = min(times), max(times)
    skew = oldest - newest
    if allowed is not None and skew <= allowed:
        return None
    return Denial(DenialCode.LEG_SKEW, skew.total_seconds(), limit, "s", {"leg": name})


def check_liquidity(facts: TradeFacts) -> Denial | None:
    """LIQUIDITY: a leg whose spread is too wide for its mid, or whose open interest is too small or unknown.

    The first such leg is named; `also` lists the others. Shares alone pass.
    """
    structure = facts.candidate.structure
    if not structure.legs:
        return None if structure.shares else Denial(DenialCode.LIQUIDITY, facts={"why": "no legs"})
    if facts.gate is None:
        return Denial(DenialCode.LIQUIDITY, unit="pct", facts={"why": "no limits"})
    gate = facts.gate
    thin = [
        (name, denial)
        for name, quote in quoted_parts(facts)
        if (denial := _leg_liquidity(name, quote, gate)) is not None
    ]
    if not thin:
        return None
    first = thin[0][1]
    also = ", ".join(name for name, _ in thin[1:])
    return replace(first, facts=first.facts | {"also": also})


def quoted_parts(facts: TradeFacts) -> tuple[tuple[str, Quote | None], ...]:
    """Each leg (OCC symbol) with its quote, or the stock with its own where there are no legs.

    Quotes that do not match in number belong to something else: none is used.
    """
    structure = facts.candidate.structure
    names = [leg.contract.occ for leg in structure.legs]
    if not names and structure.shares:
        names = [structure.symbol]
    quotes = facts.quotes if len(facts.quotes) == len(names) else (None,) * len(names)
    return tuple(zip(names, quotes, strict=True))


def quote_problem(quote: Quote | None) -> str | None:
    """What is wrong with a quote that something is to be opened on, None for nothing."""
    if quote is None:
        return "no quote"
    bid, ask = whole(quote.bid), whole(quote.ask)
    if bid is None or ask is None:
        return "no bid" if bid is None else "no ask"
    faults = pair_flags(bid, ask)
    if not faults & UNTRADABLE:
        return None
    if bid <= 0:
        return "bid not above zero"
    return "bid above ask" if QuoteFlag.CROSSED in faults else "price above a million dollars a share"


def _duration(value: object) -> timedelta | None:
    return value if isinstance(value, timedelta) else None


def _leg_liquidity(name: str, quote: Quote | None, gate: GateLimits) -> Denial | None:
    more: dict[str, Fact] = {"leg": name}
    problem = quote_problem(quote)
    if quote is None or quote.bid is None or quote.ask is None or problem is not None:
        return Denial(DenialCode.LIQUIDITY, None, shown(gate.max_leg_spread_pct), "pct", more | {"why": problem})
    spread = quote.ask - quote.bid
    spread_pct = 200 * spread / (quote.bid + quote.ask)
    more |= {"spread": spread, "spread_floor": shown(gate.spread_floor), "open_interest": shown(quote.open_interest)}
    has_limits = number(gate.max_leg_spread_pct) is not None and whole(gate.spread_floor) is not None
    is_tight = at_most(spread, gate.spread_floor) or at_most(spread_pct, gate.max_leg_spread_pct)
    if not has_limits or not is_tight:
        more["why"] = "spread"
        return Denial(DenialCode.LIQUIDITY, spread_pct, shown(gate.max_leg_spread_pct), "pct", more)
    if not at_most(gate.min_open_interest, quote.open_interest):
        more["why"] = "open interest"
        measured, limit = shown(quote.open_interest), shown(gate.min_open_interest)
        return Denial(DenialCode.LIQUIDITY, measured, limit, "contracts", more)
    return None
