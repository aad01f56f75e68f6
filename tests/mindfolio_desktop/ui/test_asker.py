"""A page hears of its own commands and questions, once, and of nobody else's."""

import pytest
from PySide6.QtCore import QObject

from engine.domain.commands import CancelOrder, PauseModule
from engine.domain.questions import ClosingOf, LegsOf
from mindfolio_desktop.ui.asker import Asker
from mindfolio_desktop.ui.bridge import EngineBridge
from tests.mindfolio_desktop.ui.engine_fake import EngineFake

FIRST, SECOND = CancelOrder("O1", "user", "why"), CancelOrder("O2", "user", "why")


class Page(QObject):
    """Notes what it hears."""

    def __init__(self, bridge: EngineBridge) -> None:
        super().__init__()
        self.heard: list[tuple[str, object, object]] = []
        self.asker = Asker(bridge, parent=self)
        self.asker.listen(self._on_answered, self._on_unanswered, self._on_accepted, self._on_denied)

    def _on_accepted(self, command: object) -> None:
        self.heard.append(("accepted", command, None))

    def _on_denied(self, command: object, denials: object) -> None:
        self.heard.append(("denied", command, denials))

    def _on_answered(self, question: object, answer: object) -> None:
        self.heard.append(("answered", question, answer))

    def _on_unanswered(self, question: object, why: str) -> None:
        self.heard.append(("unanswered", question, why))


@pytest.fixture
def page(bridge: EngineBridge) -> Page:
    return Page(bridge)


def test_a_command_waits_for_its_answer_and_is_told_of_once(
    page: Page, bridge: EngineBridge, engine: EngineFake
) -> None:
    page.asker.send(FIRST)
    assert (engine.commands, page.asker.waits()) == ([FIRST], True)
    for _ in range(2):
        bridge.command_accepted.emit(FIRST)
    assert page.heard == [("accepted", FIRST, None)]
    assert not page.asker.waits()


def test_commands_of_others_are_not_told_of(page: Page, bridge: EngineBridge) -> None:
    page.asker.send(FIRST)
    bridge.command_accepted.emit(SECOND)
    bridge.command_denied.emit(PauseModule("m", "user", "why"), ())
    assert (page.heard, page.asker.waits()) == ([], True)


def test_commands_about_several_things_wait_beside_each_other(page: Page, bridge: EngineBridge) -> None:
    page.asker.send(FIRST, "O1")
    page.asker.send(SECOND, "O2")
    bridge.command_denied.emit(SECOND, ("no",))
    assert page.heard == [("denied", SECOND, ("no",))]
    assert (page.asker.waits("O1"), page.asker.waits("O2"), page.asker.waits()) == (True, False, False)


def test_of_two_commands_about_the_same_the_last_is_told_of(page: Page, bridge: EngineBridge) -> None:
    page.asker.send(FIRST)
    page.asker.send(SECOND)
    bridge.command_accepted.emit(FIRST)
    assert (page.heard, page.asker.waits()) == ([], True)


def test_of_each_kind_of_question_the_last_matters(page: Page, bridge: EngineBridge) -> None:
    page.asker.ask(LegsOf("p-1"))
    page.asker.ask(ClosingOf("p-1", 1))
    page.asker.ask(ClosingOf("p-1", 2))
    for question in (ClosingOf("p-1", 1), LegsOf("p-2"), LegsOf("p-1"), ClosingOf("p-1", 2)):
        bridge.answered.emit(question, "answer")
    assert page.heard == [("answered", LegsOf("p-1"), "answer"), ("answered", ClosingOf("p-1", 2), "answer")]


def test_what_failed_is_asked_again_only_by_a_person(page: Page, bridge: EngineBridge, engine: EngineFake) -> None:
    one, two = ClosingOf("p-1", 1), ClosingOf("p-1", 2)
    page.asker.ask_again(one)
    bridge.unanswered.emit(two, "somebody else's")
    bridge.unanswered.emit(one, "no chain")
    page.asker.ask_again(two)
    assert (page.heard, engine.questions) == ([("unanswered", one, "no chain")], [one])
    page.asker.ask_again(LegsOf("p-1"))
    page.asker.ask(two)
    page.asker.ask_again(ClosingOf("p-1", 3))
    assert engine.questions[1:] == [LegsOf("p-1"), two, ClosingOf("p-1", 3)]


def test_what_was_dropped_is_not_told_of_and_may_be_asked_anew(
    page: Page, bridge: EngineBridge, engine: EngineFake
) -> None:
    page.asker.ask(LegsOf("p-1"))
    page.asker.ask(ClosingOf("p-1", 1))
    bridge.unanswered.emit(ClosingOf("p-1", 1), "no chain")
    page.heard.clear()
    page.asker.drop(LegsOf, ClosingOf)
    bridge.answered.emit(LegsOf("p-1"), "late")
    assert page.heard == []
    page.asker.ask_again(ClosingOf("p-1", 2))
    assert engine.questions[-1] == ClosingOf("p-1", 2)


def test_nothing_that_was_forgotten_is_told_of(page: Page, bridge: EngineBridge) -> None:
    page.asker.send(FIRST)
    page.asker.ask(LegsOf("p-1"))
    page.asker.forget()
    bridge.command_accepted.emit(FIRST)
    bridge.answered.emit(LegsOf("p-1"), "late")
    assert (page.heard, page.asker.waits()) == ([], False)
