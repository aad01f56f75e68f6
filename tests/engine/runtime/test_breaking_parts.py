"""Account limits and the closing plan, one decision at a time: quotes fall, and the breaker looks once."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, Difference
from engine.domain.closing import ClosingPlan
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import AccountLimits
from engine.domain.notices import Alert
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Past
from engine.domain.structure import Leg
from engine.domain.structure_shapes import held_structure
from engine.risk.breaker import BreachSample
from engine.runtime import breaking
from engine.runtime.desk import Desk
from tests.builders import three_iv_services
from tests.engine.runtime.scenes import OTHER, call, denied, give, hold, made_of, quiet
from tests.engine.runtime.test_breaking import FALLEN, LOSS, SPREAD, at, fills, plans, trading
from tests.fakes import EXPIRATION, Rig, ScriptedBroker, chain_update, new_york, only

LOST = dollars(1514)
"""What both positions lose from 10:00 to the quotes of FALLEN, at mid."""


def show(rig: Rig, minute: int, second: int = 0) -> Desk:
    """The quotes of FALLEN come, and nobody has looked at them yet."""
    rig.desk.clock.advance_to(new_york(10, minute, second))
    rig.desk.market.apply(at(minute, second, *FALLEN))
    return rig.desk


def look(rig: Rig, *, has_quotes: bool = True) -> None:
    breaking.watch(rig.desk, has_quotes=has_quotes)
    rig.desk.commit()


def fallen(folder: Path, limits: AccountLimits = LOSS, broker: ScriptedBroker | None = None) -> Rig:
    """10:10:10: the breaker has tripped ten seconds ago; another look would be the proof."""
    rig = trading(folder, limits=limits, broker=broker)
    show(rig, 10)
    look(rig)
    show(rig, 10, 10)
    return rig


def alerts(rig: Rig, begins: str) -> list[tuple[bool, bool]]:
    """Of the alerts that begin so, whether each is urgent and standing."""
    told = [notice for notice in rig.publisher.notices if isinstance(notice, Alert)]
    return [(each.is_urgent, each.is_standing) for each in told if each.text.startswith(begins)]


def opening(rig: Rig) -> Order:
    """A put spread more for a position that is held already, at work at the broker."""
    book = rig.desk.book
    order = Order(
        book.next_order_id, OTHER, "P000002", OrderPurpose.OPEN, SPREAD, 1, dollars("-0.50"), dollars("-0.45"),
        dollars(450), rig.desk.now, "test",
    )  # fmt: skip
    rig.desk.record(ev.OrderIntended(order))
    rig.desk.record(ev.OrderSubmitted(order.order_id))
    rig.desk.record(ev.OrderAccepted(order.order_id))
    rig.desk.commit()
    return book.orders[order.order_id]


class TestLooking:
    def test_looks_of_ten_minutes_are_kept(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        desk = show(rig, 20)
        minutes, moment = dt.timedelta(minutes=10), dt.timedelta(microseconds=1)
        desk.samples = [BreachSample(desk.now - age, True, False) for age in (minutes + moment, minutes, moment)]
        look(rig)
        assert [desk.now - each.at for each in desk.samples] == [minutes, moment, dt.timedelta(0)]
        assert [(each.is_clean, each.in_breach) for each in desk.samples][-1] == (True, True)

    def test_a_mark_that_is_missing_makes_a_look_unclean(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        rig.desk.clock.advance_to(new_york(10, 30))  # the quotes are half an hour old
        look(rig)
        assert (rig.desk.samples[-1].is_clean, rig.desk.samples[-1].in_breach) == (False, False)

    def test_it_looks_at_new_quotes_in_a_session_of_a_mindfolio(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        rig.desk.samples = []
        look(rig, has_quotes=False)
        spec, rig.desk.book.spec = rig.desk.book.spec, None
        look(rig)
        rig.desk.book.spec = spec
        rig.desk.clock.advance_to(new_york(16))
        look(rig)
        assert rig.desk.samples == []

    def test_the_loss_since_the_last_marks_counts(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        desk = show(rig, 10)
        look(rig)
        (tripped,) = rig.events(ev.BreakerTripped)
        assert isinstance(tripped, ev.BreakerTripped)
        assert (tripped.code, tripped.measured, tripped.limit) == ("ACCOUNT_LOSS", LOST, dollars(500))
        assert desk.book.account_day_pnl == -LOST, "what was acted on was journaled"
        assert desk.reconcile_at == desk.now
        assert alerts(rig, "Trading paused: the account's day loss of $1,514.00 has reached its limit of $500.00") == [
            (True, True)
        ]

    @pytest.mark.parametrize(("off", "trips"), [(1, False), (0, True)])
    def test_a_loss_that_a_person_has_seen_counts_once(self, tmp_path: Path, off: int, trips: bool) -> None:
        rig = trading(tmp_path, limits=LOSS)
        rig.desk.book.loss_seen = LOST - dollars(500) + off
        show(rig, 10)
        look(rig)
        assert (rig.desk.book.breaker == "ACCOUNT_LOSS") is trips

    def test_so_it_counts_for_the_drawdown(self, tmp_path: Path) -> None:
        # 1,514 of a little more than 50,000.
        rig = trading(tmp_path, limits=AccountLimits(day_loss=None, drawdown_pct=3))
        show(rig, 10)
        look(rig)
        (tripped,) = rig.events(ev.BreakerTripped)
        assert isinstance(tripped, ev.BreakerTripped)
        assert (tripped.code, tripped.measured, tripped.limit) == ("DRAWDOWN", 302, 300)

    def test_what_would_open_is_withdrawn_and_what_was_told_before_may_be_told_again(
        self, tmp_path: Path, broker: ScriptedBroker
    ) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        order = opening(rig)
        rig.desk.told.add("ACCOUNT_LOSS")
        show(rig, 10)
        look(rig)
        assert ("cancel", order.order_id) in broker.calls
        assert "ACCOUNT_LOSS" not in rig.desk.told

    def test_after_a_stop_nothing_is_left_to_pause(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        rig.desk.record(ev.EmergencyStopLatched("button", "test"))
        show(rig, 10)
        look(rig)
        assert (rig.desk.book.breaker, rig.events(ev.BreakerTripped)) == ("", [])


@pytest.fixture
def broker() -> ScriptedBroker:
    made = ScriptedBroker()
    made.on_submit = fills
    return made


def _unreconciled(desk: Desk, differs: Difference) -> None:
    del differs
    desk.is_reconciled = False


def _different(desk: Desk, differs: Difference) -> None:
    desk.book.differences = {"SPY": differs}


def _suspicious(desk: Desk, differs: Difference) -> None:
    desk.suspects = {"SPY": differs}


class TestOnProof:
    @pytest.mark.parametrize("doubt", [_unreconciled, _different, _suspicious])
    def test_books_in_doubt_are_not_sold_on(self, tmp_path: Path, doubt: Callable[[Desk, Difference], None]) -> None:
        rig = fallen(tmp_path)
        rig.desk.is_reconciled, rig.desk.suspects = True, {}
        doubt(rig.desk, Difference("SPY", "SPY", 0, 5))
        look(rig)
        assert plans(rig) == []
        rig.desk.is_reconciled, rig.desk.book.differences, rig.desk.suspects = True, {}, {}
        look(rig)
        assert len(plans(rig)) == 1

    def test_it_begins_by_itself_and_says_what_it_costs(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = fallen(tmp_path, broker=broker)
        look(rig)
        (decided,) = rig.events(ev.ClosingDecided)
        assert isinstance(decided, ev.ClosingDecided)
        assert (decided.is_confirmed, decided.who, decided.why) == (True, "engine", "ACCOUNT_LOSS")
        assert alerts(rig, "Closing the riskiest positions, for about $26.00") == [(True, False)]
        assert [order.position_id for order in broker.submitted] == ["P000002"]

    @pytest.mark.parametrize("waits_for", ["asked first", "latch", "stop"])
    def test_where_a_person_is_asked_it_waits_and_is_worked_out_once(
        self, tmp_path: Path, broker: ScriptedBroker, waits_for: str
    ) -> None:
        rig = fallen(tmp_path, replace(LOSS, asks_first=waits_for == "asked first"), broker)
        if waits_for == "latch":
            rig.desk.latch.set("button", "the journal does not know of it yet")
        if waits_for == "stop":
            rig.desk.record(ev.EmergencyStopLatched("button", "the file could not be written"))
        for _ in range(2):
            look(rig)
        assert len(plans(rig)) == 1
        assert (rig.desk.book.closing_by, broker.submitted) == ("", [])
        assert alerts(rig, "A plan to close the riskiest positions waits for you; it costs about $26.00") == [
            (True, False)
        ]

    def test_where_nothing_would_help_it_is_said_once(self, tmp_path: Path) -> None:
        rig = fallen(tmp_path, replace(LOSS, target_pct=100))  # the worst case may stay what it is
        for _ in range(2):
            look(rig)
        assert plans(rig) == []
        assert alerts(rig, "Nothing can be closed now that would bring the worst case down") == [(True, False)]

    def test_a_persons_plan_that_is_carried_out_is_not_replaced(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        broker.on_submit = lambda _: []
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        give(rig, cmd.PlanClosing(50, "user"))
        (shown,) = plans(rig)
        give(rig, cmd.ConfirmClosing(shown.plan.plan_id, "user"))
        for second in (0, 10):
            show(rig, 10, second)
            rig.desk.look_at = new_york(11)
            look(rig)
        assert rig.desk.book.breaker == "ACCOUNT_LOSS"
        assert (plans(rig), rig.desk.book.closing_by) == ([shown], "user")


class TestPlans:
    @pytest.mark.parametrize(("percent", "is_taken"), [(-1, False), (0, True), (99, True), (100, False), (101, False)])
    def test_a_target_is_a_share_below_the_whole(self, tmp_path: Path, percent: int, is_taken: bool) -> None:
        rig = trading(tmp_path, limits=LOSS)
        denials = breaking.plan_closing(rig.desk, cmd.PlanClosing(percent, "user"))
        assert (denials == ()) is is_taken
        assert all((each.measured, each.limit, each.unit) == (percent, 99, "pct") for each in denials)

    def test_a_plan_has_the_number_of_its_entry_and_is_confirmed_by_it_once(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        (none_waits,) = denied(rig, cmd.ConfirmClosing("C000001", "user"))
        assert (none_waits.measured, none_waits.limit) == ("C000001", "")
        give(rig, cmd.PlanClosing(50, "user"))
        (shown,) = plans(rig)
        assert shown.plan.plan_id == f"C{rig.desk.book.seq:06d}"
        (another,) = denied(rig, cmd.ConfirmClosing("C999999", "user"))
        assert (another.measured, another.limit) == ("C999999", shown.plan.plan_id)

        rig.desk.look_at = new_york(11)
        confirmed = cmd.ConfirmClosing(shown.plan.plan_id, "user")
        assert [breaking.confirm_closing(rig.desk, confirmed) for _ in range(2)] == [(), ()]
        assert rig.desk.look_at == rig.desk.now, "it begins at once"
        rig.desk.commit()
        assert rig.events(ev.ClosingDecided) == [ev.ClosingDecided(shown.plan.plan_id, True, "user", "")]

    def test_with_nothing_held_there_is_nothing_to_close(self, tmp_path: Path) -> None:
        (denial,) = denied(quiet(tmp_path), cmd.PlanClosing(50, "user"))
        assert denial.facts["why"] == "no closing would bring the worst case down"

    def test_what_is_external_is_not_ours_to_close(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        rig.desk.record(ev.PositionMoved("P000002", EXTERNAL, "user", "mine"))
        plan = breaking._plan(rig.desk)
        assert ([step.position_id for step in plan.steps], plan.left) == (["P000001"], {})

    @pytest.mark.parametrize(("age", "closes"), [(0, True), (1, False)])
    def test_without_a_limit_of_age_only_the_quotes_of_now_are_prices(
        self, tmp_path: Path, age: int, closes: bool
    ) -> None:
        rig = trading(tmp_path, limits=LOSS)
        show(rig, 10)
        rig.desk.book.limits = replace(rig.desk.book.limits, max_quote_age=None)
        rig.desk.clock.advance_to(rig.desk.now + dt.timedelta(seconds=age))
        assert bool(breaking._plan(rig.desk).steps) is closes

    def test_a_name_that_rises_when_the_index_falls_is_reckoned_so(self, tmp_path: Path) -> None:
        spec = only(three_iv_services(("QQQ",)), "NOBODY")
        rig = Rig(tmp_path, [chain_update(new_york(10), symbol="QQQ")], spec=spec).run(until=new_york(10, 0, 2))
        sold = Leg(OptionContract("QQQ", EXPIRATION, dollars(110), Right.CALL), -1)
        hold(rig, held_structure("QQQ", (sold,), 0)[0], ("1.00",))
        with_the_index = breaking._plan(rig.desk, 99).target
        moves = np.concatenate([[0.0], np.cumsum(np.resize([0.01, -0.008, 0.004], 252))])
        today = rig.desk.now.date().toordinal()
        days = np.arange(today - moves.size, today)
        pasts = {"SPY": Past(days, 100 * np.exp(moves)), "QQQ": Past(days, 100 * np.exp(-3 * moves))}
        rig.desk.pasts_on = lambda _: pasts
        # The index falls by 30 %, the name rises by 90 % to 190, and the call is worth 80 and more.
        assert with_the_index < dollars(79 * 100) < breaking._plan(rig.desk, 99).target

    def _order(self, position: Position, order_id: str, *, who: str = "user") -> Order:
        return Order(
            order_id, position.module_id, position.position_id, OrderPurpose.CLOSE, position.structure, 1,
            dollars("0.01"), dollars("0.01"), 0, position.opened_at, "target", OrderStatus.WORKING, who=who,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("status", "orders", "becomes"),
        [
            (PositionStatus.CLOSING, ("user",), PositionStatus.MONITORING),
            (PositionStatus.CLOSING, ("",), PositionStatus.CLOSING),
            (PositionStatus.CLOSING, ("user", ""), PositionStatus.CLOSING),
            (PositionStatus.AWAITING, (), PositionStatus.AWAITING),
            (PositionStatus.MONITORING, (), PositionStatus.MONITORING),
        ],
    )
    def test_a_position_can_be_closed_where_all_that_works_on_it_rests(
        self, tmp_path: Path, status: PositionStatus, orders: tuple[str, ...], becomes: PositionStatus
    ) -> None:
        rig = trading(tmp_path, limits=LOSS)
        position, other = rig.desk.book.positions.values()
        made = [self._order(position, f"O{place}", who=who) for place, who in enumerate(orders)]
        made.append(self._order(other, "O9", who=""))
        made.append(replace(self._order(position, "O8", who=""), purpose=OrderPurpose.ROLL))  # it makes way as well
        rig.desk.book.orders.update({order.order_id: order for order in made})
        changed = replace(position, status=status)
        assert breaking._as_open(rig.desk, changed) == replace(position, status=becomes)


class TestCarryingOut:
    def confirmed(self, rig: Rig, *, target: Money | None = None, percent: int = 0) -> ClosingPlan:
        """A plan that a person has confirmed, and of which nothing is done yet."""
        plan = breaking._plan(rig.desk, percent)
        plan = plan if target is None else replace(plan, target=target)
        rig.desk.record(ev.ClosingPlanned(plan))
        give(rig, cmd.ConfirmClosing(plan.plan_id, "user"))
        return plan

    @pytest.mark.parametrize(("late", "begins"), [(-1, False), (0, True), (1, True), (None, True)])
    def test_it_is_looked_at_when_that_is_due(
        self, tmp_path: Path, broker: ScriptedBroker, late: int | None, begins: bool
    ) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        assert breaking.next_look(rig.desk) is None
        self.confirmed(rig)
        rig.desk.look_at = None if late is None else rig.desk.now - dt.timedelta(microseconds=late)
        look(rig, has_quotes=False)
        assert [order.position_id for order in broker.submitted] == (["P000002"] if begins else [])
        if begins:
            assert rig.desk.look_at == breaking.next_look(rig.desk) == rig.desk.now + dt.timedelta(seconds=5)
            assert len(plans(rig)) == 1, "the first step is the one that was shown"

    def test_nothing_is_looked_at_without_a_confirmed_plan(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        give(rig, cmd.PlanClosing(0, "user"))
        rig.desk.look_at = rig.desk.now
        look(rig, has_quotes=False)
        assert (broker.submitted, breaking.next_look(rig.desk)) == ([], None)

    def test_neither_in_a_halt_nor_at_night(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        plan = self.confirmed(rig)
        due, rig.desk.halted = rig.desk.look_at, "the disk is full"
        look(rig, has_quotes=False)
        assert rig.desk.look_at == due
        rig.desk.halted = ""
        rig.desk.clock.advance_to(new_york(16, 0))
        look(rig, has_quotes=False)
        assert (broker.submitted, rig.desk.book.closing) == ([], plan)

    def test_a_closing_of_what_is_not_in_it_does_not_hold_it_up(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        broker.on_submit = lambda _: []
        give(rig, cmd.ClosePosition("P000001", None, dollars("0.01"), "user", "target"))
        self.confirmed(rig, percent=50)  # of P000002 alone
        look(rig, has_quotes=False)
        assert [order.position_id for order in broker.submitted] == ["P000001", "P000002"]
        assert broker.calls == [("submit", order.order_id) for order in broker.submitted]

    def test_a_roll_or_a_hedge_of_what_is_to_be_closed_makes_way_and_the_plan_waits_for_it(
        self, tmp_path: Path, broker: ScriptedBroker
    ) -> None:
        rig = trading(tmp_path, *(at(1 + more) for more in range(3)), limits=LOSS, broker=broker)
        plan = self.confirmed(rig, percent=50)  # of P000002 alone
        order = opening(rig)
        look(rig, has_quotes=False)
        assert broker.calls[-1] == ("cancel", order.order_id)
        assert (rig.desk.book.closing, rig.desk.book.closing_by) == (plan, "user")
        rig.run(until=new_york(10, 0, 30))  # the broker's word comes
        assert [each.position_id for each in broker.submitted] == ["P000002"]
        assert rig.desk.book.orders == {}

    def test_what_is_done_in_some_legs_only_is_left_to_a_person(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        self.confirmed(rig, percent=50)
        order = opening(rig)
        rig.desk.book.orders[order.order_id] = replace(order, status=OrderStatus.LEGGED)
        look(rig, has_quotes=False)
        assert ("cancel", order.order_id) not in broker.calls
        assert len(alerts(rig, "The closing plan has ended: nothing more can be closed now")) == 1

    @pytest.mark.parametrize(("off", "ends"), [(-1, False), (0, True), (1, True)])
    def test_exactly_at_its_target_it_ends(self, tmp_path: Path, broker: ScriptedBroker, off: int, ends: bool) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        whole = breaking._plan(rig.desk)
        assert whole.target == 0, "by itself it closes all that can lose"
        now = whole.worst_before
        assert now is not None
        self.confirmed(rig, target=now + off)
        look(rig, has_quotes=False)
        assert (rig.desk.book.closing is None) is ends
        assert (broker.submitted == []) is ends
        if ends:
            assert rig.desk.look_at is None
            assert alerts(rig, "The closing plan has ended: the worst case is down to $") == [(True, False)]
            (_, ended) = rig.events(ev.ClosingDecided)
            assert isinstance(ended, ev.ClosingDecided)
            assert (ended.is_confirmed, ended.who) == (False, "engine")

    def test_what_has_no_bound_is_above_every_target(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        naked = hold(rig, made_of(call(110, -1)), ("1.00",))
        plan = self.confirmed(rig, target=dollars(10**6))
        assert plan.worst_before is None
        look(rig, has_quotes=False)
        assert [order.position_id for order in broker.submitted] == [naked.position_id]

    def test_with_nothing_left_that_can_be_closed_it_says_so_and_ends(self, tmp_path: Path) -> None:
        rig = trading(tmp_path, limits=LOSS)
        self.confirmed(rig)
        rig.desk.clock.advance_to(new_york(10, 30))  # the quotes are half an hour old
        look(rig, has_quotes=False)
        assert (rig.desk.book.closing, rig.desk.book.closing_by, rig.desk.look_at) == (None, "", None)
        assert alerts(rig, "The closing plan has ended: nothing more can be closed now; look at what is left") == [
            (True, False)
        ]

    def test_a_step_that_cannot_be_ordered_makes_way_for_the_next(self, tmp_path: Path, broker: ScriptedBroker) -> None:
        rig = trading(tmp_path, limits=LOSS, broker=broker)
        broker.on_submit = lambda _: []
        plan = breaking._plan(rig.desk)
        assert [step.position_id for step in plan.steps] == ["P000002", "P000001"]
        give(rig, cmd.ClosePosition("P000002", None, dollars("0.01"), "user", "target"))
        (target,) = broker.submitted
        shown = replace(plan, steps=plan.steps[1:], plan_id="C1")
        rig.desk.record(ev.ClosingPlanned(shown))
        give(rig, cmd.ConfirmClosing("C1", "user"))
        look(rig, has_quotes=False)
        assert broker.calls[1:] == [("cancel", target.order_id), ("submit", broker.submitted[1].order_id)]
        assert [order.position_id for order in broker.submitted] == ["P000002", "P000001"]
        assert rig.desk.book.closing_by == "user"
        carried_on = plans(rig)[-1].plan
        assert [step.position_id for step in carried_on.steps] == ["P000002", "P000001"], "what is left is shown"
        assert rig.events(ev.ClosingDecided)[-1] == ev.ClosingDecided(carried_on.plan_id, True, "user", "carried on")
