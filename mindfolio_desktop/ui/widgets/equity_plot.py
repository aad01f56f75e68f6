"""The line of NAV. The plotting library costs 400 ms to load, so it is loaded when a plot is first seen."""

import datetime as dt
import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from engine.core.money import Money, from_float, to_float
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import Text

_HEIGHT = 190
_FEW_SAMPLES = 10
_TIME_TICK_WIDTH = 130
_MONEY_TICKS = 4
_AXIS_WIDTH = 60
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)

Samples = Sequence[tuple[dt.datetime, Money]]


class EquityPlot(QWidget):
    """NAV over the samples, evenly spaced: nights and weekends, when nothing is sampled, take no room."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setMinimumHeight(theme.px(_HEIGHT))
        self._samples: Samples = ()
        self._plot: Any = None
        self._curve: Any = None
        self._words = Text("", "muted", wraps=True, name=f"{name}_empty")
        self._words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._words)
        self._draw()

    def show_samples(self, samples: Samples) -> None:
        """Show samples of NAV, oldest first."""
        if samples != self._samples:
            self._samples = samples
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # After this page was painted, so that it does not appear late because of its plot.
        if self._plot is None:
            QTimer.singleShot(0, self, self._load)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._colour()

    def _load(self) -> None:
        if self._plot is not None:
            return
        graph = import_module("pyqtgraph")
        plot = graph.PlotWidget(self)
        item = plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.showGrid(x=False, y=True, alpha=0.12)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot, self._curve = plot, item.plot([], [])
        self._stack.addWidget(plot)
        self._colour()
        self._draw()

    def _colour(self) -> None:
        tokens = theme.tokens()
        self._plot.setBackground(tokens.surface)
        self._curve.setPen(theme.colour(tokens.accent), width=1)
        for side in ("left", "bottom"):
            axis = self._plot.getAxis(side)
            axis.setPen(theme.colour(tokens.line))
            axis.setTextPen(theme.colour(tokens.muted))
            axis.setStyle(tickFont=theme.font(11))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._plot is not None:
            self._draw()

    def _draw(self) -> None:
        samples = self._samples
        if len(samples) < 2:
            self._words.show_text(
                "No line yet: NAV is sampled once a market minute while a session is open, and two samples are needed."
            )
            self._stack.setCurrentWidget(self._words)
            return
        if self._plot is None:
            self._words.show_text("Drawing…")
            return
        values = [to_float(nav) for _, nav in samples]
        self._curve.setData(list(range(len(values))), values)
        # Few samples lie far apart: room at the sides, or the words under the outer ones would not fit.
        self._plot.setXRange(0, len(values) - 1, padding=0.2 if len(values) < _FEW_SAMPLES else 0.02)
        self._plot.getAxis("left").setTicks([[(level, fmt.money(from_float(level))) for level in levels(values)]])
        count = max(1, (self.width() - theme.px(_AXIS_WIDTH)) // theme.px(_TIME_TICK_WIDTH))
        self._plot.getAxis("bottom").setTicks([time_ticks([at for at, _ in samples], count)])
        self._plot.setAccessibleName(
            f"NAV from {fmt.money(samples[0][1])} on {fmt.when(samples[0][0])} "
            f"to {fmt.money(samples[-1][1])} on {fmt.when(samples[-1][0])}"
        )
        self._stack.setCurrentWidget(self._plot)


def levels(values: Sequence[float]) -> list[float]:
    """Round levels inside the range of values, about four; one level where the values do not move."""
    low, high = min(values), max(values)
    if high <= low:
        return [low]
    rough = (high - low) / _MONEY_TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one for one in _STEPS if one * power >= rough) * power
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)] or [low]


def time_ticks(times: Sequence[dt.datetime], most: int) -> list[tuple[int, str]]:
    """Places and words of up to `most` evenly spaced samples, the outer ones inside so that no word is cut."""
    last = len(times) - 1
    count = min(most, len(times))
    places = sorted({round(last * (2 * at + 1) / (2 * count)) for at in range(count)})
    return [(place, fmt.short_when(times[place])) for place in places]
