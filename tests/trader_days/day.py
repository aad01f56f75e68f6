"""A trader's day as a script: the real kernel, ledger file and paper broker over a market that is written by hand.

A `Day` is moved to instants of market time and told commands, as a person would tell them; in between the kernel does
whatever is due. Prices are dollars as text. `Sheet` says what the books must show, to the cent.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from engine.core.calendar import NEW_YORK
from engine.core.clock import VirtualClock
from engine.core.money import UNIT, Money, dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.broker_reports import BrokerReport
from engine.domain.candidate import Candidate, Finding
from engine.domain.denial import Denial
from engine.domain.evidence import Evidence
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import AccountLimits, GateLimits, ModuleLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.notices import CommandDenied
from engine.domain.order import Order
from engine.domain.ports import ChainUpdate, QuoteSource
from engine.domain.position import Position
from engine.domain.scan import Action, ManageContext, ScanContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import recognise
from engine.execution.paper import PaperBroker, PaperRules
from engine.ledger.book import Book
from engine.ledger.entries import Account
from engine.ledger.ledger import Ledger, checked_entries
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from engine.market.store import MarketStore
from engine.risk.latch import StopLatch
from engine.runtime import defaults
from engine.runtime.desk import Desk
from engine.runtime.inbox import Inbox
from engine.runtime.kernel import Kernel
from engine.runtime.pacer import Pacer
from engine.runtime.workers import Workers
from tests.fakes import ListFeed, RecordingPublisher

SECOND, MINUTE = dt.timedelta(seconds=1), dt.timedelta(minutes=1)
Sides = tuple[str, str]
Dividends = Mapping[str, tuple[tuple[dt.date, Money], ...]]


# --- the market ------------------------------------------------------------------------------------------------------
def at(day: dt.date, clock: str) -> dt.datetime:
    """A New York wall time ("09:30" or "09:30:05") of a day, as UTC."""
    return dt.datetime.combine(day, dt.time.fromisoformat(clock), NEW_YORK).astimezone(dt.UTC)


def put(symbol: str, strike: int | str, expiration: dt.date) -> OptionContract:
    """One put; the strike in dollars."""
    return OptionContract(symbol, expiration, dollars(strike), Right.PUT)


def call(symbol: str, strike: int | str, expiration: dt.date) -> OptionContract:
    """One call; the strike in dollars."""
    return OptionContract(symbol, expiration, dollars(strike), Right.CALL)


def tick(
    when: dt.datetime, symbol: str, spot: str, options: Mapping[OptionContract, Sides] = {}, *, interest: int = 5000
) -> ChainUpdate:
    """New quotes at an instant: the underlying's price, and bid and ask of the options named."""
    return ChainUpdate(
        symbol=symbol,
        at=when,
        spot=float(spot),
        key=np.array([contract.key for contract in options], dtype=np.int64),
        bid=np.array([float(bid) for bid, _ in options.values()]),
        ask=np.array([float(ask) for _, ask in options.values()]),
        volume=np.full(len(options), 500.0),
        open_interest=np.full(len(options), float(interest)),
    )


def made_of(*legs: tuple[OptionContract, int]) -> Structure:
    """A structure under its own name; legs in order of strike."""
    found = tuple(Leg(contract, ratio) for contract, ratio in legs)
    kind = recognise(found)
    assert kind is not None, "these legs have no name"
    return Structure(kind, found)


# --- the mindfolio ---------------------------------------------------------------------------------------------------
class ByHand:
    """A module whose trades a person enters: it proposes nothing and closes nothing."""

    @property
    def kind(self) -> ModuleKind:
        return ModuleKind.IV_SERVICE

    def scan(self, context: ScanContext) -> tuple[Finding, ...]:
        return ()

    def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
        return ()


class Proven:
    """A backtest that speaks for every trade, so that more than one contract may be opened."""

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        return Evidence(trades=120, win_rate=0.8, expectancy=dollars(25), source="hand-written")


def module(
    module_id: str, *symbols: str, loss: str = "100000", parameters: dict[str, Parameter] | None = None
) -> ModuleSpec:
    """A module that may hold every structure of these symbols, and loses at most `loss` a day."""
    return ModuleSpec(
        module_id=module_id,
        kind=ModuleKind.IV_SERVICE,
        name=module_id.title(),
        limits=ModuleLimits(max_risk_per_trade=dollars(100_000), daily_loss_limit=dollars(loss)),
        autotrade=False,
        universe=symbols,
        # Without iron condors, which is what the program looks for: the condors of these days are entered by hand.
        structures=tuple(StructureKind),
        parameters=parameters or {},
        house_rules=False,  # expiry, assignment and short stock are what these days look at
    )


def mindfolio(
    modules: Iterable[tuple[ModuleSpec, str]],
    capital: str = "50000",
    limits: AccountLimits = AccountLimits(day_loss=None, drawdown_pct=None),  # noqa: B008 - frozen
) -> MindfolioSpec:
    """Modules with their budgets in dollars; what is left of the capital is the reserve."""
    pairs = [(spec, dollars(budget)) for spec, budget in modules]
    return MindfolioSpec(
        name="Trader",
        capital=dollars(capital),
        budgets={spec.module_id: budget for spec, budget in pairs},
        reserve=dollars(capital) - sum(budget for _, budget in pairs),
        modules=tuple(spec for spec, _ in pairs),
        account_limits=limits,
    )


GATE = GateLimits(max_quote_age=2 * MINUTE, max_symbol_share_pct=100)
"""As in the simulation, but a module may put all its budget into one symbol."""


# --- the day ---------------------------------------------------------------------------------------------------------
class Killed(BaseException):
    """The process ended here, without a chance to tidy up."""


class Wire:
    """The real broker, and the places on the way to it at which the process can be killed. Hands on all the rest."""

    def __init__(self, inner: PaperBroker) -> None:
        self.inner = inner
        self.before_submit: Callable[[Order], None] = lambda _order: None
        self.after_submit: Callable[[Order], None] = lambda _order: None
        self.after_poll: Callable[[tuple[BrokerReport, ...]], None] = lambda _reports: None

    def submit(self, order: Order, now: dt.datetime) -> None:
        self.before_submit(order)
        self.inner.submit(order, now)
        self.after_submit(order)

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        reports = self.inner.poll(now, quotes)
        self.after_poll(reports)
        return reports

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


OPEN_DAYS: list["Day"] = []
"""Days whose files are still open; they are closed when their test ends."""


@dataclass
class Day:
    """A mindfolio over a hand-written market, moved through time by its test."""

    folder: Path
    spec: MindfolioSpec
    ticks: list[ChainUpdate]
    rules: PaperRules = field(default_factory=PaperRules)
    dividends: Dividends = field(default_factory=dict)
    seed: int = 1
    gate: GateLimits = GATE

    def __post_init__(self) -> None:
        OPEN_DAYS.append(self)
        self.publisher = RecordingPublisher()
        self._open()

    def _open(self) -> None:
        self.inbox = Inbox()
        feed = ListFeed(self.ticks)
        self.store = SqliteStore(self.folder / "ledger.sqlite")
        ledger = Ledger(self.store)
        book = ledger.book
        costs = defaults.costs()
        self.paper = PaperBroker(
            self.seed, self.spec.capital, costs,
            rules=self.rules, dividends=self.dividends, file=self.folder / "broker.log",
        )  # fmt: skip
        self.wire = Wire(self.paper)
        self.desk = Desk(
            ledger=ledger,
            market=MarketStore(),
            feed=feed,
            broker=self.wire,  # type: ignore[arg-type]
            backtester=Proven(),
            clock=VirtualClock(book.last_at or feed.first_at - SECOND),
            latch=StopLatch(self.folder / "STOP"),
            publisher=self.publisher,
        )
        if book.spec is None:
            waivers = Waivers(evidence=False, iv_rank=True, events=True)
            self.desk.record(
                ev.MindfolioCreated(self.spec, Environment.SIMULATED, "by hand", self.seed, self.gate, costs, waivers)
            )
            self.desk.commit()
        self.kernel = Kernel(self.desk, self.inbox, Workers(self.inbox), Pacer(math.inf), publishes=False)
        self.kernel.recover()

    @property
    def book(self) -> Book:
        """The books as they stand."""
        return self.desk.book

    # --- what a person does ------------------------------------------------------------------------------------------
    def until(self, when: dt.datetime) -> "Day":
        """Let everything happen up to an instant, and stand there."""
        self.kernel.run(when)
        assert not self.desk.halted, self.desk.halted
        self.desk.clock.advance_to(when)
        return self

    def say(self, command: cmd.Command) -> tuple[Denial, ...]:
        """Give a command now; the reasons why it was refused, () when it was carried out."""
        before = len(self.publisher.denied)
        self.inbox.put(command)
        self.until(self.desk.now)
        denied = self.publisher.denied[before:]
        return denied[-1].denials if denied and isinstance(denied[-1], CommandDenied) else ()

    def enter(
        self, module_id: str, structure: Structure, limit: str, quantity: int = 1, position_id: str = ""
    ) -> tuple[Denial, ...]:
        """A ticket at a limit: a debit positive, a credit negative, a share."""
        price = dollars(limit)
        return self.say(cmd.EnterTrade(module_id, structure, quantity, price, price, "ann", "as planned", position_id))

    def close(self, position_id: str, limit: str | None = None, quantity: int | None = None) -> tuple[Denial, ...]:
        """Close a position, from mid towards natural unless there is a limit."""
        price = None if limit is None else dollars(limit)
        return self.say(cmd.ClosePosition(position_id, quantity, price, "ann", "as planned"))

    # --- restarts ----------------------------------------------------------------------------------------------------
    def restart(self) -> "Day":
        """End the process and start another over the same files; the book is what it was, field by field."""
        before = self.desk.book
        self.die()
        store = SqliteStore(self.folder / "ledger.sqlite", for_reading=True)
        assert Ledger(store).book == before
        store.close()
        self._open()
        return self

    def reopen(self) -> "Day":
        """Start again after `Killed`: what the dead process had in memory is gone."""
        self.die()
        self._open()
        return self

    def die(self) -> None:
        """Let go of the files."""
        self.store.close()
        self.paper.close()

    # --- what the books say ------------------------------------------------------------------------------------------
    def events(self, kind: type[ev.Event]) -> list[ev.Event]:
        """Journaled events of one type."""
        return [event for _, event in checked_entries(self.store) if isinstance(event, kind)]

    @property
    def positions(self) -> dict[str, tuple[str, int, str]]:
        """Open positions: id -> structure, units, status."""
        held = self.desk.book.positions
        return {key: (str(each.structure.kind), each.quantity, str(each.status)) for key, each in held.items()}

    @property
    def alerts(self) -> list[str]:
        """What the user was told."""
        return self.publisher.alerts

    def accounts(self, module_id: str) -> dict[str, str]:
        """Balances of a module in dollars, debit positive; zeros left out."""
        balances = self.desk.book.balances
        return {str(account): usd(amount) for account in Account if (amount := balances.get((account, module_id), 0))}

    def means(self, module_id: str) -> dict[str, str]:
        """Used, held and available of a module, in dollars."""
        book = self.desk.book
        figures = {
            "used": book.used(module_id), "held": book.held(module_id), "available": book.available(module_id),
        }  # fmt: skip
        return {name: usd(amount) for name, amount in figures.items()}

    def record(self, module_id: str) -> tuple[int, int, str, str]:
        """Lineages closed, won, and what was won and lost in dollars."""
        stats = self.desk.book.modules[module_id].stats
        return stats.closed, stats.wins, usd(stats.won), usd(stats.lost)

    def agrees_with_the_broker(self) -> None:
        """Book and broker have the same contracts, shares and cash, and no difference is open."""
        state, book = self.paper._state, self.desk.book
        ignored = book.ignored
        theirs = {name: count - ignored.get(name, 0) for name, count in state.positions.items()}
        assert {name: count for name, count in theirs.items() if count} == book.instruments()
        assert usd(state.cash - ignored.get("USD", 0)) == usd(book.broker_cash)
        assert book.differences == {}

    def ends(self, cash: str, **accounts: Mapping[str, str]) -> None:
        """The end of a day: the books to the cent, the broker's account, the file, and the same after a restart."""
        for _ in range(2):
            book = self.desk.book
            found = {name: self.accounts(name) for name in accounts}
            assert found == accounts, found
            assert usd(book.broker_cash) == cash
            assert sum(book.balances.values()) == 0
            assert sum(each.budget for each in book.modules.values()) + book.reserve == book.capital
            self.agrees_with_the_broker()
            assert verify_file(self.folder / "ledger.sqlite").faults == ()
            self.restart()


def usd(amount: Money) -> str:
    """Dollars as text: "-12.34"; what is finer than a cent shows."""
    sign, amount = ("-" if amount < 0 else ""), abs(amount)
    whole, rest = divmod(amount, UNIT)
    text = f"{sign}{whole}.{rest:04d}"
    return text.removesuffix("00") if rest % 100 == 0 else text
