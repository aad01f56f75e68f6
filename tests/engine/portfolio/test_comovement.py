"""Betas and correlations of what is held, with the sessions that they rest on."""

import numpy as np
import pytest

from engine.domain.scan import Past
from engine.portfolio.comovement import INDEX, comovement_of, known_betas
from tests.builders import NOW

DAY = NOW.date()


def past(returns: np.ndarray) -> Past:
    """Closes from these daily returns, until the day before."""
    last = DAY.toordinal()
    return Past(np.arange(last - returns.size - 1, last), 100 * np.exp(np.concatenate([[0.0], np.cumsum(returns)])))


def worlds(sessions: int) -> dict[str, Past]:
    """TWICE moves twice as much as the index, and SAME as it does; both to the last digit."""
    index = np.random.default_rng(3).normal(0, 0.01, sessions)
    return {INDEX: past(index), "TWICE": past(2 * index), "SAME": past(index)}


def test_a_name_that_moves_twice_as_much_has_a_beta_of_two() -> None:
    moving = comovement_of(("TWICE", "SAME"), worlds(252), DAY)
    assert known_betas(moving.betas) == {"SAME": 1.0, "TWICE": 2.0}
    assert [row.sessions for row in moving.betas] == [252, 252]
    (pair,) = moving.pairs
    assert (pair.first, pair.second, pair.sample, pair.sessions) == ("SAME", "TWICE", 1.0, 60)


@pytest.mark.parametrize(("sessions", "is_known"), [(60, True), (59, False)])
def test_sixty_sessions_make_a_beta(sessions: int, is_known: bool) -> None:
    moving = comovement_of(("TWICE",), worlds(sessions), DAY)
    assert ("TWICE" in known_betas(moving.betas)) is is_known
    assert moving.betas[0].sessions == sessions


def test_the_index_has_a_beta_of_one_whatever_is_known() -> None:
    moving = comovement_of((INDEX, "NEW"), {}, DAY)
    assert known_betas(moving.betas) == {INDEX: 1.0}
    (pair,) = moving.pairs
    assert (pair.correlation, pair.sample, pair.sessions) == (None, None, 0)


def test_too_few_common_sessions_leave_a_pair_unknown_and_say_how_many() -> None:
    known = worlds(100)
    short = known["TWICE"]
    known["TWICE"] = Past(short.day[-31:], short.close[-31:])
    (pair,) = comovement_of(("TWICE", "SAME"), known, DAY).pairs
    assert (pair.correlation, pair.sessions) == (None, 30)
