"""The cheapest cover against every possible one."""

import time
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.pairing import cheapest_cover
from engine.core.money import Money

COSTS = st.one_of(st.none(), st.integers(0, 9))


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[list[Money | None]], list[Money], list[int], list[int]]:
    rows, columns = draw(st.integers(1, 3)), draw(st.integers(0, 3))
    pairs = [[draw(COSTS) for _ in range(columns)] for _ in range(rows)]
    alone = [draw(st.integers(0, 9)) for _ in range(rows)]
    shorts = [draw(st.integers(0, 2)) for _ in range(rows)]
    longs = [draw(st.integers(0, 2)) for _ in range(columns)]
    return pairs, alone, shorts, longs


def total(pairs: list[list[Money | None]], alone: list[Money], shorts: list[int], flow: list[list[int]]) -> int | None:
    """Cost of a cover; None when it uses a pair that is not allowed."""
    cost = 0
    for i, row in enumerate(flow):
        for j, count in enumerate(row):
            each = pairs[i][j]
            if count and each is None:
                return None
            cost += count * (each or 0)
        cost += alone[i] * (shorts[i] - sum(row))
    return cost


@given(problems())
@settings(max_examples=300)
def test_no_other_cover_is_cheaper(
    problem: tuple[list[list[Money | None]], list[Money], list[int], list[int]],
) -> None:
    pairs, alone, shorts, longs = problem
    flow = cheapest_cover(pairs, alone, shorts, longs).tolist()
    assert all(sum(row) <= short for row, short in zip(flow, shorts, strict=True))
    assert all(sum(row[j] for row in flow) <= long for j, long in enumerate(longs))
    found = total(pairs, alone, shorts, flow)
    assert found is not None
    cells = len(shorts) * len(longs)
    best = None
    for counts in product(range(3), repeat=cells):
        other = [list(counts[i * len(longs) : (i + 1) * len(longs)]) for i in range(len(shorts))]
        if any(sum(row) > short for row, short in zip(other, shorts, strict=True)):
            continue
        if any(sum(row[j] for row in other) > long for j, long in enumerate(longs)):
            continue
        cost = total(pairs, alone, shorts, other)
        if cost is not None and (best is None or cost < best):
            best = cost
    assert found == best


def test_greed_would_take_the_wrong_long() -> None:
    # The first short likes the first long a little, the second needs it badly.
    flow = cheapest_cover([[1, 2], [0, 100]], [500, 500], [1, 1], [1, 1])
    assert flow.tolist() == [[0, 1], [1, 0]]


def test_forty_contracts_are_paired_quickly() -> None:
    draw = np.random.default_rng(2)
    pairs: list[list[Money | None]] = draw.integers(0, 100_000, (20, 20)).tolist()
    started = time.perf_counter()
    flow = cheapest_cover(pairs, [90_000] * 20, [10] * 20, [9] * 20)
    assert time.perf_counter() - started < 0.5
    assert flow.sum() <= 180


def test_nothing_to_cover() -> None:
    assert cheapest_cover([], [], [], [3]).shape == (0, 1)
    assert cheapest_cover([[]], [5], [2], []).shape == (1, 0)
