"""Differences between book and broker are asked about, each with who may take it."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.account import CASH_ID, EXTERNAL, Difference, Resolution
from engine.domain.commands import ResolveDifference
from mindfolio_desktop.ui.widgets.differences import DifferencesPanel, difference_words
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth

SHARES = Difference("SPY", "SPY", 0, 100)
CASH = Difference(CASH_ID, CASH_ID, dollars("50000"), dollars("49940.10"))


@pytest.fixture
def panel(qtbot: QtBot) -> DifferencesPanel:
    made = DifferencesPanel()
    qtbot.addWidget(made)
    made.resize(1280, 80)
    made.set_snapshot(replace(aggressive_growth(), differences=(SHARES, CASH)))
    return made


def owner(panel: DifferencesPanel, instrument: str) -> QComboBox:
    found = panel.findChild(QComboBox, f"difference_owner_{instrument}")
    assert isinstance(found, QComboBox)
    return found


def record(panel: DifferencesPanel, instrument: str) -> QPushButton:
    found = panel.findChild(QPushButton, f"difference_record_{instrument}")
    assert isinstance(found, QPushButton)
    return found


def test_nothing_is_shown_while_everything_agrees(qtbot: QtBot) -> None:
    made = DifferencesPanel()
    qtbot.addWidget(made)
    made.set_snapshot(aggressive_growth())
    assert made.isHidden()


def test_each_difference_is_a_line_that_says_what_it_means(panel: DifferencesPanel) -> None:
    assert not panel.isHidden()
    text = panel.findChild(QLabel, "difference_SPY")
    assert isinstance(text, QLabel)
    assert text.text() == (
        "Book and broker differ in SPY: 0 here, 100 at the broker. Nothing is opened in SPY until you say whose it is."
    )
    assert difference_words(CASH) == "Book and broker differ in cash: $50,000.00 here, $49,940.10 at the broker."


def test_a_module_takes_it_and_the_button_waits_for_the_answer(panel: DifferencesPanel, qtbot: QtBot) -> None:
    sent: list[ResolveDifference] = []
    panel.resolved.connect(sent.append)
    module_id = aggressive_growth().modules[1].spec.module_id
    box = owner(panel, "SPY")
    box.setCurrentIndex(box.findData(module_id))
    QTest.mouseClick(record(panel, "SPY"), Qt.MouseButton.LeftButton)
    assert [(each.instrument, each.how, each.split) for each in sent] == [("SPY", Resolution.ASSIGN, {module_id: 100})]
    assert sent[0].why
    QTest.mouseClick(record(panel, "SPY"), Qt.MouseButton.LeftButton)
    assert len(sent) == 1, "one answer is enough"
    panel.on_denied(sent[-1], ())
    assert record(panel, "SPY").isEnabled()


def test_cash_is_nobodys_module_and_may_be_ignored(panel: DifferencesPanel, qtbot: QtBot) -> None:
    sent: list[ResolveDifference] = []
    panel.resolved.connect(sent.append)
    box = owner(panel, CASH_ID)
    assert [box.itemData(row) for row in range(box.count())] == [EXTERNAL, "IGNORE"]
    box.setCurrentIndex(1)
    QTest.mouseClick(record(panel, CASH_ID), Qt.MouseButton.LeftButton)
    assert [(each.how, each.split) for each in sent] == [(Resolution.IGNORE, {EXTERNAL: dollars("-59.90")})]


def test_an_answer_being_given_is_not_torn_down_by_the_next_snapshot(panel: DifferencesPanel) -> None:
    box = owner(panel, "SPY")
    panel.set_snapshot(replace(aggressive_growth(), differences=(SHARES, CASH), seq=99))
    assert owner(panel, "SPY") is box
    panel.set_snapshot(replace(aggressive_growth(), differences=(CASH,)))
    assert panel.findChild(QComboBox, f"difference_owner_{CASH_ID}") is not None
    panel.set_snapshot(aggressive_growth())
    assert panel.isHidden()
