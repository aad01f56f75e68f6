"""A module's own slider: on the scale of all capital, dragged by its knob only."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.core.money import Money, dollars
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.row_slider import RowFigures, RowSlider
from tests.mindfolio_desktop.ui.gestures import ALT, PLAIN, mouse


def figures(amount: Money, *, used: Money = 0, over: bool = False) -> RowFigures:
    return RowFigures(amount, dollars(20_000), used, 0, dollars(50_000), over, magnets=(12_000, 20_000))


@pytest.fixture
def slider(qtbot: QtBot) -> RowSlider:
    """$20,000 of $50,000 on 500 pixels: $100 a pixel. The reserve allows $25,000."""
    widget = RowSlider(0)
    qtbot.addWidget(widget)
    widget.resize(516, 26)
    widget.show_figures(figures(dollars(20_000)), 25_000)
    widget.show()
    return widget


def test_the_knob_stands_on_the_scale_of_all_capital(slider: RowSlider) -> None:
    assert slider.knob_x() == pytest.approx(8 + 200)


@pytest.mark.parametrize(
    ("to", "alt", "dollars_"),
    [(238, False, 23_000), (240, True, 23_200), (126, False, 12_000), (114, False, 10_500), (900, False, 25_000)],
)
def test_dragging_the_knob_snaps_catches_and_stops(slider: RowSlider, to: int, alt: bool, dollars_: int) -> None:
    mouse(slider, QEvent.Type.MouseButtonPress, 208)
    mouse(slider, QEvent.Type.MouseMove, to, ALT if alt else PLAIN)
    mouse(slider, QEvent.Type.MouseButtonRelease, to)
    assert slider.value() == dollars_


def test_a_click_elsewhere_moves_nothing(slider: RowSlider) -> None:
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease):
        mouse(slider, kind, 400)
    assert slider.value() == 20_000


def test_escape_ends_the_drag_and_says_so(slider: RowSlider, qtbot: QtBot) -> None:
    mouse(slider, QEvent.Type.MouseButtonPress, 208)
    mouse(slider, QEvent.Type.MouseMove, 230)
    with qtbot.waitSignal(slider.cancelled), qtbot.assertNotEmitted(slider.escaped):
        QTest.keyClick(slider, Qt.Key.Key_Escape)
    before = slider.value()
    mouse(slider, QEvent.Type.MouseMove, 240)
    assert slider.value() == before
    with qtbot.waitSignal(slider.escaped):
        QTest.keyClick(slider, Qt.Key.Key_Escape)


def test_over_its_budget_what_is_used_is_drawn_as_a_warning(slider: RowSlider) -> None:
    def has_warning() -> bool:
        image, wanted = slider.grab().toImage(), theme.colour(theme.tokens().warning).rgb()
        return any(image.pixel(x, y) == wanted for x in range(image.width()) for y in range(8, 18))

    slider.show_figures(figures(dollars(20_000), used=dollars(30_000), over=False), 25_000)
    assert not has_warning()
    slider.show_figures(figures(dollars(20_000), used=dollars(30_000), over=True), 25_000)
    assert has_warning()
