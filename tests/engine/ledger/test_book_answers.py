"""What a person answered to suggestions: in the book, so that a restart does not ask again."""

import datetime as dt
from typing import Any

import pytest

from engine.domain import events as ev
from engine.domain.candidate import ApprovalStatus
from engine.domain.order import OrderPurpose
from engine.ledger import checkpoint
from engine.ledger.book import Book
from tests.builders import ALPHA, NOW, approval, candidate, created


def book(*events: ev.Event, at: dt.datetime = NOW) -> Book:
    """The fold of a creation and these events."""
    made = Book()
    for seq, event in enumerate((created(), *events), start=1):
        made.apply(seq, at, event)
    return made


def asked(**changes: Any) -> ev.ApprovalRequested:
    """A closing of P000009 that waits for a person."""
    suggestion = candidate(
        purpose=OrderPurpose.CLOSE, position_id="P000009", reasons=("concentration of TSLA: 20 %", "more")
    )
    return ev.ApprovalRequested(approval(candidate=suggestion, **changes))


@pytest.mark.parametrize(
    ("status", "is_kept"),
    [
        (ApprovalStatus.REFUSED, True),
        (ApprovalStatus.EXPIRED, True),
        (ApprovalStatus.APPROVED, False),
        (ApprovalStatus.VOIDED, False),
        (ApprovalStatus.DENIED, False),
    ],
)
def test_refused_and_expired_are_answers(status: ApprovalStatus, is_kept: bool) -> None:
    found = book(asked(), ev.ApprovalDecided("A000001", status, "user", "no"))
    assert found.approvals == {}
    assert bool(found.answers) is is_kept
    if is_kept:
        (answer,) = found.answers.values()
        assert (answer.module_id, answer.position_id, answer.symbol) == (ALPHA, "P000009", "TSLA")
        assert (answer.reason, answer.status, answer.at) == ("concentration of TSLA: 20 %", status, NOW)


def test_only_the_newest_answer_to_the_same_is_kept_and_a_checkpoint_keeps_it() -> None:
    found = book(
        asked(), ev.ApprovalDecided("A000001", ApprovalStatus.REFUSED, "user", "no"),
        asked(approval_id="A000002"), ev.ApprovalDecided("A000002", ApprovalStatus.EXPIRED, "engine", ""),
    )  # fmt: skip
    assert [answer.status for answer in found.answers.values()] == [ApprovalStatus.EXPIRED]
    assert checkpoint.restore(checkpoint.dump(found)).answers == found.answers


@pytest.mark.parametrize(("days", "count"), [(30, 1), (31, 0)])
def test_a_month_later_it_is_forgotten(days: int, count: int) -> None:
    found = book(asked(), ev.ApprovalDecided("A000001", ApprovalStatus.REFUSED, "user", "no"))
    later = NOW + dt.timedelta(days=days)
    baselines = dict.fromkeys(found.modules, 0)
    found.apply(found.seq + 1, later, ev.SessionOpened(later.date(), baselines))
    assert len(found.answers) == count
