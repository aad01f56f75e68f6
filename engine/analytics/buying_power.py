"""What opening a trade takes out of a budget, by the product's rule for its structure.

Source: product terms, section 1, "buying power". It is the margin requirement with what is paid or received on top,
except where the product says cash: a short put alone is secured by its strike in full, a covered call by the shares.
"""

from collections.abc import Mapping, Sequence

from engine.analytics.margin import MarginRates, cash_secured_requirement, margin
from engine.core.money import Money
from engine.domain.instrument import OptionContract
from engine.domain.structure import Leg, Structure, StructureKind, condor_buying_power
from engine.domain.structure_shapes import identify, netted

_BY_THE_SHARES = frozenset({StructureKind.COVERED_CALL, StructureKind.LONG_STOCK})


def buying_power(
    legs: Sequence[Leg],
    cash: Money,
    spot: Money | None,
    prices: Mapping[OptionContract, Money | None],
    shares: int = 0,
    rates: MarginRates = MarginRates(),  # noqa: B008 - frozen
) -> Money | None:
    """Buying power of a whole trade, >= 0; None when a price that it needs is missing.

    `legs` count contracts; `cash` is the premium received (+) or paid (-), without what shares cost or bring; `spot`
    and `prices` a share. Iron condor: wider wing less the credit. Debit structures: the debit. Diagonal: debit and the
    gap between the strikes. Short stock: 150 % of its value, the proceeds included.
    """
    legs = netted(legs)
    found = identify(legs, shares)
    kind = None if found is None else found.kind
    if kind is StructureKind.SHORT_PUT:
        return sum(cash_secured_requirement(leg.contract) * -leg.ratio for leg in legs)
    if found is not None and kind is StructureKind.IRON_CONDOR:
        return condor_buying_power(Structure(kind, found.legs), 0, found.units) - cash
    if kind in _BY_THE_SHARES:
        return None if spot is None else spot * shares
    needed = margin(legs, spot, prices, shares, rates)
    if needed is None or spot is None:
        return None
    proceeds = spot * -shares if shares < 0 else 0
    return max(0, needed.initial - cash) + proceeds
