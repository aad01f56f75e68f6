"""What samples of results say about how much to put behind them: means with shrinkage, and the Kelly fraction."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BISECTIONS = 60


@dataclass(frozen=True, slots=True)
class ShrunkMean:
    """A sample's mean drawn toward that of all samples.

    `raw` and `error` are its own mean and standard error, `weight` in [0, 1] is what of its distance from the common
    mean is believed, `mean` the outcome, and `edge` the believed distance in standard errors (0 where none is).
    """

    raw: float
    error: float
    weight: float
    mean: float
    edge: float


def shrunk_means(samples: Sequence[NDArray[np.float64]]) -> tuple[ShrunkMean, ...]:
    """The means of samples (each (n,), n >= 2, finite), shrunk toward their common mean; in the order given.

    Empirical Bayes with unequal variances: the true means are taken to scatter with variance t around the plain mean
    of all, t being the scatter of the sample means less what their errors alone would give (>= 0), and a sample whose
    mean has variance v keeps the part t / (t + v) of its distance. One sample alone has nobody to differ from: its
    weight is 0. The order of samples changes nothing. Samples are taken as independent; a common market makes the
    differences look less certain than they are, which errs to the safe side.

    Source: B. Efron and C. Morris, "Data Analysis Using Stein's Estimator and its Generalizations", JASA 70 (1975),
    the case of unequal variances; t by moments.
    """
    count = len(samples)
    if not count:
        return ()
    raws = [math.fsum(sample) / len(sample) for sample in samples]
    variances = [
        math.fsum((sample - raw) ** 2) / (len(sample) - 1) / len(sample)
        for sample, raw in zip(samples, raws, strict=True)
    ]
    common = math.fsum(raws) / count
    scatter = math.fsum((raw - common) ** 2 for raw in raws) / (count - 1) if count > 1 else 0.0
    between = max(0.0, scatter - math.fsum(variances) / count)
    found = []
    for raw, variance in zip(raws, variances, strict=True):
        weight = between / (between + variance) if between > 0 else 0.0
        kept, error = weight * (raw - common), math.sqrt(variance)
        edge = kept / error if error > 0 else math.copysign(math.inf, kept) if kept else 0.0
        found.append(ShrunkMean(raw, error, weight, common + kept, edge))
    return tuple(found)


def kelly_fraction(returns: NDArray[np.float64]) -> float:
    """The part of capital in [0, 1] that, risked on each of such trades in turn, lets it grow fastest.

    `returns` (n,): results over what was at risk, equally likely each. Maximises the mean of log(1 + f r), whose slope
    falls in f: 0 where the mean is not above zero, else its root by bisection. No loss may take everything, so f stays
    below 1 / the largest loss.

    Source: J. L. Kelly, "A New Interpretation of Information Rate", Bell System Technical Journal 35 (1956).
    """
    if returns.size == 0 or math.fsum(returns) <= 0:
        return 0.0
    worst = -float(returns.min())
    low, high = 0.0, min(1.0, (1 - 1e-9) / worst) if worst > 0 else 1.0
    if _slope(returns, high) >= 0:
        return high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _slope(returns, middle) > 0 else (low, middle)
    return low


def _slope(returns: NDArray[np.float64], fraction: float) -> float:
    return math.fsum(returns / (1 + fraction * returns))
