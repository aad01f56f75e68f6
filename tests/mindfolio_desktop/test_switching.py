"""Several mindfolios in one window over real engines: created, switched, refused; each with its own memory."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import Environment, KnownState
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_store
from engine.runtime.assembly import OpenEngine
from engine.runtime.known import known, note_opened
from engine.runtime.places import Places, Running
from mindfolio_desktop import welcome
from mindfolio_desktop.switching import Switching
from mindfolio_desktop.ui import remembered, theme
from mindfolio_desktop.ui.frame import Frame
from mindfolio_desktop.ui.look import Look, Theme
from mindfolio_desktop.ui.remembered import Whose, recall

WAIT_MS = 60_000
RUNNING = Running(speed=20.0, threads=1, publishes=True, symbols=("KO",), quote_minutes=15)


class Silent:
    """A Publisher for nobody."""

    def publish(self, snapshot: object) -> None: ...
    def notify(self, notice: object) -> None: ...


def begin(places: Places, name: str) -> None:
    """A mindfolio that was begun before, and holds nothing."""
    OpenEngine(places, Running(symbols=("KO",), quote_minutes=15, name=name), Silent()).close()
    note_opened(places, name, dt.datetime(2026, 3, 16, 16, tzinfo=dt.UTC))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's data place with one mindfolio, and another beside it."""
    begin(Places(tmp_path, Environment.SIMULATED), "First")
    begin(Places(tmp_path / "mindfolios" / "second", Environment.SIMULATED), "Second")
    return tmp_path


@pytest.fixture
def switching(qtbot: QtBot, qapp: QApplication, home: Path) -> Iterator[Switching]:
    """The program, running the first one."""
    look = Look(qapp)
    frame = Frame(Environment.SIMULATED)
    made = Switching(Places(home, Environment.SIMULATED), RUNNING, look, frame)
    frame.show()
    made.session.start()
    qtbot.waitUntil(lambda: made.session.bridge.snapshot is not None, timeout=WAIT_MS)
    yield made
    window = made.session.window
    window.floats.put_away()
    assert made.close()
    frame.hide()
    frame.deleteLater()
    QCoreApplication.sendPostedEvents(frame, QEvent.Type.DeferredDelete.value)
    remembered.use({})
    theme.apply(qapp)


def name(switching: Switching) -> str:
    """What the window on screen runs."""
    snapshot = switching.session.bridge.snapshot
    return "" if snapshot is None else snapshot.name


def shown(switching: Switching, name: str) -> QWidget:
    found = [one for one in switching.session.window.findChildren(QWidget, name) if one.isVisible()]
    assert len(found) == 1, f"{name}: {len(found)} to be seen"
    return found[0]


def is_shown(switching: Switching, name: str) -> bool:
    return any(one.isVisible() for one in switching.session.window.findChildren(QPushButton, name))


def click(switching: Switching, name: str) -> None:
    QTest.mouseClick(shown(switching, name), Qt.MouseButton.LeftButton)


def switch(switching: Switching) -> None:
    """To the first one that can be opened, by mouse."""
    click(switching, "mindfolios_open")
    click(switching, "mindfolio_open")


def waits(qtbot: QtBot, condition: Callable[[], bool]) -> None:
    qtbot.waitUntil(condition, timeout=WAIT_MS)


def test_another_opens_in_its_place_and_the_one_before_ends_in_order(
    switching: Switching, qtbot: QtBot, home: Path
) -> None:
    before = switching.session
    switch(switching)
    waits(qtbot, lambda: name(switching) == "Second")
    assert before.host.has_ended
    assert switching.session.window.isVisible()
    store = SqliteStore(home / "simulated" / "ledger.sqlite", for_reading=True)
    assert verify_store(store).faults == ()
    store.close()
    listed = [(each.name, each.state) for each in known(home, switching.session.places)]
    assert listed == [("Second", KnownState.OPEN), ("First", KnownState.CLOSED)]
    switch(switching)
    waits(qtbot, lambda: name(switching) == "First")


def test_page_and_theme_are_remembered_for_each(switching: Switching, qtbot: QtBot) -> None:
    switching.session.window.go("risk")
    switching._look.choose_theme(Theme.LIGHT)
    switch(switching)
    waits(qtbot, lambda: name(switching) == "Second")
    assert switching.session.window._where == "dashboard"
    assert theme.scheme() is theme.Scheme.LIGHT, "a new one begins as the one before looked"
    switching._look.choose_theme(Theme.DARK)
    switching.session.window.go("orders")
    switch(switching)
    waits(qtbot, lambda: name(switching) == "First")
    assert switching.session.window._where == "risk"
    assert theme.scheme() is theme.Scheme.LIGHT
    assert recall("look/theme", "", Whose.USER) == "dark", "the last choice is what a new one begins with"


@pytest.mark.parametrize("trouble", ["locked", "damaged"])
def test_what_cannot_be_opened_says_so_and_the_first_one_runs_on(
    switching: Switching, qtbot: QtBot, home: Path, trouble: str
) -> None:
    places = Places(home / "mindfolios" / "second", Environment.SIMULATED)
    other = None
    if trouble == "locked":
        other = OpenEngine(places, Running(symbols=("KO",)), Silent())
    else:
        places.ledger.write_bytes(b"this is no ledger" * 1000)
    before = switching.session
    switch(switching)
    waits(qtbot, lambda: any(one.isVisible() for one in before.window.findChildren(QLabel, "toast_title")))
    if other is not None:
        other.close()
    title, why = shown(switching, "toast_title"), shown(switching, "toast_text")
    assert isinstance(title, QLabel)
    assert isinstance(why, QLabel)
    assert title.text().endswith("was not opened")
    assert ("in use by another Mindfolio" in why.text()) == (trouble == "locked")
    assert "\n" not in why.text()
    assert switching.session is before
    assert not before.host.has_ended
    snapshot = before.bridge.snapshot
    waits(qtbot, lambda: before.bridge.snapshot is not snapshot)


def test_a_folder_that_goes_while_the_list_is_open_is_said(switching: Switching, qtbot: QtBot, home: Path) -> None:
    click(switching, "mindfolios_open")
    (home / "mindfolios" / "second").rename(home / "elsewhere")
    click(switching, "mindfolio_open")
    waits(qtbot, lambda: is_shown(switching, "mindfolios_open"))
    text = shown(switching, "toast_text")
    assert isinstance(text, QLabel)
    assert text.text().startswith("It is not there any more")
    assert name(switching) == "First"


def test_a_new_one_gets_a_folder_of_its_own_and_a_name_that_nobody_has(
    switching: Switching, qtbot: QtBot, home: Path
) -> None:
    click(switching, "mindfolios_open")
    click(switching, "mindfolio_new")
    field = shown(switching, "first_run_name")
    assert isinstance(field, QLineEdit)
    field.selectAll()
    QTest.keyClicks(field, "first")
    assert not shown(switching, "first_run_create").isEnabled()
    field.selectAll()
    QTest.keyClicks(field, "Third Fund")
    assert is_shown(switching, "emergency_stop"), "the one that is open goes on until then"
    click(switching, "first_run_create")
    waits(qtbot, lambda: name(switching) == "Third Fund")
    assert switching.session.places.data_dir == home / "mindfolios" / "third-fund"
    assert is_shown(switching, "go_dashboard")


def test_the_way_back_leaves_everything_as_it_was(switching: Switching, home: Path) -> None:
    click(switching, "mindfolios_open")
    click(switching, "mindfolio_new")
    click(switching, "first_run_back")
    assert is_shown(switching, "go_dashboard")
    assert name(switching) == "First"
    assert sorted(each.name for each in (home / "mindfolios").iterdir()) == ["second"]


def test_a_demo_is_another_one_with_some_days_behind_it(
    switching: Switching, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(welcome, "DEMO_SESSIONS", 1)
    click(switching, "mindfolios_open")
    click(switching, "mindfolio_new")
    click(switching, "first_run_demo")
    waits(qtbot, lambda: name(switching) == "Aggressive Growth")
    waits(qtbot, lambda: is_shown(switching, "go_dashboard"))
    assert not switching.session.host.has_ended
