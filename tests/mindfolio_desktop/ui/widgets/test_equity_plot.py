"""The line of NAV: loaded when seen, honest when there is nothing to draw."""

import datetime as dt
import subprocess
import sys

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.equity_plot import EquityPlot
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
