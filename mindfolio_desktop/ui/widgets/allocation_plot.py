"""Budgets over time as stacked areas, above each module's cumulative P&L. Its library loads when first seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from engine.core.money import from_float, to_float
from engine.domain.allocation_review import AllocationDay
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.equity_plot import levels
from mindfolio_desktop.ui.widgets.text import Text

_HEIGHT = 380
_AXIS_WIDTH = 72
_TICK_WIDTH = 90
_RESERVE = ""


@dataclass(frozen=True, slots=True)
class Band:
    """One module through time: budgets and cumulative P&L in dollars, a value a day."""

    module_id: str
    budgets: tuple[float, ...]
    pnl: tuple[float, ...]


class AllocationPlot(QWidget):
    """Shows the days of a review; nights and weekends take no room. `places`: each module's place in the snapshot."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setMinimumHeight(theme.px(_HEIGHT))
        self._days: tuple[AllocationDay, ...] = ()
        self._is_told = False
        self._places: Mapping[str, int] = {}
        self._view: Any = None
        self._plots: tuple[Any, ...] = ()
        self._empty = Text("", "muted", wraps=True, name=f"{name}_empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._empty)
        self.explain_empty("Reading the ledger\N{HORIZONTAL ELLIPSIS}")

    def explain_empty(self, why: str) -> None:
        """Say why there is no chart, for as long as there is none."""
        self._empty.show_text(why)
        if len(self._days) < 2:
            self._stack.setCurrentWidget(self._empty)

    def show_days(self, days: tuple[AllocationDay, ...], places: Mapping[str, int]) -> None:
        """Show sessions, oldest first."""
        self._days, self._places, self._is_told = days, places, True
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._view is None:
            QTimer.singleShot(0, self, self._load)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self._view is not None:
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._view is not None:
            self._show_ticks()

    def _load(self) -> None:
        if self._view is not None:
            return
        graph = import_module("pyqtgraph")
        self._view = graph.GraphicsLayoutWidget(self)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        upper, lower = self._view.addPlot(row=0, col=0), self._view.addPlot(row=1, col=0)
        lower.setXLink(upper)
        for plot in (upper, lower):
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.setMouseEnabled(x=False, y=False)
            plot.showGrid(x=False, y=True, alpha=0.12)
            plot.getAxis("left").setWidth(theme.px(_AXIS_WIDTH))
        upper.getAxis("bottom").setStyle(showValues=False)
        self._plots = upper, lower
        self._stack.addWidget(self._view)
        self._draw()

    def _draw(self) -> None:
        if not self._is_told:
            return
        if len(self._days) < 2:
            self.explain_empty("No chart yet: it has a point for each session, and two are needed.")
            return
        if self._view is None:
            self.explain_empty("Drawing\N{HORIZONTAL ELLIPSIS}")
            return
        self._draw_bands(bands(self._days), reserves(self._days))
        self._show_ticks()
        first, last = self._days[0], self._days[-1]
        self._view.setAccessibleName(
            f"Budgets and cumulative P&L by module, {fmt.date(first.session)} to {fmt.date(last.session)}"
        )
        self._stack.setCurrentWidget(self._view)

    def _draw_bands(self, found: Sequence[Band], reserve: tuple[float, ...]) -> None:
        graph, tokens = import_module("pyqtgraph"), theme.tokens()
        upper, lower = self._plots
        self._view.setBackground(tokens.surface)
        days = list(range(len(self._days)))
        for plot in self._plots:
            plot.clear()
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(theme.colour(tokens.line))
                axis.setTextPen(theme.colour(tokens.muted))
                axis.setStyle(tickFont=theme.font(11))
        floor = [0.0] * len(days)
        below = upper.plot(days, floor, pen=graph.mkPen(theme.colour(tokens.line), width=1))
        stacked = [(band.module_id, band.budgets) for band in found]
        for module_id, amounts in (*stacked, (_RESERVE, reserve)):
            floor = [low + amount for low, amount in zip(floor, amounts, strict=True)]
            edge = upper.plot(days, floor, pen=graph.mkPen(theme.colour(tokens.surface), width=1))
            upper.addItem(graph.FillBetweenItem(below, edge, brush=graph.mkBrush(self._colour(module_id))))
            below = edge
        lower.plot(days, [0.0] * len(days), pen=graph.mkPen(theme.colour(tokens.strong_line), width=1))
        for band in found:
            lower.plot(days, list(band.pnl), pen=graph.mkPen(self._colour(band.module_id), width=1))
        upper.setYRange(0, max(floor) or 1.0, padding=0.02)
        self._show_levels(upper, [0.0, *floor])
        self._show_levels(lower, [0.0, *(value for band in found for value in band.pnl)])
        upper.setXRange(0, len(days) - 1, padding=0.01)

    def _colour(self, module_id: str) -> QColor:
        if module_id == _RESERVE:
            return theme.colour(theme.tokens().reserve)
        place = self._places.get(module_id)
        return theme.colour(theme.tokens().faint) if place is None else theme.module_colour(place)

    def _show_levels(self, plot: Any, values: list[float]) -> None:
        found = levels(values)
        cents = not all(level.is_integer() for level in found)
        plot.getAxis("left").setTicks([[(level, fmt.money(from_float(level), cents=cents)) for level in found]])

    def _show_ticks(self) -> None:
        count = len(self._days)
        if count < 2:
            return
        most = max(1, (self.width() - theme.px(_AXIS_WIDTH)) // theme.px(_TICK_WIDTH))
        step = max(1, -(-count // most))
        places = range(step // 2, count, step)
        # Only years apart need one in every label.
        ticks = [(place, fmt.short_date(self._days[place].session)) for place in places]
        self._plots[1].getAxis("bottom").setTicks([ticks])


def bands(days: Sequence[AllocationDay]) -> list[Band]:
    """Every module that ever had a budget or a result, in the order in which they came."""
    names = dict.fromkeys(name for day in days for name in (*day.budgets, *day.pnl))
    return [
        Band(
            name,
            tuple(to_float(day.budgets.get(name, 0)) for day in days),
            tuple(to_float(day.pnl.get(name, 0)) for day in days),
        )
        for name in names
    ]


def reserves(days: Sequence[AllocationDay]) -> tuple[float, ...]:
    """The reserve in dollars, a value a day."""
    return tuple(to_float(day.reserve) for day in days)
