"""Hand-made mindfolios for the tests of the Smart Rebalancer: holdings whose figures a test writes down."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.core.money import dollars
from engine.domain.candidate import Answer
from engine.domain.chain import Chain
from engine.domain.exposure import Exposure, Holding
from engine.domain.greeks import Greeks
from engine.domain.happening import Outlook
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.scan import Past, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.rebalancer_rules import RebalancerRules
from tests.builders import NOW, condor, position

NAV = dollars(50_000)

SECTORS = {
    "TSLA": "Technology",
    "AAPL": "Technology",
    "JPM": "Financials",
    "SPY": "Broad Market",
    "QQQ": "Broad Market",
}


def holding(position_id: str, symbol: str, power: int, delta: int | None = 0, **changes: Any) -> Holding:
    """A condor of `alpha` on a symbol, power and dollar delta in dollars; sold for 120, worth -100, 110 to buy back."""
    held = position(position_id=position_id, structure=condor(symbol=symbol), **changes.pop("position", {}))
    one = Holding(
        position=held,
        mark=dollars(-100),
        greeks=Greeks(1.0, -0.5, 3.0, -10.0),
        dollar_delta=None if delta is None else dollars(delta),
        spot=dollars(260),
        power=dollars(power),
        closing_cost=dollars(110),
    )
    return replace(one, **changes)


def exposure(*holdings: Holding, answers: tuple[Answer, ...] = (), **changes: Any) -> Exposure:
    """A mindfolio of 50,000."""
    return replace(Exposure(NAV, holdings, SECTORS, answers), **changes)


def module(universe: tuple[str, ...] = ("SPY",), **parameters: Parameter) -> ModuleSpec:
    """A Smart Rebalancer that hedges with put spreads."""
    limits = ModuleLimits(dollars(500), dollars(750))
    kinds = (StructureKind.BEAR_PUT_SPREAD,)
    return ModuleSpec("rebalancer", ModuleKind.SMART_REBALANCER, "Rebalancer", limits, False, universe, kinds,
                      parameters=parameters)  # fmt: skip


def rules(**parameters: Parameter) -> RebalancerRules:
    """The rules with the defaults, but for what is given."""
    return RebalancerRules.of(replace(module(), parameters=parameters))


def context(
    seen: Exposure | None,
    *,
    spec: ModuleSpec | None = None,
    pasts: Mapping[str, Past] | None = None,
    chains: Mapping[str, Chain] | None = None,
    now: dt.datetime = NOW,
    evidence: bool = False,
    **changes: Any,
) -> ScanContext:
    """What the Rebalancer is shown at `now`."""
    shown = ScanContext(
        now=now,
        generation=3,
        module=spec or module(),
        chains=chains or {},
        iv_ranks={},
        available=dollars(10_000),
        open_positions=(),
        busy_symbols=frozenset(),
        costs=Costs(),
        waivers=Waivers(evidence=evidence),
        rate=0.04,
        outlooks=dict.fromkeys(("SPY", "QQQ", "IWM"), Outlook((), dt.date(2026, 12, 31))),
        pasts=pasts or {},
        exposure=seen,
    )
    return replace(shown, **changes)


def past(returns: list[float], last: dt.date = dt.date(2026, 3, 13)) -> Past:
    """Closes that start at 100 and have these log returns, one a calendar day, up to `last`."""
    close = 100 * np.exp(np.cumsum([0.0, *returns]))
    first = last.toordinal() - len(returns)
    return Past(np.arange(first, last.toordinal() + 1, dtype=np.int64), close)
