"""Which contracts of a backtest end without an order, boundaries on both sides."""

import datetime as dt

import pytest

from engine.backtest.expiry import assigned_early, expired
from engine.backtest.filling import DayQuotes
from engine.backtest.holding import Ended, traded
from engine.core.money import dollars
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.ledger.lots import Trade
from tests.builders import NOW
from tests.engine.backtest.hand import COSTS, FRIDAY, MONDAY, day_of, option, structure

THURSDAY = dt.date(2026, 3, 5)
LATER = dt.date(2026, 4, 17)


def short(*contracts: OptionContract) -> Position:
    """A position short of one of each."""
    empty = Position("P000001", "alpha", structure((contracts[0], -1)), 0, 0, 0, NOW)
    return traded(empty, tuple(Trade(each, -1, dollars(1)) for each in contracts), COSTS, NOW, OrderPurpose.OPEN)


@pytest.mark.parametrize(
    ("contract", "price", "is_exercised"),
    [
        (option(100), "99.99", True),
        (option(100), "100", False),
        (option(100, Right.CALL), "100.01", True),
        (option(100, Right.CALL), "100", False),
    ],
)
def test_a_cent_in_the_money_is_exercised(contract: OptionContract, price: str, is_exercised: bool) -> None:
    assert expired(short(contract), dollars(price), FRIDAY.toordinal()) == (Ended(contract, has_shares=is_exercised),)


def test_only_contracts_whose_last_session_has_come_expire() -> None:
    sunday, later = option(100, expiration=dt.date(2026, 3, 8)), option(100, expiration=LATER)

    assert expired(short(option(100), later), dollars(99), THURSDAY.toordinal()) == ()
    # what expires on a Sunday stops trading on the Friday before
    assert [each.contract for each in expired(short(sunday, later), dollars(99), FRIDAY.toordinal())] == [sunday]


CALL = option(95, Right.CALL, LATER)
EX_FRIDAY = Outlook((Happening(HappeningKind.EX_DIVIDEND, FRIDAY),))


@pytest.mark.parametrize(
    ("mid", "dividend", "outlook", "day", "is_assigned"),
    [
        (5.49, "0.50", EX_FRIDAY, THURSDAY, True),  # 0.49 beyond exercise
        (5.50, "0.50", EX_FRIDAY, THURSDAY, False),
        (5.10, "0.50", EX_FRIDAY, MONDAY, False),  # not the eve
        (5.10, None, EX_FRIDAY, THURSDAY, False),  # an amount that nobody knows
        (5.10, "0.50", Outlook(), THURSDAY, False),
    ],
)
def test_calls_are_assigned_on_the_eve_of_a_dividend_that_exercise_wins(
    mid: float,
    dividend: str | None,
    outlook: Outlook,
    day: dt.date,
    is_assigned: bool,
) -> None:
    known = None if dividend is None else dollars(dividend)
    market = day_of(day, 100, {CALL: (mid - 0.05, mid + 0.05)}, outlook=outlook, next_dividend=known)

    found = assigned_early(short(CALL), DayQuotes(market), 0.04)

    assert found == ((Ended(CALL, has_shares=True, early=True),) if is_assigned else ())


PUT = option(200, expiration=LATER)


@pytest.mark.parametrize(
    ("mid", "day", "rate", "is_assigned"),
    [
        # one night's interest on 200 at 4 % is 0.0219; over a weekend of three nights 0.0658
        (100.02, THURSDAY, 0.04, True),
        (100.03, THURSDAY, 0.04, False),
        (100.06, FRIDAY, 0.04, True),
        (100.07, FRIDAY, 0.04, False),
        (100.00, THURSDAY, 0.0, False),  # without interest nobody loses by waiting
    ],
)
def test_puts_are_assigned_when_a_night_costs_more_interest_than_they_are_worth_beyond_exercise(
    mid: float,
    day: dt.date,
    rate: float,
    is_assigned: bool,
) -> None:
    market = day_of(day, 100, {PUT: (mid - 0.01, mid + 0.01)})

    assert bool(assigned_early(short(PUT), DayQuotes(market), rate)) == is_assigned


def test_longs_and_what_has_no_quote_are_left_alone() -> None:
    empty = Position("P000001", "alpha", structure((PUT, 1)), 0, 0, 0, NOW)
    long = traded(empty, (Trade(PUT, 1, dollars(100)),), COSTS, NOW, OrderPurpose.OPEN)
    quoted = DayQuotes(day_of(THURSDAY, 100, {PUT: (99.9, 100.0)}))

    assert assigned_early(long, quoted, 0.04) == ()
    assert assigned_early(short(PUT), DayQuotes(day_of(THURSDAY, 100, {CALL: (5, 6)})), 0.04) == ()
