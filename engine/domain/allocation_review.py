"""The history of allocation as a page shows it: by day, change by change, and with every earlier split kept."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.allocation_history import AllocationChange
from engine.domain.counterfactual import Counterfactual


@dataclass(frozen=True, slots=True)
class AllocationDay:
    """How a session ended: budgets and reserve then, and what each module had earned since the beginning, in all.

    `pnl` is after costs with open positions at their marks; a module that is gone keeps what it had.
    """

    session: dt.date
    budgets: dict[str, Money]
    reserve: Money
    pnl: dict[str, Money]


@dataclass(frozen=True, slots=True)
class ReviewedChange:
    """A change of the split, and what was earned under it until the next one, by module ("" is the account's own)."""

    change: AllocationChange
    pnl: dict[str, Money]

    @property
    def earned(self) -> Money:
        """All of it together."""
        return sum(self.pnl.values())


@dataclass(frozen=True, slots=True)
class AllocationReview:
    """Days, changes and kept splits, each oldest first."""

    days: tuple[AllocationDay, ...]
    changes: tuple[ReviewedChange, ...]
    kept: tuple[Counterfactual, ...]
