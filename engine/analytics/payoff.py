"""Exact results at expiry in integer money: profit and loss, extremes over all prices, break-evens, a book's worst.

At expiry the result is a broken line over the underlying's price with a corner at each strike, so its extremes lie at
zero, at a strike or in the upper tail, and nothing needs sampling.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from engine.core.money import Money
from engine.domain.chain import Ints
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.position import Position

PayoffLeg: TypeAlias = tuple[Right, Money, int]
"""Right, strike a share, signed contracts (negative: short)."""

NO_EXPIRATION = 0
"""The group of shares that are settled by themselves."""

_PORTIONS = 20
"""Shares that cover nothing are placed in about so many portions at the most."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """Worst and best result at expiry over every price of the underlying; None is unbounded."""

    worst: Money | None
    best: Money | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held of one underlying and what it brought: signed contracts and shares, cash received (+) or paid (-).

    `underlying` is needed for shares alone.
    """

    contracts: tuple[tuple[OptionContract, int], ...]
    cash: Money
    shares: int = 0
    underlying: str = ""

    @classmethod
    def of(cls, position: Position) -> "Holding":
        """A position, with what it cost."""
        held = position.structure
        contracts = tuple((leg.contract, leg.ratio * position.quantity) for leg in held.legs)
        return cls(contracts, -position.cost, position.shares, held.symbol)

    @property
    def symbol(self) -> str:
        """The underlying."""
        return self.contracts[0][0].underlying if self.contracts else self.underlying

    def __post_init__(self) -> None:
        names = {contract.underlying for contract, _ in self.contracts} | ({self.underlying} - {""})
        if len(names) != 1:
            raise ValueError("a holding is of exactly one underlying")


@dataclass(frozen=True, slots=True)
class Part:
    """So many contracts of an option, or shares (`contract` None), of a holding; negative short.

    `group` is the expiration (as an ordinal day) that it is settled with, NO_EXPIRATION for shares by themselves.
    """

    holding: int
    contract: OptionContract | None
    count: int
    group: int


def expiry_pnl_at(legs: Sequence[PayoffLeg], cash: Money, spot: Money, shares: int = 0) -> Money:
    """Result at expiry at one price of the underlying.

    `cash` is everything received (+) or paid (-): premium, and the price of the `shares` held (negative: short).
    """
    options = 0
    for right, strike, contracts in legs:
        gap = spot - strike if right is Right.CALL else strike - spot
        if gap > 0:
            options += contracts * gap
    return cash + MULTIPLIER * options + shares * spot


def expiry_pnl_curve(legs: Sequence[PayoffLeg], cash: Money, spots: Ints, shares: int = 0) -> Ints:
    """Results at many prices, arrays (n,) of money; as `expiry_pnl_at`."""
    result = np.full(spots.shape, cash, dtype=np.int64) + shares * spots
    for right, strike, contracts in legs:
        gap = spots - strike if right is Right.CALL else strike - spots
        result += MULTIPLIER * contracts * np.maximum(gap, 0)
    return result


def expiry_extremes(legs: Sequence[PayoffLeg], cash: Money, shares: int = 0) -> Extremes:
    """Worst and best result at expiry over all prices from zero up, both tails included."""
    results = [result for _, result in corner_results(legs, cash, shares)]
    slope = upper_slope(legs, shares)
    return Extremes(
        worst=None if slope < 0 else min(results),
        best=None if slope > 0 else max(results),
    )


def most_profit(position: Position) -> Money | None:
    """The most that a position can make at expiry, against what it cost; None without a bound.

    Of options of two expirations it would take a volatility: what came in when they were sold stands for it, and where
    they were bought it is not known.
    """
    held, cash, quantity = position.structure.legs, -position.cost, position.quantity
    if held and any(leg.contract.expiration != held[0].contract.expiration for leg in held):
        return cash if cash > 0 else None
    legs = [(leg.contract.right, leg.contract.strike, leg.ratio * quantity) for leg in held]
    if upper_slope(legs, position.shares) > 0:
        return None
    return max(result for _, result in corner_results(legs, cash, position.shares))


def breakevens(legs: Sequence[PayoffLeg], cash: Money, shares: int = 0) -> tuple[Money, ...]:
    """Prices of the underlying at which the result at expiry is zero, ascending, to the nearest 1/10,000 USD.

    Of a stretch of zero result its ends count, but neither price zero nor infinity as such an end.
    """
    zeros: set[Money] = set()
    corners = corner_results(legs, cash, shares)
    for (left, at_left), (right, at_right) in pairwise(corners):
        if at_left * at_right < 0:
            zeros.add(left + _nearest((right - left) * abs(at_left), abs(at_left) + abs(at_right)))
        elif at_left == 0 != at_right:
            zeros.add(left)
        elif at_right == 0 != at_left:
            zeros.add(right)
    last, at_last = corners[-1]
    slope = upper_slope(legs, shares)
    if at_last * slope < 0:
        zeros.add(last + _nearest(abs(at_last), abs(slope)))
    elif at_last == 0 != slope:
        zeros.add(last)
    return tuple(sorted(zeros))


def corner_results(legs: Sequence[PayoffLeg], cash: Money, shares: int = 0) -> list[tuple[Money, Money]]:
    """Where the line of results starts or bends, ascending: (price of the underlying, result), from price zero on."""
    corners = sorted({0, *(strike for _, strike, _ in legs)})
    return [(spot, expiry_pnl_at(legs, cash, spot, shares)) for spot in corners]


def upper_slope(legs: Sequence[PayoffLeg], shares: int = 0) -> int:
    """Shares the legs amount to above the highest strike: dollars won for each dollar of a further rise."""
    return shares + MULTIPLIER * sum(contracts for right, _, contracts in legs if right is Right.CALL)


def settled_parts(holdings: Sequence[Holding], owners: Sequence[str] = ()) -> tuple[Part, ...]:
    """Everything held, with the expiration that it is settled with in the bound at expiry. In the holdings' order.

    Options of a holding count at their own expiration. Where its short ones all end first (a calendar, a diagonal), the
    whole of it is settled then: what lives on is worth at least what exercise brings, the least that no-arbitrage
    leaves it. Shares held with options go with the first of those. Shares held by themselves first cover what is owed
    above the last strike, whoever owes it, and the others go where they do most good; so they may be several parts.

    `owners`: one name a holding. Of two ways to place the shares, over all or by each owner for itself, the better one
    counts, so that together never look worse than apart.
    """
    whole = _placed(holdings, range(len(holdings)))
    if len(set(owners)) < 2 or not any(_is_bare(holding) for holding in holdings):
        return _in_order(whole)
    apart = settled_apart(holdings, owners)
    chosen: list[Part] = []
    for symbol in sorted({holding.symbol for holding in holdings}):
        ways = [[part for part in way if holdings[part.holding].symbol == symbol] for way in (whole, apart)]
        chosen += max(ways, key=_least)
    return _in_order(chosen)


def settled_apart(holdings: Sequence[Holding], owners: Sequence[str]) -> tuple[Part, ...]:
    """As `settled_parts`, as if each owner held nothing but its own."""
    parts: list[Part] = []
    for owner in sorted(set(owners)):
        parts += _placed(holdings, [place for place, name in enumerate(owners) if name == owner])
    return _in_order(parts)


def book_worst_case(holdings: Sequence[Holding]) -> dict[str, Money | None]:
    """Worst loss at expiry against cash paid and received, per underlying, >= 0; None is unbounded.

    Everything held in an underlying nets, exactly, within an expiration, whoever holds it (see `settled_parts`). The
    worst of several expirations are added, as if each met its own worst price: never less than the truth.
    """
    cash: dict[str, Money] = {}
    parts: dict[str, list[Part]] = {}
    for holding in holdings:
        cash[holding.symbol] = cash.get(holding.symbol, 0) + holding.cash
        parts.setdefault(holding.symbol, [])
    for part in settled_parts(holdings):
        parts[holdings[part.holding].symbol].append(part)
    losses: dict[str, Money | None] = {}
    for symbol, own in parts.items():
        owed, least = _least(own)
        losses[symbol] = None if owed else max(0, -(cash[symbol] + least))
    return losses


# --- which expiration shares are settled with ------------------------------------------------------------------------
class _Line:
    """Results at expiry of one group at the corners, and what shares added to it change."""

    def __init__(self, parts: Sequence[Part]) -> None:
        shares = 0
        held: dict[tuple[Right, Money], int] = {}
        for part in parts:
            if part.contract is None:
                shares += part.count
            else:
                at = (part.contract.right, part.contract.strike)
                held[at] = held.get(at, 0) + part.count
        legs = [(right, strike, count) for (right, strike), count in held.items()]
        self.spots: Ints = np.array(sorted({0, *(strike for _, strike, _ in legs)}), dtype=np.int64)
        self.results = expiry_pnl_curve(legs, 0, self.spots, shares)
        self.slope = upper_slope(legs, shares)

    def least(self, more: int = 0) -> Money:
        """The worst at the corners with so many shares more; above the last corner `slope` tells."""
        return int((self.results + more * self.spots).min())

    def add(self, shares: int) -> None:
        """Put shares to it."""
        self.results = self.results + shares * self.spots
        self.slope += shares


def _is_bare(holding: Holding) -> bool:
    return bool(holding.shares) and not holding.contracts


def _in_order(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: part.holding))


def _placed(holdings: Sequence[Holding], places: Iterable[int]) -> list[Part]:
    """Parts of some holdings, their shares placed among themselves alone."""
    parts: list[Part] = []
    bare: dict[str, list[int]] = {}
    for place in places:
        holding = holdings[place]
        if _is_bare(holding):
            bare.setdefault(holding.symbol, []).append(place)
            continue
        groups = _settled_with(holding)
        pairs = zip(holding.contracts, groups, strict=True)
        parts += [Part(place, contract, count, group) for (contract, count), group in pairs]
        if holding.shares:
            parts.append(Part(place, None, holding.shares, min(groups)))
    for symbol, shares in bare.items():
        fixed = [part for part in parts if holdings[part.holding].symbol == symbol]
        parts += _place_shares([(place, holdings[place].shares) for place in shares], fixed)
    return parts


def _settled_with(holding: Holding) -> list[int]:
    """The expiration that each option is settled with: that of the short ones where everything long lives as long."""
    days = [contract.expiration.toordinal() for contract, _ in holding.contracts]
    short = {day for day, (_, count) in zip(days, holding.contracts, strict=True) if count < 0}
    return [min(days)] * len(days) if len(short) == 1 and min(days) == min(short) else days


def _place_shares(bare: Sequence[tuple[int, int]], fixed: Sequence[Part]) -> list[Part]:
    """Put shares, (place of the holding, count) each, to groups: first where they are a cover, then where they help."""
    lines = _lines(fixed)
    parts: list[Part] = []
    left: list[tuple[int, int]] = []
    for place, count in bare:
        rest = count
        while rest:
            sign = 1 if rest > 0 else -1
            rooms = {group: min(abs(rest), max(0, -sign * line.slope)) for group, line in lines.items()}
            group = _best(lines, {each: sign * room for each, room in rooms.items() if room})
            if group is None:
                break
            parts.append(Part(place, None, sign * rooms[group], group))
            lines[group].add(sign * rooms[group])
            rest -= sign * rooms[group]
        left.append((place, rest))
    spare = sum(rest for _, rest in left)
    for place, rest in left:
        count = max(0, min(rest, spare))  # what is needed against shares sold short stays with those
        spare -= count
        parts += _put_to_use(place, count, lines)
        if rest - count:
            parts.append(Part(place, None, rest - count, NO_EXPIRATION))
    return parts


def _put_to_use(place: int, count: int, lines: dict[int, _Line]) -> list[Part]:
    """Long shares that cover nothing: portion by portion where they raise the worst result, else by themselves."""
    parts: list[Part] = []
    portion = MULTIPLIER * -(-count // (MULTIPLIER * _PORTIONS))
    while count > 0:
        size = min(portion, count)
        group = _best(lines, dict.fromkeys(lines, size))
        if group is None or lines[group].least(size) == lines[group].least():
            return [*parts, Part(place, None, count, NO_EXPIRATION)]
        parts.append(Part(place, None, size, group))
        lines[group].add(size)
        count -= size
    return parts


def _best(lines: Mapping[int, _Line], offers: Mapping[int, int]) -> int | None:
    """The group whose worst result gains most a share by the shares offered to it; of equals the earliest."""
    gains = {group: (lines[group].least(count) - lines[group].least()) / abs(count) for group, count in offers.items()}
    return min(gains, key=lambda group: (-gains[group], group), default=None)


def _lines(parts: Iterable[Part]) -> dict[int, _Line]:
    groups: dict[int, list[Part]] = {}
    for part in parts:
        groups.setdefault(part.group, []).append(part)
    return {group: _Line(inside) for group, inside in sorted(groups.items())}


def _least(parts: Iterable[Part]) -> tuple[int, Money]:
    """Shares owed without a bound (<= 0), and the worst results at expiry of each group apart from those, added."""
    lines = _lines(parts).values()
    return sum(min(0, line.slope) for line in lines), sum(line.least() for line in lines)


def _nearest(numerator: int, denominator: int) -> int:
    """Quotient of two non-negative integers to the nearest integer, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
