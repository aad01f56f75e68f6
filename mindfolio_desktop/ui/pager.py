"""Reads a list out of the ledger page by page: the newest as it grows, older ones when a person wants them."""

from collections.abc import Callable, Hashable
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QAbstractButton

from engine.domain.questions import PAGE, EntriesOf, FillsOf, NotesOf, OrdersOf, Question
from mindfolio_desktop.ui.bridge import EngineBridge

REFRESH_MS = 1000
"""The newest page is asked for at most once in this time while nothing else is looked for."""
TYPING_MS = 300
"""What is typed is looked for once the typing rests this long."""

_PAGED = (OrdersOf, FillsOf, EntriesOf, NotesOf)

Paged = OrdersOf | FillsOf | EntriesOf | NotesOf


class Row(Protocol):
    """Known by a key of the list's own, in the order of the journal."""

    @property
    def seq(self) -> int: ...


RowT = TypeVar("RowT", bound=Row)


class Pager(QObject, Generic[RowT]):
    """The rows of one list, newest first. `question` says what to ask for, as filtered now, before an entry or newest.

    A page that was asked for under another filter is not wanted any more. `older` is the button that loads older rows:
    it is there while there may be some. Where more came than one page holds, the rows before the gap are dropped, and
    are loaded again when they are asked for. So are the oldest, once a page more has come than anybody has asked for: a
    list that is looked at for months grows no longer than that.
    """

    changed = Signal()
    """Rows were read, or could not be, or all were dropped because something else is looked for."""

    def __init__(
        self,
        bridge: EngineBridge,
        older: QAbstractButton,
        question: Callable[[int | None], Paged],
        key: Callable[[RowT], Hashable] = lambda row: row.seq,
        *,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._bridge, self._older, self._question, self._key = bridge, older, question, key
        self._rows: dict[Hashable, RowT] = {}
        self._asked_for = PAGE
        """Rows that a person wants: the newest page, and the older ones that were loaded."""
        self._is_reading = True
        self._trouble = ""
        self._mark: object = None
        self._is_due = False
        self._since = QElapsedTimer()
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self.refresh)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self.begin)
        older.hide()
        older.clicked.connect(self._load_older)
        bridge.answered.connect(self._on_answered)
        bridge.unanswered.connect(self._on_unanswered)

    @property
    def is_reading(self) -> bool:
        """Whether nothing is known yet of what is looked for."""
        return self._is_reading

    @property
    def trouble(self) -> str:
        """Why the page that was asked for last could not be read, "" where it could."""
        return self._trouble

    def why_empty(self, reading: str, nothing: str, unread: str) -> str:
        """Which of these a list without rows says."""
        if self._trouble:
            return unread
        return reading if self._is_reading else nothing

    @property
    def rows(self) -> list[RowT]:
        """What was read so far, newest first."""
        return sorted(self._rows.values(), key=lambda row: row.seq, reverse=True)

    def find(self, key: Hashable) -> RowT | None:
        """The row with a key, as far as it was read."""
        return self._rows.get(key)

    # --- asking ---------------------------------------------------------------------------------------------------
    def follow(self, mark: object) -> None:
        """Read the newest page again when `mark` is another one than before, at once or as soon as it is time."""
        if mark != self._mark:
            self._mark, self._is_due = mark, True
        if not self._is_due:
            return
        left = REFRESH_MS - self._since.elapsed() if self._since.isValid() else 0
        if left <= 0:
            self.refresh()
        elif not self._later.isActive():
            self._later.start(left)

    @Slot()
    def refresh(self) -> None:
        """Read the newest page now."""
        self._is_due = False
        self._later.stop()
        self._since.start()
        self._bridge.ask(self._question(None))

    @Slot()
    def begin(self) -> None:
        """Something else is looked for: begin with its newest page."""
        self._typing.stop()
        self._forget()
        self._is_reading, self._trouble = True, ""
        self._older.hide()
        self.changed.emit()
        self.refresh()

    @Slot()
    def begin_soon(self) -> None:
        """Begin anew once the typing rests."""
        self._typing.start()

    @Slot()
    def _load_older(self) -> None:
        if self._rows:
            self._older.setEnabled(False)
            self._bridge.ask(self._question(min(row.seq for row in self._rows.values())))

    # --- answers --------------------------------------------------------------------------------------------------
    def _is_wanted(self, question: Question) -> bool:
        return isinstance(question, _PAGED) and question == self._question(question.before)

    @Slot(object, object)
    def _on_answered(self, question: Any, page: tuple[RowT, ...]) -> None:
        if not self._is_wanted(question):
            return
        is_full = len(page) == PAGE
        newest = max((row.seq for row in self._rows.values()), default=0)
        if question.before is None and is_full and page[-1].seq > newest:
            self._forget()
        if question.before is not None or not self._rows:
            self._older.setVisible(is_full)
        self._older.setEnabled(True)
        for row in page:
            kept = self._rows.get(self._key(row))
            if kept is None or kept.seq <= row.seq:
                self._rows[self._key(row)] = row
        if question.before is not None:
            self._asked_for = max(self._asked_for, len(self._rows))
        self._drop_oldest()
        self._is_reading, self._trouble = False, ""
        self.changed.emit()

    def _forget(self) -> None:
        self._rows.clear()
        self._asked_for = PAGE

    def _drop_oldest(self) -> None:
        """Let go of what nobody has asked for, a page at a time; the button loads it again."""
        if len(self._rows) <= self._asked_for + PAGE:
            return
        newest = sorted(self._rows.items(), key=lambda item: item[1].seq, reverse=True)
        self._rows = dict(newest[: self._asked_for])
        self._older.show()

    @Slot(object, str)
    def _on_unanswered(self, question: Question, why: str) -> None:
        if self._is_wanted(question):
            self._older.setEnabled(True)
            self._trouble = why
            self.changed.emit()
