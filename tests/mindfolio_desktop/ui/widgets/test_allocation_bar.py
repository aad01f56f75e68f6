"""The allocation bar as a person drives it: drags, keys, typing, Apply, and the engine's answers."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QSlider, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.commands import ReallocateBudget
from engine.domain.denial import Denial
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import remembered
from mindfolio_desktop.ui.remembered import Whose
from mindfolio_desktop.ui.widgets.allocation_bar import AllocationBar, BarState
from mindfolio_desktop.ui.widgets.allocation_footer import APPLIES_ON_RELEASE
from mindfolio_desktop.ui.widgets.allocation_strip import AllocationStrip
from mindfolio_desktop.ui.widgets.row_slider import RowSlider
from tests.mindfolio_desktop.ui.gestures import drag, mouse
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, PAUSED, aggressive_growth, with_module

WIDTH = 1016
"""The strip is 1,000 pixels wide then, less the room for its outer handles: about $51 a pixel."""


@pytest.fixture
def bar(qtbot: QtBot) -> AllocationBar:
    """15,000 + 20,000 + 10,000 and a reserve of 5,000; 8,500 and 12,000 are used."""
    widget = AllocationBar()
    qtbot.addWidget(widget)
    widget.resize(WIDTH, 400)
    widget.set_snapshot(aggressive_growth())
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def sent(bar: AllocationBar) -> list[ReallocateBudget]:
    commands: list[ReallocateBudget] = []
    bar.apply_requested.connect(commands.append)
    return commands


def divider(bar: AllocationBar, module_id: str) -> QSlider:
    found = bar.findChild(QSlider, f"divider_{module_id}")
    assert found is not None
    return found


def row_slider(bar: AllocationBar, module_id: str) -> QSlider:
    found = bar.findChild(QSlider, f"slider_{module_id}")
    assert found is not None
    return found


def amount(bar: AllocationBar, module_id: str) -> QSpinBox:
    found = bar.findChild(QSpinBox, f"amount_{module_id}")
    assert found is not None
    return found


def label(bar: AllocationBar, name: str) -> str:
    """What a label says, nothing when it is not to be seen."""
    found = bar.findChild(QLabel, name)
    assert found is not None
    return found.text().replace("\N{NO-BREAK SPACE}", " ") if found.isVisible() else ""


def button(bar: AllocationBar, name: str) -> QPushButton:
    found = bar.findChild(QPushButton, name)
    assert found is not None
    return found


def split(bar: AllocationBar) -> list[int]:
    assert bar.draft is not None
    return [bar.draft.dollars(index) for index in range(len(bar.draft.amounts))]


def per_pixel() -> float:
    return 50_000 / (WIDTH - 32)


# --- dragging -----------------------------------------------------------------------------------------------------
def test_dragging_a_divider_drafts_a_move_between_its_neighbours(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 60)
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]
    assert bar.state is BarState.DRAFTING
    assert label(bar, "draft_badge") == "DRAFT, not applied"
    assert "IV Service $15,000 → $18,000" in label(bar, "draft_preview")
    assert "IV Service, ask first $20,000 → $17,000" in label(bar, "draft_preview")


def test_the_handle_stays_under_the_hand_within_a_snap(bar: AllocationBar) -> None:
    handle = divider(bar, AUTO)
    before = handle.x()
    drag(handle, 60)
    assert abs(handle.x() - before - 60) <= 250 / per_pixel() + 1


def test_alt_frees_the_drag_from_snapping(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 61, free=True)
    assert split(bar)[0] == 15_000 + round(61 * per_pixel())
    assert split(bar)[0] % 500 != 0


def test_a_drag_catches_at_what_is_used(bar: AllocationBar) -> None:
    bar.set_snapshot(with_module(aggressive_growth(), AUTO, used=dollars(8_730), available=dollars(6_270)))
    to_used = (15_000 - 8_730) / per_pixel()
    drag(divider(bar, AUTO), -(to_used + 4))
    assert split(bar)[0] == 8_730
    drag(divider(bar, AUTO), -9)
    assert split(bar)[0] == 8_500, "past the magnet's six pixels it snaps to 500 again"


def test_a_drag_stops_at_the_ends_of_the_pair(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 2_000)
    assert split(bar) == [35_000, 0, 10_000, 5_000]
    drag(divider(bar, AUTO), -2_000)
    assert split(bar) == [0, 35_000, 10_000, 5_000]


def test_a_click_without_a_move_changes_nothing(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 2)
    assert bar.state is BarState.FOLLOWING


def test_below_used_is_allowed_and_says_what_it_means(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), -(8_000 / per_pixel()))
    assert split(bar)[0] == 7_000
    assert label(bar, f"state_{AUTO}") == "over by $1,500: new trades wait"
    assert "IV Service over by $1,500: new trades wait" in label(bar, "draft_over")
    assert button(bar, "apply_allocation").isEnabled()


def test_escape_in_a_drag_takes_this_drag_back_and_no_other(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 60)
    handle = divider(bar, MANUAL)
    drag(handle, 40, release=False)
    assert split(bar)[1] != 17_000
    QTest.keyClick(handle, Qt.Key.Key_Escape)
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]
    mouse(handle, QEvent.Type.MouseMove, 90)
    assert split(bar) == [18_000, 17_000, 10_000, 5_000], "the hand still holds the button, but the drag is over"


def test_dividers_on_one_spot_move_the_one_that_has_money_to_give(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 2_000)
    assert split(bar)[:2] == [35_000, 0]
    drag(divider(bar, MANUAL), -80)
    assert split(bar)[0] < 35_000, "the empty segment has nothing, so the one left of it gives"
    assert split(bar)[2:] == [10_000, 5_000]


def carry(strip: AllocationStrip, start: float, end: float) -> None:
    """Press on the painted bar at a share of its width, move, and let go at another."""
    y = strip.height() - 20
    for kind, share in (
        (QTest.mousePress, start),
        (QTest.mouseRelease, end),
    ):
        at = QPoint(round(strip.width() * share), y)
        if kind is QTest.mouseRelease:
            QTest.mouseMove(strip, at)
        kind(strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def test_a_segment_dropped_on_another_asks_how_much_goes_there(bar: AllocationBar) -> None:
    strip = bar.findChild(AllocationStrip, "allocation_strip")
    assert strip is not None
    carry(strip, 0.1, 0.12)
    assert not shown(bar, "transfer_line"), "let go where it was taken"

    carry(strip, 0.1, 0.5)
    assert shown(bar, "transfer_line")
    field = bar.findChild(QSpinBox, "transfer_amount")
    assert field is not None
    QTest.keyClicks(field, "2000")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert split(bar) == [13_000, 22_000, 10_000, 5_000]

    carry(strip, 0.97, 0.1)
    QTest.keyClicks(field, "500")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert split(bar) == [13_500, 22_000, 10_000, 4_500], "from the reserve"


def shown(bar: AllocationBar, name: str) -> bool:
    found = bar.findChild(QWidget, name)
    assert found is not None
    return found.isVisible()


def test_a_row_is_dragged_by_its_knob_and_trades_with_the_reserve(bar: AllocationBar) -> None:
    slider = row_slider(bar, MANUAL)
    knob = 8 + (slider.width() - 16) * 20_000 / 50_000
    scale = 50_000 / (slider.width() - 16)
    drag(slider, 3_000 / scale, start=knob)
    assert split(bar) == [15_000, 23_000, 10_000, 2_000]
    drag(slider, 900, start=8 + (slider.width() - 16) * 23_000 / 50_000)
    assert split(bar) == [15_000, 25_000, 10_000, 0], "it stops where the reserve ends"


# --- keys ---------------------------------------------------------------------------------------------------------
def test_keys_move_a_divider(bar: AllocationBar) -> None:
    handle = divider(bar, AUTO)
    handle.setFocus()
    for key, left in (
        (Qt.Key.Key_Right, 15_100),
        (Qt.Key.Key_Left, 15_000),
        (Qt.Key.Key_PageUp, 16_000),
        (Qt.Key.Key_PageDown, 15_000),
        (Qt.Key.Key_End, 35_000),
        (Qt.Key.Key_Home, 0),
    ):
        QTest.keyClick(handle, key)
        assert split(bar) == [left, 35_000 - left, 10_000, 5_000]


def test_escape_gives_the_draft_up(bar: AllocationBar) -> None:
    handle = divider(bar, AUTO)
    QTest.keyClick(handle, Qt.Key.Key_PageUp)
    QTest.keyClick(handle, Qt.Key.Key_Escape)
    assert split(bar) == [15_000, 20_000, 10_000, 5_000]
    assert bar.state is BarState.FOLLOWING


def test_every_divider_tells_assistive_technology_what_it_is(bar: AllocationBar) -> None:
    handle = divider(bar, AUTO)
    assert handle.accessibleName() == "Divider: dollars of IV Service, traded with IV Service, ask first"
    assert (handle.minimum(), handle.value(), handle.maximum()) == (0, 15_000, 35_000)
    handle.setValue(16_000)
    assert split(bar) == [16_000, 19_000, 10_000, 5_000], "a value written from outside drafts like a key does"


# --- typing -------------------------------------------------------------------------------------------------------
def retype(box: QSpinBox, text: str) -> None:
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("text", "budget"), [("24,500", 24_500), ("$22000", 22_000), ("45%", 22_500), ("+2k", 22_000), ("-500", 19_500)]
)
def test_a_typed_amount_trades_with_the_reserve(bar: AllocationBar, text: str, budget: int) -> None:
    retype(amount(bar, MANUAL), text)
    assert split(bar) == [15_000, budget, 10_000, 25_000 - budget]
    assert label(bar, f"percent_{MANUAL}") == f"{budget / 500:.1f}%"


def test_typing_more_than_the_reserve_has_says_so(bar: AllocationBar) -> None:
    retype(amount(bar, MANUAL), "40,000")
    assert split(bar) == [15_000, 25_000, 10_000, 0]
    assert "at most $25,000" in label(bar, "allocation_message")
    assert "$40,000" in label(bar, "allocation_message")


def test_what_is_no_amount_is_put_back_and_named(bar: AllocationBar) -> None:
    box = amount(bar, MANUAL)
    retype(box, "plenty")
    assert box.text() == "$20,000"
    assert bar.state is BarState.FOLLOWING
    assert "“plenty” is not an amount" in label(bar, "allocation_message")


def test_focus_module_puts_the_keyboard_into_its_amount(bar: AllocationBar) -> None:
    bar.focus_module(PAUSED)
    assert amount(bar, PAUSED).hasFocus()
    bar.focus_module("nobody")
    assert amount(bar, PAUSED).hasFocus()


# --- undo ---------------------------------------------------------------------------------------------------------
def undo(bar: AllocationBar) -> None:
    QTest.keyClick(divider(bar, AUTO), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def test_one_gesture_is_one_step_to_undo(bar: AllocationBar) -> None:
    divider(bar, AUTO).setFocus()
    drag(divider(bar, AUTO), 60)
    QTest.keyClick(divider(bar, AUTO), Qt.Key.Key_Right)
    retype(amount(bar, PAUSED), "12,000")
    divider(bar, AUTO).setFocus()
    assert split(bar) == [18_100, 16_900, 12_000, 3_000]
    undo(bar)
    assert split(bar) == [18_100, 16_900, 10_000, 5_000]
    undo(bar)
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]
    undo(bar)
    assert split(bar) == [15_000, 20_000, 10_000, 5_000]
    assert bar.state is BarState.FOLLOWING
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(divider(bar, AUTO), Qt.Key.Key_Z, both)
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]


def test_undo_works_from_a_field_that_has_nothing_to_take_back(bar: AllocationBar) -> None:
    box = amount(bar, PAUSED)
    retype(box, "12,000")
    QTest.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert split(bar) == [15_000, 20_000, 10_000, 5_000]


def test_undo_survives_newer_figures_of_the_same_split(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 60)
    bar.set_snapshot(with_module(aggressive_growth(), AUTO, used=dollars(9_000), available=dollars(6_000)))
    divider(bar, AUTO).setFocus()
    undo(bar)
    assert split(bar) == [15_000, 20_000, 10_000, 5_000]


# --- applying -----------------------------------------------------------------------------------------------------
def applied(version: int, auto: int, manual: int) -> MindfolioSnapshot:
    """The snapshot after the engine carried a split of the first two modules out."""
    snapshot = with_module(
        aggressive_growth(version=version), AUTO, budget=dollars(auto), available=dollars(auto - 8_500)
    )
    return with_module(snapshot, MANUAL, budget=dollars(manual), available=dollars(manual - 12_000))


def test_apply_sends_the_whole_split_once_and_waits(bar: AllocationBar, sent: list[ReallocateBudget]) -> None:
    drag(divider(bar, AUTO), 60)
    QTest.mouseClick(button(bar, "apply_allocation"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(button(bar, "apply_allocation"), Qt.MouseButton.LeftButton)
    (command,) = sent
    assert command.plan.budgets == {AUTO: dollars(18_000), MANUAL: dollars(17_000), PAUSED: dollars(10_000)}
    assert (command.plan.reserve, command.based_on_version) == (dollars(5_000), 5)
    assert (command.who, command.why) == ("user", "dragged in the allocation bar")
    assert label(bar, "draft_badge") == "applying…"
    drag(divider(bar, AUTO), -60)
    assert split(bar)[0] == 18_000, "nothing moves while the engine has not answered"


@pytest.fixture
def at_once(tmp_path: Path) -> Iterator[None]:
    """A user who wants a drag to be applied as it is let go."""
    remembered.use({Whose.USER: tmp_path / "user.ini"})
    remembered.remember(APPLIES_ON_RELEASE, value=True, whose=Whose.USER)
    yield
    remembered.use({})


@pytest.mark.usefixtures("at_once")
def test_a_drag_is_applied_as_it_is_let_go_where_the_user_wants_that(
    bar: AllocationBar, sent: list[ReallocateBudget]
) -> None:
    drag(divider(bar, AUTO), 40, release=False)
    assert (sent, bar.state) == ([], BarState.DRAFTING)
    mouse(divider(bar, AUTO), QEvent.Type.MouseButtonRelease, 0)
    assert [command.plan.budgets[AUTO] > dollars(15_000) for command in sent] == [True]
    assert bar.state is BarState.APPLYING


@pytest.mark.usefixtures("at_once")
def test_a_knob_too_but_a_click_and_what_was_typed_before_are_not(
    bar: AllocationBar, sent: list[ReallocateBudget]
) -> None:
    slider = row_slider(bar, PAUSED)
    assert isinstance(slider, RowSlider)
    mouse(slider, QEvent.Type.MouseButtonPress, slider.knob_x())
    mouse(slider, QEvent.Type.MouseButtonRelease, slider.knob_x())
    assert sent == []

    QTest.keyClick(divider(bar, AUTO), Qt.Key.Key_Right)
    drag(slider, 10, start=slider.knob_x())
    assert (sent, bar.state) == ([], BarState.DRAFTING), "a draft that waits for Apply is not applied by a drag"

    bar.revert()
    drag(slider, 10, start=slider.knob_x())
    assert len(sent) == 1


@pytest.mark.usefixtures("at_once")
def test_escape_in_a_drag_applies_nothing(bar: AllocationBar, sent: list[ReallocateBudget]) -> None:
    handle = divider(bar, AUTO)
    drag(handle, 40, release=False)
    QTest.keyClick(handle, Qt.Key.Key_Escape)
    mouse(handle, QEvent.Type.MouseButtonRelease, 0)
    assert (sent, bar.state) == ([], BarState.FOLLOWING)
    assert label(bar, "draft_preview").endswith("what is typed waits for Apply.")


def test_an_accepted_split_stays_until_the_snapshot_that_carries_it(
    bar: AllocationBar, sent: list[ReallocateBudget]
) -> None:
    drag(divider(bar, AUTO), 60)
    bar.apply()
    bar.show_accepted()
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]
    assert label(bar, "draft_badge") == ""
    bar.set_snapshot(applied(6, 18_000, 17_000))
    assert bar.state is BarState.FOLLOWING
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]


def test_the_snapshot_may_come_before_the_answer(bar: AllocationBar, sent: list[ReallocateBudget]) -> None:
    drag(divider(bar, AUTO), 60)
    bar.apply()
    bar.set_snapshot(applied(6, 18_000, 17_000))
    bar.show_accepted()
    assert bar.state is BarState.FOLLOWING
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]


@pytest.mark.parametrize(
    ("denial", "words"),
    [
        (Denial(DenialCode.STALE_VERSION, 5, 6), "the budgets changed after you began"),
        (Denial(DenialCode.STOPPED), "everything is stopped"),
        (Denial(DenialCode.NEGATIVE_AMOUNT, dollars(-5), 0, "usd"), "$5.00"),
        (Denial(DenialCode.SUM_MISMATCH, dollars(49_000), dollars(50_000), "usd"), "$1,000.00 missing"),
    ],
)
def test_a_refused_split_springs_back_with_its_reason(
    bar: AllocationBar, sent: list[ReallocateBudget], qtbot: QtBot, denial: Denial, words: str
) -> None:
    handle = divider(bar, AUTO)
    rest = handle.x()
    drag(handle, 60)
    bar.apply()
    bar.show_denied((denial,))
    assert split(bar) == [15_000, 20_000, 10_000, 5_000]
    assert words in label(bar, "allocation_message")
    qtbot.waitUntil(lambda: handle.x() == rest, timeout=2_000)
    assert bar.state is BarState.FOLLOWING
    drag(handle, 60)
    assert label(bar, "allocation_message") == "", "the next gesture takes the reason away"
    assert split(bar)[0] == 18_000


def test_revert_gives_the_draft_up_without_a_command(bar: AllocationBar, sent: list[ReallocateBudget]) -> None:
    drag(divider(bar, AUTO), 60)
    QTest.mouseClick(button(bar, "revert_allocation"), Qt.MouseButton.LeftButton)
    assert (split(bar), sent) == ([15_000, 20_000, 10_000, 5_000], [])


# --- newer figures ------------------------------------------------------------------------------------------------
def test_without_a_draft_the_bar_follows(bar: AllocationBar) -> None:
    bar.set_snapshot(applied(6, 12_000, 23_000))
    assert split(bar) == [12_000, 23_000, 10_000, 5_000]


def test_a_draft_is_kept_over_newer_figures_and_says_when_the_split_moved_on(
    bar: AllocationBar, sent: list[ReallocateBudget]
) -> None:
    drag(divider(bar, AUTO), 60)
    bar.set_snapshot(applied(6, 12_000, 23_000))
    assert split(bar) == [18_000, 17_000, 10_000, 5_000]
    assert "version 5 is now 6" in label(bar, "draft_over")
    assert "IV Service $12,000 → $18,000" in label(bar, "draft_preview")
    bar.apply()
    assert sent[0].based_on_version == 5, "the engine must see on which split the draft began"


def test_a_drag_goes_on_while_figures_change(bar: AllocationBar) -> None:
    handle = divider(bar, AUTO)
    drag(handle, 60, release=False)
    bar.set_snapshot(with_module(aggressive_growth(), AUTO, used=dollars(9_000), available=dollars(6_000)))
    mouse(handle, QEvent.Type.MouseMove, handle.width() / 2 + 40)
    assert split(bar) == [20_000, 15_000, 10_000, 5_000]


def test_a_draft_is_dropped_when_it_no_longer_adds_up(bar: AllocationBar) -> None:
    drag(divider(bar, AUTO), 60)
    bar.set_snapshot(aggressive_growth(version=6, capital=dollars(60_000), reserve=dollars(15_000)))
    assert split(bar) == [15_000, 20_000, 10_000, 15_000]
    assert "The draft was dropped" in label(bar, "allocation_message")


def test_modules_come_and_go(bar: AllocationBar) -> None:
    snapshot = aggressive_growth()
    bar.set_snapshot(replace(snapshot, reserve=dollars(15_000), modules=snapshot.modules[:2]))
    assert split(bar) == [15_000, 20_000, 15_000]
    assert bar.findChild(QSpinBox, f"amount_{MANUAL}") is not None
    bar.set_snapshot(snapshot)
    drag(divider(bar, PAUSED), 10)
    assert bar.state is BarState.DRAFTING


def test_before_the_first_snapshot_there_is_nothing_to_drag(qtbot: QtBot) -> None:
    empty = AllocationBar()
    qtbot.addWidget(empty)
    empty.show()
    empty.apply()
    assert empty.draft is None
    assert empty.findChildren(QSlider) == []
