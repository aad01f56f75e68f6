"""Lots: first in, first out, to the last unit of cost; what is taken out and what is left are the whole."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Lot
from engine.domain.structure import StructureKind
from engine.ledger.lots import Booked, Trade, booked, cost_share, named, split, total_cost
from tests.builders import NOW, condor, contract, lots

LATER = NOW + dt.timedelta(days=3)
CALL = contract(280, Right.CALL)
PUT = contract(250)


def lot(quantity: int, cost: str, which: OptionContract | None = CALL) -> Lot:
    return Lot(which, quantity, dollars(cost), NOW)


def test_a_trade_costs_its_price_times_a_hundred_a_contract_and_one_a_share() -> None:
    assert Trade(CALL, -2, dollars("1.20")).paid == dollars(-240)
    assert Trade(None, 100, dollars("260.01")).paid == dollars(26_001)


def test_a_purchase_opens_a_lot_and_realises_nothing() -> None:
    done = booked((), [Trade(CALL, 2, dollars("1.20"))], NOW)
    assert done == Booked((lot(2, "240"),), dollars(240), 0, dollars(240), 0)


def test_the_oldest_lot_is_sold_first_and_a_part_carries_its_part_of_the_cost() -> None:
    held = (lot(2, "240"), Lot(CALL, 1, dollars(90), LATER))
    done = booked(held, [Trade(CALL, -1, dollars("1.50"))], LATER)
    assert done.lots == (lot(1, "120"), held[1])
    assert (done.cost, done.gain, done.opened, done.closed_cash) == (dollars(-120), dollars(30), 0, dollars(150))
    done = booked(held, [Trade(CALL, -3, dollars("1.50"))], LATER)
    # 450 came in for what had cost 240 and 90.
    assert (done.lots, done.gain, done.cost) == ((), dollars(120), dollars(-330))


def test_a_trade_through_zero_closes_what_is_held_and_opens_the_rest_the_other_way() -> None:
    done = booked((lot(100, "25000", None),), [Trade(None, -150, dollars(260))], LATER)
    assert done.lots == (Lot(None, -50, dollars(-13_000), LATER),)
    assert (done.gain, done.cost, done.opened, done.closed_cash) == (
        dollars(1000), dollars(-38_000), dollars(-13_000), dollars(26_000),
    )  # fmt: skip


def test_other_instruments_are_left_alone() -> None:
    held = (lot(-1, "-120"), lot(100, "26000", None), lot(1, "40", PUT))
    done = booked(held, [Trade(CALL, 1, dollars("0.20"))], LATER)
    assert done.lots == held[1:]
    assert done.gain == dollars(100)


@pytest.mark.parametrize("quantity", [0, 4, -1])
def test_no_part_is_more_than_the_lot(quantity: int) -> None:
    with pytest.raises(ValueError, match="of a lot of 3"):
        cost_share(lot(-3, "-360"), quantity)


def test_units_are_taken_out_of_every_leg_oldest_first() -> None:
    wanted: dict[OptionContract | None, int] = {leg.contract: leg.ratio for leg in condor().legs}
    taken, left = split(lots(dollars(-240), quantity=2), wanted)
    assert taken == lots(dollars(-120))
    assert left == lots(dollars(-120))


@pytest.mark.parametrize("wanted", [{CALL: -3}, {CALL: 1}, {PUT: 1}, {None: 100}])
def test_more_than_there_is_or_of_the_other_side_cannot_be_taken(wanted: dict[OptionContract | None, int]) -> None:
    with pytest.raises(ValueError, match="more than the lots hold"):
        split((lot(-2, "-240"),), wanted)


def test_what_lots_make_has_a_name_and_a_number() -> None:
    assert named("TSLA", lots(0, quantity=3)) == (condor(), 3)
    covered = (lot(200, "52000", None), lot(-1, "-120"), lot(-1, "-100"))
    structure, quantity = named("TSLA", covered)
    assert (structure.kind, quantity, structure.shares) == (StructureKind.COVERED_CALL, 2, 100)
    assert total_cost(covered) == dollars(51_780)
    with pytest.raises(ValueError, match="nothing"):
        named("TSLA", ())


INSTRUMENTS = st.sampled_from([CALL, PUT, None])
TRADES = st.lists(
    st.builds(Trade, INSTRUMENTS, st.integers(-5, 5).filter(bool), st.integers(0, 50_000)), min_size=1, max_size=12
)


@given(TRADES)
def test_no_money_and_no_contract_is_lost_in_lots(trades: list[Trade]) -> None:
    held: tuple[Lot, ...] = ()
    gain = 0
    for trade in trades:
        done = booked(held, [trade], NOW)
        assert done.cost == total_cost(done.lots) - total_cost(held)
        assert trade.paid == done.cost - done.gain == done.opened - done.closed_cash
        held, gain = done.lots, gain + done.gain
    assert booked((), trades, NOW).lots == held
    assert total_cost(held) - gain == sum(trade.paid for trade in trades)
    for which in (CALL, PUT, None):
        mine = [each.quantity for each in held if each.contract == which]
        assert sum(mine) == sum(trade.quantity for trade in trades if trade.contract == which)
        assert all(mine)
        assert len({quantity > 0 for quantity in mine}) <= 1


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_the_parts_of_a_cost_add_up_to_it_in_whatever_steps(cost: Money, steps: list[int]) -> None:
    left = Lot(CALL, sum(steps), cost, NOW)
    for step in steps:
        share = cost_share(left, step)
        assert abs(share * left.quantity - left.cost * step) < left.quantity
        left = Lot(CALL, left.quantity - step, left.cost - share, NOW)
    assert (left.quantity, left.cost) == (0, 0)


@given(TRADES, st.data())
def test_what_is_split_off_and_what_is_left_are_the_whole(trades: list[Trade], data: st.DataObject) -> None:
    held = booked((), trades, NOW).lots
    wanted = {}
    for which in {each.contract for each in held}:
        count = sum(each.quantity for each in held if each.contract == which)
        wanted[which] = data.draw(st.integers(min(count, 0), max(count, 0)))
    taken, left = split(held, wanted)
    assert total_cost(taken) + total_cost(left) == total_cost(held)
    for which, count in wanted.items():
        assert sum(each.quantity for each in taken if each.contract == which) == count
