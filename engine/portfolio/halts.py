"""Stops, pauses and breakers in words: what happened, who did it, why."""

import datetime as dt
from collections.abc import Mapping

from engine.core.money import usd
from engine.domain import events as ev
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.statement import Halt

_LIMITS = {"ACCOUNT_LOSS": "the account's daily loss limit", "DRAWDOWN": "the drawdown limit"}


def halt_of(at: dt.datetime, event: ev.Event, names: Mapping[str, str]) -> Halt | None:
    """What an event stopped or let go on, None for all others; `names` are those of modules by id."""
    told = _told(event, names)
    return None if told is None else Halt(at, *told)


def _told(event: ev.Event, names: Mapping[str, str]) -> tuple[str, str, str] | None:
    """What happened, who did it (a rule's code where no person did), and why."""
    told = None
    match event:
        case ev.EmergencyStopLatched():
            told = "Emergency stop", event.source, event.why
        case ev.MindfolioRearmed():
            told = "Re-armed", event.who, event.why
        case ev.BreakerTripped():
            told = f"Breaker: {_LIMITS.get(event.code, event.code)} reached, {_reached(event)}", "", event.why
        case ev.MindfolioStatusChanged():
            what = "paused" if event.status is MindfolioStatus.PAUSED else "resumed"
            told = f"Everything {what}", event.who or event.code, event.why
        case ev.ModuleStatusChanged():
            what = "paused" if event.status is ModuleStatus.PAUSED else "resumed"
            told = f"{names.get(event.module_id, event.module_id)} {what}", event.who or event.code, event.why
        case ev.ClosingPlanned():
            told = f"Closing plan {event.plan.plan_id} of {len(event.plan.steps)} steps", "", ""
        case ev.ClosingDecided():
            what = "confirmed" if event.is_confirmed else "ended"
            told = f"Closing plan {event.plan_id} {what}", event.who, event.why
    return told


def _reached(event: ev.BreakerTripped) -> str:
    if event.code == "DRAWDOWN":  # in 1/10,000
        return f"{event.measured / 100:.2f} % of {event.limit / 100:.2f} %"
    return f"{usd(event.measured)} of {usd(event.limit)}"
