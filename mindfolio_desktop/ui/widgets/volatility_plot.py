"""Volatilities as points and lines."""

from collections.abc import Callable
from dataclasses import dataclass

from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.chart import Chart, levels, show_ticks

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


class VolatilityPlot(Chart):
    """Some series over one axis; `words` writes its figures. Without points a sentence says why."""

    def __init__(self, name: str, title: str, words: Callable[[float], str]) -> None:
        super().__init__(name, _HEIGHT)
        self._title, self._write = title, words
        self._series: tuple[Series, ...] = ()
        self._why = ""

    def show_series(self, series: tuple[Series, ...], why_empty: str) -> None:
        """Show other points, or why there are none."""
        if (series, why_empty) != (self._series, self._why):
            self._series, self._why = series, why_empty
            self.refresh()

    def _why_empty(self) -> str | None:
        return None if any(series.points for series in self._series) else self._why

    def _draw(self) -> str:
        tokens, (item,) = theme.tokens(), self._items
        item.clear()
        for series in self._series:
            colour = theme.colour(getattr(tokens, series.token))
            line = self._pen(colour) if series.has_line or not series.symbol else None
            marks = {
                "symbol": series.symbol or None, "symbolSize": _POINT, "symbolPen": None, "symbolBrush": colour
            }  # fmt: skip
            item.plot([at for at, _ in series.points], [iv * 100 for _, iv in series.points], pen=line, **marks)
        points = [point for series in self._series for point in series.points]
        points = [point for series in self._series if not series.aside for point in series.points] or points
        self._show_axes(points)
        names = ", ".join(
            f"{fmt.counted(len(series.points), 'point')} of {series.name}" for series in self._series if series.points
        )
        low, high = min(iv for _, iv in points), max(iv for _, iv in points)
        return f"{self._title}: {names}; {fmt.fraction(low, 1)} to {fmt.fraction(high, 1)}"

    def _show_axes(self, points: list[tuple[float, float]]) -> None:
        (item,) = self._items
        places, heights = [at for at, _ in points], [iv * 100 for _, iv in points]
        item.setXRange(min(places), max(places), padding=0.06)
        item.setYRange(min(heights), max(heights), padding=0.1)
        steps = levels(heights)
        digits = 0 if all(step.is_integer() for step in steps) else 1
        show_ticks(item, "left", [(step, fmt.percent(step, digits)) for step in steps])
        show_ticks(item, "bottom", [(place, self._write(place)) for place in levels(places)])
