"""One of several: buttons in a row, or in rows, of which exactly one is down."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.reflow import Flow

_WIDEST = 168
_PADDING = 24


class Choices(QWidget):
    """`show_options` makes the buttons; `chosen` is emitted when a person picks another.

    As with radio buttons, Tab stops once, and arrow keys go on from there. The focus stays with the row itself: buttons
    that are made later would be the last that Tab reaches, wherever they stand.
    """

    chosen = Signal(str)
    """The key of what was picked."""

    def __init__(self, name: str, title: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._title = title
        self._options: tuple[tuple[str, str], ...] = ()
        self._buttons: dict[str, _Choice] = {}
        self._current = ""
        self._flow = Flow(0)
        self.setLayout(self._flow)

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
            self._flow.forget(button)
            button.hide()
            button.deleteLater()
        self._buttons = {}
        for key, words in options:
            button = _Choice(words, f"{self.objectName()}_{key or 'all'}", key)
            button.setAccessibleName(f"{self._title}: {words}")
            button.picked.connect(self._on_click)
            self._flow.add(button)
            self._buttons[key] = button
        self._join()
        if self._current not in self._buttons:
            self._current = next(iter(self._buttons), "")
        self._mark()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Joined to one row where there is room for it, else each by itself."""
        super().resizeEvent(event)
        self._join()

    def _join(self) -> None:
        buttons = list(self._buttons.values())
        is_one_row = sum(button.sizeHint().width() for button in buttons) <= self.width()
        self._flow.setSpacing(0 if is_one_row else theme.SPACE // 2)
        last = len(buttons) - 1
        for place, button in enumerate(buttons):
            side = "first" if place == 0 else "last" if place == last else ""
            button.show_place(side if is_one_row and last else "only")

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

    def __init__(self, words: str, name: str, key: str) -> None:
        super().__init__("", name, "segment")
        self._key = key
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCheckable(True)
        shown = self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, theme.px(_WIDEST) - _PADDING)
        self.setText(shown)
        if shown != words:
            self.setToolTip(words)
        self.clicked.connect(self._choose)

    def show_focus(self, *, is_on: bool) -> None:
        """Frame the button that keys are on."""
        self._show("focused", is_on)

    def show_place(self, place: str) -> None:
        """Which corners are round: those of the `first`, the `last` or the `only` one of a row."""
        self._show("place", place)

    def _show(self, name: str, value: object) -> None:
        if self.property(name) != value:
            self.setProperty(name, value)
            self.style().unpolish(self)
            self.style().polish(self)

    @Slot()
    def _choose(self) -> None:
        self.picked.emit(self._key)
