"""Scores of the simulated companies' fundamentals: drawn from the seed alone, revised each quarter.

A company has a quality of its own that hardly changes, and each quarter's score strays from it a little. Funds have no
fundamentals and so no score; of the companies some are followed by nobody.
"""

import datetime as dt
from functools import lru_cache
from itertools import product

import numpy as np

from engine.market.scores import ScoreBook
from engine.market.simulated.universe import COUNT, IS_FUND, SYMBOLS

SOURCE = "simulated analyst"

_STREAM = 104
_MEAN_QUALITY, _QUALITY_DEVIATION = 68.0, 15.0
_REVISION_DEVIATION = 4.0
_UNFOLLOWED = 0.1
"""Chance that nobody scores a company."""
_LOWEST, _HIGHEST = 5.0, 98.0
_KNOWN_AFTER = dt.timedelta(days=45)
"""A quarter's score comes when its report has been read."""


def simulated_scores(seed: int, day: dt.date) -> ScoreBook:
    """All scores of the year of `day` and the one before, on the days from which they are known."""
    return _of_year(seed, day.year)


@lru_cache(maxsize=16)
def _of_year(seed: int, year: int) -> ScoreBook:
    fixed = _generator(seed)
    quality = fixed.normal(_MEAN_QUALITY, _QUALITY_DEVIATION, COUNT)
    is_scored = ~IS_FUND & (fixed.random(COUNT) >= _UNFOLLOWED)
    rows = np.flatnonzero(is_scored).tolist()
    scores = {
        each: np.round(
            np.clip(quality + _generator(seed, *each).normal(0, _REVISION_DEVIATION, COUNT), _LOWEST, _HIGHEST)
        )
        for each in product((year - 1, year), range(4))
    }
    cells = [(row, _known_from(*quarter), found[row]) for row in rows for quarter, found in scores.items()]
    return ScoreBook(
        {
            "symbol": np.array([SYMBOLS[row] for row, _, _ in cells], dtype=np.str_),
            "day": np.array([day.toordinal() for _, day, _ in cells], dtype=np.int64),
            "score": np.array([score for _, _, score in cells], dtype=np.float64),
            "source": np.full(len(cells), SOURCE),
        }
    )


def _known_from(year: int, quarter: int) -> dt.date:
    return dt.date(year, 3 * quarter + 1, 1) + _KNOWN_AFTER


def _generator(seed: int, *parts: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM, *parts])))
