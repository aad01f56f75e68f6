"""Whatever the window can ask for has words, with the names that a person knows."""

import pytest

from engine.domain.commands import (
    Command,
    DepositCash,
    EmergencyStop,
    PauseModule,
    ReallocateBudget,
    ResumeModule,
    ScanNow,
    SetSpeed,
)
from mindfolio_desktop.ui import command_words as words


def name(module_id: str) -> str:
    return {"IV": "IV Service"}[module_id]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (PauseModule("IV", "user", ""), "Pause IV Service"),
        (ResumeModule("IV", "user", ""), "Resume IV Service"),
        (ScanNow("IV", "user"), "Scan with IV Service"),
        (SetSpeed(0), "Hold the market"),
        (SetSpeed(60.0), "Market speed 60x"),
        (EmergencyStop("window", ""), "Emergency stop"),
        (DepositCash(10_000, "user", ""), "Deposit cash"),
    ],
)
def test_a_command_in_words(command: Command, expected: str) -> None:
    assert words.command_words(command, name) == expected


def test_what_is_answered_beside_its_control_has_words_too() -> None:
    assert set(words.ANSWERED_THERE) <= set(words._COMMANDS)
    names = [each.__name__ for each in words.ANSWERED_THERE]
    assert ReallocateBudget.__name__ in names
    assert EmergencyStop.__name__ not in names, "a stop that is refused is for everybody to see"
