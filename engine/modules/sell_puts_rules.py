"""The settings of the Sell Puts Engine: their names, ranges and defaults, and a module's own as one record."""

from dataclasses import dataclass
from functools import lru_cache

from engine.domain.mindfolio import ModuleSpec, Parameter
from engine.modules.base import ParameterSpec, read_rules

PARAMETERS: tuple[ParameterSpec, ...] = (
    ParameterSpec("min_iv_rank_pct", "IV rank at least", "%", 30.0, 0, 100, "Sell puts only where it ranks so high."),
    ParameterSpec(
        "min_score", "Score at least", "of 100", 70.0, 0, 100, "Of fundamentals; with none a person decides."
    ),
    ParameterSpec("max_score_days", "Score at most so old", "days", 400, 1, 3650, "An older score counts as none."),
    ParameterSpec("min_delta", "Put delta from", "delta", 20.0, 1, 50, "Furthest strike, 20 = -0.20."),
    ParameterSpec("max_delta", "Put delta to", "delta", 30.0, 1, 50, "Nearest strike; the middle is aimed at."),
    ParameterSpec("min_days", "Expiry from", "days", 21, 1, 365, "Of puts and calls; the band's middle is aimed at."),
    ParameterSpec("max_days", "Expiry to", "days", 45, 1, 365, "Furthest expiry of puts and calls."),
    ParameterSpec("call_min_delta", "Call delta from", "delta", 20.0, 1, 90, "Furthest strike of a covered call."),
    ParameterSpec("call_max_delta", "Call delta to", "delta", 40.0, 1, 90, "Nearest strike; the middle is aimed at."),
    ParameterSpec("calls_below_basis", "Calls below net basis", "0 or 1", 0, 0, 1, "1: strikes at a loss too."),
    ParameterSpec("profit_target_pct", "Profit target", "% of credit", 50, 1, 100, "Buy back a put or call then."),
    ParameterSpec("stop_loss_pct", "Stop of puts", "% of credit", 0, 0, 1000, "0: none, the shares are wanted."),
    ParameterSpec("exit_days", "Puts out at", "days", 0, 0, 364, "Close at so many days to expiry; 0: never for that."),
    ParameterSpec("roll_days", "Rolls from", "days", 7, 0, 364, "A tested option may be rolled from so many days on."),
    ParameterSpec("max_rolls", "Rolls of puts at most", "", 1, 0, 12, "For a credit only; then the shares are taken."),
    ParameterSpec("max_call_rolls", "Further rolls for calls", "", 3, 0, 24, "Up and out, for a credit only."),
    ParameterSpec("deep_pct", "Call deep in the money", "% of strike", 3.0, 0.0, 50, "How far, to be rolled."),
    ParameterSpec("symbol_share_pct", "In one symbol at most", "% of means", 50, 1, 100, "Of free and at work."),
    ParameterSpec("open_interest_share_pct", "Share of open interest", "%", 5, 1, 100, "Of the contract sold."),
    ParameterSpec("max_contracts", "Contracts at most", "", 10, 1, 1000, "Puts of one trade."),
    ParameterSpec("max_open_positions", "Open positions at most", "", 6, 1, 100, "In this module, one a symbol."),
    ParameterSpec("rest_days", "Rest after a loss", "days", 3, 0, 30, "In a symbol, also after somebody else closed."),
)


@dataclass(frozen=True, slots=True)
class PutRules:
    """The module's settings, named as in `PARAMETERS`. Raises ValueError where two of them contradict each other."""

    min_iv_rank_pct: float
    min_score: float
    max_score_days: int
    min_delta: float
    max_delta: float
    min_days: int
    max_days: int
    call_min_delta: float
    call_max_delta: float
    calls_below_basis: int
    profit_target_pct: int
    stop_loss_pct: int
    exit_days: int
    roll_days: int
    max_rolls: int
    max_call_rolls: int
    deep_pct: float
    symbol_share_pct: int
    open_interest_share_pct: int
    max_contracts: int
    max_open_positions: int
    rest_days: int

    def __post_init__(self) -> None:
        for low, high in (("min_delta", "max_delta"), ("call_min_delta", "call_max_delta"), ("min_days", "max_days")):
            least, most = getattr(self, low), getattr(self, high)
            if least > most:
                raise ValueError(f"{low} {least:g} is above {high} {most:g}")
        if self.exit_days >= self.min_days:
            raise ValueError(f"exit_days {self.exit_days} would close at once what opens at {self.min_days} days")
        if self.roll_days >= self.min_days:
            raise ValueError(f"roll_days {self.roll_days} would roll at once what opens at {self.min_days} days")

    @classmethod
    def of(cls, module: ModuleSpec) -> "PutRules":
        """The rules of a module. Raises ValueError for unknown, unfit or contradicting parameters."""
        return _rules(tuple((name, type(value), value) for name, value in module.parameters.items()))


@lru_cache(maxsize=256)
def _rules(parameters: tuple[tuple[str, type, Parameter], ...]) -> PutRules:
    """Kept, because every position asks for them at every quote; with the types, because True is no 1 here."""
    return read_rules(PutRules, PARAMETERS, {name: value for name, _, value in parameters})
