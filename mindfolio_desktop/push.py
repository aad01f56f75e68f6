"""Push messages: a bounded queue, one thread, and an address that is kept secret.

At most one message in `INTERVAL_S`; what comes meanwhile goes together as the next. The address (an apprise URL) holds
a token or a password. It is kept in a file of its own that only its user can read, and nothing else here says it: not
the log, not an error, not a repr. apprise is an extra, imported when an address is
typed, or else with the first message.
"""

import importlib.util
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread

from engine.core.files import own_folder, replace_text
from mindfolio_desktop.redaction import know

INTERVAL_S = 10.0
LEAVING_S = 3.0
"""How long an end of the program waits for what is still to be sent."""
KEPT = 10
LONGEST = 180
"""Letters of a line: ten lines are what a chat takes in one message."""
FILE = "push-address"

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^\s\x00-\x1f\x7f]+")
_LONGEST_ADDRESS = 2000
_LOCAL = frozenset({"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})
"""Schemes of apprise that reach no further than this computer: its desktop, its log, a light in its socket."""
_UNKNOWN = "apprise does not know such an address."
_STAYS_HERE = "Such an address reaches this computer only. Give that of a service which reaches your phone or mail."
_LACK = "Push messages need the library apprise, which is not installed here: `uv sync --extra push` installs it."

_log = logging.getLogger(__name__)

Send = Callable[[str, str, str], str]
"""Address, title and body; returns "" once it was taken, else why it was not, without the address."""

Check = Callable[[str], str]
"""Why an address cannot be sent to, without the address; "" where it can."""


@dataclass(frozen=True, slots=True)
class _Line:
    title: str
    words: str
    weight: int


class Outbox:
    """What waits to be sent. It knows when, and asks nobody for the time."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []
        self._left_out = 0
        self._next = 0.0

    def add(self, title: str, words: str, weight: int = 0) -> None:
        """Keep a line; beyond `KEPT` the oldest of those that weigh least is only counted."""
        cut = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
        self._lines.append(_Line(title, cut, weight))
        if len(self._lines) > KEPT:
            lightest = min(line.weight for line in self._lines)
            del self._lines[next(at for at, line in enumerate(self._lines) if line.weight == lightest)]
            self._left_out += 1

    def clear(self) -> None:
        """Forget what waits."""
        self._lines.clear()
        self._left_out = 0

    def wait(self, now: float) -> float | None:
        """Seconds until something is due; None while there is nothing."""
        return max(0.0, self._next - now) if self._lines else None

    def take(self, now: float) -> tuple[str, str]:
        """Title and body of what is due: all that waits under the first one's title. Another mindfolio's waits on."""
        title = self._lines[0].title
        count = next((at for at, line in enumerate(self._lines) if line.title != title), len(self._lines))
        lines, self._lines = self._lines[:count], self._lines[count:]
        left_out, self._left_out = self._left_out, 0
        self._next = now + INTERVAL_S
        body = [line.words for line in lines]
        if left_out:
            body.append(f"and {left_out} more: see Messages")
        total = count + left_out
        return (title if total == 1 else f"{title}: {total} messages"), "\n".join(body)


class Pusher:
    """Sends on a thread of its own, which begins with the first message. Its methods return at once, on any thread."""

    def __init__(
        self,
        folder: Path,
        send: Send | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`send` in place of apprise; it takes any address."""
        self.on_sent: Callable[[str], None] = _unheard
        """Called on the thread, with "" or why a message was not sent."""
        self._path, self._send, self._clock = folder / FILE, send or by_apprise, clock
        self._check: Check = unfit if send is None else _anything
        self._needs_apprise = send is None
        self._address = _read(self._path)
        know(self._address)
        self._outbox = Outbox()
        self._turn = Condition()
        self._is_closed = self._is_failing = False
        self._thread: Thread | None = None

    @property
    def scheme(self) -> str:
        """All of the address that may be shown; "" where there is none."""
        found = _ADDRESS.fullmatch(self._address)
        return found.group(1).lower() if found else ""

    @property
    def lack(self) -> str:
        """Why nothing can be sent from this program, and what to do."""
        return "" if not self._needs_apprise or importlib.util.find_spec("apprise") else _LACK

    def keep(self, address: str) -> str:
        """Send to this address from now on; returns why not, or ""."""
        if len(address) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
            return "This is no address. It has a scheme, as in ntfys://topic, and no spaces."
        try:
            why = self._check(address)
        except Exception:  # noqa: BLE001 - whatever a foreign library raises; its text may hold the address
            why = _UNKNOWN
        if why:
            return why
        know(address)
        try:
            own_folder(self._path.parent)
            replace_text(self._path, address)
        except OSError as error:
            return f"The address was not kept: {error.strerror or type(error).__name__}."
        self._change(address)
        return ""

    def remove(self) -> str:
        """Send nothing more, and keep no address; returns why that was not done, or ""."""
        self._change("")
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            return f"The file {FILE} was not deleted: {error.strerror or type(error).__name__}. Delete it yourself."
        return ""

    def _change(self, address: str) -> None:
        with self._turn:
            self._address = address
            self._outbox.clear()

    def tell(self, title: str, words: str, weight: int = 0) -> None:
        """Send this soon; returns at once. Without an address nothing is sent; in a flood, not what weighs least."""
        with self._turn:
            if self._is_closed or not self._address:
                return
            self._outbox.add(title, words, weight)
            if self._thread is None:
                # It must not hold up the end of the program: a server may take long to answer.
                self._thread = Thread(target=self._run, name="mindfolio-push", daemon=True)
                self._thread.start()
            self._turn.notify()

    def close(self, timeout_s: float = LEAVING_S) -> None:
        """Send at once what still waits, and end; nothing is reported any more."""
        with self._turn:
            self._is_closed = True
            self._turn.notify()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while (due := self._due()) is not None:
            address, title, body = due
            try:
                why = self._send(address, title, body)
            except Exception as error:  # noqa: BLE001 - whatever a foreign library raises; its text may hold the address
                why = f"{type(error).__name__}."
            if why and not self._is_failing:
                _log.warning("a push message was not sent: %s", why)
            self._is_failing = bool(why)
            with self._turn:
                if not self._is_closed:
                    self.on_sent(why)

    def _due(self) -> tuple[str, str, str] | None:
        """Wait for what is due: address, title, body. None at the end."""
        with self._turn:
            while True:
                now = self._clock()
                wait = self._outbox.wait(now)
                if wait is not None and (wait <= 0 or self._is_closed):
                    return (self._address, *self._outbox.take(now))
                if self._is_closed:
                    return None
                self._turn.wait(wait)


def _unheard(_why: str) -> None:
    """Nobody listens yet."""


def _anything(_address: str) -> str:
    """Whatever sends knows for itself."""
    return ""


def by_apprise(address: str, title: str, body: str) -> str:
    """Send by apprise; see `Send`."""
    # What is in the file may have been written by hand.
    if why := unfit(address):
        return why
    import apprise  # noqa: PLC0415 - see `unfit`

    to = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
    if not to.add(address) or not to.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT):
        return "The service could not be reached, or did not take it."
    return ""


def unfit(address: str) -> str:
    """Ask apprise, which reads an address without going anywhere; see `Check`."""
    # Both write addresses into the log, apprise when one is not understood, urllib3 with every request.
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        import apprise  # noqa: PLC0415 - an extra, and heavy: only where an address is configured
    except ImportError:
        return _LACK
    to = apprise.Apprise(asset=apprise.AppriseAsset(async_mode=False))
    if not to.add(address):
        # A desktop's own scheme is unknown where that desktop is not; what it is must be said all the same.
        is_local = address.partition("://")[0].lower() in _LOCAL
        return _STAYS_HERE if is_local else _UNKNOWN
    # One text may hold several addresses.
    schemes = {scheme for service in to for scheme in service.schemas()}  # type: ignore[no-untyped-call]
    return _STAYS_HERE if _LOCAL & schemes else ""


def _read(path: Path) -> str:
    try:
        address = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
    return address if _ADDRESS.fullmatch(address) else ""
