"""The settings of the Gamma Scalper: their names, ranges and defaults, and a module's own as one record."""

from dataclasses import dataclass
from functools import lru_cache

from engine.domain.mindfolio import ModuleSpec, Parameter
from engine.modules.base import ParameterSpec, read_rules

PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("max_iv_rank_pct", "IV rank at most", "%", 30.0, 0, 100, "Buy only where volatility ranks low."),
    ParameterSpec("max_iv_ratio", "IV below", "x realised", 0.95, 0.1, 2, "Of 20 days' realised volatility."),
    ParameterSpec("min_days", "Expiry from", "days", 20, 1, 365, "Nearest expiry; the band's middle is aimed at."),
    ParameterSpec("max_days", "Expiry to", "days", 60, 1, 365, "Furthest expiry."),
    ParameterSpec("strangle_min_delta", "Strangle delta from", "delta", 25.0, 1, 50, "Furthest strikes, 25 = 0.25."),
    ParameterSpec("strangle_max_delta", "Strangle delta to", "delta", 35.0, 1, 50, "Nearest strikes of a strangle."),
    ParameterSpec("max_spread_pct", "Spread at most", "% of premium", 10, 1, 100, "Bid to ask of the whole package."),
    ParameterSpec(
        "hedge_band", "Hedge beyond", "shares", 15.0, 1, 100,
        "Delta a contract of each right; 15 is a day's usual move at 37 days, at any price and volatility.",
    ),
    ParameterSpec("hedge_to", "Hedge to", "shares", 0.0, 0, 99, "Delta a contract that a hedge leaves; 0 is none."),
    ParameterSpec("min_hedge", "Hedge at least", "shares", 5, 1, 1000, "Smaller hedges are not worth their costs."),
    ParameterSpec("cool_down", "Between hedges", "min", 5, 0, 390, "Unless delta is twice the band."),
    ParameterSpec("hedge_reserve", "Kept for hedges", "shares", 30, 0, 100, "A contract, at 150 % of the price."),
    ParameterSpec("hedge_risk_pct", "Risk kept for hedges", "% of risk", 10, 0, 100, "They move the worst case a bit."),
    ParameterSpec("position_share_pct", "A position at most", "% of available", 50, 1, 100, "With its hedges' share."),
    ParameterSpec("theta_budget_pct", "Theta budget", "% of premium", 40, 1, 100, "Close when time has cost this."),
    ParameterSpec("profit_target_pct", "Profit target", "% of premium", 50, 1, 1000, "Hedges included."),
    ParameterSpec("stop_loss_pct", "Stop", "% of premium", 50, 1, 100, "Close at this loss, hedges included."),
    ParameterSpec("exit_days", "Out at", "days", 7, 0, 364, "Close at so many days to expiry, whatever the result."),
    ParameterSpec("open_interest_share_pct", "Share of open interest", "%", 5, 1, 100, "Of the least held leg."),
    ParameterSpec("max_contracts", "Contracts at most", "", 10, 1, 1000, "Of each right, per trade."),
    ParameterSpec("max_open_positions", "Open positions at most", "", 4, 1, 100, "In this module, one a symbol."),
    ParameterSpec("rest_days", "Rest after a loss", "days", 3, 0, 30, "In a symbol, also after somebody else closed."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GammaRules:
    """The module's settings, named as in `PARAMETERS`. Raises ValueError where two of them contradict each other."""

    max_iv_rank_pct: float
    max_iv_ratio: float
    min_days: int
    max_days: int
    strangle_min_delta: float
    strangle_max_delta: float
    max_spread_pct: int
    hedge_band: float
    hedge_to: float
    min_hedge: int
    cool_down: int
    hedge_reserve: int
    hedge_risk_pct: int
    position_share_pct: int
    theta_budget_pct: int
    profit_target_pct: int
    stop_loss_pct: int
    exit_days: int
    open_interest_share_pct: int
    max_contracts: int
    max_open_positions: int
    rest_days: int

    def __post_init__(self) -> None:
        if self.min_days > self.max_days:
            raise ValueError(f"min_days {self.min_days} is above max_days {self.max_days}")
        if self.strangle_min_delta > self.strangle_max_delta:
            between = f"{self.strangle_min_delta:g} is above strangle_max_delta {self.strangle_max_delta:g}"
            raise ValueError(f"strangle_min_delta {between}")
        if self.hedge_to >= self.hedge_band:
            raise ValueError(f"hedge_to {self.hedge_to:g} is not inside hedge_band {self.hedge_band:g}")
        if self.exit_days >= self.min_days:
            raise ValueError(f"exit_days {self.exit_days} would close at once what opens at {self.min_days} days")

    @classmethod
    def of(cls, module: ModuleSpec) -> "GammaRules":
        """The rules of a module. Raises ValueError for unknown, unfit or contradicting parameters."""
        return _rules(tuple((name, type(value), value) for name, value in module.parameters.items()))


@lru_cache(maxsize=256)
def _rules(parameters: tuple[tuple[str, type, Parameter], ...]) -> GammaRules:
    """Kept, because every position asks for them at every quote; with the types, because True is no 1 here."""
    return read_rules(GammaRules, PARAMETERS, {name: value for name, _, value in parameters})
