"""Lots: what a position holds, and what a trade does to it, first in, first out. Pure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.core.money import Money
from engine.domain.instrument import MULTIPLIER, OptionContract
from engine.domain.position import Lot
from engine.domain.structure import Leg, Structure
from engine.domain.structure_shapes import held_structure


@dataclass(frozen=True, slots=True)
class Trade:
    """Contracts of one option, or shares (`contract` None), bought (positive) or sold at a price a share."""

    contract: OptionContract | None
    quantity: int
    price: Money

    @property
    def paid(self) -> Money:
        """What it cost (negative: brought), without commissions."""
        return self.quantity * self.price * (1 if self.contract is None else MULTIPLIER)


@dataclass(frozen=True, slots=True)
class Booked:
    """Lots after some trades, with what that did: cost added, P&L realised, cost opened, cash from closing."""

    lots: tuple[Lot, ...]
    cost: Money
    gain: Money
    opened: Money
    closed_cash: Money


def booked(lots: tuple[Lot, ...], trades: Iterable[Trade], at: dt.datetime) -> Booked:
    """Apply trades in order: each closes the oldest lots of the other side first, and what is left opens a lot.

    A part of a lot carries its part of the cost; the last part takes the rounding rest, so nothing is lost.
    """
    cost = gain = opened = closed_cash = 0
    for trade in trades:
        left = trade.quantity
        kept: list[Lot] = []
        for lot in lots:
            if left == 0 or lot.contract != trade.contract or lot.quantity * left > 0:
                kept.append(lot)
                continue
            done = min(abs(left), abs(lot.quantity))
            share = cost_share(lot, done)
            brought = -replace(trade, quantity=done if left > 0 else -done).paid
            gain += brought - share
            cost -= share
            closed_cash += brought
            left -= done if left > 0 else -done
            if done < abs(lot.quantity):
                rest = lot.quantity - (done if lot.quantity > 0 else -done)
                kept.append(replace(lot, quantity=rest, cost=lot.cost - share))
        if left:
            paid = replace(trade, quantity=left).paid
            kept.append(Lot(trade.contract, left, paid, at))
            cost += paid
            opened += paid
        lots = tuple(kept)
    return Booked(lots, cost, gain, opened, closed_cash)


def cost_share(lot: Lot, quantity: int) -> Money:
    """The part of a lot's cost that `quantity` > 0 of it carries. Raises ValueError for more than it holds."""
    held = abs(lot.quantity)
    if not 0 < quantity <= held:
        raise ValueError(f"{quantity} of a lot of {held}")
    return lot.cost if quantity == held else lot.cost * quantity // held


def split(lots: tuple[Lot, ...], wanted: dict[OptionContract | None, int]) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Take quantities (signed, as held) out of lots, oldest first: (what was taken, what is left).

    Raises ValueError when there is less.
    """
    taken: list[Lot] = []
    left: list[Lot] = []
    missing = dict(wanted)
    for lot in lots:
        want = missing.get(lot.contract, 0)
        done = min(abs(want), abs(lot.quantity)) if want * lot.quantity > 0 else 0
        if done == 0:
            left.append(lot)
            continue
        sign = 1 if lot.quantity > 0 else -1
        share = cost_share(lot, done)
        taken.append(replace(lot, quantity=sign * done, cost=share))
        missing[lot.contract] = want - sign * done
        if done < abs(lot.quantity):
            left.append(replace(lot, quantity=lot.quantity - sign * done, cost=lot.cost - share))
    if any(missing.values()):
        raise ValueError("more than the lots hold")
    return tuple(taken), tuple(left)


def named(symbol: str, lots: tuple[Lot, ...]) -> tuple[Structure, int]:
    """The structure that lots make, and how many units of it. Raises ValueError for no lots."""
    legs = [Leg(lot.contract, lot.quantity) for lot in lots if lot.contract is not None]
    shares = sum(lot.quantity for lot in lots if lot.contract is None)
    return held_structure(symbol, legs, shares)


def total_cost(lots: Iterable[Lot]) -> Money:
    """What the lots cost together."""
    return sum(lot.cost for lot in lots)
