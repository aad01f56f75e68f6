"""A list to choose from is found by its name, and driven by keys."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.choice import Choice


def test_the_down_key_chooses_the_next_one(qtbot: QtBot) -> None:
    choice = Choice("which", "Which one")
    qtbot.addWidget(choice)
    choice.addItems(["a", "b"])
    choice.show()
    QTest.keyClick(choice, Qt.Key.Key_Down)
    assert choice.currentText() == "b"
    assert (choice.objectName(), choice.accessibleName()) == ("which", "Which one")
    assert choice.height() >= theme.CONTROL_HEIGHT
