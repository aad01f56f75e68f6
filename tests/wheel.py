"""A market and a module for tests of the Sell Puts Engine: whole chains at Black-Scholes mids, and its means."""

import datetime as dt
from dataclasses import replace
from typing import Any

from engine.core.money import Money, dollars
from engine.domain.chain import Chain
from engine.domain.happening import Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.position import Lot, Position, PositionStatus
from engine.domain.scan import IvRank, ManageContext, ScanContext, Score
from engine.domain.structure import StructureKind
from engine.ledger.lots import named, total_cost
from engine.market.store import MarketStore
from tests.fakes import chain_update, new_york

DAY = dt.date(2026, 3, 16)
NOW = new_york(14, day=DAY)
APRIL, MAY = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
"""32 and 60 days away."""

COMPLETE = Outlook((), dt.date(2026, 12, 31))


def chain_of(symbol: str = "KO", spot: float = 61.5, volatility: float = 0.2, **how: Any) -> Chain:
    """A chain of whole strikes around the spot, an expiration on 17 April unless `how` says otherwise."""
    market = MarketStore()
    at = how.pop("at", NOW)
    low, high = round(spot * 0.75), round(spot * 1.25)
    step = how.pop("step", 1)
    kept = {"expirations": (APRIL,), "strikes": (low, high, step)} | how
    market.apply(chain_update(at, spot, symbol=symbol, volatility=volatility, **kept))
    chain = market.chain(symbol)
    assert chain is not None
    return chain


def module_of(*symbols: str, risk: Money | None = dollars(1000), **parameters: Parameter) -> ModuleSpec:
    """A wheel: both structures, and nothing but what the keywords change."""
    kinds = (StructureKind.SHORT_PUT, StructureKind.COVERED_CALL)
    limits = ModuleLimits(risk, dollars(1500))
    kind = ModuleKind.SELL_PUTS_ENGINE
    return ModuleSpec("wheel", kind, "Wheel", limits, True, symbols or ("KO",), kinds, parameters=parameters)


def scan_context(*chains: Chain, **changes: Any) -> ScanContext:
    """$20,000 available, costs of 0.60 a contract, IV rank 50, a score of 80 for every symbol, no events."""
    symbols = tuple(chain.symbol for chain in chains)
    context = ScanContext(
        now=NOW,
        generation=7,
        module=module_of(*symbols),
        chains={chain.symbol: chain for chain in chains},
        iv_ranks={symbol: IvRank(50.0, 252) for symbol in symbols},
        available=dollars(20_000),
        open_positions=(),
        busy_symbols=frozenset(),
        costs=Costs(),
        waivers=Waivers(),
        rate=0.04,
        outlooks=dict.fromkeys(symbols, COMPLETE),
        scores={symbol: Score(80.0, dt.date(2026, 1, 15), "desk") for symbol in symbols},
    )
    return replace(context, **changes)


def option(strike: int | str, right: Right, expiration: dt.date = APRIL, symbol: str = "KO") -> OptionContract:
    """One option; the strike in dollars."""
    return OptionContract(symbol, expiration, dollars(strike), right)


def held(*lots: tuple[OptionContract | None, int, str], **changes: Any) -> Position:
    """A position of lots: contract (None: shares), count, and what it cost in dollars."""
    made = tuple(Lot(contract, count, dollars(cost), NOW) for contract, count, cost in lots)
    symbol = next((lot.contract.underlying for lot in made if lot.contract is not None), "KO")
    structure, quantity = named(symbol, made)
    status = PositionStatus.MONITORING if made[0].contract is not None else PositionStatus.ASSIGNED
    position = Position(
        "P000001", "wheel", structure, quantity, quantity, total_cost(made), NOW,
        lots=made, status=status, commissions=dollars("0.60"), fees=dollars("0.07"),
    )  # fmt: skip
    return replace(position, **changes)


def manage_context(position: Position, chain: Chain, now: dt.datetime = NOW, **changes: Any) -> ManageContext:
    """A position's quotes of a chain; its module has what it used and nothing more."""
    legs = position.structure.legs
    quotes = {leg: chain.quote(leg.contract) for leg in legs}
    expiration = position.structure.expiration
    dte = None if expiration is None else (expiration - now.date()).days
    context = ManageContext(
        now=now, module=module_of("KO"), quotes=quotes, dte=dte, mark=0, chain=chain, costs=Costs(), rate=0.04,
        outlook=COMPLETE,
    )  # fmt: skip
    return replace(context, **changes)
