"""Values of many days' chains in one pass, so that a backtest over a year values nothing.

A European shortcut of `analytics.chain_values`: each expiration's forward by parity, each strike's volatility from the
side out of the money, lent to the other side, and European values on that forward. On recorded chains of
SPY, QQQ, TSLA and NVDA what is out of the money differs from the American figures by less than a thousandth of a delta
in the middle, and a hundredth at the most. In the money, as far as boards look, it is mostly four thousandths, and for
one row in twenty more than four hundredths: what early exercise adds is not in it. A fortieth of the time buys that.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics.black_scholes import european
from engine.analytics.chain_values import ChainValues
from engine.analytics.forward import quote_mids
from engine.analytics.implied_volatility import implied_volatility, quote_status
from engine.analytics.kernel import IvStatus
from engine.core.calendar import expiry_at, market_day
from engine.core.clock import epoch_us
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.quote_flags import Flags

INTO_THE_MONEY = 0.15
"""How far in the money a contract is still valued, a share of the spot: as far as the boards of modules look."""

_YEAR_US = 365 * 86_400 * 1_000_000
_DAY_BITS = 53
"""No key of a contract reaches so far: above it there is room for the number of the day."""
_MOST_DAYS = 512

_PAIRS, _FEWEST_PAIRS, _WIDEST_DISAGREEMENT = 7, 3, 0.02
_SPOT_DAYS, _WIDEST_GAP = 14, 0.015
"""As in `analytics.forward`."""

_POINTS, _FEWEST_POINTS = 8, 5
_NEAREST_DAYS, _LAST_DAYS, _MONTH_DAYS = 7, 95, 30
"""As in `analytics.month_volatility`."""


@dataclass(frozen=True, slots=True, eq=False)
class Valued:
    """Of chains in their order: the values of each, and its 30-day volatility (d,), NaN where it tells none."""

    values: tuple[ChainValues, ...]
    month: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Stack:
    """All rows (n,) of all chains one below the other, in groups (g,): one expiration of one day each."""

    composite: Ints
    day: Ints
    group: Ints
    is_put: Flags
    strike: Floats
    mid: Floats
    has_bid: Flags
    status: NDArray[np.int8]
    twin: Ints
    """Row of the other right at the strike, -1 without."""
    group_day: Ints
    group_days: Ints
    """Calendar days to the group's expiration."""
    group_years: Floats
    spot: Floats
    """Of each day (d,)."""


def value_chains(chains: Sequence[Chain], rate: float) -> Valued:
    """Value chains of ascending days, each at its own `at`; `rate` continuously compounded a year.

    At most 512 of them. A row that is not valued has status NOT_ASKED or the reason of its own quote.
    """
    if not chains or not sum(chain.key.size for chain in chains):
        empty = tuple(_nothing(chain) for chain in chains)
        return Valued(empty, np.full(len(chains), np.nan))
    stack = _stacked(chains)
    forward = _forwards(stack, rate)
    spot = _spots(stack, forward, rate)
    iv, status = _volatilities(stack, forward, rate)
    years, of_row = stack.group_years[stack.group], forward[stack.group]
    rows = np.flatnonzero(np.isfinite(iv))
    delta, gamma, theta, vega = figures = np.full((4, iv.size), np.nan)
    found = european(
        spot[stack.day[rows]], of_row[rows], stack.strike[rows], years[rows], rate, iv[rows], stack.is_put[rows]
    )
    figures[:, rows] = np.stack((found.delta, found.gamma, found.theta, found.vega))
    borrowed = np.zeros(iv.size, dtype=np.bool_)
    starts = np.searchsorted(stack.day, np.arange(len(chains) + 1))
    values = []
    for number in range(len(chains)):
        part = slice(int(starts[number]), int(starts[number + 1]))
        values.append(
            ChainValues(
                spot=float(spot[number]),
                years=years[part],
                forward=of_row[part],
                mid=stack.mid[part],
                iv=iv[part],
                delta=delta[part],
                gamma=gamma[part],
                theta=theta[part],
                vega=vega[part],
                status=status[part],
                borrowed=borrowed[part],
            )
        )
    return Valued(tuple(values), _months(stack, forward, iv))


def _nothing(chain: Chain) -> ChainValues:
    none = np.empty(0)
    status, borrowed = np.empty(0, dtype=np.int8), np.empty(0, dtype=np.bool_)
    return ChainValues(chain.spot, none, none, none, none, none, none, none, none, status, borrowed)


def _stacked(chains: Sequence[Chain]) -> _Stack:
    if len(chains) > _MOST_DAYS:
        raise ValueError(f"{len(chains)} chains are more than the {_MOST_DAYS} that are valued together")
    sizes = np.array([chain.key.size for chain in chains])
    key = np.concatenate([chain.key for chain in chains])
    bid, ask = (np.concatenate([getattr(chain, name) for chain in chains]) for name in ("bid", "ask"))
    day = np.repeat(np.arange(len(chains)), sizes)
    ordinal, is_put, strike = decode_keys(key)
    composite = (day << _DAY_BITS) | key
    other = composite ^ np.int64(1 << 32)
    place = np.minimum(np.searchsorted(composite, other), composite.size - 1)
    is_new = np.ones(key.size, dtype=np.bool_)
    is_new[1:] = (ordinal[1:] != ordinal[:-1]) | (day[1:] != day[:-1])
    first = np.flatnonzero(is_new)
    distinct, which = np.unique(ordinal[first], return_inverse=True)
    ends = np.array([epoch_us(expiry_at(dt.date.fromordinal(each))) for each in distinct.tolist()], dtype=np.int64)
    now = np.array([epoch_us(chain.at) for chain in chains], dtype=np.int64)
    today = np.array([market_day(chain.at).toordinal() for chain in chains], dtype=np.int64)
    return _Stack(
        composite=composite,
        day=day,
        group=np.cumsum(is_new) - 1,
        is_put=is_put,
        strike=strike / UNIT,
        mid=quote_mids(bid, ask),
        has_bid=bid > 0,
        status=quote_status(bid, ask),
        twin=np.where(composite[place] == other, place, -1),
        group_day=day[first],
        group_days=ordinal[first] - today[day[first]],
        group_years=np.maximum(0.0, (ends[which] - now[day[first]]) / _YEAR_US),
        spot=np.array([chain.spot for chain in chains], dtype=np.float64),
    )


def _forwards(stack: _Stack, rate: float) -> Floats:
    """Forward of each group (g,): the median of the pairs nearest to the money, else the spot carried by the rate."""
    spot = stack.spot[stack.group_day]
    growth = np.exp(rate * stack.group_years)
    twin = stack.twin
    is_pair = ~stack.is_put & (twin >= 0) & stack.has_bid & stack.has_bid[twin]
    rows = np.flatnonzero(is_pair)
    rows = rows[np.isfinite(stack.mid[rows] + stack.mid[twin[rows]])]
    group, rank, rows = _nearest(stack, rows, np.abs(stack.strike[rows] - stack.spot[stack.day[rows]]), _PAIRS)
    told = np.full((spot.size, _PAIRS), np.nan)
    told[group, rank] = stack.strike[rows] + growth[group] * (stack.mid[rows] - stack.mid[twin[rows]])
    count = np.isfinite(told).sum(axis=1)
    middle = _medians(told, count)
    apart = _medians(np.abs(told - middle[:, np.newaxis]), count)
    with np.errstate(invalid="ignore"):
        is_good = (count >= _FEWEST_PAIRS) & (middle > 0) & (apart <= _WIDEST_DISAGREEMENT * spot)
    return np.where(is_good & (stack.group_years > 0), middle, spot * growth)


def _spots(stack: _Stack, forward: Floats, rate: float) -> Floats:
    """The spot that each day's quotes had in view (d,), by the nearest expiration, as `synchronised_spot` finds it."""
    alive = np.flatnonzero(stack.group_years > 0)
    days, first = np.unique(stack.group_day[alive], return_index=True)
    nearest = alive[first]
    discounted = forward[nearest] * np.exp(-rate * stack.group_years[nearest])
    given = stack.spot[days]
    takes = (stack.group_days[nearest] <= _SPOT_DAYS) & (np.abs(discounted - given) <= _WIDEST_GAP * given)
    spot = stack.spot.copy()
    spot[days] = np.where(takes, discounted, given)
    return spot


def _volatilities(stack: _Stack, forward: Floats, rate: float) -> tuple[Floats, NDArray[np.int8]]:
    """Volatility and status of each row (n,): of its own mid out of the money, of the other right's in the money."""
    of_row, years = forward[stack.group], stack.group_years[stack.group]
    is_otm = stack.is_put == (stack.strike < of_row)
    here = stack.spot[stack.day]
    depth = np.where(stack.is_put, stack.strike - here, here - stack.strike)
    status = np.where(depth <= INTO_THE_MONEY * here, stack.status, np.int8(IvStatus.NOT_ASKED))
    is_quoted = status == IvStatus.OK
    iv = np.full(status.size, np.nan)
    lends = np.zeros(status.size, dtype=np.bool_)
    lends[stack.twin[is_quoted & ~is_otm & (stack.twin >= 0)]] = True
    own = np.flatnonzero((is_quoted | (lends & (stack.status == IvStatus.OK))) & is_otm)
    found = implied_volatility(stack.mid[own], of_row[own], stack.strike[own], years[own], rate, stack.is_put[own])
    iv[own] = found.volatility
    status[own] = found.status
    others = np.flatnonzero(is_quoted & ~is_otm)
    twin = stack.twin[others]
    iv[others] = np.where(twin >= 0, iv[twin], np.nan)
    alone = others[np.isnan(iv[others])]
    found = implied_volatility(
        stack.mid[alone], of_row[alone], stack.strike[alone], years[alone], rate, stack.is_put[alone]
    )
    iv[alone], status[alone] = found.volatility, found.status
    return iv, status


def _months(stack: _Stack, forward: Floats, iv: Floats) -> Floats:
    """30-day volatility of each day (d,) between the expirations on both sides of thirty days."""
    of_row = forward[stack.group]
    away = np.log(stack.strike / of_row)
    is_otm = stack.is_put == (stack.strike < of_row)
    rows = np.flatnonzero(is_otm & np.isfinite(iv) & stack.has_bid)
    group, rank, rows = _nearest(stack, rows, np.abs(away[rows]), _POINTS)
    count = forward.size
    x = np.zeros((count, _POINTS))
    y, weight = np.zeros_like(x), np.zeros_like(x)
    x[group, rank], y[group, rank], weight[group, rank] = away[rows], iv[rows], 1.0
    told = weight.sum(axis=1)
    is_good = (told >= _FEWEST_POINTS) & ((x * weight).min(axis=1) < 0) & ((x * weight).max(axis=1) > 0)
    is_good &= (stack.group_days >= _NEAREST_DAYS) & (stack.group_days <= _LAST_DAYS)
    at_money = np.full(count, np.nan)
    at_money[is_good] = _at_zero(x[is_good], y[is_good], weight[is_good])
    return _between(stack, at_money**2 * stack.group_years, is_good)


def _at_zero(x: Floats, y: Floats, weight: Floats) -> Floats:
    """A parabola through each row's points (g, p), read at zero (g,)."""
    scale = np.abs(x).max(axis=1, keepdims=True)
    x = x / scale
    basis = np.stack((np.ones_like(x), x, x * x), axis=2) * weight[:, :, np.newaxis]
    normal = basis.transpose(0, 2, 1) @ basis
    # A row whose points share few strikes still has an answer: the least that the diagonal must be.
    normal += 1e-12 * np.eye(3)
    right = (basis * y[:, :, np.newaxis]).sum(axis=1)
    found: Floats = np.linalg.solve(normal, right[:, :, np.newaxis])[:, 0, 0]
    return found


def _between(stack: _Stack, variance: Floats, is_good: Flags) -> Floats:
    """Total variances (g,) read at thirty days, straight in time, as a volatility of each day (d,)."""
    month = np.full(stack.spot.size, np.nan)
    near = np.flatnonzero(is_good & (stack.group_days <= _MONTH_DAYS))
    far = np.flatnonzero(is_good & (stack.group_days > _MONTH_DAYS))
    # Groups are ascending by day and expiration: the last near one of a day, and its first far one.
    last, first = np.full(month.size, -1), np.full(month.size, -1)
    last[stack.group_day[near]] = near
    first[stack.group_day[far[::-1]]] = far[::-1]
    both = np.flatnonzero((last >= 0) & (first >= 0))
    start, end = last[both], first[both]
    years, span = _MONTH_DAYS / 365, stack.group_years[end] - stack.group_years[start]
    share = (years - stack.group_years[start]) / span
    total = variance[start] * (1 - share) + variance[end] * share
    month[both] = np.sqrt(np.where(total > 0, total, np.nan) / years)
    return month


def _nearest(stack: _Stack, rows: Ints, distance: Floats, most: int) -> tuple[Ints, Ints, Ints]:
    """The `most` rows of each group with the least distance: their groups, their places in it, and themselves."""
    order = np.lexsort((distance, stack.group[rows]))
    rows = rows[order]
    group = stack.group[rows]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    rank = np.arange(rows.size) - np.repeat(starts, np.diff(np.append(starts, rows.size)))
    inside = rank < most
    return group[inside], rank[inside], rows[inside]


def _medians(table: Floats, count: Ints) -> Floats:
    """The median of each row's finite cells; NaN for a row without any."""
    ordered = np.sort(table, axis=1)
    row = np.arange(count.size)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    middle: Floats = 0.5 * (ordered[row, low] + ordered[row, np.minimum(high, table.shape[1] - 1)])
    return middle
