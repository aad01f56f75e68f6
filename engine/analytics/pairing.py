"""Which long covers which short: the cheapest pairing of many with many, exactly.

Shorts are to be covered by longs or left alone, each at its cost; a long covers only so many. That is a transport
problem, solved by successive shortest paths with node potentials (Ahuja, Magnanti, Orlin, Network Flows, 9.7). Costs
are whole amounts of money, so the optimum is exact, and ties go to the earlier row and column.
"""

from collections.abc import Sequence

import numpy as np

from engine.core.money import Money
from engine.domain.chain import Ints

_NEVER = 2**60
"""Cost of a pair that is not allowed."""


def cheapest_cover(
    pair_cost: Sequence[Sequence[Money | None]],
    alone_cost: Sequence[Money],
    shorts: Sequence[int],
    longs: Sequence[int],
) -> Ints:
    """How many of each short each long covers, (shorts, longs), at the least total cost; the rest stays alone.

    `pair_cost[i][j]` is the cost of covering one of short i by long j, None where that is not allowed; `alone_cost[i]`
    of leaving one alone. `shorts` and `longs` are how many there are. All costs are at least zero.
    """
    rows, columns = len(shorts), len(longs)
    flow = np.zeros((rows, columns + 1), dtype=np.int64)
    if all(each is None for line in pair_cost for each in line):
        return flow[:, :columns]
    cost = np.full((rows, columns + 1), _NEVER, dtype=np.int64)
    for i, line in enumerate(pair_cost):
        for j, each in enumerate(line):
            if each is not None:
                cost[i, j] = each
        # The last column is being left alone: there is room for all.
        cost[i, columns] = alone_cost[i]
    supply = np.array(shorts, dtype=np.int64)
    room = np.array([*longs, int(supply.sum())], dtype=np.int64)
    of_row, of_column = np.zeros(rows, dtype=np.int64), np.zeros(columns + 1, dtype=np.int64)
    for source in range(rows):
        while supply[source]:
            came_row, came_column, target = _shortest(source, cost, flow, room, of_row, of_column)
            _push(source, target, came_row, came_column, flow, supply, room)
    return flow[:, :columns]


def _shortest(source: int, cost: Ints, flow: Ints, room: Ints, of_row: Ints, of_column: Ints) -> tuple[Ints, Ints, int]:
    """Dijkstra from a row to the nearest column with room; updates the potentials.

    Returns for each row the column that it was reached from, for each column the row, and the target column.
    """
    rows, columns = cost.shape
    far = np.int64(_NEVER)
    to_row, to_column = np.full(rows, far), np.full(columns, far)
    came_row, came_column = np.full(rows, -1, dtype=np.int64), np.full(columns, -1, dtype=np.int64)
    done_row, done_column = np.zeros(rows, dtype=np.bool_), np.zeros(columns, dtype=np.bool_)
    to_row[source] = 0
    while True:
        open_rows, open_columns = np.where(done_row, far, to_row), np.where(done_column, far, to_column)
        row, column = int(np.argmin(open_rows)), int(np.argmin(open_columns))
        if open_rows[row] <= open_columns[column]:
            done_row[row] = True
            reduced = to_row[row] + cost[row] + of_row[row] - of_column
            better = (cost[row] < far) & (reduced < to_column) & ~done_column
            to_column[better], came_column[better] = reduced[better], row
        else:
            done_column[column] = True
            if room[column] > 0:
                break
            back = flow[:, column] > 0
            reduced = to_column[column] - cost[:, column] + of_column[column] - of_row
            better = back & (reduced < to_row) & ~done_row
            to_row[better], came_row[better] = reduced[better], column
    nearest = to_column[column]
    of_row += np.minimum(to_row, nearest)
    of_column += np.minimum(to_column, nearest)
    return came_row, came_column, column


def _push(source: int, target: int, came_row: Ints, came_column: Ints, flow: Ints, supply: Ints, room: Ints) -> None:
    """Send as much as fits along the path from `source` to `target`."""
    path: list[tuple[int, int, int]] = []
    column = target
    while True:
        row = int(came_column[column])
        path.append((row, column, 1))
        if row == source:
            break
        column = int(came_row[row])
        path.append((row, column, -1))
    amount = min(int(supply[source]), int(room[target]))
    amount = min([amount, *(int(flow[row, column]) for row, column, sign in path if sign < 0)])
    for row, column, sign in path:
        flow[row, column] += sign * amount
    supply[source] -= amount
    room[target] -= amount
