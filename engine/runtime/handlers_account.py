"""Commands about money and modules: the split, deposits, settlements, modules that come and go."""

from dataclasses import replace

from engine.core.errors import DenialCode
from engine.core.money import Money
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.budget import SplitInForce
from engine.domain.candidate import ApprovalStatus
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleSpec, ModuleStatus
from engine.domain.units import UnitNav, units_for
from engine.runtime import pausing
from engine.runtime.broker_figures import broker_figure
from engine.runtime.desk import Desk
from engine.runtime.openings import MOST_MONEY
from engine.runtime.proving import ask_ahead
from engine.runtime.transfers import resume_transfers

Denials = tuple[Denial, ...]


def unknown_module(desk: Desk, module_id: str) -> Denials:
    """A denial when there is no such module."""
    if module_id in desk.book.modules:
        return ()
    return (Denial(DenialCode.UNKNOWN_MODULE, module_id, facts={"module": module_id}),)


def reallocate(desk: Desk, command: cmd.ReallocateBudget) -> Denials:
    """Replace the split; below what is used is allowed, and leaves the module with reductions only."""
    book, plan = desk.book, command.plan
    is_stopped = desk.latch.is_set or book.status is MindfolioStatus.STOPPED
    in_force = SplitInForce(book.plan, book.version, book.stop_why if is_stopped else None)
    denials = plan.check_against(in_force, command.based_on_version)
    if not denials:
        desk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, book.version + 1, command.who, command.why))
    return denials


# --- cash ------------------------------------------------------------------------------------------------------------
def deposit(desk: Desk, command: cmd.DepositCash) -> Denials:
    """Cash comes in, into the reserve, and buys units at the NAV of now."""
    if not _is_amount(command.amount):
        return (Denial(DenialCode.NEGATIVE_AMOUNT, _fact(command.amount), 0, "usd"),)
    _move_cash(desk, command.amount, command.who, command.why)
    return ()


def withdraw(desk: Desk, command: cmd.WithdrawCash) -> Denials:
    """Cash goes out of the reserve; never more than the account has free."""
    book, amount = desk.book, command.amount
    if not _is_amount(amount):
        return (Denial(DenialCode.NEGATIVE_AMOUNT, _fact(amount), 0, "usd"),)
    denials: list[Denial] = []
    if amount > book.reserve:
        about = {"missing": amount - book.reserve}
        denials.append(Denial(DenialCode.RESERVE, amount, book.reserve, "usd", {**about}))
    # Open losses are somebody's money too: what is paid out must be there after all claims.
    broker = broker_figure(lambda: desk.broker.available(desk.account_available()))
    free = min(desk.account_available(), book.cash) if broker is None else min(desk.account_available(), broker)
    if amount > free:
        denials.append(Denial(DenialCode.ACCOUNT_BUYING_POWER, amount, free, "usd"))
    if not denials:
        _move_cash(desk, -amount, command.who, command.why)
    return tuple(denials)


def _move_cash(desk: Desk, amount: Money, who: str, why: str) -> None:
    book = desk.book
    # Of a mindfolio that was armed again at less than nothing only the old peak tells what a unit was.
    reference = book.reference if book.reference.nav > 0 else book.peak
    units = units_for(amount, UnitNav(book.nav, book.units), reference)
    desk.record(ev.CashDeposited(amount, max(units, -book.units), who, why))
    resume_transfers(desk)


def sweep(desk: Desk, command: cmd.SweepGain) -> Denials:
    """A module's realised gain becomes capital in the reserve, as far as its budget can spare it."""
    denials = unknown_module(desk, command.module_id)
    if denials:
        return denials
    gain = desk.book.unsettled(command.module_id)
    amount = gain if command.amount is None else command.amount
    if not _is_amount(amount) or amount > gain:
        about = {"module": command.module_id, "why": "there is no such gain since the last settlement"}
        return (Denial(DenialCode.RESERVE, _fact(amount), max(0, gain), "usd", {**about}),)
    desk.record(ev.GainSwept(command.module_id, amount, command.who, command.why))
    return ()


def settle(desk: Desk, command: cmd.SettleLoss) -> Denials:
    """A module's realised loss is taken off the reserve and, where that is not enough, off its budget."""
    denials = unknown_module(desk, command.module_id)
    if denials:
        return denials
    book, module = desk.book, desk.book.modules[command.module_id]
    loss = -book.unsettled(command.module_id)
    about = {"module": command.module_id}
    if loss <= 0:
        return (Denial(DenialCode.RESERVE, loss, 0, "usd", {**about, "why": "there is no loss to settle"}),)
    from_reserve = min(loss, book.reserve)
    from_budget = loss - from_reserve
    if from_budget > module.budget:
        why = "reserve and budget together are less than the loss"
        return (Denial(DenialCode.RESERVE, loss, from_reserve + module.budget, "usd", {**about, "why": why}),)
    desk.record(ev.LossSettled(command.module_id, from_reserve, from_budget, command.who, command.why))
    return ()


# --- modules ---------------------------------------------------------------------------------------------------------
def add_module(desk: Desk, command: cmd.AddModule) -> Denials:
    """A module begins, paused; its budget comes out of the reserve."""
    book, spec = desk.book, command.spec
    about = {"module": spec.module_id}
    denials: list[Denial] = []
    if desk.latch.is_set or book.status is MindfolioStatus.STOPPED:
        denials.append(Denial(DenialCode.STOPPED, facts={"why": book.stop_why}))
    if not spec.module_id or spec.module_id in (*book.module_ids, EXTERNAL):
        denials.append(Denial(DenialCode.UNKNOWN_MODULE, spec.module_id, facts={**about, "why": "the name is taken"}))
    denials += _settings_denials(desk, spec)
    if command.budget < 0:
        denials.append(Denial(DenialCode.NEGATIVE_AMOUNT, command.budget, 0, "usd", {**about}))
    if command.budget > book.reserve:
        denials.append(Denial(DenialCode.RESERVE, command.budget, book.reserve, "usd", {**about}))
    if denials:
        return tuple(denials)
    desk.record(ev.ModuleAdded(replace(spec, status=ModuleStatus.PAUSED), command.who, command.why))
    if command.budget:
        plan = book.plan.moved(command.budget, None, spec.module_id)
        desk.record(ev.BudgetReallocated(plan.budgets, plan.reserve, book.version + 1, command.who, command.why))
    return ()


def change_module(desk: Desk, command: cmd.ChangeModule) -> Denials:
    """A module goes on with other settings; what was found under the old ones is not traded any more."""
    denials = unknown_module(desk, command.module_id)
    if denials:
        return denials
    was = desk.book.modules[command.module_id].spec
    spec = replace(command.spec, status=was.status)
    if (spec.module_id, spec.kind, spec.program) != (was.module_id, was.kind, was.program):
        return (Denial(DenialCode.SETTINGS, "id, kind and program of a module stay what they are"),)
    denials = _settings_denials(desk, spec)
    if denials or spec == was:
        return denials
    desk.record(ev.ModuleChanged(spec, command.who, command.why))
    if replace(spec, name=was.name) == was:
        return ()  # another name is another name, and nothing else
    pausing.withdraw(desk, spec.module_id, "its settings were changed")
    desk.refused.pop(spec.module_id, None)
    desk.turned_down.pop(spec.module_id, None)
    ask_ahead(desk)
    return ()


def _settings_denials(desk: Desk, spec: ModuleSpec) -> Denials:
    """What speaks against a module's settings, each with its reason; nothing when it can trade by them."""
    problems = [desk.program_problem(spec)]
    if not spec.name.strip():
        problems.append("a module needs a name")
    limits = spec.limits
    for limit, what in ((limits.max_risk_per_trade, "max risk per trade"), (limits.daily_loss_limit, "daily loss")):
        if limit is not None and not _is_amount(limit):
            problems.append(f"the limit of {what} is not above zero")
    if strange := sorted({*spec.universe} - {*desk.feed.symbols}):
        problems.append(f"{', '.join(strange)}: not in this market")
    if len(set(spec.universe)) != len(spec.universe) or len(set(spec.structures)) != len(spec.structures):
        problems.append("a symbol or a structure is named twice")
    about = {"module": spec.module_id}
    return tuple(Denial(DenialCode.SETTINGS, each, facts={**about}) for each in problems if each)


def remove_module(desk: Desk, command: cmd.RemoveModule) -> Denials:
    """A module ends: flat, or its positions go to another; its budget goes to the reserve, its P&L stays booked."""
    book, module_id, about = desk.book, command.module_id, {"module": command.module_id}
    denials = unknown_module(desk, module_id)
    if denials:
        return denials
    if command.move_to and (command.move_to == module_id or command.move_to not in (*book.modules, EXTERNAL)):
        return (Denial(DenialCode.UNKNOWN_MODULE, command.move_to, facts={**about}),)
    if command.move_to in book.modules:
        needed = sum(position.used for position in book.positions_of(module_id))
        if needed > book.available(command.move_to):
            into = {**about, "move_to": command.move_to}
            return (Denial(DenialCode.BUDGET, needed, book.available(command.move_to), "usd", {**into}),)
    live = book.orders_of(module_id)
    if live:
        orders = ", ".join(order.order_id for order in live)
        return (Denial(DenialCode.NOT_FLAT, orders, facts={**about, "why": "orders are still live"}),)
    if book.positions_of(module_id) and not command.move_to:
        held = ", ".join(position.position_id for position in book.positions_of(module_id))
        return (Denial(DenialCode.NOT_FLAT, held, facts={**about, "why": "it holds positions"}),)
    for approval in list(book.approvals.values()):
        if approval.candidate.module_id == module_id:
            desk.record(ev.ApprovalDecided(approval.approval_id, ApprovalStatus.VOIDED, command.who, "module removed"))
    for position in book.positions_of(module_id):
        desk.record(ev.PositionMoved(position.position_id, command.move_to, command.who, command.why))
    desk.record(ev.ModuleRemoved(module_id, command.who, command.why))
    return ()


def _is_amount(amount: object) -> bool:
    return isinstance(amount, int) and not isinstance(amount, bool) and 0 < amount <= MOST_MONEY


def _fact(amount: object) -> int | str:
    return amount if isinstance(amount, int) and not isinstance(amount, bool) else repr(amount)
