"""Notes: what may be written into the journal, and what may not."""

import pytest

from engine.domain.notes import NOTE_MOST, note_problem


@pytest.mark.parametrize("text", ["x", "two\nlines\tand a tab", "Zürich, 3 €, αβγ", "é" * NOTE_MOST, "  in blanks  "])
def test_what_a_person_writes_is_fine(text: str) -> None:
    assert note_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is empty"),
        (" \n\t ", "it is empty"),
        ("x" * (NOTE_MOST + 1), "2,001 characters, at most 2,000"),
        ("bell\a", "it holds characters that cannot be shown"),
        ("escape\x1b[31m", "it holds characters that cannot be shown"),
        ("turned\u202eround", "it holds characters that cannot be shown"),
        ("half a \ud800 pair", "it holds characters that cannot be shown"),
    ],
)
def test_what_is_empty_too_long_or_acts_on_a_screen_is_not(text: str, problem: str) -> None:
    assert note_problem(text) == problem


@pytest.mark.parametrize("symbol", ["SPY", "BRK.B", "BRK/B", "7203", ""])
def test_a_symbol_may_be_named(symbol: str) -> None:
    assert note_problem("x", symbol) == ""


@pytest.mark.parametrize("symbol", ["spy", "A B", ".X", "ABCDEFGHIJKLM", "Ä", "A\n"])
def test_what_is_no_symbol_may_not(symbol: str) -> None:
    assert note_problem("x", symbol) == f"{symbol!r} is no symbol"
