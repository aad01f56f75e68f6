"""Realised volatility of daily prices over a moving window: close to close, and by Yang and Zhang.

Prices must be adjusted for splits and dividends by the caller. A year has 252 sessions. What is missing is told, not
filled: a window with an unusable row has no volatility.
"""

import math
from dataclasses import dataclass

import numpy as np

from engine.analytics.kernel import Flags
from engine.domain.chain import Floats, Ints

SESSIONS_A_YEAR = 252

FEWEST_RETURNS = 2

_ROUNDING = 1e-9
"""How far a close may lie outside its day's range: adjusted prices are rounded each on their own."""


@dataclass(frozen=True, slots=True, eq=False)
class RealisedVolatility:
    """Of the window that ends at each session, arrays (n,): volatility a year, decimal (NaN: unknown).

    missing: returns of the window that are unknown, the sessions before the first row among them.
    """

    volatility: Floats
    missing: Ints

    @property
    def valid(self) -> Flags:
        """Sessions with a volatility."""
        return np.isfinite(self.volatility)


def close_to_close(close: Floats, window: int = 20) -> RealisedVolatility:
    """Sample deviation of the last `window` log returns, mean removed. `close` (n,) in $, one row a session.

    A close that is not finite or not above zero takes both its returns away. Raises ValueError unless `close` is
    one-dimensional and the window at least 2. Source: Hull, Options, Futures and Other Derivatives, 15.4.
    """
    _check(window, close)
    returns = np.diff(_log(close), prepend=np.nan)
    return _annualised(_windows(returns, window).var(axis=1, ddof=1), returns, window)


def yang_zhang(open_: Floats, high: Floats, low: Floats, close: Floats, window: int = 20) -> RealisedVolatility:
    """Deviation from opening jumps, days and ranges together: far less noise than closes alone, and no bias by drift.

    Columns (n,) in $, one row a session. A row is unusable unless all four are finite, above zero, and open and close
    lie between low and high; it takes the next row's opening jump away too. Raises ValueError unless the columns have
    one shape (n,) and the window is at least 2.
    Source: Yang and Zhang, Drift-independent volatility estimation based on high, low, open and close prices (2000).
    """
    _check(window, open_, high, low, close)
    logs = np.stack([_log(column) for column in (open_, high, low, close)])
    start, top, bottom, end = logs
    outside = (bottom > np.minimum(start, end) + _ROUNDING) | (top < np.maximum(start, end) - _ROUNDING)
    logs[:, outside | np.isnan(logs).any(axis=0)] = np.nan
    jump = start - np.concatenate((np.full(min(1, end.size), np.nan), end[:-1]))
    day = end - start
    up, down = top - start, bottom - start
    span = up * (up - day) + down * (down - day)
    # The weight with the least variance, section 4 of the paper.
    share = 0.34 / (1.34 + (window + 1) / (window - 1))
    variance = (
        _windows(jump, window).var(axis=1, ddof=1)
        + share * _windows(day, window).var(axis=1, ddof=1)
        + (1 - share) * _windows(span, window).mean(axis=1)
    )
    return _annualised(variance, jump + day + span, window)


def _check(window: int, *prices: Floats) -> None:
    if window < FEWEST_RETURNS:
        raise ValueError(f"a window has at least {FEWEST_RETURNS} returns, not {window}")
    if any(column.ndim != 1 or column.shape != prices[0].shape for column in prices):
        raise ValueError("prices must be columns (n,) of one length")


def _log(prices: Floats) -> Floats:
    """Logarithms; NaN for what is no price."""
    with np.errstate(all="ignore"):
        found: Floats = np.log(prices)
    return np.where(np.isfinite(found), found, np.nan)


def _windows(column: Floats, window: int) -> Floats:
    """Rows (n, window), the last `window` values up to each; NaN before the first."""
    padded = np.concatenate((np.full(window, np.nan), column))
    return np.lib.stride_tricks.sliding_window_view(padded, window)[1:]


def _annualised(variance: Floats, returns: Floats, window: int) -> RealisedVolatility:
    missing = np.isnan(_windows(returns, window)).sum(axis=1, dtype=np.int64)
    # A range that rounding has turned inside out may bring the sum a hair below zero.
    return RealisedVolatility(math.sqrt(SESSIONS_A_YEAR) * np.sqrt(np.maximum(variance, 0.0)), missing)
