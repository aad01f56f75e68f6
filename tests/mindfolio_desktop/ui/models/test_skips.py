"""The table of what became of skips."""

import datetime as dt

import pytest
from PySide6.QtWidgets import QApplication

from engine.core.money import dollars
from engine.domain.aftermath import SkipRow
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.models.skips import SkipsModel, reason_words

MARCH = dt.date(2026, 3, 1)


def test_a_row_says_when_why_how_many_and_how_much(qapp: QApplication) -> None:
    model = SkipsModel()
    model.show_rows([SkipRow(MARCH, "EVIDENCE: win rate", 4, dollars(-1140), 1, dollars("25.50"))])

    assert [model.item(0, column).text() for column in range(5)] == [
        "Mar 2026",
        "Evidence: win rate",
        "4 ended, 1 still open",
        "▼ \N{MINUS SIGN}$1,140.00",
        "▼ \N{MINUS SIGN}$1,114.50",
    ]
    assert model.item(0, 4).data(SORT_ROLE) == -1114.5


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("BUDGET", "Budget"),
        ("BUDGET + MAX_RISK", "Budget and Max risk per trade"),
        ("EXPIRED", "Nobody decided in time"),
        ("REFUSED", "Refused by a person"),
        ("EVIDENCE: insufficient evidence", "Evidence: insufficient evidence"),
        ("something of its own", "something of its own"),
    ],
)
def test_reasons_in_words(reason: str, words: str) -> None:
    assert reason_words(reason) == words
