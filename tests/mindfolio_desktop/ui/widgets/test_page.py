"""What every page is: a heading, a column, and nothing to turn to unless it says otherwise."""

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.page import Live, Page


def test_a_heading_names_the_page_and_holds_its_controls(qtbot: QtBot) -> None:
    page = Page("some_page")
    qtbot.addWidget(page)
    page.add_heading("Some page", Button("Do", "do"))
    title = page.findChild(QLabel, "some_page_title")
    assert title is not None
    assert title.text() == "Some page"
    assert page.findChild(Button, "do") is not None
    page.show_item("anything")
    assert not isinstance(page, Live)
