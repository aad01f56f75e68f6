"""Orders in the book: what is heard of them, legs by themselves, rolls, and trades that were broken."""

from dataclasses import replace

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.instrument import Right
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.position import PositionStatus
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, MAY, condor, contract

SHORT_PUT = Structure(StructureKind.SHORT_PUT, (Leg(contract(250), -1),))
S = OrderStatus


def live(office: BackOffice, order_id: str) -> Order:
    return office.ledger.book.orders[order_id]


# --- what is heard ---------------------------------------------------------------------------------------------------
def test_a_new_limit_counts_once_the_broker_confirms_it() -> None:
    office = BackOffice()
    order_id = office.intend()
    office.record(ev.OrderRepriced(order_id, dollars("-1.18"), 1))
    made = live(office, order_id)
    assert (made.limit, made.asked_limit, made.steps, made.status) == (
        dollars("-1.20"), dollars("-1.18"), 1, S.REPLACE_PENDING,
    )  # fmt: skip
    assert office.ledger.book.orders_today == 2
    office.record(ev.OrderReplaced(order_id, dollars("-1.18")))
    made = live(office, order_id)
    assert (made.limit, made.asked_limit, made.status) == (dollars("-1.18"), None, S.WORKING)


def test_a_refused_replacement_leaves_the_old_limit() -> None:
    office = BackOffice()
    order_id = office.intend(quantity=2)
    office.fill(order_id, "-1.20", 1)
    assert live(office, order_id).status is S.PARTLY_FILLED
    office.record(ev.OrderRepriced(order_id, dollars("-1.18"), 1))
    office.record(ev.OrderReplaced(order_id, dollars("-1.20"), "too late"))
    made = live(office, order_id)
    assert (made.limit, made.asked_limit, made.status) == (dollars("-1.20"), None, S.PARTLY_FILLED)


def test_an_order_of_unknown_fate_keeps_its_hold_and_halts_its_underlying() -> None:
    office = BackOffice()
    book = office.ledger.book
    order_id = office.intend(hold=dollars("882.40"))
    office.record(ev.OrderUnknown(order_id, "no answer in time"))
    assert (live(office, order_id).status, book.held(ALPHA)) == (S.UNKNOWN, dollars("882.40"))
    assert book.halted_symbols == {"TSLA": f"order {order_id} is UNKNOWN"}
    office.record(ev.OrderAccepted(order_id))
    assert (live(office, order_id).status, book.halted_symbols) == (S.WORKING, {})


def test_a_cancel_that_is_asked_for_settles_no_doubt() -> None:
    office = BackOffice()
    book = office.ledger.book
    order_id = office.intend(quantity=2)
    office.record(ev.OrderUnknown(order_id, "no answer in time"))
    office.record(ev.OrderCancelRequested(order_id, "stop"))
    assert (live(office, order_id).is_unsure, list(book.halted_symbols)) == (True, ["TSLA"])
    office.record(ev.OrderAccepted(order_id))
    assert (live(office, order_id).status, live(office, order_id).is_unsure) == (S.CANCEL_PENDING, False)
    assert book.halted_symbols == {}


def test_a_fill_settles_a_doubt() -> None:
    office = BackOffice()
    order_id = office.intend(quantity=2)
    office.record(ev.OrderUnknown(order_id, "no answer in time"))
    office.record(ev.OrderCancelRequested(order_id, "stop"))
    office.fill(order_id, "-1.20", 1)
    assert office.ledger.book.halted_symbols == {}


def test_a_replacement_or_an_acknowledgement_never_undoes_a_cancel() -> None:
    office = BackOffice()
    order_id = office.intend(quantity=2)
    office.record(ev.OrderCancelRequested(order_id, "stop"))
    for event in (
        ev.OrderAccepted(order_id), ev.OrderRepriced(order_id, dollars("-1.18"), 1),
        ev.OrderReplaced(order_id, dollars("-1.18")),
    ):  # fmt: skip
        office.record(event)
        assert live(office, order_id).status is S.CANCEL_PENDING
    office.fill(order_id, "-1.18", 1)
    assert live(office, order_id).status is S.CANCEL_PENDING


# --- legs by themselves ----------------------------------------------------------------------------------------------
def test_legs_by_themselves_are_legged_until_the_package_is_whole() -> None:
    office = BackOffice()
    book = office.ledger.book
    order_id = office.intend(quantity=2, hold=dollars(900))
    office.fill_legs(order_id, (0, -1, 0, 0), ("0", "2.00", "0", "0"))
    (held,) = book.positions_of(ALPHA)
    assert (held.structure, held.quantity, held.opened_quantity) == (SHORT_PUT, 1, 1)
    assert (live(office, order_id).status, live(office, order_id).legs_done) == (S.LEGGED, (0, -1, 0, 0))
    assert (book.held(ALPHA), list(book.halted_symbols)) == (dollars(1800), ["TSLA"])
    office.fill_legs(order_id, (1, 0, -1, 1), ("1.00", "0", "1.50", "0.60"))
    made = live(office, order_id)
    assert (made.status, made.filled, book.held(ALPHA)) == (S.PARTLY_FILLED, 1, dollars(900))
    (held,) = book.positions_of(ALPHA)
    # -200 + 100 - 150 + 60, and 0.60 a contract.
    assert (held.structure, held.quantity, held.cost, held.commissions) == (
        condor(), 1, dollars(-190), dollars("2.40"),
    )  # fmt: skip
    office.fill(order_id, "-1.90", 1)
    (held,) = book.positions_of(ALPHA)
    assert (held.structure, held.quantity, held.opened_quantity, held.cost) == (condor(), 2, 2, dollars(-380))
    assert book.orders == {}
    assert book.modules[ALPHA].executed_today == 1


def test_a_legged_order_stays_legged_whatever_is_heard_of_it() -> None:
    office = BackOffice()
    order_id = office.intend()
    office.fill_legs(order_id, (0, -1, 0, 0), ("0", "2.00", "0", "0"))
    office.record(ev.OrderUnknown(order_id, ""))
    office.record(ev.OrderAccepted(order_id))
    assert live(office, order_id).status is S.LEGGED


def test_what_a_legged_closing_has_left_may_be_closed_by_another_order() -> None:
    office = BackOffice()
    position_id = office.open("-1.20")
    order_id = office.intend_close(position_id)
    office.fill_legs(order_id, (0, 1, 0, 0), ("0", "0.50", "0", "0"))
    rest = Structure(StructureKind.CUSTOM, (Leg(contract(280, Right.CALL), 1),))
    with pytest.raises(LedgerFault, match="more of"):  # the first order still works on that leg
        office.intend(position_id=position_id, purpose=OrderPurpose.CLOSE, structure=rest)
    office = BackOffice()
    position_id = office.open("-1.20", quantity=2)
    order_id = office.intend_close(position_id, 1)
    office.fill_legs(order_id, (0, 1, 0, 0), ("0", "0.50", "0", "0"))
    # One short put is left to the second unit; the legged order has nothing more to do in it.
    put = Structure(StructureKind.SHORT_PUT, (Leg(contract(250), -1),))
    closing = office.intend(position_id=position_id, purpose=OrderPurpose.CLOSE, structure=put)
    assert live(office, closing).remaining == 1


# --- shares, additions, rolls ----------------------------------------------------------------------------------------
def test_shares_trade_one_by_one_at_a_price_a_share() -> None:
    office = BackOffice(commission=0)
    book = office.ledger.book
    position_id = office.open("260.00", structure=shares_of("TSLA"), quantity=150)
    held = book.positions[position_id]
    assert (held.structure, held.quantity, held.cost) == (shares_of("TSLA"), 150, dollars(39_000))
    office.fill(office.intend_close(position_id, 50), "-262.00")
    held = book.positions[position_id]
    assert (held.quantity, held.cost, held.realised) == (100, dollars(26_000), dollars(100))
    with pytest.raises(LedgerFault, match="more of"):
        office.intend_close(position_id, 101)


def test_a_short_sale_brings_cash_and_costs_to_cover() -> None:
    office = BackOffice(commission=0)
    short = shares_of("TSLA", is_long=False)
    position_id = office.open("-260.00", structure=short, quantity=100)
    assert office.ledger.book.positions[position_id].cost == dollars(-26_000)
    office.fill(office.intend_close(position_id), "255.00")
    assert office.closed[position_id].realised == dollars(500)


def test_a_call_sold_on_shares_makes_them_a_covered_call() -> None:
    office = BackOffice()
    position_id = office.open("260.00", structure=shares_of("TSLA"), quantity=100)
    call = Structure(StructureKind.SHORT_CALL, (Leg(contract(280, Right.CALL), -1),))
    office.open("-3.00", structure=call, position_id=position_id)
    (held,) = office.ledger.book.positions_of(ALPHA)
    assert (held.structure.kind, held.quantity, held.opened_quantity) == (StructureKind.COVERED_CALL, 1, 1)
    assert (held.cost, held.position_id) == (dollars(25_700), position_id)
    assert office.ledger.book.modules[ALPHA].executed_today == 1


def test_a_put_rolled_for_a_credit_is_one_trade_whose_premiums_add_up() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("-2.00", structure=SHORT_PUT)
    # Bought back at 3.50 and sold in May at 4.25: a credit of 0.75.
    order_id = office.intend(
        position_id=position_id, purpose=OrderPurpose.ROLL, hold=0,
        structure=Structure(StructureKind.CUSTOM, (Leg(contract(250), 1), Leg(contract(250, expiration=MAY), -1))),
    )  # fmt: skip
    prices = (dollars("3.50"), dollars("4.25"))
    office.record(ev.OrderFilled(order_id, 1, 1, dollars("-0.75"), prices, dollars("1.20"), used=dollars(25_000)))
    held = book.positions[position_id]
    assert held.structure == Structure(StructureKind.SHORT_PUT, (Leg(contract(250, expiration=MAY), -1),))
    assert (held.rolls, held.quantity, held.cost) == (1, 1, dollars(-425))
    # 200 received, 350 paid; 0.60 at the opening, 1.20 for the roll.
    assert (held.realised, held.net_pnl) == (dollars(-150), dollars("-151.80"))
    assert book.cash == dollars(50_000) + dollars("199.40") + dollars("73.80")
    assert book.modules[ALPHA].stats.closed == 0
    office.close(position_id, "1.00")
    # 200 - 350 + 425 - 100, less 2.40.
    assert office.closed[position_id].net_pnl == book.realised(ALPHA) == dollars("172.60")
    stats = book.modules[ALPHA].stats
    assert (stats.closed, stats.wins, stats.won) == (1, 1, dollars("172.60"))


def test_half_a_roll_is_no_roll_yet() -> None:
    office = BackOffice()
    position_id = office.open("-2.00", structure=SHORT_PUT, quantity=2)
    office.roll(position_id, (Leg(contract(250, expiration=MAY), -1),), "-0.75", 1)
    held = office.ledger.book.positions[position_id]
    assert {leg.contract.expiration for leg in held.structure.legs} == {contract(250).expiration, MAY}
    assert (held.quantity, held.opened_quantity) == (1, 1)


def test_the_first_versions_fills_take_the_buying_power_of_a_condor() -> None:
    office = BackOffice()
    order_id = office.intend(quantity=2)
    fill = ev.OrderFilled(order_id, 2, 2, dollars("-1.20"), (0, dollars("1.20"), 0, 0), 0)
    office.record(fill)
    assert office.ledger.book.used(ALPHA) == dollars(1760)
    other = office.intend(structure=SHORT_PUT)
    with pytest.raises(LedgerFault, match="not journaled"):
        office.record(replace(fill, order_id=other, quantity=1, cumulative=1, leg_prices=(dollars("1.20"),)))


def test_the_first_versions_units_carry_one_cost_alike() -> None:
    """Sold at 1.20 and at 1.00, one bought back at 0.50: half of 220 less 50, not the older lot's 120."""
    office = BackOffice(commission=0)
    order_id = office.intend(quantity=2)
    for number, price in enumerate(("1.20", "1.00"), 1):
        fill = ev.OrderFilled(order_id, 1, number, -dollars(price), (0, dollars(price), 0, 0), 0, dollars("0.12"))
        office.record(fill)
    held = office.ledger.book.positions["P000001"]
    assert (held.cost, held.fees, held.used, held.opened_quantity) == (
        dollars(-220), dollars("0.24"), dollars(1780), 2,
    )  # fmt: skip
    closing = office.intend_close("P000001", 1)
    office.record(ev.OrderFilled(closing, 1, 1, dollars("0.50"), (0, dollars("0.50"), 0, 0), 0))
    held = office.ledger.book.positions["P000001"]
    assert (held.realised, held.cost, held.quantity) == (dollars(60), dollars(-110), 1)
    closing = office.intend_close("P000001", 1)
    office.record(ev.OrderFilled(closing, 1, 1, dollars("0.50"), (0, dollars("0.50"), 0, 0), 0))
    assert (office.closed["P000001"].realised, office.ledger.book.cash) == (dollars(120), dollars("50119.76"))


# --- the position's status and units ---------------------------------------------------------------------------------
def test_a_position_is_closing_while_a_closing_of_it_works_and_no_longer() -> None:
    office = BackOffice()
    book = office.ledger.book
    first, second = office.open("-1.20", quantity=3), office.open("-1.20", module_id=BETA)

    def status() -> str:
        return book.positions[first].status.value

    one, two = office.intend_close(first, 1), office.intend_close(first, 1)
    office.fill(one, "0.55")
    assert status() == "Closing", "another closing of it works"
    office.record(ev.OrderEnded(two, S.CANCELLED, ""))
    assert status() == "Monitoring"
    # What works on another position, or adds to this one, is no closing of it.
    office.intend_close(second)
    office.intend(position_id=first, hold=0)
    office.fill(office.intend_close(first, 1), "0.55")
    assert status() == "Monitoring"
    assert book.positions[second].status is PositionStatus.CLOSING


def test_an_opening_that_is_filled_leaves_an_assigned_position_assigned() -> None:
    office = BackOffice()
    position_id = office.open("-4.00", structure=SHORT_PUT)
    office.end(position_id, contract(250), ActivityKind.ASSIGNED, "244.00")
    call = Structure(StructureKind.SHORT_CALL, (Leg(contract(280, Right.CALL), -1),))
    office.open("-3.00", structure=call, position_id=position_id)
    assert office.ledger.book.positions[position_id].status is PositionStatus.ASSIGNED


def test_units_count_as_they_were_opened_and_anew_where_the_structure_is_another() -> None:
    office = BackOffice()
    position_id = office.open("-1.20", quantity=2)
    office.close(position_id, "0.55", 1)
    office.open("-1.20", position_id=position_id)
    held = office.ledger.book.positions[position_id]
    assert (held.quantity, held.opened_quantity) == (2, 3)
    shares = office.open("260.00", structure=shares_of("TSLA"), quantity=150)
    office.close(shares, "-262.00", 50)
    call = Structure(StructureKind.SHORT_CALL, (Leg(contract(280, Right.CALL), -1),))
    office.open("-3.00", structure=call, position_id=shares)
    held = office.ledger.book.positions[shares]
    assert (held.structure.kind, held.quantity, held.opened_quantity) == (StructureKind.COVERED_CALL, 1, 1)


@pytest.mark.parametrize(("who", "quantity", "rests"), [("user", 2, True), ("user", 1, False), ("", 2, False)])
def test_where_somebody_ended_a_winner_its_module_may_rest(who: str, quantity: int, *, rests: bool) -> None:
    office = BackOffice()
    position_id = office.open("-1.20", quantity=2)
    order_id = office.intend_close(position_id, quantity)
    office.ledger.book.orders[order_id] = replace(live(office, order_id), who=who)
    office.fill(order_id, "0.20")
    assert office.ledger.book.rested == ({f"{ALPHA} TSLA": office.at} if rests else {})
    if quantity == 2:
        assert (office.closed[position_id].used, office.closed[position_id].quantity) == (0, 0)


def test_a_butterfly_counts_whole_units_by_the_leg_that_is_furthest_behind() -> None:
    office = BackOffice(commission=0)
    legs = (Leg(contract(240), 1), Leg(contract(250), -2), Leg(contract(260), 1))
    order_id = office.intend(structure=Structure(StructureKind.BUTTERFLY, legs), quantity=3, hold=dollars(100))
    office.fill_legs(order_id, (2, -2, 2), ("1.00", "2.00", "4.00"))
    assert (live(office, order_id).filled, live(office, order_id).status) == (1, S.LEGGED)
    assert office.ledger.book.held(ALPHA) == dollars(200)
    office.fill_legs(order_id, (0, -2, 0), ("1.00", "2.00", "4.00"))
    assert (live(office, order_id).filled, live(office, order_id).status) == (2, S.PARTLY_FILLED)
    (held,) = office.ledger.book.positions_of(ALPHA)
    assert (held.structure.legs, held.quantity, held.cost) == (legs, 2, dollars(200))


# --- orders that outlive their position, and broken trades -----------------------------------------------------------
def test_an_opening_that_outlives_its_position_fills_another_one() -> None:
    office = BackOffice()
    book = office.ledger.book
    order_id = office.intend(quantity=2)
    office.fill(order_id, "-1.20", 1)
    office.close("P000001", "0.55")
    assert live(office, order_id).position_id == "P000002"
    office.fill(order_id, "-1.20", 1)
    office.close("P000002", "0.55")
    assert list(office.closed) == ["P000001", "P000002"]
    assert (book.lineages, book.modules[ALPHA].stats.closed) == ({}, 2)


def test_a_broken_fill_of_a_live_order_is_to_be_done_again() -> None:
    office = BackOffice()
    book = office.ledger.book
    order_id = office.intend(quantity=2, hold=dollars(900))
    before = live(office, order_id)
    office.fill(order_id, "-1.20", 1)
    filled = ev.OrderFilled(order_id, 1, 1, dollars("-1.20"), (0, dollars("1.20"), 0, 0), dollars("2.40"))
    office.bust(filled, before)
    made = live(office, order_id)
    assert (made.filled, made.status, made.legs_done) == (0, S.WORKING, (0, 0, 0, 0))
    assert book.held(ALPHA) == dollars(1800)
    assert (book.cash, book.realised(ALPHA), list(office.closed)) == (dollars(50_000), 0, ["P000001"])
    with pytest.raises(LedgerFault, match="never ordered"):
        office.bust(filled, before)


def test_a_leg_that_is_broken_makes_a_legged_order_work_again_and_a_cancel_stays_one() -> None:
    office = BackOffice(commission=0)
    order_id = office.intend(quantity=2)
    before = live(office, order_id)
    prices = tuple(dollars(price) for price in ("1.00", "2.00", "1.50", "0.60"))

    def legs(*counts: int) -> ev.OrderFilled:
        return ev.OrderFilled(order_id, 0, 0, 0, prices, 0, leg_quantities=counts)

    office.fill_legs(order_id, (1, -1, 0, 0), ("1.00", "2.00", "0", "0"))
    office.bust(legs(1, 0, 0, 0), before)
    assert (live(office, order_id).legs_done, live(office, order_id).status) == ((0, -1, 0, 0), S.LEGGED)
    office.bust(legs(0, -1, 0, 0), before)
    assert (live(office, order_id).legs_done, live(office, order_id).status) == ((0, 0, 0, 0), S.WORKING)
    office.fill(order_id, "-1.20", 1)
    office.record(ev.OrderCancelRequested(order_id, "stop"))
    office.bust(ev.OrderFilled(order_id, 1, 1, dollars("-1.20"), (0, dollars("1.20"), 0, 0), 0), live(office, order_id))
    assert (live(office, order_id).filled, live(office, order_id).status) == (0, S.CANCEL_PENDING)


def test_a_closing_that_is_broken_after_the_end_leaves_a_new_position_and_no_money_lost() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("-1.20")
    order_id = office.intend_close(position_id)
    closing = live(office, order_id)
    office.fill(order_id, "0.55")
    filled = ev.OrderFilled(order_id, 1, 1, dollars("0.55"), (0, dollars("0.55"), 0, 0), dollars("2.40"))
    new = office.bust(filled, closing, "945")
    held = book.positions[new]
    assert (new, held.structure, held.quantity, held.cost) == ("P000002", condor(), 1, dollars(-55))
    assert (held.commissions, held.used, held.status) == (dollars("-2.40"), dollars(945), PositionStatus.MONITORING)
    # 120 received and 2.40 paid, as if nothing had been closed; 65 of it counts as realised.
    assert book.cash == dollars("50117.60")
    assert (book.realised(ALPHA), book.pnl(ALPHA)) == (dollars("62.60"), dollars("62.60"))
    office.close(new, "0.40")
    assert book.realised(ALPHA) == dollars("75.20")  # 120 - 40 - 4.80


def test_a_trade_whose_only_opening_was_broken_never_was() -> None:
    """One of 40 was won before; the next is sold and broken on the same day."""
    office = BackOffice(commission=0)
    book = office.ledger.book
    office.close(office.open("-1.20"), "0.80")
    order_id = office.intend()
    opening = live(office, order_id)
    office.fill(order_id, "-1.20")
    stats = book.modules[ALPHA].stats
    assert (stats.closed, sum(stats.opened.values())) == (1, 2)
    gone = office.bust(ev.OrderFilled(order_id, 1, 1, dollars("-1.20"), (0, dollars("1.20"), 0, 0), 0), opening)
    assert (stats.closed, stats.wins, stats.worst, sum(stats.opened.values())) == (1, 1, dollars(40), 1)
    assert office.closed[gone].status is PositionStatus.BROKEN
    assert (book.lineages, book.pnl(ALPHA)) == ({}, dollars(40))


def test_a_trade_whose_end_was_broken_ends_once() -> None:
    """A loser of 10 before; sold for 120 and closed at 80 for +40, which is broken: closed at 200 it loses 80."""
    office = BackOffice(commission=0)
    book = office.ledger.book
    office.close(office.open("-1.00"), "1.10")
    position_id = office.open("-1.20")
    order_id = office.intend_close(position_id)
    closing = live(office, order_id)
    office.fill(order_id, "0.80")
    stats = book.modules[ALPHA].stats
    assert (stats.closed, stats.wins, stats.best) == (2, 1, dollars(40))
    again = office.bust(ev.OrderFilled(order_id, 1, 1, dollars("0.80"), (0, dollars("0.80"), 0, 0), 0), closing, "880")
    assert (stats.closed, stats.wins, stats.won, stats.best) == (1, 0, 0, dollars(-10))
    assert book.positions[again].lineage == position_id
    office.close(again, "2.00")
    assert (stats.closed, stats.wins, stats.lost) == (2, 0, dollars(-90))
    assert (stats.best, stats.worst) == (dollars(-10), dollars(-80))
    assert sum(stats.opened.values()) == 2
