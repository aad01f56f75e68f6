"""Drawing the allocation strip: pure painting, given where everything is."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QPainter, QPainterPath, QPen

from engine.core.money import Money
from engine.core.money import percent as share_of
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.label_lanes import place_labels

_BAND = 15
"""Height of the band at the foot of a segment that shows what is at work."""

_PADDING = 10
_LONGEST_NAME = 130
"""Pixels of a name above the bar, so that several find room."""

_CORNER = 6

_LABEL = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ELIDE = Qt.TextElideMode.ElideRight


@dataclass(frozen=True, slots=True)
class Cell:
    """One segment: `index` of its module (None: the reserve), amounts in money, positions and lengths in pixels."""

    index: int | None
    name: str
    amount: Money
    capital: Money
    left: float
    right: float
    used: float
    held: float
    is_over: bool

    @property
    def width(self) -> float:
        """Pixels across."""
        return self.right - self.left

    @property
    def figures(self) -> str:
        """Dollars and percent of capital."""
        return f"{fmt.money(self.amount)}  {fmt.percent(share_of(self.amount, self.capital))}"


def paint_strip(
    painter: QPainter,
    bar: QRectF,
    cells: Sequence[Cell],
    ghosts: Sequence[float],
    lanes: tuple[int, int],
    seen: QRectF,
) -> None:
    """Paint segments, their labels inside or above, and ticks where the applied dividers are.

    `lanes`: number and height in pixels of the label lanes above the bar; `seen`: the part of the bar that is painted
    anew, all of its height. The lanes are painted in any case.
    """
    wide = [_fits(cell) for cell in cells]
    _paint_outside_labels(painter, bar, [cell for cell, fits in zip(cells, wide, strict=True) if not fits], lanes)
    painter.fillRect(bar.intersected(seen), theme.colour(theme.tokens().track))
    for cell, fits in zip(cells, wide, strict=True):
        if cell.right >= seen.left() and cell.left <= seen.right():
            _paint_segment(painter, bar, cell)
            if fits:
                _paint_inside_label(painter, bar, cell)
    _round_off(painter, bar)
    _paint_ghosts(painter, bar, ghosts)


def _round_off(painter: QPainter, bar: QRectF) -> None:
    """The bar's four corners, in the colour around it: clipping everything to a rounded bar costs half of a paint."""
    corners = QPainterPath()
    corners.addRect(bar)
    corners.addRoundedRect(bar, _CORNER, _CORNER)  # by the odd-even rule what is left are the corners
    painter.fillPath(corners, theme.colour(theme.tokens().surface))


def paint_grip(painter: QPainter, area: QRectF, *, is_enabled: bool, is_lit: bool, has_focus: bool) -> None:
    """Paint one divider's line, and its grip if it can be moved."""
    tokens, middle = theme.tokens(), area.center()
    painter.fillRect(QRectF(middle.x() - 1, area.top(), 2, area.height()), theme.colour(tokens.surface))
    if not is_enabled:
        return
    grip = QRectF(middle.x() - 3.5, middle.y() - 12, 7, 24)
    painter.setPen(QPen(theme.colour(tokens.ground), 1))
    painter.setBrush(theme.colour(tokens.text if is_lit or has_focus else tokens.muted))
    painter.drawRoundedRect(grip, 3.5, 3.5)
    if has_focus:
        painter.setPen(QPen(theme.colour(tokens.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(grip.adjusted(-2.5, -2.5, 2.5, 2.5), 6, 6)


def cell_colour(cell: Cell) -> QColor:
    """The module's colour, or the reserve's."""
    return theme.colour(theme.tokens().reserve) if cell.index is None else theme.module_colour(cell.index)


def _paint_segment(painter: QPainter, bar: QRectF, cell: Cell) -> None:
    if cell.width <= 0:
        return
    colour = cell_colour(cell)
    box = QRectF(cell.left, bar.top(), cell.width, bar.height())
    painter.fillRect(box, _faded(colour, 0.30))
    painter.fillRect(QRectF(box.left(), box.top(), box.width(), 3), colour)
    if cell.index is not None:
        _paint_at_work(
            painter, QRectF(box.left(), box.bottom() - theme.px(_BAND), box.width(), theme.px(_BAND)), cell, colour
        )
    painter.setPen(QPen(colour, 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))


def _paint_at_work(painter: QPainter, band: QRectF, cell: Cell, colour: QColor) -> None:
    """Hatch what is used; what is held comes after it, dotted, with a marker at its end."""
    tokens = theme.tokens()
    used = min(cell.used, band.width())
    held = min(cell.used + cell.held, band.width()) - used
    painter.setPen(QPen(_faded(colour, 0.6), 1))
    painter.drawLine(QLineF(band.topLeft(), band.topRight()))
    full = theme.colour(tokens.warning) if cell.is_over else colour
    used_box = QRectF(band.left(), band.top(), used, band.height())
    painter.fillRect(used_box, _faded(full, 0.35))
    painter.fillRect(used_box, QBrush(full, Qt.BrushStyle.BDiagPattern))
    if held > 0:
        held_box = QRectF(used_box.right(), band.top(), held, band.height())
        painter.fillRect(held_box, QBrush(full, Qt.BrushStyle.Dense6Pattern))
        painter.fillRect(QRectF(held_box.right() - 2, band.top(), 2, band.height()), theme.colour(tokens.text))


def _fits(cell: Cell) -> bool:
    """Whether the figures fit into the segment; the name is shortened where it must be."""
    figures = QFontMetricsF(theme.font(12)).horizontalAdvance(cell.figures)
    return figures + 2 * _PADDING <= cell.width


def _paint_inside_label(painter: QPainter, bar: QRectF, cell: Cell) -> None:
    tokens = theme.tokens()
    line = theme.px(17)
    box = QRectF(cell.left + _PADDING, bar.top() + 6, cell.width - 2 * _PADDING, line)
    font = theme.font(13, theme.MEDIUM)
    painter.setFont(font)
    painter.setPen(theme.colour(tokens.text))
    painter.drawText(box, _LABEL, QFontMetricsF(font).elidedText(cell.name, _ELIDE, box.width()))
    painter.setFont(theme.font(12))
    painter.drawText(box.translated(0, line), _LABEL, cell.figures)


def _paint_outside_labels(painter: QPainter, bar: QRectF, cells: Sequence[Cell], lanes: tuple[int, int]) -> None:
    """Narrow segments are named above the bar, a line leading down to each."""
    count, height = lanes
    font = theme.font(12)
    metrics = QFontMetricsF(font)
    names = [metrics.elidedText(cell.name, _ELIDE, theme.px(_LONGEST_NAME)) for cell in cells]
    texts = [f"{name} {cell.figures}" for name, cell in zip(names, cells, strict=True)]
    centres = [(cell.left + cell.right) / 2 - bar.left() for cell in cells]
    wanted = [(centre, metrics.horizontalAdvance(text)) for centre, text in zip(centres, texts, strict=True)]
    placed = place_labels(wanted, count, bar.width())
    painter.setFont(font)
    for cell, centre, label in zip(cells, centres, placed, strict=True):
        if label is not None:
            painter.setPen(QPen(cell_colour(cell), 1))
            x = bar.left() + centre
            painter.drawLine(QPointF(x, bar.top() - label.lane * height - 3), QPointF(x, bar.top()))
    painter.setPen(theme.colour(theme.tokens().muted))
    for text, (_, width), label in zip(texts, wanted, placed, strict=True):
        if label is not None:
            top = bar.top() - (label.lane + 1) * height
            box = QRectF(bar.left() + label.left, top, width + 1, height - 3)
            painter.fillRect(box, theme.colour(theme.tokens().surface))
            painter.drawText(box, _LABEL, text)


def _paint_ghosts(painter: QPainter, bar: QRectF, ghosts: Sequence[float]) -> None:
    tokens = theme.tokens()
    for x in ghosts:
        painter.setPen(QPen(theme.colour(tokens.text, 0.55), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))
        tick = QPainterPath(QPointF(x, bar.bottom() + 1))
        tick.lineTo(x - 4, bar.bottom() + 7)
        tick.lineTo(x + 4, bar.bottom() + 7)
        tick.closeSubpath()
        painter.fillPath(tick, theme.colour(tokens.muted))


def _faded(colour: QColor, opacity: float) -> QColor:
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result
