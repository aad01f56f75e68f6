"""The meter's lengths are the shares of the budget; over the budget it says where the budget ends."""

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.meter import Meter

USED = QColor("#56b4e9")


def pixels(qtbot: QtBot, budget: int, used: int, held: int) -> list[str]:
    meter = Meter("meter")
    qtbot.addWidget(meter)
    meter.resize(200, 8)
    meter.show_usage(dollars(budget), dollars(used), dollars(held), USED, "words")
    image = meter.grab().toImage()
    return [image.pixelColor(x, 4).name() for x in range(200)]


def test_used_is_solid_held_is_lighter_and_the_rest_is_track(qtbot: QtBot) -> None:
    row = pixels(qtbot, 1000, 500, 250)
    assert set(row[10:90]) == {USED.name()}
    assert len(set(row[110:140])) == 1
    assert row[120] not in (USED.name(), theme.tokens().track)
    assert set(row[160:190]) == {theme.tokens().track}


def test_over_the_budget_a_mark_shows_where_it_ends(qtbot: QtBot) -> None:
    row = pixels(qtbot, 500, 1000, 0)
    assert theme.tokens().warning in row[95:105]
    assert set(row[110:190]) == {USED.name()}


def test_nothing_used_and_no_budget_are_an_empty_track(qtbot: QtBot) -> None:
    assert set(pixels(qtbot, 1000, 0, 0)[10:190]) == {theme.tokens().track}
    assert set(pixels(qtbot, 0, 0, 0)[10:190]) == {theme.tokens().track}


def test_it_says_in_words_what_it_shows(qtbot: QtBot) -> None:
    meter = Meter("meter")
    qtbot.addWidget(meter)
    meter.show_usage(1, 1, 0, USED, "all used")
    assert meter.accessibleName() == "all used"
