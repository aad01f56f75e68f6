"""Prices and volatilities of the simulated market: one seeded path per session, chained from close to open.

Each log volatility is an Ornstein-Uhlenbeck process that moves against its price (leverage); returns share a market
factor; jumps and overnight gaps come on top. A session is a pure function of (seed, day, state at the close before),
so it can be computed again on any machine from the start of the market.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from engine.core.calendar import Session
from engine.domain.chain import Floats, Ints

RATE = 0.04
"""Risk-free rate of the simulated market, continuously compounded, a year. It pays no dividends."""

MEAN_REVERSION = 8.0
"""How fast log volatility returns to its mean, a year: half of a shock is gone after a month."""

_EQUITY_PREMIUM = 0.04
"""What a beta of one earns above the risk-free rate, a year."""
_LOG_VOL_SPREAD = 0.30
"""Standard deviation of log volatility in the long run."""
_SHARED_VOL_SHOCK = 0.6
"""Part of the variance of volatility's own shocks that all names share."""
_TRADING_DAYS, _CALENDAR_DAYS = 252, 365
_FULL_SESSION = dt.timedelta(hours=6, minutes=30)
_OVERNIGHT_SHARE = 0.3
"""Part of a year's variance that happens while the market is closed."""

# Jumps, in units of a name's mean volatility: a market jump is mostly down, in the session and lifts volatility; a
# name's own jump is news overnight.
_MARKET_JUMPS_A_YEAR, _MARKET_JUMP_MEAN, _MARKET_JUMP_SPREAD, _MARKET_JUMP_LOG_VOL = 2.0, -0.11, 0.075, 0.15
_OWN_JUMPS_A_YEAR, _OWN_JUMP_SPREAD = 4.0, 0.15


@dataclass(frozen=True, slots=True)
class Underlying:
    """One name of the market. `volatility`: root of its mean variance a year, jumps apart. Spot in dollars."""

    symbol: str
    spot: float
    volatility: float
    market_correlation: float
    leverage: float
    """Correlation of its volatility's shocks with its returns."""
    own_jumps: bool
    skew: float
    """rho of its smile, see `simulated_quotes.smile`."""
    spread: float
    """Spread in dollars of an option at the money that is worth one dollar."""
    open_interest: int
    """Open interest of a contract at the money."""


UNDERLYINGS = (
    Underlying("AAPL", 268.0, 0.25, 0.65, -0.45, True, -0.35, 0.020, 9_000),
    Underlying("NVDA", 188.0, 0.40, 0.65, -0.40, True, -0.30, 0.025, 12_000),
    Underlying("QQQ", 618.0, 0.18, 0.93, -0.65, False, -0.55, 0.012, 15_000),
    Underlying("SPY", 688.0, 0.14, 0.98, -0.70, False, -0.60, 0.010, 25_000),
    Underlying("TSLA", 440.0, 0.50, 0.55, -0.35, True, -0.25, 0.035, 8_000),
)
"""All names, sorted by symbol: column i of every array below belongs to UNDERLYINGS[i]."""


def column(name: str) -> Floats:
    """One field of all underlyings as an array (5,)."""
    return np.array([getattr(underlying, name) for underlying in UNDERLYINGS], dtype=np.float64)


_VOLATILITY = column("volatility")
_CORRELATION = column("market_correlation")
_LEVERAGE = column("leverage")
_OWN_JUMPS = column("own_jumps")

_BETA = _CORRELATION * _VOLATILITY / _VOLATILITY[[underlying.symbol for underlying in UNDERLYINGS].index("SPY")]

_DRIFT = RATE + _EQUITY_PREMIUM * _BETA - _MARKET_JUMPS_A_YEAR * _MARKET_JUMP_MEAN * _CORRELATION * _VOLATILITY
"""Expected log return a year before the convexity of the variance; it makes up for the mean of the jumps."""

MEAN_VARIANCE = _VOLATILITY**2
"""Long-run mean of the variance that moves, a year, (5,)."""

JUMP_VARIANCE = MEAN_VARIANCE * (
    _MARKET_JUMPS_A_YEAR * (_MARKET_JUMP_MEAN**2 + _MARKET_JUMP_SPREAD**2) * _CORRELATION**2
    + _OWN_JUMPS_A_YEAR * _OWN_JUMP_SPREAD**2 * _OWN_JUMPS
)
"""Variance that jumps add, a year, (5,)."""


@dataclass(frozen=True, slots=True, eq=False)
class PathState:
    """Where the market stands at an instant: log spot and log of volatility over its mean, each (5,)."""

    log_spot: Floats
    log_volatility: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SessionPath:
    """One session: spot in dollars on the cent and variance a year at each quote time, (n, 5); then the close."""

    spot: Floats
    variance: Floats
    at_close: PathState


def opening_state(seed: int) -> PathState:
    """The market before its first session; volatilities are drawn from their long-run distribution."""
    rng = _generator(seed, 0)
    own = rng.standard_normal(len(UNDERLYINGS))
    drawn = np.sqrt(_SHARED_VOL_SHOCK) * rng.standard_normal() + np.sqrt(1 - _SHARED_VOL_SHOCK) * own
    return PathState(np.log(column("spot")), _LOG_VOL_SPREAD * drawn)


def quote_times(session: Session, step: dt.timedelta) -> int:
    """How many quotes a session has: at the open, then every `step` before the close."""
    return -((session.opens - session.closes) // step)


def walk(seed: int, before: PathState, session: Session, nights: int, step: dt.timedelta) -> SessionPath:
    """A session from the state at the close before; `nights` calendar days lie between (0 for the first session)."""
    rng = _generator(seed, session.day.toordinal())
    clock = _clock(session, nights, step)
    shape = (clock.size, len(UNDERLYINGS))
    market, market_vol = rng.standard_normal((2, clock.size, 1))
    own, own_vol = rng.standard_normal((2, *shape))
    returns = _CORRELATION * market + np.sqrt(1 - _CORRELATION**2) * own
    vol_own = np.sqrt(_SHARED_VOL_SHOCK) * market_vol + np.sqrt(1 - _SHARED_VOL_SHOCK) * own_vol
    vol_shocks = _LEVERAGE * returns + np.sqrt(1 - _LEVERAGE**2) * vol_own
    jumps, vol_jumps = _jumps(rng, shape, overnight=nights > 0)
    log_volatility = _mean_reverting(before.log_volatility, vol_shocks, vol_jumps, clock)
    variance = _variance(log_volatility)
    # Each return runs at the variance of its start, which is the row before.
    at_start = np.vstack([_variance(before.log_volatility), variance[:-1]])
    drift = (_DRIFT - at_start / 2) * clock[:, np.newaxis]
    moves = drift + np.sqrt(at_start * clock[:, np.newaxis]) * returns + jumps
    log_spot = before.log_spot + np.cumsum(moves, axis=0)
    return SessionPath(
        spot=np.maximum(np.round(np.exp(log_spot[:-1]), 2), 0.01),
        variance=variance[:-1],
        at_close=PathState(log_spot[-1], log_volatility[-1]),
    )


def expected_variance(name: Ints, variance: Floats, years: Floats) -> Floats:
    """Variance a year that is to be expected on average over `years` > 0, jumps included.

    All arrays (n,); `name` is the row of UNDERLYINGS, `variance` that name's variance now. The moving part returns
    to its mean: mean + (now - mean) (1 - exp(-kappa T)) / (kappa T), as in Heston's model.
    """
    decay = MEAN_REVERSION * years
    excess = variance - MEAN_VARIANCE[name]
    expected: Floats = JUMP_VARIANCE[name] + MEAN_VARIANCE[name] - excess * np.expm1(-decay) / decay
    return expected


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream])))


def _clock(session: Session, nights: int, step: dt.timedelta) -> Floats:
    """Share of a year's variance in each increment: the gap before the open, the steps, the rest to the close."""
    length = (session.closes - session.opens) / _FULL_SESSION
    edges = np.append(np.arange(quote_times(session, step)) * (step / _FULL_SESSION), length)
    in_session = np.diff(edges) * ((1 - _OVERNIGHT_SHARE) / _TRADING_DAYS)
    return np.concatenate([[_OVERNIGHT_SHARE * nights / _CALENDAR_DAYS], in_session])


def _mean_reverting(start: Floats, shocks: Floats, jumps: Floats, clock: Floats) -> Floats:
    """The exact solution of the Ornstein-Uhlenbeck process after each increment, without a loop over time."""
    decay = np.exp(-MEAN_REVERSION * clock)[:, np.newaxis]
    steps = _LOG_VOL_SPREAD * np.sqrt(1 - decay**2) * shocks + jumps
    decay_since_start = np.exp(-MEAN_REVERSION * np.cumsum(clock))[:, np.newaxis]
    path: Floats = decay_since_start * (start + np.cumsum(steps / decay_since_start, axis=0))
    return path


def _variance(log_volatility: Floats) -> Floats:
    """Variance a year; the second term makes MEAN_VARIANCE its long-run mean."""
    variance: Floats = MEAN_VARIANCE * np.exp(2 * log_volatility - 2 * _LOG_VOL_SPREAD**2)
    return variance


def _jumps(rng: np.random.Generator, shape: tuple[int, int], *, overnight: bool) -> tuple[Floats, Floats]:
    """Jumps of log spot and of log volatility in each increment. Every draw is made whether it is used or not."""
    jumps, vol_jumps = np.zeros(shape), np.zeros(shape)
    strikes_market, when = rng.random(2)
    size = _MARKET_JUMP_MEAN + _MARKET_JUMP_SPREAD * rng.standard_normal()
    strikes_own = rng.random(shape[1]) < _OWN_JUMPS_A_YEAR / _TRADING_DAYS
    own_sizes = _OWN_JUMP_SPREAD * rng.standard_normal(shape[1])
    if strikes_market < _MARKET_JUMPS_A_YEAR / _TRADING_DAYS:
        row = 1 + int(when * (shape[0] - 1))
        jumps[row] = size * _VOLATILITY * _CORRELATION
        vol_jumps[row] = _MARKET_JUMP_LOG_VOL * _CORRELATION
    if overnight:
        jumps[0] = own_sizes * _VOLATILITY * (strikes_own * _OWN_JUMPS)
    return jumps, vol_jumps
