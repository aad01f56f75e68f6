"""Two threads meet: snapshots may merge, notices may not, and nothing that fails reaches the window as a crash."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, QThread, QTimer
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import dollars
from engine.domain.commands import PauseModule
from engine.domain.denial import Denial
from engine.domain.notices import Alert, CommandAccepted, CommandDenied
from engine.domain.questions import Answer, NavSamples, ScansOf, StressOf, TradesOf
from mindfolio_desktop.ui.bridge import INTERVAL_MS, LONGEST_WAIT_MS, REST_MS, EngineBridge
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW, aggressive_growth, stopped

PAUSE = PauseModule(AUTO, "user", "test")


class Listener(QObject):
    """Takes down what the bridge says, in order, and on which thread."""

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__()
        self.heard: list[tuple[str, object]] = []
        self.threads: set[QThread] = set()
        bridge.snapshot_changed.connect(self.on_snapshot)
        bridge.command_accepted.connect(self.on_accepted)
        bridge.command_denied.connect(self.on_denied)
        bridge.alert.connect(self.on_alert)

    def note(self, what: str, value: object) -> None:
        self.heard.append((what, value))
        self.threads.add(QThread.currentThread())

    def on_snapshot(self, snapshot: object) -> None:
        self.note("snapshot", snapshot)

    def on_accepted(self, command: object) -> None:
        self.note("accepted", command)

    def on_denied(self, command: object, denials: object) -> None:
        self.note("denied", (command, denials))

    def on_alert(self, alert: object) -> None:
        self.note("alert", alert)

    def values(self, what: str) -> list[object]:
        return [value for kind, value in self.heard if kind == what]


@pytest.fixture
def listener(bridge: EngineBridge) -> Iterator[Listener]:
    made = Listener(bridge)
    yield made
    made.deleteLater()


def on_another_thread(work: object) -> threading.Thread:
    assert callable(work)
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_flood_of_snapshots_reaches_the_window_at_most_twenty_times_a_second_and_ends_with_the_newest(
    qtbot: QtBot, bridge: EngineBridge, listener: Listener
) -> None:
    began = time.monotonic()

    def flood() -> None:
        for seq in range(3000):
            bridge.publish(replace(newest, seq=seq))
            time.sleep(0.0001)

    newest = aggressive_growth(seq=2999)
    thread = on_another_thread(flood)
    qtbot.waitUntil(lambda: newest in listener.values("snapshot"), timeout=5000)
    thread.join()
    elapsed_ms = (time.monotonic() - began) * 1000
    delivered = listener.values("snapshot")
    assert 1 <= len(delivered) <= elapsed_ms / INTERVAL_MS + 2
    assert delivered[-1] == newest
    assert bridge.snapshot == newest
    assert listener.threads == {bridge.thread()}


def test_no_notice_is_lost_merged_or_overtaken(qtbot: QtBot, bridge: EngineBridge, listener: Listener) -> None:
    alerts = [Alert(NOW, AUTO, f"event {number}") for number in range(2000)]

    def speak() -> None:
        for number, alert in enumerate(alerts):
            bridge.notify(alert)
            if number % 10 == 0:
                bridge.publish(aggressive_growth(seq=number))

    thread = on_another_thread(speak)
    qtbot.waitUntil(lambda: len(listener.values("alert")) == len(alerts), timeout=5000)
    thread.join()
    assert listener.values("alert") == alerts


def test_an_answer_is_heard_after_the_snapshot_that_shows_its_effect(
    qtbot: QtBot, bridge: EngineBridge, listener: Listener
) -> None:
    snapshot = aggressive_growth(version=6)
    denials = (Denial(DenialCode.STOPPED),)
    bridge.notify(CommandAccepted(PAUSE))
    bridge.publish(snapshot)
    bridge.notify(CommandDenied(PAUSE, denials))
    qtbot.waitUntil(lambda: len(listener.heard) == 3)
    assert listener.heard == [("snapshot", snapshot), ("accepted", PAUSE), ("denied", (PAUSE, denials))]


class TestWhileAHandMoves:
    """Figures would make a drag stutter: they come once the hand rests, but what cannot wait does not."""

    @pytest.fixture
    def moving(self, qtbot: QtBot, bridge: EngineBridge, listener: Listener) -> QTimer:
        bridge.publish(aggressive_growth())
        qtbot.waitUntil(lambda: bridge.snapshot is not None)
        listener.heard.clear()
        hand = QTimer(listener, interval=10)
        hand.timeout.connect(bridge.give_way)
        hand.start()
        bridge.give_way()
        return hand

    def test_figures_wait_until_it_rests_and_then_the_newest_come(
        self, qtbot: QtBot, bridge: EngineBridge, listener: Listener, moving: QTimer
    ) -> None:
        newer = [aggressive_growth(day_pnl=dollars(number)) for number in (1, 2)]
        for each in newer:
            bridge.publish(each)
        bridge.notify(Alert(NOW, "", "something calm"))
        qtbot.wait(3 * REST_MS)
        assert listener.heard == []
        moving.stop()
        qtbot.waitUntil(lambda: len(listener.heard) == 2)
        assert listener.values("snapshot") == [newer[-1]]

    def test_a_stop_a_refusal_and_an_urgent_alert_do_not_wait(
        self, qtbot: QtBot, bridge: EngineBridge, listener: Listener, moving: QTimer
    ) -> None:
        bridge.publish(stopped())
        qtbot.waitUntil(lambda: listener.values("snapshot") == [stopped()], timeout=LONGEST_WAIT_MS // 2)
        for notice in (CommandDenied(PAUSE, ()), Alert(NOW, "", "urgent", is_urgent=True)):
            listener.heard.clear()
            bridge.publish(stopped(day_pnl=dollars(7)))
            bridge.notify(notice)
            qtbot.waitUntil(lambda: len(listener.heard) == 2, timeout=LONGEST_WAIT_MS // 2)

    def test_they_do_not_wait_for_ever(
        self, qtbot: QtBot, bridge: EngineBridge, listener: Listener, moving: QTimer
    ) -> None:
        bridge.publish(aggressive_growth(day_pnl=dollars(1)))
        qtbot.waitUntil(lambda: len(listener.values("snapshot")) == 1, timeout=LONGEST_WAIT_MS + 1000)
        assert moving.isActive()


def test_publishing_never_waits_for_the_window(bridge: EngineBridge) -> None:
    snapshot = aggressive_growth()
    began = time.monotonic()
    for _ in range(1000):
        bridge.publish(snapshot)
    assert time.monotonic() - began < 1.0  # a thousand waits for the window would be without end
    assert bridge.snapshot is None  # the window's thread was busy here; nothing was forced upon it


def test_commands_go_to_the_engine_and_a_stop_goes_past_them(bridge: EngineBridge, engine: EngineFake) -> None:
    bridge.send(PAUSE)
    bridge.emergency_stop("window button", "looks wrong")
    assert engine.commands == [PAUSE]
    assert engine.stops == [("window button", "looks wrong")]


def test_questions_of_the_ledger_are_answered_by_one_other_thread(
    qtbot: QtBot, bridge: EngineBridge, engine: EngineFake
) -> None:
    samples = ((NOW, dollars(50_000)),)
    engine.answers[NavSamples] = samples
    answers: list[object] = []
    bridge.answered.connect(lambda question, answer: answers.append((question, answer)))
    asked = (ScansOf(AUTO, NOW), TradesOf(AUTO), NavSamples())
    for question in asked:
        bridge.ask(question)
    qtbot.waitUntil(lambda: len(answers) == 3)
    assert len(engine.threads) == 1
    assert threading.main_thread().name not in engine.threads
    assert answers == [(asked[0], ()), (asked[1], ()), (asked[2], samples)]


def test_what_the_engine_has_in_hand_is_asked_of_it_and_worked_out_on_neither_ones_thread(
    qtbot: QtBot, bridge: EngineBridge, engine: EngineFake
) -> None:
    bridge.ask(StressOf())
    assert engine.questions == [StressOf()]
    assert engine.threads == set()
    with qtbot.waitSignal(bridge.answered) as told:
        bridge.notify(Answer(StressOf(), lambda: threading.current_thread().name))
    assert told.args[0] == StressOf()
    assert str(told.args[1]).startswith("mindfolio-figures")


def test_work_that_fails_is_an_alert_and_no_answer(qtbot: QtBot, bridge: EngineBridge, listener: Listener) -> None:
    def fail() -> object:
        raise ZeroDivisionError("a bug")

    bridge.ask(StressOf())
    with qtbot.waitSignal(bridge.unanswered) as told:
        bridge.notify(Answer(StressOf(), fail))
    assert told.args == [StressOf(), "a bug"]
    (alert,) = listener.values("alert")
    assert isinstance(alert, Alert)
    assert alert.text == "There are no figures for the stress grid: a bug"


def test_a_question_that_waits_for_its_answer_is_not_asked_twice(
    qtbot: QtBot, bridge: EngineBridge, engine: EngineFake
) -> None:
    engine.may_answer.clear()
    for _ in range(50):
        bridge.ask(TradesOf(AUTO))
        bridge.ask(StressOf())
    with qtbot.waitSignal(bridge.answered):
        engine.may_answer.set()
    assert sorted(engine.asked, key=str) == sorted([(StressOf, ""), (TradesOf, AUTO)], key=str)
    with qtbot.waitSignal(bridge.answered):
        bridge.ask(TradesOf(AUTO))
    assert len(engine.questions) == 3


@pytest.mark.parametrize("fault", [LedgerFault("ledger.db is in use"), ZeroDivisionError("a bug")])
def test_a_question_that_fails_is_an_alert_and_the_next_one_works(
    qtbot: QtBot, bridge: EngineBridge, engine: EngineFake, fault: Exception
) -> None:
    engine.fault = fault
    with qtbot.waitSignal(bridge.alert) as told:
        bridge.ask(TradesOf(AUTO))
    alert = told.args[0]
    assert isinstance(alert, Alert)
    assert alert.module_id == AUTO
    assert alert.text == f"The ledger could not be read for the closed trades: {fault}"
    engine.fault = None
    with qtbot.waitSignal(bridge.answered):
        bridge.ask(TradesOf(AUTO))


def test_after_closing_nothing_more_comes_and_the_thread_has_ended(
    qtbot: QtBot, engine: EngineFake, bridge: EngineBridge, listener: Listener
) -> None:
    with qtbot.waitSignal(bridge.answered):
        bridge.ask(NavSamples())
    (name,) = engine.threads
    bridge.publish(aggressive_growth())
    bridge.close()
    bridge.publish(aggressive_growth(seq=413))
    bridge.notify(Alert(NOW, AUTO, "too late"))
    bridge.ask(NavSamples())
    qtbot.wait(3 * INTERVAL_MS)
    assert listener.heard == []
    assert engine.questions == [NavSamples()]
    assert name not in {thread.name for thread in threading.enumerate()}
