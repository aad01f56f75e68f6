"""The real store, whose n-th write from now may fail, in the ways in which disks do."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from engine.core.errors import LedgerFault
from engine.domain.records import LedgerBatch
from engine.execution.paper import PaperBroker
from engine.ledger.store import SqliteStore


class Killed(BaseException):
    """The process ended here, without a chance to tidy up."""


class Death:
    """Ends the process at the n-th time that it comes to a named point. Several may wait, the rare ones for long."""

    def __init__(self, fired: Counter[str]) -> None:
        self._fired, self._left = fired, dict[str, int]()
        self.is_recovering = False

    def wait_at(self, point: str, times: int) -> None:
        """From now on."""
        self._left[point] = times

    def spare(self) -> None:
        """Nobody dies."""
        self._left.clear()

    def at(self, point: str) -> None:
        """The process has come to a point."""
        for name in (point, "in recovery") if self.is_recovering else (point,):
            if name in self._left:
                self._left[name] -= 1
                if self._left[name] <= 0:
                    del self._left[name]
                    self._fired[f"killed {name}"] += 1
                    raise Killed(name)


class FallibleStore(SqliteStore):
    """A SqliteStore that tells what it has written, dies at named points and fails as it is told."""

    death: Death
    written: Callable[[LedgerBatch], None]
    fault, left, has_failed = "", 0, False
    fired: Counter[str]

    def append(self, batch: LedgerBatch) -> None:
        """Write, unless this is the write that fails."""
        kinds = {entry.type for entry in batch.entries}
        named = [name for name, kind in (("intent", "OrderIntended"), ("fill", "OrderFilled")) if kind in kinds]
        for name in ("commit", *named):
            self.death.at(f"before {name}")
        fault = self._due()
        if fault == "write fails once":
            raise LedgerFault("a write that fails: nothing of it is there")
        super().append(batch)
        self.written(batch)
        if fault == "head fails once":
            raise LedgerFault("the head cannot be written: the entries are there")
        for name in ("commit", *named):
            self.death.at(f"after {name}")

    def break_at(self, fault: str, writes: int) -> None:
        """Let the n-th write from now fail; a full disk stays full."""
        self.fault, self.left = fault, writes

    def mend(self) -> None:
        """Nothing fails any more, and there is room."""
        self.fault = ""
        self._connection.execute(f"PRAGMA max_page_count = {2**31}")

    def _due(self) -> str:
        if not self.fault:
            return ""
        self.left -= 1
        if self.left > 0:
            return ""
        fault, self.fault = self.fault, ""
        self.has_failed = True
        self.fired[fault] += 1
        if fault == "disk full":
            (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
            self._connection.execute(f"PRAGMA max_page_count = {pages}")
        return fault


def break_the_brokers_file(paper: PaperBroker, store: FallibleStore, writes: int, fired: Counter[str]) -> None:
    """Let the n-th line that the broker keeps fail once: what it was about is not known then."""
    file = paper._kept._file
    assert file is not None
    real, left = file._write, [writes]

    def fails(line: bytes) -> None:
        left[0] -= 1
        if left[0] == 0:
            fired["broker's file fails"] += 1
            store.has_failed = True
            raise OSError("no space left on the device")
        real(line)

    file._write = fails  # type: ignore[method-assign]


def mend_the_brokers_file(paper: PaperBroker) -> None:
    """Let all of it be written again."""
    if paper._kept._file is not None:
        vars(paper._kept._file).pop("_write", None)


def make_fast(store: SqliteStore) -> None:
    """What is tried here is not the power's failure: the disk need not be waited for."""
    store._connection.execute("PRAGMA synchronous = OFF")


def folder_in_memory() -> Path | None:
    """Where files cost least; None is the system's own place."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it
    return shared if shared.is_dir() else None
