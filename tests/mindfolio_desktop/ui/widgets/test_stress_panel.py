"""Which grid, whose, and what the current cell means."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.worst_case import StressGrid
from mindfolio_desktop.ui.widgets.heat_map import HeatMap
from mindfolio_desktop.ui.widgets.stress_panel import StressPanel, stress_table

MINUS = "\N{MINUS SIGN}"
NAMES = {"iv": "IV Service", "puts": "Sell Puts", "flat": "Flat"}


def net(*rows: tuple[int, int, int]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(dollars(amount) for amount in row) for row in rows)


NOW = StressGrid(
    0, (-10, 0, 10), (-30, 0, 50), net((-80, -100, -200), (40, 0, -60), (-30, -50, -90)),
    {"iv": net((-40, -50, -99), (20, 0, -30), (-15, -25, -45)), "puts": net((-40, -50, -99), (20, 0, -30), (0, 0, 0))},
)  # fmt: skip
LATER = StressGrid(10, NOW.price_pct, NOW.volatility_pct, net((-1, -2, -3), (4, 5, 6), (7, 8, 9)), dict(NOW.modules))


@pytest.fixture
def panel(qtbot: QtBot) -> StressPanel:
    made = StressPanel()
    qtbot.addWidget(made)
    made.resize(1000, 400)
    made.show()
    qtbot.waitExposed(made)
    made.show_grids((NOW, LATER), NAMES, ())
    return made


def heat(panel: StressPanel) -> HeatMap:
    found = panel.findChild(HeatMap, "stress_map")
    assert isinstance(found, HeatMap)
    return found


def words(panel: StressPanel, name: str = "stress_words") -> str:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


def click(panel: StressPanel, name: str) -> None:
    found = panel.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def test_prices_go_across_and_volatility_down_from_where_they_are(panel: StressPanel) -> None:
    table = heat(panel).table
    assert table.columns == (f"{MINUS}10%", "0%", "+10%")
    assert table.rows == (f"Volatility {MINUS}30%", "Volatility 0%", "Volatility +50%")
    assert [cell.text for cell in table.cells[2]] == [f"{MINUS}$200", f"{MINUS}$60", f"{MINUS}$90"]
    assert heat(panel).current == (1, 1)
    assert words(panel) == "Whole book, all prices where they are: $0"


def test_keys_walk_through_the_grid_and_each_cell_is_said_in_words(panel: StressPanel) -> None:
    QTest.keyClick(heat(panel), Qt.Key.Key_Left)
    QTest.keyClick(heat(panel), Qt.Key.Key_Down)
    assert words(panel) == f"Whole book, all fall 10%, volatility 50% higher: ▼ {MINUS}$200"


def test_the_grid_after_some_days(panel: StressPanel) -> None:
    click(panel, "stress_when_10")
    assert heat(panel).table.cells[1][1].text == "+$5"
    assert words(panel) == "Whole book, all prices where they are, in 10 days: ▲ +$5"


def test_the_grid_of_one_module_and_none_of_those_that_hold_nothing(panel: StressPanel) -> None:
    click(panel, "stress_whose_puts")
    assert heat(panel).table.cells[2][2].text == "$0"
    assert words(panel).startswith("Sell Puts, all ")
    assert panel.findChild(QPushButton, "stress_whose_flat") is None


def test_newer_figures_keep_what_was_picked(panel: StressPanel) -> None:
    click(panel, "stress_whose_puts")
    click(panel, "stress_when_10")
    QTest.keyClick(heat(panel), Qt.Key.Key_Home)
    panel.show_grids((NOW, LATER), NAMES, ())
    assert heat(panel).current == (1, 0)
    assert words(panel).startswith("Sell Puts, all fall 10%, in 10 days")


def test_colours_follow_the_largest_amount() -> None:
    cells = stress_table(NOW, NOW.net, "Whole book").cells
    assert (cells[2][0].tone, cells[2][0].strength) == ("loss", 1.0)
    assert (cells[0][1].tone, cells[0][1].strength) == ("gain", 0.2)
    assert (cells[1][1].tone, cells[1][1].strength) == ("", 0.0)


def test_nothing_held_is_said_and_no_grid_is_shown(panel: StressPanel) -> None:
    panel.show_grids((StressGrid(0, (-10, 0), (0,), ((0,), (0,)), {}),), NAMES, ())
    assert words(panel, "stress_empty").startswith("Nothing is held")
    assert not heat(panel).isVisible()
    panel.show_grids((NOW, LATER), NAMES, ())
    assert heat(panel).isVisible()
    assert words(panel, "stress_empty") == ""


def test_what_has_no_price_is_named(panel: StressPanel) -> None:
    panel.show_grids((NOW, LATER), NAMES, ("KO", "SPY"))
    assert words(panel, "stress_empty") == "Without KO, SPY: no price is known."


def test_trouble_is_said(panel: StressPanel) -> None:
    panel.show_trouble("a bug")
    assert words(panel, "stress_empty") == "No newer figures: a bug"
