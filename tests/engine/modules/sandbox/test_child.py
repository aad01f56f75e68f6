"""The child's own loop, in this process and with what it cannot do left out."""

import calendar
import io
import sys
from typing import Any

import pytest

from engine.domain.scan import Exit
from engine.modules.sandbox import child
from engine.modules.sandbox.protocol import (
    HEAD,
    Answer,
    Failed,
    Judged,
    Load,
    Loaded,
    Look,
    Looked,
    Request,
    Seal,
    Sealed,
    answer_in,
    frame,
    judge_of,
)
from tests.engine.modules.sandbox.scenes import QUICK, a_condor, manage_context, managing, scan_context, scanning


@pytest.fixture(autouse=True)
def not_sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test process has to live on."""
    monkeypatch.setattr(child, "seal", lambda _limits: ("nothing",))


def served(*questions: Request) -> list[Answer]:
    """What the child answers to these, once it is sealed."""
    sealed, *found = answered(Seal(QUICK), *questions)
    assert sealed == Sealed(("nothing",))
    return found


def answered(*questions: Request) -> list[Answer]:
    """What the child answers to these."""
    answers = io.BytesIO()
    child.serve(io.BytesIO(b"".join(frame(question) for question in questions)), answers)
    body, found = answers.getvalue(), []
    while body:
        size = HEAD + int.from_bytes(body[:HEAD], "big")
        found.append(answer_in(body[HEAD:size]))
        body = body[size:]
    return found


def load(source: Any) -> Load:
    """Load this source."""
    return Load("mine", source if isinstance(source, bytes) else source.encode())


def test_a_scan_answers_with_findings_and_with_actions_in_the_order_asked() -> None:
    held = a_condor()
    question = judge_of(held, manage_context(held))
    loaded, looked = served(
        load(managing('[Exit(p.position_id, "enough")]')), Look(scan_context(held), (question.held,))
    )
    assert isinstance(loaded, Loaded)
    assert loaded.structures == ("Iron Condor",)
    assert isinstance(looked, Looked)
    assert [finding.reason for finding in looked.findings] == ["nothing today"]
    assert [[said.action() for said in each] for each in looked.actions] == [[Exit(held.position_id, "enough")]]


def test_one_position_alone() -> None:
    held = a_condor()
    _, judged = served(load(managing("()")), judge_of(held, manage_context(held)))
    assert judged == Judged(())


def test_an_error_is_told_with_its_line_and_the_child_goes_on() -> None:
    _, failed, again = served(load(scanning("1/0")), Look(scan_context(), ()), Look(scan_context(), ()))
    assert failed == again == Failed("ZeroDivisionError: division by zero, line 9 of mine.py")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("def scan(c): return ()", "there is no function manage in it"),
        ("scan = manage = 5", "there is no function scan in it"),
        ("def scan(c): ...\ndef manage(p, c): ...", "STRUCTURES names nothing"),
        ("def scan(c): ...\ndef manage(p, c): ...\nSTRUCTURES = ['Iron Duke']", "'Iron Duke' is not a valid"),
        (
            "def scan(c): ...\ndef manage(p, c): ...\nSTRUCTURES = ['Iron Condor']\nPARAMETERS = [5]",
            "PARAMETERS holds something",
        ),
        ("def :", "invalid syntax"),
    ],
)
def test_what_is_no_module_is_refused_with_a_reason(source: str, why: str) -> None:
    (failed,) = served(load(source))
    assert isinstance(failed, Failed)
    assert why in failed.error


def test_nothing_is_answered_before_something_is_loaded() -> None:
    assert served(Look(scan_context(), ())) == [Failed("Refused: nothing is loaded")]


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (scanning("return None"), "Refused: scan returned None where a list has to be"),
        (scanning("return 'SPY'"), "Refused: scan returned 'SPY' where a list has to be"),
        (managing("None"), "Refused: manage returned None where a list has to be"),
        (managing("Exit(p.position_id, 'x')"), "Refused: manage returned Exit(position_id="),
    ],
)
def test_a_forgotten_return_or_list_is_told_as_such(source: bytes, why: str) -> None:
    held = a_condor()
    question = judge_of(held, manage_context(held))
    _, failed = served(load(source), Look(scan_context(held), (question.held,)))
    assert isinstance(failed, Failed)
    assert failed.error.startswith(why)


def test_no_code_is_taken_before_the_process_is_sealed() -> None:
    assert answered(load(managing("()"))) == [Failed("Refused: the process is not sealed")]


def test_the_code_is_compiled_within_the_limits() -> None:
    (failed,) = served(load("def :"))
    assert failed == Failed("SyntaxError: invalid syntax (mine.py, line 1)")
    assert answered(load("def :")) == [Failed("Refused: the process is not sealed")], "it is not even read"


def test_a_module_may_bear_the_name_of_one_of_pythons_own() -> None:
    source = (
        managing("()").decode() + "from dataclasses import dataclass\n@dataclass\nclass Rules:\n    days: int = 5\n"
    )
    (loaded,) = served(Load("calendar", source.encode()))
    assert isinstance(loaded, Loaded)
    assert sys.modules["calendar"] is calendar


def test_the_summary_is_the_first_line_of_its_docstring() -> None:
    (loaded,) = served(load('"""Sells condors.\n\nMore."""\n' + managing("()").decode()))
    assert isinstance(loaded, Loaded)
    assert loaded.summary == "Sells condors."
