"""What open positions are worth now: mark, Greeks, implied volatility, cost of closing. Vectorised over a chain."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import Method
from engine.analytics.chain_values import ChainValues, chain_values
from engine.analytics.kernel import DAYS_PER_YEAR
from engine.core.calendar import days_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import Money, from_float, percent
from engine.domain.chain import Chain
from engine.domain.greeks import Greeks
from engine.domain.instrument import MULTIPLIER, OptionContract
from engine.domain.order import OrderPurpose
from engine.domain.package import package_quote
from engine.domain.position import Position
from engine.domain.quote import stock_quote
from engine.domain.snapshot import PositionView
from engine.ledger.book import Book

_WEIGHTED_DAYS = 30.0
"""The life of an option whose vega counts as it is."""

_LEAST_DAYS = 1.0
"""An option that lives shorter is weighted as if it lived a day: the weight has no bound otherwise."""


@dataclass(frozen=True, slots=True)
class _Valued:
    """Greeks and average volatility of a position; None where a leg has no usable quote.

    `borrowed`: a leg's volatility is that of the other right at its strike.
    """

    greeks: Greeks | None = None
    vega_30d: float | None = None
    iv: float | None = None
    borrowed: bool = False


@dataclass(frozen=True, slots=True)
class _Priced:
    """What a position's view takes from the quotes, and nothing of the ledger's."""

    valued: _Valued
    closing_cost: Money | None
    spot: Money | None
    dollar_delta: Money | None
    dollar_gamma: Money | None
    power: Money
    dte: int | None


@dataclass(slots=True)
class _Symbol:
    """What is held in one underlying, and what it was worth when its chain, or the minute, last changed."""

    positions: tuple[Position, ...]
    keys: tuple[int, ...]
    chain: Chain | None = None
    seen: tuple[object, ...] = ()
    priced: dict[str, _Priced] = field(default_factory=dict)


class Valuer:
    """Views of open positions, of which only those are made anew that something has changed about.

    It keeps the newest figures of what is open, and the chains behind them, and nothing else.
    """

    def __init__(self) -> None:
        self._book: Book | None = None
        self._seq = -1
        self._symbols: dict[str, _Symbol] = {}
        self._views: dict[str, PositionView] = {}

    def views(self, book: Book, chains: Mapping[str, Chain], now: dt.datetime, rate: float) -> dict[str, PositionView]:
        """A view of every open position, by position id, in the book's order. See `value_positions`."""
        minute = now.replace(second=0, microsecond=0)
        context = (minute, rate, book.limits.max_quote_age)
        has_moved = book is not self._book or book.seq != self._seq
        if has_moved:
            self._symbols = self._grouped(book)
            self._book, self._seq = book, book.seq
        changed: list[Position] = []
        for symbol, group in self._symbols.items():
            chain = chains.get(symbol)
            if chain is not group.chain or context != group.seen:
                group.priced = _priced(group, chain, minute, rate, book.limits.max_quote_age)
                group.chain, group.seen = chain, context
                changed.extend(group.positions)
        if has_moved:
            self._views = {key: self._view(book, position) for key, position in book.positions.items()}
        elif changed:
            self._views = self._views | {each.position_id: self._view(book, each) for each in changed}
        return self._views

    def _grouped(self, book: Book) -> dict[str, _Symbol]:
        """Positions by symbol; a group of which no position changed stays as it is."""
        found: dict[str, list[Position]] = {}
        for position in book.positions.values():
            found.setdefault(position.symbol, []).append(position)
        groups: dict[str, _Symbol] = {}
        for symbol, positions in found.items():
            kept, held = self._symbols.get(symbol), tuple(positions)
            if kept is not None and _are_same(kept.positions, held):
                groups[symbol] = kept
            else:
                keys = {leg.contract.key for position in held for leg in position.structure.legs}
                groups[symbol] = _Symbol(held, tuple(sorted(keys)))
        return groups

    def _view(self, book: Book, position: Position) -> PositionView:
        """The view of a position, the one before where it would be the same."""
        position_id = position.position_id
        priced = self._symbols[position.symbol].priced[position_id]
        view = _view(position, book.marks[position_id], book.marked_at[position_id], priced)
        kept = self._views.get(position_id)
        return kept if kept == view else view


def value_positions(book: Book, chains: Mapping[str, Chain], now: dt.datetime, rate: float) -> dict[str, PositionView]:
    """A view of every open position, by position id.

    The mark is the book's (journaled) one, so that the snapshot adds up to the ledger; Greeks and closing cost come
    from the newest quotes. `rate` is the risk-free rate, continuously compounded.
    """
    return Valuer().views(book, chains, now, rate)


@dataclass(frozen=True, slots=True)
class HeldValue:
    """What the quotes imply of one option that is held: volatility a year, forward in $, years to expiry."""

    volatility: float
    forward: float
    years: float


def held_values(
    positions: Iterable[Position], chains: Mapping[str, Chain], now: dt.datetime, rate: float
) -> dict[OptionContract, HeldValue]:
    """Of every option that is held, as far as its quotes tell."""
    held: dict[str, dict[int, OptionContract]] = {}
    for position in positions:
        for leg in position.structure.legs:
            held.setdefault(position.symbol, {})[leg.contract.key] = leg.contract
    found: dict[OptionContract, HeldValue] = {}
    minute = now.replace(second=0, microsecond=0)
    for symbol, contracts in held.items():
        chain = chains.get(symbol)
        if chain is None:
            continue
        values = _values_of(chain, tuple(sorted(contracts)), minute, rate)
        for contract in contracts.values():
            row = chain.row(contract)
            if row is not None and (values.valid[row] or values.borrowed[row]):
                found[contract] = HeldValue(float(values.iv[row]), float(values.forward[row]), float(values.years[row]))
    return found


def volatilities(
    positions: Iterable[Position], chains: Mapping[str, Chain], now: dt.datetime, rate: float
) -> dict[OptionContract, float]:
    """Implied volatility a year of every option that is held, as far as its quotes tell one."""
    return {contract: value.volatility for contract, value in held_values(positions, chains, now, rate).items()}


@lru_cache(maxsize=64)
def _values_of(chain: Chain, keys: tuple[int, ...], minute: dt.datetime, rate: float) -> ChainValues:
    """Values of the held contracts of a chain, to the minute.

    Kept, because the view is made many times a second and quotes, which never change inside a chain, are not.
    """
    return chain_values(chain, minute, rate, wanted=np.isin(chain.key, keys), method=Method.BOOK)


def _are_same(left: tuple[Position, ...], right: tuple[Position, ...]) -> bool:
    return len(left) == len(right) and all(one is other for one, other in zip(left, right, strict=True))


def _priced(
    group: _Symbol, chain: Chain | None, minute: dt.datetime, rate: float, longest: dt.timedelta | None
) -> dict[str, _Priced]:
    """What the chain says of each position of a symbol, by position id."""
    values = _values_of(chain, group.keys, minute, rate) if chain is not None and group.keys else None
    spot = None if chain is None else from_float(chain.spot)
    return {
        position.position_id: _price(position, chain, values, spot, minute, longest) for position in group.positions
    }


def _price(
    position: Position,
    chain: Chain | None,
    values: ChainValues | None,
    spot: Money | None,
    minute: dt.datetime,
    longest: dt.timedelta | None,
) -> _Priced:
    expiration = position.structure.expiration
    rows = None if chain is None else _rows_of_one_time(position, chain, longest)
    valued, closing_cost = _Valued(), None
    if chain is not None and rows is not None:
        valued = _greeks(position, rows, values)
        closing_cost = _closing_cost(position, chain)
    price, greeks = float("nan") if chain is None else chain.spot, valued.greeks
    return _Priced(
        valued,
        closing_cost,
        spot,
        dollar_delta=None if greeks is None else from_float(greeks.delta * price),
        dollar_gamma=None if greeks is None else from_float(greeks.gamma * price * price / 100),
        power=concentration_power(position, spot),
        dte=None if expiration is None else days_to_expiry(minute, expiration),
    )


def _view(position: Position, mark: Money, marked_at: dt.datetime, priced: _Priced) -> PositionView:
    pnl, best, valued = mark - position.cost, -position.cost, priced.valued
    return PositionView(
        position=position,
        mark=mark,
        marked_at=marked_at,
        pnl=pnl,
        pnl_of_max_pct=percent(pnl, best) if best > 0 else None,
        dte=priced.dte,
        greeks=valued.greeks,
        iv=valued.iv,
        is_iv_borrowed=valued.borrowed,
        closing_cost=priced.closing_cost,
        spot=priced.spot,
        dollar_delta=priced.dollar_delta,
        dollar_gamma=priced.dollar_gamma,
        vega_30d=valued.vega_30d,
        power=priced.power,
    )


def concentration_power(position: Position, spot: Money | None) -> Money:
    """What a position adds to a concentration: buying power of its options plus market value of its shares, >= 0.

    Shares without a price count at cost. Source: product terms, section 1.
    """
    cost = abs(sum(lot.cost for lot in position.lots if lot.contract is None))
    stock = cost if spot is None else abs(position.shares) * spot
    options = max(0, position.used - cost) if position.structure.legs else 0
    return options + (stock if position.shares else 0)


def _rows_of_one_time(position: Position, chain: Chain, longest: dt.timedelta | None) -> NDArray[np.intp] | None:
    """Rows of a position's legs, None unless all were quoted with the chain's newest quotes, give or take `longest`.

    A recording leaves contracts out; legs of different days together give neither Greeks nor a closing price.
    """
    found = [chain.row(leg.contract) for leg in position.structure.legs]
    rows = np.array([row for row in found if row is not None], dtype=np.intp)
    if rows.size < len(found) or longest is None:
        return None
    oldest = epoch_us(chain.at) - longest // dt.timedelta(microseconds=1)
    return rows if bool((chain.quoted_at[rows] >= oldest).all()) else None


def _greeks(position: Position, at: NDArray[np.intp], values: ChainValues | None) -> _Valued:
    shares = Greeks(delta=float(position.shares))
    if values is None or at.size == 0:
        return _Valued(shares, 0.0)
    borrowed = values.borrowed[at]
    if not (values.valid[at] | borrowed).all():
        return _Valued()
    ratio = np.array([leg.ratio for leg in position.structure.legs], dtype=np.float64)
    size = MULTIPLIER * position.quantity
    greeks = Greeks(
        delta=float(ratio @ values.delta[at]) * size,
        gamma=float(ratio @ values.gamma[at]) * size,
        theta=float(ratio @ values.theta[at]) * size,
        vega=float(ratio @ values.vega[at]) * size,
    )
    weight = np.sqrt(_WEIGHTED_DAYS / np.maximum(values.years[at] * DAYS_PER_YEAR, _LEAST_DAYS))
    vega_30d = float(ratio @ (values.vega[at] * weight)) * size
    return _Valued(greeks + shares, vega_30d, float(values.iv[at].mean()), bool(borrowed.any()))


def _closing_cost(position: Position, chain: Chain) -> Money | None:
    """What closing at natural would pay (positive) or bring (negative), without commissions."""
    legs, cost = position.structure.legs, 0
    if legs:
        quote = package_quote(legs, tuple(chain.quote(leg.contract) for leg in legs), OrderPurpose.CLOSE)
        if quote is None:
            return None
        cost = quote.natural * MULTIPLIER * position.quantity
    if position.shares:
        spot = from_float(chain.spot)
        if spot is None:
            return None
        stock = stock_quote(spot, chain.spot_at)
        cost -= position.shares * ((stock.bid if position.shares > 0 else stock.ask) or 0)
    return cost
