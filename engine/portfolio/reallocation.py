"""Proposals for another split of capital, from what each module earned, risks and uses. Pure.

Each is a whole `BudgetPlan` that the engine would accept: budgets and reserve add up to capital, none is negative,
modules whose budget is fixed keep it to the unit, and the reserve is no smaller than before. Where the reserve is
below its minimum, all other budgets give in proportion first. Nothing here closes a position.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from engine.analytics.allocation import ShrunkMean, kelly_fraction, shrunk_means
from engine.core.money import Money, usd
from engine.domain.budget import BudgetPlan
from engine.domain.reallocation import (
    GRID,
    ModuleEffect,
    ModuleStanding,
    Proposal,
    ProposalKind,
    ProposalSettings,
    worst_case_at,
)

FULL_EDGE = 2.0
"""Standard errors between a module and the others at which its budget moves by the largest step."""

_FINE = 10**9
"""Ratios become exact fractions of at most this denominator: from there on everything is whole numbers."""

_STAYS = "stays as it is"

Targets = dict[str, Fraction]


class _Case:
    """The modules of one question, with what all rules need of them."""

    def __init__(self, split: BudgetPlan, standings: Sequence[ModuleStanding], settings: ProposalSettings) -> None:
        by_id = {standing.module_id: standing for standing in standings}
        if by_id.keys() != split.budgets.keys() or len(by_id) != len(standings):
            raise ValueError("each module of the split needs one standing")
        self.split, self.standings, self.settings = split, tuple(standings), settings
        self.movable = tuple(each for each in standings if not each.fixed_why)
        budgets = sum(split.budgets[each.module_id] for each in self.movable)
        self.short = max(0, settings.least_reserve - split.reserve)
        self.pool = max(0, budgets - self.short)
        part = Fraction(self.pool, budgets) if budgets else Fraction(0)
        self.base: Targets = {each.module_id: split.budgets[each.module_id] * part for each in self.movable}
        self.sampled = tuple(each for each in self.movable if not self.lacks(each))
        samples = [np.array(each.returns, float) for each in self.sampled]
        self.scores: dict[str, ShrunkMean] = dict(
            zip((each.module_id for each in self.sampled), shrunk_means(samples), strict=True)
        )

    def lacks(self, standing: ModuleStanding) -> str:
        """What a module's sample lacks, "" when it is large enough."""
        sessions, trades, least = len(standing.returns), len(standing.trades), self.settings
        if sessions >= least.least_sessions and trades >= least.least_trades:
            return ""
        return (
            f"{_STAYS}: {trades} trade{'s' * (trades != 1)} in {sessions} session{'s' * (sessions != 1)} "
            "say too little "
            f"({least.least_trades} in {least.least_sessions} at least)"
        )

    def clipped(self, module_id: str, wanted: Fraction) -> Fraction:
        """What is wanted, no further from the budget than the largest step."""
        base, step = self.base[module_id], _exact(self.settings.largest_step)
        return min(max(wanted, base * (1 - step)), base * (1 + step))


Rule = Callable[[_Case], tuple[Targets, dict[str, str], str]]
"""Targets of the modules that move, a reason by module, and what the proposal is in one sentence."""


def proposals(
    split: BudgetPlan, standings: Sequence[ModuleStanding], settings: ProposalSettings | None = None
) -> tuple[Proposal, ...]:
    """One proposal of each kind, also where it changes nothing and says why.

    Raises ValueError when the standings are not those of the split's modules.
    """
    case = _Case(split, standings, settings or ProposalSettings())
    return tuple(_proposal(kind, case, rule) for kind, rule in _RULES.items())


def _proposal(kind: ProposalKind, case: _Case, rule: Rule) -> Proposal:
    targets, reasons, summary = rule(case)
    after = dict(case.split.budgets)
    for module_id, base in case.base.items():
        after[module_id] = _rounded(after[module_id], targets.get(module_id, base))
    plan = BudgetPlan(after, case.split.total - sum(after.values()))
    effects = tuple(_effect(case, each, after[each.module_id], reasons) for each in case.standings)
    if case.short:
        least = case.settings.least_reserve
        met = "is brought up to" if plan.reserve >= least else "cannot be brought up to"
        summary = f"{summary} The reserve {met} its minimum of {_usd(least)}."
    return Proposal(kind, case.split, plan, effects, summary)


def _effect(case: _Case, standing: ModuleStanding, after: Money, reasons: Mapping[str, str]) -> ModuleEffect:
    before, worst = case.split.budgets[standing.module_id], standing.worst_case
    same_use = worst_case_at(worst, before, after)
    reason = f"{_STAYS}: {standing.fixed_why}" if standing.fixed_why else reasons.get(standing.module_id, "")
    reason = reason or case.lacks(standing) or _STAYS
    if after < before:
        reason = reason.replace(_STAYS, "gives its part of the reserve's minimum, no more")
    return ModuleEffect(
        standing.module_id, standing.name, before, after, standing.available + after - before, worst, same_use,
        len(standing.returns), len(standing.trades), reason,
    )  # fmt: skip


# --- rules -----------------------------------------------------------------------------------------------------------
def _equal(case: _Case) -> tuple[Targets, dict[str, str], str]:
    if not case.movable:
        return {}, {}, "No module's budget may be changed."
    share = Fraction(case.pool, len(case.movable)) // GRID * GRID
    reason = f"one of {len(case.movable)} equal shares of {_usd(case.pool)}"
    names = [each.module_id for each in case.movable]
    return dict.fromkeys(names, Fraction(share)), dict.fromkeys(names, reason), "Each module gets the same budget."


def _performance(case: _Case) -> tuple[Targets, dict[str, str], str]:
    wanted: Targets = {}
    for module_id, score in case.scores.items():
        step = case.settings.largest_step * min(1.0, max(-1.0, score.edge / FULL_EDGE))
        # More money never goes to a module that is believed to lose.
        step = min(step, 0.0) if score.mean <= 0 else step
        wanted[module_id] = case.clipped(module_id, case.base[module_id] * (1 + _exact(step)))
    targets = _balanced(case.base, wanted)
    reasons = {module_id: _score_words(score) for module_id, score in case.scores.items()}
    if len(case.scores) < 2:
        return {}, {}, "Nothing moves: fewer than two modules have results that can be compared."
    if not _moves(case.base, targets):
        return targets, reasons, "Nothing moves: no module that earns is told apart from the others by its results."
    return targets, reasons, "Budgets follow P&L per session and budget dollar, as far as it is more than chance."


def _winner_from_loser(case: _Case) -> tuple[Targets, dict[str, str], str]:
    if len(case.scores) < 2:
        return {}, {}, "Nothing moves: fewer than two modules have results that can be compared."
    reasons = {module_id: _score_words(score) for module_id, score in case.scores.items()}
    means = {module_id: score.mean for module_id, score in case.scores.items()}
    best, worst = max(means.values()), min(means.values())
    winners = [module_id for module_id, mean in means.items() if mean == best]
    losers = [module_id for module_id, mean in means.items() if mean == worst]
    if best <= 0:
        return {}, reasons, "Nothing moves: no module is believed to earn anything."
    if len(winners) != 1 or len(losers) != 1:
        return {}, reasons, "Nothing moves: the results do not tell one best and one worst module."
    (winner,), (loser,) = winners, losers
    step = case.base[winner] * _exact(case.settings.largest_step)
    amount = min(case.base[loser] * _exact(case.settings.loser_gives), step) // GRID * GRID
    if not amount:
        return {}, reasons, f"Nothing moves: what could be moved is less than {_usd(GRID)}."
    targets = {winner: case.base[winner] + amount, loser: case.base[loser] - amount}
    names = {each.module_id: each.name for each in case.sampled}
    return targets, reasons, f"{names[loser]}, the worst by results, gives {_usd(int(amount))} to {names[winner]}."


def _risk_parity(case: _Case) -> tuple[Targets, dict[str, str], str]:
    """Budgets at which all modules would lose the same in their worst cases, were these fully used as they are now.

    What a budget dollar at work can lose is the worst case over what is used. Parity makes budget times that the same
    for all: budgets in inverse proportion to it.
    """
    reasons: dict[str, str] = {}
    safety: Targets = {}
    for each in case.movable:
        if each.worst_case and each.used > 0:
            safety[each.module_id] = Fraction(each.used, each.worst_case)
            share = 100 * each.worst_case / each.used
            reasons[each.module_id] = (
                f"its worst case of {_usd(each.worst_case)} is {share:.0f} % of the {_usd(each.used)} at work"
            )
        else:
            why = "its worst case is unbounded or unknown" if each.worst_case is None else "it has nothing at risk now"
            reasons[each.module_id] = f"{_STAYS}: {why}"
    if len(safety) < 2:
        return {}, reasons, "Nothing moves: fewer than two modules have a known worst case."
    together = sum(case.base[module_id] for module_id in safety)
    whole = sum(safety.values())
    wanted = {module_id: case.clipped(module_id, together * each / whole) for module_id, each in safety.items()}
    targets = _balanced(case.base, wanted)
    return targets, reasons, "Budgets move to where each module's worst case would be the same at full use."


def _kelly(case: _Case) -> tuple[Targets, dict[str, str], str]:
    """A quarter of what lets capital grow fastest, by each module's own trades.

    A module's whole budget is taken as one bet, as if all its trades won and lost together. What is cut and nobody may
    have goes to the reserve; nothing is taken from it.
    """
    settings, capital = case.settings, case.split.total
    wanted: Targets = {}
    reasons: dict[str, str] = {}
    for each in case.sampled:
        results = np.array([trade.net / trade.at_risk for trade in each.trades], float)
        full = kelly_fraction(results)
        share = min(settings.kelly_fraction * full, settings.largest_share)
        allowed = _exact(share) * capital
        wanted[each.module_id] = case.clipped(each.module_id, allowed)
        reasons[each.module_id] = (
            f"{len(results)} trades made {100 * float(results.mean()):.1f} % of what they risked on average: "
            f"{settings.kelly_fraction:g} Kelly is {_usd(int(allowed))} ({100 * share:.0f} % of capital)"
        )
    if not wanted:
        return {}, {}, "Nothing moves: no module has enough trades."
    targets = _balanced(case.base, wanted, keeps_cuts=True)
    return targets, reasons, "Budgets move toward a fraction of what the Kelly rule would risk on each module's trades."


_RULES: dict[ProposalKind, Rule] = {
    ProposalKind.EQUAL: _equal,
    ProposalKind.PERFORMANCE: _performance,
    ProposalKind.RISK_PARITY: _risk_parity,
    ProposalKind.KELLY: _kelly,
    ProposalKind.WINNER_FROM_LOSER: _winner_from_loser,
}


# --- arithmetic ------------------------------------------------------------------------------------------------------
def _balanced(base: Targets, wanted: Targets, *, keeps_cuts: bool = False) -> Targets:
    """What is wanted, with raises no more than cuts pay for, and (unless they are kept) cuts no more than is raised."""
    raised = sum(max(Fraction(0), target - base[module_id]) for module_id, target in wanted.items())
    cut = sum(max(Fraction(0), base[module_id] - target) for module_id, target in wanted.items())
    of_raises = min(Fraction(1), cut / raised) if raised else Fraction(0)
    of_cuts = Fraction(1) if keeps_cuts else min(Fraction(1), raised / cut) if cut else Fraction(0)
    return {
        module_id: base[module_id] + (target - base[module_id]) * (of_raises if target > base[module_id] else of_cuts)
        for module_id, target in wanted.items()
    }


def _rounded(budget: Money, target: Fraction) -> Money:
    """A target on the grid, rounded down so that the reserve only gains; a budget that it is not moved from stays."""
    down = int(target // GRID * GRID)
    return budget if down <= budget <= target else down


def _moves(base: Targets, targets: Targets) -> bool:
    return any(target != base[module_id] for module_id, target in targets.items())


def _exact(ratio: float) -> Fraction:
    return Fraction(ratio).limit_denominator(_FINE)


def _score_words(score: ShrunkMean) -> str:
    return (
        f"made {100 * score.raw:.3f} % of its budget a session (standard error {100 * score.error:.3f}), "
        f"of whose distance from the others {100 * score.weight:.0f} % is believed: {100 * score.mean:.3f} %"
    )


def _usd(amount: Money) -> str:
    return usd(amount, cents=False)
