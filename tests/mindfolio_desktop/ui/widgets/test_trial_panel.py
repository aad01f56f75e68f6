"""A backtest before funding: what is asked, how waiting is told, and what becomes of an old answer."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.evidence import Evidence
from engine.domain.structure import StructureKind
from mindfolio_desktop.ui.widgets.trial_panel import TrialPanel
from tests.mindfolio_desktop.ui.offered import OFFER, SYMBOLS, USERS

FOUND = Evidence(3, 2 / 3, dollars(10), "modelled prices")


@pytest.fixture
def panel(qtbot: QtBot) -> TrialPanel:
    made = TrialPanel(OFFER, SYMBOLS)
    qtbot.addWidget(made)
    made.show()
    return made


def state(panel: TrialPanel) -> str:
    found = panel.findChild(QLabel, "trial_state")
    assert found is not None
    return found.text()


def run(panel: TrialPanel) -> None:
    button = panel.findChild(QPushButton, "trial_run")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def choose(panel: TrialPanel, name: str, keys: Qt.Key) -> None:
    box = panel.findChild(QComboBox, name)
    assert box is not None
    QTest.keyClick(box, keys)


def test_symbol_and_structure_are_chosen_and_asked_for_once(panel: TrialPanel) -> None:
    asked: list[tuple[str, object]] = []
    panel.asked.connect(lambda symbol, kind: asked.append((symbol, kind)))
    choose(panel, "trial_symbol", Qt.Key.Key_Down)
    choose(panel, "trial_structure", Qt.Key.Key_Down)
    run(panel)
    panel.show_waiting(4)
    assert state(panel).endswith("4 s")
    run(panel)
    assert asked == [("SPY", StructureKind.CALENDAR)]
    panel.show_failed("it died")
    assert state(panel) == "No backtest: it died"
    run(panel)
    assert len(asked) == 2


def test_an_answer_is_shown_and_said_to_be_old_once_the_settings_change(panel: TrialPanel) -> None:
    panel.show_outdated()
    assert state(panel) == ""
    panel.show_evidence(FOUND)
    headline = panel.findChild(QLabel, "evidence_headline")
    assert headline is not None
    assert headline.text() == "3 trades, 67% won, +$10.00 each"
    panel.show_outdated()
    assert "run it again" in state(panel)


def test_insurance_has_no_backtest_and_says_so(qtbot: QtBot) -> None:
    made = TrialPanel(USERS, SYMBOLS)
    qtbot.addWidget(made)
    assert "insurance" in state(made)
    run(made)
