"""Work without a window: the composition root of the engine alone. Qt is never imported here."""

import contextlib
import signal
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from types import FrameType

from engine.core.calendar import session_at
from engine.core.errors import DenialCode, MindfolioError
from engine.domain.aftermath import by_reason
from engine.domain.commands import RearmMindfolio
from engine.domain.explained import PART_NAMES
from engine.domain.mindfolio import Environment, ModuleSpec
from engine.domain.notices import Alert, CommandDenied, Notice
from engine.domain.ports import Query
from engine.domain.records import TradeRow
from engine.domain.snapshot import MarketView, MindfolioSnapshot
from engine.ledger.ledger import Ledger
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.portfolio.aggregate import Background, aggregate
from engine.portfolio.report import Document, amount, as_document
from engine.portfolio.sectors import sectors_of
from engine.risk.latch import StopLatch
from engine.runtime.assembly import OpenEngine, session_limit
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.handlers import handle
from engine.runtime.inbox import Inbox, Shutdown
from engine.runtime.places import Places, Running
from engine.runtime.reports import settle_in

SIMULATED_DAYS = 5

EXPLAINED_SESSIONS = 5
"""The newest sessions whose P&L is shown in its parts."""

Progress = Callable[[str], None]


class ProgressPublisher:
    """A Publisher for a terminal: alerts become lines, snapshots are not asked for."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.denied: list[CommandDenied] = []

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """Nobody looks at snapshots here."""

    def notify(self, notice: Notice) -> None:
        """Print an alert; keep a refusal for the caller."""
        if isinstance(notice, Alert):
            self._progress(f"{notice.at:%Y-%m-%d %H:%M} UTC  {notice.module_id or 'mindfolio'}: {notice.text}")
        elif isinstance(notice, CommandDenied):
            self.denied.append(notice)
            codes = ", ".join(denial.code.value for denial in notice.denials)
            self._progress(f"refused {type(notice.command).__name__}: {codes}")


def run_headless(places: Places, running: Running, days: int | None, progress: Progress) -> Document:
    """Run the market to its end or for `days` sessions; the outcome as a document.

    Raises MindfolioError when the mindfolio cannot be opened, KeyboardInterrupt when it was interrupted: after the step
    that was under way, with everything recorded.
    """
    if days is None and places.environment is Environment.SIMULATED:
        days = SIMULATED_DAYS
    inbox = Inbox()
    engine = OpenEngine(places, running, ProgressPublisher(progress), inbox)
    try:
        kernel = engine.kernel
        with _interrupts_end(inbox):
            kernel.run(until=None if days is None else session_limit(kernel, days))
        document = as_document(kernel.snapshot(), _trades(kernel.desk.ledger))
        document["skipped_trades"] = _skipped_trades(kernel.desk)
        specs = [module.spec for module in kernel.desk.book.modules.values()]
        document["explained_pnl"] = _explained_pnl(specs, kernel.desk.query)
        document["halted"] = kernel.desk.halted
        document["quotes"] = asdict(kernel.desk.quality.total.view())
        if (recorder := kernel.desk.recorder) is not None:
            recorder.close()
            document["recorded"] = {"folder": str(recorder.root), "rows": recorder.rows, "fault": recorder.fault}
        return document
    finally:
        engine.close()


@contextlib.contextmanager
def _interrupts_end(inbox: Inbox) -> Iterator[None]:
    """Let an interrupt (Ctrl-C) end the kernel's loop between two steps; a second one breaks in at once.

    Python's own way raises wherever the program happens to be: in the middle of a step, or in a callback of a library,
    which may print it, forget it, and run on. Raises KeyboardInterrupt at the end when there was one.
    """
    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield
        return
    interrupted = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        inbox.put(Shutdown())

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted:
        raise KeyboardInterrupt


def status_document(places: Places) -> Document:
    """What the ledger says at its last entry, read without writing; marks are the journaled ones."""
    snapshot, trades = last_snapshot(places)
    document = as_document(snapshot, trades)
    query = LedgerQuery(places.ledger)
    try:
        document["explained_pnl"] = _explained_pnl([module.spec for module in snapshot.modules], query)
    finally:
        query.close()
    document["stop_latched"] = StopLatch(places.latch).is_set
    return document


def last_snapshot(places: Places) -> tuple[MindfolioSnapshot, dict[str, list[TradeRow]]]:
    """The figures at the ledger's last entry and its closed trades by module, read without writing.

    Raises MindfolioError when there is nothing in it or it cannot be read.
    """
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        ledger = Ledger(store)
        book, trades = ledger.book, _trades(ledger)
    finally:
        store.close()
    if book.last_at is None:
        raise MindfolioError(f"the ledger {places.ledger} is empty")
    running = session_at(book.last_at)
    market = MarketView(book.last_at, running.day if running else None, running is not None, None, 0.0)
    background = Background(sectors=sectors_of(places.home))
    return aggregate(book, {}, market, RISK_FREE_RATE, background), trades


def rearm(places: Places, why: str, progress: Progress) -> tuple[DenialCode, ...]:
    """Lift an emergency stop while nothing else runs this ledger; the reasons when it is refused, none when it is done.

    Raises MindfolioError when the ledger is in use.
    """
    publisher = ProgressPublisher(progress)
    engine = OpenEngine(places, Running(), publisher)
    try:
        desk = engine.kernel.desk
        engine.kernel.obey_latch()
        settle_in(desk)
        handle(desk, RearmMindfolio("user", why))
        desk.commit()
    finally:
        engine.close()
    return tuple(denial.code for notice in publisher.denied for denial in notice.denials)


def _explained_pnl(modules: Iterable[ModuleSpec], query: Query | None) -> list[Document]:
    """What the P&L of the newest sessions came from: by session, the newest first, and module; parts in dollars."""
    names = {module.module_id: module.name for module in modules} | {"": "account"}
    return [
        {
            "session": day.session.isoformat(),
            "module": names.get(row.module_id, row.module_id),
            "pnl": amount(row.parts.total),
            "parts": {name: amount(part) for name, part in zip(PART_NAMES, row.parts.values, strict=True)},
        }
        for day in (query.explained(limit=EXPLAINED_SESSIONS) if query is not None else ())
        for row in day.modules
    ]


def _skipped_trades(desk: Desk) -> list[Document]:
    """What became of skips: by module, month and reason, in dollars."""
    if desk.query is None:
        return []
    return [
        {
            "module": module.spec.name,
            "month": f"{row.month:%Y-%m}",
            "reason": row.reason,
            "ended": row.ended,
            "result": amount(row.result),
            "still_open": row.still_open,
            "open_result": amount(row.open_result),
        }
        for module_id, module in desk.book.modules.items()
        for row in by_reason(desk.query.skipped_trades(module_id))
    ]


def _trades(ledger: Ledger) -> dict[str, list[TradeRow]]:
    """Every closed position by module, in the order in which they ended."""
    trades: dict[str, list[TradeRow]] = defaultdict(list)
    for position in ledger.closed():
        trades[position.module_id].append(TradeRow(position, position.net_pnl))
    return trades
