"""What every page has: a place for panels that scrolls, a heading, and a wish to be left."""

from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui.widgets.page import Live, Page


class Shown(Page):
    """A page that keeps what it is shown."""

    def __init__(self) -> None:
        super().__init__("shown")
        self.seen: list[MindfolioSnapshot] = []

    def set_snapshot(self, snapshot: MindfolioSnapshot) -> None:
        self.seen.append(snapshot)


def test_a_heading_has_the_name_at_the_left_and_what_is_offered_at_the_right(qtbot: QtBot) -> None:
    page, button = Page("risk"), QPushButton("Refresh")
    qtbot.addWidget(page)
    page.add_heading("Risk", button)
    page.resize(800, 400)
    page.show()
    qtbot.waitExposed(page)
    (title,) = page.findChildren(QLabel, "risk_title")
    assert title.text() == "Risk"
    assert title.mapTo(page, title.rect().topLeft()).x() < button.mapTo(page, button.rect().topLeft()).x()
    assert button.mapTo(page, button.rect().topRight()).x() > 700


def test_only_what_shows_figures_is_live(qtbot: QtBot) -> None:
    still, live = Page("still"), Shown()
    qtbot.addWidget(still)
    qtbot.addWidget(live)
    assert (isinstance(still, Live), isinstance(live, Live)) == (False, True)


def test_what_does_not_fit_scrolls(qtbot: QtBot) -> None:
    page = Page("long")
    qtbot.addWidget(page)
    for number in range(60):
        page.column.addWidget(QLabel(f"line {number}"))
    page.resize(300, 200)
    page.show()
    qtbot.waitExposed(page)
    qtbot.waitUntil(lambda: page.verticalScrollBar().maximum() > 0)
