"""Why a symbol, or an expiry of it, is not looked at, whatever is traded there."""

import datetime as dt
from collections.abc import Callable, Sequence

from engine.core.calendar import market_day
from engine.domain.candidate import Finding
from engine.domain.happening import UNKNOWN
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.proposal import NO_RANK, Skip, known


def held_symbols(context: ScanContext) -> frozenset[str]:
    """Symbols in which the module has an open position."""
    return frozenset(position.structure.symbol for position in context.open_positions if position.status.is_open)


def symbol_refusal(symbol: str, context: ScanContext, most_positions: int, rest_days: int = 0) -> str:
    """Why nothing new is opened in a symbol, "" when something may be: one position a symbol, and room for one more.

    For `rest_days` days after a trade there that lost, or that somebody else ended, nothing is.
    """
    held = held_symbols(context)
    since = context.rested.get(symbol)
    days = 0 if since is None else (market_day(context.now) - market_day(since)).days
    if since is not None and days < rest_days:
        ago = f"{days} day{'s' * (days != 1)} ago" if days else "today"
        return f"rests: a trade here lost, or was ended by somebody else, {ago}; {rest_days} days of rest"
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


def by_rank(context: ScanContext, *, highest_first: bool) -> tuple[str, ...]:
    """The universe in the order of IV rank; unknown ranks come last, equals stay in the universe's order."""
    sign = -1 if highest_first else 1

    def place(symbol: str) -> tuple[bool, float]:
        percent = known(context.iv_ranks.get(symbol, NO_RANK))
        return percent is None, 0.0 if percent is None else sign * percent

    return tuple(sorted(context.module.universe, key=place))


def looked_at(
    symbols: Sequence[str], look: Callable[[str], Sequence[Finding]], room: int, context: ScanContext
) -> tuple[Finding, ...]:
    """What is found in symbols, looked at in order until as many candidates are found as there is room for.

    The candidates come first. Valuing chains is what a scan takes long for, so the symbols behind them are not looked
    at: their findings say so. What the gate turned down at the last scan is proposed again and takes no room, or it
    would keep every other symbol from being looked at. With no room at all every symbol is asked, because none of them
    values anything then.
    """
    candidates: list[Finding] = []
    others: list[Finding] = []
    taken = 0
    for symbol in symbols:
        if taken and taken >= room:
            words = f"{room} position{'s' * (room != 1)}"
            others.append(Finding(symbol, None, f"not looked at: symbols ranked before it take the room for {words}"))
            continue
        for finding in look(symbol):
            if finding.candidate is None:
                others.append(finding)
                continue
            candidates.append(finding)
            structure = finding.candidate.structure
            taken += (structure.symbol, structure.kind) not in context.turned_down
    return (*candidates, *others)
