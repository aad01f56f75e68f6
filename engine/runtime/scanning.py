"""Scans: handed out as frozen contexts, applied in the order (due time, module, sequence)."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.core.calendar import market_day, session_at
from engine.core.errors import DenialCode, Fact
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.candidate import Approval, ApprovalStatus, Candidate, Finding, ScanAction, ScanRow
from engine.domain.denial import Denial
from engine.domain.exposure import Exposure
from engine.domain.mindfolio import ModuleKind, ModuleSpec, ModuleStatus
from engine.domain.order import OrderPurpose
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.ledger.codec import is_exact
from engine.market.happenings import outlook
from engine.portfolio.exposure import exposure_of
from engine.runtime.closings import close_suggested
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.inbox import ScanFinished
from engine.runtime.openings import gate, is_tradable, ticket_of, try_open
from engine.runtime.pausing import set_module_status
from engine.runtime.proving import PacedBacktests, scan_with_evidence, tell_trouble
from engine.runtime.workers import Workers

SCAN_INTERVAL = dt.timedelta(minutes=15)
"""Of market time, on the quarter hours; a slot that was missed is made up for once."""


_VERBS = {OrderPurpose.OPEN: "", OrderPurpose.ROLL: "a roll, ", OrderPurpose.CLOSE: "closing "}


@dataclass(frozen=True, slots=True)
class ScanTicket:
    """A scan that was handed out: who asked for which market, in which order it is to be applied."""

    number: int
    module_id: str
    generation: int
    spec: ModuleSpec
    """The settings that it was handed out with."""


class Scans:
    """Scans under way. The market's clock stands still until all of them are back."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._made = 0
        self._waiting: dict[int, ScanTicket] = {}
        self._finished: dict[int, ScanFinished] = {}
        self._paced: dict[str, PacedBacktests] = {}

    @property
    def are_under_way(self) -> bool:
        """Whether some scan has not come back."""
        return len(self._finished) < len(self._waiting)

    def start(self, desk: Desk, module_ids: tuple[str, ...]) -> None:
        """Hand out one scan for each module, in the order given."""
        tell_trouble(desk)
        for module_id in module_ids:
            self._made += 1
            context = context_for(desk, desk.book.modules[module_id].spec)
            self._waiting[self._made] = ScanTicket(self._made, module_id, context.generation, context.module)
            is_users = context.module.kind is ModuleKind.USER
            backtester = desk.backtester
            if is_users:
                backtester = self._paced.setdefault(module_id, PacedBacktests(backtester))
            job = partial(scan_with_evidence, desk.strategy_of(context.module), backtester, context)
            submit = self._workers.submit_apart if is_users else self._workers.submit
            submit(self._made, job)

    def take(self, message: ScanFinished) -> None:
        """Keep a worker's answer until all of its round are back; one that nobody waits for any more is dropped."""
        if message.ticket in self._waiting:
            self._finished[message.ticket] = message

    def abandon(self) -> None:
        """Wait for none of them any more: after a stop nothing that they could find would be traded."""
        self._workers.give_up()
        self._waiting.clear()
        self._finished.clear()

    def give_up_hung(self, waited_s: float) -> None:
        """Answer for the scans that run and do not come back; those that have not begun go to fresh threads."""
        for ticket in self._workers.give_up() & self._waiting.keys() - self._finished.keys():
            self._finished[ticket] = ScanFinished(ticket, (), f"its scan did not come back within {waited_s:g} s")

    def apply(self, desk: Desk) -> None:
        """Apply all answers in the order in which the scans were due, whatever the order in which they came."""
        for number in sorted(self._waiting):
            _apply(desk, self._waiting[number], self._finished[number])
        self._waiting.clear()
        self._finished.clear()


def context_for(desk: Desk, module: ModuleSpec) -> ScanContext:
    """What a module may see: the market as it is now, its own means, nothing of the others."""
    book = desk.book
    busy = [order.structure.symbol for order in book.orders_of(module.module_id)]
    busy += [
        approval.candidate.structure.symbol
        for approval in book.approvals.values()
        if approval.candidate.module_id == module.module_id
    ]
    today = market_day(desk.now)
    events = desk.events_on(today)
    return ScanContext(
        now=desk.now,
        generation=desk.market.generation,
        module=module,
        chains=desk.market.chains(),
        iv_ranks=desk.iv_ranks.at(module.universe, desk.market.chains(), desk.now),
        available=desk.means_of(module.module_id),
        open_positions=book.positions_of(module.module_id),
        busy_symbols=frozenset(busy),
        costs=book.costs,
        waivers=book.waivers,
        rate=RISK_FREE_RATE,
        outlooks={symbol: outlook(events, symbol, today) for symbol in module.universe},
        pasts=desk.pasts_on(today),
        scores=desk.scores_on(today),
        refused=_refused_today(desk, module.module_id) | _refused_by_a_person(desk, module),
        rested={
            symbol: book.rested[key]
            for symbol in module.universe
            if (key := f"{module.module_id} {symbol}") in book.rested
        },
        turned_down=desk.turned_down.get(module.module_id, frozenset()),
        most_in_symbol=_most_in_symbol(desk, module),
        exposure=_exposure(desk, module),
    )


def _most_in_symbol(desk: Desk, module: ModuleSpec) -> Money | None:
    """What the gate lets a module put into one underlying: a trade beyond it would be refused at every scan."""
    share = desk.book.limits.max_symbol_share_pct
    return None if share is None else desk.book.modules[module.module_id].budget * share // 100


def _exposure(desk: Desk, module: ModuleSpec) -> Exposure | None:
    """The whole mindfolio for the kind of module that watches over it, None for all others."""
    if module.kind is not ModuleKind.SMART_REBALANCER or module.program:
        return None
    return exposure_of(desk.book, desk.market.chains(), desk.now, RISK_FREE_RATE, desk.sectors, module.module_id)


def _refused_today(desk: Desk, module_id: str) -> dict[tuple[str, StructureKind], str]:
    """What the backtest has refused a module today; another day is another backtest."""
    today = market_day(desk.now)
    if desk.refused_on != today:
        desk.refused_on, desk.refused = today, {}
    return desk.refused.setdefault(module_id, {})


def _refused_by_a_person(desk: Desk, module: ModuleSpec) -> dict[tuple[str, StructureKind], str]:
    """New trades of a module that a person refused today: who has said no is not asked again every quarter hour."""
    today = market_day(desk.now)
    symbols = [
        answer.symbol
        for answer in desk.book.answers.values()
        if (answer.module_id, answer.purpose, answer.position_id) == (module.module_id, OrderPurpose.OPEN, "")
        and answer.status is ApprovalStatus.REFUSED
        and market_day(answer.at) == today
    ]
    return {(symbol, kind): "a person refused a trade in it today" for symbol in symbols for kind in module.structures}


def next_slot(now: dt.datetime) -> dt.datetime:
    """The next quarter hour after `now` (sessions open and close on quarter hours of UTC)."""
    past = dt.timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
    return now - past + SCAN_INTERVAL


def scan_denial(desk: Desk, module_id: str) -> Denial | None:
    """Why a module cannot scan now, None when it can."""
    facts: dict[str, Fact] = {"module": module_id}
    if module_id not in desk.book.modules:
        return Denial(DenialCode.UNKNOWN_MODULE, module_id, facts=facts)
    if not desk.may_open:
        return Denial(DenialCode.STOPPED, desk.book.status.value, facts=facts)
    if not desk.is_active(module_id):
        return Denial(DenialCode.MODULE_STATUS, desk.book.modules[module_id].status.value, facts=facts)
    return Denial(DenialCode.MARKET_CLOSED, facts=facts) if session_at(desk.now) is None else None


def _apply(desk: Desk, ticket: ScanTicket, answer: ScanFinished) -> None:
    if ticket.module_id not in desk.book.modules:
        return  # removed while its scan was under way: there is nobody left to trade, or to pause
    if replace(desk.book.modules[ticket.module_id].spec, name="") != replace(ticket.spec, name=""):
        words = "its settings were changed while it scanned: what it found is dropped, its next scan looks with the new"
        desk.alert(ticket.module_id, words)
        return
    error = answer.error or _garbage_in(answer.findings)
    if error:
        set_module_status(desk, ticket.module_id, ModuleStatus.PAUSED, "engine", error, code="MODULE_FAULT")
        return
    rows = tuple(_decide(desk, ticket.module_id, finding) for finding in answer.findings)
    made = [(finding.candidate, row) for finding, row in zip(answer.findings, rows, strict=True)]
    desk.turned_down[ticket.module_id] = frozenset(
        (candidate.structure.symbol, candidate.structure.kind)
        for candidate, row in made
        if candidate is not None and row.action is ScanAction.SKIPPED
    )
    counts = {action: sum(1 for row in rows if row.action is action) for action in ScanAction}
    desk.record(
        ev.ScanCompleted(
            ticket.module_id,
            ticket.generation,
            len(rows),
            counts[ScanAction.EXECUTED],
            counts[ScanAction.PENDING],
            counts[ScanAction.SKIPPED],
            desk.ledger.keep_evidence(rows),
        )
    )


def _garbage_in(findings: object) -> str:
    """What is wrong with a module's answer, "" when it can be worked on: a fault of one module pauses that one only."""
    if not isinstance(findings, tuple):
        return f"its scan answered with a {type(findings).__name__}"
    for finding in findings:
        if not isinstance(finding, Finding) or not is_exact(finding):
            return "its scan answered with something that is no finding, or with a number that is none"
        if finding.candidate is not None and not is_tradable(finding.candidate.structure, finding.candidate.quantity):
            return "its scan answered with a trade that nobody could send"
    return ""


def _decide(desk: Desk, module_id: str, finding: Finding) -> ScanRow:
    candidate = finding.candidate
    if candidate is None:
        return _row(desk, module_id, finding, ScanAction.SKIPPED, finding.reason)
    if candidate.module_id != module_id:
        reason = f"the candidate is in the name of another module ({candidate.module_id})"
        return _row(desk, module_id, finding, ScanAction.SKIPPED, reason)
    position = desk.book.positions.get(candidate.position_id)
    if candidate.position_id and position is None:
        reason = f"position {candidate.position_id} is not open any more"
        return _row(desk, module_id, finding, ScanAction.SKIPPED, reason)
    if position is not None and position.module_id != module_id and not _may_suggest(desk, module_id, candidate):
        reason = f"position {candidate.position_id} is another module's ({position.module_id})"
        return _row(desk, module_id, finding, ScanAction.SKIPPED, reason)
    if desk.book.modules[module_id].spec.autotrade and not candidate.needs_person:
        denials = carry_out(desk, candidate)
        action = ScanAction.SKIPPED if denials else ScanAction.EXECUTED
    else:
        denials = ask_a_person(desk, candidate)
        action = ScanAction.SKIPPED if denials else ScanAction.PENDING
    for denial in denials:
        if denial.code is DenialCode.EVIDENCE:
            key = candidate.structure.symbol, candidate.structure.kind
            _refused_today(desk, module_id)[key] = _evidence_words(denial)
    reason = ", ".join(denial.code.value for denial in denials) or finding.reason
    return _row(desk, module_id, finding, action, reason, denials)


def _may_suggest(desk: Desk, module_id: str, candidate: Candidate) -> bool:
    """Whether it is the end of another's position, proposed by the kind of module that watches over all of them."""
    spec = desk.book.modules[module_id].spec
    return candidate.purpose is OrderPurpose.CLOSE and spec.kind is ModuleKind.SMART_REBALANCER and not spec.program


def _evidence_words(denial: Denial) -> str:
    """Why the backtest speaks against a trade, as later scans of the day tell it."""
    trades, source = denial.facts.get("trades"), denial.facts.get("source")
    because = f" ({trades} trades, {source})" if trades is not None else ""
    return f"today's backtest refused it: {denial.facts.get('why')} {denial.measured}, limit {denial.limit}{because}"


def carry_out(desk: Desk, candidate: Candidate, **how: Any) -> tuple[Denial, ...]:
    """Trade a candidate: through the gate, or, where it ends a position, as a closing; `how` as in `ticket_of`."""
    if candidate.purpose is OrderPurpose.CLOSE:
        return close_suggested(desk, candidate, how.get("who", ""))
    return try_open(desk, candidate, ticket_of(candidate, **how))


def ask_a_person(desk: Desk, candidate: Candidate, **how: Any) -> tuple[Denial, ...]:
    """Let a candidate wait for a person, if the gate would let it pass now; `how` as in `ticket_of`."""
    waiting = [each for each in desk.book.approvals.values() if each.candidate.position_id == candidate.position_id]
    if candidate.position_id and waiting:
        return (Denial(DenialCode.DUPLICATE, f"approval {waiting[0].approval_id}"),)
    denials: tuple[Denial, ...] = ()
    if candidate.purpose is not OrderPurpose.CLOSE:
        denials = gate(desk, candidate, ticket_of(candidate, for_person=True, **how))
    if not denials:
        _request_approval(desk, candidate)
    return denials


def _request_approval(desk: Desk, candidate: Candidate) -> None:
    approval = Approval(
        approval_id=f"A{desk.book.approvals_made + 1:06d}",
        candidate=candidate,
        requested_at=desk.now,
        expires_at=desk.now + desk.book.limits.approval_lifetime,
    )
    desk.record(ev.ApprovalRequested(approval))
    if desk.approves_all:
        desk.approve_at[approval.approval_id] = desk.now + dt.timedelta(seconds=1)
    trade = f"{candidate.quantity} x {candidate.structure.words}"
    verb = _VERBS[candidate.purpose]
    because = f" ({candidate.needs_person})" if candidate.needs_person else ""
    desk.alert(candidate.module_id, f"{verb}{trade} waits for your decision{because}")


def _row(
    desk: Desk,
    module_id: str,
    finding: Finding,
    action: ScanAction,
    reason: str,
    denials: tuple[Denial, ...] = (),
) -> ScanRow:
    candidate = finding.candidate
    return ScanRow(
        at=desk.now,
        module_id=module_id,
        symbol=finding.symbol,
        structure=finding.structure if candidate is None else _name(candidate),
        action=action,
        reason=reason,
        numbers=finding.numbers,
        denials=denials,
        waived=candidate.waived if candidate is not None else (),
        candidate=candidate,
    )


def _name(candidate: Candidate) -> str:
    structure = candidate.structure
    if not structure.legs:
        return structure.kind.value
    strikes = "/".join(f"{strike / 10_000:g}" for strike in structure.strikes)
    on = structure.expiration
    return structure.kind.value if on is None else f"{structure.kind.value} {on:%d %b} {strikes}"
