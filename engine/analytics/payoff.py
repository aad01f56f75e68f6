"""Exact results at expiry in integer money: profit and loss, extremes over all prices, break-evens, a book's worst.

At expiry the result is a broken line over the underlying's price with a corner at each strike, so its extremes lie at
zero, at a strike or in the upper tail, and nothing needs sampling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from engine.core.money import Money
from engine.domain.chain import Ints
from engine.domain.instrument import MULTIPLIER, OptionContract, Right

PayoffLeg: TypeAlias = tuple[Right, Money, int]
"""Right, strike a share, signed contracts (negative: short)."""


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

    @property
    def symbol(self) -> str:
        """The underlying."""
        return self.contracts[0][0].underlying if self.contracts else self.underlying

    def __post_init__(self) -> None:
        names = {contract.underlying for contract, _ in self.contracts} | ({self.underlying} - {""})
        if len(names) != 1:
            raise ValueError("a holding is of exactly one underlying")


def expiry_pnl_at(legs: Sequence[PayoffLeg], cash: Money, spot: Money, shares: int = 0) -> Money:
    """Result at expiry at one price of the underlying.

    `cash` is everything received (+) or paid (-): premium, and the price of the `shares` held (negative: short).
    """
    options = sum(contracts * _intrinsic(right, strike, spot) for right, strike, contracts in legs)
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


def book_worst_case(holdings: Iterable[Holding]) -> dict[str, Money | None]:
    """Worst loss at expiry per underlying, >= 0 (a loss is shown positive); None is unbounded.

    Everything held in an underlying nets, exactly, within an expiration, whoever holds it. The worst of several
    expirations are added, as if each met its own worst price: never less than the truth. A long option is therefore
    no cover for a short one of another expiration. Shares count with the expirations that they do most good in.
    """
    cash: dict[str, Money] = {}
    shares: dict[str, int] = {}
    legs: dict[str, dict[int, list[PayoffLeg]]] = {}
    for holding in holdings:
        cash[holding.symbol] = cash.get(holding.symbol, 0) + holding.cash
        shares[holding.symbol] = shares.get(holding.symbol, 0) + holding.shares
        by_expiration = legs.setdefault(holding.symbol, {})
        for contract, count in holding.contracts:
            leg = (contract.right, contract.strike, count)
            by_expiration.setdefault(contract.expiration.toordinal(), []).append(leg)
    return {symbol: _loss(list(legs[symbol].values()), cash[symbol], shares[symbol]) for symbol in legs}


def _loss(expirations: Sequence[Sequence[PayoffLeg]], cash: Money, shares: int) -> Money | None:
    if shares == 0:
        return _group_loss([(legs, 0) for legs in expirations], cash)
    # Any way to share out what is held bounds the loss: the whole is never worse than the parts' worst together.
    places = [
        [(legs, shares if number == place else 0) for number, legs in enumerate(expirations)]
        for place in range(len(expirations))
    ]
    apart: list[tuple[Sequence[PayoffLeg], int]] = [*((legs, 0) for legs in expirations), ((), shares)]
    ways = (*places, apart, _covering(expirations, shares))
    return min((loss for groups in ways if (loss := _group_loss(groups, cash)) is not None), default=None)


def _covering(expirations: Sequence[Sequence[PayoffLeg]], shares: int) -> list[tuple[Sequence[PayoffLeg], int]]:
    """Each expiration gets the shares that its calls are short of (or, for short shares, long), while there are any."""
    groups: list[tuple[Sequence[PayoffLeg], int]] = []
    for legs in expirations:
        slope = upper_slope(legs)
        part = min(shares, max(0, -slope)) if shares > 0 else max(shares, min(0, -slope))
        groups.append((legs, part))
        shares -= part
    return [*groups, ((), shares)]


def _group_loss(groups: Sequence[tuple[Sequence[PayoffLeg], int]], cash: Money) -> Money | None:
    result = cash
    for legs, shares in groups:
        worst = expiry_extremes(legs, 0, shares).worst
        if worst is None:
            return None
        result += worst
    return max(0, -result)


def _intrinsic(right: Right, strike: Money, spot: Money) -> Money:
    return max(0, spot - strike if right is Right.CALL else strike - spot)


def _nearest(numerator: int, denominator: int) -> int:
    """Quotient of two non-negative integers to the nearest integer, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
