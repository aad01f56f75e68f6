"""Double entry: what each event does to the accounts, as postings that sum to zero. Pure.

Debits are positive. Assets (cash, positions at cost) and costs carry debit balances; capital and realised P&L carry
credit balances, so a gain shows as a negative balance of REALISED.
"""

from enum import StrEnum

from engine.core.money import Money
from engine.domain.events import Event, MindfolioCreated, OrderFilled, PositionSettled
from engine.domain.instrument import MULTIPLIER
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import PostingRow
from engine.domain.position import Position


class Account(StrEnum):
    """Accounts of the book; each is kept per module, "" standing for the mindfolio itself."""

    CASH = "CASH"
    POSITIONS = "POSITIONS"
    REALISED = "REALISED"
    COMMISSIONS = "COMMISSIONS"
    CAPITAL = "CAPITAL"


def opening_deposit(seq: int, event: MindfolioCreated) -> tuple[PostingRow, ...]:
    """The initial cash: debit cash, credit capital."""
    amount = event.spec.capital
    return (PostingRow(seq, Account.CASH, "", amount), PostingRow(seq, Account.CAPITAL, "", -amount))


def fill(seq: int, event: OrderFilled, order: Order, position: Position | None) -> tuple[PostingRow, ...]:
    """A fill: an opening puts the premium on POSITIONS at cost; a closing takes its share of the cost off again.

    `position` is the position before the fill, None for the first opening fill.
    """
    module_id = order.module_id
    traded = event.net_price * MULTIPLIER * event.quantity
    rows = [
        PostingRow(seq, Account.CASH, module_id, -traded - event.commission),
        PostingRow(seq, Account.COMMISSIONS, module_id, event.commission),
    ]
    if order.purpose is OrderPurpose.OPEN:
        rows.append(PostingRow(seq, Account.POSITIONS, module_id, traded))
        return tuple(rows)
    cost = cost_share(position, event.quantity)
    gain = -traded - cost
    rows.append(PostingRow(seq, Account.POSITIONS, module_id, -cost))
    rows.append(PostingRow(seq, Account.REALISED, module_id, -gain))
    return tuple(rows)


def settlement(seq: int, event: PositionSettled, position: Position) -> tuple[PostingRow, ...]:
    """Expiry: cash for the intrinsic values, the whole cost off, the difference realised."""
    gain = event.cash - position.cost
    return (
        PostingRow(seq, Account.CASH, position.module_id, event.cash),
        PostingRow(seq, Account.POSITIONS, position.module_id, -position.cost),
        PostingRow(seq, Account.REALISED, position.module_id, -gain),
    )


def cost_share(position: Position | None, quantity: int) -> Money:
    """The part of a position's cost that `quantity` of it carries; the last part takes the rounding rest."""
    if position is None or quantity > position.quantity:
        raise ValueError("a closing fill for more than the position holds")
    if quantity == position.quantity:
        return position.cost
    return position.cost * quantity // position.quantity


def is_balanced(rows: tuple[PostingRow, ...]) -> bool:
    """Whether the postings of one entry sum to zero."""
    return sum(row.amount for row in rows) == 0


POSTING_EVENTS: tuple[type[Event], ...] = (MindfolioCreated, OrderFilled, PositionSettled)
"""Events that move money; all others leave the accounts alone."""
