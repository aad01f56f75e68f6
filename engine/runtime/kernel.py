"""The kernel: one thread, one inbox, one writer. Virtual time moves only when everything due has been done.

Each step is one transaction: what it decided is durable before anything of it leaves the process. The order of work at
one instant is fixed (session, quotes, broker, exits, prices, approvals, scans, marks), so two runs with one seed write
the same journal whatever the threads do.
"""

import datetime as dt
import logging
import math
import time
from collections.abc import Callable
from dataclasses import replace

from engine.core.calendar import market_day, next_session, session_at, session_on
from engine.core.errors import DenialCode, LedgerFault
from engine.domain import commands as cmd
from engine.domain.broker_reports import BrokerFilled
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleKind
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import DESK_QUESTIONS
from engine.domain.snapshot import MindfolioSnapshot
from engine.ledger.codec import is_exact
from engine.portfolio.aggregate import Aggregator, Background
from engine.runtime import breaking, closings, handlers, managing, orders, pausing, positions, reconciling, reports
from engine.runtime.aftermath import follow
from engine.runtime.answers import answer
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.explaining import explain_session
from engine.runtime.handlers_approvals import expire_approvals
from engine.runtime.inbox import Inbox, Message, ScanFinished, Shutdown
from engine.runtime.pacer import Pacer
from engine.runtime.proving import ask_ahead, backtest_steps
from engine.runtime.scanning import SCAN_INTERVAL, Scans, next_slot, scan_denial
from engine.runtime.workers import Workers

_log = logging.getLogger(__name__)

IDLE_POLL_S = 0.05
"""How often an idle kernel looks at the latch file, which another process may have written."""

PUBLISH_INTERVAL_S = 0.05
"""At most twenty snapshots a second."""

SCAN_PATIENCE_S = 30.0
"""How long the market waits for a scan: then its module is paused, and everything goes on without it."""

RETRY_S = 1.0
"""By the wall's clock: how often cancels are tried again while the market's clock stands, and after a halt."""

HEARTBEAT_S = 1.0
"""At least one a second, so that a window can tell a quiet market from a dead engine."""


class Kernel:
    """Runs one mindfolio. Make and run it on one thread; `inbox` and `latch` may be used from any."""

    def __init__(self, desk: Desk, inbox: Inbox, workers: Workers, pacer: Pacer, *, publishes: bool = True) -> None:
        self.desk = desk
        self.inbox = inbox
        self._workers = workers
        self._pacer = pacer
        self._publishes = publishes
        self._scans = Scans(workers)
        self._aggregator = Aggregator()
        self._closing = False
        self._answering: cmd.Command | None = None
        self._published_at = -math.inf
        self._is_dirty = True
        self._scan_due: dict[str, dt.datetime] = {}
        self._last_marks: dt.datetime | None = None
        self._scans_since: float | None = None
        self._backtest_steps = 0
        self._retried_at = -math.inf
        self._dropped_on: dt.date | None = None
        """The day on which expired contracts were last forgotten: once a day is enough."""
        self._feed_at: dt.datetime | None = desk.feed.first_at

    # --- life --------------------------------------------------------------------------------------------------------
    def recover(self) -> None:
        """Start-up is recovery: restore the market, resolve orders without a final word, keep a stop a stop.

        Raises LedgerFault when that cannot be made durable.
        """
        desk = self.desk
        if desk.book.last_at is not None:
            for update in desk.feed.last_known(desk.now):
                desk.market.apply(update)
            self._feed_at = desk.feed.next_at(desk.now)
        for order in list(desk.book.orders.values()):
            orders.resume(desk, order)
        desk.reconcile_at = desk.now
        orders.work_due(desk)
        reconciling.ask_if_due(desk)
        if desk.book.status is MindfolioStatus.STOPPED:
            if not desk.latch.is_set:
                desk.latch.set("journal", desk.book.stop_why)
            desk.stop_seen = desk.latch.identity()
        self._make_up_for_lost_scans()
        desk.commit()

    def _make_up_for_lost_scans(self) -> None:
        """Make due every module that has not scanned the newest quotes: the last process ended before it could."""
        desk = self.desk
        newest = max((chain.at for chain in desk.market.chains().values()), default=None)
        if newest is not None and session_at(desk.now) is not None:
            for module_id, module in desk.book.modules.items():
                if module.scanned_at is None or module.scanned_at < newest:
                    self._scan_due[module_id] = desk.now

    def run(self, until: dt.datetime | None = None) -> None:
        """Work until the market ends, `until` is reached (market time), or a Shutdown arrives.

        A kernel with a window and without `until` keeps serving commands after the market's end. A fault of the ledger
        or of the program halts trading: the latch is set, and only commands that change nothing are answered from then
        on.
        """
        while not self._closing:
            try:
                if not self._turn(until) and (until is not None or not self._publishes):
                    break
            except LedgerFault as fault:
                self._halt(str(fault))
            except Exception as error:  # noqa: BLE001 - a broken assertion stops trading, not the process
                _log.critical("the kernel failed", exc_info=True)
                self._halt(f"internal fault: {type(error).__name__}: {error}")
        self._workers.close()

    def _turn(self, until: dt.datetime | None) -> bool:
        """One turn of the loop; False when nothing more can become due."""
        self.obey_latch()
        message = self.inbox.get(0.0)
        if message is not None:
            self._take(message)
            return True
        if self._scans.are_under_way:
            self._wait_for_scans()
            return True
        self._scans_since = None
        if self.desk.halted or self._pacer.speed <= 0:
            self._retry_cancels()
        due = None if self.desk.halted else self._next_due()
        if due is None or (until is not None and due > until):
            self._publish()
            self._take_if_any(self.inbox.get(IDLE_POLL_S) if self._publishes else None)
            return False
        wait_s = self._pacer.wait_s(self.desk.now, due, time.monotonic())
        if wait_s > 0:
            self._publish()
            self._take_if_any(self.inbox.get(min(wait_s, IDLE_POLL_S)))
            return True
        self._pacer.moved()
        self.desk.clock.advance_to(max(due, self.desk.now))
        self._step(self._work)
        return True

    def _wait_for_scans(self) -> None:
        """Wait a moment for scans; not at all after a stop, and only so long without a sign of life."""
        wall, steps = time.monotonic(), backtest_steps(self.desk.backtester)
        if self._scans_since is None or steps != self._backtest_steps:
            self._scans_since, self._backtest_steps = wall, steps
        if self.desk.halted or self.desk.book.status is MindfolioStatus.STOPPED:
            self._scans.abandon()
        elif wall - self._scans_since >= SCAN_PATIENCE_S:
            self._scans_since = None
            self._scans.give_up_hung(SCAN_PATIENCE_S)
            self._apply_scans()
        else:
            self._retry_cancels()
            self._publish()
            self._take_if_any(self.inbox.get(IDLE_POLL_S))

    def _apply_scans(self) -> None:
        if not self._scans.are_under_way:
            self._step(self._obey_scans)

    def _obey_scans(self) -> None:
        """What was found, and what users' modules said of their positions: they say it with their scans only."""
        self._scans.apply(self.desk)
        managing.manage_positions(self.desk, ModuleKind.USER)

    def _retry_cancels(self) -> None:
        wall = time.monotonic()
        if self.desk.cancel_at and wall - self._retried_at >= RETRY_S:
            self._retried_at = wall
            orders.send_waiting_cancels(self.desk)

    # --- messages ----------------------------------------------------------------------------------------------------
    def _take_if_any(self, message: Message | None) -> None:
        if message is not None:
            self._take(message)

    def _take(self, message: Message) -> None:
        match message:
            case Shutdown():
                self._closing = True
            case question if isinstance(question, DESK_QUESTIONS):
                self.desk.tell(answer(self.desk, question))
            case ScanFinished() if self.desk.halted:
                pass
            case ScanFinished():
                self._scans.take(message)
                self._apply_scans()
            case cmd.EmergencyStop() if self.desk.halted:
                self.desk.tell(CommandAccepted(message))  # the halt has latched already
            case _ if self.desk.halted:
                denial = Denial(DenialCode.STORAGE, facts={"why": self.desk.halted})
                self.desk.tell(CommandDenied(message, (denial,)))
            case cmd.SetSpeed(speed) if not (type(speed) in (float, int) and speed >= 0):
                self.desk.tell(
                    CommandDenied(message, (Denial(DenialCode.NEGATIVE_AMOUNT, facts={"speed": str(speed)}),))
                )
            case cmd.SetSpeed(speed):
                self._pacer.speed = speed
                self._pacer.moved()
                self.desk.notify(CommandAccepted(message))
                self._step(lambda: None)
            case cmd.ScanNow(module_id) if is_exact(message):
                self._step(lambda: self._scan_now(message, module_id))
            case _:
                self._answering = message
                self._step(lambda: handlers.handle(self.desk, message))
                self._answering = None

    def _scan_now(self, command: cmd.ScanNow, module_id: str) -> None:
        denial = scan_denial(self.desk, module_id)
        if denial is None:
            self._scan_due[module_id] = self.desk.now
            self.desk.notify(CommandAccepted(command))
            self._start_scans()
        else:
            self.desk.notify(CommandDenied(command, (denial,)))

    def obey_latch(self) -> None:
        """Carry out a stop that was latched elsewhere: by the window's thread, or by a file from another process."""
        desk = self.desk
        if desk.latch.is_set and desk.book.status is not MindfolioStatus.STOPPED and not desk.halted:
            source, why = desk.latch.who()
            self._step(lambda: pausing.latch_stop(desk, source or "outside", why or "the stop file is there"))

    # --- market time -----------------------------------------------------------------------------------------------
    def _next_due(self) -> dt.datetime | None:
        """When something is next due by the market's clock, None when the market has ended."""
        if self._feed_at is None and not self._has_open_ends():
            return None
        desk = self.desk
        times = [self._feed_at, desk.broker.next_at(), orders.next_due(desk), self._next_bell()]
        times += [positions.next_expiry(desk), desk.reconcile_at, breaking.next_look(desk)]
        times += [approval.expires_at for approval in self.desk.book.approvals.values()]
        times += self.desk.approve_at.values()
        times += [due for module_id, due in self._scan_due.items() if self.desk.is_asked(module_id)]
        return min(time_ for time_ in times if time_ is not None)

    def _has_open_ends(self) -> bool:
        """Whether the last day still has to end although no quotes will come: its session, orders, expiries."""
        book = self.desk.book
        return bool(book.session or book.orders or book.approvals or positions.is_word_expected(self.desk))

    def _next_bell(self) -> dt.datetime:
        book = self.desk.book
        if book.session is not None:
            session = session_on(book.session)
            if session is not None:
                return session.closes
        return (session_at(self.desk.now) or next_session(self.desk.now)).opens

    def _work(self) -> None:
        """Everything that is due now, in the fixed order."""
        desk = self.desk
        positions.await_assignment(desk)
        self._ring_bells()
        has_quotes = self._feed_at is not None and self._feed_at <= desk.now
        if has_quotes:
            self._read_feed()
        for report in desk.broker.poll(desk.now, desk.market):
            reports.on_report(desk, report)
            desk.commit()  # each by itself: what the broker did is kept even when its next report makes no sense
            if isinstance(report, BrokerFilled) and not has_quotes:
                positions.record_marks(desk)  # at mid from the first moment, so that the price of entering shows
        if has_quotes:
            self._mark()
            positions.enforce_daily_loss(desk)
        breaking.watch(desk, has_quotes=has_quotes)
        if has_quotes:
            managing.manage_positions(desk)
        orders.work_due(desk)
        closings.continue_unwinding(desk)
        reconciling.ask_if_due(desk)
        for approval_id in [key for key, due in desk.approve_at.items() if due <= desk.now]:
            del desk.approve_at[approval_id]
            handlers.handle(desk, cmd.ApproveTrade(approval_id, "--approve all"))
        expire_approvals(desk)
        self._start_scans()

    def _ring_bells(self) -> None:
        book, running = self.desk.book, session_at(self.desk.now)
        if book.session is not None and (running is None or running.day != book.session):
            positions.record_marks(self.desk)
            explain_session(self.desk, book.session)
            follow(self.desk, book.session)
            positions.close_session(self.desk, book.session)
            ask_ahead(self.desk)
            orders.ask_at_a_bell(self.desk)
        if running is not None and book.session is None:
            orders.ask_at_a_bell(self.desk)
            positions.open_session(self.desk, running.day)
            positions.record_marks(self.desk)

    def _read_feed(self) -> None:
        desk = self.desk
        if self._feed_at is None:
            return
        for update in desk.feed.read(self._feed_at):
            desk.show(update)
        if (day := market_day(desk.now)) != self._dropped_on:
            desk.market.drop_expired(desk.now - dt.timedelta(days=7))
            self._dropped_on = day
        self._feed_at = desk.feed.next_at(self._feed_at)
        if session_at(desk.now) is not None:
            for module_id in desk.book.modules:
                self._scan_due.setdefault(module_id, desk.now)
        if self._feed_at is None:
            # These quotes are the last ones: there is nothing to scan after them.
            self._scan_due = {module_id: due for module_id, due in self._scan_due.items() if due <= desk.now}

    def _start_scans(self) -> None:
        """Hand out the scans that are due, of the modules that may trade; the next is due on a quarter hour."""
        desk, is_open = self.desk, session_at(self.desk.now) is not None
        due = [module_id for module_id, at in self._scan_due.items() if at <= desk.now]
        for module_id in due:
            del self._scan_due[module_id]
            if is_open and self._feed_continues():
                self._scan_due[module_id] = next_slot(desk.now)
        if is_open:
            self._scans.start(
                desk,
                tuple(module_id for module_id in desk.book.modules if module_id in due and desk.is_asked(module_id)),
            )

    def _feed_continues(self) -> bool:
        """Whether quotes keep coming within the scan interval; a recording with one snapshot a day scans on arrival."""
        return self._feed_at is not None and self._feed_at - self.desk.now < SCAN_INTERVAL

    def _mark(self) -> None:
        desk = self.desk
        if desk.book.positions and (self._last_marks is None or desk.now - self._last_marks >= positions.MARK_INTERVAL):
            positions.record_marks(desk)
            self._last_marks = desk.now

    # --- durability and view ---------------------------------------------------------------------------------------
    def _step(self, work: Callable[[], None]) -> None:
        work()
        self.desk.commit()
        self._is_dirty = True
        self._publish()

    def _halt(self, why: str) -> None:
        if self.desk.halted:
            # Once is enough: what fails now is the view itself, and trying it for ever would fill the log.
            self._published_at = math.inf
            return
        _log.error("trading halted: %s", why)
        refused = self.desk.halt(why)
        if isinstance(self._answering, cmd.EmergencyStop):
            self.desk.tell(CommandAccepted(self._answering))  # the halt has latched, in memory and in the file
        elif self._answering is not None and self._answering not in refused:
            denial = Denial(DenialCode.STORAGE, facts={"why": why})
            self.desk.tell(CommandDenied(self._answering, (denial,)))
        self._answering = None
        try:
            self.desk.ledger.forget_unsaved()
        except LedgerFault:
            _log.exception("the ledger cannot be read back; figures may include what was not saved")
        orders.cancel_after_halt(self.desk)
        self._is_dirty = True
        if not self._publishes:
            self._closing = True

    def _publish(self) -> None:
        wall = time.monotonic()
        since = wall - self._published_at
        if self._publishes and (since >= HEARTBEAT_S or (self._is_dirty and since >= PUBLISH_INTERVAL_S)):
            # Before anything can fail: a view that cannot be made is not tried again until something has changed.
            self._published_at, self._is_dirty = wall, False
            snapshot = self.snapshot()
            try:
                self.desk.publisher.publish(snapshot)
            except Exception:  # noqa: BLE001 - a window that fails must not stop the engine
                _log.exception("a snapshot could not be delivered")

    def snapshot(self) -> MindfolioSnapshot:
        """The aggregated view as of now."""
        desk = self.desk
        market = desk.market_view(self._pacer.speed, is_finished=self._feed_at is None)
        background = Background(desk.pasts_on(market_day(desk.now)) if desk.book.positions else {}, desk.sectors)
        view = self._aggregator.snapshot(desk.book, desk.market.chains(), market, RISK_FREE_RATE, background)
        return replace(view, halted=desk.halted, is_compared=desk.is_reconciled)
