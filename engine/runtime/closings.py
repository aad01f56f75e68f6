"""Closings: of a position, of some of its units, of what of it can be traded; and rolls, side by side."""

from dataclasses import dataclass, replace

from engine.core.calendar import session_at
from engine.core.errors import DenialCode, Fact
from engine.core.money import CENT, Money
from engine.domain import events as ev
from engine.domain.candidate import Candidate
from engine.domain.denial import Denial
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import closing_limits, price_step, structure_quote, to_tick, worst_limit, worth_bounds
from engine.domain.position import Position
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.domain.structure_shapes import netted
from engine.risk.closing_plan import closing_parts
from engine.runtime import netting
from engine.runtime.desk import Desk, Unwinding
from engine.runtime.openings import Ticket, ticket_candidate, try_open
from engine.runtime.orders import send

Denials = tuple[Denial, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """What to close of a position: `structure` leaves out what cannot be traded; `limit` None walks the ladder.

    `is_planned` closings are part of a confirmed plan, and go on while everything else is stopped.
    """

    structure: Structure
    quantity: int
    why: str
    who: str = ""
    limit: Money | None = None
    is_planned: bool = False


def close_position(desk: Desk, position: Position, why: str) -> bool:
    """Order the close of a whole position from mid towards natural. False when it cannot be priced now."""
    parts = closable(desk, position, position.quantity, why)
    return bool(parts) and not close_all(desk, position, parts)


def close_all(desk: Desk, position: Position, parts: tuple[Closing, ...]) -> Denials:
    """Order the first part of a whole position as `closable` lists them; what is left follows when it is done."""
    first = traded(parts[0])
    is_more = len(parts) > 1 or netting.room(desk, first.structure, -1, first.quantity) < first.quantity
    denials = close(desk, position, parts[0])
    if is_more and not denials:
        desk.unwinding[position.position_id] = Unwinding(
            position.structure, position.quantity, parts[0].why, parts[0].who
        )
    return denials


def closable(desk: Desk, position: Position, quantity: int, why: str, who: str = "") -> tuple[Closing, ...]:
    """What closes units of a position, in order; long legs without a bid are left out.

    Options go as one package; with shares, short options before them and long ones after, so that nothing is left
    without a cover that it had.
    """
    legs = position.structure.legs
    quotes = {leg.contract: quote for leg, quote in zip(legs, desk.quotes_of(legs), strict=True) if quote is not None}
    return tuple(Closing(part, quantity, why, who) for part in closing_parts(position.structure, quotes))


def continue_unwinding(desk: Desk) -> None:
    """Order the next part of every position whose part under way is done; say so where it was not filled."""
    for position_id, going in list(desk.unwinding.items()):
        position = desk.book.positions.get(position_id)
        if position is not None and any(order.position_id == position_id for order in desk.book.orders.values()):
            continue
        del desk.unwinding[position_id]
        if position is None:
            continue
        parts = closable(desk, position, position.quantity, going.why, going.who)
        is_as_before = (position.structure, position.quantity) == (going.structure, going.quantity)
        if is_as_before or not parts or close_all(desk, position, parts):
            what = f"{position.structure.words} x {position.quantity}"
            desk.alert(position.module_id, f"only a part was closed; {what} is still open", is_urgent=True)


def close(desk: Desk, position: Position, closing: Closing) -> Denials:
    """Order a closing. Only a stop, a closed market and order sanity may refuse one, never a budget or a pause.

    Without a limit it is of so many units as one order may trade; whoever wants more orders the rest after it.
    """
    whole = traded(closing)
    denials = why_not_closed(desk, position, whole)
    if denials:
        return denials
    units = netting.room(desk, whole.structure, -1, whole.quantity)
    order = closing_order(desk, position, replace(whole, quantity=units))
    if not isinstance(order, Order):
        return order
    if order.is_netted or order.quantity < whole.quantity:
        _tell_netted(desk, position, order, whole.quantity)
    desk.record(ev.OrderIntended(order))
    desk.after_commit(lambda: send(desk, order.order_id))
    return ()


def _tell_netted(desk: Desk, position: Position, order: Order, whole: int) -> None:
    held_by = netting.others(desk, position, order.structure)
    names = f"{' and '.join(held_by) or 'what was ignored'} {'hold' if len(held_by) > 1 else 'holds'} the other side"
    what = f"{order.structure.words} of {position.position_id}"
    if order.quantity < whole:
        words = f"{order.quantity} of {whole} x {what} are closed first: {names}, and the account has only the sum"
    else:
        words = f"{order.quantity} x {what} are closed against the account's sum: {names}"
    netting.tell(desk, position, words)


def closing_order(desk: Desk, position: Position, closing: Closing) -> Order | Denials:
    """The order that a closing, as `traded`, becomes now, or why it cannot be ordered."""
    denials = why_not_closed(desk, position, closing)
    if denials:
        return denials
    structure = closing.structure
    quote = structure_quote(structure, desk.part_quotes(structure), OrderPurpose.CLOSE)
    least = worth_bounds(structure)[0] if structure.legs else None
    if closing.limit is not None and least is not None and closing.limit > -least:
        why = "it can never cost more than that to be rid of it"
        facts: dict[str, Fact] = {"position": position.position_id, "why": why}
        return (Denial(DenialCode.TICK, closing.limit, -least, "usd", facts),)
    if closing.limit is not None:
        limits = (closing.limit, closing.limit)
    else:
        found = None if quote is None else closing_limits(structure, quote, desk.ladder)
        if found is None:
            return (
                Denial(DenialCode.DATA_BAD, facts={"position": position.position_id, "why": "no price to close at"}),
            )
        limits = found
    return Order(
        order_id=desk.book.next_order_id,
        module_id=position.module_id,
        position_id=position.position_id,
        purpose=OrderPurpose.CLOSE,
        structure=structure,
        quantity=closing.quantity,
        limit=limits[0],
        worst=limits[1],
        hold=0,
        created_at=desk.now,
        why=closing.why,
        who=closing.who,
        is_netted=netting.opens_at_the_broker(desk, structure, -1),
    )


def traded(closing: Closing) -> Closing:
    """A closing as it is sent: shares are traded one by one, not by units of a position."""
    if closing.structure.legs:
        return closing
    shares = closing.structure.shares
    one = shares_of(closing.structure.symbol, is_long=shares > 0)
    return replace(closing, structure=one, quantity=closing.quantity * abs(shares))


def why_not_closed(desk: Desk, position: Position, closing: Closing) -> Denials:
    """What refuses a closing, as `traded`, whatever its price."""
    about: dict[str, Fact] = {"position": position.position_id}
    if desk.halted:
        return (Denial(DenialCode.STORAGE, facts={**about, "why": desk.halted}),)
    if desk.latch.is_set and not closing.is_planned:
        return (Denial(DenialCode.STOPPED, facts={**about, "why": desk.book.stop_why}),)
    if session_at(desk.now) is None:
        return (Denial(DenialCode.MARKET_CLOSED, facts=about),)
    tick = CENT if closing.limit is None else price_step(closing.structure, closing.limit)
    if closing.limit is not None and closing.limit % tick:
        return (Denial(DenialCode.TICK, closing.limit, tick, "usd", about),)
    return _too_much(desk, position, closing, about) or _of_two_sides(desk, position, closing, about)


def _too_much(desk: Desk, position: Position, closing: Closing, about: dict[str, Fact]) -> Denials:
    """A denial when the position holds less than would be closed, what works on it already counted."""
    going = [order for order in desk.book.orders.values() if order.position_id == position.position_id]
    if any(order.adds_risk for order in going):
        # What it opens may count on what would be closed: the opening has to be cancelled, or done, first.
        return (Denial(DenialCode.ORDER_STATE, facts={**about, "why": "an order that adds to it is working"}),)
    for contract, ratio in [*((leg.contract, leg.ratio) for leg in closing.structure.legs), *_share_part(closing)]:
        working = sum(
            _ratio_of(order, contract) * order.remaining for order in going if order.purpose is OrderPurpose.CLOSE
        )
        wanted, there = ratio * closing.quantity + working, position.held(contract)
        if wanted * there <= 0 or abs(wanted) > abs(there) or closing.quantity < 1:
            why = "it holds less than that, or closing orders work on it already"
            return (Denial(DenialCode.ORDER_STATE, wanted, there, "contracts", {**about, "why": why}),)
    return ()


def _of_two_sides(desk: Desk, position: Position, closing: Closing, about: dict[str, Fact]) -> Denials:
    """A denial when nothing of it, or at a person's limit not all of it, can leave as one order."""
    units = netting.room(desk, closing.structure, -1, closing.quantity)
    if units == closing.quantity or (units and closing.limit is None):
        return ()
    held_by = ", ".join(netting.others(desk, position, closing.structure))
    why = f"{held_by or 'what was ignored'} holds the other side, and one order may not both close and open:"
    unit = "contracts" if closing.structure.legs else ""
    return (Denial(DenialCode.ORDER_STATE, closing.quantity, units, unit, {**about, "why": why}),)


def _share_part(closing: Closing) -> list[tuple[None, int]]:
    return [(None, closing.structure.shares)] if closing.structure.shares else []


def _ratio_of(order: Order, contract: object) -> int:
    if contract is None:
        return order.structure.shares
    return sum(leg.ratio for leg in order.structure.legs if leg.contract == contract)


def _has_bid(desk: Desk, leg: Leg) -> bool:
    quote = desk.market.quote(leg.contract)
    return quote is None or quote.bid is None or quote.bid > 0


def close_suggested(desk: Desk, candidate: Candidate, who: str = "") -> Denials:
    """End a position because a module suggests it: its own, or another's that it watches over."""
    parts, denials = suggested_parts(desk, candidate, who)
    if denials:
        return denials
    return close_all(desk, desk.book.positions[candidate.position_id], parts)


def suggested_parts(desk: Desk, candidate: Candidate, who: str = "") -> tuple[tuple[Closing, ...], Denials]:
    """What a suggested closing would order, part after part, or why it cannot now."""
    position = desk.book.positions.get(candidate.position_id)
    about: dict[str, Fact] = {"position": candidate.position_id, "module": candidate.module_id}
    if position is None or position.module_id not in desk.book.modules:
        return (), (Denial(DenialCode.UNKNOWN_POSITION, facts=about),)
    if not desk.is_active(candidate.module_id):
        return (), (Denial(DenialCode.MODULE_STATUS, facts=about),)
    why = "; ".join(candidate.reasons)
    parts = closable(desk, position, position.quantity, why, who or candidate.module_id)
    if not parts:
        return (), (Denial(DenialCode.DATA_BAD, facts={**about, "why": "nobody bids for any of it"}),)
    return parts, ()


# --- rolls -----------------------------------------------------------------------------------------------------------
def roll(
    desk: Desk, position: Position, closes: tuple[Leg, ...], opens: tuple[Leg, ...], limit: Money | None,
    who: str, why: str,
) -> Denials:  # fmt: skip
    """Exchange legs of a whole position as one package of at most four; the gate looks at what comes of it."""
    made = roll_candidate(desk, position, closes, opens, limit, why)
    if not isinstance(made, Candidate):
        return made
    return try_open(desk, made, Ticket(OrderPurpose.ROLL, position.position_id, who))


def roll_candidate(
    desk: Desk, position: Position, closes: tuple[Leg, ...], opens: tuple[Leg, ...], limit: Money | None, why: str
) -> Candidate | Denials:
    """A roll in the form of a module's candidate, or why there can be none."""
    legs = netted([*(Leg(leg.contract, -leg.ratio) for leg in closes), *opens])
    about: dict[str, Fact] = {"position": position.position_id}
    units = position.quantity
    for leg in closes:
        if leg.ratio * position.held(leg.contract) <= 0 or abs(leg.ratio * units) > abs(position.held(leg.contract)):
            return (Denial(DenialCode.ORDER_STATE, facts={**about, "why": f"{leg.contract.occ} is not held"}),)
    if not closes or not opens or not legs:
        return (Denial(DenialCode.STRUCTURE, facts={**about, "why": "a roll closes and opens something"}),)
    if any(order.position_id == position.position_id for order in desk.book.orders.values()):
        return (Denial(DenialCode.ORDER_STATE, facts={**about, "why": "an order works on it"}),)
    structure = Structure(StructureKind.CUSTOM, _in_order(legs))
    quote = structure_quote(structure, desk.part_quotes(structure), OrderPurpose.ROLL)
    if quote is None:
        return (Denial(DenialCode.DATA_BAD, facts={**about, "why": "no price to roll at"}),)
    first = to_tick(quote.mid, structure) if limit is None else limit
    worst = worst_limit(quote, OrderPurpose.ROLL, desk.ladder, structure) if limit is None else limit
    return ticket_candidate(desk, position.module_id, structure, units, first, worst, why)


def _in_order(legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
    return tuple(sorted(legs, key=lambda leg: (leg.contract.strike, leg.contract.right.value == "C", leg.contract)))
