"""What a month came to, gathered while the journal is gone through once. Pure: (entries, month) -> MonthStatement."""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from engine.core.errors import MindfolioError
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.explained import PnlParts
from engine.domain.mindfolio import Environment
from engine.domain.records import Recorded
from engine.domain.statement import (
    CashLine,
    DayNav,
    EndedPosition,
    Flow,
    Halt,
    ModuleMonth,
    MonthStatement,
    OpenPosition,
    Posted,
    SplitChange,
)
from engine.domain.units import drawdown_bp
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.ledger.entries import Account
from engine.ledger.fold_positions import lineage_of, taken_along
from engine.portfolio.halts import halt_of
from engine.portfolio.trade_trail import TradeTrail
from engine.portfolio.walk import ModuleNames, SessionDays, walk

_RESERVE = "Reserve"

_SPLITS: dict[type[ev.Event], str] = {
    ev.MindfolioCreated: "first split",
    ev.BudgetReallocated: "budgets changed",
    ev.CashDeposited: "cash moved",
    ev.GainSwept: "gain swept into the reserve",
    ev.LossSettled: "loss settled",
    ev.ModuleAdded: "module added",
    ev.ModuleRemoved: "module removed",
}


def month_statement(entries: Iterable[tuple[Recorded, ev.Event]], first: dt.date) -> MonthStatement:
    """The month that begins on `first` (days of New York). Raises MindfolioError when the journal has nothing of it."""
    gathering = MonthGathering(first)
    gathering.close(walk(entries, [gathering]))
    return gathering.statement()


def following_month(first: dt.date) -> dt.date:
    """The first day of the month after one."""
    return (first.replace(day=1) + dt.timedelta(days=32)).replace(day=1)


@dataclass(slots=True)
class _Standing:
    """The figures of one instant that a month is measured from and to."""

    nav: Money = 0
    units: int = 0
    budgets: dict[str, Money] = field(default_factory=dict)
    realised: dict[str, Money] = field(default_factory=dict)
    unrealised: dict[str, Money] = field(default_factory=dict)
    balances: dict[tuple[str, str], Money] = field(default_factory=dict)

    def cost(self, account: Account, module_id: str) -> Money:
        """What is booked on an account of a module."""
        return self.balances.get((account, module_id), 0)


class MonthGathering:
    """An onlooker of the walk that keeps what belongs to one month."""

    def __init__(self, first: dt.date) -> None:
        """`first` is the month's first day."""
        self._first, self._after = first, following_month(first)
        self._begin: _Standing | None = None
        self._end: _Standing | None = None
        self._grown: float | None = None
        """What a unit grew to in the month until the last time that all of them were sold; None: they never were."""
        self._seen = False
        self._days_of = SessionDays()
        self._day: dt.date | None = None
        self._as_of = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._days: list[DayNav] = []
        self._last_nav = self._flow_since = 0
        self._trades = TradeTrail()
        self._ended: list[EndedPosition] = []
        self._open: tuple[OpenPosition, ...] = ()
        self._cash: list[CashLine] = []
        self._flows: list[Flow] = []
        self._splits: list[SplitChange] = []
        self._halts: list[Halt] = []
        self._posted: list[Posted] = []
        self._explained: dict[str, PnlParts] = {}
        self._names = ModuleNames()
        self._about = ("", Environment.SIMULATED, "", 0, 0)
        self._waived: tuple[str, ...] = ()
        self._moved: dict[str, Money] = {}
        """Open P&L that came to each module with positions of others."""
        self._split: dict[str, Money] = {}

    # --- the walk ----------------------------------------------------------------------------------------------------
    def before(self, book: Book, entry: Recorded, event: ev.Event) -> None:
        """The end of a day, and of what lies before the month or in it."""
        day = self._days_of.of(book, entry, event)
        if self._day is not None and day > self._day:
            self._end_day(book, self._day)
        if self._begin is None and day >= self._first:
            self._begin = _standing(book)
        if self._end is None and day >= self._after:
            self._finish(book)
        self._day = day
        if self._end is None and self._begin is not None:
            for module_id, change in taken_along(book, event).items():
                self._moved[module_id] = self._moved.get(module_id, 0) + change
        if self._begin is not None and self._end is None and isinstance(event, ev.CashDeposited):
            self._sell_out(self._begin, book, event)
        self._trades.before(book, event)

    def after(self, book: Book, entry: Recorded, event: ev.Event, applied: Applied) -> None:
        """What the entry adds."""
        ended = self._trades.after(book, event, applied)
        self._names.learn(event)
        split = {**book.plan.budgets, "": book.reserve} if type(event) in _SPLITS else self._split
        if self._day is not None and self._first <= self._day < self._after:
            self._seen = True
            self._as_of = entry.at
            self._ended += ended
            self._keep(entry, event, applied, split)
        self._split = split
        flow = _flow(event)
        self._flow_since += 0 if flow is None else flow[0]

    def statement(self) -> MonthStatement:
        """What was gathered, once the walk is over. Raises MindfolioError when there was nothing in the month."""
        if not self._seen or self._begin is None or self._end is None:
            raise MindfolioError(f"the ledger has no entries in {self._first:%Y-%m}")
        begin, end = self._begin, self._end
        name, environment, market, capital, reserve = self._about
        return MonthStatement(
            name=name,
            environment=environment,
            market=market,
            first=self._first,
            last=self._after - dt.timedelta(days=1),
            as_of=self._as_of,
            nav_before=begin.nav,
            nav=end.nav,
            capital=capital,
            reserve=reserve,
            unit_return=self._unit_return(begin, end),
            modules=self._modules(begin, end),
            days=tuple(self._days),
            ended=tuple(self._ended),
            open=self._open,
            cash_lines=tuple(self._cash),
            flows=tuple(self._flows),
            splits=tuple(self._splits),
            halts=tuple(self._halts),
            posted=tuple(self._posted),
            explained=self._explained,
            names=self._names,
            waived=self._waived,
        )

    def close(self, book: Book) -> None:
        """The walk is over: what is still running ends with the last entry."""
        if self._day is not None:
            self._end_day(book, self._day)
        if self._end is None:
            self._finish(book)

    # --- parts -------------------------------------------------------------------------------------------------------
    def _end_day(self, book: Book, day: dt.date) -> None:
        flows, pnl = self._flow_since, book.nav - self._last_nav - self._flow_since
        self._last_nav, self._flow_since = book.nav, 0
        if self._first <= day < self._after:
            fallen = drawdown_bp(book.nav, book.units, book.peak.nav, book.peak.units)
            used = sum(book.used(module_id) for module_id in book.modules)
            held = sum(book.held(module_id) for module_id in book.modules)
            budgets = dict(book.plan.budgets)
            self._days.append(
                DayNav(day, book.nav, book.cash, book.capital, book.reserve, used, held, flows, pnl, book.units,
                       fallen, budgets)
            )  # fmt: skip

    def _finish(self, book: Book) -> None:
        """The month is over, or the journal."""
        self._end = _standing(book)
        self._open = tuple(
            OpenPosition(position, lineage_of(position), book.marks[position.position_id])
            for position in book.positions.values()
            if position.module_id != EXTERNAL
        )
        waived = {"evidence": book.waivers.evidence, "IV rank": book.waivers.iv_rank, "events": book.waivers.events}
        self._waived = tuple(name for name, is_waived in waived.items() if is_waived)
        name = "" if book.spec is None else book.spec.name
        self._about = (name, book.environment, book.market, book.capital, book.reserve)

    def _keep(self, entry: Recorded, event: ev.Event, applied: Applied, split: dict[str, Money]) -> None:
        at = entry.at
        if applied.postings:
            self._posted.append(Posted(entry.seq, at, type(event).__name__, applied.postings))
        if isinstance(event, ev.CashBooked) and event.amount:
            self._cash.append(CashLine(at, event.kind, event.module_id, event.symbol, event.amount, event.why))
        if isinstance(event, ev.PnlExplained):
            for module_id, parts in event.modules.items():
                self._explained[module_id] = self._explained.get(module_id, PnlParts()) + parts
        if (flow := _flow(event)) is not None:
            self._flows.append(Flow(at, *flow))
        if split is not self._split:
            who, why = getattr(event, "who", ""), getattr(event, "why", "")
            moves = tuple(
                (self._names[each] if each else _RESERVE, self._split.get(each, 0), split.get(each, 0))
                for each in {**self._split, **split}
                if self._split.get(each, 0) != split.get(each, 0)
            )
            self._splits.append(SplitChange(at, _SPLITS[type(event)], moves, who, why))
        if (halt := halt_of(at, event, self._names)) is not None:
            self._halts.append(halt)

    def _sell_out(self, begin: _Standing, book: Book, event: ev.CashDeposited) -> None:
        """Keep what units came to, before the last of them is sold: what comes in after that begins with others."""
        if 0 < book.units <= -event.units:
            self._grown = self._growth(begin, _Standing(nav=book.nav, units=book.units))

    def _growth(self, begin: _Standing, end: _Standing) -> float | None:
        """What a unit grew to; one that began in the month began with a value of one."""
        earlier, start = (1.0, begin) if self._grown is None else (self._grown, _Standing())
        nav, units = (start.nav, start.units) if start.units else (1, 1)
        if end.units <= 0 or nav <= 0:
            return self._grown
        return earlier * (end.nav * units / (end.units * nav))

    def _unit_return(self, begin: _Standing, end: _Standing) -> float | None:
        """Change of the value of a unit in percent."""
        growth = self._growth(begin, end)
        return None if growth is None else (growth - 1) * 100

    def _modules(self, begin: _Standing, end: _Standing) -> tuple[ModuleMonth, ...]:
        counts = _lineages(self._ended, {each.lineage for each in self._open})
        rows = [
            _module(module_id, self._names.get(module_id, module_id), begin, end, counts.get(module_id, (0, 0)))
            for module_id in end.realised
        ]
        rows = [replace(row, open_change=row.open_change - self._moved.get(row.module_id, 0)) for row in rows]
        return tuple(row for row in rows if row.module_id in end.budgets or _has_something(row))


def _standing(book: Book) -> _Standing:
    module_ids = (*book.module_ids, "")
    return _Standing(
        nav=book.nav,
        units=book.units,
        budgets=dict(book.plan.budgets),
        realised={module_id: book.realised(module_id) for module_id in module_ids},
        unrealised={module_id: book.unrealised(module_id) for module_id in module_ids},
        balances=dict(book.balances),
    )


def _module(module_id: str, name: str, begin: _Standing, end: _Standing, counts: tuple[int, int]) -> ModuleMonth:
    def booked(*accounts: Account) -> Money:
        return sum(end.cost(account, module_id) - begin.cost(account, module_id) for account in accounts)

    return ModuleMonth(
        module_id=module_id,
        name=name,
        budget_before=begin.budgets.get(module_id, 0),
        budget=end.budgets.get(module_id, 0),
        realised=end.realised[module_id] - begin.realised.get(module_id, 0),
        open_change=end.unrealised[module_id] - begin.unrealised.get(module_id, 0),
        commissions=booked(Account.COMMISSIONS),
        fees=booked(Account.FEES),
        income=-booked(Account.DIVIDENDS, Account.INTEREST, Account.BORROW, Account.ROUNDING),
        trades=counts[0],
        wins=counts[1],
    )


def _has_something(row: ModuleMonth) -> bool:
    return bool(row.realised or row.open_change or row.commissions or row.fees or row.income or row.budget_before)


def _lineages(ended: Iterable[EndedPosition], going: Collection[str]) -> dict[str, tuple[int, int]]:
    """How many lineages of each module ended, and how many won; the last part to end tells whose it was.

    One whose end was broken ends again, or is among those that are `going`.
    """
    counts: dict[str, tuple[int, int]] = {}
    last = {each.lineage: each for each in ended if each.lineage_net is not None and each.lineage not in going}
    for each in last.values():
        trades, wins = counts.get(each.position.module_id, (0, 0))
        counts[each.position.module_id] = (trades + 1, wins + ((each.lineage_net or 0) > 0))
    return counts


def _flow(event: ev.Event) -> tuple[Money, str, str] | None:
    """What came in from outside, who brought it, and why."""
    if isinstance(event, ev.MindfolioCreated):
        return event.spec.capital, "", "the mindfolio began"
    if isinstance(event, ev.CashDeposited):
        return event.amount, event.who, event.why
    return None
