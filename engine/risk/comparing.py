"""How the checks compare: what is missing, not finite, boolean or of the wrong type never satisfies a rule.

A figure exactly at an upper limit is allowed. Amounts are `Money`: anything but an int is unknown. Denials carry
numbers a journal can hold: `measured` or `limit` is None where the figure was unknown, and the facts tell what was
found instead.
"""

import math

from engine.core.errors import DenialCode, Fact
from engine.core.money import Money
from engine.domain.denial import Denial
from engine.risk.facts import TradeFacts


def at_most(measured: object, limit: object) -> bool:
    """`measured <= limit`, both finite numbers; False for None, NaN, infinities, booleans and anything else."""
    left, right = number(measured), number(limit)
    return left is not None and right is not None and left <= right


def above(measured: object, limit: object) -> bool:
    """`measured > limit`, both finite numbers; False for None, NaN, infinities, booleans and anything else."""
    left, right = number(measured), number(limit)
    return left is not None and right is not None and left > right


def number(value: object) -> int | float | None:
    """The value where it is a finite number, else None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return whole(value)


def whole(value: object) -> int | None:
    """The value where it is an int (an amount, a count), else None."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def shown(value: object) -> Fact:
    """The value if a journal can hold it, else its text."""
    if value is None or isinstance(value, str):
        return value
    known = number(value)
    return repr(value) if known is None else known


def pct(fraction: object) -> Fact:
    """A share in percent, for display."""
    # Rounded far below anything a person reads, because 0.57 x 100 is 56.99999999999999 in binary.
    known = number(fraction)
    return shown(fraction) if known is None else round(known * 100, 6)


def about(facts: TradeFacts) -> dict[str, Fact]:
    """Which trade a denial speaks of."""
    structure = facts.candidate.structure
    return {"symbol": structure.symbol or None, "structure": str(structure.kind)}


def with_costs(amount: object, costs: object, least: Money = 1) -> Money | None:
    """The amount and its costs, None unless the amount is at least `least` and the costs are not below zero."""
    known, added = whole(amount), whole(costs)
    if known is None or added is None or known < least or added < 0:
        return None
    return known + added


def upper_limit(
    code: DenialCode, measured: Money | None, limit: object, more: dict[str, Fact], unit: str = "usd"
) -> Denial | None:
    """A denial unless measured <= limit; its fact `missing` is by how much one of the two would have to change."""
    allowed = whole(limit)
    if at_most(measured, allowed):
        return None
    missing = None if measured is None or allowed is None else measured - allowed
    return Denial(code, measured, allowed, unit, more | {"missing": missing})
