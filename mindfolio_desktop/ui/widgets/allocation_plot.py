"""Budgets over time as stacked areas, above each module's cumulative P&L."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from engine.core.money import to_float
from engine.domain.allocation_review import AllocationDay
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.chart import Chart, money_ticks, show_ticks

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


class AllocationPlot(Chart):
    """Shows the days of a review; nights and weekends take no room. `places`: each module's place in the snapshot."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, _HEIGHT, parent)
        self._days: tuple[AllocationDay, ...] = ()
        self._why = ""
        self._places: Mapping[str, int] = {}
        self.explain_empty("Reading the ledger…")

    def explain_empty(self, why: str) -> None:
        """Say why there is no chart, for as long as there is none."""
        self._why = why
        self.refresh()

    def show_days(self, days: tuple[AllocationDay, ...], places: Mapping[str, int]) -> None:
        """Show sessions, oldest first."""
        self._days, self._places = days, places
        self.explain_empty("No chart yet: it has a point for each session, and two are needed.")

    def _why_empty(self) -> str | None:
        return self._why if len(self._days) < 2 else None

    def _make(self) -> tuple[Any, tuple[Any, ...]]:
        view = self._graph.GraphicsLayoutWidget(self)
        upper, lower = view.addPlot(row=0, col=0), view.addPlot(row=1, col=0)
        lower.setXLink(upper)
        for plot in (upper, lower):
            plot.getAxis("left").setWidth(theme.px(_AXIS_WIDTH))
        upper.getAxis("bottom").setStyle(showValues=False)
        return view, (upper, lower)

    def _draw(self) -> str:
        self._draw_bands(bands(self._days), reserves(self._days))
        first, last = self._days[0], self._days[-1]
        return f"Budgets and cumulative P&L by module, {fmt.date(first.session)} to {fmt.date(last.session)}"

    def _draw_bands(self, found: Sequence[Band], reserve: tuple[float, ...]) -> None:
        graph, tokens = self._graph, theme.tokens()
        upper, lower = self._items
        days = list(range(len(self._days)))
        for plot in self._items:
            plot.clear()
        floor = [0.0] * len(days)
        below = upper.plot(days, floor, pen=self._pen(tokens.line))
        stacked = [(band.module_id, band.budgets) for band in found]
        for module_id, amounts in (*stacked, (_RESERVE, reserve)):
            floor = [low + amount for low, amount in zip(floor, amounts, strict=True)]
            edge = upper.plot(days, floor, pen=self._pen(tokens.surface))
            upper.addItem(graph.FillBetweenItem(below, edge, brush=graph.mkBrush(self._colour_of(module_id))))
            below = edge
        lower.plot(days, [0.0] * len(days), pen=self._pen(tokens.strong_line))
        for band in found:
            lower.plot(days, list(band.pnl), pen=self._pen(self._colour_of(band.module_id)))
        upper.setYRange(0, max(floor) or 1.0, padding=0.02)
        show_ticks(upper, "left", money_ticks([0.0, *floor]))
        show_ticks(lower, "left", money_ticks([0.0, *(value for band in found for value in band.pnl)]))
        upper.setXRange(0, len(days) - 1, padding=0.01)

    def _colour_of(self, module_id: str) -> QColor:
        if module_id == _RESERVE:
            return theme.colour(theme.tokens().reserve)
        place = self._places.get(module_id)
        return theme.colour(theme.tokens().faint) if place is None else theme.module_colour(place)

    def _fit(self) -> None:
        count = len(self._days)
        most = max(1, (self.width() - theme.px(_AXIS_WIDTH)) // theme.px(_TICK_WIDTH))
        step = max(1, -(-count // most))
        places = range(step // 2, count, step)
        # Only years apart need one in every label.
        show_ticks(self._items[1], "bottom", [(place, fmt.short_date(self._days[place].session)) for place in places])


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
