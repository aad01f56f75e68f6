"""Max risk structure by structure: the owner's figures, and brute force over every price."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics.max_risk import is_covered_in_time, max_risk, ticket_risk
from engine.core.money import UNIT, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg

FRONT, BACK = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
CALL, PUT = Right.CALL, Right.PUT


def leg(strike: str, right: Right, ratio: int, expiration: dt.date = FRONT) -> Leg:
    return Leg(OptionContract("TSLA", expiration, dollars(strike), right), ratio)


CONDOR = (leg("240", PUT, 1), leg("250", PUT, -1), leg("270", CALL, -1), leg("280", CALL, 1))


def test_the_owners_condor_risks_750() -> None:
    assert max_risk(CONDOR, dollars(250)) == dollars(750)


def test_legs_that_cancel_do_not_count_however_late_they_expire() -> None:
    later = (leg("100", CALL, 1, BACK), leg("100", CALL, -1, BACK))
    assert max_risk((leg("95", PUT, 1), *later), dollars(-100)) == dollars(100)
    assert ticket_risk((leg("95", PUT, 1), *later), dollars(-100), dollars(100)).full == dollars(100)
    assert max_risk((leg("95", PUT, 1), leg("90", PUT, 0, BACK)), dollars(-100)) == dollars(100)


def test_the_owners_calendar_risks_its_cost() -> None:
    calendar = (leg("180", CALL, -1), leg("180", CALL, 1, BACK))
    assert max_risk(calendar, dollars(-320)) == dollars(320)


def test_the_owners_put_risks_a_fall_to_ten_per_cent_below_its_strike() -> None:
    assert max_risk((leg("440", PUT, -1),), dollars(500)) == dollars(4400)
    assert max_risk((leg("440", PUT, -3),), dollars(1500)) == dollars(13_200)


def test_covered_calls_and_shares_risk_ten_per_cent_of_the_spot_less_the_premium() -> None:
    covered = (leg("110", CALL, -1),)
    assert max_risk(covered, dollars(150), dollars(100), 100) == dollars(850)
    assert max_risk((), 0, dollars(100), 300) == dollars(3000)
    assert max_risk((), 0, None, 300) is None


def test_shares_with_calls_on_some_of_them_and_odd_lots_are_measured_by_the_same_fall() -> None:
    # A tenth of 60 on 200 shares is 1,200, on 250 it is 1,500; the full loss would be 12,000 and 15,000.
    call, higher = leg("62", Right.CALL, -1), leg("65", Right.CALL, -1)
    spot = dollars(60)
    assert max_risk([call], dollars(50), spot, shares=200) == dollars(1150)
    assert max_risk([call, higher], dollars(80), spot, shares=200) == dollars(1120)
    assert max_risk([], 0, spot, shares=250) == dollars(1500)
    assert max_risk([call, higher], dollars(80), spot, shares=250) == dollars(1420)
    assert max_risk([call, higher], dollars(80), spot, shares=199) is None, "one is naked"
    assert max_risk([leg("55", Right.PUT, 1)], -dollars(50), spot, shares=100) == dollars(550), (
        "5 to the strike, and 50"
    )


def test_a_diagonal_risks_its_debit_and_the_gap() -> None:
    # Long 100 call in May, short 95 call in April for a debit of 80: above both the gap of 5 is lost as well.
    diagonal = (leg("95", CALL, -1), leg("100", CALL, 1, BACK))
    assert max_risk(diagonal, dollars(-80)) == dollars(580)
    # The other way round there is no gap to lose.
    assert max_risk((leg("100", CALL, -1), leg("95", CALL, 1, BACK)), dollars(-300)) == dollars(300)


def test_what_has_no_bound_says_so() -> None:
    assert max_risk((leg("100", CALL, -1),), dollars(300)) is None
    assert max_risk((), 0, dollars(100), -100) is None
    assert max_risk((leg("100", CALL, 1), leg("100", CALL, -1, BACK)), dollars(300)) is None
    assert not is_covered_in_time((leg("100", CALL, 1), leg("100", CALL, -1, BACK)))


def test_short_shares_under_a_long_call_are_bounded() -> None:
    # Short at 100, call at 110 for 2: at most 10 + 2 a share.
    assert max_risk((leg("110", CALL, 1),), dollars(-200), dollars(100), -100) == dollars(1200)


@given(st.lists(st.tuples(st.sampled_from([CALL, PUT]), st.integers(1, 30), st.integers(-2, 2)), max_size=4),
       st.integers(-300, 300), st.integers(-2, 2))  # fmt: skip
def test_everything_else_is_the_worst_of_every_price(raw: list[tuple[Right, int, int]], cash: int, lots: int) -> None:
    legs = [Leg(OptionContract("TSLA", FRONT, strike, right), ratio) for right, strike, ratio in raw if ratio]
    found = ticket_risk(legs, cash, 15, 100 * lots).full
    results = [
        cash
        + sum(100 * each.ratio * max(0, (at - each.contract.strike) * (1 if each.contract.right is CALL else -1))
              for each in legs)
        + 100 * lots * (at - 15)
        for at in range(400)
    ]  # fmt: skip
    if results[-1] < results[-2]:
        assert found is None
    else:
        assert found == max(0, -min(results))


def test_a_ticket_shows_a_large_move_between_the_rule_and_the_full_loss() -> None:
    put = (leg("95", PUT, -1),)
    risk = ticket_risk(put, dollars(150), dollars(100), years=0.25, volatility=0.3)
    low = 100 * math.exp(-2.33 * 0.3 * 0.5)
    assert risk.move is not None
    assert risk.move / UNIT == pytest.approx(100 * (95 - low) - 150, abs=0.02)
    assert risk.max_risk == dollars(950)
    assert risk.full == dollars(9350)


def test_the_worst_of_a_move_may_lie_inside_it() -> None:
    straddle = (leg("100", PUT, 1), leg("100", CALL, 1))
    assert ticket_risk(straddle, dollars(-900), dollars(100), years=0.5, volatility=0.4).move == dollars(900)


@pytest.mark.parametrize(("years", "volatility"), [(None, 0.3), (0.5, None), (0.5, math.nan), (0.5, math.inf)])
def test_without_a_horizon_the_move_is_unknown(years: float | None, volatility: float | None) -> None:
    assert ticket_risk(CONDOR, dollars(250), dollars(260), years=years, volatility=volatility).move is None
