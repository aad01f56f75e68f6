"""Where a mindfolio leans on one thing: shares of NAV by symbol and by sector, and what moves together."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money


@dataclass(frozen=True, slots=True)
class Concentration:
    """What one symbol, or one sector, weighs: two measures, either of which may be too much.

    `power` is buying power of option structures plus market value of stock; `delta` is dollar delta, signed. Both in
    percent of NAV to two decimals, None while NAV is not above zero. `unknown_deltas` counts positions without one.
    """

    name: str
    power: Money
    power_pct: float | None
    delta: Money
    delta_pct: float | None
    unknown_deltas: int = 0


@dataclass(frozen=True, slots=True)
class NameBeta:
    """Beta of a name to the index, its standard error, and the daily returns that both rest on; None is unknown."""

    symbol: str
    beta: float | None
    error: float | None
    sessions: int


@dataclass(frozen=True, slots=True)
class PairCorrelation:
    """How two names moved together: shrunk (to be used) and as observed, over their joint sessions; None is unknown."""

    first: str
    second: str
    correlation: float | None
    sample: float | None
    sessions: int


@dataclass(frozen=True, slots=True)
class Comovement:
    """What the held names' daily closes before `day` say of each other and of the index. Once a day is enough."""

    day: dt.date
    index: str
    betas: tuple[NameBeta, ...] = ()
    pairs: tuple[PairCorrelation, ...] = ()
