"""The painted bar: where its dividers stand, what its tool tips say, how it springs back."""

import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui.widgets.allocation_draft import AllocationDraft, applied_split
from mindfolio_desktop.ui.widgets.allocation_strip import AllocationStrip
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, empty_module, module_spec

_DRAG = "Drag it onto another segment to move money there"


@pytest.fixture
def split() -> AllocationDraft:
    return applied_split(aggressive_growth())


@pytest.fixture
def strip(qtbot: QtBot, split: AllocationDraft) -> AllocationStrip:
    """1,000 pixels between its outer handles' room: $50 a pixel."""
    widget = AllocationStrip()
    qtbot.addWidget(widget)
    widget.resize(1_016, widget.sizeHint().height())
    widget.show_split(split)
    widget.show()
    return widget


def test_dividers_stand_where_the_money_adds_up_to(strip: AllocationStrip) -> None:
    assert [strip.divider_x(at) for at in range(3)] == pytest.approx([308, 708, 908])
    assert strip.handle(0).geometry().center().x() == 308


def test_a_wider_bar_keeps_its_proportions(strip: AllocationStrip) -> None:
    strip.resize(2_016, strip.height())
    assert strip.handle(1).geometry().center().x() == 8 + 1_400


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (20, f"IV Service: budget $15,000\nused $8,500, held $0\n{_DRAG}"),
        (
            500,
            f"IV Service, ask first: budget $20,000\nused $12,000, held $0\n{_DRAG}",
        ),
        (1_000, "Reserve: $5,000 that no module has"),
    ],
)
def test_a_tool_tip_tells_the_segment(strip: AllocationStrip, x: int, words: str) -> None:
    at = QPoint(x, strip.height() - 30)
    QApplication.sendEvent(strip, QHelpEvent(QEvent.Type.ToolTip, at, strip.mapToGlobal(at)))
    assert QToolTip.text() == words
    QToolTip.hideText()


def test_a_tool_tip_tells_what_is_over(strip: AllocationStrip, split: AllocationDraft) -> None:
    strip.show_split(split.with_budget(0, 7_000))
    at = QPoint(20, strip.height() - 30)
    QApplication.sendEvent(strip, QHelpEvent(QEvent.Type.ToolTip, at, strip.mapToGlobal(at)))
    assert "over by $1,500: new trades wait" in QToolTip.text()
    QToolTip.hideText()


def test_springing_back_moves_to_the_applied_split_and_rests_there(
    strip: AllocationStrip, split: AllocationDraft, qtbot: QtBot
) -> None:
    strip.show_split(split.with_divider(0, 25_000))
    drafted = strip.divider_x(0)
    strip.spring_back(split)
    assert strip.divider_x(0) == pytest.approx(drafted), "it begins where the draft was"
    qtbot.waitUntil(lambda: abs(strip.divider_x(0) - 308) < 0.01, timeout=2_000)
    assert strip.handle(0).value() == 15_000


def on_screen(strip: AllocationStrip) -> QImage:
    """What stands on the screen, painted part by part; `grab` would paint all of it anew."""
    QApplication.processEvents()
    return strip.screen().grabWindow(strip.winId()).toImage()


@pytest.mark.parametrize("modules", [3, 12])
def test_what_is_painted_in_parts_while_a_divider_moves_is_the_whole(
    strip: AllocationStrip, split: AllocationDraft, qtbot: QtBot, modules: int
) -> None:
    if modules > len(split.portions):
        many = tuple(empty_module(module_spec(f"m{at}", f"Module {at}"), dollars(3_000)) for at in range(modules))
        split = applied_split(aggressive_growth(capital=dollars(40_000), reserve=dollars(4_000), modules=many))
    strip.show_split(split)
    qtbot.waitExposed(strip)
    first = on_screen(strip)
    for at, to in ((0, 4_000), (1, 700), (0, 2_500), (1, 5_900), (0, 0), (0, split.dollars(0)), (1, 6_000), (0, 3_000)):
        split = split.with_divider(at, to)
        strip.show_split(split)
        in_parts = on_screen(strip)
        strip.update()
        assert in_parts == on_screen(strip), (at, to)
    assert on_screen(strip) != first


def test_a_divider_with_the_focus_or_a_lock_is_seen_to_have_it(
    strip: AllocationStrip, split: AllocationDraft, qtbot: QtBot
) -> None:
    qtbot.waitExposed(strip)
    strip.activateWindow()
    plain = on_screen(strip)
    strip.handle(1).setFocus()
    qtbot.waitUntil(strip.handle(1).hasFocus)
    focused = on_screen(strip)
    assert focused != plain
    strip.set_locked(frozenset(portion.module_id for portion in split.portions))
    assert on_screen(strip) not in (plain, focused)


def test_zero_budgets_and_a_dozen_modules_are_drawn(strip: AllocationStrip, qtbot: QtBot) -> None:
    views = tuple(
        empty_module(module_spec(f"m{at}", f"A module with a long name {at}"), dollars(at * 100)) for at in range(12)
    )
    total = sum(view.budget for view in views)
    strip.show_split(applied_split(aggressive_growth(capital=total, reserve=0, modules=views)))
    strip.resize(600, strip.sizeHint().height())
    assert not strip.grab().isNull()
    assert strip.divider_x(0) == 8
    assert strip.divider_x(11) == 592


def test_no_capital_at_all_is_drawn_too(strip: AllocationStrip) -> None:
    views = (empty_module(module_spec(), 0),)
    strip.show_split(applied_split(aggressive_growth(capital=0, reserve=0, modules=views)))
    assert not strip.grab().isNull()
    assert strip.handle(0).maximum() == 0
