"""One of several: a row of buttons of which exactly one is down."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button

_WIDEST = 168


class Choices(QWidget):
    """`show_options` makes the buttons; `chosen` is emitted when a person picks another. `across` are in a row."""

    chosen = Signal(str)
    """The key of what was picked."""

    def __init__(self, name: str, title: str, across: int = 6) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
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
            button.picked.connect(self._pick)
            button.moved.connect(self._move)
            self._grid.addWidget(button, row, column)
            self._buttons[key] = button
        if self._current not in self._buttons:
            self._current = next(iter(self._buttons), "")
        self._mark()

    @Slot(str)
    def _pick(self, key: str) -> None:
        is_other = key != self._current
        self._current = key
        self._mark()
        if is_other:
            self.chosen.emit(key)

    @Slot(int)
    def _move(self, by: int) -> None:
        keys = list(self._buttons)
        target = keys[(keys.index(self._current) + by) % len(keys)]
        self._buttons[target].setFocus(Qt.FocusReason.TabFocusReason)
        self._pick(target)

    def _mark(self) -> None:
        for key, button in self._buttons.items():
            button.setChecked(key == self._current)
            # As with radio buttons, Tab stops once, at what is picked, and arrow keys go on from there.
            is_stop = key == self._current
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if is_stop else Qt.FocusPolicy.ClickFocus)


class _Choice(Button):
    """One option."""

    picked = Signal(str)
    moved = Signal(int)

    def __init__(self, words: str, name: str, key: str, place: str) -> None:
        super().__init__("", name, "segment")
        self._key = key
        self.setProperty("place", place)
        self.setCheckable(True)
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, _WIDEST - 24)
        self.setText(shown)
        if shown != words:
            self.setToolTip(words)
        self.clicked.connect(self._choose)

    @Slot()
    def _choose(self) -> None:
        self.picked.emit(self._key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right arrows pick the neighbour."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self.moved.emit(step)
        event.accept()
