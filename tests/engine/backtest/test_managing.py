"""What becomes of a backtest's position from one session to the next."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.backtest.filling import AMPLE, DayQuotes, filled, order_of
from engine.backtest.managing import Holding, manage, morning, night
from engine.core.money import dollars
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Exit, ExitCode
from engine.domain.structure import Structure, shares_of
from tests.engine.backtest.hand import FRIDAY, MONDAY, Scripted, crossing, day_of, option, spec, structure, terms

PUT, CALL = option(100), option(105, Right.CALL)
TUESDAY, THURSDAY, NEXT_MONDAY = dt.date(2026, 3, 3), dt.date(2026, 3, 5), dt.date(2026, 3, 9)
QUOTES = {PUT: (1.00, 1.10), CALL: (0.50, 0.60)}
MARKET = day_of(MONDAY, 100, QUOTES)


def opened(*wanted: tuple[Structure, int]) -> Holding:
    """A trade after these orders on Monday."""
    position = Position("P000001", "alpha", wanted[0][0], 0, 0, 0, MARKET.now)
    held = Holding(position, MONDAY)
    for what, count in wanted:
        order = order_of("P000001", "alpha", what, count, OrderPurpose.OPEN, MARKET.now, "why")
        done = filled(order, DayQuotes(MARKET), crossing)
        assert done is not None
        held = held.after_order(order, done, DayQuotes(MARKET), terms())
    return held


SHORT_PUT = (structure((PUT, -1)), 1)
SHORT_CALL = (structure((CALL, -1)), 1)
SHARES = (shares_of("SPY"), 100)


def test_what_a_trade_takes_of_a_budget_is_told_to_its_module() -> None:
    strategy = Scripted({})
    manage(opened(SHORT_PUT), strategy, spec(), DayQuotes(day_of(TUESDAY, 100, QUOTES)), terms())

    (context,) = strategy.asked
    assert opened(SHORT_PUT).position.used == dollars(10_000)
    assert (context.dte, context.mark, context.available) == (3, dollars(-105), AMPLE)


def test_dividends_belong_to_the_shares_of_the_night_before() -> None:
    ex_day = day_of(TUESDAY, 100, QUOTES, dividend=dollars("0.50"))

    assert morning(opened(SHARES), ex_day, terms()).position.income == dollars(50)
    assert morning(opened(SHORT_PUT), ex_day, terms()).position.income == 0


def test_a_split_changes_nothing_of_what_a_trade_is_worth() -> None:
    before = opened(SHARES)
    after = morning(before, day_of(TUESDAY, 50, {}, split=2.0), terms())

    assert (after.position.shares, after.worth) == (200, before.worth)


def test_a_split_into_odd_contracts_ends_a_trade_at_its_last_mark() -> None:
    before = opened(SHORT_PUT)
    after = morning(before, day_of(TUESDAY, 1000, {}, split=0.1), terms())

    assert (after.position.lots, after.position.net_pnl, after.code) == ((), before.worth, ExitCode.RULE)


def test_contracts_that_expired_while_there_was_no_chain_are_decided_by_the_first_price() -> None:
    after = morning(opened(SHORT_PUT), day_of(NEXT_MONDAY, 99.5, {}), terms())

    assert after.position.shares == 100
    assert morning(opened(SHORT_PUT), day_of(FRIDAY, 99.5, {}), terms()).position.shares == 0


def test_the_night_settles_by_the_settlement_price_only() -> None:
    last = day_of(FRIDAY, 99.0, {PUT: (1.0, 1.1)}, 100.0)
    after = night(opened(SHORT_PUT), DayQuotes(last), terms())

    assert (after.position.lots, after.code) == ((), ExitCode.EXPIRY)


def test_what_began_to_end_by_an_exit_keeps_its_reason_when_the_rest_expires() -> None:
    started = replace(opened(SHORT_PUT), code=ExitCode.STOP)

    assert night(started, DayQuotes(day_of(FRIDAY, 101, {})), terms()).code is ExitCode.STOP


@pytest.mark.parametrize(("has_shares", "code"), [(True, ExitCode.CALLED_AWAY), (False, None)])
def test_a_call_assigned_early_takes_shares_or_leaves_them_short(has_shares: bool, code: ExitCode | None) -> None:
    held = opened(*((SHARES, SHORT_CALL) if has_shares else (SHORT_CALL,)))
    outlook = Outlook((Happening(HappeningKind.EX_DIVIDEND, FRIDAY),))
    eve = day_of(THURSDAY, 110, {CALL: (5.0, 5.1)}, outlook=outlook, next_dividend=dollars("0.50"))

    after = night(held, DayQuotes(eve), terms())

    assert (after.position.shares, after.code) == (0 if has_shares else -100, code)


def test_an_exit_of_some_legs_leaves_the_trade_going_without_a_reason() -> None:
    strangle = structure((PUT, -1), (CALL, -1))
    only_call = (structure((CALL, -1)).legs[0],)
    strategy = Scripted({}, lambda position, _: (Exit(position.position_id, "x", ExitCode.TARGET, only_call),))
    after = manage(opened((strangle, 1)), strategy, spec(), DayQuotes(day_of(TUESDAY, 100, QUOTES)), terms())

    assert [lot.contract for lot in after.position.lots] == [PUT]
    assert after.code is None


def test_a_worthless_wing_is_left_to_expire_and_the_exit_is_named_by_its_rule() -> None:
    far: OptionContract = option(90)
    market = {PUT: (1.00, 1.10), far: (0.05, 0.10)}
    position = Position("P000001", "alpha", structure((far, 1), (PUT, -1)), 0, 0, 0, MARKET.now)
    monday = DayQuotes(day_of(MONDAY, 100, market))
    order = order_of("P000001", "alpha", position.structure, 1, OrderPurpose.OPEN, MARKET.now, "why")
    done = filled(order, monday, crossing)
    assert done is not None
    held = Holding(position, MONDAY).after_order(order, done, monday, terms())
    strategy = Scripted({}, lambda each, _: (Exit(each.position_id, "x", ExitCode.TARGET),))

    after = manage(
        held, strategy, spec(), DayQuotes(day_of(TUESDAY, 104, {PUT: (0.10, 0.12), far: (0, 0.05)})), terms()
    )

    assert [lot.contract for lot in after.position.lots] == [far]
    assert night(after, DayQuotes(day_of(FRIDAY, 104, {})), terms()).code is ExitCode.TARGET
