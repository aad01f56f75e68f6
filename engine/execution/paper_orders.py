"""Which orders the paper broker takes: shape, prices, session, what is there to be closed, and buying power."""

import datetime as dt
import math
from dataclasses import dataclass

from engine.core.calendar import expiry_at, session_at
from engine.core.money import CENT, UNIT, Money, usd
from engine.domain.broker_reports import BrokerKnows
from engine.domain.limits import Costs
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import QuoteSource
from engine.domain.structure import Structure
from engine.domain.tick import PACKAGE_TICK, is_on_grid
from engine.execution.paper_account import Requirements
from engine.execution.paper_state import State, Ticket

MAX_LEGS = 4
_HIGHEST: Money = 1_000_000 * UNIT
"""A share: beyond it a price is an error."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an order may work: `why` "" and the buying power to be set aside for it, or the reason why not."""

    why: str
    hold: Money = 0


def fault_of(order: Order, at: dt.datetime, quotes: QuoteSource) -> str:
    """What makes an order unacceptable as it stands when it arrives `at`, "" when nothing does."""
    structure = order.structure
    if order.quantity <= 0:
        return f"quantity {order.quantity} is not a positive number"
    fault = _fault_of_structure(structure) or fault_of_limit(structure, order.limit)
    if fault:
        return fault
    for leg in structure.legs:
        if expiry_at(leg.contract.expiration) <= at:
            return f"{leg.contract.occ} has expired"
        if quotes.quote(leg.contract) is None:
            return f"{leg.contract.occ} is not listed"
    if quotes.stock(structure.symbol) is None:
        return f"{structure.symbol} is not listed"
    return "the market is closed" if session_at(at) is None else ""


def fault_of_limit(structure: Structure, limit: Money) -> str:
    """Why a net limit a share is no price that the package can be ordered at, "" when it is one."""
    if abs(limit) > _HIGHEST:
        return f"limit {limit} (1/10,000 USD) is beyond any price"
    if len(structure.legs) == 1:
        (leg,) = structure.legs
        each, rest = divmod(limit, leg.ratio)
        if rest or not is_on_grid(structure.symbol, each):
            return f"limit {limit} (1/10,000 USD) is not on the grid of {leg.contract.occ}"
    elif limit % (PACKAGE_TICK if structure.legs else CENT):
        return f"limit {limit} (1/10,000 USD) is not in whole cents"
    return ""


def closing_fault(state: State, order: Order) -> str:
    """Why an order is not of one side with what the account holds, "" when it is.

    A closing closes no more than there is, net of other working closes; nothing closes and opens at once.
    """
    taken: dict[str, int] = {}
    for order_id in state.live:
        other = state.tickets[order_id]
        if other.order.purpose is OrderPurpose.CLOSE and order_id != order.order_id:
            for name, count in other.order.structure.moves(-other.remaining).items():
                if state.positions.get(name, 0) * count < 0:
                    taken[name] = taken.get(name, 0) + count
    is_closing = order.purpose is OrderPurpose.CLOSE and not order.is_netted
    for name, count in order.structure.moves(order.side * order.quantity).items():
        held = state.positions.get(name, 0)
        left = held + taken.get(name, 0)
        if is_closing and (left * count >= 0 or abs(count) > abs(left)):
            return f"closing {abs(count)} of {name}, but the account has {left} that no other order closes"
        if held * count < 0 and abs(count) > abs(held):
            return f"{abs(count)} of {name} would close the {abs(held)} that the account has and open the rest"
    return ""


def verdict(state: State, ticket: Ticket, limit: Money, costs: Costs, needs: Requirements) -> Verdict:
    """Whether the account can bear what is not filled of an order at a limit, by its own buying power.

    What needs nothing, and a close that only brings down what is tied up, are let through whatever the account looks
    like: a loss must be closable.
    """
    order, structure = ticket.order, ticket.order.structure
    units = ticket.remaining
    moves = structure.moves(order.side * units)
    both = needs.change(state.positions, structure.symbol, moves)
    left = needs.buying_power(state)
    if both is None or left is None:
        return Verdict("what the account holds has no price now")
    before, after = both
    paid = limit * structure.multiplier * units + costs.commission(structure.contracts * units)
    needed = max(0, after.initial - before.initial + paid)
    # Set aside in the terms of the whole order, of which the part not filled counts.
    hold = -(-needed * order.quantity // units)
    if order.purpose is OrderPurpose.CLOSE and after.maintenance <= before.maintenance:
        return Verdict("", hold)
    left += ticket.held
    if needed > max(0, left):
        return Verdict(f"needs buying power of {usd(needed)}, and {usd(left)} is left")
    return Verdict("", hold)


def charge(order: Order, units: int, prices: tuple[Money, ...], costs: Costs) -> tuple[Money, Money]:
    """Commission and fees of units done at these prices of the legs."""
    structure = order.structure
    if not structure.legs:
        sold = units if structure.shares * order.side < 0 else 0
        return costs.commission(0), costs.fees(0, 0, sold * prices[0], shares_sold=sold)
    sales = [(-leg.ratio * units, price) for leg, price in zip(order.trades, prices, strict=True) if leg.ratio < 0]
    proceeds = sum(count * price for count, price in sales) * structure.multiplier
    contracts = structure.contracts * units
    return costs.commission(contracts), costs.fees(contracts, sum(count for count, _ in sales), proceeds)


def not_working(ticket: Ticket | None) -> str:
    """Why a ticket cannot be changed any more, "" when it can."""
    if ticket is None:
        return "no such order"
    return f"the order has ended: {ticket.status.value.lower()}" if ticket.status.is_final else ""


def knowledge(order_id: str, ticket: Ticket | None) -> BrokerKnows:
    """What this broker says of a client id."""
    if ticket is None:
        return BrokerKnows(order_id, is_known=False, status=None)
    return BrokerKnows(
        order_id, is_known=True, status=ticket.status, fills=tuple(ticket.fills), limit=ticket.limit, why=ticket.why
    )


def _fault_of_structure(structure: Structure) -> str:  # noqa: PLR0911 - a flat list of faults
    legs = structure.legs
    if not legs:
        return "" if structure.symbol and abs(structure.shares) == 1 else "the order has no legs"
    if structure.shares:
        return "shares and options do not trade as one package"
    if len(legs) > MAX_LEGS:
        return f"{len(legs)} legs are more than {MAX_LEGS}"
    if len({leg.contract.underlying for leg in legs}) > 1:
        return "the legs are of several underlyings"
    if len({leg.contract for leg in legs}) < len(legs) or not all(leg.ratio for leg in legs):
        return "each leg must be another contract, bought or sold"
    if len(legs) > 1 and math.gcd(*(leg.ratio for leg in legs)) > 1:
        return "the ratios of the legs have a common divisor"
    return ""
