"""Which positions to close so that a flag comes down: the smallest closings that cure it, and what each would cost."""

import datetime as dt
from collections.abc import Sequence

import numpy as np

from engine.analytics.concentration import Measures, share
from engine.core.errors import Fact
from engine.core.money import UNIT, Money, usd
from engine.domain.candidate import Answer, Candidate, plain_candidate
from engine.domain.chain import Ints
from engine.domain.exposure import Holding
from engine.domain.greeks import Greeks
from engine.domain.order import OrderPurpose
from engine.domain.quote_flags import Flags
from engine.domain.scan import ScanContext
from engine.domain.structure import Structure
from engine.modules.rebalancer_flags import Flag, excess
from engine.modules.rebalancer_rules import RebalancerRules


def closings_for(
    number: int, flags: Sequence[Flag], measures: Measures, kept: Flags, closable: Flags, cost: Ints
) -> list[int]:
    """Holdings to close so that flag `number` of `flags` comes down, in order; [] where none would lower it.

    `kept` (h,) are the holdings that stay, `cost` (h,) what closing each takes. The one that lowers the flag most for
    a dollar of cost comes first, then the next, until it is cured; whatever the others then make needless is left
    out, the dearest first. No closing may lift other flags by as much as it lowers this one.
    """
    chosen: list[int] = []
    left = kept.copy()
    while True:
        now = excess(flags, measures, left)
        if now[number] == 0:
            break
        best = _best(number, now, flags, measures, left, closable, cost)
        if best is None:
            break
        chosen.append(best)
        left[best] = False
    remaining = excess(flags, measures, left)
    for one in sorted(chosen, key=lambda place: (-int(cost[place]), place)):
        without = left.copy()
        without[one] = True
        if (excess(flags, measures, without) <= remaining).all():
            chosen.remove(one)
            left = without
    return chosen


def _best(
    number: int, now: Ints, flags: Sequence[Flag], measures: Measures, left: Flags, closable: Flags, cost: Ints
) -> int | None:
    """The holding whose closing lowers a flag most for its cost, the smaller of equals; None where none lowers it."""
    best: tuple[float, int, int] | None = None
    for place in np.flatnonzero(flags[number].members & closable & left).tolist():
        without = left.copy()
        without[place] = False
        after = excess(flags, measures, without)
        lowered = int(now[number] - after[number])
        if lowered <= 0 or int(after.sum()) >= int(now.sum()):
            continue
        rank = (-lowered / max(1, int(cost[place])), int(measures.power[place]), place)
        best = rank if best is None or rank < best else best
    return None if best is None else best[2]


def closing_costs(holdings: Sequence[Holding], context: ScanContext) -> Ints:
    """What closing each holding takes, (h,): natural against mid (0 where that cannot be told), and commissions."""
    return np.array([_slippage(holding) + _commission(holding, context) for holding in holdings], dtype=np.int64)


def answered(about: str, answers: Sequence[Answer], now: dt.datetime, rules: RebalancerRules) -> bool:
    """Whether a person lately let a closing for this reason pass, whichever position and module it was.

    Another position is then not suggested in its place: the person has seen the flag.
    """
    since = now - dt.timedelta(hours=rules.cool_down_hours)
    return any(
        answer.purpose is OrderPurpose.CLOSE and answer.at > since and answer.reason.startswith(f"{about}: ")
        for answer in answers
    )


def closing_candidate(holding: Holding, flag: Flag, after: tuple[float, float], context: ScanContext) -> Candidate:
    """The suggestion to close a whole position: why, what it leaves, the estimated P&L and what it costs.

    `after` is what the flag's members come to, in percent of NAV, once it is closed: by power, and by delta.
    """
    position, mark, natural = holding.position, holding.mark or 0, holding.closing_cost or 0
    units = position.quantity * position.structure.multiplier
    commission = _commission(holding, context)
    at_mid, at_natural = estimated(holding, context)
    left = f"{after[0]:g} % of NAV by buying power and stock, {after[1]:g} % by delta"
    reasons = (
        f"{flag.about}: {flag.words}",
        f"closing {_called(position.structure)} leaves {left}",
        f"estimated P&L if closed now {usd(at_natural)} at natural, {usd(at_mid)} at mid, commissions included",
        f"closing costs {usd(_slippage(holding))} from mid to natural and {usd(commission)} of commissions",
    )
    return plain_candidate(
        context.module.module_id,
        position.structure,
        position.quantity,
        (-(mark // units), -(-natural // units)),
        context.generation,
        reasons,
        costs=commission,
        greeks=Greeks() if holding.greeks is None else holding.greeks.scaled(-1).rounded(),
        purpose=OrderPurpose.CLOSE,
        position_id=position.position_id,
    )


def estimated(holding: Holding, context: ScanContext) -> tuple[Money, Money]:
    """P&L of a position if it were closed now, after all costs so far and those of closing: at mid, and at natural."""
    position = holding.position
    so_far = position.net_pnl - position.cost - _commission(holding, context)
    return so_far + (holding.mark or 0), so_far - (holding.closing_cost or 0)


def closing_numbers(holding: Holding, context: ScanContext) -> dict[str, Fact]:
    """The figures behind a suggestion for the scan record; "_usd" is money."""
    at_mid, at_natural = estimated(holding, context)
    return {
        "position": holding.position.position_id,
        "owner": holding.position.module_id,
        "pnl_at_mid_usd": at_mid,
        "pnl_at_natural_usd": at_natural,
        "closing_cost_usd": _slippage(holding) + _commission(holding, context),
    }


def left_after(flag: Flag, measures: Measures, kept: Flags) -> tuple[float, float]:
    """What a flag's members come to in percent of NAV, of the holdings kept: by power, and by delta."""
    power, delta = measures.size(flag.members & kept)
    return share(power, measures.nav), share(delta, measures.nav)


def _called(structure: Structure) -> str:
    """`NVDA 24 Apr 160 short put`: what a person knows a position by, as the window calls it."""
    day, kind = structure.expiration, structure.kind.value.lower()
    strikes = "/".join(f"{strike / UNIT:g}" for strike in structure.strikes)
    return f"{structure.symbol} {kind}" if day is None else f"{structure.symbol} {day.day} {day:%b} {strikes} {kind}"


def _slippage(holding: Holding) -> Money:
    if holding.mark is None or holding.closing_cost is None:
        return 0
    return max(0, holding.closing_cost + holding.mark)


def _commission(holding: Holding, context: ScanContext) -> Money:
    return context.costs.commission(holding.position.structure.contracts * holding.position.quantity)
