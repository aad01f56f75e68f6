"""What is done a moment later: once, for somebody who is still there, and its errors are heard of."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.later import later

PACKAGE = Path(__file__).resolve().parents[3] / "mindfolio_desktop"


class Counter(QObject):
    """Counts, or fails."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def one_more(self) -> None:
        self.count += 1

    def fail(self) -> None:
        raise ValueError("nobody expected this")


def test_it_is_done_once_and_nothing_is_left_of_it(qtbot: QtBot) -> None:
    counter = Counter()
    later(counter, 0, counter.one_more)
    assert counter.count == 0, "not at once"
    qtbot.waitUntil(lambda: counter.count == 1)
    qtbot.waitUntil(lambda: not counter.findChildren(QTimer))
    assert counter.count == 1


def test_it_is_not_done_for_somebody_who_is_gone(qtbot: QtBot) -> None:
    done: list[int] = []
    receiver, other = QObject(), QObject()
    later(receiver, 0, lambda: done.append(1))
    later(other, 20, lambda: done.append(2))
    receiver.deleteLater()
    del receiver
    qtbot.waitUntil(lambda: 2 in done)
    assert done == [2]


def test_an_error_in_it_is_heard_of(qtbot: QtBot) -> None:
    counter = Counter()
    with qtbot.captureExceptions() as caught:
        later(counter, 0, counter.fail)
        qtbot.waitUntil(lambda: bool(caught))
        later(counter, 0, counter.one_more)
        qtbot.waitUntil(lambda: counter.count == 1)
    assert [str(error) for _kind, error, _trace in caught] == ["nobody expected this"]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_single_shot_with_a_receiver_hides_an_error(path: Path) -> None:
    calls = re.findall(r"QTimer\.singleShot\(([^\n]*)", path.read_text(encoding="utf-8"))
    assert [call for call in calls if re.match(r"[^,]+,[^,(]+,", call) and path.name != "later.py"] == []
