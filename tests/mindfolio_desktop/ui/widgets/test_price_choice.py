"""Walk from mid, or rest at a limit."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import Money, dollars
from mindfolio_desktop.ui.widgets.price_choice import PriceChoice


@pytest.fixture
def choice(qtbot: QtBot) -> PriceChoice:
    made = PriceChoice("p")
    qtbot.addWidget(made)
    made.show()
    return made


def part(choice: PriceChoice, kind: type[QWidget], name: str) -> QWidget:
    found = choice.findChild(kind, name)
    assert isinstance(found, QWidget)
    return found


def state(choice: PriceChoice) -> tuple[Money | None, bool]:
    return choice.limit, choice.is_ready


def press(choice: PriceChoice, name: str) -> None:
    QTest.mouseClick(part(choice, QPushButton, name), Qt.MouseButton.LeftButton)


def test_it_walks_until_a_person_wants_a_limit_which_starts_at_mid(choice: PriceChoice, qtbot: QtBot) -> None:
    assert state(choice) == (None, True)
    choice.show_mid(dollars("-0.85"))
    with qtbot.waitSignal(choice.changed):
        press(choice, "p_rest")
    assert state(choice)[0] == dollars("-0.85")
    field = part(choice, QLineEdit, "p_limit_amount")
    assert field.isVisible()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "0.9")
    assert state(choice)[0] == dollars("-0.90")
    choice.show_mid(dollars("-0.10"))
    assert state(choice)[0] == dollars("-0.90"), "what was typed stays"
    QTest.keyClicks(field, "x")
    assert state(choice) == (None, False)
    press(choice, "p_walk")
    assert state(choice) == (None, True)
    assert not field.isVisible()


def test_another_order_begins_walking(choice: PriceChoice) -> None:
    press(choice, "p_rest")
    choice.begin()
    assert state(choice) == (None, True)
    assert not part(choice, QLineEdit, "p_limit_amount").isVisible()
