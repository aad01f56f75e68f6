"""An error that nobody expected pauses trading once and is told once; the engine's own halts by itself."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, qCritical, qWarning
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.commands import PauseMindfolio
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.snapshot import MindfolioSnapshot
from engine.runtime.places import ENGINE_THREAD
from mindfolio_desktop.app import Session
from mindfolio_desktop.logs import Log
from mindfolio_desktop.redaction import know
from mindfolio_desktop.troubles import Troubles, listen_no_longer, listen_to_qt
from mindfolio_desktop.ui.widgets.trouble_dialog import TroubleDialog
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, stopped

CANARY = "cAnArY-Topic"


@dataclass
class BridgeFake:
    snapshot: MindfolioSnapshot | None = field(default_factory=aggressive_growth)
    sent: list[object] = field(default_factory=list)
    threads: list[str] = field(default_factory=list)

    told: list[str] = field(default_factory=list)

    def tell(self, words: str, *, is_urgent: bool) -> None:
        assert is_urgent
        self.told.append(words)

    def send(self, command: object) -> None:
        self.sent.append(command)
        self.threads.append(threading.current_thread().name)


@dataclass
class SessionFake:
    """What is asked of a session: where commands go, and whether the engine lives."""

    bridge: BridgeFake = field(default_factory=BridgeFake)
    has_ended: bool = False

    @property
    def host(self) -> "SessionFake":
        return self


class Scene:
    def __init__(self, qtbot: QtBot) -> None:
        self.session: Any = SessionFake()
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.resize(1040, 640)
        self.window.show()
        self.troubles = Troubles(lambda: cast("Session", self.session), self.window)

    def see(self, error: Exception | None = None, thread: str = "MainThread", words: str = "it failed") -> None:
        info = None if error is None else (type(error), error, error.__traceback__)
        record = logging.LogRecord("engine.x", logging.CRITICAL, "", 0, words, (), info)
        record.threadName = thread
        self.troubles.see(record)
        QApplication.processEvents()

    @property
    def dialogs(self) -> list[TroubleDialog]:
        return [each for each in self.window.findChildren(TroubleDialog) if each.isVisible()]

    def words(self, name: str = "what") -> str:
        (dialog,) = self.dialogs
        found = dialog.findChild(QObject, f"trouble_{name}")
        assert isinstance(found, QLabel | QPlainTextEdit)
        return found.text() if isinstance(found, QLabel) else found.toPlainText()


@pytest.fixture
def scene(qtbot: QtBot) -> Scene:
    return Scene(qtbot)


def raised(words: str = "x") -> Exception:
    return caught(lambda: int(f"no number: {words}"))


def raised_elsewhere() -> Exception:
    return caught(lambda: dict[str, str]()[""])


def caught(fails: Callable[[], object]) -> Exception:
    try:
        fails()
    except (ValueError, KeyError) as error:
        return error
    raise AssertionError


def test_the_same_error_pauses_once_and_is_told_once(scene: Scene) -> None:
    for number in range(100):
        scene.see(raised(str(number)))
    assert scene.session.bridge.sent == [PauseMindfolio("program", "an unexpected error of the program (ValueError)")]
    assert len(scene.dialogs) == 1
    scene.dialogs[0].close()
    scene.see(raised())
    assert scene.dialogs == []
    assert len(scene.session.bridge.sent) == 1, "who has resumed after it is not paused again by the same"


def test_another_error_pauses_again_and_is_told_in_the_dialog_that_is_open(scene: Scene) -> None:
    scene.see(raised())
    scene.see(raised_elsewhere(), "mindfolio-figures_0")
    assert len(scene.dialogs) == 1
    assert scene.words() == "An unexpected error happened in the background (KeyError). It is error number 2."
    assert len(scene.session.bridge.sent) == 2


def test_it_is_paused_by_the_thread_that_fails_as_the_windows_may_be_stuck(scene: Scene) -> None:
    def fail() -> None:
        info = raised()
        record = logging.LogRecord("x", logging.CRITICAL, "", 0, "", (), (type(info), info, None))
        scene.troubles.see(record)

    apart = threading.Thread(target=fail, name="apart")
    apart.start()
    apart.join()
    assert scene.session.bridge.threads == ["apart"], "before the window's thread did anything"
    assert scene.dialogs == []
    QApplication.processEvents()
    assert len(scene.dialogs) == 1


def test_the_engines_own_fault_is_told_and_not_paused_as_it_has_halted(scene: Scene) -> None:
    scene.session.bridge.snapshot = replace(aggressive_growth(), halted="internal fault: ValueError: x")
    scene.see(raised(), ENGINE_THREAD)
    assert scene.session.bridge.sent == []
    assert scene.words() == "An unexpected error happened in the engine (ValueError)."
    assert scene.words("state").startswith("Trading has stopped in a safe state")


@pytest.mark.parametrize("snapshot", [stopped(), replace(aggressive_growth(), status=MindfolioStatus.PAUSED)])
def test_what_is_stopped_or_paused_already_is_left_alone(scene: Scene, snapshot: MindfolioSnapshot) -> None:
    scene.session.bridge.snapshot = snapshot
    scene.see(raised())
    assert scene.session.bridge.sent == []
    assert len(scene.dialogs) == 1


def test_what_is_not_open_yet_is_paused_once_it_is(scene: Scene, qtbot: QtBot) -> None:
    scene.session.bridge.snapshot = None
    scene.see(raised())
    assert scene.words("state") == "Nothing is traded yet."
    scene.session.bridge = BridgeFake()  # of the engine that a first start begins in place of the one before
    qtbot.waitUntil(lambda: len(scene.session.bridge.sent) == 1)
    qtbot.waitUntil(lambda: "not confirmed" in scene.words("state"))
    assert len(scene.session.bridge.sent) == 1


def test_who_is_away_hears_of_it_as_of_all_that_is_urgent(scene: Scene) -> None:
    scene.see(raised())
    scene.see(raised_elsewhere(), ENGINE_THREAD)
    assert scene.session.bridge.told == [
        "An unexpected error happened in the window (ValueError). Trading pauses, to be safe."
    ], "the engine tells of its own halt"


def test_where_nothing_could_be_opened_it_says_so(scene: Scene) -> None:
    scene.session = None
    scene.see(raised())
    assert scene.words("state").startswith("No engine runs")


def test_details_hold_no_secret_and_no_home(scene: Scene) -> None:
    know(f"ntfys://{CANARY}")
    scene.see(raised(f"no answer from {CANARY} for /home/somebody/x with token=abcdef"))
    details = scene.words("details")
    assert "no answer from [hidden] for ~/x with token=[hidden]" in details
    assert "test_troubles.py:" in details
    assert "MainThread" in details


def test_so_many_kinds_of_error_and_no_more_are_told(scene: Scene) -> None:
    for number in range(300):
        scene.see(None, words=f"number {number}")
    assert scene.words().endswith("It is error number 200.")


@pytest.fixture
def qt() -> Iterator[None]:
    listen_to_qt()
    yield
    listen_no_longer()


@pytest.mark.usefixtures("qt")
def test_what_qt_reports_goes_to_the_log_and_its_errors_are_told(
    scene: Scene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Log(tmp_path) as log:
        log.watched_by(scene.troubles.see)
        qWarning("a size is odd")
        qCritical("the screen is gone")
        QApplication.processEvents()
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert said[:2] == [("WARNING", "a size is odd"), ("CRITICAL", "the screen is gone")]
    assert scene.words() == "An unexpected error happened in the window (Qt reports an error)."
