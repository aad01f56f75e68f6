"""Buying power of lots that are held together, by the rule of the structure that they make."""

from collections.abc import Mapping, Sequence

from engine.analytics.buying_power import buying_power
from engine.analytics.margin import MarginRates
from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.position import Lot
from engine.domain.structure import Leg
from engine.domain.structure_shapes import netted
from engine.risk.account_rules import uncovered

_RATES = MarginRates()


def lots_power(
    lots: tuple[Lot, ...], spot: Money | None, prices: Mapping[OptionContract, Money | None]
) -> Money | None:
    """Buying power of lots of one underlying, >= 0; None when the rule cannot tell.

    Shares count at cost, never at a fallen price. `spot` and `prices` a share; a missing spot is the first strike.
    """
    if not lots:
        return 0
    options = [lot for lot in lots if lot.contract is not None]
    shares = sum(lot.quantity for lot in lots if lot.contract is None)
    paid = sum(lot.cost for lot in lots if lot.contract is None)
    legs = [Leg(lot.contract, lot.quantity) for lot in options if lot.contract is not None]
    cash, at_cost = -sum(lot.cost for lot in options), 0
    if shares > 0:
        # Shares are paid in full, and calls that they cover take nothing more.
        legs, shares, at_cost = _without_covered(legs, shares), 0, paid
        cash = min(cash, 0) if all(leg.ratio > 0 for leg in legs) else cash
    if not legs:
        return at_cost if shares == 0 else -paid + -(paid * _RATES.short_stock_initial_pct // 100)
    if shares:
        spot = -(-abs(paid) // abs(shares))
    elif spot is None:
        spot = legs[0].contract.strike
    power = buying_power(legs, cash, spot, prices, shares)
    if power is None:
        return None
    # A short put without a long one behind it is secured in full, whatever else is held beside it.
    secured = sum(contract.strike * count * MULTIPLIER for contract, count in uncovered(legs, Right.PUT))
    return at_cost + max(0, power, secured)


def _without_covered(legs: Sequence[Leg], shares: int) -> list[Leg]:
    """Option legs that are left once each lot of shares covers a short call, the lowest strikes first."""
    lots = shares // MULTIPLIER
    left: list[Leg] = []
    for leg in sorted(netted(legs), key=lambda leg: leg.contract.strike):
        covered = min(lots, -leg.ratio) if leg.ratio < 0 and leg.contract.right is Right.CALL else 0
        lots -= covered
        if leg.ratio + covered:
            left.append(Leg(leg.contract, leg.ratio + covered))
    return left
