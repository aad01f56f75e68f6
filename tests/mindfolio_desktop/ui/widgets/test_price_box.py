"""Net prices as they are typed: credits and debits in words, cents, and nothing else."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.price_box import PriceBox, parse_price


@pytest.fixture
def box(qtbot: QtBot) -> PriceBox:
    made = PriceBox("limit", "Limit")
    qtbot.addWidget(made)
    made.show_price(dollars("-1.40"), dollars("0.05"))
    made.show()
    return made


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("1.25", "-1.25"),
        ("$1.25 credit", "-1.25"),
        ("1.25 debit", "1.25"),
        ("1.25 DB", "1.25"),
        ("-1.25", "-1.25"),
        ("\N{MINUS SIGN}1.25", "-1.25"),
        ("1,250", "-1250"),
    ],
)
def test_a_typed_price_is_read(text: str, price: str) -> None:
    assert parse_price(text, is_credit=True) == dollars(price)


@pytest.mark.parametrize("text", ["", "credit", "1.255", "1e3", "abc", "12345678"])
def test_what_is_no_price_is_not_taken(text: str) -> None:
    assert parse_price(text, is_credit=True) is None


def test_a_bare_number_keeps_the_side(box: PriceBox, qtbot: QtBot) -> None:
    assert (box.text(), box.price) == ("$1.40 credit", dollars("-1.40"))
    box.selectAll()
    with qtbot.waitSignal(box.valueChanged):
        QTest.keyClicks(box, "1.55")
        QTest.keyClick(box, Qt.Key.Key_Return)
    assert (box.text(), box.price) == ("$1.55 credit", dollars("-1.55"))


def test_up_pays_a_step_more(box: PriceBox) -> None:
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.text() == "$1.35 credit"
    box.selectAll()
    QTest.keyClicks(box, "0.02 credit")
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClick(box, Qt.Key.Key_Up)
    assert box.text() == "$0.03 debit"


def test_nonsense_is_taken_back(box: PriceBox) -> None:
    box.selectAll()
    QTest.keyClicks(box, "lots")
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert box.price == dollars("-1.40")


def test_what_is_shown_is_no_change(box: PriceBox, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(box.valueChanged):
        box.show_price(dollars("2.005"), dollars("0.01"))
    assert box.text() == "$2.01 debit", "never a better price than was meant"
