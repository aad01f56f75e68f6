"""The 30-day volatility at the money of one chain, from few of its quotes: what IV rank is made of, for every symbol.

It is `Surface.constant_maturity` over the quotes near the money of the expirations around thirty days, which a whole
surface would tell within a tenth of a point.
"""

import numpy as np

from engine.analytics.chain_smile import chain_surface
from engine.analytics.chain_values import chain_values
from engine.analytics.kernel import Flags
from engine.analytics.smile_fit import FEWEST_FOR_SVI
from engine.analytics.surface import MONTH
from engine.core.calendar import market_day
from engine.domain.chain import Chain, Ints
from engine.domain.instrument import decode_keys

NEAREST_DAYS = 7
"""An expiration within a week moves with the hour, not with what the market thinks of a month."""

FURTHEST_OFF = 10 / 365
"""Years: where all expirations lie on one side of thirty days, the nearest may be this far off."""

_MONTH_DAYS = 30
_LAST_DAYS = 95
_STRIKES_A_SIDE = 8


def month_volatility(chain: Chain, rate: float) -> float:
    """Volatility a year (decimal) at the money thirty days from the chain's newest quotes; NaN where it tells none."""
    ordinals, is_put, strikes = decode_keys(chain.key)
    days = ordinals - market_day(chain.at).toordinal()
    near = _near_the_money(chain, days, is_put, strikes)
    distinct, counts = np.unique(days[near], return_counts=True)
    well_quoted = distinct[counts >= FEWEST_FOR_SVI]
    around = np.concatenate([well_quoted[well_quoted <= _MONTH_DAYS][-1:], well_quoted[well_quoted > _MONTH_DAYS][:1]])
    found = _at_a_month(chain, rate, near & np.isin(days, around))
    # Of a sparse chain each expiration tells a part: all of them together, or none.
    return found if np.isfinite(found) else _at_a_month(chain, rate, near)


def _near_the_money(chain: Chain, days: Ints, is_put: Flags, strikes: Ints) -> Flags:
    """Rows (n,) out of the money, of each expiration and side the few with the strikes nearest to the spot."""
    strike = strikes / 10_000
    quoted = (chain.bid > 0) & (chain.ask >= chain.bid) & (is_put == (strike < chain.spot))
    rows = np.flatnonzero(quoted & (days >= NEAREST_DAYS) & (days <= _LAST_DAYS))
    order = rows[np.lexsort((np.abs(strike[rows] - chain.spot), is_put[rows], days[rows]))]
    group = days[order] * 2 + is_put[order]
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    place = np.arange(order.size) - np.repeat(starts, np.diff(np.append(starts, order.size)))
    near = np.zeros(days.size, dtype=np.bool_)
    near[order[place < _STRIKES_A_SIDE]] = True
    return near


def _at_a_month(chain: Chain, rate: float, wanted: Flags) -> float:
    """What the surface over the wanted rows says of thirty days."""
    if not wanted.any():
        return float("nan")
    surface = chain_surface(chain, chain_values(chain, chain.at, rate, wanted=wanted))
    months = surface.constant_maturity()
    nearest = min((abs(smile.years - MONTH) for smile in surface.smiles), default=np.inf)
    if months.extrapolated[0] and nearest > FURTHEST_OFF:
        return float("nan")
    return float(months.volatility[0])
