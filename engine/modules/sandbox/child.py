"""The other end of the pipe: loads a user's module from the bytes it is given, and answers one question after another.

Runs in a process of its own. What the user's code prints goes nowhere.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, BinaryIO

from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.base import ParameterSpec
from engine.modules.sandbox.protocol import (
    HEAD,
    Answer,
    Failed,
    Held,
    Judge,
    Judged,
    Load,
    Loaded,
    Look,
    Looked,
    Said,
    Seal,
    Sealed,
    frame,
    judge_within,
    request_in,
)
from engine.modules.sandbox.seal import seal

_BUILT_ON = ("engine.modules.proposal", "engine.modules.screening")
"""What modules build on is imported before the process is sealed."""

_LONGEST = 500
"""Characters of an error."""


class Refused(Exception):
    """A user's module lacks something."""


def main() -> None:
    """Serve until the pipe ends."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    serve(questions, answers)


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer every question of a stream until it ends; the first has to be a Seal, the second a Load."""
    program: ModuleType | None = None
    is_sealed = False
    while head := questions.read(HEAD):
        question = request_in(questions.read(int.from_bytes(head, "big")))
        answer: Answer
        try:
            if isinstance(question, Seal):
                answer, is_sealed = sealed(question), True
            elif isinstance(question, Load):
                program, answer = load(question, is_sealed=is_sealed)
            else:
                answer = _answer(program, question)
            body = frame(answer)
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises is told
            body = frame(Failed(explained(error)))
        answers.write(body)
        answers.flush()


def sealed(question: Seal) -> Sealed:
    """Seal the process."""
    for built_on in _BUILT_ON:
        importlib.import_module(built_on)
    return Sealed(seal(question.limits))


def load(question: Load, *, is_sealed: bool) -> tuple[ModuleType, Loaded]:
    """Run the module's bytes, and see what it is. Raises what its code raises."""
    if not is_sealed:
        raise Refused("the process is not sealed")
    # After the seal: a megabyte of source can make the compiler take gigabytes.
    code = compile(question.source, f"{question.name}.py", "exec", dont_inherit=True)
    # A name that no import statement finds: a module may be called as one of Python's own, such as calendar.
    program = ModuleType(f"user module {question.name}")
    sys.modules[program.__name__] = program  # dataclasses look their module up
    exec(code, program.__dict__)  # noqa: S102 - these bytes are what a person has enabled
    for name in ("scan", "manage"):
        if not callable(getattr(program, name, None)):
            raise Refused(f"there is no function {name} in it")
    structures = tuple(StructureKind(kind).value for kind in getattr(program, "STRUCTURES", ()))
    if not structures:
        raise Refused("STRUCTURES names nothing that it trades")
    parameters = tuple(getattr(program, "PARAMETERS", ()))
    if not all(isinstance(each, ParameterSpec) for each in parameters):
        raise Refused("PARAMETERS holds something that is no ParameterSpec")
    summary = ((program.__doc__ or "").strip().splitlines() or [""])[0][:_LONGEST]
    return program, Loaded(summary, structures, parameters)


def _answer(program: ModuleType | None, question: Look | Judge) -> Answer:
    if program is None:
        raise Refused("nothing is loaded")
    functions: Any = program
    if isinstance(question, Judge):
        return Judged(_judged(functions.manage, question))
    findings = _many(functions.scan(question.context), "scan")
    return Looked(findings, tuple(_asked(functions.manage, question.context, held) for held in question.held))


def _asked(manage: Callable[..., Any], context: ScanContext, held: Held) -> tuple[Said, ...]:
    return _judged(manage, judge_within(context, held))


def _judged(manage: Callable[..., Any], question: Judge) -> tuple[Said, ...]:
    return tuple(Said.of(action) for action in _many(manage(question.held.position, question.context()), "manage"))


def _many(answer: Any, function: str) -> tuple[Any, ...]:
    """An answer's parts. Raises Refused for what has none: a forgotten return, one thing where a list has to be."""
    if not isinstance(answer, Iterable) or isinstance(answer, str | bytes):
        raise Refused(f"{function} returned {answer!r:.40} where a list has to be")
    return tuple(answer)


def explained(error: Exception) -> str:
    """An error in one line, with the line of the user's file where it came up."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if os.sep not in each.filename]
    where = f", line {frames[-1].lineno} of {frames[-1].filename}" if frames else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:_LONGEST]}{where}"


if __name__ == "__main__":
    main()
