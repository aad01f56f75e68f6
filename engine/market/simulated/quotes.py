"""Quotes of the simulated market: model prices around each forward, a market maker's spread, and the class's ticks.

Dividends until an expiration are a known part of the price, and with the rate they give the forward. Prices are those
of the best day for exercise that is fixed beforehand (Black 1975): now, at the end, for a call the close before an
ex-day, for a put the open of one. What it is worth to choose that day later is left out.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.analytics.black_scholes import european
from engine.core.calendar import Session, expiry_at, next_session, previous_session
from engine.core.money import CENT
from engine.domain.chain import Floats, Ints
from engine.domain.contract_keys import contract_keys
from engine.domain.ports import ChainUpdate
from engine.domain.tick import grid_of
from engine.market.simulated.clock import MINUTE, between_closes, minutes_of, session_clock, shares
from engine.market.simulated.events import DIVIDEND_LOG, EventDays, event_days
from engine.market.simulated.faults import Flags, Hashes, break_some, identities, mixed, neglected, salt, stale, uniform
from engine.market.simulated.listing import Listings
from engine.market.simulated.paths import RATE
from engine.market.simulated.surface import FAIR_STEEPNESS, SKEW, STEEPNESS, at_the_money, smile
from engine.market.simulated.universe import SYMBOLS, column

_SPREAD = column("spread")
_OPEN_INTEREST = column("open_interest")
_CENTS = 100
"""In a dollar."""
_COARSE_FROM = 300.0
"""Cents from which a class's ticks are coarser."""
_TICK_BELOW = np.array([grid_of(symbol).below / CENT for symbol in SYMBOLS])
_TICK_ABOVE = np.array([grid_of(symbol).above / CENT for symbol in SYMBOLS])

# Form of the spread before the ticks widen it: a fifth of a cent, a part that grows with time value, distance and time,
# and a part of the intrinsic value.
_LEAST_SPREAD, _SPREAD_OF_INTRINSIC = 0.002, 0.004
_SPREAD_PER_DEVIATION, _SPREAD_PER_YEAR = 0.35, 1.5

_DECAY_PER_DEVIATION, _DECAY_PER_YEAR = 0.9, 1.0
"""How open interest falls with distance and time."""
_TURNOVER = 0.3
"""Contracts traded in a day per contract open."""
_MONTHLY_FACTOR = 3.0
_YEAR = dt.timedelta(days=365)
_NOTHING = 1e-9
"""Dollars: less is no difference between two prices."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """What a contract of each expiration is held to, (e,).

    Years from the session's open and clock from its close; announcements and ex-days before that.
    """

    years: Floats
    clock: Floats
    earnings: Floats
    dividends: Floats


@dataclass(frozen=True, slots=True, eq=False)
class ExDay:
    """The first ex-day before each expiration, or the second ...: the close before it, its open, and whose it is.

    `strikes` are the rows of those that live beyond it; of expirations with fewer ex-days both are the end itself.
    """

    eve: Ends
    opens: Ends
    strikes: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """One session's contracts of some names, and what of them stays the same all day.

    Three levels: expirations (e,) of all names, strikes (s,) of all expirations, contracts (2s,), which are sorted by
    name and key. `call_at` and `put_at` are the rows of each strike's two contracts, `bounds` the names' rows.
    """

    seed: int
    session: Session
    names: Ints
    expiration_name: Ints
    expiration: Ends
    ex_days: tuple[ExDay, ...]
    strike_expiration: Ints
    strike_name: Ints
    spread: Floats
    skew: Floats
    strike: Floats
    log_strike: Floats
    deviation: Floats
    tick_below: Floats
    tick_above: Floats
    call_at: Ints
    put_at: Ints
    bounds: Ints
    key: Ints
    identity: Hashes
    open_interest: Floats
    day_volume: Floats
    fair: bool


def open_book(seed: int, session: Session, listings: Listings, spot: Floats, variance: Floats, *, fair: bool) -> Book:
    """The book of a session; spot and variance (COUNT,) are those at its open."""
    cents, row = listings.strikes()
    name, expiration = listings.name, listings.expiration
    counts = np.bincount(row, minlength=name.size)
    before = np.cumsum(counts) - counts
    call_at = np.arange(cents.size) + before[row]
    put_at = call_at + counts[row]
    key = np.empty(2 * cents.size, dtype=np.int64)
    for at, is_put in ((call_at, False), (put_at, True)):
        key[at] = contract_keys(expiration[row], np.full(cents.size, is_put), cents * CENT)
    contract_row = np.repeat(np.arange(name.size), 2 * counts)
    identity = identities(seed, name[contract_row], key)
    closes = [expiry_at(dt.date.fromordinal(day)) for day in expiration.tolist()]
    years = np.array([(close - session.opens) / _YEAR for close in closes])
    log_strike = np.log(cents / _CENTS)
    deviation = np.sqrt(variance[name] * np.maximum(listings.horizon / 365, years))[row]
    interest = _interest(listings, years, row, np.abs(log_strike - np.log(spot)[name[row]]) / deviation)
    spread_over = np.empty(2 * cents.size)
    spread_over[call_at] = spread_over[put_at] = interest
    names = np.unique(name)
    ends, ex_days = _ends(seed, session, name, expiration, years, row)
    return Book(
        seed=seed,
        session=session,
        names=names,
        expiration_name=name,
        expiration=ends,
        ex_days=ex_days,
        strike_expiration=row,
        strike_name=name[row],
        spread=_SPREAD[name[row]],
        skew=SKEW[name[row]],
        strike=cents / _CENTS,
        log_strike=log_strike,
        deviation=deviation,
        tick_below=_TICK_BELOW[name[row]],
        tick_above=_TICK_ABOVE[name[row]],
        call_at=call_at,
        put_at=put_at,
        bounds=np.append(np.searchsorted(name[contract_row], names), key.size),
        key=key,
        identity=identity,
        open_interest=np.floor(spread_over * (0.5 + uniform(identity))),
        day_volume=spread_over * _TURNOVER * 2 * uniform(mixed(identity ^ salt(session.day.toordinal()))),
        fair=fair,
    )


def quotes(book: Book, at: dt.datetime, spot: Floats, log_volatility: Floats, halted: Flags) -> tuple[ChainUpdate, ...]:
    """The quotes of the book's names at an instant of its session, without the `halted` names and stale contracts.

    Spot in dollars, log volatility over its mean and `halted` (COUNT,).
    """
    calls, puts, time_value, years = model_prices(book, at, spot, log_volatility)
    away = np.abs(book.log_strike - np.log(spot)[book.strike_name]) / book.deviation
    own = book.spread * np.sqrt(time_value) * (1 + _SPREAD_PER_DEVIATION * away)
    own *= (1 + _SPREAD_PER_YEAR * years)[book.strike_expiration]
    own += _LEAST_SPREAD
    bid, ask = np.empty(book.key.size), np.empty(book.key.size)
    for place, mid in ((book.call_at, calls), (book.put_at, puts)):
        half = (own + _SPREAD_OF_INTRINSIC * np.maximum(mid - time_value, 0)) / 2
        bid[place] = on_grid(np.maximum(mid - half, 0), book.tick_below, book.tick_above, up=False)
        ask[place] = on_grid(mid + half, book.tick_below, book.tick_above, up=True)
    break_some(book.identity, at, bid, ask)
    elapsed = (at - book.session.opens) / (book.session.closes - book.session.opens)
    volume = np.floor(book.day_volume * elapsed)
    open_interest = book.open_interest.copy()
    has_stale = neglected(book.seed, book.session, at)
    updates = []
    for number, part in zip(book.names.tolist(), _slices(book.bounds), strict=True):
        if halted[number]:
            continue
        figures = [each[part] for each in (bid, ask, volume, open_interest)]
        key = book.key[part].copy()
        if has_stale[number]:
            is_quoted = ~stale(book.session, at, book.identity[part])
            key, figures = key[is_quoted], [each[is_quoted] for each in figures]
        updates.append(ChainUpdate(SYMBOLS[number], at, spot[number].item(), key, *figures))
    return tuple(updates)


def model_prices(
    book: Book, at: dt.datetime, spot: Floats, log_volatility: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Calls, puts and time value of every strike, each (s,), and years to each expiration (e,).

    Only the side out of the money is computed; parity gives the other one. Nothing is worth less than its exercise.
    """
    minute = (at - book.session.opens) // MINUTE
    left = session_clock(book.session) * (1 - shares(minutes_of(book.session))[minute])
    state = _State((at - book.session.opens) / _YEAR, left, spot, log_volatility)
    here, strike = spot[book.strike_name], book.strike
    every = np.arange(strike.size)
    price, parity, is_put = _european(book, state, book.expiration, every)
    calls = np.maximum(np.where(is_put, price + parity, price), here - strike)
    puts = np.maximum(np.where(is_put, price, price - parity), strike - here)
    in_the_money = strike > here
    for ex_day in book.ex_days:
        # A call is held on unless its dividends are more than the interest on its strike, a put in the money unless
        # they are less: few are looked at twice.
        rows = ex_day.strikes
        rows = rows[_parity(book, state, ex_day.eve, rows) > parity[rows] + _NOTHING]
        early, gained, is_put = _european(book, state, ex_day.eve, rows)
        calls[rows] = np.maximum(calls[rows], np.where(is_put, early + gained, early))
        rows = ex_day.strikes[in_the_money[ex_day.strikes]]
        rows = rows[_parity(book, state, ex_day.opens, rows) < parity[rows] - _NOTHING]
        early, lost, is_put = _european(book, state, ex_day.opens, rows)
        puts[rows] = np.maximum(puts[rows], np.where(is_put, early, early - lost))
    return calls, puts, price, book.expiration.years - state.elapsed


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """An instant of a session: years since its open, what of its clock is left, spot and log volatility (COUNT,)."""

    elapsed: float
    clock_left: float
    spot: Floats
    log_volatility: Floats


def _european(book: Book, state: _State, ends: Ends, strikes: Ints) -> tuple[Floats, Floats, Flags]:
    """Of some strikes, if they are held to `ends`: the side out of the money, call less put, and which side it is."""
    name, rows, strike = book.expiration_name, book.strike_expiration[strikes], book.strike[strikes]
    years, here = ends.years - state.elapsed, state.spot[book.strike_name[strikes]]
    volatility = state.log_volatility[name]
    total = at_the_money(name, volatility, ends.clock + state.clock_left, ends.earnings, fair=book.fair)
    log_forward = np.log(state.spot)[name] + RATE * years + DIVIDEND_LOG[name] * ends.dividends
    forward = np.exp(log_forward)[rows]
    steepness = FAIR_STEEPNESS if book.fair else STEEPNESS
    variance = smile(total[rows], book.log_strike[strikes] - log_forward[rows], book.skew[strikes], steepness)
    is_put = strike < forward
    implied = np.sqrt(variance / years[rows])
    price = european(here, forward, strike, years[rows], RATE, implied, is_put).price
    return price, np.exp(-RATE * years)[rows] * (forward - strike), is_put


def _parity(book: Book, state: _State, ends: Ends, strikes: Ints) -> Floats:
    """Call less put of some strikes if they are held to `ends`: what then is left of the share, less the strike."""
    rows = book.strike_expiration[strikes]
    kept = np.exp(DIVIDEND_LOG[book.expiration_name] * ends.dividends)
    due = np.exp(-RATE * (ends.years - state.elapsed))
    found: Floats = kept[rows] * state.spot[book.strike_name[strikes]] - due[rows] * book.strike[strikes]
    return found


def on_grid(price: Floats, below: Floats, above: Floats, *, up: bool) -> Floats:
    """Prices >= 0 on their class's ticks, away from the mid: `below` cents under $3 and `above` from there.

    The rounding before the step keeps a last bit, which differs between machines, from moving a price by a tick.
    """
    cents = np.rint(price * 1e7) / 1e5
    tick = np.where(cents < _COARSE_FROM, below, above)
    steps = np.ceil(cents / tick) if up else np.floor(cents / tick)
    on_ticks: Floats = steps * tick / _CENTS
    return on_ticks


def _ends(
    seed: int, session: Session, name: Ints, expiration: Ints, years: Floats, row: Ints
) -> tuple[Ends, tuple[ExDay, ...]]:
    """The ends of all expirations, and the ex-days before them; `row` is each strike's expiration."""
    today = np.full(name.size, session.day.toordinal())
    events = event_days(seed, session.day.year, dt.date.fromordinal(int(expiration.max())).year)
    ends = Ends(
        years,
        between_closes(today, expiration),
        events.earnings_until(name, today, expiration),
        events.dividends_until(name, today, expiration),
    )
    most = int(ends.dividends.max())
    return ends, tuple(_ex_day(number, ends, events, session, name, row) for number in range(1, most + 1))


def _ex_day(number: int, ends: Ends, events: EventDays, session: Session, name: Ints, row: Ints) -> ExDay:
    """The ex-day of a number, counted from the session's morning; `row` is each strike's expiration."""
    today = np.full(name.size, session.day.toordinal())
    has = np.flatnonzero(ends.dividends >= number)
    behind = events.dividends_until(name, np.zeros_like(today), today).astype(np.int64)
    days = [events.dividends[name[one]][behind[one] + number - 1] for one in has]
    eves = [previous_session(dt.date.fromordinal(int(day))) for day in days]
    last = np.array([eve.day.toordinal() for eve in eves], dtype=np.int64)
    found = []
    for dividends, instants in ((number - 1, [eve.closes for eve in eves]), (number, map(_next_open, eves))):
        years, clock, earnings, paid = (part.copy() for part in (ends.years, ends.clock, ends.earnings, ends.dividends))
        years[has] = [(instant - session.opens) / _YEAR for instant in instants]
        clock[has] = between_closes(today[has], last)
        earnings[has] = events.earnings_until(name[has], today[has], last)
        paid[has] = dividends
        found.append(Ends(years, clock, earnings, paid))
    return ExDay(found[0], found[1], np.flatnonzero((ends.dividends >= number)[row]))


def _next_open(session: Session) -> dt.datetime:
    return next_session(session.closes).opens


def _interest(listings: Listings, years: Floats, row: Ints, away: Floats) -> Floats:
    """Open interest of each strike before its contracts' own luck, (s,)."""
    popular = np.where(listings.is_monthly, _MONTHLY_FACTOR, 1.0) * np.exp(-_DECAY_PER_YEAR * years)
    interest: Floats = (_OPEN_INTEREST[listings.name] * popular)[row] * np.exp(-_DECAY_PER_DEVIATION * away)
    return interest


def _slices(bounds: Ints) -> list[slice]:
    return [slice(start, stop) for start, stop in pairwise(bounds.tolist())]
