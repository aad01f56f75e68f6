"""The simulated market behind the Feed port: some forty names, an option exchange and its own time, from one seed."""

import datetime as dt

from engine.core.calendar import NEW_YORK, Session, market_day, next_session, previous_session, session_at, session_on
from engine.core.clock import as_utc
from engine.domain.ports import ChainUpdate
from engine.market.simulated.clock import MINUTE
from engine.market.simulated.faults import is_fresh, stale_since
from engine.market.simulated.history import SimulatedHistory
from engine.market.simulated.market import Market, Today
from engine.market.simulated.payments import Payments
from engine.market.simulated.universe import SYMBOLS

DEFAULT_START = dt.date(2026, 1, 5)


class SimulatedFeed:
    """A seeded market behind the Feed port. It never ends, and each read depends on (seed, start, fair, at) alone.

    Quotes come at each session's open and every `step` after it; the last ones lie before the close (one step before
    it, where the step divides the session). Every contract that is listed is quoted each time until it expires, but for
    halted names and contracts whose quotes are stale for some minutes.
    To be used from one thread; what it returns is fresh and belongs to the caller.
    """

    def __init__(
        self,
        seed: int,
        start: dt.date | None = None,
        step: dt.timedelta = dt.timedelta(seconds=60),
        *,
        fair: bool = False,
    ) -> None:
        """`start`: the first New York date, or the next session's. `fair`: see `Market`.

        Raises ValueError for seed < 0 or step <= 0.
        """
        if step <= dt.timedelta(0):
            raise ValueError(f"a step of {step} does not advance")
        self._step = step
        day = DEFAULT_START if start is None else start
        self._first = session_on(day) or next_session(dt.datetime.combine(day, dt.time(), NEW_YORK))
        self._market = Market(seed, self._first, fair=fair)
        self._today: Today | None = None

    @property
    def symbols(self) -> tuple[str, ...]:
        """Underlyings that it quotes, sorted."""
        return SYMBOLS

    @property
    def first_at(self) -> dt.datetime:
        """The open of the first session."""
        return self._first.opens

    def history(self) -> SimulatedHistory:
        """A look back over the same market."""
        return SimulatedHistory(self._market)

    def payments(self) -> Payments:
        """What shares pay, for whoever keeps an account of them."""
        return Payments(self._market)

    def next_at(self, after: dt.datetime) -> dt.datetime:
        """When the next quotes after `after` are due; there are always some."""
        after = max(as_utc(after), self._first.opens - dt.timedelta(microseconds=1))
        session = session_at(after)
        if session is not None:
            due = session.opens + ((after - session.opens) // self._step + 1) * self._step
            if due < session.closes:
                return due
        return next_session(after).opens

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The quotes due at `at`, one update a symbol. Raises ValueError for a time without quotes."""
        at = as_utc(at)
        session = session_at(at)
        if session is None or at < self._first.opens or (at - session.opens) % self._step:
            raise ValueError(f"the simulated market has no quotes at {at}")
        return self._worked_out(session).read(at)

    def last_known(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The newest quotes at or before `at`, oldest first; nothing before the first.

        The newest read holds all contracts that trade, but those that are halted or stale then: for them older reads
        come before it, down to one that lacks nothing.
        """
        at = as_utc(at)
        if at < self._first.opens:
            return ()
        session = session_on(market_day(at))
        if session is None or at < session.opens:
            session = previous_session(market_day(at))
        today = self._worked_out(session)
        due = self._due(session, min(at, session.closes - dt.timedelta(microseconds=1)))
        updates = list(today.read(due))
        while (missing_since := _missing_since(today, due)) is not None:
            due = self._due(session, missing_since - dt.timedelta(microseconds=1))
            updates[:0] = today.read(due)
        return tuple(updates)

    def _due(self, session: Session, at: dt.datetime) -> dt.datetime:
        """The last instant with quotes at or before `at`."""
        return session.opens + (at - session.opens) // self._step * self._step

    def _worked_out(self, session: Session) -> Today:
        if self._today is None or self._today.session.day != session.day:
            self._today = self._market.today(session)
        return self._today


def _missing_since(today: Today, at: dt.datetime) -> dt.datetime | None:
    """Since when some contract has had no quote at an instant; None when all have one."""
    opens, minute = today.session.opens, (at - today.session.opens) // MINUTE
    since = [opens + int(begins) * MINUTE for begins in today.halts.begins[today.halts.halted(minute)]]
    if not is_fresh(today.session, at):
        since.append(stale_since(today.session, at))
    return min(since, default=None)
