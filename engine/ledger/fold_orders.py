"""What orders do to the book: intents with their holds, what is heard of them, and fills."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.instrument import MULTIPLIER, OptionContract
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import Lot, Position, PositionStatus
from engine.domain.records import FillRow, OrderRow
from engine.domain.structure import StructureKind, widest_wing
from engine.ledger import entries, fold_positions
from engine.ledger.book_state import Applied, BookState
from engine.ledger.lots import Trade, booked, named

OrderEvent = (
    ev.OrderSubmitted
    | ev.OrderAccepted
    | ev.OrderUnknown
    | ev.OrderRepriced
    | ev.OrderReplaced
    | ev.OrderCancelRequested
)

_QUIET = frozenset({OrderStatus.SENT, OrderStatus.UNKNOWN, OrderStatus.WORKING, OrderStatus.PARTLY_FILLED})
"""States that a fill or an answer moves on; a cancel or a replacement under way stays what it is."""


def intended(book: BookState, seq: int, at: dt.datetime, event: ev.OrderIntended) -> Applied:
    """An order was decided, with its hold."""
    order = event.order
    contradiction = contradicts(book, order)
    if contradiction:
        raise LedgerFault(contradiction)
    position = book.positions.get(order.position_id)
    if position is None:
        book.positions_made += 1
    elif order.purpose is OrderPurpose.CLOSE:
        book.positions[order.position_id] = replace(position, status=PositionStatus.CLOSING)
    book.orders_made += 1
    book.orders_today += 1
    return _keep(book, seq, at, replace(order, changed_at=at))


def contradicts(book: BookState, order: Order) -> str:
    """How a new order contradicts the state, "" where it does not: what no order may be, whoever wants it."""
    name = f"order {order.order_id}"
    if order.order_id in book.orders:
        return f"{name} was intended twice"
    if order.module_id not in book.modules or order.quantity <= 0 or order.hold < 0:
        return f"{name} is for {order.quantity} in {order.module_id}"
    if bool(order.structure.legs) == bool(order.structure.shares):
        return f"{name} is neither of options nor of shares"
    position = book.positions.get(order.position_id)
    if position is None:
        is_new = order.purpose is OrderPurpose.OPEN and order.position_id == book.next_position_id
        return "" if is_new else f"{name} is about {order.position_id}, which is not there"
    if (position.module_id, position.symbol) != (order.module_id, order.structure.symbol):
        return f"{name} is about {position.symbol} of {position.module_id}"
    return "" if order.purpose is OrderPurpose.OPEN else _overselling(book, order, position)


def _overselling(book: BookState, order: Order, position: Position) -> str:
    """How a closing trades more than the position holds, those that work already counted."""
    going = {contract: 0 for contract, _ in _to_trade(order)}
    for each in [*book.orders.values(), order]:
        if each.position_id == order.position_id and each.purpose is not OrderPurpose.OPEN:
            for contract, count in _to_trade(each):
                if contract in going:
                    going[contract] += count
    for contract, traded in going.items():
        held = position.held(contract)
        if held * traded < 0 and abs(traded) > abs(held):
            return f"order {order.order_id} closes more of {order.position_id} than its module holds"
        if held * traded >= 0 and order.purpose is OrderPurpose.CLOSE and traded:
            return f"order {order.order_id} closes what {order.position_id} does not hold"
    return ""


def _to_trade(order: Order) -> Iterable[tuple[OptionContract | None, int]]:
    """What an order still has to trade of each instrument."""
    for leg, done in zip(order.trades, _done(order), strict=True):
        yield leg.contract, leg.ratio * order.quantity - done
    if order.structure.shares:
        yield None, order.structure.shares * order.side * order.remaining


def _done(order: Order) -> tuple[int, ...]:
    return order.legs_done or (0,) * len(order.structure.legs)


def moved(book: BookState, seq: int, at: dt.datetime, event: OrderEvent) -> Applied:
    """Something was sent, or heard, that is no fill and no end."""
    order = live(book, event.order_id)
    status, is_quiet = order.status, order.status in _QUIET
    match event:
        case ev.OrderSubmitted():
            order = replace(order, status=OrderStatus.SENT)
        case ev.OrderUnknown():
            order = replace(order, status=OrderStatus.UNKNOWN, is_unsure=True)
        case ev.OrderAccepted() if status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
            order = replace(order, status=_standing(order), is_unsure=False)
        case ev.OrderAccepted():
            order = replace(order, is_unsure=False)
        case ev.OrderRepriced():
            book.orders_today += 1
            status = OrderStatus.REPLACE_PENDING if is_quiet else status
            order = replace(order, asked_limit=event.limit, steps=event.steps, status=status)
        case ev.OrderReplaced():
            status = _standing(order) if status is OrderStatus.REPLACE_PENDING else status
            order = replace(order, limit=event.limit, asked_limit=None, status=status)
        case ev.OrderCancelRequested():
            order = replace(order, status=OrderStatus.CANCEL_PENDING)
    # A late acknowledgement changes nothing: a cancel that was asked for in the meantime is not undone.
    return _keep(book, seq, at, replace(order, changed_at=at))


def ended(book: BookState, seq: int, at: dt.datetime, event: ev.OrderEnded) -> Applied:
    """The final word on an order that is not wholly filled."""
    if event.status not in (OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED):
        raise LedgerFault(f"order {event.order_id} cannot end as {event.status.value}")
    order = replace(live(book, event.order_id), status=event.status, changed_at=at)
    del book.orders[order.order_id]
    _release_position(book, order)
    return Applied(orders=(OrderRow(seq, at, order, event.why),))


def filled(book: BookState, seq: int, at: dt.datetime, event: ev.OrderFilled) -> Applied:
    """Units, or legs by themselves, were done: lots and money move, and the hold shrinks with the whole units."""
    order = live(book, event.order_id)
    is_whole = not event.leg_quantities
    if event.cumulative != order.filled + event.quantity or event.cumulative > order.quantity or event.quantity < 0:
        raise LedgerFault(f"fill of {order.order_id}: {event.cumulative} of {order.quantity} does not add up")
    trades = _trades(order, event)
    if not trades or (is_whole and event.quantity == 0):
        raise LedgerFault(f"fill of {order.order_id} is of nothing")
    before = book.positions.get(order.position_id)
    after, cost, gain = _after(order, event, before, trades, at)
    rows = entries.trade(seq, order.module_id, cost=cost, gain=gain, commission=event.commission, fees=event.fees)
    order = _progress(order, event, at)
    book.orders[order.order_id] = order
    if order.status is OrderStatus.FILLED:
        del book.orders[order.order_id]
    if order.who and not after.lots:
        fold_positions.rest(book, after, at)
    closed = fold_positions.keep(book, at, before, after, traded=sum(trade.paid for trade in trades))
    if before is None:
        _opened(book, at, order, after)
    _release_position(book, order)
    fill = FillRow(
        seq, at, order.order_id, order.module_id, order.position_id, event.quantity, event.net_price,
        event.commission, event.fees,
    )  # fmt: skip
    order = book.orders.get(order.order_id, order)
    return Applied(rows, closed, (OrderRow(seq, at, order, order.why),), (fill,))


def taken_back(book: BookState, at: dt.datetime, event: ev.FillReversed) -> None:
    """An order that still lives has that much more to do. Raises LedgerFault for more than it did."""
    order = book.orders.get(event.order_id)
    if order is None:
        return
    broken = {leg.contract: leg.ratio for leg in event.legs}
    done = tuple(count - broken.get(leg.contract, 0) for count, leg in zip(_done(order), order.trades, strict=True))
    filled = order.filled - abs(event.shares) if order.structure.shares else _whole(order, done)
    if filled < 0:
        raise LedgerFault(f"order {order.order_id} did not do what was broken of it")
    order = replace(order, filled=filled, legs_done=done, changed_at=at)
    is_moving = order.status in _QUIET or order.status is OrderStatus.LEGGED
    book.orders[order.order_id] = replace(order, status=_standing(order)) if is_moving else order


def live(book: BookState, order_id: str) -> Order:
    """An order without a final word. Raises LedgerFault for any other."""
    order = book.orders.get(order_id)
    if order is None:
        raise LedgerFault(f"order {order_id} is not live")
    return order


def _trades(order: Order, event: ev.OrderFilled) -> list[Trade]:
    """What was traded, instrument by instrument. Raises LedgerFault when the legs do not add up to the net price."""
    parts = order.trades
    if not parts:
        (price,) = event.leg_prices
        if event.net_price != order.side * order.structure.shares * price:
            raise LedgerFault(f"fill of {order.order_id}: its price does not make the net price")
        return [Trade(None, order.structure.shares * order.side * event.quantity, price)]
    if event.leg_quantities:
        quantities = event.leg_quantities
    else:
        quantities = tuple(leg.ratio * event.quantity for leg in parts)
        net = sum(leg.ratio * price for leg, price in zip(parts, event.leg_prices, strict=True))
        if net != event.net_price:
            raise LedgerFault(f"fill of {order.order_id}: legs make {net} a share, the package {event.net_price}")
    return [
        Trade(leg.contract, quantity, price)
        for leg, quantity, price in zip(parts, quantities, event.leg_prices, strict=True)
        if quantity
    ]


def _after(
    order: Order, event: ev.OrderFilled, before: Position | None, trades: list[Trade], at: dt.datetime
) -> tuple[Position, Money, Money]:
    """The position after the fill, with the cost it gained and the P&L that was realised."""
    position = before or Position(order.position_id, order.module_id, order.structure, 0, 0, 0, at)
    done = booked(position.lots if event.used is not None else _pooled(position), trades, at)
    position = replace(
        position,
        lots=done.lots,
        cost=position.cost + done.cost,
        realised=position.realised + done.gain,
        opening_cost=position.opening_cost + done.opened,
        closing_cash=position.closing_cash + done.closed_cash,
        commissions=position.commissions + event.commission,
        fees=position.fees + event.fees,
    )
    if not done.lots:
        return (
            replace(position, quantity=0, used=0, status=PositionStatus.CLOSED, closed_at=at, closed_why=order.why),
            done.cost,
            done.gain,
        )
    structure, quantity = named(position.symbol, done.lots)
    position = replace(position, structure=structure, quantity=quantity)
    used = _condor_used(position) if event.used is None else event.used
    opened = position.opened_quantity
    if before is None:
        opened = quantity
    elif order.purpose is OrderPurpose.OPEN:
        opened = opened + quantity - before.quantity if before.structure == structure else quantity
    elif order.purpose is OrderPurpose.ROLL:
        opened = quantity
        position = replace(position, rolls=position.rolls + (event.cumulative == order.quantity))
    return replace(position, used=used, opened_quantity=opened), done.cost, done.gain


def _pooled(position: Position) -> tuple[Lot, ...]:
    """A position's lots as the first version had them: of one cost, which every unit carries alike."""
    legs = [(leg.contract, leg.ratio * position.quantity) for leg in position.structure.legs]
    return tuple(
        Lot(contract, count, 0 if number else position.cost, position.opened_at)
        for number, (contract, count) in enumerate(legs)
        if count
    )


def _condor_used(position: Position) -> Money:
    """The first version's rule, of journals that were written without the figure."""
    if position.structure.kind is not StructureKind.IRON_CONDOR:
        raise LedgerFault(f"the buying power of {position.position_id} was not journaled")
    return widest_wing(position.structure) * MULTIPLIER * position.quantity + position.cost


def _opened(book: BookState, at: dt.datetime, order: Order, position: Position) -> None:
    module = book.modules[order.module_id]
    module.executed_today += 1
    fold_positions.count_opening(book, at, position)


def _progress(order: Order, event: ev.OrderFilled, at: dt.datetime) -> Order:
    """The order after a fill: FILLED, LEGGED when its legs are out of ratio, or partly done."""
    traded = event.leg_quantities or tuple(leg.ratio * event.quantity for leg in order.trades)
    done = tuple(before + count for before, count in zip(_done(order), traded, strict=True))
    if done and _whole(order, done) != event.cumulative:
        raise LedgerFault(f"fill of {order.order_id}: its legs do not make {event.cumulative} whole units")
    order = replace(order, filled=event.cumulative, changed_at=at, legs_done=done, is_unsure=False)
    standing = _standing(order)
    if standing is OrderStatus.LEGGED:
        return replace(order, status=standing)
    if order.remaining == 0:
        return replace(order, status=OrderStatus.FILLED)
    is_moving = order.status in _QUIET or order.status is OrderStatus.LEGGED
    return replace(order, status=standing) if is_moving else order


def _whole(order: Order, done: tuple[int, ...]) -> int:
    """Whole units that the contracts done make. Raises LedgerFault for a leg beyond what was ordered."""
    for count, leg in zip(done, order.trades, strict=True):
        if count * leg.ratio < 0 or abs(count) > abs(leg.ratio) * order.quantity:
            raise LedgerFault(f"{count} x {leg.contract.occ} of order {order.order_id} were never ordered")
    return min(count // leg.ratio for count, leg in zip(done, order.trades, strict=True))


def _release_position(book: BookState, order: Order) -> None:
    """With no closing under way any more the position is as before; of one that is only partly closed likewise."""
    position = book.positions.get(order.position_id)
    if position is None or position.status is not PositionStatus.CLOSING:
        return
    if not any(
        each.position_id == order.position_id and each.purpose is OrderPurpose.CLOSE for each in book.orders.values()
    ):
        book.positions[order.position_id] = replace(position, status=PositionStatus.MONITORING)


def _standing(order: Order) -> OrderStatus:
    """Where an order that works stands by what of it is done."""
    if any(count != leg.ratio * order.filled for count, leg in zip(_done(order), order.trades, strict=True)):
        return OrderStatus.LEGGED
    return OrderStatus.PARTLY_FILLED if order.filled else OrderStatus.WORKING


def _keep(book: BookState, seq: int, at: dt.datetime, order: Order) -> Applied:
    book.orders[order.order_id] = order
    return Applied(orders=(OrderRow(seq, at, order, order.why),))
