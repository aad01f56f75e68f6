"""Structures: legs held together, and how loose legs are recognised as one of the known shapes."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER, OptionContract, Right


class StructureKind(StrEnum):
    """Shapes this version recognises."""

    IRON_CONDOR = "Iron Condor"


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of one unit of a structure: `ratio` contracts, positive long, negative short."""

    contract: OptionContract
    ratio: int


@dataclass(frozen=True, slots=True)
class Structure:
    """Legs held together, in order of strike."""

    kind: StructureKind
    legs: tuple[Leg, ...]

    @property
    def symbol(self) -> str:
        """The underlying."""
        return self.legs[0].contract.underlying

    @property
    def expiration(self) -> dt.date:
        """The first expiration among the legs."""
        return min(leg.contract.expiration for leg in self.legs)

    @property
    def strikes(self) -> tuple[Money, ...]:
        """Strikes in order of the legs, per share."""
        return tuple(leg.contract.strike for leg in self.legs)


def recognise(legs: tuple[Leg, ...]) -> StructureKind | None:
    """Name the shape of loose legs (one unit), None when it is none of the known ones."""
    return StructureKind.IRON_CONDOR if _is_iron_condor(legs) else None


def widest_wing(condor: Structure) -> Money:
    """Width per share of the wider wing of an iron condor."""
    long_put, short_put, short_call, long_call = condor.strikes
    return max(short_put - long_put, long_call - short_call)


def condor_buying_power(condor: Structure, net_price: Money, quantity: int) -> Money:
    """Buying power of an iron condor: widest wing x 100 x quantity less the credit.

    `net_price` per share, negative for a credit. Source: product terms; the broker holds one wing only, the wider.
    """
    return (widest_wing(condor) + net_price) * MULTIPLIER * quantity


def _is_iron_condor(legs: tuple[Leg, ...]) -> bool:
    if len(legs) != 4:
        return False
    contracts = [leg.contract for leg in legs]
    return (
        len({(contract.underlying, contract.expiration) for contract in contracts}) == 1
        and [contract.right for contract in contracts] == [Right.PUT, Right.PUT, Right.CALL, Right.CALL]
        and [leg.ratio for leg in legs] == [1, -1, -1, 1]
        and contracts[0].strike < contracts[1].strike <= contracts[2].strike < contracts[3].strike
    )
