"""What proposals need to know of each module, put together from the snapshot and the history of allocation. Pure."""

from collections import defaultdict
from collections.abc import Collection

from engine.domain.allocation_history import AllocationHistory
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import ModuleStatus
from engine.domain.reallocation import ModuleStanding, TradeResult
from engine.domain.snapshot import MindfolioSnapshot, ModuleView


def split_of(snapshot: MindfolioSnapshot) -> BudgetPlan:
    """The split in force."""
    return BudgetPlan({view.spec.module_id: view.budget for view in snapshot.modules}, snapshot.reserve)


def standings(
    snapshot: MindfolioSnapshot, history: AllocationHistory, locked: Collection[str] = ()
) -> tuple[ModuleStanding, ...]:
    """One standing a module, in the snapshot's order; modules that are paused or `locked` keep their budget."""
    returns = session_returns(history)
    trades: defaultdict[str, list[TradeResult]] = defaultdict(list)
    for trade in history.trades:
        if trade.at_risk > 0:
            trades[trade.module_id].append(TradeResult(trade.net, trade.at_risk))
    return tuple(
        ModuleStanding(
            module_id=view.spec.module_id,
            name=view.spec.name,
            budget=view.budget,
            used=view.used,
            held=view.held,
            available=view.available,
            worst_case=view.worst_case,
            returns=returns.get(view.spec.module_id, ()),
            trades=tuple(trades[view.spec.module_id]),
            fixed_why=_fixed_why(view, locked),
        )
        for view in snapshot.modules
    )


def session_returns(history: AllocationHistory) -> dict[str, tuple[float, ...]]:
    """P&L of each session over the module's budget (or what it used, where that was more), by module, oldest first.

    A session without a budget and with nothing at work is none of the module's; one without any P&L is a zero.
    """
    sums: defaultdict[str, defaultdict[object, float]] = defaultdict(lambda: defaultdict(float))
    for interval in history.intervals:
        if interval.session is None:
            continue
        for module_id in interval.plan.budgets:
            basis = interval.basis(module_id)
            if basis:
                sums[module_id][interval.session] += interval.pnl.get(module_id, 0) / basis
    return {module_id: tuple(by_session.values()) for module_id, by_session in sums.items()}


def _fixed_why(view: ModuleView, locked: Collection[str]) -> str:
    if view.spec.module_id in locked:
        return "its budget is locked"
    return "it is paused" if view.status is ModuleStatus.PAUSED else ""
