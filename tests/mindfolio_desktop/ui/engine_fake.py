"""An engine for the window's tests: it records what it is asked and says only what a test makes it say."""

import datetime as dt
import threading

from engine.core.money import Money
from engine.domain.aftermath import FollowedTrade, SkippedTrade
from engine.domain.candidate import ScanRow
from engine.domain.commands import Command
from engine.domain.explained import ExplainedDay
from engine.domain.records import EntryRow, FillRow, OrderRow, TradeRow


class EngineFake:
    """Takes commands and stops, and answers questions with what a test put here. `fault` makes questions fail."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.stops: list[tuple[str, str]] = []
        self.questions: list[str] = []
        self.threads: set[str] = set()
        self.scan_rows: tuple[ScanRow, ...] = ()
        self.trade_rows: tuple[TradeRow, ...] = ()
        self.skips: tuple[SkippedTrade, ...] = ()
        self.nav: tuple[tuple[dt.datetime, Money], ...] = ()
        self.since: dt.datetime | None = None
        self.fault: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def send(self, command: Command) -> None:
        """Take a command."""
        self.commands.append(command)

    def stop(self, source: str, why: str) -> None:
        """Take an emergency stop."""
        self.stops.append((source, why))

    def scans(self, module_id: str, since: dt.datetime, limit: int = 200) -> tuple[ScanRow, ...]:
        """The scan rows a test put here."""
        self.since = since
        self._question(f"scans {module_id}")
        return self.scan_rows[:limit]

    def orders(self, module_id: str | None, limit: int = 200, before: int | None = None) -> tuple[OrderRow, ...]:
        """None: no page asks yet."""
        self._question(f"orders {module_id}")
        return ()

    def fills(self, module_id: str | None, limit: int = 200, before: int | None = None) -> tuple[FillRow, ...]:
        """None: no page asks yet."""
        self._question(f"fills {module_id}")
        return ()

    def entries(self, limit: int = 200, before: int | None = None, kind: str = "") -> tuple[EntryRow, ...]:
        """None: no page asks yet."""
        self._question(f"entries {kind}")
        return ()

    def trades(self, module_id: str, limit: int = 200, after: int = 0) -> tuple[TradeRow, ...]:
        """The trades a test put here."""
        self._question(f"trades {module_id}")
        return self.trade_rows[:limit]

    def followed(self) -> tuple[FollowedTrade, ...]:
        """None: no page asks."""
        self._question("followed")
        return ()

    def skipped_trades(self, module_id: str, limit: int = 250) -> tuple[SkippedTrade, ...]:
        """The skipped trades a test put here."""
        self._question(f"skips {module_id}")
        return self.skips[:limit]

    def explained(self, since: dt.date = dt.date.min, limit: int = 20) -> tuple[ExplainedDay, ...]:
        """None: no page asks yet."""
        self._question(f"explained {since}")
        return ()

    def nav_history(self, limit: int = 2000) -> tuple[tuple[dt.datetime, Money], ...]:
        """The samples a test put here."""
        self._question("nav")
        return self.nav[-limit:]

    def _question(self, words: str) -> None:
        self.questions.append(words)
        self.threads.add(threading.current_thread().name)
        self.may_answer.wait(5)
        if self.fault is not None:
            raise self.fault
