"""The account at a glance: what it is worth and earned, and how its capital is split."""

from functools import partial

from PySide6.QtWidgets import QFrame, QVBoxLayout

from engine.core.money import Money, percent
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.figure import LARGE, Figure
from mindfolio_desktop.ui.widgets.reflow import Beside


class AccountPanel(QFrame):
    """NAV, P&L and cash in the first row; allocated, used, held, available and reserve in the second."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("account_panel")
        self.setAccessibleName("Account")
        theme.set_role(self, "card")
        made = partial(Figure, has_detail=True)
        self._nav = made("Net asset value", "nav", LARGE, "Cash plus open positions at mid")
        self._day = made("Day P&L", "day_pnl", LARGE, "Since the previous session's close, at mid, after costs")
        self._total = made("Total P&L", "total_pnl", LARGE, "Not yet swept or settled, after costs")
        self._cash = made("Cash", "cash", LARGE, "Premium received counts as cash until the position is closed")
        self._allocated = made("Allocated", "allocated", tooltip="Sum of all budgets")
        self._used = made("Used", "used", tooltip="Buying power of open positions")
        self._held = made("Held", "held", tooltip="Buying power reserved for working orders")
        self._available = made(
            "Available", "available", tooltip="Capital not at work (reserve included), less realised losses"
        )
        self._reserve = made("Reserve", "reserve", tooltip="Capital that belongs to no module")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 12, 2 * theme.SPACE, 12)
        column.setSpacing(10)
        column.addLayout(_across(self._nav, self._day, self._total, self._cash))
        line = QFrame()
        line.setFixedHeight(1)
        theme.set_role(line, "line")
        column.addWidget(line)
        column.addLayout(_across(self._allocated, self._used, self._held, self._available, self._reserve))

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """Show the newest figures."""
        liquidation = snapshot.liquidation
        detail = "liquidation value unknown" if liquidation is None else f"{fmt.money(liquidation)} if closed now"
        self._nav.show_value(fmt.money(snapshot.nav, cents=True), "", detail)
        for figure, amount, words in (
            (self._day, snapshot.day_pnl, "since the last close"),
            (self._total, snapshot.pnl, f"{fmt.signed_percent(snapshot.pnl_pct)} of {fmt.money(snapshot.capital)}"),
        ):
            value = f"{fmt.arrow(amount)} {fmt.signed_money(amount, cents=True)}".strip()
            figure.show_value(value, theme.gain_role(amount), words)
        count = fmt.counted(snapshot.positions, "position")
        self._cash.show_value(fmt.money(snapshot.cash, cents=True), "", f"{count} open")
        self._show_split(snapshot)

    def _show_split(self, snapshot: MindfolioSnapshot) -> None:
        capital = snapshot.capital
        self._show_share(self._allocated, snapshot.allocated, snapshot.allocated_pct)
        self._show_share(self._used, snapshot.used, snapshot.used_pct)
        self._show_share(self._held, snapshot.held, percent(snapshot.held, capital))
        self._show_share(self._available, snapshot.available, percent(snapshot.available, capital))
        self._show_share(self._reserve, snapshot.reserve, percent(snapshot.reserve, capital))

    def _show_share(self, figure: Figure, amount: Money, share: float | None) -> None:
        figure.show_value(fmt.money(amount), "warning" if amount < 0 else "", f"{fmt.percent(share)} of capital")


def _across(*figures: Figure) -> Beside:
    row = Beside(3 * theme.SPACE, aligned=True)
    for figure in figures:
        row.add(figure)
    return row
