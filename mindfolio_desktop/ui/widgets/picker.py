"""A drop-down list in the theme's look: the arrow is drawn here, because a style sheet could only show a file."""

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QComboBox

from mindfolio_desktop.ui import theme

_FROM_THE_RIGHT, _HALF = 14, 4


class Picker(QComboBox):
    """A list to choose from; the wheel scrolls the page and chooses nothing."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The style's own, and an arrow over it."""
        super().paintEvent(event)
        tokens = theme.tokens()
        middle = QPointF(self.width() - _FROM_THE_RIGHT, self.height() / 2)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour(tokens.muted if self.isEnabled() else tokens.faint), 1.6))
            tip = middle + QPointF(0, _HALF / 2)
            painter.drawLine(middle + QPointF(-_HALF, -_HALF / 2), tip)
            painter.drawLine(tip, middle + QPointF(_HALF, -_HALF / 2))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
