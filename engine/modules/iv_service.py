"""IV Service: sells iron condors where implied volatility ranks high, and closes them by target, stop or days.

Source of rules and defaults: product terms, section 3. A scan is a pure function of its context; it reads each chain
as columns and names one reason for every symbol that gives no trade.
"""

from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import from_float
from engine.domain.candidate import Finding
from engine.domain.chain import Chain
from engine.domain.mindfolio import ModuleKind
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, ExitCode, ManageContext, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.board import days_listed
from engine.modules.iv_condor import condor, condor_numbers, condor_reasons
from engine.modules.iv_rules import IvRules
from engine.modules.proposal import (
    NO_RANK,
    Package,
    SizeRules,
    Skip,
    best_first,
    candidate_of,
    expiry_odds,
    known,
    rank_refusal,
    sized,
)
from engine.modules.screening import event_before, room_for, symbol_refusal


class IvService:
    """A Strategy without state: everything it knows comes with the context."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.IV_SERVICE

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """One finding for each symbol of the universe: a condor, the best first, or why there is none.

        At most so many candidates as there is room for positions; each is sized by the whole of what is available.
        Raises ValueError for parameters that cannot be.
        """
        rules = IvRules.of(context.module)
        findings = [_look_at(symbol, context, rules) for symbol in context.module.universe]
        return best_first(findings, room_for(context, rules.max_open_positions), rules.max_open_positions)

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Close at the stop, the target or the last day, each inclusive; () to hold on.

        Credit and cost to close are compared as whole amounts, before commissions. Without a mark only the days count.
        Raises ValueError for parameters that cannot be.
        """
        rules = IvRules.of(context.module)
        credit = -position.cost
        if not position.status.is_open or context.dte is None or context.dte < 0:
            return ()
        if context.mark is not None and credit > 0:
            profit = context.mark + credit
            if -profit * 100 >= rules.stop_loss_pct * credit:
                why = f"stop: loss {-profit / credit:.1f} x the credit"
                return (Exit(position.position_id, why, ExitCode.STOP),)
            if profit * 100 >= rules.profit_target_pct * credit:
                why = f"profit target: {profit * 100 // credit} % of the credit"
                return (Exit(position.position_id, why, ExitCode.TARGET),)
        if context.dte <= rules.exit_days:
            why = f"{context.dte} day{'s' * (context.dte != 1)} to expiry"
            return (Exit(position.position_id, why, ExitCode.DAYS),)
        return ()


def _look_at(symbol: str, context: ScanContext, rules: IvRules) -> Finding:
    rank = context.iv_ranks.get(symbol, NO_RANK)
    chain = context.chains.get(symbol)
    numbers: dict[str, Fact] = {"iv_rank_pct": known(rank), "iv_rank_sessions": rank.sessions}
    refusal = _refusal(symbol, context, rules) or rank_refusal(rank, context, least=rules.min_iv_rank_pct)
    if refusal:
        return Finding(symbol, None, refusal, numbers)
    if chain is None or chain.key.size == 0:
        return Finding(symbol, None, "no option quotes yet", numbers)
    numbers["spot_usd"] = from_float(chain.spot)
    found, days = _find(symbol, chain, context, rules)
    if isinstance(found, Skip):
        return Finding(symbol, None, found.reason, numbers)
    size = sized(found, context, SizeRules(rules.open_interest_share_pct, rules.max_contracts))
    reasons = condor_reasons(found, days, rank, rules)
    candidate = candidate_of(found, context, size, rank, reasons, expiry_odds(found, context))
    return Finding(symbol, candidate, "; ".join(candidate.reasons), numbers | condor_numbers(found, days))


def _refusal(symbol: str, context: ScanContext, rules: IvRules) -> str:
    """Why a symbol is not looked at, whatever its market; "" when it is."""
    if StructureKind.IRON_CONDOR not in context.module.structures:
        return "iron condors are not enabled in this module"
    return symbol_refusal(symbol, context, rules.max_open_positions)


def _find(symbol: str, chain: Chain, context: ScanContext, rules: IvRules) -> tuple[Package | Skip, int]:
    """The condor of the expiry nearest the middle of the band that gives one; else why the nearest gives none.

    An expiry after an earnings or ex-dividend day gives none, and an earlier one in the band may.
    """
    today = market_day(context.now).toordinal()
    first: tuple[Skip, int] | None = None
    for days in days_listed(chain, context.now, rules.min_days, rules.max_days):
        found = event_before(symbol, today + days, context) or condor(chain, days, context, rules)
        if isinstance(found, Package):
            return found, days
        first = first or (found, days)
    return first or (Skip(f"no expiry in {rules.min_days}-{rules.max_days} days"), 0)
