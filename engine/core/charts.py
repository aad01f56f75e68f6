"""Charts of a report as inline SVG: lines and layers over days, a histogram, bars. Colours are the page's.

Every text that goes in is escaped here. Amounts are Money in, dollars on the axes.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from engine.core.money import Money, to_float

WIDTH, HEIGHT = 760, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 12, 12, 28

LEAST_POINTS = 2
"""A line needs as many."""


@dataclass(frozen=True, slots=True)
class Line:
    """A named curve of results by day, in the page's colour of that name ("gain", "muted", ...)."""

    name: str
    colour: str
    points: tuple[tuple[dt.date, Money], ...]


def line_chart(title: str, lines: Sequence[Line]) -> str:
    """Curves over days on one scale that holds zero; a sentence instead where there are too few points."""
    picture = lines_svg(title, lines)
    if not picture:
        return _nothing("Too few days for a curve.")
    legend = "".join(f'<span class="key {line.colour}">{escape(line.name)}</span>' for line in lines)
    return f'{picture}<p class="legend">{legend}</p>'


def lines_svg(title: str, lines: Sequence[Line]) -> str:
    """The curves of `line_chart` without their legend; "" where there are too few points."""
    days = [day for line in lines for day, _ in line.points]
    if len(set(days)) < LEAST_POINTS:
        return ""
    values = [to_float(amount) for line in lines for _, amount in line.points]
    scale, across = _Scale(min(values), max(values)), _Days(min(days), max(days))
    parts = [scale.grid(), across.labels()]
    for line in lines:
        path = " ".join(f"{across.at(day):.1f},{scale.down(to_float(amount)):.1f}" for day, amount in line.points)
        parts.append(
            f'<polyline class="line {line.colour}" points="{path}"><title>{escape(line.name)}</title></polyline>'
        )
    return _svg(title, parts)


@dataclass(frozen=True, slots=True)
class Layer:
    """A named part of a whole, by day, in the page's colour of that name; no amount is negative."""

    name: str
    colour: str
    amounts: tuple[Money, ...]


def layers_svg(title: str, days: Sequence[dt.date], layers: Sequence[Layer]) -> str:
    """Parts of a whole on top of each other, each as it was at the end of a day; "" where there are too few days.

    They change in steps: an amount holds until the day on which there is another. Raises ValueError for a layer that
    has not one amount a day.
    """
    if len(days) < LEAST_POINTS:
        return ""
    floor = [0.0] * len(days)
    shapes = []
    for layer in layers:
        top = [low + to_float(amount) for low, amount in zip(floor, layer.amounts, strict=True)]
        shapes.append((layer, floor, top))
        floor = top
    scale, across = _Scale(0.0, max(floor)), _Days(days[0], days[-1])

    def steps(levels: Sequence[float]) -> list[tuple[float, float]]:
        corners = [(across.at(days[0]), scale.down(levels[0]))]
        for day, before, after in zip(days[1:], levels, levels[1:], strict=False):
            corners += [(across.at(day), scale.down(before)), (across.at(day), scale.down(after))]
        return corners

    parts = [
        f'<polygon class="layer {layer.colour}" points="'
        + " ".join(f"{x:.1f},{y:.1f}" for x, y in [*steps(top), *reversed(steps(low))])
        + f'"><title>{escape(layer.name)}</title></polygon>'
        for layer, low, top in shapes
    ]
    return _svg(title, [*parts, scale.grid(), across.labels()])


@dataclass(frozen=True, slots=True)
class OutcomeBins:
    """Results in equal ranges of `step` dollars: the lower end of each and how many lie in it, from left to right."""

    step: float
    lows: tuple[float, ...]
    counts: tuple[int, ...]


def outcome_bins(amounts: Sequence[Money]) -> OutcomeBins:
    """About twelve round ranges from the worst result, or zero, to the best; no range holds both losses and gains.

    A result on a border belongs to the range nearer to zero, nothing lost and nothing won to the gains. Raises
    ValueError without results.
    """
    if not amounts:
        raise ValueError("there are no results to put into ranges")
    results = [to_float(amount) for amount in amounts]
    lowest, highest = min(0.0, *results), max(0.0, *results)
    step = nice_step((highest - lowest) / 12 or 1.0)
    start = math.floor(lowest / step)
    counts = [0] * max(1, math.ceil(highest / step) - start)
    for result in results:
        index = math.floor(result / step) if result < 0 else max(math.ceil(result / step) - 1, 0)
        counts[min(max(index - start, 0), len(counts) - 1)] += 1
    return OutcomeBins(step, tuple((start + index) * step for index in range(len(counts))), tuple(counts))


def histogram(title: str, amounts: Sequence[Money]) -> str:
    """How many results lie in each of a few equal ranges; no range holds both losses and gains."""
    if not amounts:
        return _nothing("No trade was closed.")
    bins = outcome_bins(amounts)
    width = (WIDTH - _LEFT - _RIGHT) / len(bins.counts)
    scale = _Scale(0, max(bins.counts), is_money=False)
    parts = [scale.grid()]
    every = math.ceil(len(bins.counts) / 8)
    for index, count in enumerate(bins.counts):
        left, low = _LEFT + index * width, bins.lows[index]
        words = f"{count} between {dollars_text(low)} and {dollars_text(low + bins.step)}"
        parts.append(
            _bar(left + 1, scale.down(count), width - 2, HEIGHT - _BOTTOM, "loss" if low < 0 else "gain", words)
        )
        if index % every == 0:
            parts.append(_text(left, HEIGHT - 8, dollars_text(low), "middle" if index else "start"))
    return _svg(title, parts)


def bar_rows(title: str, rows: Sequence[tuple[str, Money, str]]) -> str:
    """A bar from zero for each (name, amount, words): losses to the left of zero, gains to the right."""
    if not rows:
        return _nothing("No trade was closed.")
    high = 34
    tall = high * len(rows) + 8
    left, right = 130, WIDTH - 190
    values = [to_float(amount) for _, amount, _ in rows]
    lowest, highest = min(0.0, *values), max(0.0, *values)
    width = (right - left) / ((highest - lowest) or 1.0)
    zero = left - lowest * width
    parts = []
    for index, (name, amount, words) in enumerate(rows):
        top, value = 6 + index * high, to_float(amount)
        from_x, to_x = sorted((zero, zero + value * width))
        parts.append(_text(left - 12, top + 17, name, "end"))
        parts.append(_bar(from_x, top, max(to_x - from_x, 1.5), top + 22, "loss" if value < 0 else "gain", words))
        parts.append(_text(right + 12, top + 17, words, "start"))
    parts.append(f'<line class="zero" x1="{zero:.1f}" x2="{zero:.1f}" y1="0" y2="{tall}"/>')
    return _svg(title, parts, tall)


def alone(svg: str, colours: Mapping[str, str], parts: Sequence[str]) -> str:
    """A chart as a file of its own, for what reads no style sheet of a page: with its colours and its name space.

    `colours` by meaning as a page has them, `parts` those of the parts of a whole.
    """
    rules = {
        "text": f"fill: {colours['muted']}; font-size: 12px; font-family: Inter",
        ".grid": f"stroke: {colours['line']}",
        ".zero": f"stroke: {colours['strong']}; stroke-width: 1.5",
        ".line": "fill: none; stroke-width: 2",
        ".line.gain": f"stroke: {colours['gain']}",
        ".line.muted": f"stroke: {colours['muted']}; stroke-dasharray: 5 4",
        ".bar.gain": f"fill: {colours['gain']}",
        ".bar.loss": f"fill: {colours['loss']}",
        ".reserve": f"fill: {colours['strong']}",
        **{f".part{place}": f"fill: {colour}" for place, colour in enumerate(parts)},
    }
    style = " ".join(f"{name} {{ {rule}; }}" for name, rule in rules.items())
    opening, _, rest = svg.partition(">")
    return f'{opening} xmlns="http://www.w3.org/2000/svg"><style>{style}</style>{rest}'


def nice_step(rough: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 times a power of ten that is no smaller than `rough`, a number above 0."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))


def dollars_text(amount: float) -> str:
    """Dollars on an axis: "-$1,250", with cents only where they matter."""
    size = abs(amount)
    figure = f"{size:,.0f}" if math.isclose(size, round(size), abs_tol=1e-9) else f"{size:,.2f}"
    return f"{'-' if amount < 0 and size > 0 else ''}${figure}"


class _Days:
    """The horizontal scale: days from the first to the last, a later one than the first."""

    def __init__(self, first: dt.date, last: dt.date) -> None:
        self._first, self._span = first, (last - first).days

    def at(self, day: dt.date) -> float:
        """How far from the left a day lies."""
        return _LEFT + (day - self._first).days / self._span * (WIDTH - _LEFT - _RIGHT)

    def labels(self) -> str:
        """Five days, or as many as there are."""
        count = min(5, self._span + 1)
        parts = []
        for tick in range(count):
            day = self._first + dt.timedelta(days=round(self._span * tick / (count - 1)))
            anchor = "start" if tick == 0 else "end" if tick == count - 1 else "middle"
            parts.append(_text(self.at(day), HEIGHT - 8, f"{day:%d %b %y}", anchor))
        return "".join(parts)


class _Scale:
    """The vertical scale: a few round values that hold everything and zero."""

    def __init__(self, lowest: float, highest: float, *, is_money: bool = True) -> None:
        lowest, highest = min(0.0, lowest), max(0.0, highest)
        step = nice_step((highest - lowest) / 4 or 1.0)
        self._step = step if is_money else max(1.0, math.ceil(step))
        self._low = math.floor(lowest / self._step + 1e-9)
        self._high = max(math.ceil(highest / self._step - 1e-9), self._low + 1)
        self._is_money = is_money

    def down(self, value: float) -> float:
        """How far below the top a value lies."""
        share = (value / self._step - self._low) / (self._high - self._low)
        return HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)

    def grid(self) -> str:
        """A line and a label for each round value; the one at zero is stronger."""
        parts = []
        for index in range(self._low, self._high + 1):
            value, y = index * self._step, self.down(index * self._step)
            name = "zero" if index == 0 else "grid"
            parts.append(f'<line class="{name}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            parts.append(_text(_LEFT - 8, y + 4, dollars_text(value) if self._is_money else f"{value:g}", "end"))
        return "".join(parts)


def _svg(title: str, parts: Sequence[str], height: int = HEIGHT) -> str:
    name = escape(title)
    return f'<svg role="img" aria-label="{name}" viewBox="0 0 {WIDTH} {height}">{"".join(parts)}</svg>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _bar(x: float, top: float, width: float, bottom: float, colour: str, words: str) -> str:
    shape = f'x="{x:.1f}" y="{top:.1f}" width="{max(width, 0.5):.1f}" height="{max(bottom - top, 0):.1f}"'
    return f'<rect class="bar {colour}" rx="2" {shape}><title>{escape(words)}</title></rect>'


def _nothing(words: str) -> str:
    return f'<p class="empty">{escape(words)}</p>'
