"""A label that has a role and repaints only when its words change."""

import re

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from mindfolio_desktop.ui import theme

_ELIDED_WIDTH = 40
_LONGEST_WORD = 32
"""Letters in a row, beyond which a text that wraps may break within them: a hash, or what somebody typed."""

_MAY_BREAK = "\N{ZERO WIDTH SPACE}"


def breakable(words: str) -> str:
    """The words, with places to break at in those that no line could hold."""
    if len(words) <= _LONGEST_WORD:
        return words
    return _TOO_LONG.sub(_with_breaks, words)


_TOO_LONG = re.compile(rf"[^\s{_MAY_BREAK}]{{{_LONGEST_WORD + 1},}}")


def _with_breaks(found: re.Match[str]) -> str:
    word = found.group()
    return _MAY_BREAK.join(word[at : at + _LONGEST_WORD] for at in range(0, len(word), _LONGEST_WORD))


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
        super().__init__(breakable(words) if wraps else words)
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
        if self.wordWrap():
            words = breakable(words)
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
