"""Capital, units and the drawdown, by hand: deposits and withdrawals, sweeps and settlements, peak and reference."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain import events as ev
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
