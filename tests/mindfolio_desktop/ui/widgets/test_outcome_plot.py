"""Bars of what trades came to: every trade in one of them, losses apart from gains."""

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.outcome_plot import OutcomePlot

RESULTS = [dollars(each) for each in ("-120", "-80", "-20", "15", "20", "60", "61", "100")]


@pytest.fixture
def plot(qtbot: QtBot) -> OutcomePlot:
    widget = OutcomePlot("outcomes")
    qtbot.addWidget(widget)
    widget.resize(600, 180)
    widget.show()
    qtbot.waitUntil(lambda: widget._plot is not None, timeout=20_000)
    return widget


def test_without_trades_a_sentence_says_so(plot: OutcomePlot) -> None:
    label = plot.findChild(QLabel, "outcomes_empty")
    assert label is not None
    assert label.isVisible()
    assert label.text() == "No trade was closed, so there are no results to compare."
    plot.show_results(RESULTS)
    assert not label.isVisible()


def test_every_trade_stands_in_a_bar_and_losses_have_their_colour(plot: OutcomePlot) -> None:
    plot.show_results(RESULTS)
    heights, colours = plot._bars.opts["height"], plot._bars.opts["brushes"]
    assert sum(heights) == len(RESULTS)
    losing = [
        height for height, colour in zip(heights, colours, strict=True) if colour == theme.colour(theme.tokens().loss)
    ]
    assert sum(losing) == 3
    assert plot._plot.accessibleName() == (
        "8 closed trades, 5 of them with a gain: from \N{MINUS SIGN}$120.00 to +$100.00"
    )


def ticks(plot: OutcomePlot, side: str) -> list[str]:
    (levels,) = plot._items[0].getAxis(side)._tickLevels
    return [words for _, words in levels]


def test_zero_is_written_at_every_width(plot: OutcomePlot) -> None:
    plot.show_results(RESULTS)
    for width in (250, 600, 1400):
        plot.resize(width, 180)
        assert "$0" in ticks(plot, "bottom")
    assert len(ticks(plot, "bottom")) == len(plot._bars.opts["height"]) + 1, "each border, where there is room"


@pytest.mark.parametrize("amount", ["0", "-40", "40"])
def test_one_trade_is_one_bar(plot: OutcomePlot, amount: str) -> None:
    plot.show_results([dollars(amount)])
    assert sum(plot._bars.opts["height"]) == 1
