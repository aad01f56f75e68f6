"""The rows beneath the bar: what they show of a split and what they report."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.allocation_draft import applied_split
from mindfolio_desktop.ui.widgets.allocation_rows import AllocationRow, AllocationRows
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED, aggressive_growth, with_module


@pytest.fixture
def rows(qtbot: QtBot) -> AllocationRows:
    widget = AllocationRows()
    qtbot.addWidget(widget)
    snapshot = with_module(aggressive_growth(), MANUAL, held=dollars(2_500), available=dollars(5_500))
    widget.show_split(applied_split(snapshot))
    widget.show()
    return widget


def row_of(rows: AllocationRows, module_id: str) -> AllocationRow:
    row = rows.row(module_id)
    assert row is not None
    return row


def test_a_row_says_amount_percent_and_what_is_at_work(rows: AllocationRows) -> None:
    row = row_of(rows, MANUAL)
    assert (row.amount.text(), row.percent.text()) == ("$20,000", "40.0%")
    assert row.state.text() == "used $12,000, held $2,500"
    assert row_of(rows, PAUSED).state.text() == "nothing used"


def test_the_reserve_has_a_line_of_its_own(rows: AllocationRows) -> None:
    reserve = rows.findChild(QLabel, "reserve_amount")
    assert reserve is not None
    assert reserve.text() == "$5,000"


def test_cents_of_the_reserve_are_shown(rows: AllocationRows) -> None:
    snapshot = aggressive_growth(capital=dollars("50000.75"), reserve=dollars("5000.75"))
    rows.show_split(applied_split(snapshot))
    reserve = rows.findChild(QLabel, "reserve_amount")
    assert reserve is not None
    assert reserve.text() == "$5,000.75"


def test_over_budget_takes_the_place_of_what_is_used(rows: AllocationRows) -> None:
    rows.show_split(applied_split(aggressive_growth()).with_budget(0, 7_000))
    state = row_of(rows, AUTO).state
    assert (state.text(), state.property("role")) == ("over by $1,500: new trades wait", "warning")


def test_field_and_slider_report_the_module_they_belong_to(rows: AllocationRows, qtbot: QtBot) -> None:
    with qtbot.waitSignal(rows.budget_moved) as typed:
        QTest.keyClick(row_of(rows, MANUAL).amount, Qt.Key.Key_Up)
    with qtbot.waitSignal(rows.budget_moved) as slid:
        QTest.keyClick(row_of(rows, PAUSED).slider, Qt.Key.Key_PageUp)
    assert (typed.args, slid.args) == ([1, 20_100], [2, 11_000])


def test_closed_rows_take_no_keys_but_stay_readable(rows: AllocationRows) -> None:
    rows.set_open(is_open=False)
    row = row_of(rows, MANUAL)
    assert not row.amount.isEnabled()
    assert not row.slider.isEnabled()
    assert row.state.isEnabled()


def test_less_than_nothing_is_refused_in_words(rows: AllocationRows, qtbot: QtBot) -> None:
    box = row_of(rows, PAUSED).amount
    box.setFocus()
    box.selectAll()
    with qtbot.waitSignal(rows.said) as said:
        QTest.keyClicks(box, "-20k")
        QTest.keyClick(box, Qt.Key.Key_Return)
    assert said.args == ["IV Service, paused cannot have less than nothing."]
    assert box.value() == 0
