"""Greeks that add up: (views of positions, betas, the index) -> WeightedGreeks. Pure.

Shares of different names do not add; their dollars do, and, each times its beta, so do they as shares of an index.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.analytics.scenarios import Legs
from engine.core.money import Money, to_float
from engine.domain.chain import Chain
from engine.domain.greeks import WeightedGreeks
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.position import Position
from engine.domain.snapshot import PositionView
from engine.portfolio.valuation import held_values


def weighted_greeks(
    views: Iterable[PositionView], betas: Mapping[str, float], index_spot: Money | None
) -> WeightedGreeks:
    """What some positions add up to; those without Greeks are left out, as they are of the raw sums."""
    delta: dict[str, Money] = {}
    gamma: dict[str, Money] = {}
    vega = 0.0
    for view in views:
        symbol = view.position.symbol
        delta[symbol] = delta.get(symbol, 0) + (view.dollar_delta or 0)
        gamma[symbol] = gamma.get(symbol, 0) + (view.dollar_gamma or 0)
        vega += view.vega_30d or 0.0
    known = [(betas[symbol], symbol) for symbol in sorted(delta) if symbol in betas]
    return _on_index(
        WeightedGreeks(
            dollar_delta=sum(delta.values()),
            dollar_gamma=sum(gamma.values()),
            vega_30d=round(vega, 4),
            beta_dollar_delta=sum(round(beta * delta[symbol]) for beta, symbol in known),
            beta_dollar_gamma=sum(round(beta * beta * gamma[symbol]) for beta, symbol in known),
            without_beta=tuple(sorted(delta.keys() - betas.keys())),
        ),
        index_spot,
    )


def summed_greeks(parts: Iterable[WeightedGreeks], index_spot: Money | None) -> WeightedGreeks:
    """The same of several modules: their dollars add up exactly."""
    modules = tuple(parts)
    return _on_index(
        WeightedGreeks(
            dollar_delta=sum(each.dollar_delta for each in modules),
            dollar_gamma=sum(each.dollar_gamma for each in modules),
            vega_30d=round(sum(each.vega_30d for each in modules), 4),
            beta_dollar_delta=sum(each.beta_dollar_delta for each in modules),
            beta_dollar_gamma=sum(each.beta_dollar_gamma for each in modules),
            without_beta=tuple(sorted({symbol for each in modules for symbol in each.without_beta})),
        ),
        index_spot,
    )


def _on_index(greeks: WeightedGreeks, index_spot: Money | None) -> WeightedGreeks:
    """With what the dollars are as shares of the index."""
    if not index_spot:
        return greeks
    spot = to_float(index_spot)
    return replace(
        greeks,
        beta_delta=round(greeks.beta_dollar_delta / index_spot, 4),
        beta_gamma=round(100 * to_float(greeks.beta_dollar_gamma) / (spot * spot), 6),
    )


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
