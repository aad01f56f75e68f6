"""The table of what became of a module's skipped trades: by month and reason, what they would have made."""

from PySide6.QtCore import QObject

from engine.core.errors import DenialCode
from engine.core.money import Money, to_float
from engine.domain.aftermath import SkipRow
from engine.domain.candidate import ApprovalStatus
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel, gain_tone

_APPROVALS = {
    ApprovalStatus.EXPIRED.value: "Nobody decided in time",
    ApprovalStatus.REFUSED.value: "Refused by a person",
    ApprovalStatus.DENIED.value: "Denied at the click",
    ApprovalStatus.VOIDED.value: "Voided while it waited",
}


class SkipsModel(KeyedTableModel[SkipRow]):
    """Sums of skipped trades by month and reason."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: f"{row.month} {row.reason}", parent)


def reason_words(reason: str) -> str:
    """Why a trade was not made, in words: the names of codes, and what became of an approval."""
    return " and ".join(_one(part) for part in reason.split(" + "))


def _one(part: str) -> str:
    code, _, why = part.partition(": ")
    if code in DenialCode.__members__:
        name = refusals.name(DenialCode[code])
        return f"{name}: {why}" if why else name
    return _APPROVALS.get(part, part)


def _month(row: SkipRow) -> Cell:
    return Cell(f"{row.month:%b %Y}", row.month.toordinal())


def _reason(row: SkipRow) -> Cell:
    words = reason_words(row.reason)
    return Cell(words, words, tip=words)


def _count(row: SkipRow) -> Cell:
    still = f", {row.still_open} still open" if row.still_open else ""
    return Cell(f"{row.ended} ended{still}", row.ended + row.still_open)


def _amount(amount: Money, tip: str) -> Cell:
    words = f"{fmt.arrow(amount)} {fmt.signed_money(amount, cents=True)}".strip()
    return Cell(words, to_float(amount), tip, gain_tone(amount))


def _ended(row: SkipRow) -> Cell:
    return _amount(row.result, "What those that ended would have made")


def _total(row: SkipRow) -> Cell:
    return _amount(row.total, "With those that would still be open, at mid")


_COLUMNS = (
    Column("Month", _month),
    Column("Not traded because", _reason),
    Column("Trades", _count, tip="By one contract each, of a symbol one at a time"),
    Column("Ended", _ended, is_numeric=True, tip="After all costs, by the module's own exit rules once a session"),
    Column("Would have made", _total, is_numeric=True, tip="A loss here is what the reason has saved"),
)
