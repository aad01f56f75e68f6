"""Locks, transfers and loaded drafts in the allocation bar, as a person drives them."""

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.budget import BudgetPlan
from engine.domain.commands import ReallocateBudget
from mindfolio_desktop.ui.widgets.allocation_bar import AllocationBar, BarState
from mindfolio_desktop.ui.widgets.amount_box import AmountBox
from mindfolio_desktop.ui.widgets.transfer_line import RowName
from tests.mindfolio_desktop.ui.gestures import drag
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED, aggressive_growth


@pytest.fixture
def bar(qtbot: QtBot) -> AllocationBar:
    """15,000 + 20,000 + 10,000 and a reserve of 5,000; 8,500 and 12,000 are used."""
    widget = AllocationBar()
    qtbot.addWidget(widget)
    widget.resize(1016, 460)
    widget.set_snapshot(aggressive_growth())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def split(bar: AllocationBar) -> list[int]:
    assert bar.draft is not None
    return [bar.draft.dollars(index) for index in range(len(bar.draft.amounts))]


def button(bar: AllocationBar, name: str) -> QPushButton:
    found = bar.findChild(QPushButton, name)
    assert found is not None
    return found


def click(bar: AllocationBar, name: str) -> None:
    QTest.mouseClick(button(bar, name), Qt.MouseButton.LeftButton)


def slider(bar: AllocationBar, name: str) -> QSlider:
    found = bar.findChild(QSlider, name)
    assert found is not None
    return found


def words(bar: AllocationBar, name: str) -> str:
    found = bar.findChild(QLabel, name)
    assert found is not None
    return found.text()


def line(bar: AllocationBar) -> QWidget:
    found = bar.findChild(QWidget, "transfer_line")
    assert found is not None
    return found


def box(bar: AllocationBar) -> AmountBox:
    found = bar.findChild(AmountBox, "transfer_amount")
    assert found is not None
    return found


def end(bar: AllocationBar, name: str) -> QComboBox:
    found = bar.findChild(QComboBox, name)
    assert found is not None
    return found


def drop(bar: AllocationBar, source: int, onto: QWidget) -> None:
    """Drag the name of a row onto another row."""
    name = bar.findChildren(RowName)[source]
    there = QPointF(onto.mapToGlobal(onto.rect().center()))
    here = QPointF(name.mapToGlobal(name.rect().center()))
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    plain = Qt.KeyboardModifier.NoModifier
    for kind, at, held in (
        (QEvent.Type.MouseButtonPress, here, left),
        (QEvent.Type.MouseButtonRelease, there, none),
    ):
        QApplication.sendEvent(name, QMouseEvent(kind, QPointF(name.mapFromGlobal(at)), at, left, held, plain))


# --- locks --------------------------------------------------------------------------------------------------------
def test_a_locked_budget_is_moved_by_no_row_no_divider_and_no_neighbour(bar: AllocationBar) -> None:
    click(bar, f"lock_{MANUAL}")
    assert bar.locked == {MANUAL}
    assert not slider(bar, f"slider_{MANUAL}").isEnabled()
    for name in (AUTO, MANUAL):
        handle = slider(bar, f"divider_{name}")
        assert not handle.isEnabled()
        drag(handle, -60)
    assert split(bar) == [15_000, 20_000, 10_000, 5_000]
    drag(slider(bar, f"divider_{PAUSED}"), -50)
    assert split(bar)[:2] == [15_000, 20_000]
    assert split(bar)[2] < 10_000
    click(bar, f"lock_{MANUAL}")
    assert bar.locked == frozenset()
    assert slider(bar, f"slider_{MANUAL}").isEnabled()


def test_locks_hold_through_newer_figures(bar: AllocationBar) -> None:
    click(bar, f"lock_{AUTO}")
    bar.set_snapshot(aggressive_growth(version=6, reserve=dollars(5_000)))
    assert bar.locked == {AUTO}
    assert not slider(bar, f"slider_{AUTO}").isEnabled()


# --- transfers ----------------------------------------------------------------------------------------------------
def test_a_row_dropped_on_another_asks_how_much_and_moves_it_in_one_step(bar: AllocationBar) -> None:
    target = bar.findChild(AmountBox, f"amount_{PAUSED}")
    assert target is not None
    drop(bar, 0, target)
    assert line(bar).isVisible()
    assert (end(bar, "transfer_from").currentText(), end(bar, "transfer_to").currentText()) == (
        "IV Service",
        "IV Service, paused",
    )
    assert words(bar, "transfer_most") == "at most $15,000"
    QTest.keyClicks(box(bar), "2.5k")
    QTest.keyClick(box(bar), Qt.Key.Key_Return)
    assert split(bar) == [12_500, 20_000, 12_500, 5_000]
    assert not line(bar).isVisible()
    QTest.keyClick(bar, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (split(bar), bar.state) == ([15_000, 20_000, 10_000, 5_000], BarState.FOLLOWING)


def test_a_row_may_be_dropped_on_the_reserve_and_beside_everything(bar: AllocationBar) -> None:
    reserve = bar.findChild(QLabel, "reserve_amount")
    assert reserve is not None
    drop(bar, 1, bar)  # the middle of the bar may be a row of its own: whatever it opens, it moves nothing
    drop(bar, 1, reserve)
    assert end(bar, "transfer_to").currentText() == "Reserve"
    QTest.keyClicks(box(bar), "500")
    click(bar, "transfer_go")
    assert split(bar) == [15_000, 19_500, 10_000, 5_500]


def test_the_keyboard_opens_it_too_and_nothing_is_moved_to_itself_or_beyond_what_there_is(bar: AllocationBar) -> None:
    opener = button(bar, "transfer")
    opener.setFocus()
    QTest.keyClick(opener, Qt.Key.Key_Space)
    assert line(bar).isVisible()
    end(bar, "transfer_to").setCurrentText("IV Service")
    assert words(bar, "transfer_most") == "choose two different ones"
    assert not button(bar, "transfer_go").isEnabled()
    end(bar, "transfer_from").setCurrentText("Reserve")
    box(bar).selectAll()
    QTest.keyClicks(box(bar), "9k")
    QTest.keyClick(box(bar), Qt.Key.Key_Return)
    assert split(bar) == [15_000, 20_000, 10_000, 5_000], "not what was typed: the field now shows what there is"
    assert words(bar, "transfer_most") == "at most $5,000, not $9,000"
    QTest.keyClick(box(bar), Qt.Key.Key_Return)
    assert split(bar) == [20_000, 20_000, 10_000, 0]


def test_what_is_locked_neither_gives_nor_gets(bar: AllocationBar) -> None:
    click(bar, f"lock_{AUTO}")
    click(bar, "transfer")
    assert words(bar, "transfer_most") == "IV Service is locked"
    assert not button(bar, "transfer_go").isEnabled()
    click(bar, "transfer_cancel")
    assert not line(bar).isVisible()


# --- loaded drafts ------------------------------------------------------------------------------------------------
PLAN = BudgetPlan({AUTO: dollars(17_000), MANUAL: dollars(18_000), PAUSED: dollars(10_000)}, dollars(5_000))


def test_a_plan_opens_as_a_draft_that_one_undo_takes_back(bar: AllocationBar) -> None:
    bar.load(PLAN)
    assert (split(bar), bar.state) == ([17_000, 18_000, 10_000, 5_000], BarState.DRAFTING)
    assert "Worst case of the open positions: $19,760" in words(bar, "draft_worst")
    QTest.keyClick(bar, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert bar.state is BarState.FOLLOWING
    QTest.keyClick(bar, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert split(bar)[0] == 17_000


def test_a_plan_that_does_not_fit_or_moves_what_is_locked_is_not_loaded(bar: AllocationBar) -> None:
    bar.load(BudgetPlan(PLAN.budgets, dollars(6_000)))
    assert "no longer adds up" in words(bar, "allocation_message")
    click(bar, f"lock_{MANUAL}")
    bar.load(PLAN)
    assert words(bar, "allocation_message") == "Nothing was loaded: IV Service, ask first is locked."
    assert bar.state is BarState.FOLLOWING
    click(bar, f"lock_{MANUAL}")
    bar.load(PLAN)
    bar.apply()
    bar.load(PLAN)
    assert words(bar, "allocation_message") == "Nothing was loaded: another split is being applied."


def test_applying_keeps_the_focus_in_the_bar(bar: AllocationBar, qtbot: QtBot) -> None:
    bar.load(PLAN)
    sent: list[ReallocateBudget] = []
    bar.apply_requested.connect(sent.append)
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    apply = button(bar, "apply_allocation")
    apply.setFocus()
    QTest.keyClick(apply, Qt.Key.Key_Space)
    assert bar.state is BarState.APPLYING
    assert [each.why for each in sent] == ["loaded as a draft in the allocation bar"]
    assert bar.hasFocus(), "a page that scrolls away after a click on Apply hides what came of it"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-500", "“-500” is not an amount of whole dollars without a sign."),
        ("9m", "at most $15,000, not $9,000,000"),
    ],
)
def test_an_absurd_amount_is_refused_beside_the_field_and_moves_nothing(
    bar: AllocationBar, typed: str, said: str
) -> None:
    target = bar.findChild(AmountBox, f"amount_{PAUSED}")
    assert target is not None
    drop(bar, 0, target)
    before = split(bar)
    box(bar).selectAll()
    QTest.keyClicks(box(bar), typed)
    QTest.keyClick(box(bar), Qt.Key.Key_Return)
    assert words(bar, "transfer_most") == said
    assert (split(bar), line(bar).isVisible()) == (before, True)
