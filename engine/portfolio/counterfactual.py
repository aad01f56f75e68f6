"""What an earlier split of capital would have made, had it been kept. Pure, from the history of allocation.

The model: a module earns on its budget. In each interval with one split in force its P&L is scaled by the kept budget
over what it was earned on, which is the budget then, or the buying power in use where that was more (a module that is
over a cut budget still earns on what it opened before). Deposits, withdrawals and the account's own income are as they
were. It is an estimate: trades are whole contracts, so a budget twice as large need not have traded twice as much, a
smaller one may have traded nothing, and limits per trade and symbol would have bound elsewhere. Results are not
reinvested: a kept budget stays what it was.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from engine.core.money import Money
from engine.domain.allocation_history import AllocationHistory, AllocationInterval, pnl_of
from engine.domain.budget import BudgetPlan
from engine.domain.counterfactual import Counterfactual, CounterfactualPoint, KeptModule
from engine.domain.records import ACCOUNT


def counterfactuals(history: AllocationHistory) -> tuple[Counterfactual, ...]:
    """Every earlier split kept, oldest first; the one in force now is left out, as nothing differs from it."""
    return tuple(split_kept(history, change) for change in history.splits()[:-1])


def split_kept(history: AllocationHistory, change: int) -> Counterfactual:
    """The split that a change (its index) made, kept to the end. Raises IndexError where there is no such change."""
    kept = history.changes[change]
    # Until another change of the split nothing differs, so the comparison begins with the interval after the change.
    intervals = tuple(each for each in history.intervals if each.change >= change)
    pnl = pnl_of(intervals)
    kept_pnl: Counter[str] = Counter()
    unscaled: set[str] = set()
    points, ahead, scale = [], 0, 1.0
    for interval in intervals:
        for module_id, earned in interval.pnl.items():
            basis = interval.basis(module_id)
            would = _would_have(earned, module_id, interval, kept.after)
            if basis == 0 and would:
                unscaled.add(module_id)
            kept_pnl[module_id] += would
            ahead += would - earned
            scale = max(scale, kept.after.budgets.get(module_id, 0) / basis if basis else 1.0)
        points.append(CounterfactualPoint(interval.session, interval.ends, interval.nav, interval.nav + ahead))
    names = dict.fromkeys((*kept.after.budgets, *(name for name in pnl if name != ACCOUNT)))
    last = history.intervals[-1].plan.budgets
    return Counterfactual(
        change=change,
        version=kept.version,
        plan=kept.after,
        since=kept.at,
        points=tuple(points),
        modules=tuple(
            KeptModule(name, kept.after.budgets.get(name, 0), pnl.get(name, 0), kept_pnl[name]) for name in names
        ),
        came_later=tuple(_came_later(intervals, kept.after)),
        ended=tuple(name for name in kept.after.budgets if name not in last),
        unscaled=tuple(sorted(unscaled - {ACCOUNT})),
        largest_scale=scale,
        short_by=max(0, *(sum(kept.after.budgets.values()) - each.plan.total for each in intervals)),
    )


def _would_have(earned: Money, module_id: str, interval: AllocationInterval, kept: BudgetPlan) -> Money:
    """P&L of a module in an interval on its kept budget; where the budget is no other, as it was."""
    if module_id == ACCOUNT:
        return earned
    budget, basis = kept.budgets.get(module_id), interval.basis(module_id)
    if budget is None:
        return 0
    if basis == 0 or budget == interval.plan.budgets.get(module_id):
        return earned
    return _scaled(earned, budget, basis)


def _scaled(amount: Money, numerator: Money, denominator: Money) -> Money:
    """`amount` times a ratio, to the nearest unit, halves away from zero. Exact in whole numbers."""
    size = (2 * abs(amount) * numerator + denominator) // (2 * denominator)
    return size if amount >= 0 else -size


def _came_later(intervals: Sequence[AllocationInterval], kept: BudgetPlan) -> list[str]:
    names = dict.fromkeys(name for interval in intervals for name in interval.plan.budgets)
    return [name for name in names if name not in kept.budgets]


def daily(points: Sequence[CounterfactualPoint]) -> tuple[CounterfactualPoint, ...]:
    """The last point of each session, in order: what a chart by day shows."""
    by_session: dict[dt.date | None, CounterfactualPoint] = {point.session: point for point in points}
    return tuple(by_session.values())
