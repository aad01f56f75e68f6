"""The stress figure by hand."""

import math

import numpy as np
import pytest

from engine.analytics.american import american_price
from engine.analytics.portfolio_margin import MOVES, StressClass, stress_requirement
from tests.engine.analytics.test_scenarios import RATE, book, condor


def test_shares_lose_the_whole_move() -> None:
    assert stress_requirement(book(("S", 0.0, 0.0, 0.0, 200, 0))) == pytest.approx(3000)
    assert stress_requirement(book(("S", 0.0, 0.0, 0.0, -200, 0)), StressClass.LARGE_INDEX) == pytest.approx(1200)


def test_a_short_put_at_the_deepest_fall() -> None:
    legs = book(("P", 95.0, 0.3, 0.3, -100, 0))
    growth = math.exp(RATE * 0.3)
    prices = [american_price(spot, spot * growth, 95.0, 0.3, RATE, 0.3, True)[0] for spot in (85.0, 100.0)]
    assert stress_requirement(legs) == pytest.approx(100 * (prices[0] - prices[1]), abs=0.01)


def test_a_worthless_short_still_takes_the_least() -> None:
    assert stress_requirement(book(("C", 300.0, 0.05, 0.2, -400, 0))) == pytest.approx(150.0)


def test_a_condor_needs_less_than_its_width() -> None:
    assert 0 < stress_requirement(book(*condor(2))) < 1000


def test_an_unknown_leg_makes_it_unknown() -> None:
    assert math.isnan(stress_requirement(book(("P", 95.0, 0.3, math.nan, -100, 0))))


@pytest.mark.parametrize("stress", list(StressClass))
def test_ten_moves_from_end_to_end_without_standing_still(stress: StressClass) -> None:
    assert stress.moves.size == MOVES
    assert (np.diff(stress.moves) > 0).all()
    assert (stress.moves[0], stress.moves[-1]) == stress.value
    assert (stress.moves != 0).all()
