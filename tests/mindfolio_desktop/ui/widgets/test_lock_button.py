"""A lock says which way it is, by its drawing and in words."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.lock_button import LockButton


def test_space_locks_and_a_click_unlocks(qtbot: QtBot) -> None:
    lock = LockButton("a", "Alpha")
    qtbot.addWidget(lock)
    assert lock.accessibleName() == "Lock the budget of Alpha"
    before = lock.icon().cacheKey()
    QTest.keyClick(lock, Qt.Key.Key_Space)
    assert (lock.isChecked(), lock.accessibleName()) == (True, "Unlock the budget of Alpha")
    assert lock.icon().cacheKey() != before
    QTest.mouseClick(lock, Qt.MouseButton.LeftButton)
    assert not lock.isChecked()
    QApplication.sendEvent(lock, QEvent(QEvent.Type.PaletteChange))
    assert lock.toolTip().startswith("Lock this budget")
