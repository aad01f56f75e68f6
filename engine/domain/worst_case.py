"""The worst case of the mindfolio: what it could lose from here, who brings how much of that, and in which scenario."""

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from engine.core.money import Money


class ScenarioTime(StrEnum):
    """When prices have moved."""

    NOW = "now"
    LATER = "later"
    EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One cell of the grid. Percentages of the price and of the volatility now, `days` that pass first.

    `symbol` moves by itself while the others stand still; empty: all together, in a crash (`is_crash`) by `price_pct`
    times their betas. `is_assigned`: every short option in the money has been.
    """

    symbol: str
    price_pct: int
    volatility_pct: int
    when: ScenarioTime
    days: int = 0
    is_assigned: bool = False
    is_crash: bool = False


@dataclass(frozen=True, slots=True)
class WorstPrice:
    """Price a share of an underlying at which it costs most at one expiration; None: shares without one."""

    symbol: str
    expiration: dt.date | None
    price: Money


@dataclass(frozen=True, slots=True)
class WorstShare:
    """The worst case of one module or one underlying. Losses >= 0; None is unbounded.

    `alone`: as if nothing else were held. `share` of the netted worst case: what is lost in it here (negative: won);
    the shares of all modules add up to it exactly, and so do those of all underlyings, but where nothing can be lost:
    then all are zero. None while the whole has no bound. `naked` are shares owed without one, alone.
    `alone_from_cost`: the loss at expiry against what was paid or received, rather than from the marks of now.
    """

    name: str
    alone: Money | None
    share: Money | None
    naked: int
    alone_from_cost: Money | None


@dataclass(frozen=True, slots=True)
class WorstCaseView:
    """What the book could lose from its marks of now, netted, >= 0; None is unbounded.

    `loss` is the larger of `stressed`, the worst cell of the grid (in `scenario`, None: no cell loses), and
    `at_expiry`, the exact bound at the expirations (at `prices`). `from_cost` is the latter against what was paid or
    received instead. `naked` shares are owed without a bound, netted. `diversification` is what netting saves:
    `sum_alone`, of the modules alone, less `loss`; both None where a module alone has no bound.

    `without_price` symbols take no part in the grid, `without_volatility` options are taken to expiry in it,
    `without_beta` symbols fall as the index does in the crash.
    """

    now: dt.datetime
    loss: Money | None
    stressed: Money
    at_expiry: Money | None
    from_cost: Money | None
    naked: int
    scenario: Scenario | None
    prices: tuple[WorstPrice, ...]
    modules: tuple[WorstShare, ...]
    symbols: tuple[WorstShare, ...]
    sum_alone: Money | None
    diversification: Money | None
    without_price: tuple[str, ...] = ()
    without_volatility: int = 0
    without_beta: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StressGrid:
    """P&L from now if all underlyings moved alike: rows by price, columns by volatility, percentages of now.

    `net` of the book, and of each module; `days` that pass first.
    """

    days: int
    price_pct: tuple[int, ...]
    volatility_pct: tuple[int, ...]
    net: tuple[tuple[Money, ...], ...]
    modules: dict[str, tuple[tuple[Money, ...], ...]] = field(default_factory=dict)
