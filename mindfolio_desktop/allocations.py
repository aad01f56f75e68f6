"""What `mindfolio allocations` shows, read from a ledger without running anything: as documents, and as text."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.core.clock import as_utc
from engine.core.money import Money
from engine.domain.allocation_history import AllocationHistory
from engine.domain.budget import BudgetPlan
from engine.domain.counterfactual import Counterfactual
from engine.domain.reallocation import ModuleEffect, Proposal, ProposalSettings
from engine.ledger.query import LedgerQuery
from engine.portfolio.counterfactual import counterfactuals
from engine.portfolio.reallocation import proposals
from engine.portfolio.report import Document, amount
from engine.portfolio.standings import split_of, standings
from engine.runtime.places import Places
from mindfolio_desktop.headless import last_snapshot

ESTIMATE = (
    "An estimate: each module's P&L is scaled by its budget, as if half the budget had earned half. Trades are whole "
    "contracts, and limits would have bound elsewhere."
)
"""What is said beside what an earlier split might have made."""

DRAFTS = "These are drafts: nothing is applied here. No split closes a position; a module that is over only reduces."
"""What is said beside proposals."""

_NAME, _COLUMN = 22, 13
"""Widths of the table of proposals."""


# --- documents -------------------------------------------------------------------------------------------------------
def history_document(places: Places) -> Document:
    """Every change of the split with the P&L under it, and every earlier split kept. Raises MindfolioError."""
    snapshot, _ = last_snapshot(places)
    history = _history(places)
    return {
        "name": snapshot.name,
        "as_of": as_utc(snapshot.market.now).isoformat(),
        "version": snapshot.version,
        "changes": [_change(history, index) for index in range(len(history.changes))],
        "kept": [_kept(each) for each in counterfactuals(history)],
        "note": ESTIMATE,
    }


def proposals_document(places: Places, least_reserve: Money = 0) -> Document:
    """Proposals for another split, over the one in force. Raises MindfolioError."""
    snapshot, _ = last_snapshot(places)
    split = split_of(snapshot)
    found = proposals(split, standings(snapshot, _history(places)), ProposalSettings(least_reserve=least_reserve))
    return {
        "name": snapshot.name,
        "as_of": as_utc(snapshot.market.now).isoformat(),
        "version": snapshot.version,
        "capital": amount(split.total),
        **_split(split),
        "proposals": [_proposal(each) for each in found],
        "note": DRAFTS,
    }


def _history(places: Places) -> AllocationHistory:
    query = LedgerQuery(places.ledger)
    try:
        return query.allocations()
    finally:
        query.close()


def _change(history: AllocationHistory, index: int) -> Document:
    change, pnl = history.changes[index], history.pnl_under(index)
    return {
        "journal_seq": change.seq,
        "at": as_utc(change.at).isoformat(),
        "cause": change.cause.value,
        "who": change.who,
        "why": change.why,
        "version": change.version,
        "module": change.module_id,
        "capital": amount(change.after.total),
        **_split(change.after),
        "moved": _amounts(change.moved),
        "reserve_moved": amount(change.after.reserve - change.before.reserve),
        "pnl_until_next": _amounts(pnl),
        "pnl_total": amount(sum(pnl.values())),
    }


def _kept(kept: Counterfactual) -> Document:
    last = kept.points[-1]
    return {
        "version": kept.version,
        "since": as_utc(kept.since).isoformat(),
        **_split(kept.plan),
        "nav": amount(last.nav),
        "kept_nav": amount(last.kept_nav),
        "difference": amount(kept.difference),
        "modules": [
            {
                "module": each.module_id,
                "budget": amount(each.budget),
                "pnl": amount(each.pnl),
                "kept_pnl": amount(each.kept_pnl),
            }
            for each in kept.modules
        ],
        "came_later": list(kept.came_later),
        "ended": list(kept.ended),
        "unscaled": list(kept.unscaled),
        "largest_scale": round(kept.largest_scale, 2),
        "short_by": amount(kept.short_by),
    }


def _proposal(proposal: Proposal) -> Document:
    return {
        "kind": proposal.kind.value,
        "summary": proposal.summary,
        "is_change": proposal.is_change,
        **_split(proposal.plan),
        "turnover": amount(proposal.turnover),
        "modules": [_effect(each) for each in proposal.effects],
    }


def _effect(effect: ModuleEffect) -> Document:
    return {
        "module": effect.module_id,
        "name": effect.name,
        "before": amount(effect.before),
        "after": amount(effect.after),
        "available": amount(effect.available),
        "over_by": amount(effect.over_by),
        "reduce_only": effect.is_reduce_only,
        "worst_case": amount(effect.worst_case),
        "worst_case_at_same_use": amount(effect.worst_case_at_same_use),
        "sessions": effect.sessions,
        "trades": effect.trades,
        "reason": effect.reason,
    }


def _split(plan: BudgetPlan) -> Document:
    return {"budgets": _amounts(plan.budgets), "reserve": amount(plan.reserve)}


def _amounts(amounts: Mapping[str, Money]) -> Document:
    return {name: amount(each) for name, each in amounts.items()}


# --- text ------------------------------------------------------------------------------------------------------------
def history_text(document: Document) -> str:
    """A document of `history_document` as lines for a terminal."""
    shown: Any = document
    lines = [f"{shown['name']}: splits of the cash up to {shown['as_of']}, version {shown['version']} in force"]
    for change in shown["changes"]:
        by = f" by {change['who']}" if change["who"] else ""
        why = f": {change['why']}" if change["why"] else ""
        what = f" {change['module']}" if change["module"] else ""
        lines.append(f"{change['at']}  version {change['version']}  {change['cause']}{what}{by}{why}")
        lines.append(f"    {_listed({**change['budgets'], 'reserve': change['reserve']}, _usd)}")
        moved = {**change["moved"], **({"reserve": change["reserve_moved"]} if change["reserve_moved"] else {})}
        if moved and change["cause"] != "CREATED":
            lines.append(f"    moved: {_listed(moved, _signed)}")
        pnl = {name or "the account": each for name, each in change["pnl_until_next"].items()}
        earned = f" ({_listed(pnl, _signed)})" if pnl else ""
        lines.append(f"    P&L until the next change: {_signed(change['pnl_total'])}{earned}")
    for kept in shown["kept"]:
        lines += _kept_lines(kept)
    return "\n".join([*lines, shown["note"]] if shown["kept"] else lines)


def _kept_lines(kept: dict[str, Any]) -> list[str]:
    of_modules = {each["module"]: each["kept_pnl"] - each["pnl"] for each in kept["modules"]}
    instead = f"NAV {_usd(kept['kept_nav'])} instead of {_usd(kept['nav'])}, {_signed(kept['difference'])}"
    lines = [f"had version {kept['version']} of {kept['since']} been kept: {instead} ({_listed(of_modules, _signed)})"]
    said = (
        (kept["came_later"], "came later and would have no budget"),
        (kept["ended"], "ended since: what it would have earned is not known"),
        (kept["unscaled"], "P&L taken as it was for a time without a budget"),
    )
    lines += [f"    {', '.join(names)}: {words}" for names, words in said if names]
    if kept["short_by"]:
        lines.append(f"    capital was short of these budgets by {_usd(kept['short_by'])} at the most")
    if kept["largest_scale"] > 1:
        lines.append(f"    results are scaled up to {kept['largest_scale']:g} times")
    return lines


def proposals_text(document: Document) -> str:
    """A document of `proposals_document` side by side, with the reasons below."""
    shown: Any = document
    found = shown["proposals"]
    heads = ["now", *(each["kind"].replace("_FROM_", "/").replace("_", " ").lower() for each in found)]
    rows = [(name, [budget, *(each["budgets"][name] for each in found)]) for name, budget in shown["budgets"].items()]
    rows.append(("reserve", [shown["reserve"], *(each["reserve"] for each in found)]))
    rows.append(("turnover", [0, *(each["turnover"] for each in found)]))
    lines = [
        f"{shown['name']}: {_usd(shown['capital'])} of capital, version {shown['version']} as of {shown['as_of']}",
        " " * _NAME + "".join(f"{head:>{_COLUMN}}" for head in heads),
    ]
    lines += [f"{name:<{_NAME}}" + "".join(f"{_usd(each):>{_COLUMN}}" for each in cells) for name, cells in rows]
    for each in found:
        lines.append(f"{each['kind'].replace('_', ' ').lower()}: {each['summary']}")
        lines += [f"    {module['module']}: {module['reason']}{_over(module)}" for module in each["modules"]]
    return "\n".join([*lines, shown["note"]])


def _over(module: dict[str, Any]) -> str:
    return f"; over by {_usd(module['over_by'])}, it would only reduce" if module["reduce_only"] else ""


def _listed(amounts: Mapping[str, float], text: Callable[[float], str]) -> str:
    return "  ".join(f"{name} {text(each)}" for name, each in amounts.items())


def _usd(dollars: float) -> str:
    return f"${dollars:,.2f}".removesuffix(".00")


def _signed(dollars: float) -> str:
    return f"{'-' if dollars < 0 else '+'}{_usd(abs(dollars))}"
