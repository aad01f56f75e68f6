"""Whole backtests by hand: a wheel, a condor, rolls and hedges; to the cent, and to the ledger's own cent."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.source import MarketDay
from engine.backtest.walk import Walk, walk
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.account import ActivityKind
from engine.domain.candidate import Finding
from engine.domain.instrument import Right
from engine.domain.order import OrderPurpose
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, ExitCode, Hedge, ManageContext, ScanContext, Trade, Warn
from engine.domain.structure import Structure, StructureKind
from tests.builders import Clerk, candidate
from tests.engine.backtest.hand import COSTS, FRIDAY, MONDAY, Scripted, day_of, option, spec, structure, terms

PUT, CALL = Right.PUT, Right.CALL
NEXT_MONDAY, NEXT_FRIDAY = dt.date(2026, 3, 9), dt.date(2026, 3, 13)
COMMISSION, FEE = dollars("0.65"), dollars("0.04")


def adding(position: Position, wanted: Structure, purpose: OrderPurpose = OrderPurpose.OPEN) -> Trade:
    """A trade in a position."""
    made = candidate("alpha", structure=wanted, quantity=1, purpose=purpose, position_id=position.position_id)
    return Trade(replace(made, reasons=("as the test says",)))


# --- the wheel -------------------------------------------------------------------------------------------------------
SOLD_PUT, SOLD_CALL = option(100, PUT, FRIDAY), option(101, CALL, NEXT_FRIDAY)
WHEEL = [
    day_of(MONDAY, 100.5, {SOLD_PUT: (1.00, 1.10)}),
    day_of(FRIDAY, 99.9, {SOLD_PUT: (0.20, 0.40)}, 98.0),
    day_of(NEXT_MONDAY, 99.0, {SOLD_CALL: (0.50, 0.60)}),
    day_of(NEXT_FRIDAY, 102.5, {SOLD_CALL: (1.40, 1.60)}, 103.0),
]


def sells_calls(position: Position, _context: ManageContext) -> tuple[Action, ...]:
    """Sell a call on shares that nothing was sold on."""
    covered = structure((SOLD_CALL, -1))
    return (adding(position, covered),) if position.structure.kind is StructureKind.LONG_STOCK else ()


def wheel_in_the_ledger() -> Money:
    """The same wheel, event by event, in a real ledger."""
    clerk = Clerk(commission=COMMISSION)
    for contract, price, shares, cash in (
        (SOLD_PUT, dollars("1.00"), 100, dollars(-10_000)),
        (SOLD_CALL, dollars("0.50"), -100, dollars(10_100)),
    ):
        order_id = clerk.intend(structure=structure((contract, -1)), position_id="P000001")
        clerk.record(ev.OrderFilled(order_id, 1, 1, -price, (price,), COMMISSION, FEE, used=dollars(10_000)))
        kind = ActivityKind.ASSIGNED
        clerk.record(ev.LegSettled("P000001", contract, 1, kind, shares, cash, COSTS.assignment_fee, 0, 0))
    return clerk.closed["P000001"].net_pnl


def test_a_wheel_is_one_trade_until_its_shares_are_called_away() -> None:
    result = walk(Scripted({MONDAY: structure((SOLD_PUT, -1))}, sells_calls), spec(), WHEEL, terms())

    (traced,) = result.trades
    # 100 premium + 50 premium + 100 on the shares - 2 x 0.65 - 2 x 0.04 - 2 x 5.00
    assert traced.trade.result == dollars("238.62") == wheel_in_the_ledger()
    assert (traced.trade.opened, traced.trade.closed, traced.trade.exit_code) == (MONDAY, NEXT_FRIDAY, "called away")
    assert [(order.day, order.net_price, order.mid, order.costs) for order in traced.orders] == [
        (MONDAY, dollars("-1.00"), dollars("-1.05"), dollars("0.69")),
        (NEXT_MONDAY, dollars("-0.50"), dollars("-0.55"), dollars("0.69")),
    ]
    assert [order.what for order in traced.orders] == [
        "open Short Put 06 Mar 2026 100",
        "open Short Call 13 Mar 2026 101",
    ]


def test_a_call_that_the_scan_proposes_for_shares_is_sold_in_their_trade() -> None:
    class ByScan(Scripted):
        def scan(self, context: ScanContext) -> tuple[Finding, ...]:
            shares = [each for each in context.open_positions if each.structure.kind is StructureKind.LONG_STOCK]
            made = [adding(each, structure((SOLD_CALL, -1))).candidate for each in shares]
            return tuple(Finding("SPY", each, "a call on shares") for each in made) or super().scan(context)

    by_scan = walk(ByScan({MONDAY: structure((SOLD_PUT, -1))}), spec(), WHEEL, terms())
    by_rule = walk(Scripted({MONDAY: structure((SOLD_PUT, -1))}, sells_calls), spec(), WHEEL, terms())

    assert by_scan.equity == by_rule.equity
    assert [traced.trade for traced in by_scan.trades] == [traced.trade for traced in by_rule.trades]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"position_id": "P000009"}, "the position that it names is not held"),
        ({"purpose": OrderPurpose.ROLL}, "what exchanges or ends contracts names the position that holds them"),
    ],
)
def test_a_trade_in_what_is_not_held_is_refused(changes: dict[str, Any], reason: str) -> None:
    class Wrong(Scripted):
        def scan(self, _context: ScanContext) -> tuple[Finding, ...]:
            return (Finding("SPY", candidate("alpha", structure=structure((SOLD_PUT, -1)), **changes), "x"),)

    result = walk(Wrong({}), spec(), WHEEL[:1], terms())

    assert (result.skips, result.open_at_end) == (((reason, 1),), 0)


def test_equity_is_what_is_realised_and_what_is_open_at_mid() -> None:
    result = walk(Scripted({MONDAY: structure((SOLD_PUT, -1))}, sells_calls), spec(), WHEEL, terms())

    assert result.equity == (
        (MONDAY, dollars("-5.69")),  # sold at 1.00, worth 1.05; 0.69 of costs
        (FRIDAY, dollars("-105.69")),  # 100 premium, 100 shares from 100 at 98, 0.69 and 5.00 of costs
        # the shares at a spot of 99, a spread of two cents around it, and the call sold at 0.50 at 0.55
        (NEXT_MONDAY, dollars("-11.38")),
        (NEXT_FRIDAY, dollars("238.62")),
    )


def test_a_trade_that_is_open_at_the_end_is_told_apart() -> None:
    result = walk(Scripted({MONDAY: structure((SOLD_PUT, -1))}, sells_calls), spec(), WHEEL[:3], terms())

    assert (result.trades, result.open_at_end, result.open_result) == ((), 1, dollars("-11.38"))


# --- an iron condor --------------------------------------------------------------------------------------------------
LEGS = (option(90), option(95), option(105, CALL), option(110, CALL))
CONDOR = structure((LEGS[0], 1), (LEGS[1], -1), (LEGS[2], -1), (LEGS[3], 1))
DEAR = dict(zip(LEGS, ((0.10, 0.14), (0.50, 0.56), (0.48, 0.54), (0.08, 0.12)), strict=True))
CHEAP = dict(zip(LEGS, ((0.01, 0.03), (0.10, 0.14), (0.08, 0.12), (0.01, 0.03)), strict=True))
TUESDAY = dt.date(2026, 3, 3)


def test_a_condor_closed_at_its_target_is_what_the_ledger_says_of_the_same_fills() -> None:
    at_target = (Exit("P000001", "target", ExitCode.TARGET),)
    strategy = Scripted({MONDAY: CONDOR}, lambda _position, _context: at_target)
    result = walk(strategy, spec(), [day_of(MONDAY, 100, DEAR), day_of(TUESDAY, 100, CHEAP)], terms())

    clerk = Clerk(commission=COMMISSION)
    opened = clerk.intend(structure=CONDOR)
    prices = tuple(map(dollars, ("0.14", "0.50", "0.48", "0.12")))
    clerk.record(ev.OrderFilled(opened, 1, 1, dollars("-0.72"), prices, 4 * COMMISSION, 4 * FEE, used=0))
    closing = clerk.intend_close("P000001")
    prices = tuple(map(dollars, ("0.01", "0.14", "0.12", "0.01")))
    clerk.record(ev.OrderFilled(closing, 1, 1, dollars("0.24"), prices, 4 * COMMISSION, 4 * FEE, used=0))

    (traced,) = result.trades
    # credit 0.72 less 0.24, and eight contracts at 0.65 and 0.04
    assert traced.trade.result == dollars("42.48") == clerk.closed["P000001"].net_pnl
    assert traced.trade.exit_code == "target"
    assert [order.quantity for order in traced.orders] == [1, 1]


@pytest.mark.parametrize(
    ("settlement", "expected", "shares_stay"),
    [
        (95.00, "69.24", False),  # at the strike nothing is exercised: 72.00 of credit less 4 x 0.69
        (94.99, "63.24", True),  # a cent inside: 100 shares at 95 that are worth 94.99 stay, for a fee of 5.00
        (110.00, "-435.76", True),  # the short call only: 100 shares sold short at 105, worth 110
        (110.01, "-440.76", False),  # both calls: 105 received, 110 paid, two fees
    ],
)
def test_a_condor_that_expires_is_decided_by_the_cent(settlement: float, expected: str, shares_stay: bool) -> None:
    cents = day_of(FRIDAY, 100, CHEAP, settlement)
    result = walk(Scripted({MONDAY: CONDOR}), spec(house_rules=False), [day_of(MONDAY, 100, DEAR), cents], terms())

    assert result.equity[-1][1] == dollars(expected)
    assert result.open_at_end == shares_stay
    assert [traced.trade.exit_code for traced in result.trades] == ["expiry"] * (not shares_stay)


def test_the_house_closes_on_the_last_day_what_the_trade_could_not_pay_for() -> None:
    # The short put is near the money on the last afternoon: 9,500 of shares against 428 that the condor takes.
    last = day_of(FRIDAY, 95.2, DEAR, 95.2)
    (traced,) = walk(Scripted({MONDAY: CONDOR}), spec(), [day_of(MONDAY, 100, DEAR), last], terms()).trades

    assert traced.trade.exit_code == "expiry"
    assert len(traced.orders) == 2
    # opened at 0.72, closed at 0.56 + 0.54 - 0.10 - 0.08 = 0.92
    assert traced.trade.result == dollars("-20") - 8 * (COMMISSION + FEE)


# --- what the days do ------------------------------------------------------------------------------------------------
def test_the_same_contracts_on_neighbouring_days_are_two_trades_each_managed_alone() -> None:
    days = [day_of(dt.date(2026, 3, number), 100, DEAR) for number in (2, 3, 4, 5)]

    def after_a_night(position: Position, context: ManageContext) -> tuple[Action, ...]:
        age = (context.now.date() - position.opened_at.date()).days
        return (Exit(position.position_id, "out", ExitCode.DAYS),) if age == 2 else ()

    strategy = Scripted({MONDAY: CONDOR, TUESDAY: CONDOR}, after_a_night)
    result = walk(strategy, spec(), days, terms())

    assert [(traced.trade.opened.day, traced.trade.closed.day) for traced in result.trades] == [(2, 4), (3, 5)]
    # sold at 0.72, bought at 0.56 + 0.54 - 0.10 - 0.08 = 0.92: each loses 20 and eight times 0.69
    assert [traced.trade.result for traced in result.trades] == 2 * [dollars("-25.52")]
    # at the first mid 0.82 each has lost 10 and four times 0.69
    assert [worth for _, worth in result.equity] == [dollars(each) for each in ("-12.76", "-25.52", "-38.28", "-51.04")]
    assert (result.first, result.last) == (MONDAY, dt.date(2026, 3, 5))


def test_no_scan_sees_what_is_held_but_the_one_for_its_shares() -> None:
    seen: list[tuple[int, tuple[str, ...]]] = []

    class Looks(Scripted):
        def scan(self, context: ScanContext) -> tuple[Finding, ...]:
            kinds = tuple(each.structure.kind.value for each in context.open_positions)
            seen.append((context.now.day, kinds))
            return super().scan(context)

    walk(Looks({MONDAY: structure((SOLD_PUT, -1))}), spec(house_rules=False), WHEEL[:3], terms())

    assert seen == [(2, ()), (6, ()), (9, ("Long Stock",)), (9, ())]


def test_skips_are_counted_without_their_numbers() -> None:
    days = [day_of(dt.date(2026, 3, number), 100, DEAR) for number in (2, 3, 4, 5)]

    assert walk(Scripted({MONDAY: CONDOR}), spec(), days, terms()).skips == (("nothing on …", 3),)


def a_few_days(opens: Mapping[dt.date, Structure]) -> tuple[Scripted, list[MarketDay]]:
    """Fourteen sessions at swinging quotes; a condor is closed on its fourth day when it is an even one, else never."""
    days = [
        day_of(dt.date(2026, 3, number), 100, DEAR if number % 3 else CHEAP)
        for number in range(2, 20) if dt.date(2026, 3, number).weekday() < 5
    ]  # fmt: skip

    def answer(position: Position, context: ManageContext) -> tuple[Action, ...]:
        age = (context.now.date() - position.opened_at.date()).days
        return (Exit(position.position_id, "out", ExitCode.DAYS),) if age == 4 and context.now.day % 2 == 0 else ()

    return Scripted(opens, answer), days


@given(
    opened=st.sets(st.integers(0, 13)),
    steps=st.lists(st.integers(1, 5), min_size=1),
    first=st.integers(0, 13),
    length=st.integers(1, 14),
    forgets=st.booleans(),
)
def test_a_walk_in_steps_tells_of_any_days_what_a_walk_of_those_days_alone_tells(
    opened: set[int], steps: list[int], first: int, length: int, *, forgets: bool
) -> None:
    strategy, days = a_few_days({})
    strategy = replace(strategy, opens={days[number].day: CONDOR for number in opened})
    wanted = days[first : first + length]
    alone = walk(strategy, spec(), wanted, terms(), "Iron Condor", "by hand")

    stepped, at = Walk(spec(universe=("SPY",)), terms()), 0
    while at < first + len(wanted):
        stepped.go_on(strategy, days[at : at + steps[at % len(steps)]])
        at += steps[at % len(steps)]
    if forgets:
        stepped.forget_before(wanted[0].day)
    found = stepped.between(wanted[0].day, wanted[-1].day, "Iron Condor", "by hand")

    assert replace(found, skips=()) == replace(alone, skips=())
    assert stepped.sessions(wanted[0].day, wanted[-1].day) == len(wanted)


def test_a_leg_without_a_quote_cannot_be_traded_and_keeps_its_last_mark() -> None:
    missing = {contract: quote for contract, quote in CHEAP.items() if contract != LEGS[1]}
    strategy = Scripted({MONDAY: CONDOR}, lambda position, _: (Exit(position.position_id, "out", ExitCode.STOP),))
    days = [day_of(MONDAY, 100, DEAR), day_of(TUESDAY, 100, missing), day_of(dt.date(2026, 3, 4), 100, CHEAP)]
    result = walk(strategy, spec(), days, terms())

    assert result.equity[0][1] == result.equity[1][1]
    assert result.trades[0].trade.closed == dt.date(2026, 3, 4)


def test_a_structure_without_a_quote_is_not_opened_and_says_so() -> None:
    missing = {contract: quote for contract, quote in DEAR.items() if contract != LEGS[3]}
    result = walk(Scripted({MONDAY: CONDOR}), spec(), [day_of(MONDAY, 100, missing)], terms())

    assert result.skips == (("the structure cannot be traded at the day's quotes", 1),)
    assert result.open_at_end == 0


def test_a_warning_is_no_trade_and_what_comes_after_it_is_done() -> None:
    def answer(position: Position, _context: ManageContext) -> tuple[Action, ...]:
        return Warn(position.position_id, "x", "told"), Exit(position.position_id, "out", ExitCode.RULE)

    days = [day_of(MONDAY, 100, DEAR), day_of(TUESDAY, 100, CHEAP)]
    assert len(walk(Scripted({MONDAY: CONDOR}, answer), spec(), days, terms()).trades) == 1


def test_a_roll_trades_old_and_new_legs_together_and_stays_one_trade() -> None:
    later = option(98, PUT, NEXT_FRIDAY)
    rolled = structure((later, -1), (SOLD_PUT, 1))

    def answer(position: Position, context: ManageContext) -> tuple[Action, ...]:
        if context.now.date() == TUESDAY:
            return (adding(position, rolled, OrderPurpose.ROLL),)
        return (Exit(position.position_id, "out", ExitCode.TARGET),)

    days = [
        day_of(MONDAY, 100.5, {SOLD_PUT: (1.00, 1.10)}),
        day_of(TUESDAY, 98, {SOLD_PUT: (2.30, 2.40), later: (2.00, 2.20)}),
        day_of(NEXT_MONDAY, 99, {later: (1.00, 1.10)}),
    ]
    (traced,) = walk(Scripted({MONDAY: structure((SOLD_PUT, -1))}, answer), spec(), days, terms()).trades

    # +1.00, then 2.40 paid and 2.00 received, then 1.10 paid; four contracts
    assert traced.trade.result == dollars("-50") - 4 * (COMMISSION + FEE)
    assert [order.net_price for order in traced.orders] == [dollars("-1"), dollars("0.40"), dollars("1.10")]


def test_hedges_trade_shares_at_their_spread_and_take_off_before_they_add() -> None:
    straddle = structure((option(100), 1), (option(100, CALL), 1))
    quotes = {option(100): (2.00, 2.10), option(100, CALL): (2.00, 2.10)}
    wanted = {TUESDAY: -30, dt.date(2026, 3, 4): 50}

    def answer(position: Position, context: ManageContext) -> tuple[Action, ...]:
        shares = wanted.get(context.now.date())
        if shares is not None:
            return (Hedge(position.position_id, shares, "delta"),)
        return (Exit(position.position_id, "out", ExitCode.RULE),)

    days = [day_of(dt.date(2026, 3, number), 100, quotes) for number in (2, 3, 4, 5)]
    (traced,) = walk(Scripted({MONDAY: straddle}, answer), spec(), days, terms()).trades

    # bought at 4.20 and sold at 4.00; 30 shares sold at 99.99 and bought back at 100.01, 20 bought and sold likewise
    assert traced.trade.result == dollars("-20") - 4 * (COMMISSION + FEE) - dollars("0.60") - dollars("0.40")
    assert [order.what for order in traced.orders[1:4]] == ["sell shares", "buy shares", "buy shares"]
    assert [order.quantity for order in traced.orders[1:4]] == [30, 30, 20]


def test_no_days_are_no_backtest() -> None:
    with pytest.raises(ValueError, match="at least one session"):
        walk(Scripted({}), spec(), [], terms())
