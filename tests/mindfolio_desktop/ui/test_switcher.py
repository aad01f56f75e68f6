"""Switching as a person asks for it in the window: by button, keys and palette, and not over open positions unasked."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from tests.mindfolio_desktop.ui.driving import click, find, publish, text
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.known import GONE, THERE, Asked
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, fresh

LIST_KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def window(qtbot: QtBot, bridge: EngineBridge, asked: Asked) -> MainWindow:
    """The window over a mindfolio that holds nothing."""
    made = MainWindow(bridge, others=asked.others)
    qtbot.addWidget(made, before_close_func=lambda _window: publish(bridge, qtbot, fresh()))
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    publish(bridge, qtbot, fresh())
    return made


def question(window: MainWindow) -> QDialog:
    found = [one for one in window.findChildren(QDialog, "close_question") if one.isVisible()]
    assert len(found) == 1
    return found[0]


def test_the_button_in_the_header_and_the_keys_list_them(window: MainWindow, asked: Asked) -> None:
    click(window, "mindfolios_open")
    assert find(window, "mindfolio_list").isVisible()
    click(window, "mindfolio_open")
    assert asked.opened == [THERE.key]
    assert find(window, "mindfolio_list").isHidden()
    QTest.keyClick(window, Qt.Key.Key_M, LIST_KEYS)
    assert find(window, "mindfolio_list").isVisible()


def test_the_palette_names_each_with_its_environment(window: MainWindow, asked: Asked) -> None:
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    field = find(window, "palette_words")
    QTest.keyClicks(field, "switch to second (replay)")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert asked.opened == [THERE.key]


def test_a_new_one_is_asked_for(window: MainWindow, asked: Asked) -> None:
    click(window, "mindfolios_open")
    click(window, "mindfolio_new")
    assert asked.new == 1


def test_a_dead_line_is_forgotten_and_the_list_stays(window: MainWindow, asked: Asked) -> None:
    asked.known = [asked.known[0], GONE]
    click(window, "mindfolios_open")
    QTest.keyClick(find(window, "mindfolio_table"), Qt.Key.Key_Down)
    click(window, "mindfolio_forget")
    assert asked.forgotten == [GONE.key]
    assert find(window, "mindfolio_list").isVisible()


def test_open_positions_are_listed_first_and_staying_switches_nothing(
    window: MainWindow, asked: Asked, bridge: EngineBridge, engine: EngineFake, qtbot: QtBot
) -> None:
    publish(bridge, qtbot, aggressive_growth())
    click(window, "mindfolios_open")
    click(window, "mindfolio_open")
    asks = question(window)
    assert asks.windowTitle() == "Switch to Second (REPLAY)"
    assert text(asks, "close_tray").startswith("Second (REPLAY) opens in its place")
    click(asks, "close_stay")
    assert asked.opened == []
    qtbot.waitUntil(lambda: window.findChildren(QDialog, "close_question") == [])
    click(window, "mindfolios_open")
    click(window, "mindfolio_open")
    click(question(window), "close_anyway")
    assert asked.opened == [THERE.key]
    assert window.isVisible(), "the window stays until the other one is open"


def test_nothing_is_offered_while_a_new_one_is_described(window: MainWindow, asked: Asked) -> None:
    window.show_welcome(QWidget())
    QTest.keyClick(window, Qt.Key.Key_M, LIST_KEYS)
    assert find(window, "mindfolio_list").isHidden()
    assert list(window.switcher.actions()) == []
    window.end_welcome()
    assert [action.title for action in window.switcher.actions()] == ["New mindfolio…", "Switch to Second (REPLAY)"]


def test_what_could_not_be_opened_stays_on_screen(window: MainWindow) -> None:
    window.tell("Second was not opened", "The ledger is in use.")
    assert text(window, "toast_title") == "Second was not opened"
    assert text(window, "toast_text") == "The ledger is in use."
