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
    ParameterSpec("min_term_ratio", "Front over forward IV", "x", 1.05, 1, 3, "Calendars and diagonals from this on."),
    ParameterSpec(
        "front_min_days", "Front expiry from", "days", 20, 1, 365, "Of the leg sold; the middle is aimed at."
    ),
    ParameterSpec("front_max_days", "Front expiry to", "days", 35, 1, 365, "Furthest expiry of the leg sold."),
    ParameterSpec(
        "back_min_days", "Back expiry from", "days", 50, 2, 730, "Of the leg bought; the middle is aimed at."
    ),
    ParameterSpec("back_max_days", "Back expiry to", "days", 70, 2, 730, "Furthest expiry of the leg bought."),
    ParameterSpec("long_min_delta", "Diagonal long from", "delta", 65.0, 1, 99, "Least delta of the leg bought."),
    ParameterSpec("long_max_delta", "Diagonal long to", "delta", 75.0, 1, 99, "Most; the middle is aimed at."),
    ParameterSpec("front_min_delta", "Diagonal short from", "delta", 25.0, 1, 99, "Least delta of the leg sold."),
    ParameterSpec("front_max_delta", "Diagonal short to", "delta", 35.0, 1, 99, "Most; the middle is aimed at."),
    ParameterSpec(
        "fast_mean_sessions", "Fast mean", "sessions", 20, 2, 500, "A trend closes beyond this mean and the slow."
    ),
    ParameterSpec("slow_mean_sessions", "Slow mean", "sessions", 50, 3, 500, "The longer of the two means."),
    ParameterSpec("debit_target_pct", "Target of a debit", "% of debit", 25, 1, 500, "Close when this much is earned."),
    ParameterSpec("debit_stop_pct", "Stop of a debit", "% of debit", 50, 1, 100, "Close when this much is lost."),
    ParameterSpec(
        "front_exit_days", "Out before the front", "days", 5, 1, 364, "Close so many days before it expires."
    ),
    ParameterSpec("open_interest_share_pct", "Share of open interest", "%", 5, 1, 100, "Of the least held leg."),
    ParameterSpec("max_contracts", "Contracts at most", "", 10, 1, 1000, "Per trade."),
    ParameterSpec("max_open_positions", "Open positions at most", "", 6, 1, 100, "In this module, one a symbol."),
    ParameterSpec("rest_days", "Rest after a loss", "days", 3, 0, 30, "In a symbol, also after somebody else closed."),
)

_BANDS = (
    ("min_delta", "max_delta"),
    ("min_days", "max_days"),
    ("front_min_days", "front_max_days"),
    ("back_min_days", "back_max_days"),
    ("long_min_delta", "long_max_delta"),
    ("front_min_delta", "front_max_delta"),
)
"""The lower end of a band and its upper one, which may be the same."""

_APART = (
    ("front_max_days", "back_min_days"),
    ("front_max_delta", "long_min_delta"),
    ("fast_mean_sessions", "slow_mean_sessions"),
)
"""What has to lie below what."""

_EXITS = (("exit_days", "min_days"), ("front_exit_days", "front_min_days"))
"""Days at which something is closed, and the fewest at which it is opened."""


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
    min_term_ratio: float
    front_min_days: int
    front_max_days: int
    back_min_days: int
    back_max_days: int
    long_min_delta: float
    long_max_delta: float
    front_min_delta: float
    front_max_delta: float
    fast_mean_sessions: int
    slow_mean_sessions: int
    debit_target_pct: int
    debit_stop_pct: int
    front_exit_days: int
    open_interest_share_pct: int
    max_contracts: int
    max_open_positions: int
    rest_days: int

    def __post_init__(self) -> None:
        for low, high in _BANDS:
            least, most = getattr(self, low), getattr(self, high)
            if least > most:
                raise ValueError(f"{low} {least:g} is above {high} {most:g}")
        for low, high in _APART:
            least, most = getattr(self, low), getattr(self, high)
            if least >= most:
                raise ValueError(f"{low} {least:g} has to be below {high} {most:g}")
        for days, first in _EXITS:
            out, opened = getattr(self, days), getattr(self, first)
            if out >= opened:
                raise ValueError(f"{days} {out} would close at once what opens at {opened} days")

    @classmethod
    def of(cls, module: ModuleSpec) -> "IvRules":
        """The rules of a module. Raises ValueError for unknown, unfit or contradicting parameters."""
        return _rules(tuple((name, type(value), value) for name, value in module.parameters.items()))


@lru_cache(maxsize=256)
def _rules(parameters: tuple[tuple[str, type, Parameter], ...]) -> IvRules:
    """Kept, because every position asks for them at every quote; with the types, because True is no 1 here."""
    return read_rules(IvRules, PARAMETERS, {name: value for name, _, value in parameters})
