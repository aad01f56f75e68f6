"""The line at the foot of the window: the last event, how good the quotes are, how old the figures on screen."""

import datetime as dt

from PySide6.QtCore import QElapsedTimer, QTimer, Slot
from PySide6.QtWidgets import QStatusBar

from engine.domain.snapshot import MindfolioSnapshot, QuoteCounts
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import ElidedText, Text


class StatusLine(QStatusBar):
    """Last event at the left; at the right the quotes' faults, the journal entry that is shown, and when it came."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status_line")
        self.setSizeGripEnabled(False)
        self.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        self._event = ElidedText("Waiting for the engine", "muted", 12, name="last_event")
        self._state = Text("", "muted", 12, name="shown_entry")
        self._quotes = Text("", "muted", 12, name="quotes")
        self.addWidget(self._event, 1)
        self.addPermanentWidget(self._quotes)
        self.addPermanentWidget(self._state)
        self._seq: int | None = None
        self._heard = QElapsedTimer()
        self._each_second = QTimer(self, interval=1000)
        self._each_second.timeout.connect(self.show_age)
        self._each_second.start()

    @property
    def last_event(self) -> str:
        """What is shown at the left."""
        return self._event.text()

    def show_event(self, words: str) -> None:
        """The last thing that happened."""
        self._event.show_text(words.replace("\n", " · "))

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """The engine spoke."""
        if self._seq is None:
            self.show_event("Connected to the engine")
        self._seq = snapshot.seq
        self._show_quotes(snapshot.market.quotes)
        self._heard.start()
        self.show_age()

    def _show_quotes(self, quotes: QuoteCounts) -> None:
        """How many quotes nobody may trade on, and in the tip with what faults."""
        if not quotes.rows:
            return
        self._quotes.show_text(f"{quotes.untradable / quotes.rows:.1%} of quotes not tradable ·")
        faults = [f"{count:,} {name.replace('_', ' ')}" for name, count in quotes.faults.items()]
        seen = f"{quotes.untradable:,} of {quotes.rows:,} quotes since the start are marked and not traded"
        self._quotes.setToolTip("\n".join([seen, *faults]))

    @Slot()
    def show_age(self) -> None:
        """Say how long ago the engine spoke, by the computer's clock: a held or slow market is silent for long."""
        if self._seq is not None:
            age = fmt.age(dt.timedelta(milliseconds=self._heard.elapsed()))
            self._state.show_text(f"Journal entry {self._seq:,} · updated {age} ago")
