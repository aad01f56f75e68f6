"""The book beside its money: statuses, splits, scans, approvals; and every event that contradicts it is refused."""

import copy
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind, Resolution
from engine.domain.budget import BudgetPlan
from engine.domain.candidate import ApprovalStatus
from engine.domain.closing import ClosingPlan
from engine.domain.events import Event
from engine.domain.instrument import Right
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import PositionStatus
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.book import Book
from engine.ledger.checkpoint import SPELLED_LAYOUT, dump, restore, state_hash
from tests.back_office import BackOffice
from tests.builders import (
    ALPHA,
    BETA,
    NOW,
    Clerk,
    approval,
    condor,
    contract,
    created,
    mindfolio_spec,
    module_spec,
    order,
)

DAY = NOW.date()
PLAN = BudgetPlan({ALPHA: dollars(15_000), BETA: dollars(25_000)}, dollars(10_000))


def reallocated(plan: BudgetPlan = PLAN, version: int = 2) -> ev.BudgetReallocated:
    return ev.BudgetReallocated(plan.budgets, plan.reserve, version, "user", "")


def test_the_first_event_sets_everything_up() -> None:
    book = Book()
    paused = module_spec(BETA, status=ModuleStatus.PAUSED)
    spec = mindfolio_spec(modules=(module_spec(ALPHA), paused))
    applied = book.apply(1, NOW, created(spec))
    assert (book.seq, book.last_at, book.spec, book.version, book.seed) == (1, NOW, spec, 1, 7)
    assert (book.capital, book.cash, book.nav) == (dollars(50_000),) * 3
    assert book.plan == BudgetPlan(spec.budgets, spec.reserve)
    assert [row.amount for row in applied.postings] == [dollars(50_000), dollars(-50_000)]
    assert (book.modules[ALPHA].status, book.modules[ALPHA].status_why) == (ModuleStatus.ACTIVE, "")
    assert (book.modules[BETA].status, book.modules[BETA].status_why) == (ModuleStatus.PAUSED, "set up as paused")


def test_nothing_is_available_before_a_mindfolio_exists() -> None:
    assert Book().available(ALPHA) == 0


def test_a_reallocation_replaces_the_whole_split_and_touches_no_position() -> None:
    clerk = Clerk()
    clerk.open("-1.20")
    clerk.record(reallocated(BudgetPlan({ALPHA: dollars(500), BETA: dollars(49_500)}, 0)))
    book = clerk.ledger.book
    assert book.plan == BudgetPlan({ALPHA: dollars(500), BETA: dollars(49_500)}, 0)
    assert (book.version, book.used(ALPHA)) == (2, dollars(880))
    assert book.available(ALPHA) == dollars("-382.40")


def test_a_pause_keeps_its_reason_until_the_module_is_resumed() -> None:
    clerk = Clerk()
    module = clerk.ledger.book.modules[ALPHA]
    clerk.record(ev.ModuleStatusChanged(ALPHA, ModuleStatus.PAUSED, "engine", "daily loss", "DAILY_LOSS"))
    assert (module.status, module.status_why) == (ModuleStatus.PAUSED, "daily loss")
    clerk.record(ev.ModuleStatusChanged(ALPHA, ModuleStatus.ACTIVE, "user", "looked at it"))
    assert (module.status, module.status_why) == (ModuleStatus.ACTIVE, "")


def test_a_stop_stays_with_its_time_until_a_person_rearms() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    clerk.record(ev.EmergencyStopLatched("window", "button"))
    assert (book.status, book.stop_why, book.stopped_at) == (MindfolioStatus.STOPPED, "button", clerk.at)
    clerk.record(ev.MindfolioRearmed("user", "all clear"))
    assert (book.status, book.stop_why, book.stopped_at) == (MindfolioStatus.ACTIVE, "", None)


def test_nothing_but_a_person_lifts_a_stop() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    clerk.record(ev.EmergencyStopLatched("window", "button"))
    clerk.record(ev.BreakerTripped("DRAWDOWN", 1600, 1500, "drawdown"))
    assert (book.status, book.breaker) == (MindfolioStatus.STOPPED, "DRAWDOWN")
    for status in MindfolioStatus:
        with pytest.raises(LedgerFault, match="re-arms"):
            copy.deepcopy(book).apply(book.seq + 1, clerk.at, ev.MindfolioStatusChanged(status, "user", ""))
    clerk.record(ev.MindfolioRearmed("user", "looked at it"))
    assert (book.status, book.breaker, book.status_why) == (MindfolioStatus.ACTIVE, "", "")


def test_a_tripped_limit_pauses_until_a_person_rearms() -> None:
    clerk = Clerk()
    clerk.record(ev.BreakerTripped("ACCOUNT_LOSS", dollars(2000), dollars(2000), "the day"))
    book = clerk.ledger.book
    assert (book.status, book.status_why, book.breaker) == (MindfolioStatus.PAUSED, "the day", "ACCOUNT_LOSS")


def test_a_closing_plan_waits_is_confirmed_and_is_done() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    plan = ClosingPlan("C000001", NOW, (), dollars(900), dollars(450), 0, {})
    clerk.record(ev.ClosingPlanned(plan))
    assert (book.closing, book.closing_by) == (plan, "")
    clerk.record(ev.ClosingDecided("C000001", is_confirmed=True, who="user", why=""))
    assert (book.closing, book.closing_by) == (plan, "user")
    clerk.record(ev.ClosingDecided("C000001", is_confirmed=False, who="engine", why="done"))
    assert (book.closing, book.closing_by) == (None, "")


def test_statement_lines_are_remembered_whatever_their_order() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    for number in (3, 1, 5, 0):
        clerk.record(ev.CashBooked(ActivityKind.FEE, "", "", "", 0, "", number))
    assert (book.activity_floor, book.activity_ahead) == (1, (3, 5))
    assert [book.has_activity(number) for number in range(7)] == [False, True, False, True, False, True, False]
    clerk.record(ev.CashBooked(ActivityKind.FEE, "", "", "", 0, "", 2))
    assert (book.activity_floor, book.activity_ahead) == (3, (5,))


def test_scans_are_counted_by_session_and_the_last_is_remembered() -> None:
    clerk = Clerk()
    module = clerk.ledger.book.modules[ALPHA]
    clerk.record(ev.ScanCompleted(ALPHA, 1, 4, 2, 1, 1, "aa"))
    clerk.record(ev.ScanCompleted(ALPHA, 2, 4, 1, 0, 3, "bb"))
    scanned_at = clerk.at
    assert (module.scans_today, module.scanned_at) == (2, scanned_at)
    clerk.record(ev.SessionOpened(DAY, {ALPHA: 0, BETA: 0}))
    assert (module.scans_today, module.scanned_at) == (0, scanned_at)


def begin(clerk: Clerk, day: dt.date) -> None:
    """A session opens as the engine opens it."""
    book = clerk.ledger.book
    clerk.record(ev.SessionOpened(day, {"": book.closed, **{key: each.closed for key, each in book.modules.items()}}))


def test_a_days_pnl_counts_from_the_close_before_and_has_what_was_booked_in_the_night() -> None:
    """+60.20 on Monday; in the night a dividend of 40 for ALPHA and interest of -7 on the account; Tuesday -84.80."""
    clerk = BackOffice()
    book = clerk.ledger.book
    begin(clerk, DAY)
    clerk.close(clerk.open("-1.20"), "0.55")
    assert (book.day_pnl(ALPHA), book.account_day_pnl) == (dollars("60.20"), dollars("60.20"))
    clerk.record(ev.SessionClosed(DAY))
    clerk.cash(ActivityKind.DIVIDEND, "40")
    clerk.cash(ActivityKind.INTEREST, "-7", module_id="")
    assert book.account_day_pnl == dollars("93.20"), "until the next session the day is not over"
    begin(clerk, DAY + dt.timedelta(days=1))
    assert (book.day_pnl(ALPHA), book.day_pnl(BETA), book.account_day_pnl) == (dollars(40), 0, dollars(33))
    clerk.close(clerk.open("-1.20"), "2.00")
    assert (book.day_pnl(ALPHA), book.account_day_pnl) == (dollars("-44.80"), dollars("-51.80"))
    clerk.cash(ActivityKind.FEE, "-3", module_id="")
    assert (book.account_day_pnl, book.day_loss) == (dollars("-54.80"), dollars("54.80"))


def test_what_a_module_lost_in_the_night_stays_the_accounts_when_it_is_removed_before_the_open() -> None:
    clerk = BackOffice()
    book = clerk.ledger.book
    begin(clerk, DAY)
    clerk.close(clerk.open("-1.20"), "2.00")
    clerk.record(ev.SessionClosed(DAY))
    clerk.cash(ActivityKind.FEE, "-25")
    clerk.record(ev.ModuleRemoved(ALPHA, "user", ""))
    assert book.account_day_pnl == dollars("-109.80")
    begin(clerk, DAY + dt.timedelta(days=1))
    assert book.account_day_pnl == dollars(-25)
    clerk.record(ev.SessionClosed(DAY + dt.timedelta(days=1)))
    begin(clerk, DAY + dt.timedelta(days=2))
    assert book.account_day_pnl == 0


def test_a_session_that_an_older_version_has_opened_has_no_result_of_the_accounts_own_before_it() -> None:
    clerk = BackOffice()
    clerk.cash(ActivityKind.INTEREST, "-7", module_id="")
    clerk.record(ev.SessionOpened(DAY, {ALPHA: 0, BETA: 0}))
    assert clerk.ledger.book.account_day_pnl == 0


def test_what_was_executed_is_what_was_filled_each_position_once() -> None:
    clerk = Clerk()
    module = clerk.ledger.book.modules[ALPHA]
    order_id = clerk.intend(quantity=2)
    assert module.executed_today == 0
    clerk.fill(order_id, "-1.20", 1)
    clerk.fill(order_id, "-1.20", 1)
    clerk.close("P000001", "0.55")
    clerk.record(ev.OrderEnded(clerk.intend(), OrderStatus.CANCELLED, ""))
    assert module.executed_today == 1
    clerk.record(ev.SessionOpened(DAY, {ALPHA: 0, BETA: 0}))
    assert module.executed_today == 0


def test_an_approval_waits_until_it_is_decided() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    clerk.record(ev.ApprovalRequested(approval("A000001")))
    assert (list(book.approvals), book.approvals_made) == (["A000001"], 1)
    assert (book.used(ALPHA), book.held(ALPHA)) == (0, 0)
    clerk.record(ev.ApprovalDecided("A000001", ApprovalStatus.REFUSED, "user", ""))
    assert (book.approvals, book.approvals_made) == ({}, 1)


def closing(clerk: Clerk, **changes: Any) -> Order:
    (held,) = clerk.ledger.book.positions.values()
    made = order(
        order_id="O000099", position_id=held.position_id, purpose=OrderPurpose.CLOSE, quantity=held.quantity, hold=0
    )
    return replace(made, **changes)


def fill_of(order_id: str, quantity: int = 1, cumulative: int = 1) -> ev.OrderFilled:
    return ev.OrderFilled(order_id, quantity, cumulative, dollars("-1.20"), (0, dollars("1.20"), 0, 0), 0)


def broken(**changes: Any) -> ev.FillReversed:
    made = ev.FillReversed(
        "O000001", ALPHA, "P000001", condor(), condor().legs, 0, (0, dollars("1.20"), 0, 0), 0, 0, 0, "broken"
    )
    return replace(made, **changes)


def ended(**changes: Any) -> ev.LegSettled:
    made = ev.LegSettled("P000001", contract(250), 1, ActivityKind.ASSIGNED, 0, 0, 0, dollars(240), 0)
    return replace(made, **changes)


def resolved() -> ev.DifferenceResolved:
    return ev.DifferenceResolved("SPY", 1, 1, Resolution.ASSIGN, EXTERNAL, 0, "user", "")


def covered_call() -> Structure:
    return Structure(StructureKind.COVERED_CALL, (Leg(contract(280, Right.CALL), -1),), 100)


def turned(made: Structure) -> Structure:
    return replace(made, legs=tuple(replace(leg, ratio=-leg.ratio) for leg in made.legs))


NEW_POSITION = {"order_id": "O000099", "position_id": "P000099"}
CONTRADICTIONS: dict[str, Callable[[Clerk], Event]] = {
    "a second mindfolio": lambda _: created(),
    "a split that skips a version": lambda _: reallocated(version=3),
    "a split that repeats a version": lambda _: reallocated(version=1),
    "a split that is more than capital": lambda _: reallocated(BudgetPlan({ALPHA: 1, BETA: 0}, dollars(50_000))),
    "a split below zero": lambda _: reallocated(BudgetPlan({ALPHA: -1, BETA: 0}, dollars(50_000) + 1)),
    "a reserve below zero": lambda _: reallocated(BudgetPlan({ALPHA: dollars(50_000) + 1, BETA: 0}, -1)),
    "a split without a module": lambda _: reallocated(BudgetPlan({ALPHA: dollars(50_000)}, 0)),
    "an order intended twice": lambda clerk: ev.OrderIntended(clerk.ledger.book.orders["O000002"]),
    "an order of a stranger": lambda _: ev.OrderIntended(order(**NEW_POSITION, module_id="ghost")),
    "an order for nothing": lambda _: ev.OrderIntended(order(**NEW_POSITION, quantity=0)),
    "an opening that skips a position id": lambda _: ev.OrderIntended(order(**NEW_POSITION)),
    "an order of another underlying than its position's": lambda clerk: ev.OrderIntended(
        closing(clerk, structure=condor(symbol="SPY"))
    ),
    "an order of options and shares in one package": lambda clerk: ev.OrderIntended(
        order(order_id="O000099", position_id=clerk.ledger.book.next_position_id, structure=covered_call())
    ),
    "a close of what is held the other way": lambda clerk: ev.OrderIntended(closing(clerk, structure=turned(condor()))),
    "a fill without a leg": lambda _: ev.OrderFilled("O000002", 0, 0, 0, (0,) * 4, 0, leg_quantities=(0,) * 4),
    "a leg of the wrong side": lambda _: ev.OrderFilled("O000002", 0, 0, 0, (0,) * 4, 0, leg_quantities=(-1, 0, 0, 0)),
    "a leg beyond the order": lambda _: ev.OrderFilled("O000002", 0, 0, 0, (0,) * 4, 0, leg_quantities=(3, 0, 0, 0)),
    "legs that make more units than is said": lambda _: ev.OrderFilled(
        "O000002", 0, 0, 0, (0,) * 4, 0, leg_quantities=(1, -1, -1, 1)
    ),
    "legs that do not make the net price": lambda _: ev.OrderFilled(
        "O000002", 1, 1, dollars("-1.21"), (0, dollars("1.20"), 0, 0), 0
    ),
    "an end that is none": lambda _: ev.OrderEnded("O000002", OrderStatus.WORKING, ""),
    "an end by a fill that nobody saw": lambda _: ev.OrderEnded("O000002", OrderStatus.FILLED, ""),
    "a broken trade of another module": lambda _: broken(module_id=BETA),
    "a broken trade of a stranger": lambda _: broken(position_id="P000003", module_id="ghost"),
    "a broken trade of a position that never was": lambda _: broken(position_id="P000077"),
    "a broken trade without its prices": lambda _: broken(leg_prices=(0, 0)),
    "a sweep of what was not won": lambda _: ev.GainSwept(ALPHA, 1, "user", ""),
    "a settlement of what was not lost": lambda _: ev.LossSettled(ALPHA, dollars("4.81"), 0, "user", ""),
    "a settlement below zero": lambda _: ev.LossSettled(ALPHA, dollars("5"), dollars("-1"), "user", ""),
    "a deposit of nothing": lambda _: ev.CashDeposited(0, 1, "user", ""),
    "a withdrawal that buys units": lambda _: ev.CashDeposited(-1, 1, "user", ""),
    "a withdrawal of more units than there are": lambda _: ev.CashDeposited(-1, -dollars(50_001), "user", ""),
    "a withdrawal of more than the reserve": lambda _: ev.CashDeposited(dollars(-15_001), -1, "user", ""),
    "a module twice": lambda _: ev.ModuleAdded(module_spec(ALPHA), "user", ""),
    "a module called EXTERNAL": lambda _: ev.ModuleAdded(module_spec(EXTERNAL), "user", ""),
    "settings of a module that is none": lambda _: ev.ModuleChanged(module_spec("nobody"), "user", ""),
    "settings of another program": lambda _: ev.ModuleChanged(module_spec(ALPHA, program="ab"), "user", ""),
    "the end of a module that is not flat": lambda _: ev.ModuleRemoved(ALPHA, "user", ""),
    "a move to a stranger": lambda _: ev.PositionMoved("P000001", "ghost", "user", ""),
    "a status that only an end gives": lambda _: ev.PositionStatusChanged("P000001", PositionStatus.CLOSED, ""),
    "cash of a stranger": lambda _: ev.CashBooked(ActivityKind.FEE, "ghost", "", "", 1, ""),
    "cash of a kind that moves none": lambda _: ev.CashBooked(ActivityKind.EXPIRED, "", "", "", 1, ""),
    "an answer to a difference that is not there": lambda _: resolved(),
    "a decision on a plan that is not there": lambda _: ev.ClosingDecided("C1", is_confirmed=True, who="", why=""),
    "a stop without a latch": lambda _: ev.MindfolioStatusChanged(MindfolioStatus.STOPPED, "user", ""),
    "more contracts than are held": lambda _: ended(contracts=3),
    "contracts that are not held": lambda _: ended(contract=contract(99)),
    "half a unit that was hit": lambda _: ended(split_into="P000077"),
    "a close of more than is held": lambda clerk: ev.OrderIntended(closing(clerk, quantity=3)),
    "a close of what is not held": lambda clerk: ev.OrderIntended(closing(clerk, position_id="P000077")),
    "a close by another module": lambda clerk: ev.OrderIntended(closing(clerk, module_id=BETA)),
    "a fill of an order nobody knows": lambda _: fill_of("O000099"),
    "a fill of an order that is done": lambda _: fill_of("O000001"),
    "a fill of nothing": lambda _: fill_of("O000002", 0, 0),
    "a fill of less than nothing": lambda _: fill_of("O000002", -1, -1),
    "a fill beyond the order": lambda _: fill_of("O000002", 3, 3),
    "a fill that skips a unit": lambda _: fill_of("O000002", 1, 2),
    "an acknowledgement of a stranger": lambda _: ev.OrderAccepted("O000099"),
    "a cancel of a stranger": lambda _: ev.OrderCancelRequested("O000099", ""),
    "an end of an order that is done": lambda _: ev.OrderEnded("O000001", OrderStatus.CANCELLED, ""),
    "a settlement of what is not held": lambda _: ev.PositionSettled("P000077", 1, NOW, 0),
    "a mark of what is not held": lambda _: ev.MarksRecorded({"P000077": 1}, 0),
    "a scan of a stranger": lambda _: ev.ScanCompleted("ghost", 1, 1, 0, 0, 1, ""),
    "a pause of a stranger": lambda _: ev.ModuleStatusChanged("ghost", ModuleStatus.PAUSED, "user", ""),
    "a session without a baseline": lambda _: ev.SessionOpened(DAY, {ALPHA: 0}),
    "a decision on nothing": lambda _: ev.ApprovalDecided("A000099", ApprovalStatus.APPROVED, "user", ""),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_what_contradicts_the_state_is_refused(name: str) -> None:
    clerk = Clerk()
    clerk.open("-1.20", quantity=2)
    clerk.intend(quantity=2)
    seq = clerk.ledger.book.seq
    with pytest.raises(LedgerFault):
        clerk.ledger.book.apply(seq + 1, clerk.at, CONTRADICTIONS[name](clerk))


def test_a_closed_position_is_never_opened_again() -> None:
    clerk = Clerk()
    clerk.close(clerk.open("-1.20"), "0.55")
    with pytest.raises(LedgerFault, match="not there"):
        clerk.record(ev.OrderIntended(order(order_id="O000099", position_id="P000001")))


def test_entries_follow_each_other_without_a_gap() -> None:
    book = Book()
    book.apply(1, NOW, created())
    for seq in (1, 3, 0):
        with pytest.raises(LedgerFault, match="does not follow"):
            book.apply(seq, NOW + dt.timedelta(seconds=1), ev.SessionClosed(DAY))


def test_nothing_comes_before_the_mindfolio() -> None:
    with pytest.raises(LedgerFault, match="before the mindfolio"):
        Book().apply(1, NOW, ev.SessionClosed(DAY))


@pytest.mark.parametrize(
    "spec",
    [
        mindfolio_spec(reserve=dollars(15_000) + 1),
        mindfolio_spec(budgets={ALPHA: dollars(35_001), BETA: dollars(-1)}, reserve=dollars(15_000)),
        mindfolio_spec(budgets={ALPHA: dollars(35_000)}),
        mindfolio_spec(budgets={ALPHA: dollars(15_000), BETA: dollars(20_000), "ghost": 0}),
        mindfolio_spec(modules=(module_spec(ALPHA), module_spec(BETA), module_spec(ALPHA))),
        mindfolio_spec(capital=dollars(-50_000), budgets={ALPHA: 0, BETA: 0}, reserve=dollars(-50_000)),
    ],
    ids=["too much", "below zero", "no budget", "budget without module", "one id twice", "debts"],
)
def test_a_mindfolio_that_does_not_add_up_is_not_begun(spec: Any) -> None:
    with pytest.raises(LedgerFault):
        Book().apply(1, NOW, created(spec))


def test_positions_are_found_by_module_after_every_event_and_the_index_is_no_state() -> None:
    clerk = Clerk()
    first, second = clerk.open(), clerk.open(module_id=BETA)
    book = clerk.ledger.book

    def held(module_id: str) -> list[str]:
        return [each.position_id for each in book.positions_of(module_id)]

    assert (held(ALPHA), held(BETA), held("nobody")) == ([first], [second], [])
    clerk.record(ev.PositionMoved(second, EXTERNAL, "user", "test"))
    assert (held(ALPHA), held(BETA), held(EXTERNAL)) == ([first], [], [second])
    third = clerk.open()
    assert held(ALPHA) == [first, third]
    clerk.close(first, "0.55")
    assert held(ALPHA) == held(ALPHA) == [third]
    other = restore(dump(book))
    assert (other, state_hash(other)) == (book, state_hash(book))


def test_the_layout_of_a_checkpoint_names_state_alone() -> None:
    assert "_by_module" not in SPELLED_LAYOUT
    assert "positions:" in SPELLED_LAYOUT
