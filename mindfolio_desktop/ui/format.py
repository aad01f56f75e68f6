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
from engine.core.money import CENT, UNIT, Money
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.mindfolio import Environment
from engine.domain.structure import Structure, StructureKind
from engine.domain.structure_shapes import options_alone

UNKNOWN = "\N{EN DASH}"
UNBOUNDED = "unbounded"
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


def told(words: str) -> str:
    """What the engine wrote, with percent and days as the window writes them: `16.8%`, `13 Feb 2026`."""
    return _DAY.sub(_day_words, _PERCENT.sub(r"\1%", words))


_PERCENT = re.compile(r"(\d) %")
_DAY = re.compile(r"\b(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])\b")


def _day_words(found: re.Match[str]) -> str:
    year, month, day = found.groups()
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"


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


def contract(option: OptionContract) -> str:
    """`TSLA 17 Apr 240 put`."""
    right = "put" if option.right is Right.PUT else "call"
    return f"{option.underlying} {short_date(option.expiration)} {strike(option.strike)} {right}"


def kind(structure_kind: StructureKind) -> str:
    """`iron condor`."""
    return structure_kind.value.lower()


def structure(held: Structure) -> str:
    """`TSLA 17 Apr 240/250/270/280 iron condor`, `TSLA long stock`."""
    terms = "" if held.expiration is None else f" {short_date(held.expiration)} {'/'.join(map(strike, held.strikes))}"
    return f"{held.symbol}{terms} {kind(held.kind)}"


def held(one: Structure, quantity: int, *, names_symbol: bool = True) -> str:
    """`2 x TSLA 17 Apr 240/250/270/280 iron condor`, `1 x XLU 6 Feb 45/45 long straddle and 17 shares short`."""
    options, units = options_alone(one, quantity)
    words = structure(options) if names_symbol else structure(options).removeprefix(f"{options.symbol} ")
    shares = 0 if options is one else one.shares * quantity
    hedge = f" and {counted(abs(shares), 'share')}{' short' if shares < 0 else ''}" if shares else ""
    return f"{units} {TIMES} {words}{hedge}"


def legs(held: Structure) -> str:
    """One line per leg: `buy 1 TSLA 17 Apr 240 put (x 100)`."""
    lines = [
        f"{'buy' if leg.ratio > 0 else 'sell'} {abs(leg.ratio)} {contract(leg.contract)} ({TIMES} {MULTIPLIER})"
        for leg in held.legs
    ]
    if held.shares:
        lines.append(f"{'buy' if held.shares > 0 else 'sell'} {counted(abs(held.shares), 'share')} of {held.symbol}")
    return "\n".join(lines)


def kinds(structures: Iterable[Structure]) -> str:
    """Positions by kind: `2 iron condors`; `no positions` for none. Options with a hedge count as the options."""
    counts = Counter(options_alone(one)[0].kind for one in structures)
    return ", ".join(counted(count, kind(one)) for one, count in counts.items()) or "no positions"


def environment(where: Environment) -> str:
    """`SIMULATED`, `REPLAY`: the word that must be unmistakable."""
    return where.value.upper()


def speed(factor: float) -> str:
    """Market seconds a real second: `Hold`, `1x`, `60x`."""
    return "Hold" if factor == 0 else f"{factor:g}x"
