"""The history of allocation for a page: worked out by hand, and adding up to what the ledger says."""

import datetime as dt

import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.allocation_history import AllocationCause
from engine.domain.allocation_review import AllocationReview
from engine.portfolio.allocation_review import allocation_review
from tests.builders import ALPHA, BETA, Clerk, MemoryStore, ledger
from tests.history import allocations_of, close_session

DAY = dt.date(2026, 3, 16)


@pytest.fixture
def clerk() -> Clerk:
    """$50,000: 15,000 for alpha, 20,000 for beta, 15,000 in reserve."""
    return Clerk(ledger(MemoryStore()))


def earn(clerk: Clerk, module_id: str, amount: str) -> None:
    number = clerk.ledger.book.activity_floor + 1
    clerk.record(ev.CashBooked(ActivityKind.DIVIDEND, module_id, "", "KO", dollars(amount), "", number))


def open_session(clerk: Clerk, number: int) -> None:
    book = clerk.ledger.book
    day = DAY + dt.timedelta(days=number)
    clerk.record(ev.SessionOpened(day, {module_id: book.pnl(module_id) for module_id in book.modules}))


def reviewed(clerk: Clerk) -> AllocationReview:
    return allocation_review(allocations_of(clerk.ledger))


def test_days_end_with_the_split_then_in_force_and_all_that_was_earned_until_then(clerk: Clerk) -> None:
    open_session(clerk, 0)
    earn(clerk, ALPHA, "100")
    clerk.record(ev.BudgetReallocated({ALPHA: dollars(10_000), BETA: dollars(20_000)}, dollars(20_000), 2, "ann", "x"))
    earn(clerk, BETA, "-30")
    close_session(clerk, DAY)
    open_session(clerk, 1)
    earn(clerk, ALPHA, "5")
    earn(clerk, "", "7")
    review = reviewed(clerk)
    first, second = review.days
    assert (first.session, first.budgets[ALPHA], first.reserve) == (DAY, dollars(10_000), dollars(20_000))
    assert first.pnl == {ALPHA: dollars(100), BETA: dollars(-30)}
    assert second.pnl == {ALPHA: dollars(105), BETA: dollars(-30)}, "the account's own is no module's"


def test_changes_tell_what_was_earned_under_them_and_together_it_is_all(clerk: Clerk) -> None:
    open_session(clerk, 0)
    earn(clerk, ALPHA, "100")
    clerk.record(ev.BudgetReallocated({ALPHA: dollars(10_000), BETA: dollars(20_000)}, dollars(20_000), 2, "ann", "x"))
    earn(clerk, BETA, "-30")
    earn(clerk, "", "7")
    review = reviewed(clerk)
    assert [each.change.cause for each in review.changes] == [AllocationCause.CREATED, AllocationCause.REALLOCATED]
    assert [each.pnl for each in review.changes] == [{ALPHA: dollars(100)}, {"": dollars(7), BETA: dollars(-30)}]
    assert [each.earned for each in review.changes] == [dollars(100), dollars(-23)]
    (kept,) = review.kept
    assert (kept.version, [point.session for point in kept.points]) == (1, [DAY])


def test_a_beginning_without_a_session_has_no_days(clerk: Clerk) -> None:
    review = reviewed(clerk)
    assert (review.days, len(review.changes), review.kept) == ((), 1, ())
