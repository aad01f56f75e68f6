"""A broker behind a bad line: what is sent may be lost, what is answered may be late, twice, out of order or never.

Every fault is a draw: a hash of the seed, the fault and the number of the call or report that it strikes, so that a run
can be repeated. It lies between the engine and any broker, and invents nothing: each report it tells was the broker's,
but for a fill told a second time under its old cumulative quantity and an account with parts left out.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.core.clock import EPOCH, as_utc
from engine.core.errors import NotSent
from engine.core.money import Money
from engine.domain.account import BrokerAccount, BrokerActivity
from engine.domain.broker_reports import BrokerFilled, BrokerKnows, BrokerReport
from engine.domain.order import Order
from engine.domain.ports import Broker, QuoteSource
from engine.domain.structure import Structure
from engine.execution.paper_fills import draw, happens


@dataclass(frozen=True, slots=True)
class FaultKnobs:
    """Chances in percent, times in seconds, all 0 on a good line.

    Calls: `not_sent` raises NotSent; `lost` raises TimeoutError and nothing arrives; `unheard` raises it although all
    arrived. Reports: `dropped` never come (a line of the statement comes with the next account that does), `delayed`
    up to `delay_s`, `duplicated` once more within `delay_s` and a second, shuffled within a `reorder` window of so many
    reports of one poll, `stale` fills told again after a newer one. `silent` is the chance that nothing at all is told
    for a period of `silent_s`. Answers to `ask`: `ask_never`, or `ask_late` by `ask_late_s`. Accounts: `incomplete`
    lack half their positions, `empty` all of them; both say so.
    """

    not_sent: int = 0
    lost: int = 0
    unheard: int = 0
    dropped: int = 0
    delayed: int = 0
    delay_s: int = 0
    duplicated: int = 0
    reorder: int = 0
    stale: int = 0
    silent: int = 0
    silent_s: int = 0
    ask_never: int = 0
    ask_late: int = 0
    ask_late_s: int = 0
    incomplete: int = 0
    empty: int = 0

    def __post_init__(self) -> None:
        if self.silent >= 100:
            raise ValueError("a line that is always silent tells nothing")


class FaultyBroker:
    """A Broker that passes everything on to another one, with faults. `fired` counts how often each struck."""

    def __init__(self, inner: Broker, seed: int, knobs: FaultKnobs) -> None:
        self.inner, self.fired = inner, Counter[str]()
        self._seed, self._knobs = seed, knobs
        self._calls = self._heard = 0
        self._on_the_way: list[tuple[dt.datetime, int, BrokerReport]] = []
        self._filled: dict[str, BrokerFilled] = {}
        self._lines: list[BrokerActivity] = []

    def submit(self, order: Order, now: dt.datetime) -> None:
        """As the port says; may raise NotSent or TimeoutError."""
        self._call(lambda: self.inner.submit(order, now))

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """As the port says; may raise NotSent or TimeoutError."""
        self._call(lambda: self.inner.replace(order_id, limit, now))

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """As the port says; may raise NotSent or TimeoutError."""
        self._call(lambda: self.inner.cancel(order_id, now))

    def ask(self, order_id: str, now: dt.datetime) -> None:
        """As the port says; may raise NotSent or TimeoutError."""
        self._call(lambda: self.inner.ask(order_id, now))

    def ask_account(self, now: dt.datetime) -> None:
        """As the port says; may raise NotSent or TimeoutError."""
        self._call(lambda: self.inner.ask_account(now))

    def fund(self, reference: str, amount: Money, now: dt.datetime) -> None:
        """Pass it on: a person moves cash, no line does."""
        self.inner.fund(reference, amount, now)

    def preview(self, structure: Structure, net_price: Money, quantity: int, shares: int = 0) -> Money | None:
        """The broker's own figure."""
        return self.inner.preview(structure, net_price, quantity, shares)

    def available(self, own: Money) -> Money | None:
        """The broker's own figure."""
        return self.inner.available(own)

    def next_at(self) -> dt.datetime | None:
        """When the broker has something to say, or something on the way arrives."""
        due = [at for at, _, _ in self._on_the_way]
        inner = self.inner.next_at()
        return min(due if inner is None else [*due, inner], default=None)

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """What arrives by `now` of all that the broker said."""
        now = as_utc(now)
        for report in self.inner.poll(now, quotes):
            self._send(report, now)
        arrived = [entry for entry in self._on_the_way if entry[0] <= now]
        self._on_the_way = [entry for entry in self._on_the_way if entry[0] > now]
        told: list[BrokerReport] = []
        for _, _, report in self._shuffled(arrived):
            if isinstance(report, BrokerAccount):
                told += self._lines
                self._lines.clear()
            told.append(report)
        return tuple(told)

    def close(self) -> None:
        """Let go of the broker."""
        self.inner.close()

    def _call(self, call: Callable[[], None]) -> None:
        self._calls += 1
        if self._strikes("not_sent", self._calls):
            raise NotSent("the broker cannot be reached")
        if self._strikes("lost", self._calls):
            raise TimeoutError("no answer")
        call()
        if self._strikes("unheard", self._calls):
            raise TimeoutError("no answer")

    def _send(self, report: BrokerReport, now: dt.datetime) -> None:
        """Put a report on its way, or lose it."""
        knobs = self._knobs
        self._heard += 1
        number = self._heard
        is_answer = isinstance(report, BrokerKnows)
        if self._strikes("dropped", number) or (is_answer and self._strikes("ask_never", number)):
            if isinstance(report, BrokerActivity):
                self._lines.append(report)
            return
        if isinstance(report, BrokerAccount):
            report = self._with_gaps(report, number)
        at = now
        if self._strikes("delayed", number):
            at += self._some(knobs.delay_s, "delay", number)
        if is_answer and self._strikes("ask_late", number):
            at += dt.timedelta(seconds=knobs.ask_late_s)
        self._queue(at, number, report)
        if self._strikes("duplicated", number):
            self._queue(at + self._some(knobs.delay_s + 1, "again", number), number, report)
        if isinstance(report, BrokerFilled):
            older = self._filled.get(report.order_id)
            if older is not None and self._strikes("stale", number):
                self._queue(at, number, older)
            self._filled[report.order_id] = report

    def _queue(self, at: dt.datetime, number: int, report: BrokerReport) -> None:
        """Arrive at `at`, or when the silence of that time is over."""
        length = self._knobs.silent_s
        if length and self._knobs.silent:
            period = int((at - EPOCH).total_seconds()) // length
            silence = period
            while happens(self._knobs.silent, self._seed, "silent", silence):
                silence += 1
            if silence > period:
                self.fired["silent"] += 1
                at = EPOCH + dt.timedelta(seconds=silence * length)
        self._on_the_way.append((at, number, report))

    def _shuffled(
        self, arrived: list[tuple[dt.datetime, int, BrokerReport]]
    ) -> list[tuple[dt.datetime, int, BrokerReport]]:
        """By time and number, each up to a window further back."""
        arrived.sort(key=lambda entry: entry[:2])
        window = self._knobs.reorder
        if not window or len(arrived) == 1:
            return arrived
        places = [
            place + draw(self._seed, "place", number) % (window + 1) for place, (_, number, _) in enumerate(arrived)
        ]
        order = sorted(range(len(arrived)), key=lambda place: (places[place], place))
        self.fired["reorder"] += order != list(range(len(arrived)))
        return [arrived[place] for place in order]

    def _with_gaps(self, account: BrokerAccount, number: int) -> BrokerAccount:
        if self._strikes("empty", number):
            return replace(account, positions={}, is_complete=False)
        if self._strikes("incomplete", number):
            held = {n: c for n, c in account.positions.items() if happens(50, self._seed, "gap", number, n)}
            return replace(account, positions=held, is_complete=False)
        return account

    def _some(self, most_s: int, fault: str, number: int) -> dt.timedelta:
        """More than nothing and up to so many seconds, in milliseconds."""
        return dt.timedelta(milliseconds=1 + draw(self._seed, fault, number) % max(1, most_s * 1000))

    def _strikes(self, fault: str, number: int) -> bool:
        strikes = happens(getattr(self._knobs, fault), self._seed, fault, number)
        self.fired[fault] += strikes
        return strikes
