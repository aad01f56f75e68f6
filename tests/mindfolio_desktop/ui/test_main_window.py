"""The whole window over a fake engine: what is pressed becomes a command, what the engine says becomes visible."""

from functools import partial

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel, QPushButton, QStackedWidget, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.budget import BudgetPlan
from engine.domain.commands import (
    ApproveTrade,
    CancelOrder,
    ClosePosition,
    Command,
    EmergencyStop,
    EnterTrade,
    PauseModule,
    ReallocateBudget,
    RearmMindfolio,
    RefuseTrade,
    ReplaceOrder,
    ResumeModule,
    RollPosition,
    ScanNow,
    SetSpeed,
    SetTarget,
    WriteNote,
)
from engine.domain.denial import Denial
from engine.domain.notices import Alert, CommandAccepted, CommandDenied
from engine.domain.questions import ChainOf
from mindfolio_desktop.ui import main_window, theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.main_window import MainWindow
from mindfolio_desktop.ui.remembered import remember
from mindfolio_desktop.ui.widgets.messages import Toast
from mindfolio_desktop.ui.widgets.navigation import NavigationButton
from tests.mindfolio_desktop.ui.driving import click, find, page, publish, text
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import (
    AUTO,
    MANUAL,
    NOW,
    aggressive_growth,
    condor,
    fresh,
    stopped,
    with_module,
)

STOP_KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
PAGES = (
    "go_dashboard",
    "go_approvals",
    "go_positions",
    "go_orders",
    "go_risk",
    "go_day",
    "go_messages",
    f"go_module_{AUTO}",
)


def toasts(window: MainWindow) -> list[tuple[str, str]]:
    return [
        (text(toast, "toast_title"), text(toast, "toast_text"))
        for toast in window.findChildren(Toast)
        if not toast.isHidden()
    ]


def deny(bridge: EngineBridge, qtbot: QtBot, command: Command, *denials: Denial) -> None:
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(command, denials))


# --- what is always there ---------------------------------------------------------------------------------------------
def test_name_environment_and_title_are_unmistakable(window: MainWindow) -> None:
    assert window.windowTitle() == "Aggressive Growth \N{EN DASH} REPLAY \N{EN DASH} Mindfolio"
    assert text(window, "environment") == "REPLAY"
    banner = find(window, "environment_banner")
    assert (banner.width(), banner.y()) == (window.width(), 0)


def test_the_emergency_stop_stays_in_its_corner_on_every_page_and_after_a_stop(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    def corner() -> QPoint:
        button = find(window, "emergency_stop")
        assert button.isVisible()
        assert button.isEnabled()
        return button.mapTo(window, button.rect().topRight())

    places = []
    for name in PAGES:
        click(window, name)
        places.append(corner())
    publish(bridge, qtbot, stopped())
    qtbot.wait(20)
    places.append(corner())
    assert len(set(places)) == 1
    assert window.width() - places[0].x() <= 20


# --- emergency stop ---------------------------------------------------------------------------------------------------
def test_one_click_stops_without_a_question_and_shows_only_what_is_confirmed(
    window: MainWindow, bridge: EngineBridge, engine: EngineFake, qtbot: QtBot
) -> None:
    click(window, "emergency_stop")
    assert engine.stops == [("window button", "emergency stop pressed")]
    assert engine.commands == []
    assert window.findChildren(QDialog) == []
    assert text(window, "stop_title") == "Stop sent"
    publish(bridge, qtbot, stopped())
    assert text(window, "stop_title").startswith("STOPPED since")
    assert find(window, "stop_panel").isVisible()


@pytest.mark.parametrize("name", PAGES)
def test_the_shortcut_stops_on_every_page(window: MainWindow, engine: EngineFake, name: str) -> None:
    click(window, name)
    QTest.keyClick(window, Qt.Key.Key_S, STOP_KEYS)
    assert engine.stops == [("window shortcut", "emergency stop pressed")]


def test_the_shortcut_stops_while_an_amount_is_typed(window: MainWindow, engine: EngineFake, qtbot: QtBot) -> None:
    click(window, f"adjust_{AUTO}")
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_S, STOP_KEYS)
    assert len(engine.stops) == 1


def test_a_stop_that_fails_on_the_way_is_not_shown_as_done(
    window: MainWindow, engine: EngineFake, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(source: str, why: str) -> None:
        raise OSError("no space left on the device")

    monkeypatch.setattr(engine, "stop", fail)
    window._bridge._stop = fail
    with qtbot.captureExceptions() as raised:
        click(window, "emergency_stop")
    assert [kind for kind, _error, _trace in raised] == [OSError]
    assert text(window, "stop_title") == "Stop sent"


def test_rearming_needs_a_typed_reason_and_is_one_command(
    window: MainWindow, bridge: EngineBridge, engine: EngineFake, qtbot: QtBot
) -> None:
    publish(bridge, qtbot, stopped())
    click(window, "rearm_open")
    field = find(window, "rearm_reason")
    qtbot.waitUntil(field.hasFocus)
    QTest.keyClicks(field, "feed checked")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert engine.commands == [RearmMindfolio("user", "feed checked")]
    deny(bridge, qtbot, engine.commands[0], Denial(DenialCode.NOT_STOPPED))
    assert find(window, "rearm_send").isEnabled()
    publish(bridge, qtbot, aggressive_growth())
    assert find(window, "stop_panel").isHidden()


def test_a_refused_ticket_of_ones_own_is_told_beside_it_and_kept_among_the_messages(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    ticket = EnterTrade(AUTO, condor("SPY", (560, 575, 640, 655)), 1, -1, -1, "user", "x")
    deny(bridge, qtbot, ticket, Denial(DenialCode.MARKET_CLOSED))
    assert toasts(window) == []
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(ticket))
    assert "Done: Enter a trade" in text(window, "last_event")


# --- pages ------------------------------------------------------------------------------------------------------------
def test_pages_by_click_by_key_and_from_the_cards(window: MainWindow, qtbot: QtBot) -> None:
    assert page(window) == "Dashboard"
    click(window, f"details_{AUTO}")
    assert page(window) == "ModuleDetail"
    click(window, "detail_back")
    assert page(window) == "Dashboard"
    click(window, f"approvals_{MANUAL}")
    assert page(window) == "ApprovalsView"
    QTest.keyClick(window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page(window) == "MessageLog")
    click(window, f"go_module_{MANUAL}")
    assert page(window) == "ModuleDetail"
    marked = [button.objectName() for button in window.findChildren(NavigationButton) if button.isChecked()]
    assert marked == [f"go_module_{MANUAL}"]


def test_the_market_is_a_key_away(window: MainWindow, engine: EngineFake, qtbot: QtBot) -> None:
    QTest.keyClick(window, Qt.Key.Key_7, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page(window) == "MarketPage")
    assert engine.questions[-1] == ChainOf("QQQ", None)


def test_a_page_out_of_sight_catches_up_when_it_is_turned_to(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    click(window, "go_messages")
    publish(bridge, qtbot, with_module(aggressive_growth(), AUTO, pnl=dollars(7)))
    click(window, "go_dashboard")
    assert text(window, f"pnl_{AUTO}") == "▲ +$7"


def test_the_speed_is_a_command(window: MainWindow, engine: EngineFake) -> None:
    click(window, "speed_300")
    click(window, "speed_0")
    assert engine.commands == [SetSpeed(300.0), SetSpeed(0.0)]


def test_the_other_scheme_at_a_click(window: MainWindow, qapp: QApplication) -> None:
    try:
        click(window, "toggle_theme")
        assert theme.scheme() is theme.Scheme.LIGHT
        assert window.palette().color(QPalette.ColorRole.Window).name() == theme.LIGHT.ground
        click(window, "toggle_theme")
        assert theme.scheme() is theme.Scheme.DARK
    finally:
        theme.apply(qapp)


# --- what the engine says ---------------------------------------------------------------------------------------------
def test_a_refusal_is_a_note_in_clear_words_and_a_line_of_the_list(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    denial = Denial(DenialCode.BUDGET, dollars(43_000), dollars(8_000), "usd")
    deny(bridge, qtbot, ResumeModule(AUTO, "user", ""), denial)
    reason = "Budget: needs $43,000.00, available $8,000.00, short by $35,000.00"
    assert toasts(window) == [("Not done: Resume IV Service", reason)]
    assert text(window, "last_event") == f"16 Mar 15:55:00  Not done: Resume IV Service. {reason}"
    assert window._messages.lines == (("16 Mar 15:55:00", "", f"Not done: Resume IV Service. {reason}"),)


def test_a_refused_reallocation_is_told_by_the_bar_and_kept_in_the_list(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    command = ReallocateBudget(BudgetPlan({}, 0), 5, "user", "")
    deny(bridge, qtbot, command, Denial(DenialCode.STOPPED))
    assert toasts(window) == []
    assert len(window._messages.lines) == 1


def test_a_refused_note_is_told_beside_its_text_and_kept_in_the_list(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    deny(bridge, qtbot, WriteNote("x", "user"), Denial(DenialCode.NOTE, "it is empty"))
    assert toasts(window) == []
    assert window._messages.lines[0][2] == "Not done: Write a note. Note: it is empty"


def test_alerts_are_shown_counted_and_kept(window: MainWindow, bridge: EngineBridge, qtbot: QtBot) -> None:
    for number in range(5):
        with qtbot.waitSignal(bridge.alert):
            bridge.notify(Alert(NOW, AUTO, f"opened {number}"))
    with qtbot.waitSignal(bridge.alert):
        bridge.notify(Alert(NOW, "", "Trading halted", is_urgent=True))
    assert toasts(window) == [("Mindfolio", "Trading halted")], "what is not urgent lies over nothing"
    messages = find(window, "go_messages")
    assert isinstance(messages, NavigationButton)
    assert messages.note == "6"
    assert [line[2] for line in window._messages.lines] == ["Trading halted", *(f"opened {n}" for n in (4, 3, 2, 1, 0))]
    click(window, "go_messages")
    assert messages.note == ""


def test_what_is_not_urgent_is_said_at_the_foot_and_lies_over_nothing(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(bridge.alert):
        bridge.notify(Alert(NOW, AUTO, "1 x TSLA iron condor waits for your decision"))
    assert toasts(window) == []
    assert text(window, "last_event").endswith("IV Service  1 x TSLA iron condor waits for your decision")


def test_a_stop_has_its_panel_and_no_note_that_would_outlive_it(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(bridge.alert):
        bridge.notify(Alert(NOW, "", "Emergency stop: pressed", is_urgent=True, is_standing=True))
    assert toasts(window) == []
    assert window._messages.lines[0][2] == "Emergency stop: pressed"


def test_notes_stay_on_top_when_the_page_is_turned(window: MainWindow, bridge: EngineBridge, qtbot: QtBot) -> None:
    with qtbot.waitSignal(bridge.alert):
        bridge.notify(Alert(NOW, "", "Trading halted", is_urgent=True))
    toast = find(window, "toast")
    for name in PAGES:
        click(window, name)
        middle = toast.mapTo(window, toast.rect().center())
        assert toast.isAncestorOf(window.childAt(middle) or window), name


def test_an_alert_before_the_first_snapshot_is_shown(qtbot: QtBot, bridge: EngineBridge) -> None:
    window = MainWindow(bridge)
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitSignal(bridge.alert):
        bridge.notify(Alert(NOW, "", "The engine could not start: ledger in use", is_urgent=True))
    assert toasts(window) == [("Mindfolio", "The engine could not start: ledger in use")]


def test_what_was_done_is_said_in_the_status_line(window: MainWindow, bridge: EngineBridge, qtbot: QtBot) -> None:
    for command, words in (
        (PauseModule(AUTO, "user", ""), "Pause IV Service"),
        (ResumeModule("gone", "user", ""), "Resume gone"),
        (ScanNow(AUTO, "user"), "Scan with IV Service"),
        (ApproveTrade("a-1", "user"), "Approve trade"),
        (RefuseTrade("a-1", "user", ""), "Refuse trade"),
        (EmergencyStop("window", ""), "Emergency stop"),
        (RearmMindfolio("user", ""), "Re-arm"),
        (ReallocateBudget(BudgetPlan({}, 0), 1, "user", ""), "Reallocate budgets"),
        # A change of speed shows on its button, so the line keeps what was done before.
        (SetSpeed(60.0), "Reallocate budgets"),
    ):
        with qtbot.waitSignal(bridge.command_accepted):
            bridge.notify(CommandAccepted(command))
        assert text(window, "last_event") == f"Done: {words}"


def test_a_refused_speed_is_told_in_words(window: MainWindow, bridge: EngineBridge, qtbot: QtBot) -> None:
    deny(bridge, qtbot, SetSpeed(0.0), Denial(DenialCode.STORAGE, facts={"why": "disk full"}))
    deny(bridge, qtbot, SetSpeed(60.0), Denial(DenialCode.STORAGE))
    reason = "Ledger: it could not be recorded, so nothing was done"
    assert toasts(window) == [
        ("Not done: Hold the market", f"{reason}: disk full"),
        ("Not done: Market speed 60x", reason),
    ]


# --- closing ----------------------------------------------------------------------------------------------------------
def test_without_positions_the_window_just_closes(window: MainWindow, bridge: EngineBridge, qtbot: QtBot) -> None:
    publish(bridge, qtbot, fresh())
    with qtbot.waitSignal(window.closing):
        window.close()
    assert not window.isVisible()


def test_open_positions_are_listed_first_and_stay_keeps_the_window(window: MainWindow, qtbot: QtBot) -> None:
    closed: list[bool] = []
    window.closing.connect(lambda: closed.append(True))
    assert not window.close()
    assert not window.close()
    assert len([one for one in window.findChildren(QDialog) if one.isVisible()]) == 1
    click(window, "close_stay")
    assert window.isVisible()
    assert closed == []
    assert not window.close()
    click(window, "close_anyway")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert closed == [True]


def test_the_emergency_stop_works_while_the_question_is_open(window: MainWindow, engine: EngineFake) -> None:
    window.close()
    click(window, "emergency_stop")
    QTest.keyClick(find(window, "close_question"), Qt.Key.Key_S, STOP_KEYS)
    assert [source for source, _why in engine.stops] == ["window button", "window shortcut"]


# --- without a mouse, or without eyes --------------------------------------------------------------------------------
def test_everything_that_can_be_driven_has_a_name(window: MainWindow) -> None:
    for name in PAGES:
        click(window, name)
        for button in window.findChildren(QPushButton):
            if button.isVisible():
                assert button.objectName()
                assert button.accessibleName() or button.text(), button.objectName()


def test_tab_reaches_the_emergency_stop_and_every_page(window: MainWindow) -> None:
    reached = set()
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused is not None:
            reached.add(focused.objectName())
    assert {"emergency_stop", "speed_60", "go_dashboard", "go_approvals", "go_messages"} <= reached
    assert {f"details_{AUTO}", f"pause_{AUTO}", f"divider_{AUTO}"} <= reached


def _is_on(pages: QStackedWidget, name: str) -> bool:
    return pages.currentWidget().objectName() == name


def test_the_way_from_a_module_to_its_position_and_on_to_orders_and_back_by_keys(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.open_module(AUTO)
    view = window.findChild(QTableView, "positions_table")
    button = window.findChild(QPushButton, "detail_open_position")
    assert view is not None
    assert button is not None
    view.setCurrentIndex(view.model().index(1, 0))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    pages = window.findChild(QStackedWidget)
    assert pages is not None
    assert pages.currentWidget().objectName() == "positions"
    name = window.findChild(QLabel, "position_name")
    assert name is not None
    assert "SPY" in name.text()
    control = Qt.KeyboardModifier.ControlModifier
    for key, other in ((Qt.Key.Key_4, "orders"), (Qt.Key.Key_3, "positions")):
        QTest.keyClick(window, key, control)
        qtbot.waitUntil(partial(_is_on, pages, other))


@pytest.mark.parametrize(
    "command",
    [
        ClosePosition("p-1", None, None, "user", ""),
        RollPosition("p-1", (), (), None, "user", ""),
        SetTarget("p-1", 50, None, "user", ""),
        CancelOrder("O1", "user", ""),
        ReplaceOrder("O1", 1, "user"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_is_refused_beside_its_control_is_recorded_and_makes_no_toast(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot, command: Command
) -> None:
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(command))
    with qtbot.waitSignal(bridge.command_denied):
        bridge.notify(CommandDenied(command, (Denial(DenialCode.MARKET_CLOSED),)))
    assert not [toast for toast in window.findChildren(Toast) if toast.isVisible()]


# --- the size of text -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("percent", theme.TEXT_SIZES)
def test_the_stop_keeps_its_corner_and_the_window_its_size_at_every_size_of_text(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot, percent: int
) -> None:
    window._look.choose_text_size(percent)
    button = find(window, "emergency_stop")
    corners = set()
    for name in (*PAGES, "go_settings"):
        click(window, name)
        qtbot.wait(1)
        corners.add((button.mapTo(window, button.rect().topRight()).toTuple(), button.size().toTuple()))
    publish(bridge, qtbot, stopped())
    qtbot.wait(1)
    corners.add((button.mapTo(window, button.rect().topRight()).toTuple(), button.size().toTuple()))
    assert len(corners) == 1
    assert window.width() - button.mapTo(window, button.rect().topRight()).x() <= 20
    assert button.height() >= theme.px(theme.STOP_HEIGHT)
    assert window.size().toTuple() == (1280, 800)


def test_another_size_keeps_the_page_the_messages_and_the_focus(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(bridge.alert):
        bridge.notify(Alert(NOW, AUTO, "opened"))
    click(window, f"go_module_{AUTO}")
    find(window, "detail_scan").setFocus()
    window._look.choose_text_size(150)
    assert page(window) == "ModuleDetail"
    assert text(window, "detail_name") == "IV Service"
    assert QApplication.focusWidget() is find(window, "detail_scan")
    assert window._messages.lines == (("16 Mar 15:55:00", "IV Service", "opened"),)
    messages = find(window, "go_messages")
    assert isinstance(messages, NavigationButton)
    assert messages.note == "1"


def test_another_size_keeps_messages_that_are_filtered_away_and_their_urgency(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot
) -> None:
    for words, is_urgent in (("opened", False), ("Trading halted", True)):
        with qtbot.waitSignal(bridge.alert):
            bridge.notify(Alert(NOW, AUTO, words, is_urgent=is_urgent))
    urgency = window.findChild(QComboBox, "messages_urgency")
    assert urgency is not None
    urgency.setCurrentIndex(1)
    window._look.choose_text_size(125)
    assert [line[2:] for line in window._messages.kept] == [("Trading halted", True), ("opened", False)]


def test_a_stop_that_waits_for_its_answer_still_waits_at_another_size(window: MainWindow, engine: EngineFake) -> None:
    click(window, "emergency_stop")
    window._look.choose_text_size(125)
    assert text(window, "stop_title") == "Stop sent"
    assert find(window, "stop_panel").isVisible()
    click(window, "emergency_stop")
    QTest.keyClick(window, Qt.Key.Key_S, STOP_KEYS)
    assert [source for source, _why in engine.stops] == ["window button", "window button", "window shortcut"]


def test_a_size_chosen_on_the_settings_is_marked_there_again(window: MainWindow, qtbot: QtBot) -> None:
    click(window, "go_settings")
    click(window, "text_size_150")
    assert page(window) == "SettingsPage"
    chosen = find(window, "text_size_150")
    assert isinstance(chosen, QPushButton)
    assert chosen.isChecked()
    qtbot.waitUntil(chosen.hasFocus)


def settled(window: MainWindow, qtbot: QtBot) -> QImage:
    """The window above the line at its foot, which counts seconds, once it stands still."""
    above = QRect(0, 0, window.width(), window.height() - 40)
    before, now = QImage(), window.grab().toImage().copy(above)
    while now != before:
        qtbot.wait(450)  # longer than any of the window's own delays of its layout
        before, now = now, window.grab().toImage().copy(above)
    return now


@pytest.mark.parametrize("key", ["dashboard", "approvals", "messages", AUTO])
def test_another_scheme_repaints_everything_in_sight(window: MainWindow, qtbot: QtBot, key: str) -> None:
    (window.open_module if key == AUTO else window.go)(key)
    if key == "approvals":
        qtbot.waitUntil(find(window, "ticket_approve").isEnabled)  # it does not take a click at once
    seen = [settled(window, qtbot)]
    for _ in range(2):
        window._look.toggle()
        qtbot.wait(50)
        seen.append(window.grab().toImage().copy(seen[0].rect()))
    grounds = {image.pixelColor(200, 110).name() for image in (seen[0], seen[1])}
    assert grounds == {theme.DARK.ground, theme.LIGHT.ground}
    assert seen[2] == seen[0]


# --- what is remembered -----------------------------------------------------------------------------------------------
def opened(qtbot: QtBot, bridge: EngineBridge) -> MainWindow:
    made = MainWindow(bridge)
    qtbot.addWidget(made, before_close_func=lambda _window: publish(bridge, qtbot, fresh()))
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.mark.usefixtures("memory")
def test_size_place_and_page_are_as_they_were_left(qtbot: QtBot, bridge: EngineBridge) -> None:
    first = opened(qtbot, bridge)
    first.resize(1040, 700)
    click(first, "go_messages")
    first.close()
    second = opened(qtbot, bridge)
    assert second.size().toTuple() == (1040, 700)
    assert page(second) == "MessageLog"


@pytest.mark.usefixtures("memory")
def test_a_module_that_was_open_is_open_again_once_it_is_known(qtbot: QtBot, bridge: EngineBridge) -> None:
    remember("window/page", MANUAL)
    window = opened(qtbot, bridge)
    assert page(window) == "Dashboard"
    publish(bridge, qtbot, aggressive_growth())
    assert page(window) == "ModuleDetail"
    assert text(window, "detail_name") == "IV Service, ask first"


@pytest.mark.usefixtures("memory")
@pytest.mark.parametrize("key", ["gone", ""])
def test_a_page_that_is_no_more_is_the_dashboard(qtbot: QtBot, bridge: EngineBridge, key: str) -> None:
    remember("window/page", key)
    remember("window/geometry", b"rubbish")
    window = opened(qtbot, bridge)
    publish(bridge, qtbot, aggressive_growth())
    assert page(window) == "Dashboard"
    assert window.size().toTuple() == (1280, 800)


def test_what_is_refused_beside_the_ticket_is_told_to_screen_readers(
    window: MainWindow, bridge: EngineBridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(main_window, "announce", lambda _window, words: said.append(words))
    deny(bridge, qtbot, ReallocateBudget(BudgetPlan({}, 0), 5, "user", ""), Denial(DenialCode.STOPPED))
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(ReallocateBudget(BudgetPlan({}, 0), 5, "user", "")))
    assert said[0].startswith("Not done: Reallocate budgets")
    assert said[1] == "The split of budgets is applied."
