"""The chosen position: what is asked for about it, what is shown, and what its actions send."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QSlider, QSpinBox, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.commands import ClosePosition, RollPosition, SetTarget
from engine.domain.denial import Denial
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.position import OwnExits
from engine.domain.questions import Answer, ClosingOf, DeskQuestion, LegsOf, PayoffOf, RollOf, RollTermsOf
from engine.domain.snapshot import MindfolioSnapshot, PositionView
from engine.domain.structure import shares_of
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.models.positions import EXTERNAL_NAME, PositionRow
from mindfolio_desktop.ui.views import position_panel
from mindfolio_desktop.ui.views.position_panel import PositionPanel
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.sheets import closing, legs, payoff, roll, terms
from tests.mindfolio_desktop.ui.snapshots import NOW, aggressive_growth, position_view, stopped

VIEW = position_view(quantity=2)


@pytest.fixture
def panel(qtbot: QtBot, bridge: EngineBridge, monkeypatch: pytest.MonkeyPatch) -> PositionPanel:
    """Two condors are shown; nothing is answered yet. It asks again every 30 ms at most."""
    monkeypatch.setattr(position_panel, "ASK_INTERVAL_MS", 30)
    made = PositionPanel(bridge)
    qtbot.addWidget(made)
    made.resize(1000, 900)
    show(made)
    made.show()
    return made


def show(
    panel: PositionPanel,
    view: PositionView = VIEW,
    module: str = "IV Service",
    snapshot: MindfolioSnapshot | None = None,
) -> None:
    panel.show_row(PositionRow(view, NOW, module), snapshot or aggressive_growth())


def answer(bridge: EngineBridge, qtbot: QtBot, question: DeskQuestion, found: object) -> None:
    with qtbot.waitSignal(bridge.answered):
        bridge.notify(Answer(question, lambda: found))


def fail(bridge: EngineBridge, qtbot: QtBot, question: DeskQuestion, why: str) -> None:
    def work() -> object:
        raise ValueError(why)

    with qtbot.waitSignal(bridge.unanswered):
        bridge.notify(Answer(question, work))


def button(panel: PositionPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, name)
    assert found is not None
    return found


def press(panel: PositionPanel, name: str) -> None:
    QTest.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def words(panel: PositionPanel, name: str) -> str:
    label = panel.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisibleTo(panel) else ""


def strike(panel: PositionPanel, at: int) -> QComboBox:
    """The list of strikes of a leg that is rolled."""
    (found,) = [one for one in panel.findChildren(QComboBox, f"roll_strike_{at}") if not one.isHidden()]
    return found


class TestShown:
    def test_legs_and_payoff_are_asked_for_at_once_and_shown(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        assert engine.questions == [LegsOf("p-1"), PayoffOf("p-1", 0, 0)]
        assert "2" in words(panel, "position_name")
        assert words(panel, "legs_table_empty") == "Reading the quotes…"
        answer(bridge, qtbot, LegsOf("p-1"), legs())
        answer(bridge, qtbot, PayoffOf("p-1", 0, 0), payoff())
        table = panel.findChild(QTableView, "legs_table")
        assert table is not None
        assert table.model().rowCount() == 4
        assert words(panel, "payoff_chance") == "68.4%"

    def test_what_does_not_move_is_not_worked_out_again(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        answer(bridge, qtbot, LegsOf("p-1"), legs())
        answer(bridge, qtbot, PayoffOf("p-1", 0, 0), payoff())
        engine.questions.clear()
        qtbot.wait(50)
        show(panel)
        assert engine.questions == [LegsOf("p-1")]
        answer(bridge, qtbot, LegsOf("p-1"), legs())
        qtbot.wait(50)
        show(panel, replace(VIEW, mark=dollars(-199)))
        assert PayoffOf("p-1", 0, 0) in engine.questions

    def test_news_within_the_interval_wait_for_its_end(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        answer(bridge, qtbot, LegsOf("p-1"), legs())
        answer(bridge, qtbot, PayoffOf("p-1", 0, 0), payoff())
        qtbot.wait(50)
        engine.questions.clear()
        show(panel)
        show(panel, replace(VIEW, mark=dollars(-199)))
        assert PayoffOf("p-1", 0, 0) not in engine.questions
        qtbot.waitUntil(lambda: PayoffOf("p-1", 0, 0) in engine.questions)

    def test_a_slider_asks_for_another_curve_and_an_older_answer_is_ignored(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        answer(bridge, qtbot, PayoffOf("p-1", 0, 0), payoff())
        days = panel.findChild(QSlider, "payoff_days")
        assert days is not None
        QTest.keyClick(days, Qt.Key.Key_Right)
        qtbot.waitUntil(lambda: PayoffOf("p-1", 1, 0) in engine.questions)
        answer(bridge, qtbot, PayoffOf("p-1", 0, 0), payoff(chance=0.1))
        assert words(panel, "payoff_chance") == "68.4%"
        answer(bridge, qtbot, PayoffOf("p-1", 1, 0), payoff(chance=0.2))
        assert words(panel, "payoff_chance") == "20.0%"

    def test_another_position_starts_anew(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_close")
        show(panel, position_view("p-2"))
        assert {LegsOf("p-2"), PayoffOf("p-2", 0, 0)} <= set(engine.questions)
        assert not panel.findChild(QSpinBox, "close_quantity").isVisible()  # type: ignore[union-attr]
        answer(bridge, qtbot, PayoffOf("p-1", 0, 0), payoff())
        assert words(panel, "payoff_chance") != "68.4%"

    def test_what_ended_meanwhile_is_said(self, panel: PositionPanel, bridge: EngineBridge, qtbot: QtBot) -> None:
        answer(bridge, qtbot, PayoffOf("p-1", 0, 0), None)
        assert words(panel, "payoff_chart_empty") == "It is not open any more."

    def test_what_fails_is_said_and_not_asked_for_again_and_again(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        fail(bridge, qtbot, PayoffOf("p-1", 0, 0), "a bug")
        fail(bridge, qtbot, LegsOf("p-1"), "another")
        assert words(panel, "payoff_chart_empty") == "There are no figures: a bug"
        assert words(panel, "legs_table_empty") == "There are no figures: another"
        engine.questions.clear()
        qtbot.wait(50)
        show(panel, replace(VIEW, mark=0))
        assert engine.questions == []


class TestClose:
    def test_a_part_is_closed_at_what_was_shown(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_close")
        assert ClosingOf("p-1", 2) in engine.questions
        box = panel.findChild(QSpinBox, "close_quantity")
        assert box is not None
        QTest.keyClick(box, Qt.Key.Key_Down)
        answer(bridge, qtbot, ClosingOf("p-1", 1), closing(1))
        assert "pay $200.00" in words(panel, "close_strip_cost")
        press(panel, "close_strip_confirm")
        (command,) = engine.commands
        assert command == ClosePosition("p-1", 1, None, "user", "closed on the positions page")
        with qtbot.waitSignal(bridge.command_accepted):
            bridge.notify(CommandAccepted(command))
        assert not box.isVisible()
        assert "it works on the orders page" in words(panel, "position_done")
        with qtbot.waitSignal(panel.orders_wanted):
            press(panel, "position_orders")

    def test_all_of_it_at_a_limit(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_close")
        answer(bridge, qtbot, ClosingOf("p-1", 2), closing(2))
        press(panel, "close_price_rest")
        press(panel, "close_strip_confirm")
        (command,) = engine.commands
        assert command == ClosePosition("p-1", None, dollars(2), "user", "closed on the positions page")

    def test_a_denial_is_shown_beside_the_button(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_close")
        answer(bridge, qtbot, ClosingOf("p-1", 2), closing(2))
        press(panel, "close_strip_confirm")
        with qtbot.waitSignal(bridge.command_denied):
            bridge.notify(CommandDenied(engine.commands[0], (Denial(DenialCode.MARKET_CLOSED),)))
        assert "orders open only during the regular session" in words(panel, "close_strip_refused")
        assert button(panel, "close_strip_confirm").isEnabled()

    def test_somebody_elses_answer_changes_nothing(
        self, panel: PositionPanel, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_close")
        theirs = ClosePosition("p-1", None, None, "console", "x")
        with qtbot.waitSignal(bridge.command_accepted):
            bridge.notify(CommandAccepted(theirs))
        with qtbot.waitSignal(bridge.command_denied):
            bridge.notify(CommandDenied(theirs, ()))
        assert button(panel, "close_strip_confirm").isVisible()
        assert words(panel, "close_strip_refused") == ""

    def test_prices_are_asked_for_again_while_it_is_open(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_close")
        answer(bridge, qtbot, ClosingOf("p-1", 2), closing(2))
        engine.questions.clear()
        qtbot.wait(50)
        show(panel)
        assert ClosingOf("p-1", 2) in engine.questions

    def test_escape_leaves_it_and_the_focus_is_where_it_was(self, panel: PositionPanel, qtbot: QtBot) -> None:
        panel.activateWindow()
        press(panel, "position_close")
        box = panel.findChild(QSpinBox, "close_quantity")
        assert box is not None
        QTest.keyClick(box, Qt.Key.Key_Escape)
        assert not box.isVisible()
        qtbot.waitUntil(button(panel, "position_close").hasFocus)

    def test_figures_that_fail_are_said_in_the_strip(
        self, panel: PositionPanel, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_close")
        fail(bridge, qtbot, ClosingOf("p-1", 2), "a bug")
        assert words(panel, "close_strip_refused") == "There are no figures: a bug"


class TestRoll:
    def test_legs_are_rolled_to_what_was_chosen(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_roll")
        answer(bridge, qtbot, RollTermsOf("p-1"), terms())
        QTest.keyClick(strike(panel, 0), Qt.Key.Key_Up)
        QTest.keyClick(strike(panel, 1), Qt.Key.Key_Up)
        (question,) = [each for each in engine.questions if isinstance(each, RollOf)]
        answer(bridge, qtbot, question, roll())
        press(panel, "roll_strip_confirm")
        (command,) = engine.commands
        assert command == RollPosition(
            "p-1", question.close, question.open, None, "user", "rolled on the positions page"
        )
        with qtbot.waitSignal(bridge.command_denied):
            bridge.notify(CommandDenied(command, (Denial(DenialCode.MODULE_STATUS),)))
        assert "it is paused" in words(panel, "roll_strip_refused")
        press(panel, "roll_strip_confirm")
        with qtbot.waitSignal(bridge.command_accepted):
            bridge.notify(CommandAccepted(command))
        assert words(panel, "position_done").startswith("The roll is ordered")

    def test_it_is_asked_for_again_while_it_is_open_and_left_by_its_button(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_roll")
        answer(bridge, qtbot, RollTermsOf("p-1"), terms())
        QTest.keyClick(strike(panel, 0), Qt.Key.Key_Up)
        QTest.keyClick(strike(panel, 1), Qt.Key.Key_Up)
        (question,) = [each for each in engine.questions if isinstance(each, RollOf)]
        answer(bridge, qtbot, question, roll())
        engine.questions.clear()
        qtbot.wait(50)
        show(panel)
        assert question in engine.questions
        press(panel, "roll_strip_dismiss")
        assert not button(panel, "roll_strip_confirm").isVisible()

    def test_shares_cannot_be_rolled(self, panel: PositionPanel) -> None:
        show(panel, position_view("p-9", structure=shares_of("TSLA"), quantity=100))
        assert not button(panel, "position_roll").isEnabled()
        assert "no expiration" in button(panel, "position_roll").toolTip()
        assert button(panel, "position_close").isEnabled()

    def test_terms_that_fail_are_said_in_the_strip(
        self, panel: PositionPanel, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_roll")
        fail(bridge, qtbot, RollTermsOf("p-1"), "a bug")
        assert words(panel, "roll_strip_refused") == "There are no figures: a bug"


class TestWhatTheEngineWouldRefuse:
    @pytest.mark.parametrize(
        ("module", "snapshot", "why"),
        [
            (EXTERNAL_NAME, aggressive_growth(), "belongs to no module here"),
            ("IV Service", stopped(), "Everything is stopped"),
            ("IV Service", aggressive_growth(halted="no space left"), "Trading is halted"),
        ],
        ids=["external", "stopped", "halted"],
    )
    def test_actions_are_off_with_the_reason_and_an_open_strip_goes(
        self, panel: PositionPanel, module: str, snapshot: MindfolioSnapshot, why: str
    ) -> None:
        press(panel, "position_close")
        show(panel, module=module, snapshot=snapshot)
        assert why in words(panel, "position_state")
        assert not button(panel, "position_close").isEnabled()
        assert not button(panel, "position_roll").isEnabled()
        assert not button(panel, "close_strip_confirm").isVisible()
        show(panel)
        assert words(panel, "position_state") == ""
        assert button(panel, "position_close").isEnabled()


class TestTarget:
    def test_a_target_is_sent_refused_in_words_and_shown_once_it_holds(
        self, panel: PositionPanel, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        press(panel, "position_target")
        box = panel.findChild(QSpinBox, "target_profit")
        assert box is not None
        QTest.keyClick(box, Qt.Key.Key_PageUp)
        press(panel, "target_strip_confirm")
        (command,) = engine.commands
        assert command == SetTarget("p-1", 10, None, "user", "set on the positions page")
        with qtbot.waitSignal(bridge.command_denied):
            bridge.notify(CommandDenied(command, (Denial(DenialCode.UNKNOWN_POSITION),)))
        assert "it is not open any more" in words(panel, "target_strip_refused")
        press(panel, "target_strip_confirm")
        with qtbot.waitSignal(bridge.command_accepted):
            bridge.notify(CommandAccepted(command))
        assert not box.isVisible()
        assert panel.focusWidget() is button(panel, "position_target")
        show(panel, replace(VIEW, own_exits=OwnExits(10, 150)))
        assert words(panel, "position_own_exits") == "Own target 10%, own stop 150%"

    def test_escape_leaves_it_and_the_focus_is_where_it_was(self, panel: PositionPanel, qtbot: QtBot) -> None:
        panel.activateWindow()
        press(panel, "position_target")
        box = panel.findChild(QSpinBox, "target_profit")
        assert box is not None
        QTest.keyClick(box, Qt.Key.Key_Escape)
        qtbot.waitUntil(button(panel, "position_target").hasFocus)
