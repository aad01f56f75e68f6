"""Where today's implied volatility stands in its past year: IV rank and IV percentile.

Source: product terms, section 1. The volatility is the 30-day one of `Surface.constant_maturity`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics.kernel import Flags, FloatLike
from engine.domain.chain import Floats, Ints

SESSIONS = 252
"""How far back a rank looks."""

FEWEST_SESSIONS = 60

_FLAT = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class VolatilityRank:
    """Of each symbol, arrays (s,): rank and percentile in percent (NaN: unknown), and the sessions behind them.

    rank: today's distance from the year's low as a share of its range; below 0 or above 100 when today leaves the range
    of the sessions before. percentile: share of the sessions that were below today.
    """

    rank: Floats
    percentile: Floats
    sessions: Ints

    @property
    def valid(self) -> Flags:
        """Symbols whose rank is known."""
        return np.isfinite(self.rank)


def volatility_rank(today: FloatLike, previous: Floats) -> VolatilityRank:
    """Rank `today` (s,) among `previous` (s, n), the sessions before in ascending order; one symbol: a float and (n,).

    The last 252 columns count, and of them those with a finite volatility above zero; NaN marks a session without.
    Unknown with fewer than 60, with a flat range, or without a volatility today. Raises ValueError for other shapes.
    """
    now = np.atleast_1d(np.asarray(today, dtype=np.float64))
    past = np.atleast_2d(previous)[:, -SESSIONS:]
    if past.ndim != 2 or now.shape != past.shape[:1]:
        raise ValueError("each symbol has one volatility today and one row of sessions")
    known: NDArray[np.bool_] = np.isfinite(past) & (past > 0)
    sessions = known.sum(axis=1, dtype=np.int64)
    low = np.where(known, past, np.inf).min(axis=1, initial=np.inf)
    high = np.where(known, past, -np.inf).max(axis=1, initial=-np.inf)
    usable = (sessions >= FEWEST_SESSIONS) & np.isfinite(now) & (now > 0)
    usable &= high - low > _FLAT * np.abs(high)
    with np.errstate(all="ignore"):
        rank = 100 * (now - low) / (high - low)
        # The quotient of two equal differences may come out a last bit above one.
        rank = np.where(now <= high, np.minimum(rank, 100), rank)
        percentile = 100 * (known & (past < now[:, None])).sum(axis=1) / sessions
    return VolatilityRank(np.where(usable, rank, np.nan), np.where(usable, percentile, np.nan), sessions)
