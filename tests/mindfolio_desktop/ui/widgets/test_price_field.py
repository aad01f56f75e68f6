"""A net price as a person types it: an amount and a side, or no price at all."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import Money, dollars
from mindfolio_desktop.ui.widgets.price_field import PriceField


@pytest.fixture
def field(qtbot: QtBot) -> PriceField:
    made = PriceField("price", "Limit")
    qtbot.addWidget(made)
    made.show()
    return made


def line(field: PriceField) -> QLineEdit:
    found = field.findChild(QLineEdit, "price_amount")
    assert found is not None
    return found


def price_of(field: PriceField) -> Money | None:
    return field.price


def press(field: PriceField, name: str) -> None:
    button = field.findChild(QPushButton, name)
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_an_amount_is_a_debit_and_the_credit_button_turns_it(field: PriceField, qtbot: QtBot) -> None:
    assert price_of(field) is None
    with qtbot.waitSignals([field.changed] * 4):
        QTest.keyClicks(line(field), "1.25")
    assert price_of(field) == dollars("1.25")
    with qtbot.waitSignal(field.changed):
        press(field, "price_credit")
    assert price_of(field) == dollars("-1.25")
    press(field, "price_debit")
    assert price_of(field) == dollars("1.25")
    with qtbot.waitSignal(field.entered):
        QTest.keyClick(line(field), Qt.Key.Key_Return)


@pytest.mark.parametrize("words", ["", "x", "-1", "1.23456", "nan", "1e20", "1.2.3"])
def test_what_is_no_price_is_none(field: PriceField, words: str) -> None:
    QTest.keyClicks(line(field), words)
    assert field.price is None


@pytest.mark.parametrize(
    ("price", "words"), [("-2.5", "2.50"), ("1234.5", "1234.50"), ("0.505", "0.505"), ("0", "0.00")]
)
def test_a_price_that_is_shown_is_the_price(field: PriceField, price: str, words: str) -> None:
    field.show_price(dollars(price))
    assert line(field).text() == words
    assert price_of(field) == dollars(price)
    field.show_price(None)
    assert field.price is None


@pytest.mark.parametrize(
    ("typed", "price"),
    [
        ("1.25", 12_500),
        ("$1,250.5", 12_505_000),
        (".05", 500),
        (" 2 ", 20_000),
        ("1,25", None),
        ("1,2500", None),
        ("", None),
        ("$", None),
        (".", None),
        ("-1", None),
        ("+1", None),
        ("1_000", None),
        ("1e9", None),
        ("nan", None),
        ("\N{ARABIC-INDIC DIGIT THREE}", None),
        ("1.25\n2", None),
        ("1.23456", None),
        ("999999999999", None),
    ],
)
def test_only_plain_prices_are_read(qtbot: QtBot, typed: str, price: int | None) -> None:
    field = PriceField("limit", "Limit")
    qtbot.addWidget(field)
    line = field.findChild(QLineEdit, "limit_amount")
    assert line is not None
    line.insert(typed)
    assert field.price == price
