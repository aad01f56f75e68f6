"""One row of the scan record in full: why, the figures, every check of the gate, and the backtest behind it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from engine.core.errors import GATE_CODES
from engine.domain.candidate import Candidate, ScanAction, ScanRow
from engine.domain.instrument import MULTIPLIER
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import refusals, theme
from mindfolio_desktop.ui.widgets.evidence_panel import EvidencePanel
from mindfolio_desktop.ui.widgets.reflow import Beside, stacked
from mindfolio_desktop.ui.widgets.text import Text
from mindfolio_desktop.ui.words import number_lines, quantity_words, structure_words, waived_words

_ABOUT_WIDTH, _NUMBERS_WIDTH = 320, 240
_ROLES = {ScanAction.EXECUTED: "chip", ScanAction.PENDING: "warning-chip", ScanAction.SKIPPED: "muted"}


class ScanDetail(QWidget):
    """Shows the row that a person is on; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("scan_detail")
        self._title = Text(pixels=15, weight=theme.BOLD, wraps=True, name="scan_detail_title")
        self._action = Text(pixels=12, weight=theme.MEDIUM, name="scan_detail_action")
        self._reason = Text(wraps=True, name="scan_detail_reason")
        self._trade = Text(role="muted", wraps=True, name="scan_detail_trade")
        self._failed = Text(role="warning", wraps=True, name="scan_detail_failed")
        self._passed = Text(role="muted", wraps=True, name="scan_detail_passed")
        self._numbers = Text(role="muted", wraps=True, name="scan_detail_numbers")
        self._evidence = EvidencePanel()
        self._backtest = QWidget()
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        heading = QHBoxLayout()
        heading.setSpacing(theme.SPACE)
        heading.addWidget(self._title, 1)
        heading.addWidget(self._action, 0, Qt.AlignmentFlag.AlignTop)
        across = Beside(4 * theme.SPACE)
        across.add(stacked(self._reason, self._trade, self._failed, self._passed, gap=6), 3, _ABOUT_WIDTH)
        across.add(stacked(self._numbers), 2, _NUMBERS_WIDTH)
        under = QVBoxLayout(self._backtest)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(6)
        under.addWidget(Text("Backtest of the last 365 days", "caption", 12))
        under.addWidget(self._evidence)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.SPACE, 0, 0)
        column.setSpacing(10)
        column.addLayout(heading)
        column.addLayout(across)
        column.addWidget(self._backtest)

    def show_row(self, row: ScanRow | None) -> None:
        """Show a row in full, or nothing."""
        self.setVisible(row is not None)
        if row is None:
            return
        candidate = row.candidate
        what = row.structure if candidate is None else structure_words(candidate.structure)
        self._title.show_text(f"{row.symbol} {what}".strip())
        self._action.show_text(f"{row.action.value} · {fmt.short_when(row.at)}", _ROLES[row.action])
        self._reason.show_or_hide("\n".join(f"• {reason}" for reason in _reasons(row)))
        self._trade.show_or_hide("" if candidate is None else trade_words(candidate))
        self._failed.show_or_hide(refusals.denials(row.denials))
        self._passed.show_or_hide("" if candidate is None else passed_words(row))
        self._numbers.show_or_hide(number_lines(row.numbers))
        self._backtest.setVisible(candidate is not None)
        if candidate is not None:
            self._evidence.show_evidence(candidate.evidence)


def _reasons(row: ScanRow) -> tuple[str, ...]:
    if row.candidate is not None:
        return tuple(map(fmt.told, row.candidate.reasons))
    return tuple(part for part in (fmt.told(row.reason), waived_words(row.waived)) if part)


def trade_words(candidate: Candidate) -> str:
    """Size, price, risk and chance of a candidate on one line."""
    side = "debit" if candidate.net_price > 0 else "credit"
    premium = abs(candidate.net_price) * MULTIPLIER * candidate.quantity
    chance = candidate.probability_of_profit
    parts = [
        quantity_words(candidate.quantity, structure_words(candidate.structure)),
        f"{fmt.money(premium, cents=True)} {side}",
        f"max risk {fmt.money(candidate.max_risk)}",
        f"takes {fmt.money(candidate.buying_power)}",
        *((f"{fmt.fraction(chance)} chance of profit",) if chance is not None else ()),
    ]
    return ", ".join(parts)


def passed_words(row: ScanRow) -> str:
    """How many of the gate's checks a candidate met, and which."""
    failed = {denial.code for denial in row.denials}
    passed = [refusals.name(code).lower() for code in GATE_CODES if code not in failed]
    return f"{len(passed)} of {len(GATE_CODES)} checks passed: {', '.join(passed)}"
