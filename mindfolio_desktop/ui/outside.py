"""What is told where nobody looks at the window: urgent alerts, by the desktop's tray and by push messages."""

import math
import time
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from engine.domain.notices import Alert
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.bridge import EngineBridge

TROUBLE_AGAIN_S = 3600.0
"""A way out that fails is told of once an hour, also where it works in between."""

TEST_WORDS = "This is a test. Urgent alerts of your mindfolios come like this."


class Post(Protocol):
    """What sends push messages, on a thread of its own."""

    on_sent: Callable[[str], None]
    """Called on any thread, with "" or why a message was not sent."""

    @property
    def scheme(self) -> str:
        """All of the address that may be shown; "" where there is none."""

    @property
    def lack(self) -> str:
        """Why nothing can be sent from this program, and what to do; "" where it can."""

    def keep(self, address: str) -> str:
        """Send to this address from now on; returns why not, or ""."""

    def remove(self) -> str:
        """Send nothing more, and keep no address; returns why that was not done, or ""."""

    def tell(self, title: str, words: str, weight: int = 0) -> None:
        """Send this soon; returns at once. In a flood what weighs least is left out."""


class Outside(QObject):
    """Passes the urgent alerts of the mindfolio on screen on to a post. One for the program."""

    sent = Signal(str)
    """A message was sent (""), or why it was not."""

    _outcome = Signal(str)

    def __init__(self, post: Post, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.post = post
        self._bridge: EngineBridge | None = None
        self._clock, self._quiet_until = clock, -math.inf
        self._outcome.connect(self._take)
        post.on_sent = self._outcome.emit

    def hear(self, bridge: EngineBridge) -> None:
        """Hear this engine's alerts from now on, and no other's."""
        if self._bridge is not None:
            self._bridge.alert.disconnect(self._on_alert)
        self._bridge = bridge
        bridge.alert.connect(self._on_alert)

    def test(self) -> None:
        """Send something harmless; `sent` tells what became of it."""
        self.post.tell("Mindfolio", TEST_WORDS)

    @Slot(object)
    def _on_alert(self, alert: Alert) -> None:
        if alert.is_urgent and self.post.scheme:
            snapshot = self._bridge.snapshot if self._bridge is not None else None
            title, words = told_outside(alert, snapshot)
            # A stop is never what a flood leaves out; what concerns the whole mindfolio goes before one module's.
            weight = 2 if alert.is_standing else int(not alert.module_id)
            self.post.tell(title, f"{fmt.short_moment(alert.at)}  {words}", weight)

    @Slot(str)
    def _take(self, why: str) -> None:
        self.sent.emit(why)
        now = self._clock()
        if why and self._bridge is not None and now >= self._quiet_until:
            self._quiet_until = now + TROUBLE_AGAIN_S
            self._bridge.tell(f"A push message was not sent. {why} See Settings, Alerts on your phone.")


def told_outside(alert: Alert, snapshot: MindfolioSnapshot | None) -> tuple[str, str]:
    """Title and words: whose it is, never without its environment, and what happened."""
    words = fmt.told(alert.text)
    if snapshot is None:
        return "Mindfolio", words
    view = snapshot.module(alert.module_id) if alert.module_id else None
    where = view.spec.name if view is not None else alert.module_id
    title = f"{snapshot.name} \N{EN DASH} {fmt.environment(snapshot.environment)}"
    return title, f"{where}: {words}" if where else words
