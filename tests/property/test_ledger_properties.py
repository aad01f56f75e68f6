"""Whatever happens, in whatever order: no money is made or lost, modules stay apart, the journal is the state.

Random but possible lives of a mindfolio, in memory and on a file. After every step the books are held against what the
events say, reckoned apart from the program; at every commit a ledger opened afresh must hold the same book field by
field, and verify must find nothing. The ordinary run is 40 lives of 60 steps and 10 on a file; `uv run pytest
tests/property --stories 20` is the full figure.
"""

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule, run_state_machine_as_test

from engine.core.money import CENT, Money
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, ActivityKind, Difference, Resolution
from engine.domain.candidate import ApprovalStatus
from engine.domain.instrument import Right
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.ports import LedgerStore
from engine.domain.structure import StructureKind
from engine.ledger.book import Book
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from engine.portfolio.performance import performance, read_history
from tests.builders import (
    ALPHA,
    approval,
    candidate,
    contract,
)
from tests.history import MemoryHistory
from tests.property.ledger_life import CHOICE, QUANTITY, WORDS, Trading


class Life(Trading):
    """One mindfolio, kept in memory."""

    # --- expiry, assignment, cash ------------------------------------------------------------------------------------
    @precondition(lambda self: self.book.positions)
    @rule(
        choice=CHOICE,
        leg=CHOICE,
        contracts=QUANTITY,
        spot=st.integers(200, 320),
        kind=st.sampled_from([*ActivityKind][:4]),
    )
    def end_contracts(self, choice: int, leg: int, contracts: int, spot: int, kind: ActivityKind) -> None:
        held = list(self.book.positions.values())[choice % len(self.book.positions)]
        if not held.structure.legs:
            return
        which = held.structure.legs[leg % len(held.structure.legs)].contract
        count = held.held(which)
        if (kind is ActivityKind.ASSIGNED and count > 0) or (kind is ActivityKind.EXERCISED and count < 0):
            return
        many = min(contracts, abs(count))
        self.alone(held.module_id, lambda: self.clerk.end(held.position_id, which, kind, str(spot), many, "0.05"))

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, leg=CHOICE, spot=st.integers(200, 320), quantity=QUANTITY)
    def hit_contracts(self, choice: int, leg: int, spot: int, quantity: int) -> None:
        held = list(self.book.positions.values())[choice % len(self.book.positions)]
        if held.structure.legs:
            ratio = held.structure.legs[leg % len(held.structure.legs)].ratio
            kind = ActivityKind.EXERCISED if ratio > 0 else ActivityKind.ASSIGNED
            self.end_contracts(choice, leg, quantity * abs(ratio), spot, kind)

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, spot=st.integers(200, 320))
    def settle(self, choice: int, spot: int) -> None:
        held = self.pick_position(choice, lambda each: each.structure.kind is StructureKind.IRON_CONDOR)
        if held is not None:
            self.alone(held.module_id, lambda: self.clerk.settle(held.position_id, str(spot)))

    @rule(choice=CHOICE, cents=st.integers(-5000, 5000), kind=st.sampled_from(
        [ActivityKind.DIVIDEND, ActivityKind.BORROW, ActivityKind.INTEREST, ActivityKind.FEE, ActivityKind.ROUNDING]
    ))  # fmt: skip
    def book_cash(self, choice: int, cents: int, kind: ActivityKind) -> None:
        positions = list(self.book.positions.values())
        amount = f"{cents / 100:.2f}"
        if positions and kind is not ActivityKind.INTEREST:
            held = positions[choice % len(positions)]
            self.alone(held.module_id, lambda: self.clerk.cash(kind, amount, held.module_id, held.position_id))
        else:
            owner = ("", EXTERNAL, ALPHA)[choice % 3]
            self.alone(owner, lambda: self.clerk.cash(kind, amount, owner))

    @precondition(lambda self: self.book.positions)
    @rule(choice=CHOICE, other=CHOICE, outside=st.booleans())
    def move_position(self, choice: int, other: int, outside: bool) -> None:
        held = self.pick_position(choice)
        if held is not None:
            module_id = EXTERNAL if outside else self.module(other)
            days = {name: self.book.day_pnl(name) for name in self.book.modules}
            self.clerk.record(ev.PositionMoved(held.position_id, module_id, "user", ""))
            assert {name: self.book.day_pnl(name) for name in self.book.modules} == days

    @rule(
        what=st.sampled_from(["TSLA", "SPY", CASH_ID, contract(250).occ, contract(280, Right.CALL).occ]),
        missing=st.integers(-3, 3).filter(bool), owner=CHOICE, how=st.sampled_from([*Resolution]),
        outside=st.booleans(), cents=st.integers(1, 30_000),
    )  # fmt: skip
    def resolve(self, what: str, missing: int, owner: int, how: Resolution, outside: bool, cents: int) -> None:
        ours = self.book.instruments().get(what, 0) if what != CASH_ID else self.book.broker_cash
        module_id = EXTERNAL if outside or what == CASH_ID else self.module(owner)
        differs = Difference(what, what[:4], ours, ours + missing)
        self.clerk.record(ev.AccountReconciled((differs,), 0, 0, 0))
        event = ev.DifferenceResolved(what, missing, cents * CENT, how, module_id, 0, "user", "mine")
        self.refused(replace(event, quantity=2 * missing))
        self.refused(replace(event, quantity=-missing))
        self.alone(module_id, lambda: self.clerk.record(event))
        assert what not in self.book.differences

    @precondition(lambda self: self.book.positions)
    @rule(values=st.lists(st.integers(-(10**7), 10**6), min_size=1, max_size=5))
    def mark(self, values: list[Money]) -> None:
        marks = dict(zip(self.book.positions, values, strict=False))
        change = sum(
            value - self.book.marks[position_id]
            for position_id, value in marks.items()
            if self.book.positions[position_id].module_id != EXTERNAL
        )
        expected = self.book.nav + change
        self.clerk.record(ev.MarksRecorded(marks, expected))
        assert self.book.nav == expected

    # --- everything that moves no money ------------------------------------------------------------------------------
    @rule(choice=CHOICE, status=st.sampled_from([*ModuleStatus, *ApprovalStatus, *MindfolioStatus]), words=WORDS)
    def move_no_money(self, choice: int, status: ModuleStatus | ApprovalStatus | MindfolioStatus, words: str) -> None:
        nav, module_id = self.book.nav, self.module(choice)
        if isinstance(status, ModuleStatus):
            self.clerk.record(ev.ModuleStatusChanged(module_id, status, "user", words))
        elif isinstance(status, MindfolioStatus):
            stopped = self.book.status is MindfolioStatus.STOPPED
            self.clerk.record(ev.MindfolioRearmed("user", words) if stopped else ev.EmergencyStopLatched("user", words))
        elif self.book.approvals:
            self.clerk.record(ev.ApprovalDecided(next(iter(self.book.approvals)), status, "user", words))
        else:
            number = self.book.approvals_made + 1
            self.clerk.record(ev.ApprovalRequested(approval(f"A{number}", candidate=candidate(module_id))))
        assert self.book.nav == nav

    @rule(choice=CHOICE, executed=st.integers(0, 3), rows=st.lists(WORDS, max_size=2))
    def scan(self, choice: int, executed: int, rows: list[str]) -> None:
        address = self.clerk.ledger.keep_evidence(rows)
        self.clerk.record(ev.ScanCompleted(self.module(choice), 1, 3, executed, 0, 3 - executed, address))

    @rule(days=st.integers(0, 30))
    def new_session(self, days: int) -> None:
        day = self.clerk.at.date() + dt.timedelta(days=days)
        self.clerk.record(ev.SessionOpened(day, {name: self.book.pnl(name) for name in self.book.modules}))
        assert {self.book.day_pnl(name) for name in self.book.modules} == {0}

    # --- restarts ----------------------------------------------------------------------------------------------------
    @rule(reopens=st.booleans())
    def commit(self, reopens: bool) -> None:
        self.clerk.ledger.commit()
        other = Ledger(self.store)
        assert_same(other.book, self.book)
        assert other.head_hash == self.clerk.ledger.head_hash
        if reopens:
            self.clerk.ledger = other

    def teardown(self) -> None:
        self.commit(reopens=False)
        assert verify_store(self.store).faults == ()
        assert self.clerk.ledger.closed() == tuple(
            sorted(self.clerk.ended, key=lambda held: (held.closed_at, held.position_id))
        )
        assert sum(row.amount for row in self.store.postings()) == 0
        self.performance_agrees_with_the_books()
        self.store.close()

    def performance_agrees_with_the_books(self) -> None:
        """The account's P&L, every module's wins, and the parts of the whole."""
        book, at = self.book, self.clerk.at
        found = performance(read_history(MemoryHistory(self.store), at), book, at, 0.04)
        assert found.account.pnl.total == book.pnl_total
        for rows in (found.structures, found.symbols):
            assert sum(row.pnl.total for row in rows) + found.other.total == found.account.pnl.total
        for row in found.modules:
            if row.key in book.modules:
                stats = book.modules[row.key].stats
                assert (row.trades.closed, row.trades.wins) == (stats.closed, stats.wins)
                assert (row.trades.best, row.trades.worst) == (stats.best, stats.worst)

    @invariant()
    def the_books_are_what_the_events_say(self) -> None:
        self.clerk.audit()


class LifeOnDisk(Life):
    """The same on a file; what is checked is read from the file."""

    def make_store(self) -> LedgerStore:
        self.folder = tempfile.TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "ledger.sqlite")

    def teardown(self) -> None:
        super().teardown()
        self.folder.cleanup()


def assert_same(book: Book, other: Book) -> None:
    """Equal field by field, so that a failure names the field. What begins with `_` is found again, and is no state."""
    for name in (each for each in Book.__dataclass_fields__ if not each.startswith("_")):
        assert getattr(book, name) == getattr(other, name), name


@pytest.mark.timeout(3600)
def test_any_possible_life_keeps_its_money(request: pytest.FixtureRequest) -> None:
    lives = 40 * int(request.config.getoption("--stories"))
    run_state_machine_as_test(Life, settings=settings(max_examples=lives, stateful_step_count=60, deadline=None))


@pytest.mark.timeout(3600)
def test_any_possible_life_is_the_same_on_disk(request: pytest.FixtureRequest) -> None:
    lives = 10 * int(request.config.getoption("--stories"))
    run_state_machine_as_test(LifeOnDisk, settings=settings(max_examples=lives, stateful_step_count=40, deadline=None))
