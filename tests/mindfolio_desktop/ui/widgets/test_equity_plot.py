"""The line of NAV: loaded when seen, honest when there is nothing to draw."""

import datetime as dt
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.equity_plot import EquityPlot, levels, time_ticks
from tests.mindfolio_desktop.ui.snapshots import NOW

SAMPLES = tuple((NOW + dt.timedelta(minutes=at), dollars(50_000 + at * 10)) for at in range(20))


def words(plot: EquityPlot) -> str:
    label = plot.findChild(QLabel, "nav_empty")
    assert label is not None
    return label.text() if label.isVisible() else ""


def test_the_plotting_library_is_not_loaded_before_a_plot_is_seen() -> None:
    code = (
        "import sys\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from mindfolio_desktop.ui.widgets.equity_plot import EquityPlot\n"
        "application = QApplication([])\n"
        "EquityPlot('nav').show_samples(())\n"
        "sys.exit('pyqtgraph' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_too_few_samples_say_why_there_is_no_line(qtbot: QtBot) -> None:
    plot = EquityPlot("nav")
    qtbot.addWidget(plot)
    plot.show()
    plot.show_samples(SAMPLES[:1])
    assert "No line yet" in words(plot)


def test_the_line_appears_and_tells_its_ends(qtbot: QtBot) -> None:
    plot = EquityPlot("nav")
    qtbot.addWidget(plot)
    plot.resize(500, 200)
    plot.show_samples(SAMPLES)
    plot.show()
    qtbot.waitUntil(lambda: words(plot) == "", timeout=20_000)
    graph = plot._plot
    assert graph.isVisible()
    x, y = plot._curve.getData()
    assert (len(x), y[0], y[-1]) == (20, 50_000.0, 50_190.0)
    assert graph.accessibleName() == (
        "NAV from $50,000 on Mon 16 Mar 2026 15:55 ET to $50,190 on Mon 16 Mar 2026 16:14 ET"
    )
    assert plot._curve.opts["pen"].widthF() == 1
    plot.show_samples(())
    assert "No line yet" in words(plot)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([49_630.0, 50_020.0], [49_700.0, 49_800.0, 49_900.0, 50_000.0]),
        ([1.0, 1.0], [1.0]),
        ([0.0, 1.0], [0.0, 0.25, 0.5, 0.75, 1.0]),
        ([-10.0, 30.0], [-10.0, 0.0, 10.0, 20.0, 30.0]),
    ],
)
def test_levels_are_round_numbers(values: list[float], expected: list[float]) -> None:
    assert levels(values) == pytest.approx(expected)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5))
def test_levels_are_few_and_within_the_range(values: list[float]) -> None:
    found = levels(values)
    assert 1 <= len(found) <= 6
    slack = 1e-6 * (1 + max(map(abs, values)))
    assert all(min(values) - slack <= level <= max(values) + slack for level in found)


def test_time_ticks_keep_away_from_the_ends() -> None:
    ticks = time_ticks([at for at, _ in SAMPLES], 2)
    assert [place for place, _ in ticks] == [5, 14]
    assert ticks[0][1] == "16 Mar 16:00"
    assert len(time_ticks([NOW, NOW], 4)) == 2
