"""The clock of the simulated market's variance: a year is a year, whatever holidays and half days it has."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.calendar import Session, session_on
from engine.market.simulated.clock import NIGHT, SESSION, between_closes, minutes_of, session_clock, shares


def session(year: int, month: int, day: int) -> Session:
    found = session_on(dt.date(year, month, day))
    assert found is not None
    return found


def clock(day: dt.date, later: dt.date) -> float:
    return float(between_closes(np.array([day.toordinal()]), np.array([later.toordinal()]))[0])


FRIDAY = dt.date(2026, 1, 9)
HALF_DAY = session(2026, 11, 27)


@pytest.mark.parametrize("year", [2012, 2024, 2026, 2030])
def test_a_calendar_year_is_a_year_of_variance(year: int) -> None:
    assert clock(dt.date(year - 1, 12, 31), dt.date(year, 12, 31)) == pytest.approx(1.0, abs=0.01)


def test_a_weekend_is_three_nights_and_a_session() -> None:
    assert clock(FRIDAY, FRIDAY + dt.timedelta(days=3)) == pytest.approx(3 * NIGHT + SESSION)
    assert clock(FRIDAY, FRIDAY + dt.timedelta(days=2)) == pytest.approx(2 * NIGHT)


def test_a_half_day_counts_for_its_hours() -> None:
    assert minutes_of(HALF_DAY) == 210
    assert session_clock(HALF_DAY) == pytest.approx(SESSION * 210 / 390)
    assert clock(dt.date(2026, 11, 26), HALF_DAY.day) == pytest.approx(NIGHT + SESSION * 210 / 390)


def test_nothing_lies_between_no_days() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert between_closes(none, none).size == 0


@given(*(st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 31)) for _ in range(3)))
def test_spans_add_up_and_turn_round(one: dt.date, two: dt.date, three: dt.date) -> None:
    assert clock(one, three) == pytest.approx(clock(one, two) + clock(two, three), abs=1e-12)
    assert clock(one, two) == pytest.approx(-clock(two, one), abs=1e-12)
    assert (clock(one, two) > 0) == (one < two)


@pytest.mark.parametrize("minutes", [210, 390])
def test_more_happens_at_the_open_and_the_close_than_at_noon(minutes: int) -> None:
    passed = shares(minutes)
    each = np.diff(passed)
    assert passed[0] == 0
    assert passed[-1] == pytest.approx(1)
    assert passed.size == minutes + 1
    assert (each > 0).all()
    np.testing.assert_allclose(each, each[::-1])
    assert each[0] > 2 * each[minutes // 2]
    with pytest.raises(ValueError, match="read-only"):
        passed[0] = 1
