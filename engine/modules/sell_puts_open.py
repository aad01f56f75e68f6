"""Which put the Sell Puts Engine sells on a symbol, whether its module can pay for the shares, and which one it can.

A put is always shown with the budget that an assignment would take. Source: product terms, sections 2.5 and 3.
"""

from dataclasses import dataclass, replace

from engine.core.calendar import market_day
from engine.core.errors import Fact
from engine.core.money import UNIT, Money
from engine.domain.candidate import Candidate
from engine.domain.chain import Chain
from engine.domain.instrument import MULTIPLIER
from engine.domain.scan import IvRank, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.board import Board, board_of, days_listed, row_at_delta
from engine.modules.proposal import Package, PickedLeg, SizeRules, Skip, candidate_of, expiry_odds, known, priced, sized
from engine.modules.screening import event_before
from engine.modules.sell_puts_rules import PutRules


@dataclass(frozen=True, slots=True)
class Means:
    """What one put may take: what is available, the cap of a symbol, and the most a trade may risk (None: not set)."""

    available: Money
    symbol_cap: Money
    max_risk: Money | None

    @classmethod
    def of(cls, context: ScanContext, rules: PutRules) -> "Means":
        """Of a module now. Its means are what is available and what its positions have at work."""
        at_work = sum(position.used for position in context.open_positions)
        whole = max(0, context.available) + at_work
        cap = whole * rules.symbol_share_pct // 100
        if context.most_in_symbol is not None:
            cap = min(cap, context.most_in_symbol)
        return cls(context.available, cap, context.module.limits.max_risk_per_trade)

    def shortfall(self, package: Package) -> str:
        """Every figure that keeps one contract from being funded, and by how much it would have to change; "" if none.

        Costs of opening are counted in, as the gate counts them.
        """
        power, risk, costs = package.unit_power, package.unit_risk, package.unit_costs
        needed, more = [], []
        if power + costs > self.available:
            needed.append(f"{cash(power)} against {cash(self.available)} available")
            more.append(power + costs - self.available)
        if self.max_risk is None:
            needed.append(f"max risk {cash(risk)} and no limit for one trade is set")
        elif risk + costs > self.max_risk:
            needed.append(f"max risk {cash(risk)} against {cash(self.max_risk)}")
            more.append(risk + costs - self.max_risk)
        if self.symbol_cap < power + costs <= self.available:
            needed.append(f"{cash(power)} against {cash(self.symbol_cap)} for one symbol")
            more.append(power + costs - self.symbol_cap)
        by = f" (short by {' and '.join(map(cash, more))}, costs included)" if more else ""
        return "; ".join(needed) + by

    def highest_strike(self, package: Package) -> Money:
        """The highest strike that could be funded, were costs and the risk a dollar of strike as in a package."""
        strike = package.structure.strikes[0]
        power = (min(self.available, self.symbol_cap) - package.unit_costs) // MULTIPLIER
        if self.max_risk is None:
            return 0
        return min(power, (self.max_risk - package.unit_costs) * strike // max(1, package.unit_risk))


@dataclass(frozen=True, slots=True, eq=False)
class FoundPut:
    """A put of a symbol with its days to expiry. `shortfall` says why it cannot be funded, "" when it can.

    `instead_of` tells of a dearer put that was aimed at and could not be funded.
    """

    package: Package
    days: int
    shortfall: str
    instead_of: str = ""


def find_put(symbol: str, chain: Chain, context: ScanContext, rules: PutRules, means: Means) -> FoundPut | Skip:
    """The put nearest the middle of the delta band, of the expiry nearest the middle of the days that has one.

    Where that one cannot be funded, the nearest lower strike inside the band that can.
    """
    today = market_day(context.now).toordinal()
    first: Skip | None = None
    for days in days_listed(chain, context.now, rules.min_days, rules.max_days):
        found = event_before(symbol, today + days, context) or _put_on(chain, days, context, rules, means)
        if isinstance(found, FoundPut):
            return found
        first = first or found
    return first or Skip(f"no expiry in {rules.min_days}-{rules.max_days} days")


def _put_on(chain: Chain, days: int, context: ScanContext, rules: PutRules, means: Means) -> FoundPut | Skip:
    ordinal = market_day(context.now).toordinal() + days
    board = board_of(chain, ordinal, context.now, context.rate)
    rows = board.listed(ordinal, puts=True)
    row = row_at_delta(board, rows, rules.min_delta, rules.max_delta)
    if row is None:
        return Skip(f"no put strike at {rules.min_delta:g}-{rules.max_delta:g} delta with a quote in {days} days")
    package = _sold(board, row, context)
    if isinstance(package, Skip):
        return package
    shortfall = means.shortfall(package)
    if not shortfall:
        return FoundPut(package, days, "")
    fits = rows & (board.strike <= means.highest_strike(package))
    lower = row_at_delta(board, fits, rules.min_delta, rules.max_delta)
    smaller = None if lower is None else _sold(board, lower, context)
    if isinstance(smaller, Package) and not means.shortfall(smaller):
        return FoundPut(smaller, days, "", f"{put_name(package)} cannot be funded: {shortfall}")
    return FoundPut(package, days, shortfall)


def _sold(board: Board, row: int, context: ScanContext) -> Package | Skip:
    package = priced([PickedLeg(board, row, -1)], StructureKind.SHORT_PUT, context)
    if isinstance(package, Skip):
        return package
    least, costs = -package.worst_price * MULTIPLIER, 2 * package.unit_costs
    if least <= costs:
        return Skip(f"credit too small after costs: {cash(least)} at the worst price, {cash(costs)} to open and close")
    return package


def put_candidate(
    found: FoundPut, context: ScanContext, rules: PutRules, means: Means, rank: IvRank, why: tuple[str, ...],
    needs_person: str = "",
) -> Candidate:  # fmt: skip
    """The candidate of a put, sized by every rule; `why` are the symbol's own reasons, before those of the put."""
    package = found.package
    size = sized(package, context, SizeRules(rules.open_interest_share_pct, rules.max_contracts))
    fitting = means.symbol_cap // max(1, package.unit_power + package.unit_costs)
    if fitting < size[0]:
        of_cap = f"at most {rules.symbol_share_pct} % of the means in one symbol"
        size = (fitting, f"{fitting} contract{'s' * (fitting != 1)}: {of_cap}") if fitting else (1, size[1])
    leg = package.picked[0]
    reasons = (
        *why,
        f"{put_name(package)}, {found.days} days, at {leg.delta * 100:.1f} delta",
        f"credit {cash(-package.net_price * MULTIPLIER)} a contract",
        *((found.instead_of,) if found.instead_of else ()),
        f"if assigned {cash(package.unit_power * size[0])} of {cash(context.available)} available",
        *((f"cannot be funded: {found.shortfall}",) if found.shortfall else ()),
    )
    candidate = candidate_of(package, context, size, rank, reasons, expiry_odds(package, context))
    return replace(candidate, needs_person=needs_person)


def put_numbers(found: FoundPut, candidate: Candidate, means: Means) -> dict[str, Fact]:
    """The figures behind a put for the scan record; "_usd" is money, 1/10,000 USD.

    `over_available_usd` and `over_max_risk_usd` are what the two figures would have to change by, 0 where they fit.
    """
    package = found.package
    power, risk = candidate.buying_power + candidate.costs, candidate.max_risk + candidate.costs
    expiration = package.structure.expiration
    return {
        "expiration": "" if expiration is None else expiration.isoformat(),
        "expiry_dte": found.days,
        "strike_usd": package.structure.strikes[0],
        "put_delta": round(package.picked[0].delta, 4),
        "put_iv": round(package.picked[0].iv, 4),
        "credit_usd": -package.net_price,
        "worst_credit_usd": -package.worst_price,
        "if_assigned_usd": candidate.buying_power,
        "available_usd": means.available,
        "over_available_usd": max(0, power - means.available),
        "max_risk_usd": candidate.max_risk,
        "max_risk_limit_usd": means.max_risk,
        "over_max_risk_usd": None if means.max_risk is None else max(0, risk - means.max_risk),
    }


def put_name(package: Package) -> str:
    """As traders call it: "KO 60 put"."""
    return f"{package.structure.symbol} {package.structure.strikes[0] / UNIT:g} put"


def rank_words(rank: IvRank, rules: PutRules) -> str:
    """What a symbol's IV rank says for a trade."""
    percent = known(rank)
    if percent is None:
        return f"IV rank unknown ({rank.sessions} sessions), waived"
    return f"IV rank {percent:g} ({rank.sessions} sessions), at least {rules.min_iv_rank_pct:g}"


def cash(amount: Money) -> str:
    """Dollars as a person says them: "$44,000", "$4,400.60"."""
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}${amount / UNIT:,.2f}" if amount % UNIT else f"{sign}${amount // UNIT:,}"
