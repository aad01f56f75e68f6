"""What the journal says of one month: the records behind the statement and its files."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.account import ActivityKind
from engine.domain.explained import PnlParts
from engine.domain.instrument import OptionContract
from engine.domain.mindfolio import Environment
from engine.domain.position import Position
from engine.domain.records import PostingRow


@dataclass(frozen=True, slots=True)
class ModuleMonth:
    """What one module made in a month; `module_id` "" is the account itself.

    `realised` is after `commissions` and `fees` (costs, >= 0) and with `income` (dividends and interest, borrow taken
    off). `open_change` is what the open P&L changed by, at the journaled marks. `trades` and `wins` count the lineages
    that ended; `budget` and `budget_before` are those at the month's end and beginning.
    """

    module_id: str
    name: str
    budget_before: Money
    budget: Money
    realised: Money
    open_change: Money
    commissions: Money
    fees: Money
    income: Money
    trades: int
    wins: int

    @property
    def pnl(self) -> Money:
        """What it made in all."""
        return self.realised + self.open_change


@dataclass(frozen=True, slots=True)
class DayNav:
    """The mindfolio at the end of one session. `flows` came in (negative: went out) since the session before.

    `pnl` is what was made since then; `budgets` by module id; `units` share the NAV.
    """

    day: dt.date
    nav: Money
    cash: Money
    capital: Money
    reserve: Money
    used: Money
    held: Money
    flows: Money
    pnl: Money
    units: int
    drawdown_bp: int | None
    budgets: dict[str, Money]


@dataclass(frozen=True, slots=True)
class Holding:
    """An instrument of a trade: `quantity` contracts (shares, for `contract` None), negative sold."""

    contract: OptionContract | None
    quantity: int


@dataclass(frozen=True, slots=True)
class EndedPosition:
    """A position that ended. `holdings` are all that it ever held, each at its largest; `fills` counts its fills.

    `lineage_net` is what the whole lineage came to, None while some of it is open.
    """

    position: Position
    lineage: str
    holdings: tuple[Holding, ...]
    fills: int
    lineage_net: Money | None


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """A position that is open at the end, at its journaled mark."""

    position: Position
    lineage: str
    mark: Money

    @property
    def pnl(self) -> Money:
        """Open P&L, before closing costs."""
        return self.mark - self.position.cost


@dataclass(frozen=True, slots=True)
class CashLine:
    """Cash that no trade moved; `amount` > 0 came in."""

    at: dt.datetime
    kind: ActivityKind
    module_id: str
    symbol: str
    amount: Money
    why: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A deposit, or (negative) a withdrawal."""

    at: dt.datetime
    amount: Money
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class SplitChange:
    """The split of capital changed. `moves` are (name, before, after) of every budget, and the reserve, that did."""

    at: dt.datetime
    what: str
    moves: tuple[tuple[str, Money, Money], ...]
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Halt:
    """Something was stopped, paused, limited or let go on again."""

    at: dt.datetime
    what: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Posted:
    """One journal entry with its postings."""

    seq: int
    at: dt.datetime
    event: str
    postings: tuple[PostingRow, ...]


@dataclass(frozen=True, slots=True)
class MonthStatement:
    """Everything a month's papers tell. NAV at the end = at the beginning + flows + what the modules made, exactly.

    `first` and `last` are its days in New York, `as_of` the last entry that counts (before `last` is over, the month is
    still running). `unit_return` is the change of the value of a unit in percent, None without one. `explained` says by
    module what the P&L of the sessions that were watched came from; `names` tell each module's, `waived` what the
    environment does not ask for.
    """

    name: str
    environment: Environment
    market: str
    first: dt.date
    last: dt.date
    as_of: dt.datetime
    nav_before: Money
    nav: Money
    capital: Money
    reserve: Money
    unit_return: float | None
    modules: tuple[ModuleMonth, ...]
    days: tuple[DayNav, ...]
    ended: tuple[EndedPosition, ...]
    open: tuple[OpenPosition, ...]
    cash_lines: tuple[CashLine, ...]
    flows: tuple[Flow, ...]
    splits: tuple[SplitChange, ...]
    halts: tuple[Halt, ...]
    posted: tuple[Posted, ...]
    explained: dict[str, PnlParts]
    names: dict[str, str]
    waived: tuple[str, ...]

    @property
    def flow(self) -> Money:
        """What came in, less what went out."""
        return sum(each.amount for each in self.flows)

    @property
    def pnl(self) -> Money:
        """What was made, deposits and withdrawals left out."""
        return self.nav - self.nav_before - self.flow
