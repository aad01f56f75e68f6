"""What is held and its market, as scenarios, projected Greeks and the worst case take them. Pure."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain as joined
from typing import TypeAlias

import numpy as np

from engine.analytics.scenarios import Legs
from engine.analytics.stress_cells import Prices
from engine.core.money import from_float, to_float
from engine.domain.chain import Chain
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.position import Position
from engine.domain.quote import Quote, stock_quote
from engine.portfolio.valuation import held_contracts, held_values, volatilities_at


@dataclass(frozen=True, slots=True, eq=False)
class HeldLegs:
    """Everything that some positions hold, as the columns that scenarios and projections take.

    `symbols` are what `legs.symbol` counts, `positions` what `legs.position` does. `left_out` are the ids of positions
    of which a leg has no volatility, or the underlying no price.
    """

    legs: Legs
    symbols: tuple[str, ...]
    positions: tuple[str, ...]
    left_out: tuple[str, ...]


Grouped: TypeAlias = tuple[dict[str, tuple[Position, ...]], tuple[str, ...]]
"""Positions by underlying, sorted, and the modules that hold any of them."""


def grouped(positions: Iterable[Position]) -> Grouped:
    """What is open of some positions."""
    found: dict[str, list[Position]] = {}
    for position in positions:
        if position.status.is_open and position.quantity > 0:
            found.setdefault(position.symbol, []).append(position)
    modules = {position.module_id for position in joined.from_iterable(found.values())}
    return {symbol: tuple(found[symbol]) for symbol in sorted(found)}, tuple(sorted(modules))


def held_legs(positions: Iterable[Position], chains: Mapping[str, Chain], now: dt.datetime, rate: float) -> HeldLegs:
    """The legs of positions at the volatilities and forwards that the newest quotes imply; `rate` as in valuations."""
    held = tuple(positions)
    values = held_values(held, chains, now, rate)
    rows: list[tuple[float, ...]] = []
    place: dict[str, int] = {}
    kept: list[str] = []
    left_out: list[str] = []
    for position in held:
        chain = chains.get(position.symbol)
        spot = math.nan if chain is None else chain.spot
        size = MULTIPLIER * position.quantity
        found = [(leg, values.get(leg.contract)) for leg in position.structure.legs]
        if not (math.isfinite(spot) and spot > 0) or any(value is None for _, value in found):
            left_out.append(position.position_id)
            continue
        where = (float(len(kept)), float(place.setdefault(position.symbol, len(place))))
        kept.append(position.position_id)
        rows += [
            (
                spot, value.forward, to_float(leg.contract.strike), value.years, value.volatility,
                float(leg.contract.right is Right.PUT), float(leg.ratio * size), *where,
            )
            for leg, value in found
            if value is not None
        ]  # fmt: skip
        if position.shares:
            rows.append((spot, spot, math.nan, 0.0, 0.0, 0.0, float(position.shares), *where))
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 9).T
    spots, forward, strike, years, volatility, is_put, sizes, number, symbol = table
    legs = Legs(
        spots, forward, strike, years, np.full(spots.size, rate), volatility, is_put > 0, sizes,
        number.astype(np.int64), symbol.astype(np.int64),
    )  # fmt: skip
    return HeldLegs(legs, tuple(place), tuple(kept), tuple(left_out))


def prices_of(
    positions: Sequence[Position],
    chains: Mapping[str, Chain],
    now: dt.datetime,
    rate: float,
    betas: Mapping[str, float] | None = None,
) -> Prices:
    """What the chains tell of everything that is held: the one market that worst case and closing plan see."""
    held: dict[str, tuple[OptionContract, ...]] = {position.symbol: () for position in positions}
    return prices_of_contracts(held | held_contracts(positions), chains, now, rate, betas)


def prices_of_contracts(
    held: Mapping[str, Sequence[OptionContract]],
    chains: Mapping[str, Chain],
    now: dt.datetime,
    rate: float,
    betas: Mapping[str, float] | None = None,
) -> Prices:
    """The same of options by underlying, none for an underlying of which only shares are held."""
    quotes: dict[OptionContract, Quote] = {}
    stocks: dict[str, Quote] = {}
    volatilities: dict[OptionContract, float] = {}
    for symbol, contracts in held.items():
        chain = chains.get(symbol)
        if chain is None:
            continue
        rows, known = chain.find(contracts)
        found = [contract for contract, is_known in zip(contracts, known.tolist(), strict=True) if is_known]
        quotes |= zip(found, chain.quotes_at(rows[known]), strict=True)
        if (spot := from_float(chain.spot)) is not None:
            stocks[symbol] = stock_quote(spot, chain.spot_at)
        volatilities |= volatilities_at(chain, contracts, rows, known, now, rate)
    return Prices(now, quotes, stocks, volatilities, rate, betas or {})
