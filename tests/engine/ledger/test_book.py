"""The book, by hand and to the cent: what trades do to accounts, positions, holds and figures."""

import datetime as dt

import pytest

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.mindfolio import PnlPolicy
from engine.domain.order import OrderStatus
from engine.domain.position import PositionStatus
from engine.ledger.entries import Account
from tests.builders import ALPHA, BETA, Clerk, ledger, mindfolio_spec

ACCOUNTS = (Account.CASH, Account.POSITIONS, Account.REALISED, Account.COMMISSIONS)


def accounts(clerk: Clerk, module_id: str = ALPHA) -> tuple[Money, ...]:
    """Cash, positions, realised and commissions of a module."""
    return tuple(clerk.ledger.book.balances.get((account, module_id), 0) for account in ACCOUNTS)


def cents(*amounts: str) -> tuple[Money, ...]:
    return tuple(dollars(amount) for amount in amounts)


def test_a_condor_opened_at_1_20_and_closed_at_0_55_leaves_60_20() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    position_id = clerk.open("-1.20")
    assert accounts(clerk) == cents("117.60", "-120.00", "0", "2.40")
    assert book.used(ALPHA) == dollars(880)
    clerk.close(position_id, "0.55")
    assert accounts(clerk) == cents("60.20", "0", "-65.00", "4.80")
    assert book.realised(ALPHA) == dollars("60.20")
    assert book.cash == dollars("50060.20")
    assert book.nav == dollars("50060.20")
    assert (book.used(ALPHA), book.held(ALPHA), book.orders, book.positions) == (0, 0, {}, {})
    done = clerk.closed[position_id]
    assert (done.status, done.opening_cost, done.closing_cash, done.realised, done.commissions, done.net_pnl) == (
        PositionStatus.CLOSED, *cents("-120", "-55", "65", "4.80", "60.20"),
    )  # fmt: skip
    assert (done.closed_at, done.closed_why, done.quantity, done.cost) == (clerk.at, "target", 0, 0)


def test_two_partial_fills_at_their_own_prices_make_one_position() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    order_id = clerk.intend(quantity=3, hold=dollars("882.40"))
    assert book.held(ALPHA) == dollars("2647.20")
    clerk.fill(order_id, "-1.20", 1)
    assert (book.held(ALPHA), book.used(ALPHA)) == (dollars("1764.80"), dollars(880))
    clerk.fill(order_id, "-1.15", 2)
    assert (book.held(ALPHA), book.orders) == (0, {})
    (held,) = book.positions_of(ALPHA)
    assert (held.quantity, held.opened_quantity, held.cost, held.commissions) == (3, 3, *cents("-350", "7.20"))
    assert accounts(clerk) == cents("342.80", "-350.00", "0", "7.20")
    assert book.used(ALPHA) == dollars(2650)


def test_partial_closes_take_the_oldest_lots_first_to_the_last_unit() -> None:
    clerk = Clerk()
    order_id = clerk.intend(quantity=3)
    clerk.fill(order_id, "-1.2001", 1)
    clerk.fill(order_id, "-1.2000", 2)
    book = clerk.ledger.book
    (held,) = book.positions_of(ALPHA)
    assert held.cost == dollars("-360.01")
    clerk.close(held.position_id, "0.50", 1)
    # First in, first out: the unit that was sold at 1.2001 goes first.
    assert accounts(clerk)[1:3] == cents("-240", "-70.01")
    clerk.close(held.position_id, "0.50", 1)
    assert accounts(clerk)[1:3] == cents("-120", "-140.01")
    clerk.close(held.position_id, "0.50", 1)
    assert accounts(clerk) == cents("195.61", "0", "-210.01", "14.40")
    assert clerk.closed[held.position_id].realised == dollars("210.01")
    assert clerk.closed[held.position_id].net_pnl == book.realised(ALPHA) == dollars("195.61")


@pytest.mark.parametrize(
    ("spot", "cash", "net"),
    [("260", "0", "117.60"), ("245", "-500", "-382.40"), ("200", "-1000", "-882.40"), ("271.5", "-150", "-32.40")],
)
def test_an_expired_condor_is_settled_in_cash_without_commission(spot: str, cash: str, net: str) -> None:
    clerk = Clerk()
    position_id = clerk.open("-1.20")
    clerk.settle(position_id, spot)
    book = clerk.ledger.book
    done = clerk.closed[position_id]
    assert (done.status, done.closed_why, done.closing_cash) == (PositionStatus.SETTLED, "expired", dollars(cash))
    assert done.net_pnl == book.realised(ALPHA) == dollars(net)
    assert book.cash == dollars(50_000) + dollars(net)
    assert accounts(clerk)[1] == 0
    assert (book.used(ALPHA), book.marks, book.marked_at) == (0, {}, {})


def test_modules_never_touch_each_others_accounts() -> None:
    clerk = Clerk()
    clerk.open("-1.20")
    before = accounts(clerk, ALPHA)
    position_id = clerk.open("-2.00", module_id=BETA)
    clerk.close(position_id, "3.10")
    assert accounts(clerk, ALPHA) == before
    assert accounts(clerk, BETA) == cents("-114.80", "0", "110.00", "4.80")
    book = clerk.ledger.book
    assert (book.realised(ALPHA), book.realised(BETA)) == cents("-2.40", "-114.80")
    assert accounts(clerk, "") == cents("50000", "0", "0", "0")
    assert (book.available(ALPHA), book.available(BETA)) == cents("14117.60", "19885.20")


def test_nav_is_cash_plus_marks_and_capital_plus_results() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    first = clerk.open("-1.20")
    second = clerk.open("-2.00", module_id=BETA, quantity=2)
    assert book.nav == dollars("49992.80")  # marked at cost so far: only the commissions are gone
    clerk.mark(**{first: "-90.50", second: "-430"})
    assert (book.unrealised(ALPHA), book.unrealised(BETA)) == cents("29.50", "-30")
    assert (book.pnl(ALPHA), book.pnl(BETA)) == cents("27.10", "-34.80")
    assert book.cash == dollars("50512.80")
    assert book.nav == dollars("49992.30") == book.capital + book.pnl(ALPHA) + book.pnl(BETA)


def test_a_partial_close_keeps_its_share_of_the_mark() -> None:
    clerk = Clerk()
    position_id = clerk.open("-1.20", quantity=3)
    clerk.mark(**{position_id: "-300"})
    clerk.close(position_id, "1.00", 1)
    assert clerk.ledger.book.marks == {position_id: dollars(-200)}
    assert clerk.ledger.book.unrealised(ALPHA) == dollars(40)


def test_day_pnl_counts_from_the_baselines_of_the_session() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    position_id = clerk.open("-1.20")
    clerk.mark(**{position_id: "-150"})
    assert book.day_pnl(ALPHA) == dollars("-32.40")
    day = dt.date(2026, 3, 17)
    clerk.record(ev.SessionOpened(day, {ALPHA: book.pnl(ALPHA), BETA: 0}))
    assert (book.session, book.day_pnl(ALPHA)) == (day, 0)
    clerk.close(position_id, "1.00")
    assert book.day_pnl(ALPHA) == dollars("47.60")
    clerk.record(ev.SessionClosed(day))
    assert book.session is None


def test_a_hold_stays_until_the_brokers_final_word() -> None:
    clerk = Clerk()
    book = clerk.ledger.book
    before = (book.available(ALPHA), book.account_available)
    order_id = clerk.intend(quantity=2, hold=dollars("882.40"))
    assert (book.available(ALPHA), book.account_available) == tuple(each - 2 * dollars("882.40") for each in before)
    clerk.fill(order_id, "-1.20", 1)
    clerk.record(ev.OrderCancelRequested(order_id, "end of the ladder"))
    assert (book.orders[order_id].status, book.held(ALPHA)) == (OrderStatus.CANCEL_PENDING, dollars("882.40"))
    clerk.record(ev.OrderAccepted(order_id))
    assert book.orders[order_id].status is OrderStatus.CANCEL_PENDING
    clerk.record(ev.OrderEnded(order_id, OrderStatus.CANCELLED, ""))
    assert (book.held(ALPHA), book.orders, book.used(ALPHA)) == (0, {}, dollars(880))


def test_a_closing_that_is_not_filled_leaves_the_position_watched_again() -> None:
    clerk = Clerk()
    position_id = clerk.open("-1.20", quantity=2)
    order_id = clerk.intend_close(position_id)
    book = clerk.ledger.book
    assert (book.positions[position_id].status, book.held(ALPHA)) == (PositionStatus.CLOSING, 0)
    clerk.fill(order_id, "0.55", 1)
    clerk.record(ev.OrderEnded(order_id, OrderStatus.CANCELLED, "end of the ladder"))
    held = book.positions[position_id]
    assert (held.status, held.quantity, held.cost) == (PositionStatus.MONITORING, 1, dollars(-120))


@pytest.mark.parametrize(
    ("policy", "left"), [(PnlPolicy.ISOLATE, "14020"), (PnlPolicy.FIXED, "14120"), (PnlPolicy.COMPOUND, "14020")]
)
def test_a_loss_lowers_what_the_module_may_put_at_work_by_its_policy(policy: PnlPolicy, left: str) -> None:
    clerk = Clerk(ledger(spec=mindfolio_spec(pnl_policy=policy)), commission=0)
    clerk.close(clerk.open("-1.20"), "2.20")
    clerk.open("-1.20")
    assert clerk.ledger.book.available(ALPHA) == dollars(left)


@pytest.mark.parametrize(("price", "rests"), [("0.55", False), ("1.16", True), ("3.00", True)])
def test_a_module_may_rest_in_a_symbol_where_its_trade_did_not_gain(price: str, rests: bool) -> None:
    # 1.20 received and 4.80 of commissions: at 1.15 nothing is left, which is no gain.
    clerk = Clerk()
    position_id = clerk.open("-1.20")
    clerk.close(position_id, price)
    assert clerk.ledger.book.rested == ({f"{ALPHA} TSLA": clerk.at} if rests else {})
