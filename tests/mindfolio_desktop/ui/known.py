"""Other mindfolios for the window's tests: a list that is what a test says, and what was asked for."""

import datetime as dt
from dataclasses import dataclass, field

from engine.domain.mindfolio import Environment, KnownMindfolio, KnownState
from mindfolio_desktop.ui.others import Others

OPENED = dt.datetime(2026, 3, 16, 16, tzinfo=dt.UTC)
HERE = KnownMindfolio("/data/simulated", "First", Environment.SIMULATED, OPENED, KnownState.OPEN)
THERE = KnownMindfolio("/data/mindfolios/b/replay", "Second", Environment.REPLAY, OPENED, KnownState.CLOSED)
GONE = KnownMindfolio("/data/mindfolios/c/simulated", "Third", Environment.SIMULATED, None, KnownState.MISSING)


@dataclass
class Asked:
    """Others with what the window asked of them."""

    known: list[KnownMindfolio] = field(default_factory=lambda: [HERE, THERE, GONE])
    opened: list[str] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    new: int = 0

    def __post_init__(self) -> None:
        self.others = Others(lambda: self.known)
        self.others.open_wanted.connect(self.opened.append)
        self.others.forget_wanted.connect(self._forget)
        self.others.new_wanted.connect(self._count)

    def _forget(self, key: str) -> None:
        self.forgotten.append(key)
        self.known = [each for each in self.known if each.key != key]

    def _count(self) -> None:
        self.new += 1
