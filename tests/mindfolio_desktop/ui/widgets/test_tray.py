"""The tray's menu: show, exit, and the emergency stop."""

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.tray import Tray


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def tray(host: QWidget) -> Tray:
    return Tray(host)


@pytest.mark.parametrize(
    ("name", "signal"), [("tray_show", "window_wanted"), ("tray_exit", "exit_wanted"), ("tray_stop", "stop_wanted")]
)
def test_each_entry_asks_for_its_own(tray: Tray, host: QWidget, qtbot: QtBot, name: str, signal: str) -> None:
    entry = tray.findChild(QAction, name)
    assert isinstance(entry, QAction)
    menu = host.findChild(QMenu, "tray_menu")
    assert isinstance(menu, QMenu)
    assert entry in menu.actions()
    with qtbot.waitSignal(getattr(tray, signal)):
        entry.trigger()


def test_a_click_on_the_icon_shows_the_window(tray: Tray, qtbot: QtBot) -> None:
    icon = tray.findChild(QSystemTrayIcon)
    assert isinstance(icon, QSystemTrayIcon)
    with qtbot.waitSignal(tray.window_wanted):
        icon.activated.emit(QSystemTrayIcon.ActivationReason.Trigger)
    with qtbot.assertNotEmitted(tray.window_wanted):
        icon.activated.emit(QSystemTrayIcon.ActivationReason.Context)


def test_a_click_on_a_note_opens_the_note(tray: Tray, qtbot: QtBot) -> None:
    icon = tray.findChild(QSystemTrayIcon)
    assert isinstance(icon, QSystemTrayIcon)
    with qtbot.waitSignal(tray.note_opened), qtbot.assertNotEmitted(tray.window_wanted):
        icon.messageClicked.emit()


def test_it_is_in_the_tray_only_when_asked(tray: Tray) -> None:
    seen = [tray.is_shown]
    tray.show_words("Aggressive Growth")
    seen.append(tray.is_shown)
    tray.hide()
    seen.append(tray.is_shown)
    assert seen == [False, True, False]
