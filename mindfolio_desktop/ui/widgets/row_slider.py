"""A module's own slider in the allocation bar: its budget on the scale of all capital, traded with the reserve."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from engine.core.money import UNIT, Money
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.allocation_draft import snapped
from mindfolio_desktop.ui.widgets.money_slider import MoneySlider

_KNOB = 7.0
_TRACK = 10.0
_GRAB = 10.0
_MAGNET_PIXELS = 6
_DRAG_THRESHOLD = 3


@dataclass(frozen=True, slots=True)
class RowFigures:
    """What a row's track shows, all in `Money`; `magnets` are whole dollars."""

    amount: Money
    applied: Money
    used: Money
    held: Money
    capital: Money
    is_over: bool
    magnets: tuple[int, ...]


class RowSlider(MoneySlider):
    """The track runs from nothing to all capital; the value stops where the reserve ends.

    Dragging the knob snaps like the dividers do, Alt frees it; a click beside the knob does nothing, because it would
    move a large amount. `cancelled`: Esc during a drag; `let_go`: a drag has ended.
    """

    cancelled = Signal()
    let_go = Signal()

    def __init__(self, colour_index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour_index = colour_index
        self._figures: RowFigures | None = None
        self._pressed_x: float | None = None
        self._offset = 0.0
        self._is_dragging = False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def show_figures(self, figures: RowFigures, maximum: int) -> None:
        """Show a row's figures; `maximum` is what the module can have in whole dollars."""
        self.show_dollars(figures.amount // UNIT, maximum)
        if figures != self._figures:
            self._figures = figures
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, theme.px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, theme.px(26))

    # --- geometry -------------------------------------------------------------------------------------------------
    def _track(self) -> QRectF:
        return QRectF(_KNOB + 1, (self.height() - _TRACK) / 2, max(1.0, self.width() - 2 * (_KNOB + 1)), _TRACK)

    def _x(self, amount: Money) -> float:
        track, figures = self._track(), self._figures
        capital = figures.capital if figures and figures.capital else 1
        return track.left() + track.width() * min(1.0, amount / capital)

    def knob_x(self) -> float:
        """Where the knob stands, in this widget's pixels."""
        return self._x(self._figures.amount if self._figures else 0)

    # --- mouse ----------------------------------------------------------------------------------------------------
    def mousePressEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if event.button() is Qt.MouseButton.LeftButton and abs(x - self.knob_x()) <= _GRAB:
            self._pressed_x, self._offset, self._is_dragging = x, x - self.knob_x(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        figures, x = self._figures, event.position().x()
        if figures is None or self._pressed_x is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if not self._is_dragging:
            if abs(x - self._pressed_x) < _DRAG_THRESHOLD:
                return
            self._is_dragging = True
            self.gesture_began.emit()
        track = self._track()
        per_pixel = figures.capital / UNIT / track.width()
        dollars = round((x - self._offset - track.left()) * per_pixel)
        if not event.modifiers() & Qt.KeyboardModifier.AltModifier:
            dollars = snapped(dollars, figures.magnets, round(_MAGNET_PIXELS * per_pixel))
        self.setValue(dollars)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        del event
        was_dragging = self._is_dragging
        self._pressed_x, self._is_dragging = None, False
        if was_dragging:
            self.let_go.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._is_dragging:
            self._pressed_x, self._is_dragging = None, False
            self.cancelled.emit()
            return
        super().keyPressEvent(event)

    # --- drawing --------------------------------------------------------------------------------------------------
    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        figures = self._figures
        if figures is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if not self.isEnabled():
                painter.setOpacity(0.55)
            self._paint_track(painter, figures)
            self._paint_ghost(painter, figures)
            self._paint_knob(painter)

    def _paint_track(self, painter: QPainter, figures: RowFigures) -> None:
        tokens, track, colour = theme.tokens(), self._track(), theme.module_colour(self._colour_index)
        path = QPainterPath()
        path.addRoundedRect(track, _TRACK / 2, _TRACK / 2)
        painter.save()
        painter.setClipPath(path)
        painter.fillRect(track, theme.colour(tokens.track))
        painter.fillRect(_until(track, self._x(figures.amount)), _faded(colour, 0.35))
        work = theme.colour(tokens.warning) if figures.is_over else colour
        used = _until(track, self._x(figures.used))
        painter.fillRect(used, _faded(work, 0.4))
        painter.fillRect(used, QBrush(work, Qt.BrushStyle.BDiagPattern))
        if figures.held > 0:
            end = self._x(figures.used + figures.held)
            painter.fillRect(
                QRectF(used.right(), track.top(), end - used.right(), track.height()),
                QBrush(work, Qt.BrushStyle.Dense6Pattern),
            )
            painter.fillRect(QRectF(end - 2, track.top(), 2, track.height()), theme.colour(tokens.text))
        painter.restore()
        painter.setPen(QPen(_faded(colour, 0.9), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(track, _TRACK / 2, _TRACK / 2)

    def _paint_ghost(self, painter: QPainter, figures: RowFigures) -> None:
        """A tick through the track where the applied budget is, as long as the draft has another."""
        if figures.applied == figures.amount:
            return
        x, middle = self._x(figures.applied), self.height() / 2
        painter.setPen(QPen(theme.colour(theme.tokens().text), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, middle - 11), QPointF(x, middle + 11))

    def _paint_knob(self, painter: QPainter) -> None:
        tokens = theme.tokens()
        is_lit = self.underMouse() or self.hasFocus()
        painter.setPen(QPen(theme.colour(tokens.accent if self.hasFocus() else tokens.ground), 2))
        painter.setBrush(theme.colour(tokens.text if is_lit else tokens.muted))
        painter.drawEllipse(QPointF(self.knob_x(), self.height() / 2), _KNOB - 1, _KNOB - 1)


def _until(track: QRectF, x: float) -> QRectF:
    return QRectF(track.left(), track.top(), x - track.left(), track.height())


def _faded(colour: QColor, opacity: float) -> QColor:
    result = QColor(colour)
    result.setAlphaF(opacity)
    return result
