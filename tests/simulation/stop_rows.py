"""The states of an order at the press of the stop: how a world comes there, and what must have become of it.

The hold of the condor is worked out by hand: wings of 2.00 less 0.36 of credit are 164.00, and 4 x 0.60 of commission
2.40: 166.40 a unit; at the natural price, with 0.28 of credit, 174.40.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from engine.core.errors import DenialCode
from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerLegFilled
from engine.domain.candidate import ApprovalStatus
from engine.domain.mindfolio import ModuleStatus
from engine.domain.order import OrderStatus
from tests.builders import three_iv_services
from tests.fakes import new_york, only
from tests.simulation.stop_world import OTHER, SECOND, World, ticket

UNIT_HOLD = dollars("166.40")


@dataclass(frozen=True)
class Row:
    """A state at the press. `reach` brings a world there; rows `at_once` press by themselves, at a moment inside."""

    reach: Callable[[World, Callable[[], None]], None]
    at_once: bool = False
    held: Money = 0
    """What must still be held right after the press."""
    bought: int | None = 0
    """Units of the condor that are held in the end; None where the row looks by itself."""
    cancels: bool | None = True
    """Whether a cancel must arrive at the broker; None where it depends on which word comes first."""
    how: dict[str, Any] = field(default_factory=dict)
    check: Callable[[World], None] = lambda _world: None


def nothing(_world: World, _moment: Callable[[], None]) -> None:
    """No order was ever made."""


def approval(world: World, _moment: Callable[[], None]) -> None:
    """A module found a trade and waits for a person."""
    world.do(cmd.ScanNow("IV_SERVICE_2", "user"))
    assert len(world.desk.book.approvals) == 1


def voided(world: World) -> None:
    """The approval is void, and stays so when a person has re-armed."""
    decided = [each for each in world.events(ev.ApprovalDecided) if isinstance(each, ev.ApprovalDecided)]
    assert decided[-1].status is ApprovalStatus.VOIDED
    world.do(cmd.RearmMindfolio("user", "checked"))
    world.do(cmd.ResumeModule("IV_SERVICE_2", "user", "checked"))
    assert world.desk.book.modules["IV_SERVICE_2"].status is ModuleStatus.ACTIVE
    world.do(cmd.ApproveTrade(decided[-1].approval_id, "user"))
    assert world.publisher.denied[-1].denials[0].code is DenialCode.UNKNOWN_APPROVAL
    world.desk.latch.set("button", "again")
    world.go_on(0)


def intent(world: World, moment: Callable[[], None]) -> None:
    """The stop comes when the intent has just become durable, before it is sent."""

    def after(batch: Any) -> None:
        if any(entry.type == "OrderIntended" for entry in batch.entries):
            world.watched.after = lambda _batch: None
            moment()

    world.watched.after = after
    world.inbox.put(ticket())


def never_left(world: World) -> None:
    """Nothing of it left the machine."""
    assert world.line.calls("submit", arrived=False) == []
    (ended,) = world.events(ev.OrderEnded)
    assert isinstance(ended, ev.OrderEnded)
    assert ended.status is OrderStatus.CANCELLED


def sending(world: World, moment: Callable[[], None]) -> None:
    """The stop comes while the order is written to the line, which then breaks."""
    world.line.after_submit = moment
    world.line.hangs_up = {"submit"}
    world.inbox.put(ticket())


def was_unknown(world: World) -> None:
    """Its fate was not known for a time, and never assumed."""
    assert len(world.events(ev.OrderUnknown)) >= 1


def unknown(world: World, _moment: Callable[[], None]) -> None:
    """The order was sent, and no answer came."""
    world.line.hangs_up = {"submit"}
    world.do(ticket())
    world.line.hangs_up = set()
    assert world.order.status is OrderStatus.UNKNOWN


def working(world: World, _moment: Callable[[], None]) -> None:
    """An opening works, and beside it the closing of a position."""
    world.do(ticket("-0.20", OTHER, 1))
    world.go_on(2)
    world.do(cmd.ClosePosition("P000001", None, dollars("0.05"), "user", "target"))
    world.do(ticket())
    world.go_on(2)
    assert [order.status for order in world.desk.book.orders.values()] == [OrderStatus.WORKING] * 2


def closing_kept(world: World) -> None:
    """Nobody has cancelled the closing: it works on, or its day is over."""
    assert world.line.calls("cancel", "O000002", arrived=False) == []
    asked = [each for each in world.events(ev.OrderCancelRequested) if isinstance(each, ev.OrderCancelRequested)]
    assert {each.order_id for each in asked} <= {"O000003"}
    (closing,) = world.desk.book.orders.values() or (None,)
    if closing is None:
        assert world.desk.now >= new_york(16), "a day order ends at the close, and not before"
    else:
        assert (closing.order_id, closing.status) == ("O000002", OrderStatus.WORKING)


def part_filled(world: World, _moment: Callable[[], None]) -> None:
    """Some units are done, the rest works."""
    world.do(ticket("-0.28"))
    world.go_on(2)
    assert world.order.status is OrderStatus.PARTLY_FILLED
    assert world.order.filled in (PART, PART + 1)


def part_booked(world: World) -> None:
    """What the broker did until the cancel arrived is the position, to the unit."""
    (position,) = world.desk.book.positions.values()
    done = world.line.done("O000001")
    assert PART <= position.quantity == done <= 3


def cancel_pending(world: World, _moment: Callable[[], None]) -> None:
    """A cancel is under way, and at the broker a fill was faster."""
    world.do(ticket("-0.28"))
    world.go_on(0.5)
    world.do(cmd.CancelOrder("O000001", "user", "changed my mind"))
    world.line.is_mute = True
    world.go_on(1.3)
    assert world.order.status is OrderStatus.CANCEL_PENDING


def replace_pending(world: World, _moment: Callable[[], None]) -> None:
    """Another limit was asked for and is not confirmed."""
    world.do(replace(ticket("-0.40"), worst=dollars("-0.36")))
    world.go_on(2)
    world.line.is_mute = True
    world.do(cmd.ReplaceOrder("O000001", dollars("-0.36"), "user"))
    assert world.order.status is OrderStatus.REPLACE_PENDING


def legged(world: World, _moment: Callable[[], None]) -> None:
    """One leg of the package was done by itself."""
    world.line.tells_account = False  # the paper broker fills packages only: of this leg its account knows nothing
    world.do(ticket())
    world.go_on(2)
    world.line.say(BrokerLegFilled("O000001", (3, 0, 0, 0), (dollars("0.20"), 0, 0, 0)), world.desk.now + SECOND)
    world.go_on(1)
    assert world.order.status is OrderStatus.LEGGED


def not_touched(world: World) -> None:
    """What would complete it was not cancelled blindly, and the leg is a position."""
    assert world.line.calls("cancel", arrived=False) == []
    (position,) = world.desk.book.positions.values()
    assert [lot.quantity for lot in position.lots] == [3]
    for order in world.desk.book.orders.values():
        assert order.status is OrderStatus.LEGGED


def not_posted(world: World, _moment: Callable[[], None]) -> None:
    """The broker has filled it, and the word is on its way."""
    world.line.is_mute = True
    world.do(ticket("-0.28"))
    world.go_on(2)
    assert world.order.status is OrderStatus.SENT


PART = 1
"""Units that the paper broker's draw fills of three at ten o'clock, for its seed in these worlds."""

AUTONOMOUS = only(three_iv_services(("SPY",)), "IV_SERVICE_2")

AT_NATURAL = dollars("174.40")
"""A unit's hold at the natural price: 2.00 less 0.28 and 2.40 of commission."""

ROWS = {
    "none": Row(nothing, cancels=False),
    "approval pending": Row(approval, cancels=False, how={"spec": AUTONOMOUS}, check=voided),
    "intent": Row(intent, at_once=True, cancels=None, check=never_left),
    "sending": Row(sending, at_once=True, held=3 * UNIT_HOLD, check=was_unknown),
    "unknown": Row(unknown, held=3 * UNIT_HOLD, check=was_unknown),
    "working": Row(working, held=3 * UNIT_HOLD, check=closing_kept),
    "part-filled": Row(
        part_filled, held=(3 - PART) * AT_NATURAL, bought=None, how={"partial_pct": 100}, check=part_booked
    ),
    "cancel pending": Row(cancel_pending, held=3 * AT_NATURAL, bought=3),
    "replace pending": Row(replace_pending, held=3 * UNIT_HOLD),
    "legged": Row(legged, held=3 * UNIT_HOLD, cancels=False, check=not_touched),
    "filled, not posted": Row(not_posted, held=3 * AT_NATURAL, bought=3, cancels=None),
}
