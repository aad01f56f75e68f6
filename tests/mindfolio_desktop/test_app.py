"""The whole application: the real window over the real engine's thread, on a replayed market, with mouse and keys."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.budget import BudgetPlan
from engine.domain.mindfolio import Environment, MindfolioStatus, ModuleStatus
from engine.domain.snapshot import MindfolioSnapshot
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.risk.latch import StopLatch
from engine.runtime.places import Places, Running
from mindfolio_desktop.app import Session
from mindfolio_desktop.ui import theme
from tests.mindfolio_desktop.ui.gestures import drag
from tests.recordings import falling_volatility, write_recording

WAIT_MS = 15_000


pytestmark = pytest.mark.usefixtures("begins_with_three")


def delete(window: QWidget) -> None:
    """Delete a window at once: one that lingers would share the application's shortcuts with that of the next test."""
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete.value)


class Driven:
    """A session with its window shown, and what the engine said of itself."""

    def __init__(self, qtbot: QtBot, places: Places) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application)
        self.qtbot = qtbot
        self.places = places
        self.is_closed = False
        self.snapshots: list[MindfolioSnapshot] = []
        self.session = Session(places, Running(speed=20.0, threads=1, publishes=True))
        self.session.bridge.snapshot_changed.connect(self.snapshots.append)
        self.session.window.resize(1400, 1000)
        self.session.start()
        self.until(lambda: bool(self.snapshots))

    @property
    def now(self) -> MindfolioSnapshot:
        """The newest snapshot."""
        return self.snapshots[-1]

    def has_status(self, status: MindfolioStatus) -> bool:
        """Whether the newest snapshot shows a status."""
        return self.now.status is status

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the window live until a condition holds."""
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    def find(self, kind: type[QWidget], name: str) -> QWidget:
        """A visible widget by its object name."""
        found = [widget for widget in self.session.window.findChildren(kind, name) if widget.isVisible()]
        assert len(found) == 1, f"{name}: {len(found)} to be seen"
        return found[0]

    def click(self, name: str) -> None:
        """A real click on a button."""
        QTest.mouseClick(self.find(QPushButton, name), Qt.MouseButton.LeftButton)

    def drag(self, name: str, by: int) -> None:
        """Drag a divider by pixels, with the left button held."""
        drag(self.find(QSlider, name), by)

    def close(self) -> None:
        """End the session as the application does; once."""
        if self.is_closed:
            return
        self.is_closed = True
        assert self.session.close(), "the engine's thread did not end"
        delete(self.session.window)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A data directory with a recording of four still days of SPY."""
    places = Places(tmp_path, Environment.REPLAY)
    recording = write_recording(tmp_path / "recording.csv", falling_volatility())
    import_files([recording], HistoryStore(places.history), lambda _line: None)
    return places


@pytest.fixture
def start(qtbot: QtBot, places: Places) -> Iterator[Callable[[], Driven]]:
    """Starts the application. What still runs when the test ends is ended: a failed test leaves no engine behind."""
    begun: list[Driven] = []

    def begin() -> Driven:
        begun.append(Driven(qtbot, places))
        return begun[-1]

    yield begin
    for driven in begun:
        driven.close()


@pytest.fixture
def driven(start: Callable[[], Driven]) -> Driven:
    """The application, running."""
    return start()


def test_a_divider_drag_is_applied_by_the_engine(driven: Driven) -> None:
    driven.drag("divider_IV_SERVICE", -80)
    driven.click("apply_allocation")
    driven.until(lambda: driven.now.version == 2)

    moved = driven.now.module("IV_SERVICE"), driven.now.module("IV_SERVICE_2")
    assert moved[0] is not None
    assert moved[1] is not None
    assert moved[0].budget < dollars("15000")
    assert moved[0].budget + moved[1].budget == dollars("35000")
    assert driven.now.reserve == dollars("5000")


def test_a_drag_on_a_split_that_has_changed_meanwhile_springs_back_with_the_reason(driven: Driven) -> None:
    driven.drag("divider_IV_SERVICE", -80)
    plan = driven.now.modules
    budgets = {module.spec.module_id: module.budget for module in plan}
    budgets["IV_SERVICE_3"] -= dollars("1000")
    driven.session.host.send(
        cmd.ReallocateBudget(BudgetPlan(budgets, driven.now.reserve + dollars("1000")), 1, "elsewhere", "first")
    )
    denials: list[str] = []
    driven.session.bridge.command_denied.connect(
        lambda _command, refused: denials.extend(denial.code.value for denial in refused)
    )
    driven.click("apply_allocation")
    driven.until(lambda: driven.now.version == 2 and bool(denials))

    assert denials == ["STALE_VERSION"]
    service = driven.now.module("IV_SERVICE")
    assert service is not None
    assert service.budget == dollars("15000")


def test_an_approval_is_clicked_and_becomes_a_position(driven: Driven) -> None:
    driven.until(lambda: any(module.approvals for module in driven.now.modules))
    driven.click("go_approvals")
    driven.until(lambda: driven.find(QPushButton, "ticket_approve").isEnabled())
    driven.click("ticket_approve")
    driven.until(lambda: bool((view := driven.now.module("IV_SERVICE_2")) and (view.orders or view.open_positions)))

    approvals = driven.now.module("IV_SERVICE_2")
    assert approvals is not None
    assert approvals.approvals == ()
    assert approvals.used + approvals.held > 0


def test_emergency_stop_pauses_everything_and_survives_a_restart(start: Callable[[], Driven], places: Places) -> None:
    first = start()
    first.click("emergency_stop")
    assert StopLatch(places.latch).is_set, "the latch is there when the click returns"
    first.until(lambda: first.has_status(MindfolioStatus.STOPPED))
    assert all(module.status is ModuleStatus.PAUSED for module in first.now.modules)
    first.close()

    second = start()
    assert second.has_status(MindfolioStatus.STOPPED)
    second.until(lambda: second.now.is_compared)
    second.click("rearm_open")
    reason = second.find(QLineEdit, "rearm_reason")
    QTest.keyClicks(reason, "looked at every order")
    second.click("rearm_send")
    second.until(lambda: second.has_status(MindfolioStatus.ACTIVE))
    assert all(module.status is ModuleStatus.PAUSED for module in second.now.modules)
    assert not StopLatch(places.latch).is_set
    second.close()

    store = SqliteStore(places.ledger, for_reading=True)
    assert verify_store(store).faults == ()
    store.close()


def test_the_shortcut_stops_from_any_page(driven: Driven) -> None:
    driven.click("go_approvals")
    QTest.keyClick(
        driven.session.window,
        Qt.Key.Key_S,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    driven.until(lambda: driven.has_status(MindfolioStatus.STOPPED))


def test_a_ledger_in_use_is_said_in_the_window_not_in_a_traceback(qtbot: QtBot, driven: Driven) -> None:
    alerts: list[str] = []
    second = Session(driven.places, Running(speed=20.0, threads=1, publishes=True))
    second.bridge.alert.connect(lambda alert: alerts.append(alert.text))
    second.start()
    qtbot.waitUntil(lambda: bool(alerts), timeout=WAIT_MS)
    assert "in use by another Mindfolio" in alerts[0]
    assert second.close()
    delete(second.window)
