"""Fakes of the engine's ports, and a desk with a kernel over a market that a test writes by hand."""

import datetime as dt
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.analytics.black_scholes import european
from engine.backtest.insufficient import InsufficientEvidence
from engine.core.calendar import NEW_YORK, years_to_expiry
from engine.core.clock import VirtualClock
from engine.core.errors import LedgerFault
from engine.core.money import UNIT, Money
from engine.domain import events as ev
from engine.domain.account import BrokerAccount
from engine.domain.broker_reports import (
    BrokerAccepted,
    BrokerEnded,
    BrokerFilled,
    BrokerKnows,
    BrokerReplaced,
    BrokerReport,
)
from engine.domain.contract_keys import contract_keys
from engine.domain.limits import GateLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, Waivers
from engine.domain.notices import Alert, CommandAccepted, CommandDenied, Notice
from engine.domain.order import Order, OrderStatus
from engine.domain.ports import ChainUpdate, QuoteSource
from engine.domain.position import Position
from engine.domain.snapshot import MindfolioSnapshot
from engine.domain.structure import Structure
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.market.store import MarketStore
from engine.risk.latch import StopLatch
from engine.runtime import defaults
from engine.runtime.desk import Desk
from engine.runtime.inbox import Inbox
from engine.runtime.kernel import Kernel
from engine.runtime.pacer import Pacer
from engine.runtime.workers import Workers
from tests.builders import three_iv_services

MONDAY = dt.date(2026, 3, 16)
EXPIRATION = dt.date(2026, 4, 24)
"""39 days after MONDAY."""


def new_york(hour: int, minute: int = 0, second: int = 0, day: dt.date = MONDAY) -> dt.datetime:
    """A New York wall time as UTC."""
    return dt.datetime.combine(day, dt.time(hour, minute, second), NEW_YORK).astimezone(dt.UTC)


def chain_update(
    at: dt.datetime,
    spot: float = 100.0,
    *,
    symbol: str = "SPY",
    expirations: Iterable[dt.date] = (EXPIRATION,),
    volatility: float = 0.25,
    half_spread: float = 0.02,
    strikes: tuple[float, float, float] = (70.0, 131.0, 1.0),
) -> ChainUpdate:
    """A whole chain at Black-Scholes mids on the cent grid, with one spread for all; flat volatility."""
    strike = np.arange(*strikes)
    keys, mids = [], []
    for expiration in expirations:
        years = years_to_expiry(at, expiration)
        for is_put in (False, True):
            put = np.full(strike.size, is_put)
            ordinal = np.full(strike.size, expiration.toordinal(), dtype=np.int64)
            keys.append(contract_keys(ordinal, put, np.rint(strike * UNIT).astype(np.int64)))
            forward = spot * math.exp(0.04 * years)
            mids.append(european(spot, forward, strike, years, 0.04, volatility, put).price)
    mid = np.concatenate(mids)
    bid = np.maximum(np.floor((mid - half_spread) * 100), 0) / 100
    return ChainUpdate(
        symbol=symbol,
        at=at,
        spot=spot,
        key=np.concatenate(keys),
        bid=bid,
        ask=np.round(bid + 2 * half_spread, 2),
        volume=np.full(mid.size, 500.0),
        open_interest=np.full(mid.size, 5000.0),
    )


class ListFeed:
    """A feed of the updates given, batched by time."""

    def __init__(self, updates: Iterable[ChainUpdate]) -> None:
        self._updates = sorted(updates, key=lambda update: update.at)
        self.symbols = tuple(sorted({update.symbol for update in self._updates}))
        self.first_at = self._updates[0].at

    def next_at(self, after: dt.datetime) -> dt.datetime | None:
        """The next time after `after`."""
        return next((update.at for update in self._updates if update.at > after), None)

    def read(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """The updates of one instant."""
        return tuple(update for update in self._updates if update.at == at)

    def last_known(self, at: dt.datetime) -> tuple[ChainUpdate, ...]:
        """Everything up to `at`."""
        return tuple(update for update in self._updates if update.at <= at)


class ScriptedBroker:
    """A broker that does what the test says: by default it accepts every order and never fills.

    `on_submit(order)` gives the reports that the next poll returns. `calls` records what was asked, in order.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.submitted: list[Order] = []
        self.reports: list[BrokerReport] = []
        self.limits: dict[str, Money] = {}
        self.on_submit: Callable[[Order], list[BrokerReport]] = lambda order: [BrokerAccepted(order.order_id)]
        self.on_cancel: Callable[[str], list[BrokerReport]] = lambda order_id: [
            BrokerEnded(order_id, OrderStatus.CANCELLED, 0, "cancelled as asked")
        ]
        self.on_replace: Callable[[str, Money], list[BrokerReport]] = lambda order_id, limit: [
            BrokerReplaced(order_id, limit)
        ]
        self.on_ask: Callable[[str], list[BrokerReport]] = self._knows
        self.on_ask_account: Callable[[dt.datetime], BrokerAccount | None] = lambda _now: None
        self._due: dt.datetime | None = None

    def submit(self, order: Order, now: dt.datetime) -> None:
        """Record the order and queue what the script answers."""
        self.calls.append(("submit", order.order_id))
        self.submitted.append(order)
        self._queue(self.on_submit(order), now)

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """Record the new limit, and confirm it."""
        self.calls.append(("replace", order_id))
        self.limits[order_id] = limit
        self._queue(self.on_replace(order_id, limit), now)

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """Queue what the script answers."""
        self.calls.append(("cancel", order_id))
        self._queue(self.on_cancel(order_id), now)

    def ask(self, order_id: str, now: dt.datetime) -> None:
        """Queue what the script answers."""
        self.calls.append(("ask", order_id))
        self._queue(self.on_ask(order_id), now)

    def ask_account(self, now: dt.datetime) -> None:
        """Queue the account: by default it agrees with the book."""
        account = self.on_ask_account(now)
        self._queue([] if account is None else [account], now)

    def fund(self, reference: str, amount: Money, now: dt.datetime) -> None:
        """Record it."""
        self.calls.append(("fund", str(amount)))

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        """No more than our own rule."""
        return 0

    def close(self) -> None:
        """Nothing is held."""

    def available(self, own: Money) -> Money | None:
        """What we count."""
        return own

    def next_at(self) -> dt.datetime | None:
        """When the queued reports are due."""
        return self._due

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """Hand over what is queued."""
        if self._due is None or self._due > now:
            return ()
        self._due = None
        reports, self.reports = tuple(self.reports), []
        return reports

    def _knows(self, order_id: str) -> list[BrokerReport]:
        """What a broker says that has the orders that were submitted, working and not filled."""
        is_known = any(order.order_id == order_id for order in self.submitted)
        return [BrokerKnows(order_id, is_known, OrderStatus.WORKING if is_known else None)]

    def say(self, report: BrokerReport, now: dt.datetime) -> None:
        """Queue a report of the test's own."""
        self._queue([report], now)

    def _queue(self, reports: list[BrokerReport], now: dt.datetime) -> None:
        if reports:
            self.reports.extend(reports)
            self._due = now + dt.timedelta(seconds=1)


def filled(order: Order, price: Money | None = None, cumulative: int | None = None) -> BrokerFilled:
    """A fill of an order at its limit (or a price), whole unless said otherwise; one leg carries the whole price."""
    net = order.limit if price is None else price
    prices = [0] * max(1, len(order.structure.legs))
    ratios = [leg.ratio for leg in order.trades] or [order.structure.shares * order.side]
    singles = [place for place, ratio in enumerate(ratios) if abs(ratio) == 1]
    place = next((place for place in singles if ratios[place] * net >= 0), singles[0])
    prices[place] = net * ratios[place]
    return BrokerFilled(order.order_id, order.quantity if cumulative is None else cumulative, net, tuple(prices))


class RecordingPublisher:
    """Keeps every snapshot and notice."""

    def __init__(self) -> None:
        self.snapshots: list[MindfolioSnapshot] = []
        self.notices: list[Notice] = []

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """Keep it."""
        self.snapshots.append(snapshot)

    def notify(self, notice: Notice) -> None:
        """Keep it."""
        self.notices.append(notice)

    @property
    def denied(self) -> list[CommandDenied]:
        """Refused commands."""
        return [notice for notice in self.notices if isinstance(notice, CommandDenied)]

    @property
    def accepted(self) -> list[CommandAccepted]:
        """Commands carried out."""
        return [notice for notice in self.notices if isinstance(notice, CommandAccepted)]

    @property
    def alerts(self) -> list[str]:
        """Texts of alerts."""
        return [notice.text for notice in self.notices if isinstance(notice, Alert)]


OPEN_RIGS: list["Rig"] = []
"""Every rig that a test has made; its ledger is closed when the test ends."""


class Rig:
    """A kernel over a real ledger file, a hand-written market and a scripted broker."""

    def __init__(
        self,
        folder: Path,
        updates: Iterable[ChainUpdate],
        *,
        broker: ScriptedBroker | None = None,
        spec: MindfolioSpec | None = None,
        publishes: bool = False,
        threads: int = 0,
        waivers: Waivers | None = None,
        limits: GateLimits | None = None,
    ) -> None:
        OPEN_RIGS.append(self)
        self.folder = folder
        self.feed = ListFeed(updates)
        self.broker = broker or ScriptedBroker()
        self.publisher = RecordingPublisher()
        self.inbox = Inbox()
        self.store = SqliteStore(folder / "ledger.sqlite")
        ledger = Ledger(self.store)
        clock = VirtualClock(ledger.book.last_at or self.feed.first_at - dt.timedelta(seconds=1))
        self.desk = Desk(
            ledger=ledger,
            market=MarketStore(),
            feed=self.feed,
            broker=self.broker,
            backtester=InsufficientEvidence(),
            clock=clock,
            latch=StopLatch(folder / "STOP"),
            publisher=self.publisher,
        )
        if ledger.book.spec is None:
            self.desk.record(
                ev.MindfolioCreated(
                    spec=spec or three_iv_services(self.feed.symbols),
                    environment=Environment.REPLAY,
                    market="hand-written",
                    seed=7,
                    limits=limits or defaults.gate_limits(Environment.REPLAY),
                    costs=ledger.book.costs,
                    waivers=waivers or defaults.waivers(Environment.REPLAY),
                )
            )
            self.desk.commit()
        if isinstance(self.broker, ScriptedBroker):
            self.broker.on_ask_account = lambda now: BrokerAccount(
                now, self.desk.book.instruments(), self.desk.book.broker_cash, self.desk.book.activity_floor
            )
        workers = Workers(self.inbox, threads)
        self.kernel = Kernel(self.desk, self.inbox, workers, Pacer(math.inf), publishes=publishes)
        self.kernel.recover()

    def run(self, until: dt.datetime | None = None) -> "Rig":
        """Run to the end of the market, or until a market time."""
        self.kernel.run(until)
        return self

    def reopened(self, updates: Iterable[ChainUpdate] | None = None) -> "Rig":
        """Close the ledger and open it again, as after a restart; the broker forgets."""
        self.store.close()
        return Rig(self.folder, self.feed._updates if updates is None else updates)

    @property
    def closed(self) -> list[Position]:
        """Positions that ended, oldest first, as the file has them."""
        return list(self.store.closed())

    def events(self, kind: type[ev.Event]) -> list[ev.Event]:
        """Journaled events of one type, read back from the file."""
        from engine.ledger.ledger import checked_entries  # noqa: PLC0415

        return [event for _, event in checked_entries(self.store) if isinstance(event, kind)]


class FaultyStore:
    """A LedgerStore that fails from the n-th append on."""

    def __init__(self, store: SqliteStore, fails_from: int) -> None:
        self._store = store
        self._left = fails_from

    def append(self, batch: object) -> None:
        """Write, or fail without having written."""
        self._left -= 1
        if self._left < 0:
            raise LedgerFault("the disk is full")
        self._store.append(batch)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def whole_budget_in_one_symbol() -> GateLimits:
    """The limits of a replay, without the cap on one symbol's share: for tests of the budget itself."""
    return replace(defaults.gate_limits(Environment.REPLAY), max_symbol_share_pct=100)


def only(spec: MindfolioSpec, module_id: str) -> MindfolioSpec:
    """The same mindfolio with one active module; the others paused."""
    from engine.domain.mindfolio import ModuleStatus  # noqa: PLC0415

    modules = tuple(
        module if module.module_id == module_id else replace(module, status=ModuleStatus.PAUSED)
        for module in spec.modules
    )
    return replace(spec, modules=modules)
