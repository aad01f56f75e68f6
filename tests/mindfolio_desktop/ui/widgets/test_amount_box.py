"""The field for a budget: what may be typed, what is said, what is undone."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.amount_box import AmountBox


@pytest.fixture
def box(qtbot: QtBot) -> AmountBox:
    """$20,000 of $50,000, with $5,000 more to be had."""
    widget = AmountBox(takes_changes=True)
    qtbot.addWidget(widget)
    widget.show_amount(dollars(20_000), 25_000, dollars(50_000))
    widget.show()
    widget.setFocus()
    return widget


def enter(box: AmountBox, text: str) -> None:
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


@pytest.mark.parametrize(("text", "value"), [("12,500", 12_500), ("30%", 15_000), ("2.5k", 2_500), ("+1k", 21_000)])
def test_typed_amounts_are_read(box: AmountBox, text: str, value: int) -> None:
    enter(box, text)
    assert box.value() == value
    assert box.text() == f"${value:,}"


def test_a_change_counts_once(box: AmountBox) -> None:
    values: list[int] = []
    box.valueChanged.connect(values.append)
    enter(box, "+1k")
    assert values == [21_000]


def test_too_much_is_cut_and_told(box: AmountBox, qtbot: QtBot) -> None:
    with qtbot.waitSignal(box.limited) as heard:
        enter(box, "40,000")
    assert heard.args == [40_000]
    assert box.value() == 25_000


def test_nonsense_is_told_and_put_back(box: AmountBox, qtbot: QtBot) -> None:
    with qtbot.waitSignal(box.misread) as heard:
        enter(box, "many")
    assert heard.args == ["many"]
    assert (box.value(), box.text()) == (20_000, "$20,000")


def test_cents_of_an_applied_budget_are_shown_and_survive_a_return(box: AmountBox, qtbot: QtBot) -> None:
    box.show_amount(dollars("20000.50"), 25_000, dollars(50_000))
    box.show_amount(dollars("1234.56"), 25_000, dollars(50_000))
    assert box.text() == "$1,234.56"
    with qtbot.assertNotEmitted(box.valueChanged), qtbot.assertNotEmitted(box.misread):
        QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.text() == "$1,234.56"


def test_escape_first_puts_the_text_back_then_reports(box: AmountBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "9")
    with qtbot.assertNotEmitted(box.escaped):
        QTest.keyClick(box, Qt.Key.Key_Escape)
    assert box.text() == "$20,000"
    with qtbot.waitSignal(box.escaped):
        QTest.keyClick(box, Qt.Key.Key_Escape)


def test_undo_belongs_to_the_text_while_it_has_something_to_take_back(box: AmountBox, qtbot: QtBot) -> None:
    QTest.keyClicks(box, "9")
    with qtbot.assertNotEmitted(box.undo_asked):
        QTest.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    enter(box, "12,000")
    with qtbot.waitSignal(box.undo_asked):
        QTest.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    with qtbot.waitSignal(box.redo_asked):
        QTest.keyClick(box, Qt.Key.Key_Z, both)


def test_the_wheel_moves_no_money(box: AmountBox) -> None:
    middle = QPointF(box.rect().center())
    event = QWheelEvent(
        middle,
        QPointF(box.mapToGlobal(middle)),
        QPoint(0, 120),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, event)
    assert box.value() == 20_000


def test_what_stands_there_is_read_before_it_is_finished(box: AmountBox) -> None:
    assert box.typed() == 20_000
    box.selectAll()
    QTest.keyClicks(box, "30k")
    assert (box.typed(), box.value()) == (30_000, 20_000), "also beyond what there is"
    box.selectAll()
    QTest.keyClicks(box, "many")
    assert box.typed() is None


def test_a_number_beyond_all_bounds_is_the_most_and_no_error(qtbot: QtBot) -> None:
    box = AmountBox()
    qtbot.addWidget(box)
    box.show_amount(dollars(5), 100, dollars(100))
    box.selectAll()
    QTest.keyClicks(box, "9" * 30)
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.value() == 100


def test_money_to_move_has_no_sign_and_what_was_typed_is_told(qtbot: QtBot) -> None:
    box = AmountBox()
    qtbot.addWidget(box)
    box.show_amount(dollars(2_000), 25_000, dollars(50_000))
    assert "without a sign" in box.toolTip()
    with qtbot.waitSignal(box.misread) as heard, qtbot.assertNotEmitted(box.valueChanged):
        enter(box, "-500")
    assert heard.args == ["-500"]
    assert box.misread_words("-500") == "“-500” is not an amount of whole dollars without a sign."
    assert (box.value(), box.text()) == (2_000, "$2,000")
