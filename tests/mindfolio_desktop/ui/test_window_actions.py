"""What the palette of the real window offers, and that each of it does what it says."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from engine.domain.commands import PauseModule, ResumeModule, ScanNow, SetSpeed
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.pages import PAGES
from mindfolio_desktop.ui.widgets.header import SPEEDS
from tests.mindfolio_desktop.ui.driving import click, find, page
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import AUTO, PAUSED

CONTROL = Qt.KeyboardModifier.ControlModifier
STOP_KEYS = CONTROL | Qt.KeyboardModifier.ShiftModifier


def press(window: MainWindow, keys: str) -> None:
    """The keys of a list, really pressed."""
    combination = QKeySequence.fromString(keys)[0]  # type: ignore[index]
    QTest.keyClick(QApplication.focusWidget() or window, combination.key(), combination.keyboardModifiers())


def do(window: MainWindow, words: str) -> None:
    """Open the palette, type, Enter."""
    press(window, "Ctrl+K")
    field = find(window, "palette_words")
    assert field.isVisible()
    QTest.keyClicks(field, words)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert find(window, "palette").isHidden()


@pytest.mark.parametrize("spec", PAGES, ids=lambda spec: spec.place.key)
def test_every_page_is_found_and_its_keys_are_true(window: MainWindow, qtbot: QtBot, spec: object) -> None:
    place = next(one.place for one in PAGES if one is spec)
    do(window, place.title)
    assert window._where == place.key
    window.go("dashboard" if place.key != "dashboard" else "messages")
    press(window, place.keys)
    qtbot.waitUntil(lambda: window._where == place.key)


def test_every_module_is_found_paused_resumed_and_scanned(window: MainWindow, engine: EngineFake) -> None:
    do(window, "IV Service")
    assert page(window) == "ModuleDetail"
    for words in ("pause iv service", "resume", "scan now with iv service"):
        do(window, words)
    assert engine.commands == [
        PauseModule(AUTO, "user", "paused from the command palette"),
        ResumeModule(PAUSED, "user", "resumed from the command palette"),
        ScanNow(AUTO, "user"),
    ]


def test_theme_text_size_and_speed(window: MainWindow, engine: EngineFake) -> None:
    do(window, "theme: light")
    assert theme.scheme() is theme.Scheme.LIGHT
    do(window, "theme: dark")
    assert theme.scheme() is theme.Scheme.DARK
    do(window, "follow the system")
    do(window, "text size 150")
    assert theme.text_size() == 150
    for speed in SPEEDS:
        do(window, "hold the market" if speed == 0 else f"market speed {speed:g}x")
    assert engine.commands == [SetSpeed(speed) for speed in SPEEDS]


def test_text_grows_and_shrinks_by_keys_and_stops_at_both_ends(window: MainWindow) -> None:
    sizes = []
    for keys in ("Ctrl++", "Ctrl++", "Ctrl++", "Ctrl++", "Ctrl++", "Ctrl+-"):
        press(window, keys)
        sizes.append(theme.text_size())
    assert sizes == [125, 150, 175, 200, 200, 175]


def test_the_emergency_stop_is_the_last_of_everything_and_stops(window: MainWindow, engine: EngineFake) -> None:
    press(window, "Ctrl+K")
    assert window._palette.titles[-1] == "EMERGENCY STOP"
    QTest.keyClick(find(window, "palette_words"), Qt.Key.Key_Escape)
    do(window, "emergency")
    assert engine.stops == [("window palette", "emergency stop pressed")]


def test_the_list_of_keys_names_every_key_and_f1_closes_it_again(window: MainWindow) -> None:
    press(window, "F1")
    assert find(window, "key_list").isVisible()
    listed = dict(window._keys.rows)
    assert listed["Ctrl+K"] == "Find a command"
    assert listed["Ctrl+Shift+S"] == "EMERGENCY STOP"
    assert {spec.place.keys for spec in PAGES if spec.place.keys} <= set(listed)
    press(window, "F1")
    assert find(window, "key_list").isHidden()


def test_the_keys_of_a_field_do_not_swallow_the_palette(window: MainWindow, qtbot: QtBot) -> None:
    click(window, f"adjust_{AUTO}")
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    press(window, "Ctrl+K")
    assert find(window, "palette").isVisible()


def test_ctrl_q_closes_with_the_question(window: MainWindow) -> None:
    press(window, "Ctrl+Q")
    assert find(window, "close_question").isVisible()


# --- nothing keeps the emergency stop from being heard ----------------------------------------------------------------
@pytest.mark.parametrize("keys", ["Ctrl+K", "F1"])
def test_it_works_while_a_list_is_open_by_click_and_by_key(
    window: MainWindow, engine: EngineFake, qtbot: QtBot, keys: str
) -> None:
    press(window, keys)
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_S, STOP_KEYS)
    click(window, "emergency_stop")
    assert [source for source, _why in engine.stops] == ["window shortcut", "window button"]


def test_it_works_in_a_modal_dialog(window: MainWindow, engine: EngineFake, qtbot: QtBot) -> None:
    dialog = QDialog(window)
    field = QLineEdit(dialog)
    dialog.setModal(True)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is dialog)
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_S, STOP_KEYS)
    assert [source for source, _why in engine.stops] == ["window shortcut"]


def test_it_works_over_an_open_menu(window: MainWindow, engine: EngineFake, qtbot: QtBot) -> None:
    menu = QMenu(window)
    menu.addAction("Nothing")
    menu.popup(window.mapToGlobal(window.rect().center()))
    qtbot.waitUntil(menu.isVisible)
    QTest.keyClick(menu, Qt.Key.Key_S, STOP_KEYS)
    menu.close()
    assert [source for source, _why in engine.stops] == ["window shortcut"]
