"""The slider behind every divider and row: its keys, its gestures, and what it leaves alone."""

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.money_slider import MoneySlider


@pytest.fixture
def slider(qtbot: QtBot) -> MoneySlider:
    widget = MoneySlider()
    qtbot.addWidget(widget)
    widget.show_dollars(5_000, 20_000)
    widget.show()
    return widget


@pytest.mark.parametrize(
    ("key", "dollars"),
    [
        (Qt.Key.Key_Right, 5_100),
        (Qt.Key.Key_Left, 4_900),
        (Qt.Key.Key_Up, 5_100),
        (Qt.Key.Key_PageDown, 4_000),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, 20_000),
    ],
)
def test_keys_move_by_steps_pages_and_to_the_ends(slider: MoneySlider, key: Qt.Key, dollars: int) -> None:
    QTest.keyClick(slider, key)
    assert slider.value() == dollars


def test_a_key_held_down_is_one_gesture(slider: MoneySlider) -> None:
    began: list[int] = []
    slider.gesture_began.connect(lambda: began.append(1))
    for repeat in (False, True, True):
        event = QKeyEvent(
            QEvent.Type.KeyPress, Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, "", autorep=repeat, count=1
        )
        QApplication.sendEvent(slider, event)
    assert (slider.value(), len(began)) == (5_300, 1)


def test_escape_is_reported_and_moves_nothing(slider: MoneySlider, qtbot: QtBot) -> None:
    with qtbot.waitSignal(slider.escaped):
        QTest.keyClick(slider, Qt.Key.Key_Escape)
    assert slider.value() == 5_000


def test_the_wheel_scrolls_the_page_and_moves_no_money(slider: MoneySlider) -> None:
    slider.setFocus()
    middle = QPointF(slider.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(slider.mapToGlobal(middle)),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(slider, event)
    assert slider.value() == 5_000
    assert not event.isAccepted()


def test_figures_from_the_engine_are_no_changes(slider: MoneySlider, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(slider.valueChanged):
        slider.show_dollars(30_000, 40_000)
    assert (slider.value(), slider.maximum()) == (30_000, 40_000)


def test_a_screen_reader_finds_a_slider_with_its_values(slider: MoneySlider) -> None:
    slider.setAccessibleName("Budget of Sell Puts")
    interface = QAccessible.queryAccessibleInterface(slider)
    assert interface is not None
    assert interface.role() is QAccessible.Role.Slider
    assert interface.text(QAccessible.Text.Name) == "Budget of Sell Puts"
    value = interface.valueInterface()
    assert value is not None
    assert (value.currentValue(), value.minimumValue(), value.maximumValue()) == (5_000, 0, 20_000)
