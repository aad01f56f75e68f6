"""Suggestions of the Smart Rebalancer over the real kernel: who is asked, who books them, what is not repeated."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Approval, ApprovalStatus, ScanAction
from engine.domain.evidence import Evidence
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import MindfolioSpec, ModuleKind, ModuleSpec, Waivers
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.domain.structure import StructureKind, shares_of
from engine.modules.rebalancer_hedge import INSURANCE
from engine.runtime import handlers_approvals
from engine.runtime.closings import Closing, close
from engine.runtime.inbox import ScanFinished
from engine.runtime.scanning import Scans, context_for
from tests.builders import three_iv_services
from tests.engine.modules.rebalancer_books import past
from tests.engine.runtime.scenes import CONDOR, MODULE, give, hear, hold
from tests.engine.runtime.test_scanning import HeldWorkers, rows
from tests.fakes import Rig, chain_update, filled, new_york

FIRST, SECOND = "REBALANCER", "REBALANCER_2"
PRICES = ("0.40", "0.90", "1.00", "0.50")


def watched(*, autotrade: bool, second_asks: bool = False) -> MindfolioSpec:
    """IV_SERVICE with 20,000, and two Rebalancers with 5,000 each, of which the second may ask whatever the first."""
    owner = three_iv_services(("SPY",)).modules[0]
    limits = ModuleLimits(dollars(500), dollars(750))
    guards = tuple(
        ModuleSpec(module_id, ModuleKind.SMART_REBALANCER, module_id, limits, trades, ("SPY",),
                   (StructureKind.BEAR_PUT_SPREAD,))
        for module_id, trades in ((FIRST, autotrade), (SECOND, autotrade and not second_asks))
    )  # fmt: skip
    budgets = {MODULE: dollars(20_000), FIRST: dollars(5000), SECOND: dollars(5000)}
    return MindfolioSpec("Watched", dollars(50_000), budgets, dollars(20_000), (owner, *guards))


def scene(folder: Path, *, autotrade: bool = False) -> Rig:
    """10:00 with quotes; IV_SERVICE holds 9 and 11 condors of SPY at 400 each: 8,000 of 50,000 are 16 %."""
    rig = Rig(folder, [chain_update(new_york(10)), chain_update(new_york(15))], spec=watched(autotrade=autotrade))
    rig.run(until=new_york(9, 59, 59))
    rig.desk.clock.advance_to(new_york(10))
    rig.desk.show(chain_update(new_york(10)))
    rig.desk.is_reconciled = True
    hold(rig, CONDOR, PRICES, 11)
    hold(rig, CONDOR, PRICES, 9)
    return rig


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    """The scene, with Rebalancers that ask."""
    return scene(tmp_path)


def scan(rig: Rig, module_id: str = FIRST) -> tuple[ScanAction, str]:
    """One scan, applied: what became of the concentration of SPY, and the reason."""
    workers = HeldWorkers()
    scans = Scans(workers)
    scans.start(rig.desk, (module_id,))
    scans.take(ScanFinished(1, workers.jobs[1]()))
    scans.apply(rig.desk)
    rig.desk.commit()
    (row,) = [row for row in rows(rig, module_id) if row.at == rig.desk.now and "limit_pct" in row.numbers][:1]
    return row.action, row.reason


def waits(rig: Rig) -> Approval:
    """The one approval that waits."""
    (approval,) = rig.desk.book.approvals.values()
    return approval


def smaller(rig: Rig) -> Position:
    """The position of nine condors."""
    return min(rig.desk.book.positions.values(), key=lambda position: position.quantity)


def quotes_at(rig: Rig, at: dt.datetime) -> None:
    """Time passes to `at`, and the same quotes come again."""
    rig.desk.clock.advance_to(at)
    rig.desk.show(chain_update(at))
    handlers_approvals.expire_approvals(rig.desk)
    rig.desk.commit()


class TestAsking:
    def test_a_person_is_asked_to_close_another_modules_position_and_it_books_to_that_module(self, rig: Rig) -> None:
        position = smaller(rig)
        action, reason = scan(rig)
        assert (action, reason.split(":")[0]) == (ScanAction.PENDING, "concentration of SPY")
        approval = waits(rig)
        assert (approval.candidate.purpose, approval.candidate.position_id) == (
            OrderPurpose.CLOSE,
            position.position_id,
        )
        assert any("closing 9 x SPY iron condor waits for your decision" in text for text in rig.publisher.alerts)
        assert rig.broker.submitted == []

        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) == []
        (order,) = rig.broker.submitted
        assert (order.module_id, order.purpose, order.quantity, order.who) == (MODULE, OrderPurpose.CLOSE, 9, "user")
        assert order.why.startswith("concentration of SPY: 16 % of NAV")
        hear(rig, filled(order))

        assert position.position_id not in rig.desk.book.positions
        assert rig.desk.book.used(MODULE) == dollars(4400)
        assert rig.desk.book.modules[MODULE].stats.closed == 1
        assert rig.desk.book.modules[FIRST].stats.closed == 0
        assert rig.desk.book.realised(FIRST) == 0

    def test_while_it_waits_or_works_neither_rebalancer_asks_again(self, rig: Rig) -> None:
        assert scan(rig)[0] is ScanAction.PENDING
        for module_id in (FIRST, SECOND):
            action, reason = scan(rig, module_id)
            assert (action, len(rig.desk.book.approvals)) == (ScanAction.SKIPPED, 1)
            assert "under way or suggested" in reason
        assert give(rig, cmd.ApproveTrade(waits(rig).approval_id, "user")) == []
        for module_id in (FIRST, SECOND):
            assert scan(rig, module_id)[0] is ScanAction.SKIPPED
        assert (len(rig.desk.book.approvals), len(rig.broker.submitted)) == (0, 1)

    def test_two_scans_of_one_moment_ask_once(self, rig: Rig) -> None:
        workers = HeldWorkers()
        scans = Scans(workers)
        scans.start(rig.desk, (FIRST, SECOND))
        for ticket, job in list(workers.jobs.items()):
            scans.take(ScanFinished(ticket, job()))
        scans.apply(rig.desk)
        rig.desk.commit()
        assert waits(rig).candidate.module_id == FIRST
        assert "DUPLICATE" in [row.reason for row in rows(rig, SECOND)]

    def test_what_was_refused_is_not_asked_again_for_a_day_by_neither_and_not_after_a_restart(self, rig: Rig) -> None:
        scan(rig)
        assert give(rig, cmd.RefuseTrade(waits(rig).approval_id, "user", "I know")) == []
        for module_id in (FIRST, SECOND):
            action, reason = scan(rig, module_id)
            assert action is ScanAction.SKIPPED
            assert "refused, or nobody decided, within 24 hours" in reason

        again = rig.reopened()
        assert [answer.status for answer in again.desk.book.answers.values()] == [ApprovalStatus.REFUSED]
        seen = context_for(again.desk, again.desk.book.modules[FIRST].spec).exposure
        assert seen is not None
        assert len(seen.answers) == 1

    def test_what_expired_is_not_asked_again_until_the_next_day(self, rig: Rig) -> None:
        scan(rig)
        quotes_at(rig, new_york(10, 10))
        assert scan(rig)[0] is ScanAction.SKIPPED
        assert [answer.status for answer in rig.desk.book.answers.values()] == [ApprovalStatus.EXPIRED]
        quotes_at(rig, new_york(10, 9, day=dt.date(2026, 3, 17)))
        assert scan(rig)[0] is ScanAction.SKIPPED
        quotes_at(rig, new_york(10, 10, day=dt.date(2026, 3, 17)))
        assert scan(rig)[0] is ScanAction.PENDING

    def test_no_other_kind_of_module_sees_the_mindfolio(self, rig: Rig) -> None:
        modules = rig.desk.book.modules
        seen = {module_id: context_for(rig.desk, module.spec).exposure for module_id, module in modules.items()}
        assert seen[MODULE] is None
        assert seen[FIRST] is not None
        foreign = replace(modules[FIRST].spec, program="0" * 64)
        assert context_for(rig.desk, foreign).exposure is None


class TestBetweenSuggestionAndClick:
    def test_a_position_closed_meanwhile(self, rig: Rig) -> None:
        scan(rig)
        approval, position = waits(rig), smaller(rig)
        assert close(rig.desk, position, Closing(position.structure, 9, "by hand", "user")) == ()
        rig.desk.commit()
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) == ["ORDER_STATE"]
        hear(rig, filled(rig.broker.submitted[-1]))
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) == ["UNKNOWN_POSITION"]
        assert len(rig.broker.submitted) == 1

    def test_a_rebalancer_paused_has_its_suggestion_voided_and_that_is_no_answer(self, rig: Rig) -> None:
        scan(rig)
        approval = waits(rig)
        assert give(rig, cmd.PauseModule(FIRST, "user", "lunch")) == []
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) == ["UNKNOWN_APPROVAL"]
        assert (rig.desk.book.answers, rig.broker.submitted) == ({}, [])
        assert scan(rig, SECOND)[0] is ScanAction.PENDING

    def test_the_owner_paused_its_position_may_still_be_closed(self, rig: Rig) -> None:
        scan(rig)
        assert give(rig, cmd.PauseModule(MODULE, "user", "lunch")) == []
        assert give(rig, cmd.ApproveTrade(waits(rig).approval_id, "user")) == []
        assert [order.module_id for order in rig.broker.submitted] == [MODULE]

    def test_a_stop_voids_it(self, rig: Rig) -> None:
        scan(rig)
        approval = waits(rig)
        give(rig, cmd.EmergencyStop("user", "test"))
        assert rig.desk.book.approvals == {}
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) != []
        assert rig.broker.submitted == []

    def test_a_position_that_became_external_is_not_closed(self, rig: Rig) -> None:
        scan(rig)
        rig.desk.record(ev.PositionMoved(smaller(rig).position_id, EXTERNAL, "user", "test"))
        rig.desk.commit()
        assert give(rig, cmd.ApproveTrade(waits(rig).approval_id, "user")) == ["UNKNOWN_POSITION"]
        assert rig.broker.submitted == []


class TestByItself:
    def test_with_autotrade_the_closing_is_ordered_at_once_in_the_owners_name(self, tmp_path: Path) -> None:
        rig = scene(tmp_path, autotrade=True)
        assert scan(rig)[0] is ScanAction.EXECUTED
        (order,) = rig.broker.submitted
        assert (order.module_id, order.who, order.quantity) == (MODULE, FIRST, 9)
        assert order.limit < order.worst
        assert scan(rig, SECOND)[0] is ScanAction.SKIPPED
        assert len(rig.broker.submitted) == 1

    def test_two_scans_of_one_moment_close_once(self, tmp_path: Path) -> None:
        rig = scene(tmp_path, autotrade=True)
        workers = HeldWorkers()
        scans = Scans(workers)
        scans.start(rig.desk, (FIRST, SECOND))
        for ticket, job in list(workers.jobs.items()):
            scans.take(ScanFinished(ticket, job()))
        scans.apply(rig.desk)
        rig.desk.commit()
        assert len(rig.broker.submitted) == 1
        assert "ORDER_STATE" in [row.reason for row in rows(rig, SECOND)]

    def test_external_positions_are_seen_and_never_closed(self, tmp_path: Path) -> None:
        rig = scene(tmp_path, autotrade=True)
        for position in list(rig.desk.book.positions.values()):
            rig.desk.record(ev.PositionMoved(position.position_id, EXTERNAL, "user", "test"))
        rig.desk.commit()
        action, reason = scan(rig)
        assert action is ScanAction.SKIPPED
        assert "EXTERNAL" in reason
        assert rig.broker.submitted == []


class Losing:
    """A backtester that says of everything that it loses."""

    def evidence(self, *_: object) -> Evidence:
        """A hundred trades, ten of them won."""
        return Evidence(100, 0.1, dollars(-50), "test")


class TestHedging:
    """IV_SERVICE holds 100 SPY at 100, 20 % of NAV by both measures, and a person does not want them sold."""

    @staticmethod
    def leaning(folder: Path, *, autotrade: bool, waivers: Waivers) -> Rig:
        rig = Rig(
            folder, [chain_update(new_york(10)), chain_update(new_york(15))],
            spec=watched(autotrade=autotrade, second_asks=True), waivers=waivers,
        )  # fmt: skip
        rig.run(until=new_york(9, 59, 59))
        desk = rig.desk
        desk.clock.advance_to(new_york(10))
        desk.show(chain_update(new_york(10)))
        desk.is_reconciled = True
        desk.backtester = Losing()
        desk.sectors = {"SPY": "Broad Market"}
        desk.pasts_on = lambda _day: {"SPY": past([0.01, -0.01] * 30)}
        hold(rig, shares_of("SPY"), ("100",), 100)
        assert scan(rig, SECOND)[0] is ScanAction.PENDING
        assert waits(rig).candidate.purpose is OrderPurpose.CLOSE  # what is about to be sold needs no hedge
        assert give(rig, cmd.RefuseTrade(waits(rig).approval_id, "user", "keep them")) == []
        return rig

    def test_it_is_insurance_that_no_backtest_judges_so_a_person_decides_and_may(self, tmp_path: Path) -> None:
        rig = self.leaning(tmp_path, autotrade=True, waivers=Waivers(iv_rank=True, events=True))
        scan(rig)
        # It waits although the module trades by itself.
        approval = waits(rig)
        assert (approval.candidate.purpose, rig.broker.submitted) == (OrderPurpose.OPEN, [])
        assert (approval.candidate.evidence, approval.candidate.needs_person) == (None, INSURANCE)
        assert give(rig, cmd.ApproveTrade(approval.approval_id, "user")) == []
        (order,) = rig.broker.submitted
        assert (order.module_id, order.purpose) == (FIRST, OrderPurpose.OPEN)
        hear(rig, filled(order))
        assert rig.desk.book.used(FIRST) == order.limit * 100 * order.quantity
        assert rig.desk.book.used(MODULE) == dollars(10_000)

    def test_where_evidence_is_waived_autotrade_buys_one_contract(self, tmp_path: Path) -> None:
        rig = self.leaning(tmp_path, autotrade=True, waivers=Waivers(evidence=True, iv_rank=True, events=True))
        scan(rig)
        (order,) = rig.broker.submitted
        assert (order.purpose, order.module_id, order.quantity) == (OrderPurpose.OPEN, FIRST, 1)

    def test_a_refused_hedge_is_not_proposed_again_for_a_day(self, tmp_path: Path) -> None:
        rig = self.leaning(tmp_path, autotrade=False, waivers=Waivers(iv_rank=True, events=True))
        scan(rig)
        assert waits(rig).candidate.purpose is OrderPurpose.OPEN
        assert give(rig, cmd.RefuseTrade(waits(rig).approval_id, "user", "too dear")) == []
        scan(rig)
        assert rig.desk.book.approvals == {}
        assert any("no hedge: refused, or nobody decided, within 24 hours" in row.reason for row in rows(rig, FIRST))
