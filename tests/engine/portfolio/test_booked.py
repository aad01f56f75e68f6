"""What the ledger alone says: kept until its next event, and no longer."""

import pytest

from engine.core.money import dollars
from engine.domain.account import EXTERNAL
from engine.domain.events import PositionMoved
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


def test_one_loss_without_a_bound_leaves_the_sum_without_one() -> None:
    assert total_loss({"A": 5, "B": 7}) == 12
    assert total_loss({"A": 5, "B": None}) is None


def test_there_are_no_figures_before_a_mindfolio() -> None:
    with pytest.raises(ValueError, match="no mindfolio"):
        LedgerFigures().of(Book())
