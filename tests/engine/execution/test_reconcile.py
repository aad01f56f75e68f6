"""Books against the account: what differs, per contract and in cash, and what was said to be ignored."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.account import CASH_ID, BrokerAccount, Difference
from engine.execution.reconcile import compare, symbol_of

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
PUT = "SPY260417P00440000"


def account(positions: dict[str, int], cash: str = "50000") -> BrokerAccount:
    return BrokerAccount(NOW, positions, dollars(cash), 0)


def test_what_agrees_is_no_difference() -> None:
    assert compare({PUT: -1, "SPY": 100}, dollars(50_000), account({"SPY": 100, PUT: -1}), {}) == {}
    assert compare({}, dollars(50_000), account({}), {}) == {}


def test_each_side_may_lack_something_and_the_missing_is_signed() -> None:
    found = compare({PUT: -2, "QQQ": 50}, dollars(50_000), account({PUT: -1, "SPY": 100}, "49990.50"), {})
    assert found == {
        PUT: Difference(PUT, "SPY", -2, -1),
        "QQQ": Difference("QQQ", "QQQ", 50, 0),
        "SPY": Difference("SPY", "SPY", 0, 100),
        CASH_ID: Difference(CASH_ID, CASH_ID, dollars(50_000), dollars("49990.50")),
    }
    assert {name: each.missing for name, each in found.items()} == {
        PUT: 1, "QQQ": -50, "SPY": 100, CASH_ID: dollars("-9.50")
    }  # fmt: skip


def test_what_is_ignored_counts_as_ours_and_a_change_of_it_shows_again() -> None:
    ignored = {"SPY": 100, CASH_ID: dollars(-20)}
    assert compare({}, dollars(50_000), account({"SPY": 100}, "49980"), ignored) == {}
    assert compare({}, dollars(50_000), account({"SPY": 150}, "49980"), ignored) == {
        "SPY": Difference("SPY", "SPY", 0, 50)
    }
    gone = compare({}, dollars(50_000), account({}, "49980"), ignored)
    assert gone == {"SPY": Difference("SPY", "SPY", 0, -100)}, "what was ignored and has left is a difference"


def test_a_unit_of_money_is_a_difference() -> None:
    assert compare({}, dollars(50_000) + 1, account({}), {})[CASH_ID].missing == -1


@pytest.mark.parametrize(
    ("instrument", "symbol"), [(PUT, "SPY"), ("SPY", "SPY"), ("what is this?", "what is this?"), ("", "")]
)
def test_what_cannot_be_read_stands_for_itself(instrument: str, symbol: str) -> None:
    assert symbol_of(instrument) == symbol


HOLDINGS = st.dictionaries(st.sampled_from(["SPY", "QQQ", PUT]), st.integers(-5, 5).filter(bool))


@given(HOLDINGS, HOLDINGS, st.integers(-1000, 1000), st.integers(-1000, 1000))
def test_adding_what_is_missing_makes_both_agree(
    ours: dict[str, int], theirs: dict[str, int], cash: int, broker_cash: int
) -> None:
    told = BrokerAccount(NOW, theirs, broker_cash, 0)
    found = compare(ours, cash, told, {})
    mended = dict(ours)
    for name, each in found.items():
        if name != CASH_ID:
            mended[name] = mended.get(name, 0) + each.missing
    cash += found[CASH_ID].missing if CASH_ID in found else 0
    assert compare({name: count for name, count in mended.items() if count}, cash, told, {}) == {}
