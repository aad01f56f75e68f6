"""Quotes that cannot be true: no mark, no exit and no daily-loss pause follows from them, and no close overpays."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerAccepted, BrokerReport
from engine.domain.mindfolio import ModuleStatus
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import ChainUpdate
from tests.fakes import Rig, ScriptedBroker, chain_update, filled, new_york


def fills_openings(order: Order) -> list[BrokerReport]:
    """Openings fill at once; closings are accepted and rest."""
    return [filled(order)] if order.purpose is OrderPurpose.OPEN else [BrokerAccepted(order.order_id)]


def with_quote(update: ChainUpdate, key: int, bid: float, ask: float) -> ChainUpdate:
    """The same chain with one contract quoted otherwise."""
    bids, asks = update.bid.copy(), update.ask.copy()
    row = int(np.flatnonzero(update.key == key)[0])
    bids[row], asks[row] = bid, ask
    return replace(update, bid=bids, ask=asks)


@pytest.mark.parametrize(
    ("leg", "bid", "ask"),
    [
        (2, 0.69, 25.00),  # the short call shown with a stub ask
        (2, 6.00, 14.00),  # and far beyond what the condor can cost
        (0, 0.00, 4.00),  # a worthless wing asked at 4.00 would make the condor worth more than nothing
        (1, 9.50, 9.60),  # a short put alone at 9.50: a condor of 5 cannot be worth that much
    ],
)
def test_one_junk_leg_changes_no_mark_and_closes_nothing(tmp_path: Path, leg: int, bid: float, ask: float) -> None:
    broker = ScriptedBroker()
    broker.on_submit = fills_openings
    rig = Rig(tmp_path, [chain_update(new_york(10))], broker=broker)
    rig.run(until=new_york(10, 5))
    (position,) = rig.desk.book.positions_of("IV_SERVICE")
    key = position.structure.legs[leg].contract.key
    junk = with_quote(chain_update(new_york(11)), key, bid, ask)
    again = rig.reopened([chain_update(new_york(10)), junk])
    again.broker.on_submit = fills_openings
    before = again.desk.book.marks[position.position_id]
    again.run(until=new_york(11, 0, 30))

    assert again.desk.book.marks[position.position_id] == before
    assert [order.purpose for order in again.broker.submitted if order.purpose is OrderPurpose.CLOSE] == []
    assert again.desk.book.modules["IV_SERVICE"].status is ModuleStatus.ACTIVE


def test_a_close_never_offers_more_than_the_wider_wing(tmp_path: Path) -> None:
    broker = ScriptedBroker()
    broker.on_submit = fills_openings
    crash = chain_update(new_york(11), 84.0, volatility=0.5, half_spread=0.12)
    rig = Rig(tmp_path, [chain_update(new_york(10)), crash], broker=broker)
    rig.run(until=new_york(11, 1))

    closing = [order for order in rig.broker.submitted if order.purpose is OrderPurpose.CLOSE]
    assert closing, "the stop was reached"
    assert all(order.limit <= order.worst <= dollars("5") for order in closing)
    limits = [event.limit for event in rig.events(ev.OrderRepriced) if isinstance(event, ev.OrderRepriced)]
    assert max(limits, default=0) <= dollars("5")
