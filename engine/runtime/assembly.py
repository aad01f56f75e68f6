"""Assembly: from a data directory and an environment to a kernel that can run."""

import datetime as dt
from functools import lru_cache, partial

from filelock import FileLock, Timeout

from engine.backtest.answers import AnswerFiles
from engine.backtest.beside import BesideBacktester
from engine.backtest.evidence import Closable, HistoryBacktester
from engine.backtest.filling import Terms
from engine.backtest.spreads import fill
from engine.core.calendar import next_session, session_at
from engine.core.clock import VirtualClock
from engine.core.errors import LedgerFault, MindfolioError
from engine.core.files import own_folder
from engine.domain import events as ev
from engine.domain.limits import Costs
from engine.domain.mindfolio import Environment, MindfolioSpec
from engine.domain.ports import Backtester, Publisher
from engine.execution.paper import PaperBroker
from engine.ledger.book import Book
from engine.ledger.ledger import Ledger
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.market.recorder import Recorder
from engine.market.store import MarketStore
from engine.modules.sandbox.programs import UserPrograms
from engine.portfolio.sectors import sectors_of
from engine.risk.latch import StopLatch
from engine.runtime import defaults
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.inbox import Inbox
from engine.runtime.iv_ranks import IvRanks
from engine.runtime.kernel import Kernel
from engine.runtime.markets import Market, market_of, recordings_of
from engine.runtime.offers import users_offers
from engine.runtime.pacer import Pacer
from engine.runtime.places import Places, Running
from engine.runtime.proving import ask_ahead
from engine.runtime.workers import Workers

DEFAULT_SEED = 1

_CHANGED = {
    Environment.REPLAY: "The imported recordings have changed since this mindfolio was begun",
    Environment.SIMULATED: "The simulated market is another one since this mindfolio was begun: its prices jumped",
}


class OpenEngine:
    """A kernel with everything it holds. Make, run and close it on one thread."""

    def __init__(
        self,
        places: Places,
        running: Running,
        publisher: Publisher,
        inbox: Inbox | None = None,
        latch: StopLatch | None = None,
    ) -> None:
        """Open the ledger, or begin a new mindfolio. Raises MindfolioError with one line when that is impossible."""
        own_folder(places.folder)
        self._lock = FileLock(places.lock)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise LedgerFault(
                f"{places.folder} is in use by another Mindfolio; close that one, or give another --data-dir"
            ) from None
        try:
            self._programs = UserPrograms(places.modules)
            self.kernel = _kernel(
                places, running, publisher, inbox or Inbox(), latch or StopLatch(places.latch), self._programs
            )
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """End the users' processes; release the ledger and the lock."""
        self._programs.close()
        if isinstance(self.kernel.desk.backtester, Closable):
            self.kernel.desk.backtester.close()
        if self.kernel.desk.recorder is not None:
            self.kernel.desk.recorder.close()
        if isinstance(self.kernel.desk.query, LedgerQuery):
            self.kernel.desk.query.close()
        self.kernel.desk.broker.close()
        self.kernel.desk.ledger.close()
        self._lock.release()


def session_limit(kernel: Kernel, days: int) -> dt.datetime:
    """Market time at which `days` sessions are over, the running one counted."""
    now = kernel.desk.now
    session = session_at(now) or next_session(now)
    for _ in range(days - 1):
        session = next_session(session.opens)
    return session.closes


def _kernel(
    places: Places,
    running: Running,
    publisher: Publisher,
    inbox: Inbox,
    latch: StopLatch,
    programs: UserPrograms,
) -> Kernel:
    history, sectors = recordings_of(places), sectors_of(places.home)
    # Both before the ledger: a refusal leaves no empty one behind.
    ledger = Ledger(SqliteStore(places.ledger))
    broker: PaperBroker | None = None
    try:
        book = ledger.book
        is_new = book.spec is None
        seed = _seed(book, running.seed)
        market = market_of(history, seed, running.quote_minutes)
        feed = market.feed
        universe = _universe(running.symbols, feed.symbols)
        spec = defaults.begun(running.beginning, running.template, universe, running.name)
        costs = defaults.costs() if is_new else book.costs
        waivers = defaults.waivers(places.environment) if is_new else book.waivers
        cash = spec.capital if is_new else book.broker_cash
        # A broker that has no file yet opens with what the books say is there: they were begun without one.
        held = book.instruments()
        broker = PaperBroker(seed, cash, costs, positions=held, dividends=market.dividends, file=places.broker)
        broker.tell_after(book.activity_floor)
        terms = Terms(costs, fill, RISK_FREE_RATE, waivers)
        desk = _desk(places, running, ledger, broker, market, terms, publisher, latch, programs)
        desk.sectors = sectors
        if is_new:
            _begin(desk, spec, places.environment, market.name, costs, seed)
        elif market.name != book.market:
            desk.alert("", _CHANGED[places.environment])
        workers = Workers(inbox, running.threads, running.random_delay_s)
        kernel = Kernel(desk, inbox, workers, Pacer(running.speed), publishes=running.publishes)
        kernel.recover()
        ask_ahead(desk)
    except BaseException:
        if broker is not None:
            broker.close()
        ledger.close()
        raise
    return kernel


def _universe(asked: tuple[str, ...], there: tuple[str, ...]) -> tuple[str, ...]:
    """The symbols that modules look at. Raises MindfolioError for one that the market does not have."""
    strange = sorted(set(asked) - set(there))
    if strange:
        raise MindfolioError(f"{', '.join(strange)}: not in this market, which has {', '.join(there)}")
    return tuple(symbol for symbol in there if symbol in asked) or there


def _desk(
    places: Places,
    running: Running,
    ledger: Ledger,
    broker: PaperBroker,
    market: Market,
    terms: Terms,
    publisher: Publisher,
    latch: StopLatch,
    programs: UserPrograms,
) -> Desk:
    return Desk(
        ledger=ledger,
        market=MarketStore(),
        feed=market.feed,
        broker=broker,
        backtester=_backtester(places, running, market, terms, programs),
        clock=VirtualClock(ledger.book.last_at or market.feed.first_at - dt.timedelta(seconds=1)),
        latch=latch,
        publisher=publisher,
        approves_all=running.approves_all,
        events_on=market.events_on,
        iv_ranks=IvRanks(market.volatilities_on),
        pasts_on=lru_cache(maxsize=1)(market.pasts_on),
        scores_on=market.scores_on,
        recorder=_recorder(places, running),
        query=LedgerQuery(places.ledger),
        strategy_of=programs.strategy_of,
        program_problem=programs.problem,
        users_programs=partial(users_offers, programs),
        goes_on_paused=programs.goes_on_paused,
    )


def _backtester(places: Places, running: Running, market: Market, terms: Terms, programs: UserPrograms) -> Backtester:
    inline = HistoryBacktester(market.chains, terms, programs.tested_by)
    if not running.is_beside:
        return inline
    return BesideBacktester(inline, partial(market.elsewhere, terms), AnswerFiles(places.evidence))


def _seed(book: Book, asked: int | None) -> int:
    """A ledger keeps the seed that it was begun with."""
    if book.spec is None:
        return DEFAULT_SEED if asked is None else asked
    if asked is not None and asked != book.seed:
        raise LedgerFault(f"this mindfolio was begun with --seed {book.seed}; use that, or another --data-dir")
    return book.seed


def _recorder(places: Places, running: Running) -> Recorder | None:
    if running.record_minutes is None:
        return None
    return Recorder(places.recorded, dt.timedelta(minutes=running.record_minutes))


def _begin(desk: Desk, spec: MindfolioSpec, environment: Environment, market: str, costs: Costs, seed: int) -> None:
    desk.record(
        ev.MindfolioCreated(
            spec=spec,
            environment=environment,
            market=market,
            seed=seed,
            limits=defaults.gate_limits(environment),
            costs=costs,
            waivers=defaults.waivers(environment),
        )
    )
    desk.commit()
