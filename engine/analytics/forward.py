"""Forward prices that the options themselves imply, by put-call parity: F = K + exp(rT) (C - P).

Parity is exact for European options. What early exercise adds to American ones is little close to the money and known
well enough to be taken off; so only the strikes nearest to the spot are asked, and their median taken.
"""

import datetime as dt
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import Method, american_price
from engine.analytics.american_dividends import NO_DIVIDENDS, CashDividends, american_with_dividends
from engine.analytics.black_scholes import european
from engine.analytics.implied_volatility import implied_volatility, quote_status
from engine.analytics.kernel import Flags, FloatLike, IvStatus
from engine.core.calendar import days_to_expiry, years_to_expiry
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import decode_keys

_FEWEST_PAIRS = 3

_NEAREST_PAIRS = 7

_WIDEST_DISAGREEMENT = 0.02
"""Pairs whose forwards lie further apart (median distance from their median, over the spot) imply nothing."""

_NEAREST_DAYS = 14

_WIDEST_GAP = 0.015
"""Of the spot: quotes further away than this are a fault, not another instant."""

_LEAST_YIELD = -0.05

_MOST_YIELD = 0.5

_PREMIUM_ROUNDS = 2
"""The first takes forward and volatility from mids with the premium in them, the second from mids without."""

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


def chain_forwards(
    chain: Chain,
    now: dt.datetime,
    rate: float,
    expirations: Collection[int] | None = None,
    dividends: CashDividends = NO_DIVIDENDS,
    *,
    is_european: bool = False,
) -> dict[int, float]:
    """Forward of every expiration of a chain, or of some, keyed by the expiration's ordinal day.

    The nearest one that is alive is always among them, because it tells the spot (see `synchronised_spot`).
    Implied by the fresh pairs nearest to the money, once what early exercise adds to their mids is taken off (nothing
    where options are European); without
    enough of them spot * exp(rate * years), which knows of no dividend. NaN when the chain has no usable spot. An
    expired expiration's forward is the spot.
    """
    mids = np.where(is_fresh(chain), quote_mids(chain.bid, chain.ask), np.nan)
    pairs = _pairs_by_expiration(chain, now, mids, expirations)
    premium = np.zeros_like(mids)
    for _ in range(0 if is_european else _PREMIUM_ROUNDS):
        forwards = _forwards(chain.spot, pairs, mids - premium, rate)
        premium = _premium_at_the_money(forwards, pairs, mids - premium, (chain.spot, now, rate), dividends)
    return _forwards(chain.spot, pairs, mids - premium, rate)


def synchronised_spot(
    spot: float,
    forwards: Mapping[int, float],
    now: dt.datetime,
    rate: float,
    dividends: CashDividends = NO_DIVIDENDS,
) -> float:
    """The spot that the options had in view when they were quoted, $; the given spot where they do not tell.

    Recordings carry the spot of another instant than the quotes, by up to half a percent. The nearest expiration's
    forward, discounted, shows which; beyond `_NEAREST_DAYS` a dividend is too likely to be in it, and the given spot
    is taken, as it is when the two differ by more than `_WIDEST_GAP`. The forward is without
    the `dividends` known before that expiration.
    """
    for ordinal in sorted(forwards):
        expiration = dt.date.fromordinal(ordinal)
        years = years_to_expiry(now, expiration)
        if years > 0:
            if days_to_expiry(now, expiration) > _NEAREST_DAYS:
                break
            discounted = forwards[ordinal] * math.exp(-rate * years) + dividends.present_value(years, rate)
            return discounted if abs(discounted - spot) <= _WIDEST_GAP * spot else spot
    return spot


def quote_mids(bid: Floats, ask: Floats) -> Floats:
    """Middle of bid and ask, arrays of one shape; NaN unless `quote_status` finds the quote usable."""
    return np.where(quote_status(bid, ask) == IvStatus.OK, 0.5 * (bid + ask), np.nan)


def is_fresh(chain: Chain) -> Flags:
    """Rows (n,) that were quoted with the chain's newest quotes, give or take a quarter of an hour."""
    newest = chain.quoted_at.max(initial=0)
    fresh: Flags = chain.quoted_at >= newest - _FRESH_US
    return fresh


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Calls and puts of one expiration at the same strikes, nearest to the spot first: rows, strikes in $."""

    years: float
    calls: NDArray[np.intp]
    puts: NDArray[np.intp]
    strikes: Floats


def _pairs_by_expiration(
    chain: Chain, now: dt.datetime, mids: Floats, expirations: Collection[int] | None
) -> dict[int, _Pairs]:
    ordinals, is_put, strikes = decode_keys(chain.key)
    pairs: dict[int, _Pairs] = {}
    # The chain is sorted by expiration, right, strike.
    starts = np.flatnonzero(np.diff(ordinals, prepend=-1)).tolist()
    is_spot_told = False
    for start, stop in pairwise([*starts, ordinals.size]):
        ordinal = int(ordinals[start])
        years = years_to_expiry(now, dt.date.fromordinal(ordinal))
        tells_spot = years > 0 and not is_spot_told
        is_spot_told |= tells_spot
        if not (expirations is None or ordinal in expirations or tells_spot):
            continue
        middle = start + int(np.searchsorted(is_put[start:stop], True))
        common, of_calls, of_puts = np.intersect1d(
            strikes[start:middle], strikes[middle:stop], assume_unique=True, return_indices=True
        )
        calls, puts, level = of_calls + start, of_puts + middle, common / UNIT
        nearest = np.flatnonzero(np.isfinite(mids[calls] + mids[puts]))
        nearest = nearest[np.argsort(np.abs(level[nearest] - chain.spot), kind="stable")][:_NEAREST_PAIRS]
        pairs[ordinal] = _Pairs(years, calls[nearest], puts[nearest], level[nearest])
    return pairs


def _expiration_forward(spot: float, pairs: _Pairs, mids: Floats, rate: float) -> float:
    if not (math.isfinite(spot) and spot > 0):
        return math.nan
    if pairs.years == 0:
        return spot
    implied = implied_forward(spot, pairs.strikes, mids[pairs.calls], mids[pairs.puts], pairs.years, rate)
    return spot * math.exp(rate * pairs.years) if implied is None else implied


def _forwards(spot: float, pairs: Mapping[int, _Pairs], mids: Floats, rate: float) -> dict[int, float]:
    return {ordinal: _expiration_forward(spot, pair, mids, rate) for ordinal, pair in pairs.items()}


def _premium_at_the_money(
    forwards: Mapping[int, float],
    pairs: Mapping[int, _Pairs],
    mids: Floats,
    market: tuple[float, dt.datetime, float],
    dividends: CashDividends,
) -> Floats:
    """What early exercise adds to each mid (n,), $: zero but for the rows of the pairs. `market`: spot, now, rate."""
    premium = np.zeros_like(mids)
    live = [
        (forwards[ordinal], pair)
        for ordinal, pair in pairs.items()
        if pair.strikes.size and pair.years > 0 and math.isfinite(forwards[ordinal])
    ]
    if not live:
        return premium
    given, now, rate = market
    spot = synchronised_spot(given, forwards, now, rate, dividends)
    rows = np.concatenate([side for _, pair in live for side in (pair.calls, pair.puts)])
    strike = np.concatenate([pair.strikes for _, pair in live for _ in range(2)])
    sizes = [pair.strikes.size for _, pair in live for _ in range(2)]
    years = np.repeat([pair.years for _, pair in live for _ in range(2)], sizes)
    forward = np.repeat([forward for forward, _ in live for _ in range(2)], sizes)
    is_put = np.repeat([False, True] * len(live), sizes)
    implied = implied_volatility(mids[rows], forward, strike, years, rate, is_put).volatility
    if dividends.years.size:
        bare, rest = around_dividends(forward, years, rate, spot, dividends)
        alive = american_with_dividends(bare, strike, years, rate, implied, is_put, dividends, rest).price
    else:
        carried = carried_spot(forward, years, rate, spot)
        alive = american_price(carried, forward, strike, years, rate, implied, is_put, Method.SCAN)
    early = alive - european(spot, forward, strike, years, rate, implied, is_put).price
    premium[rows] = np.where(np.isfinite(early), early, 0.0)
    return premium


def carried_spot(forward: Floats, years: Floats, rate: float, spot: FloatLike) -> Floats:
    """The spot that goes with each forward (n,) for early exercise, $: the given one, unless its yield is no yield.

    A yield outside `_LEAST_YIELD` to `_MOST_YIELD` is two quotes of different instants, magnified by a short life; it
    is taken as the nearer of the two.
    """
    with np.errstate(all="ignore"):
        implied = rate - np.log(forward / spot) / years
        bounded = np.clip(implied, _LEAST_YIELD, _MOST_YIELD)
        return np.where(bounded == implied, spot, forward * np.exp((bounded - rate) * years))


def around_dividends(
    forward: Floats, years: Floats, rate: float, spot: float, dividends: CashDividends
) -> tuple[Floats, Floats]:
    """Spot with the dividends in it, $, and the yield that they leave of each forward, both (n,).

    What they do not explain is the cost of borrowing, and the rate's own error.
    """
    distinct, position = np.unique(years, return_inverse=True)
    paid = [dividends.present_value(expiry, rate) for expiry in distinct.tolist()]
    present = np.array(paid, dtype=np.float64)[position]
    with np.errstate(all="ignore"):
        bare = carried_spot(forward, years, rate, spot - present)
        return bare + present, rate - np.log(forward / bare) / years
