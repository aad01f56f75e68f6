"""What all charts share: loaded when seen, a sentence or the plot, the theme's colours, and the words at the axes."""

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.chart import Chart, levels, money_ticks, time_ticks
from tests.mindfolio_desktop.ui.snapshots import NOW


class Line(Chart):
    """A line over its places."""

    def __init__(self) -> None:
        super().__init__("line", 100)
        self.values: list[float] = []
        self.fits = 0

    def show_values(self, *values: float) -> None:
        self.values = list(values)
        self.refresh()

    def _why_empty(self) -> str | None:
        return None if self.values else "No line."

    def _draw(self) -> str:
        (item,) = self._items
        item.clear()
        item.plot(list(range(len(self.values))), self.values, pen=self._pen(theme.tokens().accent))
        return f"{len(self.values)} values"

    def _fit(self) -> None:
        self.fits += 1


@pytest.fixture
def line(qtbot: QtBot) -> Line:
    made = Line()
    qtbot.addWidget(made)
    made.resize(300, 200)
    return made


def words(chart: Chart) -> str:
    label = chart.findChild(QLabel, "line_empty")
    assert label is not None
    return label.text() if label.isVisible() else ""


def load(chart: Chart, qtbot: QtBot) -> Any:
    chart.show()
    qtbot.waitUntil(lambda: chart._plot is not None, timeout=20_000)
    return chart._plot


def test_until_it_is_loaded_it_says_that_it_is_drawn(line: Line, qtbot: QtBot) -> None:
    line.show_values(1.0, 2.0)
    assert not hasattr(line._plot, "accessibleName")
    line.show()
    assert words(line) == "Drawing…"
    qtbot.waitUntil(lambda: words(line) == "", timeout=20_000)
    assert line._plot.isVisible()
    assert line._plot.accessibleName() == "2 values"


def test_it_is_loaded_once_however_often_it_is_shown(line: Line, qtbot: QtBot) -> None:
    plot = load(line, qtbot)
    line.hide()
    line.show()
    QApplication.processEvents()
    assert line._plot is plot


def test_where_there_is_nothing_a_sentence_stands_in_place_of_the_plot(line: Line, qtbot: QtBot) -> None:
    plot = load(line, qtbot)
    line.refresh()
    assert (words(line), plot.isVisible()) == ("No line.", False)
    line.show_values(1.0)
    assert (words(line), plot.isVisible()) == ("", True)
    line.show_values()
    assert (words(line), plot.isVisible()) == ("No line.", False)


def test_lines_have_one_pixel_and_colours_follow_the_theme(line: Line, qtbot: QtBot) -> None:
    line.show_values(1.0, 2.0)
    plot = load(line, qtbot)
    before = theme._current[0]
    try:
        for scheme, tokens in ((theme.Scheme.LIGHT, theme.LIGHT), (theme.Scheme.DARK, theme.DARK)):
            theme._current[0] = scheme
            QApplication.sendEvent(line, QEvent(QEvent.Type.PaletteChange))
            pen = plot.getPlotItem().listDataItems()[0].opts["pen"]
            axis = plot.getAxis("left")
            assert (pen.widthF(), pen.color().name()) == (1, tokens.accent)
            assert plot.backgroundBrush().color().name() == tokens.surface
            assert (axis.pen().color().name(), axis.textPen().color().name()) == (tokens.line, tokens.muted)
    finally:
        theme._current[0] = before


def test_the_mouse_neither_moves_nor_asks_anything_of_it_and_it_takes_no_focus(line: Line, qtbot: QtBot) -> None:
    plot = load(line, qtbot)
    assert plot.getViewBox().state["mouseEnabled"] == [False, False]
    assert not plot.getPlotItem().menuEnabled()
    assert plot.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_what_depends_on_the_width_is_done_at_each_other_width(line: Line, qtbot: QtBot) -> None:
    load(line, qtbot)
    line.resize(400, 200)
    assert line.fits == 0, "there is nothing to fit"
    line.show_values(1.0)
    line.resize(500, 200)
    assert line.fits == 2


@pytest.mark.parametrize("percent", theme.TEXT_SIZES)
def test_it_is_as_high_as_its_text_wants(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, percent: int) -> None:
    monkeypatch.setattr(theme, "_text_size", [percent])
    made = Line()
    qtbot.addWidget(made)
    assert made.minimumHeight() == percent


def test_one_that_is_gone_before_it_is_loaded_is_never_loaded() -> None:
    made = Line()
    made.show()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not isValid(made)
    QApplication.processEvents()
    assert made._plot is None


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
    ticks = time_ticks([NOW + dt.timedelta(minutes=at) for at in range(20)], 2)
    assert [place for place, _ in ticks] == [5, 14]
    assert ticks[0][1] == "16 Mar 16:00"
    assert len(time_ticks([NOW, NOW], 4)) == 2


def test_money_is_written_at_round_levels() -> None:
    assert money_ticks([0.0, 4_000.0])[-1] == (4_000.0, "$4,000")
    assert [words for _, words in money_ticks([0.0, 1.0])] == ["$0.00", "$0.25", "$0.50", "$0.75", "$1.00"]
