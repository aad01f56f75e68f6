"""The page of all positions: sorted, filtered, with the columns that a person wants, and one of them chosen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.domain.questions import LegsOf
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.remembered import Whose, use
from mindfolio_desktop.ui.views.positions import PositionsView
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import AUTO, aggressive_growth, fresh, position_view, with_module

STRAY = position_view("x-1", "EXTERNAL")


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge) -> PositionsView:
    return shown(qtbot, bridge)


def shown(qtbot: QtBot, bridge: EngineBridge) -> PositionsView:
    made = PositionsView(bridge)
    qtbot.addWidget(made)
    made.resize(1084, 700)
    made.set_snapshot(aggressive_growth(external=(STRAY,)))
    made.show()
    return made


def table(page: PositionsView) -> QTableView:
    found = page.findChild(QTableView, "all_positions_table")
    assert found is not None
    return found


def column(page: PositionsView, title: str) -> int:
    model = table(page).model()
    titles = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    return titles.index(title)


def cells(page: PositionsView, title: str) -> list[str]:
    model, at = table(page).model(), column(page, title)
    return [str(model.index(row, at).data()) for row in range(model.rowCount())]


def click(page: PositionsView, row: int) -> None:
    view = table(page)
    at = view.visualRect(view.model().index(row, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def name(page: PositionsView) -> str:
    label = page.findChild(QLabel, "position_name")
    assert label is not None
    return label.text() if label.isVisible() else ""


def filter_box(page: PositionsView) -> QLineEdit:
    found = page.findChild(QLineEdit, "positions_filter")
    assert found is not None
    return found


def test_all_positions_are_there_external_ones_marked_and_the_first_is_chosen(
    page: PositionsView, engine: EngineFake
) -> None:
    assert cells(page, "Module") == ["IV Service"] * 3 + ["IV Service, ask first"] * 2 + ["External"]
    assert "TSLA" in name(page)
    assert LegsOf("p-1") in engine.questions


def test_a_click_chooses_a_position_and_newer_figures_leave_it_chosen(page: PositionsView, engine: EngineFake) -> None:
    click(page, 1)
    assert "SPY" in name(page)
    assert LegsOf("p-2") in engine.questions
    page.set_snapshot(aggressive_growth(external=(STRAY,), seq=500))
    assert "SPY" in name(page)
    assert table(page).currentIndex().row() == 1


def test_the_keys_choose_too(page: PositionsView) -> None:
    table(page).setFocus()
    QTest.keyClick(table(page), Qt.Key.Key_Down)
    assert "SPY" in name(page)


def test_a_position_that_ended_gives_its_place_to_the_first(page: PositionsView) -> None:
    click(page, 1)
    snapshot = aggressive_growth(external=(STRAY,))
    views = snapshot.modules[0].open_positions
    page.set_snapshot(with_module(snapshot, AUTO, open_positions=(views[0], views[2])))
    assert "TSLA" in name(page)
    assert cells(page, "Symbol") == ["TSLA", "NVDA", "TSLA", "QQQ", "TSLA"]


def test_words_filter_the_table_and_none_found_says_so(page: PositionsView) -> None:
    QTest.keyClicks(filter_box(page), "ask first qqq")
    assert cells(page, "Symbol") == ["QQQ"]
    assert "QQQ" in name(page)
    QTest.keyClicks(filter_box(page), "x")
    assert cells(page, "Symbol") == []
    empty = page.findChild(QLabel, "all_positions_table_empty")
    assert empty is not None
    assert empty.text() == "None of the 6 open positions matches “ask first qqqx”."
    assert name(page) == ""
    filter_box(page).clear()
    assert len(cells(page, "Symbol")) == 6
    assert "TSLA" in name(page)


def test_a_heading_sorts(page: PositionsView) -> None:
    header = table(page).horizontalHeader()
    at = header.sectionViewportPosition(column(page, "Symbol")) + 20
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(at, 10))
    assert cells(page, "Symbol") == ["NVDA", "QQQ", "SPY", "TSLA", "TSLA", "TSLA"]


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[None]:
    use({Whose.MINDFOLIO: tmp_path / "window.ini"})
    yield
    use({})


@pytest.mark.usefixtures("memory")
def test_columns_are_chosen_by_a_menu_and_remembered(page: PositionsView, qtbot: QtBot, bridge: EngineBridge) -> None:
    menu = page.findChild(QMenu, "all_positions_table_columns")
    assert menu is not None
    assert table(page).isColumnHidden(column(page, "Vega"))
    assert not table(page).isColumnHidden(column(page, "IV"))
    for title in ("Vega", "IV"):
        (action,) = [each for each in menu.actions() if each.text() == title]
        menu.popup(QPoint(0, 0))
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
    assert not table(page).isColumnHidden(column(page, "Vega"))
    assert table(page).isColumnHidden(column(page, "IV"))
    again = shown(qtbot, bridge)
    assert not table(again).isColumnHidden(column(again, "Vega"))
    assert table(again).isColumnHidden(column(again, "IV"))
    assert "Structure" not in [each.text() for each in menu.actions()]


def test_the_menu_opens_by_button_and_by_a_right_click_on_a_heading(page: PositionsView, qtbot: QtBot) -> None:
    menu = page.findChild(QMenu, "all_positions_table_columns")
    button = page.findChild(QPushButton, "positions_choose_columns")
    assert menu is not None
    assert button is not None
    assert button.menu() is menu
    table(page).horizontalHeader().customContextMenuRequested.emit(QPoint(20, 10))
    qtbot.waitUntil(menu.isVisible)
    menu.close()


def test_a_position_that_is_asked_for_is_chosen_even_if_it_was_filtered_away(page: PositionsView) -> None:
    QTest.keyClicks(filter_box(page), "TSLA")
    page.show_item("p-2")
    assert "SPY" in name(page)
    assert filter_box(page).text() == ""


def test_the_orders_page_is_a_click_away(page: PositionsView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.page_requested) as wanted:
        page.findChild(QPushButton, "position_orders").clicked.emit()  # type: ignore[union-attr]
    assert wanted.args == ["orders"]


def test_nothing_held_says_so(qtbot: QtBot, bridge: EngineBridge) -> None:
    page = PositionsView(bridge)
    qtbot.addWidget(page)
    page.set_snapshot(fresh())
    page.show()
    empty = page.findChild(QLabel, "all_positions_table_empty")
    assert empty is not None
    assert empty.text().startswith("Nothing is held.")
    assert table(page).currentIndex() == QModelIndex()


def test_another_scheme_recolours_the_table(page: PositionsView) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    theme.apply(application, theme.Scheme.LIGHT)
    QApplication.processEvents()
    model = table(page).model()
    at = column(page, "Module")
    brush = model.index(5, at).data(Qt.ItemDataRole.ForegroundRole)
    theme.apply(application)
    assert brush.color().name() == theme.LIGHT.warning
