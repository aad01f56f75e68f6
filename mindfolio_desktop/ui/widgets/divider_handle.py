"""The child of the allocation strip that stands on one divider: a slider for keys, a grip for the mouse."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.money_slider import MoneySlider

HANDLE_WIDTH = 15


class DividerHandle(MoneySlider):
    """One divider. Mouse signals carry x in the parent's coordinates, and whether Alt frees it from snapping."""

    grabbed = Signal(float)
    dragged = Signal(float, bool)
    dropped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFixedWidth(HANDLE_WIDTH)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.grabbed.emit(self.mapToParent(event.position()).x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            is_free = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
            self.dragged.emit(self.mapToParent(event.position()).x(), is_free)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.dropped.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = theme.tokens()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle = self.width() / 2
            painter.fillRect(QRectF(middle - 1, 0, 2, self.height()), theme.colour(tokens.surface))
            if not self.isEnabled():
                return
            is_lit = self.underMouse() or self.hasFocus()
            grip = QRectF(middle - 3.5, self.height() / 2 - 12, 7, 24)
            painter.setPen(QPen(theme.colour(tokens.ground), 1))
            painter.setBrush(theme.colour(tokens.text if is_lit else tokens.muted))
            painter.drawRoundedRect(grip, 3.5, 3.5)
            if self.hasFocus():
                painter.setPen(QPen(theme.colour(tokens.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(grip.adjusted(-2.5, -2.5, 2.5, 2.5), 6, 6)
