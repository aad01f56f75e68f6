"""The structures that traders name, as data, and the one matcher that finds a name for raw legs.

A shape is written as its legs: side and count, right, rank of the strike among the shape's strikes, and a mark for the
later of two expirations. "+P0 -P1 -C2 +C3" is an iron condor; "-C0 +C0'" a call calendar; "+S -C0" a covered call, S
being 100 shares. Equal strikes share a rank. A shape that demands more than its order of strikes names a rule.
"""

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.structure import Leg, Structure, StructureKind, shares_of

Rule: TypeAlias = Callable[[Sequence[Money]], bool]
"""What the distinct strikes, ascending, must satisfy."""


@dataclass(frozen=True, slots=True, order=True)
class LegShape:
    """One leg of a shape: rank of its strike and of its expiration from 0 up, its right, contracts (negative short)."""

    strike: int
    right: Right
    expiry: int
    ratio: int


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which a structure can be held. `shares` in hundreds: +1, 0, -1."""

    kind: StructureKind
    text: str
    legs: tuple[LegShape, ...]
    shares: int
    rule: Rule | None

    @property
    def strikes(self) -> int:
        """Number of distinct strikes."""
        return max((leg.strike for leg in self.legs), default=-1) + 1

    @property
    def expirations(self) -> int:
        """Number of distinct expirations."""
        return max((leg.expiry for leg in self.legs), default=-1) + 1


@dataclass(frozen=True, slots=True)
class Found:
    """A name for raw legs: what they are, how many units, and the legs of one unit in their own order."""

    kind: StructureKind
    units: int
    legs: tuple[Leg, ...]
    shares: int
    """Shares of one unit."""


def equal_gaps(strikes: Sequence[Money]) -> bool:
    """Whether neighbouring strikes are equally far apart."""
    return len({right - left for left, right in pairwise(strikes)}) <= 1


def unequal_gaps(strikes: Sequence[Money]) -> bool:
    """Whether they are not."""
    return not equal_gaps(strikes)


def equal_wings(strikes: Sequence[Money]) -> bool:
    """Whether the first gap is as wide as the last."""
    return strikes[1] - strikes[0] == strikes[-1] - strikes[-2]


_K = StructureKind

_PAIRS: tuple[tuple[StructureKind, StructureKind, str, Rule | None], ...] = (
    (_K.LONG_STOCK, _K.SHORT_STOCK, "+S", None),
    (_K.LONG_CALL, _K.SHORT_CALL, "+C0", None),
    (_K.LONG_PUT, _K.SHORT_PUT, "+P0", None),
    (_K.COVERED_CALL, _K.PROTECTIVE_CALL, "+S -C0", None),
    (_K.PROTECTIVE_PUT, _K.COVERED_PUT, "+S +P0", None),
    (_K.COLLAR, _K.REVERSE_COLLAR, "+S +P0 -C1", None),
    (_K.CONVERSION, _K.REVERSE_CONVERSION, "+S +P0 -C0", None),
    (_K.BULL_CALL_SPREAD, _K.BEAR_CALL_SPREAD, "+C0 -C1", None),
    (_K.BULL_PUT_SPREAD, _K.BEAR_PUT_SPREAD, "+P0 -P1", None),
    (_K.LONG_STRADDLE, _K.SHORT_STRADDLE, "+P0 +C0", None),
    (_K.LONG_STRANGLE, _K.SHORT_STRANGLE, "+P0 +C1", None),
    (_K.LONG_GUTS, _K.SHORT_GUTS, "+C0 +P1", None),
    (_K.SYNTHETIC_LONG, _K.SYNTHETIC_SHORT, "-P0 +C0", None),
    (_K.RISK_REVERSAL, _K.REVERSE_RISK_REVERSAL, "-P0 +C1", None),
    (_K.CALL_BACKSPREAD, _K.CALL_RATIO_SPREAD, "-C0 +2C1", None),
    (_K.PUT_BACKSPREAD, _K.PUT_RATIO_SPREAD, "+2P0 -P1", None),
    (_K.BEAR_CALL_LADDER, _K.BULL_CALL_LADDER, "-C0 +C1 +C2", None),
    (_K.BULL_PUT_LADDER, _K.BEAR_PUT_LADDER, "+P0 +P1 -P2", None),
    (_K.BUTTERFLY, _K.SHORT_BUTTERFLY, "+C0 -2C1 +C2", equal_gaps),
    (_K.BUTTERFLY, _K.SHORT_BUTTERFLY, "+P0 -2P1 +P2", equal_gaps),
    (_K.BROKEN_WING_BUTTERFLY, _K.SHORT_BROKEN_WING_BUTTERFLY, "+C0 -2C1 +C2", unequal_gaps),
    (_K.BROKEN_WING_BUTTERFLY, _K.SHORT_BROKEN_WING_BUTTERFLY, "+P0 -2P1 +P2", unequal_gaps),
    (_K.CONDOR, _K.SHORT_CONDOR, "+C0 -C1 -C2 +C3", equal_wings),
    (_K.CONDOR, _K.SHORT_CONDOR, "+P0 -P1 -P2 +P3", equal_wings),
    (_K.IRON_CONDOR, _K.LONG_IRON_CONDOR, "+P0 -P1 -C2 +C3", None),
    (_K.IRON_CONDOR, _K.LONG_IRON_CONDOR, "+P0 -P1 -C1 +C2", None),
    (_K.BOX, _K.SHORT_BOX, "-P0 +C0 +P1 -C1", None),
    (_K.CALENDAR, _K.SHORT_CALENDAR, "-C0 +C0'", None),
    (_K.CALENDAR, _K.SHORT_CALENDAR, "-P0 +P0'", None),
    (_K.DIAGONAL, _K.SHORT_DIAGONAL, "-C0 +C1'", None),
    (_K.DIAGONAL, _K.SHORT_DIAGONAL, "+C0' -C1", None),
    (_K.DIAGONAL, _K.SHORT_DIAGONAL, "-P0 +P1'", None),
    (_K.DIAGONAL, _K.SHORT_DIAGONAL, "+P0' -P1", None),
    (_K.DOUBLE_CALENDAR, _K.SHORT_DOUBLE_CALENDAR, "-P0 +P0' -C1 +C1'", None),
    (_K.DOUBLE_CALENDAR, _K.SHORT_DOUBLE_CALENDAR, "-P0 +P0' -C0 +C0'", None),
    (_K.DOUBLE_DIAGONAL, _K.SHORT_DOUBLE_DIAGONAL, "+P0' -P1 -C2 +C3'", None),
    (_K.JELLY_ROLL, _K.SHORT_JELLY_ROLL, "+P0 -C0 -P0' +C0'", None),
)
"""A structure, the one with every side turned round, and the legs of the first."""

_LEG = re.compile(r"(?P<side>[+-])(?P<count>\d*)(?P<right>[CPS])(?P<strike>\d?)(?P<later>'?)")


def _shape(kind: StructureKind, text: str, rule: Rule | None, turn: int) -> Shape:
    legs, shares = [], 0
    for word in text.split():
        found = _LEG.fullmatch(word)
        if found is None:
            raise ValueError(f"{text!r} is no shape")
        ratio = turn * int(found["side"] + (found["count"] or "1"))
        if found["right"] == "S":
            shares = ratio
        else:
            legs.append(LegShape(int(found["strike"]), Right(found["right"]), len(found["later"]), ratio))
    return Shape(kind, text, tuple(sorted(legs, key=_order)), shares, rule)


def _order(leg: LegShape) -> tuple[int, bool, int]:
    """By strike, puts before calls, the earlier expiration first."""
    return leg.strike, leg.right is Right.CALL, leg.expiry


SHAPES: tuple[Shape, ...] = tuple(
    _shape(kind, text, rule, turn) for there, back, text, rule in _PAIRS for kind, turn in ((there, 1), (back, -1))
)


def _by_signature() -> Mapping[tuple[tuple[LegShape, ...], int], tuple[Shape, ...]]:
    index: dict[tuple[tuple[LegShape, ...], int], tuple[Shape, ...]] = {}
    for shape in SHAPES:
        index[shape.legs, shape.shares] = (*index.get((shape.legs, shape.shares), ()), shape)
    return index


_INDEX = _by_signature()


def netted(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """One leg a contract, in the contracts' order; what cancels is gone."""
    counts: dict[OptionContract, int] = {}
    for leg in legs:
        counts[leg.contract] = counts.get(leg.contract, 0) + leg.ratio
    return tuple(Leg(contract, count) for contract, count in sorted(counts.items()) if count)


def identify(legs: Sequence[Leg], shares: int = 0) -> Found | None:
    """Name raw legs of one underlying: in any order, several times the same contract, any number of units.

    None when they are no known structure: also for several underlyings, more than two expirations, odd lots of shares.
    """
    held = {leg.contract: leg.ratio for leg in netted(legs)}
    lots, odd = divmod(abs(shares), MULTIPLIER)
    units = math.gcd(lots, *held.values())
    if odd or units == 0 or len({contract.underlying for contract in held}) > 1:
        return None
    strikes = sorted({contract.strike for contract in held})
    expirations = sorted({contract.expiration for contract in held})
    found = [
        (LegShape(strikes.index(c.strike), c.right, expirations.index(c.expiration), count // units), c)
        for c, count in held.items()
    ]
    found.sort(key=lambda pair: _order(pair[0]))
    lots = lots // units if shares > 0 else -(lots // units)
    for shape in _INDEX.get((tuple(leg for leg, _ in found), lots), ()):
        if shape.rule is None or shape.rule(strikes):
            unit = tuple(Leg(contract, leg.ratio) for leg, contract in found)
            return Found(shape.kind, units, unit, lots * MULTIPLIER)
    return None


def recognise(legs: tuple[Leg, ...], shares: int = 0) -> StructureKind | None:
    """Name one unit of a structure whose legs are in their own order (strike, put before call); else None.

    Orders and positions are written this way, so anything else is not what it says it is. For legs as they come from
    outside see `identify`.
    """
    found = identify(legs, shares)
    return found.kind if found is not None and found.units == 1 and found.legs == tuple(legs) else None


def held_structure(symbol: str, legs: Iterable[Leg], shares: int) -> tuple[Structure, int]:
    """Name what is held of one underlying, and how many units of it: (structure of one unit, units >= 1).

    What has no name is CUSTOM, in as many units as divide it. Shares alone count one by one. Raises ValueError for
    nothing at all.
    """
    legs = netted(legs)
    if not legs:
        if shares == 0:
            raise ValueError(f"nothing of {symbol} is held")
        return shares_of(symbol, is_long=shares > 0), abs(shares)
    found = identify(legs, shares)
    if found is not None:
        return Structure(found.kind, found.legs, found.shares), found.units
    units = math.gcd(shares, *(leg.ratio for leg in legs))
    ordered = sorted(legs, key=lambda leg: (leg.contract.strike, leg.contract.right is Right.CALL, leg.contract))
    unit = tuple(Leg(leg.contract, leg.ratio // units) for leg in ordered)
    return Structure(StructureKind.CUSTOM, unit, shares // units), units


def options_alone(held: Structure, quantity: int = 1) -> tuple[Structure, int]:
    """The options of a hedged structure by their name, and how many units of them `quantity` of it are.

    Options and the shares that hedge them have no name together: a trader speaks of the options and so many shares.
    What has a name, or none without its shares either, comes back as it is.
    """
    found = identify(held.legs) if held.kind is StructureKind.CUSTOM and held.shares and held.legs else None
    return (held, quantity) if found is None else (Structure(found.kind, found.legs), found.units * quantity)


def build(
    shape: Shape, symbol: str, strikes: Sequence[Money], expirations: Sequence[dt.date], units: int = 1
) -> tuple[tuple[Leg, ...], int]:
    """Legs and shares of a shape at ascending strikes and expirations: the inverse of `identify`.

    Raises ValueError for strikes or expirations that are not as many, not ascending, or not what the shape demands.
    """
    if len(strikes) != shape.strikes or len(expirations) != shape.expirations:
        raise ValueError(f"{shape.text} has {shape.strikes} strikes and {shape.expirations} expirations")
    ascending = all(a < b for a, b in pairwise(strikes)) and all(a < b for a, b in pairwise(expirations))
    if not ascending or units < 1 or (shape.rule is not None and not shape.rule(strikes)):
        raise ValueError(f"these strikes make no {shape.kind}")
    legs = tuple(
        Leg(OptionContract(symbol, expirations[leg.expiry], strikes[leg.strike], leg.right), leg.ratio * units)
        for leg in shape.legs
    )
    return legs, shape.shares * MULTIPLIER * units
