"""One entry in full: its words, its postings that sum to zero, and its fields."""

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QTableView, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.views.entry_detail import EntryDetail
from tests.mindfolio_desktop.ui.journal import FILLED, SUBMITTED
from tests.mindfolio_desktop.ui.snapshots import AUTO

NAMES = {AUTO: "IV Service"}


@pytest.fixture
def detail(qtbot: QtBot) -> EntryDetail:
    made = EntryDetail()
    qtbot.addWidget(made)
    made.resize(420, 600)
    made.show()
    return made


def text(detail: QWidget, name: str) -> str:
    found = detail.findChild(QLabel, name)
    assert found is not None
    return found.text() if found.isVisible() else ""


def test_it_says_that_none_is_chosen(detail: EntryDetail) -> None:
    assert text(detail, "entry_title") == "Choose an entry to see all of it."
    assert text(detail, "entry_when") == ""


def test_an_entry_is_told_with_its_postings_and_its_fields(detail: EntryDetail) -> None:
    detail.show_entry(FILLED, NAMES)
    assert text(detail, "entry_title") == "Order filled"
    assert text(detail, "entry_when") == "Entry 13, Mon 16 Mar 2026 15:55:13 ET"
    assert text(detail, "entry_words") == "O000001: 2 units at $2.50 credit a share, costs $5.00"
    table = detail.findChild(QTableView, "entry_postings")
    assert table is not None
    assert table.model().rowCount() == 4
    assert text(detail, "entry_sum") == "Debits $500.00, credits $500.00"
    fields = detail.findChild(QPlainTextEdit, "entry_fields")
    assert fields is not None
    assert "commission: $4.80" in fields.toPlainText()
    assert fields.isReadOnly()


def test_an_entry_without_postings_says_so(detail: EntryDetail, qtbot: QtBot) -> None:
    detail.show_entry(FILLED, NAMES)
    detail.show_entry(SUBMITTED, NAMES)
    assert text(detail, "entry_sum") == ""
    qtbot.waitUntil(lambda: text(detail, "entry_postings_empty") == "It moved no money between accounts.")
    detail.show_entry(None, NAMES)
    assert text(detail, "entry_words") == ""
