"""What open positions are worth now: mark, Greeks, implied volatility, cost of closing. Vectorised over a chain."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import Method
from engine.analytics.chain_values import ChainValues, chain_values
from engine.core.calendar import days_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import Money, percent
from engine.domain.chain import Chain
from engine.domain.greeks import Greeks
from engine.domain.instrument import MULTIPLIER
from engine.domain.order import OrderPurpose
from engine.domain.package import package_quote
from engine.domain.position import Position
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
        keys = held.setdefault(position.structure.symbol, set())
        keys.update(leg.contract.key for leg in position.structure.legs)
    minute = now.replace(second=0, microsecond=0)
    values = {
        symbol: _values_of(chains[symbol], tuple(sorted(held[symbol])), minute, rate)
        for symbol in sorted(held)
        if symbol in chains
    }
    return {
        position_id: _view(book, position, chains.get(position.structure.symbol), values, now)
        for position_id, position in book.positions.items()
    }


@lru_cache(maxsize=64)
def _values_of(chain: Chain, keys: tuple[int, ...], minute: dt.datetime, rate: float) -> ChainValues:
    """Values of the held contracts of a chain, to the minute.

    Kept, because the view is made many times a second and quotes, which never change inside a chain, are not.
    """
    return chain_values(chain, minute, rate, wanted=np.isin(chain.key, keys), method=Method.BOOK)


def _view(
    book: Book, position: Position, chain: Chain | None, values: Mapping[str, ChainValues], now: dt.datetime
) -> PositionView:
    mark = book.marks[position.position_id]
    pnl = mark - position.cost
    best = -position.cost
    rows = None if chain is None else _rows_of_one_time(position, chain, book.limits.max_quote_age)
    valued, closing_cost = _Valued(), None
    if chain is not None and rows is not None:
        valued = _greeks(position, rows, values[position.structure.symbol])
        closing_cost = _closing_cost(position, chain)
    return PositionView(
        position=position,
        mark=mark,
        marked_at=book.marked_at[position.position_id],
        pnl=pnl,
        pnl_of_max_pct=percent(pnl, best) if best > 0 else None,
        dte=days_to_expiry(now, position.structure.expiration),
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


def _greeks(position: Position, at: NDArray[np.intp], values: ChainValues) -> _Valued:
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
    return _Valued(greeks, float(values.iv[at].mean()), bool(borrowed.any()))


def _closing_cost(position: Position, chain: Chain) -> Money | None:
    """What closing at natural would pay (positive) or bring (negative), without commissions."""
    legs = position.structure.legs
    quote = package_quote(legs, tuple(chain.quote(leg.contract) for leg in legs), OrderPurpose.CLOSE)
    return None if quote is None else quote.natural * MULTIPLIER * position.quantity
