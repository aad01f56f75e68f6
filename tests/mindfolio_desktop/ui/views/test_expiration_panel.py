"""The expiration desk: choosing a position tells what comes of it, and opens its module."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.domain.expiration import Ending
from mindfolio_desktop.ui.models.expirations import ExpiryRow
from mindfolio_desktop.ui.views.expiration_panel import ExpirationPanel, expiry_words, summary_words
from tests.mindfolio_desktop.ui.risk_records import expiry, in_the_money
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL

NAMES = {AUTO: "IV Service", MANUAL: "IV Service, ask first"}


@pytest.fixture
def panel(qtbot: QtBot) -> ExpirationPanel:
    made = ExpirationPanel()
    qtbot.addWidget(made)
    made.resize(1040, 400)
    made.show()
    qtbot.waitExposed(made)
    made.show_expiries((in_the_money(), expiry()), NAMES)
    qtbot.waitUntil(lambda: view(made).isVisible())
    return made


def view(panel: ExpirationPanel) -> QTableView:
    found = panel.findChild(QTableView, "expirations_table")
    assert isinstance(found, QTableView)
    return found


def button(panel: ExpirationPanel) -> QPushButton:
    found = panel.findChild(QPushButton, "expiration_open")
    assert isinstance(found, QPushButton)
    return found


def text(panel: ExpirationPanel, name: str) -> str:
    found = panel.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text() if found.isVisible() else ""


def choose(panel: ExpirationPanel, row: int) -> None:
    table = view(panel)
    at = table.visualRect(table.model().index(row, 2)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_chosen_position_is_told_in_words_and_its_module_opened(panel: ExpirationPanel, qtbot: QtBot) -> None:
    choose(panel, 0)
    assert "A rule wants it closed now: last day: 60 put could leave +100 shares." in text(panel, "expiration_words")
    assert button(panel).accessibleName() == "Open IV Service, ask first"
    with qtbot.waitSignal(panel.module_opened) as opened:
        QTest.mouseClick(button(panel), Qt.MouseButton.LeftButton)
    assert opened.args == [MANUAL]


def test_return_on_a_row_opens_its_module(panel: ExpirationPanel, qtbot: QtBot) -> None:
    choose(panel, 1)
    with qtbot.waitSignal(panel.module_opened) as opened:
        QTest.keyClick(view(panel), Qt.Key.Key_Return)
    assert opened.args == [AUTO]


def test_newer_figures_keep_the_choice_and_what_is_gone_is_let_go(panel: ExpirationPanel) -> None:
    choose(panel, 0)
    panel.show_expiries((in_the_money(ending=Ending.WAITS, why=""), expiry()), NAMES)
    assert "the broker has not said how" in text(panel, "expiration_words")
    panel.show_expiries((expiry(),), NAMES)
    assert text(panel, "expiration_words").startswith("TSLA at $261.35.")
    assert button(panel).accessibleName() == "Open IV Service"


def test_what_ends_today_or_is_in_the_money_is_said_above(panel: ExpirationPanel) -> None:
    assert text(panel, "expirations_today") == (
        "1 position expires today; 1 position has legs in the money that expire next"
    )
    panel.show_expiries((expiry(),), NAMES)
    assert text(panel, "expirations_today") == ""
    assert summary_words((in_the_money("a"), in_the_money("b"))) == (
        "2 positions expire today; 2 positions have legs in the money that expire next"
    )


def test_nothing_open_and_no_answer_are_said(panel: ExpirationPanel, qtbot: QtBot) -> None:
    panel.show_expiries((), NAMES)
    qtbot.waitUntil(lambda: text(panel, "expirations_table_empty") == "No options are open: nothing expires.")
    assert not button(panel).isVisible()
    panel.show_trouble("a bug")
    assert text(panel, "expirations_table_empty") == "What is open is not known: a bug"


@pytest.mark.parametrize("ending", list(Ending))
def test_every_ending_is_a_sentence(ending: Ending) -> None:
    words = expiry_words(ExpiryRow("IV Service", expiry(ending=ending)))
    assert "{" not in words
    assert words.endswith(".")
    assert ".." not in words


def test_all_that_is_known_of_one() -> None:
    words = expiry_words(ExpiryRow("IV Service", in_the_money()))
    assert words.startswith(
        "KO at $59.00. In the money: KO 16 Mar 60 put. Nearest short strike KO 16 Mar 60 put: in by $1.00 (1.7%). "
        "An assignment takes $6,000 of $500; 100 shares come. Ex-dividend before it expires: 17 Mar, $0.51."
    )
    unknown = expiry(spot=None, nearest=None, distance=None, distance_pct=None, cash=None, shares=0)
    assert expiry_words(ExpiryRow("IV Service", unknown)).startswith("No price is known. Ex-dividend")
