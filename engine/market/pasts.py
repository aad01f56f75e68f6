"""Daily closes of an underlying as they were known on each day: adjusted up to the day before it, and no further.

Adjusting from today's end, as vendors do, moves the figures of all earlier days with every dividend to come. Here each
day sees its own adjustment: the last close as it was traded, the earlier ones in its shares and without what was paid.
"""

from pathlib import Path

import numpy as np

from engine.domain.chain import Floats, Ints
from engine.domain.scan import NO_PAST, Past
from engine.market.bars import Adjustment, read_bars
from engine.market.events import EventCalendar, EventKind


class Closes:
    """Closes as traded (d,) with their sessions' ordinals, ascending, and what happened to a share. Never changes."""

    def __init__(
        self,
        day: Ints,
        close: Floats,
        splits: tuple[Ints, Floats],
        dividends: tuple[Ints, Floats],
        *,
        is_traded: bool = True,
    ) -> None:
        """`splits`: ex-days and new shares for an old one; `dividends`: ex-days and $ a share of that day.

        `is_traded` is False for closes that somebody adjusted already: their returns are right, their level is not.
        """
        self.is_traded = is_traded
        self.day, self.close = day, close
        steps = np.ones(day.size)
        for number, (ex_days, values) in enumerate((splits, dividends)):
            place = np.searchsorted(day, ex_days)
            # What was before the first close, or comes after the last, lies between no two of them.
            inside = (place > 0) & (place < day.size) & np.isfinite(values)
            where, value = place[inside], values[inside]
            if number == 0:
                np.multiply.at(steps, where, value)
            else:
                # Where a split and a dividend share a day, the dividend is in the shares after the split.
                before = close[where - 1] / steps[where]
                np.divide.at(steps, where, 1 - value / before)
        growth = np.cumprod(steps, dtype=np.float64)
        self._changed = np.cumsum(steps != 1.0)
        """How many adjustments each day lies behind: days with the same number share one adjusted column."""
        self._growth = growth
        self._adjusted: dict[int, Floats] = {}
        """Columns that were asked for, by the number of changes. A cache around an own method would be a circle."""
        for column in (self.day, self.close):
            column.setflags(write=False)

    def before(self, day: int) -> Past:
        """The closes of the sessions before a day (an ordinal), adjusted up to the last of them."""
        count = int(np.searchsorted(self.day, day))
        if not count:
            return NO_PAST
        return Past(self.day[:count], self._adjusted_like(int(self._changed[count - 1]))[:count])

    def on(self, day: int) -> float:
        """The close of a day (an ordinal) as traded, $; NaN where that is not known."""
        if not self.is_traded:
            return float("nan")
        place = int(np.searchsorted(self.day, day))
        return float(self.close[place]) if place < self.day.size and self.day[place] == day else float("nan")

    def _adjusted_like(self, changes: int) -> Floats:
        """All closes in the shares, and less the dividends, of the days with this many changes behind them."""
        if (known := self._adjusted.get(changes)) is not None:
            return known
        sample = int(np.searchsorted(self._changed, changes))
        adjusted: Floats = self.close * (self._growth / self._growth[sample])
        adjusted.setflags(write=False)
        self._adjusted[changes] = adjusted
        return adjusted


NO_EVENTS: tuple[Ints, Floats] = np.empty(0, dtype=np.int64), np.empty(0)

NO_CLOSES = Closes(*NO_EVENTS, NO_EVENTS, NO_EVENTS)


def read_closes(root: Path, symbol: str, calendar: EventCalendar) -> Closes:
    """Imported closes of a symbol; none where no bars were imported. Raises HistoryFault for a damaged file.

    As traded, with the splits and dividends that the calendar lists; where there are only adjusted bars, those.
    """
    bars = read_bars(root, symbol)
    if bars is not None:
        listed = [calendar.events(symbol, kind) for kind in (EventKind.SPLIT, EventKind.EX_DIVIDEND)]
        splits, dividends = ((events.day, events.value) for events in listed)
        return Closes(bars.day, bars.close, splits, dividends)
    bars = read_bars(root, symbol, Adjustment.ALL) or read_bars(root, symbol, Adjustment.SPLITS)
    if bars is None:
        return NO_CLOSES
    return Closes(bars.day, bars.close, NO_EVENTS, NO_EVENTS, is_traded=False)
