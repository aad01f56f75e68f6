"""The strip that closes: how many, at which price, what it costs, and why not."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.position_sheet import ClosingPart
from engine.domain.structure import Leg, shares_of
from engine.domain.structure_shapes import held_structure
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.widgets.close_strip import CloseStrip, cost_words
from tests.mindfolio_desktop.ui.sheets import CONDOR, closing
from tests.mindfolio_desktop.ui.snapshots import position_view

POSITION = position_view(quantity=3).position


@pytest.fixture
def strip(qtbot: QtBot) -> CloseStrip:
    """Open for three condors, not answered yet."""
    made = CloseStrip()
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.asked) as asked:
        made.open_for(POSITION, "3 condors")
    assert asked.args == [3]
    return made


def words(strip: CloseStrip, name: str) -> str:
    label = strip.findChild(QLabel, name)
    assert label is not None
    return label.text() if not label.isHidden() else ""


def confirm(strip: CloseStrip) -> QPushButton:
    found = strip.findChild(QPushButton, "close_strip_confirm")
    assert found is not None
    return found


def press(strip: CloseStrip, name: str) -> None:
    button = strip.findChild(QPushButton, name)
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_what_is_typed_at_once_is_the_number(qtbot: QtBot) -> None:
    strip = CloseStrip()
    qtbot.addWidget(strip)
    strip.show()
    strip.activateWindow()
    strip.open_for(POSITION, "3 condors")
    box = strip.findChild(QSpinBox, "close_quantity")
    assert box is not None
    qtbot.waitUntil(box.hasFocus)
    QTest.keyClicks(box, "2")
    assert strip.quantity == 2


def test_the_cost_at_mid_and_at_natural_is_shown_before(strip: CloseStrip) -> None:
    assert not confirm(strip).isEnabled()
    strip.show_quote(closing(3))
    assert words(strip, "close_strip_cost") == (
        "At mid: pay $600.00 ($2.00 debit a share)\nAt natural: pay $660.00 ($2.20 debit a share)"
    )
    assert confirm(strip).isEnabled()
    assert strip.limit is None


def test_another_number_of_units_is_asked_for_and_an_older_answer_ignored(strip: CloseStrip, qtbot: QtBot) -> None:
    strip.show_quote(closing(3))
    box = strip.findChild(QSpinBox, "close_quantity")
    assert box is not None
    with qtbot.waitSignal(strip.asked) as asked:
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert (asked.args, strip.quantity) == ([2], 2)
    assert not confirm(strip).isEnabled()
    strip.show_quote(closing(3))
    assert not confirm(strip).isEnabled()
    strip.show_quote(closing(2))
    assert confirm(strip).isEnabled()
    assert "pay $400.00" in words(strip, "close_strip_cost")


def test_a_limit_starts_at_mid_and_needs_a_price(strip: CloseStrip) -> None:
    strip.show_quote(closing(3))
    press(strip, "close_price_rest")
    assert strip.limit == dollars("2.00")
    field = strip.findChild(QLineEdit, "close_price_limit_amount")
    assert field is not None
    QTest.keyClicks(field, "x")
    assert (confirm(strip).isEnabled(), words(strip, "close_strip_refused")) == (
        False,
        "Type a price a share, such as 1.25.",
    )


def test_what_the_engine_would_refuse_cannot_be_pressed_and_says_why(strip: CloseStrip) -> None:
    strip.show_quote(closing(3, denials=(Denial(DenialCode.MARKET_CLOSED),)))
    assert words(strip, "close_strip_refused") == "Market: orders open only during the regular session"
    assert not confirm(strip).isEnabled()
    strip.show_quote(closing(3))
    assert (confirm(strip).isEnabled(), words(strip, "close_strip_refused")) == (True, "")


def test_without_a_price_only_a_limit_can_be_sent(strip: CloseStrip) -> None:
    part = ClosingPart(CONDOR, 3, None, None, dollars("0.01"))
    strip.show_quote(closing(3, parts=(part,), at_mid=None, at_natural=None))
    assert "There is no price to close at now" in words(strip, "close_strip_refused")
    assert words(strip, "close_strip_cost") == f"At mid: {fmt.UNKNOWN}\nAt natural: {fmt.UNKNOWN}"
    press(strip, "close_price_rest")
    field = strip.findChild(QLineEdit, "close_price_limit_amount")
    assert field is not None
    QTest.keyClicks(field, "2.1")
    assert (confirm(strip).isEnabled(), strip.limit) == (True, dollars("2.10"))


def test_several_orders_are_told_and_a_limit_is_for_the_first(strip: CloseStrip) -> None:
    call, _ = held_structure("TSLA", [Leg(CONDOR.legs[2].contract, -1)], 0)
    parts = (
        ClosingPart(call, 3, dollars("1.00"), dollars("1.10"), dollars("0.01")),
        ClosingPart(shares_of("TSLA"), 300, dollars(-260), dollars("-259.99"), dollars("0.01")),
    )
    strip.show_quote(closing(3, parts=parts, at_mid=dollars(-77_700), at_natural=dollars(-77_667)))
    assert words(strip, "close_strip_cost") == (
        "At mid: receive $77,700.00\nAt natural: receive $77,667.00\n"
        f"In 2 orders, one after the other: 3 {fmt.TIMES} 17 Apr 270 short call, then 300 {fmt.TIMES} long stock."
    )
    press(strip, "close_price_rest")
    assert f"The limit is for the first order: 3 {fmt.TIMES} 17 Apr 270 short call." in words(strip, "close_strip_cost")


def test_a_newer_quote_does_not_undo_the_wait_for_an_answer(strip: CloseStrip) -> None:
    strip.show_quote(closing(3))
    QTest.mouseClick(confirm(strip), Qt.MouseButton.LeftButton)
    strip.show_quote(closing(3))
    assert (confirm(strip).isEnabled(), confirm(strip).text()) == (False, "Sending…")


def test_costs_in_words() -> None:
    assert [cost_words(amount) for amount in (None, 0, dollars(1), dollars(-2))] == [
        fmt.UNKNOWN,
        "nothing",
        "pay $1.00",
        "receive $2.00",
    ]
