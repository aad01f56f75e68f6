"""A plot of volatilities: loaded when seen, empty with a reason, one pixel a line."""

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.volatility_plot import Series, VolatilityPlot

LINE = Series("the line", "text", "", ((90.0, 0.2), (110.0, 0.3)))
MARKS = Series("marks", "accent", "o", ((100.0, 0.25),))


@pytest.fixture
def plot(qtbot: QtBot) -> VolatilityPlot:
    made = VolatilityPlot("plot", "Smile", lambda place: f"{place:.0f}")
    qtbot.addWidget(made)
    made.resize(500, 260)
    return made


def why(plot: VolatilityPlot) -> str:
    label = plot.findChild(QLabel, "plot_empty")
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def test_it_is_loaded_when_it_is_first_seen(plot: VolatilityPlot, qtbot: QtBot) -> None:
    plot.show_series((LINE, MARKS), "")
    assert not hasattr(plot._plot, "getPlotItem")
    plot.show()
    qtbot.waitUntil(lambda: plot._plot is not None)
    line, marks = plot._plot.getPlotItem().listDataItems()
    assert line.opts["pen"].width() == 1
    assert (line.opts["symbol"], marks.opts["pen"], marks.opts["symbol"]) == (None, None, "o")
    assert plot._plot.accessibleName() == "Smile: 2 points of the line, 1 point of marks; 20.0% to 30.0%"


def test_the_axes_are_written_by_the_one_formatter(plot: VolatilityPlot, qtbot: QtBot) -> None:
    plot.show()
    qtbot.waitUntil(lambda: plot._plot is not None)
    plot.show_series((LINE,), "")
    ticks = {side: plot._plot.getAxis(side)._tickLevels[0] for side in ("left", "bottom")}
    assert (ticks["left"][0][1], ticks["left"][-1][1]) == ("20.0%", "30.0%")
    assert (ticks["bottom"][0][1], ticks["bottom"][-1][1]) == ("90", "110")


def test_what_stands_aside_makes_no_room(plot: VolatilityPlot, qtbot: QtBot) -> None:
    plot.show()
    qtbot.waitUntil(lambda: plot._plot is not None)
    plot.show_series((LINE, Series("far", "faint", "t", ((100.0, 3.0),), aside=True)), "")
    assert plot._plot.getPlotItem().viewRange()[1][1] < 35
    plot.show_series((Series("far", "faint", "t", ((100.0, 3.0),), aside=True),), "")
    assert plot._plot.getPlotItem().viewRange()[1][1] > 299


def test_without_points_it_says_why(plot: VolatilityPlot, qtbot: QtBot) -> None:
    plot.show()
    plot.show_series((Series("marks", "accent", "o", ()),), "No smile: no quotes.")
    assert why(plot) == "No smile: no quotes."
    qtbot.waitUntil(lambda: plot._plot is not None)
    plot.show_series((LINE,), "")
    assert why(plot) == ""
