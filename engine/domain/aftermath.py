"""What became of trades that were found and not made: followed as one contract each, and summed up by reason."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.position import Position


@dataclass(frozen=True, slots=True)
class SkippedTrade:
    """A candidate that was not traded on `skipped`, and what one contract of it would have made after costs.

    `reason` is why: the codes of the gate, or EXPIRED, REFUSED, VOIDED or DENIED of an approval. `ended` is None while
    it would still be open: then `result` is at mid.
    """

    module_id: str
    symbol: str
    structure: str
    reason: str
    skipped: dt.date
    result: Money
    ended: dt.date | None = None
    exit_code: str = ""


@dataclass(frozen=True, slots=True)
class FollowedTrade:
    """One that would still be open: the position as it would stand, its value at the last mid, what began to end it."""

    trade: SkippedTrade
    position: Position
    mark: Money
    exit_code: str = ""


@dataclass(frozen=True, slots=True)
class FollowedDay:
    """What is kept of a session: the trades that would still be open at its end, and those that ended in it."""

    still_open: tuple[FollowedTrade, ...]
    ended: tuple[SkippedTrade, ...]


@dataclass(frozen=True, slots=True)
class SkipRow:
    """The trades skipped for one reason in one month: those that ended, and their sum; those open, and theirs at mid.

    `month` is its first day.
    """

    month: dt.date
    reason: str
    ended: int
    result: Money
    still_open: int
    open_result: Money

    @property
    def total(self) -> Money:
        """What all of them would have made so far; below zero is what the reason saved."""
        return self.result + self.open_result


def by_reason(trades: Iterable[SkippedTrade]) -> tuple[SkipRow, ...]:
    """Skipped trades by the month in which they were skipped, the newest first, and by reason."""
    groups: dict[tuple[dt.date, str], list[SkippedTrade]] = defaultdict(list)
    for trade in trades:
        groups[trade.skipped.replace(day=1), trade.reason].append(trade)
    rows = [_row(month, reason, group) for (month, reason), group in groups.items()]
    return tuple(sorted(rows, key=lambda row: (-row.month.toordinal(), row.reason)))


def _row(month: dt.date, reason: str, group: list[SkippedTrade]) -> SkipRow:
    ended = [trade.result for trade in group if trade.ended is not None]
    still = [trade.result for trade in group if trade.ended is None]
    return SkipRow(month, reason, len(ended), sum(ended), len(still), sum(still))
