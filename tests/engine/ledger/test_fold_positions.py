"""Positions without an order, by hand and to the cent: expiry, assignment, dividends, moves, differences.

Commissions are 0.60 a contract; shares trade without.
"""

import pytest

from engine.core.errors import LedgerFault
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, ActivityKind, Difference, Resolution
from engine.domain.instrument import Right
from engine.domain.order import OrderPurpose
from engine.domain.position import PositionStatus
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.ledger.entries import Account
from engine.ledger.fold_positions import taken_along
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, MAY, condor, contract

K, A = StructureKind, ActivityKind
PUT_250, CALL_270 = contract(250), contract(270, Right.CALL)
SHORT_PUT = Structure(K.SHORT_PUT, (Leg(PUT_250, -1),))
CALENDAR = Structure(K.CALENDAR, (Leg(CALL_270, -1), Leg(contract(270, Right.CALL, expiration=MAY), 1)))


def sell_call(office: BackOffice, position_id: str, strike: int, price: str) -> None:
    call = Structure(K.SHORT_CALL, (Leg(contract(strike, Right.CALL, expiration=MAY), -1),))
    office.open(price, position_id=position_id, structure=call)


# --- assignment ------------------------------------------------------------------------------------------------------
def test_a_put_assigned_and_a_covered_call_called_away_are_one_win() -> None:
    office = BackOffice()
    book = office.ledger.book
    wheel = office.open("-4.00", structure=SHORT_PUT)
    assert office.end(wheel, PUT_250, A.ASSIGNED, "244.00") == wheel
    held = book.positions[wheel]
    assert (held.structure, held.quantity, held.status) == (shares_of("TSLA"), 100, PositionStatus.ASSIGNED)
    assert (held.cost, held.realised, held.used) == (dollars(25_000), dollars(400), dollars(25_000))
    assert (book.marks[wheel], book.pnl(ALPHA)) == (dollars(24_400), dollars("-200.60"))  # 400 - 0.60 - 600
    sell_call(office, wheel, 255, "-3.00")
    assert book.positions[wheel].structure.kind is K.COVERED_CALL
    office.end(wheel, contract(255, Right.CALL, expiration=MAY), A.ASSIGNED, "262.00")
    done = office.closed[wheel]
    # Premiums of 400 and 300, shares from 250 to 255, two commissions.
    assert (done.realised, done.commissions, done.net_pnl) == (dollars(1200), dollars("1.20"), dollars("1198.80"))
    assert (done.status, done.closed_why) == (PositionStatus.SETTLED, "assigned")
    assert book.cash == dollars("51198.80")
    stats = book.modules[ALPHA].stats
    assert (stats.closed, stats.wins, stats.won, stats.best) == (1, 1, dollars("1198.80"), dollars("1198.80"))
    assert sum(stats.opened.values()) == 1
    assert (book.lineages, book.positions, book.used(ALPHA)) == ({}, {}, 0)


def test_cash_that_the_shares_do_not_divide_is_booked_to_the_last_unit() -> None:
    office = BackOffice()
    book = office.ledger.book
    short = office.open("-4.00", structure=SHORT_PUT)
    before, cash = book.broker_cash, dollars("-25000.01")
    office.record(ev.LegSettled(short, PUT_250, 1, A.ASSIGNED, 100, cash, 0, dollars(244), dollars(25_000)))
    # 250,000,100 units by 100 shares: 2,500,001 a share, and nothing over; one unit more is realised.
    assert (book.positions[short].cost, book.broker_cash - before) == (dollars("25000.01"), cash)
    other = office.open("-4.00", structure=SHORT_PUT)
    before = book.broker_cash
    office.record(ev.LegSettled(other, PUT_250, 1, A.ASSIGNED, 100, cash - 1, 0, dollars(244), dollars(25_000)))
    assert (book.positions[other].cost, book.broker_cash - before) == (dollars("25000.01"), cash - 1)
    assert book.positions[other].realised == dollars(400) - 1


def test_one_of_two_condors_assigned_on_its_call_is_split_off_with_short_shares() -> None:
    office = BackOffice()
    book = office.ledger.book
    both = office.open("-1.20", quantity=2)
    office.mark(**{both: "-1300"})
    hit = office.end(both, CALL_270, A.ASSIGNED, "276.00", 1, fees="5.00")
    rest, split = book.positions[both], book.positions[hit]
    assert (rest.structure, rest.quantity, rest.cost, rest.used) == (condor(), 1, dollars(-120), dollars(880))
    assert (rest.commissions, rest.status) == (dollars("4.80"), PositionStatus.MONITORING)
    assert (split.structure.kind, split.quantity, split.held(None)) == (K.CUSTOM, 1, -100)
    assert [split.held(leg.contract) for leg in condor().legs] == [1, -1, 0, 1]
    assert (split.lineage, split.status, split.fees) == (both, PositionStatus.ASSIGNED, dollars(5))
    # All of the premium stood on the short put (a clerk's habit): 120 received for what is left, and 27,000 for shares.
    assert (split.cost, split.realised, split.commissions) == (dollars(-27_120), 0, 0)
    assert (book.marks[both], book.marks[hit]) == (dollars(-650), dollars(-27_650))
    assert book.unrealised(ALPHA) == dollars(-530 - 530)
    assert book.lineages[both].open == 2
    office.fill(
        office.intend(
            position_id=hit, purpose=OrderPurpose.CLOSE, structure=shares_of("TSLA", is_long=False), quantity=100
        ),
        "275.00",
    )
    legs = tuple(leg for leg in book.positions[hit].structure.legs)
    office.fill(
        office.intend(position_id=hit, purpose=OrderPurpose.CLOSE, structure=Structure(K.CUSTOM, legs)), "-4.00"
    )
    # Short at 270, bought at 275; 120 for the put and 400 for the legs, three contracts, the fee.
    assert office.closed[hit].net_pnl == dollars("13.20")
    stats = book.modules[ALPHA].stats
    assert stats.closed == 0
    office.close(both, "0.50")
    # The whole lineage: 13.20 and 70 less 4.80 and 2.40.
    assert (stats.closed, stats.wins, stats.won) == (1, 1, dollars("76.00"))


def test_a_split_leaves_a_closing_under_way_with_the_units_that_stay() -> None:
    office = BackOffice()
    both = office.open("-1.20", quantity=2)
    closing = office.intend_close(both, 1)
    hit = office.end(both, CALL_270, A.ASSIGNED, "276.00")
    book = office.ledger.book
    assert book.positions[both].status is PositionStatus.CLOSING
    assert book.positions[hit].status is PositionStatus.ASSIGNED
    office.fill(closing, "0.55")
    assert list(book.positions) == [hit]


def test_a_long_call_exercised_becomes_shares_at_the_strike_and_the_premium_is_lost() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("3.00", structure=Structure(K.LONG_CALL, (Leg(CALL_270, 1),)))
    office.end(position_id, CALL_270, A.EXERCISED, "280.00")
    held = book.positions[position_id]
    assert (held.shares, held.cost, held.realised) == (100, dollars(27_000), dollars(-300))
    assert book.pnl(ALPHA) == dollars("699.40")
    assert book.cash == dollars(50_000 - 300 - 27_000) - dollars("0.60")


# --- expiry ----------------------------------------------------------------------------------------------------------
def test_a_calendar_whose_front_leg_expires_is_a_long_call_that_is_worth_what_it_was() -> None:
    office = BackOffice()
    book = office.ledger.book
    order_id = office.intend(structure=CALENDAR)
    prices = (dollars("2.00"), dollars("5.20"))
    office.record(ev.OrderFilled(order_id, 1, 1, dollars("3.20"), prices, dollars("1.20"), used=dollars(320)))
    office.mark(P000001="410")
    nav = book.nav
    office.end("P000001", CALL_270, A.EXPIRED, "266.00")
    held = book.positions["P000001"]
    assert (held.structure.kind, held.quantity, held.status) == (K.LONG_CALL, 1, PositionStatus.MONITORING)
    assert (held.cost, held.realised, held.used) == (dollars(520), dollars(200), dollars(520))
    # Nothing but a worthless leg went: neither the mark nor the NAV may move.
    assert (book.marks["P000001"], book.nav) == (dollars(410), nav)
    office.fill(office.intend_close("P000001"), "-4.50")
    assert office.closed["P000001"].net_pnl == dollars("128.20")  # 450 - 320 - 1.80


@pytest.mark.parametrize(("spot", "cash", "net"), [("266", "0", "199.40"), ("274", "-400", "-200.60")])
def test_an_option_that_is_settled_in_cash_pays_what_it_is_worth(spot: str, cash: str, net: str) -> None:
    office = BackOffice()
    position_id = office.open("-2.00", structure=Structure(K.SHORT_CALL, (Leg(CALL_270, -1),)))
    office.end(position_id, CALL_270, A.CASH_SETTLED, spot)
    done = office.closed[position_id]
    assert (done.closing_cash, done.net_pnl, done.closed_why) == (dollars(cash), dollars(net), "cash settled")


def test_some_contracts_may_expire_without_a_split() -> None:
    office = BackOffice()
    position_id = office.open("-4.00", structure=SHORT_PUT, quantity=3)
    assert office.end(position_id, PUT_250, A.EXPIRED, "260", 1) == position_id
    held = office.ledger.book.positions[position_id]
    assert (held.quantity, held.cost, held.realised) == (2, dollars(-800), dollars(400))
    office.end(position_id, PUT_250, A.EXPIRED, "260", 2)
    assert office.closed[position_id].closed_why == "expired"


# --- cash ------------------------------------------------------------------------------------------------------------
def test_a_dividend_on_shares_is_the_positions_and_the_modules_income() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("260.00", structure=shares_of("TSLA"), quantity=100)
    office.cash(A.DIVIDEND, "88.00", ALPHA, position_id)
    assert (book.positions[position_id].income, book.realised(ALPHA)) == (dollars(88), dollars(88))
    assert book.balance(Account.DIVIDENDS, ALPHA) == dollars(-88)
    office.close(position_id, "-259.00")
    assert office.closed[position_id].net_pnl == dollars(-12)
    stats = book.modules[ALPHA].stats
    assert (stats.closed, stats.wins, stats.lost) == (1, 0, dollars(-12))


def test_short_shares_owe_dividends_and_borrow() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("-260.00", structure=shares_of("TSLA", is_long=False), quantity=100)
    assert book.cash == dollars(76_000)
    office.cash(A.DIVIDEND, "-88.00", ALPHA, position_id)
    office.cash(A.BORROW, "-12.34", ALPHA, position_id)
    office.cash(A.FEE, "-1.00", ALPHA, position_id)
    held = book.positions[position_id]
    assert (held.income, held.fees) == (dollars("-100.34"), dollars(1))
    office.close(position_id, "255.00")
    assert office.closed[position_id].net_pnl == book.realised(ALPHA) == dollars("398.66")  # 500 - 101.34


def test_interest_of_the_account_is_nobodys_module_but_in_the_nav() -> None:
    office = BackOffice()
    book = office.ledger.book
    office.cash(A.INTEREST, "3.21", "")
    assert (book.nav, book.realised(""), book.realised(ALPHA)) == (dollars("50003.21"), dollars("3.21"), 0)


# --- moves -----------------------------------------------------------------------------------------------------------
def test_a_position_goes_over_at_cost_and_is_no_gain_or_loss_of_anybodys_day() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("-1.20")
    office.mark(**{position_id: "-500"})
    days, nav = (book.day_pnl(ALPHA), book.day_pnl(BETA)), book.nav
    office.record(ev.PositionMoved(position_id, BETA, "user", "removing alpha"))
    assert (book.day_pnl(ALPHA), book.day_pnl(BETA), book.nav) == (*days, nav)
    assert (book.used(ALPHA), book.used(BETA)) == (0, dollars(880))
    assert (book.pnl(ALPHA), book.pnl(BETA)) == (dollars("-2.40"), dollars(-380))
    office.close(position_id, "5.00")
    assert (book.realised(ALPHA), book.realised(BETA)) == (dollars("-2.40"), dollars("-382.40"))


def test_what_a_move_takes_along_is_what_is_open_and_nothing_on_the_way_out() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("-1.20")
    office.mark(**{position_id: "-500"})  # sold for 120: 380 are lost, if it were closed now
    assert taken_along(book, ev.PositionMoved(position_id, BETA, "user", "")) == {
        ALPHA: dollars(380),
        BETA: dollars(-380),
    }
    assert taken_along(book, ev.PositionMoved(position_id, ALPHA, "user", "")) == {}, "it stays where it is"
    assert taken_along(book, ev.PositionMoved(position_id, EXTERNAL, "user", "")) == {}, "to leave is an end"
    assert taken_along(book, ev.PositionMoved("P000009", BETA, "user", "")) == {}
    assert taken_along(book, ev.SessionClosed(MAY)) == {}


def test_what_has_an_order_stays_where_it_is() -> None:
    office = BackOffice()
    position_id = office.open("-1.20")
    office.intend_close(position_id)
    with pytest.raises(LedgerFault, match="order works"):
        office.record(ev.PositionMoved(position_id, BETA, "user", ""))


def test_what_becomes_external_is_no_more_the_mindfolios() -> None:
    office = BackOffice()
    book = office.ledger.book
    position_id = office.open("-1.20")
    office.mark(**{position_id: "-150"})
    office.record(ev.PositionMoved(position_id, EXTERNAL, "user", ""))
    # It leaves at what it is worth, -150.00: 50,000 + 120 - 2.40 - 150. The loss stays with the module that made it.
    assert (book.cash, book.nav, book.broker_cash) == (dollars("49967.60"), dollars("49967.60"), dollars("50117.60"))
    assert book.instruments()["TSLA260417P00250000"] == -1
    # It takes of the same account as before: 50,000 less the 32.40 that were lost, and what it uses.
    used = book.positions[position_id].used
    assert used > 0
    assert book.account_available == dollars("49967.60") - used


def test_a_module_that_ended_leaves_its_pnl_in_the_books() -> None:
    office = BackOffice()
    book = office.ledger.book
    office.close(office.open("-1.20", module_id=BETA), "0.55")
    office.record(ev.ModuleRemoved(BETA, "user", ""))
    assert (list(book.modules), book.reserve, book.version) == ([ALPHA], dollars(35_000), 2)
    assert (book.module_ids, book.realised(BETA), book.nav) == ((ALPHA, BETA), dollars("60.20"), dollars("50060.20"))


# --- differences -----------------------------------------------------------------------------------------------------
def differs(office: BackOffice, instrument: str, missing: int) -> None:
    ours = office.ledger.book.instruments().get(instrument, 0)
    found = (Difference(instrument, instrument[:4], ours, ours + missing),)
    office.record(ev.AccountReconciled(found, 0, 0, 0))


def resolve(office: BackOffice, instrument: str, quantity: int, module_id: str, price: Money = 0) -> None:
    how = Resolution.ASSIGN if module_id else Resolution.IGNORE
    office.record(ev.DifferenceResolved(instrument, quantity, price, how, module_id, 0, "user", "mine"))


def test_shares_nobody_knew_of_are_shared_out_among_module_and_external() -> None:
    office = BackOffice()
    book = office.ledger.book
    differs(office, "SPY", 150)
    assert book.halted_symbols == {"SPY": "book and broker differ in SPY"}
    resolve(office, "SPY", 100, ALPHA, dollars(600))
    assert book.differences["SPY"].missing == 50
    resolve(office, "SPY", 50, EXTERNAL, dollars(600))
    assert (book.differences, book.instruments()) == ({}, {"SPY": 150})
    (held,) = book.positions_of(ALPHA)
    assert (held.structure, held.quantity, held.cost) == (shares_of("SPY"), 100, dollars(60_000))
    assert (book.cash, book.nav, book.pnl(ALPHA)) == (dollars(-10_000), dollars(50_000), 0)
    assert book.broker_cash == dollars(-40_000)


def test_a_contract_that_is_gone_is_taken_off_the_position_that_has_enough_of_it() -> None:
    office = BackOffice()
    book = office.ledger.book
    office.open("-1.00", structure=SHORT_PUT)
    office.open("-1.50", structure=SHORT_PUT, quantity=2)
    differs(office, PUT_250.occ, 2)
    resolve(office, PUT_250.occ, 2, ALPHA, dollars("0.50"))
    assert book.instruments() == {PUT_250.occ: -1}
    assert office.closed["P000002"].realised == dollars(200)
    assert office.closed["P000002"].closed_why == "mine"


def test_what_is_ignored_is_remembered_and_moves_nothing() -> None:
    office = BackOffice()
    book = office.ledger.book
    differs(office, "SPY", -3)
    resolve(office, "SPY", -3, "")
    assert (book.ignored, book.differences, book.positions, book.nav) == ({"SPY": -3}, {}, {}, dollars(50_000))


def test_unknown_cash_is_external_and_not_in_the_nav() -> None:
    office = BackOffice()
    book = office.ledger.book
    differs(office, CASH_ID, dollars(7))
    assert book.halted_symbols == {}
    resolve(office, CASH_ID, dollars(7), EXTERNAL)
    assert (book.broker_cash, book.cash, book.nav) == (dollars(50_007), dollars(50_000), dollars(50_000))


def test_a_stranger_takes_nothing() -> None:
    office = BackOffice()
    differs(office, "SPY", 1)
    with pytest.raises(LedgerFault, match="ghost"):
        resolve(office, "SPY", 1, "ghost", dollars(600))
