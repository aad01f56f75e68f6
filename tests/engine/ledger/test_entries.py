"""Double entry, by hand: which accounts a deposit, a fill and a settlement touch, and by how much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.order import OrderPurpose
from engine.domain.ports import PostingRow
from engine.ledger import entries
from engine.ledger.entries import Account
from tests.builders import ALPHA, BETA, NOW, created, order, position

CLOSING = order(order_id="O000002", purpose=OrderPurpose.CLOSE, hold=0)


def filled(price: str, quantity: int = 1, commission: str = "2.40") -> ev.OrderFilled:
    return ev.OrderFilled("O000001", quantity, quantity, dollars(price), (), dollars(commission) * quantity)


def by_account(rows: tuple[PostingRow, ...]) -> dict[str, Money]:
    assert len({row.account for row in rows}) == len(rows)
    assert entries.is_balanced(rows)
    return {row.account: row.amount for row in rows}


def test_the_deposit_is_cash_of_the_mindfolio_itself() -> None:
    rows = entries.opening_deposit(1, created())
    assert rows == (
        PostingRow(1, "CASH", "", dollars(50_000)),
        PostingRow(1, "CAPITAL", "", dollars(-50_000)),
    )


def test_an_opening_puts_the_premium_on_the_position_at_cost() -> None:
    rows = entries.fill(5, filled("-1.20"), order(), None)
    assert by_account(rows) == {
        Account.CASH: dollars("117.60"),
        Account.COMMISSIONS: dollars("2.40"),
        Account.POSITIONS: dollars("-120.00"),
    }
    assert {(row.seq, row.module_id) for row in rows} == {(5, ALPHA)}


def test_a_closing_takes_the_cost_off_and_realises_the_difference() -> None:
    rows = entries.fill(9, filled("0.55"), CLOSING, position())
    assert by_account(rows) == {
        Account.CASH: dollars("-57.40"),
        Account.COMMISSIONS: dollars("2.40"),
        Account.POSITIONS: dollars("120.00"),
        Account.REALISED: dollars("-65.00"),
    }


def test_a_loss_is_a_debit_of_what_was_realised() -> None:
    rows = entries.fill(9, filled("2.40"), CLOSING, position())
    assert by_account(rows)[Account.REALISED] == dollars("120.00")


@pytest.mark.parametrize(("cash", "realised"), [("0", "-120.00"), ("-1000.00", "880.00"), ("-120.00", "0")])
def test_a_settlement_pays_the_intrinsic_values_without_commission(cash: str, realised: str) -> None:
    event = ev.PositionSettled("P000001", dollars(260), NOW, dollars(cash))
    assert by_account(entries.settlement(11, event, position())) == {
        Account.CASH: dollars(cash),
        Account.POSITIONS: dollars("120.00"),
        Account.REALISED: dollars(realised),
    }


def test_every_posting_names_the_module_of_its_order_or_position() -> None:
    settled = ev.PositionSettled("P000001", dollars(260), NOW, 0)
    rows = (
        *entries.fill(1, filled("-1.20"), order(module_id=BETA), None),
        *entries.settlement(2, settled, position(module_id=BETA)),
    )
    assert {row.module_id for row in rows} == {BETA}


@pytest.mark.parametrize("quantity", [2, 3])
def test_more_than_is_held_cannot_be_closed(quantity: int) -> None:
    with pytest.raises(ValueError, match="more than the position holds"):
        entries.fill(9, filled("0.55", quantity), CLOSING, position())
    with pytest.raises(ValueError, match="more than the position holds"):
        entries.cost_share(None, quantity)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_the_parts_of_a_cost_add_up_to_it_in_whatever_steps(cost: Money, steps: list[int]) -> None:
    left, quantity, shares = cost, sum(steps), list[Money]()
    for step in steps:
        share = entries.cost_share(position(cost=left, quantity=quantity), step)
        shares.append(share)
        left, quantity = left - share, quantity - step
    assert (left, sum(shares)) == (0, cost)


@given(st.integers(-(10**12), 10**12), st.integers(1, 100))
def test_a_part_is_never_further_than_a_unit_from_its_exact_share(cost: Money, quantity: int) -> None:
    for step in range(1, quantity):
        share = entries.cost_share(position(cost=cost, quantity=quantity), step)
        assert abs(share * quantity - cost * step) < quantity
