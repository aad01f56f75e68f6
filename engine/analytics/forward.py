"""Forward prices that the options themselves imply, by put-call parity: F = K + exp(rT) (C - P).

Parity is exact for European options. For American ones it is near enough close to the money, where early exercise is
worth little; so only the strikes nearest to the spot are asked, and their median taken.
"""

import datetime as dt
import math
from itertools import pairwise
from statistics import median

import numpy as np

from engine.analytics.kernel import Flags
from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats, Ints
from engine.domain.instrument import decode_keys

_FEWEST_PAIRS = 3

_NEAREST_PAIRS = 7

_WIDEST_DISAGREEMENT = 0.02
"""Pairs whose forwards lie further apart (median distance from their median, over the spot) imply nothing."""

_FRESH_US = 15 * 60 * 1_000_000
"""A quote this much older than the chain's newest tells of another spot."""


def implied_forward(
    spot: float, strike: Floats, call_mid: Floats, put_mid: Floats, years: float, rate: float
) -> float | None:
    """Forward of one expiration from pairs of mids at the same strikes, arrays (n,), $ a share; NaN is a missing mid.

    The median over the seven pairs nearest to the spot. None when fewer than three strikes have both mids, when they
    contradict each other, or when spot, years or rate is not usable.
    """
    if not (math.isfinite(spot) and spot > 0 and math.isfinite(years) and years >= 0 and math.isfinite(rate)):
        return None
    usable = np.isfinite(strike) & np.isfinite(call_mid) & np.isfinite(put_mid)
    if np.count_nonzero(usable) < _FEWEST_PAIRS:
        return None
    strikes, gaps = strike[usable], call_mid[usable] - put_mid[usable]
    nearest = np.argsort(np.abs(strikes - spot), kind="stable")[:_NEAREST_PAIRS]
    forwards = strikes[nearest] + math.exp(rate * years) * gaps[nearest]
    # Seven numbers: the median of plain floats is ten times as fast as numpy's.
    forward: float = median(forwards.tolist())
    disagreement: float = median(np.abs(forwards - forward).tolist())
    if not forward > 0 or not disagreement <= _WIDEST_DISAGREEMENT * spot:
        return None
    return forward


def chain_forwards(chain: Chain, now: dt.datetime, rate: float) -> dict[int, float]:
    """Forward of every expiration of a chain, keyed by the expiration's ordinal day.

    Implied by the fresh pairs near the money; without enough of them spot * exp(rate * years), which knows of no
    dividend. NaN when the chain has no usable spot. An expired expiration's forward is the spot.
    """
    ordinals, is_put, strikes = decode_keys(chain.key)
    mids = np.where(_is_fresh(chain), quote_mids(chain.bid, chain.ask), np.nan)
    forwards: dict[int, float] = {}
    # The chain is sorted by expiration, right, strike.
    starts = np.flatnonzero(np.diff(ordinals, prepend=-1)).tolist()
    for start, stop in pairwise([*starts, ordinals.size]):
        ordinal, rows = int(ordinals[start]), slice(start, stop)
        years = years_to_expiry(now, dt.date.fromordinal(ordinal))
        forwards[ordinal] = _expiration_forward(chain.spot, strikes[rows], is_put[rows], mids[rows], years, rate)
    return forwards


def quote_mids(bid: Floats, ask: Floats) -> Floats:
    """Middle of bid and ask, arrays of one shape; NaN unless 0 <= bid <= ask and ask > 0."""
    with np.errstate(invalid="ignore"):
        return np.where((bid >= 0) & (bid <= ask) & (ask > 0) & np.isfinite(ask), 0.5 * (bid + ask), np.nan)


def _is_fresh(chain: Chain) -> Flags:
    newest = chain.quoted_at.max(initial=0)
    fresh: Flags = chain.quoted_at >= newest - _FRESH_US
    return fresh


def _expiration_forward(spot: float, strikes: Ints, is_put: Flags, mids: Floats, years: float, rate: float) -> float:
    if not (math.isfinite(spot) and spot > 0):
        return math.nan
    if years == 0:
        return spot
    puts = int(np.searchsorted(is_put, True))
    common, of_calls, of_puts = np.intersect1d(strikes[:puts], strikes[puts:], assume_unique=True, return_indices=True)
    implied = implied_forward(spot, common / UNIT, mids[:puts][of_calls], mids[puts:][of_puts], years, rate)
    return spot * math.exp(rate * years) if implied is None else implied
