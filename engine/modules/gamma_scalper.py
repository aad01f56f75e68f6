"""Gamma Scalper: buys straddles or strangles that cost less than the underlying moves, and hedges them with shares.

Source of rules and defaults: product terms, section 3. Which of the two is bought is a matter of the structures that
are enabled: the straddle where both are, and the strangle where that gives none.
"""

import math

import numpy as np

from engine.analytics.black_scholes import european
from engine.analytics.gamma_pnl import theta_paid
from engine.analytics.realised_volatility import close_to_close
from engine.core.calendar import market_day, previous_session
from engine.core.errors import Fact
from engine.core.money import UNIT, Money, from_float, usd
from engine.domain.candidate import Candidate, Finding
from engine.domain.chain import Chain
from engine.domain.instrument import MULTIPLIER
from engine.domain.mindfolio import ModuleKind
from engine.domain.position import Position
from engine.domain.scan import NO_PAST, Action, Exit, ExitCode, IvRank, ManageContext, Past, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.board import days_listed
from engine.modules.gamma_entry import Entry, entry
from engine.modules.gamma_hedges import hedge
from engine.modules.gamma_rules import GammaRules
from engine.modules.house_rules import SHORT_STOCK_PCT
from engine.modules.proposal import (
    NO_RANK,
    Package,
    SizeRules,
    Skip,
    candidate_of,
    expiry_odds,
    known,
    plain,
    rank_refusal,
    sized,
)
from engine.modules.screening import by_rank, event_before, looked_at, refused_today, room_for, symbol_refusal

KINDS = (StructureKind.LONG_STRADDLE, StructureKind.LONG_STRANGLE)
"""What may be bought, the preferred one first."""

REALISED_SESSIONS = 20

_LONGEST_WINDOW = 40
"""Calendar days that 21 closes may span: more, and sessions are missing among them."""


class GammaScalper:
    """A Strategy without state: everything it knows comes with the context."""

    @property
    def kind(self) -> ModuleKind:
        """Which program this is."""
        return ModuleKind.GAMMA_SCALPER

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """One finding for each symbol: what to buy, or why nothing, the lowest IV rank first.

        Symbols are looked at until there are as many candidates as there is room for positions. Raises ValueError for
        parameters that cannot be.
        """
        rules = GammaRules.of(context.module)
        return looked_at(
            by_rank(context, highest_first=False),
            lambda symbol: (_look_at(symbol, context, rules),),
            room_for(context, rules.max_open_positions),
            context,
        )

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """Out at the stop, the target, the theta budget or the last day, each inclusive; else a hedge, or ().

        Where an exit cannot be ordered the hedge behind it is. Results count hedges, and no commissions. Without a
        mark only the days count. Raises ValueError for parameters that cannot be.
        """
        rules = GammaRules.of(context.module)
        if not position.status.is_open or (context.dte is not None and context.dte < 0):
            return ()
        out = _exit(position, context, rules)
        shares = hedge(position, context, rules)
        return tuple(action for action in (out, shares) if action is not None)


def realised_volatility(past: Past, context: ScanContext) -> float | None:
    """Volatility a year of the last 20 daily returns, None where closes are missing or do not reach to yesterday."""
    if past.close.size <= REALISED_SESSIONS:
        return None
    days, close = past.day[-REALISED_SESSIONS - 1 :], past.close[-REALISED_SESSIONS - 1 :]
    is_new = days[-1] >= previous_session(market_day(context.now)).day.toordinal()
    found = float(close_to_close(close, REALISED_SESSIONS).volatility[-1])
    return found if is_new and days[-1] - days[0] <= _LONGEST_WINDOW and math.isfinite(found) else None


# --- what to buy -----------------------------------------------------------------------------------------------------
def _look_at(symbol: str, context: ScanContext, rules: GammaRules) -> Finding:
    rank = context.iv_ranks.get(symbol, NO_RANK)
    chain = context.chains.get(symbol)
    realised = realised_volatility(context.pasts.get(symbol, NO_PAST), context)
    numbers: dict[str, Fact] = {
        "iv_rank_pct": known(rank),
        "iv_rank_sessions": rank.sessions,
        "realised_volatility": None if realised is None else round(realised, 4),
    }
    refusal = symbol_refusal(symbol, context, rules.max_open_positions, rules.rest_days)
    refusal = refusal or rank_refusal(rank, context, most=rules.max_iv_rank_pct)
    if refusal:
        return Finding(symbol, None, refusal, numbers)
    if chain is None or chain.key.size == 0:
        return Finding(symbol, None, "no option quotes yet", numbers)
    numbers["spot_usd"] = from_float(chain.spot)
    if realised is None:
        why = f"realised volatility unknown: {REALISED_SESSIONS + 1} daily closes up to the last session are needed"
        return Finding(symbol, None, why, numbers)
    first: Finding | None = None
    for kind in KINDS:
        if kind in context.module.structures:
            found = _proposed(symbol, chain, kind, realised, context, rules, numbers)
            if found.candidate is not None:
                return found
            first = first or found
    return first or Finding(symbol, None, "neither straddles nor strangles are enabled in this module", numbers)


def _proposed(
    symbol: str,
    chain: Chain,
    kind: StructureKind,
    realised: float,
    context: ScanContext,
    rules: GammaRules,
    numbers: dict[str, Fact],
) -> Finding:
    refusal = refused_today(symbol, kind, context)
    if refusal:
        return Finding(symbol, None, refusal, numbers, kind.value)
    found = _find(symbol, chain, kind, realised, context, rules)
    if isinstance(found, Skip):
        return Finding(symbol, None, found.reason, numbers, kind.value)
    size = _size(found.package, chain, context, rules)
    if isinstance(size, Skip):
        return Finding(symbol, None, size.reason, numbers | found.numbers(), kind.value)
    candidate = _candidate(found, size, realised, context, context.iv_ranks.get(symbol, NO_RANK), rules)
    return Finding(symbol, candidate, "; ".join(candidate.reasons), numbers | found.numbers(), kind.value)


def _find(
    symbol: str, chain: Chain, kind: StructureKind, realised: float, context: ScanContext, rules: GammaRules
) -> Entry | Skip:
    """What the expiry nearest the middle of the band gives that gives any; else why the nearest gives none."""
    today = market_day(context.now).toordinal()
    first: Skip | None = None
    for days in days_listed(chain, context.now, rules.min_days, rules.max_days):
        found = event_before(symbol, today + days, context) or entry(chain, days, kind, realised, context, rules)
        if isinstance(found, Entry):
            return found
        first = first or found
    return first or Skip(f"no expiry in {rules.min_days}-{rules.max_days} days")


def _size(package: Package, chain: Chain, context: ScanContext, rules: GammaRules) -> tuple[int, str] | Skip:
    """As many as every rule allows, money and risk for their hedges set aside."""
    by_trade, why = sized(package, context, SizeRules(rules.open_interest_share_pct, rules.max_contracts))
    reserve = round(chain.spot * UNIT) * rules.hedge_reserve * SHORT_STOCK_PCT // 100
    needed = package.unit_power + package.unit_costs + reserve
    have = context.available * rules.position_share_pct // 100
    if needed > have:
        return Skip(
            f"budget: one takes {usd(needed, cents=False)}, {usd(reserve, cents=False)} of it for hedges of "
            f"{rules.hedge_reserve} shares; {rules.position_share_pct} % of what is available is "
            f"{usd(have, cents=False)}"
        )
    limit, risk = context.module.limits.max_risk_per_trade, package.unit_risk * (100 + rules.hedge_risk_pct) // 100
    by_hedges = have // needed
    by_risk = by_trade if limit is None else max(1, limit // max(1, risk + package.unit_costs))
    quantity = min(by_trade, by_hedges, by_risk)
    if quantity == by_trade:
        return by_trade, why
    rule = "budget for its hedges" if quantity == by_hedges else "max risk with its hedges"
    return quantity, f"{quantity} contract{'s' * (quantity != 1)}: {rule}"


def _candidate(
    found: Entry, size: tuple[int, str], realised: float, context: ScanContext, rank: IvRank, rules: GammaRules
) -> Candidate:
    """The candidate. Its expected profit is what the options are worth at the realised volatility beyond their cost.

    That is what hedging is after; the chance of profit is of the options left alone, as everywhere.
    """
    package = found.package
    chance, _ = expiry_odds(package, context)
    worth = _worth_at(package, realised, context)
    expected = None if worth is None else (worth - package.worst_price) * MULTIPLIER - 2 * package.unit_costs
    if worth is not None:
        found = found.with_reason(f"worth {plain(worth)} at realised volatility, bought for {plain(package.net_price)}")
    return candidate_of(package, context, size, rank, found.reasons(rank, rules), (chance, expected))


def _worth_at(package: Package, volatility: float, context: ScanContext) -> Money | None:
    """Value of one unit a share at a volatility, None where it cannot be told."""
    legs, values = package.picked, package.picked[0].board.values
    rows = np.array([leg.row for leg in legs])
    strikes = np.array([leg.strike / UNIT for leg in legs])
    is_put = legs[0].board.is_put[rows]
    each = european(values.spot, values.forward[rows], strikes, values.years[rows], context.rate, volatility, is_put)
    return from_float(float(each.price.sum()))


# --- when to get out -------------------------------------------------------------------------------------------------
def _exit(position: Position, context: ManageContext, rules: GammaRules) -> Exit | None:
    where = position.position_id
    if context.dte is None:
        return Exit(where, f"its options are gone: {position.shares:+,d} shares hedge nothing", ExitCode.RULE)
    premium = sum(lot.cost for lot in position.lots if lot.contract is not None)
    if context.mark is not None and premium > 0:
        result = context.mark - position.cost + position.realised
        if -result * 100 >= rules.stop_loss_pct * premium:
            return Exit(where, f"stop: {-result * 100 // premium} % of the premium is lost", ExitCode.STOP)
        if result * 100 >= rules.profit_target_pct * premium:
            return Exit(where, f"profit target: {result * 100 // premium} % of the premium", ExitCode.TARGET)
        paid = theta_paid(position, context.now, context.rate)
        if paid is not None and paid * 100 >= rules.theta_budget_pct * premium:
            why = f"theta budget: time has cost {paid * 100 // premium} % of the premium"
            return Exit(where, why, ExitCode.RULE)
    if context.dte <= rules.exit_days:
        return Exit(where, f"{context.dte} day{'s' * (context.dte != 1)} to expiry", ExitCode.DAYS)
    return None
