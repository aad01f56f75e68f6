"""Checks of the trade itself: its shape, its price, and what else is held, worked or about to happen.

Source: product terms, section 2.3; reliability, I13.
"""

from collections.abc import Iterator

from engine.core.calendar import expiry_at, market_day
from engine.core.errors import DenialCode, Fact
from engine.core.money import CENT, Money
from engine.domain.denial import Denial
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.order import OrderPurpose
from engine.domain.package import structure_quote, worth_bounds
from engine.domain.structure import Structure, StructureKind, shares_of
from engine.domain.structure_shapes import recognise
from engine.domain.tick import PACKAGE_TICK, tick_size
from engine.risk.account_rules import cover_of, judged
from engine.risk.checks_market import quote_problem, quoted_parts
from engine.risk.comparing import about, above, at_most, shown, whole
from engine.risk.facts import TradeFacts

MAX_LEGS = 4
"""Legs that a broker takes as one package."""


def check_structure(facts: TradeFacts) -> Denial | None:
    """STRUCTURE: not the enabled, defined-risk shape that it claims to be, at a price that it can be worth.

    The symbol is one of the universe. Every problem is told.
    """
    problems = tuple(_structure_problems(facts))
    if not problems:
        return None
    more = about(facts) | {"quantity": shown(facts.candidate.quantity), "problems": "; ".join(problems)}
    return Denial(DenialCode.STRUCTURE, problems[0], str(facts.candidate.structure.kind), "", more)


def check_tick(facts: TradeFacts) -> Denial | None:
    """TICK: a limit off the price grid, or further past the natural price than a typing error may go.

    Packages and shares step by cents, one option by itself on its own grid.
    """
    structure, price = facts.candidate.structure, whole(facts.price)
    tick = PACKAGE_TICK if price is None else _tick(structure, price)
    more = about(facts) | {"price": shown(facts.price)}
    if price is None or price % tick:
        off_by = None if price is None else price % tick
        return Denial(DenialCode.TICK, price, tick, "usd", more | {"off_by": off_by})
    ticks, natural = whole(facts.gate.max_ticks_past_natural if facts.gate is not None else None), _natural(facts)
    worst = None if ticks is None or natural is None or ticks < 0 else natural + ticks * tick
    if at_most(price, worst):
        return None
    return Denial(DenialCode.TICK, price, worst, "usd", more | {"natural": natural, "ticks": shown(ticks)})


def check_conflict(facts: TradeFacts) -> Denial | None:
    """CONFLICT: another module is on the other side of one of the contracts, or a live order trades against it.

    The first is named. What the module itself holds is no conflict: it nets.
    """
    if facts.stakes is None:
        return Denial(DenialCode.CONFLICT, facts=about(facts) | {"why": "unknown"})
    structure = facts.candidate.structure
    sides = {leg.contract.occ: leg.ratio for leg in structure.legs}
    if structure.shares:
        sides[structure.symbol] = structure.shares
    for stake in facts.stakes:
        side, other = sides.get(stake.instrument), whole(stake.quantity)
        is_ours = stake.module_id == facts.module.module_id and stake.order_id == ""
        if side is None or is_ours or (other is not None and side * other >= 0):
            continue
        where = f"order {stake.order_id}" if stake.order_id else f"position of {stake.module_id}"
        more = about(facts) | {"leg": stake.instrument, "module": stake.module_id, "quantity": shown(stake.quantity)}
        return Denial(DenialCode.CONFLICT, where, None, "", more)
    return None


def check_duplicate(facts: TradeFacts) -> Denial | None:
    """DUPLICATE: the module already has these legs in a position, an order or an approval."""
    if facts.duplicate_of is None:
        return None
    return Denial(DenialCode.DUPLICATE, str(facts.duplicate_of), None, "", about(facts))


def check_event(facts: TradeFacts) -> Denial | None:
    """EVENT: earnings or an ex-dividend day from today to the last expiration, both included.

    Unknown is not "none": it denies unless the environment waives it. Shares alone have no end that an event could lie
    before, and a call sold on shares that are held takes nothing but their rise.
    """
    legs = facts.candidate.structure.legs
    if not legs or _sells_calls_on_shares(facts):
        return None
    if facts.happenings is None:
        if facts.waivers.events is True:
            return None
        return Denial(DenialCode.EVENT, facts=about(facts) | {"why": "unknown"})
    first, last = market_day(facts.now), max(leg.contract.expiration for leg in legs)
    inside = sorted((each.day, str(each.kind)) for each in facts.happenings if first <= each.day <= last)
    if not inside:
        return None
    named = ", ".join(f"{kind} {day}" for day, kind in inside)
    more: dict[str, Fact] = about(facts) | {"events": named, "last_expiration": str(last)}
    return Denial(DenialCode.EVENT, f"{inside[0][1]} {inside[0][0]}", None, "", more)


def _sells_calls_on_shares(facts: TradeFacts) -> bool:
    covering, quantity = whole(facts.covering_shares), whole(facts.candidate.quantity)
    if not facts.adds_to or covering is None or quantity is None:
        return False
    legs = facts.candidate.structure.legs
    is_calls = all(leg.ratio < 0 and leg.contract.right is Right.CALL for leg in legs)
    return is_calls and sum(-leg.ratio for leg in legs) * quantity * MULTIPLIER <= covering


def _structure_problems(facts: TradeFacts) -> Iterator[str]:
    candidate, module = facts.candidate, facts.module
    structure = candidate.structure
    kind, legs, cover = judged(facts).kind, structure.legs, cover_of(facts)
    found = _name(judged(facts))
    names = {found}
    if found is StructureKind.SHORT_CALL and cover.by_shares:
        names.add(StructureKind.COVERED_CALL)
    if kind not in names:
        yield f"the legs are {found or 'no known structure'}"
    if not (names | {kind}) & set(module.structures):
        yield f"{kind} is not enabled"
    if len(legs) > MAX_LEGS or not (legs or structure.shares):
        yield f"{len(legs)} legs"
    if legs and structure.shares:
        yield "options and shares in one package"
    if not cover.is_complete:
        yield "a short leg is not covered" if legs else "shares sold short are not covered"
    symbols = sorted({leg.contract.underlying for leg in legs} or {structure.symbol})
    if len(symbols) != 1:
        yield f"{len(symbols)} symbols"
    yield from (f"{symbol} is not in the universe" for symbol in symbols if symbol not in module.universe)
    if not above(whole(candidate.quantity), 0):
        yield "quantity is not a positive whole number"
    expirations = sorted({leg.contract.expiration for leg in legs})
    yield from (f"expired {expiration}" for expiration in expirations if facts.now >= expiry_at(expiration))
    if facts.result is None and not _is_possible(structure, whole(facts.price)):
        yield "the price is not one that it can be worth"


def _name(structure: Structure) -> StructureKind | None:
    """What the legs and shares are, whatever they are called."""
    if structure.legs:
        return recognise(structure.legs, structure.shares)
    is_one = abs(structure.shares) == 1 and structure.symbol
    return shares_of(structure.symbol, is_long=structure.shares > 0).kind if is_one else None


def _is_possible(structure: Structure, price: Money | None) -> bool:
    """Whether a net price lies within all that the structure can be worth: a credit not above the width, for one."""
    if price is None:
        return False
    if not structure.legs:
        return above(price * structure.shares, 0)
    least, most = worth_bounds(structure)
    return (least is None or least <= price) and (most is None or price <= most)


def _tick(structure: Structure, price: Money) -> Money:
    if not structure.legs:
        return CENT
    return tick_size(structure.symbol, price) if len(structure.legs) == 1 else PACKAGE_TICK


def _natural(facts: TradeFacts) -> Money | None:
    """The price that crosses the spread, None where a quote could not be opened on."""
    quotes = tuple(quote for _, quote in quoted_parts(facts))
    if any(quote_problem(quote) is not None for quote in quotes):
        return None
    quote = structure_quote(facts.candidate.structure, quotes, OrderPurpose.OPEN) if quotes else None
    return None if quote is None else quote.natural
