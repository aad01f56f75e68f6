"""A table whose rows have keys: newer rows are compared with what is shown, and only changed cells are touched.

Built on QStandardItemModel, because its cells are read by Qt without Python: a table keeps its pace beside a busy
engine thread, which a Python `data()` does not.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QBrush, QStandardItem, QStandardItemModel

from mindfolio_desktop.ui import theme

RowT = TypeVar("RowT")

SORT_ROLE = Qt.ItemDataRole.UserRole + 1
"""What a column is sorted by: a float, or words."""

KEY_ROLE = Qt.ItemDataRole.UserRole + 2
"""The row's key, in its first cell."""

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows. `sort` None is unknown and sorts last.

    `tone` and `ground` are tokens of the theme, "" for plain text and for no fill.
    """

    text: str
    sort: float | str | None = None
    tip: str = ""
    tone: str = ""
    ground: str = ""


@dataclass(frozen=True, slots=True)
class Column(Generic[RowT]):
    """A heading, what it means, and how a row fills it. Columns of numbers are aligned to the right."""

    title: str
    cell: Callable[[RowT], Cell]
    is_numeric: bool = False
    tip: str = ""


class KeyedTableModel(QStandardItemModel, Generic[RowT]):
    """Rows of `RowT`, each known by its key. Rows are inserted, removed and moved; the model is never reset."""

    def __init__(
        self, columns: Sequence[Column[RowT]], key: Callable[[RowT], Hashable], parent: QObject | None = None
    ) -> None:
        super().__init__(0, len(columns), parent)
        self._columns = tuple(columns)
        self._key = key
        self._keys: list[Hashable] = []
        self._rows: list[RowT] = []
        self._cells: list[list[Cell]] = []
        for at, column in enumerate(self._columns):
            heading = QStandardItem(column.title)
            heading.setTextAlignment(_RIGHT if column.is_numeric else _LEFT)
            heading.setToolTip(column.tip)
            self.setHorizontalHeaderItem(at, heading)

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """Keys of the rows, from the top."""
        return tuple(self._keys)

    def show_rows(self, rows: Sequence[RowT]) -> None:
        """Make the table show these rows in this order.

        Rows with equal keys are told apart by counting from the bottom, so that a new one on top renames none.
        """
        wanted = self._numbered(rows)
        self._remove_all_but(set(wanted))
        for at, (key, row) in enumerate(zip(wanted, rows, strict=True)):
            if at < len(self._keys) and self._keys[at] == key:
                self._update(at, row)
            elif key in self._keys[at:]:
                self._move(self._keys.index(key, at), at)
                self._update(at, row)
            else:
                self._insert(at, key, row)

    def row_at(self, at: int) -> RowT | None:
        """The row shown at a place, None outside."""
        return self._rows[at] if 0 <= at < len(self._rows) else None

    def row_of(self, key: Hashable) -> int | None:
        """Where the row of a key is, None when there is none. A key that occurs once is found as it is."""
        return next((at for at, known in enumerate(self._keys) if known == (key, 0)), None)

    def refresh_colours(self) -> None:
        """Colour all cells anew, after a change of scheme."""
        for at, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                _colour(self.item(at, column), cell)

    def _numbered(self, rows: Sequence[RowT]) -> list[Hashable]:
        seen: Counter[Hashable] = Counter()
        numbered: list[Hashable] = []
        for row in reversed(rows):
            key = self._key(row)
            numbered.append((key, seen[key]))
            seen[key] += 1
        return numbered[::-1]

    def _remove_all_but(self, wanted: set[Hashable]) -> None:
        for at in range(len(self._keys) - 1, -1, -1):
            if self._keys[at] not in wanted:
                del self._keys[at], self._rows[at], self._cells[at]
                self.removeRow(at)

    def _move(self, source: int, target: int) -> None:
        self._keys.insert(target, self._keys.pop(source))
        self._rows.insert(target, self._rows.pop(source))
        self._cells.insert(target, self._cells.pop(source))
        self.insertRow(target, self.takeRow(source))

    def _insert(self, at: int, key: Hashable, row: RowT) -> None:
        cells = [column.cell(row) for column in self._columns]
        items = []
        for column, cell in zip(self._columns, cells, strict=True):
            item = QStandardItem()
            item.setEditable(False)
            item.setTextAlignment(_RIGHT if column.is_numeric else _LEFT)
            _fill(item, cell, None)
            items.append(item)
        items[0].setData(self._key(row), KEY_ROLE)
        self._keys.insert(at, key)
        self._rows.insert(at, row)
        self._cells.insert(at, cells)
        self.insertRow(at, items)

    def _update(self, at: int, row: RowT) -> None:
        if row == self._rows[at]:
            return
        self._rows[at] = row
        shown = self._cells[at]
        cells = [definition.cell(row) for definition in self._columns]
        changed = [column for column, cell in enumerate(cells) if cell != shown[column]]
        if not changed:
            return
        # Once a row and not once a cell and role: views and proxies look at the whole row anyway.
        was_blocked = self.blockSignals(True)
        for column in changed:
            _fill(self.item(at, column), cells[column], shown[column])
            shown[column] = cells[column]
        self.blockSignals(was_blocked)
        self.dataChanged.emit(self.index(at, changed[0]), self.index(at, changed[-1]))


def _fill(item: QStandardItem, cell: Cell, before: Cell | None) -> None:
    """Write what differs; each write tells the views."""
    if before is None or before.text != cell.text:
        item.setText(cell.text)
    if before is None or before.sort != cell.sort:
        item.setData(cell.sort, SORT_ROLE)
    if before is None or before.tip != cell.tip:
        item.setToolTip(cell.tip)
    if before is None or (before.tone, before.ground) != (cell.tone, cell.ground):
        _colour(item, cell)


def _colour(item: QStandardItem, cell: Cell) -> None:
    for token, role in (
        (cell.tone, Qt.ItemDataRole.ForegroundRole),
        (cell.ground, Qt.ItemDataRole.BackgroundRole),
    ):
        item.setData(QBrush(theme.colour(getattr(theme.tokens(), token))) if token else None, role)


def gain_tone(amount: float | None) -> str:
    """The tone of a gain, a loss, or neither."""
    if amount is None or amount == 0:
        return ""
    return "gain" if amount > 0 else "loss"
