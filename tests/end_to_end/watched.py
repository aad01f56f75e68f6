"""The program as it is, with an answer to one question beside it: what of it is on screen, and where.

Run as `python -m tests.end_to_end.watched FD [the program's own arguments]`, FD an inherited stream socket. A line
`name` is answered by one line of JSON, a `Sight` of the widget of that object name. Nothing here clicks or sets.
"""

import json
import socket
import sys
import threading
from typing import TypedDict

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QScrollArea, QTableView, QWidget

from mindfolio_desktop.__main__ import main
from mindfolio_desktop.ui.models.keyed_table import KEY_ROLE

Box = tuple[int, int, int, int]
"""Left, top, width and height in pixels of the screen."""


class Row(TypedDict):
    """A row of a table."""

    key: str
    box: Box


class Sight(TypedDict):
    """What can be seen of a widget. `box` is all of it, `seen` the part that no scroll area hides (None: nothing).

    `scroll` is the viewport of the scroll area that it is in, None where it is in none. `covered_by` names what lies
    over its middle, the uppermost first; nothing does where it is empty.
    """

    box: Box
    seen: Box | None
    scroll: Box | None
    covered_by: list[str]
    is_enabled: bool
    is_checked: bool
    window: int
    rows: list[Row]


class Watcher(QObject):
    """Hears questions on a thread of its own, and looks on the window's."""

    _asked = Signal(str)

    def __init__(self, line: socket.socket) -> None:
        super().__init__()
        self._line = line
        self._asked.connect(self._answer, Qt.ConnectionType.QueuedConnection)
        threading.Thread(target=self._hear, name="watched", daemon=True).start()

    def _hear(self) -> None:
        """Until the other side is gone."""
        for question in self._line.makefile("r", encoding="utf-8"):
            self._asked.emit(question.strip())

    @Slot(str)
    def _answer(self, name: str) -> None:
        found = _visible(name)
        document = None if found is None else _sight(found)
        self._line.sendall(f"{json.dumps(document)}\n".encode())


def _visible(name: str) -> QWidget | None:
    """The widget of that name that is shown; of several one that can be seen."""
    shown = [
        widget
        for widget in QApplication.allWidgets()
        if widget.objectName() == name and widget.isVisible() and not widget.window().isMinimized()
    ]
    return max(shown, key=lambda one: not one.visibleRegion().isEmpty(), default=None)


def _sight(widget: QWidget) -> Sight:
    region = widget.visibleRegion()
    scroll = _scroll_area(widget)
    is_checked = getattr(widget, "isChecked", None)
    return Sight(
        box=_on_screen(widget, widget.rect()),
        seen=None if region.isEmpty() else _on_screen(widget, region.boundingRect()),
        scroll=None if scroll is None else _on_screen(scroll, scroll.rect()),
        covered_by=_covering(widget),
        is_enabled=widget.isEnabled(),
        is_checked=bool(is_checked()) if callable(is_checked) else False,
        window=int(widget.window().winId()),
        rows=_rows(widget) if isinstance(widget, QTableView) else [],
    )


def _covering(widget: QWidget) -> list[str]:
    """Names of what lies over a widget's middle and is no part of it."""
    at = QApplication.widgetAt(widget.mapToGlobal(widget.rect().center()))
    names: list[str] = []
    while at is not None and at is not widget and not at.isAncestorOf(widget):
        names += [at.objectName()] if at.objectName() else []
        at = at.parentWidget()
    return [] if at is widget else names


def _scroll_area(widget: QWidget) -> QWidget | None:
    """The viewport of the nearest scroll area above a widget."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            return above.viewport()
        above = above.parentWidget()
    return None


def _rows(view: QTableView) -> list[Row]:
    model, rows = view.model(), []
    for row in range(model.rowCount()):
        first = model.index(row, 0)
        area = view.visualRect(first)
        rows.append(Row(key=str(first.data(KEY_ROLE)), box=_on_screen(view.viewport(), area)))
    return rows


def _on_screen(widget: QWidget, area: QRect) -> Box:
    corner: QPoint = widget.mapToGlobal(area.topLeft())
    size: QSize = area.size()
    return corner.x(), corner.y(), size.width(), size.height()


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1].isdigit():  # a packaged program is also the processes that it spawns
        watcher = Watcher(socket.socket(fileno=int(sys.argv.pop(1))))
    main()
