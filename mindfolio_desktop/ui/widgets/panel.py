"""A card: a titled surface that groups what belongs together."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import ElidedText, Text


class Panel(QFrame):
    """A card with a title, a note at the right, and a body to fill."""

    def __init__(self, title: str, name: str, note: str = "", inset: int = 0) -> None:
        """`inset`: by how many pixels the body keeps its own margin, so that it still lines up with the title."""
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        theme.set_role(self, "card")
        self.body = QVBoxLayout(self)
        side = 2 * theme.SPACE - inset
        self.body.setContentsMargins(side, 12, side, max(0, 14 - inset))
        self.body.setSpacing(10 - inset // 2)
        heading = QHBoxLayout()
        heading.setContentsMargins(inset, 0, inset, 0)
        heading.addWidget(Text(title, weight=theme.BOLD, pixels=14))
        heading.addStretch(1)
        about = ElidedText(note, "muted", 12)
        about.setToolTip(note)
        heading.addWidget(about)
        self.body.addLayout(heading)


class Facts(QWidget):
    """Rows of a caption at the left and a value at the right, made once and changed in place."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._values: dict[str, Text] = {}
        self._captions: dict[str, Text] = {}

    def add(self, key: str, caption: str, tooltip: str = "") -> None:
        """A new row; the value's objectName is `<name>_<key>`."""
        row = QWidget()
        row.setToolTip(tooltip)
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme.SPACE)
        self._captions[key] = Text(caption, "muted")
        self._values[key] = Text("", weight=theme.MEDIUM, name=f"{self.objectName()}_{key}")
        across.addWidget(self._captions[key])
        across.addStretch(1)
        across.addWidget(self._values[key])
        self._column.addWidget(row)

    def show_fact(self, key: str, value: str, role: str = "") -> None:
        """Change one value."""
        text = self._values[key]
        text.show_text(value, role)
        text.setAccessibleName(f"{self._captions[key].text()}: {value}")
        self._set_visible(key, is_visible=True)

    def hide_fact(self, key: str) -> None:
        """Leave a row out, because it says nothing of what is shown, until it is shown again."""
        self._set_visible(key, is_visible=False)

    def _set_visible(self, key: str, *, is_visible: bool) -> None:
        row = self._values[key].parentWidget()
        if row is not None and row.isHidden() == is_visible:
            row.setVisible(is_visible)

    def text(self, key: str) -> str:
        """The value as shown."""
        return self._values[key].text()
