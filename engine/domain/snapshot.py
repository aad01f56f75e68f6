"""The aggregated view, frozen at publish: what the window shows and what `--json` prints. Present only, no history."""

import datetime as dt
from dataclasses import dataclass, field

from engine.core.money import Money, percent
from engine.domain.account import Difference
from engine.domain.candidate import Approval
from engine.domain.closing import ClosingPlan
from engine.domain.concentration import Comovement, Concentration
from engine.domain.greeks import Greeks, WeightedGreeks
from engine.domain.mindfolio import Environment, MindfolioStatus, ModuleSpec, ModuleStatus, PnlPolicy
from engine.domain.order import Order
from engine.domain.position import OwnExits, Position
from engine.domain.worst_case import WorstCaseView


@dataclass(frozen=True, slots=True)
class PositionView:
    """An open position with its mark.

    `mark`: value of the whole position at mid (negative for short premium). `marked_at` is the age of its oldest
    leg. `pnl_of_max_pct` is of the most that it can make at expiry, None where that has no bound or is not known.
    Volatilities are decimals (0.25 = 25 %), None when unknown. `is_iv_borrowed`: volatility and Greeks of a leg
    are those of the other right at its strike, because its own mid pays no more than exercise. `dollar_delta`,
    `dollar_gamma` and `vega_30d` as in `WeightedGreeks`, None where the Greeks, or the price, are unknown. `spot` is
    the underlying's price, `power` what the position adds to a concentration.
    """

    position: Position
    mark: Money
    marked_at: dt.datetime
    pnl: Money
    pnl_of_max_pct: float | None
    dte: int | None
    """Days to the first expiration, None for shares alone."""
    greeks: Greeks | None
    iv: float | None
    closing_cost: Money | None
    is_iv_borrowed: bool = False
    own_exits: OwnExits | None = None
    """The target and stop that a person gave it."""
    spot: Money | None = None
    dollar_delta: Money | None = None
    dollar_gamma: Money | None = None
    vega_30d: float | None = None
    power: Money = 0


@dataclass(frozen=True, slots=True)
class ModuleView:
    """One module's figures. Money in 1/10,000 USD; percentages as shown, one decimal; None is unknown."""

    spec: ModuleSpec
    status: ModuleStatus
    status_why: str
    budget: Money
    used: Money
    held: Money
    available: Money
    utilisation_pct: float | None
    realised: Money
    unrealised: Money
    pnl: Money
    pnl_pct: float | None
    day_pnl: Money
    open_positions: tuple[PositionView, ...]
    greeks: Greeks
    greeks_missing: int
    wins: int
    closed_trades: int
    win_rate: float | None
    average_win: Money | None
    average_loss: Money | None
    best_trade: Money | None
    worst_trade: Money | None
    trades_this_month: int
    scans_today: int
    executed_today: int
    """Positions opened today; an order that was not filled does not count."""
    worst_case: Money | None
    """None is unbounded."""
    approvals: tuple[Approval, ...] = ()
    orders: tuple[Order, ...] = ()
    weighted: WeightedGreeks = field(default_factory=WeightedGreeks)
    unsettled: Money = 0
    """Realised P&L since the last settlement: a gain that may be swept, or a loss that may be settled."""

    @property
    def over_by(self) -> Money:
        """By how much the module is over its budget; 0 when it is not."""
        return max(0, -self.available)


@dataclass(frozen=True, slots=True)
class QuoteCounts:
    """Quotes that came since the start: all, those that nobody may trade on, and how many have which fault."""

    rows: int = 0
    untradable: int = 0
    faults: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MarketView:
    """The market behind the figures."""

    now: dt.datetime
    session: dt.date | None
    is_open: bool
    next_open: dt.datetime | None
    speed: float
    """Market seconds a real second; 0 holds the clock, infinity does not wait."""
    spots: dict[str, Money] = field(default_factory=dict)
    is_finished: bool = False
    quotes: QuoteCounts = QuoteCounts()


@dataclass(frozen=True, slots=True)
class MindfolioSnapshot:
    """The whole mindfolio at one instant. `seq` is the journal's head that it reflects.

    `available` is the account's own cash that nothing has a claim on, the reserve included. `worst_case` is a loss,
    shown positive; None is unbounded. `cancels_unconfirmed` counts cancels without the broker's final word.
    """

    seq: int
    environment: Environment
    name: str
    status: MindfolioStatus
    stop_why: str
    stopped_at: dt.datetime | None
    cancels_unconfirmed: int
    pnl_policy: PnlPolicy
    waived: tuple[str, ...]
    market: MarketView
    version: int
    capital: Money
    reserve: Money
    cash: Money
    nav: Money
    liquidation: Money | None
    pnl: Money
    pnl_pct: float | None
    day_pnl: Money
    allocated: Money
    allocated_pct: float | None
    used: Money
    used_pct: float | None
    held: Money
    available: Money
    positions: int
    greeks: Greeks
    weighted: WeightedGreeks
    worst_case: Money | None
    worst_case_by_symbol: dict[str, Money | None]
    worst_case_pct_of_capital: float | None
    worst_case_pct_of_nav: float | None
    best_by_dollars: tuple[str, Money] | None
    worst_by_dollars: tuple[str, Money] | None
    best_by_percent: tuple[str, float] | None
    worst_by_percent: tuple[str, float] | None
    modules: tuple[ModuleView, ...]
    worst: WorstCaseView | None = None
    """What could be lost from the marks of now, in which scenario, and whose it is; `worst_case` is against cost."""
    breaker: str = ""
    """The account limit that has paused everything (ACCOUNT_LOSS, DRAWDOWN), "" for none."""
    status_why: str = ""
    """Why everything is paused."""
    drawdown_pct: float | None = None
    """From the highest unitised NAV since the last re-arm, in percent, >= 0."""
    orders_unknown: int = 0
    """Orders whose fate the broker is being asked about."""
    differences: tuple[Difference, ...] = ()
    """What book and broker do not agree on."""
    closing: ClosingPlan | None = None
    closing_by: str = ""
    """Who has confirmed the closing plan, "" while it waits."""
    is_compared: bool = True
    """Whether the broker's account was compared with the books since the start, or the last gap."""
    concentrations: tuple[Concentration, ...] = ()
    """By symbol, the heaviest first, what is EXTERNAL included: it lies in the same account."""
    sectors: tuple[Concentration, ...] = ()
    """The same by sector; a symbol that no table names is in the sector ""."""
    comovement: Comovement | None = None
    """Betas and correlations of what is held, None while nothing is."""
    external: tuple[PositionView, ...] = ()
    """Positions that lie in the account and belong to no module here."""
    halted: str = ""
    """Why the engine stopped trading by itself (its ledger cannot be written, a broken invariant); "" while it runs."""

    @property
    def worst_loss_pct_of_capital(self) -> float | None:
        """The loss of `worst` in percent of capital; None while it is unknown or has no bound."""
        return None if self.worst is None or self.worst.loss is None else percent(self.worst.loss, self.capital)

    @property
    def worst_loss_pct_of_nav(self) -> float | None:
        """The same in percent of NAV."""
        is_known = self.worst is not None and self.worst.loss is not None and self.nav > 0
        return percent(self.worst.loss, self.nav) if is_known and self.worst and self.worst.loss is not None else None

    def module(self, module_id: str) -> ModuleView | None:
        """The figures of one module, None when it does not exist."""
        return next((view for view in self.modules if view.spec.module_id == module_id), None)
