"""Where labels go that do not fit into their segment: lanes above the bar, each label touching its own centre line."""

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 8.0


@dataclass(frozen=True, slots=True)
class PlacedLabel:
    """A label's lane (0 is the lane next to the bar) and left edge in pixels."""

    lane: int
    left: float


def place_labels(wanted: Sequence[tuple[float, float]], lanes: int, width: float) -> tuple[PlacedLabel | None, ...]:
    """Place labels given as (centre, width), sorted by centre, in the lowest lane where each stays free of the others.

    A label may be shifted, but it always spans its centre, so that a straight line leads from it to its segment.
    None for a label that finds no room: then the rows beneath the bar carry the name.
    """
    ends = [-_GAP] * lanes
    placed: list[PlacedLabel | None] = []
    for centre, size in wanted:
        furthest = min(centre, width - size)
        found: PlacedLabel | None = None
        for lane, end in enumerate(ends):
            left = max(0.0, centre - size / 2, end + _GAP)
            left = min(left, furthest) if end + _GAP <= furthest else left
            if 0.0 <= left <= furthest:
                found = PlacedLabel(lane, left)
                ends[lane] = left + size
                break
        placed.append(found)
    return tuple(placed)
