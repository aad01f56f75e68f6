"""Cards stand row by row in columns of equal width, also after the number of columns has changed."""

import pytest
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.card_grid import fill_grid


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_columns_are_equal_whatever_their_cards_would_like(qtbot: QtBot, columns: int) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    grid = QGridLayout(host)
    cards = [QLabel("a"), QLabel("a much longer text than that of the others"), QLabel("b")]
    fill_grid(grid, cards, 3)
    fill_grid(grid, cards, columns)
    host.resize(600, 200)
    host.show()
    qtbot.waitExposed(host)
    assert len({card.width() for card in cards}) <= 2, "but for a pixel that is left over"
    assert max(card.width() for card in cards) - min(card.width() for card in cards) <= 1
    for at, card in enumerate(cards):
        item = grid.itemAtPosition(at // columns, at % columns)
        assert item is not None
        assert item.widget() is card
