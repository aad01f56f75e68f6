"""Drawings in the theme's colours that follow a change of scheme."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QLabel, QPushButton

from mindfolio_desktop.ui import theme


class Icon(QLabel):
    """One drawing, tinted with a token (`gain`, `warning`, `muted`...). Hidden while it has no name."""

    def __init__(self, name: str = "", tint: str = "muted", pixels: int = 18) -> None:
        super().__init__()
        self._name, self._tint, self._pixels = "", tint, theme.px(pixels)
        self.setFixedSize(self._pixels, self._pixels)
        if name:
            self._name = name
            self._draw()
        else:
            self.hide()

    def show_icon(self, name: str, tint: str, words: str = "") -> None:
        """Show another drawing; `words` say what it means."""
        if words != self.accessibleName():
            self.setAccessibleName(words)
            self.setToolTip(words)
        if (name, tint) == (self._name, self._tint):
            return
        self._name, self._tint = name, tint
        self.setVisible(bool(name))
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        if self._name:
            drawing = theme.icon(self._name, getattr(theme.tokens(), self._tint), self._pixels)
            self.setPixmap(drawing.pixmap(QSize(self._pixels, self._pixels)))
        else:
            self.clear()


class IconButton(QPushButton):
    """A push button with a drawing, tinted with a token; no drawing for an empty `icon`."""

    def __init__(self, words: str, icon: str, tint: str, name: str, pixels: int = 18) -> None:
        super().__init__(words)
        self.setObjectName(name)
        self.setFont(theme.font(13, theme.MEDIUM))
        self._icon, self._tint, self._gap = icon, tint, 6 if words else 0
        self.show_size(pixels)

    def show_size(self, pixels: int) -> None:
        """Draw the drawing so large, at the size of text in use."""
        self._pixels = theme.px(pixels)
        self.setIconSize(QSize(self._pixels + self._gap, self._pixels))
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Redraw in the colours of another scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        if self._icon:
            self.setIcon(theme.icon(self._icon, getattr(theme.tokens(), self._tint), self._pixels, self._gap))
