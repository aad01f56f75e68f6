"""The child of the allocation strip that stands on one divider: a slider for keys, a grip for the mouse."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from mindfolio_desktop.ui.widgets.money_slider import MoneySlider

HANDLE_WIDTH = 15


class DividerHandle(MoneySlider):
    """One divider. Mouse signals carry x in the parent's coordinates, and whether Alt frees it from snapping.

    It paints nothing: the strip does, all at once. Twelve paint events in Python for each move of the mouse would wait
    for the engine's thread twelve times.
    """

    grabbed = Signal(float)
    dragged = Signal(float, bool)
    dropped = Signal()
    look_changed = Signal()
    """It is lit, has the focus, or can be used, and did not before; or the other way round."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.SplitHCursor)
        self.setFixedWidth(HANDLE_WIDTH)
        self.setUpdatesEnabled(False)

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

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.look_changed.emit()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.look_changed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.look_changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.look_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange:
            self.look_changed.emit()
