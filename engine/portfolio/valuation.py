"""What open positions are worth now: mark, Greeks, implied volatility, cost of closing. Vectorised over a chain."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.analytics.american import Method
from engine.analytics.chain_values import ChainValues, chain_values
from engine.analytics.kernel import DAYS_PER_YEAR, Flags
from engine.analytics.payoff import most_profit
from engine.core.calendar import market_day
from engine.core.clock import epoch_us
from engine.core.money import LARGEST, UNIT, Money, from_float, percent
from engine.domain.chain import Chain, Floats, Ints, Rows, moneys
from engine.domain.greeks import Greeks
from engine.domain.instrument import MULTIPLIER, OptionContract
from engine.domain.position import OwnExits, Position
from engine.domain.quote import stock_quote
from engine.domain.snapshot import PositionView
from engine.domain.tick import EUROPEAN_CLASSES
from engine.ledger.book import Book

_WEIGHTED_DAYS = 30.0
"""The life of an option whose vega counts as it is."""

_LEAST_DAYS = 1.0
"""An option that lives shorter is weighted as if it lived a day: the weight has no bound otherwise."""


class _Priced(NamedTuple):
    """What a position's view takes from the quotes, and nothing of the ledger's; None where a leg tells nothing."""

    greeks: Greeks | None
    vega_30d: float | None
    iv: float | None
    borrowed: bool
    dollar_delta: Money | None
    dollar_gamma: Money | None
    closing_cost: Money | None
    spot: Money | None
    power: Money
    dte: int | None
    best: Money | None


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """The positions of one underlying (n,) and their legs (l,) as columns.

    `keys` (k,) are the contracts, sorted; `contract` (l,) the place of each leg's, `owner` (l,) that of its position.
    """

    positions: tuple[Position, ...]
    keys: Ints
    contract: NDArray[np.intp]
    owner: NDArray[np.intp]
    ratio: Floats
    size: Floats
    """Shares that one unit of each leg stands for (n,)."""
    shares: Floats
    expirations: tuple[dt.date | None, ...]
    best: tuple[Money | None, ...]
    power: tuple[Money | None, ...]
    """What each adds to a concentration, None where that moves with the underlying's price."""

    def sums(self, values: Floats) -> Floats:
        """Values of the legs (l,) by position (n,)."""
        return np.bincount(self.owner, values, len(self.positions)).astype(np.float64, copy=False)

    def all_of(self, flags: Flags) -> Flags:
        """Positions (n,) of which every leg (l,) is flagged; those without legs are."""
        every: Flags = self.sums((~flags).astype(np.float64)) == 0
        return every


@dataclass(slots=True)
class _Symbol:
    """What is held in one underlying, and what it was worth when its chain, or the minute, last changed."""

    shape: _Shape
    chain: Chain | None = None
    seen: tuple[object, ...] = ()
    priced: tuple[_Priced, ...] = ()


class Valuer:
    """Views of open positions, of which only those are made anew that something has changed about.

    It keeps the newest figures of what is open, and the chains behind them, and nothing else.
    """

    def __init__(self) -> None:
        self._book: Book | None = None
        self._seq = -1
        self._symbols: dict[str, _Symbol] = {}
        self._views: dict[str, PositionView] = {}
        self._made_of: dict[str, _Priced] = {}

    def views(self, book: Book, chains: Mapping[str, Chain], now: dt.datetime, rate: float) -> dict[str, PositionView]:
        """A view of every open position, by position id, in the book's order. See `value_positions`.

        The very same dict as before when nothing has changed.
        """
        minute = now.replace(second=0, microsecond=0)
        context = (minute, rate, book.limits.max_quote_age)
        has_moved = book is not self._book or book.seq != self._seq
        if has_moved:
            self._symbols = self._grouped(book)
            self._book, self._seq = book, book.seq
        changed: dict[str, PositionView] = {}
        made_of: dict[str, _Priced] = {}
        for symbol, group in self._symbols.items():
            chain = chains.get(symbol)
            is_new = chain is not group.chain or context != group.seen
            if is_new:
                group.priced = _priced(group.shape, chain, minute, rate, book.limits.max_quote_age)
                group.chain, group.seen = chain, context
            if is_new or has_moved:
                for position, priced in zip(group.shape.positions, group.priced, strict=True):
                    changed[position.position_id] = self._view(book, position, priced)
                    made_of[position.position_id] = priced
        if has_moved:
            self._views, self._made_of = {key: changed[key] for key in book.positions}, made_of
        elif changed:
            self._views, self._made_of = self._views | changed, self._made_of | made_of
        return self._views

    def _grouped(self, book: Book) -> dict[str, _Symbol]:
        """Positions by symbol; a group of which no position changed stays as it is."""
        found: dict[str, list[Position]] = {}
        for position in book.positions.values():
            found.setdefault(position.symbol, []).append(position)
        groups: dict[str, _Symbol] = {}
        for symbol, positions in found.items():
            kept, held = self._symbols.get(symbol), tuple(positions)
            is_same = kept is not None and _are_same(kept.shape.positions, held)
            groups[symbol] = kept if kept is not None and is_same else _Symbol(_shape_of(held))
        return groups

    def _view(self, book: Book, position: Position, priced: _Priced) -> PositionView:
        """The view of a position, the one before where it would be the same."""
        key = position.position_id
        mark, marked_at, own_exits = book.marks[key], book.marked_at[key], book.own_exits.get(key)
        kept = self._views.get(key)
        seen = (mark, marked_at, own_exits)
        is_same = kept is not None and self._made_of[key] is priced and kept.position is position
        if kept is not None and is_same and (kept.mark, kept.marked_at, kept.own_exits) == seen:
            return kept
        return _view(position, mark, marked_at, priced, own_exits)


def value_positions(book: Book, chains: Mapping[str, Chain], now: dt.datetime, rate: float) -> dict[str, PositionView]:
    """A view of every open position, by position id; `rate` is the risk-free rate, continuously compounded.

    The mark is the book's (journaled) one, so that the snapshot adds up to the ledger; all else is the newest quotes'.
    """
    return Valuer().views(book, chains, now, rate)


@dataclass(frozen=True, slots=True)
class HeldValue:
    """What quotes imply of an option: volatility a year, forward in $, years to expiry, delta; whether borrowed."""

    volatility: float
    forward: float
    years: float
    delta: float
    is_borrowed: bool


def held_contracts(positions: Iterable[Position]) -> dict[str, tuple[OptionContract, ...]]:
    """Every option that is held, once, by underlying."""
    held: dict[str, dict[int, OptionContract]] = {}
    for position in positions:
        for leg in position.structure.legs:
            held.setdefault(position.symbol, {})[leg.contract.key] = leg.contract
    return {symbol: tuple(contracts.values()) for symbol, contracts in held.items()}


def held_values(
    positions: Iterable[Position], chains: Mapping[str, Chain], now: dt.datetime, rate: float
) -> dict[OptionContract, HeldValue]:
    """Of every option that is held, as far as its quotes tell."""
    found: dict[OptionContract, HeldValue] = {}
    for symbol, contracts in held_contracts(positions).items():
        if symbol in chains:
            found |= contract_values(chains[symbol], contracts, now, rate)
    return found


def contract_values(
    chain: Chain, contracts: Sequence[OptionContract], now: dt.datetime, rate: float
) -> dict[OptionContract, HeldValue]:
    """What a chain implies of some contracts, to the minute; those that its quotes tell nothing of are left out."""
    if not contracts or not chain.key.size:
        return {}
    row, known = chain.find(contracts)
    values, known = _valued(chain, row, known, now, rate)
    columns = (values.iv[row], values.forward[row], values.years[row], values.delta[row], values.borrowed[row])
    rows = zip(contracts, known.tolist(), *(column.tolist() for column in columns), strict=True)
    return {contract: HeldValue(*figures) for contract, is_known, *figures in rows if is_known}


def volatilities_at(
    chain: Chain, contracts: Sequence[OptionContract], rows: Rows, known: Flags, now: dt.datetime, rate: float
) -> dict[OptionContract, float]:
    """The volatilities among them, of contracts that `Chain.find` has found the `rows` of."""
    if not chain.key.size:
        return {}
    values, known = _valued(chain, rows, known, now, rate)
    found = zip(contracts, known.tolist(), values.iv[rows].tolist(), strict=True)
    return {contract: volatility for contract, is_known, volatility in found if is_known}


def _valued(chain: Chain, rows: Rows, known: Flags, now: dt.datetime, rate: float) -> tuple[ChainValues, Flags]:
    """Values of the rows that are `known`, and which of these (m,) have any."""
    keys = tuple(np.sort(chain.key[rows[known]]).tolist())
    values = _values_of(chain, keys, now.replace(second=0, microsecond=0), rate)
    return values, known & (values.valid[rows] | values.borrowed[rows])


def volatilities(
    positions: Iterable[Position], chains: Mapping[str, Chain], now: dt.datetime, rate: float
) -> dict[OptionContract, float]:
    """Implied volatility a year of every option that is held, as far as its quotes tell one."""
    return {contract: value.volatility for contract, value in held_values(positions, chains, now, rate).items()}


@lru_cache(maxsize=64)
def _values_of(chain: Chain, keys: tuple[int, ...], minute: dt.datetime, rate: float) -> ChainValues:
    """Values of held contracts, to the minute. Kept: views come often, and quotes never change inside a chain."""
    is_european = chain.symbol in EUROPEAN_CLASSES
    row, known = chain.rows(np.array(keys, dtype=np.int64))
    wanted = np.zeros(chain.key.size, dtype=np.bool_)
    wanted[row[known]] = True
    return chain_values(chain, minute, rate, wanted=wanted, method=Method.BOOK, is_european=is_european)


def _are_same(left: tuple[Position, ...], right: tuple[Position, ...]) -> bool:
    return len(left) == len(right) and all(one is other for one, other in zip(left, right, strict=True))


def _shape_of(positions: tuple[Position, ...]) -> _Shape:
    legs = [(leg, owner) for owner, position in enumerate(positions) for leg in position.structure.legs]
    keys, contract = np.unique(np.array([leg.contract.key for leg, _ in legs], dtype=np.int64), return_inverse=True)
    return _Shape(
        positions,
        keys,
        contract,
        np.array([owner for _, owner in legs], dtype=np.intp),
        np.array([leg.ratio for leg, _ in legs], dtype=np.float64),
        np.array([MULTIPLIER * position.quantity for position in positions], dtype=np.float64),
        np.array([position.shares for position in positions], dtype=np.float64),
        tuple(position.structure.expiration for position in positions),
        tuple(most_profit(position) for position in positions),
        tuple(None if position.shares else concentration_power(position, None) for position in positions),
    )


def _priced(
    shape: _Shape, chain: Chain | None, minute: dt.datetime, rate: float, longest: dt.timedelta | None
) -> tuple[_Priced, ...]:
    """What the chain says of each position of a symbol.

    A position of which a contract was never quoted, or not with the chain's newest quotes (give or take `longest`), is
    worth what the ledger says: legs of different days together give neither Greeks nor a closing price.
    """
    count = len(shape.positions)
    spot = None if chain is None else from_float(chain.spot)
    greeks = [_UNKNOWN] * count
    costs: list[Money | None] = [None] * count
    if chain is not None and longest is not None:
        known_row, known = chain.rows(shape.keys)
        row, is_there = known_row[shape.contract], known[shape.contract]
        oldest = epoch_us(chain.at) - longest // dt.timedelta(microseconds=1)
        of_one_time = shape.all_of(is_there & (_taken(chain.quoted_at, row) >= oldest))
        has_options = shape.keys.size and chain.key.size
        values = _values_of(chain, tuple(shape.keys[known].tolist()), minute, rate) if has_options else None
        greeks = _greeks(shape, values, row, of_one_time, chain.spot)
        costs = _closing_costs(shape, chain, row, of_one_time)
    today = market_day(minute).toordinal()
    lives = [None if expiration is None else expiration.toordinal() - today for expiration in shape.expirations]
    powers = [
        concentration_power(position, spot) if power is None else power
        for position, power in zip(shape.positions, shape.power, strict=True)
    ]
    rows = zip(greeks, costs, powers, lives, shape.best, strict=True)
    return tuple(_Priced(*told, cost, spot, power, dte, best) for told, cost, power, dte, best in rows)


def _taken(column: Floats | Ints, row: NDArray[np.intp]) -> Floats | Ints:
    """Rows of a column, NaN of an empty one."""
    return column[row] if column.size else np.full(row.size, np.nan)


def _view(
    position: Position, mark: Money, marked_at: dt.datetime, priced: _Priced, own: OwnExits | None
) -> PositionView:
    pnl, best = mark - position.cost, priced.best
    return PositionView(
        position=position,
        mark=mark,
        marked_at=marked_at,
        pnl=pnl,
        pnl_of_max_pct=percent(pnl, best) if best is not None and best > 0 else None,
        dte=priced.dte,
        greeks=priced.greeks,
        iv=priced.iv,
        is_iv_borrowed=priced.borrowed,
        closing_cost=priced.closing_cost,
        own_exits=own,
        spot=priced.spot,
        dollar_delta=priced.dollar_delta,
        dollar_gamma=priced.dollar_gamma,
        vega_30d=priced.vega_30d,
        power=priced.power,
    )


def concentration_power(position: Position, spot: Money | None) -> Money:
    """What a position adds to a concentration: buying power of its options plus market value of its shares, >= 0.

    Shares without a price count at cost. Source: product terms, section 1.
    """
    if not position.shares and position.structure.legs:
        return max(0, position.used)
    cost = abs(sum(lot.cost for lot in position.lots if lot.contract is None))
    stock = cost if spot is None else abs(position.shares) * spot
    options = max(0, position.used - cost) if position.structure.legs else 0
    return options + (stock if position.shares else 0)


_Told: TypeAlias = tuple[Greeks | None, float | None, float | None, bool, Money | None, Money | None]
"""Greeks, weighted vega, average volatility, whether one is borrowed, dollar delta and dollar gamma of a position."""

_UNKNOWN: _Told = (None, None, None, False, None, None)


def _greeks(shape: _Shape, values: ChainValues | None, row: Rows, of_one_time: Flags, price: float) -> list[_Told]:
    """What the legs come to at the underlying's price; None where unknown. Shares have a delta without any option."""
    shares, count = shape.shares, len(shape.positions)
    ratio, legs = shape.ratio, np.bincount(shape.owner, minlength=count)
    known, delta = of_one_time, shares
    gamma = theta = vega = weighted = iv = np.zeros(count)
    lent = np.zeros(count, dtype=np.bool_)
    if values is not None:
        borrowed = values.borrowed[row]
        known = of_one_time & shape.all_of(values.valid[row] | borrowed)
        own = values.vega[row]
        weight = np.sqrt(_WEIGHTED_DAYS / np.maximum(values.years[row] * DAYS_PER_YEAR, _LEAST_DAYS))
        delta, gamma, theta, vega, weighted = (
            shape.sums(ratio * each) * shape.size
            for each in (values.delta[row], values.gamma[row], values.theta[row], own, own * weight)
        )
        delta = delta + shares
        with np.errstate(all="ignore"):
            iv = shape.sums(values.iv[row]) / legs
        lent = shape.sums(borrowed.astype(np.float64)) > 0
    with np.errstate(all="ignore"):
        dollars, curved = moneys(delta * price), moneys(gamma * price * price / 100)
    columns = (each.tolist() for each in (known, delta, gamma, theta, vega, weighted, iv, lent, legs))
    return [
        (Greeks(first, second, third, fourth), heavy, level if count else None, is_lent, linear, square)
        if is_known
        else _UNKNOWN
        for is_known, first, second, third, fourth, heavy, level, is_lent, count, linear, square in zip(
            *columns, dollars, curved, strict=True
        )
    ]


def _closing_costs(shape: _Shape, chain: Chain, row: NDArray[np.intp], of_one_time: Flags) -> list[Money | None]:
    """What closing each position at natural would pay (positive) or bring (negative), without commissions.

    A worthless wing is sold for nothing: `package_quote` of a closing order, for all positions at once.
    """
    bid, ask = (np.rint(_taken(column, row) * UNIT) for column in (chain.bid, chain.ask))
    is_sound = (bid >= 0) & (bid <= ask) & (ask > 0) & (ask <= LARGEST)
    priced = of_one_time & shape.all_of(is_sound)
    # What was bought is sold at the bid, what was sold is bought at the ask. Whole numbers, far below 2 ** 53.
    side = np.where(is_sound, np.where(shape.ratio > 0, bid, ask), 0.0)
    natural = -shape.sums(side * shape.ratio) * shape.size
    spot = from_float(chain.spot)
    stock = None if spot is None else stock_quote(spot, chain.spot_at)
    costs: list[Money | None] = []
    for position, is_priced, cost in zip(shape.positions, priced.tolist(), natural.tolist(), strict=True):
        shares = position.shares
        if not is_priced or (shares and stock is None):
            costs.append(None)
            continue
        price = 0 if stock is None else (stock.bid if shares > 0 else stock.ask) or 0
        costs.append(int(cost) - shares * price)
    return costs
