"""The history of allocation: what was read, what is chosen, and an earlier split opened as a draft."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.budget import BudgetPlan
from mindfolio_desktop.ui.views.allocation_history import AllocationHistoryPanel
from tests.mindfolio_desktop.ui.reviews import BEFORE, review
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth


@pytest.fixture
def panel(qtbot: QtBot) -> AllocationHistoryPanel:
    """Without a display: the chart is not loaded."""
    made = AllocationHistoryPanel()
    qtbot.addWidget(made)
    made.show_snapshot(aggressive_growth())
    made.show_history(review())
    return made


def text(panel: AllocationHistoryPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert found is not None
    return found.text()


def button(panel: AllocationHistoryPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, name)
    assert found is not None
    return found


def table(panel: AllocationHistoryPanel, name: str) -> QTableView:
    found = panel.findChild(QTableView, name)
    assert found is not None
    return found


def choose(panel: AllocationHistoryPanel, name: str, row: int) -> None:
    view = table(panel, name)
    view.setCurrentIndex(view.model().index(row, 0))


def test_the_newest_change_comes_first_and_the_caveat_is_always_there(panel: AllocationHistoryPanel) -> None:
    model = table(panel, "allocation_changes").model()
    assert [model.index(row, 1).data() for row in range(2)] == ["Budgets changed", "Mindfolio began"]
    assert "An estimate" in text(panel, "kept_caveat")


def test_an_earlier_split_is_loaded_over_the_capital_of_now(panel: AllocationHistoryPanel) -> None:
    loaded: list[object] = []
    panel.draft_requested.connect(loaded.append)
    assert not button(panel, "load_split").isEnabled()
    panel.show_snapshot(aggressive_growth(capital=dollars(51_000), reserve=dollars(6_000)))
    choose(panel, "allocation_changes", 1)
    QTest.mouseClick(button(panel, "load_split"), Qt.MouseButton.LeftButton)
    assert loaded == [BudgetPlan(BEFORE.budgets, dollars(11_000))]


def test_a_split_of_other_modules_is_not_loaded_and_it_is_said_why(panel: AllocationHistoryPanel) -> None:
    choose(panel, "allocation_changes", 1)
    snapshot = aggressive_growth()
    panel.show_snapshot(replace(snapshot, modules=snapshot.modules[:2]))
    assert not button(panel, "load_split").isEnabled()
    assert "cannot be loaded" in text(panel, "load_split_words")


def test_a_chosen_estimate_is_spelled_out(panel: AllocationHistoryPanel) -> None:
    choose(panel, "kept_splits", 0)
    assert "reserve $10,000. Results are scaled up to 2.5 times." in text(panel, "kept_about")
    table(panel, "kept_splits").clearSelection()
    panel._kept.show_rows([])
    assert text(panel, "kept_about") == ""


def test_reading_again_is_asked_once_and_a_failure_keeps_what_was_read(panel: AllocationHistoryPanel) -> None:
    asked: list[None] = []
    panel.asked.connect(lambda: asked.append(None))
    QTest.mouseClick(button(panel, "read_allocations"), Qt.MouseButton.LeftButton)
    panel.show_reading()
    QTest.mouseClick(button(panel, "read_allocations"), Qt.MouseButton.LeftButton)
    assert len(asked) == 1
    assert text(panel, "allocations_state").startswith("Reading the ledger")
    panel.show_failed("no space left")
    assert text(panel, "allocations_state") == "The ledger could not be read: no space left"
    assert table(panel, "allocation_changes").model().rowCount() == 2


def test_before_anything_was_read_the_tables_say_so(qtbot: QtBot) -> None:
    made = AllocationHistoryPanel()
    qtbot.addWidget(made)
    made.show_reading()
    assert text(made, "allocation_changes_empty").startswith("Reading the ledger")
    made.show_failed("gone")
    assert text(made, "kept_splits_empty") == "The ledger could not be read."


def test_another_scheme_colours_the_tables_anew(panel: AllocationHistoryPanel) -> None:
    QApplication.sendEvent(panel, QEvent(QEvent.Type.PaletteChange))
    assert table(panel, "allocation_changes").model().rowCount() == 2
