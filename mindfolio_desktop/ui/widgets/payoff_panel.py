"""A position's payoff with what moves it: days that pass and a volatility that shifts, and a price to read."""

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QSlider, QVBoxLayout, QWidget

from engine.core.money import Money
from engine.domain.position_sheet import PayoffCurves
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.panel import Facts, Panel
from mindfolio_desktop.ui.widgets.payoff_chart import PayoffChart
from mindfolio_desktop.ui.widgets.reflow import Flow
from mindfolio_desktop.ui.widgets.text import ElidedText, Text

SETTLE_MS = 120
"""How long a slider rests before its curve is asked for."""

_VOLATILITY = (-50, 100, 5)
"""Least and most move of every volatility in percent of itself, and a step."""


_SIDE_WIDTH, _SIDE_BY_SIDE = 272, 640
_NO_MAXIMUM = (1 << 24) - 1
_READOUT_HEIGHT = 36
"""Two lines, so that nothing moves while a person reads along the curves."""

_LONG = ("chosen", "spot")
"""Words of the legend that are cut where a window is narrow."""


class PayoffPanel(Panel):
    """Shows a PayoffCurves. `wanted` (days, percent) comes when the sliders have come to rest at something else."""

    wanted = Signal(int, int)

    def __init__(self) -> None:
        super().__init__(
            "Profit and loss over price", "payoff_panel", "after costs paid so far; shaded: ends with a gain"
        )
        self._curves: PayoffCurves | None = None
        self._chart = PayoffChart("payoff_chart")
        self._readout = Text("", wraps=True, name="payoff_readout")
        self._readout.setMinimumHeight(theme.px(_READOUT_HEIGHT))
        self._readout.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._note = Text("", "muted", 12, wraps=True, name="payoff_note")
        self._keys = {
            "expiry": _Key("text", Qt.PenStyle.SolidLine),
            "today": _Key("accent", Qt.PenStyle.SolidLine),
            "chosen": _Key("warning", Qt.PenStyle.DashLine),
            "spot": _Key("muted", Qt.PenStyle.DashLine),
        }
        self._key_words = {
            key: (ElidedText if key in _LONG else Text)("", "muted", 12, name=f"payoff_key_{key}") for key in self._keys
        }
        self._days, self._volatility = _slider("payoff_days"), _slider("payoff_volatility")
        self._days_words = Text("", name="payoff_days_words")
        self._volatility_words = Text("", name="payoff_volatility_words")
        self._reset = Button("As it is now", "payoff_reset")
        self._facts = Facts("payoff")
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._ask)
        self._volatility.setRange(*_VOLATILITY[:2])
        self._volatility.setSingleStep(_VOLATILITY[2])
        self._volatility.setPageStep(5 * _VOLATILITY[2])
        self._set_up()
        self._lay_out()
        self._days.valueChanged.connect(self._on_moved)
        self._volatility.valueChanged.connect(self._on_moved)
        self._reset.clicked.connect(self.reset)
        self._chart.pointed.connect(self._on_pointed)
        self._show_sliders()

    def _set_up(self) -> None:
        for key, caption, tip in (
            ("chance", "Probability of profit", "Of ending above zero at the first expiration, by the smile of now"),
            ("breakevens", "Break-evens", "Prices at the first expiration where the result is zero"),
            ("best", "Most it can win", "At expiration"),
            ("worst", "Most it can lose", "At expiration"),
            ("today", "Here, today", "By the model, at the price of now"),
            (
                "chosen",
                "Here, as chosen",
                "By the model, at the price of now, with the days and the volatility chosen",
            ),
        ):
            self._facts.add(key, caption, tip)

    def _lay_out(self) -> None:
        self._across = across = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        across.setSpacing(3 * theme.SPACE)
        left = QVBoxLayout()
        left.setSpacing(theme.SPACE)
        legend = Flow(2 * theme.SPACE)
        self._key_groups = {key: legend.add_group(line, self._key_words[key]) for key, line in self._keys.items()}
        left.addLayout(legend)
        left.addWidget(self._chart, 1)
        left.addWidget(self._readout)
        across.addLayout(left, 1)
        self._side = side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(self._facts)
        moves = QGridLayout()
        moves.setVerticalSpacing(theme.SPACE // 2)
        for row, (words, slider) in enumerate(
            ((self._days_words, self._days), (self._volatility_words, self._volatility))
        ):
            moves.addWidget(words, 2 * row, 0)
            moves.addWidget(slider, 2 * row + 1, 0)
        column.addLayout(moves)
        column.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._note)
        column.addStretch(1)
        across.addWidget(side)
        self.body.addLayout(across)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Figures stand at the right of the chart where there is room, else below it."""
        super().resizeEvent(event)
        is_wide = self.width() >= theme.px(_SIDE_BY_SIDE)
        self._across.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)
        self._side.setMinimumWidth(theme.px(_SIDE_WIDTH) if is_wide else 0)
        self._side.setMaximumWidth(theme.px(_SIDE_WIDTH) if is_wide else _NO_MAXIMUM)

    # --- what is shown --------------------------------------------------------------------------------------------
    @property
    def moves(self) -> tuple[int, int]:
        """Days that pass, and the move of volatilities in percent of themselves."""
        return self._days.value(), self._volatility.value()

    def begin(self) -> None:
        """Another position: nothing is known of it yet, and nothing is moved."""
        self._curves = None
        self.reset()
        self._settle.stop()
        self._show("Working it out…")

    def show_nothing(self, why: str) -> None:
        """There are no curves, and why."""
        self._curves = None
        self._show(why)

    def show_curves(self, curves: PayoffCurves) -> None:
        """Show the curves of the position, for whatever days and volatility they are."""
        self._curves = curves
        most = max(1, curves.days_left)
        if self._days.maximum() != most:
            blocked = self._days.blockSignals(True)
            self._days.setRange(0, most)
            self._days.blockSignals(blocked)
        self._days.setEnabled(curves.days_left > 0 and bool(curves.today))
        self._volatility.setEnabled(curves.expiration is not None and bool(curves.today))
        self._show("")

    def _show(self, why: str) -> None:
        curves = self._curves
        self._chart.show_curves(curves, why)
        self._show_facts(curves)
        self._show_sliders()
        self._on_pointed(self._chart.place)
        note = ""
        if curves is not None and not curves.today:
            note = "A leg has no volatility now, or its underlying no price: only what is exact is shown."
        elif curves is not None and not curves.is_exact:
            note = "It has several expirations: at the first one, the later options count at their model value."
        self._note.show_or_hide(note)

    def _show_facts(self, curves: PayoffCurves | None) -> None:
        fact = self._facts.show_fact
        if curves is None:
            for key in ("chance", "breakevens", "best", "worst", "today", "chosen"):
                fact(key, fmt.UNKNOWN)
            return
        fact("chance", fmt.fraction(curves.chance, 1))
        fact("breakevens", " and ".join(map(fmt.price, curves.breakevens)) or fmt.UNKNOWN)
        unbounded = fmt.UNBOUNDED if curves.is_exact else fmt.UNKNOWN
        for key, amount in (("best", curves.best), ("worst", curves.worst)):
            fact(key, unbounded if amount is None else _pnl(amount), theme.gain_role(amount))
        for key, amount in zip(("today", "chosen"), curves.at_spot, strict=True):
            fact(key, _pnl(amount), theme.gain_role(amount))

    def _show_sliders(self) -> None:
        curves, (days, percent) = self._curves, self.moves
        when = "today" if not days else f"in {fmt.counted(days, 'day')}"
        day = f" ({fmt.short_date(curves.day)})" if curves is not None and days and curves.day != curves.now else ""
        volatility = "as now"
        if percent:
            volatility = f"{fmt.percent(abs(percent), 0)} {'higher' if percent > 0 else 'lower'}"
        self._days_words.show_text(f"Days passed: {days}{day}")
        self._volatility_words.show_text(f"Volatility: {volatility}")
        self._days.setAccessibleName(self._days_words.text())
        self._volatility.setAccessibleName(self._volatility_words.text())
        self._reset.setEnabled(bool(days or percent))
        expiry = "At expiration" if curves is None or curves.is_exact else "First expiration"
        if curves is not None and curves.expiration is None:
            expiry = "At any time"
        self._key_words["expiry"].show_text(expiry)
        self._key_words["today"].show_text("Today")
        spot = None if curves is None else curves.spot
        self._key_words["spot"].show_text("" if spot is None else f"Price now {fmt.price(spot)}")
        self._key_groups["spot"].setVisible(spot is not None)
        is_moved = bool(days or percent)
        words = when[:1].upper() + when[1:] + (f", volatility {volatility}" if percent else "")
        self._key_words["chosen"].show_text(words)
        self._key_groups["chosen"].setVisible(is_moved)

    @Slot(object)
    def _on_pointed(self, place: int | None) -> None:
        """Say what the curves tell at the crosshair, or how to get one."""
        curves = self._curves
        if curves is None or not curves.prices:
            self._readout.show_text("", "muted")
            return
        if place is None:
            self._readout.show_text("Move over the chart, or use the arrow keys on it, to read a price.", "muted")
            return
        words = [f"At {fmt.price(curves.prices[place])}"]
        for name, column in (("at expiration", curves.at_expiry), ("today", curves.today), ("chosen", curves.chosen)):
            if column and not (name == "chosen" and not any(self.moves)):
                words.append(f"{name} {_pnl(column[place])}")
        self._readout.show_text("   ".join(words), "")

    # --- what a person moves --------------------------------------------------------------------------------------
    @Slot()
    def reset(self) -> None:
        """Nothing moved."""
        self._days.setValue(0)
        self._volatility.setValue(0)

    @Slot()
    def _on_moved(self) -> None:
        self._show_sliders()
        self._settle.start()

    @Slot()
    def _ask(self) -> None:
        self.wanted.emit(*self.moves)


class _Key(QWidget):
    """A short piece of a line as the chart draws it."""

    def __init__(self, token: str, style: Qt.PenStyle) -> None:
        super().__init__()
        self._token, self._style = token, style
        self.setFixedSize(QSize(theme.px(24), theme.px(12)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setPen(QPen(theme.colour(getattr(theme.tokens(), self._token)), 1, self._style))
            painter.drawLine(0, self.height() // 2, self.width(), self.height() // 2)


def _slider(name: str) -> QSlider:
    made = QSlider(Qt.Orientation.Horizontal)
    made.setObjectName(name)
    made.setMinimumHeight(theme.px(24))
    return made


def _pnl(amount: Money | None) -> str:
    return f"{fmt.arrow(amount)} {fmt.signed_money(amount, cents=True)}".strip()
