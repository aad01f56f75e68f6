"""A chain as modules read it: which rows are valued, which expirations count, and which strike a delta means."""

import datetime as dt
import gc
import math
import weakref

import numpy as np
import pytest

from engine.analytics.chain_values import chain_values
from engine.core.money import UNIT
from engine.domain.instrument import Right
from engine.modules.board import board_of, days_listed, remember, row_at_delta, values_with
from tests.option_markets import NOON, RATE, day_in, requoted, row_of, term_chain

CHAIN = term_chain({28: 0.25, 60: 0.25})
FRONT, BACK = (day_in(days).toordinal() for days in (28, 60))
BOARD = board_of(CHAIN, FRONT, NOON, RATE)


def strikes(marked: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[float]:
    return sorted((BOARD.strike[marked] / UNIT).tolist())


def test_one_expiration_is_valued_out_of_the_money_and_fifteen_percent_into_it() -> None:
    calls, puts = BOARD.listed(FRONT, puts=False), BOARD.listed(FRONT, puts=True)
    assert strikes(calls)[0] >= 85
    assert strikes(puts)[-1] <= 115
    assert {100, 110, 86}.issubset(strikes(calls)), "a call 14 % in the money is worth looking at"
    assert {100, 90, 105}.issubset(strikes(puts))
    assert not BOARD.listed(BACK, puts=False).any(), "the other expiration was not asked for"


def test_a_row_without_a_sound_quote_is_listed_nowhere() -> None:
    crossed = requoted(CHAIN, {(28, 105, Right.CALL): (2.0, 1.0)})
    board = board_of(crossed, FRONT, NOON, RATE)
    assert not board.listed(FRONT, puts=False)[row_of(crossed, 28, 105, Right.CALL)]
    assert BOARD.listed(FRONT, puts=False)[row_of(CHAIN, 28, 105, Right.CALL)]


def test_values_are_worked_out_once_for_a_chain_a_time_and_a_rate() -> None:
    assert board_of(CHAIN, FRONT, NOON, RATE).values is BOARD.values
    assert board_of(CHAIN, FRONT, NOON + dt.timedelta(minutes=1), RATE).values is not BOARD.values
    assert board_of(CHAIN, FRONT, NOON, 0.03).values is not BOARD.values
    assert board_of(CHAIN, BACK, NOON, RATE).values is not BOARD.values


def test_values_that_are_known_already_answer_for_every_expiration() -> None:
    chain = term_chain({28: 0.25, 60: 0.25})
    values = chain_values(chain, NOON, RATE)
    remember(chain, values, NOON, RATE)
    front, back = (board_of(chain, ordinal, NOON, RATE) for ordinal in (FRONT, BACK))
    assert front.values is back.values
    assert front.values is values
    assert front.listed(BACK, puts=True).any()


def test_only_values_of_a_whole_chain_at_that_time_and_rate_are_known_already() -> None:
    chain = term_chain({28: 0.25, 60: 0.25})
    board_of(chain, FRONT, NOON, RATE)
    assert values_with(chain, NOON, RATE) is None

    values = chain_values(chain, NOON, RATE)
    remember(chain, values, NOON, RATE)
    assert values_with(chain, NOON, RATE) is values
    assert values_with(chain, NOON, RATE + 0.01) is None


def test_a_chain_that_nobody_holds_is_let_go_of_with_its_values() -> None:
    chain = term_chain({28: 0.25, 60: 0.25})
    board_of(chain, FRONT, NOON, RATE)
    remember(chain, chain_values(chain, NOON, RATE), NOON, RATE)
    gone = weakref.ref(chain)

    del chain
    gc.collect()

    assert gone() is None


@pytest.mark.parametrize(
    ("band", "expected"),
    [((20, 50), [36, 30, 44, 25]), ((30, 44), [36, 30, 44]), ((31, 35), []), ((25, 25), [25])],
)
def test_expirations_within_a_band_come_nearest_its_middle_first(band: tuple[int, int], expected: list[int]) -> None:
    chain = term_chain({25: 0.2, 30: 0.2, 36: 0.2, 44: 0.2}, strikes=(95, 106, 5))
    assert days_listed(chain, NOON, *band) == expected


def test_of_two_expirations_equally_far_from_the_middle_the_earlier_comes_first() -> None:
    chain = term_chain({44: 0.2, 30: 0.2}, strikes=(95, 106, 5))
    assert days_listed(chain, NOON, 30, 44) == [30, 44]


@pytest.mark.parametrize("puts", [True, False])
def test_the_strike_nearest_the_middle_of_a_band_of_deltas_is_taken(puts: bool) -> None:
    rows = BOARD.listed(FRONT, puts=puts)
    delta = np.abs(BOARD.values.delta) * 100
    row = row_at_delta(BOARD, rows, 20, 30)
    assert row is not None
    assert abs(delta[row] - 25) == pytest.approx(np.nanmin(np.abs(delta[rows] - 25)), abs=1e-6)


def test_both_ends_of_a_band_count_and_an_empty_band_gives_none() -> None:
    rows = BOARD.listed(FRONT, puts=False)
    delta = abs(float(BOARD.values.delta[row_of(CHAIN, 28, 105, Right.CALL)])) * 100
    assert row_at_delta(BOARD, rows, delta, delta) == row_of(CHAIN, 28, 105, Right.CALL)
    assert row_at_delta(BOARD, rows, math.nextafter(delta, 100), delta + 0.001) is None
    assert row_at_delta(BOARD, np.zeros_like(rows), 0, 100) is None


def test_of_two_strikes_equally_near_the_one_further_from_the_money_is_taken() -> None:
    rows = np.zeros_like(BOARD.is_usable)
    near, far = (row_of(CHAIN, 28, strike, Right.CALL) for strike in (104, 107))
    rows[[near, far]] = True
    low, high = (float(BOARD.values.delta[row]) * 100 for row in (far, near))
    assert row_at_delta(BOARD, rows, low, high) == far
