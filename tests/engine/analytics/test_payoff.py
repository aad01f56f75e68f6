"""Results at expiry: exact integers, checked against every price one by one."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.analytics.payoff import (
    Extremes,
    Holding,
    PayoffLeg,
    book_worst_case,
    breakevens,
    expiry_extremes,
    expiry_pnl_at,
    expiry_pnl_curve,
    most_profit,
)
from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg, Structure, StructureKind
from tests.builders import position

CALL, PUT = Right.CALL, Right.PUT
NEAR, FAR = dt.date(2026, 4, 17), dt.date(2026, 5, 15)

# Strikes on a grid of 1..40 units, so that brute force can visit every price.
LEGS = st.lists(
    st.tuples(st.sampled_from([CALL, PUT]), st.integers(1, 40), st.integers(-3, 3).filter(bool)), max_size=5
)
CASH = st.integers(-4000, 4000)
BEYOND = 41


def condor(contracts: int = 1) -> list[PayoffLeg]:
    """The owner's TSLA example: 240/250/270/280."""
    shape = [(PUT, "240", 1), (PUT, "250", -1), (CALL, "270", -1), (CALL, "280", 1)]
    return [(right, dollars(strike), side * contracts) for right, strike, side in shape]


def contract(right: Right, strike: str, expiration: dt.date = NEAR, symbol: str = "TSLA") -> OptionContract:
    return OptionContract(symbol, expiration, dollars(strike), right)


def condor_holding(contracts: int, cash: Money, expiration: dt.date = NEAR, symbol: str = "TSLA") -> Holding:
    legs = ((PUT, "240", 1), (PUT, "250", -1), (CALL, "270", -1), (CALL, "280", 1))
    held = tuple((contract(right, strike, expiration, symbol), side * contracts) for right, strike, side in legs)
    return Holding(held, cash)


def test_the_owners_iron_condor() -> None:
    credit = dollars("250")
    assert expiry_extremes(condor(), credit) == Extremes(worst=dollars("-750"), best=dollars("250"))
    assert breakevens(condor(), credit) == (dollars("247.50"), dollars("272.50"))
    assert expiry_pnl_at(condor(), credit, dollars("260")) == dollars("250")
    assert expiry_pnl_at(condor(), credit, dollars("248")) == dollars("50")
    assert expiry_pnl_at(condor(), credit, dollars("500")) == dollars("-750")


@pytest.mark.parametrize(
    ("legs", "shares", "quantity", "cost", "best"),
    [
        ([(PUT, "240", 1), (PUT, "250", -1), (CALL, "270", -1), (CALL, "280", 1)], 0, 2, "-500", "500"),
        ([(CALL, "250", 1), (CALL, "260", -1)], 0, 3, "1200", "1800"),  # 10 x 100 x 3 less what it cost
        ([(PUT, "250", 1)], 0, 1, "400", "24600"),  # down to nothing
        ([(CALL, "250", 1)], 0, 1, "400", None),
        ([(PUT, "250", -1), (CALL, "270", 1)], 0, 1, "-80", None),  # a credit, and no bound above
        ([(CALL, "250", 1), (CALL, "260", -2)], 0, 1, "-50", "1050"),  # more than the credit
        ([(CALL, "270", -1)], 100, 1, "25800", "1200"),  # covered: called away at 270
        ([], 100, 1, "25800", None),
        ([], -100, 1, "-25800", "25800"),
    ],
)
def test_the_most_that_a_position_can_make(
    legs: list[tuple[Right, str, int]], shares: int, quantity: int, cost: str, best: str | None
) -> None:
    sides = tuple(Leg(contract(right, strike), ratio) for right, strike, ratio in legs)
    made = Structure(StructureKind.CUSTOM, sides, shares, "TSLA")
    held = position(structure=made, quantity=quantity, cost=dollars(cost))
    assert most_profit(held) == (None if best is None else dollars(best))


def test_of_two_expirations_only_what_came_in_is_known() -> None:
    near, far = Leg(contract(CALL, "260", NEAR), -1), Leg(contract(CALL, "260", FAR), 1)
    calendar = Structure(StructureKind.CUSTOM, (near, far))
    assert most_profit(position(structure=calendar, cost=dollars(320))) is None
    assert most_profit(position(structure=calendar, cost=-dollars(40))) == dollars(40)


def test_a_short_put_loses_down_to_zero_and_no_further() -> None:
    legs = [(PUT, dollars("440"), -1)]
    assert expiry_extremes(legs, dollars("500")) == Extremes(worst=dollars("-43500"), best=dollars("500"))
    assert breakevens(legs, dollars("500")) == (dollars("435"),)


@pytest.mark.parametrize(
    ("side", "expected"),
    [(-1, Extremes(worst=None, best=dollars("300"))), (1, Extremes(worst=dollars("-300"), best=None))],
)
def test_a_naked_call_is_unbounded_on_its_side(side: int, expected: Extremes) -> None:
    assert expiry_extremes([(CALL, dollars("100"), side)], -side * dollars("300")) == expected
    assert breakevens([(CALL, dollars("100"), side)], -side * dollars("300")) == (dollars("103"),)


def test_without_legs_the_cash_is_the_result() -> None:
    assert expiry_extremes([], 70) == Extremes(worst=70, best=70)
    assert breakevens([], 70) == ()
    assert breakevens([], 0) == ()


def test_breakevens_are_rounded_to_the_nearest_unit() -> None:
    # Three puts lose 300 for each unit below the strike: 1000 are lost three and a third units down.
    assert breakevens([(PUT, 50, 3)], -1000) == (47,)
    assert breakevens([(PUT, 50, 3)], -1100) == (46,)


def test_of_a_stretch_of_zero_its_ends_count() -> None:
    butterfly = [(CALL, 10, 1), (CALL, 20, -2), (CALL, 30, 1)]
    assert breakevens(butterfly, 0) == (10, 30)
    assert breakevens([(PUT, 10, -1), (CALL, 30, 1)], 0) == (10, 30)


@given(LEGS, CASH)
def test_extremes_are_those_of_every_price(legs: list[PayoffLeg], cash: Money) -> None:
    results = [expiry_pnl_at(legs, cash, spot) for spot in range(BEYOND + 1)]
    rise = expiry_pnl_at(legs, cash, 10 * BEYOND) - expiry_pnl_at(legs, cash, BEYOND)
    found = expiry_extremes(legs, cash)
    assert found.worst == (None if rise < 0 else min(results))
    assert found.best == (None if rise > 0 else max(results))


@given(LEGS, CASH)
def test_a_result_is_the_sum_of_its_legs(legs: list[PayoffLeg], cash: Money) -> None:
    for spot in (0, 7, 20, 40, 300):
        by_hand = cash
        for right, strike, contracts in legs:
            worth = spot - strike if right is CALL else strike - spot
            if worth > 0:
                by_hand += 100 * contracts * worth
        assert expiry_pnl_at(legs, cash, spot) == by_hand


@given(LEGS, CASH)
def test_the_sign_changes_at_breakevens_and_nowhere_else(legs: list[PayoffLeg], cash: Money) -> None:
    found = breakevens(legs, cash)
    assert list(found) == sorted(set(found))
    # The last crossing lies at most |result| / 100 beyond the strikes.
    end = BEYOND + abs(expiry_pnl_at(legs, cash, BEYOND)) // 100 + 2
    results = [expiry_pnl_at(legs, cash, spot) for spot in range(end + 1)]
    for spot in range(end):
        if results[spot] * results[spot + 1] < 0:
            nearer = spot if abs(results[spot]) < abs(results[spot + 1]) else spot + 1
            is_tie = results[spot] == -results[spot + 1]
            assert nearer in found or (is_tie and spot in found)
    for zero in found:
        around = results[max(0, zero - 1) : zero + 2]
        assert min(around) <= 0 <= max(around)
        assert any(around)


@given(LEGS, CASH)
def test_isolated_zeros_are_breakevens(legs: list[PayoffLeg], cash: Money) -> None:
    found = breakevens(legs, cash)
    results = [expiry_pnl_at(legs, cash, spot) for spot in range(BEYOND + 2)]
    for spot in range(1, BEYOND + 1):
        if results[spot] == 0 and (results[spot - 1] != 0 or results[spot + 1] != 0):
            assert spot in found


@given(LEGS, CASH, st.integers(1, 9))
def test_more_of_the_same_scales(legs: list[PayoffLeg], cash: Money, times: int) -> None:
    one = expiry_extremes(legs, cash)
    many = expiry_extremes([(right, strike, contracts * times) for right, strike, contracts in legs], cash * times)
    assert many.worst == (None if one.worst is None else one.worst * times)
    assert many.best == (None if one.best is None else one.best * times)


# --- with shares --------------------------------------------------------------------------------------------------
def test_a_covered_call_is_capped_and_breaks_even_below_the_price_paid() -> None:
    # Bought at 100, call at 110 sold for 2.50.
    legs, cash = [(CALL, dollars("110"), -1)], dollars("-10000") + dollars("250")
    assert expiry_extremes(legs, cash, 100) == Extremes(worst=dollars("-9750"), best=dollars("1250"))
    assert breakevens(legs, cash, 100) == (dollars("97.50"),)


def test_shares_alone_lose_what_was_paid_and_short_ones_without_end() -> None:
    assert expiry_extremes([], dollars("-10000"), 100) == Extremes(worst=dollars("-10000"), best=None)
    assert expiry_extremes([], dollars("10000"), -100) == Extremes(worst=None, best=dollars("10000"))
    assert breakevens([], dollars("10000"), -100) == (dollars("100"),)


def test_a_conversion_brings_the_same_at_any_price() -> None:
    legs, cash = [(PUT, dollars("100"), 1), (CALL, dollars("100"), -1)], dollars("-10050") + dollars("120")
    assert expiry_extremes(legs, cash, 100) == Extremes(worst=dollars("70"), best=dollars("70"))
    assert breakevens(legs, cash, 100) == ()


@given(LEGS, CASH, st.integers(-3, 3))
def test_extremes_and_the_curve_with_shares_are_those_of_every_price(
    legs: list[PayoffLeg], cash: Money, lots: int
) -> None:
    results = []
    for spot in range(BEYOND + 2):
        result = cash + 100 * lots * spot
        for right, strike, contracts in legs:
            result += 100 * contracts * max(0, spot - strike if right is CALL else strike - spot)
        results.append(result)
    curve = expiry_pnl_curve(legs, cash, np.arange(BEYOND + 2, dtype=np.int64), 100 * lots)
    assert curve.dtype == np.int64
    assert curve.tolist() == results
    rise = results[-1] - results[-2]
    found = expiry_extremes(legs, cash, 100 * lots)
    assert found.worst == (None if rise < 0 else min(results))
    assert found.best == (None if rise > 0 else max(results))


# --- a book -------------------------------------------------------------------------------------------------------
def test_a_book_of_one_condor_loses_what_the_condor_loses() -> None:
    assert book_worst_case([condor_holding(2, dollars("500"))]) == {"TSLA": dollars("1500")}


def test_underlyings_stand_alone() -> None:
    book = [condor_holding(1, dollars("250")), condor_holding(1, dollars("100"), symbol="NVDA")]
    assert book_worst_case(book) == {"TSLA": dollars("750"), "NVDA": dollars("900")}


def test_holdings_of_one_expiration_net_whoever_holds_them() -> None:
    short_call = Holding(((contract(CALL, "270"), -1),), dollars("400"))
    long_call = Holding(((contract(CALL, "280"), 1),), dollars("-150"))
    assert book_worst_case([short_call]) == {"TSLA": None}
    assert book_worst_case([short_call, long_call]) == {"TSLA": dollars("750")}


def test_expirations_add_up_without_covering_each_other() -> None:
    book = [condor_holding(1, dollars("250")), condor_holding(1, dollars("300"), expiration=FAR)]
    assert book_worst_case(book) == {"TSLA": dollars("1450")}
    near, far = Holding(((contract(CALL, "270"), -1),), dollars("200")), Holding(((contract(CALL, "270", FAR), 1),), 0)
    assert book_worst_case([near, far]) == {"TSLA": None}


def test_a_calendar_is_worth_at_least_what_exercising_its_later_leg_brings() -> None:
    legs = ((contract(CALL, "270"), -1), (contract(CALL, "280", FAR), 1))
    assert book_worst_case([Holding(legs, dollars("-200"))]) == {"TSLA": dollars("1200")}
    short = tuple((option, -count) for option, count in legs)
    assert book_worst_case([Holding(short, dollars("200"))]) == {"TSLA": None}


def test_a_book_that_cannot_lose_loses_nothing() -> None:
    assert book_worst_case([condor_holding(1, dollars("1200"))]) == {"TSLA": 0}
    assert book_worst_case([]) == {}


def covered(strike: str, day: dt.date, cash: str) -> Holding:
    return Holding(((contract(CALL, strike, day), -1),), dollars(cash), 100)


def test_shares_cover_calls_of_several_expirations_each_with_its_own_lot() -> None:
    # Two lots of shares at 260, one call sold on each: all that can be lost is what was paid, less the premium.
    book = [covered("270", NEAR, "-25700"), covered("280", FAR, "-25800")]
    assert book_worst_case(book) == {"TSLA": dollars("51500")}
    assert book_worst_case([*book, Holding(((contract(CALL, "290", FAR), -1),), dollars("100"))]) == {"TSLA": None}


def test_short_shares_are_covered_by_calls_of_several_expirations() -> None:
    book = [
        Holding(((contract(CALL, "270", NEAR), 1), (contract(CALL, "280", FAR), 1)), dollars("-500")),
        Holding((), dollars("52000"), -200, "TSLA"),
    ]
    # At worst 270 and 280 are paid for what brought 260.
    assert book_worst_case(book) == {"TSLA": dollars("3500")}


def test_shares_alone_and_with_the_put_that_protects_them() -> None:
    shares = Holding((), dollars("-26000"), 100, "TSLA")
    put = Holding(((contract(PUT, "250"), 1),), dollars("-400"))
    assert shares.symbol == "TSLA"
    assert book_worst_case([shares]) == {"TSLA": dollars("26000")}
    assert book_worst_case([shares, put]) == {"TSLA": dollars("1400")}
    assert book_worst_case([Holding((), dollars("26000"), -100, "TSLA")]) == {"TSLA": None}


@given(
    st.lists(st.tuples(LEGS, st.sampled_from([NEAR, FAR])), max_size=3),
    st.integers(-300, 300).filter(bool),
    st.integers(0, BEYOND),
)
def test_no_price_that_holds_to_the_end_loses_more_than_the_worst_of_a_book_with_shares(
    parts: list[tuple[list[PayoffLeg], dt.date]], shares: int, spot: Money
) -> None:
    holdings = [
        Holding(tuple((OptionContract("X", day, strike, right), count) for right, strike, count in legs), 0)
        for legs, day in parts
        if legs
    ]
    worst = book_worst_case([Holding((), 0, shares, "X"), *holdings])["X"]
    if worst is not None:
        assert worst >= -(sum(expiry_pnl_at(legs, 0, spot) for legs, _ in parts) + shares * spot)


def test_a_holding_is_of_one_underlying() -> None:
    mixed = ((contract(CALL, "270"), 1), (contract(CALL, "270", symbol="NVDA"), 1))
    for contracts in (mixed, ()):
        with pytest.raises(ValueError, match="exactly one underlying"):
            Holding(contracts, 0)


@given(st.lists(st.tuples(LEGS.filter(bool), CASH, st.sampled_from([NEAR, FAR])), min_size=1, max_size=4))
def test_no_prices_at_the_expirations_lose_more_than_the_books_worst(
    parts: list[tuple[list[PayoffLeg], Money, dt.date]],
) -> None:
    holdings = [
        Holding(tuple((OptionContract("X", day, strike, right), count) for right, strike, count in legs), cash)
        for legs, cash, day in parts
    ]
    worst = book_worst_case(holdings)["X"]
    assume(worst is not None)
    results = {
        day: [
            sum(expiry_pnl_at(legs, 0, spot) for legs, _, expiry in parts if expiry == day)
            for spot in range(2 * BEYOND)
        ]
        for day in (NEAR, FAR)
    }
    cash = sum(part[1] for part in parts)
    assert worst == max(0, -(cash + min(results[NEAR]) + min(results[FAR])))
