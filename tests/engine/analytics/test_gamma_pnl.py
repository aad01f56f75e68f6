"""Gamma against theta: the purchase found again from its lots, time's price by the textbook, parts that add up."""

import datetime as dt
import math
from dataclasses import replace
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.gamma_pnl import gamma_result, purchase, theta_paid
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT, Money, dollars
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.position import Lot, Position
from engine.ledger.lots import named, total_cost
from tests.fakes import EXPIRATION, new_york

NOW, RATE = new_york(10), 0.04
NORMAL = NormalDist()


def black_76(forward: float, strike: float, years: float, volatility: float, right: Right) -> float:
    """The textbook's price of an option on a forward."""
    deviation = volatility * math.sqrt(years)
    d1 = math.log(forward / strike) / deviation + deviation / 2
    call = forward * NORMAL.cdf(d1) - strike * NORMAL.cdf(d1 - deviation)
    return math.exp(-RATE * years) * (call if right is Right.CALL else call - forward + strike)


def bought(
    forward: float,
    volatility: float,
    put: int = 100,
    call: int = 100,
    quantity: int = 1,
    shares: tuple[int, str] = (0, "0"),
) -> Position:
    """A put and a call of these strikes at the textbook's price, and shares at a price."""
    years = years_to_expiry(NOW, EXPIRATION)
    lots = []
    for strike, right in ((put, Right.PUT), (call, Right.CALL)):
        price = black_76(forward, strike, years, volatility, right)
        cost = round(price * MULTIPLIER * quantity * UNIT)
        lots.append(Lot(OptionContract("SPY", EXPIRATION, dollars(strike), right), quantity, cost, NOW))
    if shares[0]:
        lots.append(Lot(None, shares[0], dollars(shares[1]) * shares[0], NOW))
    structure, units = named("SPY", tuple(lots))
    return Position("P1", "gamma", structure, units, units, total_cost(lots), NOW, lots=tuple(lots))


@settings(max_examples=40)
@given(forward=st.floats(95, 105), volatility=st.floats(0.15, 0.9), width=st.integers(0, 6), quantity=st.integers(1, 9))
def test_forward_and_volatility_of_a_purchase_are_found_again_from_what_was_paid(
    forward: float, volatility: float, width: int, quantity: int
) -> None:
    found = purchase(bought(forward, volatility, 100 - width, 100 + width, quantity), RATE)
    assert found is not None
    assert found.forward == pytest.approx(forward, abs=0.01)
    assert found.volatility == pytest.approx(volatility, abs=0.002)


def test_time_takes_what_the_textbook_says_with_forward_and_volatility_held_still() -> None:
    held, later = bought(100.5, 0.25, quantity=2), new_york(10, day=dt.date(2026, 4, 6))
    years = years_to_expiry(later, EXPIRATION)
    left = sum(black_76(100.5, 100, years, 0.25, right) for right in Right) * 2 * MULTIPLIER
    paid = theta_paid(held, later, RATE)
    assert paid is not None
    assert paid / UNIT == pytest.approx(held.cost / UNIT - left, abs=0.01)
    # Of 39.25 days 18.25 are left: at the money the value goes with the root of time, 1 - 0.682 = 0.318.
    assert paid / held.cost == pytest.approx(1 - math.sqrt(18.25 / 39.25), abs=0.005)


def test_nothing_is_paid_at_once_and_everything_in_the_end() -> None:
    held = bought(100, 0.25)
    assert theta_paid(held, NOW, RATE) == pytest.approx(0, abs=20)
    assert theta_paid(held, new_york(16, day=EXPIRATION), RATE) == held.cost
    assert theta_paid(held, new_york(16, day=EXPIRATION + dt.timedelta(days=3)), RATE) == held.cost


@settings(max_examples=60)
@given(
    mark=st.integers(0, 5_000 * UNIT),
    spot=st.integers(60 * UNIT, 150 * UNIT),
    days=st.integers(0, 39),
    shares=st.integers(-100, 100),
    realised=st.integers(-(10**7), 10**7),
    income=st.integers(-(10**6), 10**6),
)
def test_the_parts_add_up_to_the_result_to_the_last_unit(
    mark: Money, spot: Money, days: int, shares: int, realised: Money, income: Money
) -> None:
    held = replace(bought(100, 0.3, shares=(shares, "101.37")), realised=realised, income=income)
    found = gamma_result(held, mark, spot, NOW + dt.timedelta(days=days), RATE)
    assert found is not None
    assert found.total == mark - held.cost + realised + income


def test_a_scalp_of_an_unmoved_market_is_gamma_of_its_hedges_alone() -> None:
    # 20 shares sold at 103 and bought back at 101 have brought 40; 10 sold at 102 are open, at 100 they bring 20.
    years = years_to_expiry(NOW, EXPIRATION)
    forward = 100 * math.exp(RATE * years)
    held = replace(bought(forward, 0.25, shares=(-10, "102")), realised=dollars(40))
    options = sum(lot.cost for lot in held.lots if lot.contract is not None)
    found = gamma_result(held, options - 10 * dollars(100), dollars(100), NOW, RATE)
    assert found is not None
    assert found.hedges == found.total == dollars(60)
    assert found.gamma == pytest.approx(dollars(60), abs=50)
    assert found.volatility == pytest.approx(0, abs=50)
    assert found.premium == options


def test_a_move_is_gamma_and_a_rise_of_volatility_is_not() -> None:
    years = years_to_expiry(NOW, EXPIRATION)
    carried = math.exp(RATE * years)
    held = bought(100 * carried, 0.25)
    moved = sum(black_76(105 * carried, 100, years, 0.25, right) for right in Right) * MULTIPLIER
    risen = sum(black_76(105 * carried, 100, years, 0.30, right) for right in Right) * MULTIPLIER
    found = gamma_result(held, round(risen * UNIT), dollars(105), NOW, RATE)
    assert found is not None
    assert found.gamma / UNIT == pytest.approx(moved - held.cost / UNIT, abs=0.01)
    assert found.volatility / UNIT == pytest.approx(risen - moved, abs=0.01)


def test_what_is_no_bought_pair_is_not_judged() -> None:
    held = bought(100, 0.25)
    put, call = held.lots
    assert put.contract is not None
    later = replace(put.contract, expiration=EXPIRATION + dt.timedelta(days=7))
    for lots in (
        (put,),
        (put, put),
        (put, call, call),
        (put, replace(call, quantity=-1, cost=-call.cost)),
        (replace(put, contract=later), call),
        (replace(put, cost=0), call),
        (replace(put, opened_at=new_york(16, day=EXPIRATION)), replace(call, opened_at=new_york(16, day=EXPIRATION))),
        # No forward and no volatility make a put worth more than its strike.
        (replace(put, cost=dollars(10_001)), call),
    ):
        assert purchase(replace(held, lots=lots), RATE) is None
        assert theta_paid(replace(held, lots=lots), NOW, RATE) is None
        assert gamma_result(replace(held, lots=lots), 0, dollars(100), NOW, RATE) is None
