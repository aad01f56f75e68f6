"""Buying power structure by structure: the product's examples."""

import datetime as dt

from engine.analytics.buying_power import buying_power
from engine.core.money import Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg, condor_buying_power
from tests.builders import condor

FRONT, BACK = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
CALL, PUT = Right.CALL, Right.PUT


def leg(strike: str, right: Right, count: int, expiration: dt.date = FRONT) -> Leg:
    return Leg(OptionContract("TSLA", expiration, dollars(strike), right), count)


def power(*legs: Leg, cash: str = "0", spot: str = "100", shares: int = 0) -> Money | None:
    return buying_power(legs, dollars(cash), dollars(spot), {each.contract: dollars(1) for each in legs}, shares)


def test_the_owners_condor() -> None:
    structure = condor((240, 250, 270, 280))
    legs = [Leg(each.contract, each.ratio * 2) for each in structure.legs]
    assert power(*legs, cash="500", spot="260") == dollars(1500)
    assert power(*legs, cash="500", spot="260") == condor_buying_power(structure, dollars("-2.50"), 2)


def test_a_condor_takes_its_wider_wing_however_wide_and_in_any_order() -> None:
    for strikes, credit in (((80, 89, 110, 122), "1.80"), ((70, 90, 110, 130), "1.80"), ((85, 100, 100, 108), "6")):
        structure = condor(strikes)
        legs = [Leg(each.contract, each.ratio * 3) for each in reversed(structure.legs)]
        expected = condor_buying_power(structure, -dollars(credit), 3)
        assert power(*legs, cash=str(float(credit) * 300)) == expected


def test_a_cash_secured_put_takes_its_strike() -> None:
    assert power(leg("440", PUT, -1), cash="500") == dollars(44_000)


def test_legs_that_cancel_do_not_count() -> None:
    legs = (leg("95", PUT, -1), leg("100", CALL, 1), leg("100", CALL, -1))
    assert power(*legs) == dollars(9500)


def test_debits_take_the_debit_and_diagonals_the_gap_as_well() -> None:
    assert power(leg("180", CALL, -1), leg("180", CALL, 1, BACK), cash="-320") == dollars(320)
    assert power(leg("95", CALL, -1), leg("100", CALL, 1, BACK), cash="-80") == dollars(580)
    assert power(leg("100", CALL, 1), leg("100", PUT, 1), cash="-900") == dollars(900)


def test_a_covered_call_takes_the_shares() -> None:
    assert power(leg("110", CALL, -2), cash="300", shares=200) == dollars(20_000)
    assert power(shares=100) == dollars(10_000)


def test_short_shares_take_one_and_a_half_times_their_value() -> None:
    assert power(shares=-100) == dollars(15_000)


def test_without_a_price_there_is_no_figure() -> None:
    assert buying_power([leg("100", CALL, -1)], 0, None, {}) is None
    assert buying_power([], 0, None, {}, 100) is None
