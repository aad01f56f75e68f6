"""Volatilities as points and lines. The plotting library is loaded when a plot is first seen."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.equity_plot import levels
from mindfolio_desktop.ui.widgets.text import Text

_HEIGHT = 220
_POINT = 6


@dataclass(frozen=True, slots=True)
class Series:
    """Points (where, volatility as a decimal) in a token's colour. `symbol` "" draws a line, else marks: o, t, d.

    What is `aside` is drawn where there is room, and makes none.
    """

    name: str
    token: str
    symbol: str
    points: tuple[tuple[float, float], ...]
    has_line: bool = False
    aside: bool = False


class VolatilityPlot(QWidget):
    """Some series over one axis; `words` writes its figures. Without points a sentence says why."""

    def __init__(self, name: str, title: str, words: Callable[[float], str]) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setMinimumHeight(_HEIGHT)
        self._title, self._write = title, words
        self._series: tuple[Series, ...] = ()
        self._why = ""
        self._plot: Any = None
        self._graph: Any = None
        self._words = Text("", "muted", wraps=True, name=f"{name}_empty")
        self._words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._words)

    def show_series(self, series: tuple[Series, ...], why_empty: str) -> None:
        """Show other points, or why there are none."""
        if (series, why_empty) != (self._series, self._why):
            self._series, self._why = series, why_empty
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # After this page was painted, so that it does not appear late because of its plot.
        if self._plot is None:
            QTimer.singleShot(0, self, self._load)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._draw()

    def _load(self) -> None:
        if self._plot is not None:
            return
        self._graph = import_module("pyqtgraph")
        plot = self._graph.PlotWidget(self)
        item = plot.getPlotItem()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.showGrid(x=False, y=True, alpha=0.12)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot = plot
        self._stack.addWidget(plot)
        self._draw()

    def _draw(self) -> None:
        points = [point for series in self._series for point in series.points]
        if not points:
            self._words.show_text(self._why)
            self._stack.setCurrentWidget(self._words)
            return
        if self._plot is None:
            self._words.show_text("Drawing…")
            return
        tokens, item = theme.tokens(), self._plot.getPlotItem()
        item.clear()
        self._plot.setBackground(tokens.surface)
        for series in self._series:
            colour = theme.colour(getattr(tokens, series.token))
            line = self._graph.mkPen(colour, width=1) if series.has_line or not series.symbol else None
            marks = {
                "symbol": series.symbol or None, "symbolSize": _POINT, "symbolPen": None, "symbolBrush": colour
            }  # fmt: skip
            item.plot([at for at, _ in series.points], [iv * 100 for _, iv in series.points], pen=line, **marks)
        points = [point for series in self._series if not series.aside for point in series.points] or points
        self._show_axes(points)
        names = ", ".join(
            f"{fmt.counted(len(series.points), 'point')} of {series.name}" for series in self._series if series.points
        )
        low, high = min(iv for _, iv in points), max(iv for _, iv in points)
        self._plot.setAccessibleName(f"{self._title}: {names}; {fmt.fraction(low, 1)} to {fmt.fraction(high, 1)}")
        self._stack.setCurrentWidget(self._plot)

    def _show_axes(self, points: list[tuple[float, float]]) -> None:
        tokens = theme.tokens()
        places, heights = [at for at, _ in points], [iv * 100 for _, iv in points]
        self._plot.setXRange(min(places), max(places), padding=0.06)
        self._plot.setYRange(min(heights), max(heights), padding=0.1)
        steps = levels(heights)
        digits = 0 if all(step.is_integer() for step in steps) else 1
        for side, ticks in (
            ("left", [(step, fmt.percent(step, digits)) for step in steps]),
            ("bottom", [(place, self._write(place)) for place in levels(places)]),
        ):
            axis = self._plot.getAxis(side)
            axis.setPen(theme.colour(tokens.line))
            axis.setTextPen(theme.colour(tokens.muted))
            axis.setStyle(tickFont=theme.font(11))
            axis.setTicks([ticks])
