"""Scenes for tests of the Gamma Scalper: chains at a known volatility, a past of a known one, and what was bought."""

import datetime as dt
import math
from typing import Any

import numpy as np

from engine.core.calendar import days_to_expiry, market_day, previous_session
from engine.core.money import dollars
from engine.domain.chain import Chain
from engine.domain.happening import Outlook
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.position import Lot, Position
from engine.domain.scan import IvRank, ManageContext, Past, ScanContext
from engine.domain.structure import StructureKind
from engine.ledger.lots import named, total_cost
from engine.market.store import MarketStore
from tests.fakes import EXPIRATION, chain_update, new_york

NOW = new_york(10)
RATE = 0.04
PUT = OptionContract("SPY", EXPIRATION, dollars(100), Right.PUT)
CALL = OptionContract("SPY", EXPIRATION, dollars(100), Right.CALL)
STRADDLE, STRANGLE = StructureKind.LONG_STRADDLE, StructureKind.LONG_STRANGLE
HEDGES = (StructureKind.LONG_STOCK, StructureKind.SHORT_STOCK)


def chain(spot: float = 100.0, volatility: float = 0.25, at: dt.datetime = NOW, **changes: Any) -> Chain:
    """Every strike from 70 to 130, 39 days, at Black-Scholes mids."""
    store = MarketStore()
    store.apply(chain_update(at, spot, volatility=volatility, **changes))
    found = store.chain("SPY")
    assert found is not None
    return found


def past(volatility: float = 0.30, now: dt.datetime = NOW, skipped: int = 0) -> Past:
    """21 closes up to the session before, whose returns of plus and minus one size have exactly this deviation.

    The mean of the twenty is zero, so that x = volatility / sqrt(252 x 20 / 19). `skipped` sessions are left out.
    """
    days, day = [], market_day(now)
    for number in range(21 + skipped):
        day = previous_session(day).day
        if number >= skipped:
            days.append(day.toordinal())
    size = volatility / math.sqrt(252 * 20 / 19)
    returns = np.array([0.0, *([size, -size] * 10)])
    return Past(np.array(days[::-1], dtype=np.int64), 100 * np.exp(np.cumsum(returns)))


def module(*kinds: StructureKind, risk: Any = dollars(100_000), **parameters: Parameter) -> ModuleSpec:
    """A module with autotrade over SPY; straddles, unless other structures are named."""
    limits, structures = ModuleLimits(risk, dollars(100_000)), (*(kinds or (STRADDLE,)), *HEDGES)
    return ModuleSpec(
        "gamma", ModuleKind.GAMMA_SCALPER, "Gamma", limits, True, ("SPY",), structures, parameters=parameters
    )


def scanning(spec: ModuleSpec | None = None, **changes: Any) -> ScanContext:
    """IV 25 % against realised 30 %, IV rank 20, $100,000, no events, commissions of 0.60."""
    given: dict[str, Any] = {
        "now": NOW,
        "generation": 7,
        "module": spec or module(),
        "chains": {"SPY": chain()},
        "iv_ranks": {"SPY": IvRank(20.0, 252)},
        "available": dollars(100_000),
        "open_positions": (),
        "busy_symbols": frozenset(),
        "costs": Costs(),
        "waivers": Waivers(),
        "rate": RATE,
        "outlooks": {"SPY": Outlook((), dt.date(2026, 12, 31))},
        "pasts": {"SPY": past()},
    }
    return ScanContext(**(given | changes))


def position(
    shares: int = 0, quantity: int = 1, at: str = "100", since: dt.datetime = NOW, put: str = "3.07", call: str = "3.50"
) -> Position:
    """Straddles bought for 6.57, and shares at a price."""
    lots = [
        Lot(PUT, quantity, dollars(put) * MULTIPLIER * quantity, NOW),
        Lot(CALL, quantity, dollars(call) * MULTIPLIER * quantity, NOW),
    ]
    if shares:
        lots.append(Lot(None, shares, dollars(at) * shares, since))
    held = tuple(lots)
    structure, units = named("SPY", held)
    return Position("P1", "gamma", structure, units, units, total_cost(held), NOW, lots=held)


def managing(market: Chain, spec: ModuleSpec | None = None, **changes: Any) -> ManageContext:
    """At the time of a chain, with its quotes, a mark that decides nothing, and $100,000."""
    given: dict[str, Any] = {
        "now": market.at,
        "module": spec or module(),
        "quotes": {},
        "dte": days_to_expiry(market.at, EXPIRATION),
        "mark": dollars(657),
        "chain": market,
        "available": dollars(100_000),
        "rate": RATE,
    }
    return ManageContext(**(given | changes))
