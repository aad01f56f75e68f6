"""Whether a backtest's result may be luck: statistics in and out of sample, and a permutation test.

Both are for a person who asks. Neither looks at anything but the trades of one backtest.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.backtest.result import Backtest
from engine.backtest.statistics import evidence_of
from engine.domain.evidence import Evidence

PERMUTATIONS = 10_000

_AT_ONCE = 1_000_000
"""Signs that are drawn at once: a bound on memory, whatever is asked for."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A backtest before and from a day on: trades belong to the side on which they were opened.

    A trade that was opened before `split` and closed on it or later is in neither, because its result was not known
    when the first part ended; `straddling` counts those.
    """

    split: dt.date
    in_sample: Evidence
    out_of_sample: Evidence
    straddling: int


@dataclass(frozen=True, slots=True)
class Permutation:
    """How often chance alone does as well: `p_value` of `permutations` draws by `seed`."""

    p_value: float
    permutations: int
    seed: int


def walk_forward(backtest: Backtest, splits: Sequence[dt.date]) -> tuple[Fold, ...]:
    """Statistics on both sides of each day: from the start up to it, and from it to the next one or the end.

    Raises ValueError for days that do not ascend, or that leave no day on one side.
    """
    days = list(splits)
    if days != sorted(set(days)) or not all(backtest.first < day <= backtest.last for day in days):
        raise ValueError(
            f"splits ascend and lie after {backtest.first}, at most on {backtest.last}: "
            f"{', '.join(map(str, days)) or 'none'}"
        )
    ends = [*days[1:], backtest.last + dt.timedelta(days=1)]
    return tuple(_fold(backtest, day, end) for day, end in zip(days, ends, strict=True))


def even_splits(first: dt.date, last: dt.date, parts: int) -> tuple[dt.date, ...]:
    """Days that cut a span into so many equal parts. Raises ValueError for fewer than two, or more than it has days."""
    length = (last - first).days + 1
    if not 2 <= parts <= length:
        raise ValueError(f"{length} days cannot be cut into {parts} parts: at least 2, at most a day each")
    return tuple(first + dt.timedelta(days=length * part // parts) for part in range(1, parts))


def permutation_test(backtest: Backtest, permutations: int = PERMUTATIONS, seed: int = 1) -> Permutation | None:
    """One-sided p-value of the mean result after costs, by sign flips; None without a trade.

    Null hypothesis: a trade's result is as likely positive as negative of the same size, each trade for itself, so that
    the mean is zero. Each draw turns every sign by a fair coin; the p-value is the share of draws whose sum is at least
    the one seen, the one seen counted among them (B. Phipson and G. K. Smyth, 2010), so that it is never zero. Sold
    premium is skewed, with many small wins and few large losses: the test is then an approximation. Draws are those of
    numpy's PCG64 from `seed`: the same question has the same answer. Raises ValueError for less than one permutation.
    """
    if permutations < 1:
        raise ValueError(f"{permutations} permutations: at least 1")
    results = np.array([traced.trade.result for traced in backtest.trades], dtype=np.int64)
    if results.size == 0:
        return None
    generator = np.random.default_rng(seed)
    seen, as_good, left = int(results.sum()), 0, permutations
    while left:
        count = min(left, max(1, _AT_ONCE // results.size))
        signs = generator.integers(0, 2, size=(count, results.size), dtype=np.int8) * 2 - 1
        as_good += int(np.count_nonzero(signs @ results >= seen))
        left -= count
    return Permutation((as_good + 1) / (permutations + 1), permutations, seed)


def _fold(backtest: Backtest, split: dt.date, end: dt.date) -> Fold:
    traded = [traced.trade for traced in backtest.trades]
    return Fold(
        split,
        evidence_of(_part(backtest, backtest.first, split)),
        evidence_of(_part(backtest, split, end)),
        sum(1 for trade in traded if trade.opened < split <= trade.closed),
    )


def _part(backtest: Backtest, first: dt.date, end: dt.date) -> Backtest:
    """A backtest from a day to another, that one not included; its equity begins at what was reached before."""
    before = [result for day, result in backtest.equity if day < first]
    level = before[-1] if before else 0
    trades = tuple(traced for traced in backtest.trades if first <= traced.trade.opened and traced.trade.closed < end)
    equity = tuple((day, result - level) for day, result in backtest.equity if first <= day < end)
    return replace(backtest, first=first, last=end - dt.timedelta(days=1), trades=trades, equity=equity)
