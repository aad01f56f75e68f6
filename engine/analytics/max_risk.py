"""What a trade can lose, by the product's rule for its structure, and the figures that a ticket shows beside it.

Defined risk is the exact worst result over all prices. Structures whose full loss says nothing about a day's trading
(cash-secured puts, covered calls, shares) are measured by a fall of ten per cent; that is a convention, and the full
loss is shown beside it. Source: product terms, section 1, "max risk".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.analytics.payoff import PayoffLeg, corner_results, expiry_extremes, expiry_pnl_at
from engine.core.money import UNIT, Money, from_float
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.structure import Leg, StructureKind
from engine.domain.structure_shapes import identify, netted

FALL_PCT = 10
"""Of the strike (cash-secured puts) or of the spot (shares): the fall that their risk is measured by."""

TICKET_DEVIATIONS = 2.33
"""One loss in a hundred lies beyond, if prices were lognormal."""


@dataclass(frozen=True, slots=True)
class TicketRisk:
    """Losses, >= 0: by the product's rule, in a move of 2.33 deviations to the horizon, and in full.

    None is unbounded, or unknown for the move.
    """

    max_risk: Money | None
    move: Money | None
    full: Money | None


def max_risk(legs: Sequence[Leg], cash: Money, spot: Money | None = None, shares: int = 0) -> Money | None:
    """Loss used for the limit of one trade, >= 0, without costs; None is unbounded or, without a spot, unknown.

    `legs` and `shares` of the whole trade; `cash` is the premium received (+) or paid (-), without what shares cost.
    Short puts alone count as cash-secured: a fall to 10 % below the strike, the premium not taken off. Shares, with or
    without calls on some of them: a fall of 10 % from `spot`, less the premium. Everything else is the worst result
    over all prices when the first expiration comes, where options that live on are worth their intrinsic value, the
    least that no-arbitrage leaves an American one. Unbounded is also a short option whose cover ends before it.
    """
    legs = netted(legs)
    found = identify(legs, shares)
    kind = None if found is None else found.kind
    if kind is StructureKind.SHORT_PUT:
        # The strike divides: ten per cent of 1/10,000 USD a share is rounded up.
        return sum(-(-leg.contract.strike * FALL_PCT // 100) * MULTIPLIER * -leg.ratio for leg in legs)
    if _are_shares(legs, shares):
        return None if spot is None else max(0, -(-spot * shares * FALL_PCT // 100) - cash)
    return _full_loss(legs, cash, spot, shares)


def ticket_risk(
    legs: Sequence[Leg],
    cash: Money,
    spot: Money,
    shares: int = 0,
    *,
    years: float | None = None,
    volatility: float | None = None,
) -> TicketRisk:
    """The three figures of a ticket. `years` to the horizon (the first expiration) and `volatility` a year, decimal.

    The move's loss is the worst result at the horizon between spot * exp(-2.33 s) and spot * exp(2.33 s), where s is
    the standard deviation until then.
    """
    legs = netted(legs)
    return TicketRisk(
        max_risk(legs, cash, spot, shares),
        _move_loss(legs, cash, spot, shares, years, volatility),
        _full_loss(legs, cash, spot, shares),
    )


def is_covered_in_time(legs: Sequence[Leg]) -> bool:
    """Whether no short option outlives the first expiration among the legs: else its price then has no bound to use."""
    first = min((leg.contract.expiration for leg in legs), default=None)
    return all(leg.ratio > 0 or leg.contract.expiration == first for leg in legs)


def _are_shares(legs: Sequence[Leg], shares: int) -> bool:
    """Whether a trade is shares and nothing but calls that they cover; what it has too few calls for is no less so."""
    calls = [-leg.ratio for leg in legs if leg.ratio < 0 and leg.contract.right is Right.CALL]
    return shares > 0 and len(calls) == len(legs) and sum(calls) * MULTIPLIER <= shares


def _full_loss(legs: Sequence[Leg], cash: Money, spot: Money | None, shares: int) -> Money | None:
    if not is_covered_in_time(legs) or (shares and spot is None):
        return None
    worst = expiry_extremes(_payoff(legs), cash - shares * (spot or 0), shares).worst
    return None if worst is None else max(0, -worst)


def _move_loss(
    legs: Sequence[Leg], cash: Money, spot: Money, shares: int, years: float | None, volatility: float | None
) -> Money | None:
    if years is None or volatility is None or not is_covered_in_time(legs):
        return None
    reach = TICKET_DEVIATIONS * volatility * math.sqrt(max(years, 0.0))
    if not (math.isfinite(reach) and reach >= 0):
        return None
    ends = [from_float(spot / UNIT * math.exp(move)) for move in (-reach, reach)]
    if ends[0] is None or ends[1] is None:
        return None
    payoff, paid = _payoff(legs), cash - shares * spot
    results = [expiry_pnl_at(payoff, paid, end, shares) for end in ends if end is not None]
    inside = [result for at, result in corner_results(payoff, paid, shares) if ends[0] < at < ends[1]]
    return max(0, -min(results + inside))


def _payoff(legs: Sequence[Leg]) -> list[PayoffLeg]:
    return [(Right(leg.contract.right), leg.contract.strike, leg.ratio) for leg in legs]
