"""Commands about trades: a person's tickets, closes, rolls, cancels and new limits, through the same checks."""

from dataclasses import replace

from engine.core.errors import DenialCode, Fact
from engine.core.money import Money
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Candidate
from engine.domain.denial import Denial
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.package import price_step, structure_quote
from engine.domain.position import Position
from engine.domain.questions import CheckTrade
from engine.runtime.closings import closable, close, close_all, roll
from engine.runtime.desk import Desk
from engine.runtime.handlers_account import unknown_module
from engine.runtime.openings import MOST_MONEY, Ticket, is_tradable, rehearse, ticket_candidate, try_open
from engine.runtime.orders import request_cancel, request_limit

Denials = tuple[Denial, ...]

_ALL_PCT, _MOST_PCT = 100, 1000
"""Of what a position cost or brought: all of it, and the most that a target or a stop may be."""

_REPLACEABLE = frozenset({OrderStatus.WORKING, OrderStatus.PARTLY_FILLED})


def enter(desk: Desk, command: cmd.EnterTrade) -> Denials:
    """A person's own ticket inside a module; one that adds to a position is looked at together with it."""
    candidate = _entered(desk, command)
    return try_open(desk, candidate, _ticket(command)) if isinstance(candidate, Candidate) else candidate


def check(desk: Desk, question: CheckTrade) -> Denials:
    """What a ticket would be refused with if it were entered now; nothing comes of it and nobody is told."""
    candidate = _entered(desk, question.trade)
    return rehearse(desk, candidate, _ticket(question.trade))[1] if isinstance(candidate, Candidate) else candidate


def _ticket(command: cmd.EnterTrade) -> Ticket:
    return Ticket(OrderPurpose.OPEN, command.position_id, command.who)


def _entered(desk: Desk, command: cmd.EnterTrade) -> Candidate | Denials:
    """The trade that the gate looks at, or why it does not even come so far."""
    denials = unknown_module(desk, command.module_id)
    if denials:
        return denials
    position = desk.book.positions.get(command.position_id)
    if command.position_id and (position is None or position.module_id != command.module_id):
        return _no_position(command.position_id)
    if position is not None and position.symbol != command.structure.symbol:
        return (Denial(DenialCode.STRUCTURE, command.structure.symbol, position.symbol),)
    structure = command.structure
    if not (is_tradable(structure, command.quantity) and _is_price(command.limit) and _is_price(command.worst)):
        return _no_price({"module": command.module_id})
    return ticket_candidate(
        desk, command.module_id, structure, command.quantity, command.limit, command.worst, command.why
    )


def close_position(desk: Desk, command: cmd.ClosePosition) -> Denials:
    """Close a position or some of its units; a resting target is a limit of the person's own."""
    position = desk.book.positions.get(command.position_id)
    if position is None:
        return _no_position(command.position_id)
    if position.module_id not in desk.book.modules:
        return nobodys(position)
    if not _is_price(command.limit):
        return _no_price({"position": position.position_id})
    quantity = position.quantity if command.quantity is None else command.quantity
    if not 1 <= quantity <= position.quantity:
        about = {"position": position.position_id}
        return (Denial(DenialCode.ORDER_STATE, quantity, position.quantity, "contracts", {**about}),)
    parts = closable(desk, position, quantity, command.why, command.who)
    if not parts:
        about = {"position": position.position_id, "why": "nobody bids for any of it; it is left to expire"}
        return (Denial(DenialCode.DATA_BAD, facts={**about}),)
    is_all = command.limit is None and quantity == position.quantity
    return close_all(desk, position, parts) if is_all else close(desk, position, replace(parts[0], limit=command.limit))


def roll_position(desk: Desk, command: cmd.RollPosition) -> Denials:
    """Exchange legs of a whole position, side by side."""
    position = desk.book.positions.get(command.position_id)
    if position is None:
        return _no_position(command.position_id)
    if position.module_id not in desk.book.modules:
        return nobodys(position)
    if not _is_price(command.limit):
        return _no_price({"position": position.position_id})
    return roll(desk, position, command.close, command.open, command.limit, command.who, command.why)


def set_target(desk: Desk, command: cmd.SetTarget) -> Denials:
    """A target and a stop of a person's own; no order comes of it before one is reached."""
    position = desk.book.positions.get(command.position_id)
    if position is None:
        return _no_position(command.position_id)
    if position.module_id not in desk.book.modules:
        return nobodys(position)
    about: dict[str, Fact] = {"position": position.position_id}
    if position.cost == 0:
        return (Denial(DenialCode.STRUCTURE, "it cost nothing that a share could be measured of", facts=about),)
    # A credit is the most that can be won with it, a debit the most that can be lost.
    most = (_ALL_PCT, _MOST_PCT) if position.cost < 0 else (_MOST_PCT, _ALL_PCT)
    denials = []
    for share, bound in zip((command.profit_pct, command.stop_pct), most, strict=True):
        if share is not None and not 1 <= share <= bound:
            denials.append(Denial(DenialCode.ORDER_STATE, share, 1 if share < 1 else bound, "pct", about))
    if not denials:
        desk.record(
            ev.OwnExitsSet(position.position_id, command.profit_pct, command.stop_pct, command.who, command.why)
        )
    return tuple(denials)


def cancel_order(desk: Desk, command: cmd.CancelOrder) -> Denials:
    """Cancel a live order; one whose cancel is under way is not asked for again."""
    order = desk.book.orders.get(command.order_id)
    if order is None:
        return (Denial(DenialCode.UNKNOWN_ORDER, facts={"order": command.order_id}),)
    if order.status is OrderStatus.CANCEL_PENDING:
        about = {"order": order.order_id, "why": "its cancel is under way"}
        return (Denial(DenialCode.ORDER_STATE, order.status.value, facts={**about}),)
    request_cancel(desk, order, command.why or f"cancelled by {command.who}")
    return ()


def replace_order(desk: Desk, command: cmd.ReplaceOrder) -> Denials:
    """Another limit, on the grid and not beyond the worst price that was checked."""
    order = desk.book.orders.get(command.order_id)
    if order is None:
        return (Denial(DenialCode.UNKNOWN_ORDER, facts={"order": command.order_id}),)
    about = {"order": order.order_id}
    if not _is_price(command.limit):
        return _no_price({**about})
    denials: list[Denial] = []
    if order.status not in _REPLACEABLE:
        denials.append(Denial(DenialCode.ORDER_STATE, order.status.value, "WORKING", facts={**about}))
    if order.adds_risk and not desk.may_open:
        denials.append(Denial(DenialCode.STOPPED, desk.book.status.value, facts={**about}))
    tick = price_step(order.structure, command.limit)
    if command.limit % tick:
        denials.append(Denial(DenialCode.TICK, command.limit, tick, "usd", {**about}))
    worst = _worst(desk, order)
    if command.limit > worst:
        why = "beyond the worst price that was checked: cancel it and enter a new one"
        denials.append(Denial(DenialCode.MAX_RISK, command.limit, worst, "usd", {**about, "why": why}))
    if not denials:
        request_limit(desk, order, command.limit, order.steps)
    return tuple(denials)


def _worst(desk: Desk, order: Order) -> Money:
    """What was checked; a closing may also follow the market to its natural price."""
    quote = structure_quote(order.structure, desk.part_quotes(order.structure), order.purpose)
    return order.worst if order.adds_risk or quote is None else max(order.worst, quote.natural)


def _is_price(limit: Money | None) -> bool:
    return limit is None or abs(limit) <= MOST_MONEY


def _no_price(about: dict[str, Fact]) -> Denials:
    return (Denial(DenialCode.STRUCTURE, "figures that no order can have", facts=about),)


def nobodys(position: Position) -> Denials:
    """The refusal of a trade in what is EXTERNAL."""
    about = {"position": position.position_id, "why": "it belongs to no module here: trade it where it was opened"}
    return (Denial(DenialCode.UNKNOWN_MODULE, position.module_id, facts={**about}),)


def _no_position(position_id: str) -> Denials:
    return (Denial(DenialCode.UNKNOWN_POSITION, facts={"position": position_id}),)
