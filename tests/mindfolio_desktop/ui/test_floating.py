"""Pages in windows of their own: opened by hand, live while seen, with the stop, and back where they were."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.questions import StressOf
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.floating import FloatingWindow, within
from mindfolio_desktop.ui.look import Look
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.remembered import recall
from mindfolio_desktop.ui.widgets.page import OwnWindowButton
from tests.mindfolio_desktop.ui.driving import click, find, page, publish, text
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import AUTO, aggressive_growth, fresh, stopped

CONTROL = Qt.KeyboardModifier.ControlModifier
WITH_SHIFT = CONTROL | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def _is_kept(memory: Path) -> Iterator[None]:
    """Each test has a memory of its own, and leaves no window behind."""
    del memory
    yield
    for one in floating():
        one.deleteLater()


def floating() -> list[FloatingWindow]:
    return [one for one in QApplication.topLevelWidgets() if isinstance(one, FloatingWindow) and one.isVisible()]


def own_window(window: MainWindow, where: str) -> FloatingWindow:
    """Press the small button beside a page's title."""
    click(window, where)
    buttons = [one for one in window.findChildren(OwnWindowButton) if one.isVisible()]
    assert len(buttons) == 1
    QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    return floating()[-1]


@pytest.mark.parametrize(
    "where", ["go_positions", "go_orders", "go_risk", "go_market", "go_ledger", "go_day", f"go_module_{AUTO}"]
)
def test_the_button_at_the_title_opens_another_page_of_the_same_kind(window: MainWindow, where: str) -> None:
    one = own_window(window, where)
    assert type(one.page).__name__ == page(window), "the main window keeps its own"
    assert one.windowTitle().endswith("Aggressive Growth \N{EN DASH} REPLAY \N{EN DASH} Mindfolio")
    assert text(one, "environment") == "REPLAY"
    assert not any(button.isVisible() for button in one.findChildren(OwnWindowButton))


def test_keys_and_palette_open_it_once(window: MainWindow) -> None:
    click(window, "go_positions")
    QTest.keyClick(window, Qt.Key.Key_O, WITH_SHIFT)
    assert [one.objectName() for one in floating()] == ["own_window_positions"]
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_K, CONTROL)
    QTest.keyClicks(find(window, "palette_words"), "its own window")
    QTest.keyClick(find(window, "palette_words"), Qt.Key.Key_Return)
    assert [one.objectName() for one in floating()] == ["own_window_positions"]


def test_a_page_that_has_none_says_so(window: MainWindow) -> None:
    click(window, "go_dashboard")
    QTest.keyClick(window, Qt.Key.Key_O, WITH_SHIFT)
    assert floating() == []


def test_it_is_live_while_it_is_seen_and_asks_nothing_while_it_is_not(
    window: MainWindow, bridge: EngineBridge, engine: EngineFake, qtbot: QtBot
) -> None:
    one = own_window(window, "go_positions")
    click(window, "go_dashboard")
    publish(bridge, qtbot, stopped())
    status = one.findChild(QLabel, "own_window_status")
    assert isinstance(status, QLabel)
    assert status.text() == "Stopped"
    one.hide()
    publish(bridge, qtbot, aggressive_growth())
    assert status.text() == "Stopped", "nobody looks"
    one.show()
    assert status.text() == "2 of 3 active"
    assert StressOf not in [kind for kind, _module in engine.asked]


def test_the_stop_is_in_the_same_corner_and_stops(window: MainWindow, engine: EngineFake) -> None:
    one = own_window(window, "go_risk")
    button = one.findChild(QPushButton, "emergency_stop")
    assert isinstance(button, QPushButton)
    corner = button.mapTo(one, button.rect().topRight())
    mine = find(window, "emergency_stop")
    assert one.width() - corner.x() == window.width() - mine.mapTo(window, mine.rect().topRight()).x()
    assert corner.y() == mine.mapTo(window, mine.rect().topRight()).y()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert engine.stops == [("window risk button", "emergency stop pressed")]
    assert text(one, "own_window_status") == "Stop sent, not confirmed yet"
    assert text(window, "stop_title") == "Stop sent"


def test_the_keyboard_begins_on_the_page_not_on_the_stop(window: MainWindow, engine: EngineFake, qtbot: QtBot) -> None:
    for where in ("go_positions", "go_market"):
        one = own_window(window, where)
        one.activateWindow()
        qtbot.waitUntil(one.isActiveWindow)
        QTest.keyClick(one.focusWidget(), Qt.Key.Key_Space)
        assert not isinstance(one.focusWidget(), QPushButton)
        window.activateWindow()
    assert engine.stops == []


def test_the_stops_keys_work_from_it(window: MainWindow, engine: EngineFake, qtbot: QtBot) -> None:
    one = own_window(window, "go_positions")
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    QTest.keyClick(one, Qt.Key.Key_S, WITH_SHIFT)
    assert len(engine.stops) == 1


def test_the_windows_keys_work_from_it(window: MainWindow, qtbot: QtBot) -> None:
    one = own_window(window, "go_positions")
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    QTest.keyClick(one, Qt.Key.Key_5, CONTROL)
    assert page(window) == "RiskPage"


def test_closed_by_its_keys_it_does_not_come_back(window: MainWindow, qtbot: QtBot) -> None:
    one = own_window(window, "go_positions")
    assert recall("own_windows/open", list[str]()) == ["positions"]
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    QTest.keyClick(one, Qt.Key.Key_W, CONTROL)
    assert floating() == []
    assert recall("own_windows/open", ["?"]) == []


def test_it_goes_with_the_main_window_and_comes_back_where_it_was(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    for where in ("go_positions", f"go_module_{AUTO}"):
        own_window(window, where)
    one = next(each for each in floating() if each.objectName() == "own_window_positions")
    one.setGeometry(30, 60, 700, 500)
    publish(bridge, qtbot, fresh())
    window.close()
    assert floating() == []
    again = MainWindow(bridge)
    qtbot.addWidget(again)
    again.show()
    publish(bridge, qtbot, aggressive_growth())
    assert sorted(each.objectName() for each in floating()) == sorted([f"own_window_{AUTO}", "own_window_positions"])
    back = next(each for each in floating() if each.objectName() == "own_window_positions")
    assert back.geometry() == QRect(30, 60, 700, 500)
    publish(bridge, qtbot, fresh())
    again.floats.put_away()
    assert floating() == []


def test_another_size_of_text_makes_it_anew(window: MainWindow, qtbot: QtBot) -> None:
    one = own_window(window, "go_positions")
    before = one.page
    look = window.findChild(Look) or window._look
    look.choose_text_size(150)
    assert one.page is not before
    assert theme.text_size() == 150
    stop = one.findChildren(QPushButton, "emergency_stop")
    assert [each.isVisible() for each in stop] == [True]


@pytest.mark.parametrize(
    ("wanted", "put"),
    [
        (QRect(100, 100, 800, 600), QRect(100, 100, 800, 600)),
        (QRect(1500, 100, 800, 600), QRect(1500, 100, 800, 600)),  # on the second screen
        (QRect(1100, 100, 800, 600), QRect(1280, 100, 800, 600)),  # most of it is on the second
        (QRect(5000, 5000, 800, 600), QRect(480, 200, 800, 600)),  # its screen is gone: on the main one
        (QRect(-700, -500, 800, 600), QRect(0, 32, 800, 600)),
        (QRect(0, 0, 4000, 3000), QRect(0, 32, 1280, 768)),
    ],
)
def test_a_window_is_always_wholly_on_a_screen(wanted: QRect, put: QRect) -> None:
    screens = [QRect(0, 0, 1280, 800), QRect(1280, 0, 1280, 800)]
    assert within(wanted, screens) == put


def test_without_a_screen_nothing_is_moved() -> None:
    assert within(QRect(1, 2, 3, 4), []) == QRect(1, 2, 3, 4)


@pytest.mark.parametrize("kept", [[7], ["a", 1, 2, 3, 4], [True, 1, 2, 3, 4], [10**12, 0, 5, 5, 0], [[], {}]])
def test_what_was_remembered_wrongly_is_as_good_as_nothing(window: MainWindow, kept: list[object]) -> None:
    one = QWidget()
    assert window.floats._put(FloatingWindow("positions", lambda _key: one), kept) is False
