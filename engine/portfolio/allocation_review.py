"""The history of allocation put together for a page. Pure."""

import datetime as dt
from collections import Counter
from dataclasses import replace

from engine.domain.allocation_history import AllocationHistory
from engine.domain.allocation_review import AllocationDay, AllocationReview, ReviewedChange
from engine.domain.counterfactual import CounterfactualPoint
from engine.domain.records import ACCOUNT
from engine.portfolio.counterfactual import counterfactuals, daily


def allocation_review(history: AllocationHistory) -> AllocationReview:
    """Days, changes and kept splits of a history; of a kept split only the points that end a session."""
    under: list[Counter[str]] = [Counter() for _ in history.changes]
    for interval in history.intervals:
        under[interval.change].update(interval.pnl)
    return AllocationReview(
        days=_days(history),
        changes=tuple(
            ReviewedChange(change, {name: pnl for name, pnl in sorted(sums.items()) if pnl})
            for change, sums in zip(history.changes, under, strict=True)
        ),
        kept=tuple(replace(each, points=_sessions(each.points)) for each in counterfactuals(history)),
    )


def _sessions(points: tuple[CounterfactualPoint, ...]) -> tuple[CounterfactualPoint, ...]:
    return tuple(point for point in daily(points) if point.session is not None)


def _days(history: AllocationHistory) -> tuple[AllocationDay, ...]:
    so_far: Counter[str] = Counter()
    days: dict[dt.date, AllocationDay] = {}
    for interval in history.intervals:
        so_far.update({name: pnl for name, pnl in interval.pnl.items() if name != ACCOUNT})
        if interval.session is not None:
            days[interval.session] = AllocationDay(
                interval.session, interval.plan.budgets, interval.plan.reserve, dict(so_far)
            )
    return tuple(days.values())
