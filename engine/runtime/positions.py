"""What happens to open positions by the clock: marks, daily loss limits, waiting for the broker's word."""

import datetime as dt

from engine.core.calendar import expiry_at
from engine.core.memory import give_back
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.mindfolio import ModuleStatus
from engine.domain.position import PositionStatus
from engine.risk.breaker import daily_loss_reached
from engine.runtime.desk import Desk
from engine.runtime.pausing import set_module_status, tell_if_over_budget

MARK_INTERVAL = dt.timedelta(minutes=1)
"""Marks are journaled at most this often, and whenever they were acted on."""

WORD_TIME = dt.timedelta(days=4)
"""Outcomes of an expiry are told the next morning, over a long weekend at the latest."""


def record_marks(desk: Desk) -> None:
    """Journal the marks of all positions that can be marked now, and the NAV they give."""
    book = desk.book
    marks: dict[str, Money] = {}
    for position in book.positions.values():
        mark = desk.mark_of(position)
        if mark is not None:
            marks[position.position_id] = mark
    moved = sum(
        mark - book.marks[position_id]
        for position_id, mark in marks.items()
        if book.positions[position_id].module_id != EXTERNAL
    )
    desk.record(ev.MarksRecorded(marks, book.nav + moved))


def enforce_daily_loss(desk: Desk) -> None:
    """Pause each module whose day P&L has reached its limit; it alone, until a person resumes it."""
    for module_id, module in desk.book.modules.items():
        day_pnl = desk.book.day_pnl(module_id)
        if module.status is ModuleStatus.ACTIVE and daily_loss_reached(day_pnl, module.spec.limits.daily_loss_limit):
            set_module_status(
                desk, module_id, ModuleStatus.PAUSED, "engine", "the daily loss limit is reached", code="DAILY_LOSS"
            )


def await_assignment(desk: Desk) -> None:
    """Contracts that have stopped trading wait for the broker's word: exercised, assigned, worthless; never assumed."""
    for position in list(desk.book.positions.values()):
        expiration = position.structure.expiration
        if expiration is None or desk.now < expiry_at(expiration) or position.status is PositionStatus.AWAITING:
            continue
        desk.record(
            ev.PositionStatusChanged(position.position_id, PositionStatus.AWAITING, f"{expiration} has expired")
        )


def is_word_expected(desk: Desk) -> bool:
    """Whether the broker has yet to tell what became of contracts that expired lately.

    Without a price of the underlying it never will: then nothing is gained by waiting on.
    """
    waiting = [each for each in desk.book.positions.values() if each.status is PositionStatus.AWAITING]
    ends = [each.structure.expiration for each in waiting if each.structure.expiration is not None]
    return any(desk.now < expiry_at(expiration) + WORD_TIME for expiration in ends)


def next_expiry(desk: Desk) -> dt.datetime | None:
    """When the next contracts that are held stop trading."""
    held = (position.structure.expiration for position in desk.book.positions.values())
    times = [expiry_at(expiration) for expiration in held if expiration is not None]
    return min((at for at in times if at > desk.now), default=None)


def open_session(desk: Desk, day: dt.date) -> None:
    """Begin a session: day P&L is measured from the previous close; who is over budget is said again.

    What was booked since then (dividends, interest, expiries of the night) is the new session's.
    """
    baselines = {module_id: module.closed for module_id, module in desk.book.modules.items()}
    desk.record(ev.SessionOpened(day, {"": desk.book.closed, **baselines}))
    desk.forget_ended()
    for module_id in desk.book.modules:
        tell_if_over_budget(desk, module_id)


def close_session(desk: Desk, day: dt.date) -> None:
    """End a session, and seal the book as it is then."""
    desk.record(ev.SessionClosed(day))
    desk.ledger.seal(desk.now)
    desk.after_commit(give_back)  # a day's peaks
