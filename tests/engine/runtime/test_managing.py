"""What modules do about their positions: exits, rolls and additions through gate or person, warnings, faults."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerEnded, BrokerReport
from engine.domain.candidate import Candidate, Finding
from engine.domain.mindfolio import ModuleKind, ModuleStatus
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.package import structure_quote
from engine.domain.ports import ChainUpdate
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, ManageContext, ScanContext, Trade, Warn
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.verify import verify_store
from engine.runtime import handlers, openings
from engine.runtime.desk import Desk
from engine.runtime.openings import ticket_candidate
from tests.fakes import EXPIRATION, Rig, ScriptedBroker, chain_update, filled, new_york

LATER = EXPIRATION + dt.timedelta(days=28)
Held = Callable[..., Rig]


def opens_only(order: Order) -> list[BrokerReport]:
    """A broker's script: openings fill at once, closings rest."""
    return [filled(order)] if order.purpose is OrderPurpose.OPEN else [BrokerAccepted(order.order_id)]


def marks_at(rig: Rig) -> list[dt.datetime]:
    """When marks were journaled that say something of a position, after the one that its fill brought."""
    return [entry.at for entry in rig.store.entries() if entry.type == "MarksRecorded" and b"P000001" in entry.body][1:]


def the_position(rig: Rig) -> Position:
    """The one position of a rig."""
    (position,) = rig.desk.book.positions.values()
    return position


@pytest.fixture
def held(tmp_path: Path) -> Held:
    """Make a rig in which IV_SERVICE opens a condor of SPY at 10:00 and which goes on with the updates given."""

    def make(*later: ChainUpdate, fills: Callable[[Order], list[BrokerReport]] = opens_only) -> Rig:
        broker = ScriptedBroker()
        broker.on_submit = fills
        rig = Rig(tmp_path, [chain_update(new_york(10), expirations=(EXPIRATION, LATER)), *later], broker=broker)
        rig.run(until=new_york(10, 0, 2))
        assert list(rig.desk.book.positions) == ["P000001"]
        return rig

    return make


class TestExits:
    def test_a_position_at_its_target_is_closed_for_the_reason_given(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.14), fills=lambda order: [filled(order)])
        rig.run()
        assert rig.broker.submitted[-1].why.startswith("profit target")
        left = the_position(rig)
        assert left.realised > 0
        assert [leg.ratio for leg in left.structure.legs] == [1, 1], "wings without a bid are left to expire"
        assert verify_store(rig.store).faults == ()

    def test_a_persons_own_target_closes_before_the_modules_is_reached(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.23))
        handlers.handle(rig.desk, cmd.SetTarget("P000001", 5, None, "user", "enough"))
        rig.run(until=new_york(11))
        assert rig.broker.submitted[-1].purpose is OrderPurpose.CLOSE
        assert rig.broker.submitted[-1].why.startswith("your profit target: ")

    def test_exits_go_on_while_the_module_is_paused(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.14))
        handlers.handle(rig.desk, cmd.PauseModule("IV_SERVICE", "user", "lunch"))
        rig.run(until=new_york(11))
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN", "CLOSE"]

    def test_a_stop_ends_them_until_a_person_re_arms(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.14), chain_update(new_york(12), volatility=0.14))
        handlers.handle(rig.desk, cmd.EmergencyStop("button", "test"))
        rig.run(until=new_york(11, 30))
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN"]

        handlers.handle(rig.desk, cmd.RearmMindfolio("user", "looked at every position"))
        rig.run(until=new_york(12))
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN", "CLOSE"], "its module is paused"

    def test_a_stop_holds_even_when_its_file_is_deleted_behind_its_back(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.14))
        file = rig.folder / "STOP"
        file.touch()
        rig.run(until=new_york(10, 30))
        file.unlink()
        assert not rig.desk.latch.is_set
        rig.run()
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN"]

    def test_an_exit_that_is_under_way_is_not_ordered_twice(self, held: Held) -> None:
        rig = held(*(chain_update(new_york(11, 0, second), volatility=0.14) for second in (0, 10, 20)))
        rig.run(until=new_york(11, 0, 30))
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN", "CLOSE"]

    def test_an_exit_that_found_nobody_is_ordered_again_with_the_next_quotes(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.14), chain_update(new_york(11, 5), volatility=0.14))
        rig.run(until=new_york(11, 5))
        closes = [order for order in rig.broker.submitted if order.purpose is OrderPurpose.CLOSE]
        assert [order.created_at for order in closes] == [new_york(11), new_york(11, 5)]

    def test_an_exit_that_the_broker_rejects_is_ordered_again_ever_less_often(self, held: Held) -> None:
        """It waits 1 minute, then 2, 4, 8, 16; an answer comes a second after its quote: one quote later each time."""

        def refuses(order: Order) -> list[BrokerReport]:
            if order.purpose is OrderPurpose.OPEN:
                return [filled(order)]
            return [BrokerEnded(order.order_id, OrderStatus.REJECTED, 0, "more than the account has")]

        minutes = [chain_update(new_york(11, at), volatility=0.14) for at in range(60)]
        rig = held(*minutes, fills=refuses)
        rig.run(until=new_york(11, 59, 30))
        closings = [order for order in rig.broker.submitted if order.purpose is OrderPurpose.CLOSE]
        assert [order.created_at.minute for order in closings] == [0, 2, 5, 10, 19, 36]
        rejected = [alert for alert in rig.publisher.alerts if "was rejected" in alert]
        assert len(rejected) == len(closings)

    def test_a_person_may_close_at_once_what_was_rejected(self, held: Held) -> None:
        def refuses_once(order: Order) -> list[BrokerReport]:
            if order.purpose is OrderPurpose.OPEN or order.who:
                return [filled(order)]
            return [BrokerEnded(order.order_id, OrderStatus.REJECTED, 0, "not now")]

        quotes = [chain_update(new_york(11, 0, second), volatility=0.14) for second in (0, 6, 8)]
        rig = held(*quotes, fills=refuses_once)
        rig.run(until=new_york(11, 0, 5))
        assert "P000001" in rig.desk.rejected
        handlers.handle(rig.desk, cmd.ClosePosition("P000001", None, None, "user", "now"))
        rig.run(until=new_york(11, 0, 10))
        assert rig.broker.submitted[-1].who == "user"
        assert rig.desk.rejected == {}, "one that is filled begins anew"

    def test_a_target_that_a_person_lets_rest_makes_way_for_an_exit(self, held: Held) -> None:
        rig = held(chain_update(new_york(11), volatility=0.14), chain_update(new_york(11, 0, 10), volatility=0.14))
        handlers.handle(rig.desk, cmd.ClosePosition("P000001", None, dollars("0.01"), "user", "target"))
        rig.run(until=new_york(10, 59))
        target = rig.broker.submitted[-1]
        assert (target.limit, list(rig.desk.book.orders)) == (dollars("0.01"), [target.order_id]), "it rests"

        rig.run(until=new_york(11, 0, 15))

        assert ("cancel", target.order_id) in rig.broker.calls
        assert [(order.purpose.value, order.who) for order in rig.broker.submitted] == [
            ("OPEN", ""), ("CLOSE", "user"), ("CLOSE", ""),
        ]  # fmt: skip
        assert rig.broker.submitted[-1].why.startswith("profit target")

    def test_a_close_that_walks_its_ladder_for_a_person_does_not_make_way(self, held: Held) -> None:
        rig = held(chain_update(new_york(11)), chain_update(new_york(11, 0, 3), volatility=0.14))
        rig.run(until=new_york(11, 0, 1))
        handlers.handle(rig.desk, cmd.ClosePosition("P000001", None, None, "user", "enough"))
        rig.run(until=new_york(11, 0, 4))
        assert [call for call, _ in rig.broker.calls] == ["submit", "submit"]
        assert rig.broker.submitted[-1].who == "user"

    def test_an_exit_that_nobody_can_price_is_told_once_a_session(self, held: Held) -> None:
        # 21 days before the expiry have passed, and only another underlying is quoted.
        days = (dt.date(2026, 4, 6), dt.date(2026, 4, 7))
        times = [new_york(11, minute, day=day) for day in days for minute in (0, 10, 20, 30)]
        rig = held(*(chain_update(at, symbol="QQQ") for at in times))
        said = []
        for at in times:
            rig.run(until=at)
            said.append(sum("should be closed" in text for text in rig.publisher.alerts))
        assert said == [0, 0, 1, 1, 2, 2, 2, 2]
        text = next(text for text in rig.publisher.alerts if "should be closed" in text)
        assert text.startswith("1 x SPY iron condor should be closed (18 days to expiry) and cannot be: ")
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN"]

    def test_a_snapshot_after_hours_closes_nothing(self, held: Held) -> None:
        rig = held(chain_update(new_york(16, 5), volatility=0.14))
        rig.run()
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN"]
        assert marks_at(rig) == [new_york(16, 5)]


class Scripted:
    """A module that finds nothing and says of its positions what the test wants."""

    kind = ModuleKind.IV_SERVICE

    def __init__(self, answer: Callable[[Position, ManageContext], Any]) -> None:
        self.answer = answer
        self.asked: list[ManageContext] = []

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        return ()

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        self.asked.append(context)
        return self.answer(position, context)  # type: ignore[no-any-return]


def minutes(*each: int) -> list[ChainUpdate]:
    """The same market, some minutes after eleven."""
    return [chain_update(new_york(11, minute), expirations=(EXPIRATION, LATER)) for minute in each]


def managed_by(rig: Rig, answer: Callable[[Position, ManageContext], Any]) -> Scripted:
    """Put a scripted module behind every module of a rig."""
    module = Scripted(answer)
    rig.desk.strategy_of = lambda _spec: module
    return module


def rolled(rig: Rig, position: Position, **changes: Any) -> Candidate:
    """The short put of the condor a dollar lower, at its natural price."""
    short = position.structure.legs[1].contract
    lower = replace(short, strike=short.strike - dollars(1))
    structure = Structure(StructureKind.CUSTOM, (Leg(lower, -1), Leg(short, 1)))
    quote = structure_quote(structure, rig.desk.part_quotes(structure), OrderPurpose.ROLL)
    assert quote is not None
    price = quote.natural
    found = ticket_candidate(rig.desk, position.module_id, structure, 1, price, price, "tested")
    found = replace(found, purpose=OrderPurpose.ROLL, position_id=position.position_id)
    return replace(found, **changes)


def without_autotrade(rig: Rig) -> None:
    """Make the module one that asks."""
    object.__setattr__(rig.desk.book.modules["IV_SERVICE"].spec, "autotrade", False)


class TestWhatAModuleIsTold:
    def test_it_sees_the_chain_its_means_the_days_and_what_is_known(self, held: Held) -> None:
        rig = held(*minutes(0))
        module = managed_by(rig, lambda *_: ())
        rig.run(until=new_york(11))
        (context,) = [each for each in module.asked if each.now == new_york(11)]
        assert context.chain is rig.desk.market.chain("SPY")
        assert context.available == rig.desk.book.available("IV_SERVICE") > 0
        assert context.dte == 39
        assert list(context.quotes) == list(the_position(rig).structure.legs)
        assert context.mark == rig.desk.book.marks["P000001"]


class TestTrades:
    def test_a_roll_of_a_module_with_autotrade_is_ordered_after_the_gate(self, held: Held) -> None:
        rig = held(*minutes(0))
        managed_by(rig, lambda position, _: (Trade(rolled(rig, position)),))
        rig.run(until=new_york(11))
        order = rig.broker.submitted[-1]
        assert (order.purpose, order.position_id, order.why) == (OrderPurpose.ROLL, "P000001", "tested")

    def test_a_roll_goes_on_while_its_module_is_paused_and_not_while_stopped(self, held: Held) -> None:
        rig = held(*minutes(0, 1))
        managed_by(rig, lambda position, _: (Trade(rolled(rig, position)),))
        handlers.handle(rig.desk, cmd.PauseModule("IV_SERVICE", "user", "lunch"))
        rig.run(until=new_york(11))
        assert rig.broker.submitted[-1].purpose is OrderPurpose.ROLL

        handlers.handle(rig.desk, cmd.EmergencyStop("button", "test"))
        count = len(rig.broker.submitted)
        rig.run(until=new_york(11, 1))
        assert len(rig.broker.submitted) == count

    def test_without_autotrade_it_waits_for_a_person_and_is_asked_for_once_a_session(self, held: Held) -> None:
        rig = held(*minutes(0, 1, 2, 3))
        without_autotrade(rig)
        managed_by(rig, lambda position, _: (Trade(rolled(rig, position)),))
        rig.run(until=new_york(11, 1))
        (approval,) = rig.desk.book.approvals.values()
        assert approval.candidate.purpose is OrderPurpose.ROLL
        assert any("a roll, 1 x SPY custom waits for your decision" in text for text in rig.publisher.alerts)

        handlers.handle(rig.desk, cmd.RefuseTrade(approval.approval_id, "user", "no"))
        rig.run(until=new_york(11, 3))
        assert not rig.desk.book.approvals
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN"]

    def test_a_person_who_approves_gets_the_roll(self, held: Held) -> None:
        rig = held(*minutes(0))
        without_autotrade(rig)
        managed_by(rig, lambda position, _: (Trade(rolled(rig, position)),))
        rig.run(until=new_york(11))
        (approval,) = rig.desk.book.approvals.values()
        handlers.handle(rig.desk, cmd.ApproveTrade(approval.approval_id, "user"))
        rig.desk.commit()
        order = rig.broker.submitted[-1]
        assert (order.purpose, order.position_id, order.who) == (OrderPurpose.ROLL, "P000001", "user")

    def test_what_needs_a_person_waits_even_with_autotrade(self, held: Held) -> None:
        rig = held(*minutes(0))
        managed_by(rig, lambda position, _: (Trade(rolled(rig, position, needs_person="no score")),))
        rig.run(until=new_york(11))
        assert len(rig.desk.book.approvals) == 1
        assert any(text.endswith("waits for your decision (no score)") for text in rig.publisher.alerts)

    def test_the_next_wish_follows_where_the_gate_refuses_and_that_is_said_once(self, held: Held) -> None:
        rig = held(*minutes(0))
        # Far beyond the natural price, which the gate takes for a typing error.
        dear = dollars("30.00")
        managed_by(
            rig,
            lambda position, _: (
                Trade(rolled(rig, position, net_price=dear, worst_price=dear)),
                Exit(position.position_id, "else out"),
            ),
        )
        rig.run(until=new_york(11))
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN", "CLOSE"]
        (said,) = [text for text in rig.publisher.alerts if text.startswith("could not roll")]
        assert "(tested): " in said

    @pytest.mark.parametrize("asks", [False, True])
    def test_what_the_gate_refused_it_is_not_shown_again_before_the_next_scan(
        self, held: Held, asks: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rig = held(*minutes(0, 1, 14, 15, 16))
        shown: list[dt.datetime] = []
        facts_of = openings.facts_of

        def counted(desk: Desk, candidate: Candidate, ticket: openings.Ticket) -> Any:
            if candidate.purpose is OrderPurpose.ROLL:
                shown.append(desk.now)
            return facts_of(desk, candidate, ticket)

        monkeypatch.setattr(openings, "facts_of", counted)
        if asks:
            without_autotrade(rig)
        dear = dollars("30.00")
        managed_by(rig, lambda position, _: (Trade(rolled(rig, position, net_price=dear, worst_price=dear)),))
        rig.run(until=new_york(11, 16))
        assert shown == [new_york(11), new_york(11, 15)]

    @pytest.mark.parametrize("changes", [{"module_id": "IV_SERVICE_2"}, {"position_id": "P000009"}, {"quantity": 0}])
    def test_a_trade_in_what_is_not_its_own_pauses_the_module(self, held: Held, changes: dict[str, Any]) -> None:
        rig = held(*minutes(0))
        managed_by(rig, lambda position, _: (Trade(rolled(rig, position, **changes)),))
        rig.run(until=new_york(11))
        module = rig.desk.book.modules["IV_SERVICE"]
        assert module.status is ModuleStatus.PAUSED
        assert "nobody could send" in module.status_why
        assert [order.purpose.value for order in rig.broker.submitted] == ["OPEN"]


class TestOtherAnswers:
    def test_only_the_legs_named_are_closed(self, held: Held) -> None:
        rig = held(*minutes(0))
        managed_by(rig, lambda position, _: (Exit(position.position_id, "puts", legs=position.structure.legs[:2]),))
        rig.run(until=new_york(11))
        order = rig.broker.submitted[-1]
        assert (order.structure.kind, order.purpose) == (StructureKind.BULL_PUT_SPREAD, OrderPurpose.CLOSE)

    def test_a_warning_is_told_once_a_session_and_stops_nothing(self, held: Held) -> None:
        rig = held(*minutes(0, 1))
        managed_by(rig, lambda position, _: (Warn(position.position_id, "x", "look out"), Exit("P000001", "out")))
        rig.run(until=new_york(11, 1))
        assert rig.publisher.alerts.count("look out") == 1
        assert rig.broker.submitted[-1].why == "out"

    @pytest.mark.parametrize("answer", [None, 7, (7,)])
    def test_a_module_that_answers_with_something_else_is_paused_alone(self, held: Held, answer: Any) -> None:
        rig = held(*minutes(0))
        managed_by(rig, lambda *_: answer)
        rig.run(until=new_york(11))
        statuses = {module_id: module.status for module_id, module in rig.desk.book.modules.items()}
        assert statuses["IV_SERVICE"] is ModuleStatus.PAUSED
        assert statuses["IV_SERVICE_2"] is ModuleStatus.ACTIVE
        (event,) = [
            each
            for each in rig.events(ev.ModuleStatusChanged)
            if isinstance(each, ev.ModuleStatusChanged) and each.code == "MODULE_FAULT"
        ]
        assert "P000001" in event.why
