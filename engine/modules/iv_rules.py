"""The settings of the IV Service: their names, ranges and defaults, and a module's own as one record."""

from dataclasses import dataclass
from functools import lru_cache

from engine.domain.mindfolio import ModuleSpec, Parameter
from engine.modules.base import ParameterSpec, read_rules

PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("min_iv_rank_pct", "IV rank at least", "%", 50.0, 0, 100, "Sell only where volatility ranks high."),
    ParameterSpec("min_delta", "Short delta from", "delta", 16.0, 1, 50, "Furthest short strike, 16 = 0.16."),
    ParameterSpec("max_delta", "Short delta to", "delta", 20.0, 1, 50, "Nearest short strike; the middle is aimed at."),
    ParameterSpec("min_days", "Expiry from", "days", 30, 1, 365, "Nearest expiry; the band's middle is aimed at."),
    ParameterSpec("max_days", "Expiry to", "days", 45, 1, 365, "Furthest expiry."),
    ParameterSpec("wing_width", "Wing width", "$", 5.0, 0.5, 500, "Strike gap; up to twice as wide if none is listed."),
    ParameterSpec("min_credit_pct", "Credit at least", "% of wing", 15, 1, 90, "Least credit for the risk taken."),
    ParameterSpec("profit_target_pct", "Profit target", "% of credit", 50, 1, 100, "Close when this much is earned."),
    ParameterSpec("stop_loss_pct", "Stop", "% of credit", 200, 10, 1000, "Close when the loss reaches this."),
    ParameterSpec("exit_days", "Out at", "days", 21, 0, 364, "Close at so many days to expiry, whatever the result."),
    ParameterSpec("open_interest_share_pct", "Share of open interest", "%", 5, 1, 100, "Of the least held leg."),
    ParameterSpec("max_contracts", "Contracts at most", "", 10, 1, 1000, "Per trade."),
    ParameterSpec("max_open_positions", "Open positions at most", "", 6, 1, 100, "In this module, one a symbol."),
)


@dataclass(frozen=True, slots=True)
class IvRules:
    """The module's settings, named as in `PARAMETERS`. Raises ValueError where two of them contradict each other."""

    min_iv_rank_pct: float
    min_delta: float
    max_delta: float
    min_days: int
    max_days: int
    wing_width: float
    min_credit_pct: int
    profit_target_pct: int
    stop_loss_pct: int
    exit_days: int
    open_interest_share_pct: int
    max_contracts: int
    max_open_positions: int

    def __post_init__(self) -> None:
        if self.min_delta > self.max_delta:
            raise ValueError(f"min_delta {self.min_delta:g} is above max_delta {self.max_delta:g}")
        if self.min_days > self.max_days:
            raise ValueError(f"min_days {self.min_days} is above max_days {self.max_days}")
        if self.exit_days >= self.min_days:
            raise ValueError(f"exit_days {self.exit_days} would close at once what opens at {self.min_days} days")

    @classmethod
    def of(cls, module: ModuleSpec) -> "IvRules":
        """The rules of a module. Raises ValueError for unknown, unfit or contradicting parameters."""
        return _rules(tuple((name, type(value), value) for name, value in module.parameters.items()))


@lru_cache(maxsize=256)
def _rules(parameters: tuple[tuple[str, type, Parameter], ...]) -> IvRules:
    """Kept, because every position asks for them at every quote; with the types, because True is no 1 here."""
    return read_rules(IvRules, PARAMETERS, {name: value for name, _, value in parameters})
