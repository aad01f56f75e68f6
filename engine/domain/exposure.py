"""What a module that looks at the whole mindfolio is shown of it: every module's positions, at today's prices."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.greeks import Greeks
from engine.domain.position import Position


@dataclass(frozen=True, slots=True)
class Holding:
    """A position of any module. `mark` is its value at mid, `greeks` of the whole position; None where unknown.

    `dollar_delta` is its delta times the underlying's price.
    """

    position: Position
    mark: Money | None
    greeks: Greeks | None
    dollar_delta: Money | None
    spot: Money | None


@dataclass(frozen=True, slots=True)
class Exposure:
    """The whole mindfolio as plain data. `sectors` names each known symbol's; a symbol that is missing is unknown."""

    nav: Money
    holdings: tuple[Holding, ...]
    sectors: Mapping[str, str]
