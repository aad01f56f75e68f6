"""One registry: what is found by a few letters, in which order, and which keys do it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mindfolio_desktop.ui.actions import Action, Actions, rank


def action(title: str, group: str = "Module", keys: str = "", *, is_emergency: bool = False) -> Action:
    return Action(title, title, group, lambda: None, keys, is_emergency=is_emergency)


STOP = action("EMERGENCY STOP", "Stops everything", is_emergency=True)
LISTED = (STOP, action("Risk", "Page"), action("Resume IV Service"), action("Pause Gamma Scalper"), action("Orders"))


@pytest.fixture
def host(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def found(host: QWidget, typed: str) -> list[str]:
    return [each.title for each in Actions(host, LISTED, lambda: ()).found(typed)]


def test_everything_in_order_with_the_emergency_stop_last(host: QWidget) -> None:
    assert found(host, "") == ["Risk", "Resume IV Service", "Pause Gamma Scalper", "Orders", "EMERGENCY STOP"]


@pytest.mark.parametrize(
    ("typed", "titles"),
    [
        ("ris", ["Risk", "Resume IV Service"]),
        ("rsiv", ["Resume IV Service"]),
        ("service", ["Resume IV Service"]),
        ("scalper pause", ["Pause Gamma Scalper"]),
        ("  PAUSE  gam ", ["Pause Gamma Scalper"]),
        ("module gamma", ["Pause Gamma Scalper"]),
        ("stop", ["EMERGENCY STOP"]),
        ("zzz", []),
    ],
)
def test_words_anywhere_or_letters_in_order(host: QWidget, typed: str, titles: list[str]) -> None:
    assert found(host, typed) == titles


def test_the_nearest_comes_first_and_the_emergency_stop_last_all_the_same() -> None:
    titles = ("Scatter e m e r", "Theme: emerald", "emerge")
    ranks = [rank("emer", action(title)) for title in titles]
    assert ranks[2] is not None
    assert ranks[1] is not None
    assert ranks[0] is not None
    assert ranks[2] < ranks[1] < ranks[0]


def test_the_emergency_stop_is_last_even_where_it_fits_best(host: QWidget) -> None:
    listed = (STOP, action("Settings of the emergency"))
    titles = [each.title for each in Actions(host, listed, lambda: ()).found("emergency")]
    assert titles == ["Settings of the emergency", "EMERGENCY STOP"]


def test_what_changes_is_asked_for_each_time(host: QWidget) -> None:
    there = [action("Pause IV Service")]
    actions = Actions(host, (), lambda: tuple(there))
    assert [each.title for each in actions.found()] == ["Pause IV Service"]
    there[:] = [action("Resume IV Service")]
    assert [each.title for each in actions.found()] == ["Resume IV Service"]


def test_the_keys_that_are_listed_do_it(host: QWidget, qtbot: QtBot) -> None:
    done: list[str] = []
    keyed = Action("risk", "Risk", "Page", lambda: done.append("risk"), "Ctrl+5")
    actions = Actions(host, (STOP, keyed, action("Orders")), lambda: ())
    host.show()
    qtbot.waitExposed(host)
    host.activateWindow()
    qtbot.waitUntil(host.isActiveWindow)
    QTest.keyClick(host, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    assert done == ["risk"]
    assert [each.keys for each in actions.keyed] == ["Ctrl+5"]


def test_two_actions_never_have_the_same_keys(host: QWidget) -> None:
    with pytest.raises(ValueError, match="same keys"):
        Actions(host, (action("Risk", keys="Ctrl+5"), action("Day", keys="ctrl+5")), lambda: ())
