"""Every page with small, large and very large text in a laptop's window: nothing cut off, nothing wider than its page.

One window serves all pages of a size, over an engine that has an answer to everything.
"""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.pages import GALLERY_PAGE, PAGES
from mindfolio_desktop.ui.widgets.heat_map import WideMap
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD
from mindfolio_desktop.ui.widgets.text import ElidedText
from tests.mindfolio_desktop.ui.answering import AnsweringEngine, busy
from tests.mindfolio_desktop.ui.driving import find, publish, text
from tests.mindfolio_desktop.ui.snapshots import AUTO, fresh

SIZE = (1280, 800)
Step = Callable[[MainWindow], None]


def press(*names: str) -> Step:
    """Press buttons one after another."""

    def pressed(window: MainWindow) -> None:
        for name in names:
            settle()
            button = next(one for one in window.findChildren(QPushButton, name) if one.isVisible())
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    return pressed


def choose(table: str) -> Step:
    """Go to the last row of a table."""

    def chosen(window: MainWindow) -> None:
        settle()
        view = find(window, table)
        assert isinstance(view, QTableView)
        view.setCurrentIndex(view.model().index(view.model().rowCount() - 1, 0))

    return chosen


def take_legs(window: MainWindow) -> None:
    """Put two legs on the market's ticket."""
    settle()
    view = find(window, "chain_table")
    assert isinstance(view, QTableView)
    for row, column in ((6, 8), (9, 9)):
        view.clicked.emit(view.model().index(row, column))


SCENES: dict[str, tuple[str, Step | None]] = {
    **{spec.place.key: (spec.place.key, None) for spec in (*PAGES, GALLERY_PAGE)},
    "gallery with its form": (GALLERY_PAGE.place.key, press("choose_IV_SERVICE")),
    "position being closed": ("positions", press("position_close", "close_price_rest")),
    "position being rolled": ("positions", press("position_roll")),
    "position's target": ("positions", press("position_target")),
    "journal entry": ("ledger", choose("journal_table")),
    "notes": ("ledger", press("ledger_notes")),
    "a note in full": ("ledger", choose("notes_table")),
    "market with a ticket": ("market", take_legs),
    "module": (AUTO, None),
    "module's scan": (AUTO, choose("scans_table")),
    "module's settings": (AUTO, press("detail_edit")),
    "module's removal": (AUTO, press("cancel_settings", "detail_remove")),
}


TOO_WIDE_ABOVE = {DASHBOARD: 125}
"""Pages that do not fit at larger text, by the percent that they fit at: this only shrinks."""


@pytest.fixture
def engine() -> AnsweringEngine:
    return AnsweringEngine()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, bridge: EngineBridge, engine: AnsweringEngine) -> Iterator[MainWindow]:
    engine.notify = bridge.notify
    made = MainWindow(bridge)
    qtbot.addWidget(made, before_close_func=lambda _window: publish(bridge, qtbot, fresh()))
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    publish(bridge, qtbot, busy())
    yield made
    theme.apply(qapp)


def settle() -> None:
    """Let answers come and layouts follow."""
    for _ in range(3):
        QTest.qWait(12)


# --- what is wrong ----------------------------------------------------------------------------------------------------
def misfits(window: MainWindow) -> list[str]:
    """Everything in sight whose words do not fit into it, or that reaches out of what holds it."""
    return [
        f"{one.objectName() or type(one).__name__} {_words(one)!r}: {problem}"
        for one in window.findChildren(QWidget)
        if one.isVisible() and (problem := _problem(one))
    ]


def _words(one: QWidget) -> str:
    if isinstance(one, QLabel | QPushButton | QCheckBox):
        return one.text()
    if isinstance(one, QComboBox):
        return one.currentText()
    return one.text() if isinstance(one, QAbstractSpinBox) else ""


def _problem(one: QWidget) -> str:
    match one:
        case QLabel():
            return _of_label(one) or _outside(one)
        case QPushButton() | QCheckBox():
            return _too_small(one) or _outside(one)
        case QComboBox() | QAbstractSpinBox():
            needed = one.fontMetrics().horizontalAdvance(_words(one))
            return f"{one.width()} wide for {needed} of text" if needed > one.width() - 12 else _outside(one)
        case QTableView():
            return _of_headings(one)
        case QScrollArea() if not isinstance(one, WideMap):
            hidden = one.horizontalScrollBar().maximum()
            return f"{hidden} pixels wider than its page" if hidden else ""
    return ""


def _of_label(one: QLabel) -> str:
    if not one.text():
        return ""
    if one.wordWrap() or one.hasHeightForWidth():
        needed = one.heightForWidth(one.width())
        return f"{one.height()} high, needs {needed}" if one.height() < needed else ""
    needed = one.minimumSizeHint().height()
    if one.height() < needed:
        return f"{one.height()} high, needs {needed}"
    if not isinstance(one, ElidedText) and one.width() < one.sizeHint().width():
        return f"{one.width()} wide, needs {one.sizeHint().width()}"
    return ""


def _too_small(one: QPushButton | QCheckBox) -> str:
    needed = one.minimumSizeHint()
    is_small = bool(one.text()) and (one.width() < needed.width() or one.height() < needed.height())
    return f"{one.size().toTuple()}, needs {needed.toTuple()}" if is_small else ""


def _outside(one: QWidget) -> str:
    """Whether it reaches out of any widget above it that does not scroll."""
    above, area = one.parentWidget(), one.geometry()
    while above is not None and not above.isWindow():
        if isinstance(above.parentWidget(), QAbstractScrollArea):
            break  # the viewport, which scrolls what is in it
        if not above.rect().contains(area):
            return (
                f"{area.getRect()} reaches out of {above.objectName() or type(above).__name__} {above.size().toTuple()}"
            )
        area = QRect(above.mapToParent(area.topLeft()), area.size())
        above = above.parentWidget()
    return ""


def _of_headings(view: QTableView) -> str:
    header, model = view.horizontalHeader(), view.model()
    for column in range(model.columnCount()):
        title = str(model.headerData(column, Qt.Orientation.Horizontal))
        if not header.isSectionHidden(column) and header.fontMetrics().horizontalAdvance(title) > header.sectionSize(
            column
        ):
            return f"heading {title!r} in {header.sectionSize(column)} pixels"
    return ""


def covered(window: MainWindow) -> list[str]:
    """Buttons in sight that another widget lies over."""
    found = []
    for one in window.findChildren(QPushButton):
        middle = one.mapTo(window, one.rect().center())
        if one.isVisible() and not one.visibleRegion().isEmpty() and one.visibleRegion().contains(one.rect().center()):
            at = window.childAt(middle)
            if at is not None and at is not one and not one.isAncestorOf(at):
                found.append(f"{one.objectName()} under {at.objectName() or type(at).__name__}")
    return found


# --- every page -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("percent", theme.TEXT_SIZES[::2])
def test_nothing_is_cut_off_on_any_page(window: MainWindow, bridge: EngineBridge, qtbot: QtBot, percent: int) -> None:
    window._look.choose_text_size(percent)
    wrong: dict[str, list[str]] = {}
    for name, (where, step) in SCENES.items():
        if percent > TOO_WIDE_ABOVE.get(where, percent):
            continue
        (window.open_module if where == AUTO else window.go)(where)
        if step is not None:
            step(window)
        for _ in range(8):
            settle()
            found = misfits(window) + covered(window)
            if not found:
                break
        if found:
            wrong[name] = found
    assert wrong == {}, "\n".join(f"{name}: {problem}" for name, found in wrong.items() for problem in found)
    assert window.size().toTuple() == SIZE


@pytest.mark.parametrize("percent", [100, 200])
def test_what_is_much_too_long_breaks_no_page(window: MainWindow, percent: int) -> None:
    window._look.choose_text_size(percent)
    window.open_module(AUTO)
    press("detail_edit")(window)
    settle()
    for name, typed, words in (
        ("form_name", "N" * 500, "at most 40 characters, this has 500"),
        ("form_max_risk", "9" * 40, "at most $1,000,000,000"),
        ("form_universe", "Q" * 500, f"not in this market: {'Q' * 12}\N{HORIZONTAL ELLIPSIS}"),
        ("setting_max_days", "9" * 400, "outside 1 to 365"),
    ):
        field = find(window, name)
        assert isinstance(field, QLineEdit)
        field.setText(typed)
        assert text(window, f"{name}_hint") == words
        settle()
        assert misfits(window) == []
        field.undo()
    window.go("ledger")
    press("ledger_notes")(window)
    box = find(window, "note_text")
    assert isinstance(box, QPlainTextEdit)
    box.setPlainText("W" * 5000)
    settle()
    assert misfits(window) == []
