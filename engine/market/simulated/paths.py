"""Prices and volatilities of the simulated market: a chain of days from one seed, and the minutes inside each.

Each log volatility is an Ornstein-Uhlenbeck process that moves against its price (leverage); returns share the shocks
of market and sector; jumps, news, dividends and overnight gaps come on top. A day follows from (seed, day, state at
the close before); its minutes are a bridge between its open and its close. So a year of days is made in milliseconds,
the same minute has the same price whoever asks for it, and nothing depends on how often the market is looked at.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np

from engine.core.calendar import Session, next_session, previous_session
from engine.domain.chain import Floats, Ints
from engine.market.simulated.clock import NIGHT, minutes_of, session_clock, shares
from engine.market.simulated.events import DIVIDEND_LOG, EARNINGS_VARIANCE, event_days
from engine.market.simulated.universe import BETA, COUNT, IS_FUND, LOADINGS, column

RATE = 0.04
"""Risk-free rate of the simulated market, continuously compounded, a year, on every day and for every term."""

MEAN_REVERSION = 7.0
"""How fast log volatility returns to its mean, a year: half of a shock is gone after five weeks."""

LOG_VOL_SPREAD = 0.40
"""Standard deviation of log volatility in the long run."""

_EQUITY_PREMIUM = 0.04
"""What a beta of one earns above the risk-free rate, a year."""
_SHARED_VOL_SHOCK = 0.5
"""Part of the variance of volatility's own shocks that all names share."""
_TRADING_DAYS = 252
_FLOOR = 0.01
"""No share is worth less than a cent."""

# Jumps, in units of a name's mean volatility: a market jump is mostly down, in the session and lifts volatility; a
# company's own jump is news overnight.
_MARKET_JUMPS_A_YEAR, _MARKET_JUMP_MEAN, _MARKET_JUMP_SPREAD, _MARKET_JUMP_LOG_VOL = 2.0, -0.14, 0.09, 0.2
_OWN_JUMPS_A_YEAR, _OWN_JUMP_SPREAD = 4.0, 0.15

_VOLATILITY = column("volatility")
_SHOCKS = np.ascontiguousarray(LOADINGS.T)
"""Laid out for products from the left: numpy is slow with the transposed view."""
_LEVERAGE = column("leverage")
_FOLLOWS = column("market")
_JUMPS_OF_ITS_OWN = (~IS_FUND).astype(np.float64)

MEAN_VARIANCE = _VOLATILITY**2
"""Long-run mean of the variance that moves, a year, (COUNT,)."""

JUMP_VARIANCE = MEAN_VARIANCE * (
    _MARKET_JUMPS_A_YEAR * (_MARKET_JUMP_MEAN**2 + _MARKET_JUMP_SPREAD**2) * _FOLLOWS**2
    + _OWN_JUMPS_A_YEAR * _OWN_JUMP_SPREAD**2 * _JUMPS_OF_ITS_OWN
)
"""Variance that jumps add, a year, (COUNT,)."""

JUMP_GROWTH = _MARKET_JUMPS_A_YEAR * np.expm1(
    _MARKET_JUMP_MEAN * _VOLATILITY * _FOLLOWS + (_MARKET_JUMP_SPREAD * _VOLATILITY * _FOLLOWS) ** 2 / 2
) + _OWN_JUMPS_A_YEAR * _JUMPS_OF_ITS_OWN * np.expm1((_OWN_JUMP_SPREAD * _VOLATILITY) ** 2 / 2)
"""What jumps add to the expected price, a year; the drift makes up for it."""

MEAN_LIFT = _MARKET_JUMPS_A_YEAR / _TRADING_DAYS * _MARKET_JUMP_LOG_VOL * np.maximum(_FOLLOWS, 0)
"""What jumps add to log volatility, a session on average; every session takes it off, so that its mean stays."""


@dataclass(frozen=True, slots=True, eq=False)
class PathState:
    """Where the market stands at an instant: log price and log of volatility over its mean, each (COUNT,)."""

    log_price: Floats
    log_volatility: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """A session from its open to its close. Between them: what moved steadily, and a jump at a part of the session."""

    session: Session
    nights: int
    at_open: PathState
    moved: PathState
    jump: PathState
    jump_at: float

    @property
    def at_close(self) -> PathState:
        """The state at its close."""
        return PathState(
            self.at_open.log_price + self.moved.log_price + self.jump.log_price,
            self.at_open.log_volatility + self.moved.log_volatility + self.jump.log_volatility,
        )


def opening_state(seed: int) -> PathState:
    """The market before its first session; volatilities are drawn from their long-run distribution."""
    rng = _generator(seed, 0)
    shared, own = rng.standard_normal(), rng.standard_normal(COUNT)
    return PathState(np.zeros(COUNT), LOG_VOL_SPREAD * _mixed(shared, own))


def next_day(seed: int, before: PathState, session: Session, nights: int, *, fair: bool = False) -> Day:
    """The day after a state at the close before; `nights` calendar days lie between (0 for the first session).

    `fair`: prices earn the risk-free rate and no more.
    """
    rng = _generator(seed, session.day.toordinal())
    own, own_vol = rng.standard_normal((2, 2, COUNT))
    shared_vol = rng.standard_normal((2, 1))
    news = rng.standard_normal(COUNT)
    returns = own @ _SHOCKS
    vol_shocks = _LEVERAGE * returns + np.sqrt(1 - _LEVERAGE**2) * _mixed(shared_vol, own_vol)
    gap, length = NIGHT * nights, session_clock(session)
    jumps = _jumps(rng, overnight=nights > 0)
    drift = RATE - JUMP_GROWTH + (0.0 if fair else _EQUITY_PREMIUM) * BETA
    variance = variance_of(before.log_volatility)
    earnings, dividends = _events(seed, session) if nights else (np.zeros(COUNT), np.zeros(COUNT))
    log_open = before.log_price + (drift - variance / 2) * gap + np.sqrt(variance * gap) * returns[0] + jumps.overnight
    log_open += earnings * (np.sqrt(EARNINGS_VARIANCE) * news - EARNINGS_VARIANCE / 2) + dividends * DIVIDEND_LOG
    vol_open = _reverted(before.log_volatility, vol_shocks[0], gap)
    variance = variance_of(vol_open)
    return Day(
        session=session,
        nights=nights,
        at_open=PathState(log_open, vol_open),
        moved=PathState(
            (drift - variance / 2) * length + np.sqrt(variance * length) * returns[1],
            _reverted(vol_open, vol_shocks[1], length) - vol_open - MEAN_LIFT,
        ),
        jump=PathState(jumps.in_session, jumps.log_volatility),
        jump_at=jumps.at,
    )


def minutes(seed: int, day: Day) -> PathState:
    """The state at each minute of a day, (minutes + 1, COUNT), from its open to its close, both included."""
    count = minutes_of(day.session)
    passed = shares(count)
    rng = _generator(seed, day.session.day.toordinal(), 1)
    steps = np.sqrt(np.diff(passed))[:, np.newaxis]
    returns = (rng.standard_normal((count, COUNT)) * steps) @ _SHOCKS
    own_vol = _mixed(rng.standard_normal((count, 1)), rng.standard_normal((count, COUNT))) * steps
    vol_shocks = _LEVERAGE * returns + np.sqrt(1 - _LEVERAGE**2) * own_vol
    length = session_clock(day.session)
    scale = np.sqrt(variance_of(day.at_open.log_volatility) * length)
    vol_scale = LOG_VOL_SPREAD * np.sqrt(-np.expm1(-2 * MEAN_REVERSION * length))
    jumped = (np.arange(count + 1) >= 1 + int(day.jump_at * (count - 1)))[:, np.newaxis]
    part = passed[:, np.newaxis]
    return PathState(
        day.at_open.log_price
        + part * day.moved.log_price
        + jumped * day.jump.log_price
        + scale * _bridge(returns, part),
        day.at_open.log_volatility
        + part * day.moved.log_volatility
        + jumped * day.jump.log_volatility
        + vol_scale * _bridge(vol_shocks, part),
    )


class Paths:
    """All days of one market since the first of its history, each walked once. Prices meet the stated ones at `start`.

    To be used from one thread.
    """

    def __init__(self, seed: int, first: Session, start: Session, *, fair: bool = False) -> None:
        """`first`: the first session of the history; `start`: the first that is quoted."""
        self._seed, self._fair = seed, fair
        self._days = [next_day(seed, opening_state(seed), first, 0, fair=fair)]
        self._row = {first.day: 0}
        self._anchor = np.zeros(COUNT)
        self._anchor = np.log(column("spot")) - self.day(start.day).at_open.log_price

    @property
    def first(self) -> dt.date:
        """The first session's day."""
        return self._days[0].session.day

    def day(self, day: dt.date) -> Day:
        """A session at or after the first. Raises KeyError for a day without one."""
        while self._days[-1].session.day < day:
            last = self._days[-1]
            session = next_session(last.session.opens)
            nights = (session.day - last.session.day).days
            self._row[session.day] = len(self._days)
            self._days.append(next_day(self._seed, last.at_close, session, nights, fair=self._fair))
        return self._days[self._row[day]]

    def price(self, log_price: Floats) -> Floats:
        """Dollars, not rounded, for log prices of any of its days: as of today's shares."""
        price: Floats = np.exp(log_price + self._anchor)
        return price

    def opens(self, since: dt.date, until: dt.date) -> tuple[Ints, Floats, Floats]:
        """Ordinals of the sessions of two days and between, with price and volatility at each open, (days, COUNT)."""
        self.day(until)
        row = self._row[until]
        rows = [day for day in self._days[max(0, row - (until - since).days) : row + 1] if day.session.day >= since]
        return (
            np.array([day.session.day.toordinal() for day in rows], dtype=np.int64),
            self.price(np.array([day.at_open.log_price for day in rows])),
            np.sqrt(variance_of(np.array([day.at_open.log_volatility for day in rows]))),
        )

    def closes(self, until: dt.date) -> PathState:
        """The state at the close of every session since the first and until a day, (days, COUNT)."""
        last = previous_session(until + dt.timedelta(days=1)).day
        if last < self.first:
            return PathState(np.zeros((0, COUNT)), np.zeros((0, COUNT)))
        self.day(last)
        states = [day.at_close for day in self._days[: self._row[last] + 1]]
        return PathState(
            np.array([state.log_price for state in states]) + self._anchor,
            np.array([state.log_volatility for state in states]),
        )

    def minutes(self, day: dt.date) -> PathState:
        """As the function of this name."""
        return minutes(self._seed, self.day(day))


def on_the_cent(price: Floats) -> Floats:
    """Prices as they are quoted."""
    return np.maximum(np.round(price, 2), _FLOOR)


def variance_of(log_volatility: Floats) -> Floats:
    """Variance a year, (..., COUNT); the second term makes MEAN_VARIANCE its long-run mean."""
    variance: Floats = MEAN_VARIANCE * np.exp(2 * log_volatility - 2 * LOG_VOL_SPREAD**2)
    return variance


def _generator(seed: int, *streams: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *streams])))


def _mixed(shared: Floats | float, own: Floats) -> Floats:
    mixed: Floats = np.sqrt(_SHARED_VOL_SHOCK) * shared + np.sqrt(1 - _SHARED_VOL_SHOCK) * own
    return mixed


def _reverted(log_volatility: Floats, shock: Floats, clock: float) -> Floats:
    """The exact solution of the Ornstein-Uhlenbeck process after some time."""
    decay = np.exp(-MEAN_REVERSION * clock)
    reverted: Floats = decay * log_volatility + LOG_VOL_SPREAD * np.sqrt(1 - decay**2) * shock
    return reverted


def _bridge(steps: Floats, part: Floats) -> Floats:
    """A path of steps (n, COUNT) with its end pulled back to zero, (n + 1, COUNT)."""
    path = np.vstack([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])
    bridge: Floats = path - part * path[-1]
    return bridge


def _events(seed: int, session: Session) -> tuple[Floats, Floats]:
    return event_days(seed, session.day.year, session.day.year).today(session.day.toordinal())


@dataclass(frozen=True, slots=True, eq=False)
class _Jumps:
    overnight: Floats
    in_session: Floats
    log_volatility: Floats
    at: float


def _jumps(rng: np.random.Generator, *, overnight: bool) -> _Jumps:
    """Jumps of a day. Every draw is made whether it is used or not."""
    strikes_market, when = rng.random(2)
    size = _MARKET_JUMP_MEAN + _MARKET_JUMP_SPREAD * rng.standard_normal()
    strikes_own = rng.random(COUNT) < _OWN_JUMPS_A_YEAR / _TRADING_DAYS
    own = _OWN_JUMP_SPREAD * rng.standard_normal(COUNT) * _VOLATILITY * strikes_own * _JUMPS_OF_ITS_OWN
    market = float(strikes_market < _MARKET_JUMPS_A_YEAR / _TRADING_DAYS)
    return _Jumps(
        overnight=own * overnight,
        in_session=market * size * _VOLATILITY * _FOLLOWS,
        log_volatility=market * _MARKET_JUMP_LOG_VOL * np.maximum(_FOLLOWS, 0),
        at=float(when),
    )
