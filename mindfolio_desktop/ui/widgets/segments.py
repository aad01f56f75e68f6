"""One of a few: buttons side by side of which one is marked."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mindfolio_desktop.ui.widgets.button import Button


class Segments(QWidget):
    """Emits the key of the button that was pressed; what is marked is said by `show_chosen` alone."""

    chosen = Signal(str)

    def __init__(self, name: str, title: str, choices: Sequence[tuple[str, str]]) -> None:
        """`choices`: key and words of each. The buttons are called `<name>_<key>`."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._shown = ""
        self._buttons: dict[str, _Segment] = {}
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        last = len(choices) - 1
        for index, (key, words) in enumerate(choices):
            button = _Segment(key, words, f"{name}_{key}")
            button.setAccessibleName(f"{title}: {words}")
            button.setProperty("place", "first" if index == 0 else "last" if index == last else "middle")
            button.picked.connect(self._pick)
            across.addWidget(button)
            self._buttons[key] = button
        across.addStretch(1)

    def show_chosen(self, key: str) -> None:
        """Mark one of them."""
        self._shown = key
        for one, button in self._buttons.items():
            button.setChecked(one == key)

    @Slot(str)
    def _pick(self, key: str) -> None:
        self.show_chosen(self._shown)
        self.chosen.emit(key)


class _Segment(Button):
    picked = Signal(str)

    def __init__(self, key: str, words: str, name: str) -> None:
        super().__init__(words, name, "segment")
        self._key = key
        self.setCheckable(True)
        self.clicked.connect(self._pick)

    @Slot()
    def _pick(self) -> None:
        self.picked.emit(self._key)
