"""Capital, units and the drawdown, by hand: deposits and withdrawals, sweeps and settlements, peak and reference."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import LedgerFault
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, ActivityKind, Difference, Resolution
from engine.domain.mindfolio import PnlPolicy
from engine.domain.units import UnitNav
from engine.ledger.book import Book
from engine.ledger.entries import Account
from tests.back_office import BackOffice
from tests.builders import ALPHA, BETA, ledger, mindfolio_spec


def office_of(**changes: object) -> BackOffice:
    return BackOffice(ledger(spec=mindfolio_spec(**changes)), commission=0)


def nav(office: BackOffice, *values: str) -> Book:
    """Samples of the NAV, one after the other."""
    for value in values:
        office.record(ev.MarksRecorded({}, dollars(value)))
    return office.ledger.book


def refused(office: BackOffice, event: ev.Event, words: str) -> None:
    """The book does not take it, and goes on."""
    with pytest.raises(LedgerFault, match=words):
        office.ledger.book.apply(office.ledger.book.seq + 1, office.at, event)


def price(sample: UnitNav) -> float:
    return sample.nav / sample.units


# --- deposits and withdrawals ----------------------------------------------------------------------------------------
def test_a_withdrawal_in_a_loss_leaves_the_price_of_a_unit_and_the_drawdown() -> None:
    office = office_of()
    book = office.ledger.book
    office.close(office.open("-1.20"), "51.20")  # 5,000 lost
    nav(office, "45000", "45000")
    assert (book.nav, book.units) == (dollars(45_000), dollars(50_000))
    office.deposit("-9000")
    assert (book.nav, book.units) == (dollars(36_000), dollars(40_000))
    assert (book.capital, book.reserve) == (dollars(41_000), dollars(6_000))
    assert (price(book.peak), price(book.reference), price(book.sample)) == (1.0, 1.0, 0.9)
    nav(office, "36000", "36000")
    assert (price(book.sample), price(book.peak)) == (0.9, 1.0)


def test_a_deposit_buys_units_at_the_nav_and_is_no_gain() -> None:
    office = office_of()
    book = office.ledger.book
    office.close(office.open("-100.00"), "50.00")  # 5,000 won
    office.deposit("11000")
    assert (book.units, book.nav, book.capital) == (dollars(60_000), dollars(66_000), dollars(61_000))
    assert (book.pnl(ALPHA), book.pnl_total) == (dollars(5_000), dollars(5_000))
    assert book.balance(Account.CAPITAL, "") == dollars(-61_000)


def test_after_everything_was_withdrawn_a_deposit_begins_anew() -> None:
    office = office_of(budgets={ALPHA: 0, BETA: 0}, reserve=dollars(50_000))
    nav(office, "60000", "60000")
    office.record(ev.CashDeposited(dollars(-50_000), dollars(-50_000), "user", ""))
    book = nav(office, "0")
    office.record(ev.CashDeposited(dollars(1_000), dollars(1_000), "user", ""))
    assert [price(each) for each in (book.sample, book.peak, book.reference)] == [1.0, 1.0, 1.0]
    nav(office, "1100", "1100")
    assert (price(book.sample), price(book.peak)) == (1.1, 1.1)


def test_cash_that_was_moved_is_awaited_until_the_statement_names_it() -> None:
    office = office_of()
    book = office.ledger.book
    office.deposit("11000")
    arrived = f"T{book.seq:06d}"
    office.deposit("-2000")
    left = f"T{book.seq:06d}"
    assert book.transfers == {arrived: dollars(11_000), left: dollars(-2000)}
    told = ev.CashBooked(ActivityKind.DEPOSIT, "", "", arrived, 0, "")
    refused(office, replace(told, amount=1), "a deposit becomes capital by a person's word alone")
    before = dict(book.balances)
    office.record(told)
    assert (book.transfers, book.balances) == ({left: dollars(-2000)}, before)
    office.record(replace(told, kind=ActivityKind.WITHDRAWAL, symbol=left))
    office.record(replace(told, kind=ActivityKind.WITHDRAWAL, symbol=left))  # told twice
    assert (book.transfers, book.balances) == ({}, before)


def test_what_is_too_little_for_a_unit_buys_none() -> None:
    office = office_of()
    office.close(office.open("-100.00"), "50.00")  # 5,000 won: a unit is dearer than the least amount
    office.record(ev.CashDeposited(1, 0, "user", ""))
    book = office.ledger.book
    assert (book.units, book.capital, book.nav) == (dollars(50_000), dollars(50_000) + 1, dollars(55_000) + 1)


# --- sweeps and settlements ------------------------------------------------------------------------------------------
def test_a_swept_gain_is_capital_in_the_reserve_and_no_more_the_modules_to_use() -> None:
    office = office_of(pnl_policy=PnlPolicy.COMPOUND)
    book = office.ledger.book
    office.close(office.open("-1.20"), "0.20")
    assert book.available(ALPHA) == dollars(15_100)
    office.record(ev.GainSwept(ALPHA, dollars(60), "user", ""))
    assert (book.capital, book.reserve, book.nav) == (dollars(50_060), dollars(15_060), dollars(50_100))
    assert (book.unsettled(ALPHA), book.available(ALPHA)) == (dollars(40), dollars(15_040))
    assert (book.realised(ALPHA), book.pnl(ALPHA)) == (dollars(100), dollars(100))


def test_a_settled_loss_takes_the_reserve_first_and_then_the_modules_budget() -> None:
    office = office_of(reserve=dollars(60), capital=dollars(35_060))
    book = office.ledger.book
    office.close(office.open("-1.20"), "2.20")
    assert book.available(ALPHA) == dollars(14_900)
    office.record(ev.LossSettled(ALPHA, dollars(60), dollars(40), "user", ""))
    assert (book.capital, book.reserve, book.modules[ALPHA].budget) == (dollars(34_960), 0, dollars(14_960))
    assert (book.unsettled(ALPHA), book.available(ALPHA), book.nav) == (0, dollars(14_960), dollars(34_960))


def test_no_more_is_swept_or_settled_than_there_is_and_all_of_it_may_be() -> None:
    office = office_of()
    book = office.ledger.book
    office.close(office.open("-1.20"), "0.20")  # 100 won
    office.close(office.open("-1.20", module_id=BETA), "2.20")  # 100 lost
    whole = dollars(100)
    for amount in (0, -1, whole + 1):
        refused(office, ev.GainSwept(ALPHA, amount, "user", ""), "cannot be swept")
    for reserve, budget in ((0, 0), (whole, 1), (whole + 1, -1), (-1, whole + 1), (-1, 1)):
        refused(office, ev.LossSettled(BETA, reserve, budget, "user", ""), "cannot be settled")
    office.record(ev.GainSwept(ALPHA, 1, "user", ""))
    office.record(ev.GainSwept(ALPHA, whole - 1, "user", ""))
    office.record(ev.LossSettled(BETA, 1, 0, "user", ""))
    office.record(ev.LossSettled(BETA, 0, 1, "user", ""))
    office.record(ev.LossSettled(BETA, whole - 2, 0, "user", ""))
    assert (book.unsettled(ALPHA), book.unsettled(BETA)) == (0, 0)
    assert (book.capital, book.reserve, book.modules[BETA].budget) == (
        dollars(50_000), dollars(15_000) + 1, dollars(20_000) - 1,
    )  # fmt: skip


# --- differences -----------------------------------------------------------------------------------------------------
def differing(**missing: int) -> BackOffice:
    """A broker that has so much more (of USD: units of money) than the books."""
    office = office_of()
    office.record(
        ev.AccountReconciled(tuple(Difference(name, name, 0, count) for name, count in missing.items()), 0, 0, 0)
    )
    return office


def resolved(quantity: int, instrument: str = "SPY", **changes: object) -> ev.DifferenceResolved:
    event = ev.DifferenceResolved(instrument, quantity, dollars(600), Resolution.ASSIGN, ALPHA, 0, "user", "mine")
    return replace(event, **changes)  # type: ignore[arg-type]


def test_what_nobody_here_is_called_takes_nothing() -> None:
    office = differing(SPY=100)
    refused(office, resolved(100, module_id="GONE"), "there is no module GONE to take SPY")
    assert office.ledger.book.positions == {}


def test_only_what_differs_is_resolved_on_its_own_side_and_to_the_last_share() -> None:
    office = differing(SPY=100, QQQ=-5)
    book = office.ledger.book
    for event in (
        resolved(0),
        resolved(-1),
        resolved(101),
        resolved(1, "QQQ"),
        resolved(-6, "QQQ"),
        resolved(1, "IWM"),
    ):
        refused(office, event, f"nothing of {event.instrument} differs by {event.quantity}")
    office.record(resolved(1))
    office.record(resolved(99))
    office.record(resolved(-5, "QQQ", how=Resolution.IGNORE, module_id=EXTERNAL))
    assert (book.differences, book.instruments(), book.ignored) == ({}, {"SPY": 100}, {"QQQ": -5})


@pytest.mark.parametrize(("cash", "left"), [(-60_000, None), (-59_900, 100), (-60_100, -100)])
def test_what_is_taken_in_explains_its_own_cash_and_no_more(cash: int, left: int | None) -> None:
    """100 shares at 600.00 that nobody booked, and cash that is gone: one trade, not two."""
    office = differing(SPY=100, USD=dollars(cash))
    book = office.ledger.book
    office.record(resolved(100))
    known = book.differences.get(CASH_ID)
    assert (None if known is None else known.missing) == (None if left is None else dollars(left))
    assert (book.broker_cash, book.pnl(ALPHA), book.positions["P000001"].shares) == (dollars(-10_000), 0, 100)


# --- drawdown --------------------------------------------------------------------------------------------------------
def test_one_bad_print_makes_no_peak_and_two_in_a_row_make_the_lower() -> None:
    office = office_of()
    book = nav(office, "90000", "50000")
    assert (price(book.peak), price(book.reference)) == (1.0, 1.0)
    nav(office, "56000", "55000", "40000")
    assert price(book.peak) == price(book.reference) == 1.1


def test_a_rearm_sets_the_reference_anew_and_keeps_the_peak() -> None:
    office = office_of()
    book = nav(office, "60000", "60000", "50000", "50000")
    office.record(ev.BreakerTripped("DRAWDOWN", 1666, 1500, "drawdown"))
    office.record(ev.MindfolioRearmed("user", "seen"))
    assert (price(book.peak), price(book.reference), book.breaker) == (1.2, 1.0, "")
    nav(office, "52000", "52000")
    assert (price(book.peak), price(book.reference)) == (1.2, 1.04)


def test_marks_before_and_after_a_withdrawal_compare_by_the_unit() -> None:
    office = office_of()
    office.deposit("-10000")
    book = nav(office, "44000", "44000")  # 10 % up on 40,000
    assert price(book.peak) == pytest.approx(1.1)


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=20))
def test_the_peak_is_the_highest_that_two_samples_in_a_row_reached(values: list[int]) -> None:
    office = office_of()
    book = nav(office, *(str(value) for value in values))
    pairs: list[Money] = [min(a, b) for a, b in zip([50_000, *values], values, strict=False)]
    assert book.peak.nav == dollars(max([50_000, *pairs]))
    assert book.sample.nav == dollars(values[-1])
