"""Drawings follow the scheme and say what they mean."""

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.icon import Icon, IconButton


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    theme.apply(qapp)


def test_a_drawing_appears_with_its_meaning_and_goes(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    icon = Icon()
    QVBoxLayout(host).addWidget(icon)
    host.show()
    assert not icon.isVisible()
    icon.show_icon("warning", "warning", "Losing money")
    assert icon.isVisible()
    assert not icon.pixmap().isNull()
    assert (icon.accessibleName(), icon.toolTip()) == ("Losing money", "Losing money")
    icon.show_icon("", "muted")
    assert not icon.isVisible()


def test_another_scheme_repaints_drawings_that_exist(application: QApplication, qtbot: QtBot) -> None:
    icon = Icon("good", "gain")
    button = IconButton("Go", "dashboard", "muted", "go")
    for widget in (icon, button):
        qtbot.addWidget(widget)
        widget.show()
    before = icon.pixmap().toImage(), button.icon().pixmap(24, 18).toImage()
    theme.apply(application, theme.Scheme.LIGHT)
    assert icon.pixmap().toImage() != before[0]
    assert button.icon().pixmap(24, 18).toImage() != before[1]


def test_a_button_without_a_drawing_has_only_its_words(qtbot: QtBot) -> None:
    button = IconButton("IV Service", "", "muted", "go")
    qtbot.addWidget(button)
    assert button.icon().isNull()
    assert button.text() == "IV Service"
