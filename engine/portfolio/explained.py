"""P&L explained over one interval: what each contract's Greeks of its beginning say of its move. Pure.

A leg moves from one mid to another. Its own implied volatility carries both exactly, so the move is that of the
underlying, of time and of that volatility. The volatility is split in two: what the strikes around it have (smoothed),
and the rest, which is of the leg's own quote: mark noise. Half a tick of rounding in a bid is no opinion on volatility.

What the Greeks of the beginning leave out (vanna, volga, charm, what time does to theta and vega, and everything of
higher order) is one part, the cross terms. So the residual is no matter of how far things moved: it is where quotes do
not move as the pricing says, by exercise, carry, or a volatility that no quote told.

The underlying's move is the one that a leg's expiration had in view: of its forward, discounted (F e^-rT, the spot less
the dividends still to be paid before it, Hull, Options, Futures and Other Derivatives, 15.12). So an ex-day is no loss
of a call that everybody knew of, and quotes that are older than the spot beside them do not move before they do.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import Method
from engine.analytics.black_scholes import european
from engine.analytics.chain_values import ChainValues, chain_values
from engine.analytics.forward import quote_mids
from engine.analytics.kernel import DAYS_PER_YEAR, VOLATILITY_POINT, Flags
from engine.analytics.scenarios import money_shares
from engine.analytics.surface import iv_uncertainty
from engine.core.money import UNIT, Money, to_float
from engine.domain.chain import Chain, Floats, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.explained import PnlParts
from engine.domain.instrument import MULTIPLIER
from engine.domain.position import Position

NEIGHBOURS = 2
"""Strikes on each side whose volatilities make the smoothed one, the leg's own strike between them."""

_LEAST_UNCERTAINTY = 1e-4
"""A spread of nothing is no certainty: a hundredth of a volatility point."""

LEG_PARTS = ("delta", "gamma", "theta", "vega", "cross", "noise")
"""What a contract's move is explained by, as in `PnlParts`."""

_NOISE = LEG_PARTS.index("noise")


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What contracts of one underlying were worth at an instant; columns (n,) by `key`, $ a share and decimals.

    spot: of shares, $; side: 1 for calls, -1 for puts; price: the discounted forward of each expiration, NaN once it
    has expired or where unknown; iv: of the own mid, or `borrowed` from the other right; smooth: of the strikes around;
    Greeks as in `ChainValues`. `valid` rows have all of them.
    """

    at: dt.datetime
    spot: float
    rate: float
    key: Ints
    strike: Floats
    side: Floats
    years: Floats
    forward: Floats
    price: Floats
    mid: Floats
    iv: Floats
    smooth: Floats
    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    valid: Flags
    borrowed: Flags

    def rows(self, keys: Ints) -> NDArray[np.intp] | None:
        """Rows of contracts, None unless all are there."""
        if not keys.size:
            return np.zeros(0, dtype=np.intp)
        found = np.minimum(np.searchsorted(self.key, keys), self.key.size - 1)
        return found if self.key.size and bool((self.key[found] == keys).all()) else None

    def intrinsic(self, spot: float) -> Floats:
        """What exercise would bring at a price of the underlying, (n,)."""
        return np.maximum(self.side * (spot - self.strike), 0.0)


def point(chain: Chain, keys: Iterable[int], now: dt.datetime, rate: float) -> Point:
    """The contracts `keys` of a chain at an instant. Contracts that the chain has never shown are left out.

    `rate` continuously compounded a year. A leg's smoothed volatility is that of the nearest strikes (`_smoothed`).
    """
    held = np.isin(chain.key, np.fromiter(keys, dtype=np.int64))
    rows = np.flatnonzero(held)
    around = _around(chain, rows)
    held[around[around >= 0]] = True
    values = chain_values(chain, now, rate, wanted=held, method=Method.SCAN)
    _, is_put, strikes = decode_keys(chain.key[rows])
    years, forward = values.years[rows], values.forward[rows]
    mid = quote_mids(chain.bid, chain.ask)[rows]
    return Point(
        now, chain.spot, rate, chain.key[rows], strikes / UNIT, np.where(is_put, -1.0, 1.0), years, forward,
        np.where(years > 0, forward * np.exp(-rate * years), np.nan), mid, values.iv[rows],
        _smoothed(chain, values, rows, around), values.delta[rows], values.gamma[rows], values.theta[rows],
        values.vega[rows], (values.valid | values.borrowed)[rows] & (years > 0), values.borrowed[rows],
    )  # fmt: skip


def leg_parts(start: Point, end: Point) -> Floats:
    """What explains the move of each contract of `start` until `end`, (parts, n) in $ a share, `LEG_PARTS` their order.

    What is left of the mid's move is the residual. A contract without a volatility at either end moves as exercise
    does: `delta` is the move of what it would bring; the end of its life is the end of its time value, which is
    `theta`; the rest is noise. Where a volatility is borrowed the rest is noise too: the own mid told none.
    """
    at = np.minimum(np.searchsorted(end.key, start.key), max(end.key.size - 1, 0))
    if not end.key.size:
        return np.full((len(LEG_PARTS), start.key.size), np.nan)
    moved = np.where(end.key[at] == start.key, end.mid[at] - start.mid, np.nan)
    parts = _by_greeks(start, end, at)
    is_modelled = start.valid & end.valid[at]
    plain = _by_exercise(start, end, end.years[at] <= 0)
    parts = np.where(is_modelled, parts, plain)
    told = is_modelled & ~(start.borrowed | end.borrowed[at])
    parts[_NOISE] = np.where(told, parts[_NOISE], moved - parts[:_NOISE].sum(axis=0))
    parts[:, np.isnan(moved)] = np.nan
    return parts


def explain(position: Position, start: Point, end: Point, legs: Floats, change: Money, spot: float) -> PnlParts:
    """A position's change of value from one instant to another, with what it held all the while.

    `legs` are `leg_parts` of the two, `spot` is what its shares were valued at in the beginning. `change` is the change
    of its mark: the parts add up to it to the last unit, rounded by largest remainder. What cannot be told is residual.
    """
    held = position.structure.legs
    rows = start.rows(np.array([leg.contract.key for leg in held], dtype=np.int64))
    if rows is None:
        return PnlParts(residual=change)
    size = np.array([MULTIPLIER * leg.ratio * position.quantity for leg in held], dtype=np.float64)
    told = legs[:, rows] @ size
    if position.shares:
        told[0] += position.shares * (end.spot - spot)
    return in_money(dict(zip(LEG_PARTS, told.tolist(), strict=True)), change)


def in_money(told: Mapping[str, float], change: Money) -> PnlParts:
    """Parts in $ as integers that add up to `change`, the residual included; all of it residual where one is NaN."""
    values = np.array([*told.values(), 0.0])
    values[-1] = to_float(change) - values.sum()
    if not np.isfinite(values).all():
        return PnlParts(residual=change)
    return PnlParts(**dict(zip((*told, "residual"), money_shares(change, values), strict=True)))


def _by_greeks(start: Point, end: Point, at: NDArray[np.intp]) -> Floats:
    """`leg_parts` of contracts that have a volatility at both ends."""
    move = end.price[at] - start.price
    days = (start.years - end.years[at]) * DAYS_PER_YEAR
    shift = (end.iv[at] - start.iv) / VOLATILITY_POINT
    shared = (end.smooth[at] - start.smooth) / VOLATILITY_POINT
    with np.errstate(all="ignore"):
        return np.stack((
            start.delta * move,
            0.5 * start.gamma * move**2,
            start.theta * days,
            start.vega * shared,
            _cross(start, end, at, move, days, shift),
            start.vega * (shift - shared),
        ))  # fmt: skip


def _cross(start: Point, end: Point, at: NDArray[np.intp], move: Floats, days: Floats, shift: Floats) -> Floats:
    """What the formula says beyond its own delta, gamma, theta and vega, $ a share.

    The European one, which American options differ from little in this; nothing where exercise is due. Worked out as
    the whole move less the four, so that a gap that is wide for an option's short life is told too.
    """
    years, is_put = end.years[at], start.side < 0
    before = european(start.price, start.forward, start.strike, start.years, start.rate, start.iv, is_put)
    forward = end.price[at] * np.exp(end.rate * years)
    after = european(end.price[at], forward, start.strike, years, end.rate, end.iv[at], is_put)
    told = before.delta * move + 0.5 * before.gamma * move**2 + before.theta * days + before.vega * shift
    return np.where(start.vega > 0, after.price - before.price - told, 0.0)


def _by_exercise(start: Point, end: Point, has_ended: Flags) -> Floats:
    """`leg_parts` of contracts that have no volatility at one end or have expired, the noise left open."""
    parts = np.zeros((len(LEG_PARTS), start.key.size))
    before, after = start.intrinsic(start.spot), start.intrinsic(end.spot)
    parts[0] = after - before
    parts[2] = np.where(has_ended & (start.years > 0), before - start.mid, 0.0)
    return parts


def _around(chain: Chain, rows: NDArray[np.intp]) -> NDArray[np.intp]:
    """Rows (m, 2 x NEIGHBOURS + 1) of what is out of the money at and beside the strikes of `rows`; -1 for none."""
    ordinals, is_put, strikes = decode_keys(chain.key)
    outside = np.flatnonzero(np.isin(ordinals, ordinals[rows]) & (is_put == (strikes < chain.spot * UNIT)))
    place = (ordinals << 32) + strikes
    outside = outside[np.argsort(place[outside], kind="stable")]
    if not outside.size:
        return np.full((rows.size, 1), -1, dtype=np.intp)
    near = np.searchsorted(place[outside], place[rows])[:, None] + np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    found = outside[np.clip(near, 0, outside.size - 1)]
    is_there = (near >= 0) & (near < outside.size) & (ordinals[found] == ordinals[rows][:, None])
    return np.where(is_there, found, -1)


def _smoothed(chain: Chain, values: ChainValues, rows: NDArray[np.intp], around: NDArray[np.intp]) -> Floats:
    """Volatility (m,) at the strikes of `rows` of a straight line through that of the strikes `around`, by log strike.

    Each counts by the inverse square of what half its spread is worth; contracts without a bid or an own volatility do
    not. With fewer than three, or where no line is told, it is the own volatility.
    """
    _, _, strikes = decode_keys(chain.key)
    vega = values.vega[around]
    unsure = iv_uncertainty(chain.bid[around], chain.ask[around], vega)
    counts = (around >= 0) & values.valid[around] & (chain.bid[around] > 0) & np.isfinite(unsure)
    weight = np.where(counts, 1.0 / np.maximum(np.where(counts, unsure, 1.0), _LEAST_UNCERTAINTY) ** 2, 0.0)
    x = np.log(strikes[around] / strikes[rows][:, None])
    y = np.where(counts, values.iv[around], 0.0)
    total, first, second = weight.sum(axis=1), (weight * x).sum(axis=1), (weight * x * x).sum(axis=1)
    level, tilt = (weight * y).sum(axis=1), (weight * x * y).sum(axis=1)
    with np.errstate(all="ignore"):
        line = (second * level - first * tilt) / (total * second - first**2)
    own = values.iv[rows]
    return np.where((counts.sum(axis=1) > NEIGHBOURS) & np.isfinite(line) & (line > 0), line, own)
