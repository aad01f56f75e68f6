"""Refusals in plain words: what was checked, what was measured, the limit, and by how much it was missed."""

import datetime as dt
from collections.abc import Iterable

from engine.core.errors import DenialCode, Fact
from engine.domain.denial import Denial
from engine.domain.instrument import OptionContract, parse_instrument
from mindfolio_desktop.ui import format as fmt


def denial(one: Denial) -> str:
    """One refusal as one sentence: what was checked, the measured value, the limit, and by how much it missed."""
    return f"{_NAMES[one.code]}: {_reason(one)}{_where(one)}"


def name(code: DenialCode) -> str:
    """What a code is called."""
    return _NAMES[code]


def denials(many: Iterable[Denial]) -> str:
    """Refusals one below the other."""
    return "\n".join(denial(one) for one in many)


_NAMES = {
    DenialCode.STOPPED: "Emergency stop",
    DenialCode.MODULE_STATUS: "Module status",
    DenialCode.MARKET_CLOSED: "Market",
    DenialCode.DATA_STALE: "Quote age",
    DenialCode.DATA_BAD: "Quotes",
    DenialCode.LEG_SKEW: "Quotes of the legs",
    DenialCode.LIQUIDITY: "Liquidity",
    DenialCode.STRUCTURE: "Structure",
    DenialCode.TICK: "Price",
    DenialCode.MAX_RISK: "Max risk per trade",
    DenialCode.BUDGET: "Budget",
    DenialCode.DAILY_LOSS: "Daily loss",
    DenialCode.ACCOUNT_BUYING_POWER: "Account buying power",
    DenialCode.ACCOUNT_RULES: "Account rules",
    DenialCode.CONFLICT: "Conflict with another trade",
    DenialCode.DUPLICATE: "Duplicate",
    DenialCode.SYMBOL_CAP: "Limit for one symbol",
    DenialCode.EVENT: "Events",
    DenialCode.ORDER_RATE: "Order rate",
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
    DenialCode.UNKNOWN_POSITION: "Position",
    DenialCode.UNKNOWN_ORDER: "Order",
    DenialCode.ORDER_STATE: "Order as it stands",
    DenialCode.RESERVE: "Reserve",
    DenialCode.NOT_FLAT: "Module is not flat",
    DenialCode.SYMBOL_HALTED: "Trading in this symbol",
    DenialCode.BROKER_UNREACHABLE: "Broker",
    DenialCode.UNKNOWN_PLAN: "Closing plan",
    DenialCode.UNKNOWN_DIFFERENCE: "Difference",
    DenialCode.NOTE: "Note",
    DenialCode.SETTINGS: "Settings",
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
    DenialCode.UNKNOWN_POSITION: "it is not open any more",
    DenialCode.UNKNOWN_ORDER: "it is not live any more",
    DenialCode.NOT_FLAT: "close what it holds, or say where it goes",
    DenialCode.SYMBOL_HALTED: "nothing is opened until what is in doubt is settled",
    DenialCode.BROKER_UNREACHABLE: "its account was not seen to agree with the books yet",
    DenialCode.UNKNOWN_PLAN: "this is not the plan that waits, look at it again",
    DenialCode.UNKNOWN_DIFFERENCE: "book and broker agree in it by now",
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
    if one.code is DenialCode.MAX_RISK and "order" in one.facts and bound is not None:
        return f"{fmt.net_price(int(value))}, {fmt.net_price(int(bound))} at worst, {why}"
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
        now, worst = fmt.net_price(one.measured), fmt.net_price(one.limit)
        return f"{why or 'the price moved'}: {now} now, at worst {worst} was approved"
    return why or "its time is over, the next scan may find the trade again"


_COMPARISONS = {
    DenialCode.BUDGET: _needed,
    DenialCode.ACCOUNT_BUYING_POWER: _needed,
    DenialCode.RESERVE: _needed,
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
    try:
        found = parse_instrument(occ)
    except ValueError:
        return occ
    return fmt.contract(found) if isinstance(found, OptionContract) else occ


_ABSURD = 1e18


def _finite(value: Fact) -> int | float | None:
    """The figure, None for words, for NaN, and for what is too large to be an amount of anything."""
    return value if isinstance(value, (int, float)) and abs(value) < _ABSURD else None


def _amount(value: float, unit: str) -> str:
    """A measured value or a limit with its unit. Money stays an integer and shows parts of a cent."""
    if unit == "usd":
        return fmt.price(int(value))
    if unit == "pct":
        return fmt.percent(value)
    if unit == "contracts":
        return fmt.counted(int(value), "contract") if value else "0 contracts"
    digits = 1 - float(value).is_integer()
    if unit == "s":
        is_long = 60 <= value < dt.timedelta.max.total_seconds()
        return fmt.age(dt.timedelta(seconds=value)) if is_long else f"{fmt.number(value, digits)} s"
    return fmt.number(value, digits)
