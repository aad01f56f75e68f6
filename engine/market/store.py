"""The columnar market store: the newest known quotes of every symbol, as immutable chains with generations.

Only the kernel's thread writes. Any thread may read: a change never touches a published array or mapping, it builds
new ones and swaps one reference, so a slow worker keeps the market that it was given.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.calendar import expiry_at
from engine.core.clock import as_utc, epoch_us
from engine.core.money import Money, from_float
from engine.domain.chain import Chain, Floats, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.instrument import OptionContract
from engine.domain.ports import ChainUpdate
from engine.domain.quote import Quote, stock_quote

_NEVER = np.iinfo(np.int64).min
"""`quoted_at` of a contract that has no quote yet: any time is newer."""

_NO_KEY = 0
"""Stands behind the last key of a chain; no contract has it."""

_LOWEST_KEY = 2 << 32
"""A key whose day is the first one that a date can name..."""

_HIGHEST_KEY = ((date.max.toordinal() * 2 + 1) << 32) | 0xFFFFFFFF
"""...and one of the last."""

_PRICE_COLUMNS = ("bid", "ask", "volume", "open_interest")


class MarketStore:
    """All chains by symbol. The newest exchange time wins per contract, whatever the order of arrival."""

    def __init__(self) -> None:
        self._chains: Mapping[str, Chain] = MappingProxyType({})
        self._generation = 0
        self._asked: dict[str, tuple[Chain, dict[OptionContract, Quote | None]]] = {}
        """What was asked of each symbol's newest chain: valuations ask for the same contracts again and again."""

    @property
    def generation(self) -> int:
        """How many updates were applied, over all symbols."""
        return self._generation

    def apply(self, update: ChainUpdate) -> Chain:
        """Merge an update into its symbol and return the symbol's new chain, one generation on.

        Contracts that the update leaves out keep their quote and its time; a contract whose known quote is as new
        as the update, or newer, keeps it too, and so does the spot. Prices are taken as they come, NaN and crossed
        ones included: whether a quote is good is decided where it is used.
        Raises ValueError, and changes nothing, for a spot or a form that cannot be right.
        """
        _refuse_malformed(update)
        order = np.argsort(update.key, kind="stable")
        key = update.key[order]
        if (key[1:] == key[:-1]).any():
            raise ValueError(f"update of {update.symbol} names a contract twice")
        columns = [getattr(update, name)[order] for name in _PRICE_COLUMNS]
        old = self._chains.get(update.symbol)
        quoted_at = epoch_us(update.at)
        if old is None:
            chain = _chain(update, None, key, columns, np.full(key.size, quoted_at))
        else:
            chain = _chain(update, old, *_merged(old, key, columns, quoted_at))
        self._publish({update.symbol: chain})
        self._generation += 1
        return chain

    def chain(self, symbol: str) -> Chain | None:
        """The symbol's chain, None when it was never quoted."""
        return self._chains.get(symbol)

    def chains(self) -> Mapping[str, Chain]:
        """All chains at this instant; the view never changes."""
        return self._chains

    def quote(self, contract: OptionContract) -> Quote | None:
        """The contract's newest quote, None when it was never quoted or was dropped."""
        chain = self._chains.get(contract.underlying)
        if chain is None:
            return None
        asked = self._asked.get(chain.symbol)
        if asked is None or asked[0] is not chain:
            asked = self._asked[chain.symbol] = (chain, {})
        if contract not in asked[1]:
            asked[1][contract] = chain.quote(contract)
        return asked[1][contract]

    def spot(self, symbol: str) -> Money | None:
        """The underlying's newest price a share, None when it was never quoted."""
        chain = self._chains.get(symbol)
        return None if chain is None else from_float(chain.spot)

    def stock(self, symbol: str) -> Quote | None:
        """A quote of the underlying's shares around its newest price, None when it was never quoted."""
        chain = self._chains.get(symbol)
        spot = None if chain is None else from_float(chain.spot)
        return None if chain is None or spot is None else stock_quote(spot, chain.spot_at)

    def drop_expired(self, now: datetime) -> int:
        """Forget contracts whose trading has ended by `now`; returns how many.

        A symbol that loses rows gets a new chain, one generation on; a symbol with nothing left keeps its spot.
        """
        changed: dict[str, Chain] = {}
        dropped = 0
        for symbol, chain in self._chains.items():
            is_live = _is_live(chain.key, now)
            lost = int(is_live.size - np.count_nonzero(is_live))
            if lost:
                changed[symbol] = _without(chain, is_live)
                dropped += lost
        if changed:
            self._publish(changed)
        return dropped

    def _publish(self, changed: Mapping[str, Chain]) -> None:
        self._chains = MappingProxyType({**self._chains, **changed})


def _refuse_malformed(update: ChainUpdate) -> None:
    if not update.symbol:
        raise ValueError("an update names no symbol")
    if not (np.isfinite(update.spot) and update.spot > 0):
        raise ValueError(f"spot {update.spot!r} of {update.symbol} is not a price")
    as_utc(update.at)  # Raises for a time without zone.
    _refuse_column(update, "key", np.int64)
    for name in _PRICE_COLUMNS:
        _refuse_column(update, name, np.float64)
    if update.key.size and not (int(update.key.min()) >= _LOWEST_KEY and int(update.key.max()) <= _HIGHEST_KEY):
        raise ValueError(f"update of {update.symbol} has a key that is no contract")


def _refuse_column(update: ChainUpdate, name: str, dtype: type[np.generic]) -> None:
    column: Any = getattr(update, name)
    if not isinstance(column, np.ndarray) or column.dtype != dtype:
        raise ValueError(f"column {name} of {update.symbol} is not an array of {dtype.__name__}")
    if column.ndim != 1 or column.shape != np.shape(update.key):
        raise ValueError(f"column {name} of {update.symbol} is {column.shape}, not as long as its keys")


def _merged(old: Chain, key: Ints, columns: list[Floats], quoted_at: int) -> tuple[Ints, list[Floats], Ints]:
    """Columns of the union of both, sorted by key; the update wins where it is strictly newer."""
    old_columns = [old.bid, old.ask, old.volume, old.open_interest]
    if key.size == old.key.size and (key == old.key).all():
        # The usual case of a feed: the same contracts again. Nothing has to be looked up.
        is_newer = quoted_at > old.quoted_at
        if is_newer.all():
            return key, columns, np.full(key.size, quoted_at)
        merged = [np.where(is_newer, new, was) for new, was in zip(columns, old_columns, strict=True)]
        return key, merged, np.where(is_newer, quoted_at, old.quoted_at)
    place = np.searchsorted(old.key, key)
    is_new = np.append(old.key, _NO_KEY)[place] != key
    union = np.insert(old.key, place[is_new], key[is_new])
    from_old = np.arange(old.key.size) + np.searchsorted(key[is_new], old.key)
    from_new = place + np.cumsum(is_new) - is_new
    times = np.full(union.size, _NEVER)
    times[from_old] = old.quoted_at
    is_newer = quoted_at > times[from_new]
    won = from_new[is_newer]
    times[won] = quoted_at
    merged = []
    for new, was in zip(columns, old_columns, strict=True):
        column = np.empty(union.size)
        column[from_old] = was
        column[won] = new[is_newer]
        merged.append(column)
    return union, merged, times


def _chain(update: ChainUpdate, old: Chain | None, key: Ints, columns: list[Floats], quoted_at: Ints) -> Chain:
    at = as_utc(update.at)
    is_newer = old is None or at > old.spot_at
    bid, ask, volume, open_interest = columns
    return Chain(
        symbol=update.symbol,
        generation=1 if old is None else old.generation + 1,
        at=at if old is None else max(old.at, at),
        spot=float(update.spot) if old is None or is_newer else old.spot,
        spot_at=at if old is None or is_newer else old.spot_at,
        key=key,
        bid=bid,
        ask=ask,
        volume=volume,
        open_interest=open_interest,
        quoted_at=quoted_at,
    )


def _is_live(key: Ints, now: datetime) -> NDArray[np.bool_]:
    expiration, _, _ = decode_keys(key)
    ordinals, row = np.unique(expiration, return_inverse=True)
    is_live = np.array([expiry_at(date.fromordinal(day)) > now for day in ordinals.tolist()], dtype=np.bool_)
    return is_live[row]


def _without(chain: Chain, is_live: NDArray[np.bool_]) -> Chain:
    return Chain(
        symbol=chain.symbol,
        generation=chain.generation + 1,
        at=chain.at,
        spot=chain.spot,
        spot_at=chain.spot_at,
        key=chain.key[is_live],
        bid=chain.bid[is_live],
        ask=chain.ask[is_live],
        volume=chain.volume[is_live],
        open_interest=chain.open_interest[is_live],
        quoted_at=chain.quoted_at[is_live],
    )
