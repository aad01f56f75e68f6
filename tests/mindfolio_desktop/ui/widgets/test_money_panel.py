"""Cash and results: what each button would do is said before, sent once, and answered where the person looks."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.commands import DepositCash, SettleLoss, SweepGain, WithdrawCash
from engine.domain.denial import Denial
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.money_panel import MoneyPanel
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED, aggressive_growth, with_module


def settled(**changes: object) -> MindfolioSnapshot:
    """The first module has a gain, the second a loss, the third nothing."""
    first = with_module(aggressive_growth(), AUTO, unsettled=dollars("980.25"))
    return replace(with_module(first, MANUAL, unsettled=dollars(-300)), **changes)  # type: ignore[arg-type]


@pytest.fixture
def panel(qtbot: QtBot) -> MoneyPanel:
    made = MoneyPanel()
    qtbot.addWidget(made)
    made.resize(1000, 400)
    made.show()
    made.show_snapshot(settled())
    return made


@pytest.fixture
def sent(panel: MoneyPanel) -> list[object]:
    found: list[object] = []
    panel.wanted.connect(found.append)
    return found


def box(panel: MoneyPanel, name: str) -> AmountBox:
    found = panel.findChild(AmountBox, name)
    assert found is not None
    return found


def button(panel: MoneyPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, name)
    assert found is not None
    return found


def text(panel: MoneyPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert found is not None
    return found.text()


def enter(panel: MoneyPanel, name: str, words: str) -> None:
    field = box(panel, name)
    field.selectAll()
    QTest.keyClicks(field, words)


def click(panel: MoneyPanel, name: str) -> None:
    QTest.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def test_what_is_typed_is_previewed_both_ways_while_it_is_typed(panel: MoneyPanel) -> None:
    assert not button(panel, "deposit").isEnabled()
    enter(panel, "cash_amount", "2,500")
    assert text(panel, "deposit_preview") == "Reserve $5,000 → $7,500\nCapital $50,000 → $52,500"
    assert text(panel, "withdraw_preview") == "Reserve $5,000 → $2,500\nCapital $50,000 → $47,500"
    enter(panel, "cash_amount", "6k")
    assert text(panel, "withdraw_preview") == "The reserve holds $5,000, $1,000 too little"
    assert not button(panel, "withdraw").isEnabled()
    enter(panel, "cash_amount", "many")
    assert text(panel, "deposit_preview").startswith("Type an amount")
    assert not button(panel, "deposit").isEnabled()


def test_a_deposit_is_sent_once_with_its_reason_and_its_end_is_told(panel: MoneyPanel, sent: list[object]) -> None:
    enter(panel, "cash_amount", "2,500")
    reason = panel.findChild(QLineEdit, "cash_reason")
    assert reason is not None
    QTest.keyClicks(reason, "savings")
    click(panel, "deposit")
    click(panel, "deposit")
    command = DepositCash(dollars(2_500), "user", "savings")
    assert sent == [command]
    panel.show_answer(command, ())
    assert text(panel, "money_answer") == "Done: deposited $2,500."
    assert (box(panel, "cash_amount").value(), reason.text()) == (0, "")


def test_a_refused_withdrawal_says_why_and_keeps_what_was_typed(panel: MoneyPanel, sent: list[object]) -> None:
    enter(panel, "cash_amount", "4000")
    click(panel, "withdraw")
    command = WithdrawCash(dollars(4_000), "user", "withdrawn in the window")
    assert sent == [command]
    panel.show_answer(command, (Denial(DenialCode.RESERVE, dollars(4_000), dollars(3_000), "usd"),))
    assert "needs $4,000.00, available $3,000.00, short by $1,000.00" in text(panel, "money_answer")
    assert box(panel, "cash_amount").value() == 4_000
    assert button(panel, "withdraw").isEnabled()


def test_an_answer_to_somebody_elses_command_changes_nothing(panel: MoneyPanel, sent: list[object]) -> None:
    enter(panel, "cash_amount", "4000")
    click(panel, "deposit")
    panel.show_answer(DepositCash(dollars(1), "somebody", "else"), ())
    click(panel, "deposit")
    assert len(sent) == 1, "the first one still waits"


def test_a_whole_gain_is_swept_with_its_cents_and_a_part_in_dollars(panel: MoneyPanel, sent: list[object]) -> None:
    assert text(panel, f"unsettled_{AUTO}") == "▲ +$980.25"
    assert text(panel, f"settle_preview_{AUTO}") == "Reserve $5,000 → $5,980.25"
    click(panel, f"settle_{AUTO}")
    command = SweepGain(AUTO, None, "user", "swept on the page of budgets")
    assert sent == [command]
    panel.show_answer(command, ())
    assert text(panel, "money_answer") == "Done: swept the gain of IV Service."
    enter(panel, f"sweep_amount_{AUTO}", "400")
    assert text(panel, f"settle_preview_{AUTO}") == "Reserve $5,000 → $5,400"
    click(panel, f"settle_{AUTO}")
    assert sent[1] == SweepGain(AUTO, dollars(400), "user", "swept on the page of budgets")


def test_no_more_than_the_gain_is_swept(panel: MoneyPanel) -> None:
    enter(panel, f"sweep_amount_{AUTO}", "2000")
    assert text(panel, f"settle_preview_{AUTO}") == "Type how much of it, $980.25 at most"
    assert not button(panel, f"settle_{AUTO}").isEnabled()


def test_a_loss_is_settled_off_the_reserve_and_then_off_the_budget(panel: MoneyPanel, sent: list[object]) -> None:
    assert text(panel, f"settle_preview_{MANUAL}") == "Reserve $5,000 → $4,700"
    click(panel, f"settle_{MANUAL}")
    assert sent == [SettleLoss(MANUAL, "user", "settled on the page of budgets")]
    panel.show_answer(sent[0], ())  # type: ignore[arg-type]
    panel.show_snapshot(settled(reserve=dollars(100)))
    assert text(panel, f"settle_preview_{MANUAL}") == "Reserve $100 → $0, its budget $20,000 → $19,800"


def test_a_module_without_a_result_has_no_button(panel: MoneyPanel) -> None:
    assert text(panel, f"settle_preview_{PAUSED}") == "nothing to settle"
    assert button(panel, f"settle_{PAUSED}").isHidden()


def test_a_button_that_goes_keeps_the_focus_in_its_row(panel: MoneyPanel, qtbot: QtBot) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    button(panel, f"settle_{MANUAL}").setFocus()
    panel.show_snapshot(with_module(settled(), MANUAL, unsettled=0))
    focused = panel.focusWidget()
    assert focused is not None
    assert focused.objectName() == f"unsettled_{MANUAL}"


def test_a_module_that_is_gone_leaves_no_row(panel: MoneyPanel) -> None:
    panel.show_snapshot(replace(settled(), modules=settled().modules[:1]))
    assert list(panel._rows) == [AUTO]


def test_more_than_a_field_takes_is_refused_in_words_and_moves_nothing(
    panel: MoneyPanel, sent: list[object], qtbot: QtBot
) -> None:
    wide = panel.minimumSizeHint().width()
    amount = box(panel, "cash_amount")
    amount.selectAll()
    QTest.keyClicks(amount, "9" * 40)
    assert text(panel, "deposit_preview") == "At most $1,000,000,000 at once"
    assert not button(panel, "deposit").isEnabled()
    assert not button(panel, "withdraw").isEnabled()
    assert panel.minimumSizeHint().width() == wide
    QTest.keyClick(amount, Qt.Key.Key_Return)
    assert amount.text() == "$1,000,000,000"
    assert text(panel, "money_answer") == "At most $1,000,000,000 at once."
    part = box(panel, f"sweep_amount_{AUTO}")
    part.selectAll()
    QTest.keyClicks(part, "9" * 40)
    assert text(panel, f"settle_preview_{AUTO}") == "Type how much of it, $980.25 at most"
    assert not button(panel, f"settle_{AUTO}").isEnabled()
    assert sent == []


def test_a_negative_amount_moves_nothing_and_is_told_beside_the_field(panel: MoneyPanel, sent: list[object]) -> None:
    enter(panel, "cash_amount", "1000")
    amount = box(panel, "cash_amount")
    QTest.keyClick(amount, Qt.Key.Key_Return)
    enter(panel, "cash_amount", "-500")
    assert not button(panel, "deposit").isEnabled()
    assert not button(panel, "withdraw").isEnabled()
    QTest.keyClick(amount, Qt.Key.Key_Return)
    assert text(panel, "money_answer") == "“-500” is not an amount of whole dollars without a sign."
    assert sent == []
