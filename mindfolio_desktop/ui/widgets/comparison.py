"""Two states side by side: a row for each figure, what it was and what it is or would be."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import Text

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Comparison(QWidget):
    """Captions at the left, two columns of values at the right. Rows are made once and changed in place."""

    def __init__(self, name: str, before: str, after: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._titles = before, after
        self._rows: dict[str, tuple[Text, Text, Text]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(3 * theme.SPACE)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(0, 1)
        for column, title in enumerate(self._titles, start=1):
            self._grid.addWidget(Text(title, "caption", 12), 0, column, _RIGHT)

    def add(self, key: str, caption: str, tooltip: str = "") -> None:
        """A new row; its values' objectNames are `<name>_<key>_before` and `<name>_<key>_after`."""
        place = len(self._rows) + 1
        before = Text("", name=f"{self.objectName()}_{key}_before")
        after = Text("", weight=theme.MEDIUM, name=f"{self.objectName()}_{key}_after")
        self._rows[key] = Text(caption, "muted"), before, after
        for column, text in enumerate(self._rows[key]):
            text.setToolTip(tooltip)
            self._grid.addWidget(text, place, column, _RIGHT if column else Qt.AlignmentFlag.AlignVCenter)

    def show_row(self, key: str, before: str, after: str, role: str = "", caption: str = "") -> None:
        """Change a row; `role` is of the value at the right, `caption` another name for it."""
        title, left, right = self._rows[key]
        if caption:
            title.show_text(caption)
        for text, words, column in ((left, before, self._titles[0]), (right, after, self._titles[1])):
            text.show_text(words)
            text.setAccessibleName(f"{title.text()}, {column.lower()}: {words}")
        theme.set_role(right, role)
        self._set_visible(key, is_visible=True)

    def hide_row(self, key: str) -> None:
        """Leave a row out, because it says nothing here."""
        self._set_visible(key, is_visible=False)

    def values(self, key: str) -> tuple[str, str]:
        """Both values as shown."""
        _, before, after = self._rows[key]
        return before.text(), after.text()

    def _set_visible(self, key: str, *, is_visible: bool) -> None:
        for text in self._rows[key]:
            if text.isHidden() == is_visible:
                text.setVisible(is_visible)
