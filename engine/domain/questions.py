"""Questions: what a page asks for that no snapshot holds. Each is answered once, and nothing changes by it.

`LedgerQuestion`s ask what the journal tells, over a connection of the window's own. `DeskQuestion`s need what the
engine has in hand (quotes, settings, rules): the kernel hands back an `Answer`, a piece of work over data that does
not change any more, which is done on another thread.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


# --- what the journal tells -------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ScansOf:
    """A module's scan rows since an instant, newest first: tuple[ScanRow, ...]."""

    module_id: str
    since: dt.datetime


@dataclass(frozen=True, slots=True)
class TradesOf:
    """A module's closed trades, newest first: tuple[TradeRow, ...]."""

    module_id: str


@dataclass(frozen=True, slots=True)
class SkipsOf:
    """What became of a module's skipped trades, those that would still be open first: tuple[SkippedTrade, ...]."""

    module_id: str


@dataclass(frozen=True, slots=True)
class NavSamples:
    """Samples of the account's NAV, oldest first: tuple[(datetime, Money), ...]."""


@dataclass(frozen=True, slots=True)
class EntriesOf:
    """A page of the journal, newest first: tuple[EntryRow, ...]. `kind` "" is every type, `text` is looked for in all.

    `before` is the seq that the page before ended at, None for the newest.
    """

    kind: str = ""
    text: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class ExportEntries:
    """Write what `EntriesOf` would show, all pages of it, to a CSV file, whole or not at all: int, how many entries."""

    path: str
    kind: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class NotesOf:
    """Notes that a person wrote, newest first, a page like `EntriesOf`: tuple[NoteRow, ...]."""

    text: str = ""
    before: int | None = None


LedgerQuestion: TypeAlias = ScansOf | TradesOf | SkipsOf | NavSamples | EntriesOf | ExportEntries | NotesOf

PAGE_ENTRIES = 200
"""Entries of one page of the journal; a page with fewer is the last one."""


# --- what the engine has in hand --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class StressOf:
    """P&L of the book over moves of price and volatility, now and after some days: tuple[StressGrid, ...]."""


@dataclass(frozen=True, slots=True)
class PreviewTrade:
    """What a waiting trade would change in that quantity, and whether it would pass now: TradePreview | None.

    None once it does not wait any more.
    """

    approval_id: str
    quantity: int


DeskQuestion: TypeAlias = StressOf | PreviewTrade

Question: TypeAlias = LedgerQuestion | DeskQuestion

DESK_QUESTIONS = (StressOf, PreviewTrade)
"""For isinstance; the same as in `DeskQuestion`."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The engine's answer to a `DeskQuestion`: what is left to do, over data that nobody changes, on any one thread."""

    question: DeskQuestion
    work: Callable[[], object]
