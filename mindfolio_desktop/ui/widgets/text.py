"""A label that has a role and repaints only when its words change."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from mindfolio_desktop.ui import theme

_ELIDED_WIDTH = 40


class Text(QLabel):
    """Plain text in a role (`muted`, `gain`...) and a size of the theme; `wraps` lets it take several lines."""

    def __init__(
        self,
        words: str = "",
        role: str = "",
        pixels: int = 13,
        weight: QFont.Weight = QFont.Weight.Normal,
        *,
        wraps: bool = False,
        name: str = "",
    ) -> None:
        super().__init__(words)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(pixels, weight))
        self.setWordWrap(wraps)
        self.setObjectName(name)
        if wraps:
            # A label that wraps must be given the height that its width asks for, or its last line is cut.
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        if role:
            theme.set_role(self, role)

    def show_text(self, words: str, role: str | None = None) -> None:
        """Change words and role; nothing happens if they are what is shown."""
        if words != self.text():
            self.setText(words)
        if role is not None:
            theme.set_role(self, role)

    def show_or_hide(self, words: str, role: str | None = None) -> None:
        """Like `show_text`, hidden while there are no words."""
        self.show_text(words, role)
        if self.isHidden() == bool(words):
            self.setVisible(bool(words))


class ElidedText(Text):
    """A text that may be cut; the whole is in its tooltip.

    A class of its own, because painting in Python makes the window wait for the engine's thread: only the few texts
    that need it pay for it.
    """

    def show_text(self, words: str, role: str | None = None) -> None:
        """Change words, tooltip and role; nothing happens if they are what is shown."""
        if words != self.text():
            self.setToolTip(words)
        super().show_text(words, role)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), theme.px(_ELIDED_WIDTH)), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words, with dots where they were cut."""
        area = self.contentsRect()
        words = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        if words == self.text():
            super().paintEvent(event)
            return
        with QPainter(self) as painter:
            self.style().drawItemText(
                painter, area, self.alignment(), self.palette(), self.isEnabled(), words, self.foregroundRole()
            )
