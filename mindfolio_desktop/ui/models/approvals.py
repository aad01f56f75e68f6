"""The table of trades that wait for a decision, from all modules."""

import datetime as dt
from dataclasses import dataclass

from PySide6.QtCore import QObject

from engine.core.money import to_float
from engine.domain.candidate import Approval, ApprovalStatus
from engine.domain.order import OrderPurpose
from engine.domain.snapshot import MindfolioSnapshot, ModuleView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel
from mindfolio_desktop.ui.words import quantity_words

URGENT_SECONDS = 120
"""Less market time than this is marked."""

_VERBS = {OrderPurpose.OPEN: "", OrderPurpose.ROLL: "Roll ", OrderPurpose.CLOSE: "Close "}


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """A waiting approval, the module that asks, and the market's time."""

    approval: Approval
    module: ModuleView
    now: dt.datetime

    @property
    def seconds_left(self) -> float:
        """Market seconds until it expires, never below 0."""
        return max(0.0, (self.approval.expires_at - self.now).total_seconds())


def waiting(snapshot: MindfolioSnapshot) -> tuple[ApprovalRow, ...]:
    """Every approval that waits, the one that expires first on top."""
    rows = [
        ApprovalRow(approval, module, snapshot.market.now)
        for module in snapshot.modules
        for approval in module.approvals
        if approval.status is ApprovalStatus.WAITING
    ]
    return tuple(sorted(rows, key=lambda row: (row.approval.expires_at, row.approval.approval_id)))


class ApprovalsModel(KeyedTableModel[ApprovalRow]):
    """Waiting approvals by id."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, lambda row: row.approval.approval_id, parent)


def countdown(seconds: float) -> str:
    """`6:04` left, `1:02:03` from an hour on; `expired` at 0."""
    whole = int(seconds)
    if whole <= 0:
        return "expired"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def _trade(row: ApprovalRow) -> Cell:
    candidate = row.approval.candidate
    structure = fmt.structure(candidate.structure)
    words = quantity_words(candidate.quantity, structure.removesuffix(f" {fmt.kind(candidate.structure.kind)}"))
    words = f"{_VERBS[candidate.purpose]}{words}"
    return Cell(words, words, tip=f"{structure}\n{row.module.spec.name}")


def _max_risk(row: ApprovalRow) -> Cell:
    risk = row.approval.candidate.max_risk
    if row.approval.candidate.purpose is OrderPurpose.CLOSE:
        return Cell("none", 0.0, tip="A closing risks nothing new")
    return Cell(fmt.money(risk), to_float(risk))


def _left(row: ApprovalRow) -> Cell:
    tone = "warning" if row.seconds_left < URGENT_SECONDS else ""
    return Cell(countdown(row.seconds_left), row.seconds_left, tone=tone, tip="Market time left")


_COLUMNS = (
    Column("Trade", _trade),
    Column("Max risk", _max_risk, is_numeric=True),
    Column("Left", _left, is_numeric=True, tip="Market time until it expires"),
)
