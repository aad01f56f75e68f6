"""One proposal: what would move, why, what it would do, and the button that opens it as a draft."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.proposal_card import ProposalCard, moved_words, warning_words
from tests.mindfolio_desktop.ui.reviews import effect, proposals


def texts(card: ProposalCard) -> list[str]:
    return [label.text() for label in card.findChildren(QLabel)]


def test_from_and_to_of_every_module_and_of_the_reserve_are_shown_with_reasons(qtbot: QtBot) -> None:
    card = ProposalCard(proposals()[0])
    qtbot.addWidget(card)
    shown = texts(card)
    for words in (
        "Equal shares",
        "$15,000 → $17,000",
        "$20,000 → $18,000",
        "$5,000",
        "IV Service: a reason.",
        "IV Service, ask first would be over by $200: it could only reduce.",
        "IV Service: worst case $900 now, $1,020 once the new budget is used alike.",
        "$2,000 changes hands",
    ):
        assert words in shown


def test_load_carries_the_whole_plan_and_one_that_changes_nothing_is_not_loaded(qtbot: QtBot) -> None:
    first, second, *_ = proposals()
    card, still = ProposalCard(first), ProposalCard(second)
    for each in (card, still):
        qtbot.addWidget(each)
    loaded: list[object] = []
    for each in (card, still):
        each.load_asked.connect(loaded.append)
        for button in each.findChildren(QPushButton):
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert loaded == [first.plan]
    assert "Changes nothing" in texts(still)
    card.show_current(is_current=False)
    QTest.mouseClick(card.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    assert loaded == [first.plan], "it no longer begins at the split in force"


def test_words_of_amounts_and_of_what_gives_no_warning() -> None:
    assert moved_words(dollars(5), dollars("7.50")) == "$5 → $7.50"
    assert moved_words(dollars(5), dollars(5)) == "$5"
    assert warning_words(effect("a", "A", 10, 5_000, worst_case_at_same_use=None)) == ""
    assert warning_words(effect("a", "A", 5_000, 4_000, worst_case_at_same_use=dollars(10))) == ""
