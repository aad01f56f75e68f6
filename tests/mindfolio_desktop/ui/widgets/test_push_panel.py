"""The settings of push messages: an address is kept and not shown, a test says what came of it, removing ends it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.outside import Outside
from mindfolio_desktop.ui.widgets.push_panel import PushPanel
from tests.mindfolio_desktop.ui.test_outside import PostFake


@pytest.fixture
def post() -> PostFake:
    made = PostFake()
    made.scheme = ""
    return made


def shown(post: PostFake, qtbot: QtBot) -> PushPanel:
    made = PushPanel(Outside(post))
    qtbot.addWidget(made)
    made.resize(900, 240)
    made.show()
    made.activateWindow()
    return made


@pytest.fixture
def panel(post: PostFake, qtbot: QtBot) -> PushPanel:
    return shown(post, qtbot)


def field(panel: PushPanel) -> QLineEdit:
    found = panel.findChild(QLineEdit, "push_address")
    assert found is not None
    return found


def button(panel: PushPanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, f"push_{name}")
    assert found is not None
    return found


def text(panel: PushPanel, name: str) -> str:
    found = panel.findChild(QLabel, f"push_{name}")
    assert found is not None
    return found.text() if found.isVisible() else ""


def test_an_address_is_typed_unseen_kept_and_not_shown_again(panel: PushPanel, post: PostFake, qtbot: QtBot) -> None:
    assert field(panel).echoMode() is QLineEdit.EchoMode.Password
    assert not button(panel, "keep").isEnabled()
    assert not button(panel, "test").isVisible()
    QTest.keyClicks(field(panel), "ntfys://topic-of-mine")
    QTest.keyClick(field(panel), Qt.Key.Key_Return)
    assert post.scheme == "ntfys"
    assert field(panel).text() == ""
    assert not field(panel).isVisible()
    assert text(panel, "where") == "Sent by ntfys://\N{HORIZONTAL ELLIPSIS}"
    qtbot.waitUntil(button(panel, "test").hasFocus)


def test_what_is_no_address_is_said_and_can_be_mended(panel: PushPanel, post: PostFake) -> None:
    post.refuses = "This is no address."
    QTest.keyClicks(field(panel), "nonsense")
    QTest.mouseClick(button(panel, "keep"), Qt.MouseButton.LeftButton)
    assert text(panel, "said") == "This is no address."
    assert field(panel).text() == "nonsense"


@pytest.mark.parametrize(("why", "words"), [("", "Sent."), ("No answer.", "Not sent. No answer.")])
def test_a_test_tells_what_came_of_it(post: PostFake, qtbot: QtBot, why: str, words: str) -> None:
    post.scheme = "json"
    panel = shown(post, qtbot)
    QTest.mouseClick(button(panel, "test"), Qt.MouseButton.LeftButton)
    assert text(panel, "said").startswith("Sending")
    assert len(post.told) == 1
    post.on_sent(why)
    qtbot.waitUntil(lambda: text(panel, "said") == words)


def test_removing_it_ends_the_messages(post: PostFake, qtbot: QtBot) -> None:
    post.scheme = "json"
    panel = shown(post, qtbot)
    QTest.mouseClick(button(panel, "remove"), Qt.MouseButton.LeftButton)
    assert post.scheme == ""
    assert text(panel, "said") == "No messages are sent any more, and the address is deleted."
    assert field(panel).isVisible()


def test_without_the_library_there_is_a_sentence_and_no_dead_control(post: PostFake, qtbot: QtBot) -> None:
    post.lack = "Push messages need apprise."
    panel = shown(post, qtbot)
    assert text(panel, "lack") == "Push messages need apprise."
    for control in (field(panel), *(button(panel, name) for name in ("keep", "test", "remove"))):
        assert not control.isVisible()
