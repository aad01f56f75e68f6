"""Parts of a session's result by module, which are seen to add up."""

import datetime as dt
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QTableView
from pytestqt.qtbot import QtBot

from engine.domain.explained import PART_NAMES
from mindfolio_desktop.ui.views.explained_panel import ExplainedPanel, parts_table
from mindfolio_desktop.ui.widgets.heat_map import HeatMap
from tests.mindfolio_desktop.ui.risk_records import DAY, explained
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL

MINUS = "\N{MINUS SIGN}"
NAMES = {AUTO: "IV Service", MANUAL: "Ask first"}
BEFORE = DAY - dt.timedelta(days=3)


@pytest.fixture
def panel(qtbot: QtBot) -> ExplainedPanel:
    made = ExplainedPanel()
    qtbot.addWidget(made)
    made.resize(1040, 500)
    made.show()
    qtbot.waitExposed(made)
    return made


def heat(panel: ExplainedPanel) -> HeatMap:
    found = panel.findChild(HeatMap, "explained_map")
    assert isinstance(found, HeatMap)
    return found


def text(panel: ExplainedPanel, name: str = "explained_words") -> str:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text()


def amount(words: str) -> Decimal:
    return Decimal(words.replace(MINUS, "-").replace("$", "").replace("+", "").replace(",", ""))


def test_parts_go_down_and_modules_across_and_both_add_up_to_the_cent() -> None:
    table = parts_table(explained(), NAMES)
    assert table.columns == ("IV Service", "Ask first", "Account", "All")
    assert table.rows == (*(part.capitalize() for part in PART_NAMES), "Result")
    shown = [[amount(cell.text) for cell in row] for row in table.cells]
    for column in zip(*shown, strict=True):
        assert sum(column[:-1]) == column[-1]
    for row in shown:
        assert sum(row[:-1]) == row[-1]
    assert shown[-1] == [Decimal("11.10"), Decimal(-20), Decimal("0.30"), Decimal("-8.60")]


def test_the_newest_session_is_shown_and_another_by_a_click(panel: ExplainedPanel, qtbot: QtBot) -> None:
    panel.show_days((explained(), explained(BEFORE, 2)), NAMES)
    assert heat(panel).table.cells[0][0].text == "+$12.34"
    view = panel.findChild(QTableView, "explained_sessions")
    assert isinstance(view, QTableView)
    qtbot.waitUntil(view.isVisible)
    at = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert heat(panel).table.cells[0][0].text == "+$24.69"
    panel.show_days((explained(), explained(BEFORE, 2)), NAMES)
    assert heat(panel).table.cells[0][0].text == "+$24.69", "newer answers keep the choice"


def test_keys_tell_what_a_part_is_and_what_a_result_is_made_of(panel: ExplainedPanel) -> None:
    panel.show_days((explained(),), NAMES)
    assert text(panel).startswith("All, delta: ▲ +$12.34 (the moves of the underlyings")
    QTest.keyClick(heat(panel), Qt.Key.Key_PageDown)
    QTest.keyClick(heat(panel), Qt.Key.Key_Home)
    assert text(panel) == (
        f"IV Service, result: ▲ +$11.10 = delta +$12.34, gamma {MINUS}$3.00, theta +$4.11, "
        f"costs {MINUS}$2.40, residual +$0.05"
    )


def test_before_the_first_close_and_without_an_answer(panel: ExplainedPanel) -> None:
    assert text(panel, "explained_sessions_empty") == "Reading the ledger…"
    panel.show_days((), NAMES)
    assert text(panel, "explained_sessions_empty").startswith("No session has closed yet.")
    assert not heat(panel).isVisible()
    panel.show_trouble("a bug")
    assert text(panel, "explained_sessions_empty") == "What the results came from is not known: a bug"
