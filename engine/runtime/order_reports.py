"""What the broker says of orders, booked: each word once, and nothing concluded from silence or nonsense."""

import datetime as dt
from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass

from engine.core.money import UNIT, Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.broker_reports import (
    BrokerAccepted,
    BrokerCancelRefused,
    BrokerEnded,
    BrokerFillBroken,
    BrokerFilled,
    BrokerKnows,
    BrokerLegFilled,
    BrokerReplaced,
)
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import Position, PositionStatus
from engine.domain.structure import Leg
from engine.ledger.fold_positions import lineage_of
from engine.ledger.lots import Trade, booked
from engine.runtime.desk import Desk
from engine.runtime.orders import ASK_AGAIN, request_cancel, send_cancel
from engine.runtime.power import after_trades, used_by

_REJECTED_FIRST, _REJECTED_MOST = dt.timedelta(minutes=1), dt.timedelta(minutes=30)
ABSENCE = dt.timedelta(seconds=10)
"""The broker must deny twice, this far apart, that it has an order, before the order counts as never received."""

OrderReport = (
    BrokerAccepted | BrokerReplaced | BrokerFilled | BrokerLegFilled | BrokerEnded | BrokerCancelRefused | BrokerKnows
)

_PROOFS = BrokerAccepted | BrokerFilled | BrokerLegFilled
"""The broker has the order: an earlier denial counts no more."""


def on_report(desk: Desk, report: OrderReport) -> None:
    """Book what the broker says of an order. Booking is never stopped, only sending."""
    order = desk.book.orders.get(report.order_id)
    if order is None:
        _about_ended(desk, report)
        return
    if isinstance(report, _PROOFS):
        desk.absent.pop(order.order_id, None)
    _book_report(desk, order, report)
    _forget_if_ended(desk, report.order_id)


def _book_report(desk: Desk, order: Order, report: OrderReport) -> None:
    match report:
        case BrokerAccepted():
            _accepted(desk, order)
        case BrokerReplaced():
            _replaced(desk, order, report)
        case BrokerFilled():
            _filled(desk, order, report)
        case BrokerLegFilled():
            _leg_filled(desk, order, report)
        case BrokerEnded():
            _ended(desk, order, report.status, report.cumulative, report.why)
        case BrokerCancelRefused():
            # It may be filled, or gone: never assumed, always asked.
            desk.ask_at[order.order_id] = desk.now
        case BrokerKnows():
            _known(desk, order, report)


def _forget_if_ended(desk: Desk, order_id: str) -> None:
    if order_id not in desk.book.orders:
        for timers in (desk.reprice_at, desk.ask_at, desk.cancel_at, desk.cancelled_at, desk.absent, desk.unpriced):
            timers.pop(order_id, None)


def _about_ended(desk: Desk, report: OrderReport) -> None:
    """A frame about an order with its final word: a repetition, or a fill that comes too late to be only that."""
    if isinstance(report, BrokerFilled | BrokerLegFilled):
        desk.reconcile_at = desk.now  # whether anything is new shows in the account


def _accepted(desk: Desk, order: Order) -> None:
    if order.status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
        desk.record(ev.OrderAccepted(order.order_id))
        _heard(desk, order.order_id)


def _heard(desk: Desk, order_id: str) -> None:
    """Ask no more, now that the broker has spoken of an order, unless a new limit or a cancel has no answer yet.

    A fill says nothing of either: an order would keep waiting for an answer that was lost, and walk no ladder.
    """
    live = desk.book.orders.get(order_id)
    if live is None or (live.asked_limit is None and live.status is not OrderStatus.CANCEL_PENDING):
        desk.ask_at.pop(order_id, None)


def _replaced(desk: Desk, order: Order, report: BrokerReplaced) -> None:
    if order.asked_limit is None:
        return  # a repeated frame
    if report.why or report.limit in (order.asked_limit, order.limit):
        desk.record(ev.OrderReplaced(order.order_id, report.limit, report.why))
        if order.status is not OrderStatus.CANCEL_PENDING:
            desk.ask_at.pop(order.order_id, None)


def _filled(desk: Desk, order: Order, report: BrokerFilled) -> None:
    quantity = report.cumulative - order.filled
    if quantity <= 0:
        return  # a repeated frame: the cumulative quantity is booked already
    if report.cumulative > order.quantity:
        _makes_no_sense(desk, order, f"the broker reports {report.cumulative} of {order.quantity} filled")
        return
    if report.quantity not in (0, quantity):
        desk.ask_at[order.order_id] = desk.now  # a frame in between is missing: all fills are asked for
        return
    if _is_uneven(order):
        # Legs that were done by themselves are booked already: only what the package has beyond them is new.
        so_far = tuple(leg.ratio * report.cumulative for leg in order.trades)
        _leg_filled(desk, order, BrokerLegFilled(order.order_id, so_far, report.leg_prices))
        return
    if not _adds_up(order, report):
        _makes_no_sense(desk, order, "the legs of a fill do not make its net price")
        return
    _book(desk, order, report, quantity)


def _book(desk: Desk, order: Order, report: BrokerFilled, quantity: int) -> None:
    position = desk.book.positions.get(order.position_id)
    trades = _trades(order, report.leg_prices, quantity)
    costs = desk.book.costs
    contracts = order.structure.contracts * quantity
    estimate = _own_fees(desk, trades)
    desk.record(
        ev.OrderFilled(
            order.order_id,
            quantity,
            report.cumulative,
            report.net_price,
            report.leg_prices,
            costs.commission(contracts) if report.commission is None else report.commission,
            estimate if report.fees is None else report.fees,
            after_trades(desk, position, order, trades),
        )
    )
    _heard(desk, order.order_id)
    desk.rejected.pop(order.position_id, None)
    side = "credit" if report.net_price < 0 else "debit"
    price = f"{abs(report.net_price) / UNIT:.2f} {side}"
    done = {OrderPurpose.OPEN: "opened", OrderPurpose.CLOSE: "closed", OrderPurpose.ROLL: "rolled"}[order.purpose]
    why = f": {order.why}" if order.purpose is OrderPurpose.CLOSE else ""
    desk.alert(order.module_id, f"{quantity} x {order.structure.words} {done} at {price}{why}")


def _leg_filled(desk: Desk, order: Order, report: BrokerLegFilled) -> None:
    """Legs done by themselves: booked leg by leg, and nothing more is opened there until the package is whole."""
    done = order.legs_done or (0,) * len(order.structure.legs)
    if not len(done) == len(report.contracts) == len(report.leg_prices) or min(report.leg_prices, default=-1) < 0:
        _makes_no_sense(desk, order, "the broker reports other legs than were ordered")
        return
    pairs = list(zip(report.contracts, done, strict=True))
    if all(abs(so_far) <= abs(before) and so_far * before >= 0 for so_far, before in pairs):
        return  # a repeated or overtaken frame
    new = tuple(so_far - before for so_far, before in pairs)
    trades = [
        Trade(leg.contract, quantity, price)
        for leg, quantity, price in zip(order.trades, new, report.leg_prices, strict=True)
        if quantity
    ]
    too_much = any(
        (quantity * leg.ratio < 0) or abs(so_far) > abs(leg.ratio) * order.quantity
        for quantity, so_far, leg in zip(new, report.contracts, order.trades, strict=True)
    )
    if too_much:
        _makes_no_sense(desk, order, "the broker reports legs that were not ordered")
        return
    whole = min(so_far // leg.ratio for so_far, leg in zip(report.contracts, order.trades, strict=True))
    position = desk.book.positions.get(order.position_id)
    contracts = sum(abs(quantity) for quantity in new)
    desk.record(
        ev.OrderFilled(
            order.order_id, whole - order.filled, whole, 0, report.leg_prices,
            desk.book.costs.commission(contracts), _own_fees(desk, trades),
            after_trades(desk, position, order, trades), new,
        )
    )  # fmt: skip
    _cancel_if_inactive(desk, order.order_id)  # its package is whole again, with units that have not begun


def on_broken(desk: Desk, report: BrokerFillBroken) -> None:
    """The broker broke a trade: what it did is undone by a reversing entry, and the account is compared."""
    if report.reference in desk.book.broken:
        return  # told twice
    order = desk.ledger.order(report.order_id)
    if order is None or not 0 < report.quantity <= order.filled or len(report.leg_prices) != (len(order.trades) or 1):
        desk.alert("", f"The broker broke a trade that is not in the books: {report.order_id}", is_urgent=True)
        desk.reconcile_at = desk.now
        return
    book = desk.book
    trades = _trades(order, report.leg_prices, report.quantity)
    position = book.positions.get(order.position_id)
    ended = None if position is not None else ended_trade(desk.ledger.closed(), order.position_id, desk.book.lineages)
    # What went over to another module and ended there is undone there: that is where it counted.
    module_id = (
        position.module_id if position is not None else ended.module_id if ended is not None else order.module_id
    )
    undone = [Trade(trade.contract, -trade.quantity, trade.price) for trade in trades]
    after = booked(() if position is None else position.lots, undone, desk.now).lots
    desk.record(
        ev.FillReversed(
            order_id=order.order_id,
            module_id=module_id if module_id in book.modules else EXTERNAL,
            position_id=book.next_position_id if position is None else order.position_id,
            structure=order.structure,
            legs=tuple(Leg(leg.contract, leg.ratio * report.quantity) for leg in order.trades),
            shares=order.structure.shares * order.side * report.quantity,
            leg_prices=report.leg_prices,
            commission=report.commission,
            fees=report.fees,
            used=used_by(desk, order.structure.symbol, module_id, after),
            why=report.why,
            reference=report.reference,
            lineage="" if ended is None else ended.lineage,
            ended_net=0 if ended is None else ended.net,
            best=None if ended is None else ended.best,
            worst=None if ended is None else ended.worst,
        )
    )
    desk.alert(order.module_id, f"{order.structure.words}: the broker broke the trade: {report.why}", is_urgent=True)
    desk.reconcile_at = desk.now


@dataclass(frozen=True, slots=True)
class BrokenEnd:
    """A lineage whose end is broken: what it had made, and the best and the worst of its module's other trades."""

    module_id: str
    lineage: str
    net: Money
    best: Money | None
    worst: Money | None


def ended_trade(closed: Iterable[Position], position_id: str, going: Container[str]) -> BrokenEnd | None:
    """Of the trade that a position ended, given all positions that ended; None where it ended none of ours.

    Lineages that are `going` have parts that ended, and are no results: one may be open again by a broken trade.
    """
    nets: dict[str, Money] = defaultdict(int)
    last: dict[str, Position] = {}
    about = ""
    for each in closed:
        lineage = lineage_of(each)
        if each.status is not PositionStatus.BROKEN:
            nets[lineage] += each.net_pnl
            last[lineage] = each
        about = lineage if each.position_id == position_id else about
    if about not in last:
        return None
    owner = last[about].module_id
    others = [
        net
        for lineage, net in nets.items()
        if lineage != about and lineage not in going and last[lineage].module_id == owner
    ]
    return BrokenEnd(owner, about, nets[about], max(others, default=None), min(others, default=None))


def _ended(
    desk: Desk, order: Order, status: OrderStatus, cumulative: int, why: str, ask_in: dt.timedelta = dt.timedelta(0)
) -> None:
    if not status.is_final:
        _makes_no_sense(desk, order, f"the broker ended it as {status.value}")
    elif cumulative == order.filled:
        desk.record(ev.OrderEnded(order.order_id, status, why))
        if status is OrderStatus.REJECTED:
            desk.alert(order.module_id, f"{order.structure.words} was rejected: {why}", is_urgent=not order.adds_risk)
            _back_off(desk, order)
        elif order.who:
            desk.alert(order.module_id, f"your order for {order.structure.words} has ended: {why}")
    else:
        # A fill is on its way, or was lost: the hold is released only against what the broker did in all. An answer
        # that does not fit is asked about again, but not at once: the quota belongs to cancels.
        desk.ask_at[order.order_id] = desk.now + ask_in


def _back_off(desk: Desk, order: Order) -> None:
    """No rule orders a rejected closing again for a minute, then two, four, at most 30, until one fills."""
    if order.purpose is OrderPurpose.CLOSE:
        times = desk.rejected.get(order.position_id, (0, desk.now))[0] + 1
        wait = min(_REJECTED_MOST, _REJECTED_FIRST * 2 ** min(times - 1, 10))
        desk.rejected[order.position_id] = times, desk.now + wait


def _known(desk: Desk, order: Order, report: BrokerKnows) -> None:
    """The answer to a question: fills that were not heard of, then where the order stands."""
    if not report.is_known:
        _not_known(desk, order)
        return
    desk.absent.pop(order.order_id, None)
    for fill in sorted(report.fills, key=lambda fill: fill.cumulative):
        live = desk.book.orders.get(order.order_id)
        if live is not None:
            _filled(desk, live, fill)
    live = desk.book.orders.get(order.order_id)
    if live is None:
        return
    if report.status is None:
        _makes_no_sense(desk, live, f"the broker says {report.why or 'something we do not know'}")
    elif report.status.is_final:
        cumulative = max((fill.cumulative for fill in report.fills), default=0)
        _ended(desk, live, report.status, cumulative, report.why or "as the broker says", ask_in=ASK_AGAIN)
    else:
        _still_lives(desk, live, report)


def _still_lives(desk: Desk, order: Order, report: BrokerKnows) -> None:
    told = report.limit if report.limit in (order.asked_limit, order.limit) else None
    if order.asked_limit is not None and told is not None:
        desk.record(ev.OrderReplaced(order.order_id, told))
    if order.status is OrderStatus.CANCEL_PENDING:
        desk.ask_at.pop(order.order_id, None)
        if order.is_unsure:
            desk.record(ev.OrderAccepted(order.order_id))
        desk.after_commit(lambda: send_cancel(desk, order.order_id))
        return
    desk.ask_at.pop(order.order_id, None)
    if order.asked_limit is not None and told is None:
        desk.ask_at[order.order_id] = desk.now + ASK_AGAIN  # which limit is in force is still not known
    if order.status in (OrderStatus.SENT, OrderStatus.UNKNOWN) or order.is_unsure:
        desk.record(ev.OrderAccepted(order.order_id))
    _cancel_if_inactive(desk, order.order_id)  # it was to be cancelled, and its fate not known until now


def _cancel_if_inactive(desk: Desk, order_id: str) -> None:
    """Cancel what is left of an opening that may not work now. Legs that are done are not cancelled blindly."""
    live = desk.book.orders.get(order_id)
    if live is None or not live.adds_risk:
        return
    if live.status is not OrderStatus.LEGGED and not desk.is_active(live.module_id):
        stopped = desk.latch.is_set or desk.book.status is MindfolioStatus.STOPPED
        request_cancel(desk, live, "emergency stop" if stopped else "paused")


def _not_known(desk: Desk, order: Order) -> None:
    """The broker denies having it. It is believed the second time, when a late arrival can be excluded."""
    first = desk.absent.setdefault(order.order_id, desk.now)
    if desk.now - first < ABSENCE or order.filled:
        desk.ask_at[order.order_id] = first + ABSENCE if not order.filled else desk.now + ASK_AGAIN
        return
    desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, "the broker never had it"))
    desk.alert(order.module_id, f"{order.structure.words} never reached the broker")


def _makes_no_sense(desk: Desk, order: Order, why: str) -> None:
    """What cannot be: nothing is booked or ended on it; the order is UNKNOWN and the account is compared."""
    if order.status not in (OrderStatus.UNKNOWN, OrderStatus.LEGGED, OrderStatus.CANCEL_PENDING):
        desk.record(ev.OrderUnknown(order.order_id, why))
    desk.ask_at[order.order_id] = desk.now + ASK_AGAIN
    desk.reconcile_at = desk.now
    if f"{order.order_id} {why}" not in desk.told:
        desk.told.add(f"{order.order_id} {why}")
        desk.alert(order.module_id, f"{order.structure.words} ({order.order_id}) needs you: {why}", is_urgent=True)


# --- parts -----------------------------------------------------------------------------------------------------------
def _trades(order: Order, leg_prices: tuple[Money, ...], quantity: int) -> list[Trade]:
    if not order.structure.legs:
        return [Trade(None, order.structure.shares * order.side * quantity, leg_prices[0])]
    return [
        Trade(leg.contract, leg.ratio * quantity, price) for leg, price in zip(order.trades, leg_prices, strict=True)
    ]


def _is_uneven(order: Order) -> bool:
    """Whether some legs are done beyond the whole units."""
    done = order.legs_done
    return bool(done) and any(count != leg.ratio * order.filled for count, leg in zip(done, order.trades, strict=True))


def _adds_up(order: Order, report: BrokerFilled) -> bool:
    parts = [leg.ratio for leg in order.trades] or [order.structure.shares * order.side]
    if len(parts) != len(report.leg_prices) or min(report.leg_prices) < 0:
        return False
    return sum(ratio * price for ratio, price in zip(parts, report.leg_prices, strict=True)) == report.net_price


def _own_fees(desk: Desk, trades: list[Trade]) -> Money:
    """Regulatory fees by our own schedule, where the broker has not told them: unknown is never nothing."""
    options = [trade for trade in trades if trade.contract is not None]
    sold = sum(-trade.quantity for trade in options if trade.quantity < 0)
    shares_sold = sum(-trade.quantity for trade in trades if trade.contract is None and trade.quantity < 0)
    proceeds = sum(-trade.paid for trade in trades if trade.quantity < 0)
    return desk.book.costs.fees(sum(abs(trade.quantity) for trade in options), sold, proceeds, shares_sold)
