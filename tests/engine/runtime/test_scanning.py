"""Scans: what a module may see, in which order its findings are applied, and what becomes of each of them."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.clock import VirtualClock
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Candidate, Finding, ScanAction, ScanRow
from engine.domain.greeks import Greeks
from engine.domain.mindfolio import ModuleStatus
from engine.domain.scan import IvRank, ScanContext
from engine.domain.structure import Structure
from engine.ledger.query import LedgerQuery
from engine.modules.iv_service import IvService
from engine.runtime import handlers, positions
from engine.runtime.inbox import Inbox, ScanFinished
from engine.runtime.scanning import Scans, context_for
from engine.runtime.workers import Job, Workers
from tests.engine.runtime.scenes import ranks_after
from tests.fakes import Rig, ScriptedBroker, chain_update, filled, new_york, whole_budget_in_one_symbol


class HeldWorkers(Workers):
    """Workers that compute nothing: the test answers for them."""

    def __init__(self) -> None:
        super().__init__(Inbox())
        self.jobs: dict[int, Job] = {}

    def submit(self, ticket: int, job: Job) -> None:
        self.jobs[ticket] = job


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """At 10:00: an order of IV_SERVICE works, an approval of IV_SERVICE_2 waits."""
    updates = [chain_update(new_york(10)), chain_update(new_york(10, 30)), chain_update(new_york(11))]
    return Rig(tmp_path, updates).run(until=new_york(10, 0, 2))


def rows(rig: Rig, module_id: str) -> tuple[ScanRow, ...]:
    """Scan rows of a module, newest first, read back from the file."""
    query = LedgerQuery(rig.folder / "ledger.sqlite")
    try:
        return query.scans(module_id, new_york(0))
    finally:
        query.close()


def found(rig: Rig, **changes: object) -> Finding:
    """What IV_SERVICE_2 found in SPY at 10:00, changed as named, as a finding."""
    candidate = next(iter(rig.desk.book.approvals.values())).candidate
    return Finding("SPY", replace(candidate, **changes), "because")  # type: ignore[arg-type]


def answer(rig: Rig, module_id: str, *findings: Finding, error: str = "") -> None:
    """One scan of a module whose answer the test gives, applied and committed."""
    scans = Scans(HeldWorkers())
    scans.start(rig.desk, (module_id,))
    scans.take(ScanFinished(1, findings, error))
    scans.apply(rig.desk)
    rig.desk.commit()


def scanned_at(rig: Rig, module_id: str) -> list[dt.datetime]:
    """When a module was scanned."""
    entries = [entry for entry in rig.store.entries() if entry.type == "ScanCompleted"]
    return [entry.at for entry in entries if f'"module_id":"{module_id}"'.encode() in entry.body]


class TestWhatAModuleMaySee:
    def test_its_own_orders_and_approvals_make_a_symbol_busy_and_nobody_elses(self, rig: Rig) -> None:
        desk = rig.desk
        busy = {
            module_id: context_for(desk, module.spec).busy_symbols for module_id, module in desk.book.modules.items()
        }
        assert busy == {
            "IV_SERVICE": frozenset({"SPY"}),
            "IV_SERVICE_2": frozenset({"SPY"}),
            "IV_SERVICE_3": frozenset(),
        }

    def test_its_own_positions_and_nobody_elses(self, tmp_path: Path) -> None:
        broker = ScriptedBroker()
        broker.on_submit = lambda order: [filled(order)]
        desk = Rig(tmp_path, [chain_update(new_york(10))], broker=broker).run(until=new_york(10, 0, 2)).desk

        seen = {
            module_id: len(context_for(desk, module.spec).open_positions)
            for module_id, module in desk.book.modules.items()
        }
        assert seen == {"IV_SERVICE": 1, "IV_SERVICE_2": 0, "IV_SERVICE_3": 0}

    def test_what_a_person_refused_is_not_asked_again_that_day(self, rig: Rig) -> None:
        desk = rig.desk
        (approval,) = desk.book.approvals.values()
        spec = desk.book.modules["IV_SERVICE_2"].spec
        assert context_for(desk, spec).refused == {}
        handlers.handle(desk, cmd.RefuseTrade(approval.approval_id, "user", "no"))
        why = "a person refused a trade in it today"
        assert context_for(desk, spec).refused == {("SPY", kind): why for kind in spec.structures}
        assert context_for(desk, desk.book.modules["IV_SERVICE_3"].spec).refused == {}
        rig.run(until=new_york(10, 31))
        assert scanned_at(rig, "IV_SERVICE_2")[-1] == new_york(10, 30)
        assert desk.book.approvals == {}
        assert why in {row.reason for row in rows(rig, "IV_SERVICE_2")}
        desk.clock = VirtualClock(new_york(10, day=dt.date(2026, 3, 17)))
        assert context_for(desk, spec).refused == {}

    def test_what_the_gate_lets_it_put_into_one_symbol(self, rig: Rig) -> None:
        desk, book = rig.desk, rig.desk.book
        spec = book.modules["IV_SERVICE_2"].spec
        assert context_for(desk, spec).most_in_symbol == dollars("10000"), "half of 20,000"
        book.limits = replace(book.limits, max_symbol_share_pct=None)
        assert context_for(desk, spec).most_in_symbol is None

    def test_its_means_are_the_lesser_of_its_own_and_the_accounts(self, rig: Rig) -> None:
        desk, book = rig.desk, rig.desk.book
        held = book.held("IV_SERVICE")
        spec = book.modules["IV_SERVICE_2"].spec
        assert context_for(desk, spec).available == dollars("20000")
        budgets = {"IV_SERVICE": 0, "IV_SERVICE_2": dollars("50000"), "IV_SERVICE_3": 0}
        desk.record(ev.BudgetReallocated(budgets, 0, 2, "user", "test"))
        assert context_for(desk, spec).available == dollars("50000") - held


class TestIvRank:
    def test_a_scan_sells_only_where_a_known_rank_is_high_and_says_how_long_the_history_is(
        self, tmp_path: Path
    ) -> None:
        for name, low, high, action in (("low", 0.2, 0.9, "SKIPPED"), ("high", 0.1, 0.26, "EXECUTED")):
            (tmp_path / name).mkdir()
            rig = Rig(tmp_path / name, [chain_update(new_york(10)), chain_update(new_york(10, 30))])
            rig.desk.iv_ranks = ranks_after(100, low, high)
            rig.run(until=new_york(10, 0, 2))
            (row,) = rows(rig, "IV_SERVICE")
            assert row.action.value == action
            assert row.numbers["iv_rank_sessions"] == 100
            assert "iv_rank" not in row.waived
            if name == "low":
                assert re.fullmatch(r"IV rank \d+(\.\d)? below 50", row.reason)
            else:
                assert "(100 sessions, less than a year), at least 50" in row.reason

    def test_without_a_history_it_is_unknown_as_before(self, rig: Rig) -> None:
        assert dict(context_for(rig.desk, rig.desk.book.modules["IV_SERVICE"].spec).iv_ranks) == {
            "SPY": IvRank(None, 0)
        }


class TestFindings:
    def test_a_candidate_in_another_modules_name_is_not_traded_and_the_record_says_so(self, rig: Rig) -> None:
        sent = len(rig.broker.submitted)
        answer(rig, "IV_SERVICE", found(rig))

        assert len(rig.broker.submitted) == sent
        row = rows(rig, "IV_SERVICE")[0]
        assert (row.action, row.symbol) == (ScanAction.SKIPPED, "SPY")
        assert row.reason == "the candidate is in the name of another module (IV_SERVICE_2)"

    def test_a_denied_candidate_is_recorded_with_every_reason_and_its_numbers(self, rig: Rig) -> None:
        finding = replace(found(rig, quantity=2), numbers={"spot_usd": 1_000_000})
        answer(rig, "IV_SERVICE_2", finding)

        row = rows(rig, "IV_SERVICE_2")[0]
        codes = [denial.code.value for denial in row.denials]
        assert {"DUPLICATE", "EVIDENCE"} <= set(codes)
        assert row.reason == ", ".join(codes)
        assert (row.numbers, row.at) == ({"spot_usd": 1_000_000}, rig.desk.now)

    def test_a_candidate_without_legs_is_denied_and_stops_nothing(self, rig: Rig) -> None:
        structure = next(iter(rig.desk.book.approvals.values())).candidate.structure
        answer(rig, "IV_SERVICE_2", found(rig, structure=Structure(structure.kind, ())))

        row = rows(rig, "IV_SERVICE_2")[0]
        assert (row.action, row.structure) == (ScanAction.SKIPPED, "Iron Condor")
        assert "STRUCTURE" in row.reason

    def test_counts_of_the_scan_are_those_of_its_rows(self, rig: Rig) -> None:
        answer(rig, "IV_SERVICE_2", Finding("QQQ", None, "no option quotes yet"), found(rig))

        (scan,) = [event for event in rig.events(ev.ScanCompleted) if isinstance(event, ev.ScanCompleted)][-1:]
        assert (scan.looked_at, scan.executed, scan.pending, scan.skipped) == (2, 0, 0, 2)
        assert [(row.symbol, row.reason) for row in rows(rig, "IV_SERVICE_2")[:2]] == [
            ("QQQ", "no option quotes yet"),
            ("SPY", "DUPLICATE"),
        ]

    def test_an_approval_waits_ten_minutes_and_the_user_is_told(self, rig: Rig) -> None:
        (approval,) = rig.desk.book.approvals.values()
        assert (approval.requested_at, approval.expires_at) == (new_york(10), new_york(10, 10))
        assert any(text.endswith("waits for your decision") for text in rig.publisher.alerts)

        rig.run(until=new_york(10, 10))

        decided = [event for event in rig.events(ev.ApprovalDecided) if isinstance(event, ev.ApprovalDecided)]
        assert [(event.status.value, event.who) for event in decided] == [("EXPIRED", "engine")]

    def test_approve_all_answers_a_second_later_through_the_same_checks(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))])
        rig.desk.approves_all = True
        rig.run(until=new_york(10, 0, 1))

        (entry,) = [entry for entry in rig.store.entries() if entry.type == "ApprovalDecided"]
        assert entry.at == new_york(10, 0, 1)
        assert [order.module_id for order in rig.broker.submitted] == ["IV_SERVICE", "IV_SERVICE_2"]

    def test_a_failing_module_is_paused_with_its_error_and_scans_no_more(self, rig: Rig) -> None:
        answer(rig, "IV_SERVICE_2", error="ValueError: max_delta below min_delta")

        module = rig.desk.book.modules["IV_SERVICE_2"]
        assert (module.status, module.status_why) == (ModuleStatus.PAUSED, "ValueError: max_delta below min_delta")
        assert rig.desk.book.approvals == {}
        rig.run()
        scanned = [event.module_id for event in rig.events(ev.ScanCompleted) if isinstance(event, ev.ScanCompleted)]
        assert scanned.count("IV_SERVICE_2") == 1


class TestTheOrderOfAnswers:
    def test_findings_are_applied_in_the_order_of_the_scans_whoever_answers_first(self, rig: Rig) -> None:
        workers = HeldWorkers()
        scans = Scans(workers)
        scans.start(rig.desk, ("IV_SERVICE", "IV_SERVICE_2", "IV_SERVICE_3"))
        for ticket in (3, 1, 2):
            assert scans.are_under_way
            scans.take(ScanFinished(ticket, workers.jobs[ticket]()))
        assert not scans.are_under_way
        scans.apply(rig.desk)
        rig.desk.commit()

        scans_done = [event.module_id for event in rig.events(ev.ScanCompleted) if isinstance(event, ev.ScanCompleted)]
        assert scans_done[-3:] == ["IV_SERVICE", "IV_SERVICE_2", "IV_SERVICE_3"]

    def test_a_module_paused_while_its_scan_was_under_way_trades_nothing(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))])
        rig.desk.clock.advance_to(new_york(10))
        rig.desk.market.apply(chain_update(new_york(10)))
        rig.desk.is_reconciled = True
        workers = HeldWorkers()
        scans = Scans(workers)
        scans.start(rig.desk, ("IV_SERVICE", "IV_SERVICE_2"))
        for module_id in ("IV_SERVICE", "IV_SERVICE_2"):
            handlers.handle(rig.desk, cmd.PauseModule(module_id, "user", "lunch"))
        for ticket, job in workers.jobs.items():
            scans.take(ScanFinished(ticket, job()))
        scans.apply(rig.desk)
        rig.desk.commit()

        assert rig.broker.submitted == []
        assert rig.desk.book.approvals == {}
        assert [rows(rig, module_id)[0].reason for module_id in ("IV_SERVICE", "IV_SERVICE_2")] == ["MODULE_STATUS"] * 2

    @pytest.mark.parametrize("error", ["", "ValueError: max_delta below min_delta"])
    def test_a_module_removed_while_its_scan_was_under_way_is_left_out(self, rig: Rig, error: str) -> None:
        workers = HeldWorkers()
        scans = Scans(workers)
        scans.start(rig.desk, ("IV_SERVICE", "IV_SERVICE_2"))
        handlers.handle(rig.desk, cmd.RemoveModule("IV_SERVICE_2", "", "user", "enough"))
        scans.take(ScanFinished(1, workers.jobs[1]()))
        scans.take(ScanFinished(2, workers.jobs[2](), error))
        scans.apply(rig.desk)
        rig.desk.commit()

        scanned = [event.module_id for event in rig.events(ev.ScanCompleted) if isinstance(event, ev.ScanCompleted)]
        assert scanned[-1] == "IV_SERVICE"
        assert list(rig.desk.book.modules) == ["IV_SERVICE", "IV_SERVICE_3"]
        assert rig.desk.book.approvals == {}

    def test_what_was_found_under_settings_that_changed_meanwhile_is_dropped(self, tmp_path: Path) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(10))])
        rig.desk.clock.advance_to(new_york(10))
        rig.desk.market.apply(chain_update(new_york(10)))
        rig.desk.is_reconciled = True
        workers = HeldWorkers()
        scans = Scans(workers)
        both = ("IV_SERVICE", "IV_SERVICE_2")
        scans.start(rig.desk, both)
        specs = [rig.desk.book.modules[module_id].spec for module_id in both]
        other = replace(specs[0], limits=replace(specs[0].limits, max_risk_per_trade=dollars(400)))
        handlers.handle(rig.desk, cmd.ChangeModule(both[0], other, "user", "calmer"))
        handlers.handle(rig.desk, cmd.ChangeModule(both[1], replace(specs[1], name="The second"), "user", "a name"))
        for ticket, job in workers.jobs.items():
            scans.take(ScanFinished(ticket, job()))
        scans.apply(rig.desk)
        rig.desk.commit()

        scanned = [event.module_id for event in rig.events(ev.ScanCompleted) if isinstance(event, ev.ScanCompleted)]
        assert scanned == ["IV_SERVICE_2"], "another name is no other settings"
        assert [order.module_id for order in rig.broker.submitted] == []
        assert any("what it found is dropped" in each for each in rig.publisher.alerts)

    def test_the_second_of_two_candidates_sees_what_the_first_has_taken(self, tmp_path: Path) -> None:
        updates = [chain_update(new_york(10), symbol=symbol) for symbol in ("QQQ", "SPY")]
        rig = Rig(tmp_path, updates, limits=whole_budget_in_one_symbol())
        plan = rig.desk.book.plan.moved(dollars("14500"), "IV_SERVICE", None)
        rig.desk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, 2, "user", "test"))
        rig.run(until=new_york(10))

        assert [(row.symbol, row.action.value, row.reason) for row in rows(rig, "IV_SERVICE")][1] == (
            "SPY",
            "SKIPPED",
            "BUDGET",
        )
        assert [order.structure.symbol for order in rig.broker.submitted] == ["QQQ"]


class TestAfterARestart:
    def test_a_scan_that_was_lost_with_its_process_is_made_up_for(self, rig: Rig) -> None:
        rig.run(until=new_york(10, 20))
        rig.desk.clock.advance_to(new_york(10, 30))
        rig.desk.market.apply(chain_update(new_york(10, 30)))
        positions.record_marks(rig.desk)  # the quotes were read and acted on, and then the process died
        rig.desk.commit()

        again = rig.reopened()
        again.run(until=new_york(10, 31))

        assert scanned_at(again, "IV_SERVICE") == [new_york(10), new_york(10, 30)]

    def test_nothing_is_scanned_twice(self, rig: Rig) -> None:
        again = rig.reopened()
        again.run(until=new_york(10, 20))
        assert scanned_at(again, "IV_SERVICE") == [new_york(10)]


class TestScanNow:
    @staticmethod
    def asked(rig: Rig, module_id: str = "IV_SERVICE", until: dt.datetime | None = None) -> list[str]:
        """Ask for a scan and run on; the codes of the refusal, none when it was done."""
        before = len(rig.publisher.denied)
        rig.inbox.put(cmd.ScanNow(module_id, "user"))
        rig.run(until=until or rig.desk.now)
        return [denial.code.value for notice in rig.publisher.denied[before:] for denial in notice.denials]

    def test_it_scans_at_once_outside_the_schedule(self, rig: Rig) -> None:
        assert self.asked(rig) == []
        assert scanned_at(rig, "IV_SERVICE") == [new_york(10), rig.desk.now]
        assert isinstance(rig.publisher.accepted[-1].command, cmd.ScanNow)

    def test_it_leaves_the_schedule_as_it_was(self, tmp_path: Path) -> None:
        minutes = [chain_update(new_york(10) + dt.timedelta(minutes=number)) for number in range(20)]
        rig = Rig(tmp_path, minutes).run(until=new_york(10, 5))
        assert self.asked(rig) == []
        rig.run()
        assert scanned_at(rig, "IV_SERVICE") == [new_york(10), new_york(10, 5), new_york(10, 15)]

    def test_a_closed_market_is_not_scanned_and_the_asker_is_told(self, rig: Rig) -> None:
        rig.run(until=new_york(16))
        rig.desk.clock.advance_to(new_york(16))
        assert self.asked(rig) == ["MARKET_CLOSED"]

    def test_a_paused_module_an_unknown_one_and_a_stop_are_told_apart(self, rig: Rig) -> None:
        assert self.asked(rig, "IV_SERVICE_3") == ["MODULE_STATUS"]
        assert self.asked(rig, "NOBODY") == ["UNKNOWN_MODULE"]
        rig.desk.latch.set("button", "test")
        assert self.asked(rig) == ["STOPPED"]
        assert scanned_at(rig, "IV_SERVICE") == [new_york(10)]

    @pytest.mark.parametrize("who", [["IV_SERVICE"], None, 7], ids=str)
    def test_a_name_of_another_kind_is_denied_and_halts_nothing(self, rig: Rig, who: Any) -> None:
        assert self.asked(rig, who) == ["STRUCTURE"]
        assert rig.desk.halted == ""


def test_a_candidate_keeps_what_was_waived_on_its_row(rig: Rig) -> None:
    candidate: Candidate = next(iter(rig.desk.book.approvals.values())).candidate
    assert rows(rig, "IV_SERVICE_2")[0].waived == candidate.waived == ("evidence", "iv_rank")


class TestGarbage:
    """A module that answers nonsense is paused by itself; nothing of the answer reaches the journal."""

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda candidate: replace(candidate, probability_of_profit=float("nan")),
            lambda candidate: replace(candidate, greeks=Greeks(delta=float("inf"))),
            lambda candidate: replace(candidate, quantity="one"),
            lambda candidate: replace(candidate, quantity=100_001),
            lambda _candidate: "a text",
        ],
    )
    def test_numbers_that_are_none_pause_that_module_alone(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Candidate], Any]
    ) -> None:
        real = IvService.scan

        def scan(self: IvService, context: ScanContext) -> tuple[Finding, ...]:
            findings = real(self, context)
            if context.module.module_id != "IV_SERVICE":
                return findings
            return tuple(
                replace(found, candidate=spoil(found.candidate)) if found.candidate else found for found in findings
            )

        monkeypatch.setattr(IvService, "scan", scan)
        rig = Rig(tmp_path, [chain_update(new_york(10))])
        rig.run(until=new_york(10, 0, 3))

        assert rig.desk.halted == ""
        assert rig.desk.book.modules["IV_SERVICE"].status is ModuleStatus.PAUSED
        assert rig.desk.book.modules["IV_SERVICE_2"].status is ModuleStatus.ACTIVE
        assert rig.broker.submitted == []
