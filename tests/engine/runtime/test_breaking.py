"""Account limits and the closing plan: one suspicion pauses, proof closes, step by step at a paper broker."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, BrokerAccount
from engine.domain.broker_reports import BrokerAccepted, BrokerReport
from engine.domain.limits import AccountLimits
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import ChainUpdate
from engine.execution.paper import PaperBroker, PaperRules
from engine.ledger.verify import verify_store
from engine.market.events import EventCalendar
from engine.runtime import breaking
from tests.builders import three_iv_services
from tests.engine.runtime.scenes import CONDOR, OTHER, denied, give, hold, made_of, put, urgent
from tests.fakes import Rig, ScriptedBroker, chain_update, filled, new_york, only

PRICES = ("0.40", "0.90", "1.00", "0.50")
SPREAD = made_of(put(88, 1), put(93, -1))


def at(minute: int, second: int = 0, spot: float = 100.0, volatility: float = 0.25) -> ChainUpdate:
    """Quotes of 10:`minute`."""
    return chain_update(new_york(10, minute, second), spot, volatility=volatility)


def trading(folder: Path, *later: ChainUpdate, limits: AccountLimits, broker: object = None) -> Rig:
    """From 10:00: nothing scans, IV_SERVICE and IV_SERVICE_2 hold condors and put spreads; then the quotes given."""
    spec = replace(only(three_iv_services(("SPY",)), "NOBODY"), account_limits=limits)
    # The modules' own stops are far away: what is closed here is closed by the account's rule.
    modules = tuple(replace(each, parameters={**each.parameters, "stop_loss_pct": 1000}) for each in spec.modules)
    spec = replace(spec, modules=modules)
    rig = Rig(folder, [at(0), *later], spec=spec, broker=broker)  # type: ignore[arg-type]
    rig.run(until=new_york(10, 0, 2))
    hold(rig, CONDOR, PRICES, 4)
    hold(rig, SPREAD, ("0.40", "0.90"), 6, module=OTHER)
    return rig


def fills(order: Order) -> list[BrokerReport]:
    """Every order at once, at its limit."""
    return [BrokerAccepted(order.order_id), filled(order)]


@pytest.fixture
def broker() -> ScriptedBroker:
    """Fills everything at once."""
    made = ScriptedBroker()
    made.on_submit = fills
    return made


def breach(rig: Rig, day: int, nav: int) -> ev.BreakerTripped | None:
    """What the mindfolio's own limits say of a day's P&L and a NAV."""
    assert rig.desk.book.spec is not None
    return breaking._breach(rig.desk.book, rig.desk.book.spec.account_limits, day, nav)


LOSS = AccountLimits(day_loss=dollars(500), drawdown_pct=None)
FALLEN = (92.0, 0.3)
"""The puts are in the money: the account has lost more than 500."""


def plans(rig: Rig) -> list[ev.ClosingPlanned]:
    """The plans that were journaled."""
    return [event for event in rig.events(ev.ClosingPlanned) if isinstance(event, ev.ClosingPlanned)]


def test_a_plan_knows_the_eve_of_an_ex_day(tmp_path: Path, broker: ScriptedBroker) -> None:
    rig = trading(tmp_path, limits=AccountLimits(day_loss=None, drawdown_pct=None), broker=broker)
    tomorrow = np.array([new_york(10).date().toordinal() + 1])
    listed = {"day": tomorrow, "value": np.array([0.5])}
    listed |= {name: np.array([each]) for name, each in (("symbol", "SPY"), ("kind", "ex-dividend"), ("source", "x"))}
    rig.desk.events_on = lambda _: EventCalendar(listed)

    assert give(rig, cmd.PlanClosing(0, "user")) == []

    whys = {step.position_id: step.why for step in plans(rig)[-1].plan.steps}
    assert whys["P000001"].endswith("; the eve of ex-dividend"), "its calls are sold"
    assert "ex-dividend" not in whys["P000002"], "puts do not care"


class TestSuspicion:
    def test_one_look_at_the_limit_pauses_everything_and_sells_nothing(
        self, tmp_path: Path, broker: ScriptedBroker
    ) -> None:
        rig = trading(tmp_path, at(10, 0, *FALLEN), limits=LOSS, broker=broker).run(until=new_york(10, 10, 5))
        assert (rig.desk.book.breaker, rig.desk.book.status) == ("ACCOUNT_LOSS", MindfolioStatus.PAUSED)
        assert (plans(rig), broker.submitted) == ([], [])
        assert urgent(rig, "Trading paused: the account's day loss of $") == 1

    def test_exactly_the_limit_trips_and_a_unit_less_does_not(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        lost = -sum(rig.desk.book.day_pnl(module_id) for module_id in rig.desk.book.modules)
        assert breach(rig, -dollars(500) + 1, 0) is None
        tripped = breach(rig, -dollars(500), 0)
        assert tripped is not None
        assert (tripped.code, tripped.measured, tripped.limit) == ("ACCOUNT_LOSS", dollars(500), dollars(500))
        assert lost >= 0

    def test_a_drawdown_of_exactly_fifteen_percent_trips(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=AccountLimits(day_loss=None, drawdown_pct=15))
        high = rig.desk.book.reference.nav
        limit = high * 85 // 100
        assert breach(rig, 0, limit + 5 * dollars(1)) is None
        tripped = breach(rig, 0, limit)
        assert tripped is not None
        assert (tripped.code, tripped.measured, tripped.limit) == ("DRAWDOWN", 1500, 1500)
        assert tripped.why == "the drawdown of 15.00 % has reached its limit of 15 %"

    def test_a_missing_limit_never_trips(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=AccountLimits(day_loss=None, drawdown_pct=None))
        assert breach(rig, -dollars(40_000), dollars(1)) is None

    def test_one_bad_print_pauses_and_is_never_acted_on(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        later = (at(10, 0, *FALLEN), at(10, 20), at(10, 40), at(11, 0, *FALLEN), at(11, 5))
        rig = trading(tmp_path, *later, limits=LOSS, broker=broker).run(until=new_york(10, 20))
        assert rig.desk.book.breaker == "ACCOUNT_LOSS"
        assert (plans(rig), broker.submitted) == ([], [])

    def test_while_it_lasts_it_trips_once(self, tmp_path: Path) -> None:
        looks = [at(10, second, *FALLEN) for second in (0, 2, 4)]
        rig = trading(tmp_path, *looks, limits=LOSS).run(until=new_york(10, 10, 5))
        assert len(rig.events(ev.BreakerTripped)) == 1

    def test_a_loss_of_what_is_external_is_not_the_mindfolios(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, at(10), at(10, 5, *FALLEN), limits=LOSS)  # the second look is between two marks
        for position_id in list(rig.desk.book.positions):
            rig.desk.record(ev.PositionMoved(position_id, EXTERNAL, "user", "mine"))
        rig.run(until=new_york(10, 10, 5))
        assert (rig.desk.book.breaker, rig.desk.book.status) == ("", MindfolioStatus.ACTIVE)

    def test_only_a_persons_reason_ends_it(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, at(10, 0, *FALLEN), limits=LOSS).run(until=new_york(10, 10, 5))
        assert give(rig, cmd.ResumeMindfolio("user", "go")) == ["STOPPED"]
        assert give(rig, cmd.RearmMindfolio("user", " ")) == ["REASON_MISSING"]
        assert give(rig, cmd.RearmMindfolio("user", "I know why")) == []
        assert (rig.desk.book.breaker, rig.desk.book.status) == ("", MindfolioStatus.ACTIVE)


class TestProof:
    def two_looks(self, folder: Path, broker: ScriptedBroker, limits: AccountLimits = LOSS, seconds: int = 10) -> Rig:
        """The loss is there at two looks, so many seconds apart."""
        later = (at(10, 0, *FALLEN), at(10, seconds, *FALLEN), *(at(11 + more, 0, *FALLEN) for more in range(4)))
        return trading(folder, *later, limits=limits, broker=broker)

    def test_two_clean_looks_ten_seconds_apart_begin_the_plan(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = self.two_looks(tmp_path, broker).run(until=new_york(10, 10, 9))
        assert plans(rig) == []
        rig.run(until=new_york(10, 10, 10))
        (planned,) = plans(rig)
        assert planned.plan.target == (planned.plan.worst_before or 0) // 2
        assert [order.purpose for order in broker.submitted] == [OrderPurpose.CLOSE]
        assert rig.desk.book.closing_by == "engine"

    def test_nine_seconds_are_no_proof(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = self.two_looks(tmp_path, broker, seconds=9).run(until=new_york(10, 10, 30))
        assert plans(rig) == []

    def test_it_ends_at_its_target_and_does_not_begin_again(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = self.two_looks(tmp_path, broker).run(until=new_york(10, 14))
        book = rig.desk.book
        assert (book.closing, book.closing_by) == (None, "")
        assert urgent(rig, "The closing plan has ended: the worst case is down to $") == 1
        first = plans(rig)[0].plan
        now = breaking._plan(rig.desk)
        shown = rig.kernel.snapshot().worst
        assert shown is not None
        assert now.worst_before == shown.loss, "screen and closing plan reckon alike"
        assert now.worst_before is not None
        assert first.target is not None
        assert now.worst_before <= first.target
        assert book.breaker == "ACCOUNT_LOSS", "until a person re-arms"
        assert verify_store(rig.store).faults == ()

    def test_a_difference_with_the_broker_is_no_basis_to_sell_on(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = self.two_looks(tmp_path, broker)
        agrees = broker.on_ask_account

        def differs(now: dt.datetime) -> BrokerAccount | None:
            account = agrees(now)
            return None if account is None else replace(account, positions={**account.positions, "SPY": 5})

        broker.on_ask_account = differs
        rig.run(until=new_york(10, 10, 30))
        assert rig.desk.book.breaker == "ACCOUNT_LOSS"
        assert plans(rig) == []

    def test_asked_first_it_waits_for_a_person(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = self.two_looks(tmp_path, broker, replace(LOSS, asks_first=True)).run(until=new_york(10, 12))
        plan = rig.desk.book.closing
        assert plan is not None
        assert broker.submitted == []
        assert urgent(rig, "A plan to close the riskiest positions waits for you") == 1
        assert give(rig, cmd.ConfirmClosing("C999999", "user")) == ["UNKNOWN_PLAN"]
        assert give(rig, cmd.ConfirmClosing(plan.plan_id, "user")) == []
        rig.run(until=new_york(10, 14))
        assert broker.submitted
        assert {order.who for order in broker.submitted} == {"user"}
        assert rig.desk.book.closing is None

    def test_it_is_carried_on_after_a_restart(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        broker.on_submit = lambda order: [BrokerAccepted(order.order_id)]
        rig = self.two_looks(tmp_path, broker).run(until=new_york(10, 10, 12))
        assert len(broker.submitted) == 1
        rig.store.close()
        broker.on_submit = fills
        again = Rig(rig.folder, rig.feed._updates, broker=broker)
        assert again.desk.book.closing_by == "engine"
        again.run(until=new_york(10, 13, 30))
        assert len(broker.submitted) > 1, "what was not filled at the end of its ladder was ordered anew"
        assert again.desk.book.closing is None


class TestByHand:
    def test_denials(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        assert give(rig, cmd.PlanClosing(100, "user")) == ["NEGATIVE_AMOUNT"]
        assert give(rig, cmd.PlanClosing(-1, "user")) == ["NEGATIVE_AMOUNT"]
        assert give(rig, cmd.ConfirmClosing("C000001", "user")) == ["UNKNOWN_PLAN"]
        assert give(rig, cmd.PlanClosing(50, "user")) == []
        plan = rig.desk.book.closing
        assert plan is not None
        assert broker.submitted == [], "a plan sends nothing"
        assert give(rig, cmd.ConfirmClosing(plan.plan_id, "user")) == []
        assert give(rig, cmd.PlanClosing(50, "user")) == ["ORDER_STATE"]

    def test_aged_quotes_are_a_reason_not_to(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        rig.desk.clock.advance_to(new_york(10, 30))
        (denial,) = denied(rig, cmd.PlanClosing(50, "user"))
        assert denial.code.value == "UNKNOWN_PLAN"
        assert "stale" in str(denial.facts["why"])

    def test_a_confirmed_plan_works_while_stopped(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, *(at(1 + more) for more in range(5)), limits=LOSS, broker=broker)
        give(rig, cmd.EmergencyStop("button", "test"))
        assert give(rig, cmd.PlanClosing(0, "user")) == []
        plan = rig.desk.book.closing
        assert plan is not None
        assert give(rig, cmd.ConfirmClosing(plan.plan_id, "user")) == []
        rig.run(until=new_york(10, 6))
        assert rig.desk.book.positions == {} or all(
            leg.ratio > 0 for position in rig.desk.book.positions.values() for leg in position.structure.legs
        )
        assert rig.desk.book.status is MindfolioStatus.STOPPED
        assert {order.purpose for order in broker.submitted} == {OrderPurpose.CLOSE}

    def test_a_target_that_a_person_lets_rest_makes_way_for_the_plan(
        self, tmp_path: Path, broker: ScriptedBroker
    ) -> None:
        broker.on_submit = lambda order: (
            fills(order) if order.limit > dollars("0.01") else [BrokerAccepted(order.order_id)]
        )
        rig = trading(tmp_path, *(at(1 + more) for more in range(5)), limits=LOSS, broker=broker)
        assert give(rig, cmd.ClosePosition("P000001", None, dollars("0.01"), "user", "target")) == []
        (target,) = broker.submitted
        rig.run(until=new_york(10, 0, 10))
        assert give(rig, cmd.PlanClosing(0, "user")) == []
        plan = rig.desk.book.closing
        assert plan is not None
        assert "P000001" in {step.position_id for step in plan.steps}
        assert "P000001" not in plan.left

        assert give(rig, cmd.ConfirmClosing(plan.plan_id, "user")) == []
        rig.run(until=new_york(10, 6))

        assert ("cancel", target.order_id) in broker.calls
        closed = [order.position_id for order in broker.submitted if order.why.startswith("closing plan")]
        assert "P000001" in closed
        assert rig.desk.book.closing is None


class TestAtThePaperBroker:
    """The real counterparty, which fills by its own prices."""

    def test_step_by_step_to_the_target(self, tmp_path: Path) -> None:
        legs = (*CONDOR.legs, *SPREAD.legs)
        held: dict[str, int] = {}
        for leg, units in zip(legs, (4,) * 4 + (6,) * 2, strict=True):
            held[leg.contract.occ] = held.get(leg.contract.occ, 0) + leg.ratio * units
        # 400 and 300 were received for what is held from the start.
        paper = PaperBroker(3, dollars(50_700), rules=PaperRules(), positions=held)
        later = tuple(
            chain_update(new_york(10, 10) + dt.timedelta(seconds=20 * n), 92.0, volatility=0.3) for n in range(40)
        )
        rig = trading(tmp_path, *later, limits=LOSS, broker=paper)
        rig.desk.reconcile_at = rig.desk.now
        rig.run(until=new_york(10, 23))
        started = plans(rig)[0].plan
        worst = [planned.plan.worst_before for planned in plans(rig)]
        assert worst == sorted(worst, key=lambda amount: -(amount or 0)), "no step widens the worst case"
        assert rig.desk.book.closing is None
        left = breaking._plan(rig.desk).worst_before
        assert left is not None
        assert started.target is not None
        assert left <= started.target
        assert rig.desk.book.differences == {}, "book and broker agree all along"
        assert verify_store(rig.store).faults == ()
