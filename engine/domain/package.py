"""Prices of a package: what several legs cost together, and how far an order may walk from mid towards natural.

Every price is net per share of what the order trades: a debit is positive, a credit negative, so a higher price is
always worse for us. Rounding to the package's tick therefore always goes up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.core.money import Money
from engine.domain.order import OrderPurpose
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, widest_wing
from engine.domain.tick import PACKAGE_TICK

WIDEST_HALF_SPREAD_PCT = 20
"""Of the wider wing, from mid to natural: beyond it a mark is not believed. Real condors showed up to 8 %."""


@dataclass(frozen=True, slots=True)
class PackageQuote:
    """Net mid (exact, in half units rounded up) and natural price a share; `at` is the age of the oldest leg."""

    mid: Money
    natural: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class LadderRules:
    """How an order is repriced: every `interval`, `max_steps` times at the most, up to a share of the half spread."""

    interval: timedelta = timedelta(seconds=5)
    max_steps: int = 8
    opening_share_pct: int = 60
    closing_share_pct: int = 100


def package_quote(
    legs: tuple[Leg, ...], quotes: tuple[Quote | None, ...], purpose: OrderPurpose
) -> PackageQuote | None:
    """Net quote of the package as it would trade now; None when a leg lacks a side or is crossed.

    `quotes` in the order of `legs`. Closing trades the legs in reverse. 0 <= bid <= ask is demanded. Nothing is opened
    by selling a leg without a bid; when closing, a worthless wing goes along in the package for nothing.
    """
    sign = 1 if purpose is OrderPurpose.OPEN else -1
    twice_mid = natural = 0
    oldest: datetime | None = None
    for leg, quote in zip(legs, quotes, strict=True):
        sides = None if quote is None else quote.two_sided
        if quote is None or sides is None:
            return None
        bid, ask = sides
        side = leg.ratio * sign
        if bid == 0 and side < 0 and purpose is OrderPurpose.OPEN:
            return None
        twice_mid += side * (bid + ask)
        natural += side * (ask if side > 0 else bid)
        oldest = quote.at if oldest is None else min(oldest, quote.at)
    if oldest is None:
        return None
    return PackageQuote(mid=-(-twice_mid // 2), natural=natural, at=oldest)


def package_mark(legs: tuple[Leg, ...], quotes: tuple[Quote | None, ...]) -> Money | None:
    """Value per share of holding the legs, at mid, halves rounded down; None when a leg has no two-sided quote."""
    twice = 0
    for leg, quote in zip(legs, quotes, strict=True):
        sides = None if quote is None else quote.two_sided
        if sides is None:
            return None
        twice += leg.ratio * sum(sides)
    return twice // 2


def clean_mark(structure: Structure, quotes: tuple[Quote | None, ...]) -> Money | None:
    """`package_mark` of an iron condor that may be acted on, None for one that cannot be true.

    A short condor is worth between minus its wider wing and nothing; a value outside, or a half spread above
    `WIDEST_HALF_SPREAD_PCT` of that wing, is a stub quote somewhere, not a price.
    """
    mark = package_mark(structure.legs, quotes)
    quote = package_quote(structure.legs, quotes, OrderPurpose.CLOSE)
    if mark is None or quote is None:
        return None
    wing = widest_wing(structure)
    is_possible = -wing <= mark <= 0
    is_tight = (quote.natural - quote.mid) * 100 <= wing * WIDEST_HALF_SPREAD_PCT
    return mark if is_possible and is_tight else None


def closing_limits(structure: Structure, quote: PackageQuote, rules: LadderRules) -> tuple[Money, Money] | None:
    """First and worst net price for buying an iron condor back, None when its quotes make no sense.

    Never more than the wider wing, which is all that the condor can ever cost, and never for less than nothing.
    """
    wing = widest_wing(structure)
    if not 0 <= quote.mid <= wing:
        return None
    return to_tick(quote.mid), min(worst_limit(quote, OrderPurpose.CLOSE, rules), wing)


def to_tick(price: Money) -> Money:
    """The price on the package's grid, rounded against us (up)."""
    return -(-price // PACKAGE_TICK) * PACKAGE_TICK


def worst_limit(quote: PackageQuote, purpose: OrderPurpose, rules: LadderRules) -> Money:
    """The furthest price the ladder may reach: a share of the way from mid to natural, on the grid."""
    share = rules.opening_share_pct if purpose is OrderPurpose.OPEN else rules.closing_share_pct
    return to_tick(quote.mid + -(-(quote.natural - quote.mid) * share // 100))


def next_limit(limit: Money, quote: PackageQuote, worst: Money) -> Money | None:
    """One step up the ladder: the larger of a tick and a tenth of the spread (mid to natural, both ways).

    None when the order already rests at its worst price.
    """
    if limit >= worst:
        return None
    step = max(PACKAGE_TICK, to_tick((quote.natural - quote.mid) * 2 // 10))
    return min(limit + step, worst)
