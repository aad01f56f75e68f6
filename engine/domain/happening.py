"""What is known to come for an underlying: earnings and ex-dividend days, and how far ahead all of them are listed."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from engine.core.calendar import NEW_YORK, market_day, next_session


class HappeningKind(StrEnum):
    """What may move a price, or end a short call early, on a day that is known before."""

    EARNINGS = "earnings"
    EX_DIVIDEND = "ex-dividend"


@dataclass(frozen=True, slots=True)
class Happening:
    """One such day of an underlying."""

    kind: HappeningKind
    day: dt.date
    is_expected: bool = False
    """Not announced: by what is usual it may come from this day on. Only backtests tell it: they may not look ahead."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """An underlying's days from one day on: those that are known, and the last one to which none is missing."""

    happenings: tuple[Happening, ...] = ()
    complete_to: dt.date | None = None
    """None: days may be missing from the first on."""

    def until(self, last: dt.date) -> tuple[Happening, ...] | None:
        """What happens until `last`; () for nothing. None is unknown: nothing is known, and something may be missing.

        What is known counts, whatever else may come.
        """
        found = tuple(each for each in self.happenings if each.day <= last)
        if found:
            return found
        return () if self.complete_to is not None and last <= self.complete_to else None

    def ex_day_after(self, now: dt.datetime) -> dt.date | None:
        """The announced ex-dividend day that this day is the eve of, None where none is known.

        It is the eve to the last moment before the ex-day, on days without a session too.
        """
        announced = (each for each in self.happenings if not each.is_expected)
        days = [each.day for each in announced if each.kind is HappeningKind.EX_DIVIDEND]
        if not days:
            return None
        today = market_day(now)
        last = next_session(dt.datetime.combine(today + dt.timedelta(days=1), dt.time(), NEW_YORK)).day
        return next((day for day in days if today < day <= last), None)


UNKNOWN = Outlook()
