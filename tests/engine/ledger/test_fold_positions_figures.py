"""Every figure of a position that ends, is split, moves or is taken in: cost, marks, units, ids, and what it counts as.

Without commissions, so that the figures are those of the prices.
"""

from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind, Difference, Resolution
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import OrderPurpose
from engine.domain.position import Position, PositionStatus
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, MAY, contract

K, A, S = StructureKind, ActivityKind, PositionStatus
PUT_250, CALL_270, CALL_280 = contract(250), contract(270, Right.CALL), contract(280, Right.CALL)
SHORT_PUT = Structure(K.SHORT_PUT, (Leg(PUT_250, -1),))
SHORT_CALL = Structure(K.SHORT_CALL, (Leg(CALL_280, -1),))
BUTTERFLY = Structure(K.BUTTERFLY, (Leg(contract(240), 1), Leg(PUT_250, -2), Leg(contract(260), 1)))


@pytest.fixture
def office() -> BackOffice:
    """A clerk whose broker takes nothing."""
    return BackOffice(commission=0)


def ends(position_id: str, which: OptionContract, contracts: int, **changes: Any) -> ev.LegSettled:
    """Contracts that are assigned, without shares or cash."""
    return replace(ev.LegSettled(position_id, which, contracts, A.ASSIGNED, 0, 0, 0, dollars(250), 0), **changes)


def refused(office: BackOffice, event: ev.Event, words: str) -> None:
    """The book does not take it, and goes on."""
    with pytest.raises(LedgerFault, match=words):
        office.ledger.book.apply(office.ledger.book.seq + 1, office.at, event)


def covered_calls(office: BackOffice, units: int) -> Position:
    """So many covered calls: shares at 260.00, calls sold at 3.00."""
    position_id = office.open("260.00", structure=shares_of("TSLA"), quantity=units * 100)
    office.open("-3.00", structure=SHORT_CALL, position_id=position_id, quantity=units)
    return office.ledger.book.positions[position_id]


# --- marks -----------------------------------------------------------------------------------------------------------
def test_a_mark_follows_what_is_traded_until_quotes_mark_it_anew(office: BackOffice) -> None:
    book = office.ledger.book
    position_id = office.open("260.00", structure=shares_of("TSLA"), quantity=200)
    assert (book.marks[position_id], book.marked_at[position_id]) == (dollars(52_000), office.at)
    office.mark(**{position_id: "53000"})
    marked = office.at
    office.close(position_id, "-262.00", 50)
    # A part keeps its part of the mark, which is not of a new time.
    assert (book.marks[position_id], book.marked_at[position_id]) == (dollars(39_750), marked)
    office.open("264.00", structure=shares_of("TSLA"), position_id=position_id, quantity=10)
    assert (book.marks[position_id], book.marked_at[position_id]) == (dollars(39_750 + 2640), office.at)
    # Another structure of fewer units: 160 shares, and then a covered call with 60 shares beside it.
    office.open("-3.00", structure=SHORT_CALL, position_id=position_id)
    assert book.marks[position_id] == dollars(39_750 + 2640 - 300)
    assert book.positions[position_id].quantity == 1


# --- ends ------------------------------------------------------------------------------------------------------------
def test_what_ended_holds_and_uses_nothing_and_says_what_it_brought(office: BackOffice) -> None:
    book = office.ledger.book
    condor = office.open("-1.20")
    office.settle(condor, "245")
    call_away = covered_calls(office, 1)
    office.end(call_away.position_id, CALL_280, A.ASSIGNED, "285.00")
    gone = office.open("-2.00", structure=SHORT_PUT)
    office.record(
        ev.AccountReconciled((Difference(PUT_250.occ, "TSLA", -1, 0),), book.broker_cash, book.broker_cash, 0)
    )
    office.record(ev.DifferenceResolved(PUT_250.occ, 1, dollars("0.50"), Resolution.ASSIGN, ALPHA, 77, "user", ""))
    expired = office.open("-2.00", structure=SHORT_PUT)
    office.end(expired, PUT_250, A.EXPIRED, "260.00")
    found = office.closed
    assert [(each.quantity, each.used, each.cost, each.lots) for each in found.values()] == [(0, 0, 0, ())] * 4
    figures = {
        key: (each.opening_cost, each.closing_cash, each.realised, each.closed_why) for key, each in found.items()
    }
    assert figures == {
        condor: (dollars(-120), dollars(-500), dollars(-380), "expired"),
        # 26,000 for the shares, 300 for the call; 28,000 came in for the shares.
        call_away.position_id: (dollars(25_700), dollars(28_000), dollars(2300), "assigned"),
        gone: (dollars(-200), dollars(-50), dollars(150), "reconciled"),
        expired: (dollars(-200), 0, dollars(200), "expired"),
    }
    assert book.cash == dollars(50_000 - 380 + 2300 + 150 + 200)


def test_an_assignment_opens_shares_at_their_strike(office: BackOffice) -> None:
    book = office.ledger.book
    position_id = office.open("-4.00", structure=SHORT_PUT)
    office.end(position_id, PUT_250, A.ASSIGNED, "244.00")
    held = book.positions[position_id]
    assert (held.opening_cost, held.closing_cash, held.cost) == (dollars(24_600), 0, dollars(25_000))
    assert (book.marks[position_id], book.marked_at[position_id]) == (dollars(24_400), office.at)
    other = office.open("-4.00", structure=SHORT_PUT)
    office.mark(**{other: "-500"})
    office.record(ends(other, PUT_250, 1, shares=100, cash=dollars(-25_000), spot=0, used=dollars(25_000)))
    # Nobody knows the price that decided: the NAV stays as it was, -500 and 25,000 that were paid.
    assert book.marks[other] == dollars(24_500)


def test_a_status_that_waits_ends_with_the_brokers_word_and_a_closing_that_works_does_not(office: BackOffice) -> None:
    book = office.ledger.book
    legs = (Leg(CALL_270, -1), Leg(contract(270, Right.CALL, expiration=MAY), 1))
    waiting, closing = (office.open("3.20", structure=Structure(K.CALENDAR, legs)) for _ in range(2))
    office.record(ev.PositionStatusChanged(waiting, S.AWAITING, "it expired"))
    assert book.positions[waiting].status is S.AWAITING
    office.intend_close(closing)
    for position_id in (waiting, closing):
        office.end(position_id, CALL_270, A.EXPIRED, "266.00")
    assert (book.positions[waiting].status, book.positions[closing].status) == (S.MONITORING, S.CLOSING)
    put = office.open("-4.00", structure=SHORT_PUT)
    office.intend_close(put)
    office.end(put, PUT_250, A.ASSIGNED, "244.00")
    assert (book.positions[put].shares, book.positions[put].status) == (100, S.CLOSING)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"contracts": 0}, "0 of TSLA260417P00250000 ended in a position of -8"),
        ({"contracts": 9}, "9 of TSLA260417P00250000 ended in a position of -8"),
        ({"contracts": 3, "split_into": "P000002"}, "are no whole units"),
        ({"contracts": 1, "split_into": "P000002"}, "are no whole units"),
        ({"contracts": 8, "split_into": "P000002"}, "are no whole units"),
        ({"contracts": 4, "split_into": "P000003"}, "are no whole units"),
    ],
)
def test_only_whole_units_are_split_off_and_never_all(office: BackOffice, change: dict[str, Any], words: str) -> None:
    """Four butterflies are short eight of the middle contract."""
    position_id = office.open("1.00", structure=BUTTERFLY, quantity=4)
    refused(office, ends(position_id, PUT_250, **change), words)


def test_units_that_are_hit_take_their_part_of_everything_along(office: BackOffice) -> None:
    book = office.ledger.book
    flies = office.open("1.00", structure=BUTTERFLY, quantity=4)
    office.mark(**{flies: "500"})
    hit = office.end(flies, PUT_250, A.ASSIGNED, "245.00", 2)
    rest, child = book.positions[flies], book.positions[hit]
    assert (rest.structure, rest.quantity, child.shares) == (BUTTERFLY, 3, 200)
    # Of the 400 that they cost (a clerk's habit: on the lowest leg) a quarter, and 50,000 for the shares.
    assert (rest.opening_cost, child.opening_cost) == (dollars(300), dollars(50_100))
    assert (child.closing_cash, child.income, child.fees, child.commissions) == (0, 0, 0, 0)
    assert (book.marks[flies], book.marks[hit]) == (dollars(375), dollars(50_125))
    assert (book.marked_at[hit], hit, book.next_position_id) == (office.at, "P000002", "P000003")
    assert book.lineages[flies].open == 2


def test_shares_go_with_the_calls_that_were_hit(office: BackOffice) -> None:
    book = office.ledger.book
    held = covered_calls(office, 5)
    office.cash(A.DIVIDEND, "440.00", ALPHA, held.position_id)
    office.mark(**{held.position_id: "130000"})
    hit = office.end(held.position_id, CALL_280, A.ASSIGNED, "285.00", 2)
    rest = book.positions[held.position_id]
    assert (rest.held(None), rest.held(CALL_280), rest.quantity) == (300, -3, 3)
    assert (rest.cost, rest.income) == (dollars(3 * 25_700), dollars(440))
    assert book.marks[held.position_id] == dollars(78_000)
    gone = office.closed[hit]
    # 200 shares from 260 to 280, and two calls at 3.00.
    assert (gone.realised, gone.net_pnl, gone.income) == (dollars(4600), dollars(4600), 0)
    assert (book.lineages[held.position_id].open, book.modules[ALPHA].stats.closed) == (1, 0)


# --- what a trade counts as ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("gain", "wins", "rests"), [(1, 1, False), (0, 0, True), (-1, 0, True), (dollars(80), 1, False)]
)
def test_a_trade_is_won_by_more_than_nothing_and_its_broken_end_takes_that_back(
    office: BackOffice, gain: Money, wins: int, *, rests: bool
) -> None:
    """Two losers before, of 50 and of 10; one share is sold with a gain, which is broken."""
    book, one = office.ledger.book, shares_of("TSLA")
    for loss in (50, 10):
        office.close(office.open("260.00", structure=one, quantity=1), str(loss - 260))
    stats = book.modules[ALPHA].stats
    assert (stats.best, stats.worst, stats.lost) == (dollars(-10), dollars(-50), dollars(-60))
    book.rested.clear()
    position_id = office.open("260.00", structure=one, quantity=1)
    order_id = office.intend_close(position_id)
    order = book.orders[order_id]
    price = dollars(260) + gain
    sold = ev.OrderFilled(order_id, 1, 1, -price, (price,), 0, used=0)
    office.record(sold)
    assert (stats.closed, stats.wins, stats.won, stats.lost) == (
        3, wins, max(gain, 0), dollars(-60) + min(gain, 0),
    )  # fmt: skip
    assert bool(book.rested) is rests
    again = office.bust(sold, order)
    assert (stats.closed, stats.wins, stats.won, stats.lost) == (2, 0, 0, dollars(-60))
    assert (stats.best, stats.worst) == (dollars(-10), dollars(-50))
    assert book.lineages[position_id].net == gain
    assert (book.positions[again].lineage, sum(stats.opened.values())) == (position_id, 3)


class TestWhatNeverWas:
    """An opening that the broker breaks is no trade, unless something of it is left."""

    def broken(self, office: BackOffice, *, dividend: str = "", kept: Money = 0) -> PositionStatus:
        """One share is bought and the trade broken; how its position ended."""
        book = office.ledger.book
        order_id = office.intend(structure=shares_of("TSLA"), quantity=1)
        order = book.orders[order_id]
        bought = ev.OrderFilled(order_id, 1, 1, dollars(260), (dollars(260),), kept, used=dollars(260))
        office.record(bought)
        if dividend:
            office.cash(A.DIVIDEND, dividend, ALPHA, order.position_id)
            office.cash(A.FEE, f"-{dividend}", ALPHA, order.position_id)
        office.bust(replace(bought, commission=0), order)
        return office.closed[order.position_id].status

    def test_with_a_result_a_cost_or_income_it_was_one(self, office: BackOffice) -> None:
        stats = office.ledger.book.modules[ALPHA].stats
        assert self.broken(office) is S.BROKEN
        assert (stats.closed, stats.opened) == (0, {"2026-03": 0})
        assert self.broken(office, kept=1) is S.CLOSED, "the broker kept its commission"
        assert self.broken(office, dividend="0.88") is S.CLOSED, "what came in and went out again was there"
        assert (stats.closed, stats.lost, stats.opened) == (2, -1, {"2026-03": 2})

    def test_with_a_roll_behind_it_it_was_one(self, office: BackOffice) -> None:
        position_id = office.open("-2.00", structure=SHORT_PUT)
        rolled = Structure(K.CUSTOM, (Leg(PUT_250, 1), Leg(contract(250, expiration=MAY), -1)))
        order_id = office.intend(position_id=position_id, purpose=OrderPurpose.ROLL, hold=0, structure=rolled)
        order = office.ledger.book.orders[order_id]
        prices = (dollars(2), dollars(2))
        fill = ev.OrderFilled(order_id, 1, 1, 0, prices, 0, used=dollars(25_000))
        office.record(fill)
        office.bust(replace(fill, leg_quantities=(0, -1)), order)
        assert office.closed[position_id].status is S.CLOSED

    def test_with_another_part_of_it_it_was_one(self, office: BackOffice) -> None:
        """Of two puts one is assigned, at no gain, and split off; the opening of what stayed is broken."""
        order_id = office.intend(structure=SHORT_PUT, quantity=2)
        order = office.ledger.book.orders[order_id]
        fill = ev.OrderFilled(order_id, 2, 2, 0, (0,), 0, used=dollars(50_000))
        office.record(fill)
        office.end(order.position_id, PUT_250, A.ASSIGNED, "250.00")
        office.bust(replace(fill, quantity=1), order)
        assert office.closed[order.position_id].status is S.CLOSED


def test_an_order_that_outlives_its_position_takes_the_next_id_and_no_other(office: BackOffice) -> None:
    book = office.ledger.book
    order_id = office.intend(quantity=2)
    office.fill(order_id, "-1.20", 1)
    office.close("P000001", "0.55")
    assert (book.orders[order_id].position_id, book.next_position_id) == ("P000002", "P000003")


# --- moves and differences -------------------------------------------------------------------------------------------
def test_what_goes_over_takes_its_open_result_out_of_both_days_also_after_the_close(office: BackOffice) -> None:
    book = office.ledger.book
    position_id = office.open("-1.20")
    office.mark(**{position_id: "-500"})
    before = {module_id: (module.baseline, module.closed) for module_id, module in book.modules.items()}
    office.record(ev.PositionMoved(position_id, BETA, "user", ""))
    after = {module_id: (module.baseline, module.closed) for module_id, module in book.modules.items()}
    moved = {key: tuple(new - old for old, new in zip(before[key], after[key], strict=True)) for key in after}
    assert moved == {ALPHA: (dollars(380), dollars(380)), BETA: (dollars(-380), dollars(-380))}


def test_what_leaves_is_booked_at_its_mark_in_every_figure(office: BackOffice) -> None:
    book = office.ledger.book
    position_id = office.open("-1.20")
    office.mark(**{position_id: "-150"})
    office.record(ev.PositionMoved(position_id, EXTERNAL, "user", ""))
    held = book.positions[position_id]
    assert (held.cost, sum(lot.cost for lot in held.lots), held.opening_cost) == (dollars(-150),) * 3
    assert (book.realised(ALPHA), held.module_id) == (dollars(-30), EXTERNAL)


class TestTakenIn:
    """What the broker has more or less, with 100 TSLA of ALPHA in the books at 260.00."""

    @pytest.fixture(autouse=True)
    def holding(self, office: BackOffice) -> None:
        """P000001."""
        office.open("260.00", structure=shares_of("TSLA"), quantity=100)

    def take(self, office: BackOffice, instrument: str, quantity: int, price: str) -> None:
        """The broker has so much more of it, and it is ALPHA's."""
        differs = Difference(instrument, instrument[:4], 0, quantity)
        office.record(ev.AccountReconciled((differs,), 0, 0, 0))
        office.record(
            ev.DifferenceResolved(instrument, quantity, dollars(price), Resolution.ASSIGN, ALPHA, 99, "user", "mine")
        )

    def test_it_is_a_position_that_was_opened_and_marked_at_its_price(self, office: BackOffice) -> None:
        book = office.ledger.book
        self.take(office, PUT_250.occ, -2, "1.50")
        held = book.positions["P000002"]
        assert (held.quantity, held.cost, held.used) == (2, dollars(-300), 99)
        assert (book.marks["P000002"], book.marked_at["P000002"]) == (dollars(-300), office.at)
        assert (book.lineages["P000002"].open, book.next_position_id) == (1, "P000003")
        assert book.modules[ALPHA].stats.opened == {"2026-03": 2}

    @pytest.mark.parametrize(
        ("instrument", "quantity", "shares"),
        [("TSLA", 50, [100, 50]), ("TSLA", -101, [100, -101]), ("SPY", -1, [100, -1]), ("TSLA", -100, [])],
    )
    def test_only_the_other_side_of_the_same_is_taken_off_and_only_where_there_is_enough(
        self, office: BackOffice, instrument: str, quantity: int, shares: list[int]
    ) -> None:
        self.take(office, instrument, quantity, "262")
        assert [held.shares for held in office.ledger.book.positions.values()] == shares

    def test_what_is_taken_off_in_part_leaves_the_rest_at_cost(self, office: BackOffice) -> None:
        self.take(office, "TSLA", -40, "262")
        held = office.ledger.book.positions["P000001"]
        assert (held.shares, held.cost, held.realised, held.closing_cash, held.used) == (
            60, dollars(15_600), dollars(80), dollars(10_480), 99,
        )  # fmt: skip
