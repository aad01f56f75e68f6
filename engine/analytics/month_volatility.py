"""The 30-day volatility at the money of one chain, from few of its quotes: what IV rank is made of, for every symbol.

Where the expirations on both sides of thirty days are well quoted, the strikes nearest to their forwards tell it, in a
millisecond: early exercise is worth next to nothing there. A sparse chain is asked as a whole, as a surface.
"""

import datetime as dt
import math

import numpy as np

from engine.analytics.chain_smile import chain_surface
from engine.analytics.chain_values import chain_values
from engine.analytics.forward import implied_forward, is_fresh, quote_mids
from engine.analytics.implied_volatility import implied_volatility
from engine.analytics.kernel import Flags
from engine.analytics.surface import MONTH
from engine.core.calendar import market_day, years_to_expiry
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats, Ints
from engine.domain.contract_keys import decode_keys

NEAREST_DAYS = 7
"""An expiration within a week moves with the hour, not with what the market thinks of a month."""

FURTHEST_OFF = 10 / 365
"""Years: where all expirations lie on one side of thirty days, the nearest may be this far off."""

_MONTH_DAYS = 30
_LAST_DAYS = 95
_STRIKES_A_SIDE = 8
_STRIKES_AT_THE_MONEY = 8
_FEWEST_AT_THE_MONEY = 5


def month_volatility(chain: Chain, rate: float) -> float:
    """Volatility a year (decimal) at the money thirty days from the chain's newest quotes; NaN where it tells none."""
    ordinals, is_put, strikes = decode_keys(chain.key)
    days = ordinals - market_day(chain.at).toordinal()
    usable = (chain.bid > 0) & is_fresh(chain) & (days >= NEAREST_DAYS) & (days <= _LAST_DAYS)
    mid = np.where(usable, quote_mids(chain.bid, chain.ask), np.nan)
    distinct = np.unique(days[np.isfinite(mid)])
    around = [*distinct[distinct <= _MONTH_DAYS][-1:].tolist(), *distinct[distinct > _MONTH_DAYS][:1].tolist()]
    known = [_at_the_money(chain, days == day, is_put, strikes / UNIT, mid, rate) for day in around]
    if len(known) == 2 and all(math.isfinite(volatility) for _, volatility in known):
        return _between(*known)
    near = _near_the_money(chain, np.isfinite(mid), days, is_put, strikes / UNIT)
    return _of_surface(chain, rate, near) if near.any() else math.nan


def volatility_at_the_money(chain: Chain, expiration: int, rate: float) -> float:
    """Volatility a year (decimal) at the forward of one expiration (an ordinal); NaN where its quotes tell none.

    From the few strikes nearest the forward, in a millisecond; `rate` continuously compounded, a year.
    """
    ordinals, is_put, strikes = decode_keys(chain.key)
    of_expiration = ordinals == expiration
    mid = np.where(of_expiration & (chain.bid > 0) & is_fresh(chain), quote_mids(chain.bid, chain.ask), np.nan)
    return _at_the_money(chain, of_expiration, is_put, strikes / UNIT, mid, rate)[1]


def _at_the_money(
    chain: Chain, of_expiration: Flags, is_put: Flags, strike: Floats, mid: Floats, rate: float
) -> tuple[float, float]:
    """Years to an expiration, and its volatility at the forward; NaN unless strikes on both sides of it tell one."""
    calls, puts = np.flatnonzero(of_expiration & ~is_put), np.flatnonzero(of_expiration & is_put)
    # The chain is sorted by strike within each right.
    level, of_call, of_put = np.intersect1d(strike[calls], strike[puts], assume_unique=True, return_indices=True)
    call, put = mid[calls[of_call]], mid[puts[of_put]]
    ordinal = decode_keys(chain.key[calls[:1]])[0] if calls.size else np.empty(0, dtype=np.int64)
    years = years_to_expiry(chain.at, dt.date.fromordinal(int(ordinal[0]))) if ordinal.size else 0.0
    forward = implied_forward(chain.spot, level, call, put, years, rate)
    if forward is None or years <= 0:
        return years, math.nan
    otm = np.where(level < forward, put, call)
    nearest = np.argsort(np.where(np.isfinite(otm), np.abs(level - forward), np.inf), kind="stable")
    nearest = nearest[:_STRIKES_AT_THE_MONEY]
    below = level[nearest] < forward
    iv = implied_volatility(otm[nearest], forward, level[nearest], years, rate, below).volatility
    told = np.isfinite(iv)
    if np.count_nonzero(told) < _FEWEST_AT_THE_MONEY or below[told].all() or not below[told].any():
        return years, math.nan
    # The curve through the few points, read at the forward.
    k = np.log(level[nearest][told] / forward)
    return years, float(np.polynomial.polynomial.polyfit(k, iv[told], 2)[0])


def _between(first: tuple[float, float], last: tuple[float, float]) -> float:
    """Volatility at a month where total variance runs straight in time through two expirations."""
    (near, near_iv), (far, far_iv) = first, last
    share = (MONTH - near) / (far - near)
    variance = near_iv**2 * near * (1 - share) + far_iv**2 * far * share
    return math.sqrt(variance / MONTH) if variance > 0 else math.nan


def _near_the_money(chain: Chain, quoted: Flags, days: Ints, is_put: Flags, strike: Floats) -> Flags:
    """Rows (n,) out of the money, of each expiration and side the few with the strikes nearest to the spot."""
    rows = np.flatnonzero(quoted & (is_put == (strike < chain.spot)))
    order = rows[np.lexsort((np.abs(strike[rows] - chain.spot), is_put[rows], days[rows]))]
    group = days[order] * 2 + is_put[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    place = np.arange(order.size) - np.repeat(starts, np.diff(np.append(starts, order.size)))
    near = np.zeros(days.size, dtype=np.bool_)
    near[order[place < _STRIKES_A_SIDE]] = True
    return near


def _of_surface(chain: Chain, rate: float, wanted: Flags) -> float:
    """What the surface over the wanted rows says of thirty days."""
    surface = chain_surface(chain, chain_values(chain, chain.at, rate, wanted=wanted))
    months = surface.constant_maturity()
    nearest = min((abs(smile.years - MONTH) for smile in surface.smiles), default=np.inf)
    if months.extrapolated[0] and nearest > FURTHEST_OFF:
        return math.nan
    return float(months.volatility[0])
