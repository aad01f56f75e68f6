"""What the worst case of a book rests on that no quote changes: of each underlying, and of all of them together."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analytics import stress_cells as stress
from engine.analytics.book_worst import Corners, Layout, corners_of, layout_of, sorted_entries
from engine.analytics.payoff import NO_EXPIRATION, Holding, Part, settled_apart, settled_parts
from engine.analytics.stress_cells import Entry
from engine.domain.chain import Ints
from engine.domain.instrument import OptionContract
from engine.domain.position import Position

JOINT = stress.PRICE_MOVES.size * stress.KINDS
"""Cells in which everything moves together..."""
CRASH = 2 * stress.INDEX_FALLS.size
"""...and of the crash, which follow them."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What is held of one underlying, which no quote changes. Rows are modules.

    `counts` (modules, entries); `corners` and `tails` netted, and `alone` as if each module held nothing but its own.
    `costs` (modules,): paid (+) or received.
    """

    symbol: str
    positions: tuple[Position, ...]
    modules: tuple[str, ...]
    contracts: tuple[OptionContract, ...]
    entries: tuple[Entry, ...]
    counts: Ints
    frame: Corners
    corners: Ints
    tails: Ints
    alone_corners: Ints
    alone_tails: Ints
    costs: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What no quote changes of all underlyings together.

    `fixed` (modules, corners and tails) are netted and `alone` as if each module held nothing but its own; the same
    array where nothing is settled otherwise. `costs` (modules, symbols). `prices` (corners,) and the underlying and
    expiration of each group of them; `ends` are where the groups end.
    """

    held: tuple[Held, ...]
    layout: Layout
    fixed: Ints
    alone: Ints
    costs: Ints
    prices: Ints
    groups: tuple[tuple[str, dt.date | None], ...]
    ends: NDArray[np.intp]


def held_of(symbol: str, positions: tuple[Position, ...], modules: tuple[str, ...]) -> Held:
    """What is held of one underlying."""
    holdings = [Holding.of(position) for position in positions]
    owners = [position.module_id for position in positions]
    together, apart = settled_parts(holdings, owners), settled_apart(holdings, owners)
    entries = sorted_entries({(part.contract, part.count < 0) for part in together})
    place = {entry: column for column, entry in enumerate(entries)}
    row = {module: number for number, module in enumerate(modules)}
    counts = np.zeros((len(modules), len(entries)), dtype=np.int64)
    costs = np.zeros(len(modules), dtype=np.int64)
    for part in together:
        counts[row[owners[part.holding]], place[part.contract, part.count < 0]] += part.count
    for position in positions:
        costs[row[position.module_id]] += position.cost
    keys = [part.group for part in (*together, *apart)]
    frame = corners_of(together, keys)
    corners, tails = _summed(together, frame, owners, row)
    alone = corners, tails
    if apart != together:
        alone = _summed(apart, corners_of(apart, keys), owners, row)
    contracts = tuple(dict.fromkeys(contract for contract, _ in entries if contract is not None))
    return Held(symbol, positions, modules, contracts, entries, counts, frame, corners, tails, *alone, costs)


def _summed(parts: Sequence[Part], frame: Corners, owners: Sequence[str], row: Mapping[str, int]) -> tuple[Ints, Ints]:
    """Values at the corners and shares above the last strike, by module."""
    owner = np.array([row[owners[part.holding]] for part in parts], dtype=np.intp)
    count = np.array([part.count for part in parts], dtype=np.int64)
    corners = np.zeros((len(row), frame.prices.size), dtype=np.int64)
    tails = np.zeros((len(row), len(frame.keys)), dtype=np.int64)
    np.add.at(corners, owner, frame.values * count[:, None])
    np.add.at(tails, owner, frame.tails * count[:, None])
    return corners, tails


def frame_of(held: tuple[Held, ...]) -> Frame:
    """All underlyings together, one at the least."""
    symbols = len(held)
    # All together and, with more than one, each by itself: see `cells_of_book`.
    layout = layout_of(JOINT * (symbols + 1 if symbols > 1 else 1) + CRASH, [own.frame for own in held])
    fixed = alone = np.concatenate([own.corners for own in held] + [own.tails for own in held], axis=1)
    if any(own.alone_corners is not own.corners for own in held):
        alone = np.concatenate([own.alone_corners for own in held] + [own.alone_tails for own in held], axis=1)
    groups = [(own.symbol, key) for own in held for key in own.frame.keys]
    return Frame(
        held,
        layout,
        fixed,
        alone,
        np.stack([own.costs for own in held], axis=1),
        np.concatenate([own.frame.prices for own in held]),
        tuple((symbol, None if key == NO_EXPIRATION else dt.date.fromordinal(key)) for symbol, key in groups),
        np.append(layout.groups[1:], layout.corners),
    )
