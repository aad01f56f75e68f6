"""Both sheets of a day, line by line, or why there is none."""

import pytest
from PySide6.QtWidgets import QLabel, QTableView, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.views.sheet_panels import EndPanel, StartPanel
from mindfolio_desktop.ui.widgets.figure import Figure
from tests.mindfolio_desktop.ui.risk_records import end_sheet, sheets, start_sheet

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def start(qtbot: QtBot) -> StartPanel:
    made = StartPanel()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def end(qtbot: QtBot) -> EndPanel:
    made = EndPanel()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def rows(panel: QWidget) -> dict[str, int]:
    """Rows of each table by its name."""
    return {view.objectName(): view.model().rowCount() for view in panel.findChildren(QTableView)}


def text(panel: QWidget, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text()


def figure(panel: QWidget, name: str) -> str:
    found = panel.findChild(Figure, name)
    assert isinstance(found, Figure)
    return found.value


def test_everything_of_the_start_has_its_table(start: StartPanel) -> None:
    start.show_sheet(start_sheet(stopped_why="a test"))
    assert rows(start) == {
        "start_today": 1, "start_week": 1, "start_overnight": 1, "start_orders": 1, "start_waiting": 1,
        "start_happenings": 2, "start_standing": 2, "start_differences": 2,
    }  # fmt: skip
    assert text(start, "start_sheet_words") == "NAV $50,950.25. Stopped or paused: a test."


def test_what_is_empty_says_so(start: StartPanel, qtbot: QtBot) -> None:
    start.show_sheet(start_sheet())
    start.show_sheet(start_sheet(today=(), overnight=(), orders=()))
    qtbot.waitUntil(lambda: text(start, "start_today_empty") == "Nothing expires.")
    assert text(start, "start_orders_empty") == "No order works."


def test_everything_of_the_end_has_its_table_and_figures(end: EndPanel) -> None:
    end.show_sheets(sheets())
    assert rows(end) == {
        "end_modules": 1, "end_fills": 1, "end_ended": 1, "end_scans": 1, "end_tomorrow": 1, "end_differences": 0
    }  # fmt: skip
    assert [figure(end, f"end_{key}") for key in ("nav", "pnl", "flows", "drawdown")] == [
        "$50,620.00", "▲ +$120.00", "+$500.00", "1.25%",
    ]  # fmt: skip
    assert text(end, "end_sheet_words") == "Book and broker were last compared Mon 16 Mar 2026 15:55 ET."


def test_a_session_that_goes_on_or_has_not_begun(end: EndPanel) -> None:
    end.show_sheets(sheets(is_over=False, end=end_sheet(compared_at=None, drawdown_bp=None)))
    assert text(end, "end_sheet_words") == (
        "The session is not over: this is how it stands so far. Book and broker were last compared never."
    )
    assert figure(end, "end_drawdown") == "\N{EN DASH}"
    end.show_sheets(sheets(end=None))
    assert text(end, "end_sheet_words") == "The session has not begun: nothing of it is in the ledger yet."
    assert not end.inside.isVisible()


def test_trouble_takes_the_sheet_away(start: StartPanel) -> None:
    start.show_sheet(start_sheet())
    start.show_trouble("There is no sheet: a bug.")
    assert not start.inside.isVisible()
    assert text(start, "start_sheet_words") == "There is no sheet: a bug."
