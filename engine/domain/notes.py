"""Notes that a person writes into the journal: the event, and what one may be like."""

import unicodedata
from dataclasses import dataclass

NOTE_MOST = 2000
"""Characters of a note."""

SYMBOL_MOST = 12

_LINE_ENDS = "\n\t"


@dataclass(frozen=True, slots=True)
class NoteWritten:
    """A person wrote something down, about a module, a position or a symbol, or ("" each) about none of them."""

    text: str
    module_id: str
    position_id: str
    symbol: str
    who: str


def note_problem(text: str, symbol: str = "") -> str:
    """What is wrong with a note, "" when it may be journaled. Nothing in it may act on a screen or a terminal."""
    written = text.strip()
    if not written:
        return "it is empty"
    if len(written) > NOTE_MOST:
        return f"{len(written):,} characters, at most {NOTE_MOST:,}"
    if any(unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co") and each not in _LINE_ENDS for each in written):
        return "it holds characters that cannot be shown"
    if symbol and not (len(symbol) <= SYMBOL_MOST and symbol.isascii() and symbol[:1].isalnum() and _is_ticker(symbol)):
        return f"{symbol!r} is no symbol"
    return ""


def _is_ticker(symbol: str) -> bool:
    return all(each.isupper() or each.isdigit() or each in "./-^" for each in symbol)
