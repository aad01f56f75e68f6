"""Chains with a term structure, those of the real recording, and the contexts in which modules look at them."""

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from engine.core.clock import epoch_us
from engine.core.money import dollars
from engine.domain.chain import Chain
from engine.domain.contract_keys import contract_keys
from engine.domain.happening import Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.ports import ChainUpdate
from engine.domain.scan import IvRank, Past, ScanContext
from engine.domain.structure import StructureKind
from engine.market.store import MarketStore
from tests.fakes import MONDAY, chain_update, new_york

NOON = new_york(12)
"""Monday 16 March 2026: every expiration is four hours more than its days away."""

RATE = 0.04

_COLUMNS = ("key", "bid", "ask", "volume", "open_interest")


def day_in(days: int) -> dt.date:
    """The date so many days after MONDAY."""
    return MONDAY + dt.timedelta(days=days)


def term_chain(volatilities: dict[int, float], symbol: str = "SPY", **how: Any) -> Chain:
    """A chain with a flat volatility at each of its days to expiry; `how` as in `chain_update`."""
    updates = [
        chain_update(NOON, symbol=symbol, expirations=(day_in(days),), volatility=volatility, **how)
        for days, volatility in volatilities.items()
    ]
    columns = (np.concatenate([getattr(each, name) for each in updates]) for name in _COLUMNS)
    return applied(ChainUpdate(symbol, NOON, updates[0].spot, *columns))


def applied(update: ChainUpdate) -> Chain:
    """The chain of one update."""
    return MarketStore().apply(update)


def requoted(chain: Chain, quotes: dict[tuple[int, float, Right], tuple[float, float]]) -> Chain:
    """A chain with other quotes at (days, strike, right): bid and ask in dollars."""
    bid, ask = chain.bid.copy(), chain.ask.copy()
    for (days, strike, right), (low, high) in quotes.items():
        row = row_of(chain, days, strike, right)
        bid[row], ask[row] = low, high
    return replace(chain, bid=bid, ask=ask)


def row_of(chain: Chain, days: int, strike: float, right: Right) -> int:
    """The row of a contract that the chain lists."""
    row = chain.row(OptionContract(chain.symbol, day_in(days), round(strike * 10_000), right))
    assert row is not None
    return row


def closes(*prices: float, last: int = -3) -> Past:
    """Daily closes, the last of them so many days from MONDAY: by default on the Friday before."""
    end = MONDAY.toordinal() + last
    return Past(np.arange(end - len(prices) + 1, end + 1), np.array(prices))


def iv_module(*structures: StructureKind, **parameters: Parameter) -> ModuleSpec:
    """An IV Service that trades the structures given in SPY."""
    limits = ModuleLimits(dollars(2000), dollars(1000))
    return ModuleSpec("iv", ModuleKind.IV_SERVICE, "IV", limits, True, ("SPY",), structures, parameters=parameters)


def scan_context(chain: Chain, module: ModuleSpec, **changes: Any) -> ScanContext:
    """A scan at NOON with a budget, a known IV rank, no events and no closes."""
    context = ScanContext(
        now=NOON,
        generation=5,
        module=module,
        chains={chain.symbol: chain},
        iv_ranks={chain.symbol: IvRank(65.0, 252)},
        available=dollars(15_000),
        open_positions=(),
        busy_symbols=frozenset(),
        costs=Costs(dollars("0.60")),
        waivers=Waivers(),
        rate=RATE,
        outlooks={chain.symbol: Outlook((), dt.date(2026, 12, 31))},
    )
    return replace(context, **changes)


def recorded(path: Path, columns: str, symbol: str, snapshot: str) -> dict[str, Any]:
    """Columns of one symbol's rows in one snapshot of the recording."""
    query = f"SELECT {columns} FROM read_parquet(?) WHERE snapshot_et = ? AND ticker = ?"  # noqa: S608 - constants
    return duckdb.execute(query, [str(path), snapshot, symbol]).fetchnumpy()


def moment(snapshot: str) -> dt.datetime:
    """When a snapshot of the recording was taken, as UTC."""
    return dt.datetime.strptime(snapshot, "%Y-%m-%d %H:%M:%S%z").astimezone(dt.UTC)


def recorded_chain(path: Path, symbol: str, snapshot: str) -> Chain:
    """One symbol's chain in one snapshot of the recording."""
    rows = recorded(path, "expiration, type, strike, bid, ask, volume, openInterest, spot_price", symbol, snapshot)
    names = ("strike", "bid", "ask", "volume", "openInterest", "spot_price")
    floats = {name: np.ma.filled(np.ma.asarray(rows[name], dtype=np.float64), np.nan) for name in names}
    days = np.array([dt.date.fromisoformat(day).toordinal() for day in rows["expiration"]], dtype=np.int64)
    strikes = np.round(floats["strike"] * 10_000).astype(np.int64)
    key = contract_keys(days, rows["type"] == "put", strikes)
    order = np.argsort(key)
    bid, ask, volume, interest = (floats[name][order] for name in names[1:5])
    # The file holds 32-bit floats: 2.13 must be 2.13 again.
    bid, ask, spot, now = np.round(bid, 4), np.round(ask, 4), float(floats["spot_price"][0]), moment(snapshot)
    return Chain(symbol, 1, now, spot, now, key[order], bid, ask, volume, interest, np.full(order.size, epoch_us(now)))
