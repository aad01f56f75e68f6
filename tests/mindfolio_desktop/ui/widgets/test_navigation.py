"""Every page and every module is one click or one key away."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import ModuleStatus
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.pages import PAGES
from mindfolio_desktop.ui.widgets.navigation import APPROVALS, DASHBOARD, MESSAGES, Navigation, NavigationButton
from tests.mindfolio_desktop.ui.snapshots import (
    AUTO,
    MANUAL,
    PAUSED,
    aggressive_growth,
    approval,
    module_spec,
    with_module,
)

PLACES = [page.place for page in PAGES]


@pytest.fixture
def navigation(qtbot: QtBot) -> Navigation:
    made = Navigation(PLACES)
    qtbot.addWidget(made)
    made.set_snapshot(aggressive_growth())
    made.resize(made.width(), 600)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def button(navigation: Navigation, name: str) -> NavigationButton:
    found = navigation.findChild(NavigationButton, name)
    assert isinstance(found, NavigationButton)
    return found


@pytest.mark.parametrize(
    ("page", "key"), [(DASHBOARD, Qt.Key.Key_1), (APPROVALS, Qt.Key.Key_2), (MESSAGES, Qt.Key.Key_0)]
)
def test_a_page_is_chosen_by_click_and_by_key(navigation: Navigation, qtbot: QtBot, page: str, key: Qt.Key) -> None:
    chosen: list[str] = []
    navigation.page_chosen.connect(chosen.append)
    QTest.mouseClick(button(navigation, f"go_{page}"), Qt.MouseButton.LeftButton)
    QTest.keyClick(navigation, key, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: chosen == [page, page])


def test_a_module_is_chosen(navigation: Navigation) -> None:
    chosen: list[str] = []
    navigation.module_chosen.connect(chosen.append)
    QTest.mouseClick(button(navigation, f"go_module_{MANUAL}"), Qt.MouseButton.LeftButton)
    assert chosen == [MANUAL]


def test_waiting_approvals_and_unread_messages_are_counted(navigation: Navigation) -> None:
    assert button(navigation, "go_approvals").note == "1"
    navigation.set_snapshot(
        with_module(aggressive_growth(), MANUAL, approvals=tuple(approval(f"a-{number}") for number in range(12)))
    )
    assert button(navigation, "go_approvals").note == "12"
    navigation.set_snapshot(with_module(aggressive_growth(), MANUAL, approvals=()))
    assert button(navigation, "go_approvals").note == ""
    navigation.show_unread(3)
    assert button(navigation, "go_messages").note == "3"


def test_a_pause_is_marked_beside_the_name(navigation: Navigation) -> None:
    before = button(navigation, f"go_module_{AUTO}").grab().toImage()
    assert button(navigation, f"go_module_{PAUSED}").accessibleDescription() == "paused"
    navigation.set_snapshot(with_module(aggressive_growth(), AUTO, status=ModuleStatus.PAUSED))
    assert button(navigation, f"go_module_{AUTO}").accessibleDescription() == "paused"
    assert button(navigation, f"go_module_{AUTO}").grab().toImage() != before


def test_where_we_are_is_marked_once(navigation: Navigation) -> None:
    for place, name in ((AUTO, f"go_module_{AUTO}"), (MESSAGES, "go_messages")):
        navigation.show_page(place)
        checked = [one.objectName() for one in navigation.findChildren(NavigationButton) if one.isChecked()]
        assert checked == [name]


def test_where_we_are_stays_marked_when_the_modules_change(navigation: Navigation, qtbot: QtBot) -> None:
    navigation.show_page(MANUAL)
    snapshot = aggressive_growth()
    navigation.set_snapshot(replace(snapshot, modules=snapshot.modules[1:]))
    assert button(navigation, f"go_module_{MANUAL}").isChecked()
    qtbot.waitUntil(lambda: sum(one.isChecked() for one in navigation.findChildren(NavigationButton)) == 1)


def test_a_long_name_is_cut_and_told_in_full_by_the_tooltip(navigation: Navigation) -> None:
    name = "A module with a very long name indeed"
    navigation.set_snapshot(with_module(aggressive_growth(), AUTO, spec=module_spec(AUTO, name)))
    shown = button(navigation, f"go_module_{AUTO}")
    assert shown.text().endswith("…")
    assert shown.toolTip() == name


def test_the_other_scheme_is_offered(navigation: Navigation) -> None:
    toggled: list[bool] = []
    navigation.theme_toggled.connect(lambda: toggled.append(True))
    QTest.mouseClick(button(navigation, "toggle_theme"), Qt.MouseButton.LeftButton)
    assert toggled == [True]
    navigation.show_scheme(theme.Scheme.LIGHT)
    assert button(navigation, "toggle_theme").text() == "Dark theme"
