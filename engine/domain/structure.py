"""Structures: legs held together under a name."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER, OptionContract


class StructureKind(StrEnum):
    """Shapes that have a name; what each is made of stands in `structure_shapes`.

    An iron condor is the short one, sold for a credit, also with both shorts at one strike (iron butterfly). A short
    put is "Short Put" whether or not cash is set aside for it: that is the module's matter.
    """

    LONG_STOCK = "Long Stock"
    SHORT_STOCK = "Short Stock"
    LONG_CALL = "Long Call"
    SHORT_CALL = "Short Call"
    LONG_PUT = "Long Put"
    SHORT_PUT = "Short Put"
    COVERED_CALL = "Covered Call"
    PROTECTIVE_CALL = "Protective Call"
    PROTECTIVE_PUT = "Protective Put"
    COVERED_PUT = "Covered Put"
    COLLAR = "Collar"
    REVERSE_COLLAR = "Reverse Collar"
    CONVERSION = "Conversion"
    REVERSE_CONVERSION = "Reverse Conversion"
    BULL_CALL_SPREAD = "Bull Call Spread"
    BEAR_CALL_SPREAD = "Bear Call Spread"
    BULL_PUT_SPREAD = "Bull Put Spread"
    BEAR_PUT_SPREAD = "Bear Put Spread"
    LONG_STRADDLE = "Long Straddle"
    SHORT_STRADDLE = "Short Straddle"
    LONG_STRANGLE = "Long Strangle"
    SHORT_STRANGLE = "Short Strangle"
    LONG_GUTS = "Long Guts"
    SHORT_GUTS = "Short Guts"
    SYNTHETIC_LONG = "Synthetic Long"
    SYNTHETIC_SHORT = "Synthetic Short"
    RISK_REVERSAL = "Risk Reversal"
    REVERSE_RISK_REVERSAL = "Reverse Risk Reversal"
    CALL_BACKSPREAD = "Call Backspread"
    CALL_RATIO_SPREAD = "Call Ratio Spread"
    PUT_BACKSPREAD = "Put Backspread"
    PUT_RATIO_SPREAD = "Put Ratio Spread"
    BEAR_CALL_LADDER = "Bear Call Ladder"
    BULL_CALL_LADDER = "Bull Call Ladder"
    BULL_PUT_LADDER = "Bull Put Ladder"
    BEAR_PUT_LADDER = "Bear Put Ladder"
    BUTTERFLY = "Butterfly"
    SHORT_BUTTERFLY = "Short Butterfly"
    BROKEN_WING_BUTTERFLY = "Broken-Wing Butterfly"
    SHORT_BROKEN_WING_BUTTERFLY = "Short Broken-Wing Butterfly"
    CONDOR = "Condor"
    SHORT_CONDOR = "Short Condor"
    IRON_CONDOR = "Iron Condor"
    LONG_IRON_CONDOR = "Long Iron Condor"
    BOX = "Box"
    SHORT_BOX = "Short Box"
    CALENDAR = "Calendar"
    SHORT_CALENDAR = "Short Calendar"
    DIAGONAL = "Diagonal"
    SHORT_DIAGONAL = "Short Diagonal"
    DOUBLE_CALENDAR = "Double Calendar"
    SHORT_DOUBLE_CALENDAR = "Short Double Calendar"
    DOUBLE_DIAGONAL = "Double Diagonal"
    SHORT_DOUBLE_DIAGONAL = "Short Double Diagonal"
    JELLY_ROLL = "Jelly Roll"
    SHORT_JELLY_ROLL = "Short Jelly Roll"
    CUSTOM = "Custom"
    """What is left of a structure, or what a roll trades: legs held together that have no name of their own."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of one unit of a structure: `ratio` contracts, positive long, negative short."""

    contract: OptionContract
    ratio: int


@dataclass(frozen=True, slots=True)
class Structure:
    """Legs held together, in order of strike; `shares` of the underlying belong to one unit.

    One unit of shares alone is one share. `underlying` is needed where there are no legs to tell it.
    """

    kind: StructureKind
    legs: tuple[Leg, ...]
    shares: int = 0
    underlying: str = ""

    @property
    def symbol(self) -> str:
        """The underlying."""
        return self.legs[0].contract.underlying if self.legs else self.underlying

    @property
    def expiration(self) -> dt.date | None:
        """The first expiration among the legs, None for shares alone."""
        return min((leg.contract.expiration for leg in self.legs), default=None)

    @property
    def strikes(self) -> tuple[Money, ...]:
        """Strikes in order of the legs, per share."""
        return tuple(leg.contract.strike for leg in self.legs)

    @property
    def words(self) -> str:
        """It in a sentence: `SPY iron condor`."""
        return f"{self.symbol} {self.kind.value.lower()}"

    @property
    def multiplier(self) -> int:
        """Shares that a net price per share stands for in one unit: 100 for options, 1 for shares alone."""
        return MULTIPLIER if self.legs else 1

    @property
    def contracts(self) -> int:
        """Option contracts in one unit, long and short alike."""
        return sum(abs(leg.ratio) for leg in self.legs)

    def moves(self, units: int) -> dict[str, int]:
        """Contracts or shares, by OCC symbol or ticker, that come in when so many units (negative: in reverse) trade.

        Of a package as it is ordered, which is of options or of shares.
        """
        if not self.legs:
            return {self.symbol: self.shares * units}
        return {leg.contract.occ: leg.ratio * units for leg in self.legs}


def shares_of(symbol: str, *, is_long: bool = True) -> Structure:
    """One share, held or sold short, as a structure."""
    kind = StructureKind.LONG_STOCK if is_long else StructureKind.SHORT_STOCK
    return Structure(kind, (), 1 if is_long else -1, symbol)


def widest_wing(condor: Structure) -> Money:
    """Width per share of the wider wing of an iron condor."""
    long_put, short_put, short_call, long_call = condor.strikes
    return max(short_put - long_put, long_call - short_call)


def condor_buying_power(condor: Structure, net_price: Money, quantity: int) -> Money:
    """Buying power of an iron condor: widest wing x 100 x quantity less the credit.

    `net_price` per share, negative for a credit. Source: product terms; the broker holds one wing only, the wider.
    """
    return (widest_wing(condor) + net_price) * MULTIPLIER * quantity
