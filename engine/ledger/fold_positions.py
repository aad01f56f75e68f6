"""What becomes of positions without an order: expiry, assignment, moves; and how one is kept, marked and retired."""

import datetime as dt
from dataclasses import replace

from engine.core.calendar import market_day
from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind
from engine.domain.instrument import OptionContract
from engine.domain.position import Position, PositionStatus
from engine.ledger import entries
from engine.ledger.book_state import Applied, BookState, Lineage, TradeStats
from engine.ledger.lots import Booked, Trade, booked, named, split

_RESTING = frozenset({PositionStatus.MONITORING, PositionStatus.AWAITING, PositionStatus.ASSIGNED})


def keep(
    book: BookState, at: dt.datetime, before: Position | None, after: Position, *, traded: Money
) -> tuple[Position, ...]:
    """Put a changed position into the book, or retire it; its mark follows until it is marked anew.

    A part of the same structure keeps its part of the mark; anything else carries what was traded at its price.
    """
    position_id = after.position_id
    mark = book.marks.get(position_id, 0)
    if not after.lots:
        return _retire(book, after)
    if before is not None and before.structure == after.structure and after.quantity < before.quantity:
        mark = mark * after.quantity // before.quantity
    else:
        mark += traded
        book.marked_at[position_id] = at
    book.positions[position_id], book.marks[position_id] = after, mark
    return ()


def count_opening(book: BookState, at: dt.datetime, position: Position) -> None:
    """A position came to be: it counts in its lineage, and a new lineage in its month."""
    lineage = lineage_of(position)
    if lineage not in book.lineages:
        stats = _stats(book, position.module_id)
        month = f"{market_day(at):%Y-%m}"
        stats.opened[month] = stats.opened.get(month, 0) + 1
        book.lineages[lineage] = Lineage()
    book.lineages[lineage].open += 1


def never_was(book: BookState, position: Position) -> bool:
    """Whether nothing is left of a trade whose only openings were broken: no result, no costs, no other part."""
    lineage = book.lineages[lineage_of(position)]
    is_alone = (lineage.open, lineage.net) == (1, 0)
    return is_alone and not (position.net_pnl or position.income or position.rolls)


def go_on(book: BookState, event: ev.FillReversed) -> None:
    """What had ended a lineage is undone: it is open again, and no trade that was won or lost."""
    stats, net = _stats(book, event.module_id), event.ended_net
    stats.closed -= 1
    if net > 0:
        stats.wins -= 1
        stats.won -= net
    else:
        stats.lost -= net
    stats.best, stats.worst = event.best, event.worst
    book.lineages[event.lineage] = Lineage(0, net)


def lineage_of(position: Position) -> str:
    """What a position's trade is counted under."""
    return position.lineage or position.position_id


def _uncount_opening(book: BookState, position: Position) -> None:
    stats, month = _stats(book, position.module_id), f"{market_day(position.opened_at):%Y-%m}"
    if stats.opened.get(month):
        stats.opened[month] -= 1


def _stats(book: BookState, module_id: str) -> TradeStats:
    module = book.modules.get(module_id)
    return TradeStats() if module is None else module.stats  # EXTERNAL and removed modules keep no record


def _retire(book: BookState, position: Position) -> tuple[Position, ...]:
    book.positions.pop(position.position_id, None)
    book.marks.pop(position.position_id, None)
    book.marked_at.pop(position.position_id, None)
    name = lineage_of(position)
    lineage = book.lineages[name]
    lineage.open -= 1
    lineage.net += position.net_pnl
    _part_orders(book, position.position_id)
    if lineage.open <= 0:
        del book.lineages[name]
        if position.status is PositionStatus.BROKEN:
            _uncount_opening(book, position)
            return (position,)
        _count(_stats(book, position.module_id), lineage.net)
        if lineage.net <= 0 and position.closed_at is not None:
            rest(book, position, position.closed_at)
    return (position,)


def rest(book: BookState, position: Position, at: dt.datetime) -> None:
    """A module's trade in a symbol lost, or somebody else ended it: the module may wish to rest there for a while."""
    book.rested[f"{position.module_id} {position.symbol}"] = at


def _part_orders(book: BookState, position_id: str) -> None:
    """Orders that outlive their position have another one to fill: an id that has ended never begins again."""
    left = [order for order in book.orders.values() if order.position_id == position_id]
    if left:
        fresh = book.next_position_id
        book.positions_made += 1
        book.orders.update({order.order_id: replace(order, position_id=fresh) for order in left})


def _count(stats: TradeStats, net: Money) -> None:
    stats.closed += 1
    if net > 0:
        stats.wins += 1
        stats.won += net
    else:
        stats.lost += net
    stats.best = net if stats.best is None else max(stats.best, net)
    stats.worst = net if stats.worst is None else min(stats.worst, net)


# --- expiry and assignment -------------------------------------------------------------------------------------------
def settled_in_cash(book: BookState, seq: int, at: dt.datetime, event: ev.PositionSettled) -> Applied:
    """The first version's expiry: the whole position for its intrinsic value in cash."""
    position = _open(book, event.position_id)
    gain = event.cash - position.cost
    ended = replace(
        position,
        quantity=0,
        cost=0,
        lots=(),
        used=0,
        realised=position.realised + gain,
        closing_cash=position.closing_cash + event.cash,
        status=PositionStatus.SETTLED,
        closed_at=at,
        closed_why="expired",
    )
    rows = entries.trade(seq, position.module_id, cost=-position.cost, gain=gain)
    return Applied(rows, _retire(book, ended))


def leg_settled(book: BookState, seq: int, at: dt.datetime, event: ev.LegSettled) -> Applied:
    """Contracts ended at the broker; with an assignment or exercise, shares come or go at the strike."""
    position = _open(book, event.position_id)
    count = position.held(event.contract)
    if not 0 < event.contracts <= abs(count):
        raise LedgerFault(f"{event.contracts} of {event.contract.occ} ended in a position of {count}")
    if event.split_into:
        position = _split_off(book, event, position)
    sign = 1 if count > 0 else -1
    trades = [Trade(event.contract, -sign * event.contracts, 0)]
    settled = event.cash
    if event.shares:
        # What the shares do not divide is realised at once, so that the cash is the broker's to the last unit.
        price, rest = divmod(-event.cash, event.shares)
        settled = -rest
        trades.append(Trade(None, event.shares, price))
    done = booked(position.lots, trades, at)
    gain = done.gain + settled
    after = _after(position, done, event, at, gain, settled)
    rows = entries.trade(seq, position.module_id, cost=done.cost, gain=gain, fees=event.fees)
    if not after.lots:
        return Applied(rows, _retire(book, after))
    book.positions[after.position_id] = after
    book.marks[after.position_id] = _mark_at(after, event, book.marks[after.position_id])
    book.marked_at[after.position_id] = at
    return Applied(rows)


def _after(
    position: Position, done: Booked, event: ev.LegSettled, at: dt.datetime, gain: Money, settled: Money
) -> Position:
    after = replace(
        position,
        lots=done.lots,
        cost=position.cost + done.cost,
        realised=position.realised + gain,
        opening_cost=position.opening_cost + done.opened,
        closing_cash=position.closing_cash + done.closed_cash + settled,
        fees=position.fees + event.fees,
        used=event.used,
    )
    if not done.lots:
        why = event.kind.value.lower().replace("_", " ")
        ended = PositionStatus.SETTLED
        return replace(after, quantity=0, used=0, status=ended, closed_at=at, closed_why=why)
    structure, quantity = named(position.symbol, done.lots)
    is_hit = event.kind in (ActivityKind.ASSIGNED, ActivityKind.EXERCISED)
    status = position.status
    if status in _RESTING and is_hit:
        status = PositionStatus.ASSIGNED
    elif status is PositionStatus.AWAITING:
        # Of several contracts that end in one night, the last to be told may not undo that another was assigned.
        status = PositionStatus.MONITORING
    return replace(after, structure=structure, quantity=quantity, opened_quantity=quantity, status=status)


def _split_off(book: BookState, event: ev.LegSettled, position: Position) -> Position:
    """Take the units that were hit out of a position; the others stay as they are, with their part of everything."""
    leg = next(leg for leg in position.structure.legs if leg.contract == event.contract)
    units, odd = divmod(event.contracts, abs(leg.ratio))
    if odd or not 0 < units < position.quantity or event.split_into != book.next_position_id:
        raise LedgerFault(f"{event.contracts} of {event.contract.occ} are no whole units of {position.position_id}")
    wanted: dict[OptionContract | None, int] = {each.contract: each.ratio * units for each in position.structure.legs}
    if position.structure.shares:
        wanted[None] = position.structure.shares * units
    taken, left = split(position.lots, wanted)
    book.positions_made += 1
    mark = book.marks[position.position_id]
    share = mark * units // position.quantity
    child = replace(
        position,
        position_id=event.split_into,
        quantity=units,
        opened_quantity=units,
        lots=taken,
        cost=sum(lot.cost for lot in taken),
        opening_cost=sum(lot.cost for lot in taken),
        commissions=0,
        fees=0,
        income=0,
        realised=0,
        closing_cash=0,
        lineage=lineage_of(position),
        status=PositionStatus.MONITORING,  # a closing that works is of the units that stay; it is ASSIGNED in a moment
    )
    rest = position.quantity - units
    book.positions[position.position_id] = replace(
        position,
        quantity=rest,
        lots=left,
        cost=position.cost - child.cost,
        opening_cost=position.opening_cost - child.opening_cost,
        used=event.used_rest,
    )
    book.marks[position.position_id] = mark - share
    book.positions[child.position_id], book.marks[child.position_id] = child, share
    book.lineages[child.lineage].open += 1
    return child


def _mark_at(position: Position, event: ev.LegSettled, mark: Money) -> Money:
    """Shares at the price that decided; with options, what keeps the NAV as it was: until quotes mark it anew."""
    if event.spot and not position.structure.legs:
        return position.shares * event.spot
    return mark - event.cash


# --- moves -----------------------------------------------------------------------------------------------------------
def went_over(book: BookState, seq: int, _at: dt.datetime, event: ev.PositionMoved) -> Applied:
    """A position went to another module at cost, or to EXTERNAL at its mark; what it earned stays where it was earned.

    To leave the mindfolio is an end: at cost an open loss would vanish from its NAV.
    """
    position = _open(book, event.position_id)
    if any(order.position_id == event.position_id for order in book.orders.values()):
        raise LedgerFault(f"{event.position_id} cannot move while an order works on it")
    if event.module_id not in (*book.modules, EXTERNAL):
        raise LedgerFault(f"{event.position_id} cannot move to {event.module_id}, which is not there")
    if event.module_id == EXTERNAL:
        mark = book.marks[event.position_id]
        return _left(book, seq, position, mark - position.cost, mark)
    rows = entries.moved(seq, position.module_id, event.module_id, position.cost)
    for module_id, change in taken_along(book, event).items():
        if module_id in book.modules:
            book.modules[module_id].baseline += change
            book.modules[module_id].closed += change
    book.positions[event.position_id] = replace(position, module_id=event.module_id)
    return Applied(rows)


def taken_along(book: BookState, event: ev.Event) -> dict[str, Money]:
    """Open P&L that goes over with a position that is about to move, by module: nobody's gain or loss of the day.

    Nothing where it leaves the mindfolio, for that is an end, or where the event is no move of what is open.
    """
    if not isinstance(event, ev.PositionMoved):
        return {}
    position = book.positions.get(event.position_id)
    if position is None or event.module_id in (EXTERNAL, position.module_id):
        return {}
    moved = book.marks[position.position_id] - position.cost
    return {position.module_id: -moved, event.module_id: moved}


def _left(book: BookState, seq: int, position: Position, gain: Money, mark: Money) -> Applied:
    first, *rest = position.lots
    lots = (replace(first, cost=first.cost + gain), *rest)
    book.positions[position.position_id] = replace(
        position, module_id=EXTERNAL, lots=lots, cost=mark, opening_cost=position.opening_cost + gain
    )
    gone = entries.trade(seq, position.module_id, cost=-position.cost, gain=gain)
    return Applied((*gone, *entries.trade(seq, EXTERNAL, cost=mark, gain=0)))


def status_changed(book: BookState, _seq: int, _at: dt.datetime, event: ev.PositionStatusChanged) -> Applied:
    """A position waits for the broker's word, or does so no more."""
    position = _open(book, event.position_id)
    if not event.status.is_open:
        raise LedgerFault(f"{event.position_id} cannot end without a trade or a settlement")
    book.positions[event.position_id] = replace(position, status=event.status)
    return Applied()


def taken_in(
    book: BookState, seq: int, at: dt.datetime, event: ev.DifferenceResolved, contract: OptionContract | None
) -> Applied:
    """What the broker holds and these books did not know of becomes a position, as if it was traded at a price."""
    trade = Trade(contract, event.quantity, event.price)
    for position in book.positions_of(event.module_id):
        held = position.held(contract) if position.symbol == _symbol(contract, event.instrument) else 0
        if held * event.quantity < 0 and abs(held) >= abs(event.quantity):
            return _taken_off(book, seq, at, event, position, trade)
    done = booked((), [trade], at)
    structure, quantity = named(_symbol(contract, event.instrument), done.lots)
    position = Position(
        book.next_position_id, event.module_id, structure, quantity, quantity, done.cost, at,
        opening_cost=done.cost, used=event.used, lots=done.lots,
    )  # fmt: skip
    book.positions_made += 1
    book.positions[position.position_id] = position
    book.marks[position.position_id] = trade.paid
    book.marked_at[position.position_id] = at
    count_opening(book, at, position)
    return Applied(entries.trade(seq, event.module_id, cost=done.cost, gain=0))


def _taken_off(
    book: BookState, seq: int, at: dt.datetime, event: ev.DifferenceResolved, position: Position, trade: Trade
) -> Applied:
    """What the module held is no longer there at the broker: it ends at the given price."""
    done = booked(position.lots, [trade], at)
    after = replace(
        position,
        lots=done.lots,
        cost=position.cost + done.cost,
        realised=position.realised + done.gain,
        closing_cash=position.closing_cash + done.closed_cash,
        used=event.used,
    )
    if done.lots:
        structure, quantity = named(position.symbol, done.lots)
        after = replace(after, structure=structure, quantity=quantity)
    else:
        after = replace(
            after, quantity=0, used=0, status=PositionStatus.CLOSED, closed_at=at, closed_why=event.why or "reconciled"
        )
    closed = keep(book, at, position, after, traded=trade.paid)
    return Applied(entries.trade(seq, event.module_id, cost=done.cost, gain=done.gain), closed)


def _symbol(contract: OptionContract | None, instrument: str) -> str:
    return instrument if contract is None else contract.underlying


def _open(book: BookState, position_id: str) -> Position:
    position = book.positions.get(position_id)
    if position is None:
        raise LedgerFault(f"position {position_id} is not open")
    return position
