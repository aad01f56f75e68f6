"""From a candidate to a position and back: gate, intent, send, reprice, fill, close."""

import datetime as dt
import logging
from dataclasses import replace

from engine.analytics.max_risk import max_risk
from engine.core.calendar import session_at
from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import UNIT, Money
from engine.domain import events as ev
from engine.domain.candidate import Candidate
from engine.domain.denial import Denial
from engine.domain.instrument import MULTIPLIER
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.package import PackageQuote, closing_limits, next_limit, package_quote, to_tick
from engine.domain.ports import BrokerAccepted, BrokerEnded, BrokerFilled, BrokerReport
from engine.domain.position import Position
from engine.domain.structure import Leg, StructureKind, condor_buying_power
from engine.domain.structure_shapes import recognise
from engine.risk.facts import TradeFacts
from engine.risk.gate import run_gate
from engine.risk.kernel_health import LegPrice, leg_prices
from engine.runtime.desk import RISK_FREE_RATE, Desk, assert_within_budget

_log = logging.getLogger(__name__)


def try_open(desk: Desk, candidate: Candidate, *, approval_id: str | None = None) -> tuple[Denial, ...]:
    """Run every check on a candidate; with none failing, record the intent and its hold, and send after the commit.

    `approval_id` names the waiting approval that this opening answers, so that it does not count as its own
    duplicate.
    """
    denials = gate(desk, candidate, approval_id=approval_id)
    if denials:
        return denials
    number = desk.book.orders_made + 1
    order = Order(
        order_id=f"O{number:06d}",
        module_id=candidate.module_id,
        position_id=f"P{desk.book.positions_made + 1:06d}",
        purpose=OrderPurpose.OPEN,
        structure=candidate.structure,
        quantity=candidate.quantity,
        limit=candidate.net_price,
        worst=worst_of(candidate),
        hold=_hold_per_unit(desk, candidate),
        created_at=desk.now,
        why="; ".join(candidate.reasons),
    )
    desk.record(ev.OrderIntended(order))
    assert_within_budget(desk, candidate.module_id)
    desk.after_commit(lambda: send(desk, order.order_id))
    return ()


def gate(desk: Desk, candidate: Candidate, *, approval_id: str | None = None) -> tuple[Denial, ...]:
    """Run every check on a candidate as things are now. A pricing kernel that fails is told to the user, once a leg."""
    denials = run_gate(facts_of(desk, candidate, approval_id=approval_id))
    failed = [denial for denial in denials if denial.code is DenialCode.KERNEL_HEALTH]
    if not failed:
        for leg in candidate.structure.legs:
            desk.kernel_faults_told -= {leg.contract.occ, leg.contract.underlying}
    for denial in failed:
        what = str(denial.facts.get("leg") or candidate.structure.symbol)
        if what not in desk.kernel_faults_told:
            desk.kernel_faults_told.add(what)
            why = denial.facts.get("why") or "the check failed"
            desk.alert("", f"Pricing check of {what}: {why}; no order opens until it passes again", is_urgent=True)
    return denials


def facts_of(desk: Desk, candidate: Candidate, *, approval_id: str | None = None) -> TradeFacts:
    """Everything the gate wants to know, from the book, the market and the broker as they are now."""
    book = desk.book
    structure, module_id = candidate.structure, candidate.module_id
    module = book.modules[module_id]
    return TradeFacts(
        now=desk.now,
        candidate=candidate,
        quotes=desk.quotes_of(structure.legs),
        price=candidate.net_price,
        is_latched=desk.latch.is_set or bool(desk.halted),
        mindfolio_status=book.status,
        module=module.spec,
        module_status=module.status,
        gate=book.limits,
        waivers=book.waivers,
        market_open=session_at(desk.now) is not None,
        buying_power=buying_power(desk, candidate),
        max_risk=_max_risk(candidate),
        costs=commission(desk, structure.legs, candidate.quantity),
        available=book.available(module_id),
        account_available=desk.account_available(),
        broker_available=desk.broker.available(desk.account_available()),
        day_pnl=book.day_pnl(module_id),
        duplicate_of=_duplicate_of(desk, candidate, approval_id),
        evidence=desk.backtester.evidence(candidate, desk.now),
        kernel=_second_opinion(desk, structure.legs),
    )


def _second_opinion(desk: Desk, legs: tuple[Leg, ...]) -> tuple[LegPrice, ...] | None:
    """Every leg by both pricing kernels, None when that could not be done."""
    try:
        chain = desk.market.chain(legs[0].contract.underlying)
        spot = None if chain is None else chain.spot
        return leg_prices(legs, desk.quotes_of(legs), spot, desk.now, RISK_FREE_RATE)
    except Exception:  # noqa: BLE001 - whatever fails in either program, there is no second opinion then
        _log.exception("the pricing kernels could not be compared")
        return None


def worst_of(candidate: Candidate) -> Money:
    """The worst price that can be traded at: a module may name a worst one that is better than where it starts."""
    return max(candidate.net_price, candidate.worst_price)


def _max_risk(candidate: Candidate) -> Money | None:
    """The product's figure at the worst price, computed again from the legs; None when it has no bound."""
    quantity = candidate.quantity
    legs = [Leg(leg.contract, leg.ratio * quantity) for leg in candidate.structure.legs]
    return max_risk(legs, -worst_of(candidate) * MULTIPLIER * quantity)


def buying_power(desk: Desk, candidate: Candidate) -> Money | None:
    """The larger of our rule and the broker's preview, at the worst price; None for a shape that we do not know.

    A multiple of the quantity, so that what the gate allows is what the units of the order hold.
    """
    structure, quantity = candidate.structure, candidate.quantity
    if recognise(structure.legs) is not StructureKind.IRON_CONDOR or quantity < 1:
        return None
    worst = worst_of(candidate)
    ours = condor_buying_power(structure, worst, quantity)
    needed = max(ours, desk.broker.buying_power(structure, worst, quantity))
    return -(-needed // quantity) * quantity


def commission(desk: Desk, legs: tuple[Leg, ...], quantity: int) -> Money:
    """Commission of trading the package once."""
    return desk.book.costs.commission_per_contract * sum(abs(leg.ratio) for leg in legs) * quantity


def send(desk: Desk, order_id: str) -> None:
    """Hand a durable intent to the broker. The latch is read last: after it is set, no opening begins to leave."""
    order = desk.book.orders.get(order_id)
    if order is None or order.status is not OrderStatus.INTENT:
        return
    if desk.latch.is_set and order.purpose is OrderPurpose.OPEN:
        desk.record(ev.OrderEnded(order_id, OrderStatus.CANCELLED, "emergency stop before sending"))
        return
    desk.broker.submit(order, desk.now)
    desk.record(ev.OrderSubmitted(order_id))
    desk.reprice_at[order_id] = desk.now + desk.ladder.interval


def resume_order(desk: Desk, order: Order) -> None:
    """After a restart: end an order that the broker never saw, and take up one that still lives there."""
    if not desk.broker.knows(order.order_id):
        why = "not known to the broker after a restart"
        desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, why))
        return
    if order.status is OrderStatus.INTENT:
        # It was sent, and the process ended before it could write that down.
        desk.record(ev.OrderSubmitted(order.order_id))
    elif order.status is OrderStatus.CANCEL_PENDING:
        # Whether the request left is not known; asking twice does no harm.
        desk.after_commit(lambda: desk.broker.cancel(order.order_id, desk.now))
    desk.reprice_at[order.order_id] = desk.now + desk.ladder.interval


def request_cancel(desk: Desk, order: Order, why: str) -> None:
    """Ask the broker to cancel a live order; the hold stays until its final word. An unsent intent ends at once."""
    if order.status is OrderStatus.INTENT:
        desk.record(ev.OrderEnded(order.order_id, OrderStatus.CANCELLED, why))
    elif order.status is not OrderStatus.CANCEL_PENDING:
        desk.record(ev.OrderCancelRequested(order.order_id, why))
        desk.after_commit(lambda: desk.broker.cancel(order.order_id, desk.now))


def close_position(desk: Desk, position: Position, why: str) -> bool:
    """Order the close of a whole position from mid towards natural. False when it cannot be priced now."""
    legs = position.structure.legs
    quote = package_quote(legs, desk.fresh_quotes_of(legs), OrderPurpose.CLOSE)
    if quote is None or session_at(desk.now) is None or desk.latch.is_set or desk.halted:
        return False
    limits = closing_limits(position.structure, quote, desk.ladder)
    if limits is None:
        return False
    order = Order(
        order_id=f"O{desk.book.orders_made + 1:06d}",
        module_id=position.module_id,
        position_id=position.position_id,
        purpose=OrderPurpose.CLOSE,
        structure=position.structure,
        quantity=position.quantity,
        limit=limits[0],
        worst=limits[1],
        hold=0,
        created_at=desk.now,
        why=why,
    )
    desk.record(ev.OrderIntended(order))
    desk.after_commit(lambda: send(desk, order.order_id))
    return True


def reprice_due(desk: Desk) -> None:
    """Move every order whose time has come one step towards natural, or cancel it at the end of its ladder."""
    for order_id in [key for key, due in desk.reprice_at.items() if due <= desk.now]:
        order = desk.book.orders.get(order_id)
        if order is None:
            del desk.reprice_at[order_id]
            continue
        desk.reprice_at[order_id] = desk.now + desk.ladder.interval
        if order.status is OrderStatus.WORKING:
            _step(desk, order)


def on_report(desk: Desk, report: BrokerReport) -> None:
    """Book what the broker says. Booking is never stopped, only sending."""
    order = desk.book.orders.get(report.order_id)
    if order is None:
        return  # a repeated frame about an order that already has its final word
    match report:
        case BrokerAccepted():
            # A repeated acknowledgement, or one that comes after a cancel was asked for, says nothing new.
            if order.status is OrderStatus.SENT:
                desk.record(ev.OrderAccepted(order.order_id))
        case BrokerFilled():
            _book_fill(desk, order, report)
        case BrokerEnded():
            if report.cumulative != order.filled:
                raise LedgerFault(
                    f"the broker ended {order.order_id} at {report.cumulative} filled, the ledger knows {order.filled}"
                )
            desk.record(ev.OrderEnded(order.order_id, report.status, report.why))
    if order.order_id not in desk.book.orders:
        desk.reprice_at.pop(order.order_id, None)


def next_reprice(desk: Desk) -> dt.datetime | None:
    """When the next order is due for a step."""
    return min(desk.reprice_at.values(), default=None)


def repriced(candidate: Candidate, quote: PackageQuote) -> Candidate:
    """The candidate at a fresh mid; never beyond the worst price that was agreed to."""
    return replace(candidate, net_price=to_tick(quote.mid))


def _step(desk: Desk, order: Order) -> None:
    quotes = desk.fresh_quotes_of(order.structure.legs)
    quote = package_quote(order.structure.legs, quotes, order.purpose)
    if order.steps >= desk.ladder.max_steps or order.limit >= order.worst:
        request_cancel(desk, order, "not filled at the end of its price ladder")
        return
    if quote is None:
        return
    limit = next_limit(order.limit, quote, order.worst)
    if limit is not None:
        desk.record(ev.OrderRepriced(order.order_id, limit, order.steps + 1))
        desk.after_commit(lambda: _replace(desk, order, limit))


def _replace(desk: Desk, order: Order, limit: Money) -> None:
    """Move the limit at the broker; after a stop an opening is not made more eager, it is about to be cancelled."""
    if not (desk.latch.is_set and order.purpose is OrderPurpose.OPEN):
        desk.broker.replace(order.order_id, limit, desk.now)


def _book_fill(desk: Desk, order: Order, report: BrokerFilled) -> None:
    quantity = report.cumulative - order.filled
    if quantity <= 0:
        return  # a repeated frame: the cumulative quantity is booked already
    desk.record(
        ev.OrderFilled(
            order.order_id,
            quantity,
            report.cumulative,
            report.net_price,
            report.leg_prices,
            commission(desk, order.structure.legs, quantity),
        )
    )
    side = "credit" if report.net_price < 0 else "debit"
    trade = f"{quantity} x {order.structure.symbol} {order.structure.kind.value.lower()}"
    price = f"{abs(report.net_price) / UNIT:.2f} {side}"
    if order.purpose is OrderPurpose.OPEN:
        desk.alert(order.module_id, f"{trade} opened at {price}")
    else:
        desk.alert(order.module_id, f"{trade} closed at {price}: {order.why}")


def _hold_per_unit(desk: Desk, candidate: Candidate) -> Money:
    needed = buying_power(desk, candidate)
    if needed is None:
        raise LedgerFault("an order without a known buying power passed the gate")
    return needed // candidate.quantity + commission(desk, candidate.structure.legs, 1)


def _duplicate_of(desk: Desk, candidate: Candidate, approval_id: str | None) -> str | None:
    legs, module_id, book = candidate.structure.legs, candidate.module_id, desk.book
    for position in book.positions_of(module_id):
        if position.structure.legs == legs:
            return f"position {position.position_id}"
    for order in book.orders_of(module_id):
        if order.structure.legs == legs:
            return f"order {order.order_id}"
    for approval in book.approvals.values():
        waits = approval.candidate
        if approval.approval_id != approval_id and waits.module_id == module_id and waits.structure.legs == legs:
            return f"approval {approval.approval_id}"
    return None
