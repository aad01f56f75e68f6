"""Pausing and stopping: what follows for orders and approvals when a module, or everything, may open nothing more."""

from engine.core.money import usd
from engine.domain import events as ev
from engine.domain.candidate import ApprovalStatus
from engine.domain.mindfolio import PAUSED_BY_STOP, MindfolioStatus, ModuleStatus
from engine.domain.order import OrderStatus
from engine.runtime.desk import Desk
from engine.runtime.orders import request_cancel

ENGINE = "engine"
"""In place of a person: the program's own rule."""


def tell_if_over_budget(desk: Desk, module_id: str) -> None:
    """Say that a module has more at work than its budget lets it: it may only reduce."""
    over = -desk.book.available(module_id)
    if over > 0:
        desk.alert(module_id, f"over its budget by {usd(over)}: it may only reduce", is_urgent=True)


def set_module_status(desk: Desk, module_id: str, status: ModuleStatus, who: str, why: str, code: str = "") -> None:
    """Pause or resume. A pause cancels working openings and voids approvals; exits go on."""
    desk.record(ev.ModuleStatusChanged(module_id, status, who, why, code))
    if status is ModuleStatus.PAUSED:
        withdraw(desk, module_id, why)
        desk.alert(module_id, f"paused: {why}", is_urgent=bool(code))


def pause_mindfolio(desk: Desk, who: str, why: str, code: str = "") -> None:
    """The same for all modules at once, whatever the status of each."""
    desk.record(ev.MindfolioStatusChanged(MindfolioStatus.PAUSED, who, why, code))
    withdraw_all(desk, why)
    desk.alert("", f"paused: {why}", is_urgent=bool(code))


def latch_stop(desk: Desk, source: str, why: str) -> None:
    """What follows the latch: journal it, cancel openings, void approvals, pause every module."""
    if desk.book.status is MindfolioStatus.STOPPED:
        return
    desk.record(ev.EmergencyStopLatched(source, why))
    desk.stop_seen = desk.latch.identity()
    if desk.book.closing is not None and desk.book.closing_by == ENGINE:
        # What the program began by itself waits for a person from here on; its orders that work are kept.
        desk.record(ev.ClosingPlanned(desk.book.closing))
    # One stop is one message, however many modules it pauses.
    for module_id, module in desk.book.modules.items():
        if module.status is ModuleStatus.ACTIVE:
            desk.record(ev.ModuleStatusChanged(module_id, ModuleStatus.PAUSED, source, PAUSED_BY_STOP, "STOPPED"))
        withdraw(desk, module_id, PAUSED_BY_STOP)
    desk.reconcile_at = desk.now
    desk.alert("", f"Emergency stop: {why}", is_urgent=True, is_standing=True)


def pause_legged(desk: Desk) -> None:
    """A package done in some legs only: its module opens nothing more until a person has looked at it."""
    for order in list(desk.book.orders.values()):
        module = desk.book.modules.get(order.module_id)
        if order.status is OrderStatus.LEGGED and module is not None and module.status is ModuleStatus.ACTIVE:
            why = f"{order.structure.words} is done in some legs only"
            set_module_status(desk, order.module_id, ModuleStatus.PAUSED, "engine", why, code="LEGGED")


def withdraw_all(desk: Desk, why: str) -> None:
    """Cancel every working opening and void every approval."""
    for module_id in desk.book.modules:
        withdraw(desk, module_id, why)


def withdraw(desk: Desk, module_id: str, why: str) -> None:
    """Cancel a module's working openings, the largest claim first, and void its approvals."""
    for order in sorted(desk.book.orders_of(module_id), key=lambda order: -order.held):
        # Legs that are done are risk by themselves: what would complete them is not cancelled blindly.
        if order.adds_risk and order.status is not OrderStatus.LEGGED:
            request_cancel(desk, order, why)
    for approval in list(desk.book.approvals.values()):
        if approval.candidate.module_id == module_id:
            desk.record(ev.ApprovalDecided(approval.approval_id, ApprovalStatus.VOIDED, "engine", why))
            desk.approve_at.pop(approval.approval_id, None)
