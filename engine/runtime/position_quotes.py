"""What a person is told before a closing or a roll: its prices now, and every check that would refuse it."""

from engine.core.errors import DenialCode
from engine.core.money import Money
from engine.domain.denial import Denial
from engine.domain.order import OrderPurpose
from engine.domain.package import price_step, structure_quote
from engine.domain.position import Position
from engine.domain.position_sheet import ClosingPart, ClosingQuote, RollQuote
from engine.domain.structure import Leg, Structure
from engine.risk.gate import run_gate
from engine.runtime.closings import Closing, closable, roll_candidate, traded, why_not_closed
from engine.runtime.desk import Desk
from engine.runtime.handlers_trade import nobodys
from engine.runtime.openings import Ticket, facts_of


def closing_quote(desk: Desk, position: Position, quantity: int) -> ClosingQuote:
    """What closing units of a position would cost now; it is refused as `ClosePosition` would refuse it."""
    if position.module_id not in desk.book.modules:
        return ClosingQuote(quantity, (), None, None, nobodys(position))
    if not 1 <= quantity <= position.quantity:
        denial = Denial(DenialCode.ORDER_STATE, quantity, position.quantity, "contracts")
        return ClosingQuote(quantity, (), None, None, (denial,))
    orders = [traded(each) for each in closable(desk, position, quantity, "")]
    if not orders:
        why = "nobody bids for any of it; it is left to expire"
        return ClosingQuote(quantity, (), None, None, (Denial(DenialCode.DATA_BAD, facts={"why": why}),))
    parts = tuple(_part(desk, each) for each in orders)
    sums = (_sum(parts, [part.mid for part in parts]), _sum(parts, [part.natural for part in parts]))
    return ClosingQuote(quantity, parts, *sums, why_not_closed(desk, position, orders[0]))


def _part(desk: Desk, closing: Closing) -> ClosingPart:
    structure = closing.structure
    quote = structure_quote(structure, desk.part_quotes(structure), OrderPurpose.CLOSE)
    mid, natural = (None, None) if quote is None else (quote.mid, quote.natural)
    return ClosingPart(structure, closing.quantity, mid, natural, price_step(structure, natural or 0))


def _sum(parts: tuple[ClosingPart, ...], prices: list[Money | None]) -> Money | None:
    total = 0
    for part, price in zip(parts, prices, strict=True):
        if price is None:
            return None
        total += price * part.structure.multiplier * part.quantity
    return total


def roll_quote(desk: Desk, position: Position, closes: tuple[Leg, ...], opens: tuple[Leg, ...]) -> RollQuote:
    """What a roll would bring now; it is refused as `RollPosition` would refuse it."""
    if position.module_id not in desk.book.modules:
        return RollQuote(opens, position.quantity, None, None, None, None, None, nobodys(position))
    made = roll_candidate(desk, position, closes, opens, None, "")
    if isinstance(made, tuple):
        return RollQuote(opens, position.quantity, None, None, None, None, None, made)
    structure, units = made.structure, made.quantity
    quote = structure_quote(structure, desk.part_quotes(structure), OrderPurpose.ROLL)
    denials = run_gate(facts_of(desk, made, Ticket(OrderPurpose.ROLL, position.position_id, "user")))
    at_mid, at_worst = (_whole(structure, price, units) for price in (made.net_price, made.worst_price))
    natural = None if quote is None else quote.natural
    return RollQuote(opens, units, made.net_price, natural, made.worst_price, at_mid, at_worst, denials)


def _whole(structure: Structure, price: Money, units: int) -> Money:
    return price * structure.multiplier * units
