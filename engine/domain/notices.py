"""Notices: what the engine tells the window besides snapshots. They are never merged and never dropped."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from engine.domain.commands import Command
from engine.domain.denial import Denial
from engine.domain.questions import Answer


@dataclass(frozen=True, slots=True)
class CommandAccepted:
    """A command was carried out and is durable."""

    command: Command


@dataclass(frozen=True, slots=True)
class CommandDenied:
    """A command was refused, with every reason; nothing changed."""

    command: Command
    denials: tuple[Denial, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should know: a trade done, an approval waiting, a module paused.

    `is_standing`: snapshots go on telling it for as long as it holds, as of an emergency stop.
    """

    at: datetime
    module_id: str
    text: str
    is_urgent: bool = False
    is_standing: bool = False


Notice: TypeAlias = CommandAccepted | CommandDenied | Alert | Answer
