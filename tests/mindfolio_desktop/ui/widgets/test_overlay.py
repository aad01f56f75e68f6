"""A panel over the page: it takes the focus, gives it back, and goes away when somebody goes elsewhere."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.overlay import Overlay, plain_table


class Stage(QWidget):
    """Two fields, and an overlay with a third."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.inside = QLineEdit(), QLineEdit(), QLineEdit()
        across = QHBoxLayout(self)
        across.addWidget(self.first)
        across.addWidget(self.second)
        self.overlay = Overlay(self, "stage_overlay", "Stage", 300, 200)
        self.overlay.column.addWidget(self.inside)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    made = Stage()
    qtbot.addWidget(made)
    made.resize(800, 600)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.first.setFocus()
    qtbot.waitUntil(made.first.hasFocus)
    made.overlay.open(made.inside)
    qtbot.waitUntil(made.inside.hasFocus)
    return made


def test_esc_closes_it_and_the_focus_is_where_it_was(stage: Stage, qtbot: QtBot) -> None:
    QTest.keyClick(stage.inside, Qt.Key.Key_Escape)
    assert stage.overlay.isHidden()
    qtbot.waitUntil(stage.first.hasFocus)


def test_a_click_elsewhere_closes_it_and_keeps_the_focus_there(stage: Stage, qtbot: QtBot) -> None:
    stage.second.setFocus()
    qtbot.waitUntil(stage.overlay.isHidden)
    assert stage.second.hasFocus()


def test_what_had_the_focus_may_be_gone_meanwhile(stage: Stage) -> None:
    stage.first.deleteLater()
    QCoreApplication.sendPostedEvents(stage.first, QEvent.Type.DeferredDelete.value)
    QTest.keyClick(stage.inside, Qt.Key.Key_Escape)
    assert stage.overlay.isHidden()


def test_tab_is_no_trap(stage: Stage, qtbot: QtBot) -> None:
    QTest.keyClick(stage.inside, Qt.Key.Key_Tab)
    qtbot.waitUntil(stage.overlay.isHidden)


@pytest.mark.parametrize("size", [QSize(800, 600), QSize(500, 380), QSize(260, 150)])
def test_it_stays_inside_its_host_and_in_the_middle(stage: Stage, qtbot: QtBot, size: QSize) -> None:
    stage.resize(size)
    qtbot.waitUntil(lambda: stage.rect().contains(stage.overlay.geometry()))
    box = stage.overlay.geometry()
    assert abs(box.center().x() - stage.rect().center().x()) <= 1


def test_a_plain_table_chooses_rows_and_edits_nothing(qtbot: QtBot) -> None:
    table = plain_table("plain", "Plain", 2)
    qtbot.addWidget(table)
    assert table.accessibleName() == "Plain"
    assert table.editTriggers() == table.EditTrigger.NoEditTriggers
    assert table.selectionBehavior() is table.SelectionBehavior.SelectRows
