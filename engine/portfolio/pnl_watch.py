"""Follows the P&L of every position from event to event, and says of each piece of it what it came from.

Pure, but for being a memory: what it is given (book before and after an event, quotes, instant) decides what it says.
It keeps a value of each position beside the book's mark: the mid at which its last interval ended. An interval ends
with the first mark that is `INTERVAL` later, with everything that changes the position, and with the session. Cash that
moved and values that changed are the ledger's own P&L, so the parts add up to it whatever the estimates are worth.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from engine.core.money import Money, from_float, to_float
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.chain import Chain, Floats
from engine.domain.explained import ExplainedPosition, PnlParts
from engine.domain.instrument import MULTIPLIER
from engine.domain.position import Position
from engine.ledger.book_state import BookState
from engine.ledger.entries import POSTING_EVENTS, Account
from engine.portfolio.explained import Point, explain, in_money, leg_parts, point

INTERVAL = dt.timedelta(minutes=30)
"""Market time from mark to mark: half of it leaves no less unexplained, and is twice the work."""

Mark = Callable[[Position], Money | None]
"""A position's value at mid now, None where it cannot be told."""

_COSTS = (Account.COMMISSIONS, Account.FEES, Account.ROUNDING)
_CARRY = (Account.DIVIDENDS, Account.INTEREST, Account.BORROW)
_TRADED = (Account.REALISED, Account.POSITIONS)

_TRADES = (ev.OrderFilled, ev.FillReversed)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where a position's interval began: its value then, the quotes behind it, the price that its shares had in it.

    Without a point the change that comes next cannot be explained: it is residual, or `unwatched` where the value is
    older than the watch.
    """

    value: Money
    at: dt.datetime
    point: Point | None = None
    spot: float = 0.0
    is_old: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """What there was before an event that moves money."""

    positions: dict[str, Position]
    balances: dict[tuple[str, str], Money]


@dataclass(frozen=True, slots=True)
class Market:
    """Now: the instant, the quotes, the rate (continuously compounded) and how positions are marked."""

    now: dt.datetime
    chains: Mapping[str, Chain]
    rate: float
    mark: Mark


@dataclass(slots=True)
class PnlWatch:
    """The parts since the last `take`, and where every position's interval began."""

    interval: dt.timedelta = INTERVAL
    modules: dict[str, PnlParts] = field(default_factory=dict)
    positions: dict[tuple[str, str], ExplainedPosition] = field(default_factory=dict)
    anchors: dict[str, Anchor] = field(default_factory=dict)
    since: dict[str, Money] | None = None
    """Each module's P&L, all of its life, where the parts begin; None until somebody looked."""
    _has_begun: bool = False
    _marked_by: dict[str, tuple[dt.datetime, Chain]] = field(default_factory=dict)
    """When each position was marked last, and by which quotes."""
    _points: dict[str, tuple[Chain, Point]] = field(default_factory=dict)
    _moves: dict[tuple[int, int], tuple[Point, Point, Floats]] = field(default_factory=dict)
    _worked_at: dt.datetime | None = None
    """When `_points` and `_moves` were worked out: they are of one instant."""

    def before(self, book: BookState, event: ev.Event) -> Before | None:
        """To be called before an event is folded in: what `after` needs to know of the book as it was."""
        if not self._has_begun:
            self._has_begun = True
            for position in _own(book.positions.values()):
                position_id = position.position_id
                self.anchors[position_id] = Anchor(book.marks[position_id], book.marked_at[position_id], is_old=True)
        return Before(dict(book.positions), dict(book.balances)) if isinstance(event, POSTING_EVENTS) else None

    def after(self, before: Before | None, book: BookState, event: ev.Event, market: Market) -> None:
        """To be called when the event is folded in."""
        if before is not None:
            self._booked(before, book, event, market)
        elif isinstance(event, ev.MarksRecorded):
            marked = _own(book.positions[position_id] for position_id in event.marks)
            for position in marked:
                if (chain := market.chains.get(position.symbol)) is not None:
                    self._marked_by[position.position_id] = (market.now, chain)
            due = {position.symbol for position in marked if self._is_due(position, market.now)}
            self._end_intervals([position for position in marked if position.symbol in due], book, market)

    def finish(self, book: BookState, market: Market) -> None:
        """End every interval at the book's marks, so that what was said adds up to its P&L.

        Quotes stop before the session does: a position's last mark is explained by the quotes that it was made of, and
        its next interval begins with them.
        """
        own = _own(book.positions.values())
        self._marked_by = {each.position_id: self._marked_by[each.position_id] for each in own
                           if each.position_id in self._marked_by}  # fmt: skip
        last: dict[dt.datetime, list[Position]] = {}
        for position in own:
            at = book.marked_at[position.position_id]
            anchor = self._anchor(position, market.now)
            has_ended = anchor.at == at and anchor.point is not None
            if not has_ended and at == self._marked_by.get(position.position_id, (None,))[0]:
                last.setdefault(at, []).append(position)
        for at, marked in last.items():
            chains = {each.symbol: self._marked_by[each.position_id][1] for each in marked}
            self._end_intervals(marked, book, replace(market, now=at, chains=chains))
        for position in own:
            anchor = self._anchor(position, market.now)
            mark = book.marks[position.position_id]
            if mark != anchor.value:
                self._add(position, _unexplained(anchor, mark - anchor.value))
                self.anchors[position.position_id] = replace(anchor, value=mark, point=None)

    def take(self) -> tuple[dict[str, PnlParts], tuple[ExplainedPosition, ...]]:
        """What was explained since the last time, by module and by position; from here on it begins anew."""
        modules, positions = self.modules, self.positions
        self.modules, self.positions = {}, {}
        return modules, tuple(positions[key] for key in sorted(positions))

    # --- intervals ---------------------------------------------------------------------------------------------------
    def _is_due(self, position: Position, now: dt.datetime) -> bool:
        anchor = self.anchors.get(position.position_id)
        return anchor is None or anchor.point is None or now - anchor.at >= self.interval

    def _end_intervals(self, positions: Iterable[Position], book: BookState, market: Market) -> None:
        """End the intervals of positions that were marked now, and begin new ones."""
        by_symbol: dict[str, list[Position]] = {}
        for position in positions:
            by_symbol.setdefault(position.symbol, []).append(position)
        for symbol, held in by_symbol.items():
            here = self._point(symbol, held, market)
            for position in held:
                self._end_interval(position, book.marks[position.position_id], here, market.now)

    def _end_interval(self, position: Position, value: Money, here: Point | None, now: dt.datetime) -> None:
        anchor = self._anchor(position, now)
        change = value - anchor.value
        if here is None or anchor.point is None:
            self._add(position, _unexplained(anchor, change))
        else:
            moved = self._moved(anchor.point, here)
            self._add(position, explain(position, anchor.point, here, moved, change, anchor.spot))
        self.anchors[position.position_id] = _anchor_at(value, here, now)

    def _moved(self, start: Point, end: Point) -> Floats:
        """`leg_parts` of two instants: worked out once for all positions that have them in common."""
        key = (id(start), id(end))
        if key not in self._moves:
            self._moves[key] = (start, end, leg_parts(start, end))  # both are kept, so that no id is used again
        return self._moves[key][2]

    def _point(self, symbol: str, held: Iterable[Position], market: Market) -> Point | None:
        """The quotes of now of everything that positions in an underlying hold; None without a chain."""
        if self._worked_at != market.now:
            self._points, self._moves, self._worked_at = {}, {}, market.now
        chain = market.chains.get(symbol)
        if chain is None:
            return None
        keys = sorted({leg.contract.key for position in held for leg in position.structure.legs})
        known = self._points.get(symbol)
        if known is not None and known[0] is chain and known[1].rows(np.array(keys, dtype=np.int64)) is not None:
            return known[1]
        here = point(chain, keys, market.now, market.rate)
        self._points[symbol] = (chain, here)
        return here

    def _anchor(self, position: Position, now: dt.datetime) -> Anchor:
        return self.anchors.get(position.position_id, Anchor(0, now))

    # --- what was booked ---------------------------------------------------------------------------------------------
    def _booked(self, before: Before, book: BookState, event: ev.Event, market: Market) -> None:
        gains = _gains(before, book)
        for module_id, sums in gains.items():
            self._book(module_id, _bookings(sums))
        changed = [
            (before.positions.get(position_id), book.positions.get(position_id))
            for position_id in {**before.positions, **book.positions}
            if before.positions.get(position_id) is not book.positions.get(position_id)
        ]
        if isinstance(event, ev.PositionMoved):
            self._went_over(changed, gains, book)
            return
        changed = [pair for pair in changed if any(_own(each for each in pair if each is not None))]
        if not changed:
            return
        (old, new), *_ = changed
        position = new if old is None else old
        if position is None:
            return
        sums = gains.get(position.module_id, {})
        self._detail(position, _bookings(sums))
        if isinstance(event, ev.LegSettled):
            left = [each for _, each in changed if each is not None]
            self._settled(event, position, left, _of(sums, _TRADED), market, book)
        elif not isinstance(event, ev.CashBooked):
            self._traded(position, (old, new), _of(sums, _TRADED), market, is_trade=isinstance(event, _TRADES))

    def _traded(
        self, position: Position, pair: tuple[Position | None, Position | None], cash: Money, market: Market,
        *, is_trade: bool,
    ) -> None:  # fmt: skip
        """A trade: the interval ends at the mid before it, and what it gave against the mids is its edge."""
        old, new = pair
        marks = [0 if each is None else market.mark(each) for each in pair]
        was, becomes = marks
        if was is None or becomes is None:
            anchor = self._anchor(position, market.now)
            value = 0 if new is None else anchor.value - cash
            self._add(position, _unexplained(anchor, value + cash - anchor.value))
            self.anchors[position.position_id] = replace(anchor, value=value, point=None)
        else:
            here = self._point(position.symbol, [each for each in pair if each is not None], market)
            if old is not None:
                self._end_interval(old, was, here, market.now)
            edge = becomes - was + cash
            self._add(position, PnlParts(edge=edge) if is_trade else PnlParts(moved=edge))
            self.anchors[position.position_id] = _anchor_at(becomes, here, market.now)
        if new is None:
            del self.anchors[position.position_id]

    def _settled(
        self, event: ev.LegSettled, old: Position, left: list[Position], cash: Money, market: Market, book: BookState
    ) -> None:
        """Contracts ended: the end of their time value is theta, the rest of their move is delta."""
        anchor = self._anchor(old, market.now)
        told = _end_of(event, old, anchor)
        if told is None:
            values = {each.position_id: book.marks[each.position_id] for each in left}
            parts = _unexplained(anchor, sum(values.values()) + cash - anchor.value)
            anchor = replace(anchor, point=None)
        else:
            values = _values_left(event, old, left, anchor)
            parts = in_money(told, sum(values.values()) + cash - anchor.value)
            anchor = replace(anchor, spot=to_float(event.spot))
        self._add(old, parts)
        self.anchors.pop(old.position_id, None)
        self.anchors.update({position_id: replace(anchor, value=value) for position_id, value in values.items()})

    def _went_over(
        self, changed: Iterable[tuple[Position | None, Position | None]], gains: Mapping[str, Mapping[str, Money]],
        book: BookState,
    ) -> None:  # fmt: skip
        """A position changed hands at cost: its open P&L went along."""
        for old, new in changed:
            if old is None or new is None:
                continue
            position_id = old.position_id
            anchor = self.anchors.pop(position_id, None)
            kept = anchor or Anchor(book.marks[position_id], book.marked_at[position_id])
            for position, sign in ((old, -1), (new, 1)):
                if position.module_id != EXTERNAL:
                    cash = _of(gains.get(position.module_id, {}), _TRADED)
                    self._add(position, PnlParts(moved=cash + sign * kept.value))
            if new.module_id != EXTERNAL:
                self.anchors[position_id] = kept

    # --- sums ------------------------------------------------------------------------------------------------------
    def _add(self, position: Position, parts: PnlParts) -> None:
        self._book(position.module_id, parts)
        self._detail(position, parts)

    def _book(self, module_id: str, parts: PnlParts) -> None:
        self.modules[module_id] = self.modules.get(module_id, PnlParts()) + parts

    def _detail(self, position: Position, parts: PnlParts) -> None:
        key = (position.module_id, position.position_id)
        known = self.positions.get(key)
        so_far = PnlParts() if known is None else known.parts
        self.positions[key] = ExplainedPosition(*key, position.symbol, position.structure.kind.value, so_far + parts)


def _own(positions: Iterable[Position]) -> list[Position]:
    """Those of the mindfolio: what is EXTERNAL is nobody's result."""
    return [position for position in positions if position.module_id != EXTERNAL]


def _anchor_at(value: Money, here: Point | None, now: dt.datetime) -> Anchor:
    return Anchor(value, now, here, 0.0 if here is None else here.spot)


def _unexplained(anchor: Anchor, change: Money) -> PnlParts:
    return PnlParts(unwatched=change) if anchor.is_old else PnlParts(residual=change)


def _gains(before: Before, book: BookState) -> dict[str, dict[str, Money]]:
    """What each account of each module was credited: positive for a gain. EXTERNAL is left out."""
    found: dict[str, dict[str, Money]] = {}
    for (account, module_id), balance in book.balances.items():
        gain = before.balances.get((account, module_id), 0) - balance
        if gain and module_id != EXTERNAL:
            found.setdefault(module_id, {})[account] = gain
    return found


def _of(sums: Mapping[str, Money], accounts: Iterable[Account]) -> Money:
    return sum(sums.get(account, 0) for account in accounts)


def _bookings(sums: Mapping[str, Money]) -> PnlParts:
    return PnlParts(costs=_of(sums, _COSTS), carry=_of(sums, _CARRY))


def _end_of(event: ev.LegSettled, old: Position, anchor: Anchor) -> dict[str, float] | None:
    """What the end of contracts is explained by, $; None without quotes from before or a price that decided.

    With shares beside them, these are valued at that price too. What was left of an expired contract's quote is noise.
    """
    mid = _mid_of(event, anchor)
    if mid is None or anchor.point is None or not event.spot:
        return None
    (row,) = np.flatnonzero(anchor.point.key == event.contract.key)
    spot, size = to_float(event.spot), _size(event, old)
    before, after = (float(anchor.point.intrinsic(price)[row]) for price in (anchor.point.spot, spot))
    time_value = "theta" if anchor.point.years[row] > 0 else "noise"
    return {"delta": (after - before) * size + old.shares * (spot - anchor.spot), time_value: (before - mid) * size}


def _mid_of(event: ev.LegSettled, anchor: Anchor) -> float | None:
    """The contract's mid as the interval began."""
    if anchor.point is None:
        return None
    mids = anchor.point.mid[anchor.point.key == event.contract.key]
    return float(mids[0]) if mids.size and np.isfinite(mids[0]) else None


def _size(event: ev.LegSettled, old: Position) -> int:
    """Shares that the contracts that ended stood for, negative short."""
    return MULTIPLIER * event.contracts * (1 if old.held(event.contract) > 0 else -1)


def _values_left(event: ev.LegSettled, old: Position, left: list[Position], anchor: Anchor) -> dict[str, Money]:
    """Values of what is left after contracts ended: shares at the price that decided, options as they were."""
    whole = anchor.value + (from_float(old.shares * (to_float(event.spot) - anchor.spot)) or 0)
    ended = from_float((_mid_of(event, anchor) or 0.0) * _size(event, old)) or 0
    values: dict[str, Money] = {}
    value = whole - ended + event.shares * event.spot
    if event.split_into and len(left) > 1:
        rest = next(each for each in left if each.position_id == old.position_id)
        values[rest.position_id] = whole * rest.quantity // old.quantity
    last = next((each for each in left if each.position_id not in values), None)
    if last is not None:
        values[last.position_id] = value - sum(values.values())
    return values
