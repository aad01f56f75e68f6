"""The tables of the ledger's page: journal entries, the postings of one of them, and notes."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from engine.core.money import to_float
from engine.domain.records import EntryRow, NoteRow, PostingRow
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.entry_words import entry_words, kind_words, module_of
from mindfolio_desktop.ui.models.keyed_table import Cell, Column, KeyedTableModel


@dataclass(frozen=True, slots=True)
class Line:
    """A journal entry in words, made once: an entry never changes."""

    entry: EntryRow
    kind: str
    words: str
    module: str

    @classmethod
    def of(cls, entry: EntryRow, names: Mapping[str, str]) -> "Line":
        """`names` are those of the modules by id."""
        return cls(entry, kind_words(entry.type), entry_words(entry, names), module_of(entry, names))


class EntriesModel(KeyedTableModel[Line]):
    """Journal entries by number."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_ENTRY_COLUMNS, lambda line: line.entry.seq, parent)


@dataclass(frozen=True, slots=True)
class PostingLine:
    """One posting, with the name of its module."""

    place: int
    row: PostingRow
    module: str


class PostingsModel(KeyedTableModel[PostingLine]):
    """The postings of one entry: debits and credits, which sum to zero."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_POSTING_COLUMNS, lambda line: (line.row.seq, line.place), parent)


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note, with what it is about in words."""

    row: NoteRow
    about: str


class NotesModel(KeyedTableModel[NoteLine]):
    """Notes by the number of their entry."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_NOTE_COLUMNS, lambda line: line.row.seq, parent)


def _number(line: Line) -> Cell:
    return Cell(fmt.number(line.entry.seq, 0), float(line.entry.seq))


def _at(line: Line) -> Cell:
    at = line.entry.at
    return Cell(fmt.short_moment(at), at.timestamp(), tip=fmt.moment(at))


def _kind(line: Line) -> Cell:
    return Cell(line.kind, line.kind)


def _words(line: Line) -> Cell:
    return Cell(line.words or "its fields are below", line.words, tip=line.words)


def _module(line: Line) -> Cell:
    return Cell(line.module or fmt.UNKNOWN, line.module, tip="" if line.module else "It is about the account itself")


def _account(line: PostingLine) -> Cell:
    words = line.row.account.replace("_", " ").capitalize()
    return Cell(words, words)


def _owner(line: PostingLine) -> Cell:
    return Cell(line.module or "the account", line.module)


def _debit(line: PostingLine) -> Cell:
    return _side(line.row.amount)


def _credit(line: PostingLine) -> Cell:
    return _side(-line.row.amount)


def _side(amount: int) -> Cell:
    return Cell(fmt.price(amount), to_float(amount)) if amount > 0 else Cell("", None)


def _written(line: NoteLine) -> Cell:
    at = line.row.at
    return Cell(fmt.short_moment(at), at.timestamp(), tip=fmt.moment(at))


def _about(line: NoteLine) -> Cell:
    return Cell(line.about or "general", line.about)


def _note(line: NoteLine) -> Cell:
    text = line.row.note.text
    return Cell(" ".join(text.split()), text.casefold(), tip=text)


def _author(line: NoteLine) -> Cell:
    return Cell(line.row.note.who, line.row.note.who)


_ENTRY_COLUMNS = (
    Column("Entry", _number, is_numeric=True, tip="Its place in the chain of the journal"),
    Column("Time", _at, tip="The market's time, in New York"),
    Column("Kind", _kind),
    Column("What happened", _words),
    Column("Module", _module),
)

_POSTING_COLUMNS = (
    Column("Account", _account),
    Column("Module", _owner),
    Column("Debit", _debit, is_numeric=True),
    Column("Credit", _credit, is_numeric=True),
)

_NOTE_COLUMNS = (
    Column("Time", _written, tip="The market's time, in New York"),
    Column("About", _about),
    Column("Note", _note),
    Column("By", _author),
)
