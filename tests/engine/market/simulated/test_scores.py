"""Scores in the simulated market: the same for a seed, a believable spread, some names without, nothing from later."""

import datetime as dt

import numpy as np

from engine.market.simulated.scores import SOURCE, simulated_scores
from engine.market.simulated.universe import UNDERLYINGS

DAY = dt.date(2026, 3, 16)
FUNDS = {each.symbol for each in UNDERLYINGS if each.is_fund}


def test_a_seed_has_its_scores_and_another_seed_others() -> None:
    assert simulated_scores(1, DAY).on(DAY) == simulated_scores(1, DAY).on(DAY)
    assert simulated_scores(1, DAY).on(DAY) != simulated_scores(2, DAY).on(DAY)


def test_some_companies_pass_some_fail_some_have_none_and_funds_never_have_one() -> None:
    for seed in range(30):
        found = simulated_scores(seed, DAY).on(DAY)
        scores = np.array([each.score for each in found.values()])
        assert FUNDS.isdisjoint(found)
        assert {each.source for each in found.values()} == {SOURCE}
        assert 20 <= len(found) <= len(UNDERLYINGS) - len(FUNDS)
        assert ((scores >= 0) & (scores <= 100)).all()
        assert 3 <= (scores >= 70).sum() <= len(found) - 3
    sizes = {len(simulated_scores(seed, DAY).on(DAY)) for seed in range(30)}
    assert max(sizes) < len(UNDERLYINGS) - len(FUNDS) or len(sizes) > 1, "nobody is left without a score"


def test_a_score_is_told_from_its_day_on_and_stays_over_the_turn_of_the_year() -> None:
    for day in (dt.date(2026, 1, 2), dt.date(2026, 2, 14), dt.date(2026, 2, 15), dt.date(2026, 12, 31)):
        as_of = {each.as_of for each in simulated_scores(1, day).on(day).values()}
        assert as_of == {max(each for each in _known_days() if each <= day)}
    # A year's first day tells what its eve told, although another year was drawn.
    eve, first = dt.date(2026, 12, 31), dt.date(2027, 1, 1)
    assert simulated_scores(1, eve).on(eve) == simulated_scores(1, first).on(first)


def _known_days() -> list[dt.date]:
    quarters = [dt.date(year, month, 1) for year in (2025, 2026) for month in (1, 4, 7, 10)]
    return [each + dt.timedelta(days=45) for each in quarters]


def test_quality_lasts_while_scores_are_revised() -> None:
    later = dt.date(2026, 6, 1)
    before, after = simulated_scores(1, DAY).on(DAY), simulated_scores(1, later).on(later)
    pairs = np.array([(before[symbol].score, after[symbol].score) for symbol in before])
    assert np.corrcoef(pairs.T)[0, 1] > 0.8
    assert (pairs[:, 0] != pairs[:, 1]).any()
