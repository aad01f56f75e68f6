"""A kernel over the real paper broker, behind a line that a test can cut, slow down and strike at any call."""

import datetime as dt
import math
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.core.clock import VirtualClock
from engine.core.errors import NotSent
from engine.core.money import Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import BrokerAccount
from engine.domain.broker_reports import BrokerReport
from engine.domain.candidate import Candidate
from engine.domain.evidence import Evidence
from engine.domain.limits import Costs
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleSpec, Waivers
from engine.domain.order import Order
from engine.domain.ports import ChainUpdate, QuoteSource
from engine.domain.records import LedgerBatch
from engine.domain.structure import Structure
from engine.execution.paper import PaperBroker, PaperRules
from engine.ledger.ledger import Ledger, checked_entries
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from engine.market.store import MarketStore
from engine.risk.latch import StopLatch, set_latch_file
from engine.runtime import defaults
from engine.runtime.desk import Desk
from engine.runtime.inbox import Inbox
from engine.runtime.kernel import Kernel
from engine.runtime.pacer import Pacer
from engine.runtime.workers import Workers
from tests.builders import condor, three_iv_services
from tests.fakes import EXPIRATION, ListFeed, RecordingPublisher, chain_update, new_york

SECOND = dt.timedelta(seconds=1)
CONDOR = condor((88, 90, 110, 112), "SPY", EXPIRATION)
OTHER = condor((87, 89, 111, 113), "SPY", EXPIRATION)
START = new_york(10)
LATCHED = "latched"
"""The entry of the line's log that tells when the stop was pressed."""


def no_move() -> None:
    """Nothing happens."""


def market() -> list[ChainUpdate]:
    """SPY at 100 for a day and a morning: a quote a minute around ten, a quote an hour later on."""
    minutes = [START + dt.timedelta(minutes=minute) for minute in range(20)]
    hours = [new_york(hour) for hour in range(11, 16)] + [new_york(15, 59)]
    tomorrow = [at + dt.timedelta(days=1) for at in minutes]
    return [chain_update(at) for at in (*minutes, *hours, *tomorrow)]


class Proven:
    """A backtester that has seen enough."""

    def evidence(self, _module: ModuleSpec, _candidate: Candidate, _now: dt.datetime) -> Evidence:
        """A hundred trades of which most won."""
        return Evidence(100, 0.8, dollars(50), "test")


class Line:
    """A Broker behind a line. `refuses` names calls that raise NotSent, `hangs_up` those that raise after arriving.

    `is_mute` holds back every report until it is false again. `before_submit` and `after_submit` run inside the call.
    `log` tells in order what was asked, when, and whether it arrived; `before` what earlier processes asked.
    """

    def __init__(self, inner: PaperBroker) -> None:
        self.inner = inner
        self.refuses: set[str] = set()
        self.hangs_up: set[str] = set()
        self.is_mute = False
        self.tells_account = True
        self.before_submit: Callable[[], None] = no_move
        self.after_submit: Callable[[], None] = no_move
        self.log: list[tuple[str, str, dt.datetime, bool]] = []
        self.before: list[tuple[str, str, dt.datetime, bool]] = []
        self._told: list[BrokerReport] = []
        self._says: list[tuple[dt.datetime, BrokerReport]] = []

    def submit(self, order: Order, now: dt.datetime) -> None:
        """Send it, with what the test does meanwhile."""
        self.before_submit()
        self._call(
            "submit" if order.adds_risk else "submit closing",
            order.order_id,
            now,
            lambda: self.inner.submit(order, now),
        )

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """Send it."""
        self._call("replace", order_id, now, lambda: self.inner.replace(order_id, limit, now))

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """Send it."""
        self._call("cancel", order_id, now, lambda: self.inner.cancel(order_id, now))

    def ask(self, order_id: str, now: dt.datetime) -> None:
        """Send it."""
        self._call("ask", order_id, now, lambda: self.inner.ask(order_id, now))

    def ask_account(self, now: dt.datetime) -> None:
        """Send it."""
        self._call("ask account", "", now, lambda: self.inner.ask_account(now))

    def fund(self, reference: str, amount: Money, now: dt.datetime) -> None:
        """Send it."""
        self.inner.fund(reference, amount, now)

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        """The broker's own figure."""
        return self.inner.preview(structure, net_price, quantity, shares)

    def available(self, own: Money) -> Money | None:
        """The broker's own figure."""
        return self.inner.available(own)

    def next_at(self) -> dt.datetime | None:
        """When the broker or the line has something."""
        says = [at for at, _ in self._says]
        inner = self.inner.next_at()
        return min(says if inner is None else [*says, inner], default=None)

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """What arrives by now."""
        self._told += self.inner.poll(now, quotes)
        self._told += [report for at, report in self._says if at <= now]
        self._says = [each for each in self._says if each[0] > now]
        if self.is_mute:
            return ()
        told, self._told = tuple(self._told), []
        return tuple(each for each in told if self.tells_account or not isinstance(each, BrokerAccount))

    def say(self, report: BrokerReport, at: dt.datetime) -> None:
        """A report that the paper broker never makes."""
        self._says.append((at, report))

    def speak(self, now: dt.datetime) -> None:
        """Be mute no more; what was held back is told at once."""
        self.is_mute = False
        held, self._told = self._told, []
        self._says += [(now, report) for report in held]

    def close(self) -> None:
        """Let go of the broker."""
        self.inner.close()

    def done(self, order_id: str) -> int:
        """Units that the broker did of an order."""
        return self.inner._state.tickets[order_id].filled

    def _call(self, name: str, order_id: str, now: dt.datetime, call: Callable[[], None]) -> None:
        is_refused = name.split(maxsplit=1)[0] in self.refuses
        self.log.append((name, order_id, now, not is_refused))
        if is_refused:
            raise NotSent("the line is down")
        call()
        if name == "submit":
            self.after_submit()
        if name in self.hangs_up:
            raise TimeoutError("no answer")

    def calls(self, name: str, order_id: str = "", *, arrived: bool = True) -> list[dt.datetime]:
        """When a call was made that arrived (or: whether it did or not)."""
        return [at for what, which, at, came in self.log
                if what == name and order_id in ("", which) and (came or not arrived)]  # fmt: skip

    def after_the_latch(self, name: str) -> list[str]:
        """Orders of the calls that began after the stop was pressed."""
        pressed = next(number for number, entry in enumerate(self.log) if entry[0] == LATCHED)
        return [order_id for what, order_id, _, _ in self.log[pressed:] if what == name]


class WatchedStore:
    """A LedgerStore that lets a test act right after something has become durable."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.after: Callable[[LedgerBatch], None] = lambda _batch: None

    def append(self, batch: LedgerBatch) -> None:
        """Write, then act."""
        self._store.append(batch)
        self.after(batch)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


LIVING: list["World"] = []
"""Every world that was not closed yet."""


class KeptWorkers(Workers):
    """Workers that outlive a run of the kernel."""

    def close(self) -> None:
        """Not yet."""

    def end(self) -> None:
        """Now."""
        super().close()


class SteppedKernel(Kernel):
    """The kernel with a run that also ends where nothing is due while it publishes, and can be begun again."""

    def run(self, until: dt.datetime | None = None) -> None:
        """As the kernel's."""
        self._closing = False
        super().run(until)

    stands = True
    """Off: it waits for a Shutdown, as with a window."""

    def _turn(self, until: dt.datetime | None) -> bool:
        goes_on = super()._turn(until)
        self._closing = self._closing or (self.stands and not goes_on)
        return goes_on


class World:
    """One process's life: a kernel over a ledger's file, a broker's file, a stop file, and a market by hand."""

    def __init__(
        self,
        folder: Path,
        *,
        spec: MindfolioSpec | None = None,
        updates: list[ChainUpdate] | None = None,
        threads: int = 0,
        publisher: RecordingPublisher | None = None,
        partial_pct: int = 0,
        busy_ms: int = 50,
        line: Callable[[Line], None] = lambda _line: None,
    ) -> None:
        self.folder = folder
        self.feed = ListFeed(updates or market())
        self.publisher = publisher or RecordingPublisher()
        self.inbox = Inbox()
        self.store = SqliteStore(folder / "ledger.sqlite")
        self.store._connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
        self.watched = WatchedStore(self.store)
        ledger = Ledger(self.watched)  # type: ignore[arg-type]
        spec = spec or calm_spec()
        cash = spec.capital if ledger.book.spec is None else ledger.book.broker_cash
        rules = PaperRules(partial_pct=partial_pct)
        self.line = Line(
            PaperBroker(
                7, cash, Costs(), rules=rules, positions=ledger.book.instruments(), file=folder / "broker.jsonl"
            )
        )
        line(self.line)
        self.latch = StopLatch(folder / "STOP")
        self.desk = Desk(
            ledger=ledger,
            market=MarketStore(),
            feed=self.feed,
            broker=self.line,
            backtester=Proven(),
            clock=VirtualClock(ledger.book.last_at or self.feed.first_at - SECOND),
            latch=self.latch,
            publisher=self.publisher,
        )
        if ledger.book.spec is None:
            self.desk.record(
                ev.MindfolioCreated(
                    spec, Environment.REPLAY, "hand-written", 7, defaults.gate_limits(Environment.REPLAY),
                    Costs(), Waivers(iv_rank=True, events=True),
                )
            )  # fmt: skip
            self.desk.commit()
        self.workers = KeptWorkers(self.inbox, threads)
        self.kernel = SteppedKernel(
            self.desk, self.inbox, self.workers, Pacer(math.inf), publishes=publisher is not None
        )
        LIVING.append(self)
        self.kernel.recover()

    # --- time --------------------------------------------------------------------------------------------------------
    def run(self, until: dt.datetime) -> "World":
        """Run to a market time."""
        self.kernel.run(until)
        return self

    def go_on(self, seconds: float) -> "World":
        """Run so many seconds of the market further, to that very instant where nothing is due then."""
        until = self.desk.now + dt.timedelta(seconds=seconds)
        self.run(until)
        if self.desk.now < until and not self.desk.halted:
            self.desk.clock.advance_to(until)
        return self

    def do(self, command: cmd.Command) -> None:
        """Hand a command over and let it be carried out, at this instant."""
        self.inbox.put(command)
        self.go_on(0)

    # --- the stop ----------------------------------------------------------------------------------------------------
    def press(self) -> None:
        """As `EngineHost.stop`: latch on this thread, then tell the kernel."""
        self._note()
        self.latch.set("button", "test")
        self.inbox.put(cmd.EmergencyStop("button", "test"))

    def press_outside(self) -> None:
        """As `mindfolio stop`: the file alone."""
        self._note()
        set_latch_file(self.folder / "STOP", "mindfolio stop", "test")

    def _note(self) -> None:
        self.line.log.append((LATCHED, "", self.desk.now, True))

    # --- restart -----------------------------------------------------------------------------------------------------
    def close(self) -> None:
        """End the process."""
        if self not in LIVING:
            return
        LIVING.remove(self)
        self.workers.end()
        self.line.close()
        self.store.close()

    def reopened(self, **how: object) -> "World":
        """The next process over the same files."""
        self.close()
        return World(self.folder, updates=self.feed._updates, **how)  # type: ignore[arg-type]

    # --- what is there -----------------------------------------------------------------------------------------------
    @property
    def order(self) -> Order:
        """The one live order that opens."""
        (order,) = [order for order in self.desk.book.orders.values() if order.adds_risk]
        return order

    def events(self, kind: type[ev.Event]) -> list[ev.Event]:
        """Journaled events of one type, read back from the file."""
        return [event for _, event in checked_entries(self.store) if isinstance(event, kind)]

    def faults(self) -> tuple[str, ...]:
        """What `verify` finds."""
        return verify_store(self.store).faults


def calm_spec() -> MindfolioSpec:
    """A mindfolio whose modules look at nothing by themselves."""
    spec = three_iv_services(("SPY",))
    modules = tuple(replace(each, parameters=each.parameters | {"min_credit_pct": 90}) for each in spec.modules)
    return replace(spec, modules=modules)


def ticket(limit: str = "-0.36", structure: Structure = CONDOR, quantity: int = 3) -> cmd.EnterTrade:
    """A person's ticket; the condor's mid is -0.36 and its natural -0.28.

    At mid it works and is never filled, at natural it is at once.
    """
    price = dollars(limit)
    return cmd.EnterTrade("IV_SERVICE_2", structure, quantity, price, price, "user", "test")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program holds the ledger in an exclusive transaction."""
    connection = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
        yield
    finally:
        connection.close()
