"""Double entry: what each event does to the accounts, as postings that sum to zero. Pure.

Debits are positive. Assets (cash, positions at cost) and costs carry debit balances; capital and gains carry credit
balances, so a gain shows as a negative balance of REALISED.
"""

from collections.abc import Iterable
from enum import StrEnum

from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind
from engine.domain.records import PostingRow


class Account(StrEnum):
    """Accounts of the book; each is kept per module, "" standing for the mindfolio itself.

    SETTLED is what of a module's P&L became capital. OUTSIDE is what came from nowhere in these books, of EXTERNAL.
    """

    CASH = "CASH"
    POSITIONS = "POSITIONS"
    REALISED = "REALISED"
    COMMISSIONS = "COMMISSIONS"
    FEES = "FEES"
    DIVIDENDS = "DIVIDENDS"
    INTEREST = "INTEREST"
    BORROW = "BORROW"
    ROUNDING = "ROUNDING"
    SETTLED = "SETTLED"
    CAPITAL = "CAPITAL"
    OUTSIDE = "OUTSIDE"


PNL_ACCOUNTS = (
    Account.REALISED,
    Account.COMMISSIONS,
    Account.FEES,
    Account.DIVIDENDS,
    Account.INTEREST,
    Account.BORROW,
    Account.ROUNDING,
)
"""What makes up realised P&L after costs."""

_CASH_KINDS = {
    ActivityKind.DIVIDEND: Account.DIVIDENDS,
    ActivityKind.INTEREST: Account.INTEREST,
    ActivityKind.BORROW: Account.BORROW,
    ActivityKind.FEE: Account.FEES,
    ActivityKind.ROUNDING: Account.ROUNDING,
}


def deposit(seq: int, amount: Money) -> tuple[PostingRow, ...]:
    """Cash from outside (negative: to it): debit cash, credit capital."""
    return (PostingRow(seq, Account.CASH, "", amount), PostingRow(seq, Account.CAPITAL, "", -amount))


def trade(
    seq: int, module_id: str, *, cost: Money, gain: Money, commission: Money = 0, fees: Money = 0
) -> tuple[PostingRow, ...]:
    """A trade or a settlement: `cost` more on POSITIONS at cost, `gain` realised before costs; cash is the rest."""
    rows = (
        PostingRow(seq, Account.CASH, module_id, gain - cost - commission - fees),
        PostingRow(seq, Account.COMMISSIONS, module_id, commission),
        PostingRow(seq, Account.FEES, module_id, fees),
        PostingRow(seq, Account.POSITIONS, module_id, cost),
        PostingRow(seq, Account.REALISED, module_id, -gain),
    )
    return tuple(row for row in rows if row.amount or row.account == Account.CASH)


def booked_cash(seq: int, event: ev.CashBooked) -> tuple[PostingRow, ...]:
    """Cash that no trade moved. Raises ValueError for a kind that is none of these."""
    account = _CASH_KINDS.get(event.kind)
    if account is None:
        raise ValueError(f"{event.kind} moves no cash by itself")
    return (
        PostingRow(seq, Account.CASH, event.module_id, event.amount),
        PostingRow(seq, account, event.module_id, -event.amount),
    )


def capitalised(seq: int, module_id: str, amount: Money) -> tuple[PostingRow, ...]:
    """P&L of a module that becomes capital: a gain that is swept, or (negative) a loss that is settled."""
    return (
        PostingRow(seq, Account.CASH, module_id, -amount),
        PostingRow(seq, Account.CASH, "", amount),
        PostingRow(seq, Account.SETTLED, module_id, amount),
        PostingRow(seq, Account.CAPITAL, "", -amount),
    )


def moved(seq: int, source: str, target: str, cost: Money) -> tuple[PostingRow, ...]:
    """A position that goes over to another module, which pays its cost for it."""
    return (
        PostingRow(seq, Account.POSITIONS, source, -cost),
        PostingRow(seq, Account.CASH, source, cost),
        PostingRow(seq, Account.POSITIONS, target, cost),
        PostingRow(seq, Account.CASH, target, -cost),
    )


def outside_cash(seq: int, amount: Money) -> tuple[PostingRow, ...]:
    """Cash that the broker has and these books did not know of (negative: lacks)."""
    return (PostingRow(seq, Account.CASH, EXTERNAL, amount), PostingRow(seq, Account.OUTSIDE, EXTERNAL, -amount))


def is_balanced(rows: Iterable[PostingRow]) -> bool:
    """Whether the postings of one entry sum to zero."""
    return sum(row.amount for row in rows) == 0


POSTING_EVENTS: tuple[type[ev.Event], ...] = (
    ev.MindfolioCreated,
    ev.CashDeposited,
    ev.GainSwept,
    ev.LossSettled,
    ev.PositionMoved,
    ev.OrderFilled,
    ev.FillReversed,
    ev.PositionSettled,
    ev.LegSettled,
    ev.CashBooked,
    ev.DifferenceResolved,
)
"""Events that move money; all others leave the accounts alone."""
