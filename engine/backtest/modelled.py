"""Chains made from a symbol's own closes and 30-day volatilities, for sessions that nobody recorded.

Each session has a listing like the exchanges': weekly expirations for seven weeks, monthly ones for a hundred days, on
a grid of strikes that reaches around where the spot has been since they were listed and never shrinks. A strike's
volatility is the 30-day one, the same for every expiration, times a smile by standard deviations from the forward; its
price is the American one, its spread that of `spreads`. The smile is the mean of those of recorded chains, each symbol
and year alike: SPY 2021, SPY and QQQ 2026 for indices and their funds, TSLA and NVDA 2026 for all others
(`benchmarks/smiles.py` prints the fits). Volatilities of those chains rose with the term by an exponent between -0.03
and 0.06, so that a flat term is as near as any.

It knows no earnings: their expirations cost no more than others. Volume and open interest are unknown.
"""

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.analytics.american import Method, american_price
from engine.analytics.black_scholes import EuropeanValues, european
from engine.analytics.realised_volatility import close_to_close
from engine.backtest.days import FURTHEST_DAYS, Known
from engine.backtest.spreads import half_spreads
from engine.backtest.valuing import INTO_THE_MONEY
from engine.core.calendar import expiry_at, session_on
from engine.core.clock import epoch_us
from engine.core.expiries import ExpiryKind, kind_of, trades_late, weekly_expirations
from engine.core.money import UNIT
from engine.domain.chain import Floats, Ints
from engine.domain.contract_keys import contract_keys
from engine.domain.ports import ChainUpdate
from engine.domain.quote_flags import Flags
from engine.domain.tick import buy_prices, grid_of, sell_prices

WEEKLY_DAYS = 49
"""How far ahead weekly expirations are listed; monthly ones are for `FURTHEST_DAYS`."""

MOST_STRIKES = 36
"""Of an expiration when it is listed: the grid is the finest usual one that needs no more."""

_GRIDS = np.array([0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0])
_FINE_UNTIL = 25.0
"""$: dearer shares have no strikes half a dollar apart."""

_REACH, _NEAREST, _FARTHEST = 2.5, 0.08, 0.40
"""Standard deviations that a listing reaches to either side; at least and at most such a share of the spot."""

_FUND_SMILE, _STOCK_SMILE = (-0.325, -0.027, -0.484, 0.212), (-0.112, 0.020, -0.165, 0.091)
"""Below the forward: what a volatility gains by deviation and by its square; the same above it."""
_SMILE_FROM, _SMILE_TO = -3.5, 2.5
"""Deviations between which it was fitted."""

_HOLDS = 5
"""Sessions for which a 30-day volatility stands where the next ones tell none; then the realised one of twenty."""
_REALISED_SESSIONS = 20

_MATTERS = 0.3
"""|delta| from which early exercise is priced: below it is worth a thousandth of the option."""

_DIVIDENDS_DAYS = 365
_YEAR_US = 365 * 86_400 * 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Contracts of several sessions (n,): the session's place among the closes, ordinal, strike in $, right."""

    place: Ints
    expiration: Ints
    strike: Floats
    is_put: Flags


def modelled_chains(symbol: str, known: Known, sessions: Sequence[dt.date], rate: float) -> list[ChainUpdate]:
    """The quotes at the close of those of some ascending sessions that have a close and twenty before it."""
    closes = known.closes
    if not closes.day.size:
        return []
    volatility = known_volatilities(known)
    places = np.searchsorted(closes.day, [day.toordinal() for day in sessions])
    places = places[np.append(closes.day, -1)[places] == np.array([day.toordinal() for day in sessions])]
    places = places[np.isfinite(volatility[places]) & (volatility[places] > 0)]
    if not places.size:
        return []
    rows = _listed(known, volatility, places)
    bid, ask = _quotes(symbol, known, volatility, rows, rate)
    key = contract_keys(rows.expiration, rows.is_put, np.rint(rows.strike * UNIT).astype(np.int64))
    order = np.lexsort((key, rows.place))
    starts = np.searchsorted(rows.place[order], places)
    ends = np.searchsorted(rows.place[order], places, side="right")
    updates = []
    for place, start, end in zip(places.tolist(), starts.tolist(), ends.tolist(), strict=True):
        part = order[start:end]
        unknown = np.full(part.size, np.nan)
        at = _closes_at(int(closes.day[place]))
        updates.append(
            ChainUpdate(symbol, at, float(closes.close[place]), key[part], bid[part], ask[part], unknown, unknown)
        )
    return updates


def known_volatilities(known: Known) -> Floats:
    """The volatility that each close is modelled with (d,): what the history told by then, else the realised one.

    Without a premium over the realised one, because nothing says how large it was. NaN with too few closes.
    """
    closes, history = known.closes, known.volatilities
    is_told = np.isfinite(history.volatility) & (history.volatility > 0)
    days, told = history.day[is_told], history.volatility[is_told]
    adjusted = closes.before(int(closes.day[-1]) + 1).close
    realised = close_to_close(adjusted, _REALISED_SESSIONS).volatility
    if not days.size:
        return realised
    last = np.searchsorted(days, closes.day, side="right") - 1
    # In sessions, by the closes themselves: how many of them have passed since the one that told it.
    since = np.arange(closes.day.size) - (np.searchsorted(closes.day, days[last], side="right") - 1)
    is_held = (last >= 0) & (since <= _HOLDS)
    return np.where(is_held, told[last], realised)


def _listed(known: Known, volatility: Floats, places: Ints) -> _Rows:
    """What is listed at some closes."""
    day, close = known.closes.day, known.closes.close
    first, last = (dt.date.fromordinal(int(day[place])) for place in (places[0], places[-1]))
    splits = np.searchsorted(day, known.splits[0])
    is_asked = np.zeros(day.size, dtype=np.bool_)
    is_asked[places] = True
    parts = []
    for expiration in weekly_expirations(first, last + dt.timedelta(days=FURTHEST_DAYS)):
        horizon = FURTHEST_DAYS if kind_of(expiration) is ExpiryKind.MONTHLY else WEEKLY_DAYS
        ordinal = expiration.toordinal()
        begin, end = np.searchsorted(day, [ordinal - horizon, ordinal + 1]).tolist()
        # A split ends all listings, and the same morning has new ones.
        bounds = [begin, *(each for each in np.unique(splits).tolist() if begin < each < end), end]
        for start, stop in pairwise(bounds):
            if is_asked[start:stop].any():
                place, strike = _strikes(close[start:stop], volatility[start:stop], horizon, is_asked[start:stop])
                parts.append((place + start, np.full(place.size, ordinal), strike))
    if not parts:
        none = np.empty(0, dtype=np.int64)
        return _Rows(none, none, np.empty(0), np.empty(0, dtype=np.bool_))
    place, ordinals, strike = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    count = place.size
    is_put = np.repeat([False, True], count)
    return _Rows(np.tile(place, 2), np.tile(ordinals, 2), np.tile(strike, 2), is_put)


def _strikes(spot: Floats, volatility: Floats, horizon: int, is_asked: Flags) -> tuple[Ints, Floats]:
    """Sessions since one listing began (places, (n,)) and its strikes in $ on each of those that are asked for."""
    known = volatility[np.isfinite(volatility)]
    # The first one that is known by then: before it nothing is asked for.
    deviation = float(known[0]) * math.sqrt(horizon / 365)
    reach = min(max(_REACH * deviation, _NEAREST), _FARTHEST)
    usual = _GRIDS[1:] if spot[0] >= _FINE_UNTIL else _GRIDS
    enough = usual[2 * reach * spot[0] / usual <= MOST_STRIKES]
    step = float(enough[0]) if enough.size else float(usual[-1])
    low = np.maximum(np.floor(np.minimum.accumulate(spot) * (1 - reach) / step), 1).astype(np.int64)
    high = np.ceil(np.maximum.accumulate(spot) * (1 + reach) / step).astype(np.int64)
    places = np.flatnonzero(is_asked)
    counts = high[places] - low[places] + 1
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(places, counts), (np.repeat(low[places], counts) + offset) * step


def _quotes(symbol: str, known: Known, volatility: Floats, rows: _Rows, rate: float) -> tuple[Floats, Floats]:
    """Bids and asks (n,) in $, on the grid of the class."""
    day, close = known.closes.day, known.closes.close
    days = rows.expiration - day[rows.place]
    now = _instants(day[rows.place], _closes_at)
    ends = _instants(rows.expiration, lambda ordinal: expiry_at(dt.date.fromordinal(ordinal)))
    years = np.maximum(ends - now, 0) / _YEAR_US
    spot, at_money = close[rows.place], volatility[rows.place]
    paid = _yields(known)[rows.place]
    forward = spot * np.exp((rate - paid) * years)
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.log(rows.strike / forward) / (at_money * np.sqrt(years))
    iv = at_money * _smile(symbol, np.nan_to_num(away, nan=0.0))
    found = european(spot, forward, rows.strike, years, rate, iv, rows.is_put)
    mid = _american(found, spot, forward, rows, years, rate, iv, may_gain=rows.is_put | (paid > 0))
    half = half_spreads(symbol, mid, found.delta, days.astype(np.float64))
    grid = grid_of(symbol)
    low = np.floor(np.maximum(mid - half, 0.0) * UNIT).astype(np.int64)
    high = np.ceil((mid + half) * UNIT).astype(np.int64)
    return buy_prices(grid, low) / UNIT, sell_prices(grid, high) / UNIT


def _american(
    european_: EuropeanValues,
    spot: Floats,
    forward: Floats,
    rows: _Rows,
    years: Floats,
    rate: float,
    iv: Floats,
    *,
    may_gain: Flags,
) -> Floats:
    """American prices (n,), by a tree only where early exercise is worth something and the answer is not plain.

    Deeper in the money than boards look, an option is worth exercise or the European price, whichever is more. Calls on
    shares that pay nothing are never exercised early.
    """
    exercise = np.where(rows.is_put, rows.strike - spot, spot - rows.strike)
    mid = np.maximum(european_.price, np.where(years > 0, exercise, 0.0))
    near = may_gain & (np.abs(european_.delta) >= _MATTERS) & (exercise <= INTO_THE_MONEY * spot) & (years > 0)
    at = np.flatnonzero(near)
    mid[at] = american_price(
        spot[at], forward[at], rows.strike[at], years[at], rate, iv[at], rows.is_put[at], Method.SCAN
    )
    return mid


def _smile(symbol: str, away: Floats) -> Floats:
    """Volatilities over that at the forward, by deviations from it."""
    below, below_square, above, above_square = _FUND_SMILE if trades_late(symbol) else _STOCK_SMILE
    low = np.clip(away, _SMILE_FROM, 0.0)
    high = np.clip(away, 0.0, _SMILE_TO)
    factor: Floats = 1 + below * low + below_square * low**2 + above * high + above_square * high**2
    return factor


def _yields(known: Known) -> Floats:
    """What a share has paid in the year before each close, as a yield (d,)."""
    day, close = known.closes.day, known.closes.close
    ex_days, paid = known.dividends
    total = np.append(0.0, np.cumsum(paid))
    until = np.searchsorted(ex_days, day, side="right")
    since = np.searchsorted(ex_days, day - _DIVIDENDS_DAYS, side="right")
    found: Floats = (total[until] - total[since]) / close
    return found


def _instants(days: Ints, instant: Callable[[int], dt.datetime]) -> Ints:
    """An instant of each of some days (ordinals, (n,)), microseconds."""
    distinct, which = np.unique(days, return_inverse=True)
    return np.array([epoch_us(instant(day)) for day in distinct.tolist()], dtype=np.int64)[which]


def _closes_at(day: int) -> dt.datetime:
    session = session_on(dt.date.fromordinal(day))
    if session is None:
        raise ValueError(f"{dt.date.fromordinal(day)} has a close, and no session")
    return session.closes
