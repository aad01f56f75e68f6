"""Prices of a package: what several legs cost together, and how far an order may walk from mid towards natural.

Every price is net per share of what the order trades: a debit is positive, a credit negative, so a higher price is
always worse for us. Rounding to the package's tick therefore always goes up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from engine.core.money import CENT, UNIT, Money
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.order import OrderPurpose
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure
from engine.domain.tick import PACKAGE_TICK, tick_size

WIDEST_HALF_SPREAD_PCT = 20
"""Of all that a structure can be worth (its wing), from mid to natural: beyond it a mark is not believed. Real condors
showed up to 8 %. Where there is no such bound, of the legs' own mids."""

NARROW_HALF_SPREAD: Money = 25 * CENT
"""A share: never too wide for a mark without a bound."""


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
    sign = -1 if purpose is OrderPurpose.CLOSE else 1
    twice_mid = natural = 0
    oldest: datetime | None = None
    for leg, quote in zip(legs, quotes, strict=True):
        sides = None if quote is None else quote.two_sided
        if quote is None or sides is None:
            return None
        bid, ask = sides
        side = leg.ratio * sign
        if bid == 0 and side < 0 and purpose is not OrderPurpose.CLOSE:
            return None
        twice_mid += side * (bid + ask)
        natural += side * (ask if side > 0 else bid)
        oldest = quote.at if oldest is None else min(oldest, quote.at)
    if oldest is None:
        return None
    return PackageQuote(mid=-(-twice_mid // 2), natural=natural, at=oldest)


def structure_quote(
    structure: Structure, quotes: tuple[Quote | None, ...], purpose: OrderPurpose
) -> PackageQuote | None:
    """`package_quote` of options, or the same of shares alone; `quotes` as `parts` lists them.

    None for options and shares together: no broker takes them as one package here.
    """
    if structure.legs:
        return None if structure.shares else package_quote(structure.legs, quotes, purpose)
    (quote,) = quotes
    if quote is None or not quote.is_good or quote.bid is None or quote.ask is None:
        return None
    is_bought = (structure.shares > 0) == (purpose is not OrderPurpose.CLOSE)
    twice = quote.bid + quote.ask
    if is_bought:
        return PackageQuote(-(-twice // 2), quote.ask, quote.at)
    return PackageQuote(-(twice // 2), -quote.bid, quote.at)


def unpriced_part(structure: Structure, quotes: tuple[Quote | None, ...]) -> str:
    """Which leg cannot be opened on, and why, for a package that has no quote."""
    for leg, quote in zip(structure.legs, quotes, strict=bool(quotes)):
        what = f"the {leg.contract.strike / UNIT:g} {leg.contract.right.word}"
        if quote is None:
            return f"{what} was never quoted"
        if quote.two_sided is None:
            return f"{what} has no bid and ask that make sense"
        if quote.bid == 0 and leg.ratio < 0:
            return f"nobody bids for {what}"
    return "there are no legs"


def structure_mark(structure: Structure, quotes: tuple[Quote | None, ...], stock: Quote | None) -> Money | None:
    """Value of holding one unit, at mid, in money (not a share), halves rounded down; None when a part has no quote."""
    twice = 0
    for leg, quote in zip(structure.legs, quotes, strict=True):
        sides = None if quote is None else quote.two_sided
        if sides is None:
            return None
        twice += leg.ratio * sum(sides) * MULTIPLIER
    if structure.shares:
        if stock is None or not stock.is_good or stock.bid is None or stock.ask is None:
            return None
        twice += structure.shares * (stock.bid + stock.ask)
    return twice // 2


def clean_mark(structure: Structure, quotes: tuple[Quote | None, ...], stock: Quote | None = None) -> Money | None:
    """`structure_mark` of one unit that may be acted on, None for one that cannot be true.

    Options of one expiration are worth between the least and the most that they can pay: a value outside, or a half
    spread above `WIDEST_HALF_SPREAD_PCT` of that range, is a stub quote somewhere, not a price.
    """
    mark = structure_mark(structure, quotes, stock)
    if mark is None or not structure.legs:
        return mark
    quote = package_quote(structure.legs, quotes, OrderPurpose.CLOSE)
    if quote is None:
        return None
    half = quote.natural - quote.mid
    least, most = worth_bounds(structure)
    if (least is not None and -quote.mid < least) or (most is not None and -quote.mid > most):
        return None
    if least is not None and most is not None:
        widest = (most - least) * WIDEST_HALF_SPREAD_PCT // 100
    else:
        mids = [leg_quote.mid or 0 for leg_quote in quotes if leg_quote is not None]
        gross = sum(abs(leg.ratio) * mid for leg, mid in zip(structure.legs, mids, strict=True))
        widest = max(NARROW_HALF_SPREAD, gross * WIDEST_HALF_SPREAD_PCT // 100)
    return mark if half <= widest else None


@lru_cache(maxsize=4096)
def worth_bounds(structure: Structure) -> tuple[Money | None, Money | None]:
    """Least and most that holding the options of a unit can be worth per share; None where there is no bound.

    Of one expiration it is what they pay at the worst and the best price, or nothing: what is sure to be paid later is
    worth less today. Across expirations nothing is said. Kept, because every mark asks for it.
    """
    legs = structure.legs
    if len({leg.contract.expiration for leg in legs}) > 1:
        return None, None
    corners = [0, *(leg.contract.strike for leg in legs)]
    values = [sum(leg.ratio * max(0, leg.contract.inside(at)) for leg in legs) for at in corners]
    slope = sum(leg.ratio for leg in legs if leg.contract.right is Right.CALL)
    return (None if slope < 0 else min(0, *values)), (None if slope > 0 else max(0, *values))


def closing_limits(structure: Structure, quote: PackageQuote, rules: LadderRules) -> tuple[Money, Money] | None:
    """First and worst net price for closing a structure, None when its quotes make no sense.

    Never more than it can ever cost to be rid of, and never for less than nothing where it cannot be a debt.
    """
    least, most = worth_bounds(structure) if structure.legs else (None, None)
    dearest = None if least is None else -least
    cheapest = None if most is None else -most
    if (dearest is not None and quote.mid > dearest) or (cheapest is not None and quote.mid < cheapest):
        return None
    worst = worst_limit(quote, OrderPurpose.CLOSE, rules, structure)
    return to_tick(quote.mid, structure), worst if dearest is None else min(worst, dearest)


def to_tick(price: Money, structure: Structure | None = None) -> Money:
    """The price on its grid, rounded against us (up): cents, but for one option by itself, which has its own grid.

    Without a structure it is a package of several legs.
    """
    tick = price_step(structure, price) if structure is not None else PACKAGE_TICK
    return -(-price // tick) * tick


def price_step(structure: Structure, price: Money) -> Money:
    """The step of net prices around one: cents for packages and shares, an option's own for one leg by itself."""
    is_alone = len(structure.legs) == 1 and abs(structure.legs[0].ratio) == 1
    return tick_size(structure.symbol, abs(price)) if is_alone else PACKAGE_TICK


def worst_limit(
    quote: PackageQuote, purpose: OrderPurpose, rules: LadderRules, structure: Structure | None = None
) -> Money:
    """The furthest price the ladder may reach: a share of the way from mid to natural, on the grid."""
    share = rules.closing_share_pct if purpose is OrderPurpose.CLOSE else rules.opening_share_pct
    return to_tick(quote.mid + -(-(quote.natural - quote.mid) * share // 100), structure)


def next_limit(limit: Money, quote: PackageQuote, worst: Money, structure: Structure | None = None) -> Money | None:
    """One step up the ladder: the larger of a tick and a tenth of the spread (mid to natural, both ways).

    None when the order already rests at its worst price.
    """
    if limit >= worst:
        return None
    step = max(CENT, (quote.natural - quote.mid) * 2 // 10)
    return min(to_tick(limit + step, structure), worst)
