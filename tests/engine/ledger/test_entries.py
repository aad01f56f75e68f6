"""Double entry, by hand: which accounts each kind of event touches, and by how much."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind
from engine.domain.records import PostingRow
from engine.ledger import entries
from engine.ledger.entries import PNL_ACCOUNTS, Account
from tests.builders import ALPHA, BETA

MONEY = st.integers(-(10**12), 10**12)


def by_account(rows: tuple[PostingRow, ...]) -> dict[str, Money]:
    assert len({row.account for row in rows}) == len(rows)
    assert entries.is_balanced(rows)
    return {row.account: row.amount for row in rows}


@pytest.mark.parametrize("amount", [dollars(50_000), dollars(-3)])
def test_cash_from_outside_is_capital_of_the_mindfolio_itself(amount: Money) -> None:
    assert entries.deposit(1, amount) == (PostingRow(1, "CASH", "", amount), PostingRow(1, "CAPITAL", "", -amount))


def test_an_opening_puts_the_premium_on_the_position_at_cost() -> None:
    rows = entries.trade(5, ALPHA, cost=dollars(-120), gain=0, commission=dollars("2.40"), fees=dollars("0.11"))
    assert by_account(rows) == {
        Account.CASH: dollars("117.49"),
        Account.COMMISSIONS: dollars("2.40"),
        Account.FEES: dollars("0.11"),
        Account.POSITIONS: dollars(-120),
    }
    assert {(row.seq, row.module_id) for row in rows} == {(5, ALPHA)}


def test_a_closing_takes_the_cost_off_and_realises_the_difference() -> None:
    rows = entries.trade(9, ALPHA, cost=dollars(120), gain=dollars(65), commission=dollars("2.40"))
    assert by_account(rows) == {
        Account.CASH: dollars("-57.40"),
        Account.COMMISSIONS: dollars("2.40"),
        Account.POSITIONS: dollars(120),
        Account.REALISED: dollars(-65),
    }


def test_a_trade_for_nothing_still_shows_that_no_cash_moved() -> None:
    assert entries.trade(9, ALPHA, cost=0, gain=0) == (PostingRow(9, "CASH", ALPHA, 0),)


@pytest.mark.parametrize(
    ("kind", "account"),
    [
        (ActivityKind.DIVIDEND, Account.DIVIDENDS),
        (ActivityKind.INTEREST, Account.INTEREST),
        (ActivityKind.BORROW, Account.BORROW),
        (ActivityKind.FEE, Account.FEES),
        (ActivityKind.ROUNDING, Account.ROUNDING),
    ],
)
def test_cash_without_a_trade_is_booked_by_its_kind_and_counts_as_pnl(kind: ActivityKind, account: Account) -> None:
    rows = entries.booked_cash(3, ev.CashBooked(kind, ALPHA, "", "SPY", dollars("-1.50"), ""))
    assert by_account(rows) == {Account.CASH: dollars("-1.50"), account: dollars("1.50")}
    assert account in PNL_ACCOUNTS


@pytest.mark.parametrize("kind", [ActivityKind.EXPIRED, ActivityKind.DEPOSIT, ActivityKind.ASSIGNED])
def test_other_kinds_move_no_cash_by_themselves(kind: ActivityKind) -> None:
    with pytest.raises(ValueError, match="moves no cash"):
        entries.booked_cash(3, ev.CashBooked(kind, ALPHA, "", "SPY", 1, ""))


def test_a_swept_gain_goes_from_the_module_to_capital() -> None:
    rows = entries.capitalised(4, ALPHA, dollars(60))
    assert {(row.account, row.module_id): row.amount for row in rows} == {
        (Account.CASH, ALPHA): dollars(-60),
        (Account.CASH, ""): dollars(60),
        (Account.SETTLED, ALPHA): dollars(60),
        (Account.CAPITAL, ""): dollars(-60),
    }
    assert Account.SETTLED not in PNL_ACCOUNTS


def test_a_position_that_goes_over_is_paid_for_at_cost() -> None:
    rows = entries.moved(4, ALPHA, BETA, dollars(-120))
    assert {(row.account, row.module_id): row.amount for row in rows} == {
        (Account.POSITIONS, ALPHA): dollars(120),
        (Account.CASH, ALPHA): dollars(-120),
        (Account.POSITIONS, BETA): dollars(-120),
        (Account.CASH, BETA): dollars(120),
    }


def test_unknown_cash_belongs_to_nobody_here() -> None:
    rows = entries.outside_cash(4, dollars(7))
    assert rows == (
        PostingRow(4, Account.CASH, EXTERNAL, dollars(7)),
        PostingRow(4, Account.OUTSIDE, EXTERNAL, dollars(-7)),
    )


@given(MONEY, MONEY, MONEY, MONEY)
def test_every_entry_balances_for_each_module(cost: Money, gain: Money, commission: Money, fees: Money) -> None:
    assert entries.is_balanced(entries.trade(1, ALPHA, cost=cost, gain=gain, commission=commission, fees=fees))
    for rows in (entries.capitalised(1, ALPHA, gain), entries.moved(1, ALPHA, BETA, cost)):
        for name in (ALPHA, BETA, ""):
            assert entries.is_balanced(row for row in rows if row.module_id == name)


def test_one_row_alone_is_no_entry() -> None:
    assert not entries.is_balanced([PostingRow(1, Account.CASH, ALPHA, 1)])
