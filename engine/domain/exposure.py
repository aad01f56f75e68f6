"""What a module that looks at the whole mindfolio is shown of it: every module's positions, at today's prices."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core.money import Money
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Answer
from engine.domain.greeks import Greeks
from engine.domain.instrument import OptionContract
from engine.domain.position import Position, PositionStatus

_CLOSABLE = frozenset({PositionStatus.MONITORING, PositionStatus.ASSIGNED})


@dataclass(frozen=True, slots=True)
class Holding:
    """A position of any module. `mark` is its value at mid, `greeks` of the whole position; None where unknown.

    `dollar_delta` is its delta times the underlying's price. `power` is what it adds to a concentration: buying power
    of its options and market value of its shares (at cost where they have no price). `closing_cost` is what closing it
    at natural would pay (negative: bring), before commissions, None where it cannot be priced. `is_going`: it is being
    closed, or that waits for a person; `is_busy`: that, or another order works on it.
    """

    position: Position
    mark: Money | None
    greeks: Greeks | None
    dollar_delta: Money | None
    spot: Money | None
    power: Money = 0
    closing_cost: Money | None = None
    is_going: bool = False
    is_busy: bool = False

    @property
    def is_closable(self) -> bool:
        """Whether its closing may be suggested: a module's, priced, and nothing under way. EXTERNAL is seen only."""
        is_ours = self.position.module_id != EXTERNAL and self.position.status in _CLOSABLE
        return is_ours and not self.is_busy and self.mark is not None and self.closing_cost is not None


@dataclass(frozen=True, slots=True)
class Exposure:
    """The whole mindfolio as plain data. `sectors` names each known symbol's; a symbol that is missing is unknown.

    `answers` are what persons lately refused, or let expire, of any module; `waiting` counts the approvals of the
    module that looks. `volatilities` are the implied ones a year of the options held, as far as their quotes tell them.
    """

    nav: Money
    holdings: tuple[Holding, ...]
    sectors: Mapping[str, str]
    answers: tuple[Answer, ...] = ()
    waiting: int = 0
    volatilities: Mapping[OptionContract, float] = field(default_factory=dict)
