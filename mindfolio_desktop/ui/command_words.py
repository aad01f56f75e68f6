"""Commands in words, as a person has asked for them, and which are answered beside their control."""

from collections.abc import Callable

from engine.domain.commands import (
    AddModule,
    ApproveTrade,
    CancelOrder,
    ChangeModule,
    ClosePosition,
    Command,
    ConfirmClosing,
    DepositCash,
    EmergencyStop,
    EnterTrade,
    PauseMindfolio,
    PauseModule,
    PlanClosing,
    ReallocateBudget,
    RearmMindfolio,
    RefuseTrade,
    RemoveModule,
    ReplaceOrder,
    ResolveDifference,
    ResumeMindfolio,
    ResumeModule,
    RollPosition,
    ScanNow,
    SetSpeed,
    SetTarget,
    SettleLoss,
    SweepGain,
    WithdrawCash,
    WriteNote,
)
from mindfolio_desktop.ui import format as fmt

_COMMANDS: dict[type, str] = {
    ReallocateBudget: "Reallocate budgets",
    ApproveTrade: "Approve trade",
    RefuseTrade: "Refuse trade",
    EmergencyStop: "Emergency stop",
    RearmMindfolio: "Re-arm",
    PauseMindfolio: "Pause everything",
    ResumeMindfolio: "Resume everything",
    PlanClosing: "Plan what to close",
    ConfirmClosing: "Close the riskiest",
    ResolveDifference: "Resolve a difference",
    EnterTrade: "Enter a trade",
    ClosePosition: "Close a position",
    RollPosition: "Roll a position",
    SetTarget: "Set a target of a position",
    CancelOrder: "Cancel an order",
    ReplaceOrder: "Give an order another limit",
    WriteNote: "Write a note",
    DepositCash: "Deposit cash",
    WithdrawCash: "Withdraw cash",
    SweepGain: "Sweep a gain",
    SettleLoss: "Settle a loss",
    AddModule: "Add a module",
    ChangeModule: "Change settings",
    RemoveModule: "Remove a module",
}

ANSWERED_THERE = (
    ReallocateBudget, ApproveTrade, RefuseTrade, EnterTrade, ClosePosition, RollPosition, SetTarget, CancelOrder,
    ReplaceOrder, WriteNote, DepositCash, WithdrawCash, SweepGain, SettleLoss, AddModule, ChangeModule, RemoveModule,
)  # fmt: skip
"""Commands whose refusals are shown beside the control that sent them, where the person is looking."""


def command_words(command: Command, module_name: Callable[[str], str]) -> str:
    """What a person asked for: `Pause IV Service`."""
    match command:
        case PauseModule(module_id):
            return f"Pause {module_name(module_id)}"
        case ResumeModule(module_id):
            return f"Resume {module_name(module_id)}"
        case ScanNow(module_id):
            return f"Scan with {module_name(module_id)}"
        case SetSpeed(speed):
            return "Hold the market" if speed == 0 else f"Market speed {fmt.speed(speed)}"
    return _COMMANDS[type(command)]
