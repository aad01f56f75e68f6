"""Why a symbol, or an expiry of it, is not looked at, whatever is traded there."""

import datetime as dt

from engine.domain.happening import UNKNOWN
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.proposal import Skip


def held_symbols(context: ScanContext) -> frozenset[str]:
    """Symbols in which the module has an open position."""
    return frozenset(position.structure.symbol for position in context.open_positions if position.status.is_open)


def symbol_refusal(symbol: str, context: ScanContext, most_positions: int) -> str:
    """Why nothing new is opened in a symbol, "" when something may be: one position a symbol, and room for one more."""
    held = held_symbols(context)
    if symbol in held:
        return "position already open"
    if symbol in context.busy_symbols:
        return "an order is working or an approval waiting already"
    taken = len(held | context.busy_symbols)
    if taken >= most_positions:
        return f"{taken} positions open or working, at most {most_positions}"
    return ""


def room_for(context: ScanContext, most_positions: int) -> int:
    """How many more positions a module may open."""
    return max(0, most_positions - len(held_symbols(context) | context.busy_symbols))


def refused_today(symbol: str, kind: StructureKind, context: ScanContext) -> str:
    """Why a structure of a symbol need not be looked at again today, "" when it may be."""
    return context.refused.get((symbol, kind), "")


def event_before(symbol: str, ordinal: int, context: ScanContext) -> Skip | None:
    """Why nothing that lives to a day (an ordinal) is opened, None when no event speaks against it."""
    last = dt.date.fromordinal(ordinal)
    found = context.outlooks.get(symbol, UNKNOWN).until(last)
    if found is None:
        return None if context.waivers.events else Skip(f"earnings and dividends until {last} are unknown")
    event = min(found, key=lambda each: each.day, default=None)
    return None if event is None else Skip(f"{event.kind} on {event.day}, before the expiry on {last}")
