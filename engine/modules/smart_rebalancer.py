"""Smart Rebalancer: watches what the whole mindfolio leans on, and suggests what to close and how to hedge.

Source of rules and defaults: product terms, section 3. It reads every module's positions and trades none of its own but
hedges. A scan is a pure function of its context, and tells every limit that is exceeded, with or without a remedy.
"""

from dataclasses import replace

import numpy as np

from engine.analytics.concentration import Measures
from engine.core.errors import Fact
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Finding
from engine.domain.exposure import Exposure, Holding
from engine.domain.instrument import MULTIPLIER
from engine.domain.mindfolio import ModuleKind
from engine.domain.position import Position
from engine.domain.quote_flags import Flags
from engine.domain.scan import Action, Exit, ExitCode, ManageContext, ScanContext
from engine.modules.rebalancer_closings import (
    answered,
    closing_candidate,
    closing_costs,
    closing_numbers,
    closings_for,
    left_after,
)
from engine.modules.rebalancer_flags import Flag, flags_of, measures_of, unknowns_of
from engine.modules.rebalancer_hedge import KIND, best_lean, hedge_finding, indices_of
from engine.modules.rebalancer_rules import RebalancerRules


class SmartRebalancer:
    """A Strategy without state: everything it knows comes with the context."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.SMART_REBALANCER

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """Suggestions first; then every flag without one, and why; then the symbols that are within their limits.

        Raises ValueError for parameters that cannot be.
        """
        rules = RebalancerRules.of(context.module)
        exposure = context.exposure
        if exposure is None:
            return _all(context, "the mindfolio is not to be seen here")
        if exposure.nav <= 0:
            return _all(context, "NAV is not above zero: nothing is a share of it")
        measures = measures_of(exposure)
        flags = flags_of(measures, context.pasts, rules)
        found, kept = _closings(exposure, measures, flags, context, rules)
        room = rules.max_suggestions - exposure.waiting - sum(finding.candidate is not None for finding in found)
        if flags:
            found += _hedges(exposure, kept, room, context, rules)
        found.sort(key=lambda finding: finding.candidate is None)
        return (*found, *_rest(measures, found, context, rules))

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Close a hedge that has paid most of what it can, one near its expiry, and shares of it; () to hold on.

        Raises ValueError for parameters that cannot be.
        """
        rules = RebalancerRules.of(context.module)
        if not position.status.is_open:
            return ()
        if position.shares:
            held = f"{position.shares:+,d} shares of {position.symbol}"
            why = f"assigned or exercised: {held}, which are no hedge"
            return (Exit(position.position_id, why, ExitCode.ASSIGNMENT),)
        if context.dte is None or context.dte < 0:
            return ()
        if position.structure.kind is KIND and context.mark is not None:
            low, high = position.structure.strikes
            most = (high - low) * MULTIPLIER * position.quantity
            if context.mark * 100 >= rules.take_profit_pct * most:
                why = f"the hedge is worth {context.mark * 100 // most} % of all that it can pay"
                return (Exit(position.position_id, why, ExitCode.TARGET),)
        if context.dte <= rules.exit_days:
            why = f"{context.dte} day{'s' * (context.dte != 1)} to expiry"
            return (Exit(position.position_id, why, ExitCode.DAYS),)
        return ()


def _all(context: ScanContext, reason: str) -> tuple[Finding, ...]:
    return tuple(Finding(symbol, None, reason) for symbol in context.module.universe)


def _closings(
    exposure: Exposure, measures: Measures, flags: tuple[Flag, ...], context: ScanContext, rules: RebalancerRules
) -> tuple[list[Finding], Flags]:
    """For each flag its closings, as many as there is room for suggestions; one finding that says why where none is.

    And the holdings (h,) that stay once what is suggested, or under way, is closed.
    """
    holdings = exposure.holdings
    cost = closing_costs(holdings, context)
    closable = np.array([_may_close(holding, context) for holding in holdings], dtype=np.bool_)
    kept = np.array([not holding.is_going for holding in holdings], dtype=np.bool_)
    room = rules.max_suggestions - exposure.waiting
    found: list[Finding] = []
    for number, flag in enumerate(flags):
        is_answered = answered(flag.about, exposure.answers, context.now, rules)
        is_open = not flag.remark and not is_answered
        chosen = closings_for(number, flags, measures, kept, closable, cost) if is_open else []
        if not chosen[: max(0, room)]:
            reason = _why_none(flag, measures, exposure, kept, bool(chosen), context, rules)
            found.append(Finding(flag.symbol, None, f"{flag.about}: {flag.words}; {reason}", flag.numbers, flag.kind))
            continue
        for place in chosen[:room]:
            kept[place] = False
            candidate = closing_candidate(holdings[place], flag, left_after(flag, measures, kept), context)
            numbers: dict[str, Fact] = flag.numbers | closing_numbers(holdings[place], context)
            reason = "; ".join(candidate.reasons)
            found.append(Finding(holdings[place].position.symbol, candidate, reason, numbers, flag.kind))
        room -= len(chosen[:room])
    return found, kept


def _may_close(holding: Holding, context: ScanContext) -> bool:
    """Whether a closing may be suggested: a hedge leans against what is flagged, and ends by its own rules only.

    Closed because of its own delta, it would be bought again at the next scan.
    """
    return holding.is_closable and holding.position.module_id != context.module.module_id


def _why_none(
    flag: Flag, measures: Measures, exposure: Exposure, kept: Flags, has_more: bool, context: ScanContext,
    rules: RebalancerRules,
) -> str:  # fmt: skip
    """Why no closing is suggested for a flag."""
    if flag.remark:
        return flag.remark
    if has_more:
        return f"{rules.max_suggestions} suggestions at once, and others come first"
    if max(measures.size(flag.members & kept)) <= flag.limit:
        return "closings that are under way or suggested bring it down"
    members = [holding for holding, is_in in zip(exposure.holdings, flag.members.tolist(), strict=True) if is_in]
    if answered(flag.about, exposure.answers, context.now, rules):
        return f"a closing for it was refused, or nobody decided, within {rules.cool_down_hours} hours"
    if not any(_may_close(holding, context) for holding in members):
        return "nothing of it can be closed now: EXTERNAL, a hedge, without a price, or at work already"
    return "no closing would lower it without raising another"


def _hedges(exposure: Exposure, kept: Flags, room: int, context: ScanContext, rules: RebalancerRules) -> list[Finding]:
    """A hedge of what closings leave on the index that it leans on, if there is room for a suggestion.

    What is EXTERNAL is not the mindfolio's to insure.
    """
    holdings = zip(exposure.holdings, kept.tolist(), strict=True)
    ours = tuple(one for one, stays in holdings if stays and one.position.module_id != EXTERNAL)
    left = replace(exposure, holdings=ours)
    measures = measures_of(left)
    lean = best_lean(measures, indices_of(left, context), context, rules) if ours else None
    if lean is None:
        return []
    finding = hedge_finding(left, measures, lean, context, rules)
    if finding.candidate is not None and room < 1:
        why = f"no hedge yet: {rules.max_suggestions} suggestions at once, and others come first"
        return [Finding(finding.symbol, None, why, finding.numbers, finding.structure)]
    return [finding]


def _rest(measures: Measures, found: list[Finding], context: ScanContext, rules: RebalancerRules) -> list[Finding]:
    """One finding for each symbol that no other is about, held or of the universe, and one for what is unknown."""
    unknown = unknowns_of(measures, context.pasts, rules)
    named = {finding.symbol for finding in found}
    rest = [Finding(symbol, None, words, structure="unknown") for symbol, words in unknown.items()]
    for symbol in sorted({*measures.symbols, *context.module.universe} - named - unknown.keys()):
        power, delta = (100 * amount / measures.nav for amount in measures.size(measures.of(symbol)))
        words = f"{power:.2f} % of NAV by buying power and stock, {delta:.2f} % by delta: within its limits"
        rest.append(Finding(symbol, None, words if symbol in measures.symbols else "nothing held"))
    return rest
