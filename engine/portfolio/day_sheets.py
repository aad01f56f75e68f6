"""The sheets of a day, made while the journal is gone through once: what stands before it starts, what it came to.

What the journal does not hold (prices of underlyings, the calendar) is given as plain data. Pure.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.core.calendar import Session, market_day, next_session, previous_session, session_on
from engine.core.errors import MindfolioError
from engine.core.expiries import INDEX_ROOTS, last_session
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.day_sheet import (
    EndSheet,
    ExpiryLine,
    FillLine,
    HappeningLine,
    ModuleDay,
    OrderLine,
    OvernightLine,
    ScanCount,
    StandingLine,
    StartSheet,
    WaitingLine,
)
from engine.domain.explained import PnlParts
from engine.domain.happening import Outlook
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.mindfolio import ModuleStatus
from engine.domain.order import OrderPurpose
from engine.domain.records import Recorded
from engine.domain.statement import EndedPosition
from engine.domain.structure import Structure
from engine.domain.units import drawdown_bp
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.ledger.fold_positions import taken_along
from engine.portfolio.trade_trail import TradeTrail
from engine.portfolio.walk import ModuleNames, SessionDays

_WEEK = dt.timedelta(days=7)
_DOING = {OrderPurpose.OPEN: "open", OrderPurpose.CLOSE: "close", OrderPurpose.ROLL: "roll"}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the market: prices of underlyings, and their days to come. What is not in it is unknown."""

    spots: Mapping[str, Money] = field(default_factory=dict)
    outlooks: Mapping[str, Outlook] = field(default_factory=dict)


Asked = Callable[[frozenset[str]], Known]
"""Tells what is known of some underlyings; asked once, when it is clear which."""


def nothing_known(_symbols: frozenset[str]) -> Known:
    """Where there is no market to ask."""
    return Known()


class StartGathering:
    """An onlooker of the walk: what there is to know before the session of a day."""

    def __init__(self, day: dt.date, asked: Asked = nothing_known) -> None:
        """Raises MindfolioError for a day without a session."""
        self._session = session_of(day)
        self._since = previous_session(day).closes
        self._asked = asked
        self._names = ModuleNames()
        self._overnight: list[OvernightLine] = []
        self._sheet: StartSheet | None = None

    def before(self, book: Book, entry: Recorded, event: ev.Event) -> None:
        """The session begins, or something comes before it."""
        if self._sheet is None and entry.at >= self._session.opens and book.spec is not None:
            self._sheet = self._made(book)
        if self._since <= entry.at < self._session.opens and isinstance(event, ev.LegSettled):
            position = book.positions.get(event.position_id)
            module = "" if position is None else self._names.get(position.module_id, position.module_id)
            self._overnight.append(
                OvernightLine(entry.at, module, event.contract, event.contracts, event.kind, event.shares, event.cash)
            )

    def after(self, _book: Book, _entry: Recorded, event: ev.Event, _applied: Applied) -> None:
        """Modules get their names."""
        self._names.learn(event)

    def sheet(self, book: Book) -> StartSheet:
        """The sheet, once the walk is over and `book` is what it led to. Raises MindfolioError before the first day."""
        if self._sheet is None and book.spec is None:
            raise MindfolioError("the ledger is empty")
        return self._sheet or self._made(book)

    def _made(self, book: Book) -> StartSheet:
        day = self._session.day
        symbols = frozenset(position.symbol for position in book.positions.values())
        known = self._asked(symbols)
        expiring = expiries(book, known.spots, self._names, day, day + _WEEK)
        return StartSheet(
            name="" if book.spec is None else book.spec.name,
            environment=book.environment,
            day=day,
            nav=book.nav,
            stopped_why=book.stop_why or book.status_why,
            overnight=tuple(self._overnight),
            today=tuple(each for each in expiring if _last_day(each) == day),
            this_week=tuple(each for each in expiring if _last_day(each) != day),
            happenings=tuple(_happenings(symbols, known.outlooks, day)),
            orders=tuple(
                OrderLine(
                    order.order_id, self._names.get(order.module_id, order.module_id),
                    _what(order.purpose, order.structure), order.quantity, order.filled, order.limit,
                    order.status.value,
                )
                for order in book.orders.values()
            ),
            waiting=tuple(
                WaitingLine(
                    each.approval_id, self._names.get(each.candidate.module_id, each.candidate.module_id),
                    _what(each.candidate.purpose, each.candidate.structure), each.candidate.quantity, each.expires_at,
                )
                for each in book.approvals.values()
            ),
            standing=tuple(_standing(book)),
            differences=tuple(book.differences.values()),
        )  # fmt: skip


class EndGathering:
    """An onlooker of the walk: what the session of a day came to."""

    def __init__(self, day: dt.date, asked: Asked = nothing_known) -> None:
        """Raises MindfolioError for a day without a session."""
        self._session = session_of(day)
        self._asked = asked
        self._names = ModuleNames()
        self._trail = TradeTrail()
        self._days_of = SessionDays()
        self._day: dt.date | None = None
        self._begin: dict[str, tuple[Money, Money]] | None = None
        self._nav_before = self._flows = 0
        self._compared: dt.datetime | None = None
        self._explained: dict[str, PnlParts] = {}
        self._fills: list[FillLine] = []
        self._ended: list[EndedPosition] = []
        self._scans: dict[str, list[ev.ScanCompleted]] = {}
        self._sheet: EndSheet | None = None
        self._seen = False

    def before(self, book: Book, entry: Recorded, event: ev.Event) -> None:
        """Where the day begins, and where it ended."""
        day = self._day = self._days_of.of(book, entry, event)
        if self._sheet is None and self._seen and day > self._session.day:
            self._sheet = self._made(book)
        if self._begin is None and day >= self._session.day:
            self._begin, self._nav_before = _results(book), book.nav
        if day == self._session.day and self._begin is not None:
            for module_id, change in taken_along(book, event).items():
                realised, opened = self._begin.get(module_id, (0, 0))
                self._begin[module_id] = realised, opened + change
        self._trail.before(book, event)
        if isinstance(event, ev.OrderFilled) and day == self._session.day:
            order = book.orders[event.order_id]
            self._fills.append(
                FillLine(
                    entry.at, self._names.get(order.module_id, order.module_id),
                    _what(order.purpose, order.structure), event.quantity, event.net_price,
                    event.commission + event.fees,
                )
            )  # fmt: skip

    def after(self, book: Book, entry: Recorded, event: ev.Event, applied: Applied) -> None:
        """What the entry adds to the day."""
        self._names.learn(event)
        ended = self._trail.after(book, event, applied)
        if isinstance(event, ev.AccountReconciled) and market_day(entry.at) <= self._session.day:
            self._compared = entry.at
        if self._day != self._session.day:
            return
        self._seen = True
        self._ended += ended
        if isinstance(event, ev.ScanCompleted):
            self._scans.setdefault(event.module_id, []).append(event)
        elif isinstance(event, ev.PnlExplained):
            self._explained = event.modules
        elif isinstance(event, ev.CashDeposited):
            self._flows += event.amount
        elif isinstance(event, ev.MindfolioCreated):
            self._flows += event.spec.capital

    def sheet(self, book: Book) -> EndSheet:
        """The sheet, once the walk is over and `book` is what it led to.

        Raises MindfolioError when the journal has nothing of the day.
        """
        if not self._seen:
            raise MindfolioError(f"the ledger has no entries of {self._session.day}")
        # The account is compared after the close too, and that is what an evening wants to know.
        return replace(self._sheet or self._made(book), compared_at=self._compared)

    def _made(self, book: Book) -> EndSheet:
        following = next_session(self._session.opens).day
        known = self._asked(frozenset(position.symbol for position in book.positions.values()))
        begin, end = self._begin or {}, _results(book)
        return EndSheet(
            name="" if book.spec is None else book.spec.name,
            environment=book.environment,
            day=self._session.day,
            nav_before=self._nav_before,
            nav=book.nav,
            flows=self._flows,
            drawdown_bp=drawdown_bp(book.nav, book.units, book.peak.nav, book.peak.units),
            compared_at=self._compared,
            differences=tuple(book.differences.values()),
            modules=tuple(
                ModuleDay(
                    self._names.get(module_id, module_id),
                    realised - begin.get(module_id, (0, 0))[0],
                    opened - begin.get(module_id, (0, 0))[1],
                )
                for module_id, (realised, opened) in end.items()
                if module_id in book.modules or (realised, opened) != begin.get(module_id, (0, 0))
            ),
            explained=tuple((self._names.get(each, each), parts) for each, parts in self._explained.items()),
            fills=tuple(self._fills),
            ended=tuple(self._ended),
            scans=tuple(
                ScanCount(
                    self._names.get(module_id, module_id), len(scans), sum(each.looked_at for each in scans),
                    sum(each.executed for each in scans), sum(each.pending for each in scans),
                    sum(each.skipped for each in scans),
                )
                for module_id, scans in self._scans.items()
            ),
            tomorrow=expiries(book, known.spots, self._names, following, following),
        )  # fmt: skip


def expiries(
    book: Book, spots: Mapping[str, Money], names: Mapping[str, str], first: dt.date, last: dt.date
) -> tuple[ExpiryLine, ...]:
    """The legs of open positions whose last session lies from one day to another, the next first."""
    lines = [
        _expiry(position.position_id, names.get(position.module_id, position.module_id), contract, count, spots)
        for position in book.positions.values()
        for contract in {lot.contract: None for lot in position.lots}
        if contract is not None and (count := position.held(contract)) and contract.expiration <= last + _WEEK
    ]
    found = [line for line in lines if first <= _last_day(line) <= last]
    return tuple(sorted(found, key=lambda line: (line.contract.expiration, line.position_id, line.contract.key)))


def _expiry(
    position_id: str, module: str, contract: OptionContract, count: int, spots: Mapping[str, Money]
) -> ExpiryLine:
    spot = spots.get(contract.underlying)
    if contract.underlying in INDEX_ROOTS:
        # Nothing is delivered: what it is in the money by is paid in cash.
        worth = None if spot is None else max(0, contract.inside(spot)) * MULTIPLIER * count
        return ExpiryLine(position_id, module, contract, count, spot, worth, is_settled_in_cash=True)
    # A put that was sold, or a call that is ours, pays the strike; the other two bring it.
    paid = contract.strike * MULTIPLIER * count * (-1 if contract.right is Right.CALL else 1)
    return ExpiryLine(position_id, module, contract, count, spot, paid)


def _last_day(line: ExpiryLine) -> dt.date:
    """The last session of a leg: before a holiday, or a Saturday of old, that is the day before."""
    return last_session(line.contract.expiration).day


def _happenings(symbols: Iterable[str], outlooks: Mapping[str, Outlook], day: dt.date) -> Iterable[HappeningLine]:
    """What comes within a week, and the names of which it is not known whether anything does."""
    for symbol in sorted(symbols):
        outlook = outlooks.get(symbol)
        coming = None if outlook is None else outlook.until(day + _WEEK)
        if coming is None:
            yield HappeningLine(symbol, None, None)
        else:
            yield from (HappeningLine(symbol, each.kind, each.day) for each in coming if each.day >= day)


def _standing(book: Book) -> Iterable[StandingLine]:
    for module_id, module in book.modules.items():
        over = max(0, -book.available(module_id))
        is_paused = module.status is ModuleStatus.PAUSED
        if is_paused or over:
            yield StandingLine(module.spec.name, module.status_why if is_paused else None, over)


def _results(book: Book) -> dict[str, tuple[Money, Money]]:
    return {each: (book.realised(each), book.unrealised(each)) for each in (*book.module_ids, "")}


def _what(purpose: OrderPurpose, structure: Structure) -> str:
    return f"{_DOING[purpose]} {structure.words}"


def session_of(day: dt.date) -> Session:
    """The session of a day. Raises MindfolioError for a day without."""
    session = session_on(day)
    if session is None:
        raise MindfolioError(f"the market is closed on {day}: there is no sheet of it")
    return session
