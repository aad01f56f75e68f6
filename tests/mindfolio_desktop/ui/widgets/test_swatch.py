"""The square has the colour that the module has everywhere."""

import pytest
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.swatch import Swatch


@pytest.mark.parametrize("index", [0, 1, 6, 7])
def test_its_middle_has_the_colour_of_the_module(qtbot: QtBot, index: int) -> None:
    swatch = Swatch(index)
    qtbot.addWidget(swatch)
    middle = swatch.rect().center()
    assert swatch.grab().toImage().pixelColor(middle).name() == theme.module_colour(index).name()
