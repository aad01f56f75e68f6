"""Which structures to close first, so that the account's worst case comes down for the least money.

Whole structures are ranked by what the worst case falls when they are gone, for each dollar that closing them is
expected to cost, and everything is reckoned anew after each step. What has no bound goes first. What would not lower
the worst case is a hedge of what is open, and stays. The plan ends at its target.

No step widens the worst case, whatever part of it is done: units of a step are closed only as far as each one lowers
it, and a step is taken only if its legs may also be done one after the other, shorts first (`fallback_steps`). There
the money that buys back a short counts as spent: by itself, without its long, a short that is bought back takes its
premium along.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from engine.analytics.book_worst import BookRisk, Worst, book_risk
from engine.analytics.stress_cells import Prices
from engine.core.calendar import expiry_at, market_day
from engine.core.money import Money, usd
from engine.domain.chain import Ints
from engine.domain.closing import ClosingPlan, ClosingStep
from engine.domain.happening import UNKNOWN, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs
from engine.domain.order import OrderPurpose
from engine.domain.package import clean_mark, structure_quote
from engine.domain.position import Position, PositionStatus
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.domain.structure_shapes import recognise

MAX_QUOTE_AGE = dt.timedelta(seconds=15)

_NOT_NOW = {
    PositionStatus.CLOSING: "it is being closed already",
    PositionStatus.AWAITING: "it waits for the broker's word on assignment",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """A position that can be closed: its parts in order, and the row of one unit of what they close.

    `cost` is what closing one unit costs beyond mid, commissions included, and `costs` that of each part. `path` are
    the rows that one unit takes out leg by leg, part by part, as the fallback does. `why` it is urgent, "" if not.
    """

    position: Position
    parts: tuple[Structure, ...]
    unit: Ints
    path: tuple[tuple[Ints, ...], ...]
    cost: Money
    costs: tuple[Money, ...]
    why: str


@dataclass(slots=True)
class _Progress:
    """How far the plan is: the row of the book, units left of each item, steps so far."""

    book: Ints
    left: Ints
    steps: list[ClosingStep] = field(default_factory=list)


def closing_plan(
    positions: Sequence[Position],
    prices: Prices,
    *,
    plan_id: str,
    costs: Costs,
    target_pct: int = 50,
    target: Money | None = None,
    max_age: dt.timedelta = MAX_QUOTE_AGE,
    outlooks: Mapping[str, Outlook] | None = None,
) -> ClosingPlan:
    """The steps that bring the worst case down to `target` (by default `target_pct` of what it is), riskiest first.

    `positions` are all of the account; `max_age` is the age beyond which a quote is no price; `outlooks` what is
    known to come for each underlying. Where the worst case has no bound, the target is of the loss apart from that, and
    what has no bound has to go. Of steps that leave something without a bound, `worst_case` is that loss as well, and
    `why` says so.
    """
    held = [each for each in positions if each.status.is_open and each.quantity > 0]
    if not held:
        return ClosingPlan(plan_id, prices.now, (), 0, 0, 0, {})
    risk = book_risk(held, prices)
    items, left = _items(risk.positions, risk, prices, costs, max_age, outlooks or {})
    book = risk.book
    before = risk.worst(book)
    target = before.loss * target_pct // 100 if target is None else target
    progress = _Progress(book, np.array([item.position.quantity for item in items], dtype=np.int64))
    while risk.worst(progress.book) > Worst(0, target) and _advance(risk, items, progress, Worst(0, target)):
        pass
    if risk.worst(progress.book) > Worst(0, target):
        open_items = [item for place, item in enumerate(items) if progress.left[place]]
        left |= {
            item.position.position_id: "closing it would not lower the worst case, or could raise it on the way"
            for item in open_items
        }
    cost = sum(step.cost for step in progress.steps)
    return ClosingPlan(plan_id, prices.now, tuple(progress.steps), before.amount, target, cost, left)


def fallback_steps(structure: Structure) -> tuple[Structure, ...]:
    """How one unit is closed when its package cannot trade: leg by leg, shorts bought back first, then longs sold.

    A long left over is bounded, a short left over is not. Calls are sold before puts, which hold in a crash the
    longest. Shares come after the shorts, before the longs that may protect them.
    """
    shorts = [leg for leg in structure.legs if leg.ratio < 0]
    longs = sorted((leg for leg in structure.legs if leg.ratio > 0), key=lambda leg: leg.contract.right is Right.PUT)
    shares = [replace(structure, kind=StructureKind.CUSTOM, legs=(), underlying=structure.symbol)]
    return (
        *(_of((leg,)) for leg in shorts),
        *(shares if structure.shares else []),
        *(_of((leg,)) for leg in longs),
    )


# --- what can be closed -------------------------------------------------------------------------------------------
def _items(
    held: Sequence[Position],
    risk: BookRisk,
    prices: Prices,
    costs: Costs,
    max_age: dt.timedelta,
    outlooks: Mapping[str, Outlook],
) -> tuple[list[_Item], dict[str, str]]:
    """Positions that can be closed now, and why the others cannot."""
    items: list[_Item] = []
    left: dict[str, str] = {}
    rows: dict[int, list[int]] = {}
    for row, piece in enumerate(risk.pieces):
        rows.setdefault(piece.position, []).append(row)
    for place, position in enumerate(held):
        parts = closing_parts(position.structure, prices.quotes)
        problem = _problem(position, parts, prices, max_age)
        per_unit = () if problem else tuple(_cost(part, prices, costs) for part in parts)
        if problem or None in per_unit:
            left[position.position_id] = problem or "its quotes make no price to close at"
            continue
        known = tuple(each for each in per_unit if each is not None)
        path = tuple(_path(part, rows[place], risk) for part in parts)
        unit = sum((risk.rows[row] * risk.pieces[row].ratio for row in _closed(parts, rows[place], risk)), start=0)
        why = _urgency(position, prices, outlooks.get(position.symbol, UNKNOWN))
        items.append(_Item(position, parts, np.asarray(unit), path, sum(known), known, why))
    return items, left


def closing_parts(structure: Structure, quotes: Mapping[OptionContract, Quote]) -> tuple[Structure, ...]:
    """What is sent to close a unit, in order. Long legs without a bid stay: nobody pays for them.

    Options go as one package, shares by themselves; of both, the short options go first and the long ones last, so
    that nothing is left without a cover that it had.
    """
    legs = tuple(leg for leg in structure.legs if leg.ratio < 0 or _has_bid(quotes.get(leg.contract)))
    if not structure.shares:
        return (_of(legs, structure),) if legs else ()
    shorts, longs = (tuple(leg for leg in legs if (leg.ratio < 0) is is_short) for is_short in (True, False))
    shares = replace(structure, kind=StructureKind.CUSTOM, legs=(), underlying=structure.symbol)
    return (*((_of(shorts),) if shorts else ()), shares, *((_of(longs),) if longs else ()))


def _of(legs: tuple[Leg, ...], whole: Structure | None = None) -> Structure:
    if whole is not None and legs == whole.legs:
        return whole
    return Structure(recognise(legs) or StructureKind.CUSTOM, legs)


def _has_bid(quote: Quote | None) -> bool:
    """Whether something may be sold, or nothing is known: then it is no worthless wing."""
    return quote is None or quote.bid != 0


def _problem(position: Position, parts: Sequence[Structure], prices: Prices, max_age: dt.timedelta) -> str:
    """Why a position cannot be closed now, "" where it can."""
    structure = position.structure
    if position.status in _NOT_NOW:
        return _NOT_NOW[position.status]
    if any(prices.now >= expiry_at(leg.contract.expiration) for leg in structure.legs):
        return "a leg has expired"
    quotes = [(leg.contract.occ, prices.quotes.get(leg.contract)) for leg in structure.legs]
    stock = prices.stocks.get(structure.symbol)
    named = [*quotes, (structure.symbol, stock)] if structure.shares else quotes
    for name, quote in named:
        if quote is None or not dt.timedelta(0) <= prices.now - quote.at <= max_age:
            return f"{name} has no quote" if quote is None else f"the quote of {name} is stale"
    if clean_mark(structure, tuple(quote for _, quote in quotes), stock) is None:
        return "its quotes are not clean"
    return "" if parts else "nobody bids for it"


def _cost(part: Structure, prices: Prices, costs: Costs) -> Money | None:
    """What closing one unit is expected to cost beyond its mid, with commissions; None without a price."""
    if not part.legs:
        stock = prices.stocks.get(part.symbol)
        if stock is None or stock.bid is None or stock.ask is None:
            return None
        return -(-(stock.ask - stock.bid) * abs(part.shares) // 2)
    quotes = tuple(prices.quotes.get(leg.contract) for leg in part.legs)
    quote = structure_quote(part, quotes, OrderPurpose.CLOSE)
    if quote is None:
        return None
    return (quote.natural - quote.mid) * part.multiplier + costs.commission(part.contracts)


def _closed(parts: Sequence[Structure], rows: Sequence[int], risk: BookRisk) -> list[int]:
    """The rows of a position that its parts close."""
    contracts = {leg.contract for part in parts for leg in part.legs}
    has_shares = any(part.shares for part in parts)
    pieces = [(row, risk.pieces[row].contract) for row in rows]
    return [row for row, contract in pieces if (has_shares if contract is None else contract in contracts)]


def _path(part: Structure, rows: Sequence[int], risk: BookRisk) -> tuple[Ints, ...]:
    """What each leg of a part takes out of the book's row for one unit, in the order of its fallback."""
    taken = []
    by_contract = {risk.pieces[row].contract: row for row in rows}
    for single in fallback_steps(part):
        row = by_contract[single.legs[0].contract if single.legs else None]
        ratio = risk.pieces[row].ratio
        taken.append((risk.rows[row] if ratio > 0 else risk.spent_row(row)) * ratio)
    return tuple(taken)


def _urgency(position: Position, prices: Prices, outlook: Outlook) -> str:
    """What brings an assignment near: expiry today, a short leg in the money, a short call on the eve of a dividend."""
    today, spot = market_day(prices.now), prices.spot(position.symbol)
    shorts = [leg.contract for leg in position.structure.legs if leg.ratio < 0]
    if position.structure.expiration == today:
        return "expires today"
    if spot is not None and any(contract.inside(spot) > 0 for contract in shorts):
        return "a short leg is in the money"
    is_eve = outlook.ex_day_after(prices.now) is not None
    return "the eve of ex-dividend" if is_eve and any(c.right is Right.CALL for c in shorts) else ""


# --- choosing -----------------------------------------------------------------------------------------------------
def _advance(risk: BookRisk, items: Sequence[_Item], progress: _Progress, target: Worst) -> bool:
    """Take the best step there is, False when there is none."""
    if not items:
        return False
    now = risk.worst(progress.book)
    units = np.stack([item.unit for item in items])
    naked, loss = risk.layout.worst_of(progress.book - units * progress.left[:, None])
    ranked = []
    for place, item in enumerate(items):
        after, left = Worst(int(naked[place]), int(loss[place])), int(progress.left[place])
        if left and after < now:
            gain = (now.loss - after.loss) / max(1, item.cost * left)
            # Three digits: what is nearly as good counts as equal, and then what is urgent goes first.
            rank = (-(now.naked - after.naked), -float(f"{gain:.3g}"), not item.why, item.position.position_id)
            ranked.append((rank, place))
    return any(_take(risk, items[place], place, progress, target) for _, place in sorted(ranked))


def _take(risk: BookRisk, item: _Item, place: int, progress: _Progress, target: Worst) -> bool:
    """Close as many units as lower the worst case and are needed; False where that could widen it on the way."""
    start, now = progress.book, risk.worst(progress.book)
    worst = [now]

    def after(count: int) -> Worst:
        return risk.worst(start - item.unit * count)

    # The worst case is convex in the units, so that both questions have one answer that can be halved towards.
    most = _first(lambda count: not after(count + 1) < after(count), int(progress.left[place]))
    count = _first(lambda count: after(count) <= target, most)
    book = start
    for path in item.path:
        for taken in path:
            book = book - taken * count
            if risk.worst(book) > now:
                return False
        worst.append(risk.worst(book))
    worst[-1] = after(count)
    why = _why(item, now, worst[-1])
    for part, cost, then in zip(item.parts, item.costs, worst[1:], strict=True):
        structure, quantity = part, count
        if not part.legs:
            structure, quantity = shares_of(part.symbol, is_long=part.shares > 0), count * abs(part.shares)
        step = ClosingStep(item.position.position_id, structure, quantity, cost * count, then.loss, why)
        progress.steps.append(step)
    progress.book = start - item.unit * count
    progress.left[place] -= count
    return True


def _first(holds: Callable[[int], bool], last: int) -> int:
    """The least whole number from 0 on that something holds for and for all after it; `last` if for none before."""
    low, high = 0, last
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _why(item: _Item, before: Worst, after: Worst) -> str:
    """What the step does, and what makes it urgent."""
    if after.naked < before.naked:
        text = f"{before.naked - after.naked} shares owed without a bound are covered"
    else:
        text = f"lowers the worst case by {usd(before.loss - after.loss)}"
    if after.naked:
        text += "; others are still owed without a bound"
    return f"{text}; {item.why}" if item.why else text
