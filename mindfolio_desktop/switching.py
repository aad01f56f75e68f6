"""The window's whole life: the mindfolio it begins with, and the others that are opened in its place.

The other one is opened first, whole, while this one still runs: what cannot be opened costs nothing but a line. Then
this one ends as it does when the program ends, and only then a window is made for the other.
"""

import datetime as dt
import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Slot

from engine.core.files import open_to_others
from engine.domain.mindfolio import Beginning, Environment, KnownMindfolio
from engine.runtime import known
from engine.runtime.places import Places, Running
from mindfolio_desktop.app import Session
from mindfolio_desktop.push import Pusher
from mindfolio_desktop.ui import remembered
from mindfolio_desktop.ui.frame import Frame
from mindfolio_desktop.ui.later import later
from mindfolio_desktop.ui.look import Look
from mindfolio_desktop.ui.others import Others
from mindfolio_desktop.ui.outside import Outside
from mindfolio_desktop.ui.views.first_run import FirstRun
from mindfolio_desktop.welcome import DEMO_NAME, first_run, go_on_with_demo, history_of, of_demo

_LOOK_MS = 50
_SETTLED_MS = 500
"""After the first figures: they are on screen then."""
_GONE = "It is not there any more. List the mindfolios again."

Shown = Callable[[Session], None]


@dataclass(slots=True)
class _Incoming:
    """A mindfolio on its way into the window."""

    session: Session
    name: str
    show: Shown
    is_closing: bool = False
    """The one before was told to end."""


class Switching(QObject):
    """Holds the session that is on screen. One switch at a time."""

    def __init__(self, places: Places, running: Running, look: Look, frame: Frame) -> None:
        """`running` is how every mindfolio of this window runs, if nothing else was said for a new one."""
        super().__init__()
        running = replace(running, is_beside=True)
        self._look, self._running, self._frame = look, replace(running, beginning=None, name=""), frame
        self._home = places.home
        self._incoming: _Incoming | None = None
        self._asked: FirstRun | None = None
        self._told_open = False
        self.others = Others(self._known, self)
        self.others.open_wanted.connect(self._open)
        self.others.new_wanted.connect(self._ask)
        self.others.forget_wanted.connect(self._forget)
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._follow)
        self._pusher = Pusher(places.home)
        self._outside = Outside(self._pusher, self)
        self.session = self._session_of(places, running)
        self._listen()

    def _session_of(self, places: Places, running: Running) -> Session:
        session = Session(places, running, self._look, self.others, self._frame)
        session.outside = self._outside
        return session

    def close(self) -> bool:
        """End what runs; True when its threads have ended."""
        self._timer.stop()
        self._pusher.close()
        coming, self._incoming = self._incoming, None
        has_ended = coming is None or coming.session.close()
        return self.session.close() and has_ended

    # --- the list -------------------------------------------------------------------------------------------------
    def _known(self) -> Sequence[KnownMindfolio]:
        return known.known(self._home, self.session.places)

    @Slot(object)
    def _forget(self, key: str) -> None:
        known.forget(self._home, key)

    def _listen(self) -> None:
        self._outside.hear(self.session.bridge)
        self.session.bridge.snapshot_changed.connect(self._note_opened)

    @Slot(object)
    def _note_opened(self, _snapshot: object) -> None:
        """It runs: keep its name and the time, once."""
        session = self.session
        if session.bridge.snapshot is None:
            return
        session.bridge.snapshot_changed.disconnect(self._note_opened)
        # A first start may have chosen another market.
        remembered.use_folders(session.places.home, session.places.folder)
        known.note_opened(session.places, session.bridge.snapshot.name, dt.datetime.now(dt.UTC))
        later(self, _SETTLED_MS, set_aside)
        places = session.places
        words = filter(None, map(open_to_others, dict.fromkeys((places.home, places.data_dir, places.folder))))
        if (said := next(words, "")) and not self._told_open:
            self._told_open = True
            session.bridge.tell(f"{said[0].upper()}{said[1:]}.")

    # --- another --------------------------------------------------------------------------------------------------
    @Slot(object)
    def _open(self, key: str) -> None:
        names = {each.key: each.name for each in self._known()}
        places = known.places_of(key)
        name = names.get(key, "The mindfolio")
        if places is None or not places.ledger.is_file():
            self._refuse(name, _GONE)
            return
        self.switch(places, replace(self._running, seed=None), name)

    def switch(self, places: Places, running: Running, name: str, show: Shown = Session.show) -> None:
        """Open it, then end what is on screen and `show` it. Says in the window what cannot be done."""
        if self._incoming is not None:
            self._refuse(name, f"{self._incoming.name} is being opened. Wait for that.")
            return
        session = self._session_of(places, running)
        session.bridge.hold()
        self._incoming = _Incoming(session, name, show)
        session.host.start()
        self._timer.start()

    @Slot()
    def _follow(self) -> None:
        coming = self._incoming
        if coming is None:
            self._timer.stop()
        elif coming.session.host.fault:
            self._timer.stop()
            self._incoming = None
            coming.session.close()
            self._refuse(coming.name, coming.session.host.fault)
        elif coming.session.host.is_open and not coming.is_closing:
            coming.is_closing = True
            self.session.host.close(timeout_s=0)
        elif coming.is_closing and self.session.host.has_ended:
            self._timer.stop()
            self._incoming = None
            self._exchange(coming)

    def _exchange(self, coming: _Incoming) -> None:
        """The one before has ended: a window for the other, as that was left."""
        before, self.session, self._asked = self.session, coming.session, None
        before.window.keep()
        remembered.use_folders(coming.session.places.home, coming.session.places.folder)
        self._look.come_back()
        self._listen()
        coming.show(self.session)
        before.window.floats.put_away()
        before.window.deleteLater()
        before.close()
        self.session.bridge.release()

    def _refuse(self, name: str, why: str) -> None:
        if self._asked is not None:
            self._asked.show_refused(f"{name} was not opened. {why}")
        self.session.window.tell(f"{name} was not opened", why)

    # --- a new one ------------------------------------------------------------------------------------------------
    @Slot()
    def _ask(self) -> None:
        """The page of the first start, over the mindfolio that goes on."""
        page = first_run(self.session.places, [each.name for each in self._known()])
        page.begun.connect(self._begin)
        page.demo_wanted.connect(self._begin_demo)
        page.given_up.connect(self._give_up)
        self._asked = page
        self.session.window.show_welcome(page)

    @Slot()
    def _give_up(self) -> None:
        if self._incoming is None:
            self._asked = None
            self.session.window.end_welcome()

    @Slot(object, object)
    def _begin(self, beginning: Beginning, environment: Environment) -> None:
        running = replace(self._running, beginning=beginning)
        self._leave_for(beginning.name, lambda: self._create(beginning.name, environment, running, Session.show))

    @Slot()
    def _begin_demo(self) -> None:
        name = known.free_name(DEMO_NAME, [each.name for each in self._known()])
        after = of_demo(replace(self._running, name=name))

        def show(session: Session) -> None:
            go_on_with_demo(session, after)
            session.show()

        self._leave_for(name, lambda: self._create(name, Environment.SIMULATED, history_of(after), show))

    def _leave_for(self, name: str, then: Callable[[], None]) -> None:
        """Go on once a person has said that what is open may stay unattended; the page can be used again till then."""
        if self._asked is not None:
            self._asked.show_refused("")
        self.session.window.switcher.leave(name, then)

    def _create(self, name: str, environment: Environment, running: Running, show: Shown) -> None:
        page = self._asked
        if page is None:  # it was left while the question was open
            return
        try:
            places = known.new_places(self._home, name, environment)
        except OSError as error:
            self._refuse(name, f"{error.filename or self._home}: {error.strerror or error}")
            return
        page.show_waiting(f"Opening {name}…")
        self.switch(places, running, name, show)


def set_aside() -> None:
    """Spare the cycle collector what stays anyway: modules, the window, the book as it was opened.

    Looking through all of it stops the window for 100 ms, again and again; what is made later is little. What is
    garbage by now goes first.
    """
    gc.collect()
    gc.freeze()
