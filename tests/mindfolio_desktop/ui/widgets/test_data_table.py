"""The table widget: sorted by value, never silently empty, as high as its rows."""

from functools import partial

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.remembered import remember
from mindfolio_desktop.ui.widgets.data_table import DataTable

ROLE = Qt.ItemDataRole.UserRole + 1


def add(model: QStandardItemModel, name: str, value: float | None) -> None:
    amount = QStandardItem(f"${value}")
    amount.setData(value, ROLE)
    title = QStandardItem(name)
    title.setData(name, ROLE)
    model.appendRow([title, amount])


@pytest.fixture
def model(qapp: object) -> QStandardItemModel:
    model = QStandardItemModel(0, 2)
    model.setHorizontalHeaderLabels(["Name", "Amount"])
    return model


@pytest.fixture
def table(qtbot: QtBot, model: QStandardItemModel) -> DataTable:
    widget = DataTable(model, "t", "Trades", sort_role=ROLE, stretch=0, most_rows=3)
    qtbot.addWidget(widget)
    widget.resize(400, 200)
    widget.explain_empty("Nothing was traded yet.")
    widget.show()
    return widget


def shown(table: DataTable) -> list[str]:
    proxy = table.view.model()
    return [str(proxy.index(row, 0).data()) for row in range(proxy.rowCount())]


def click_heading(table: DataTable, column: int) -> None:
    header = table.view.horizontalHeader()
    x = header.sectionViewportPosition(column) + 20
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, header.height() // 2))


def test_an_empty_table_says_why(table: DataTable, model: QStandardItemModel, qtbot: QtBot) -> None:
    assert table.empty_text == "Nothing was traded yet."
    add(model, "SPY", 1.0)
    qtbot.waitUntil(lambda: table.empty_text == "")
    model.removeRow(0)
    qtbot.waitUntil(lambda: table.empty_text == "Nothing was traded yet.")


def test_rows_stay_as_given_until_a_heading_is_clicked(
    table: DataTable, model: QStandardItemModel, qtbot: QtBot
) -> None:
    for name, value in (("b", 900.0), ("a", 1_000.0), ("c", -5.0)):
        add(model, name, value)
    qtbot.waitUntil(lambda: not table.empty_text)
    assert shown(table) == ["b", "a", "c"]
    click_heading(table, 1)
    assert shown(table) == ["c", "b", "a"], "by value, not by text"
    click_heading(table, 1)
    assert shown(table) == ["a", "b", "c"]


def test_what_is_unknown_sorts_last(table: DataTable, model: QStandardItemModel) -> None:
    for name, value in (("unknown", None), ("two", 2.0), ("one", 1.0)):
        add(model, name, value)
    table.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert shown(table) == ["one", "two", "unknown"]


def test_it_grows_with_its_rows_up_to_a_limit(table: DataTable, model: QStandardItemModel, qtbot: QtBot) -> None:
    heights = []
    for count in range(1, 6):
        add(model, f"row {count}", 1.0)
        qtbot.wait(5)
        heights.append(table.height())
    assert heights[0] < heights[1] < heights[2] == heights[3] == heights[4]


def test_the_chosen_row_is_reported_in_the_models_terms(
    table: DataTable, model: QStandardItemModel, qtbot: QtBot
) -> None:
    for name, value in (("b", 2.0), ("a", 1.0)):
        add(model, name, value)
    table.view.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    heard: list[QModelIndex] = []
    table.current_changed.connect(heard.append)
    table.select_source_row(0)
    assert [(index.row(), index.data()) for index in heard] == [(0, "b")]
    table.view.setFocus()
    QTest.keyClick(table.view, Qt.Key.Key_Up)
    assert heard[-1].row() == 1
    assert (table.source_index().row(), table.source_index().data()) == (1, "a")


def test_a_column_makes_room_for_figures_that_grow_and_keeps_it(
    table: DataTable, model: QStandardItemModel, qtbot: QtBot
) -> None:
    add(model, "SPY", 1.0)
    qtbot.waitUntil(lambda: not table.empty_text)
    narrow = table.view.columnWidth(1)
    model.item(0, 1).setText("$1,234,567,890.00")
    qtbot.waitUntil(lambda: table.view.columnWidth(1) > narrow)
    wide = table.view.columnWidth(1)
    model.item(0, 1).setText("$1")
    qtbot.waitUntil(lambda: not table._widen_later.isActive())
    assert table.view.columnWidth(1) == wide


# --- what is remembered -----------------------------------------------------------------------------------------------
def made(qtbot: QtBot, *titles: str) -> DataTable:
    """A table of another start, with three rows."""
    model = QStandardItemModel(0, 2)
    model.setHorizontalHeaderLabels(titles)
    widget = DataTable(model, "t", "Trades", sort_role=ROLE, stretch=0, most_rows=3)
    model.setParent(widget)
    qtbot.addWidget(widget)
    widget.resize(400, 200)
    widget.show()
    for name, value in (("B", 2.0), ("C", 3.0), ("A", 1.0)):
        add(model, name, value)
    qtbot.waitUntil(lambda: widget.empty_text == "")
    return widget


@pytest.mark.usefixtures("memory")
def test_sort_and_widths_are_as_a_person_left_them(qtbot: QtBot) -> None:
    first = made(qtbot, "Name", "Amount")
    click_heading(first, 1)
    click_heading(first, 1)
    assert shown(first) == ["C", "B", "A"]
    first.view.horizontalHeader().resizeSection(1, 171)
    second = made(qtbot, "Name", "Amount")
    assert shown(second) == ["C", "B", "A"]
    qtbot.waitUntil(lambda: second.view.horizontalHeader().sectionSize(1) == 171)


@pytest.mark.usefixtures("memory")
def test_a_width_grows_and_shrinks_with_the_text(qtbot: QtBot, qapp: QApplication) -> None:
    first = made(qtbot, "Name", "Amount")
    first.view.horizontalHeader().resizeSection(1, 170)
    try:
        for percent, width in ((200, 340), (125, 212), (100, 170)):
            theme.apply(qapp, percent=percent)
            again = made(qtbot, "Name", "Amount")
            qtbot.waitUntil(partial(_is_wide, again, width))
    finally:
        theme.apply(qapp)


def _is_wide(table: DataTable, width: int) -> bool:
    return table.view.horizontalHeader().sectionSize(1) == width


def test_a_heading_has_room_in_the_column_that_takes_what_is_left(qtbot: QtBot) -> None:
    table = made(qtbot, "A heading that is longer than its words", "Amount")
    table.resize(120, 200)
    header = table.view.horizontalHeader()
    needed = header.fontMetrics().horizontalAdvance("A heading that is longer than its words")
    qtbot.waitUntil(lambda: needed < header.sectionSize(0) < 2 * needed)


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("kept", [{"by": "Gone", "widths": {"Gone": 9, "Amount": "x"}}, {"by": 7, "widths": []}])
def test_what_no_longer_fits_the_table_is_left_out(qtbot: QtBot, kept: dict[str, object]) -> None:
    remember("table/t", kept)
    assert shown(made(qtbot, "Name", "Amount")) == ["B", "C", "A"]


def test_the_reason_for_no_rows_has_as_many_lines_as_it_needs(
    table: DataTable, model: QStandardItemModel, qtbot: QtBot
) -> None:
    one = table.height()
    table.explain_empty("Nothing was traded yet, because " + "this is a long story, " * 8)
    qtbot.waitUntil(lambda: table.height() > one)


@pytest.mark.usefixtures("memory")
def test_columns_of_a_persons_choice_are_remembered_by_the_table(
    qtbot: QtBot, model: QStandardItemModel, table: DataTable
) -> None:
    model.setHorizontalHeaderLabels(["Name", "Amount"])
    add(model, "a", 1.0)
    menu = table.offer_columns()
    (amount,) = menu.actions()
    assert (amount.text(), amount.isChecked()) == ("Amount", True)
    menu.popup(QPoint(0, 0))
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(amount).center())
    assert table.view.isColumnHidden(1)
    again = DataTable(model, "t", "Trades", sort_role=ROLE, stretch=0)
    qtbot.addWidget(again)
    assert not again.offer_columns().actions()[0].isChecked()
    assert again.view.isColumnHidden(1)
    other = DataTable(model, "u", "Trades", sort_role=ROLE, stretch=0)
    qtbot.addWidget(other)
    menu = other.offer_columns(hidden=["Amount"])
    assert other.view.isColumnHidden(1)
    menu.actions()[0].trigger()
    assert not other.view.isColumnHidden(1)
    assert other.view.columnWidth(1) >= other.view.sizeHintForColumn(1) > 0, "what is shown again can be seen"
    assert not DataTable(model, "v", "Trades", sort_role=ROLE, stretch=0).view.isColumnHidden(1)


def test_it_may_be_given_more_rows_before_it_scrolls(table: DataTable, model: QStandardItemModel, qtbot: QtBot) -> None:
    for number in range(9):
        add(model, str(number), float(number))
    qtbot.waitUntil(lambda: table.height() > 100)
    before = table.height()
    table.set_most_rows(5)
    assert table.height() == before + 60
