"""Closing over open positions: stay, exit, or go on in the tray where there is one."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QDialog, QPushButton, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from engine.domain.notices import Alert
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.widgets.tray import Tray
from tests.mindfolio_desktop.ui.driving import click, find, text
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW

TITLE = "Aggressive Growth \N{EN DASH} REPLAY"


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(Tray, "is_there", staticmethod(lambda: True))
    yield
    QApplication.setQuitOnLastWindowClosed(True)


def questions(window: MainWindow) -> list[QDialog]:
    return [one for one in window.findChildren(QDialog, "close_question") if one.isVisible()]


def choose(window: MainWindow, name: str) -> None:
    entry = window.findChild(QAction, name)
    assert isinstance(entry, QAction)
    entry.trigger()


def test_without_a_tray_it_is_said_and_only_exit_and_stay_are_offered(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tray, "is_there", staticmethod(lambda: False))
    window.close()
    assert text(window, "close_tray") == "This desktop has no tray, so Mindfolio cannot go on without its window."
    offered = [button.text() for button in questions(window)[0].findChildren(QPushButton) if button.isVisible()]
    assert sorted(offered) == ["Exit all the same", "Stay"]


@pytest.mark.usefixtures("tray")
def test_in_the_tray_it_goes_on_and_comes_back(window: MainWindow, qtbot: QtBot) -> None:
    closed: list[bool] = []
    window.closing.connect(lambda: closed.append(True))
    window.close()
    click(window, "close_to_tray")
    assert not window.isVisible()
    assert closed == []
    assert not QApplication.quitOnLastWindowClosed()
    choose(window, "tray_show")
    assert window.isVisible()
    assert QApplication.quitOnLastWindowClosed()
    qtbot.waitUntil(lambda: questions(window) == [])


@pytest.mark.usefixtures("tray")
def test_the_emergency_stop_in_the_tray_stops_and_shows_what_came_of_it(window: MainWindow, engine: EngineFake) -> None:
    window.close()
    click(window, "close_to_tray")
    choose(window, "tray_stop")
    assert engine.stops == [("window tray", "emergency stop pressed")]
    assert window.isVisible()
    assert find(window, "stop_panel").isVisible()


@pytest.mark.usefixtures("tray")
def test_an_exit_from_the_tray_lists_first_what_stays_unattended(window: MainWindow, qtbot: QtBot) -> None:
    closed: list[bool] = []
    window.closing.connect(lambda: closed.append(True))
    window.close()
    click(window, "close_to_tray")
    choose(window, "tray_exit")
    assert window.isVisible()
    assert closed == []
    qtbot.waitUntil(lambda: len(questions(window)) == 1)
    qtbot.waitUntil(lambda: window.findChildren(QDialog, "close_question") == questions(window))
    click(window, "close_anyway")
    qtbot.waitUntil(lambda: closed == [True])


class TestNotes:
    """Urgent alerts reach the desktop while nobody looks at the window."""

    @pytest.fixture
    def notes(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
        shown: list[tuple[str, str]] = []
        monkeypatch.setattr(Tray, "show_note", lambda _tray, title, words: shown.append((title, words)))
        return shown

    @pytest.mark.usefixtures("tray")
    def test_what_is_urgent_is_told_by_the_tray_while_another_program_is_in_front(
        self, window: MainWindow, bridge: EngineBridge, notes: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bridge.alert.emit(Alert(NOW, "", "seen on the window", is_urgent=True))
        assert notes == []
        monkeypatch.setattr(QApplication, "activeWindow", staticmethod(lambda: None))
        bridge.alert.emit(Alert(NOW, "", "calm"))
        bridge.alert.emit(Alert(NOW, "", "Emergency stop: pressed elsewhere", is_urgent=True, is_standing=True))
        assert notes == [(TITLE, "Emergency stop: pressed elsewhere")]
        (tray,) = window.findChildren(Tray)
        assert tray.is_shown
        tray.window_wanted.emit()  # as a click on the note does
        assert window.isVisible()
        assert not tray.is_shown

    @pytest.mark.usefixtures("tray")
    @pytest.mark.parametrize(
        ("module_id", "words", "page"),
        [
            (AUTO, "IV Service: paused: it lost $1,000", "module_detail"),
            ("", "paused: it lost $1,000", "messages_page"),
            ("gone", "gone: paused: it lost $1,000", "messages_page"),
        ],
    )
    def test_a_click_on_a_note_opens_what_it_is_about(
        self,
        window: MainWindow,
        bridge: EngineBridge,
        notes: list[tuple[str, str]],
        monkeypatch: pytest.MonkeyPatch,
        module_id: str,
        words: str,
        page: str,
    ) -> None:
        with monkeypatch.context() as away:
            away.setattr(QApplication, "activeWindow", staticmethod(lambda: None))
            bridge.alert.emit(Alert(NOW, module_id, "paused: it lost $1,000", is_urgent=True))
        assert notes == [(TITLE, words)]
        window.hide()
        (icon,) = window.findChildren(QSystemTrayIcon)
        icon.messageClicked.emit()
        assert window.isVisible()
        assert not icon.isVisible()
        assert find(window, page).isVisible()

    @pytest.mark.usefixtures("tray")
    def test_the_icon_goes_when_the_program_is_in_front_again(
        self, window: MainWindow, bridge: EngineBridge, notes: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(QApplication, "activeWindow", staticmethod(lambda: None))
        bridge.alert.emit(Alert(NOW, "", "urgent", is_urgent=True))
        (tray,) = window.findChildren(Tray)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
        assert not tray.is_shown

    def test_without_a_tray_nothing_fails(
        self, window: MainWindow, bridge: EngineBridge, notes: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Tray, "is_there", staticmethod(lambda: False))
        monkeypatch.setattr(QApplication, "activeWindow", staticmethod(lambda: None))
        bridge.alert.emit(Alert(NOW, "", "urgent", is_urgent=True))
        assert notes == []
        assert window.findChildren(Tray) == []
