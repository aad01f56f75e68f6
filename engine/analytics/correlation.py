"""How daily returns move together: correlations shrunk towards their mean, and betas with their standard errors.

Missing returns are left out pair by pair, and every figure tells how many sessions it rests on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.kernel import Flags
from engine.domain.chain import Floats, Ints
from engine.domain.scan import NO_PAST, Past

SESSIONS = 60
"""Daily returns behind a correlation, by the product's terms; the caller passes that many rows."""

FEWEST_SESSIONS = 40
"""Below that a figure is unknown: the error of a correlation is about 1 / sqrt(sessions)."""

_FEWEST_FOR_BETA = 3

_FLAT = 1e-10
"""Share of its size by which a column must vary: below that it is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Correlations:
    """Correlations of s names, (s, s), NaN where unknown: `shrunk` to be used, `sample` as observed.

    sessions: joint returns behind each pair; shrinkage: weight (0 to 1) of the mean correlation, NaN without pairs.
    The diagonal of a name with enough varying returns is 1.
    """

    shrunk: Floats
    sample: Floats
    sessions: Ints
    shrinkage: float


@dataclass(frozen=True, slots=True, eq=False)
class Betas:
    """Of each name, arrays (s,): beta and its standard error (NaN: unknown), and the joint returns behind them."""

    beta: Floats
    error: Floats
    sessions: Ints


def returns_of(symbols: Sequence[str], pasts: Mapping[str, Past], sessions: int) -> Floats:
    """Daily log returns (n, s) of the newest `sessions` that any of the symbols has, NaN where one has none.

    A return over a session that is missing is missing too.
    """
    known = [pasts.get(symbol, NO_PAST) for symbol in symbols]
    days = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(past.day for past in known)]))[-sessions - 1 :]
    close = np.full((days.size, len(known)), np.nan)
    for column, past in enumerate(known):
        _, rows, own = np.intersect1d(days, past.day, return_indices=True)
        close[rows, column] = past.close[own]
    with np.errstate(all="ignore"):
        returns: Floats = np.diff(np.log(close), axis=0)
    return returns


def correlations(returns: Floats, fewest: int = FEWEST_SESSIONS) -> Correlations:
    """Correlations of daily `returns` (n sessions, s names); what is not finite is missing.

    Pairs with fewer than `fewest` joint sessions, or with a name that does not vary, are unknown. The target is one
    correlation for all pairs, their mean; the weight is the one of least expected squared error, estimated on
    standardised returns. With returns missing the matrix need not be positive definite. Raises ValueError unless
    `returns` has two dimensions. Source: Ledoit and Wolf, Honey, I shrunk the sample covariance matrix (2004),
    appendix B.
    """
    if returns.ndim != 2:
        raise ValueError("returns must be a table of sessions by names")
    known = np.isfinite(returns)
    values = _centred(returns, known)
    sessions = _joint(known, known)
    sample = _pairwise(values, known, sessions)
    sample[(sessions < fewest) | ~np.isfinite(sample)] = np.nan
    pairs = np.isfinite(sample) & ~np.eye(sample.shape[0], dtype=np.bool_)
    if not pairs.any():
        return Correlations(sample.copy(), sample, sessions, float("nan"))
    mean = float(sample[pairs].mean())
    weight = _shrinkage(values, known, sample, pairs, mean)
    shrunk = np.where(pairs, weight * mean + (1 - weight) * sample, sample)
    return Correlations(shrunk, sample, sessions, weight)


def betas(returns: Floats, benchmark: Floats, fewest: int = FEWEST_SESSIONS) -> Betas:
    """Betas of daily `returns` (n, s) on those of a `benchmark` (n,), by least squares with an intercept.

    What is not finite is missing; fewer than `fewest` joint sessions (at least 3), or a benchmark that does not vary
    over them, give NaN. Raises ValueError for other shapes. Source: Hull, Options, Futures and Other Derivatives, 3.5.
    """
    if returns.ndim != 2 or benchmark.shape != returns.shape[:1]:
        raise ValueError("returns must be a table of sessions by names, with one benchmark return a session")
    known = np.isfinite(returns) & np.isfinite(benchmark)[:, None]
    sessions = known.sum(axis=0, dtype=np.int64)
    own = _centred(returns, known)
    market = _centred(np.broadcast_to(benchmark[:, None], returns.shape), known)
    with np.errstate(all="ignore"):
        spread = (market * market).sum(axis=0)
        beta = (own * market).sum(axis=0) / spread
        rest = np.where(known, own - beta * market, 0.0)
        error = np.sqrt((rest * rest).sum(axis=0) / (sessions - 2) / spread)
    unknown = (sessions < max(fewest, _FEWEST_FOR_BETA)) | (spread == 0)
    return Betas(np.where(unknown, np.nan, beta), np.where(unknown, np.nan, error), sessions)


def _centred(values: Floats, known: Flags) -> Floats:
    """Known values less their column's mean, all zero in a column that does not vary; zero where unknown."""
    filled = np.where(known, values, 0.0)
    with np.errstate(all="ignore"):
        moved = np.where(known, filled - filled.sum(axis=0) / known.sum(axis=0), 0.0)
    size, spread = (np.abs(table).max(axis=0, initial=0.0) for table in (filled, moved))
    return np.where(spread > _FLAT * size, moved, 0.0)


def _joint(left: Flags, right: Flags) -> Ints:
    """Sessions in which both of each pair are known, (s, s)."""
    counts: Ints = left.T.astype(np.int64) @ right.astype(np.int64)
    return counts


def _pairwise(values: Floats, known: Flags, sessions: Ints) -> Floats:
    """Correlations over the joint sessions of each pair, (s, s), of centred values; NaN where one does not vary."""
    present = known.astype(np.float64)
    with np.errstate(all="ignore"):
        mean = values.T @ present / sessions
        square = (values * values).T @ present / sessions
        variance = square - mean * mean
        # The mean over the joint sessions differs from the column's own; what is left of a constant is rounding.
        variance[variance <= _FLAT * square] = np.nan
        found = (values.T @ values / sessions - mean * mean.T) / np.sqrt(variance * variance.T)
    return np.clip(found, -1.0, 1.0)


def _shrinkage(values: Floats, known: Flags, sample: Floats, pairs: Flags, mean: float) -> float:
    """Weight of the mean: estimation error that it does not share, over its distance from the sample."""
    present = known.astype(np.float64)
    with np.errstate(all="ignore"):
        unit = np.nan_to_num(values / np.sqrt((values * values).sum(axis=0) / present.sum(axis=0)))
        square = unit * unit
        sessions = present.T @ present
        product = unit.T @ unit / sessions
        error = square.T @ square / sessions - product * product
        # Covariance of a name's own square with the product of the pair.
        own = (square * unit).T @ unit / sessions - square.T @ present / sessions * product
        shared = 0.5 * mean * (own + own.T)
        distance = float(((sample - mean)[pairs] ** 2).sum())
        excess = float(((error - shared) / sessions)[pairs].sum())
    return min(1.0, max(0.0, excess / distance)) if distance > 0 else 0.0
