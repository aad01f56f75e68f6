"""IV Service: iron condors where implied volatility ranks high, calendars and diagonals where the front is dear.

Source of rules and defaults: product terms, section 3. A scan is a pure function of its context; it reads each chain
as columns and names one reason for every structure of a symbol that gives no trade.
"""

from dataclasses import dataclass, replace

from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import Money, from_float, usd
from engine.domain.candidate import Finding
from engine.domain.chain import Chain
from engine.domain.mindfolio import ModuleKind
from engine.domain.position import Position
from engine.domain.scan import Action, ManageContext, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.board import days_listed
from engine.modules.iv_calendar import calendar
from engine.modules.iv_condor import condor, condor_numbers, condor_reasons
from engine.modules.iv_diagonal import diagonal, trend_of
from engine.modules.iv_exits import exit_of
from engine.modules.iv_rules import IvRules
from engine.modules.iv_two_expiries import FrontResult, Terms, front_result, term_numbers, term_reasons, terms_of
from engine.modules.proposal import (
    NO_RANK,
    Package,
    SizeRules,
    Skip,
    candidate_of,
    expiry_odds,
    known,
    rank_refusal,
    sized,
    worth,
)
from engine.modules.screening import by_rank, event_before, looked_at, refused_today, room_for, symbol_refusal

STRUCTURES = (StructureKind.IRON_CONDOR, StructureKind.CALENDAR, StructureKind.DIAGONAL)
"""What this module trades, in the order in which it looks; of equally good ones the first is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """A package that passed its rules: `days` to expiry of a condor, or `terms` of two expirations, and `why`."""

    package: Package
    days: int = 0
    terms: Terms | None = None
    why: str = ""


class IvService:
    """A Strategy without state: everything it knows comes with the context."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.IV_SERVICE

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """For each symbol of the universe one finding for each structure that is enabled: candidates first.

        Symbols are looked at in the order of their IV rank, the highest first, until there are as many candidates as
        there is room for positions. At most one candidate a symbol, the structure with the most expected profit for its
        risk; each is sized by the whole of what is available. A symbol that is not looked at, or whatever the
        structure, has one finding. Raises ValueError for parameters that cannot be.
        """
        rules = IvRules.of(context.module)
        return looked_at(
            by_rank(context, highest_first=True),
            lambda symbol: _look_at(symbol, context, rules),
            room_for(context, rules.max_open_positions),
            context,
        )

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Close what an assignment left at once, the rest by stop, target or days; () to hold on. See `exit_of`.

        Raises ValueError for parameters that cannot be.
        """
        found = exit_of(position, context, IvRules.of(context.module))
        return () if found is None else (found,)


def _look_at(symbol: str, context: ScanContext, rules: IvRules) -> list[Finding]:
    """The findings of one symbol."""
    rank = context.iv_ranks.get(symbol, NO_RANK)
    chain = context.chains.get(symbol)
    numbers: dict[str, Fact] = {"iv_rank_pct": known(rank), "iv_rank_sessions": rank.sessions}
    enabled = [kind for kind in STRUCTURES if kind in context.module.structures]
    refusal = symbol_refusal(symbol, context, rules.max_open_positions, rules.rest_days)
    if not enabled:
        refusal = "none of iron condor, calendar and diagonal is enabled in this module"
    if refusal:
        return [Finding(symbol, None, refusal, numbers)]
    if chain is None or chain.key.size == 0:
        return [Finding(symbol, None, "no option quotes yet", numbers)]
    numbers["spot_usd"] = from_float(chain.spot)
    looks = _looks(symbol, chain, enabled, context, rules)
    several = sum(isinstance(found, _Found) for found, _ in looks.values()) > 1
    # Between several structures the odds decide, and are then worked out in a backtest too.
    seen = replace(context, is_shown=True) if several else context
    return _one_candidate(
        [
            _proposal(symbol, kind, found, seen, rules, numbers | more)
            if isinstance(found, _Found)
            else Finding(symbol, None, found.reason, numbers | more, kind.value)
            for kind, (found, more) in looks.items()
        ]
    )


def _looks(
    symbol: str, chain: Chain, enabled: list[StructureKind], context: ScanContext, rules: IvRules
) -> dict[StructureKind, tuple[_Found | Skip, dict[str, Fact]]]:
    """What each enabled structure finds, with its numbers; the term structure is worked out once."""
    looks: dict[StructureKind, tuple[_Found | Skip, dict[str, Fact]]] = {}
    terms: Terms | Skip | None = None
    for kind in enabled:
        if refusal := refused_today(symbol, kind, context):
            looks[kind] = Skip(refusal), {}
        elif kind is StructureKind.IRON_CONDOR:
            looks[kind] = _condor(symbol, chain, context, rules), {}
        else:
            terms = terms or terms_of(symbol, chain, context, rules)
            looks[kind] = _over_two(kind, symbol, terms, context, rules)
    return looks


def _proposal(
    symbol: str, kind: StructureKind, found: _Found, context: ScanContext, rules: IvRules, numbers: dict[str, Fact]
) -> Finding:
    """The finding of a package that passed, with its candidate."""
    package, rank = found.package, context.iv_ranks.get(symbol, NO_RANK)
    size = sized(package, context, SizeRules(rules.open_interest_share_pct, rules.max_contracts))
    if found.terms is None:
        reasons = condor_reasons(package, found.days, rank, rules)
        candidate = candidate_of(package, context, size, rank, reasons, expiry_odds(package, context))
        more = condor_numbers(package, found.days)
    else:
        result = front_result(package, found.terms) if context.is_shown else FrontResult()
        reasons = (*term_reasons(package, found.terms, result), found.why)
        odds = result.chance, result.expected
        candidate = candidate_of(package, context, size, rank, reasons, odds, by_rank=False)
        candidate = replace(candidate, breakevens=result.breakevens)
        more = term_numbers(package, result)
    return Finding(symbol, candidate, "; ".join(candidate.reasons), numbers | more, kind.value)


def _one_candidate(findings: list[Finding]) -> list[Finding]:
    """The findings of one symbol with its best candidate only; the others say which was preferred, and by how much."""
    best = max((each for each in findings if each.candidate is not None), key=worth, default=None)
    return [each if each.candidate is None or each is best else _passed_over(each, best) for each in findings]


def _passed_over(finding: Finding, best: Finding | None) -> Finding:
    mine, other = _per_risk(finding), "" if best is None else f"{best.structure.lower()} preferred: {_per_risk(best)}"
    return Finding(finding.symbol, None, f"{other}, here {mine}", finding.numbers, finding.structure)


def _per_risk(finding: Finding) -> str:
    candidate = finding.candidate
    if candidate is None or candidate.expected_profit is None:
        return "expected profit unknown"
    expected: Money = candidate.expected_profit
    return f"{usd(expected, signed=True)} expected for {usd(candidate.max_risk)} at risk"


def _condor(symbol: str, chain: Chain, context: ScanContext, rules: IvRules) -> _Found | Skip:
    """The condor of the expiry nearest the middle of the band that gives one; else why the nearest gives none.

    An expiry after an earnings or ex-dividend day gives none, and an earlier one in the band may.
    """
    refusal = rank_refusal(context.iv_ranks.get(symbol, NO_RANK), context, least=rules.min_iv_rank_pct)
    if refusal:
        return Skip(refusal)
    today = market_day(context.now).toordinal()
    first: Skip | None = None
    for days in days_listed(chain, context.now, rules.min_days, rules.max_days):
        found = event_before(symbol, today + days, context) or condor(chain, days, context, rules)
        if isinstance(found, Package):
            return _Found(found, days)
        first = first or found
    return first or Skip(f"no expiry in {rules.min_days}-{rules.max_days} days")


def _over_two(
    kind: StructureKind, symbol: str, terms: Terms | Skip, context: ScanContext, rules: IvRules
) -> tuple[_Found | Skip, dict[str, Fact]]:
    """The calendar or diagonal of two expirations, or why there is none, with term structure and trend behind it."""
    if isinstance(terms, Skip):
        return terms, {}
    refusal = terms.refusal(rules)
    if refusal:
        return Skip(refusal), terms.numbers
    if kind is StructureKind.CALENDAR:
        package, why = calendar(terms, context, rules)
        return (package if isinstance(package, Skip) else _Found(package, terms=terms, why=why)), terms.numbers
    trend = trend_of(symbol, context, rules)
    if isinstance(trend, Skip):
        return trend, terms.numbers
    along = diagonal(terms, trend, context, rules)
    found = along if isinstance(along, Skip) else _Found(along, terms=terms, why=trend.text(rules))
    return found, terms.numbers | trend.numbers
