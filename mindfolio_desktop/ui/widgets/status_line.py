"""The line at the foot of the window: the last event, and whether the engine still speaks."""

from PySide6.QtCore import QElapsedTimer, QTimer, Slot
from PySide6.QtWidgets import QStatusBar

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.text import Text

SILENCE_MS = 5000
"""The engine publishes at least every second while its market runs; after this time its figures are old."""


class StatusLine(QStatusBar):
    """Last event at the left, the ledger's head or the engine's silence at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("status_line")
        self.setSizeGripEnabled(False)
        self.setContentsMargins(theme.SPACE, 0, theme.SPACE, 0)
        self._event = Text("Waiting for the engine", "muted", 12, name="last_event")
        self._state = Text("", "muted", 12, name="engine_state")
        self.addWidget(self._event, 1)
        self.addPermanentWidget(self._state)
        self._snapshot: MindfolioSnapshot | None = None
        self._heard = QElapsedTimer()
        self._watch = QTimer(self, interval=1000)
        self._watch.timeout.connect(self.check_silence)
        self._watch.start()

    @property
    def last_event(self) -> str:
        """What is shown at the left."""
        return self._event.text()

    @property
    def state(self) -> str:
        """What is shown at the right."""
        return self._state.text()

    def show_event(self, words: str) -> None:
        """The last thing that happened."""
        self._event.show_text(words.replace("\n", " · "))

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        """The engine spoke."""
        if self._snapshot is None:
            self.show_event("Connected to the engine")
        self._snapshot = snapshot
        self._heard.start()
        self._state.show_text(f"Journal entry {snapshot.seq:,}", "muted")

    @Slot()
    def check_silence(self) -> None:
        """Say so when a running market's figures have not come for some seconds."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.market.speed == 0 or snapshot.market.is_finished:
            return
        if self._heard.elapsed() >= SILENCE_MS:
            seconds = self._heard.elapsed() // 1000
            self._state.show_text(f"No word from the engine for {seconds} s: figures are old", "warning")
