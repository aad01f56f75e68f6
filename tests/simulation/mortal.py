"""Where a trading process may die: named points around every write, call and word of the broker, and SIGKILL there."""

import os
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import engine.ledger.store
import engine.risk.latch
from engine.domain.broker_reports import BrokerReport
from engine.domain.records import LedgerBatch
from engine.ledger.anchor import Anchor, Head, anchor_path
from engine.ledger.store import SqliteStore
from engine.risk.latch import StopLatch

WRITTEN = {
    "intent": "OrderIntended",
    "submitted": "OrderSubmitted",
    "accepted": "OrderAccepted",
    "fill": "OrderFilled",
    "ended": "OrderEnded",
    "cancel-asked": "OrderCancelRequested",
    "repriced": "OrderRepriced",
    "unknown": "OrderUnknown",
    "budgets": "BudgetReallocated",
    "cash": "CashDeposited",
    "stop": "EmergencyStopLatched",
    "rearm": "MindfolioRearmed",
    "reconciled": "AccountReconciled",
}
"""Entries by whose names a write is known; every write is a "commit", and one with a checkpoint a "seal" as well."""

HEARD = {
    "fill": "BrokerFilled",
    "accepted": "BrokerAccepted",
    "ended": "BrokerEnded",
    "replaced": "BrokerReplaced",
    "known": "BrokerKnows",
    "account": "BrokerAccount",
}
"""Words of the broker by whose names a poll is known that has brought one."""

CALLS = ("submit", "cancel", "replace", "ask", "ask-account", "fund")
STEPS = ("before", "in", "committed", "after")
"""Of a write: nothing of it yet; in the transaction; committed and not in the head yet; in the head as well."""

TRADING = (
    *(f"{step}-{name}" for name in (*WRITTEN, "commit", "seal") if name != "unknown" for step in STEPS),
    *(f"{step}-{name}" for name in CALLS if name != "ask" for step in ("before", "in", "after")),
    *(f"{name}-heard" for name in HEARD if name != "known"),
    *(f"{step}-{name}" for name in ("latch", "lift") for step in ("before", "in", "after")),
)  # fmt: skip
"""Points that a trader comes to again and again, and dies at in whatever it does there."""

STARTING = ("before-open", "after-open", "after-fold", "before-hello")
"""Points that every start comes to, before anything is written."""

RECOVERING = (
    *STARTING,
    *(f"{step}-{name}" for name in ("unknown", "commit") for step in STEPS),
    *(f"{step}-{name}" for name in ("ask", "ask-account") for step in ("before", "in", "after")),
)
"""Points on the way from the start to the first turn; those of a recovery after one that was killed count apart."""

LEAVES_AN_INTENT = ("after-intent", "before-submit", "in-submit", "after-submit", "before-submitted", "in-submitted")
"""Points whose next recovery has an order to ask about of which it does not know whether it was sent."""

POINTS = (
    *TRADING,
    *(f"recovery {name}" for name in RECOVERING),
    *(f"recovery of the recovery {name}" for name in RECOVERING),
)


class Death:
    """Kills this process when it comes to a point for the n-th time, and tells so; "" is never."""

    def __init__(self, wanted: str, count: int, tells: Connection, *, again: bool) -> None:
        self._wanted, self._left, self._tells = wanted, count, tells
        self._stage = "recovery of the recovery " if again else "recovery "

    def recovered(self) -> None:
        """From now on points are those of trading."""
        self._stage = ""

    def at(self, point: str) -> None:
        """Whether this was the last that was done."""
        if self._wanted != self._stage + point:
            return
        self._left -= 1
        if self._left <= 0:
            self._tells.send_bytes(self._wanted.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(self, reports: Sequence[BrokerReport]) -> None:
        """The broker's words are in memory, and nothing has come of them."""
        kinds = {type(report).__name__ for report in reports}
        for name, kind in HEARD.items():
            if kind in kinds:
                self.at(f"{name}-heard")


class MortalAnchor(Anchor):
    """The head, in a process that may end before it is moved."""

    def __init__(self, path: Path, store: "MortalStore") -> None:
        super().__init__(path)
        self._store = store

    def write(self, head: Head, *, durable: bool) -> None:
        """As ever."""
        self._store.at("committed")
        super().write(head, durable=durable)


class MortalStore(SqliteStore):
    """The real store, in a process that may end at any step of a write."""

    def __init__(self, path: Path, death: Death) -> None:
        self._death, self._names = death, list[str]()
        death.at("before-open")
        super().__init__(path)
        assert self._anchor is not None
        self._anchor.close()
        self._anchor = MortalAnchor(anchor_path(path), self)
        within = vars(engine.ledger.store)
        looked_at: Callable[[Path], tuple[int, int]] = within["identity"]

        def identity(ledger: Path) -> tuple[int, int]:
            self.at("in")
            return looked_at(ledger)

        within["identity"] = identity
        death.at("after-open")

    def append(self, batch: LedgerBatch) -> None:
        """As ever, with the points at which it may be the last."""
        kinds = {entry.type for entry in batch.entries}
        self._names = ["commit"] + [name for name, kind in WRITTEN.items() if kind in kinds]
        self._names += ["seal"] if batch.checkpoint is not None else []
        self.at("before")
        super().append(batch)
        self.at("after")

    def at(self, step: str) -> None:
        """A step of what is being written, by all its names."""
        for name in self._names:
            self._death.at(f"{step}-{name}")


class MortalLatch(StopLatch):
    """The real latch, in a process that may end while it is set or lifted."""

    def __init__(self, path: Path, death: Death) -> None:
        super().__init__(path)
        self._death = death
        within = vars(engine.risk.latch)
        synced: Callable[[Path], None] = within["_sync_folder"]
        removed: Callable[[Path], None] = within["_remove"]

        def sync_folder(folder: Path) -> None:
            death.at("in-latch")  # the file lies there, and nothing is in the journal
            synced(folder)

        def remove(path: Path) -> None:
            removed(path)
            death.at("in-lift")

        within["_sync_folder"], within["_remove"] = sync_folder, remove

    def set(self, source: str, why: str) -> bool:
        """As ever."""
        self._death.at("before-latch")
        is_written = super().set(source, why)
        self._death.at("after-latch")
        return is_written

    def lift(self) -> bool:
        """As ever."""
        self._death.at("before-lift")
        is_lifted = super().lift()
        self._death.at("after-lift")
        return is_lifted
