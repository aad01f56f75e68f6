"""The table of every change of the split: when, what, who, why, what moved, and what was earned under it."""

from collections.abc import Mapping

from PySide6.QtCore import QObject

from engine.core.clock import epoch_us
from engine.core.money import Money, to_float
from engine.domain.allocation_history import AllocationCause
from engine.domain.allocation_review import ReviewedChange
from engine.domain.records import ACCOUNT
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel, gain_tone

_CAUSES = {
    AllocationCause.CREATED: "Mindfolio began",
    AllocationCause.REALLOCATED: "Budgets changed",
    AllocationCause.DEPOSIT: "Deposit",
    AllocationCause.WITHDRAWAL: "Withdrawal",
    AllocationCause.GAIN_SWEPT: "Gain swept",
    AllocationCause.LOSS_SETTLED: "Loss settled",
    AllocationCause.MODULE_ADDED: "Module added",
    AllocationCause.MODULE_REMOVED: "Module removed",
}

_ARROW = "\N{RIGHTWARDS ARROW}"

Row = tuple[ReviewedChange, Mapping[str, str]]
"""A change, and what the modules of now are called by id."""


class AllocationChangesModel(KeyedTableModel[Row]):
    """Changes by their number in the journal."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: row[0].change.seq, parent)


def _when(row: Row) -> Cell:
    at = row[0].change.at
    return Cell(fmt.short_when(at), epoch_us(at) / 1e6, tip=fmt.when(at))


def _what(row: Row) -> Cell:
    change, names = row[0].change, row[1]
    words = _CAUSES[change.cause]
    if change.module_id:
        words = f"{words}: {names.get(change.module_id, change.module_id)}"
    return Cell(words, words)


def _who(row: Row) -> Cell:
    who = row[0].change.who or fmt.UNKNOWN
    return Cell(who, who)


def _why(row: Row) -> Cell:
    why = row[0].change.why or fmt.UNKNOWN
    return Cell(why, why, tip=why)


def _moved(row: Row) -> Cell:
    change, names = row[0].change, row[1]
    parts = [
        f"{names.get(each, each)} {_step(change.before.budgets.get(each, 0), change.after.budgets.get(each, 0))}"
        for each in change.moved
    ]
    if change.before.reserve != change.after.reserve:
        parts.append(f"Reserve {_step(change.before.reserve, change.after.reserve)}")
    words = ", ".join(parts) or fmt.UNKNOWN
    return Cell(words, words, tip="\n".join(parts))


def _earned(row: Row) -> Cell:
    earned, names = row[0].earned, row[1]
    lines = [
        f"{names.get(each, each) if each != ACCOUNT else 'The account'} {fmt.signed_money(pnl, cents=True)}"
        for each, pnl in row[0].pnl.items()
    ]
    words = f"{fmt.arrow(earned)} {fmt.signed_money(earned, cents=True)}".strip()
    return Cell(words, to_float(earned), "\n".join(lines) or "Nothing was earned or lost", gain_tone(earned))


def _step(before: Money, after: Money) -> str:
    return f"{fmt.exact_money(before)} {_ARROW} {fmt.exact_money(after)}"


_COLUMNS = (
    Column("When", _when, tip="New York"),
    Column("What", _what),
    Column("Who", _who),
    Column("Why", _why),
    Column("From \N{RIGHTWARDS ARROW} to", _moved),
    Column("Earned under it", _earned, is_numeric=True, tip="Until the next change, after all costs, open ones at mid"),
)
