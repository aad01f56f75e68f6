"""Cancel, and another limit: sent once, refused in words, off with a reason."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.order import OrderStatus
from mindfolio_desktop.ui.widgets.order_actions import OrderActions
from tests.builders import order

ORDER = order(status=OrderStatus.WORKING, limit=dollars("-1.20"), worst=dollars("-1.00"))


@pytest.fixture
def actions(qtbot: QtBot) -> OrderActions:
    made = OrderActions()
    qtbot.addWidget(made)
    made.show_order(ORDER, "Open it", "The broker has it.", "", "")
    made.show()
    return made


def words(actions: OrderActions, name: str) -> str:
    label = actions.findChild(QLabel, name)
    assert label is not None
    return label.text() if not label.isHidden() else ""


def button(actions: OrderActions, name: str) -> QPushButton:
    found = actions.findChild(QPushButton, name)
    assert found is not None
    return found


def type_limit(actions: OrderActions, text: str) -> QLineEdit:
    field = actions.findChild(QLineEdit, "order_limit_amount")
    assert field is not None
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)
    return field


def test_cancel_is_sent_once_until_it_is_answered(actions: OrderActions, qtbot: QtBot) -> None:
    cancel = button(actions, "order_cancel")
    with qtbot.waitSignal(actions.cancelled):
        QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert not cancel.isEnabled()
    with qtbot.assertNotEmitted(actions.cancelled):
        QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    actions.show_answer((Denial(DenialCode.UNKNOWN_ORDER),))
    assert (cancel.isEnabled(), words(actions, "order_refused")) == (
        True,
        "Not done.\nOrder: it is not live any more",
    )
    actions.show_answer()
    assert words(actions, "order_refused") == ""


def test_another_limit_is_sent_by_button_and_by_return(actions: OrderActions, qtbot: QtBot) -> None:
    replace_button = button(actions, "order_replace")
    assert not replace_button.isEnabled(), "it is the same limit"
    field = type_limit(actions, "1.10")
    with qtbot.waitSignal(actions.replaced) as replaced:
        QTest.mouseClick(replace_button, Qt.MouseButton.LeftButton)
    assert replaced.args == [dollars("-1.10")]
    actions.show_answer()
    type_limit(actions, "1.05")
    with qtbot.waitSignal(actions.replaced) as replaced:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert replaced.args == [dollars("-1.05")]
    with qtbot.assertNotEmitted(actions.replaced):
        QTest.keyClick(field, Qt.Key.Key_Return)


def test_what_is_no_price_cannot_be_sent(actions: OrderActions, qtbot: QtBot) -> None:
    field = type_limit(actions, "x")
    assert not button(actions, "order_replace").isEnabled()
    with qtbot.assertNotEmitted(actions.replaced):
        QTest.keyClick(field, Qt.Key.Key_Return)


def test_why_something_is_off_is_said(actions: OrderActions) -> None:
    pending = replace(ORDER, status=OrderStatus.CANCEL_PENDING)
    actions.show_order(pending, "Open it", "It may still be filled.", "Its cancel is under way.", "It waits.")
    assert words(actions, "order_meaning") == "It may still be filled.\nIts cancel is under way.\nIt waits."
    assert not button(actions, "order_cancel").isEnabled()
    assert button(actions, "order_cancel").toolTip() == "Its cancel is under way."
    type_limit(actions, "1.10")
    assert not button(actions, "order_replace").isEnabled()


def test_what_a_person_types_stays_while_the_order_moves_and_goes_with_another_order(actions: OrderActions) -> None:
    field = type_limit(actions, "1.10")
    actions.show_order(replace(ORDER, limit=dollars("-1.15")), "Open it", "", "", "")
    assert field.text() == "1.10"
    actions.show_order(replace(ORDER, order_id="O2", limit=dollars("2.50")), "Close it", "", "", "")
    assert (field.text(), actions.order_id) == ("2.50", "O2")
