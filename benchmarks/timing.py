"""Fair timing of peers: their runs alternate inside one process, and medians are compared.

Machines that share their cores drift while a benchmark runs. Candidates that take turns drift together, so the ratio
of two medians says more than either of them.
"""

import statistics
import time
from collections.abc import Callable, Mapping


def interleaved_medians(candidates: Mapping[str, Callable[[], object]], repeats: int = 7) -> dict[str, float]:
    """Median seconds of each candidate over `repeats` rounds in which every one runs once, after a round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(repeats + 1):
        for name, run in candidates.items():
            started = time.perf_counter()
            run()
            if turn:
                taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in taken.items()}
