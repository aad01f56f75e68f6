"""Cards of the aggregated view: Greeks, worst case at expiry, best and worst module."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from engine.core.money import Money
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.worst_case import WorstCaseView
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.panel import Facts, Panel
from mindfolio_desktop.ui.widgets.text import ElidedText, Text
from mindfolio_desktop.ui.words import scenario_words

_THETA = (
    "Dollars that the book gains (+) or loses (\N{MINUS SIGN}) per calendar day if nothing else moves.\n"
    "Short premium, as in iron condors, has positive theta: time works for it."
)


_FROM_HERE = (
    "The largest loss from the marks of now: over moves of price, volatility and time, with short options assigned,\n"
    "in a crash of the market by the betas, and exactly at expiry. The closing plan brings this figure down."
)


class GreeksPanel(Panel):
    """Sensitivities of the whole book."""

    def __init__(self) -> None:
        super().__init__("Greeks", "greeks_panel", "all positions")
        self._dollar_delta = Figure("Dollar delta", "dollar_delta", tooltip="Delta times the price of each underlying")
        self._facts = Facts("greek")
        self._facts.add("delta", "Delta, share equivalents", "Raw sum over all underlyings, in shares")
        self._facts.add("gamma", "Gamma, shares per $1", "Change of delta when each underlying moves by $1; raw sum")
        self._facts.add("theta", "Theta, $ per day (+ earns)", _THETA)
        self._facts.add("vega", "Vega, $ per vol point", "Dollars for one point more of implied volatility")
        self._missing = Text(role="warning", pixels=12, wraps=True, name="greeks_missing")
        for widget in (self._dollar_delta, self._facts, self._missing):
            self.body.addWidget(widget)
        self.body.addStretch(1)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the newest Greeks, and how many positions are not in them."""
        dollar_delta = snapshot.weighted.dollar_delta
        self._dollar_delta.show_value(fmt.signed_money(dollar_delta), "", "moves like this much stock")
        greeks = snapshot.greeks
        self._facts.show_fact("delta", fmt.greek(greeks.delta))
        self._facts.show_fact("gamma", fmt.greek(greeks.gamma, 2))
        self._facts.show_fact("theta", fmt.greek(greeks.theta, 2))
        self._facts.show_fact("vega", fmt.greek(greeks.vega, 2))
        missing = sum(view.greeks_missing for view in snapshot.modules)
        words = f"Without {fmt.counted(missing, 'position')} whose volatility is unknown"
        self._missing.show_or_hide(words if missing else "")


class WorstCasePanel(Panel):
    """The exact worst loss at expiry, netted per underlying."""

    def __init__(self) -> None:
        super().__init__("Worst case", "worst_case_panel", "netted at expiry")
        self._total = Figure(
            "Largest possible loss at expiry",
            "worst_case",
            tooltip="Exact worst loss of all positions of one underlying together, at its worst price, then added up",
        )
        self._from_here = Text(role="muted", pixels=12, wraps=True, name="worst_from_here")
        self._from_here.setToolTip(_FROM_HERE)
        self._area = QWidget()
        self._grid = QGridLayout(self._area)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(6)
        self._grid.setColumnStretch(1, 1)
        self._shown: dict[str, tuple[Text, _Share, Text]] = {}
        self.body.addWidget(self._total)
        self.body.addWidget(self._from_here)
        self.body.addWidget(self._area)
        self.body.addStretch(1)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the newest worst case and each underlying's part."""
        detail = (
            f"{fmt.percent(snapshot.worst_case_pct_of_capital)} of capital, "
            f"{fmt.percent(snapshot.worst_case_pct_of_nav)} of NAV"
        )
        self._total.show_value(_loss(snapshot.worst_case), "", detail)
        self._from_here.show_or_hide(from_here_words(snapshot.worst))
        losses = snapshot.worst_case_by_symbol
        if list(losses) != list(self._shown):
            self._build(list(losses))
        largest = max((loss for loss in losses.values() if loss is not None), default=0)
        for symbol, loss in losses.items():
            _name, share, amount = self._shown[symbol]
            share.show_part(largest if loss is None else loss, largest)
            amount.show_text(_loss(loss))

    def _build(self, symbols: list[str]) -> None:
        for widgets in self._shown.values():
            for widget in widgets:
                self._grid.removeWidget(widget)
                widget.deleteLater()
        self._shown = {}
        for row, symbol in enumerate(symbols):
            name, share = Text(symbol, "muted"), _Share()
            amount = Text(weight=theme.MEDIUM, name=f"worst_case_{symbol}")
            self._grid.addWidget(name, row, 0)
            self._grid.addWidget(share, row, 1, Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(amount, row, 2, Qt.AlignmentFlag.AlignRight)
            self._shown[symbol] = name, share, amount


def from_here_words(worst: WorstCaseView | None) -> str:
    """`From today's prices $1,240, if TSLA falls 30%; netting saves $560`; "" where nothing is held or known."""
    if worst is None or not worst.symbols:
        return ""
    if worst.loss is None:
        return f"From today's prices without bound: {fmt.counted(worst.naked, 'share')} owed above the last strike"
    # At a tie it is the bound at expiry, as where the shares of modules and symbols come from.
    is_stress = worst.scenario is not None and worst.stressed > (worst.at_expiry or 0)
    case = scenario_words(worst.scenario) if is_stress and worst.scenario is not None else "at expiry"
    saved = f"; netting saves {fmt.money(worst.diversification)}" if worst.diversification else ""
    return f"From today's prices {fmt.money(worst.loss)}: {case}{saved}"


class RankingPanel(Panel):
    """Which module earns its money: by dollars and by percent of its budget."""

    def __init__(self) -> None:
        super().__init__("Best and worst module", "ranking_panel", "since the start")
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._rows: list[tuple[Text, Text]] = []
        for row, (key, caption) in enumerate(_RANKS):
            name = ElidedText("", name=f"ranking_{key}_module")
            name.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            amount = Text("", weight=theme.MEDIUM, name=f"ranking_{key}")
            grid.addWidget(Text(caption, "muted"), row, 0)
            grid.addWidget(name, row, 1)
            grid.addWidget(amount, row, 2, Qt.AlignmentFlag.AlignRight)
            self._rows.append((name, amount))
        self.body.addLayout(grid)
        self.body.addStretch(1)

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the newest ranks."""
        by_dollars = (snapshot.best_by_dollars, snapshot.worst_by_dollars)
        by_percent = (snapshot.best_by_percent, snapshot.worst_by_percent)
        dollars = [(ranked, fmt.signed_money(ranked[1])) if ranked else None for ranked in by_dollars]
        percents = [(ranked, fmt.signed_percent(ranked[1])) if ranked else None for ranked in by_percent]
        for (name, amount), shown in zip(self._rows, [*dollars, *percents], strict=True):
            if shown is None:
                name.show_text("")
                amount.show_text(fmt.UNKNOWN, "muted")
                continue
            (module_id, value), words = shown
            name.show_text(_name(snapshot, module_id))
            amount.show_text(f"{fmt.arrow(value)} {words}".strip(), theme.gain_role(value))


_RANKS = (
    ("best_dollars", "Best in $"),
    ("worst_dollars", "Worst in $"),
    ("best_percent", "Best in %"),
    ("worst_percent", "Worst in %"),
)


class _Share(QWidget):
    """A thin bar: this part against the largest."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._part = self._largest = 0

    def sizeHint(self) -> QSize:
        """Six pixels high."""
        return QSize(60, theme.px(6))

    def show_part(self, part: Money, largest: Money) -> None:
        """Change the length."""
        if (part, largest) != (self._part, self._largest):
            self._part, self._largest = part, largest
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bar from the left."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            height = float(self.height())
            painter.setBrush(QColor(theme.tokens().track))
            painter.drawRoundedRect(QRectF(self.rect()), height / 2, height / 2)
            if self._part > 0 and self._largest > 0:
                painter.setBrush(QColor(theme.tokens().loss))
                width = max(height, self.width() * min(1.0, self._part / self._largest))
                painter.drawRoundedRect(QRectF(0, 0, width, height), height / 2, height / 2)


def _name(snapshot: MindfolioSnapshot, module_id: str) -> str:
    view = snapshot.module(module_id)
    return view.spec.name if view is not None else module_id


def _loss(loss: Money | None) -> str:
    return fmt.UNBOUNDED if loss is None else fmt.money(loss)
