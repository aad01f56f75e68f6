"""Money is an integer of 1/10,000 USD, from the ledger to the screen.

Prices per share, budgets, P&L and postings all use this one unit, so they add without rounding. Floats exist
in analytics only; `from_float` is the one place where a float may become money.
"""

import math
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from typing import TypeAlias

Money: TypeAlias = int

UNIT = 10_000
"""Units of `Money` in one dollar."""

CENT: Money = UNIT // 100

LARGEST: Money = 10**15
"""A hundred billion dollars: beyond it a figure is an error, not an amount."""


def dollars(amount: int | str | Decimal) -> Money:
    """Exact conversion of a dollar amount. Raises ValueError for anything finer than 1/10,000 USD or not finite."""
    try:
        # The default context would round beyond 28 digits without a word.
        exact = Context(prec=28, traps=[InvalidOperation, Overflow, Inexact])
        scaled = exact.multiply(Decimal(amount), Decimal(UNIT))
    except DecimalException as error:
        raise ValueError(f"{amount!r} is not an amount of dollars") from error
    if not scaled.is_finite() or scaled != scaled.to_integral_value() or abs(scaled) > LARGEST:
        raise ValueError(f"{amount!r} is not an exact amount of dollars")
    return int(scaled)


def from_float(value: float) -> Money | None:
    """The named crossing from analytics: dollars as float to the nearest unit, None when not finite or absurd."""
    if not math.isfinite(value) or abs(value) * UNIT > LARGEST:
        return None
    return round(value * UNIT)


def to_float(amount: Money) -> float:
    """Dollars as a float, for analytics and charts only."""
    return amount / UNIT


def usd(amount: Money | None, *, signed: bool = False, cents: bool = True) -> str:
    """An amount as people write it: "-$1,204.50", "n/a" for none; `signed` gains carry a plus; or in whole dollars."""
    if amount is None:
        return "n/a"
    figure = f"{abs(amount) / UNIT:,.2f}" if cents else f"{abs(amount) / UNIT:,.0f}"
    if not figure.strip("0."):
        return f"${figure}"  # what rounds to nothing is neither a gain nor a loss
    return f"{'-' if amount < 0 else '+' if signed else ''}${figure}"


def percent(part: Money, whole: Money) -> float | None:
    """`part` as a percentage of `whole`, rounded half up to one decimal as the screens show it; None for no whole."""
    if whole == 0:
        return None
    tenths = (2000 * abs(part) + abs(whole)) // (2 * abs(whole))
    return (tenths if (part < 0) == (whole < 0) else -tenths) / 10


def round_half_up(value: Decimal) -> int:
    """Nearest integer, halves away from zero (the owner's figures round this way)."""
    return int(value.quantize(Decimal(1), rounding="ROUND_HALF_UP"))
