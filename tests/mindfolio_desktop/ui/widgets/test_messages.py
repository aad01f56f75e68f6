"""Notes in the corner stay calm; the list keeps them all."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.widgets import messages
from mindfolio_desktop.ui.widgets.messages import AT_ONCE, KEPT, MessageLog, Toast, Toasts


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show()
    return made


@pytest.fixture
def toasts(host: QWidget) -> Toasts:
    return Toasts(host)


def words(toast: Toast) -> tuple[str, str]:
    title, text = toast.findChild(QLabel, "toast_title"), toast.findChild(QLabel, "toast_text")
    assert isinstance(title, QLabel)
    assert isinstance(text, QLabel)
    return title.text(), text.text()


def titles(toasts: Toasts) -> list[str]:
    return [words(toast)[0] for toast in toasts.shown]


def test_without_notes_it_is_not_there(toasts: Toasts) -> None:
    assert not toasts.isVisible()


def test_a_refusal_is_shown_in_full_in_the_corner_and_stays(toasts: Toasts, host: QWidget, qtbot: QtBot) -> None:
    reasons = "Budget: needs $43,000.00, available $8,000.00, short by $35,000.00\nMarket: closed"
    toasts.show_message("Not done: Approve trade", reasons, stays=True)
    assert words(toasts.shown[0]) == ("Not done: Approve trade", reasons)
    assert toasts.isVisible()
    assert host.rect().contains(toasts.geometry())
    label = toasts.findChild(QLabel, "toast_text")
    assert isinstance(label, QLabel)
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))


def test_a_dismissed_note_goes_and_the_others_stay(toasts: Toasts, qtbot: QtBot) -> None:
    for title in ("first", "second"):
        toasts.show_message(title, stays=True)
    close = toasts.shown[0].findChild(QPushButton, "toast_dismiss")
    assert isinstance(close, QPushButton)
    assert close.accessibleName() == "Dismiss: first"
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    assert titles(toasts) == ["second"]
    second = toasts.shown[0].findChild(QPushButton, "toast_dismiss")
    assert isinstance(second, QPushButton)
    QTest.mouseClick(second, Qt.MouseButton.LeftButton)
    assert not toasts.isVisible()


def test_a_refusal_goes_by_itself_and_what_is_urgent_stays(
    toasts: Toasts, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "SHOWN_MS", 50)
    toasts.show_message("refusal")
    toasts.show_message("halted", stays=True)
    assert titles(toasts) == ["refusal", "halted"]
    qtbot.waitUntil(lambda: titles(toasts) == ["halted"])
    qtbot.wait(100)
    assert titles(toasts) == ["halted"]


def test_the_corner_never_fills_up(toasts: Toasts, host: QWidget) -> None:
    for number in range(3 * AT_ONCE):
        toasts.show_message(f"refusal {number}", "why", stays=True)
    assert titles(toasts) == [f"refusal {number}" for number in range(2 * AT_ONCE, 3 * AT_ONCE)]
    assert host.rect().contains(toasts.geometry())


def test_the_notes_follow_the_corner_of_the_window(toasts: Toasts, host: QWidget) -> None:
    toasts.show_message("refusal", stays=True)
    before = toasts.geometry().bottomRight()
    host.resize(1300, 900)
    after = toasts.geometry().bottomRight()
    assert (after.x() - before.x(), after.y() - before.y()) == (300, 200)


def test_the_buttons_at_the_foot_of_a_page_stay_free(toasts: Toasts, host: QWidget) -> None:
    toasts.show_message("Mindfolio", "Trading halted", stays=True)
    toasts.show_message("Refused", "over the budget")
    # A ticket's row of buttons: its margin, the buttons, the page's margin.
    assert toasts.geometry().bottom() < host.height() - 80


def test_the_list_keeps_the_newest_on_top(qtbot: QtBot) -> None:
    log = MessageLog()
    qtbot.addWidget(log)
    empty = log.findChild(QLabel, "messages_empty")
    assert isinstance(empty, QLabel)
    assert not empty.isHidden()
    log.add("16 Mar 15:55:00", "IV Service", "opened")
    log.add("16 Mar 15:56:00", "", "stopped")
    assert log.lines == (("16 Mar 15:56:00", "", "stopped"), ("16 Mar 15:55:00", "IV Service", "opened"))
    assert empty.isHidden()


def test_a_long_message_is_wrapped_not_cut(qtbot: QtBot) -> None:
    log = MessageLog()
    qtbot.addWidget(log)
    log.resize(700, 400)
    log.show()
    log.add("16 Mar 15:55:00", "IV Service", "short")
    log.add("16 Mar 15:55:00", "IV Service", "a long reason " * 40)
    table = log.findChild(QTableView, "messages")
    assert isinstance(table, QTableView)
    assert table.rowHeight(0) > 2 * table.rowHeight(1)


def test_the_list_does_not_grow_without_end(qtbot: QtBot) -> None:
    log = MessageLog()
    qtbot.addWidget(log)
    for number in range(KEPT + 5):
        log.add("", "", str(number))
    assert len(log.lines) == KEPT
    assert log.lines[0][2] == str(KEPT + 4)


@pytest.fixture
def log(qtbot: QtBot) -> MessageLog:
    made = MessageLog()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    made.add("15:55", "IV Service", "opened")
    made.add("15:56", "", "a limit is near", is_urgent=True)
    made.add("15:57", "Sell Puts Engine", "paused", is_urgent=True)
    return made


def said(log: MessageLog) -> list[str]:
    return [words for _, _, words in log.lines]


def test_messages_of_one_module_or_of_none_can_be_chosen(log: MessageLog) -> None:
    box = log.findChild(QComboBox, "messages_module")
    assert box is not None
    assert [box.itemText(place) for place in range(box.count())] == [
        "Everything", "Mindfolio", "IV Service", "Sell Puts Engine",
    ]  # fmt: skip
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert said(log) == ["a limit is near"]
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert said(log) == ["opened"]
    log.add("15:58", "IV Service", "closed")
    log.add("15:59", "Sell Puts Engine", "resumed")
    assert said(log) == ["closed", "opened"]


def test_only_what_is_urgent_can_be_chosen(log: MessageLog) -> None:
    urgency = log.findChild(QComboBox, "messages_urgency")
    assert urgency is not None
    QTest.keyClick(urgency, Qt.Key.Key_Down)
    assert said(log) == ["paused", "a limit is near"]
    box = log.findChild(QComboBox, "messages_module")
    assert box is not None
    box.setCurrentText("IV Service")
    assert said(log) == []
    empty = log.findChild(QLabel, "messages_empty")
    assert empty is not None
    assert empty.text() == "Nothing that was reported is like that."
    QTest.keyClick(urgency, Qt.Key.Key_Up)
    assert said(log) == ["opened"]
    assert not empty.isVisible()


def test_where_it_is_narrow_module_and_urgency_stand_before_the_message(log: MessageLog, qtbot: QtBot) -> None:
    table = log.findChild(QTableView, "messages")
    assert table is not None

    def shown() -> list[list[str]]:
        columns = [at for at in range(table.model().columnCount()) if not table.isColumnHidden(at)]
        return [[table.model().index(row, at).data() for at in columns] for row in range(2)]

    assert shown() == [
        ["15:57", "Sell Puts Engine", "urgent", "paused"], ["15:56", "", "urgent", "a limit is near"],
    ]  # fmt: skip
    log.add("15:58", "IV Service", "opened one of many condors " * 4)
    high = table.rowHeight(0)
    log.resize(600, 500)
    assert shown()[1] == ["15:57", "Urgent: Sell Puts Engine: paused"]
    qtbot.waitUntil(lambda: table.rowHeight(0) > high)
