"""Where a data directory keeps what, and how an engine is asked to run. Light enough for the start path."""

import math
from dataclasses import dataclass
from pathlib import Path

from engine.domain.mindfolio import Beginning, Environment

SEVERAL = "mindfolios"
"""The folder of a user's data place in which further mindfolios have their data directories."""

ENGINE_THREAD = "mindfolio-engine"
"""The name of the one thread that trades, beside a window."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one environment of a data directory keeps its things."""

    data_dir: Path
    environment: Environment

    @property
    def home(self) -> Path:
        """The user's data place: this data directory, or the one that holds it among several mindfolios."""
        above = self.data_dir.parent
        return above.parent if above.name == SEVERAL else self.data_dir

    @property
    def folder(self) -> Path:
        """Everything of this environment; no other environment ever writes there."""
        return self.data_dir / self.environment.value

    @property
    def ledger(self) -> Path:
        """The journal's file."""
        return self.folder / "ledger.sqlite"

    @property
    def latch(self) -> Path:
        """The emergency stop's file: while it exists, nothing is opened."""
        return self.folder / "STOP"

    @property
    def broker(self) -> Path:
        """The paper broker's own account: its counterparty's memory, not ours."""
        return self.folder / "paper-broker.jsonl"

    @property
    def lock(self) -> Path:
        """Held by the one process that may write the ledger."""
        return self.folder / "writer.lock"

    @property
    def history(self) -> Path:
        """Imported recordings, shared by all environments and all mindfolios of a user's data place."""
        return self.home / "history"

    @property
    def modules(self) -> Path:
        """Modules that the user wrote, and which of them are enabled; shared as recordings are."""
        return self.home / "modules"

    @property
    def recorded(self) -> Path:
        """What was recorded of this environment's feed, which is nobody else's market."""
        return self.folder / "recorded"

    @property
    def evidence(self) -> Path:
        """Backtests' answers of the day; worked out again where they are missing."""
        return self.folder / "evidence"


def existing(data_dir: Path) -> tuple[Places, ...]:
    """The environments of a data directory that have a ledger, the last written first."""
    found = [places for environment in Environment if (places := Places(data_dir, environment)).ledger.exists()]
    return tuple(sorted(found, key=_written_ns, reverse=True))


def data_dirs(home: Path) -> tuple[Path, ...]:
    """The data directories of a user's data place: itself, then those of further mindfolios, by name."""
    try:
        further = sorted(each for each in (home / SEVERAL).iterdir() if each.is_dir())
    except OSError:  # there is none
        further = []
    return (home, *further)


def _written_ns(places: Places) -> int:
    """When a ledger was last written: SQLite writes beside the file while it is open, and into it at the end."""
    aside = places.ledger.with_name(f"{places.ledger.name}-wal")
    written = [places.ledger.stat().st_mtime_ns]
    # An empty one is left by those who only read.
    if aside.exists() and (status := aside.stat()).st_size:
        written.append(status.st_mtime_ns)
    return max(written)


@dataclass(frozen=True, slots=True)
class Running:
    """How a kernel is to run. `seed` None takes the ledger's (or the default for a new one)."""

    seed: int | None = None
    speed: float = math.inf
    approves_all: bool = False
    threads: int = 0
    random_delay_s: float = 0.0
    is_beside: bool = False
    """Whether backtests are worked out beside scans, in a process of their own: for a window, whose market shall not
    wait for them. When a trade's backtest is there is then a matter of time, and no two runs are the same."""
    publishes: bool = False
    template: str = "aggressive-growth"
    """Which of `defaults.TEMPLATES` a new mindfolio is made by."""
    name: str = ""
    """What a new mindfolio that a template makes is called, "" for the template's own name."""
    beginning: Beginning | None = None
    """What a person wants a new mindfolio to be, in place of a template."""
    sessions: int | None = None
    """End by itself once so many sessions are over, the running one counted; None: when it is closed."""
    symbols: tuple[str, ...] = ()
    """The universe of a new mindfolio's modules; () is the whole market."""
    quote_minutes: int | None = None
    """Quotes of the simulated market come every so many minutes (None: every one), so that a year is soon over."""
    record_minutes: int | None = None
    """Record the feed: of each symbol one chain in so many minutes (0: every one); None: nothing."""
