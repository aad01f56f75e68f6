"""What the bar draws: hatching up to what is used, a marker at what is held, ticks where the applied split is."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.strip_painter import Cell, paint_strip

BAR = QRectF(0, 20, 400, 58)


@pytest.fixture
def painter(qapp: object) -> Iterator[tuple[QPainter, QImage]]:
    theme.load_fonts()
    image = QImage(400, 90, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    yield painter, image
    painter.end()


def cell(name: str = "Alpha", *, used: float = 0, held: float = 0, is_over: bool = False, right: float = 400) -> Cell:
    return Cell(0, name, 100_000, 400_000, 0, right, used, held, is_over)


def count(image: QImage, colour: QColor, area: tuple[int, int, int, int]) -> int:
    left, top, right, bottom = area
    return sum(image.pixel(x, y) == colour.rgb() for x in range(left, right) for y in range(top, bottom))


def test_the_band_is_hatched_up_to_what_is_used(painter: tuple[QPainter, QImage]) -> None:
    brush, image = painter
    paint_strip(brush, BAR, [cell(used=200)], [], (1, 18), BAR)
    full = theme.module_colour(0)
    assert count(image, full, (2, 66, 198, 76)) > 100
    assert count(image, full, (204, 66, 398, 76)) == 0


def test_what_is_held_ends_in_a_marker(painter: tuple[QPainter, QImage]) -> None:
    brush, image = painter
    paint_strip(brush, BAR, [cell(used=200, held=60)], [], (1, 18), BAR)
    text = theme.colour(theme.tokens().text)
    assert count(image, text, (258, 66, 260, 76)) == 20
    assert count(image, text, (262, 66, 398, 76)) == 0


def test_over_budget_is_drawn_as_a_warning(painter: tuple[QPainter, QImage]) -> None:
    brush, image = painter
    paint_strip(brush, BAR, [cell(used=500, is_over=True)], [], (1, 18), BAR)
    assert count(image, theme.colour(theme.tokens().warning), (2, 66, 398, 76)) > 200


def test_a_narrow_segment_is_named_above_the_bar(painter: tuple[QPainter, QImage]) -> None:
    brush, image = painter
    paint_strip(brush, BAR, [cell(right=20)], [], (1, 18), BAR)
    named = sum(image.pixel(x, y) != QColor("black").rgb() for x in range(150) for y in range(2, 17))
    assert named > 100


def test_a_wide_segment_needs_no_label_above(painter: tuple[QPainter, QImage]) -> None:
    brush, image = painter
    paint_strip(brush, BAR, [cell()], [], (1, 18), BAR)
    assert all(image.pixel(x, y) == QColor("black").rgb() for x in range(400) for y in range(18))


def test_a_ghost_marks_the_applied_divider_below_the_bar(painter: tuple[QPainter, QImage]) -> None:
    brush, image = painter
    paint_strip(brush, BAR, [cell()], [150.0], (1, 18), BAR)
    muted = theme.colour(theme.tokens().muted)
    assert count(image, muted, (144, 79, 157, 86)) > 10
    assert count(image, muted, (200, 79, 390, 86)) == 0
