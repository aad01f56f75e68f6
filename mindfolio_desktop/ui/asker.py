"""What a page sends and asks, and what comes of it. Of all that is answered, a page hears of its own alone."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from engine.domain.commands import Command
from engine.domain.denial import Denial
from engine.domain.questions import Question
from mindfolio_desktop.ui.bridge import EngineBridge


class Asker(QObject):
    """Between a page and the bridge: which commands wait for their answer, which questions matter, and which failed.

    Of each kind of question the one that was asked last matters; answers to those before it are not told. A command
    is told of once, as accepted or denied.
    """

    accepted = Signal(object)
    """Command."""
    denied = Signal(object, object)
    """Command, tuple[Denial, ...]."""
    answered = Signal(object, object)
    """Question, and what it asks for."""
    unanswered = Signal(object, str)
    """Question, and why there is no answer."""

    def __init__(self, bridge: EngineBridge, *, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._waiting: dict[str, Command] = {}
        self._wanted: dict[type, Question] = {}
        self._failed: set[type] = set()
        bridge.command_accepted.connect(self._on_accepted)
        bridge.command_denied.connect(self._on_denied)
        bridge.answered.connect(self._on_answered)
        bridge.unanswered.connect(self._on_unanswered)

    def listen(
        self,
        answered: Callable[..., None],
        unanswered: Callable[..., None],
        accepted: Callable[..., None],
        denied: Callable[..., None],
    ) -> None:
        """Tell these methods of a QObject what comes."""
        self.answered.connect(answered)
        self.unanswered.connect(unanswered)
        self.accepted.connect(accepted)
        self.denied.connect(denied)

    # --- commands -------------------------------------------------------------------------------------------------
    def send(self, command: Command, about: str = "") -> None:
        """Send a command; of an earlier one about the same nothing is told any more."""
        self._waiting[about] = command
        self._bridge.send(command)

    def waits(self, about: str = "") -> bool:
        """Whether a command about it waits for its answer."""
        return about in self._waiting

    # --- questions ------------------------------------------------------------------------------------------------
    def ask(self, question: Question) -> None:
        """Ask, because a person wants it now."""
        self._failed.discard(type(question))
        self.ask_again(question)

    def ask_again(self, question: Question) -> None:
        """Ask because time goes on: not where the last one of its kind failed, or its fault would come again and again.

        `ask` and `drop` begin anew.
        """
        if type(question) not in self._failed:
            self._wanted[type(question)] = question
            self._bridge.ask(question)

    def drop(self, *kinds: type) -> None:
        """Questions of these kinds do not matter any more, nor that they failed."""
        for kind in kinds:
            self._wanted.pop(kind, None)
            self._failed.discard(kind)

    def forget(self) -> None:
        """Nothing that was sent or asked so far matters any more."""
        self._waiting.clear()
        self._wanted.clear()
        self._failed.clear()

    # --- what came ------------------------------------------------------------------------------------------------
    def _is_ours(self, command: Command) -> bool:
        """Whether a command of ours is answered; then it waits no more."""
        about = next((each for each, sent in self._waiting.items() if sent == command), None)
        if about is None:
            return False
        del self._waiting[about]
        return True

    @Slot(object)
    def _on_accepted(self, command: Command) -> None:
        if self._is_ours(command):
            self.accepted.emit(command)

    @Slot(object, object)
    def _on_denied(self, command: Command, denials: tuple[Denial, ...]) -> None:
        if self._is_ours(command):
            self.denied.emit(command, denials)

    @Slot(object, object)
    def _on_answered(self, question: Question, answer: object) -> None:
        if self._wanted.get(type(question)) == question:
            self.answered.emit(question, answer)

    @Slot(object, str)
    def _on_unanswered(self, question: Question, why: str) -> None:
        if self._wanted.get(type(question)) == question:
            self._failed.add(type(question))
            self.unanswered.emit(question, why)
