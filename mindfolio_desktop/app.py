"""Composition root of a mindfolio on screen: the one file that sees both worlds, a window and its engine.

It is imported once the program's window is painted; what is heavier still happens on the engine's thread, or when a
page first needs it.
"""

from collections.abc import Sequence
from functools import cached_property

from PySide6.QtCore import QTimer

from engine.domain.commands import Command
from engine.domain.mindfolio import ModuleKind, ModuleSpec
from engine.domain.ports import Query
from engine.domain.questions import DeskQuestion, LedgerQuestion
from engine.runtime.host import EngineHost
from engine.runtime.places import Places, Running
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.frame import Frame
from mindfolio_desktop.ui.look import Look
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.others import Others
from mindfolio_desktop.ui.outside import Outside
from mindfolio_desktop.ui.views.settings import About
from mindfolio_desktop.ui.widgets.module_panels import Setting
from mindfolio_desktop.versions import LIBRARIES, program_version, python_version, version_of

_NO_PACKAGE = "not installed as a package"


class LedgerReader:
    """Answers from the ledger, which it opens for reading when first asked, on the asking thread."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._query: Query | None = None

    def __call__(self, question: LedgerQuestion) -> object:
        """What the journal tells. Raises LedgerFault when it cannot be read."""
        from engine.ledger.query import LedgerQuery  # noqa: PLC0415 - heavy: not before the first paint
        from engine.runtime.answers import answer_from_ledger  # noqa: PLC0415 - heavy

        if self._query is None:
            self._query = LedgerQuery(self._places.ledger)
        return answer_from_ledger(self._query, question, self._places)


class Session:
    """One window over one engine. The window is made when it is first asked for."""

    def __init__(
        self,
        places: Places,
        running: Running,
        look: Look | None = None,
        others: Others | None = None,
        frame: Frame | None = None,
    ) -> None:
        """With `others` the window offers other mindfolios; without a `frame` it stands by itself."""
        self._look, self._others, self._frame = look, others, frame
        self.outside: Outside | None = None
        """What sends alerts to a person's phone; to be set before the window is asked for."""
        self.bridge = EngineBridge(self._send, self._stop, self._read)
        self._take(places, running)

    @cached_property
    def window(self) -> MainWindow:
        """The window, as it was left."""
        return MainWindow(
            self.bridge,
            settings_of=self._settings,
            about_of=self._about,
            look=self._look,
            others=self._others,
            where=self.places.environment,
        )

    def show(self) -> None:
        """Show the window."""
        if self._frame is None:
            self.window.show()
        else:
            self._frame.hold(self.window)

    def start(self) -> None:
        """Show the window; the engine starts once it is painted."""
        self.show()
        QTimer.singleShot(0, self.host.start)

    def begin(self, places: Places, running: Running) -> None:
        """Run this from now on, in place of an engine that was not started, or has ended."""
        self._take(places, running)
        self.host.start()

    def _take(self, places: Places, running: Running) -> None:
        self.places, self.running = places, running
        self._reader = LedgerReader(places)
        self.host = EngineHost(places, running, self.bridge)

    def close(self) -> bool:
        """End the engine, then the bridge; True when the engine's thread has ended."""
        has_ended = self.host.close()
        self.bridge.close()
        return has_ended

    def _send(self, message: Command | DeskQuestion) -> None:
        self.host.send(message)

    def _stop(self, source: str, why: str) -> None:
        self.host.stop(source, why)

    def _read(self, question: LedgerQuestion) -> object:
        return self._reader(question)

    def _settings(self, spec: ModuleSpec) -> Sequence[Setting]:
        return _settings_of(self.places, spec)

    def _about(self) -> About:
        libraries = [(name.removesuffix("-Essentials"), version_of(name) or _NO_PACKAGE) for name in LIBRARIES]
        return About(
            self.places.home,
            (("Mindfolio", program_version()), ("Python", python_version()), *libraries),
            self.outside,
        )


def _settings_of(places: Places, spec: ModuleSpec) -> Sequence[Setting]:
    """A module's settings with labels, units and help, read from its strategy's schema when a page first asks."""
    from engine.modules.base import setting_rows  # noqa: PLC0415 - heavy: not before the first paint
    from engine.modules.registry import parameters_for  # noqa: PLC0415 - heavy

    if spec.kind is ModuleKind.USER:
        from engine.modules.sandbox.programs import UserPrograms  # noqa: PLC0415 - heavy

        return setting_rows(UserPrograms(places.modules).parameters_of(spec), spec.parameters)
    return setting_rows(parameters_for(spec.kind), spec.parameters)
