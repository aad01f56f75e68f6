"""A slider over whole dollars: what keyboards and screen readers hold on to in the allocation bar."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

STEP_DOLLARS = 100
PAGE_DOLLARS = 1_000

_MOVING_KEYS = frozenset(
    {
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
    }
)


class MoneySlider(QSlider):
    """A horizontal QSlider in dollars: arrows $100, Page Up and Page Down $1,000, Home and End, Esc.

    `gesture_began` comes before the changes of one key press; a key held down stays one gesture. `escaped` is Esc.
    The wheel does nothing, because scrolling a page must not move money.
    """

    gesture_began = Signal()
    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSingleStep(STEP_DOLLARS)
        self.setPageStep(PAGE_DOLLARS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleDescription(
            f"Arrow keys move ${STEP_DOLLARS:,}, Page Up and Page Down ${PAGE_DOLLARS:,}, Escape takes the draft back"
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
            return
        if event.key() in _MOVING_KEYS and not event.isAutoRepeat():
            self.gesture_began.emit()
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def show_dollars(self, dollars: int, maximum: int) -> None:
        """Show a value without reporting it as a change."""
        if (dollars, maximum) == (self.value(), self.maximum()):
            return
        blocked = self.blockSignals(True)
        self.setRange(0, maximum)
        self.setValue(dollars)
        self.blockSignals(blocked)
        self.update()
