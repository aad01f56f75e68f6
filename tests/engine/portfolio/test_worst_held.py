"""What no quote changes: corners, costs and groups of two underlyings in two modules, by hand."""

import numpy as np

from engine.analytics.stress_cells import INDEX_FALLS, KINDS, PRICE_MOVES, cells_of_book
from engine.core.money import dollars
from engine.domain.instrument import MULTIPLIER
from engine.portfolio.worst_held import CRASH, JOINT, frame_of, held_of
from tests.engine.portfolio.test_worst_case import held
from tests.engine.risk.books import FRONT

MODULES = ("iv", "puts")
SPREAD = held("P1", "+P90 -P100", cost=-300)
PUTS = held("P2", "-P100", "puts", quantity=2, cost=-500)
OTHER = held("P3", "+C50", "puts", symbol="BBB", cost=120)


def test_each_row_is_a_module_and_each_corner_a_strike_or_nothing() -> None:
    one = held_of("AAA", (SPREAD, PUTS), MODULES)
    assert one.frame.prices.tolist() == [0, dollars(90), dollars(100)]
    # At nothing the spread owes 10 a share and two puts 100; at 90 they owe 10, at 100 nobody owes anything.
    owed = [[-10, -10, 0], [-200, -20, 0]]
    assert one.corners.tolist() == [[dollars(each) * MULTIPLIER for each in row] for row in owed]
    assert one.tails.tolist() == [[0], [0]], "puts owe nothing above"
    assert one.costs.tolist() == [dollars(-300), dollars(-500)]
    assert one.alone_corners is one.corners


def test_a_frame_lays_the_underlyings_side_by_side() -> None:
    frame = frame_of((held_of("AAA", (SPREAD, PUTS), MODULES), held_of("BBB", (OTHER,), MODULES)))
    assert frame.groups == (("AAA", FRONT), ("BBB", FRONT))
    assert (frame.layout.groups.tolist(), frame.ends.tolist()) == ([0, 3], [3, 5])
    assert frame.prices.tolist() == [0, dollars(90), dollars(100), 0, dollars(50)]
    assert frame.costs.tolist() == [[dollars(-300), 0], [dollars(-500), dollars(120)]]
    assert frame.fixed.shape == (2, 5 + 2)
    assert frame.fixed[:, -1].tolist() == [0, MULTIPLIER], "one call for each dollar above"
    assert frame.alone is frame.fixed


def test_the_cells_are_as_many_as_the_grid_has() -> None:
    for count in (1, 2, 3):
        own = held_of("AAA", (SPREAD,), ("iv",))
        moves = np.zeros((1, PRICE_MOVES.size, KINDS), dtype=np.int64)
        parts = [(place, moves, np.zeros((1, 2 * INDEX_FALLS.size), dtype=np.int64)) for place in range(count)]
        assert frame_of((own,) * count).layout.cells == cells_of_book(parts, count).shape[1]
    assert (PRICE_MOVES.size * KINDS, 6) == (JOINT, CRASH)
