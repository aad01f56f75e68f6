"""One kind in the gallery."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.offer_card import OfferCard
from tests.mindfolio_desktop.ui.offered import OFFER, USERS


def test_a_card_says_what_it_does_and_trades_and_leads_to_its_form(qtbot: QtBot) -> None:
    card = OfferCard(OFFER)
    qtbot.addWidget(card)
    chosen: list[object] = []
    card.chosen.connect(chosen.append)
    shown = [label.text() for label in card.findChildren(QLabel)]
    assert shown == ["IV Service", "Sells condors.", "Trades iron condor, calendar", "typically $15,000, 3 settings"]
    QTest.mouseClick(card.findChildren(QPushButton)[0], Qt.MouseButton.LeftButton)
    assert chosen == [OFFER]


def test_a_users_own_is_marked(qtbot: QtBot) -> None:
    card = OfferCard(USERS)
    qtbot.addWidget(card)
    shown = [label.text() for label in card.findChildren(QLabel)]
    assert "yours" in shown
    assert "Its author says nothing of it." in shown
