"""What the ledger alone says: kept until its next event, and no longer."""

import pytest

from engine.core.money import dollars
from engine.domain.account import CASH_ID, EXTERNAL, Difference, Resolution
from engine.domain.events import AccountReconciled, DifferenceResolved, PositionMoved
from engine.ledger.book import Book
from engine.portfolio.booked import LedgerFigures, total_loss
from tests.builders import ALPHA, BETA, Clerk, condor


def test_figures_are_the_same_object_until_the_next_event() -> None:
    clerk, kept = Clerk(), LedgerFigures()
    clerk.open("-1.20")
    book = clerk.ledger.book
    first = kept.of(book)
    assert kept.of(book) is first
    clerk.mark(P000001="-100")
    second = kept.of(book)
    assert second is not first
    assert [booked.figures["unrealised"] for booked in second.modules] == [dollars(20), 0]
    assert [booked.module_id for booked in second.modules] == [ALPHA, BETA]


def test_what_is_external_is_seen_and_is_in_no_loss() -> None:
    clerk, kept = Clerk(), LedgerFigures()
    clerk.open("-1.20")
    clerk.open("-1.00", structure=condor(symbol="SPY"))
    assert kept.of(clerk.ledger.book).account["worst_case_by_symbol"] == {"SPY": dollars(900), "TSLA": dollars(880)}
    clerk.record(PositionMoved("P000002", EXTERNAL, "user", "test"))
    after = kept.of(clerk.ledger.book)
    assert (after.account["worst_case_by_symbol"], after.symbols) == ({"TSLA": dollars(880)}, ("SPY", "TSLA"))
    assert [booked.figures["worst_case"] for booked in after.modules] == [dollars(880), 0]


def test_what_is_available_is_what_the_gate_would_grant() -> None:
    """A put found in the account takes 25,000 of the same cash; 300 were missing, and the 200 that it brought too."""
    clerk, kept = Clerk(), LedgerFigures()
    put = "TSLA260417P00250000"
    found = (Difference(put, "TSLA", 0, -1), Difference(CASH_ID, "", 0, -dollars(300)))
    clerk.record(AccountReconciled(found, 0, 0, 0))
    clerk.record(
        DifferenceResolved(put, -1, dollars(2), Resolution.ASSIGN, EXTERNAL, dollars(25_000), "anna", "not ours")
    )
    book = clerk.ledger.book
    assert kept.of(book).account["available"] == book.account_available == dollars(24_500)


def test_a_share_of_a_nav_below_nothing_is_unknown() -> None:
    clerk, kept = Clerk(), LedgerFigures()
    clerk.open("-1.20")
    clerk.mark(P000001="-60000")
    account = kept.of(clerk.ledger.book).account
    assert account["nav"] < 0
    assert (account["worst_case"], account["worst_case_pct_of_nav"]) == (dollars(880), None)
    assert account["worst_case_pct_of_capital"] == 1.8


def test_one_loss_without_a_bound_leaves_the_sum_without_one() -> None:
    assert total_loss({"A": 5, "B": 7}) == 12
    assert total_loss({"A": 5, "B": None}) is None


def test_there_are_no_figures_before_a_mindfolio() -> None:
    with pytest.raises(ValueError, match="no mindfolio"):
        LedgerFigures().of(Book())
