"""Correlations as a map with words, betas beside it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QTableView
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.views.comovement_panel import ComovementPanel, correlation_table
from mindfolio_desktop.ui.widgets.heat_map import HeatMap
from tests.mindfolio_desktop.ui.risk_records import comovement

MINUS, UNKNOWN = "\N{MINUS SIGN}", "\N{EN DASH}"


@pytest.fixture
def panel(qtbot: QtBot) -> ComovementPanel:
    made = ComovementPanel()
    qtbot.addWidget(made)
    made.resize(1000, 400)
    made.show()
    qtbot.waitExposed(made)
    return made


def heat(panel: ComovementPanel) -> HeatMap:
    found = panel.findChild(HeatMap, "correlation_map")
    assert isinstance(found, HeatMap)
    return found


def words(panel: ComovementPanel, name: str = "correlation_words") -> str:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text()


def test_each_name_against_each() -> None:
    table = correlation_table(comovement())
    assert table.rows == table.columns == ("KO", "SPY", "TSLA")
    assert [[cell.text for cell in row] for row in table.cells] == [
        ["", "0.42", UNKNOWN],
        ["0.42", "", f"{MINUS}0.31"],
        [UNKNOWN, f"{MINUS}0.31", ""],
    ]
    assert (table.cells[0][1].tone, table.cells[1][2].tone) == ("warning", "accent")


def test_keys_tell_the_pair_with_its_days(panel: ComovementPanel) -> None:
    panel.show_comovement(comovement())
    QTest.keyClick(heat(panel), Qt.Key.Key_Right)
    assert words(panel) == "KO and SPY: correlation 0.42, 0.51 as observed, 60 days"
    QTest.keyClick(heat(panel), Qt.Key.Key_Right)
    assert words(panel) == "KO and TSLA: not known, 12 days in common"


def test_betas_are_of_an_index_and_a_day(panel: ComovementPanel) -> None:
    panel.show_comovement(comovement())
    view = panel.findChild(QTableView, "betas_table")
    assert isinstance(view, QTableView)
    assert view.model().rowCount() == 3
    assert words(panel, "betas_note") == "To SPY, of closes before 16 Mar 2026"


def test_nothing_held_and_one_name_alone(panel: ComovementPanel) -> None:
    assert words(panel).startswith("Nothing is held")
    panel.show_comovement(comovement(betas=comovement().betas[:1], pairs=()))
    assert not heat(panel).isVisible()
    assert words(panel) == "One name alone has nothing to move together with."
    panel.show_comovement(comovement())
    assert heat(panel).isVisible()
    panel.show_comovement(None)
    assert not heat(panel).isVisible()
    view = panel.findChild(QTableView, "betas_table")
    assert isinstance(view, QTableView)
    assert not view.isVisible(), "said once"
