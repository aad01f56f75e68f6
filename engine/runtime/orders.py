"""Orders on their way: sent once, repriced, cancelled, and asked about when nothing is heard.

A timeout is no rejection and a cancel's acknowledgement no proof: an order whose fate is not known is UNKNOWN, keeps
its hold, and is asked about until the broker says what became of it.
"""

import datetime as dt
import logging

from engine.core.errors import NotSent
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.order import Order, OrderStatus
from engine.domain.package import next_limit, structure_quote
from engine.runtime.desk import Desk

_log = logging.getLogger(__name__)

ANSWER_TIME = dt.timedelta(seconds=10)
"""How long an order or a replacement may be without an answer before the broker is asked."""

CANCEL_TIME = dt.timedelta(seconds=5)
"""The same for a cancel; a second one is not sent before."""

ASK_AGAIN = dt.timedelta(seconds=15)

RETRY = dt.timedelta(seconds=1)
"""After a cancel that could not be sent."""

AFTER_A_BELL = dt.timedelta(minutes=1)
"""When a broker has told what the opening or the close of a session did to its orders."""

_MOVING = frozenset({OrderStatus.WORKING, OrderStatus.PARTLY_FILLED})


# --- out -------------------------------------------------------------------------------------------------------------
def send(desk: Desk, order_id: str) -> None:
    """Hand a durable intent to the broker. The latch is read last: after it is set, no opening begins to leave."""
    order = desk.book.orders.get(order_id)
    if order is None or order.status is not OrderStatus.INTENT:
        return
    if order.adds_risk and (desk.halted or desk.latch.is_set):
        desk.record(ev.OrderEnded(order_id, OrderStatus.CANCELLED, "emergency stop before sending"))
        return
    try:
        desk.broker.submit(order, desk.now)
    except NotSent as error:
        desk.record(ev.OrderEnded(order_id, OrderStatus.CANCELLED, f"not sent: {error}"))
        desk.alert(order.module_id, f"{order.structure.words} was not sent: {error}", is_urgent=not order.adds_risk)
        return
    except Exception as error:  # noqa: BLE001 - whatever it was, the order may have arrived
        _log.exception("sending %s failed", order_id)
        desk.record(ev.OrderUnknown(order_id, f"{type(error).__name__} while sending"))
        desk.ask_at[order_id] = desk.now + RETRY
        desk.alert(order.module_id, f"{order.structure.words}: no answer from the broker, asking what became of it")
        return
    desk.record(ev.OrderSubmitted(order_id))
    desk.ask_at[order_id] = desk.now + ANSWER_TIME
    desk.reprice_at[order_id] = desk.now + desk.ladder.interval


def resume(desk: Desk, order: Order) -> None:
    """After a restart every live order is asked about: what happened to it meanwhile is not known here."""
    if order.status is OrderStatus.INTENT:
        # It may have been sent, and the process ended before it could write that down.
        desk.record(ev.OrderUnknown(order.order_id, "restarted while it was being sent"))
    desk.ask_at[order.order_id] = desk.now
    desk.reprice_at[order.order_id] = desk.now + desk.ladder.interval


def ask_at_a_bell(desk: Desk) -> None:
    """A session begins or has ended: ask about every live order a minute from now, unless it is asked about before.

    A day order ends at the close. Where that word is lost nothing else would tell: the account does not change by it.
    """
    for order_id in desk.book.orders:
        desk.ask_at.setdefault(order_id, desk.now + AFTER_A_BELL)


def request_cancel(desk: Desk, order: Order, why: str) -> None:
    """Ask the broker to cancel a live order; the hold stays until its final word. An unsent intent ends at once."""
    if order.status is OrderStatus.INTENT:
        desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, why))
    elif order.status is not OrderStatus.CANCEL_PENDING:
        desk.record(ev.OrderCancelRequested(order.order_id, why))
        desk.after_commit(lambda: send_cancel(desk, order.order_id))


def send_cancel(desk: Desk, order_id: str) -> None:
    """Send a cancel; one that cannot be sent is tried again until it can, whatever the quotas."""
    desk.cancel_at.pop(order_id, None)
    order = desk.book.orders.get(order_id)
    if order is None or order.status is not OrderStatus.CANCEL_PENDING:
        return
    last = desk.cancelled_at.get(order_id)
    if last is not None and desk.now - last < CANCEL_TIME:
        desk.cancel_at[order_id] = last + CANCEL_TIME
        return
    try:
        desk.broker.cancel(order_id, desk.now)
    except NotSent:
        _log.warning("cancel of %s could not be sent; trying again", order_id)
        desk.cancel_at[order_id] = desk.now + RETRY
        return
    except Exception:  # noqa: BLE001 - it may have arrived: asking twice does no harm, not asking does
        _log.warning("cancel of %s had no answer; trying again", order_id)
        desk.cancel_at[order_id] = desk.now + CANCEL_TIME
    desk.cancelled_at[order_id] = desk.now
    desk.ask_at[order_id] = desk.now + CANCEL_TIME


def send_waiting_cancels(desk: Desk) -> None:
    """Try every cancel that could not be sent again now: while the market's clock stands, none of them becomes due.

    After a halt nothing can be written down, and cancels go out all the same: they open nothing.
    """
    for order_id in list(desk.cancel_at):
        if not desk.halted:
            send_cancel(desk, order_id)
            continue
        try:
            desk.broker.cancel(order_id, desk.now)
        except Exception:  # noqa: BLE001 - it is tried again
            _log.warning("cancel of %s could not be sent after the halt; trying again", order_id)
        else:
            del desk.cancel_at[order_id]


def cancel_after_halt(desk: Desk) -> None:
    """Ask the broker at once to cancel every opening that may live there, although the journal cannot be written."""
    # What is only an intent may have left: whether it did was to be written down next.
    openings = [order for order in desk.book.orders.values() if order.adds_risk]
    desk.cancel_at = {order.order_id: desk.now for order in openings if order.status is not OrderStatus.LEGGED}
    send_waiting_cancels(desk)


def request_limit(desk: Desk, order: Order, limit: Money, steps: int) -> None:
    """Ask for another limit; until it is confirmed both may fill."""
    desk.record(ev.OrderRepriced(order.order_id, limit, steps))
    desk.after_commit(lambda: _send_limit(desk, order, limit))


def _send_limit(desk: Desk, order: Order, limit: Money) -> None:
    """Move the limit at the broker; after a stop an opening is not made more eager, it is about to be cancelled."""
    if order.adds_risk and (desk.halted or desk.latch.is_set):
        desk.record(ev.OrderReplaced(order.order_id, order.limit, "emergency stop before the new limit was sent"))
        return
    try:
        desk.broker.replace(order.order_id, limit, desk.now)
    except NotSent as error:
        desk.record(ev.OrderReplaced(order.order_id, order.limit, f"not sent: {error}"))
    except Exception:  # noqa: BLE001 - the new limit may be in force: both are live until the broker says
        _log.exception("replacing %s failed", order.order_id)
        desk.ask_at[order.order_id] = desk.now + RETRY
    else:
        desk.ask_at[order.order_id] = desk.now + ANSWER_TIME


# --- by the clock ----------------------------------------------------------------------------------------------------
def next_due(desk: Desk) -> dt.datetime | None:
    """When the next order is due for a step, a question or another try of a cancel."""
    return min((*desk.reprice_at.values(), *desk.ask_at.values(), *desk.cancel_at.values()), default=None)


def work_due(desk: Desk) -> None:
    """Everything about orders whose time has come: cancels first, then questions, then steps of the ladder."""
    for order_id in [key for key, due in desk.cancel_at.items() if due <= desk.now]:
        send_cancel(desk, order_id)
    for order_id in [key for key, due in desk.ask_at.items() if due <= desk.now]:
        _ask(desk, order_id)
    for order_id in [key for key, due in desk.reprice_at.items() if due <= desk.now]:
        order = desk.book.orders.get(order_id)
        if order is None:
            del desk.reprice_at[order_id]
            continue
        desk.reprice_at[order_id] = desk.now + desk.ladder.interval
        if order.status in _MOVING and order_id not in desk.absent:
            _step(desk, order)


def _ask(desk: Desk, order_id: str) -> None:
    """Ask what became of an order that should have had an answer by now."""
    order = desk.book.orders.get(order_id)
    if order is None or order.status is OrderStatus.INTENT:
        desk.ask_at.pop(order_id, None)
        return
    if order.status is OrderStatus.SENT:
        desk.record(ev.OrderUnknown(order_id, "no answer in time"))
    desk.ask_at[order_id] = desk.now + ASK_AGAIN
    desk.after_commit(lambda: _send_question(desk, order_id))


def _send_question(desk: Desk, order_id: str) -> None:
    try:
        desk.broker.ask(order_id, desk.now)
    except Exception:  # noqa: BLE001 - it is asked again
        _log.warning("the broker could not be asked about %s", order_id)
        desk.ask_at[order_id] = desk.now + RETRY


def _step(desk: Desk, order: Order) -> None:
    """One step from mid towards natural, or the end of the ladder. What a person typed rests where it is."""
    if order.rests:
        return
    if order.steps >= desk.ladder.max_steps or order.limit >= order.worst:
        request_cancel(desk, order, "not filled at the end of its price ladder")
        return
    quote = structure_quote(order.structure, desk.part_quotes(order.structure), order.purpose)
    if quote is None:
        # A ladder without quotes ends as well: an order that nobody can price must not be in the way for ever.
        desk.unpriced[order.order_id] = desk.unpriced.get(order.order_id, 0) + 1
        if order.steps + desk.unpriced[order.order_id] >= desk.ladder.max_steps:
            request_cancel(desk, order, "there is no quote to price it by")
        return
    limit = next_limit(order.limit, quote, order.worst, order.structure)
    if limit is not None:
        request_limit(desk, order, limit, order.steps + 1)
