"""The chart of allocation: figures by day, words where there is none, and colours of both schemes."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.allocation_plot import AllocationPlot, bands, reserves
from tests.mindfolio_desktop.ui.reviews import review
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED


def test_bands_are_budgets_and_results_in_dollars_a_value_a_day() -> None:
    found = bands(review().days)
    assert [each.module_id for each in found] == [AUTO, MANUAL, PAUSED]
    assert (found[0].budgets, found[0].pnl) == ((15_000.0,) * 3, (0.0, 100.0, 200.0))
    assert found[1].pnl == (0.0, 0.0, 0.0)
    assert reserves(review().days) == (5_000.0,) * 3
    assert dollars(1) == 10_000


def test_fewer_than_two_sessions_are_said(qtbot: QtBot) -> None:
    plot = AllocationPlot("plot")
    qtbot.addWidget(plot)
    plot.show_days(review().days[:1], {})
    label = plot.findChild(QLabel, "plot_empty")
    assert label is not None
    assert "two are needed" in label.text()


def test_before_it_is_told_anything_it_says_that_the_ledger_is_read(qtbot: QtBot) -> None:
    plot = AllocationPlot("plot")
    qtbot.addWidget(plot)
    plot.show()
    qtbot.waitUntil(lambda: plot._plot is not None)
    label = plot.findChild(QLabel, "plot_empty")
    assert label is not None
    assert label.text().startswith("Reading the ledger")


def test_the_areas_reach_capital_and_follow_the_scheme(qtbot: QtBot) -> None:
    plot = AllocationPlot("plot")
    qtbot.addWidget(plot)
    plot.resize(900, 420)
    plot.show()
    plot.show_days(review().days, {AUTO: 0, MANUAL: 1})
    qtbot.waitUntil(lambda: plot._plot is not None)
    upper, lower = plot._items
    tops = [curve.getData()[1][-1] for curve in upper.listDataItems()]
    assert tops == [0.0, 15_000.0, 35_000.0, 45_000.0, 50_000.0]
    assert [curve.getData()[1][-1] for curve in lower.listDataItems()] == [0.0, 200.0, 0.0, 0.0]
    assert "Budgets and cumulative P&L" in plot._plot.accessibleName()
    before = theme._current[0]
    try:
        theme._current[0] = theme.Scheme.LIGHT
        QApplication.sendEvent(plot, QEvent(QEvent.Type.PaletteChange))
        assert plot._plot.backgroundBrush().color().name() == theme.LIGHT.surface
    finally:
        theme._current[0] = before
