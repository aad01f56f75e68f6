"""Cells are text on a ground that stays readable; keys and clicks move about, and the current cell is said."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.theme import DARK, LIGHT, Scheme
from mindfolio_desktop.ui.widgets.heat_map import HeatCell, HeatMap, HeatTable, ground_of

TABLE = HeatTable(
    ("up", "down"),
    ("one", "two", "three"),
    tuple(
        tuple(HeatCell(f"{row}{column}", f"cell {row}{column}", "gain", column / 2) for column in range(3))
        for row in range(2)
    ),
    ("up", "two"),
)


@pytest.fixture
def heat(qtbot: QtBot) -> HeatMap:
    made = HeatMap("heat", "Heat")
    qtbot.addWidget(made)
    made.show_table(TABLE)
    made.resize(600, made.height())
    made.show()
    qtbot.waitExposed(made)
    return made


def contrast(one: QColor, other: QColor) -> float:
    """Of WCAG: 4.5 is what text needs."""

    def luminance(colour: QColor) -> float:
        parts = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in (colour.redF(), colour.greenF(), colour.blueF())
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(
    ("key", "place"),
    [
        (Qt.Key.Key_Right, (0, 1)),
        (Qt.Key.Key_Down, (1, 0)),
        (Qt.Key.Key_End, (0, 2)),
        (Qt.Key.Key_PageDown, (1, 0)),
        (Qt.Key.Key_Left, (0, 0)),
        (Qt.Key.Key_Up, (0, 0)),
    ],
)
def test_keys_move_about_and_stop_at_the_edge(heat: HeatMap, key: Qt.Key, place: tuple[int, int]) -> None:
    QTest.keyClick(heat, key)
    assert heat.current == place
    assert heat.spoken == f"cell {place[0]}{place[1]}"


def test_home_and_page_up_lead_back(heat: HeatMap) -> None:
    for key in (Qt.Key.Key_End, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_PageUp):
        QTest.keyClick(heat, key)
    assert heat.current == (0, 0)


def test_a_click_goes_to_its_cell_and_is_said_to_screen_readers(heat: HeatMap, qtbot: QtBot) -> None:
    with qtbot.waitSignal(heat.current_changed) as said:
        QTest.mouseClick(heat, Qt.MouseButton.LeftButton, pos=heat.cell_area(1, 2).center().toPoint())
    assert said.args == ["cell 12"]
    assert heat.current == (1, 2)
    assert (heat.accessibleName(), heat.accessibleDescription()) == ("Heat", "cell 12")


def test_a_click_on_a_heading_changes_nothing(heat: HeatMap) -> None:
    for point in (QPoint(2, 2), QPoint(2, heat.height() - 4), QPoint(heat.width() - 1, 2)):
        QTest.mouseClick(heat, Qt.MouseButton.LeftButton, pos=point)
    assert heat.current == (0, 0)


def test_newer_figures_leave_a_person_where_they_are_and_say_what_changed(heat: HeatMap, qtbot: QtBot) -> None:
    QTest.keyClick(heat, Qt.Key.Key_End)
    newer = HeatTable(
        TABLE.rows,
        TABLE.columns,
        tuple(tuple(HeatCell("x", f"new {cell.spoken}") for cell in row) for row in TABLE.cells),
    )
    with qtbot.waitSignal(heat.current_changed) as said:
        heat.show_table(newer)
    assert said.args == ["new cell 02"]
    with qtbot.assertNotEmitted(heat.current_changed):
        heat.show_table(newer)


def test_a_smaller_table_takes_a_person_along(heat: HeatMap) -> None:
    QTest.keyClick(heat, Qt.Key.Key_End)
    QTest.keyClick(heat, Qt.Key.Key_Down)
    high = heat.height()
    heat.show_table(HeatTable(("up",), ("one",), ((HeatCell("0", "the only one"),),)))
    assert heat.current == (0, 0)
    assert heat.spoken == "the only one"
    assert heat.height() < high


def test_no_cells_are_no_trouble(heat: HeatMap) -> None:
    heat.show_table(HeatTable((), (), ()))
    QTest.keyClick(heat, Qt.Key.Key_Right)
    heat.grab()
    assert heat.spoken == ""


def test_the_words_of_a_cell_are_its_tooltip(heat: HeatMap) -> None:
    at = heat.cell_area(0, 1).center().toPoint()
    QApplication.sendEvent(heat, QHelpEvent(QHelpEvent.Type.ToolTip, at, heat.mapToGlobal(at)))
    assert QToolTip.text() == "cell 01"
    QToolTip.hideText()


def test_headings_stand_up_where_cells_are_narrow(heat: HeatMap, qtbot: QtBot) -> None:
    flat = heat.cell_area(0, 0).top()
    heat.resize(120, heat.height())
    qtbot.wait(1)
    assert heat.cell_area(0, 0).top() > flat
    assert heat.cell_area(1, 2).right() <= heat.width()
    assert heat.cell_area(1, 2).bottom() <= heat.height()
    heat.grab()


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("tone", ["gain", "loss", "warning", "accent"])
@pytest.mark.parametrize("strength", [0.0, 0.25, 0.5, 1.0, 7.0])
def test_text_is_readable_on_every_ground(
    monkeypatch: pytest.MonkeyPatch, tokens: theme.Tokens, tone: str, strength: float
) -> None:
    monkeypatch.setattr(theme, "_current", [Scheme.DARK if tokens is DARK else Scheme.LIGHT])
    ground = ground_of(HeatCell("1", "one", tone, strength))
    assert contrast(ground, QColor(tokens.text)) >= 4.5


def test_more_is_stronger() -> None:
    text = QColor(theme.tokens().surface)
    grounds = [ground_of(HeatCell("", "", "loss", strength)) for strength in (0.1, 0.5, 1.0)]
    distances = [abs(ground.redF() - text.redF()) for ground in grounds]
    assert distances == sorted(distances)
