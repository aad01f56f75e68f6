"""The hedge of the Smart Rebalancer: a put spread on an index against a fall of everything at once.

It is insurance. What the mindfolio loses in a fall is worked out by revaluing every position with each name falling by
its beta; the worst case at expiry, netted name by name, is told beside it, before and after.
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.analytics.concentration import Measures, share
from engine.analytics.correlation import betas, returns_of
from engine.analytics.payoff import Holding as Held
from engine.analytics.payoff import book_worst_case
from engine.analytics.scenarios import Legs, joint_moves, revalue
from engine.analytics.stress_cells import FEAR
from engine.core.calendar import market_day, years_to_expiry
from engine.core.errors import Fact
from engine.core.money import UNIT, Money, from_float, usd
from engine.domain.candidate import Finding
from engine.domain.chain import Chain, Floats
from engine.domain.exposure import Exposure
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.order import OrderPurpose
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.board import board_of, days_listed, row_at_delta
from engine.modules.proposal import (
    NO_RANK,
    Package,
    PickedLeg,
    SizeRules,
    Skip,
    candidate_of,
    greeks_of,
    priced,
    sized,
)
from engine.modules.rebalancer_rules import RebalancerRules
from engine.modules.screening import event_before, refused_today, symbol_refusal

INDEX_SECTOR = "Broad Market"
"""The sector of what may serve as a hedge."""

KIND = StructureKind.BEAR_PUT_SPREAD

INSURANCE = "a hedge is insurance: a backtest, which asks what a trade earns, cannot speak for it"


@dataclass(frozen=True, slots=True, eq=False)
class Lean:
    """How a mindfolio leans on an index: `delta`, its dollar deltas each times its name's beta, summed.

    `beta` (s,) by symbol of the measures, NaN where unknown; `coverage` the part of all |dollar delta| whose beta is
    known, `fit` the correlation of what the deltas would have earned with the index, both 0 to 1 (NaN: unknown).
    """

    index: str
    delta: Money
    beta: Floats
    coverage: float
    fit: float
    sessions: int

    def without_beta(self, measures: Measures) -> tuple[str, ...]:
        """Names whose beta is unknown: they are left out, and that is said."""
        return tuple(each for each, beta in zip(measures.symbols, self.beta, strict=True) if not np.isfinite(beta))


def indices_of(exposure: Exposure, context: ScanContext) -> tuple[str, ...]:
    """The indices of the module's universe that are quoted, in its order."""
    return tuple(
        symbol
        for symbol in context.module.universe
        if exposure.sectors.get(symbol) == INDEX_SECTOR and symbol in context.chains
    )


def best_lean(measures: Measures, indices: Sequence[str], context: ScanContext, rules: RebalancerRules) -> Lean | None:
    """The index that most of the deltas have a beta to, and of those the one that explains them best; None of none."""
    leans = [_lean(measures, index, context, rules) for index in indices]
    return max(leans, key=lambda lean: (round(lean.coverage, 4), np.nan_to_num(lean.fit, nan=-1.0)), default=None)


def _lean(measures: Measures, index: str, context: ScanContext, rules: RebalancerRules) -> Lean:
    table = returns_of((*measures.symbols, index), context.pasts, rules.sessions)
    own, benchmark = table[:, :-1], table[:, -1]
    found = betas(own, benchmark)
    weight = np.bincount(measures.symbol, measures.delta, len(measures.symbols))
    is_known = np.isfinite(found.beta)
    total = float(np.abs(weight).sum())
    earned = np.where(is_known, own, 0.0) @ np.where(is_known, weight, 0.0)
    together = np.isfinite(earned) & np.isfinite(benchmark)
    with np.errstate(all="ignore"):
        moves = np.stack([earned[together], benchmark[together]])
        fit = float(np.corrcoef(moves)[0, 1]) if moves.shape[1] > 1 else math.nan
    return Lean(
        index,
        int(np.rint(weight[is_known] @ found.beta[is_known])),
        found.beta,
        float(np.abs(weight[is_known]).sum()) / total if total else 0.0,
        fit,
        int(found.sessions.max(initial=0)),
    )


def hedge_finding(
    exposure: Exposure, measures: Measures, lean: Lean, context: ScanContext, rules: RebalancerRules
) -> Finding:
    """A put spread on the index that a flagged mindfolio leans on, or why there is none.

    `exposure` is what is to be insured: without what is EXTERNAL, and what is about to be closed.
    """
    index, nav = lean.index, measures.nav
    numbers: dict[str, Fact] = {
        "beta_delta_usd": lean.delta,
        "beta_delta_pct": share(lean.delta, nav),
        "hedge_above_pct": rules.hedge_above_pct,
        "beta_coverage": round(lean.coverage, 4),
    }
    refusal = _refusal(exposure, lean, measures, context, rules)
    if refusal:
        return Finding(index, None, refusal, numbers, KIND.value)
    found = _find(index, context, rules)
    if isinstance(found, Skip):
        return Finding(index, None, f"no hedge: {found.reason}", numbers, KIND.value)
    too_much = lean.delta - rules.hedge_above_pct * nav / 100
    one = abs(greeks_of(found.picked, 1).delta) * context.chains[index].spot * UNIT
    needed = max(1, math.ceil(too_much / one)) if one > 0 else 1
    size = sized(found, context, SizeRules(rules.open_interest_share_pct, rules.max_contracts))
    if needed < size[0]:
        size = needed, f"{needed} contract{'s' * (needed != 1)}: what leans too much"
    words, more = _effect(found, size[0], exposure, measures, lean, context, rules)
    candidate = candidate_of(found, context, size, context.iv_ranks.get(index, NO_RANK), words)
    candidate = replace(candidate, needs_person="" if context.waivers.evidence else INSURANCE)
    return Finding(index, candidate, "; ".join(candidate.reasons), numbers | more, KIND.value)


def _refusal(exposure: Exposure, lean: Lean, measures: Measures, context: ScanContext, rules: RebalancerRules) -> str:
    index = lean.index
    if lean.delta * 100 <= rules.hedge_above_pct * measures.nav:
        percent, without = share(lean.delta, measures.nav), lean.without_beta(measures)
        unknown = f"; not counted, without beta: {', '.join(without)}" if without else ""
        return f"no hedge: beta-weighted delta {percent:g} % of NAV, not above {rules.hedge_above_pct:g} %{unknown}"
    if KIND not in context.module.structures:
        return "no hedge: bear put spreads are not enabled in this module"
    since = context.now - dt.timedelta(hours=rules.cool_down_hours)
    for answer in exposure.answers:
        if answer.purpose is OrderPurpose.OPEN and answer.module_id == context.module.module_id and answer.at > since:
            return f"no hedge: refused, or nobody decided, within {rules.cool_down_hours} hours"
    refused = refused_today(index, KIND, context) or symbol_refusal(index, context, rules.max_open_positions)
    return f"no hedge: {refused}" if refused else ""


def _find(index: str, context: ScanContext, rules: RebalancerRules) -> Package | Skip:
    """The spread of the expiry nearest the middle of the band that gives one; else why the nearest gives none.

    An expiry after an ex-dividend day gives none, because the gate would refuse it; an earlier one in the band may.
    """
    chain, today = context.chains[index], market_day(context.now).toordinal()
    first: Skip | None = None
    for days in days_listed(chain, context.now, rules.min_days, rules.max_days):
        found = event_before(index, today + days, context) or _spread(chain, today + days, context, rules)
        if isinstance(found, Package):
            return found
        first = first or found
    return first or Skip(f"no expiry in {rules.min_days}-{rules.max_days} days")


def _spread(chain: Chain, ordinal: int, context: ScanContext, rules: RebalancerRules) -> Package | Skip:
    board = board_of(chain, ordinal, context.now, context.rate)
    puts = board.listed(ordinal, puts=True)
    long = row_at_delta(board, puts, rules.min_long_delta, rules.max_long_delta)
    short = row_at_delta(board, puts, rules.min_short_delta, rules.max_short_delta)
    on = dt.date.fromordinal(ordinal)
    if long is None or short is None:
        low, high = (
            (rules.min_long_delta, rules.max_long_delta)
            if long is None
            else (rules.min_short_delta, rules.max_short_delta)
        )
        return Skip(f"no put at {low:g}-{high:g} delta with a quote on {on}")
    package = priced((PickedLeg(board, short, -1), PickedLeg(board, long, 1)), KIND, context)
    if isinstance(package, Package) and package.worst_price >= package.picked[1].strike - package.picked[0].strike:
        return Skip(f"the spread on {on} costs as much as it can ever pay")
    return package


def _effect(
    package: Package, quantity: int, exposure: Exposure, measures: Measures, lean: Lean, context: ScanContext,
    rules: RebalancerRules,
) -> tuple[tuple[str, ...], dict[str, Fact]]:  # fmt: skip
    """What the hedge protects from, in words and numbers: in a fall, and in the worst case at expiry."""
    low, high = (leg.strike for leg in package.picked)
    cost = package.net_price * MULTIPLIER * quantity
    most = (high - low) * MULTIPLIER * quantity
    without, bought, left_out = fall_of(package, quantity, exposure, measures, lean, context, rules)
    worst = worst_case(exposure)
    after = worst_case(exposure, Held(_contracts(package, quantity), -cost))
    leaning = f"beta-weighted delta {share(lean.delta, measures.nav):g} % of NAV against {lean.index}"
    strikes = f"{lean.index} put spread {high / UNIT:g}/{low / UNIT:g}"
    words = [
        f"{leaning}, above {rules.hedge_above_pct:g} % ({lean.sessions} sessions)",
        f"{strikes} costs {usd(cost)} and pays at most {usd(most)}, at {low / UNIT:g} or below",
    ]
    if without is not None and bought is not None:
        words.append(
            f"if {lean.index} falls {rules.fall_pct:g} % at once the mindfolio makes {usd(without)} without it, "
            f"{usd(without + bought)} with it"
        )
    words.append(f"worst case at expiry {_or_none(worst)} before, {_or_none(after)} after")
    if left_out:
        words.append(f"not counted, without beta or volatility: {', '.join(left_out)}")
    return tuple(words), {
        "cost_usd": cost,
        "pays_at_most_usd": most,
        "fall_pct": rules.fall_pct,
        "fall_without_usd": without,
        "fall_with_usd": None if without is None or bought is None else without + bought,
        "worst_before_usd": worst,
        "worst_after_usd": after,
        "left_out": ", ".join(left_out),
    }


def fall_of(
    package: Package, quantity: int, exposure: Exposure, measures: Measures, lean: Lean, context: ScanContext,
    rules: RebalancerRules,
) -> tuple[Money | None, Money | None, tuple[str, ...]]:  # fmt: skip
    """What the positions make if the index falls at once, what the hedge makes, and the symbols that are left out.

    Every name falls by its beta times as much, and volatilities rise. Positions in a name without a beta, or with an
    option without a volatility, are left out.
    """
    fit = _Columns(context)
    without_beta = frozenset(lean.without_beta(measures))
    missing = set(without_beta)
    for holding, place in zip(exposure.holdings, measures.symbol.tolist(), strict=True):
        position = holding.position
        if position.symbol in without_beta:
            continue
        vols = [exposure.volatilities.get(leg.contract) for leg in position.structure.legs]
        known = [vol for vol in vols if vol is not None]
        if holding.spot is None or len(known) < len(vols):
            missing.add(position.symbol)
            continue
        fit.begin()
        for leg, vol in zip(position.structure.legs, known, strict=True):
            fit.add(leg.contract, leg.ratio * position.quantity * MULTIPLIER, vol, holding.spot, place)
        if position.shares:
            fit.add(None, position.shares, 0.0, holding.spot, place)
    spot = from_float(context.chains[lean.index].spot) or 0
    fit.begin()
    for (contract, count), picked in zip(_contracts(package, quantity), package.picked, strict=True):
        fit.add(contract, count * MULTIPLIER, picked.iv, spot, len(measures.symbols))
    moves = joint_moves(np.array([-rules.fall_pct / 100]), np.append(np.nan_to_num(lean.beta, nan=0.0), 1.0), FEAR)
    by_position = revalue(fit.legs(), moves).by_position[:, 0, 0]
    return (
        from_float(round(float(by_position[:-1].sum()), 2)),
        from_float(round(float(by_position[-1]), 2)),
        tuple(sorted(missing)),
    )


class _Columns:
    """Legs of positions, gathered as the rows that `revalue` takes."""

    def __init__(self, context: ScanContext) -> None:
        self._context = context
        self._position = -1
        self._rows: list[tuple[float, float, float, float, float, bool, float, int, int]] = []

    def begin(self) -> None:
        """The legs that follow belong to another position."""
        self._position += 1

    def add(self, contract: OptionContract | None, size: int, volatility: float, spot: Money, symbol: int) -> None:
        """An option, or shares (None): `size` signed shares that it stands for."""
        price = spot / UNIT
        if contract is None:
            self._rows.append((price, price, math.nan, 0.0, 0.0, False, size, self._position, symbol))
            return
        years = max(0.0, years_to_expiry(self._context.now, contract.expiration))
        forward = price * math.exp(self._context.rate * years)
        is_put = contract.right is Right.PUT
        strike = contract.strike / UNIT
        self._rows.append((price, forward, strike, years, volatility, is_put, size, self._position, symbol))

    def legs(self) -> Legs:
        """All of them as columns."""
        spot, forward, strike, years, volatility, is_put, size, position, symbol = (
            np.array(column) for column in zip(*self._rows, strict=True)
        )
        return Legs(
            spot, forward, strike, years, np.full(spot.size, self._context.rate), volatility,
            is_put.astype(np.bool_), size.astype(np.float64), position.astype(np.int64), symbol.astype(np.int64),
        )  # fmt: skip


def worst_case(exposure: Exposure, *more: Held) -> Money | None:
    """Exact loss at expiry of all that is held, netted within each underlying, >= 0; None is unbounded."""
    held = [
        Held(
            tuple((leg.contract, leg.ratio * holding.position.quantity) for leg in holding.position.structure.legs),
            -holding.position.cost,
            holding.position.shares,
            holding.position.symbol,
        )
        for holding in exposure.holdings
    ]
    losses = list(book_worst_case([*held, *more]).values())
    return None if None in losses else sum(loss for loss in losses if loss is not None)


def _contracts(package: Package, quantity: int) -> tuple[tuple[OptionContract, int], ...]:
    return tuple((leg.contract, leg.ratio * quantity) for leg in package.structure.legs)


def _or_none(loss: Money | None) -> str:
    return "unbounded" if loss is None else usd(loss)
