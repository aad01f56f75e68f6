"""Cells of the scenario grid against a formula written out here, and against American values."""

import math

import numpy as np
import pytest

from engine.analytics.american import american_price
from engine.analytics.stress_cells import (
    ASSIGNED,
    CALM,
    EXPIRY,
    INDEX_FALLS,
    LATER,
    LATER_DAYS,
    NOW,
    PRICE_MOVES,
    VOLATILITY_MOVES,
    Entry,
    Prices,
    SymbolCells,
    cells_of_book,
    symbol_cells,
)
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT, Money, dollars
from engine.domain.quote import Quote
from tests.engine.risk.books import FRONT, RATE, contract
from tests.engine.risk.books import NOW as AT

STOCK = Quote(dollars("99.99"), dollars("100.01"), AT)
CALL, PUT = contract("C110"), contract("P110")


def market(spot: Quote | None = STOCK, beta: float | None = None, **quotes: Quote) -> Prices:
    stocks = {} if spot is None else {"AAA": spot}
    named = {contract(name): quote for name, quote in quotes.items()}
    return Prices(AT, named, stocks, dict.fromkeys((CALL, PUT), 0.3), RATE, {} if beta is None else {"AAA": beta})


def cells(*entries: Entry, prices: Prices | None = None) -> SymbolCells:
    return symbol_cells("AAA", entries, market() if prices is None else prices)


def european(spot: float, strike: float, years: float, volatility: float, *, is_put: bool = False) -> float:
    """Black and Scholes, without dividends."""
    spread = volatility * math.sqrt(years)
    upper = (math.log(spot / strike) + RATE * years) / spread + spread / 2
    below, above = ((1 + math.erf(x / math.sqrt(2))) / 2 for x in (upper - spread, upper))
    call = spot * above - strike * math.exp(-RATE * years) * below
    return call - spot + strike * math.exp(-RATE * years) if is_put else call


def money(value: float) -> Money:
    return round(100 * value * UNIT)


YEARS = years_to_expiry(AT, FRONT)


@pytest.mark.parametrize(("move", "shift"), [(0, 0), (6, 2), (9, 1), (12, 2), (12, 0)])
def test_a_call_is_revalued_now_and_days_later(move: int, shift: int) -> None:
    (row,) = cells((CALL, False)).moves
    now = european(100, 110, YEARS, 0.3)
    spot, volatility = 100 * (1 + PRICE_MOVES[move]), 0.3 * (1 + VOLATILITY_MOVES[shift])
    for start, years in ((NOW, YEARS), (LATER, YEARS - LATER_DAYS / 365)):
        value = max(european(spot, 110, years, volatility), spot - 110)
        assert row[move, start + shift] == pytest.approx(money(value - now), abs=2)
    assert row[move, EXPIRY] == pytest.approx(money(max(spot - 110, 0) - now), abs=2)


@pytest.mark.parametrize("beta", [None, 0.5, 2.0, -0.4])
def test_in_the_crash_it_falls_by_its_beta_and_volatility_rises_by_four_times_the_fall(beta: float | None) -> None:
    (row,) = cells((PUT, False), prices=market(beta=beta)).crash
    now = max(european(100, 110, YEARS, 0.3, is_put=True), 10)
    for place, fall in enumerate(INDEX_FALLS.tolist()):
        spot = 100 * (1 + fall * (1.0 if beta is None else beta))
        value = max(european(spot, 110, YEARS, 0.3 * (1 - 4 * fall), is_put=True), 110 - spot)
        assert row[place] == pytest.approx(money(value - now), abs=2)


def test_only_short_options_are_assigned_and_are_then_worth_what_exercise_brings() -> None:
    long, short = cells((CALL, False), (CALL, True)).moves
    now = european(100, 110, YEARS, 0.3)
    assert (long[:, ASSIGNED] == long[:, NOW + 1]).all()
    assert short[-1, ASSIGNED] == pytest.approx(money(20 - now), abs=2)
    assert (short[:, ASSIGNED] <= short[:, NOW + 1]).all()
    crash = cells((PUT, True)).crash[0]
    assert (crash[3:] <= crash[:3]).all()


def test_shares_move_with_their_price_whatever_the_volatility() -> None:
    (row,) = cells((None, True)).moves
    assert row.tolist() == [[round(5 * (place - CALM)) * UNIT] * row.shape[1] for place in range(PRICE_MOVES.size)]
    assert cells((None, False), prices=market(beta=2.0)).crash[0].tolist() == [-20 * UNIT, -40 * UNIT, -60 * UNIT] * 2


def test_values_lie_between_exercise_and_american_ones_and_are_close_to_those() -> None:
    (row,) = cells((PUT, False)).moves
    spots = 100 * (1 + PRICE_MOVES)
    exact = american_price(spots, spots * math.exp(RATE * YEARS), 110.0, YEARS, RATE, 0.3, True)
    now = max(european(100, 110, YEARS, 0.3, is_put=True), 10)
    found = row[:, NOW + 1] / UNIT / 100 + now
    assert (found <= exact + 1e-6).all()
    assert (found >= np.maximum(110 - spots, 0) - 1e-6).all()
    assert np.abs(found - exact).max() < 0.25


def test_nothing_long_loses_more_than_its_mark() -> None:
    row = cells((CALL, False), prices=market(C110=Quote(dollars("0.10"), dollars("0.20"), AT)))
    assert row.marks.tolist() == [dollars(15)]
    assert row.moves.min() == row.crash.min() == -dollars(15)


def test_what_is_not_known_is_said() -> None:
    found = cells((contract("C105"), False), (CALL, False), (None, False))
    assert found.unfollowed.tolist() == [True, False, False]
    assert (found.moves[0] == found.moves[0][:, :1]).all()
    lost = cells((CALL, False), (None, False), prices=market(spot=None))
    assert not lost.is_priced
    assert lost.marks.tolist() == [0, 0]
    assert not lost.moves.any()
    assert not lost.crash.any()


def test_in_a_book_all_move_together_or_one_while_the_others_stand_still() -> None:
    own, other = cells((None, False)), cells((None, False), prices=market(beta=2.0))
    size = own.moves[0].size
    (row,) = cells_of_book([(0, own.moves, own.crash), (1, 3 * other.moves, other.crash)], 2)
    joint, crash, first, second = np.split(row, [size, size + 6, 2 * size + 6])
    assert (joint == 4 * own.moves.ravel()).all()
    assert (crash == 3 * own.crash[0]).all()
    assert (first == own.moves.ravel()).all()
    assert (second == 3 * own.moves.ravel()).all()
    (alone,) = cells_of_book([(0, own.moves, own.crash)], 1)
    assert alone.tolist() == [*own.moves.ravel().tolist(), *own.crash[0].tolist()]
