"""A selected row keeps the colours of gains and losses, in both themes, and takes them along when it moves."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.data_table import DataTable
from tests.mindfolio_desktop.ui.test_theme import contrast

ROLE = Qt.ItemDataRole.UserRole + 1


def add(model: QStandardItemModel, amount: float) -> None:
    item = QStandardItem("8888888888")
    item.setData(amount, ROLE)
    item.setData(QBrush(theme.gain_colour(amount)), Qt.ItemDataRole.ForegroundRole)
    plain = QStandardItem("8888888888")
    plain.setData("x", ROLE)
    model.appendRow([plain, item])


@pytest.fixture
def model(qapp: object) -> QStandardItemModel:
    made = QStandardItemModel(0, 2)
    made.setHorizontalHeaderLabels(["Name", "Amount"])
    for amount in (5.0, -7.0, 3.0):
        add(made, amount)
    return made


@pytest.fixture
def table(qtbot: QtBot, model: QStandardItemModel) -> DataTable:
    widget = DataTable(model, "t", "Trades", sort_role=ROLE, stretch=0)
    qtbot.addWidget(widget)
    widget.resize(400, 200)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def colours(table: DataTable, row: int, column: int) -> set[str]:
    """The colours of a cell on screen."""
    view = table.view
    QApplication.processEvents()
    area = view.visualRect(view.model().index(row, column))
    image = view.viewport().grab(area).toImage()
    return {QColor(image.pixel(x, y)).name() for x in range(image.width()) for y in range(image.height())}


def row_of(table: DataTable, amount: float) -> int:
    proxy = table.view.model()
    return next(row for row in range(proxy.rowCount()) if proxy.index(row, 1).data(ROLE) == amount)


def test_a_selected_gain_and_a_selected_loss_are_told_by_their_colours(table: DataTable) -> None:
    for source, amount in ((0, 5.0), (1, -7.0)):
        table.select_source_row(source)
        shown = colours(table, row_of(table, amount), 1)
        assert theme.gain_colour(amount).name() in shown
        assert QColor(theme.tokens().hover).name() in shown, "and it is seen to be selected"
    assert theme.gain_colour(1).name() not in colours(table, row_of(table, -7.0), 0)


def test_sorting_and_new_rows_take_the_colours_along(table: DataTable, model: QStandardItemModel) -> None:
    table.select_source_row(1)
    table.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert theme.gain_colour(-1).name() in colours(table, row_of(table, -7.0), 1)
    add(model, -9.0)
    assert row_of(table, -7.0) == 1
    assert theme.gain_colour(-1).name() in colours(table, 1, 1)
    model.removeRow(3)
    assert theme.gain_colour(-1).name() in colours(table, row_of(table, -7.0), 1)


@pytest.mark.parametrize("scheme", list(theme.Scheme))
def test_the_colours_can_be_read_on_the_selection(qapp: QApplication, scheme: theme.Scheme) -> None:
    theme.apply(qapp, scheme)
    tokens = theme.tokens()
    for words in (tokens.gain, tokens.loss, tokens.warning, tokens.muted):
        assert contrast(words, tokens.hover) >= 4.5, words
    theme.apply(qapp)
