"""When the IV Service closes what it holds: over two expirations, after an assignment, and what is left over."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import Money, dollars
from engine.domain.instrument import Right
from engine.domain.position import Position, PositionStatus
from engine.domain.quote import Quote
from engine.domain.scan import Exit, ExitCode, ManageContext
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.modules.iv_exits import exit_of
from engine.modules.iv_rules import IvRules
from tests.builders import MAY, condor, contract
from tests.option_markets import NOON, iv_module

K = StructureKind
MODULE = iv_module(K.CALENDAR)
FRONT, BACK = contract(180, Right.CALL, "AAPL"), contract(180, Right.CALL, "AAPL", MAY)
CALENDAR = Structure(K.CALENDAR, (Leg(FRONT, -1), Leg(BACK, 1)))


def held(structure: Structure = CALENDAR, cost: Money = dollars(320), quantity: int = 1) -> Position:
    return Position("p1", "iv", structure, quantity, quantity, cost, NOON)


def exit_at(position: Position, mark: Money | None, dte: int | None = 20, **parameters: int) -> Exit | None:
    module = iv_module(K.CALENDAR, **parameters)
    return exit_of(position, ManageContext(NOON, module, {}, dte, mark), IvRules.of(module))


# The owner's sample: AAPL calendar at 180 for 320 dollars. A quarter of it is 80, half of it 160.
@pytest.mark.parametrize(("mark", "is_closed"), [(dollars(400) - 1, False), (dollars(400), True), (dollars(401), True)])
def test_a_quarter_of_the_debit_is_the_target_inclusive(mark: Money, is_closed: bool) -> None:
    assert exit_at(held(), mark) == (
        Exit("p1", "profit target: 25 % of the debit", ExitCode.TARGET) if is_closed else None
    )


@pytest.mark.parametrize(("mark", "is_closed"), [(dollars(160) + 1, False), (dollars(160), True), (dollars(159), True)])
def test_half_of_the_debit_lost_is_the_stop_inclusive(mark: Money, is_closed: bool) -> None:
    assert exit_at(held(), mark) == (Exit("p1", "stop: 50 % of the debit lost", ExitCode.STOP) if is_closed else None)


@pytest.mark.parametrize("mark", [dollars(320), None], ids=["marked", "without a mark"])
@pytest.mark.parametrize(("dte", "is_closed"), [(6, False), (5, True), (1, True), (0, True)])
def test_five_days_before_the_front_expires_it_is_closed_with_or_without_a_mark(
    dte: int, is_closed: bool, mark: Money | None
) -> None:
    expected = Exit("p1", f"{dte} day{'s' * (dte != 1)} to the front expiry", ExitCode.DAYS)
    assert exit_at(held(), mark, dte) == (expected if is_closed else None)


def test_even_the_latest_setting_is_out_before_the_fronts_last_day() -> None:
    assert exit_at(held(), dollars(320), 2, front_exit_days=1) is None
    assert exit_at(held(), dollars(320), 1, front_exit_days=1) == Exit("p1", "1 day to the front expiry", ExitCode.DAYS)
    with pytest.raises(ValueError, match="front_exit_days: 0 is outside 1 to 364 days"):
        exit_at(held(), dollars(320), front_exit_days=0)


def test_a_diagonal_follows_the_same_rules_and_its_settings() -> None:
    diagonal = Structure(K.DIAGONAL, (Leg(contract(170, Right.CALL, "AAPL", MAY), 1), Leg(FRONT, -1)))
    position = held(diagonal, dollars(1000))
    assert exit_at(position, dollars(1250)) == Exit("p1", "profit target: 25 % of the debit", ExitCode.TARGET)
    assert exit_at(position, dollars(1250), debit_target_pct=40) is None
    assert exit_at(position, dollars(1400), debit_target_pct=40) is not None
    assert exit_at(position, dollars(700), debit_stop_pct=30) == Exit(
        "p1", "stop: 30 % of the debit lost", ExitCode.STOP
    )


def test_two_expirations_that_cost_nothing_know_only_days() -> None:
    assert exit_at(held(cost=0), dollars(500)) is None
    assert exit_at(held(cost=-dollars(10)), -dollars(500)) is None
    assert exit_at(held(cost=0), dollars(500), 5) is not None


# --- what an assignment leaves ----------------------------------------------------------------------------------------
def test_shares_that_were_put_to_it_are_sold_at_once_with_all_that_is_left() -> None:
    rest = tuple(leg for leg in condor(symbol="AAPL").legs if leg.ratio > 0 or leg.contract.right is Right.CALL)
    position = replace(held(Structure(K.CUSTOM, rest, 100)), status=PositionStatus.ASSIGNED)
    expected = Exit("p1", "assigned: 100 shares of AAPL, which this module does not keep", ExitCode.ASSIGNMENT)
    for mark, dte in ((dollars(25_000), 30), (None, 30), (None, None)):
        assert exit_at(position, mark, dte) == expected


def test_shares_alone_and_shares_sold_short_go_too() -> None:
    long = replace(held(shares_of("AAPL"), dollars(36_000), 200), status=PositionStatus.ASSIGNED)
    assert exit_at(long, None, None) == Exit(
        "p1", "assigned: 200 shares of AAPL, which this module does not keep", ExitCode.ASSIGNMENT
    )
    short = replace(held(Structure(K.PROTECTIVE_CALL, (Leg(BACK, 1),), -100)), status=PositionStatus.ASSIGNED)
    assert exit_at(short, None) == Exit(
        "p1", "assigned: 100 shares sold short of AAPL, which this module does not keep", ExitCode.ASSIGNMENT
    )


# --- what is left over ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("mark", "is_closed"), [(1, True), (dollars(250), True), (0, False), (None, False)])
def test_a_back_leg_whose_front_has_expired_is_sold_while_it_brings_something(
    mark: Money | None, is_closed: bool
) -> None:
    position = held(Structure(K.LONG_CALL, (Leg(BACK, 1),)))
    expected = Exit("p1", "long call left over: what it covered is gone", ExitCode.EXPIRY)
    assert exit_at(position, mark, 28) == (expected if is_closed else None)


@pytest.mark.parametrize(("bids", "is_closed"), [(("0", "0"), False), (("0.01", "0"), True)])
def test_wings_that_nobody_bids_for_are_left_to_expire_although_they_have_a_mark(
    bids: tuple[str, str], is_closed: bool
) -> None:
    # Marked at half their ask, 0.02 each: an exit that nobody takes would be told to the user as stuck each day.
    legs = (Leg(contract(240, Right.PUT), 1), Leg(contract(280, Right.CALL), 1))
    quotes = {leg: Quote(dollars(bid), dollars("0.05"), NOON) for leg, bid in zip(legs, bids, strict=True)}
    context = ManageContext(NOON, MODULE, quotes, 28, dollars(5))
    found = exit_of(held(Structure(K.LONG_STRANGLE, legs), dollars(60)), context, IvRules.of(MODULE))
    assert (found is not None) is is_closed


def test_half_a_condor_goes_on_by_its_own_credit() -> None:
    legs = tuple(Leg(contract(strike, Right.PUT), ratio) for strike, ratio in ((240, 1), (250, -1)))
    half = held(Structure(K.BULL_PUT_SPREAD, legs), -dollars(120))
    assert exit_at(half, -dollars(61), 30) is None
    assert exit_at(half, -dollars(60), 30) == Exit("p1", "profit target: 50 % of the credit", ExitCode.TARGET)
    assert exit_at(half, -dollars(360), 30) == Exit("p1", "stop: loss 2.0 x the credit", ExitCode.STOP)
    assert exit_at(half, None, 21) == Exit("p1", "21 days to expiry", ExitCode.DAYS)


@pytest.mark.parametrize("status", [PositionStatus.CLOSED, PositionStatus.SETTLED])
def test_what_is_closed_is_left_alone(status: PositionStatus) -> None:
    assert exit_at(replace(held(), status=status), dollars(9)) is None
    assert exit_at(replace(held(shares_of("AAPL"), quantity=100), status=status), None, None) is None
    assert exit_at(held(), dollars(9), -1) is None


@given(st.integers(1, 10**8), st.integers(-(10**8), 10**9), st.integers(1, 30))
def test_the_number_of_contracts_never_changes_the_decision_on_a_debit(
    debit: Money, mark: Money, quantity: int
) -> None:
    one, many = held(cost=debit), held(cost=debit * quantity, quantity=quantity)
    decision = exit_at(one, mark)
    assert exit_at(many, mark * quantity) == decision
    profit = mark - debit
    assert (decision is None) is (-debit < 2 * profit and 4 * profit < debit)
