"""One field: what it takes, and what is said below it while somebody types."""

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.core.money import UNIT, dollars
from mindfolio_desktop.ui.widgets.setting_field import (
    ReadField,
    parameter_field,
    plain,
    read_money,
    read_name,
    read_parameter,
    read_symbols,
)
from tests.mindfolio_desktop.ui.offered import DAYS, SYMBOLS, WIDTH


def test_what_is_wrong_is_said_below_while_it_is_typed_and_goes_with_it(qtbot: QtBot) -> None:
    field = parameter_field(DAYS)
    qtbot.addWidget(field)
    hint = field.findChild(QLabel, "setting_max_days_hint")
    assert hint is not None
    changes: list[None] = []
    field.changed.connect(lambda: changes.append(None))
    field.show_text("40")
    assert (field.value, hint.text()) == (40, "1 to 365, default 45")
    QTest.keyClicks(field.line, "0")
    field.line.setText("400")
    assert (field.value, hint.text()) == (None, "outside 1 to 365")
    assert field.line.accessibleDescription() == "outside 1 to 365"
    field.line.setText("31")
    assert (field.value, field.problem, hint.text()) == (31, "", "1 to 365, default 45")
    assert len(changes) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "not a number"), ("ten", "not a number"), ("2.5", "a whole number, please"), ("0", "outside 1 to 365")],
)
def test_numbers_that_a_parameter_cannot_take(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_parameter(DAYS, text)


def test_numbers_are_read_as_they_are_written() -> None:
    assert read_parameter(DAYS, " 1,0 ") == 10
    assert isinstance(read_parameter(DAYS, "30"), int)
    assert read_parameter(WIDTH, "2.5") == 2.5
    assert isinstance(read_parameter(WIDTH, "5"), float)
    assert (plain(1.05), plain(1000), plain(5.0)) == ("1.05", "1,000", "5")


def test_money_has_bounds_in_words() -> None:
    assert read_money("2.5k", UNIT, None, dollars(50_000)) == dollars(2_500)
    assert read_money("10%", 0, dollars(6_000), dollars(50_000)) == dollars(5_000)
    for text, words in (("x", "not an amount"), ("0", "more than nothing"), ("7k", r"at most \$6,000")):
        with pytest.raises(ValueError, match=words):
            read_money(text, UNIT, dollars(6_000), dollars(50_000))
    with pytest.raises(ValueError, match=r"at most \$1,000,000,000"):
        read_money("9" * 40, UNIT, None, dollars(50_000))


def test_a_name_is_short_enough_for_a_card() -> None:
    assert read_name("  My  module ") == "My module"
    assert read_name("n" * 40) == "n" * 40
    for text, words in ((" ", "needs a name"), ("n" * 500, "at most 40 characters, this has 500")):
        with pytest.raises(ValueError, match=words):
            read_name(text)


def test_symbols_are_those_of_the_market_each_once() -> None:
    assert read_symbols("spy, ko SPY", SYMBOLS) == ("SPY", "KO")
    assert read_symbols("All", SYMBOLS) == SYMBOLS
    for text, words in (
        (" , ", "name one symbol"),
        ("SPY ZZZ", "not in this market: ZZZ"),
        ("Q" * 500, r"market: Q{12}…$"),
    ):
        with pytest.raises(ValueError, match=words):
            read_symbols(text, SYMBOLS)


def test_a_field_says_its_unit_to_a_screen_reader(qtbot: QtBot) -> None:
    field = ReadField("f", "Width", float, unit="$")
    qtbot.addWidget(field)
    assert field.line.accessibleName() == "Width, $"
    assert field.problem != ""


def test_of_many_strange_symbols_some_are_named() -> None:
    with pytest.raises(ValueError, match=r"A1, A2, A3, A4, A5 and 4 more$"):
        read_symbols(" ".join(f"A{number}" for number in range(1, 10)), SYMBOLS)
