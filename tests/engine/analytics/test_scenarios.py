"""A book over moves of price, volatility and date: against single prices, by hand, and what must hold for any book."""

import math
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vollib.black_scholes import black_scholes

from engine.analytics.american import american_price
from engine.analytics.scenarios import (
    Legs,
    Moves,
    joint_moves,
    money_shares,
    revalue,
)

RATE = 0.04
CALM = np.zeros(1)

Terms: TypeAlias = tuple[str, float, float, float, int, int]
"""C, P or S (shares); strike; years; volatility; signed shares; position."""


def book(*legs: Terms, symbol: int = 0, spot: float = 100.0) -> Legs:
    """Legs of one underlying."""
    kind = [leg[0] for leg in legs]
    strike, years, volatility = (np.array([leg[place] for leg in legs], dtype=np.float64) for place in (1, 2, 3))
    return Legs(
        spot=np.full(len(legs), spot),
        forward=spot * np.exp(RATE * years),
        strike=np.where(np.array(kind) == "S", np.nan, strike),
        years=years,
        rate=np.full(len(legs), RATE),
        volatility=volatility,
        is_put=np.array(kind) == "P",
        size=np.array([leg[4] for leg in legs], dtype=np.float64),
        position=np.array([leg[5] for leg in legs], dtype=np.int64),
        symbol=np.full(len(legs), symbol),
    )


def condor(
    quantity: int = 1, position: int = 0, years: float = 0.1
) -> tuple[tuple[str, float, float, float, int, int], ...]:
    shape = (("P", 85.0, 1), ("P", 90.0, -1), ("C", 110.0, -1), ("C", 115.0, 1))
    return tuple((kind, strike, years, 0.3, side * 100 * quantity, position) for kind, strike, side in shape)


def test_european_cells_are_vollibs() -> None:
    legs = book(("C", 105.0, 0.5, 0.3, 100, 0), ("P", 95.0, 0.25, 0.4, -200, 0))
    moves = Moves(np.array([-0.2, 0.0, 0.1]), np.array([-0.25, 0.0, 0.5]))
    found = revalue(legs, moves, american=False).netted

    def worth(spot: float, shift: float) -> float:
        call = black_scholes("c", spot, 105.0, 0.5, RATE, 0.3 * (1 + shift))
        put = black_scholes("p", spot, 95.0, 0.25, RATE, 0.4 * (1 + shift))
        return float(100 * call - 200 * put)

    for p, move in enumerate(moves.price.tolist()):
        for v, shift in enumerate(moves.volatility.tolist()):
            assert found[p, v] == pytest.approx(worth(100 * (1 + move), shift) - worth(100.0, 0.0), abs=1e-6)


def test_american_cells_are_american_prices() -> None:
    legs = book(("P", 120.0, 0.8, 0.25, -100, 0))
    found = revalue(legs, Moves(np.array([-0.3, 0.2]), np.array([0.0, 0.4]))).netted
    start = american_price(100.0, 100 * math.exp(RATE * 0.8), 120.0, 0.8, RATE, 0.25, True)[0]
    for p, spot in enumerate((70.0, 120.0)):
        for v, volatility in enumerate((0.25, 0.35)):
            price = american_price(spot, spot * math.exp(RATE * 0.8), 120.0, 0.8, RATE, volatility, True)[0]
            assert found[p, v] == pytest.approx(-100 * (price - start), abs=1e-4)


def test_days_pass_first_and_expired_options_are_worth_what_exercise_brings() -> None:
    legs = book(("P", 95.0, 10 / 365, 0.3, -100, 0))
    start = american_price(100.0, 100 * math.exp(RATE * 10 / 365), 95.0, 10 / 365, RATE, 0.3, True)[0]
    for days in (10.0, 25.0):
        found = revalue(legs, Moves(np.array([-0.10, 0.0]), CALM, days)).netted[:, 0]
        np.testing.assert_allclose(found, [100 * (start - 5.0), 100 * start], atol=1e-6)
    later = revalue(legs, Moves(CALM, CALM, 4.0)).netted[0, 0]
    rest = american_price(100.0, 100 * math.exp(RATE * 6 / 365), 95.0, 6 / 365, RATE, 0.3, True)[0]
    assert later == pytest.approx(100 * (start - rest), abs=1e-6)


def test_shares_move_with_the_price_alone() -> None:
    found = revalue(book(("S", 0.0, 0.0, 0.0, -300, 0)), Moves(np.array([-0.1, 0.0, 0.2]), np.array([0.0, 1.0])))
    np.testing.assert_allclose(found.netted, [[3000, 3000], [0, 0], [-6000, -6000]])


def test_opposite_positions_net_to_nothing() -> None:
    legs = book(*condor(2, 0), *condor(-2, 1))
    found = revalue(legs, Moves(np.linspace(-0.4, 0.4, 9), np.array([-0.3, 0.0, 0.6])))
    np.testing.assert_allclose(found.netted, 0.0, atol=1e-9)
    assert np.abs(found.by_position).max() > 100


def test_a_condor_held_to_expiry_loses_its_width_less_what_it_was_worth() -> None:
    legs = book(*condor(3))
    moves = Moves(np.linspace(-0.5, 0.5, 101), np.array([0.0, 1.0]), days=40)
    found = revalue(legs, moves)
    worth = -revalue(legs, Moves(CALM, CALM, days=40)).netted[0, 0]
    # In the middle nothing is left of it: the whole present value is won; in the wings five dollars are lost.
    assert -found.netted.min() == pytest.approx(3 * 500 + worth, abs=1e-6)


def test_the_market_falls_together_by_beta() -> None:
    calm, wild = book(("S", 0.0, 0.0, 0.0, 100, 0)), book(("S", 0.0, 0.0, 0.0, 100, 1), symbol=1, spot=50.0)
    legs = Legs(*(np.concatenate((getattr(calm, name), getattr(wild, name))) for name in Legs.__dataclass_fields__))
    moves = joint_moves(np.array([-0.2, 0.1]), np.array([0.5, 2.0]), volatility_per_fall=4.0)
    np.testing.assert_allclose(moves.volatility[:, 0], [0.8, 0.0])
    found = revalue(legs, moves)
    np.testing.assert_allclose(found.by_position[:, :, 0], [[-1000.0, 500.0], [-2000.0, 1000.0]])
    assert joint_moves(np.array([-0.6]), np.array([2.0])).price[0, 0] == -0.99


def test_a_fall_lifts_volatility_in_its_own_rows_only() -> None:
    legs = book(("C", 130.0, 0.3, 0.3, 100, 0))
    together = revalue(legs, joint_moves(np.array([-0.1, 0.1]), np.ones(1), 4.0), american=False).netted[:, 0]
    fall = revalue(legs, Moves(np.array([-0.1]), np.array([0.4])), american=False).netted[0, 0]
    rise = revalue(legs, Moves(np.array([0.1]), CALM), american=False).netted[0, 0]
    np.testing.assert_allclose(together, [fall, rise])


def test_a_leg_that_cannot_be_valued_makes_its_position_and_the_net_unknown() -> None:
    legs = book(("P", 95.0, 0.2, math.nan, -100, 0), ("C", 105.0, 0.2, 0.3, -100, 1), ("S", 0.0, 0.0, 0.0, 100, 1))
    found = revalue(legs, Moves(np.array([-0.1, 0.1]), CALM))
    assert found.missing.tolist() == [1, 0]
    assert np.isnan(found.by_position[0]).all()
    assert np.isfinite(found.by_position[1]).all()
    assert np.isnan(found.netted).all()


def test_an_empty_book_has_nothing_to_lose() -> None:
    legs = book()
    found = revalue(legs, Moves(np.array([-0.1, 0.1]), CALM))
    assert found.netted.tolist() == [[0.0], [0.0]]


def test_a_price_cannot_fall_by_all_of_itself() -> None:
    with pytest.raises(ValueError, match="fall"):
        revalue(book(("S", 0.0, 0.0, 0.0, 1, 0)), Moves(np.array([-1.0]), CALM))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
def test_shares_in_money_add_up_to_the_last_unit(shares: list[float]) -> None:
    exact = np.array(shares)
    loss = round(math.fsum(shares) * 10_000)
    amounts = money_shares(loss, exact)
    assert sum(amounts) == loss
    assert all(abs(amount - share * 10_000) <= 2 for amount, share in zip(amounts, shares, strict=True))


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="add up"):
        money_shares(30_000, np.array([1.0, 1.0]))
    with pytest.raises(ValueError, match="add up"):
        money_shares(10_000, np.array([math.nan]))
