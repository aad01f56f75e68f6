"""Limits with what is left of them, or why they are not known."""

import pytest
from PySide6.QtWidgets import QLabel, QTableView
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import AccountRules, AccountType
from mindfolio_desktop.ui.views.limits_panel import LimitsPanel, rules_words
from tests.mindfolio_desktop.ui.risk_records import limits
from tests.mindfolio_desktop.ui.snapshots import AUTO


@pytest.fixture
def panel(qtbot: QtBot) -> LimitsPanel:
    made = LimitsPanel()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def text(panel: LimitsPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


def test_both_tables_under_the_names_of_the_modules(panel: LimitsPanel) -> None:
    panel.show_limits(limits(), {AUTO: "IV Service"})
    assert panel.account.rowCount() == 4
    assert [panel.modules.item(row, 0).text() for row in range(2)] == ["IV Service", "iv_service_manual"]
    assert text(panel, "limits_first") == (
        "The modules may lose $2,500 a day together, the account $2,000: the account's limit binds first."
    )
    panel.show_limits(limits(binds_first=False), {})
    assert text(panel, "limits_first") == ""


def test_before_an_answer_and_without_one(panel: LimitsPanel) -> None:
    assert text(panel, "account_limits_empty") == "Asking for the limits…"
    panel.show_trouble("a bug")
    assert text(panel, "module_limits_empty") == "The limits are not known: a bug"


def test_a_mindfolio_without_modules(panel: LimitsPanel, qtbot: QtBot) -> None:
    panel.show_limits(limits(modules=()), {})
    view = panel.findChild(QTableView, "module_limits")
    assert isinstance(view, QTableView)
    qtbot.waitUntil(lambda: text(panel, "module_limits_empty") == "This mindfolio has no modules.")


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (AccountRules(), "Margin account, option level 3."),
        (AccountRules(AccountType.CASH, None), "Cash account, option level not known."),
        (
            AccountRules(day_trade_limit=3),
            "Margin account, option level 3, a warning at 3 day trades in five sessions.",
        ),
    ],
)
def test_what_the_account_may_trade(rules: AccountRules, words: str) -> None:
    assert rules_words(limits(rules=rules)) == f"{words} $29,500 of its own cash has no claim on it."
