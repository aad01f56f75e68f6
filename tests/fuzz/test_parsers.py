"""A fixed share of the fuzzing: every target takes its samples and a few damaged ones; what breaks one is seen."""

from pathlib import Path

import pytest

from tests.fuzz.parsers import Count, fuzz
from tests.fuzz.targets import TARGETS, Feed, Target

_SLOW = {"ledger_file": 3, "commands": 20, "settings_file": 30, "command_lines": 100}


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_is_taken_or_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, "")  # what the commands set is set back
    told: list[str] = []

    count = fuzz(TARGETS[name], 1, 60, _SLOW.get(name, 300), lambda _, why: told.append(why))

    assert told == []
    assert (count.crashes, count.inputs) == (0, _SLOW.get(name, 300))


def test_what_breaks_a_target_is_counted_and_kept() -> None:
    def begin(_folder: Path) -> Feed:
        def feed(content: bytes) -> bool:
            if content != b"a":
                raise KeyError("damaged")
            return True

        return feed

    kept: list[bytes] = []
    count = fuzz(Target("weak", lambda: (b"a",), begin), 1, 60, 50, lambda content, _: kept.append(content))

    assert count.crashes == len(kept) > 30
    assert not count.is_clean
    assert Count().is_clean
