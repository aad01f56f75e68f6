"""From the legs that a module has picked to a candidate: price, risk, size, figures and reasons, the same for all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.buying_power import buying_power
from engine.analytics.chain_smile import chain_smile
from engine.analytics.max_risk import max_risk
from engine.analytics.payoff import PayoffLeg, breakevens
from engine.analytics.probability import chance_of_profit, expected_result
from engine.core.money import UNIT, Money, from_float
from engine.domain.candidate import Candidate, Finding
from engine.domain.greeks import Greeks
from engine.domain.instrument import MULTIPLIER, contract_of
from engine.domain.order import OrderPurpose
from engine.domain.package import LadderRules, package_quote, to_tick, worst_limit
from engine.domain.scan import IvRank, ScanContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import recognise
from engine.modules.board import Board

NO_RANK = IvRank(None, 0)


@dataclass(frozen=True, slots=True)
class Skip:
    """Why something is not traded."""

    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class PickedLeg:
    """A row of a board as a leg: `ratio` positive long, negative short."""

    board: Board
    row: int
    ratio: int

    @property
    def strike(self) -> Money:
        """Strike a share."""
        return int(self.board.strike[self.row])

    @property
    def delta(self) -> float:
        """Delta of one long option a share."""
        return float(self.board.values.delta[self.row])

    @property
    def iv(self) -> float:
        """Implied volatility a year, decimal."""
        return float(self.board.values.iv[self.row])


@dataclass(frozen=True, slots=True, eq=False)
class Package:
    """A structure with its prices: net a share at mid and at worst, and what one unit takes, risks and costs to open.

    `unit_power` and `unit_risk` are at the worst price, before costs, by the rules of product terms, section 1.
    """

    structure: Structure
    picked: tuple[PickedLeg, ...]
    net_price: Money
    worst_price: Money
    unit_power: Money
    unit_risk: Money
    unit_costs: Money

    @property
    def slip(self) -> Money:
        """What an order may give beyond mid, a share: the dearer a package is to trade, the more."""
        return self.worst_price - self.net_price

    @property
    def payoff(self) -> list[PayoffLeg]:
        """The legs of one unit as the payoff functions take them."""
        return [(leg.contract.right, leg.contract.strike, leg.ratio) for leg in self.structure.legs]


@dataclass(frozen=True, slots=True)
class SizeRules:
    """What limits a trade beside risk and budget: a share of open interest, and a number of contracts."""

    open_interest_share_pct: int
    max_contracts: int


def priced(picked: Sequence[PickedLeg], kind: StructureKind, context: ScanContext) -> Package | Skip:
    """A package of picked legs, in order of strike, if their quotes have a price and they make a `kind`."""
    contracts = [contract_of(leg.board.chain.symbol, int(leg.board.chain.key[leg.row])) for leg in picked]
    legs = tuple(Leg(contract, leg.ratio) for contract, leg in zip(contracts, picked, strict=True))
    quotes = tuple(leg.board.chain.quote(contract) for contract, leg in zip(contracts, picked, strict=True))
    quote = package_quote(legs, quotes, OrderPurpose.OPEN)
    if quote is None or recognise(legs) is not kind:
        return Skip(f"the strikes on {contracts[0].expiration} make no {kind.value.lower()}")
    structure = Structure(kind, legs)
    net, worst = to_tick(quote.mid, structure), worst_limit(quote, OrderPurpose.OPEN, LadderRules(), structure)
    spot = from_float(picked[0].board.chain.spot)
    mids = {leg.contract: each.mid for leg, each in zip(legs, quotes, strict=True) if each is not None}
    power = buying_power(legs, -worst * MULTIPLIER, spot, mids)
    risk = max_risk(legs, -worst * MULTIPLIER, spot)
    if power is None or risk is None:
        return Skip(f"what a {kind.value.lower()} at {plain(worst)} takes or risks cannot be told")
    if kind is StructureKind.SHORT_PUT:
        power = max(power, structure.strikes[0] * MULTIPLIER)  # secured in full, by product terms
    costs = context.costs.commission_per_contract * structure.contracts
    return Package(structure, tuple(picked), net, worst, power, risk, costs)


def sized(package: Package, context: ScanContext, rules: SizeRules) -> tuple[int, str]:
    """As many as every rule allows, and which rule binds; one where none fits, so that the gate says by how much."""
    limit = context.module.limits.max_risk_per_trade
    # Of an array, because the least of Python floats forgets a NaN that does not come first: unknown is not plenty.
    interest = float(np.min([leg.board.chain.open_interest[leg.row] for leg in package.picked]))
    allowed = {
        "max risk per trade": 0 if limit is None else limit // max(1, package.unit_risk + package.unit_costs),
        "available budget": context.available // max(1, package.unit_power + package.unit_costs),
        "open interest": int(interest) * rules.open_interest_share_pct // 100 if np.isfinite(interest) else 0,
        "most contracts a trade": rules.max_contracts,
    }
    if context.most_in_symbol is not None:
        share = context.most_in_symbol // max(1, package.unit_power + package.unit_costs)
        allowed["share of the budget in one symbol"] = share
    if context.waivers.evidence:
        allowed["backtest evidence waived"] = 1
    rule, quantity = min(allowed.items(), key=lambda entry: entry[1])
    if quantity < 1:
        return 1, f"1 contract although {rule} allows none"
    return quantity, f"{quantity} contract{'s' * (quantity != 1)}: {rule}"


def candidate_of(
    package: Package,
    context: ScanContext,
    size: tuple[int, str],
    rank: IvRank,
    reasons: tuple[str, ...],
    odds: tuple[float | None, Money | None] | None = None,
    *,
    by_rank: bool = True,
) -> Candidate:
    """The candidate of a package: `size` as `sized` gives it, `odds` as `expiry_odds` does for one unit.

    `by_rank` says whether a rule looked at the IV rank: only then an unknown one was waived. In a backtest, which
    shows nothing to anybody, figures that decide nothing are left out.
    """
    quantity, limited_by = size
    chance, expected = odds if odds is not None else (None, None)
    has_one_end = len({leg.contract.expiration for leg in package.structure.legs}) == 1
    unknown = ("iv_rank",) if by_rank and known(rank) is None else ()
    return Candidate(
        module_id=context.module.module_id,
        structure=package.structure,
        quantity=quantity,
        net_price=package.net_price,
        worst_price=package.worst_price,
        buying_power=package.unit_power * quantity,
        max_risk=package.unit_risk * quantity,
        costs=package.unit_costs * quantity,
        generation=context.generation,
        greeks=greeks_of(package.picked, quantity) if context.is_shown else Greeks(),
        breakevens=breakevens(package.payoff, -package.net_price * MULTIPLIER) if has_one_end else (),
        probability_of_profit=None if chance is None else round(chance, 4),
        expected_profit=None if expected is None else expected * quantity,
        iv_rank=known(rank),
        iv_rank_sessions=rank.sessions,
        reasons=(*reasons, limited_by),
        waived=(*(("evidence",) if context.waivers.evidence else ()), *unknown),
    )


def expiry_odds(package: Package, context: ScanContext) -> tuple[float | None, Money | None]:
    """Chance of profit and expected profit of one unit at its only expiry, after the costs of opening and closing.

    From the smile that is fitted to that expiry's quotes; (None, None) where nobody reads them.
    """
    if not context.is_shown:
        return None, None
    board, expiration = package.picked[0].board, package.structure.expiration
    if expiration is None:
        return None, None
    smile = chain_smile(board.chain, board.values, expiration.toordinal())
    cash = -package.net_price * MULTIPLIER - 2 * package.unit_costs
    expected = expected_result(package.payoff, cash, smile)
    chance = chance_of_profit(package.payoff, cash, smile)
    return chance, None if expected is None else from_float(round(expected, 2))


def greeks_of(picked: Sequence[PickedLeg], quantity: int) -> Greeks:
    """Greeks of `quantity` units of the legs picked."""
    total = Greeks()
    for leg in picked:
        values, row = leg.board.values, leg.row
        one = Greeks(
            float(values.delta[row]), float(values.gamma[row]), float(values.theta[row]), float(values.vega[row])
        )
        total += one.scaled(leg.ratio * MULTIPLIER * quantity)
    return total.rounded()


def worth(finding: Finding) -> float:
    """Expected profit of a finding's candidate for each dollar at risk; minus infinity where it cannot be told."""
    candidate = finding.candidate
    if candidate is None or candidate.expected_profit is None or candidate.max_risk <= 0:
        return -np.inf
    return candidate.expected_profit / candidate.max_risk


def known(rank: IvRank) -> float | None:
    """An IV rank in percent, None where it is unknown or no number."""
    return rank.percent if rank.percent is not None and np.isfinite(rank.percent) else None


def rank_refusal(rank: IvRank, context: ScanContext, *, least: float | None = None, most: float | None = None) -> str:
    """Why a symbol's IV rank speaks against a trade, "" when it does not: unknown passes only where it is waived."""
    percent = known(rank)
    if percent is None:
        return "" if context.waivers.iv_rank else f"IV rank unknown ({rank.sessions} sessions)"
    if least is not None and percent < least:
        return f"IV rank {percent:g} below {least:g}"
    if most is not None and percent > most:
        return f"IV rank {percent:g} above {most:g}"
    return ""


def right_word(package: Package) -> str:
    """What a package's first leg is, as reasons tell it."""
    return package.structure.legs[0].contract.right.word


def plain(amount: Money) -> str:
    """An amount in dollars without a sign for them, as reasons tell prices; `money.usd` writes the sign."""
    return f"{amount / UNIT:.2f}"
