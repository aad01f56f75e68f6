"""Which contracts the simulated exchange lists: expirations by the exchanges' rules, strikes around spot, never fewer.

Weekly Fridays, monthlies of the name's cycle and Januaries two years out; for the largest funds also every session of
two weeks, every month, and the ends of quarters. What is listed of one expiration is a fine grid of strikes near the
money inside a coarse one; the fine one gets finer when the expiration comes near. Each morning both reach around the
new spot and never shrink, so a contract that somebody holds is quoted until it expires. A listing follows from the
opens since the expiration was listed, without a state.

A split ends all listings of its name, and the next morning has new ones: contracts are not adjusted.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.core.calendar import session_on
from engine.core.expiries import ExpiryKind, kind_of, last_session, month_end_expiration
from engine.domain.chain import Floats, Ints
from engine.market.simulated.universe import COUNT, HAS_DAILIES

Flags = NDArray[np.bool_]

DAILY_DAYS, WEEKLY_DAYS, MONTHLY_DAYS, CYCLE_DAYS, LEAP_DAYS = 14, 49, 100, 280, 850
"""How far each kind of expiration is listed ahead, in calendar days."""

HORIZONS = (DAILY_DAYS, WEEKLY_DAYS, MONTHLY_DAYS, CYCLE_DAYS, LEAP_DAYS)

_FRIDAY, _JANUARY = 4, 1
_CYCLE = np.arange(COUNT) % 3
"""Which months a name's cycle holds: January, February or March, and every third after it."""

# Strike distance in cents, near the money and beyond, for spots from so many dollars; and as long as an expiration is
# far away. The fine distances divide the coarse ones near the money: what was listed stays.
_GRID_FROM = np.array([0.0, 50.0, 150.0, 400.0, 1_000.0, 2_500.0])
_NEAR_GRID = np.array([50, 100, 250, 500, 1_000, 2_500])
_FAR_GRID = np.array([100, 500, 500, 1_000, 5_000, 10_000])
_NEAR_GRID_LATE = np.array([250, 500, 500, 1_000, 2_000, 5_000])
_FAR_GRID_LATE = np.array([500, 500, 1_000, 2_000, 10_000, 25_000])
_FUND_GRID, _FUND_GRID_LATE = (100, 500), (500, 1_000)
"""Those of the largest funds, at any price."""

_NEAR_DEVIATIONS, _NEAREST, _NEAR_FARTHEST = 1.2, 0.06, 0.18
_FAR_DEVIATIONS, _FAR_NEAREST, _FARTHEST = 3.5, 0.12, 0.50


@dataclass(frozen=True, slots=True)
class Expiration:
    """A day on which contracts end, and the kind that lists it: from `since` on, `horizon` days ahead."""

    day: dt.date
    horizon: int
    since: dt.date


@dataclass(frozen=True, slots=True, eq=False)
class Listings:
    """All expirations of some names on a morning, (r,), by name and day; strikes in cents, ranges with both ends.

    `near` is the fine grid around the money, `far` the coarse one around that.
    """

    name: Ints
    expiration: Ints
    horizon: Ints
    is_monthly: Flags
    near_grid: Ints
    near_lowest: Ints
    near_highest: Ints
    far_grid: Ints
    far_lowest: Ints
    far_highest: Ints

    def strikes(self) -> tuple[Ints, Ints]:
        """Every strike in cents and the row that it belongs to, each (s,), sorted by row and strike."""
        below = _ranges(self.far_lowest, self.near_lowest - 1, self.far_grid)
        near = _ranges(self.near_lowest, self.near_highest, self.near_grid)
        above = _ranges(
            self.near_highest // self.far_grid * self.far_grid + self.far_grid, self.far_highest, self.far_grid
        )
        cents, row = (np.concatenate(parts) for parts in zip(below, near, above, strict=True))
        order = np.lexsort((cents, row))
        return cents[order], row[order]


def expirations(day: dt.date, name: int) -> tuple[Expiration, ...]:
    """Expirations of a name that trade on a day, sorted; each is a session, the one before where a day is a holiday."""
    return _expirations(day, int(_CYCLE[name]), bool(HAS_DAILIES[name]))


def is_monthly(expiration: dt.date) -> bool:
    """Whether it is the month's standard expiration: the third Friday, or the day before where that is a holiday."""
    return kind_of(expiration) is ExpiryKind.MONTHLY


def reach(volatility: Floats, horizon: int) -> tuple[Floats, Floats]:
    """How far the near and the far strikes reach to either side, as parts of spot: some standard deviations."""
    deviation = volatility * np.sqrt(horizon / 365)
    return (
        np.clip(_NEAR_DEVIATIONS * deviation, _NEAREST, _NEAR_FARTHEST),
        np.clip(_FAR_DEVIATIONS * deviation, _FAR_NEAREST, _FARTHEST),
    )


def listed(day: dt.date, names: Ints, sessions: Ints, spot: Floats, volatility: Floats, whole: Ints) -> Listings:
    """What some names have listed on a morning.

    `sessions` are ordinals of the sessions until that morning's, (d,), with each name's open and volatility, both
    (d, COUNT), as far back as `LEAP_DAYS` or the history goes. `whole` (COUNT,) is the first row after each split.
    """
    trading = [(int(name), expiration) for name in names.tolist() for expiration in expirations(day, int(name))]
    name = np.array([name for name, _ in trading], dtype=np.int64)
    horizon = np.array([expiration.horizon for _, expiration in trading], dtype=np.int64)
    since = np.array([expiration.since.toordinal() for _, expiration in trading], dtype=np.int64)
    first = np.clip(np.searchsorted(sessions, since), whole[name], sessions.size - 1)
    listed_at = spot[first, name]
    near_grid, far_grid = _grid(listed_at, horizon >= CYCLE_DAYS, HAS_DAILIES[name])
    edges = np.empty((4, name.size))
    back = sessions.size - 1 - first
    for days in HORIZONS:
        rows = horizon == days
        for number, (edge, extreme) in enumerate(_edges(spot, volatility, days)):
            edges[number, rows] = extreme.accumulate(edge[::-1], axis=0)[back[rows], name[rows]]
    near_low, near_high, far_low, far_high = edges * 100
    ends = np.array([expiration.day.toordinal() for _, expiration in trading], dtype=np.int64)
    near_step, _ = _grid(listed_at, ends - day.toordinal() > MONTHLY_DAYS, HAS_DAILIES[name])
    return Listings(
        name=name,
        expiration=ends,
        horizon=horizon,
        is_monthly=np.array([is_monthly(expiration.day) for _, expiration in trading], dtype=np.bool_),
        near_grid=np.minimum(near_step, near_grid),
        near_lowest=_on_grid(near_low, near_grid, np.floor),
        near_highest=_on_grid(near_high, near_grid, np.ceil),
        far_grid=far_grid,
        far_lowest=_on_grid(far_low, far_grid, np.floor),
        far_highest=_on_grid(far_high, far_grid, np.ceil),
    )


def _on_grid(cents: Floats, grid: Ints, rounded: np.ufunc) -> Ints:
    """Strikes away from the money on their grid; none is zero."""
    strikes: Ints = (np.maximum(rounded(cents / grid), 1) * grid).astype(np.int64)
    return strikes


def _edges(spot: Floats, volatility: Floats, horizon: int) -> Iterator[tuple[Floats, np.ufunc]]:
    near, far = reach(volatility, horizon)
    yield spot * (1 - near), np.minimum
    yield spot * (1 + near), np.maximum
    yield spot * (1 - far), np.minimum
    yield spot * (1 + far), np.maximum


def _grid(spot: Floats, is_late: Flags, has_dailies: Flags) -> tuple[Ints, Ints]:
    """Strike distance in cents near the money and beyond, each (r,), by the price when the expiration was listed."""
    row = np.searchsorted(_GRID_FROM, spot, side="right") - 1
    near = np.where(is_late, _NEAR_GRID_LATE[row], _NEAR_GRID[row])
    far = np.where(is_late, _FAR_GRID_LATE[row], _FAR_GRID[row])
    fund_near, fund_far = (
        np.where(is_late, late, early) for early, late in zip(_FUND_GRID, _FUND_GRID_LATE, strict=True)
    )
    return np.where(has_dailies, fund_near, near), np.where(has_dailies, fund_far, far)


def _ranges(start: Ints, stop: Ints, step: Ints) -> tuple[Ints, Ints]:
    """start, start + step ... up to stop, of every row; with the row of each."""
    counts = np.maximum((stop - start) // step + 1, 0)
    row = np.repeat(np.arange(start.size), counts)
    within = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    return start[row] + step[row] * within, row


@lru_cache(maxsize=64)
def _expirations(day: dt.date, cycle: int, has_dailies: bool) -> tuple[Expiration, ...]:
    found: dict[dt.date, Expiration] = {}
    for ahead in range(LEAP_DAYS + 1):
        nominal = day + dt.timedelta(days=ahead)
        horizon = _horizon(nominal, cycle, has_dailies)
        if horizon < ahead:
            continue
        ends = last_session(nominal).day
        known = found.get(ends)
        since = nominal - dt.timedelta(days=horizon)
        if ends >= day and (known is None or since < known.since):
            found[ends] = Expiration(ends, horizon, since)
    return tuple(found[ends] for ends in sorted(found))


def _horizon(nominal: dt.date, cycle: int, has_dailies: bool) -> int:
    """How many days ahead a day is listed as an expiration of a cycle, -1 for never."""
    if nominal.weekday() != _FRIDAY:
        if not has_dailies or session_on(nominal) is None:
            return -1
        return CYCLE_DAYS if _ends_quarter(nominal) else DAILY_DAYS
    if 15 <= nominal.day <= 21:
        if nominal.month == _JANUARY:
            return LEAP_DAYS
        return CYCLE_DAYS if has_dailies or (nominal.month - 1) % 3 == cycle else MONTHLY_DAYS
    return CYCLE_DAYS if has_dailies and _ends_quarter(nominal) else WEEKLY_DAYS


def _ends_quarter(day: dt.date) -> bool:
    """Whether a day is the last session of a quarter."""
    return not day.month % 3 and day == month_end_expiration(day.year, day.month)
