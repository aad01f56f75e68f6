"""The desk: everything the kernel's thread works with, and the one way in which state changes and orders leave.

Functions of this package take the desk as their first argument. They `record` events (which change the book at once)
and ask for effects with `after_commit`; the kernel commits at the end of each step, and only then do effects run.
"""

import datetime as dt
import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from engine.core.calendar import market_day, next_session, session_at
from engine.core.clock import VirtualClock
from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import Money
from engine.domain.account import BrokerAccount, Difference
from engine.domain.chain import Chain
from engine.domain.commands import Command
from engine.domain.denial import Denial
from engine.domain.events import Event
from engine.domain.mindfolio import MindfolioStatus, ModuleSpec, ModuleStatus
from engine.domain.module_offer import ModuleOffer
from engine.domain.notices import Alert, CommandAccepted, CommandDenied, Notice
from engine.domain.order import OrderPurpose
from engine.domain.package import LadderRules, clean_mark
from engine.domain.ports import Backtester, Broker, ChainUpdate, Feed, Publisher, Query, Strategy
from engine.domain.position import Position
from engine.domain.quote import Quote
from engine.domain.scan import Past, Score
from engine.domain.snapshot import MarketView
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.book import Book
from engine.ledger.ledger import Ledger
from engine.market.events import EventCalendar
from engine.market.quality import LiveQuality
from engine.market.recorder import Recorder
from engine.market.store import MarketStore
from engine.modules.registry import program_problem, strategy_of
from engine.portfolio.pnl_watch import Market, PnlWatch
from engine.risk.breaker import BreachSample
from engine.risk.latch import StopLatch
from engine.risk.throttle import OpeningRate, Repeats
from engine.runtime.broker_figures import Rehearsed
from engine.runtime.iv_ranks import IvRanks

_log = logging.getLogger(__name__)

RISK_FREE_RATE = 0.04
"""Continuously compounded, a year; forwards are implied from the chain, so it enters only as a discount."""


def _nothing_known(_day: dt.date) -> EventCalendar:
    return EventCalendar()


def _none_of_users() -> tuple[ModuleOffer, ...]:
    return ()


def _never(_module: ModuleSpec) -> bool:
    return False


_NO_CLOSES: Mapping[str, Past] = {}


def _no_pasts(_day: dt.date) -> Mapping[str, Past]:
    return _NO_CLOSES


def _no_scores(_day: dt.date) -> Mapping[str, Score]:
    return {}


@dataclass(frozen=True, slots=True)
class Unwinding:
    """A position that is closed part by part: what it was when the part under way was ordered, why, and for whom."""

    structure: Structure
    quantity: int
    why: str
    who: str


@dataclass(slots=True)
class Desk:
    """State and ports of one running mindfolio. Touched by the kernel's thread only."""

    ledger: Ledger
    market: MarketStore
    feed: Feed
    broker: Broker
    backtester: Backtester
    clock: VirtualClock
    latch: StopLatch
    publisher: Publisher
    ladder: LadderRules = field(default_factory=LadderRules)
    approves_all: bool = False
    halted: str = ""
    """Why the engine stopped trading by itself (storage, a broken invariant); "" while it runs."""
    stop_seen: tuple[int, int] | None = None
    """The stop file that the journal's stop is about; another one is a newer stop."""
    kernel_faults_told: set[str] = field(default_factory=set)
    """Legs of which the user knows that the pricing kernel failed its check."""
    reprice_at: dict[str, dt.datetime] = field(default_factory=dict)
    unpriced: dict[str, int] = field(default_factory=dict)
    """Steps of an order's ladder that had no quote to go by."""
    unwinding: dict[str, Unwinding] = field(default_factory=dict)
    """Positions that are closed part by part, by id."""
    ask_at: dict[str, dt.datetime] = field(default_factory=dict)
    """When to ask the broker about an order that has had no answer by then."""
    cancel_at: dict[str, dt.datetime] = field(default_factory=dict)
    """When to try again to cancel what could not be cancelled."""
    cancelled_at: dict[str, dt.datetime] = field(default_factory=dict)
    """When the newest cancel of an order left, or may have."""
    absent: dict[str, dt.datetime] = field(default_factory=dict)
    """Since when the broker says that it does not know an order."""
    stuck: dict[str, dt.datetime] = field(default_factory=dict)
    """Positions whose exit is due and cannot be ordered, since when."""
    rejected: dict[str, tuple[int, dt.datetime]] = field(default_factory=dict)
    """Positions whose closing the broker has rejected: how often in a row, and until when no rule tries it again."""
    hedged_at: dict[str, dt.datetime] = field(default_factory=dict)
    """When shares were last ordered against the delta of a position, by id."""
    refused_at: dict[tuple[str, OrderPurpose], dt.datetime] = field(default_factory=dict)
    """When the gate last refused a roll of a position, or an addition to it."""
    told: set[str] = field(default_factory=set)
    """What the user was told of once and need not be told again."""
    _told_on: tuple[dt.date, set[str]] | None = None
    reconcile_at: dt.datetime | None = None
    """When book and broker are compared next; None before the first start."""
    suspects: dict[str, Difference] = field(default_factory=dict)
    """Differences seen once: only what is still there at the next look is one."""
    is_reconciled: bool = False
    """Whether the broker's account was seen to agree since the start, or the last gap."""
    unheard_since: dt.datetime | None = None
    """Since when a comparison is due that could not be made; None while none is."""
    rehearsed: Rehearsed = field(default_factory=Rehearsed)
    """What the broker said of trades that somebody only looks at."""
    opening_rates: dict[str, OpeningRate] = field(default_factory=dict)
    """Openings of each module in the last minute."""
    repeats: dict[str, Repeats] = field(default_factory=dict)
    """What each module meant to open lately, so that a storm of the same is noticed."""
    samples: list[BreachSample] = field(default_factory=list)
    """The newest looks at the account's limits."""
    look_at: dt.datetime | None = None
    """When the closing plan under way is looked at next."""
    account: BrokerAccount | None = None
    """The newest account that the broker has told."""
    approve_at: dict[str, dt.datetime] = field(default_factory=dict)
    quality: LiveQuality = field(default_factory=LiveQuality)
    """What the quotes of this run were like."""
    events_on: Callable[[dt.date], EventCalendar] = _nothing_known
    """What is known on a day of earnings and dividends; nothing, where nobody imported a calendar."""
    iv_ranks: IvRanks = field(default_factory=IvRanks)
    pasts_on: Callable[[dt.date], Mapping[str, Past]] = _no_pasts
    """Daily closes of each underlying before a day."""
    sectors: Mapping[str, str] = field(default_factory=dict)
    """The sector of each symbol that a table names."""
    scores_on: Callable[[dt.date], Mapping[str, Score]] = _no_scores
    """The newest score of each company's fundamentals that is known on a day; none, where nobody imported any."""
    strategy_of: Callable[[ModuleSpec], Strategy] = strategy_of
    """The program behind a module."""
    query: Query | None = None
    """Reads what was journaled; without it nothing that was skipped is followed, and no P&L is explained."""
    watch: PnlWatch = field(default_factory=PnlWatch)
    """What the P&L since the last close came from."""
    program_problem: Callable[[ModuleSpec], str] = program_problem
    """Why no module can be made with a program, "" when one can."""
    users_programs: Callable[[], tuple[ModuleOffer, ...]] = _none_of_users
    """The programs that a person wrote and enabled. Reads files: not for the engine's thread."""
    goes_on_paused: Callable[[ModuleSpec], bool] = _never
    """Whether a module has to be asked by a scan what to do about its positions, also while it is paused."""
    refused: dict[str, dict[tuple[str, StructureKind], str]] = field(default_factory=dict)
    """What the backtest has refused each module on `refused_on`, and why."""
    refused_on: dt.date | None = None
    turned_down: dict[str, frozenset[tuple[str, StructureKind]]] = field(default_factory=dict)
    """Whose candidates the gate refused at each module's last scan."""
    recorder: Recorder | None = None
    """Who keeps what the feed shows; nobody, unless that was asked for."""
    _marks: dict[str, tuple[Position, Money | None]] = field(default_factory=dict)
    """Marks that were worked out for `_marked_by`, and for nothing before it: else each position that has ended would
    keep the whole market as it was then."""
    _marked_by: tuple[dt.datetime, Mapping[str, Chain]] | None = None
    _effects: deque[Callable[[], None]] = field(default_factory=deque)
    _notices: list[Notice] = field(default_factory=list)

    @property
    def book(self) -> Book:
        """The state."""
        return self.ledger.book

    @property
    def now(self) -> dt.datetime:
        """The market's time."""
        return self.clock.now()

    def market_view(self, speed: float, *, is_finished: bool) -> MarketView:
        """The market behind a snapshot; `speed` is what the clock makes, `is_finished` whether no quotes will come."""
        running = session_at(self.now)
        return MarketView(
            now=self.now,
            session=running.day if running is not None else None,
            is_open=running is not None,
            next_open=None if running is not None else next_session(self.now).opens,
            speed=speed,
            spots={symbol: spot for symbol in self.feed.symbols if (spot := self.market.spot(symbol)) is not None},
            is_finished=is_finished,
            quotes=self.quality.total.view(),
        )

    @property
    def told_today(self) -> set[str]:
        """What the user was told of on this day of the market and need not be told again on it."""
        day = market_day(self.now)
        if self._told_on is None or self._told_on[0] != day:
            self._told_on = day, set()
        return self._told_on[1]

    def forget_ended(self) -> None:
        """Let go of what was remembered of positions that have ended since."""
        held = self.book.positions
        self.stuck = {key: since for key, since in self.stuck.items() if key in held}
        self.rejected = {key: told for key, told in self.rejected.items() if key in held}
        self.hedged_at = {key: at for key, at in self.hedged_at.items() if key in held}
        self.refused_at = {key: at for key, at in self.refused_at.items() if key[0] in held}

    @property
    def may_open(self) -> bool:
        """Whether any opening may leave at all: not stopped, not halted."""
        return not (self.latch.is_set or self.halted or self.book.status is not MindfolioStatus.ACTIVE)

    def is_active(self, module_id: str) -> bool:
        """Whether a module may look for trades."""
        module = self.book.modules.get(module_id)
        return self.may_open and module is not None and module.status is ModuleStatus.ACTIVE

    def is_asked(self, module_id: str) -> bool:
        """Whether a module scans: one that may look for trades, or has positions that only its scans see to."""
        module = self.book.modules.get(module_id)
        if module is None or self.latch.is_set or self.halted or self.book.status is MindfolioStatus.STOPPED:
            return False
        return self.is_active(module_id) or (
            self.goes_on_paused(module.spec) and bool(self.book.positions_of(module_id))
        )

    def means_of(self, module_id: str) -> Money:
        """What a module may put at work now: of its own, and no more than the account has."""
        return min(self.book.available(module_id), self.account_available())

    def record(self, event: Event) -> None:
        """Journal an event (staged until the step's commit), fold it into the book, and show it to the watch."""
        before = self.watch.before(self.book, event) if self.query is not None else None
        self.ledger.record(self.now, event)
        if self.query is None:
            return
        try:
            self.watch.after(before, self.book, event, self.priced)
        except Exception:  # noqa: BLE001 - whatever fails there, nothing that trades depends on it
            _log.exception("%s cannot be explained; the session's P&L so far counts as unwatched", type(event).__name__)
            self.watch = PnlWatch()

    @property
    def priced(self) -> Market:
        """The market as the watch is shown it."""
        return Market(self.now, self.market.chains(), RISK_FREE_RATE, self.mark_of)

    def after_commit(self, effect: Callable[[], None]) -> None:
        """Run `effect` once everything recorded so far is durable. It may record in its turn."""
        self._effects.append(effect)

    def notify(self, notice: Notice) -> None:
        """Tell the window, once what it is about is durable."""
        self._notices.append(notice)

    def alert(self, module_id: str, text: str, *, is_urgent: bool = False, is_standing: bool = False) -> None:
        """Tell the user one plain sentence."""
        self.notify(Alert(self.now, module_id, text, is_urgent, is_standing))

    def show(self, update: ChainUpdate) -> None:
        """Take a chain that the feed shows: into the market, the counts of faults, and the recording, if any."""
        self.quality.see(update)
        self.market.apply(update)
        if self.recorder is None:
            return
        self.recorder.see(update)
        if self.recorder.fault and "recorder" not in self.told:
            self.told.add("recorder")
            self.alert("", f"The market is not recorded any more: {self.recorder.fault}", is_urgent=True)

    def commit(self) -> bool:
        """Make the step durable, then run its effects (and theirs). True when anything was written.

        Raises LedgerFault when it cannot be written: no effect of the step has run then.
        """
        wrote = False
        while self.ledger.has_staged or self._effects:
            wrote = wrote or self.ledger.has_staged
            self.ledger.commit()
            effects, self._effects = self._effects, deque()
            for effect in effects:
                effect()
        notices, self._notices = self._notices, []
        for notice in notices:
            self.tell(notice)
        return wrote

    def halt(self, why: str) -> tuple[Command, ...]:
        """Stop trading for good in this process: latch, drop what was not durable, tell the user.

        Returns the commands whose answers were waiting for the commit; they are refused instead.
        """
        self.halted = why
        self.latch.set("engine", why)
        self._effects.clear()
        notices, self._notices = self._notices, []
        # What was about to be reported as done is not durable, so it is not done.
        commands = tuple(notice.command for notice in notices if isinstance(notice, CommandAccepted | CommandDenied))
        for command in commands:
            self.tell(CommandDenied(command, (Denial(DenialCode.STORAGE, facts={"why": why}),)))
        self.tell(Alert(self.now, "", f"Trading halted: {why}", is_urgent=True))
        return commands

    def tell(self, notice: Notice) -> None:
        """Tell the window at once. A window that fails stops no exit and no cancel: its fault is logged."""
        try:
            self.publisher.notify(notice)
        except Exception:  # noqa: BLE001 - whatever the window does
            _log.exception("a notice could not be delivered: %s", notice)

    def quotes_of(self, legs: tuple[Leg, ...]) -> tuple[Quote | None, ...]:
        """Newest quotes of legs, in their order."""
        return tuple(self.market.quote(leg.contract) for leg in legs)

    def fresh_quotes_of(self, legs: tuple[Leg, ...]) -> tuple[Quote | None, ...]:
        """As `quotes_of`, with None for a quote older than the gate allows: what may be acted on."""
        return tuple(self._fresh(quote) for quote in self.quotes_of(legs))

    def _fresh(self, quote: Quote | None) -> Quote | None:
        limit = self.book.limits.max_quote_age
        return quote if quote is not None and limit is not None and quote.age(self.now) <= limit else None

    def part_quotes(self, structure: Structure, *, fresh: bool = True) -> tuple[Quote | None, ...]:
        """Quotes of a structure's legs in their order, or the one of the shares of shares alone."""
        if structure.legs:
            return self.fresh_quotes_of(structure.legs) if fresh else self.quotes_of(structure.legs)
        quote = self.market.stock(structure.symbol)
        return (self._fresh(quote) if fresh else quote,)

    def mark_of(self, position: Position) -> Money | None:
        """Value of a position at mid now, None when a part has no fresh quote or they cannot be true.

        Limits, exits and the journal ask for it one after the other: it is worked out once for the same quotes.
        """
        now, chains = self.now, self.market.chains()
        if self._marked_by is None or self._marked_by[0] != now or self._marked_by[1] is not chains:
            self._marks, self._marked_by = {}, (now, chains)
        kept = self._marks.get(position.position_id)
        if kept is not None and kept[0] is position:
            return kept[1]
        held = position.structure
        stock = self._fresh(self.market.stock(held.symbol)) if held.shares else None
        unit = clean_mark(held, self.fresh_quotes_of(held.legs), stock)
        mark = None if unit is None else unit * position.quantity
        self._marks[position.position_id] = (position, mark)
        return mark

    def account_available(self) -> Money:
        """Own cash that no position and no order has a claim on, over all modules."""
        return self.book.account_available


def assert_within_budget(desk: Desk, module_id: str) -> None:
    """After an admission nothing may be overdrawn. Raises LedgerFault (and so halts trading) if it is."""
    if desk.book.available(module_id) < 0 or desk.account_available() < 0:
        raise LedgerFault(f"{module_id} would put more at work than it has; this is a fault of the program")
