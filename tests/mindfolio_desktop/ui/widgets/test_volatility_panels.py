"""Smile and term structure: what is drawn is what the quotes tell, and what is not drawn says why."""

import math

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.instrument import Right
from engine.domain.quote_flags import QuoteFlag
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.volatility_panels import VolatilityPanels, day_words, own_points, strike_words
from mindfolio_desktop.ui.widgets.volatility_plot import VolatilityPlot
from tests.mindfolio_desktop.ui.chains import chain_view, quote, strike_row


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 320)
    return made


@pytest.fixture
def panels(host: QWidget) -> VolatilityPanels:
    made = VolatilityPanels()
    host.setLayout(made)
    return made


def plot(host: QWidget, name: str) -> VolatilityPlot:
    found = host.findChild(VolatilityPlot, name)
    assert isinstance(found, VolatilityPlot)
    return found


def curves(host: QWidget, name: str) -> list[tuple[list[float], list[float]]]:
    items = plot(host, name)._plot.getPlotItem().listDataItems()
    return [(list(map(float, item.xData)), list(map(float, item.yData))) for item in items]


def why(host: QWidget, name: str) -> str:
    label = host.findChild(QLabel, f"{name}_empty")
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def test_points_and_lines_are_the_chains(host: QWidget, panels: VolatilityPanels, qtbot: QtBot) -> None:
    panels.show_view(chain_view(), "")
    assert plot(host, "market_smile")._plot is None, "loaded when it is first seen"
    host.show()
    qtbot.waitUntil(lambda: plot(host, "market_term")._plot is not None)
    calls_inside, puts_inside, calls, puts, fitted = curves(host, "market_smile")
    assert (calls_inside[0], puts_inside[0]) == ([600.0, 605.0], [610.0])
    assert (calls[0], puts[0], fitted[0]) == ([610.0], [600.0, 605.0], [600.0, 605.0, 610.0])
    assert puts[1] == [21.0, 21.0]
    assert fitted[1] == pytest.approx([21.5, 21.0, 20.8])
    ((days, heights),) = curves(host, "market_term")
    assert (days, heights) == ([32.0, 60.0], [21.0, 22.0])
    name = plot(host, "market_smile")._plot.accessibleName()
    assert name == (
        "Smile: 2 points of calls in the money, 1 point of puts in the money, 1 point of calls, 2 points of puts, "
        "3 points of the fitted smile; 20.8% to 21.5%"
    )


def test_without_volatilities_the_charts_say_why(host: QWidget, panels: VolatilityPanels, qtbot: QtBot) -> None:
    host.show()
    bare = strike_row(600, call=quote(600, Right.CALL, iv=None), put=quote(600, iv=None))
    panels.show_view(chain_view(rows=(bare,), smile=(), no_smile="it has no time left", expirations=()), "")
    assert why(host, "market_smile") == "No smile: it has no time left."
    assert why(host, "market_term") == "No expiration's quotes tell its volatility at the money."
    panels.explain("Reading the chain…")
    assert why(host, "market_smile") == why(host, "market_term") == "Reading the chain…"


def test_another_scheme_redraws(host: QWidget, panels: VolatilityPanels, qapp: QApplication, qtbot: QtBot) -> None:
    panels.show_view(chain_view(), "")
    host.show()
    qtbot.waitUntil(lambda: plot(host, "market_term")._plot is not None)
    ground = plot(host, "market_term")._plot
    assert ground.backgroundBrush().color().name() == theme.DARK.surface
    theme.apply(qapp, theme.Scheme.LIGHT)
    try:
        assert ground.backgroundBrush().color().name() == theme.LIGHT.surface
    finally:
        theme.apply(qapp)


def test_only_own_faultless_volatilities_are_points() -> None:
    rows = (
        strike_row(600, put=quote(600, is_iv_borrowed=True)),
        strike_row(605, put=quote(605, faults=QuoteFlag.STALE)),
        strike_row(610, put=None),
        strike_row(615, put=quote(615, iv=0.3)),
    )
    view = chain_view(rows=rows)
    assert own_points(view, Right.PUT, is_inside=True) == ((615.0, 0.3),)
    assert own_points(view, Right.PUT, is_inside=False) == ()
    assert [len(own_points(view, Right.CALL, is_inside=inside)) for inside in (True, False)] == [2, 2]
    assert own_points(chain_view(rows=rows, spot=None), Right.PUT, is_inside=False) == ((615.0, 0.3),)


def test_axes_are_written_as_everywhere() -> None:
    assert (strike_words(600.0), strike_words(602.5), day_words(32.0)) == ("600", "602.5", "32 d")
    assert strike_words(math.inf) == "\N{EN DASH}"
