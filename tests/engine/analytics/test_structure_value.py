"""A structure's curves: against vollib and QuantLib cell by cell, the payoff at expiry, and what must always hold."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vollib.black_scholes import black_scholes

from engine.analytics.payoff import expiry_pnl_curve
from engine.analytics.scenarios import Legs
from engine.analytics.structure_value import structure_columns, value_curves
from engine.core.money import UNIT, dollars
from engine.domain.chain import Floats
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg
from tests.american_oracle import american_by_quantlib

FRONT, BACK = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
CALL, PUT = Right.CALL, Right.PUT
RATE = 0.04
FRONT_DAYS, BACK_DAYS = 30.0, 58.0
AS_NOW = np.zeros(1)


def leg(strike: str, right: Right, ratio: int, expiration: dt.date = FRONT) -> Leg:
    return Leg(OptionContract("TSLA", expiration, dollars(strike), right), ratio)


CONDOR = (leg("240", PUT, 1), leg("250", PUT, -1), leg("270", CALL, -1), leg("280", CALL, 1))
CALENDAR = (leg("260", CALL, -1), leg("260", CALL, 1, BACK))


def columns(
    legs: tuple[Leg, ...], spot: float = 260.0, shares: int = 0, dividend_yield: float = 0.0, volatility: float = 0.4
) -> Legs:
    """Columns in a market with one volatility, but two points more for each further leg."""
    years = np.array([(FRONT_DAYS if leg.contract.expiration == FRONT else BACK_DAYS) / 365 for leg in legs])
    forward = spot * np.exp((RATE - dividend_yield) * years)
    own = np.array([volatility + 0.02 * place for place in range(len(legs))])
    return structure_columns(legs, spot, forward, years, RATE, own, shares)


def array(*values: float) -> Floats:
    return np.array(values, dtype=np.float64)


def test_the_european_curves_of_a_calendar_are_vollibs() -> None:
    prices, moves, days = array(200, 255, 320), array(-0.25, 0.0, 0.5), array(0, 10, 29)
    found = value_curves(columns(CALENDAR), dollars(-320), prices, moves, days, american=False)
    assert found.mark.shape == (3, 3, 3)
    for p, price in enumerate(prices.tolist()):
        for v, move in enumerate(moves.tolist()):
            for d, passed in enumerate(days.tolist()):
                front = black_scholes("c", price, 260.0, (FRONT_DAYS - passed) / 365, RATE, 0.40 * (1 + move))
                back = black_scholes("c", price, 260.0, (BACK_DAYS - passed) / 365, RATE, 0.42 * (1 + move))
                assert found.mark[p, v, d] == pytest.approx(100 * (back - front), abs=1e-6)
                assert found.pnl[p, v, d] == pytest.approx(100 * (back - front) - 320, abs=1e-6)


def test_an_american_put_on_a_date_to_come_is_quantlibs() -> None:
    put = columns((leg("300", PUT, -2, BACK),), dividend_yield=0.02)
    found = value_curves(put, 0, array(250, 310), array(0.2), array(20)).mark
    years = (BACK_DAYS - 20) / 365
    for p, price in enumerate((250.0, 310.0)):
        forward = price * math.exp(0.02 * years)
        by_quantlib = american_by_quantlib(price, forward, 300.0, years, RATE, 0.48, is_put=True)
        assert found[p, 0, 0] == pytest.approx(-200 * by_quantlib, abs=0.01)


def test_on_its_last_day_a_structure_with_shares_is_worth_its_payoff() -> None:
    # A collar bought at 258 for a net premium of 1.50: the integers of the payoff are the oracle.
    collar, cash = (leg("250", PUT, 1), leg("275", CALL, -1)), dollars(-25_800) - dollars(150)
    prices = np.linspace(180, 340, 65)
    payoff = expiry_pnl_curve(
        [(PUT, dollars(250), 1), (CALL, dollars(275), -1)], cash, np.rint(prices * UNIT).astype(np.int64), 100
    )
    for american in (True, False):
        found = value_curves(
            columns(collar, shares=100), cash, prices, array(-0.5, 0, 2), array(30, 31), american=american
        )
        assert found.pnl == pytest.approx(np.broadcast_to(payoff[:, None, None] / UNIT, (65, 3, 2)), abs=1e-7)


def test_the_value_now_is_the_curve_where_nothing_has_moved() -> None:
    found = value_curves(columns(CONDOR), dollars(250), array(260), AS_NOW, AS_NOW)
    assert found.mark[0, 0, 0] == pytest.approx(found.now, abs=1e-9)
    legs = zip(CONDOR, (0.40, 0.42, 0.44, 0.46), strict=True)
    by_quantlib = sum(
        100 * leg.ratio * american_by_quantlib(
            260.0, 260 * math.exp(RATE * FRONT_DAYS / 365), leg.contract.strike / UNIT, FRONT_DAYS / 365, RATE, sigma,
            is_put=leg.contract.right is PUT,
        )
        for leg, sigma in legs
    )  # fmt: skip
    assert found.now == pytest.approx(by_quantlib, abs=0.02)
    assert found.missing == 0


def test_after_the_first_expiration_what_lives_on_is_still_an_option() -> None:
    found = value_curves(columns(CALENDAR), 0, array(260, 300), AS_NOW, array(40, 58)).mark[:, 0, :]
    back = black_scholes("c", 260.0, 260.0, 18 / 365, RATE, 0.42)
    assert found[0, 0] == pytest.approx(100 * back, abs=1e-6)
    assert found[:, 1] == pytest.approx(array(0, 0), abs=1e-9)


def test_a_calendar_gains_with_volatility_and_a_condor_with_time() -> None:
    calendar = value_curves(columns(CALENDAR), 0, array(260), np.linspace(-0.5, 1, 7), array(5)).mark[0, :, 0]
    assert (np.diff(calendar) > 0).all()
    condor = value_curves(columns(CONDOR), 0, array(260), AS_NOW, np.linspace(0, 30, 7)).mark[0, 0]
    assert (np.diff(condor) > 0).all()
    assert condor[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("american", [True, False])
def test_the_left_end_of_a_chart_is_a_price_of_zero(american: bool) -> None:
    held = columns((leg("250", PUT, 1), leg("270", CALL, -1)), shares=100)
    found = value_curves(held, 0, array(0, 1e-300, 1e-6), AS_NOW, array(10), american=american).mark[:, 0, 0]
    worth = 25_000 if american else 25_000 * math.exp(-RATE * (FRONT_DAYS - 10) / 365)
    assert found == pytest.approx(np.full(3, worth), abs=1e-3)


def test_shares_alone_are_worth_their_price() -> None:
    found = value_curves(columns((), shares=-300), dollars(78_000), array(100, 260, 400), array(0, 1), array(0, 99))
    assert found.now == -78_000
    assert found.pnl[:, 1, 1] == pytest.approx(array(48_000, 0, -42_000))


@pytest.mark.parametrize("american", [True, False])
@pytest.mark.parametrize("legs", [CONDOR, CONDOR[:1], ()])
def test_cells_that_mean_nothing_are_nan_and_the_others_stay(legs: tuple[Leg, ...], american: bool) -> None:
    prices, moves = array(260, -1, np.nan, np.inf, -np.inf), array(0, np.nan, np.inf, -np.inf)
    days = array(0, -1, np.nan, np.inf)
    found = value_curves(columns(legs, shares=100), 0, prices, moves, days, american=american)
    assert np.isfinite(found.mark[0, 0, 0])
    assert np.isnan(found.mark).sum() == found.mark.size - 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1.0])
@pytest.mark.parametrize("field", ["spot", "forward", "years", "volatility"])
def test_a_leg_that_cannot_be_valued_leaves_the_whole_unknown(field: str, bad: float) -> None:
    terms = {"forward": np.full(4, 261.0), "years": np.full(4, 0.1), "volatility": np.full(4, 0.4)}
    spot = bad if field == "spot" else 260.0
    if field != "spot":
        terms[field][1] = bad
    legs = structure_columns(CONDOR, spot, terms["forward"], terms["years"], RATE, terms["volatility"])
    found = value_curves(legs, 0, array(250, 260), array(0), array(0, 10))
    assert found.missing == (4 if field == "spot" else 1)
    assert math.isnan(found.now)
    assert np.isnan(found.mark).all()
    assert np.isnan(found.pnl).all()


def test_columns_that_do_not_fit_are_refused() -> None:
    two = np.full(2, 0.4)
    with pytest.raises(ValueError, match="each leg"):
        structure_columns(CONDOR, 260.0, two, two, RATE, two)
    spy = Leg(OptionContract("SPY", FRONT, dollars(260), CALL), 1)
    with pytest.raises(ValueError, match="one underlying"):
        structure_columns((CONDOR[0], spy), 260.0, two, two, RATE, two)
    with pytest.raises(ValueError, match="nothing"):
        structure_columns((), 260.0, two[:0], two[:0], RATE, two[:0])
    mixed = structure_columns(CALENDAR, 260.0, two, two, RATE, two)
    mixed.spot[1] = 261.0
    with pytest.raises(ValueError, match="one underlying"):
        value_curves(mixed, 0, array(260), AS_NOW, AS_NOW)


LEGS = st.lists(
    st.tuples(st.sampled_from(["200", "250", "260", "300"]), st.sampled_from([CALL, PUT]), st.integers(-3, 3),
              st.sampled_from([FRONT, BACK])), min_size=1, max_size=4,
)  # fmt: skip


@given(LEGS, st.integers(-2, 2), st.floats(0, 70), st.floats(-1.5, 3))
@settings(max_examples=25, deadline=None)
def test_a_structure_is_the_sum_of_its_parts(
    raw: list[tuple[str, Right, int, dt.date]], lots: int, passed: float, move: float
) -> None:
    legs = tuple(leg(strike, right, ratio, day) for strike, right, ratio, day in raw)
    prices, moves, days = array(150, 260, 420), array(move), array(passed)
    whole = columns(legs, shares=100 * lots)
    parts = 100.0 * lots * prices
    for place, one in enumerate(legs):
        alone = structure_columns(
            (one,), 260.0, whole.forward[[place]], whole.years[[place]], RATE, whole.volatility[[place]]
        )
        parts = parts + value_curves(alone, 0, prices, moves, days).mark[:, 0, 0]
    assert value_curves(whole, 0, prices, moves, days).mark[:, 0, 0] == pytest.approx(parts, abs=1e-6)


@given(st.sampled_from(["200", "260", "300"]), st.sampled_from([CALL, PUT]), st.floats(0, 80), st.floats(-1, 3))
@settings(max_examples=25, deadline=None)
def test_an_american_option_is_never_below_intrinsic_nor_below_the_european(
    strike: str, right: Right, passed: float, move: float
) -> None:
    one = columns((leg(strike, right, 1, BACK),), dividend_yield=0.03)
    prices, moves, days = array(120, 200, 259, 261, 500), array(move), array(passed)
    american = value_curves(one, 0, prices, moves, days).mark[:, 0, 0]
    european = value_curves(one, 0, prices, moves, days, american=False).mark[:, 0, 0]
    gap = prices - float(strike) if right is CALL else float(strike) - prices
    assert (american >= 100 * np.maximum(gap, 0) - 1e-7).all()
    assert (american >= european - 1e-7).all()
