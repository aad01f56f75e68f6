"""How much of a budget is at work: used solid, held lighter, what is over marked beyond the end of the track."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.core.money import Money
from mindfolio_desktop.ui import theme

_HEIGHT = 8


class Meter(QWidget):
    """A thin bar. Without a budget it is an empty track."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._budget, self._used, self._held = 0, 0, 0
        self._colour = QColor()

    def sizeHint(self) -> QSize:
        """As wide as it may be, eight pixels high."""
        return QSize(120, theme.px(_HEIGHT))

    def show_usage(self, budget: Money, used: Money, held: Money, colour: QColor, words: str) -> None:
        """Show `used` and `held` of `budget`; `words` say the same to a screen reader and in the tooltip."""
        if (budget, used, held, colour) == (self._budget, self._used, self._held, self._colour):
            return
        self._budget, self._used, self._held, self._colour = budget, used, held, colour
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw track, used, held, and the mark of the budget where it is exceeded."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            area = QRectF(self.rect())
            radius = area.height() / 2
            current = theme.tokens()
            # Over the budget, the whole length stands for what is at work and a line marks where the budget ends.
            full = max(self._budget, self._used + self._held)
            painter.setBrush(QColor(current.track))
            painter.drawRoundedRect(area, radius, radius)
            if full > 0:
                held = QColor(self._colour)
                held.setAlphaF(0.45)
                for part, colour in ((self._used + self._held, held), (self._used, self._colour)):
                    if part > 0:
                        painter.setBrush(colour)
                        painter.drawRoundedRect(QRectF(0, 0, area.width() * part / full, area.height()), radius, radius)
                if self._used + self._held > self._budget:
                    x = area.width() * self._budget / full
                    painter.fillRect(QRectF(x - 1, 0, 3, area.height()), QColor(current.warning))
