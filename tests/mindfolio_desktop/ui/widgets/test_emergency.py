"""The emergency stop acts at once, and its panel tells the truth and nothing else."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.closing import ClosingPlan, ClosingStep
from engine.domain.commands import RearmMindfolio
from engine.domain.mindfolio import MindfolioStatus
from mindfolio_desktop.ui.widgets import emergency
from mindfolio_desktop.ui.widgets.emergency import StopPanel
from tests.mindfolio_desktop.ui.snapshots import NOW, aggressive_growth, condor, stopped


@pytest.fixture
def panel(qtbot: QtBot) -> StopPanel:
    made = StopPanel()
    qtbot.addWidget(made)
    made.resize(1280, 80)
    return made


def child(panel: QWidget, name: str) -> QWidget:
    found = panel.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found


def words(panel: StopPanel) -> list[str]:
    return [
        label.text()
        for name in ("stop_title", "stop_why", "stop_facts")
        for label in [child(panel, name)]
        if isinstance(label, QLabel)
    ]


def test_nothing_is_shown_while_nothing_is_stopped(panel: StopPanel) -> None:
    panel.set_snapshot(aggressive_growth())
    assert panel.isHidden()


def test_a_stop_is_told_from_the_snapshot(panel: StopPanel) -> None:
    panel.set_snapshot(stopped())
    assert panel.isVisible()
    assert words(panel) == [
        "STOPPED since Mon 16 Mar 2026 15:54:30 ET",
        "Why: Button pressed in the window",
        "3 of 3 modules paused · 1 cancel not yet confirmed by the broker · 5 positions open, automatic exits are off",
    ]


def test_what_is_confirmed_is_told_too(panel: StopPanel) -> None:
    panel.set_snapshot(stopped(cancels_unconfirmed=0, positions=0))
    assert words(panel)[2] == "3 of 3 modules paused · no cancel is waiting for the broker · no open positions"


def test_an_account_that_was_not_compared_yet_is_said(panel: StopPanel) -> None:
    panel.set_snapshot(stopped(positions=0, is_compared=False))
    assert words(panel)[2] == (
        "3 of 3 modules paused · 1 cancel not yet confirmed by the broker · the broker's account is not heard yet"
        " · no open positions"
    )


def test_between_the_press_and_the_engine_it_does_not_claim_a_stop(panel: StopPanel) -> None:
    panel.show_requested()
    assert words(panel) == ["Stop sent", "Waiting for the engine to confirm it.", ""]
    panel.set_snapshot(aggressive_growth())
    assert words(panel)[0] == "Stop sent"
    panel.set_snapshot(stopped())
    assert words(panel)[0].startswith("STOPPED since")


def test_an_engine_that_does_not_confirm_is_not_to_be_relied_on(
    panel: StopPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emergency, "PATIENCE_MS", 10)
    panel.show_requested()
    qtbot.waitUntil(lambda: "Do not rely on it" in words(panel)[1], timeout=3000)


def test_a_second_press_does_not_hide_what_is_confirmed(panel: StopPanel) -> None:
    panel.set_snapshot(stopped())
    panel.show_requested()
    assert words(panel)[0].startswith("STOPPED since")


class TestRearm:
    @pytest.fixture
    def open_panel(self, panel: StopPanel, qtbot: QtBot) -> StopPanel:
        panel.set_snapshot(stopped())
        panel.activateWindow()
        QTest.mouseClick(child(panel, "rearm_open"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(child(panel, "rearm_reason").hasFocus)
        return panel

    @pytest.fixture
    def reasons(self, open_panel: StopPanel) -> list[str]:
        said: list[str] = []
        open_panel.rearm_requested.connect(said.append)
        return said

    def test_it_needs_a_reason(self, open_panel: StopPanel, reasons: list[str], qtbot: QtBot) -> None:
        field, send = child(open_panel, "rearm_reason"), child(open_panel, "rearm_send")
        QTest.keyClicks(field, "   ")
        assert not send.isEnabled()
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert reasons == []
        QTest.keyClicks(field, "feed is back ")
        QTest.mouseClick(send, Qt.MouseButton.LeftButton)
        assert reasons == ["feed is back"]

    def test_return_sends_it_once_and_the_panel_stays_until_the_engine_lifts_the_stop(
        self, open_panel: StopPanel, reasons: list[str], qtbot: QtBot
    ) -> None:
        field = child(open_panel, "rearm_reason")
        QTest.keyClicks(field, "checked")
        QTest.keyClick(field, Qt.Key.Key_Return)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert reasons == ["checked"]
        open_panel.set_snapshot(stopped())
        assert open_panel.isVisible()
        open_panel.set_snapshot(aggressive_growth())
        assert open_panel.isHidden()

    def test_a_denied_rearm_keeps_the_reason_and_can_be_sent_again(
        self, open_panel: StopPanel, reasons: list[str], qtbot: QtBot
    ) -> None:
        field = child(open_panel, "rearm_reason")
        QTest.keyClicks(field, "checked")
        QTest.keyClick(field, Qt.Key.Key_Return)
        open_panel.on_denied(RearmMindfolio("user", "checked"), ())
        QTest.mouseClick(child(open_panel, "rearm_send"), Qt.MouseButton.LeftButton)
        assert reasons == ["checked", "checked"]

    @pytest.mark.parametrize("by_key", [True, False])
    def test_giving_up_brings_the_first_button_back(self, open_panel: StopPanel, qtbot: QtBot, *, by_key: bool) -> None:
        if by_key:
            QTest.keyClick(child(open_panel, "rearm_reason"), Qt.Key.Key_Escape)
        else:
            QTest.mouseClick(child(open_panel, "rearm_cancel"), Qt.MouseButton.LeftButton)
        assert child(open_panel, "rearm_reason").isHidden()
        assert child(open_panel, "rearm_open").isVisible()
        assert child(open_panel, "rearm_open").hasFocus()

    @pytest.mark.parametrize("by_key", [True, False])
    def test_what_was_sent_can_neither_be_given_up_nor_sent_twice_before_the_answer(
        self, open_panel: StopPanel, reasons: list[str], *, by_key: bool
    ) -> None:
        field, send, cancel = (child(open_panel, f"rearm_{name}") for name in ("reason", "send", "cancel"))
        QTest.keyClicks(field, "checked")
        if by_key:
            QTest.keyClick(field, Qt.Key.Key_Return)
        else:
            QTest.mouseClick(send, Qt.MouseButton.LeftButton)
        assert field.hasFocus()
        for key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Escape):
            QTest.keyClick(field, key)
        QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
        QTest.mouseClick(send, Qt.MouseButton.LeftButton)
        open_panel.set_snapshot(stopped())
        assert reasons == ["checked"]
        assert isinstance(field, QLineEdit)
        assert isinstance(send, QPushButton)
        assert field.text() == "checked"
        assert field.isVisible()
        assert send.text() == "Re-arming…"
        open_panel.on_denied(RearmMindfolio("user", "checked"), ())
        assert send.text() == "Re-arm"
        QTest.keyClick(field, Qt.Key.Key_Escape)
        assert field.isHidden()

    def test_the_keyboard_is_given_back_when_the_stop_is_lifted(self, open_panel: StopPanel, qtbot: QtBot) -> None:
        QTest.keyClicks(child(open_panel, "rearm_reason"), "checked")
        QTest.keyClick(child(open_panel, "rearm_reason"), Qt.Key.Key_Return)
        with qtbot.waitSignal(open_panel.focus_left, timeout=1000):
            open_panel.set_snapshot(aggressive_growth())

    def test_a_halt_takes_the_typed_reason_away(self, open_panel: StopPanel) -> None:
        QTest.keyClicks(child(open_panel, "rearm_reason"), "checked")
        open_panel.set_snapshot(replace(stopped(), halted="the ledger cannot be written"))
        assert child(open_panel, "rearm_reason").isHidden()
        assert child(open_panel, "rearm_open").isHidden()

    def test_a_later_stop_starts_with_an_empty_reason(self, open_panel: StopPanel, qtbot: QtBot) -> None:
        QTest.keyClicks(child(open_panel, "rearm_reason"), "old reason")
        open_panel.set_snapshot(aggressive_growth())
        open_panel.set_snapshot(stopped())
        QTest.mouseClick(child(open_panel, "rearm_open"), Qt.MouseButton.LeftButton)
        field, send = child(open_panel, "rearm_reason"), child(open_panel, "rearm_send")
        assert isinstance(field, QLineEdit)
        assert isinstance(send, QPushButton)
        assert field.text() == ""
        assert not send.isEnabled()


CONDOR = condor("TSLA", (240, 250, 270, 280))
PLAN = ClosingPlan(
    "C000123",
    NOW,
    (
        ClosingStep(
            "P000001",
            condor("TSLA", (240, 250, 270, 280)),
            2,
            dollars(85),
            dollars(2010),
            "costs least for what it takes away",
        ),
    ),
    dollars(4120),
    dollars(2060),
    dollars(85),
    {"P000002": "its quotes are too old"},
)


class TestLimitsAndPlans:
    def test_a_limit_that_paused_everything_is_shown_with_its_reason_and_the_way_back(self, panel: StopPanel) -> None:
        paused = replace(
            aggressive_growth(),
            status=MindfolioStatus.PAUSED,
            breaker="DRAWDOWN",
            status_why="the drawdown of 15.00 % has reached its limit of 15 %",
        )
        panel.set_snapshot(paused)
        title, why, facts = words(panel)
        assert title == "PAUSED by an account limit"
        assert why == "Why: the drawdown of 15.00 % has reached its limit of 15 %"
        assert "exits go on" in facts
        assert not child(panel, "rearm_open").isHidden()
        panel.set_snapshot(aggressive_growth())
        assert panel.isHidden()

    def test_a_plan_is_asked_for_read_with_its_cost_and_only_then_carried_out(
        self, panel: StopPanel, qtbot: QtBot
    ) -> None:
        asked: list[int] = []
        confirmed: list[str] = []
        panel.plan_requested.connect(lambda: asked.append(1))
        panel.plan_confirmed.connect(confirmed.append)
        panel.set_snapshot(stopped())
        assert child(panel, "plan_confirm").isHidden(), "there is no plan yet"
        QTest.mouseClick(child(panel, "plan_open"), Qt.MouseButton.LeftButton)
        assert asked == [1]
        panel.set_snapshot(replace(stopped(), closing=PLAN))
        assert words(panel)[2].endswith(
            "Plan: close 1 structure for about $85; worst case $4,120 to $2,010; 1 position cannot be closed now"
        )
        QTest.mouseClick(child(panel, "plan_confirm"), Qt.MouseButton.LeftButton)
        assert confirmed == ["C000123"]
        panel.set_snapshot(replace(stopped(), closing=PLAN, closing_by="user"))
        assert child(panel, "plan_confirm").isHidden()
        assert child(panel, "plan_open").isHidden()
        assert "Closing 1 structure" in words(panel)[2]

    def test_orders_of_unknown_fate_are_told(self, panel: StopPanel) -> None:
        panel.set_snapshot(replace(stopped(), orders_unknown=1))
        assert "1 order of unknown fate, the broker is being asked" in words(panel)[2]
