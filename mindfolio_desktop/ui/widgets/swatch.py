"""The small square in a module's colour that ties a name to its segment of the bar."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from mindfolio_desktop.ui import theme

_SIDE = 12


class Swatch(QWidget):
    """Painted, with an outline, because light colours alone vanish on a light ground."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self.setFixedSize(theme.px(_SIDE), theme.px(_SIDE))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the square."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour(theme.tokens().text, 0.35), 1, Qt.PenStyle.SolidLine))
            painter.setBrush(theme.module_colour(self._index))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
