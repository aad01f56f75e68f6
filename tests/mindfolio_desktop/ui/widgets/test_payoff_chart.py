"""The chart of results over prices: loaded when seen, read by mouse and by keys, in both schemes."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.payoff_chart import PayoffChart, nearest
from tests.mindfolio_desktop.ui.sheets import payoff


@pytest.fixture
def chart(qtbot: QtBot) -> PayoffChart:
    """A condor is shown, the library loaded."""
    made = PayoffChart("payoff")
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show_curves(payoff())
    made.show()
    qtbot.waitUntil(lambda: words(made) == "", timeout=20_000)
    return made


@pytest.fixture
def dark_again() -> Iterator[None]:
    yield
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application)


def words(chart: PayoffChart) -> str:
    label = chart.findChild(QLabel, "payoff_empty")
    assert label is not None
    return label.text() if label.isVisible() else ""


def hover(chart: PayoffChart, price: float) -> None:
    """Move the mouse over the plot to a price of the underlying."""
    box = chart._plot.getPlotItem().getViewBox()
    at = QPointF(chart._plot.mapFromScene(box.mapViewToScene(QPointF(price, 0.0))))
    none = Qt.MouseButton.NoButton
    viewport = chart._plot.viewport()
    QApplication.sendEvent(
        viewport,
        QMouseEvent(
            QEvent.Type.MouseMove, at, QPointF(viewport.mapToGlobal(at)), none, none, Qt.KeyboardModifier.NoModifier
        ),
    )


def test_the_plotting_library_is_not_loaded_before_a_chart_is_seen() -> None:
    code = (
        "import sys\n"
        "from PySide6.QtWidgets import QApplication\n"
        "from mindfolio_desktop.ui.widgets.payoff_panel import PayoffPanel\n"
        "application = QApplication([])\n"
        "PayoffPanel()\n"
        "sys.exit('pyqtgraph' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_the_curves_are_those_that_were_told_with_lines_of_one_pixel(chart: PayoffChart) -> None:
    x, y = chart._lines["expiry"].getData()
    assert (x[0], x[-1], y[0], max(y)) == (230.0, 290.0, -750.0, 250.0)
    x, y = chart._lines["today"].getData()
    assert y[30] == 40.0
    assert all(line.opts["pen"].widthF() == 1 for line in chart._lines.values())
    assert len(chart._lines["chosen"].getData()[0] or ()) == 0, "nothing is moved: it would hide today's"
    # A region that wins, the line of zero, two break-evens, the price of now.
    assert len(chart._marks) == 5
    assert not chart._crosshair.isVisible()
    assert "17 Apr 2026" in chart.accessibleName()


def test_a_chosen_curve_is_drawn_beside_todays(chart: PayoffChart) -> None:
    curves = payoff()
    chart.show_curves(payoff(chosen=tuple(amount + dollars(5) for amount in curves.today)))
    assert len(chart._lines["chosen"].getData()[0]) == len(curves.prices)


def test_the_mouse_points_at_the_nearest_price_and_leaves_it_again(chart: PayoffChart, qtbot: QtBot) -> None:
    with qtbot.waitSignal(chart.pointed) as pointed:
        hover(chart, 245.2)
    assert pointed.args == [15]
    assert (chart._crosshair.isVisible(), chart._crosshair.value()) == (True, 245.0)
    with qtbot.waitSignal(chart.pointed) as pointed:
        QApplication.sendEvent(chart._plot.viewport(), QEvent(QEvent.Type.Leave))
    assert (pointed.args, chart._crosshair.isVisible()) == ([None], False)


def test_arrows_pages_home_and_end_move_the_crosshair_from_the_price_of_now(chart: PayoffChart) -> None:
    chart.setFocus()
    for key, place in (
        (Qt.Key.Key_Right, 32),
        (Qt.Key.Key_Left, 31),
        (Qt.Key.Key_PageUp, 41),
        (Qt.Key.Key_PageDown, 31),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_End, 60),
        (Qt.Key.Key_Right, 60),
        (Qt.Key.Key_Escape, None),
    ):
        QTest.keyClick(chart, key)
        assert chart.place == place


def test_without_a_price_of_now_the_keys_begin_in_the_middle(chart: PayoffChart) -> None:
    chart.show_curves(payoff(spot=None))
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.place == 31


def test_a_click_gives_it_the_focus_which_is_seen(chart: PayoffChart, qtbot: QtBot) -> None:
    chart.activateWindow()
    QTest.mouseClick(chart._plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    qtbot.waitUntil(chart.hasFocus)
    assert chart.property("role") == "focused-chart"
    chart.clearFocus()
    assert chart.property("role") == "chart"


def test_newer_prices_keep_the_crosshair_at_its_price(chart: PayoffChart) -> None:
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.place == 32
    curves = payoff()
    shorter = payoff(prices=curves.prices[10:], at_expiry=curves.at_expiry[10:], today=curves.today[10:], chosen=())
    chart.show_curves(shorter)
    assert chart.place == 22
    chart.show_curves(payoff(prices=curves.prices[:5], at_expiry=curves.at_expiry[:5], today=(), chosen=()))
    assert chart.place is None


def test_where_there_is_nothing_it_says_why(chart: PayoffChart) -> None:
    chart.show_curves(None, "It is not open any more.")
    assert words(chart) == "It is not open any more."
    chart.show_curves(payoff(prices=(), at_expiry=(), today=(), chosen=()))
    assert words(chart) == "There is no curve: no price of the underlying is known."
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.place is None


@pytest.mark.usefixtures("dark_again")
def test_another_scheme_recolours_it(chart: PayoffChart) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, theme.Scheme.LIGHT)
    QApplication.processEvents()
    assert chart._lines["today"].opts["pen"].color().name() == theme.LIGHT.accent


def test_the_nearest_of_some_prices() -> None:
    prices = (10, 20, 40)
    wanted = (9, 10, 14, 15, 16, 31, 40, 41)
    assert [nearest(prices, each) for each in wanted] == [None, 0, 0, 1, 1, 2, 2, None]
    assert nearest((), 5) is None
