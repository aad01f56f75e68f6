"""What the account nets to. One position may hold an instrument long and another short; the broker sees their sum.

By that sum an order closes or opens there, whatever it does to its position, and no order does both. So a position
can be closed whatever the others hold: what goes beyond the sum leaves as an opening, after what closes.
"""

from engine.domain.instrument import OptionContract
from engine.domain.position import Position
from engine.domain.structure import Structure
from engine.execution.reconcile import symbol_of
from engine.runtime.desk import Desk


def room(desk: Desk, structure: Structure, side: int, quantity: int) -> int:
    """How many units can trade (`side` -1: in reverse) as one order: none of their parts closes and opens."""
    left = _left(desk, structure.symbol)
    for name, count in structure.moves(side).items():
        if left.get(name, 0) * count < 0:
            quantity = min(quantity, abs(left[name]) // abs(count))
    return quantity


def opens_at_the_broker(desk: Desk, structure: Structure, side: int) -> bool:
    """Whether some part of a package finds nothing in the account that it closes.

    False as long as books and broker are not known to agree in it: then the broker's own word decides, so that what
    somebody else has sold is not sold once more.
    """
    left = _left(desk, structure.symbol)
    names = [name for name, count in structure.moves(side).items() if left.get(name, 0) * count >= 0]
    is_sure = desk.is_reconciled and not any(name in desk.suspects or name in desk.book.differences for name in names)
    return bool(names) and is_sure


def others(desk: Desk, position: Position, structure: Structure) -> tuple[str, ...]:
    """Positions that hold the other side of some part of a package that this one holds."""
    parts: list[OptionContract | None] = [leg.contract for leg in structure.legs]
    held = {contract: position.held(contract) for contract in parts or [None]}
    return tuple(
        each.position_id
        for each in desk.book.positions.values()
        if each.symbol == position.symbol and any(each.held(contract) * count < 0 for contract, count in held.items())
    )


def tell(desk: Desk, position: Position, text: str) -> None:
    """Say once a session that the account nets a position with others."""
    told = f"netting of {position.position_id}"
    if told not in desk.told_today:
        desk.told_today.add(told)
        desk.alert(position.module_id, text)


def _left(desk: Desk, symbol: str) -> dict[str, int]:
    """What of an underlying the account has by these books, less what live orders take off it."""
    book = desk.book
    held = {name: count for name, count in book.instruments().items() if symbol_of(name) == symbol}
    for name, count in book.ignored.items():
        if symbol_of(name) == symbol:
            held[name] = held.get(name, 0) + count
    left = dict(held)
    for order in book.orders.values():
        if order.structure.symbol == symbol:
            for name, count in order.structure.moves(order.side * order.remaining).items():
                if held.get(name, 0) * count < 0:
                    left[name] += count
    return {name: count if count * held[name] > 0 else 0 for name, count in left.items()}
