"""The only formatter: every figure, date and refusal that a person reads is written here.

Money is formatted with integers, never through floats. What is unknown is shown as a dash, never as 0 or "None".
Times are New York's. Names of months are ours, because the system's locale must not change what a trader reads.
"""

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Iterable

from engine.core.calendar import NEW_YORK
from engine.core.errors import DenialCode, Fact
from engine.core.money import CENT, UNIT, Money
from engine.domain.denial import Denial
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.mindfolio import Environment
from engine.domain.structure import Structure, StructureKind

UNKNOWN = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
TIMES = "\N{MULTIPLICATION SIGN}"
UP, DOWN = "▲", "▼"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


# --- money --------------------------------------------------------------------------------------------------------
def money(amount: Money | None, *, cents: bool = False) -> str:
    """`$12,345`, with `cents` `$12,345.67`; halves are rounded away from zero."""
    return UNKNOWN if amount is None else _money(amount, "", cents)


def signed_money(amount: Money | None, *, cents: bool = False) -> str:
    """`+$1,250` or `-$300` with a true minus sign: a gain or a loss. What rounds to zero has no sign."""
    return UNKNOWN if amount is None else _money(amount, "+", cents)


def exact_money(amount: Money | None) -> str:
    """`$43,000`, and `$43,000.50` only where there are cents: for editing, where a rounded figure would be wrong."""
    return money(amount, cents=amount is not None and amount % UNIT != 0)


def price(amount: Money | None) -> str:
    """Price per share with as many decimals as it has, at least two: `$2.50`, `$2.505`."""
    if amount is None:
        return UNKNOWN
    whole, part = divmod(abs(amount), UNIT)
    decimals = f"{part:04d}".rstrip("0").ljust(2, "0")
    return f"{MINUS if amount < 0 else ''}${whole:,}.{decimals}"


def net_price(amount: Money | None) -> str:
    """Net price per share of a package in words: `$2.50 credit`, `$3.20 debit`."""
    if amount is None:
        return UNKNOWN
    return f"{price(abs(amount))} {'credit' if amount < 0 else 'debit'}"


def strike(amount: Money) -> str:
    """A strike as traders write it: `240`, `242.5`."""
    whole, part = divmod(amount, UNIT)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".")


def _money(amount: Money, plus: str, cents: bool) -> str:
    step = CENT if cents else UNIT
    rounded = (abs(amount) + step // 2) // step
    sign = "" if rounded == 0 else MINUS if amount < 0 else plus
    if not cents:
        return f"{sign}${rounded:,}"
    whole, part = divmod(rounded, 100)
    return f"{sign}${whole:,}.{part:02d}"


# --- numbers ------------------------------------------------------------------------------------------------------
def number(value: float | None, digits: int = 1, *, signed: bool = False) -> str:
    """A plain number with thousands separators: `1,234.5`; `signed` adds `+`. Not finite is unknown."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = f"{abs(value):,.{digits}f}"
    is_zero = not text.strip("0.,")
    sign = "" if is_zero else MINUS if value < 0 else "+" if signed else ""
    return sign + text


def percent(value: float | None, digits: int = 1) -> str:
    """Percent from a percentage: 47.4 -> `47.4%`."""
    text = number(value, digits)
    return text if text == UNKNOWN else f"{text}%"


def signed_percent(value: float | None, digits: int = 1) -> str:
    """A gain or a loss in percent: `+8.3%`."""
    text = number(value, digits, signed=True)
    return text if text == UNKNOWN else f"{text}%"


def fraction(value: float | None, digits: int = 0) -> str:
    """Percent from a fraction (win rate, probability, volatility): 0.68 -> `68%`."""
    return percent(None if value is None else value * 100, digits)


def greek(value: float | None, digits: int = 1) -> str:
    """A Greek with its sign: `+60.5`."""
    return number(value, digits, signed=True)


def arrow(amount: float | None) -> str:
    """The mark of a gain or a loss that does not depend on colour: up, down, or nothing at zero or unknown."""
    if amount is None or math.isnan(amount) or amount == 0:
        return ""
    return UP if amount > 0 else DOWN


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """`1 trade`, `2 trades`, `no trades`."""
    if count == 1:
        return f"1 {singular}"
    return f"{f'{count:,}' if count else 'no'} {plural or f'{singular}s'}"


# --- times --------------------------------------------------------------------------------------------------------
def date(day: dt.date | None) -> str:
    """`17 Apr 2026`."""
    return UNKNOWN if day is None else f"{short_date(day)} {day.year}"


def short_date(day: dt.date) -> str:
    """`17 Apr`."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def weekday_date(day: dt.date | None) -> str:
    """`Mon 16 Mar 2026`."""
    return UNKNOWN if day is None else f"{_DAYS[day.weekday()]} {date(day)}"


def when(at: dt.datetime | None) -> str:
    """An instant in New York: `Mon 16 Mar 2026 15:55 ET`."""
    if at is None:
        return UNKNOWN
    local = at.astimezone(NEW_YORK)
    return f"{weekday_date(local.date())} {local:%H:%M} ET"


def moment(at: dt.datetime | None) -> str:
    """An instant in New York to the second, as the market's clock shows it: `Mon 16 Mar 2026 15:55:30 ET`."""
    return UNKNOWN if at is None else f"{weekday_date(at.astimezone(NEW_YORK).date())} {clock(at)}"


def short_when(at: dt.datetime | None) -> str:
    """An instant in New York where the year is plain: `16 Mar 15:55`."""
    if at is None:
        return UNKNOWN
    local = at.astimezone(NEW_YORK)
    return f"{short_date(local.date())} {local:%H:%M}"


def short_moment(at: dt.datetime | None) -> str:
    """An instant in New York to the second where the year is plain: `16 Mar 15:55:30`."""
    return UNKNOWN if at is None else f"{short_when(at)}:{at.astimezone(NEW_YORK):%S}"


def clock(at: dt.datetime | None) -> str:
    """Time of day in New York: `15:55:30 ET`."""
    return UNKNOWN if at is None else f"{at.astimezone(NEW_YORK):%H:%M:%S} ET"


def age(span: dt.timedelta | None) -> str:
    """How long ago, coarsely: `12 s`, `3 min`, `2 h 5 min`, `3 days`. A time in the future is `0 s`."""
    if span is None:
        return UNKNOWN
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 86400:
        minutes = seconds % 3600 // 60
        return f"{seconds // 3600} h {minutes} min" if minutes else f"{seconds // 3600} h"
    return counted(seconds // 86400, "day")


# --- instruments --------------------------------------------------------------------------------------------------
def contract(option: OptionContract) -> str:
    """`TSLA 17 Apr 240 put`."""
    right = "put" if option.right is Right.PUT else "call"
    return f"{option.underlying} {short_date(option.expiration)} {strike(option.strike)} {right}"


def kind(structure_kind: StructureKind) -> str:
    """`iron condor`."""
    return structure_kind.value.lower()


def structure(held: Structure) -> str:
    """`TSLA 17 Apr 240/250/270/280 iron condor`."""
    return f"{held.symbol} {short_date(held.expiration)} {'/'.join(map(strike, held.strikes))} {kind(held.kind)}"


def legs(held: Structure) -> str:
    """One line per leg: `buy 1 TSLA 17 Apr 240 put (x 100)`."""
    return "\n".join(
        f"{'buy' if leg.ratio > 0 else 'sell'} {abs(leg.ratio)} {contract(leg.contract)} ({TIMES} {MULTIPLIER})"
        for leg in held.legs
    )


def kinds(held: Iterable[StructureKind]) -> str:
    """Positions by kind: `2 iron condors`; `no positions` for none."""
    counts = Counter(held)
    return ", ".join(counted(count, kind(one)) for one, count in counts.items()) or "no positions"


def environment(where: Environment) -> str:
    """`SIMULATED`, `REPLAY`: the word that must be unmistakable."""
    return where.value.upper()


def speed(factor: float) -> str:
    """Market seconds a real second: `Hold`, `1x`, `60x`."""
    return "Hold" if factor == 0 else f"{factor:g}x"


# --- refusals -----------------------------------------------------------------------------------------------------
def denial(one: Denial) -> str:
    """One refusal as one sentence: what was checked, the measured value, the limit, and by how much it missed."""
    return f"{_NAMES[one.code]}: {_reason(one)}{_where(one)}"


def denials(many: Iterable[Denial]) -> str:
    """Refusals one below the other."""
    return "\n".join(denial(one) for one in many)


_NAMES = {
    DenialCode.STOPPED: "Emergency stop",
    DenialCode.MODULE_STATUS: "Module status",
    DenialCode.MARKET_CLOSED: "Market",
    DenialCode.DATA_STALE: "Quote age",
    DenialCode.DATA_BAD: "Quotes",
    DenialCode.LIQUIDITY: "Liquidity",
    DenialCode.STRUCTURE: "Structure",
    DenialCode.TICK: "Price",
    DenialCode.MAX_RISK: "Max risk per trade",
    DenialCode.BUDGET: "Budget",
    DenialCode.DAILY_LOSS: "Daily loss",
    DenialCode.ACCOUNT_BUYING_POWER: "Account buying power",
    DenialCode.DUPLICATE: "Duplicate",
    DenialCode.EVIDENCE: "Evidence",
    DenialCode.KERNEL_HEALTH: "Pricing",
    DenialCode.STALE_VERSION: "Changed meanwhile",
    DenialCode.NEGATIVE_AMOUNT: "Negative amount",
    DenialCode.SUM_MISMATCH: "Budgets",
    DenialCode.UNKNOWN_MODULE: "Unknown module",
    DenialCode.UNKNOWN_APPROVAL: "Approval",
    DenialCode.APPROVAL_EXPIRED: "Approval",
    DenialCode.REASON_MISSING: "Reason",
    DenialCode.NOT_STOPPED: "Re-arm",
    DenialCode.STORAGE: "Ledger",
}

_PLAIN = {
    DenialCode.STOPPED: "everything is stopped until a person re-arms",
    DenialCode.MODULE_STATUS: "it is paused, new trades wait until it is resumed",
    DenialCode.MARKET_CLOSED: "orders open only during the regular session",
    DenialCode.DUPLICATE: "the module already has this trade open, working or waiting",
    DenialCode.KERNEL_HEALTH: "the check of the pricing programs failed",
    DenialCode.STALE_VERSION: "the budgets changed after you began, look at them again and apply once more",
    DenialCode.UNKNOWN_MODULE: "this mindfolio has no such module",
    DenialCode.UNKNOWN_APPROVAL: "it no longer waits for a decision",
    DenialCode.REASON_MISSING: "type a reason first, it is recorded",
    DenialCode.NOT_STOPPED: "nothing is stopped",
    DenialCode.STORAGE: "it could not be recorded, so nothing was done",
}
"""Refusals whose figures tell a person nothing more."""


def _reason(one: Denial) -> str:
    why = str(one.facts.get("why") or "")
    if one.facts.get("error") is not None:
        return f"the check itself failed ({one.facts['error']}), so nothing was done"
    if one.code in _PLAIN:
        return f"{_PLAIN[one.code]}: {why}" if why else _PLAIN[one.code]
    if one.code is DenialCode.APPROVAL_EXPIRED:
        return _expired(one, why)
    return one.measured if isinstance(one.measured, str) else _measured(one, why)


def _measured(one: Denial, why: str) -> str:
    value, bound = _finite(one.measured), _finite(one.limit)
    if value is None:
        unknown = why or "the figure is unknown"
        return unknown if bound is None else f"{unknown}, limit {_amount(bound, one.unit)}"
    if bound is None:
        return f"{_amount(value, one.unit)}, and no limit is set: nothing opens until one is"
    words = _COMPARISONS.get(one.code, _bounded)(one, value, bound)
    return f"{why} {words}" if why else words


def _bounded(one: Denial, value: float, bound: float) -> str:
    """The common case: at most, or at least, whichever was missed."""
    unit = one.unit
    if value > bound:
        return f"{_amount(value, unit)}, limit {_amount(bound, unit)}, over by {_amount(value - bound, unit)}"
    if value == bound:
        return f"{_amount(value, unit)}, limit {_amount(bound, unit)}, limit reached"
    return f"{_amount(value, unit)}, at least {_amount(bound, unit)} needed, short by {_amount(bound - value, unit)}"


def _needed(one: Denial, value: float, bound: float) -> str:
    unit = one.unit
    return f"needs {_amount(value, unit)}, available {_amount(bound, unit)}, short by {_amount(value - bound, unit)}"


def _lost(one: Denial, value: float, bound: float) -> str:
    """Both are P&L: a loss is negative, the limit is minus what may be lost."""
    beyond = f"over by {_amount(bound - value, one.unit)}" if value < bound else "limit reached"
    return f"lost {_amount(abs(value), one.unit)} today, limit {_amount(abs(bound), one.unit)}, {beyond}"


def _added_up(one: Denial, value: float, bound: float) -> str:
    word, unit = "too much" if value > bound else "missing", one.unit
    gap = _amount(abs(value - bound), unit)
    return f"they add up to {_amount(value, unit)}, capital is {_amount(bound, unit)}, {gap} {word}"


def _off_grid(one: Denial, value: float, bound: float) -> str:
    return f"{_amount(value, one.unit)} is not a whole number of {_amount(bound, one.unit)} steps"


def _beaten(one: Denial, value: float, bound: float) -> str:
    """Win rate and expectancy must be more than their limit, the number of trades at least; waived: one contract."""
    if one.unit in ("pct", "usd"):
        return f"{_amount(value, one.unit)}, more than {_amount(bound, one.unit)} needed"
    return _bounded(one, value, bound)


def _expired(one: Denial, why: str) -> str:
    if isinstance(one.measured, int) and isinstance(one.limit, int):
        now, worst = net_price(one.measured), net_price(one.limit)
        return f"{why or 'the price moved'}: {now} now, at worst {worst} was approved"
    return why or "its time is over, the next scan may find the trade again"


_COMPARISONS = {
    DenialCode.BUDGET: _needed,
    DenialCode.ACCOUNT_BUYING_POWER: _needed,
    DenialCode.DAILY_LOSS: _lost,
    DenialCode.SUM_MISMATCH: _added_up,
    DenialCode.TICK: _off_grid,
    DenialCode.EVIDENCE: _beaten,
}


def _where(one: Denial) -> str:
    """The leg, else the symbol, that was refused, in brackets."""
    legs_named = [str(one.facts[key]) for key in ("leg", "also") if one.facts.get(key)]
    named = [_leg(occ) for occ in ", ".join(legs_named).split(", ") if occ] or [str(one.facts.get("symbol") or "")]
    return f" ({', '.join(named)})" if named[0] else ""


def _leg(occ: str) -> str:
    """A contract from its OCC symbol; what is none stays as it is."""
    found = _OCC.fullmatch(occ)
    if found is None:
        return occ
    symbol, expiration, right, thousandths = found.groups()
    try:
        day = dt.date.fromisoformat(f"20{expiration}")
    except ValueError:
        return occ
    return contract(OptionContract(symbol, day, int(thousandths) * UNIT // 1000, Right(right)))


_ABSURD = 1e18
_OCC = re.compile(r"([A-Z.]+)(\d{6})([CP])(\d{8})")


def _finite(value: Fact) -> int | float | None:
    """The figure, None for words, for NaN, and for what is too large to be an amount of anything."""
    return value if isinstance(value, (int, float)) and abs(value) < _ABSURD else None


def _amount(value: float, unit: str) -> str:
    """A measured value or a limit with its unit. Money stays an integer and shows parts of a cent."""
    if unit == "usd":
        return price(int(value))
    if unit == "pct":
        return percent(value)
    if unit == "contracts":
        return counted(int(value), "contract") if value else "0 contracts"
    digits = 1 - float(value).is_integer()
    if unit == "s":
        is_long = 60 <= value < dt.timedelta.max.total_seconds()
        return age(dt.timedelta(seconds=value)) if is_long else f"{number(value, digits)} s"
    return number(value, digits)
