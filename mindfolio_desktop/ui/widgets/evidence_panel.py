"""What the backtest says of a trade: how often it won, what it made, what the prices were, and each result as a bar."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.core.money import to_float
from engine.domain.evidence import Evidence
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.panel import Facts
from mindfolio_desktop.ui.widgets.reflow import Beside, stacked
from mindfolio_desktop.ui.widgets.text import Text

_STRIP_HEIGHT = 56
_WIDEST_BAR = 10.0


class EvidencePanel(QWidget):
    """A headline, the figures in two columns, and a bar for each trade; without evidence only the headline."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("evidence")
        self._headline = Text(weight=theme.MEDIUM, wraps=True, name="evidence_headline")
        self._source = Text(role="muted", wraps=True, pixels=12, name="evidence_source")
        self._left, self._right = Facts("evidence_odds"), Facts("evidence_money")
        self._strip = ResultsStrip()
        for facts, rows in (
            (
                self._left,
                (
                    ("interval", "Win rate, 95% interval", "Wilson's, of so many independent trades"),
                    ("factor", "Profit factor", "What winners made for each dollar that losers lost"),
                    (
                        "drawdown",
                        "Deepest drawdown",
                        "Of all its trades together, one contract each, from their highest result so far",
                    ),
                ),
            ),
            (
                self._right,
                (
                    ("expectancy", "Expectancy a trade", "Average result of one contract after costs"),
                    ("average", "Average win / loss", "After costs"),
                    ("worst", "Worst trade", "After costs"),
                ),
            ),
        ):
            for key, caption, tip in rows:
                facts.add(key, caption, tip)
        self._columns, across = QWidget(), Beside(4 * theme.SPACE)
        for facts in (self._left, self._right):
            across.add(stacked(facts))
        self._columns.setLayout(across)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        for widget in (self._headline, self._columns, self._strip, self._source):
            column.addWidget(widget)

    def show_evidence(self, evidence: Evidence | None) -> None:
        """Show a backtest; None where none was asked for, as for a person's ticket or a closing."""
        has_trades = evidence is not None and evidence.trades > 0
        self._columns.setVisible(has_trades)
        self._strip.setVisible(has_trades)
        self._headline.show_text(headline(evidence))
        self._source.show_or_hide("" if evidence is None else _source_words(evidence))
        if evidence is None or not has_trades:
            return
        low, high = fmt.fraction(evidence.win_rate_low), fmt.fraction(evidence.win_rate_high)
        self._left.show_fact("interval", f"{low} to {high}")
        self._left.show_fact("factor", fmt.number(evidence.profit_factor, 2))
        self._left.show_fact("drawdown", fmt.money(evidence.drawdown))
        expectancy = evidence.expectancy
        self._right.show_fact("expectancy", fmt.signed_money(expectancy, cents=True), theme.gain_role(expectancy))
        win, loss = fmt.signed_money(evidence.average_win), fmt.signed_money(evidence.average_loss)
        self._right.show_fact("average", f"{win} / {loss}")
        self._right.show_fact("worst", fmt.signed_money(evidence.worst), theme.gain_role(evidence.worst))
        self._strip.show_results(tuple(to_float(trade.result) for trade in evidence.results))


class ResultsStrip(QWidget):
    """Results of trades in the order of their closing, gains above the line and losses below it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("evidence_strip")
        self.setFixedHeight(theme.px(_STRIP_HEIGHT))
        self._results: tuple[float, ...] = ()

    def show_results(self, results: tuple[float, ...]) -> None:
        """Dollars after costs, oldest first."""
        self._results = results
        won = sum(result > 0 for result in results)
        words = f"{fmt.counted(len(results), 'trade')}, {won} of them won, oldest at the left"
        self.setToolTip(words)
        self.setAccessibleName(f"Results: {words}")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._results:
            return
        tokens = theme.tokens()
        with QPainter(self) as painter:
            top, bottom = max(0.0, *self._results), min(0.0, *self._results)
            scale = self.height() / ((top - bottom) or 1.0)
            zero = top * scale
            step = min(_WIDEST_BAR, self.width() / len(self._results))
            for place, result in enumerate(self._results):
                height = max(1.0, abs(result) * scale)
                at = zero - height if result > 0 else zero
                colour = QColor(tokens.gain if result > 0 else tokens.loss)
                painter.fillRect(QRectF(place * step, at, max(1.0, step - 1), height), colour)
            painter.fillRect(QRectF(0, zero, self.width(), 1), QColor(tokens.strong_line))


def headline(evidence: Evidence | None) -> str:
    """The backtest in one line: `75 trades (about 9 independent), 71% won, +$14.20 each`."""
    if evidence is None:
        return "No backtest was asked for this trade"
    if evidence.trades == 0:
        return f"No trades to judge by: {evidence.source}"
    each = fmt.signed_money(evidence.expectancy, cents=True)
    about = f" (about {evidence.independent:.0f} independent)" if evidence.is_overlapping else ""
    return f"{fmt.counted(evidence.trades, 'trade')}{about}, {fmt.fraction(evidence.win_rate)} won, {each} each"


def _source_words(evidence: Evidence) -> str:
    if evidence.trades == 0:
        return ""
    between = "" if evidence.first is None else f"{fmt.date(evidence.first)} to {fmt.date(evidence.last)}, "
    return f"{between}{evidence.source}; one contract a trade, filled across the spread, after costs"
