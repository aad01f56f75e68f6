"""Expected failures are values with a code and facts; exceptions are for the outside world."""

from enum import StrEnum
from typing import TypeAlias

Fact: TypeAlias = int | float | str | None


class MindfolioError(Exception):
    """Root of what the outside world can do to us. The message is one line for the user: what, where, what to do."""


class ImportRefused(MindfolioError):
    """A file could not be imported; nothing of it was kept."""


class LedgerFault(MindfolioError):
    """The journal is damaged, newer than this program, in use, or cannot be written."""


class NotSent(MindfolioError):
    """A broker could not be reached, and nothing left for it: what was asked has certainly not happened."""


class DenialCode(StrEnum):
    """Why something was refused by us; the broker's refusals are rejections."""

    # Pre-trade checks (product terms, section 2.3)
    STOPPED = "STOPPED"
    MODULE_STATUS = "MODULE_STATUS"
    MARKET_CLOSED = "MARKET_CLOSED"
    DATA_STALE = "DATA_STALE"
    DATA_BAD = "DATA_BAD"
    LEG_SKEW = "LEG_SKEW"
    LIQUIDITY = "LIQUIDITY"
    STRUCTURE = "STRUCTURE"
    TICK = "TICK"
    MAX_RISK = "MAX_RISK"
    BUDGET = "BUDGET"
    DAILY_LOSS = "DAILY_LOSS"
    ACCOUNT_BUYING_POWER = "ACCOUNT_BUYING_POWER"
    ACCOUNT_RULES = "ACCOUNT_RULES"
    CONFLICT = "CONFLICT"
    DUPLICATE = "DUPLICATE"
    SYMBOL_CAP = "SYMBOL_CAP"
    EVENT = "EVENT"
    ORDER_RATE = "ORDER_RATE"
    EVIDENCE = "EVIDENCE"
    KERNEL_HEALTH = "KERNEL_HEALTH"
    # Commands
    STALE_VERSION = "STALE_VERSION"
    NEGATIVE_AMOUNT = "NEGATIVE_AMOUNT"
    SUM_MISMATCH = "SUM_MISMATCH"
    UNKNOWN_MODULE = "UNKNOWN_MODULE"
    UNKNOWN_APPROVAL = "UNKNOWN_APPROVAL"
    APPROVAL_EXPIRED = "APPROVAL_EXPIRED"
    REASON_MISSING = "REASON_MISSING"
    NOT_STOPPED = "NOT_STOPPED"
    UNKNOWN_POSITION = "UNKNOWN_POSITION"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    ORDER_STATE = "ORDER_STATE"
    RESERVE = "RESERVE"
    NOT_FLAT = "NOT_FLAT"
    SYMBOL_HALTED = "SYMBOL_HALTED"
    BROKER_UNREACHABLE = "BROKER_UNREACHABLE"
    UNKNOWN_PLAN = "UNKNOWN_PLAN"
    UNKNOWN_DIFFERENCE = "UNKNOWN_DIFFERENCE"
    NOTE = "NOTE"
    SETTINGS = "SETTINGS"
    STORAGE = "STORAGE"


GATE_CODES: tuple[DenialCode, ...] = (
    *tuple(DenialCode)[: tuple(DenialCode).index(DenialCode.KERNEL_HEALTH) + 1],
    DenialCode.SYMBOL_HALTED,
    DenialCode.BROKER_UNREACHABLE,
)
"""Codes of the pre-trade checks in the order in which they are made: each trade is looked at by all of them."""
