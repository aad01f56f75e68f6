"""What is known of a symbol: its price, its volatility and where it stands, and what is to come."""

from PySide6.QtWidgets import QFrame, QVBoxLayout

from engine.core.calendar import market_day
from engine.domain.chain_view import ChainView
from engine.domain.happening import HappeningKind
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.figure import Figure
from mindfolio_desktop.ui.widgets.reflow import Beside

_NEWS = {HappeningKind.EARNINGS: "earnings", HappeningKind.EX_DIVIDEND: "ex_dividend"}


class MarketBand(QFrame):
    """One figure beside the other."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("market_band")
        theme.set_role(self, "card")
        self._figures = {
            "spot": Figure("Spot", "market_spot"),
            "iv": Figure("30-day IV", "market_iv", tooltip="Implied volatility at the money, thirty days from now"),
            "rank": Figure("IV rank", "market_rank", tooltip="Where 30-day IV stands in its range of the last year"),
            "earnings": Figure("Next earnings", "market_earnings"),
            "ex_dividend": Figure("Next ex-dividend", "market_ex_dividend"),
        }
        across = Beside(aligned=True)
        for figure in self._figures.values():
            across.add(figure)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, 10, 2 * theme.SPACE, 10)
        column.addLayout(across)
        self.show_view(None)

    def show_view(self, view: ChainView | None) -> None:
        """Show a symbol's figures, None while nothing is known."""
        if view is None:
            for figure in self._figures.values():
                figure.show_value(fmt.UNKNOWN, "muted")
            return
        quoted = f"quoted {fmt.age(view.now - view.quoted_at)} ago" if view.quoted_at is not None else "no quotes yet"
        self._figures["spot"].show_value(fmt.price(view.spot), "" if view.spot else "muted", quoted)
        why = "" if view.month_iv is not None else "its quotes tell none"
        self._figures["iv"].show_value(fmt.fraction(view.month_iv, 1), "" if not why else "muted", why)
        rank = view.iv_rank
        words = "unknown" if rank.percent is None else fmt.percent(rank.percent, 0)
        self._figures["rank"].show_value(
            words, "warning" if rank.percent is None else "", f"{fmt.counted(rank.sessions, 'session')} known"
        )
        for kind, key in _NEWS.items():
            self._show_news(view, kind, key)

    def _show_news(self, view: ChainView, kind: HappeningKind, key: str) -> None:
        days = [each.day for each in view.outlook.happenings if each.kind is kind]
        if days:
            left = (min(days) - market_day(view.now)).days
            when = "today" if left <= 0 else f"in {fmt.counted(left, 'day')}"
            self._figures[key].show_value(fmt.date(min(days)), "", when)
        elif view.outlook.complete_to is not None:
            self._figures[key].show_value("none", "", f"until {fmt.date(view.outlook.complete_to)}")
        else:
            self._figures[key].show_value("unknown", "warning", "no calendar tells")
