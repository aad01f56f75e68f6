"""The account's figures as the snapshot has them: four different figures of the budgets, and the reserve."""

import pytest
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.account_panel import AccountPanel
from mindfolio_desktop.ui.widgets.figure import Figure
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, fresh

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def panel(qtbot: QtBot) -> AccountPanel:
    made = AccountPanel()
    qtbot.addWidget(made)
    return made


def shown(panel: AccountPanel, name: str) -> tuple[str, str]:
    figure = panel.findChild(Figure, name)
    assert isinstance(figure, Figure)
    return figure.value, figure.detail


def test_worth_and_earnings_to_the_cent(panel: AccountPanel) -> None:
    panel.set_snapshot(aggressive_growth(pnl=dollars("-950.25"), pnl_pct=-1.9))
    assert shown(panel, "nav") == ("$50,950.25", "$50,780 if closed now")
    assert shown(panel, "day_pnl") == ("▲ +$60.00", "since the last close")
    assert shown(panel, "total_pnl") == (f"▼ {MINUS}$950.25", f"{MINUS}1.9% of $50,000")
    assert shown(panel, "cash") == ("$52,310.40", "5 positions open")


def test_allocated_used_held_available_and_reserve_are_five_figures(panel: AccountPanel) -> None:
    panel.set_snapshot(aggressive_growth(held=dollars(1_250)))
    assert shown(panel, "allocated") == ("$45,000", "90.0% of capital")
    assert shown(panel, "used") == ("$20,500", "41.0% of capital")
    assert shown(panel, "held") == ("$1,250", "2.5% of capital")
    assert shown(panel, "available") == ("$29,500", "59.0% of capital")
    assert shown(panel, "reserve") == ("$5,000", "10.0% of capital")


def test_what_is_not_known_is_said_so(panel: AccountPanel) -> None:
    panel.set_snapshot(fresh())
    assert shown(panel, "nav") == ("$50,000.00", "liquidation value unknown")
    assert shown(panel, "cash") == ("$50,000.00", "no positions open")
