"""The settings of the Smart Rebalancer: their names, ranges and defaults, and a module's own as one record."""

from dataclasses import dataclass
from functools import lru_cache

from engine.domain.mindfolio import ModuleSpec, Parameter
from engine.modules.base import ParameterSpec, read_rules

PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("max_symbol_pct", "One symbol at most", "% of NAV", 15.0, 1, 100, "By buying power, or by delta."),
    ParameterSpec("max_correlation", "Correlation at most", "", 0.80, 0, 1, "Of daily returns, shrunk, pair by pair."),
    ParameterSpec("sessions", "Returns behind a correlation", "sessions", 60, 40, 252, "At least 40 in common."),
    ParameterSpec("max_sector_pct", "One sector at most", "% of NAV", 40.0, 1, 100, "By buying power, or by delta."),
    ParameterSpec("max_suggestions", "Suggestions at once", "", 2, 1, 20, "Those that wait already are counted."),
    ParameterSpec("cool_down_hours", "Not again for", "hours", 24, 0, 720, "After a refusal, for the same reason."),
    ParameterSpec(
        "hedge_above_pct", "Hedge above", "% of NAV", 15.0, 0, 500, "Beta-weighted delta, with a flag raised."
    ),
    ParameterSpec("fall_pct", "Fall hedged against", "%", 10.0, 1, 50, "Of the index; each name falls by its beta."),
    ParameterSpec("min_days", "Hedge expiry from", "days", 30, 8, 365, "Nearest expiry; the middle is aimed at."),
    ParameterSpec("max_days", "Hedge expiry to", "days", 60, 8, 365, "Furthest expiry."),
    ParameterSpec("min_long_delta", "Bought put from", "delta", 35.0, 5, 60, "Furthest strike bought."),
    ParameterSpec("max_long_delta", "Bought put to", "delta", 45.0, 5, 60, "Nearest strike bought."),
    ParameterSpec("min_short_delta", "Sold put from", "delta", 10.0, 1, 50, "Furthest strike sold."),
    ParameterSpec("max_short_delta", "Sold put to", "delta", 20.0, 1, 50, "Nearest strike sold."),
    ParameterSpec("take_profit_pct", "Hedge is done at", "% of width", 80, 10, 100, "Close when worth so much."),
    ParameterSpec("exit_days", "Hedge out at", "days", 7, 0, 364, "Close at so many days to expiry."),
    ParameterSpec("open_interest_share_pct", "Share of open interest", "%", 5, 1, 100, "Of the least held leg."),
    ParameterSpec("max_contracts", "Contracts at most", "", 10, 1, 1000, "Per hedge."),
    ParameterSpec("max_open_positions", "Hedges at most", "", 2, 1, 20, "In this module, one a symbol."),
)


@dataclass(frozen=True, slots=True)
class RebalancerRules:
    """The module's settings, named as in `PARAMETERS`. Raises ValueError where two of them contradict each other."""

    max_symbol_pct: float
    max_correlation: float
    sessions: int
    max_sector_pct: float
    max_suggestions: int
    cool_down_hours: int
    hedge_above_pct: float
    fall_pct: float
    min_days: int
    max_days: int
    min_long_delta: float
    max_long_delta: float
    min_short_delta: float
    max_short_delta: float
    take_profit_pct: int
    exit_days: int
    open_interest_share_pct: int
    max_contracts: int
    max_open_positions: int

    def __post_init__(self) -> None:
        if self.min_days > self.max_days:
            raise ValueError(f"min_days {self.min_days} is above max_days {self.max_days}")
        if self.min_long_delta > self.max_long_delta:
            raise ValueError(f"min_long_delta {self.min_long_delta:g} is above max_long_delta {self.max_long_delta:g}")
        if self.min_short_delta > self.max_short_delta:
            low, high = self.min_short_delta, self.max_short_delta
            raise ValueError(f"min_short_delta {low:g} is above max_short_delta {high:g}")
        if self.max_short_delta >= self.min_long_delta:
            low, high = self.min_long_delta, self.max_short_delta
            raise ValueError(f"max_short_delta {high:g} is not below min_long_delta {low:g}")
        if self.exit_days >= self.min_days:
            raise ValueError(f"exit_days {self.exit_days} would close at once what opens at {self.min_days} days")

    @classmethod
    def of(cls, module: ModuleSpec) -> "RebalancerRules":
        """The rules of a module. Raises ValueError for unknown, unfit or contradicting parameters."""
        return _rules(tuple((name, type(value), value) for name, value in module.parameters.items()))


@lru_cache(maxsize=256)
def _rules(parameters: tuple[tuple[str, type, Parameter], ...]) -> RebalancerRules:
    """Kept, because every position asks for them at every quote; with the types, because True is no 1 here."""
    return read_rules(RebalancerRules, PARAMETERS, {name: value for name, _, value in parameters})
