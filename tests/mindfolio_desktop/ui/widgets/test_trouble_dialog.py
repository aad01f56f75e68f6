"""What is said of an error that nobody expected: nothing about trading that the engine has not confirmed."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import MindfolioStatus
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.widgets.emergency_button import EmergencyButton
from mindfolio_desktop.ui.widgets.trouble_dialog import Standing, Trouble, TroubleDialog
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, stopped

ONE = Trouble("An unexpected error happened in the window (ValueError).", "ValueError: x\n    ui/frame.py:1 f")


class Scene:
    """A dialog over a window, and how trading stands."""

    def __init__(self, qtbot: QtBot) -> None:
        self.standing = Standing(aggressive_growth(), has_ended=False)
        self.window = QWidget()
        self.window.resize(1040, 640)
        qtbot.addWidget(self.window)
        self.window.show()
        self.dialog = TroubleDialog(ONE, lambda: self.standing, self.window)
        self.dialog.show()

    def words(self, name: str) -> str:
        found = self.dialog.findChild(QLabel, f"trouble_{name}")
        assert found is not None
        return found.text()

    def press(self, name: str) -> QPushButton:
        found = self.dialog.findChild(QPushButton, f"trouble_{name}")
        assert found is not None
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)
        return found

    @property
    def details(self) -> QPlainTextEdit:
        found = self.dialog.findChild(QPlainTextEdit, "trouble_details")
        assert found is not None
        return found


@pytest.fixture
def scene(qtbot: QtBot) -> Scene:
    return Scene(qtbot)


def test_trading_is_said_to_be_paused_once_the_engine_says_so(scene: Scene, qtbot: QtBot) -> None:
    assert scene.words("what") == ONE.what
    assert scene.words("state").endswith("The engine has not confirmed it yet.")
    scene.standing = Standing(replace(aggressive_growth(), status=MindfolioStatus.PAUSED), has_ended=False)
    qtbot.waitUntil(lambda: scene.words("state").startswith("Trading is paused"))
    assert "Resume everything" in scene.words("to_do")


@pytest.mark.parametrize(
    ("standing", "state", "to_do"),
    [
        (Standing(None, has_ended=False), "Nothing is traded yet", "start Mindfolio anew"),
        (
            Standing(replace(aggressive_growth(), halted="a fault"), has_ended=False),
            "Trading has stopped in a safe",
            "broker",
        ),
        (Standing(stopped(), has_ended=False), "The emergency stop holds", "start Mindfolio anew"),
        (Standing(aggressive_growth(), has_ended=True), "No engine runs", "broker"),
    ],
)
def test_how_trading_stands_is_what_is_known(
    scene: Scene, qtbot: QtBot, standing: Standing, state: str, to_do: str
) -> None:
    scene.standing = standing
    qtbot.waitUntil(lambda: scene.words("state").startswith(state))
    assert to_do in scene.words("to_do")


def test_details_are_folded_away_until_asked_for_and_copied_with_the_state(scene: Scene) -> None:
    assert scene.details.isHidden()
    high = scene.dialog.height()
    assert scene.press("fold").text() == "Hide details"
    assert scene.details.isVisible()
    assert scene.details.toPlainText() == ONE.details
    assert scene.dialog.height() > high
    assert scene.press("fold").text() == "Show details"
    assert scene.dialog.height() == high
    assert scene.press("copy").text() == "Copied"
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(f"{ONE.what}\nMindfolio pauses trading")
    assert copied.endswith(ONE.details)


def test_another_one_is_told_in_the_same_dialog(scene: Scene) -> None:
    scene.dialog.add(Trouble("An unexpected error happened in the engine (KeyError).", "KeyError: y"))
    assert scene.words("what").endswith("(KeyError). It is error number 2.")
    scene.press("fold")
    assert scene.details.toPlainText() == f"KeyError: y\n\n{ONE.details}"


def test_it_is_not_modal_and_closes(scene: Scene, qtbot: QtBot) -> None:
    assert not scene.dialog.isModal()
    with qtbot.waitSignal(scene.dialog.destroyed):
        scene.press("close")


@pytest.mark.parametrize("size", theme.TEXT_SIZES)
def test_every_word_is_seen_at_every_size_of_text_below_the_stop(qtbot: QtBot, qapp: QApplication, size: int) -> None:
    theme.apply(qapp, percent=size)
    try:
        scene = Scene(qtbot)
        stop = EmergencyButton(scene.window)
        below_the_banner = 26 * size // 100 + 10
        for folds in (0, 1, 0):
            if folds != scene.details.isVisible():
                scene.press("fold")
            shown = [label for label in scene.dialog.findChildren(QLabel) if label.isVisible()]
            assert len(shown) >= 2
            for label in shown:
                assert label.height() >= label.heightForWidth(label.width()), label.text()
            free = scene.window.geometry().adjusted(0, below_the_banner + stop.sizeHint().height(), 0, 0)
            assert free.contains(scene.dialog.geometry()), "in the least window of all"
        assert len(shown) == 4
    finally:
        theme.apply(qapp)
