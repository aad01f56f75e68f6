"""The sheets of a day: what to know before it starts, and what it came to."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.domain.day_sheet import DaySheets, EndSheet, StartSheet
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.models import day_sheets as lines
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE, Column
from mindfolio_desktop.ui.widgets.data_table import DataTable
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.reflow import Beside
from mindfolio_desktop.ui.widgets.text import Text

_BLOCK_WIDTH = 360


class Block(QWidget):
    """A title and its table, or a sentence in its place."""

    def __init__(self, name: str, title: str, columns: tuple[Column[Any], ...], empty: str, stretch: int = 0) -> None:
        super().__init__()
        self.model = lines.LinesModel(columns, self)
        self._empty = empty
        self._table = DataTable(self.model, name, title, sort_role=SORT_ROLE, stretch=stretch, most_rows=6)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(Text(title, weight=theme.MEDIUM))
        column.addWidget(self._table)
        column.addStretch(1)

    def show_lines(self, found: Sequence[Any]) -> None:
        """Show these."""
        self._table.explain_empty(self._empty)
        self.model.show_rows(found)


class _Sheet(Panel):
    """Blocks under a sentence: the wide ones alone, the others beside each other where there is room."""

    def __init__(self, title: str, name: str, note: str) -> None:
        super().__init__(title, name, note)
        self.words = Text("Reading the ledger…", "muted", wraps=True, name=f"{name}_words")
        self.inside = QWidget()
        self.column = QVBoxLayout(self.inside)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(2 * theme.SPACE)
        self.body.addWidget(self.words)
        self.body.addWidget(self.inside)
        self.inside.hide()
        self.blocks: list[Block] = []
        self._beside: Beside | None = None

    def add(
        self,
        name: str,
        title: str,
        columns: tuple[Column[Any], ...],
        empty: str,
        stretch: int = 0,
        *,
        is_wide: bool = True,
    ) -> Block:
        """The next block; what is not wide stands beside the one before that is not either."""
        block = Block(name, title, columns, empty, stretch)
        self.blocks.append(block)
        if is_wide:
            self._beside = None
            self.column.addWidget(block)
            return block
        if self._beside is None:
            self._beside = Beside(3 * theme.SPACE)
            self.column.addLayout(self._beside)
        self._beside.add(block, least=_BLOCK_WIDTH)
        return block

    def show_trouble(self, why: str) -> None:
        """Say why there is no sheet."""
        self.inside.hide()
        self.words.show_text(why, "warning")
        self.words.show()

    def refresh_colours(self) -> None:
        """After a change of scheme."""
        for block in self.blocks:
            block.model.refresh_colours()


class StartPanel(_Sheet):
    """What to know before the session starts."""

    def __init__(self) -> None:
        super().__init__("Start of day", "start_sheet", "as it stood before the session")
        nothing, none = "Nothing expires.", "None."
        self._today = self.add("start_today", "Expires today", lines.EXPIRIES, nothing)
        self._week = self.add("start_week", "Expires within a week", lines.EXPIRIES, nothing)
        ended = "Ended at the broker since the last session"
        self._overnight = self.add("start_overnight", ended, lines.OVERNIGHT, "Nothing expired or was assigned.")
        self._orders = self.add("start_orders", "Working orders", lines.ORDERS, "No order works.")
        self._waiting = self.add("start_waiting", "Approvals that wait", lines.WAITING, "None waits.")
        events = "Earnings and ex-dividends within a week"
        self._happenings = self.add("start_happenings", events, lines.HAPPENINGS, none, 1, is_wide=False)
        standing = "Modules paused or over budget"
        self._standing = self.add("start_standing", standing, lines.STANDING, none, 1, is_wide=False)
        differences = "Differences between book and broker"
        self._differences = self.add("start_differences", differences, lines.DIFFERENCES, "None is known.")

    def show_sheet(self, sheet: StartSheet) -> None:
        """Show one."""
        stopped = f" Stopped or paused: {sheet.stopped_why}." if sheet.stopped_why else ""
        self.words.show_text(f"NAV {fmt.money(sheet.nav, cents=True)}.{stopped}", "warning" if stopped else "")
        self.words.show()
        for block, found in (
            (self._today, sheet.today),
            (self._week, sheet.this_week),
            (self._overnight, sheet.overnight),
            (self._happenings, sheet.happenings),
            (self._orders, sheet.orders),
            (self._waiting, sheet.waiting),
            (self._standing, sheet.standing),
            (self._differences, sheet.differences),
        ):
            block.show_lines(found)
        self.inside.show()


class EndPanel(_Sheet):
    """What the session came to."""

    def __init__(self) -> None:
        super().__init__("End of day", "end_sheet", "from the ledger")
        self._figures = {
            key: Figure(caption, f"end_{key}", tooltip=tip)
            for key, caption, tip in (
                ("nav", "NAV", "At the end"),
                ("pnl", "P&L", "Change of NAV after costs, without deposits and withdrawals"),
                ("flows", "Deposits less withdrawals", ""),
                ("drawdown", "Drawdown", "From the highest unitised NAV"),
            )
        }
        band = Beside(3 * theme.SPACE, aligned=True)
        for figure in self._figures.values():
            band.add(figure)
        self.column.addLayout(band)
        self._modules = self.add("end_modules", "P&L by module", lines.MODULES, "No module made anything.")
        self._fills = self.add("end_fills", "Fills", lines.FILLS, "Nothing was filled.", 1)
        self._ended = self.add("end_ended", "Trades that ended", lines.ENDED, "No trade ended.", 2)
        self._scans = self.add("end_scans", "Scans", lines.SCANS, "No module scanned.")
        self._tomorrow = self.add("end_tomorrow", "Expires in the next session", lines.EXPIRIES, "Nothing expires.")
        differences = "Differences between book and broker"
        self._differences = self.add("end_differences", differences, lines.DIFFERENCES, "None is known.")

    def show_sheets(self, sheets: DaySheets) -> None:
        """Show the end of a day, or say that there is none yet."""
        sheet = sheets.end
        if sheet is None:
            self.inside.hide()
            self.words.show_text("The session has not begun: nothing of it is in the ledger yet.", "muted")
            self.words.show()
            return
        so_far = "" if sheets.is_over else "The session is not over: this is how it stands so far. "
        compared = "never" if sheet.compared_at is None else fmt.when(sheet.compared_at)
        self.words.show_text(f"{so_far}Book and broker were last compared {compared}.", "muted")
        self.words.show()
        self._show_figures(sheet)
        for block, found in (
            (self._modules, sheet.modules),
            (self._scans, sheet.scans),
            (self._fills, sheet.fills),
            (self._ended, sheet.ended),
            (self._tomorrow, sheet.tomorrow),
            (self._differences, sheet.differences),
        ):
            block.show_lines(found)
        self.inside.show()

    def _show_figures(self, sheet: EndSheet) -> None:
        made = sheet.nav - sheet.nav_before - sheet.flows
        figures = self._figures
        figures["nav"].show_value(
            fmt.money(sheet.nav, cents=True), "", f"before {fmt.money(sheet.nav_before, cents=True)}"
        )
        words = f"{fmt.arrow(made)} {fmt.signed_money(made, cents=True)}".strip()
        figures["pnl"].show_value(words, theme.gain_role(made), "after costs")
        figures["flows"].show_value(fmt.signed_money(sheet.flows, cents=True))
        fallen = None if sheet.drawdown_bp is None else sheet.drawdown_bp / 100
        figures["drawdown"].show_value(fmt.percent(fallen, 2))
