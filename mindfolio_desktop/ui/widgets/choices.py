"""One of several: a row of buttons of which exactly one is down."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button

_WIDEST = 168


class Choices(QWidget):
    """`show_options` makes the buttons; `chosen` is emitted when a person picks another. `across` are in a row.

    As with radio buttons, Tab stops once, and arrow keys go on from there. The focus stays with the row itself: buttons
    that are made later would be the last that Tab reaches, wherever they stand.
    """

    chosen = Signal(str)
    """The key of what was picked."""

    def __init__(self, name: str, title: str, across: int = 6) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title, self._across = title, across
        self._options: tuple[tuple[str, str], ...] = ()
        self._buttons: dict[str, _Choice] = {}
        self._current = ""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(0)
        self._grid.setVerticalSpacing(theme.SPACE // 2)

    @property
    def current(self) -> str:
        """The key of the button that is down, "" without buttons."""
        return self._current

    def show_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer these keys under these words. What was picked stays so while it is there, else the first is."""
        if tuple(options) == self._options:
            return
        self._options = tuple(options)
        for button in self._buttons.values():
            self._grid.removeWidget(button)
            button.deleteLater()
        self._buttons = {}
        for place, (key, words) in enumerate(options):
            row, column = divmod(place, self._across)
            is_last = column == self._across - 1 or place == len(options) - 1
            side = "only" if column == 0 and is_last else "first" if column == 0 else "last" if is_last else ""
            button = _Choice(words, f"{self.objectName()}_{key or 'all'}", key, side)
            button.setAccessibleName(f"{self._title}: {words}")
            button.picked.connect(self._on_click)
            self._grid.addWidget(button, row, column)
            self._buttons[key] = button
        if self._current not in self._buttons:
            self._current = next(iter(self._buttons), "")
        self._mark()

    @Slot(str)
    def _on_click(self, key: str) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._pick(key)

    def _pick(self, key: str) -> None:
        is_other = key != self._current
        self._current = key
        self._mark()
        if is_other:
            self.chosen.emit(key)

    def _mark(self) -> None:
        self.setAccessibleDescription(dict(self._options).get(self._current, ""))
        for key, button in self._buttons.items():
            button.setChecked(key == self._current)
            button.show_focus(is_on=key == self._current and self.hasFocus())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right arrows pick the neighbour, Home and End the first and the last."""
        keys = list(self._buttons)
        place = keys.index(self._current) if keys else 0
        targets: dict[int, int] = {
            Qt.Key.Key_Left: place - 1,
            Qt.Key.Key_Right: place + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: -1,
        }
        target = targets.get(event.key())
        if target is None or not keys:
            super().keyPressEvent(event)
            return
        self._pick(keys[target % len(keys)])
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._mark()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._mark()


class _Choice(Button):
    """One option."""

    picked = Signal(str)

    def __init__(self, words: str, name: str, key: str, place: str) -> None:
        super().__init__("", name, "segment")
        self._key = key
        self.setProperty("place", place)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCheckable(True)
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, _WIDEST - 24)
        self.setText(shown)
        if shown != words:
            self.setToolTip(words)
        self.clicked.connect(self._choose)

    def show_focus(self, *, is_on: bool) -> None:
        """Frame the button that keys are on."""
        if bool(self.property("focused")) != is_on:
            self.setProperty("focused", is_on)
            self.style().unpolish(self)
            self.style().polish(self)

    @Slot()
    def _choose(self) -> None:
        self.picked.emit(self._key)
