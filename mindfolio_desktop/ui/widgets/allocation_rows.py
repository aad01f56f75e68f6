"""One row per module beneath the allocation bar: name, slider, amount, percent, and what the module has at work."""

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QWidget

from engine.core.money import UNIT
from engine.core.money import percent as share_of
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.lock_button import LockButton
from mindfolio_desktop.ui.widgets.row_slider import RowFigures, RowSlider
from mindfolio_desktop.ui.widgets.swatch import Swatch
from mindfolio_desktop.ui.widgets.text import ElidedText, Text
from mindfolio_desktop.ui.widgets.transfer_line import RowName

_NAME_WIDTH = 160
_STATE_WIDTH = 210
_LARGEST_ON_ONE_LINE = 125
"""Percent of text at which a module's controls still stand side by side."""


class ReserveSwatch(Swatch):
    """The reserve's square, which has no place among the modules' colours."""

    def __init__(self) -> None:
        super().__init__(0)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour(theme.tokens().text, 0.35), 1))
            painter.setBrush(theme.colour(theme.tokens().reserve))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)


class AllocationRow(QObject):
    """The controls of one module. `AllocationRows` places them in its grid, so that columns line up."""

    moved = Signal(int)

    def __init__(self, index: int, module_id: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.swatch = Swatch(index)
        self.name = _name(name)
        self.lock = LockButton(module_id, name, parent)
        self.is_open = True
        self._shown: object = None
        self.slider = RowSlider(index, parent)
        self.amount = AmountBox(parent, takes_changes=True)
        self.percent = Text(name=f"percent_{module_id}")
        self.state = Text(name=f"state_{module_id}")
        self.slider.setObjectName(f"slider_{module_id}")
        self.slider.setAccessibleName(f"Budget of {name} in dollars, traded with the reserve")
        self.amount.setObjectName(f"amount_{module_id}")
        self.amount.setAccessibleName(f"Budget of {name} in dollars, traded with the reserve")
        self.slider.valueChanged.connect(self.moved)
        self.amount.valueChanged.connect(self.moved)

    def show_split(self, draft: AllocationDraft, index: int) -> None:
        """Show one module of a split."""
        portion, amount, over = draft.portions[index], draft.amounts[index], draft.over_by(index)
        of_this_row = (portion, amount, draft.reserve, draft.capital)
        is_in_place = {self.slider.value(), self.amount.value()} == {draft.dollars(index)}
        if of_this_row == self._shown and is_in_place:  # most rows, while a divider moves
            return
        self._shown = of_this_row
        maximum = draft.budget_max(index)
        figures = RowFigures(
            amount=amount,
            applied=portion.applied,
            used=portion.used,
            held=portion.held,
            capital=draft.capital,
            is_over=over > 0,
            magnets=draft.budget_magnets(index),
        )
        self.slider.show_figures(figures, maximum)
        self.amount.show_amount(amount, maximum, draft.capital)
        self.percent.show_text(fmt.percent(share_of(amount, draft.capital)))
        if over:
            self.state.show_text(f"over by {fmt.exact_money(over)}: new trades wait", "warning")
        else:
            used = f"used {fmt.money(portion.used)}" if portion.used else "nothing used"
            held = f", held {fmt.money(portion.held)}" if portion.held else ""
            self.state.show_text(used + held, "muted")

    def set_open(self, *, is_open: bool) -> None:
        """Whether a person may change the budget now; figures stay readable either way."""
        self.is_open = is_open
        may_move = is_open and not self.lock.isChecked()
        self.slider.setEnabled(may_move)
        self.amount.setEnabled(may_move)


class AllocationRows(QWidget):
    """The grid of rows and the reserve's line.

    `budget_moved(index, dollars)`: a person wants that budget. `gesture_began`, `gesture_cancelled`, `let_go` and
    `escaped` as in the strip; `undo_asked` and `redo_asked` from a field that has nothing of its own to take back;
    `said` is a sentence for the person who typed.
    """

    budget_moved = Signal(int, int)
    gesture_began = Signal()
    gesture_cancelled = Signal()
    let_go = Signal()
    escaped = Signal()
    undo_asked = Signal()
    redo_asked = Signal()
    said = Signal(str)
    locks_changed = Signal()
    dropped_on = Signal(int, int)
    """A row's name was dropped on another row: their places; the reserve's is the last."""

    def __init__(self, parent: QWidget | None = None, *, is_new: bool = False) -> None:
        """`is_new`: of a mindfolio that is not begun. Nothing is at work then, and nothing needs a lock."""
        super().__init__(parent)
        self._is_new = is_new
        self._rows: list[AllocationRow] = []
        self._ids: list[tuple[str, str]] = []
        self._reserve, self._reserve_percent = Text(), Text()
        self._draft: AllocationDraft | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        self._grid.setHorizontalSpacing(theme.SPACE + theme.SPACE // 2)
        self._grid.setVerticalSpacing(theme.SPACE // 4)
        self._grid.setColumnStretch(2, 1)

    def show_split(self, draft: AllocationDraft) -> None:
        """Show a split; rows are made anew when the modules are others than before."""
        ids = [(portion.module_id, portion.name) for portion in draft.portions]
        if ids != self._ids:
            self._rebuild(ids)
        self._draft = draft
        for index, row in enumerate(self._rows):
            row.show_split(draft, index)
        self._reserve.show_text(fmt.exact_money(draft.reserve))
        self._reserve_percent.show_text(fmt.percent(share_of(draft.reserve, draft.capital)))

    def set_open(self, *, is_open: bool) -> None:
        """Whether a person may change budgets now."""
        for row in self._rows:
            row.set_open(is_open=is_open)

    @property
    def locked(self) -> frozenset[str]:
        """Modules whose budgets a person has locked."""
        return frozenset(one for row, (one, _) in zip(self._rows, self._ids, strict=True) if row.lock.isChecked())

    def row(self, module_id: str) -> AllocationRow | None:
        """The controls of a module, None when it has none."""
        return next((row for row, (one, _) in zip(self._rows, self._ids, strict=True) if one == module_id), None)

    def _rebuild(self, ids: list[tuple[str, str]]) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row in self._rows:
            row.deleteLater()
        locked = self.locked
        self._rows = [self._make_row(index, *one) for index, one in enumerate(ids)]
        self._ids = ids
        for row, (module_id, _) in zip(self._rows, ids, strict=True):
            row.lock.setChecked(module_id in locked)
        for at, row in enumerate(self._rows):
            self._place(row, at)
            row.amount.setFixedWidth(theme.px(120))
            row.percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            row.percent.setFixedWidth(theme.px(56))
            row.state.setMinimumWidth(theme.px(_STATE_WIDTH))
        self._add_reserve(3 * len(ids))

    def _place(self, row: AllocationRow, at: int) -> None:
        """One line of the grid; with large text three, for a page is not as wide as all that."""
        parts = (row.swatch, row.name, row.slider, row.amount, row.percent, row.lock, row.state)
        if _is_on_one_line():
            for column, widget in enumerate(parts):
                self._grid.addWidget(widget, at, column)
            return
        for column, widget in ((0, row.swatch), (1, row.name), (3, row.amount), (4, row.percent), (5, row.lock)):
            self._grid.addWidget(widget, 3 * at, column)
        self._grid.addWidget(row.slider, 3 * at + 1, 1, 1, 5)
        self._grid.addWidget(row.state, 3 * at + 2, 1, 1, 5)

    def _add_reserve(self, at: int) -> None:
        self._reserve, self._reserve_percent = Text(name="reserve_amount"), Text(name="reserve_percent")
        self._reserve.setAccessibleName("Reserve")
        for label in (self._reserve, self._reserve_percent):
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._reserve.setContentsMargins(0, 0, 13, 0)
        self._grid.setRowMinimumHeight(at, theme.px(theme.CONTROL_HEIGHT))
        parts = {0: ReserveSwatch(), 1: Text("Reserve"), 3: self._reserve, 4: self._reserve_percent}
        if _is_on_one_line():
            parts[2] = ElidedText("cash of no module; rows trade with it", "muted")
        for column, widget in parts.items():
            self._grid.addWidget(widget, at, column)

    def _make_row(self, index: int, module_id: str, name: str) -> AllocationRow:
        row = AllocationRow(index, module_id, name, self)
        for part in (row.lock, row.state) if self._is_new else ():
            part.hide()
        row.lock.toggled.connect(lambda: self._on_lock(row))
        row.name.dropped.connect(lambda at, source=index: self._on_dropped(source, at))
        row.moved.connect(lambda dollars, at=index: self.budget_moved.emit(at, dollars))
        row.slider.gesture_began.connect(self.gesture_began)
        row.slider.cancelled.connect(self.gesture_cancelled)
        row.slider.let_go.connect(self.let_go)
        row.slider.escaped.connect(self.escaped)
        row.amount.gesture_began.connect(self.gesture_began)
        row.amount.escaped.connect(self.escaped)
        row.amount.undo_asked.connect(self.undo_asked)
        row.amount.redo_asked.connect(self.redo_asked)
        row.amount.limited.connect(lambda asked, at=index: self._on_limited(at, asked))
        row.amount.misread.connect(lambda text: self.said.emit(row.amount.misread_words(text)))
        return row

    def _on_lock(self, row: AllocationRow) -> None:
        row.set_open(is_open=row.is_open)
        self.locks_changed.emit()

    def _on_dropped(self, source: int, at: QPointF) -> None:
        """Which row a name was let go over, by height: the whole row counts."""
        y = self.mapFromGlobal(at).y()
        for target, widget in enumerate([*(row.amount for row in self._rows), self._reserve]):
            if target != source and widget.y() <= y < widget.y() + widget.height():
                self.dropped_on.emit(source, target)
                return

    def _on_limited(self, index: int, asked: int) -> None:
        draft = self._draft
        if draft is None:
            return
        name, most = draft.portions[index].name, fmt.money(draft.budget_max(index) * UNIT)
        if asked < 0:
            self.said.emit(f"{name} cannot have less than nothing.")
        else:
            wanted = fmt.money(asked * UNIT)
            self.said.emit(f"{name} can have at most {most}: the reserve has no more. You asked for {wanted}.")


def _is_on_one_line() -> bool:
    return theme.px(100) <= _LARGEST_ON_ONE_LINE


def _name(words: str) -> RowName:
    text = RowName(words)
    text.setFixedWidth(theme.px(_NAME_WIDTH))
    text.setToolTip(f"{words}: drag it onto another row to move money there")
    return text
