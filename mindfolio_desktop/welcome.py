"""The start of a mindfolio: what a new one may be, and what is begun once a person has said it."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from engine.domain.mindfolio import Beginning, Environment, ModuleKind
from engine.runtime.defaults import NAMES, limits_of
from engine.runtime.places import Places, Running
from mindfolio_desktop.app import Session
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.views.first_run import FirstRun, Offer

DEMO_NAME = "Aggressive Growth"
"""What the template of a demo is called."""

DEMO_SESSIONS = 3
"""Sessions of history that a demo begins with."""

DEMO_SYMBOLS = ("SPY", "QQQ", "AAPL", "KO", "XLF", "TLT")
"""What a demo's modules look at, so that its history is soon made."""

_LOOK_MS = 200

_OFFERS = (
    (ModuleKind.IV_SERVICE, 30, "Sells options where they are dear: condors, calendars, diagonals. Trades by itself."),
    (ModuleKind.SELL_PUTS_ENGINE, 40, "Sells puts that its cash covers, keeps assigned shares, sells calls on them."),
    (ModuleKind.SMART_REBALANCER, 20, "Watches all modules together and suggests what to close or to hedge."),
    (ModuleKind.GAMMA_SCALPER, 0, "Buys straddles where options are cheap, and hedges their delta."),
)


def first_run(places: Places, taken: Sequence[str] | None = None) -> FirstRun:
    """The page that asks; `taken` are the names of others, where there is one to go back to."""
    offers = [Offer(kind, NAMES[kind], about, percent) for kind, percent, about in _OFFERS]
    markets = [Environment.SIMULATED]
    if any(places.history.rglob("*.parquet")):
        markets.append(Environment.REPLAY)
    if places.environment in markets:  # the one that was named on the command line
        markets.sort(key=lambda one: one is not places.environment)
    return FirstRun(offers, limits_of, markets, taken)


def of_demo(running: Running) -> Running:
    """How a demo goes on after its days of history: as it was asked for, over a market of few names."""
    return replace(running, symbols=running.symbols or DEMO_SYMBOLS)


def history_of(running: Running) -> Running:
    """A demo's days of history: at full speed, and everything that asks is approved."""
    return replace(running, speed=float("inf"), threads=0, is_beside=False, approves_all=True, sessions=DEMO_SESSIONS)


class Demo(QObject):
    """Follows a session's days of history on the page; then the market goes on as it would."""

    def __init__(self, session: Session, page: FirstRun, running: Running) -> None:
        """`running`: how it goes on afterwards."""
        super().__init__(session.window)
        self._session, self._page, self._running = session, page, running
        self._days_seen: set[object] = set()
        page.demo_ended.connect(self._end)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._follow)

    def start(self) -> None:
        """Follow from now on; the session runs its history."""
        self._look.start()
        self._follow()

    @Slot()
    def _follow(self) -> None:
        if self._session.host.has_ended:
            self._look.stop()
            self._session.begin(self._session.places, self._running)
            self._session.window.end_welcome()
            self.deleteLater()
            return
        snapshot = self._session.bridge.snapshot
        if snapshot is None:
            self._page.show_progress(0, 0, "Opening the market and testing the first trades on their past…")
            return
        market = snapshot.market
        if market.session is not None:
            self._days_seen.add(market.session)
        day = max(1, len(self._days_seen))
        held = fmt.counted(snapshot.positions, "open position")
        words = f"Day {day} of {DEMO_SESSIONS}: {fmt.date(market.now.date())}, {held}"
        self._page.show_progress(day - 1, DEMO_SESSIONS, words)

    @Slot()
    def _end(self) -> None:
        self._session.host.close(timeout_s=0)


class Welcome(QObject):
    """Shows the page in the session's window, and begins what was chosen on it."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.window)
        self._session, self._places, self._running = session, session.places, session.running
        self._page = first_run(session.places)
        self._page.begun.connect(self._begin)
        self._page.demo_wanted.connect(self._begin_demo)

    def start(self) -> None:
        """Show the window with the page."""
        self._session.window.show_welcome(self._page)
        self._session.show()

    @Slot(object, object)
    def _begin(self, beginning: Beginning, environment: Environment) -> None:
        places = Places(self._places.data_dir, environment)
        self._session.begin(places, replace(self._running, beginning=beginning))
        self._session.window.end_welcome()

    @Slot()
    def _begin_demo(self) -> None:
        after = of_demo(self._running)
        self._session.begin(Places(self._places.data_dir, Environment.SIMULATED), history_of(after))
        Demo(self._session, self._page, after).start()


def ask_first(session: Session) -> None:
    """Begin a session by asking what its mindfolio shall be."""
    Welcome(session).start()


def go_on_with_demo(session: Session, running: Running) -> None:
    """Follow the history of a session that runs it already, in its window."""
    page = first_run(session.places)
    session.window.show_welcome(page)
    Demo(session, page, running).start()
