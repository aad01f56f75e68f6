"""Buying power: what positions use and what orders hold, by the rule of their structure and at the desk's prices."""

from dataclasses import dataclass

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.order import Order, OrderPurpose
from engine.domain.position import Lot, Position
from engine.domain.structure import Leg, Structure
from engine.ledger.lots import Booked, Trade, booked
from engine.risk.lot_power import lots_power
from engine.runtime.desk import Desk


@dataclass(frozen=True, slots=True)
class Claim:
    """What an order would take of a budget: `power` more buying power, after a realised loss of `loss`, both >= 0.

    `loss` is what of it the buying power that comes free does not pay for.
    """

    power: Money
    loss: Money

    @property
    def total(self) -> Money:
        """Everything that the budget has to bear, costs apart."""
        return self.power + self.loss


def used_by(desk: Desk, symbol: str, module_id: str, lots: tuple[Lot, ...]) -> Money:
    """Buying power of lots of one underlying, >= 0. Shares count at cost, never at a fallen price.

    Raises LedgerFault when the rule cannot tell: nothing that has no figure is ever opened.
    """
    contracts = [lot for lot in lots if lot.contract is not None]
    power = lots_power(lots, desk.market.spot(symbol), _prices(desk, contracts))
    if power is None:
        raise LedgerFault(f"the buying power of what {module_id} holds of {symbol} cannot be told")
    return power


def claim_of(
    desk: Desk, module_id: str, structure: Structure, price: Money, quantity: int, *,
    purpose: OrderPurpose = OrderPurpose.OPEN, position: Position | None = None,
) -> Claim | None:  # fmt: skip
    """What trading `quantity` units at a net price a share takes; None where no rule tells or a price is missing.

    A roll that frees buying power pays its loss from that first: a put rolled down takes less than it took before.
    """
    before = () if position is None else position.lots
    try:
        trades = package_trades(desk, structure, price, quantity, purpose)
        after = booked(before, trades, desk.now)
        power = used_by(desk, structure.symbol, module_id, after.lots)
        used = 0 if position is None else position.used
    except LedgerFault:
        return None
    freed = max(0, used - power)
    return Claim(max(0, power - used), max(0, -after.gain - freed))


def after_trades(desk: Desk, position: Position | None, order: Order, trades: list[Trade]) -> Money:
    """Buying power of the order's position once these trades are booked."""
    done: Booked = booked(() if position is None else position.lots, trades, desk.now)
    return used_by(desk, order.structure.symbol, order.module_id, done.lots)


def package_trades(
    desk: Desk, structure: Structure, price: Money, quantity: int, purpose: OrderPurpose = OrderPurpose.OPEN
) -> list[Trade]:
    """The trades of a package at a net price a share: every leg at its mid, the first so that the sum is right.

    What does not divide by the first leg's ratio is rounded against us.
    """
    side = -1 if purpose is OrderPurpose.CLOSE else 1
    if not structure.legs:
        return [Trade(None, structure.shares * side * quantity, price * structure.shares * side)]
    first, *others = (Leg(leg.contract, leg.ratio * side) for leg in structure.legs)
    mids = [quote.mid or 0 if quote is not None else 0 for quote in desk.quotes_of(tuple(others))]
    rest = [Trade(leg.contract, leg.ratio * quantity, mid) for leg, mid in zip(others, mids, strict=True)]
    left = price - sum(leg.ratio * mid for leg, mid in zip(others, mids, strict=True))
    share, odd = divmod(left, first.ratio)
    return [Trade(first.contract, first.ratio * quantity, share + (1 if odd and first.ratio > 0 else 0)), *rest]


def free_cover(desk: Desk, position: Position, structure: Structure) -> int:
    """Shares of a position that can cover calls, or long calls that can cover shares sold short, not bespoken yet."""
    live = [each for each in desk.book.orders.values() if each.position_id == position.position_id]
    going = [each for each in live if each.adds_risk]
    closing = [each for each in live if not each.adds_risk]
    calls = [lot for lot in position.lots if lot.contract is not None and lot.contract.right is Right.CALL]
    if structure.shares < 0:
        long_calls = sum(lot.quantity for lot in calls if lot.quantity > 0) * MULTIPLIER
        bespoken = sum(-each.structure.shares * each.remaining for each in going if each.structure.shares < 0)
        leaving = MULTIPLIER * sum(
            leg.ratio * each.remaining
            for each in closing
            for leg in each.structure.legs
            if leg.ratio > 0 and leg.contract.right is Right.CALL
        )
        return max(0, long_calls + min(0, position.shares) - bespoken - leaving)
    short_calls = -sum(lot.quantity for lot in calls if lot.quantity < 0)
    bespoken = sum(
        -leg.ratio * each.remaining
        for each in going
        for leg in each.structure.legs
        if leg.ratio < 0 and leg.contract.right is Right.CALL
    )
    leaving = sum(max(0, each.structure.shares) * each.remaining for each in closing)
    return max(0, position.shares - leaving - MULTIPLIER * (short_calls + bespoken))


def _prices(desk: Desk, lots: list[Lot]) -> dict[OptionContract, Money | None]:
    """Market value of each contract a share; what it was traded at where there is no quote now."""
    prices: dict[OptionContract, Money | None] = {}
    for lot in lots:
        if lot.contract is None:
            continue
        quote = desk.market.quote(lot.contract)
        mid = None if quote is None else quote.mid
        prices[lot.contract] = max(0, abs(lot.cost) // (MULTIPLIER * abs(lot.quantity))) if mid is None else mid
    return prices
