"""What open positions are worth now: mark, Greeks, implied volatility, cost of closing. Vectorised over a chain."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import Method
from engine.analytics.chain_values import ChainValues, chain_values
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


@dataclass(frozen=True, slots=True)
class _Valued:
    """Greeks and average volatility of a position; None where a leg has no usable quote.

    `borrowed`: a leg's volatility is that of the other right at its strike.
    """

    greeks: Greeks | None = None
    iv: float | None = None
    borrowed: bool = False


def value_positions(book: Book, chains: Mapping[str, Chain], now: dt.datetime, rate: float) -> dict[str, PositionView]:
    """A view of every open position, by position id.

    The mark is the book's (journaled) one, so that the snapshot adds up to the ledger; Greeks and closing cost come
    from the newest quotes. `rate` is the risk-free rate, continuously compounded.
    """
    held: dict[str, set[int]] = {}
    for position in book.positions.values():
        keys = held.setdefault(position.symbol, set())
        keys.update(leg.contract.key for leg in position.structure.legs)
    minute = now.replace(second=0, microsecond=0)
    values = {
        symbol: _values_of(chains[symbol], tuple(sorted(held[symbol])), minute, rate)
        for symbol in sorted(held)
        if symbol in chains and held[symbol]
    }
    return {
        position_id: _view(book, position, chains.get(position.structure.symbol), values, now)
        for position_id, position in book.positions.items()
    }


def volatilities(
    positions: Iterable[Position], chains: Mapping[str, Chain], now: dt.datetime, rate: float
) -> dict[OptionContract, float]:
    """Implied volatility a year of every option that is held, as far as its quotes tell one."""
    held: dict[str, dict[int, OptionContract]] = {}
    for position in positions:
        for leg in position.structure.legs:
            held.setdefault(position.symbol, {})[leg.contract.key] = leg.contract
    found: dict[OptionContract, float] = {}
    minute = now.replace(second=0, microsecond=0)
    for symbol, contracts in held.items():
        chain = chains.get(symbol)
        if chain is None:
            continue
        values = _values_of(chain, tuple(sorted(contracts)), minute, rate)
        for contract in contracts.values():
            row = chain.row(contract)
            if row is not None and (values.valid[row] or values.borrowed[row]):
                found[contract] = float(values.iv[row])
    return found


@lru_cache(maxsize=64)
def _values_of(chain: Chain, keys: tuple[int, ...], minute: dt.datetime, rate: float) -> ChainValues:
    """Values of the held contracts of a chain, to the minute.

    Kept, because the view is made many times a second and quotes, which never change inside a chain, are not.
    """
    return chain_values(chain, minute, rate, wanted=np.isin(chain.key, keys), method=Method.BOOK)


def _view(
    book: Book, position: Position, chain: Chain | None, values: Mapping[str, ChainValues], now: dt.datetime
) -> PositionView:
    mark, expiration = book.marks[position.position_id], position.structure.expiration
    pnl = mark - position.cost
    best = -position.cost
    rows = None if chain is None else _rows_of_one_time(position, chain, book.limits.max_quote_age)
    valued, closing_cost = _Valued(), None
    if chain is not None and rows is not None:
        valued = _greeks(position, rows, values.get(position.symbol))
        closing_cost = _closing_cost(position, chain)
    return PositionView(
        position=position,
        mark=mark,
        marked_at=book.marked_at[position.position_id],
        pnl=pnl,
        pnl_of_max_pct=percent(pnl, best) if best > 0 else None,
        dte=None if expiration is None else days_to_expiry(now, expiration),
        greeks=valued.greeks,
        iv=valued.iv,
        is_iv_borrowed=valued.borrowed,
        closing_cost=closing_cost,
    )


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
        return _Valued(shares)
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
    return _Valued(greeks + shares, float(values.iv[at].mean()), bool(borrowed.any()))


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
