"""Days written by hand for backtests, a strategy that does what its test says, and fills that cross the spread."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from engine.backtest.filling import Terms
from engine.backtest.source import MarketDay
from engine.core.calendar import session_on
from engine.core.clock import epoch_us
from engine.core.money import Money, dollars
from engine.domain.candidate import Finding
from engine.domain.chain import Chain
from engine.domain.happening import Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.order import OrderPurpose
from engine.domain.package import structure_quote
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.scan import NO_PAST, Action, IvRank, ManageContext, ScanContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import recognise
from tests.builders import candidate, module_spec

COSTS = Costs(
    commission_per_contract=dollars("0.65"), regulatory_per_contract=dollars("0.04"), assignment_fee=dollars(5)
)
"""$0.65 a contract, a fee of 4 cents a contract, $5 for each assignment or exercise."""

Quotes = Mapping[OptionContract, tuple[float, float]]

MONDAY = dt.date(2026, 3, 2)
FRIDAY = dt.date(2026, 3, 6)


def option(strike: int | str, right: Right = Right.PUT, expiration: dt.date = FRIDAY) -> OptionContract:
    """One option on SPY, whose options trade in cents."""
    return OptionContract("SPY", expiration, dollars(strike), right)


def structure(*legs: tuple[OptionContract, int]) -> Structure:
    """Legs in their own order, under the name that they have."""
    made = tuple(Leg(contract, ratio) for contract, ratio in legs)
    return Structure(recognise(made) or StructureKind.CUSTOM, made)


def day_of(day: dt.date, spot: float, quotes: Quotes, settlement: float | None = None, **changes: Any) -> MarketDay:
    """A session fifteen minutes before its close; options as (bid, ask) in dollars, settled at the spot."""
    session = session_on(day)
    assert session is not None
    now = session.closes - dt.timedelta(minutes=15)
    contracts = sorted(quotes, key=lambda each: each.key)
    count = len(contracts)
    chain = Chain(
        symbol="SPY",
        generation=day.toordinal(),
        at=now,
        spot=spot,
        spot_at=now,
        key=np.array([each.key for each in contracts], dtype=np.int64),
        bid=np.array([quotes[each][0] for each in contracts], dtype=np.float64),
        ask=np.array([quotes[each][1] for each in contracts], dtype=np.float64),
        volume=np.full(count, 100.0),
        open_interest=np.full(count, 1000.0),
        quoted_at=np.full(count, epoch_us(now), dtype=np.int64),
    )
    made = MarketDay(day, now, chain, dollars(str(settlement or spot)), IvRank(60.0, 252), Outlook(), NO_PAST)
    return replace(made, **changes)


def crossing(package: Structure, quotes: tuple[Quote | None, ...], purpose: OrderPurpose) -> Money | None:
    """A fill model that crosses the whole spread."""
    side = Structure(package.kind, tuple(Leg(leg.contract, -leg.ratio) for leg in package.legs))
    quote = (
        structure_quote(side, quotes, OrderPurpose.CLOSE)
        if purpose is OrderPurpose.ROLL
        else structure_quote(package, quotes, purpose)
    )
    return None if quote is None else quote.natural


def terms(costs: Costs = COSTS, rate: float = 0.04) -> Terms:
    """What the tests trade on."""
    return Terms(costs, crossing, rate)


def spec(**changes: Any) -> ModuleSpec:
    """The module of the scripted strategy."""
    return replace(module_spec("alpha", parameters={}, universe=("SPY",)), **changes)


Answer = Callable[[Position, ManageContext], tuple[Action, ...]]


def _holds_on(_position: Position, _context: ManageContext) -> tuple[Action, ...]:
    return ()


@dataclass
class Scripted:
    """Opens structures on the days named while nothing is held, and answers about positions as its test says."""

    opens: Mapping[dt.date, Structure]
    answer: Answer = _holds_on
    kind: ModuleKind = ModuleKind.IV_SERVICE
    asked: list[ManageContext] = field(default_factory=list)

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        """A candidate on the days named."""
        wanted = self.opens.get(context.now.date())
        if context.open_positions:
            return (Finding("SPY", None, "position already open"),)
        if wanted is None:
            return (Finding("SPY", None, f"nothing on {context.now:%d}"),)
        return (Finding("SPY", candidate("alpha", structure=wanted, quantity=3), "because"),)

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        """What the test says."""
        self.asked.append(context)
        return self.answer(position, context)
