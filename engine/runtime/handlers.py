"""Commands: each is checked against the state as it is now, then recorded, or refused with every reason."""

from collections.abc import Callable
from typing import Any

from engine.core.errors import DenialCode
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Approval, ApprovalStatus
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.order import OrderPurpose
from engine.domain.package import package_quote
from engine.runtime.desk import Desk
from engine.runtime.trading import repriced, request_cancel, try_open

Denials = tuple[Denial, ...]


def handle(desk: Desk, command: cmd.Command) -> None:
    """Carry a command out, or refuse it; either way the sender is told once the outcome is durable."""
    denials = _HANDLERS[type(command)](desk, command)
    desk.notify(CommandDenied(command, denials) if denials else CommandAccepted(command))


def latch_stop(desk: Desk, source: str, why: str) -> None:
    """What follows the latch: journal it, cancel openings, void approvals, pause every module."""
    if desk.book.status is MindfolioStatus.STOPPED:
        return
    desk.record(ev.EmergencyStopLatched(source, why))
    desk.stop_seen = desk.latch.identity()
    for module_id, module in desk.book.modules.items():
        if module.status is ModuleStatus.ACTIVE:
            set_module_status(desk, module_id, ModuleStatus.PAUSED, source, "emergency stop", code="STOPPED")
        else:
            _withdraw(desk, module_id, "emergency stop")
    desk.alert("", f"Emergency stop: {why}", is_urgent=True)


def set_module_status(desk: Desk, module_id: str, status: ModuleStatus, who: str, why: str, code: str = "") -> None:
    """Pause or resume. A pause cancels working openings and voids approvals; exits go on."""
    desk.record(ev.ModuleStatusChanged(module_id, status, who, why, code))
    if status is ModuleStatus.PAUSED:
        _withdraw(desk, module_id, why)
        desk.alert(module_id, f"paused: {why}", is_urgent=bool(code))


def expire_approvals(desk: Desk) -> None:
    """End every approval whose time is over."""
    for approval in list(desk.book.approvals.values()):
        if desk.now >= approval.expires_at:
            desk.record(ev.ApprovalDecided(approval.approval_id, ApprovalStatus.EXPIRED, "engine", "nobody decided"))
            desk.approve_at.pop(approval.approval_id, None)


def _reallocate(desk: Desk, command: cmd.ReallocateBudget) -> Denials:
    book = desk.book
    denials: list[Denial] = []
    if desk.latch.is_set or book.status is MindfolioStatus.STOPPED:
        denials.append(Denial(DenialCode.STOPPED, facts={"why": book.stop_why}))
    if command.based_on_version != book.version:
        denials.append(Denial(DenialCode.STALE_VERSION, command.based_on_version, book.version))
    denials += command.plan.check(book.capital, frozenset(book.modules))
    if not denials:
        plan = command.plan
        desk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, book.version + 1, command.who, command.why))
    return tuple(denials)


def _pause(desk: Desk, command: cmd.PauseModule) -> Denials:
    denials = _unknown(desk, command.module_id)
    if not denials and desk.book.modules[command.module_id].status is ModuleStatus.ACTIVE:
        set_module_status(desk, command.module_id, ModuleStatus.PAUSED, command.who, command.why)
    return denials


def _resume(desk: Desk, command: cmd.ResumeModule) -> Denials:
    denials = _unknown(desk, command.module_id)
    if desk.latch.is_set or desk.book.status is MindfolioStatus.STOPPED:
        denials = (*denials, Denial(DenialCode.STOPPED, facts={"why": desk.book.stop_why}))
    if not denials and desk.book.modules[command.module_id].status is ModuleStatus.PAUSED:
        set_module_status(desk, command.module_id, ModuleStatus.ACTIVE, command.who, command.why)
    return denials


def _approve(desk: Desk, command: cmd.ApproveTrade) -> Denials:
    approval = desk.book.approvals.get(command.approval_id)
    if approval is None:
        return (Denial(DenialCode.UNKNOWN_APPROVAL, facts={"approval": command.approval_id}),)
    if desk.now >= approval.expires_at:
        return (Denial(DenialCode.APPROVAL_EXPIRED, facts={"approval": command.approval_id}),)
    candidate = approval.candidate
    quote = package_quote(candidate.structure.legs, desk.quotes_of(candidate.structure.legs), OrderPurpose.OPEN)
    if quote is not None:
        candidate = repriced(candidate, quote)
        if candidate.net_price > candidate.worst_price:
            return (_moved_away(approval, candidate.net_price),)
    denials = try_open(desk, candidate, approval_id=approval.approval_id)
    if not denials:
        desk.record(ev.ApprovalDecided(approval.approval_id, ApprovalStatus.APPROVED, command.who, ""))
        desk.approve_at.pop(approval.approval_id, None)
    return denials


def _moved_away(approval: Approval, price: int) -> Denial:
    return Denial(
        DenialCode.APPROVAL_EXPIRED,
        price,
        approval.candidate.worst_price,
        "usd",
        {"approval": approval.approval_id, "why": "the price moved beyond what was approved"},
    )


def _refuse(desk: Desk, command: cmd.RefuseTrade) -> Denials:
    if command.approval_id not in desk.book.approvals:
        return (Denial(DenialCode.UNKNOWN_APPROVAL, facts={"approval": command.approval_id}),)
    desk.record(ev.ApprovalDecided(command.approval_id, ApprovalStatus.REFUSED, command.who, command.why))
    desk.approve_at.pop(command.approval_id, None)
    return ()


def _stop(desk: Desk, command: cmd.EmergencyStop) -> Denials:
    if not desk.latch.set(command.source, command.why):
        desk.alert("", "The stop file could not be written: the stop holds while this program runs", is_urgent=True)
    latch_stop(desk, command.source, command.why)
    desk.stop_seen = desk.latch.identity()
    return ()


def _rearm(desk: Desk, command: cmd.RearmMindfolio) -> Denials:
    if not command.why.strip():
        return (Denial(DenialCode.REASON_MISSING),)
    if desk.book.status is not MindfolioStatus.STOPPED:
        return (Denial(DenialCode.NOT_STOPPED),)
    if desk.latch.identity() not in (desk.stop_seen, None):
        return _newer_stop(desk)
    # Lifted before it is journaled: a crash in between leaves the journal stopped, and a stop that arrives in between
    # finds the latch free to be set again. The other order could lift a newer stop.
    if not desk.latch.lift():
        return (Denial(DenialCode.STORAGE, facts={"why": "the stop file cannot be removed"}),)
    desk.record(ev.MindfolioRearmed(command.who, command.why.strip()))
    return ()


def _newer_stop(desk: Desk) -> Denials:
    """Another process stopped again after the stop that the person meant to lift: journal it, and stay stopped."""
    source, why = desk.latch.who()
    desk.record(ev.EmergencyStopLatched(source, why))
    desk.stop_seen = desk.latch.identity()
    return (Denial(DenialCode.STOPPED, facts={"why": why}),)


def _withdraw(desk: Desk, module_id: str, why: str) -> None:
    for order in desk.book.orders_of(module_id):
        if order.purpose is OrderPurpose.OPEN:
            request_cancel(desk, order, why)
    for approval in list(desk.book.approvals.values()):
        if approval.candidate.module_id == module_id:
            desk.record(ev.ApprovalDecided(approval.approval_id, ApprovalStatus.VOIDED, "engine", why))
            desk.approve_at.pop(approval.approval_id, None)


def _unknown(desk: Desk, module_id: str) -> Denials:
    if module_id in desk.book.modules:
        return ()
    return (Denial(DenialCode.UNKNOWN_MODULE, module_id, facts={"module": module_id}),)


_HANDLERS: dict[type, Callable[[Desk, Any], Denials]] = {
    cmd.ReallocateBudget: _reallocate,
    cmd.PauseModule: _pause,
    cmd.ResumeModule: _resume,
    cmd.ApproveTrade: _approve,
    cmd.RefuseTrade: _refuse,
    cmd.EmergencyStop: _stop,
    cmd.RearmMindfolio: _rearm,
}
"""One handler per command; ScanNow and SetSpeed are the kernel's own."""
