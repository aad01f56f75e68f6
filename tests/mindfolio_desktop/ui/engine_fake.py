"""An engine for the window's tests: it records what it is asked and says only what a test makes it say."""

import threading

from engine.core.errors import MindfolioError
from engine.domain.allocation_review import AllocationReview
from engine.domain.commands import Command
from engine.domain.questions import (
    DESK_QUESTIONS,
    AllocationsSoFar,
    DeskQuestion,
    LedgerQuestion,
    Question,
    SheetsOf,
)


class EngineFake:
    """Takes commands and stops.

    Questions of the ledger are answered by what a test put into `answers` under their class, an empty tuple where it
    put nothing; an exception there, or `fault` for all of them, makes them fail. Those of the desk are only noted.
    """

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.stops: list[tuple[str, str]] = []
        self.questions: list[Question] = []
        self.answers: dict[type, object] = {
            SheetsOf: MindfolioError("the ledger is empty"),
            AllocationsSoFar: AllocationReview((), (), ()),
        }
        self.threads: set[str] = set()
        self.fault: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def send(self, message: Command | DeskQuestion) -> None:
        """Take a command, or a question."""
        if isinstance(message, DESK_QUESTIONS):
            self.questions.append(message)
        else:
            self.commands.append(message)

    def stop(self, source: str, why: str) -> None:
        """Take an emergency stop."""
        self.stops.append((source, why))

    def read(self, question: LedgerQuestion) -> object:
        """What a test put here."""
        self.questions.append(question)
        self.threads.add(threading.current_thread().name)
        self.may_answer.wait(5)
        if self.fault is not None:
            raise self.fault
        answer = self.answers.get(type(question), ())
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def asked(self) -> list[tuple[type, str]]:
        """What was asked so far: the class of each question, and the module that it is about."""
        return [(type(each), getattr(each, "module_id", "")) for each in self.questions]
