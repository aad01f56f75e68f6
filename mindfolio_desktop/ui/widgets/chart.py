"""What all charts share: loaded when first seen, coloured by the theme, a sentence where there is nothing to draw.

The plotting library costs 400 ms to load, so no file of the window imports it.
"""

import datetime as dt
import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from engine.core.money import from_float
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.widgets.text import Text

_TICKS = 4
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_GRID_OPACITY = 0.12

Ticks = list[tuple[float, str]]


class Chart(QWidget):
    """A plot, or why there is none. Who derives from it says both, and calls `refresh` when there is something else.

    Its height is that at 100 % of text. After a change of the scheme it is drawn again; after one of the text's size
    it is made anew with its page.
    """

    def __init__(self, name: str, height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setMinimumHeight(theme.px(height))
        self._graph: Any = None
        """The plotting library, once it is loaded."""
        self._plot: Any = None
        """The widget that is drawn in, once the library is loaded."""
        self._items: tuple[Any, ...] = ()
        """The plots in that widget, from top to bottom."""
        self._words = Text("", "muted", wraps=True, name=f"{name}_empty")
        self._words.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._words)

    # --- what each chart says for itself --------------------------------------------------------------------------
    def _why_empty(self) -> str | None:
        """Why there is nothing to draw; None where there is something."""
        raise NotImplementedError

    def _draw(self) -> str:
        """Draw what there is; returns what a screen reader says of it."""
        raise NotImplementedError

    def _make(self) -> tuple[Any, tuple[Any, ...]]:
        """The widget to draw in, and its plots; what is drawn in all its life is added here."""
        plot = self._graph.PlotWidget(self)
        return plot, (plot.getPlotItem(),)

    def _fit(self) -> None:
        """Do what depends on the width, after each drawing and at each other size."""

    # --- what charts have in common -------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Draw what there is now, or say why there is nothing."""
        why = self._why_empty()
        if why is not None or self._plot is None:
            self._words.show_text("Drawing…" if why is None else why)
            self._stack.setCurrentWidget(self._words)
            return
        self._plot.setAccessibleName(self._draw())
        self._fit()
        self._stack.setCurrentWidget(self._plot)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # After this page was painted, so that it does not appear late because of its plot.
        if self._plot is None:
            later(self, 0, self._load)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._plot is not None:
            self._colour()
            self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._plot is not None and self._why_empty() is None:
            self._fit()

    def _load(self) -> None:
        if self._plot is not None:
            return
        self._graph = import_module("pyqtgraph")
        self._plot, self._items = self._make()
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for item in self._items:
            item.setMenuEnabled(False)
            item.hideButtons()
            item.setMouseEnabled(x=False, y=False)
            item.showGrid(x=False, y=True, alpha=_GRID_OPACITY)
        self._stack.addWidget(self._plot)
        self._colour()
        self.refresh()

    def _colour(self) -> None:
        tokens = theme.tokens()
        self._plot.setBackground(tokens.surface)
        for item in self._items:
            for side in ("left", "bottom"):
                axis = item.getAxis(side)
                axis.setPen(theme.colour(tokens.line))
                axis.setTextPen(theme.colour(tokens.muted))
                axis.setStyle(tickFont=theme.font(11))

    def _pen(self, colour: QColor | str, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> Any:
        """A line of one pixel, for wider ones are painted many times slower."""
        return self._graph.mkPen(QColor(colour), width=1, style=style)


def show_ticks(item: Any, side: str, ticks: Ticks) -> None:
    """Write these at one side (`left`, `bottom`) of a plot."""
    item.getAxis(side).setTicks([ticks])


def levels(values: Sequence[float]) -> list[float]:
    """Round levels inside the range of values, about four; one level where the values do not move."""
    low, high = min(values), max(values)
    if high <= low:
        return [low]
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one for one in _STEPS if one * power >= rough) * power
    first = math.ceil(low / step)
    return [number * step for number in range(first, math.floor(high / step) + 1)] or [low]


def money_ticks(values: Sequence[float]) -> Ticks:
    """Round levels of dollars, with their words: no two alike."""
    found = levels(values)
    cents = not all(level.is_integer() for level in found)
    return [(level, fmt.money(from_float(level), cents=cents)) for level in found]


def time_ticks(times: Sequence[dt.datetime], most: int) -> Ticks:
    """Places and words of up to `most` evenly spaced samples, the outer ones inside so that no word is cut."""
    last = len(times) - 1
    count = min(most, len(times))
    places = sorted({round(last * (2 * at + 1) / (2 * count)) for at in range(count)})
    return [(place, fmt.short_when(times[place])) for place in places]
