"""Figures in a grid, coloured by how much they are: a stress grid, correlations, the parts of a result.

Every cell says its figure as text; the colour only helps the eye. A map that needs more width than there is scrolls.
The current cell is moved by arrow keys or a click, and is said in words by whoever shows them (`current_changed`) and
to a screen reader.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolTip, QWidget

from mindfolio_desktop.ui import theme

ROW_HEIGHT = 28
"""At 100 %, as every figure here; `px` it."""
_GAP = 1.0
_PADDING = 8
_PIXELS = 12
_SMALLEST = 10
_LEAST_WIDTH = 240

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

STRONGEST = 0.44
"""So much of the tone is mixed into the ground at most: text stays readable on it in both schemes."""

_FAINTEST = 0.05


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One figure. `spoken` is all of it in words; `tone` a token of the theme, `strength` from 0 (none) to 1."""

    text: str
    spoken: str
    tone: str = ""
    strength: float = 0.0
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class HeatTable:
    """Headings and cells, row by row. `mark` names a row and a column that the headings stress, such as today's."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[HeatCell, ...], ...]
    mark: tuple[str, str] = ("", "")


_EMPTY = HeatTable((), (), ())


class HeatMap(QWidget):
    """Shows a HeatTable. `widest` is the most pixels at 100 % that a cell takes; it belongs into a `WideMap`."""

    current_changed = Signal(str)
    """The words of the cell that a person is on."""
    needs_changed = Signal()
    """It needs another width or height than before."""

    def __init__(self, name: str, title: str, widest: int = 160) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title, self._widest = title, theme.px(widest)
        self._table = _EMPTY
        self._left, self._least, self._heading = 0.0, 0.0, 0.0
        self._row, self._column = 0, 0

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def table(self) -> HeatTable:
        """What is shown."""
        return self._table

    @property
    def current(self) -> tuple[int, int]:
        """Row and column that a person is on."""
        return self._row, self._column

    @property
    def spoken(self) -> str:
        """The words of the current cell, "" without cells."""
        cell = self._cell(self._row, self._column)
        return "" if cell is None else cell.spoken

    def show_table(self, table: HeatTable, current: tuple[int, int] | None = None) -> None:
        """Show newer figures; a person stays on the cell where they are, or is put on `current`."""
        if table == self._table and current is None:
            return
        is_of_other_size = (table.rows, table.columns) != (self._table.rows, self._table.columns)
        before = self.spoken
        self._table = table
        self._measure()
        row, column = current or (self._row, self._column)
        self._row = max(0, min(row, len(table.rows) - 1))
        self._column = max(0, min(column, len(table.columns) - 1))
        if is_of_other_size:
            self.setFixedHeight(self.height_at(self.width()))
        if self.spoken != before:
            self._say()
        self.update()

    def _measure(self) -> None:
        """Widths of the rows' headings, of the longest figure as small as it may be written, of the columns' headings.

        Widths are measured when there are other figures, not whenever somebody asks.
        """
        bold, small = self._metrics(_PIXELS), self._metrics(_SMALLEST)
        table = self._table
        self._left = _widest(bold, table.rows) + 2 * theme.px(_PADDING)
        self._heading = _widest(bold, table.columns) + theme.px(_PADDING)
        self._least = _widest(small, [cell.text for row in table.cells for cell in row]) + 2 + 2 * _GAP
        self.updateGeometry()
        self.needs_changed.emit()

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        wide = round(self._left + len(self._table.columns) * min(self._widest, theme.px(90)))
        return QSize(wide, self.height_at(wide))

    def minimumSizeHint(self) -> QSize:
        """Every figure has room."""
        wide = math.ceil(self._left + self._least * len(self._table.columns))
        return QSize(wide, self.height_at(wide))

    def height_at(self, width: int) -> int:
        """How high it is at a width, in which the columns' headings may have to stand up."""
        return round(self._top(width) + len(self._table.rows) * theme.px(ROW_HEIGHT)) + 1

    # --- where things are -----------------------------------------------------------------------------------------
    def _metrics(self, pixels: int) -> QFontMetricsF:
        return QFontMetricsF(theme.font(pixels, theme.BOLD))

    def _cell_width(self, width: int) -> float:
        columns = len(self._table.columns)
        return min(float(self._widest), (width - self._left) / columns) if columns else 0.0

    def _is_upright(self, width: int) -> bool:
        """Whether the columns' headings stand on end, because they are wider than the cells."""
        return self._heading > max(12.0, self._cell_width(width))

    def _top(self, width: int) -> float:
        """The height of the columns' headings."""
        return self._heading + 4 if self._is_upright(width) else float(theme.px(ROW_HEIGHT))

    def cell_area(self, row: int, column: int) -> QRectF:
        """Where a cell is painted, in pixels of the widget."""
        width, height = self._cell_width(self.width()), theme.px(ROW_HEIGHT)
        top = self._top(self.width()) + row * height
        return QRectF(self._left + column * width, top, width - _GAP, height - _GAP)

    def _cell(self, row: int, column: int) -> HeatCell | None:
        rows = self._table.cells
        return rows[row][column] if 0 <= row < len(rows) and 0 <= column < len(rows[row]) else None

    def _at(self, point: QPoint) -> tuple[int, int] | None:
        width = self._cell_width(self.width())
        across, down = point.x() - self._left, point.y() - self._top(self.width())
        if width <= 0 or across < 0 or down < 0:
            return None
        place = int(down // theme.px(ROW_HEIGHT)), int(across // width)
        return place if self._cell(*place) is not None else None

    # --- a person -------------------------------------------------------------------------------------------------
    def _go(self, row: int, column: int) -> None:
        row = max(0, min(row, len(self._table.rows) - 1))
        column = max(0, min(column, len(self._table.columns) - 1))
        if (row, column) != (self._row, self._column):
            self._row, self._column = row, column
            self._say()
            self.update()

    def _say(self) -> None:
        """Tell the current cell."""
        words = self.spoken
        self.setAccessibleDescription(words)
        self.current_changed.emit(words)
        if words and self.hasFocus():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys move by one, Home and End along the row, Page Up and Page Down along the column."""
        row, column, last = self._row, self._column, 1_000_000
        moves: dict[int, tuple[int, int]] = {
            Qt.Key.Key_Left: (row, column - 1),
            Qt.Key.Key_Right: (row, column + 1),
            Qt.Key.Key_Up: (row - 1, column),
            Qt.Key.Key_Down: (row + 1, column),
            Qt.Key.Key_Home: (row, 0),
            Qt.Key.Key_End: (row, last),
            Qt.Key.Key_PageUp: (0, column),
            Qt.Key.Key_PageDown: (last, column),
        }
        target = moves.get(event.key())
        if target is None or not self._table.rows:
            super().keyPressEvent(event)
            return
        self._go(*target)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click goes to a cell."""
        place = self._at(event.position().toPoint())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go(*place)
        super().mousePressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._say()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        """The words of the cell under the mouse, as a tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self._at(event.pos())
            cell = None if place is None else self._cell(*place)
            QToolTip.showText(event.globalPos(), "" if cell is None else cell.spoken, self)
            return True
        if event.type() == QEvent.Type.Resize and self._table.columns:
            # Headings may have to stand up, or may lie down again.
            self.setFixedHeight(self.height_at(self.width()))
        return super().event(event)

    # --- painting -------------------------------------------------------------------------------------------------
    def paintEvent(self, _event: QPaintEvent) -> None:
        """Headings, cells, and a frame around the current one."""
        if not self._table.rows:
            return
        with QPainter(self) as painter:
            self._paint_headings(painter)
            for row, cells in enumerate(self._table.cells):
                for column, cell in enumerate(cells):
                    self._paint_cell(painter, self.cell_area(row, column), cell)
            frame = QPen(QColor(theme.tokens().accent if self.hasFocus() else theme.tokens().muted), 2)
            painter.setPen(frame)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.cell_area(self._row, self._column).adjusted(1, 1, -1, -1))

    def _paint_headings(self, painter: QPainter) -> None:
        current, table = theme.tokens(), self._table
        left, top, width = self._left, self._top(self.width()), self._cell_width(self.width())
        height, padding, half = theme.px(ROW_HEIGHT), theme.px(_PADDING), theme.px(10)
        is_upright = self._is_upright(self.width())
        for row, words in enumerate(table.rows):
            is_marked = words == table.mark[0]
            painter.setFont(theme.font(_PIXELS, theme.BOLD if is_marked else QFont.Weight.Normal))
            painter.setPen(QColor(current.text if is_marked else current.muted))
            painter.drawText(QRectF(0, top + row * height, left - padding, height - 1), _RIGHT, words)
        for column, words in enumerate(table.columns):
            is_marked = words == table.mark[1]
            painter.setFont(theme.font(_PIXELS, theme.BOLD if is_marked else QFont.Weight.Normal))
            painter.setPen(QColor(current.text if is_marked else current.muted))
            if is_upright:
                painter.save()
                painter.translate(left + column * width + width / 2, top - 4)
                painter.rotate(-90)
                painter.drawText(QRectF(0, -half, top, 2 * half), _LEFT, words)
                painter.restore()
            else:
                area = QRectF(left + column * width, 0, width - _GAP, top)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_cell(self, painter: QPainter, area: QRectF, cell: HeatCell) -> None:
        painter.fillRect(area, ground_of(cell))
        weight = theme.BOLD if cell.is_total else QFont.Weight.Normal
        for pixels in (_PIXELS, _SMALLEST):
            font = theme.font(pixels, weight)
            if QFontMetricsF(font).horizontalAdvance(cell.text) + 2 <= area.width():
                painter.setFont(font)
                painter.setPen(QColor(theme.tokens().text))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, cell.text)
                return


class WideMap(QScrollArea):
    """A heat map that scrolls sideways where its figures have no room, and stays with the cell that a person is on.

    Hide this one, not the map in it.
    """

    def __init__(self, heat: HeatMap) -> None:
        super().__init__()
        self._heat = heat
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setWidget(heat)
        heat.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        heat.current_changed.connect(self._follow)
        heat.needs_changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return self._heat.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """A heading and a cell or two, which leaves no doubt that there is more."""
        wide = min(self._heat.minimumSizeHint().width(), theme.px(_LEAST_WIDTH))
        return QSize(wide, 0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        inside = max(width, self._heat.minimumSizeHint().width())
        bar = self.horizontalScrollBar().sizeHint().height() if inside > width else 0
        return self._heat.height_at(inside) + bar

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The page scrolls, not this."""
        event.ignore()

    @Slot(str)
    def _follow(self, _words: str) -> None:
        if self._heat.hasFocus():
            area = self._heat.cell_area(*self._heat.current)
            at = area.center().toPoint()
            self.ensureVisible(at.x(), at.y(), math.ceil(area.width() / 2), 0)


def _widest(metrics: QFontMetricsF, words: Iterable[str]) -> float:
    return max((metrics.horizontalAdvance(each) for each in words), default=0.0)


def ground_of(cell: HeatCell) -> QColor:
    """The colour behind a cell's text: the surface with some of the tone in it."""
    current = theme.tokens()
    if not cell.tone or cell.strength <= 0:
        return QColor(current.raised)
    tone, surface = QColor(getattr(current, cell.tone)), QColor(current.surface)
    share = _FAINTEST + (STRONGEST - _FAINTEST) * min(1.0, cell.strength)
    mixed = [round(under + (over - under) * share) for under, over in zip(_parts(surface), _parts(tone), strict=True)]
    return QColor(*mixed)


def _parts(colour: QColor) -> Sequence[int]:
    return colour.red(), colour.green(), colour.blue()
