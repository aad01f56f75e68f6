"""How many trades ended with how much: bars from the worst loss to the best gain."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from engine.core.charts import outcome_bins
from engine.core.money import Money, from_float
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.chart import Chart, Ticks, show_ticks

_HEIGHT = 150
_TICK_WIDTH = 90
_BAR_SHARE = 0.86
_ROOM_ABOVE = 1.12
_FEW = 5


class OutcomePlot(Chart):
    """Results of closed trades in round ranges of dollars. Losses stand left of zero, and have their own colour."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, _HEIGHT, parent)
        self._results: tuple[Money, ...] = ()
        self._bars: Any = None
        self.refresh()

    def show_results(self, results: Sequence[Money]) -> None:
        """Show net results, in any order."""
        if tuple(results) != self._results:
            self._results = tuple(results)
            self.refresh()

    def _why_empty(self) -> str | None:
        return None if self._results else "No trade was closed, so there are no results to compare."

    def _make(self) -> tuple[Any, tuple[Any, ...]]:
        plot, items = super()._make()
        self._bars = self._graph.BarGraphItem(x=[], height=[], width=_BAR_SHARE)
        items[0].addItem(self._bars)
        return plot, items

    def _draw(self) -> str:
        bins, (item,) = outcome_bins(self._results), self._items
        tokens, most = theme.tokens(), max(bins.counts)
        colours = [theme.colour(tokens.loss if low < 0 else tokens.gain) for low in bins.lows]
        places = [index + 0.5 for index in range(len(bins.counts))]
        pens = [self._pen(one) for one in colours]
        self._bars.setOpts(x=places, height=list(bins.counts), width=_BAR_SHARE, brushes=colours, pens=pens)
        item.setXRange(0, len(bins.counts), padding=0.02)
        item.setYRange(0, most * _ROOM_ABOVE, padding=0)
        show_ticks(item, "left", [(float(count), str(count)) for count in _levels(most)])
        won = sum(1 for result in self._results if result > 0)
        return (
            f"{len(self._results)} closed trades, {won} of them with a gain: from {_money(min(self._results))} to "
            f"{_money(max(self._results))}"
        )

    def _fit(self) -> None:
        bins = outcome_bins(self._results)
        most = max(1, self.width() // theme.px(_TICK_WIDTH))
        every = -(-(len(bins.lows) + 1) // most)
        zero = sum(low < 0 for low in bins.lows)
        borders = [*bins.lows, bins.lows[-1] + bins.step]
        ticks: Ticks = [
            (float(place), fmt.money(from_float(border)))
            for place, border in enumerate(borders)
            if (place - zero) % every == 0
        ]
        show_ticks(self._items[0], "bottom", ticks)


def _levels(most: int) -> range:
    """A few whole numbers up to the highest bar."""
    return range(0, most + 1, -(-most // _FEW))


def _money(amount: Money) -> str:
    return fmt.signed_money(amount, cents=True)
