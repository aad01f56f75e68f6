"""Quotes of the simulated market: a smile without arbitrage around each forward, and a market maker's spread."""

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.analytics.black_scholes import european
from engine.core.calendar import Session, years_to_expiry
from engine.core.clock import epoch_us
from engine.domain.chain import Floats, Ints
from engine.domain.instrument import contract_keys
from engine.domain.ports import ChainUpdate
from engine.domain.tick import CENTS_EVERYWHERE
from engine.market.simulated_listing import Listing, is_monthly, reach
from engine.market.simulated_paths import RATE, UNDERLYINGS, column, expected_variance

Hashes = NDArray[np.uint64]

VOLATILITY_PREMIUM = 1.15
"""Implied over expected volatility: what sellers of options are paid for bearing the risk."""

BAD_QUOTE_RATE = 0.002
"""Share of quotes that are broken: without sides, without bid, or crossed, a third each."""

_SMILE_STEEPNESS = 0.9
_SKEW = column("skew")
_SPREAD = column("spread")
_OPEN_INTEREST = column("open_interest")
_IS_PENNY = np.array([underlying.symbol in CENTS_EVERYWHERE for underlying in UNDERLYINGS])

# Form of the spread: a cent, a part that grows with time value, distance and time, a part of the intrinsic value.
_LEAST_SPREAD, _SPREAD_OF_INTRINSIC = 0.01, 0.002
_SPREAD_PER_REACH, _SPREAD_PER_YEAR = 1.0, 2.0

_DECAY_PER_REACH = 3.0
"""Open interest falls by exp(-3) over the distance that is listed when a contract is new."""
_TURNOVER = 0.3
"""Contracts traded in a day per contract open."""
_MONTHLY_FACTOR = 3.0
_WORD = 0xFFFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True, eq=False)
class Book:
    """One session's contracts of all symbols, and what of them stays the same all day.

    Three levels: expirations (e,) of all symbols, strikes (s,) of all expirations, contracts (2s,): first the calls
    of every strike, then the puts. `order` (2s,) sorts contracts by symbol and key; `bounds` (symbols + 1,) are the
    symbols' rows in that order. The columns after it are in that order.
    """

    opens: dt.datetime
    seconds: float
    expiration_symbol: Ints
    expiration_years: Floats
    strike_expiration: Ints
    strike: Floats
    reach: Floats
    order: Ints
    bounds: Ints
    key: Ints
    identity: Hashes
    open_interest: Floats
    day_volume: Floats


def open_book(
    seed: int, session: Session, listings: tuple[tuple[Listing, ...], ...], spot: Floats, variance: Floats
) -> Book:
    """The book of a session; spot and variance (5,) are those at its open."""
    rows = [(number, listing) for number, listed in enumerate(listings) for listing in listed]
    strikes = [np.arange(row.lowest, row.highest + row.grid, row.grid) for _, row in rows]
    counts = [part.size for part in strikes]
    expiration_symbol = np.array([symbol for symbol, _ in rows])
    ordinals = np.array([listing.expiration.toordinal() for _, listing in rows])
    monthly = np.array([is_monthly(listing.expiration) for _, listing in rows])
    strike_expiration = np.repeat(np.arange(len(rows)), counts)
    cents = np.concatenate(strikes)
    keys = np.concatenate(
        [
            contract_keys(ordinals[strike_expiration], np.full(cents.size, is_put), cents * 100)
            for is_put in (False, True)
        ]
    )
    symbol = np.tile(expiration_symbol[strike_expiration], 2)
    order = np.lexsort((keys, symbol))
    key, symbol = keys[order], symbol[order]
    identity = _mixed((key + (symbol << 58)).astype(np.uint64) ^ _salt(seed))
    reaches = np.array([reach(volatility) for volatility in np.sqrt(variance).tolist()])
    distance = np.abs(np.log(np.tile(cents / 100, 2)[order] / spot[symbol])) / reaches[symbol]
    popularity = np.where(np.tile(monthly[strike_expiration], 2)[order], _MONTHLY_FACTOR, 1.0)
    interest = _OPEN_INTEREST[symbol] * popularity * np.exp(-_DECAY_PER_REACH * distance)
    traded = _uniform(_mixed(identity ^ _salt(session.day.toordinal())))
    return Book(
        opens=session.opens,
        seconds=(session.closes - session.opens).total_seconds(),
        expiration_symbol=expiration_symbol,
        expiration_years=np.array([years_to_expiry(session.opens, listing.expiration) for _, listing in rows]),
        strike_expiration=strike_expiration,
        strike=cents / 100,
        reach=reaches,
        order=order,
        bounds=np.searchsorted(symbol, np.arange(len(listings) + 1)),
        key=key,
        identity=identity,
        open_interest=np.floor(interest * (0.5 + _uniform(identity))),
        day_volume=interest * _TURNOVER * 2 * traded,
    )


def quotes(book: Book, at: dt.datetime, spot: Floats, variance: Floats) -> tuple[ChainUpdate, ...]:
    """Every symbol's quotes at an instant of the book's session; spot in dollars and variance a year, (5,)."""
    elapsed = (at - book.opens).total_seconds()
    years = book.expiration_years - elapsed / (365 * 86_400)
    calls, puts, time_value, distance = _model_prices(book, years, spot, variance)
    symbol = book.expiration_symbol[book.strike_expiration]
    own = _SPREAD[symbol] * np.sqrt(time_value) * (1 + _SPREAD_PER_REACH * distance)
    own *= 1 + _SPREAD_PER_YEAR * years[book.strike_expiration]
    mid = np.concatenate([calls, puts])
    intrinsic = mid - np.tile(time_value, 2)
    half = (_LEAST_SPREAD + np.tile(own, 2) + _SPREAD_OF_INTRINSIC * np.maximum(intrinsic, 0)) / 2
    is_penny = np.tile(_IS_PENNY[symbol], 2)
    bid = _on_grid(np.maximum(mid - half, 0), is_penny, up=False)[book.order]
    ask = _on_grid(mid + half, is_penny, up=True)[book.order]
    _break_some(book.identity, at, bid, ask)
    volume = np.floor(book.day_volume * (elapsed / book.seconds))
    return tuple(
        ChainUpdate(
            symbol=underlying.symbol,
            at=at,
            spot=spot[number].item(),
            key=book.key[rows].copy(),
            bid=bid[rows],
            ask=ask[rows],
            volume=volume[rows],
            open_interest=book.open_interest[rows].copy(),
        )
        for number, (underlying, rows) in enumerate(zip(UNDERLYINGS, _slices(book.bounds), strict=True))
    )


def at_the_money(name: Ints, variance: Floats, years: Floats) -> Floats:
    """Implied volatility at the forward; arrays (n,) as in `expected_variance`."""
    implied: Floats = VOLATILITY_PREMIUM * np.sqrt(expected_variance(name, variance, years))
    return implied


def smile(total_variance: Floats, log_moneyness: Floats, rho: Floats) -> Floats:
    """Total implied variance at log(strike / forward) from that at the money, arrays of one shape.

    Gatheral and Jacquier (2014), "Arbitrage-free SVI volatility surfaces", SSVI with phi = eta / sqrt(theta (1 +
    theta)): free of butterfly arbitrage for eta (1 + |rho|) <= 2, and of calendar arbitrage as long as the variance
    at the money grows with time, which an expected variance does.
    """
    phi = _SMILE_STEEPNESS / np.sqrt(total_variance * (1 + total_variance))
    tilted = phi * log_moneyness
    wings: Floats = total_variance / 2 * (1 + rho * tilted + np.sqrt((tilted + rho) ** 2 + 1 - rho**2))
    return wings


def _model_prices(book: Book, years: Floats, spot: Floats, variance: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Calls, puts, time value and distance from spot (in reaches) of every strike, each (s,).

    Only the side out of the money is computed; parity gives the other one. A put is never worth less than its
    exercise, as it is American; the call of a stock without dividends needs no such floor.
    """
    rows, strike = book.strike_expiration, book.strike
    name = book.expiration_symbol
    total = (at_the_money(name, variance[name], years) ** 2 * years)[rows]
    forward = (spot[name] * np.exp(RATE * years))[rows]
    here, tenor = spot[name][rows], years[rows]
    implied = np.sqrt(smile(total, np.log(strike / forward), _SKEW[name][rows]) / tenor)
    is_put = strike < forward
    price = european(here, forward, strike, tenor, RATE, implied, is_put).price
    parity = np.exp(-RATE * tenor) * (forward - strike)
    calls = np.where(is_put, price + parity, price)
    puts = np.maximum(np.where(is_put, price, price - parity), strike - here)
    return calls, puts, price, np.abs(np.log(strike / here)) / book.reach[name][rows]


def _on_grid(price: Floats, is_penny: NDArray[np.bool_], *, up: bool) -> Floats:
    """Prices on their class's tick grid, away from the mid: cents, or 5 cents from $3 where a class has no pennies.

    The rounding before the step keeps a last bit, which differs between machines, from moving a price by a tick.
    """
    step = np.ceil if up else np.floor
    cents = step(np.round(price * 100, 5))
    nickels = step(np.round(price * 20, 5)) * 5
    on_grid: Floats = np.where(is_penny | (cents < 300), cents, nickels) / 100
    return on_grid


def _break_some(identity: Hashes, at: dt.datetime, bid: Floats, ask: Floats) -> None:
    """Spoil the set share of quotes in place; which ones depends on seed, contract and time alone."""
    drawn = _uniform(_mixed(identity ^ _salt(epoch_us(at)))) / BAD_QUOTE_RATE
    crossed = np.flatnonzero(drawn < 1 / 3)
    bid[crossed], ask[crossed] = ask[crossed], bid[crossed]
    bid[(drawn >= 1 / 3) & (drawn < 1)] = np.nan
    ask[(drawn >= 2 / 3) & (drawn < 1)] = np.nan


def _mixed(words: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014): the same well-mixed words on every machine."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def _salt(number: int) -> Hashes:
    return _mixed(np.array([(number + 1) * 0x9E3779B97F4A7C15 & _WORD], dtype=np.uint64))


def _uniform(words: Hashes) -> Floats:
    """Uniform on [0, 1) from the upper 53 bits."""
    uniform: Floats = (words >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return uniform


def _slices(bounds: Ints) -> list[slice]:
    return [slice(start, stop) for start, stop in pairwise(bounds.tolist())]
