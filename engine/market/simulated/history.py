"""What a simulated market has behind it: daily bars, chains at the close, implied volatility, and its events as tables.

All of it comes from the paths that the quotes come from. Implied volatility is read from the model's state, so that a
year of it for all names needs no chains.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from engine.core.calendar import Session, market_day, previous_session, session_on
from engine.core.expiries import weekly_expirations
from engine.domain.chain import Floats, Ints
from engine.domain.ports import ChainUpdate
from engine.market.simulated.clock import MINUTE, between_closes
from engine.market.simulated.events import Dividend, Earnings, Split, dividends, earnings, event_days
from engine.market.simulated.faults import mixed, salt, uniform
from engine.market.simulated.market import Market
from engine.market.simulated.paths import on_the_cent
from engine.market.simulated.payments import Paid, paid
from engine.market.simulated.surface import at_the_money
from engine.market.simulated.universe import COUNT, SYMBOLS, column

LAST_LOOK = MINUTE
"""Before a session's close, its end-of-day quotes are taken."""

_MONTH_DAYS = 30

_VOLUME = column("volume")
_DAY_DEVIATION = column("volatility") / np.sqrt(252)
_VOLUME_OF_A_MOVE, _VOLUME_LUCK = 0.25, 0.6
_VOLUME_STREAM = 0x701

_Event = TypeVar("_Event", Earnings, Dividend)


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Daily bars of all names, as told on the day: ordinals (d,), prices on the cent and shares (d, COUNT)."""

    day: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats


class SimulatedHistory:
    """Looks back over one market. Each session is worked out once. To be used from one thread."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._sessions: list[Session] = []
        self._prices: list[Floats] = []
        """Open, high, low and close of each session, (4, COUNT)."""

    @property
    def first_day(self) -> dt.date:
        """The first session that it reaches back to."""
        return self._market.first.day

    @property
    def identity(self) -> str:
        """Names the market: the same identity is the same past."""
        market = self._market
        return f"seed {market.seed}, from {market.first.day}, quoted from {market.start.day}, fair {market.fair}"

    # --- prices --------------------------------------------------------------------------------------------------
    def closes(self, now: dt.datetime) -> tuple[Ints, Floats]:
        """Ordinals (d,) of the sessions that have closed by `now`, and closes as traded on the cent (d, COUNT).

        Those of `daily_bars`, without what lies between an open and a close: in no time.
        """
        last = _last_closed(now)
        days = np.array([each.day.toordinal() for each in _sessions(self._market.first, last)], dtype=np.int64)
        return days, on_the_cent(np.exp(self._market.closes(last).log_price) * self._market.shares_since(days))

    def daily_bars(self, now: dt.datetime) -> Bars:
        """Bars of all names (the columns are `SYMBOLS`) for every session that has closed by `now`, oldest first."""
        count = self._look_back(now)
        days = self._days(count)
        prices = np.array(self._prices[:count]).reshape(count, 4, COUNT)
        opens, highs, lows, closes = (prices[:, number] for number in range(4))
        return Bars(days, opens, highs, lows, closes, self._volume(days, np.log(highs / lows)))

    def end_of_day(self, symbol: str, day: dt.date) -> ChainUpdate | None:
        """A symbol's quotes a minute before the close of a day; None without a session, or before the history.

        None too where the name was halted then. Raises ValueError for a symbol that the market does not have.
        """
        name = np.array([SYMBOLS.index(symbol)], dtype=np.int64)
        session = session_on(day)
        if session is None or day < self.first_day:
            return None
        return next(iter(self._market.today(session, name).read(session.closes - LAST_LOOK)), None)

    # --- implied volatility --------------------------------------------------------------------------------------
    def implied_volatility(self, tenor_days: int, now: dt.datetime) -> tuple[Ints, Floats]:
        """Implied volatility at the forward for an expiration `tenor_days` ahead, decimals a year of 365 days.

        Ordinals (d,) of the sessions that have closed by `now`, and a row for each with the names as columns
        (d, COUNT): what the chains say at its close. Raises ValueError for a tenor below one day.
        """
        if tenor_days < 1:
            raise ValueError(f"a tenor of {tenor_days} days has no volatility at the close")
        days, state = self._closed(now)
        total = self._total_variance(days, state, days + tenor_days)
        return days, np.sqrt(total / (tenor_days / 365))

    def month_volatility(self, now: dt.datetime) -> tuple[Ints, Floats]:
        """30-day implied volatility as `implied_volatility`, but as chains tell it that have no expiration that day.

        Total variance runs straight between the weekly expirations on both sides: earnings between those count in part.
        """
        days, state = self._closed(now)
        near, far = _around_a_month(days)
        first, last = (self._total_variance(days, state, expirations) for expirations in (near, far))
        share = ((days + _MONTH_DAYS - near) / (far - near))[:, np.newaxis]
        return days, np.sqrt((first * (1 - share) + last * share) / (_MONTH_DAYS / 365))

    def _closed(self, now: dt.datetime) -> tuple[Ints, Floats]:
        """Ordinals (d,) of the sessions that have closed by `now`, and each name's log volatility then (d, COUNT)."""
        last = _last_closed(now)
        days = np.array([each.day.toordinal() for each in _sessions(self._market.first, last)], dtype=np.int64)
        return days, self._market.closes(last).log_volatility

    def _total_variance(self, days: Ints, state: Floats, expirations: Ints) -> Floats:
        """Implied at the forward, from the close of each day to that of an expiration (d,), of all names (d, COUNT)."""
        if not days.size:
            return state
        name, day, later = np.tile(np.arange(COUNT), days.size), np.repeat(days, COUNT), np.repeat(expirations, COUNT)
        last = dt.date.fromordinal(int(expirations[-1]))
        ahead = event_days(self._market.seed, self.first_day.year, last.year).earnings_until(name, day, later)
        clock = np.repeat(between_closes(days, expirations), COUNT)
        total = at_the_money(name, state.reshape(-1), clock, ahead, fair=self._market.fair)
        return total.reshape(days.size, COUNT)

    # --- events --------------------------------------------------------------------------------------------------
    def earnings(self, until: dt.date) -> tuple[Earnings, ...]:
        """Announcements since the first day of the history, by day of effect; those ahead are known."""
        return self._since_first(earnings, lambda event: event.effect, until)

    def dividends(self, until: dt.date) -> tuple[Dividend, ...]:
        """Ex-days since the first day of the history, by date; those ahead are known."""
        return self._since_first(dividends, lambda event: event.ex_day, until)

    def splits(self) -> tuple[Split, ...]:
        """Splits since the first day of the history, by date; none will come."""
        return self._market.splits

    def paid(self, now: dt.datetime) -> tuple[Paid, ...]:
        """What shares paid on the ex-days whose session has closed by `now`, by date and symbol."""
        return paid(self._market, _last_closed(now))

    def _since_first(
        self,
        of_year: Callable[[int, int], tuple[_Event, ...]],
        day_of: Callable[[_Event], dt.date],
        until: dt.date,
    ) -> tuple[_Event, ...]:
        years = range(self.first_day.year, until.year + 1)
        events = [event for year in years for event in of_year(self._market.seed, year)]
        told = [event for event in events if self.first_day < day_of(event) <= until]
        return tuple(sorted(told, key=lambda event: (day_of(event), event.symbol)))

    # --- looking back --------------------------------------------------------------------------------------------
    def _look_back(self, now: dt.datetime) -> int:
        """Work out the bars of every session that has closed by `now`; returns how many those are."""
        sessions = _sessions(self._market.first, _last_closed(now))
        for session in sessions[len(self._sessions) :]:
            spot, _ = self._market.minutes(session)
            self._sessions.append(session)
            self._prices.append(np.stack([spot[0], spot.max(axis=0), spot.min(axis=0), spot[-1]]))
        return len(sessions)

    def _days(self, count: int) -> Ints:
        return np.array([session.day.toordinal() for session in self._sessions[:count]], dtype=np.int64)

    def _volume(self, days: Ints, range_of_day: Floats) -> Floats:
        """Shares of each day: more on days of large moves, and by luck."""
        words = mixed(np.arange(COUNT, dtype=np.uint64) ^ salt(self._market.seed + _VOLUME_STREAM))
        luck = np.exp(_VOLUME_LUCK * (uniform(mixed(words ^ mixed(days.astype(np.uint64))[:, np.newaxis])) - 0.5))
        moved = 1 - _VOLUME_OF_A_MOVE + _VOLUME_OF_A_MOVE * range_of_day / _DAY_DEVIATION
        volume: Floats = np.rint(_VOLUME / self._market.shares_since(days) * luck * moved)
        return volume


def _around_a_month(days: Ints) -> tuple[Ints, Ints]:
    """The last weekly expiration within 30 days of each day and the first one after, ordinals (d,)."""
    if not days.size:
        return days, days
    first, last = (dt.date.fromordinal(int(day)) for day in (days[0], days[-1]))
    weekly = weekly_expirations(first, last + dt.timedelta(days=_MONTH_DAYS + 14))
    ordinals = np.array([day.toordinal() for day in weekly], dtype=np.int64)
    after = np.searchsorted(ordinals, days + _MONTH_DAYS, side="right")
    return ordinals[after - 1], ordinals[after]


def _last_closed(now: dt.datetime) -> dt.date:
    """The day of the last session that has closed by an instant."""
    session = previous_session(market_day(now) + dt.timedelta(days=1))
    return session.day if session.closes <= now else previous_session(session.day).day


def _sessions(first: Session, last: dt.date) -> list[Session]:
    """Every session from the first to a day."""
    days = range(first.day.toordinal(), last.toordinal() + 1)
    return [session for day in days if (session := session_on(dt.date.fromordinal(day))) is not None]
