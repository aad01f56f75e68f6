"""A chain as modules read it: one expiration's values beside its quotes, and the ways in which strikes are chosen.

Values are kept with their chain, because the modules of a mindfolio look at the same one, and a backtest values all of
its chains in one pass.
"""

import datetime as dt
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from engine.analytics.chain_values import ChainValues, chain_values
from engine.core.calendar import market_day
from engine.core.money import UNIT
from engine.domain.chain import Chain, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.quote_flags import Flags

_Key = tuple[int | None, dt.datetime, float]
_Columns = tuple[ChainValues, Ints, Flags, Ints, Flags]

_KNOWN: "WeakKeyDictionary[Chain, dict[_Key, _Columns]]" = WeakKeyDictionary()
"""Boards without their chain: one that held it would keep it from ever being let go."""

_NEAR = 0.15
"""How far in the money a contract may be to be valued, a share of the spot: the deep ones are the dearest to value."""


@dataclass(frozen=True, slots=True, eq=False)
class Board:
    """A chain with the values of one expiration, or of all, decoded. Every array is (n,), a row of the chain each.

    `is_usable` marks rows that have values and that the newest snapshot quotes without fault.
    """

    chain: Chain
    values: ChainValues
    expiration: Ints
    is_put: Flags
    strike: Ints
    is_usable: Flags

    def listed(self, ordinal: int, *, puts: bool) -> Flags:
        """Usable rows (n,) of one expiration (an ordinal) and right."""
        rows: Flags = self.is_usable & (self.expiration == ordinal) & (self.is_put == puts)
        return rows


def board_of(chain: Chain, ordinal: int, now: dt.datetime, rate: float) -> Board:
    """A chain with the values of one expiration (an ordinal) at `now`: out of the money and somewhat into it."""
    known = _KNOWN.setdefault(chain, {})
    found = known.get((None, now, rate)) or known.get((ordinal, now, rate))
    if found is None:
        expiration, is_put, strike = decode_keys(chain.key)
        is_near = np.where(is_put, strike, -strike) <= UNIT * chain.spot * np.where(is_put, 1 + _NEAR, _NEAR - 1)
        values = chain_values(chain, now, rate, wanted=is_near & (expiration == ordinal))
        found = values, expiration, is_put, strike, values.valid & chain.tradable
        known[ordinal, now, rate] = found
    return Board(chain, *found)


def remember(chain: Chain, values: ChainValues, now: dt.datetime, rate: float) -> None:
    """Let `board_of` answer for every expiration of a chain from values (n,) that are known already."""
    expiration, is_put, strike = decode_keys(chain.key)
    columns = values, expiration, is_put, strike, values.valid & chain.tradable
    _KNOWN.setdefault(chain, {})[None, now, rate] = columns


def values_with(chain: Chain, now: dt.datetime, rate: float) -> ChainValues | None:
    """The values of a whole chain (n,) where they are known already, as in a backtest; None elsewhere."""
    found = _KNOWN.get(chain, {}).get((None, now, rate))
    return None if found is None else found[0]


def days_listed(chain: Chain, now: dt.datetime, first: int, last: int) -> list[int]:
    """Days to each expiration of a chain within a band, both ends included: the nearest to its middle first.

    Of two expirations equally far from the middle the earlier comes first.
    """
    expiration, _, _ = decode_keys(chain.key)
    days = np.unique(expiration) - market_day(now).toordinal()
    days = days[(days >= first) & (days <= last)]
    nearest_first: list[int] = days[np.argsort(np.abs(2 * days - first - last), kind="stable")].tolist()
    return nearest_first


def row_at_delta(board: Board, rows: Flags, low: float, high: float) -> int | None:
    """Of the rows (n,) marked, the one whose |delta| x 100 is nearest the middle of a band; None with none inside.

    Of two equally near it is the one further from the money.
    """
    delta = np.abs(board.values.delta) * 100
    inside = np.flatnonzero(rows & (delta >= low) & (delta <= high))
    if inside.size == 0:
        return None
    distance = np.abs(delta[inside] - (low + high) / 2)
    # Rounded, so that the last bits of a delta never decide between two strikes.
    return int(inside[np.lexsort((delta[inside], np.round(distance, 6)))[0]])
