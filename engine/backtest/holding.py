"""What a backtest holds: one position, booked by the ledger's own lots, so that both come to the same cent."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.core.money import CENT, Money
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.limits import Costs
from engine.domain.order import OrderPurpose
from engine.domain.position import Lot, Position, PositionStatus
from engine.ledger.lots import Booked, Trade, booked, named


@dataclass(frozen=True, slots=True)
class Ended:
    """Contracts that end without an order: all that are held of one, exercised or assigned into shares, or worthless.

    `early` ones were assigned before their last day.
    """

    contract: OptionContract
    has_shares: bool
    early: bool = False


def trading_costs(trades: Iterable[Trade], costs: Costs) -> tuple[Money, Money]:
    """Commission and regulatory fees of trades that are one order."""
    trades = tuple(trades)
    contracts = sum(abs(trade.quantity) for trade in trades if trade.contract is not None)
    sales = [trade for trade in trades if trade.quantity < 0]
    sold = sum(-trade.quantity for trade in sales if trade.contract is not None)
    shares_sold = sum(-trade.quantity for trade in sales if trade.contract is None)
    proceeds = sum(-trade.paid for trade in sales)
    return costs.commission(contracts), costs.fees(contracts, sold, proceeds, shares_sold)


def traded(
    position: Position, trades: tuple[Trade, ...], costs: Costs, at: dt.datetime, purpose: OrderPurpose
) -> Position:
    """The position after an order was filled; without lots it is closed."""
    commission, fees = trading_costs(trades, costs)
    done = booked(position.lots, trades, at)
    after = _booked(position, done, 0)
    after = replace(after, commissions=after.commissions + commission, fees=after.fees + fees)
    if not done.lots:
        return _ended(after, at, PositionStatus.CLOSED)
    structure, quantity = named(position.symbol, done.lots)
    opened = quantity if structure != position.structure or purpose is OrderPurpose.ROLL else position.opened_quantity
    rolls = position.rolls + (purpose is OrderPurpose.ROLL)
    return replace(after, structure=structure, quantity=quantity, opened_quantity=opened, rolls=rolls)


def settled(position: Position, ended: Ended, costs: Costs, at: dt.datetime) -> Position:
    """The position after contracts ended: shares come or go at the strike, with the broker's fee for each such line."""
    contract = ended.contract
    count = position.held(contract)
    trades = [Trade(contract, -count, 0)]
    if ended.has_shares:
        side = 1 if contract.right is Right.CALL else -1
        trades.append(Trade(None, side * count * MULTIPLIER, contract.strike))
    done = booked(position.lots, trades, at)
    after = _booked(position, done, costs.assignment_fee if ended.has_shares else 0)
    if not done.lots:
        return _ended(after, at, PositionStatus.SETTLED)
    structure, quantity = named(position.symbol, done.lots)
    status = PositionStatus.ASSIGNED if ended.has_shares else position.status
    return replace(after, structure=structure, quantity=quantity, opened_quantity=quantity, status=status)


def paid(position: Position, dividend: Money) -> Position:
    """The position after an ex-dividend day: what its shares were paid, or what those sold short owe."""
    return replace(position, income=position.income + position.shares * dividend)


def after_split(position: Position, ratio: float, spot: Money) -> Position | None:
    """The position after a split into `ratio` new shares for an old one; None where its options become odd contracts.

    In a split by a whole number every contract becomes that many at a part of its strike, in whole cents. Any other one
    makes contracts of an odd number of shares, which nobody lists anew. What shares do not divide is paid at `spot`.
    """
    whole = round(ratio)
    is_whole = whole >= 1 and abs(ratio - whole) < 1e-9
    if not is_whole and any(lot.contract is not None for lot in position.lots):
        return None
    lots: list[Lot] = []
    rest = 0.0
    for lot in position.lots:
        exact = lot.quantity * ratio
        count = lot.quantity * whole if is_whole else int(exact)
        rest += 0.0 if is_whole else exact - count
        if count:
            lots.append(replace(lot, contract=_divided(lot.contract, whole), quantity=count))
    structure, quantity = named(position.symbol, tuple(lots)) if lots else (position.structure, 0)
    income = position.income + round(rest * spot)
    return replace(
        position, lots=tuple(lots), structure=structure, quantity=quantity, opened_quantity=quantity, income=income
    )


def _divided(contract: OptionContract | None, whole: int) -> OptionContract | None:
    if contract is None:
        return None
    cents = (2 * contract.strike + whole * CENT) // (2 * whole * CENT)
    return replace(contract, strike=cents * CENT)


def _booked(position: Position, done: Booked, fees: Money) -> Position:
    return replace(
        position,
        lots=done.lots,
        cost=position.cost + done.cost,
        realised=position.realised + done.gain,
        opening_cost=position.opening_cost + done.opened,
        closing_cash=position.closing_cash + done.closed_cash,
        fees=position.fees + fees,
    )


def _ended(position: Position, at: dt.datetime, status: PositionStatus) -> Position:
    return replace(position, quantity=0, used=0, status=status, closed_at=at)
