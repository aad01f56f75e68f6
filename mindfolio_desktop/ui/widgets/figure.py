"""A figure as traders read it: a quiet caption, the number, and a detail below."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import Text

NORMAL, LARGE = 17, 24


class Figure(QWidget):
    """Caption, value, detail. `pixels` is the size of the value.

    Before the first value there is a dash; `has_detail` keeps the room of a detail that will come.
    """

    def __init__(
        self, caption: str, name: str, pixels: int = NORMAL, tooltip: str = "", *, has_detail: bool = False
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(tooltip)
        self._caption = Text(caption, "caption", 12)
        self._value = Text(fmt.UNKNOWN, "muted", pixels, theme.BOLD, name=f"{name}_value")
        self._detail = Text(" " if has_detail else "", "muted", 12, name=f"{name}_detail")
        self._detail.setVisible(has_detail)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for label in (self._caption, self._value, self._detail):
            column.addWidget(label)
        column.addStretch(1)

    @property
    def value(self) -> str:
        """The number as shown."""
        return self._value.text()

    @property
    def detail(self) -> str:
        """The line below it."""
        return self._detail.text()

    def show_caption(self, caption: str) -> None:
        """Call the figure something else."""
        self._caption.show_text(caption, "caption")

    def show_value(self, value: str, role: str = "", detail: str = "", detail_role: str = "muted") -> None:
        """Show a formatted value and its detail."""
        self._value.show_text(value, role)
        self._detail.show_or_hide(detail, detail_role)
        self._value.setAccessibleName(f"{self._caption.text()}: {value} {detail}".strip())
