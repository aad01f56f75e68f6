"""How the window looks, as its user wants it: theme and size of text, remembered and applied to all.

The size of text is a person's and holds for all mindfolios; each mindfolio has its theme, a new one that of the one
before.
"""

from enum import StrEnum

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.remembered import Whose, recall, remember

_THEME, _TEXT_SIZE = "look/theme", "look/text_size"


class Theme(StrEnum):
    """What a user chooses; the system's scheme may change while the window is open."""

    DARK = "dark"
    LIGHT = "light"
    SYSTEM = "system"

    @property
    def words(self) -> str:
        """`Dark`, `Light`, `Follow the system`."""
        return "Follow the system" if self is Theme.SYSTEM else self.value.capitalize()


class Look(QObject):
    """Applies theme and text size. Make one for the application, after `remembered.use`."""

    theme_changed = Signal()
    """Another theme was chosen, or the system changed the one that is followed."""
    text_resized = Signal()
    """Text has another size: what is on screen must be made anew."""

    def __init__(self, application: QCoreApplication | None, parent: QObject | None = None) -> None:
        """Raises TypeError without an application that has windows."""
        super().__init__(parent)
        if not isinstance(application, QApplication):
            raise TypeError("a look needs a QApplication")
        self._application = application
        self._theme, self._percent = Theme.DARK, theme.TEXT_SIZES[0]
        self.come_back()
        application.styleHints().colorSchemeChanged.connect(self._on_system)

    @property
    def theme(self) -> Theme:
        """What was chosen."""
        return self._theme

    @property
    def text_size(self) -> int:
        """Percent of the normal size."""
        return self._percent

    @property
    def knows_system(self) -> bool:
        """Whether the platform tells which scheme it has; where it does not, following it gives the dark one."""
        return self._theme is not Theme.SYSTEM or self._scheme_of_system() is not Qt.ColorScheme.Unknown

    def come_back(self) -> None:
        """Look as the mindfolio that is remembered now was left."""
        kept = recall(_THEME, recall(_THEME, Theme.DARK.value, Whose.USER))
        self._theme = Theme(kept) if kept in list(Theme) else Theme.DARK
        size = recall(_TEXT_SIZE, theme.TEXT_SIZES[0], Whose.USER)
        self._percent = size if size in theme.TEXT_SIZES else theme.TEXT_SIZES[0]
        self._apply()

    def choose_theme(self, wanted: Theme) -> None:
        """Use a theme from now on."""
        self._theme = wanted
        remember(_THEME, wanted.value)
        remember(_THEME, wanted.value, Whose.USER)
        self._apply()
        self.theme_changed.emit()

    def choose_text_size(self, percent: int) -> None:
        """Use a size of text from now on. Raises ValueError for one that is not offered."""
        if percent not in theme.TEXT_SIZES:
            raise ValueError(f"{percent} % is none of {theme.TEXT_SIZES}")
        if percent == self._percent:
            return
        self._percent = percent
        remember(_TEXT_SIZE, percent, Whose.USER)
        self._apply()
        self.text_resized.emit()

    @Slot()
    def toggle(self) -> None:
        """The other one of dark and light, whichever is seen now."""
        self.choose_theme(Theme.LIGHT if theme.scheme() is theme.Scheme.DARK else Theme.DARK)

    def _apply(self) -> None:
        follows = self._theme is Theme.SYSTEM
        if follows:
            self._application.styleHints().unsetColorScheme()
            is_light = self._scheme_of_system() is Qt.ColorScheme.Light
            scheme = theme.Scheme.LIGHT if is_light else theme.Scheme.DARK
        else:
            scheme = theme.Scheme(self._theme.value)
        theme.apply(self._application, scheme, self._percent, follows_system=follows)

    def _scheme_of_system(self) -> Qt.ColorScheme:
        return self._application.styleHints().colorScheme()

    @Slot()
    def _on_system(self) -> None:
        """Only what is followed is followed: choosing a theme changes the application's scheme too."""
        if self._theme is Theme.SYSTEM:
            wanted = self._scheme_of_system() is Qt.ColorScheme.Light
            if wanted is not (theme.scheme() is theme.Scheme.LIGHT):
                self._apply()
                self.theme_changed.emit()
