"""Every page and every module is one click or one key away."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.domain.mindfolio import ModuleStatus
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.pages import PAGES
from mindfolio_desktop.ui.widgets.navigation import MESSAGES, Navigation, NavigationButton, Place
from mindfolio_desktop.ui.widgets.text import Text
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


@pytest.mark.parametrize("page", [place.key for place in PLACES])
def test_a_page_is_chosen_by_click(navigation: Navigation, page: str) -> None:
    chosen: list[str] = []
    navigation.page_chosen.connect(chosen.append)
    QTest.mouseClick(button(navigation, f"go_{page}"), Qt.MouseButton.LeftButton)
    assert chosen == [page]


def many_places() -> list[Place]:
    keys = ("positions", "orders", "market", "risk", "budgets", "ledger", "day", "of_no_group")
    known = {place.key for place in PLACES}
    return [*PLACES, *(Place(key, key.capitalize(), "dashboard", "") for key in keys if key not in known)]


def test_pages_stand_under_headings_and_one_of_no_group_under_the_accounts(qtbot: QtBot) -> None:
    navigation = Navigation(many_places())
    qtbot.addWidget(navigation)
    navigation.show()
    rows: list[NavigationButton | Text] = [
        *navigation.findChildren(NavigationButton),
        *navigation.findChildren(Text),
    ]
    rows = [row for row in rows if row.objectName() != "toggle_theme"]
    rows.sort(key=lambda row: row.mapTo(navigation, row.rect().topLeft()).y())
    assert [row.text() for row in rows] == [
        *("Dashboard", "Trading", "Approvals", "Positions", "Orders", "Market"),
        *("Account", "Risk", "Budgets", "Ledger", "Day", "Of_no_group", "Program", "Messages", "Settings", "Modules"),
        "Add New Module",
    ]


@pytest.mark.parametrize("percent", [100, 200])
def test_twelve_modules_and_a_dozen_pages_scroll_in_a_low_window(
    qtbot: QtBot, qapp: QApplication, percent: int
) -> None:
    theme.apply(qapp, theme.Scheme.DARK, percent)
    navigation = Navigation(many_places())
    qtbot.addWidget(navigation)
    view = aggressive_growth().modules[0]
    names = [f"module_{number}" for number in range(12)]
    modules = tuple(replace(view, spec=module_spec(name, f"Module {name}")) for name in names)
    navigation.set_snapshot(replace(aggressive_growth(), modules=modules))
    navigation.resize(navigation.width(), 680)
    navigation.show()
    qtbot.waitExposed(navigation)
    last, frame = button(navigation, "go_module_module_11"), navigation.rect()
    assert not frame.contains(last.mapTo(navigation, last.rect().bottomLeft()))
    last.setFocus()
    qtbot.waitUntil(lambda: frame.contains(last.mapTo(navigation, last.rect().bottomLeft())))
    for one in navigation.findChildren(NavigationButton):
        assert one.height() >= one.fontMetrics().height(), one.objectName()
        assert one.width() <= navigation.width()
    switch = button(navigation, "toggle_theme")
    assert frame.contains(switch.geometry())
    theme.apply(qapp)


def test_the_page_that_is_turned_to_comes_into_sight(qtbot: QtBot) -> None:
    navigation = Navigation(many_places())
    qtbot.addWidget(navigation)
    navigation.resize(navigation.width(), 300)
    navigation.show()
    qtbot.waitExposed(navigation)
    shown = button(navigation, "go_settings")
    navigation.show_page("settings")
    qtbot.waitUntil(lambda: navigation.rect().contains(shown.mapTo(navigation, shown.rect().bottomLeft())))


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
