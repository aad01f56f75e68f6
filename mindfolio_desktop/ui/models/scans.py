"""The table of a module's recent scans: every symbol looked at, what became of it, and why."""

from PySide6.QtCore import QObject

from engine.core.clock import epoch_us
from engine.domain.candidate import ScanAction, ScanRow
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel
from mindfolio_desktop.ui.words import number_lines, waived_words

_TONES = {ScanAction.EXECUTED: "accent", ScanAction.PENDING: "warning", ScanAction.SKIPPED: "muted"}


class ScansModel(KeyedTableModel[ScanRow]):
    """Scan rows by time, symbol and structure."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: (row.at, row.symbol, row.structure), parent)


def reason_words(row: ScanRow) -> str:
    """Why, on one line: every refusal in words, else what the module said; what was waived comes after it."""
    reasons = "; ".join(refusals.denial(denial) for denial in row.denials) or fmt.told(row.reason)
    waived = waived_words(row.waived)
    return f"{reasons} · {waived}" if waived and reasons else reasons or waived


def _time(row: ScanRow) -> Cell:
    return Cell(fmt.short_when(row.at), epoch_us(row.at) / 1e6, tip=fmt.when(row.at))


def _symbol(row: ScanRow) -> Cell:
    return Cell(row.symbol, row.symbol)


def _structure(row: ScanRow) -> Cell:
    return Cell(row.structure or fmt.UNKNOWN, row.structure or None)


def _action(row: ScanRow) -> Cell:
    return Cell(row.action.value, row.action.value, tone=_TONES[row.action])


def _reason(row: ScanRow) -> Cell:
    parts = (fmt.told(row.reason), refusals.denials(row.denials), waived_words(row.waived), number_lines(row.numbers))
    tip = "\n\n".join(part for part in parts if part)
    return Cell(reason_words(row), reason_words(row), tip=tip)


_COLUMNS = (
    Column("Time", _time, tip="New York"),
    Column("Symbol", _symbol),
    Column("Structure", _structure),
    Column("Action", _action),
    Column("Reason", _reason),
)
