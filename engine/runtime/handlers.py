"""Commands: each is checked against the state as it is now, then recorded, or refused with every reason."""

from collections.abc import Callable
from typing import Any

from engine.core.errors import DenialCode
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.notes import note_problem
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.ledger.codec import is_exact
from engine.runtime import breaking, handlers_account, handlers_approvals, handlers_trade, reconciling
from engine.runtime.desk import Desk
from engine.runtime.pausing import latch_stop, pause_mindfolio, set_module_status

Denials = tuple[Denial, ...]


def handle(desk: Desk, command: cmd.Command) -> None:
    """Carry a command out, or refuse it; either way the sender is told once the outcome is durable."""
    if not is_exact(command):
        denials: Denials = (Denial(DenialCode.STRUCTURE, "a command with a value of another kind than it declares"),)
    else:
        denials = _HANDLERS[type(command)](desk, command)
    desk.notify(CommandDenied(command, denials) if denials else CommandAccepted(command))


# --- pausing and stopping --------------------------------------------------------------------------------------------
def _pause(desk: Desk, command: cmd.PauseModule) -> Denials:
    denials = handlers_account.unknown_module(desk, command.module_id)
    if not denials and desk.book.modules[command.module_id].status is ModuleStatus.ACTIVE:
        set_module_status(desk, command.module_id, ModuleStatus.PAUSED, command.who, command.why)
    return denials


def _resume(desk: Desk, command: cmd.ResumeModule) -> Denials:
    denials = handlers_account.unknown_module(desk, command.module_id)
    if desk.latch.is_set or desk.book.status is MindfolioStatus.STOPPED:
        denials = (*denials, Denial(DenialCode.STOPPED, facts={"why": desk.book.stop_why}))
    if not denials and desk.book.modules[command.module_id].status is ModuleStatus.PAUSED:
        set_module_status(desk, command.module_id, ModuleStatus.ACTIVE, command.who, command.why)
    return denials


def _pause_all(desk: Desk, command: cmd.PauseMindfolio) -> Denials:
    if desk.latch.is_set or desk.book.status is MindfolioStatus.STOPPED:
        return (Denial(DenialCode.STOPPED, facts={"why": desk.book.stop_why}),)
    if desk.book.status is MindfolioStatus.ACTIVE:
        pause_mindfolio(desk, command.who, command.why)
    return ()


def _resume_all(desk: Desk, command: cmd.ResumeMindfolio) -> Denials:
    if desk.latch.is_set or desk.book.status is MindfolioStatus.STOPPED:
        return (Denial(DenialCode.STOPPED, facts={"why": desk.book.stop_why}),)
    if desk.book.breaker:
        # What an account limit has paused is re-armed, with a reason; it is not resumed by a click.
        return (Denial(DenialCode.STOPPED, desk.book.breaker, facts={"why": desk.book.status_why}),)
    if desk.book.status is MindfolioStatus.PAUSED:
        desk.record(ev.MindfolioStatusChanged(MindfolioStatus.ACTIVE, command.who, command.why))
    return ()


def _stop(desk: Desk, command: cmd.EmergencyStop) -> Denials:
    if not desk.latch.set(command.source, command.why):
        desk.alert("", "The stop file could not be written: the stop holds while this program runs", is_urgent=True)
    latch_stop(desk, command.source, command.why)
    desk.stop_seen = desk.latch.identity()
    return ()


def _rearm(desk: Desk, command: cmd.RearmMindfolio) -> Denials:
    book = desk.book
    if not command.why.strip():
        return (Denial(DenialCode.REASON_MISSING),)
    if book.status is not MindfolioStatus.STOPPED and not book.breaker:
        return (Denial(DenialCode.NOT_STOPPED),)
    if desk.latch.is_set and desk.latch.identity() not in (desk.stop_seen, None):
        return _newer_stop(desk)
    doubts = _doubts(desk)
    if doubts:
        return doubts
    # Lifted before it is journaled: a crash in between leaves the journal stopped, and a stop that arrives in between
    # finds the latch free to be set again. The other order could lift a newer stop.
    if desk.latch.is_set and not desk.latch.lift():
        return (Denial(DenialCode.STORAGE, facts={"why": "the stop file cannot be removed"}),)
    desk.record(ev.MindfolioRearmed(command.who, command.why.strip()))
    return ()


def _doubts(desk: Desk) -> Denials:
    """What must be settled before a re-arm: an account not heard, differences with it, openings without an end."""
    book, denials = desk.book, list[Denial]()
    if not desk.is_reconciled:
        denials.append(Denial(DenialCode.BROKER_UNREACHABLE, facts={"why": "try again once it was heard"}))
    if differing := sorted({*book.differences, *desk.suspects}):
        why = f"book and broker differ in {', '.join(differing)}"
        denials.append(Denial(DenialCode.SYMBOL_HALTED, facts={"why": why}))
    if live := [order for order in book.orders.values() if order.adds_risk]:
        words = "; ".join(f"{order.order_id} is {order.status.value.replace('_', ' ').lower()}" for order in live)
        denials.append(Denial(DenialCode.ORDER_STATE, f"{words}: wait for the broker's final word"))
    return tuple(denials)


def _newer_stop(desk: Desk) -> Denials:
    """Another process stopped again after the stop that the person meant to lift: journal it, and stay stopped."""
    source, why = desk.latch.who()
    desk.record(ev.EmergencyStopLatched(source, why))
    desk.stop_seen = desk.latch.identity()
    return (Denial(DenialCode.STOPPED, facts={"why": why}),)


def _reconcile(desk: Desk, _command: cmd.Reconcile) -> Denials:
    desk.reconcile_at = desk.now
    reconciling.ask_if_due(desk)
    return ()


def _write_note(desk: Desk, command: cmd.WriteNote) -> Denials:
    problem = note_problem(command.text, command.symbol)
    denials = (Denial(DenialCode.NOTE, problem),) if problem else ()
    if command.module_id:
        denials = (*denials, *handlers_account.unknown_module(desk, command.module_id))
    if command.position_id and command.position_id not in desk.book.positions:
        denials = (*denials, Denial(DenialCode.UNKNOWN_POSITION, facts={"position": command.position_id}))
    if not denials:
        about = (command.module_id, command.position_id, command.symbol)
        desk.record(ev.NoteWritten(command.text.strip(), *about, command.who))
    return denials


_HANDLERS: dict[type, Callable[[Desk, Any], Denials]] = {
    cmd.ReallocateBudget: handlers_account.reallocate,
    cmd.DepositCash: handlers_account.deposit,
    cmd.WithdrawCash: handlers_account.withdraw,
    cmd.SweepGain: handlers_account.sweep,
    cmd.SettleLoss: handlers_account.settle,
    cmd.AddModule: handlers_account.add_module,
    cmd.ChangeModule: handlers_account.change_module,
    cmd.RemoveModule: handlers_account.remove_module,
    cmd.PauseModule: _pause,
    cmd.ResumeModule: _resume,
    cmd.PauseMindfolio: _pause_all,
    cmd.ResumeMindfolio: _resume_all,
    cmd.ApproveTrade: handlers_approvals.approve,
    cmd.RefuseTrade: handlers_approvals.refuse,
    cmd.EnterTrade: handlers_trade.enter,
    cmd.ClosePosition: handlers_trade.close_position,
    cmd.RollPosition: handlers_trade.roll_position,
    cmd.SetTarget: handlers_trade.set_target,
    cmd.CancelOrder: handlers_trade.cancel_order,
    cmd.ReplaceOrder: handlers_trade.replace_order,
    cmd.PlanClosing: breaking.plan_closing,
    cmd.ConfirmClosing: breaking.confirm_closing,
    cmd.ResolveDifference: reconciling.resolve,
    cmd.Reconcile: _reconcile,
    cmd.WriteNote: _write_note,
    cmd.EmergencyStop: _stop,
    cmd.RearmMindfolio: _rearm,
}
"""One handler per command; ScanNow and SetSpeed are the kernel's own."""
