"""Sessions of one symbol from its quotes and from what was known of it: everything a backtest sees of a year."""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from engine.analytics.volatility_rank import SESSIONS, volatility_rank
from engine.backtest.source import MarketDay
from engine.backtest.valuing import value_chains
from engine.core.calendar import market_day, previous_session, session_on
from engine.core.clock import epoch_us
from engine.core.expiries import ExpiryKind, kind_of
from engine.core.money import UNIT, Money, from_float
from engine.domain.chain import Chain, Floats, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.happening import Outlook
from engine.domain.ports import ChainUpdate
from engine.domain.scan import IvRank
from engine.market.iv_history import Volatilities
from engine.market.pasts import Closes
from engine.modules.board import remember

FURTHEST_DAYS = 100
"""Calendar days to an expiration: contracts beyond are left out, no module opens them."""

FURTHEST_STRIKE = 0.45
"""From the spot, a share of it: strikes beyond are left out."""

BYTES_A_ROW = 140
"""Of a contract on a day: six columns of its chain, ten of its values, four of its board."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What is told of a symbol beside its quotes; each day takes of it what lies before, and its own settlement.

    `splits` and `dividends` are ex-days (ordinals) with new shares for an old one, and $ a share. `outlook_on` says
    what is known on a day of those to come, `next_dividend` what a share will pay on the first ex-day after a day,
    given the spot of that day.
    """

    closes: Closes
    volatilities: Volatilities
    splits: tuple[Ints, Floats]
    dividends: tuple[Ints, Floats]
    outlook_on: Callable[[dt.date], Outlook]
    next_dividend: Callable[[dt.date, float], Money | None]
    tells_today: bool = False
    """Whether a day's volatility was worked out from that day's chain, and so was known with it: sparse chains tell one
    only as a whole, which takes long."""


def market_days(updates: Sequence[ChainUpdate], known: Known, before: dt.date | None, rate: float) -> list[MarketDay]:
    """Sessions with their chains, valued at `rate`; `updates` are one a session, ascending, at most 512.

    `before` is the last session that is told already, from which on dividends and splits count; None for none, when
    only those of the first session itself do.
    Left out are contracts that no module looks at: those beyond `FURTHEST_DAYS`, those that only the daily listing of
    the largest funds has, and strikes beyond `FURTHEST_STRIKE`.
    """
    chains = [_chain(update, number) for number, update in enumerate(updates, start=1)]
    if not chains:
        return []
    valued = value_chains(chains, rate)
    ordinals = np.array([market_day(chain.at).toordinal() for chain in chains], dtype=np.int64)
    today = _told(known.volatilities, ordinals, valued.month) if known.tells_today else valued.month
    ranks = iv_ranks(ordinals, today, known.volatilities)
    since = np.append(ordinals[0] - 1 if before is None else before.toordinal(), ordinals[:-1])
    days = []
    for number, chain in enumerate(chains):
        remember(chain, valued.values[number], chain.at, rate)
        ordinal = int(ordinals[number])
        day = dt.date.fromordinal(ordinal)
        ratios = _within(known.splits, int(since[number]), ordinal)
        paid = from_float(float(_within(known.dividends, int(since[number]), ordinal).sum()))
        close = known.closes.on(ordinal)
        days.append(
            MarketDay(
                day=day,
                now=chain.at,
                chain=chain,
                settlement=from_float(close if math.isfinite(close) else chain.spot) or 0,
                iv_rank=ranks[number],
                outlook=known.outlook_on(day),
                past=known.closes.before(ordinal),
                dividend=paid or 0,
                next_dividend=known.next_dividend(day, chain.spot),
                split=float(ratios.prod()),
            )
        )
    return days


def iv_ranks(day: Ints, today: Floats, history: Volatilities) -> list[IvRank]:
    """Rank of each day's volatility (d,) among its 252 sessions before, as far as `history` knows them."""
    sessions = _sessions(int(day[0]), int(day[-1]))
    known = _told(history, sessions, np.full(sessions.size, np.nan))
    windows = np.lib.stride_tricks.sliding_window_view(known, SESSIONS)
    found = volatility_rank(today, windows[np.searchsorted(sessions, day) - SESSIONS])
    return [
        IvRank(round(percent, 1) if math.isfinite(percent) else None, count)
        for percent, count in zip(found.rank.tolist(), found.sessions.tolist(), strict=True)
    ]


def _told(history: Volatilities, days: Ints, otherwise: Floats) -> Floats:
    """The volatility of each day (ordinals, (d,)); where the history has none the one given."""
    place = np.searchsorted(history.day, days)
    is_there = np.append(history.day, -1)[place] == days
    found = otherwise.copy()
    found[is_there] = history.volatility[place[is_there]]
    return np.where(np.isfinite(found), found, otherwise)


@lru_cache(maxsize=8)
def _sessions(first: int, last: int) -> Ints:
    """Ordinals of the sessions between two days, both included, and of the 252 before the first."""
    day, before = dt.date.fromordinal(first), []
    for _ in range(SESSIONS):
        day = previous_session(day).day
        before.append(day.toordinal())
    inside = [each for each in range(first, last + 1) if session_on(dt.date.fromordinal(each)) is not None]
    return np.array(before[::-1] + inside, dtype=np.int64)


def _within(events: tuple[Ints, Floats], after: int, until: int) -> Floats:
    """Values of the events after a day and until another (ordinals)."""
    first, last = np.searchsorted(events[0], [after, until], side="right").tolist()
    return events[1][first:last]


def trimmed(update: ChainUpdate) -> ChainUpdate:
    """A snapshot without the contracts that no module looks at: see `market_days`."""
    ordinal, _, strike = decode_keys(update.key)
    days = ordinal - market_day(update.at).toordinal()
    wanted = (days >= 0) & (days <= FURTHEST_DAYS)
    wanted &= np.abs(strike / (UNIT * update.spot) - 1) <= FURTHEST_STRIKE
    for each in np.unique(ordinal[wanted]).tolist():
        if _is_daily(each):
            wanted &= ordinal != each
    if wanted.all():
        return update
    columns = (column[wanted] for column in (update.bid, update.ask, update.volume, update.open_interest))
    return ChainUpdate(update.symbol, update.at, update.spot, update.key[wanted], *columns)


def _chain(update: ChainUpdate, generation: int) -> Chain:
    """What a backtest keeps of a snapshot."""
    kept = trimmed(update)
    quoted_at = np.full(kept.key.size, epoch_us(update.at), dtype=np.int64)
    return Chain(
        symbol=kept.symbol,
        generation=generation,
        at=kept.at,
        spot=kept.spot,
        spot_at=kept.at,
        key=kept.key,
        bid=kept.bid,
        ask=kept.ask,
        volume=kept.volume,
        open_interest=kept.open_interest,
        quoted_at=quoted_at,
    )


@lru_cache(maxsize=4096)
def _is_daily(ordinal: int) -> bool:
    return kind_of(dt.date.fromordinal(ordinal)) is ExpiryKind.DAILY
