"""A position's results over prices of its underlying."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent

from engine.core.money import Money, from_float, to_float
from engine.domain.position_sheet import PayoffCurves
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.chart import Chart, levels, show_ticks

_HEIGHT = 280
_PAGE = 10
"""Places that Page Up and Page Down move the crosshair."""
_BEHIND = -10


class PayoffChart(Chart):
    """Three curves over price, the stretches that win, break-evens, and a crosshair by mouse or arrow keys.

    `pointed` tells the place among the prices that the crosshair is on, None when it is nowhere.
    """

    pointed = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__(name, _HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Profit and loss over the underlying's price")
        self._curves: PayoffCurves | None = None
        self._why = ""
        self._place: int | None = None
        self._lines: dict[str, Any] = {}
        self._marks: list[Any] = []
        self._crosshair: Any = None
        self._stack.setContentsMargins(1, 1, 1, 1)

    @property
    def place(self) -> int | None:
        """Where among the prices the crosshair is."""
        return self._place

    def show_curves(self, curves: PayoffCurves | None, why: str = "") -> None:
        """Show the curves, or why there are none."""
        if curves is not None and not curves.prices:
            curves, why = None, "There is no curve: no price of the underlying is known."
        if curves == self._curves and why == self._why:
            return
        # Prices are laid anew around each newer spot: the crosshair stays at the price that it is on.
        at = self._curves.prices[self._place] if self._curves is not None and self._place is not None else None
        self._curves, self._why = curves, why
        self._place = None if curves is None or at is None else nearest(curves.prices, at)
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------------------------
    def _why_empty(self) -> str | None:
        return self._why if self._curves is None else None

    def _make(self) -> tuple[Any, tuple[Any, ...]]:
        plot, items = super()._make()
        plot.viewport().setMouseTracking(True)
        plot.viewport().installEventFilter(self)
        self._lines = {key: items[0].plot([], []) for key in ("expiry", "today", "chosen")}
        self._crosshair = self._graph.InfiniteLine(angle=90)
        self._put_behind(items[0], self._crosshair)
        return plot, items

    def _draw(self) -> str:
        curves = self._curves
        if curves is None:
            return ""
        tokens = theme.tokens()
        prices = [to_float(price) for price in curves.prices]
        shown = {"expiry": curves.at_expiry, "today": curves.today, "chosen": curves.chosen}
        looks = {
            "expiry": (tokens.text, Qt.PenStyle.SolidLine),
            "today": (tokens.accent, Qt.PenStyle.SolidLine),
            "chosen": (tokens.warning, Qt.PenStyle.DashLine),
        }
        for key, amounts in shown.items():
            hidden = not amounts or (key == "chosen" and amounts == curves.today)
            values = [] if hidden else [to_float(amount) for amount in amounts]
            self._lines[key].setData([] if hidden else prices, values)
            self._lines[key].setPen(self._pen(*looks[key]))
        self._mark(curves)
        self._show_crosshair(curves)
        self._show_axes(prices, [to_float(amount) for part in shown.values() for amount in part])
        expires = f" at the expiration of {fmt.date(curves.expiration)}" if curves.expiration else ""
        self.setAccessibleName(
            f"Profit and loss over the underlying's price from {fmt.price(curves.prices[0])} to "
            f"{fmt.price(curves.prices[-1])}{expires}; left and right move the crosshair"
        )
        return self.accessibleName()

    def _mark(self, curves: PayoffCurves) -> None:
        """The stretches that win, the line of zero, break-evens, and the price of now."""
        graph, tokens, (item,) = self._graph, theme.tokens(), self._items
        for mark in self._marks:
            item.removeItem(mark)
        gain = {"movable": False, "brush": theme.colour(tokens.gain, 0.10), "pen": graph.mkPen(None)}
        self._marks = [graph.LinearRegionItem((to_float(low), to_float(high)), **gain) for low, high in curves.profits]
        self._marks.append(graph.InfiniteLine(0, angle=0, pen=self._pen(tokens.strong_line)))
        for zero in curves.breakevens:
            pen = self._pen(tokens.faint, Qt.PenStyle.DotLine)
            self._marks.append(graph.InfiniteLine(to_float(zero), angle=90, pen=pen))
        if curves.spot is not None:
            pen = self._pen(tokens.muted, Qt.PenStyle.DashLine)
            self._marks.append(graph.InfiniteLine(to_float(curves.spot), angle=90, pen=pen))
        for mark in self._marks:
            self._put_behind(item, mark)

    def _put_behind(self, item: Any, mark: Any) -> None:
        """The curves are drawn over all marks, and follow none of them."""
        mark.setZValue(_BEHIND)
        item.addItem(mark, ignoreBounds=True)

    def _show_crosshair(self, curves: PayoffCurves) -> None:
        """One line that is moved: it follows the mouse."""
        self._crosshair.setVisible(self._place is not None)
        if self._place is not None:
            self._crosshair.setPen(self._pen(theme.tokens().accent))
            self._crosshair.setValue(to_float(curves.prices[self._place]))

    def _show_axes(self, prices: list[float], values: list[float]) -> None:
        (item,) = self._items
        low, high = min([*values, 0.0]), max([*values, 0.0])
        gap = (high - low or 1.0) * 0.06
        item.setXRange(prices[0], prices[-1], padding=0)
        item.setYRange(low - gap, high + gap, padding=0)
        # A word that would stick out at a side is left out.
        inside = 0.03 * (prices[-1] - prices[0])
        across = [level for level in levels(prices) if prices[0] + inside < level < prices[-1] - inside]
        show_ticks(item, "left", [(level, fmt.signed_money(from_float(level))) for level in levels([low, high])])
        show_ticks(item, "bottom", [(level, fmt.price(from_float(round(level, 4)))) for level in across])

    # --- the crosshair --------------------------------------------------------------------------------------------
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._point(self._place_at(event.position()))
        elif event.type() is QEvent.Type.Leave:
            self._point(None)
        elif event.type() is QEvent.Type.MouseButtonPress:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
        return super().eventFilter(watched, event)

    def _place_at(self, at: QPointF) -> int | None:
        """The place of the price that is next to a point of the plot."""
        curves = self._curves
        if curves is None:
            return None
        box = self._plot.getPlotItem().getViewBox()
        where: Money | None = from_float(round(box.mapSceneToView(self._plot.mapToScene(at.toPoint())).x(), 4))
        return None if where is None else nearest(curves.prices, where)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the crosshair one price, pages ten, Home and End to the ends; Esc takes it away."""
        curves = self._curves
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_PageDown: -_PAGE,
            Qt.Key.Key_PageUp: _PAGE,
            Qt.Key.Key_Home: -(1 << 20),
            Qt.Key.Key_End: 1 << 20,
        }
        if curves is None or (event.key() not in steps and event.key() != Qt.Key.Key_Escape):
            super().keyPressEvent(event)
            return
        if event.key() == Qt.Key.Key_Escape:
            self._point(None)
            return
        start = self._place
        if start is None:
            middle = len(curves.prices) // 2
            found = None if curves.spot is None else nearest(curves.prices, curves.spot)
            start = middle if found is None else found
        self._point(min(max(0, start + steps[Qt.Key(event.key())]), len(curves.prices) - 1))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        theme.set_role(self, "focused-chart")

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        theme.set_role(self, "chart")

    def _point(self, place: int | None) -> None:
        if place == self._place:
            return
        self._place = place
        if self._curves is not None and self._plot is not None:
            self._show_crosshair(self._curves)
        self.pointed.emit(place)


def nearest(prices: Sequence[Money], wanted: Money) -> int | None:
    """Place of the price next to another one, of prices that ascend; None outside them."""
    if not prices or not prices[0] <= wanted <= prices[-1]:
        return None
    after = bisect_left(prices, wanted)
    if after and wanted - prices[after - 1] < prices[after] - wanted:
        return after - 1
    return after
