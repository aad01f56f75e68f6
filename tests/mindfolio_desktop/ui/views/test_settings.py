"""Every control of the settings does what it says, at once."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui import remembered, theme
from mindfolio_desktop.ui.look import Look, Theme
from mindfolio_desktop.ui.remembered import Whose
from mindfolio_desktop.ui.views.settings import About, SettingsPage
from mindfolio_desktop.ui.widgets.allocation_footer import applies_on_release
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth

ABOUT = About(Path("/home/x/mindfolio"), (("Mindfolio", "1.2.3"), ("Qt", "6.10")))


class Stage:
    """The page over a look of its own."""

    def __init__(self, qtbot: QtBot, qapp: QApplication) -> None:
        self.page = SettingsPage()
        qtbot.addWidget(self.page)
        self.look = Look(qapp, self.page)
        self.page.introduce(self.look, lambda: ABOUT)
        self.page.resize(1000, 700)
        self.page.show()

    def click(self, name: str) -> None:
        found = self.page.findChild(QPushButton, name)
        assert isinstance(found, QPushButton)
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)

    def text(self, name: str) -> str:
        found = self.page.findChild(QLabel, name)
        assert isinstance(found, QLabel)
        return found.text()

    @property
    def marked(self) -> list[str]:
        return [button.objectName() for button in self.page.findChildren(QPushButton) if button.isChecked()]


@pytest.fixture
def stage(qtbot: QtBot, qapp: QApplication) -> Stage:
    return Stage(qtbot, qapp)


@pytest.mark.parametrize("one", list(Theme))
def test_a_theme_is_used_at_once(stage: Stage, qapp: QApplication, one: Theme) -> None:
    stage.click(f"theme_{one.value}")
    assert stage.look.theme is one
    assert stage.marked == [f"theme_{one.value}", "text_size_100", "release_draft"]
    if one is Theme.LIGHT:
        assert theme.scheme() is theme.Scheme.LIGHT
    theme.apply(qapp)


@pytest.mark.parametrize("percent", [125, 150, 175, 200])
def test_a_size_of_text_is_used_at_once(stage: Stage, qapp: QApplication, percent: int) -> None:
    stage.click(f"text_size_{percent}")
    assert theme.text_size() == percent
    theme.apply(qapp)


def test_a_theme_that_was_chosen_elsewhere_is_marked_here(stage: Stage, qapp: QApplication) -> None:
    stage.look.choose_theme(Theme.LIGHT)
    assert "theme_light" in stage.marked
    theme.apply(qapp)


def test_the_path_is_plain_text_and_is_copied(stage: Stage, qtbot: QtBot) -> None:
    path = stage.page.findChild(QLineEdit, "data_dir")
    assert isinstance(path, QLineEdit)
    assert path.text() == str(ABOUT.data_dir)
    assert path.isReadOnly()
    QGuiApplication.clipboard().clear()
    stage.click("copy_data_dir")
    assert QGuiApplication.clipboard().text() == str(ABOUT.data_dir)
    button = stage.page.findChild(QPushButton, "copy_data_dir")
    assert isinstance(button, QPushButton)
    assert button.text() == "Copied"
    qtbot.waitUntil(lambda: button.text() == "Copy")


def test_what_program_this_is_and_where_it_trades(stage: Stage) -> None:
    assert stage.text("program_environment") == "waiting for the engine"
    stage.page.set_snapshot(aggressive_growth())
    assert stage.text("program_environment") == "REPLAY"
    assert stage.text("environment_means") == "Recorded market, paper broker: no order leaves this computer."
    assert stage.text("program_mindfolio") == "1.2.3"
    assert stage.text("program_qt") == "6.10"


def test_a_drag_of_budgets_keeps_a_draft_until_the_user_wants_it_applied_at_once(stage: Stage, tmp_path: Path) -> None:
    remembered.use({Whose.USER: tmp_path / "user.ini"})
    try:
        assert "release_draft" in stage.marked
        stage.click("release_apply")
        assert ("release_apply" in stage.marked, applies_on_release()) == (True, True)
        stage.click("release_draft")
        assert ("release_draft" in stage.marked, applies_on_release()) == (True, False)
    finally:
        remembered.use({})
