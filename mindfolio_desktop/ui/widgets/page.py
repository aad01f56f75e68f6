"""What every page is: a column of panels that scrolls, shows snapshots, and asks to be left for another page."""

from typing import Protocol, runtime_checkable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.icon import IconButton
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import Text

OWN_WINDOW_KEYS = "Ctrl+Shift+O"


@runtime_checkable
class Live(Protocol):
    """Something that shows the newest figures. Only what is in sight is given them."""

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show newer figures; parts that did not change are left alone."""
        ...


class Page(QScrollArea):
    """Put panels into `column`; a page that shows live figures has a `set_snapshot` too.

    A page is made when it is first turned to, and must then fill itself from the snapshot that it is given.
    """

    page_requested = Signal(str)
    """The key of another page; `<key>/<item>` turns to one of the things on it, such as a position."""
    module_opened = Signal(str)
    """The id of a module whose page is wanted."""
    draft_requested = Signal(object)
    """A BudgetPlan that is to be opened as a draft in the allocation bar."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWidgetResizable(True)
        inside = QWidget()
        theme.set_role(inside, "page")
        self.column = QVBoxLayout(inside)
        margin = 2 * theme.SPACE
        self.column.setContentsMargins(margin, margin, margin, margin)
        self.column.setSpacing(margin)
        self.setWidget(inside)

    def show_item(self, item: str) -> None:
        """Turn to one of the things on the page, by its id; most pages have none."""

    def set_locked(self, module_ids: frozenset[str]) -> None:
        """Told when the page is turned to: modules whose budgets a person has locked. Most pages do not care."""

    def add_heading(self, title: str, *controls: QWidget) -> None:
        """The page's name at the left, and what it offers at the right."""
        self.column.addLayout(page_heading(self.objectName(), title, *controls))


def page_heading(name: str, title: str, *controls: QWidget) -> Flow:
    """The name of a page, called `<name>_title`, at the left, and what the page offers at the right."""
    across = Flow(theme.SPACE + theme.SPACE // 2)
    across.add(Text(title, pixels=20, weight=theme.BOLD, name=f"{name}_title"), least=0)
    for control in controls:
        across.add(control)
    across.add(OwnWindowButton())
    return across


class OwnWindowButton(IconButton):
    """Opens the page in a window of its own. Hidden until the main window, which can do that, shows it."""

    def __init__(self) -> None:
        super().__init__("", "own_window", "muted", "own_window", 18)
        theme.set_role(self, "quiet")
        self.setAutoDefault(True)
        self.setToolTip(f"Open in its own window ({OWN_WINDOW_KEYS})")
        self.setAccessibleName("Open this page in its own window")
        self.hide()
