"""What the paper broker keeps: its state, what of it is in the file, and what is still to be told."""

import contextlib
from collections.abc import Mapping
from pathlib import Path

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain.account import BrokerActivity
from engine.domain.broker_reports import BrokerReport
from engine.execution.paper_file import PaperFile
from engine.execution.paper_state import FILE_VERSION, Booked, Entry, Filled, Opened, State, Taken


class Keeper:
    """State, file and outbox. A new account begins with `cash` and `positions`; one that is in the file already wins.

    `compact_at` bytes of entries are rewritten as one state. What could not be written is tried again with the next
    call, and no report leaves before it is.
    """

    def __init__(
        self, cash: Money, path: Path | None, compact_at: int, positions: Mapping[str, int] | None = None
    ) -> None:
        self._path = path
        self._file = None if path is None else PaperFile(path)
        kept = None if self._file is None else self._file.read()
        self._compact_at, self._kept_size = compact_at, 0
        self._unsaved: list[Entry] = []
        self._reports: list[BrokerReport] = []
        self._told = 0
        self.state = State() if kept is None else kept
        if kept is None:
            self.record(Opened(FILE_VERSION, cash, dict(positions or {})))
            self.save()

    def record(self, entry: Entry) -> None:
        """Let something happen."""
        self.state.apply(entry)
        self._unsaved.append(entry)

    def save(self) -> None:
        """Keep what happened since the last time, and shorten a file that has grown long. Raises OSError."""
        if self._file is None:
            self._unsaved.clear()
        elif self._unsaved:
            is_durable = any(isinstance(entry, Taken | Filled) for entry in self._unsaved)
            self._file.append(self._unsaved, is_durable=is_durable)
            self._unsaved.clear()
            if self._file.size > 2 * self._kept_size + self._compact_at:
                with contextlib.suppress(OSError):  # everything is kept as it is; a shorter file can wait
                    self._file.rewrite(self.state)
                self._kept_size = self._file.size

    def report(self, report: BrokerReport) -> None:
        """Tell something at the end of the call."""
        self._reports.append(report)

    def book(self, line: BrokerActivity) -> None:
        """Put a line on the statement and tell it."""
        self.record(Booked(line))
        self.tell_lines()

    def tell_lines(self) -> None:
        """Tell the lines of the statement that were not told yet."""
        lines = self.state.lines
        self._reports += lines[self._told :]
        self._told = len(lines)

    def tell_after(self, number: int) -> None:
        """Count the lines up to this number as told, and none after it."""
        self._told = min(number, len(self.state.lines))

    def take(self) -> tuple[BrokerReport, ...]:
        """What is to be told, once it is kept. Raises LedgerFault when it cannot be: the account goes no further."""
        try:
            self.save()
        except OSError as error:
            what = f"the paper broker's file {self._path} cannot be written: {error.strerror or error}"
            raise LedgerFault(f"{what}; make room for it and see that it may be written, then start again") from error
        told = tuple(self._reports)
        self._reports.clear()
        return told

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
