"""What a trade that waits would change if it were done, and what the gate would say of it now."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.concentration import Concentration
from engine.domain.denial import Denial
from engine.domain.greeks import Greeks
from engine.domain.worst_case import Scenario


@dataclass(frozen=True, slots=True)
class Standing:
    """A module and the account at one moment, as the snapshot would show them.

    `greeks` and `dollar_delta` are the module's, without `greeks_missing` of its positions. `module_worst` is the
    module's worst case as if nothing else were held, `worst` the account's, netted, in `scenario`; None is unbounded.
    `symbol` and `sector` are what the trade's underlying and its sector weigh, None while nothing of them is held.
    """

    budget: Money
    used: Money
    held: Money
    available: Money
    greeks: Greeks
    greeks_missing: int
    dollar_delta: Money
    module_worst: Money | None
    worst: Money | None
    scenario: Scenario | None
    symbol: Concentration | None
    sector: Concentration | None


@dataclass(frozen=True, slots=True)
class TradePreview:
    """A trade of `quantity` units at the newest quotes, which nothing was done about.

    `bid`, `mid` and `ask` are net prices a share of the trade as it stands: what turning it round pays, the middle, and
    what it costs at once (debits positive); None where a leg has no price, `quoted_at` then too, else the age of the
    oldest. `buying_power` and `max_risk` are the gate's, at `worst`, the furthest price that it would be traded at;
    None where they cannot be told, or nothing is opened. `denials` is what a click would be refused with; `is_closing`
    tells that no gate is asked, as closings need none. `module_id` is the module whose books change: a closing books to
    who holds the position. `before` and `after` are of one instant; `after` is as if filled at the worst price, None
    with `why_not`.
    """

    at: dt.datetime
    quantity: int
    module_id: str
    is_closing: bool
    bid: Money | None
    mid: Money | None
    ask: Money | None
    quoted_at: dt.datetime | None
    buying_power: Money | None
    max_risk: Money | None
    denials: tuple[Denial, ...]
    before: Standing
    after: Standing | None
    why_not: str = ""
    worst: Money | None = None
