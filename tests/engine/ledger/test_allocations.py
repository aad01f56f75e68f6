"""The history of allocation: who changed the split and why, and what each module earned while it was in force."""

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import LedgerFault
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind, Difference, Resolution
from engine.domain.allocation_history import AllocationCause, pnl_of
from engine.domain.instrument import Right
from engine.domain.records import ACCOUNT
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.allocations import allocation_history
from engine.ledger.checkpoint import dump, restore
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, Clerk, MemoryStore, contract, ledger, module_spec
from tests.golden.test_journals import old_file
from tests.history import allocation_rows, allocations_of, close_session, open_session

DAY = dt.date(2026, 3, 16)


def split(clerk: Clerk, alpha: int, beta: int, why: str = "") -> None:
    """A new split in dollars; the rest is the reserve."""
    book = clerk.ledger.book
    budgets = {ALPHA: dollars(alpha), BETA: dollars(beta)}
    reserve = book.capital - sum(budgets.values())
    clerk.record(ev.BudgetReallocated(budgets, reserve, book.version + 1, "ann", why))


def cents(amounts: dict[str, Money]) -> dict[str, str]:
    return {name: f"{amount / 10_000:.2f}" for name, amount in amounts.items()}


def test_a_new_mindfolio_has_one_split_that_nobody_changed(clerk: Clerk) -> None:
    history = allocations_of(clerk.ledger)
    (created,) = history.changes
    assert (created.cause, created.version, created.before.budgets) == (AllocationCause.CREATED, 1, {})
    assert created.after == clerk.ledger.book.plan
    assert history.splits() == (0,)
    (interval,) = history.intervals
    assert (interval.session, interval.pnl, interval.nav, interval.flows) == (
        None, {}, dollars(50_000), dollars(50_000),
    )  # fmt: skip


def test_each_split_has_what_was_earned_while_it_was_in_force(clerk: Clerk) -> None:
    # Sold for 120 with costs of 2.40; marked at 80 before the split changes, bought back at 50 after it.
    open_session(clerk, DAY)
    position_id = clerk.open()
    clerk.mark(**{position_id: "-80"})
    split(clerk, 20_000, 15_000, "alpha earns")
    clerk.close(position_id, "0.50")
    history = allocations_of(clerk.ledger)
    assert [cents(history.pnl_under(index)) for index in (0, 1)] == [{ALPHA: "37.60"}, {ALPHA: "27.60"}]
    moved = history.changes[1]
    assert (moved.who, moved.why, moved.version) == ("ann", "alpha earns", 2)
    assert moved.moved == {ALPHA: dollars(5_000), BETA: dollars(-5_000)}
    assert history.intervals[-1].used == {ALPHA: dollars(880)}, "a width of 1,000 less the credit"
    (trade,) = history.trades
    assert (trade.module_id, trade.net, trade.at_risk) == (ALPHA, dollars("65.20"), dollars(880))


def test_a_session_goes_from_close_to_close_and_what_comes_overnight_counts_in_the_next(clerk: Clerk) -> None:
    following = DAY + dt.timedelta(days=1)
    clerk.record(ev.CashBooked(ActivityKind.FEE, BETA, "", "", dollars("-2.00"), "opened", 1))
    open_session(clerk, DAY)
    position_id = clerk.open()
    close_session(clerk, DAY)
    clerk.record(ev.CashBooked(ActivityKind.FEE, ALPHA, "", "", dollars("-1.00"), "late fee", 2))
    clerk.record(ev.CashBooked(ActivityKind.INTEREST, "", "", "", dollars("0.50"), "", 3))
    before = allocations_of(clerk.ledger)
    assert [each.session for each in before.intervals] == [DAY, DAY, None], "nobody knows yet which session comes next"
    open_session(clerk, following)
    clerk.mark(**{position_id: "-100"})
    history = allocations_of(clerk.ledger)
    assert [(each.session, cents(each.pnl)) for each in history.intervals] == [
        (DAY, {BETA: "-2.00"}), (DAY, {ALPHA: "-2.40"}),
        (following, {"": "0.50", ALPHA: "-1.00"}), (following, {ALPHA: "20.00"}),
    ]  # fmt: skip
    assert [each.ends for each in history.intervals[:-1]] == [each.begins for each in history.intervals[1:]]
    day_pnl = clerk.ledger.book.pnl(ALPHA) - clerk.ledger.book.modules[ALPHA].closed
    in_session = pnl_of(each for each in history.intervals if each.session == following)
    assert in_session[ALPHA] == day_pnl == dollars(19), "as day P&L has it"


def test_a_split_that_is_changed_at_night_is_the_next_sessions(clerk: Clerk) -> None:
    open_session(clerk, DAY)
    position_id = clerk.open()
    close_session(clerk, DAY)
    split(clerk, 20_000, 15_000, "in the evening")
    open_session(clerk, DAY + dt.timedelta(days=1))
    clerk.mark(**{position_id: "-100"})
    history = allocations_of(clerk.ledger)
    assert [(each.session, each.change, each.plan.budgets[ALPHA]) for each in history.intervals[1:]] == [
        (DAY, 0, dollars(15_000)), (DAY + dt.timedelta(days=1), 0, dollars(15_000)),
        (DAY + dt.timedelta(days=1), 1, dollars(20_000)), (DAY + dt.timedelta(days=1), 1, dollars(20_000)),
    ]  # fmt: skip
    assert [cents(history.pnl_under(index)) for index in (0, 1)] == [{ALPHA: "-2.40"}, {ALPHA: "20.00"}]


def test_deposits_sweeps_and_settlements_are_listed_and_are_no_ones_result(clerk: Clerk) -> None:
    clerk.close(clerk.open(), "0.50")  # 120 - 50 - 4.80
    clerk.close(clerk.open(module_id=BETA), "1.70")  # 120 - 170 - 4.80
    clerk.record(ev.GainSwept(ALPHA, dollars(60), "ann", "keep it"))
    clerk.record(ev.LossSettled(BETA, dollars("50.80"), dollars(4), "ann", "clean"))
    clerk.record(ev.CashDeposited(dollars(1_000), dollars(1_000), "ann", "more"))
    clerk.record(ev.CashDeposited(dollars(-400), dollars(-400), "ann", "less"))
    history = allocations_of(clerk.ledger)
    assert [change.cause for change in history.changes] == [
        AllocationCause.CREATED, AllocationCause.GAIN_SWEPT, AllocationCause.LOSS_SETTLED, AllocationCause.DEPOSIT,
        AllocationCause.WITHDRAWAL,
    ]  # fmt: skip
    assert cents(history.pnl_under(0)) == {ALPHA: "65.20", BETA: "-54.80"}
    assert all(history.pnl_under(index) == {} for index in range(1, 5))
    assert [interval.flows for interval in history.intervals] == [
        dollars(50_000), 0, 0, dollars(1_000), dollars(-400),
    ]  # fmt: skip
    assert history.splits() == (0, 2), "what the reserve lacked came off beta's budget"
    assert history.changes[2].moved == {BETA: dollars(-4)}


def test_modules_come_and_go_and_what_they_earned_stays(clerk: Clerk) -> None:
    clerk.close(clerk.open(module_id=BETA), "0.50")
    clerk.record(ev.ModuleRemoved(BETA, "ann", "done with it"))
    clerk.record(ev.ModuleAdded(module_spec("gamma"), "ann", "a try"))
    clerk.record(ev.CashBooked(ActivityKind.DIVIDEND, BETA, "", "KO", dollars(3), "a late dividend", 1))
    history = allocations_of(clerk.ledger)
    assert [(change.cause, change.module_id) for change in history.changes[1:]] == [
        (AllocationCause.MODULE_REMOVED, BETA), (AllocationCause.MODULE_ADDED, "gamma"),
    ]  # fmt: skip
    assert history.changes[1].moved == {BETA: dollars(-20_000)}
    assert cents(history.pnl_under(0)) == {BETA: "65.20"}
    assert cents(history.pnl_under(2)) == {BETA: "3.00"}
    assert history.splits() == (0, 1)


def test_what_is_open_in_a_position_that_goes_over_is_nobodys_result(clerk: Clerk) -> None:
    position_id = clerk.open()
    clerk.mark(**{position_id: "-80"})
    clerk.record(ev.PositionMoved(position_id, BETA, "ann", "belongs there"))
    clerk.mark(**{position_id: "-70"})
    assert cents(pnl_of(allocations_of(clerk.ledger).intervals)) == {ALPHA: "37.60", BETA: "10.00"}
    clerk.record(ev.PositionMoved(position_id, EXTERNAL, "ann", "by hand from here"))
    history = allocations_of(clerk.ledger)
    assert cents(pnl_of(history.intervals)) == {ALPHA: "37.60", BETA: "10.00"}
    assert history.trades == ()


def test_interest_of_the_account_is_the_accounts(clerk: Clerk) -> None:
    clerk.record(ev.CashBooked(ActivityKind.INTEREST, ACCOUNT, "", "", dollars("4.20"), "interest", 1))
    assert cents(allocations_of(clerk.ledger).pnl_under(0)) == {ACCOUNT: "4.20"}


def test_the_query_tells_it_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    store = SqliteStore(path)
    clerk = Clerk(ledger(store))
    clerk.close(clerk.open(), "0.50")
    query = LedgerQuery(path)
    first = allocations_of(clerk.ledger)
    assert query.allocations() == first
    split(clerk, 1_000, 2_000)
    clerk.mark(**{clerk.open(): "-80"})
    assert query.allocations() == first, "what is not committed is not told"
    assert allocations_of(clerk.ledger) == query.allocations() != first
    query.close()
    store.close()


def test_what_came_by_hand_is_nobodys_result_and_of_unknown_risk() -> None:
    # 200 shares at 600 of which nobody knew: 100 are alpha's, the others are EXTERNAL until they stand 500 higher.
    office = BackOffice()
    office.record(ev.AccountReconciled((Difference("SPY", "SPY", 0, 200),), 0, 0, 0))
    for module_id in (ALPHA, EXTERNAL):
        office.record(
            ev.DifferenceResolved(
                "SPY", 100, dollars(600), Resolution.ASSIGN, module_id, dollars(60_000), "ann", "by hand"
            )
        )
    ours, theirs = office.ledger.book.positions
    office.mark(**{theirs: "60500"})
    office.record(ev.PositionMoved(theirs, ALPHA, "ann", ""))
    office.close(ours, "-601.00")
    history = allocations_of(office.ledger)
    assert cents(pnl_of(history.intervals)) == {ALPHA: "100.00"}
    assert history.intervals[-1].flows == dollars(50_500)
    (trade,) = history.trades
    assert (trade.net, trade.at_risk) == (dollars(100), 0)


def test_shares_that_are_called_away_in_parts_are_one_trade() -> None:
    # Two puts sold at 4.00 are assigned at 250, two calls at 255 sold at 3.00, which are assigned one by one: 800 and
    # 600 of premium, 1,000 on the shares, four commissions of 0.60. The first part ends as it is split off.
    office = BackOffice()
    put, call = contract(250), contract(255, Right.CALL)
    wheel = office.open("-4.00", structure=Structure(StructureKind.SHORT_PUT, (Leg(put, -1),)), quantity=2)
    office.end(wheel, put, ActivityKind.ASSIGNED, "244.00", 2)
    sold = Structure(StructureKind.SHORT_CALL, (Leg(call, -1),))
    office.open("-3.00", position_id=wheel, structure=sold, quantity=2)
    assert office.end(wheel, call, ActivityKind.ASSIGNED, "262.00") != wheel
    assert allocations_of(office.ledger).trades == (), "some of it is still open"
    office.end(wheel, call, ActivityKind.ASSIGNED, "262.00")
    (trade,) = allocations_of(office.ledger).trades
    assert (trade.module_id, trade.ended_at, trade.net) == (ALPHA, office.at, dollars("2397.60"))
    assert trade.at_risk == dollars(50_000), "the shares at cost"


def test_what_is_written_after_the_book_was_read_is_not_told() -> None:
    store = MemoryStore()
    clerk = Clerk(ledger(store))
    held = clerk.open()
    open_session(clerk, DAY)
    before = allocations_of(clerk.ledger)
    book = restore(dump(clerk.ledger.book))
    clerk.close(held, "0.50")
    split(clerk, 1_000, 2_000)
    clerk.close(clerk.open(), "0.50")
    clerk.ledger.commit()
    assert allocation_history(allocation_rows(store), book) == before


@pytest.mark.parametrize("damage", ["DELETE FROM boundaries", "DELETE FROM power"])
def test_rows_that_are_missing_are_no_history(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "ledger.sqlite"
    clerk = Clerk(ledger(SqliteStore(path)))
    clerk.close(clerk.open(), "0.50")
    clerk.ledger.commit()
    clerk.ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    query = LedgerQuery(path)
    with pytest.raises(LedgerFault, match="lacks a row"):
        query.allocations()
    query.close()


def test_an_entry_that_was_changed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    clerk = Clerk(ledger(SqliteStore(path)))
    split(clerk, 1_000, 2_000, "as they said")
    clerk.ledger.seal(clerk.at)
    clerk.ledger.commit()
    clerk.ledger.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE journal SET body = CAST(replace(body, 'they', 'ann') AS BLOB) WHERE seq = 2")
        connection.commit()
    query = LedgerQuery(path)
    with pytest.raises(LedgerFault, match=r"entry 2 \(BudgetReallocated\) was changed"):
        query.allocations()
    query.close()


def test_a_ledger_that_an_older_version_wrote_has_to_be_run_first(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    old_file(path)
    query = LedgerQuery(path)
    with pytest.raises(LedgerFault, match="run it once with this one"):
        query.allocations()
    query.close()


def take_step(clerk: Clerk, step: str, number: int) -> None:
    """One of the things that may happen to a mindfolio at any time."""
    if step == "open":
        clerk.open(module_id=(ALPHA, BETA)[number % 2])
    elif step == "split":
        split(clerk, 1_000 * (number + 1), 500 * number)
    elif step == "session":
        open_session(clerk, DAY + dt.timedelta(days=number))
    elif step == "bell" and clerk.ledger.book.session is not None:
        close_session(clerk, clerk.ledger.book.session)
    elif step == "deposit":
        clerk.record(ev.CashDeposited(dollars(100), dollars(100), "ann", ""))
    elif step == "fee":
        clerk.record(ev.CashBooked(ActivityKind.FEE, (ALPHA, "")[number % 2], "", "", -number - 1, "", number + 1))


def touch_position(clerk: Clerk, step: str, number: int, held: str) -> None:
    """One of the things that may happen to a position."""
    if step == "close":
        clerk.close(held, f"0.{number:02d}")
    elif step == "mark":
        clerk.mark(**{held: f"-{number * 7}.31"})
    elif step == "move" and clerk.ledger.book.positions[held].module_id == ALPHA:
        clerk.record(ev.PositionMoved(held, BETA, "ann", ""))


steps = st.lists(
    st.sampled_from(["open", "open", "close", "mark", "mark", "split", "session", "bell", "deposit", "fee", "move"]),
    max_size=25,
)


@settings(max_examples=40)
@given(steps)
def test_the_parts_sum_to_the_ledgers_pnl_and_nav_whatever_happens(names: list[str]) -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    for number, step in enumerate(names):
        take_step(clerk, step, number)
        if held := next(iter(book.positions), None):
            touch_position(clerk, step, number, held)
    history = allocations_of(clerk.ledger)
    assert sum(pnl_of(history.intervals).values()) == book.pnl_total
    assert history.intervals[-1].nav == book.nav
    assert sum(each.flows for each in history.intervals) == book.capital
    night = pnl_of(each for each in history.intervals if each.session is None)
    since = {name: book.pnl(name) - module.closed for name, module in book.modules.items()}
    if book.session is None:
        assert {name: night.get(name, 0) for name in (*since, ACCOUNT)} == {
            **since,
            ACCOUNT: book.realised("") - book.closed,
        }
    else:
        assert night == {}
    assert sum(trade.net for trade in history.trades) == sum(held.net_pnl for held in clerk.closed.values())
