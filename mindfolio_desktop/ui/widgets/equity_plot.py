"""The line of NAV."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from engine.core.money import Money, to_float
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.chart import Chart, money_ticks, show_ticks, time_ticks

_HEIGHT = 190
_FEW_SAMPLES = 10
_TIME_TICK_WIDTH = 130
_AXIS_WIDTH = 60

Samples = Sequence[tuple[dt.datetime, Money]]


class EquityPlot(Chart):
    """NAV over the samples, evenly spaced: nights and weekends, when nothing is sampled, take no room."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, _HEIGHT, parent)
        self._samples: Samples = ()
        self._curve: Any = None
        self.refresh()

    def show_samples(self, samples: Samples) -> None:
        """Show samples of NAV, oldest first."""
        if samples != self._samples:
            self._samples = samples
            self.refresh()

    def _why_empty(self) -> str | None:
        if len(self._samples) < 2:
            return (
                "No line yet: NAV is sampled once a market minute while a session is open, and two samples are needed."
            )
        return None

    def _make(self) -> tuple[Any, tuple[Any, ...]]:
        plot, items = super()._make()
        self._curve = items[0].plot([], [])
        return plot, items

    def _draw(self) -> str:
        samples, (item,) = self._samples, self._items
        values = [to_float(nav) for _, nav in samples]
        self._curve.setPen(self._pen(theme.tokens().accent))
        self._curve.setData(list(range(len(values))), values)
        # Few samples lie far apart: room at the sides, or the words under the outer ones would not fit.
        item.setXRange(0, len(values) - 1, padding=0.2 if len(values) < _FEW_SAMPLES else 0.02)
        show_ticks(item, "left", money_ticks(values))
        return (
            f"NAV from {fmt.money(samples[0][1])} on {fmt.when(samples[0][0])} "
            f"to {fmt.money(samples[-1][1])} on {fmt.when(samples[-1][0])}"
        )

    def _fit(self) -> None:
        most = max(1, (self.width() - theme.px(_AXIS_WIDTH)) // theme.px(_TIME_TICK_WIDTH))
        show_ticks(self._items[0], "bottom", time_ticks([at for at, _ in self._samples], most))
