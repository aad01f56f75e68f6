"""A module's page: what it shows, what it asks for and how often, and what its buttons send."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.aftermath import SkippedTrade
from engine.domain.budget import BudgetPlan
from engine.domain.candidate import ScanAction, ScanRow
from engine.domain.commands import PauseModule, ReallocateBudget, ResumeModule, ScanNow
from engine.domain.denial import Denial
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.position import PositionStatus
from engine.domain.questions import NavSamples, ScansOf, SkipsOf, TradesOf
from engine.domain.records import TradeRow
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.module_detail import ModuleDetail
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD
from mindfolio_desktop.ui.widgets.outcome_plot import OutcomePlot
from mindfolio_desktop.ui.widgets.scan_detail import ScanDetail
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.snapshots import (
    AUTO,
    MANUAL,
    NOW,
    PAUSED,
    aggressive_growth,
    market,
    position_view,
    stopped,
    with_module,
)

SCAN = ScanRow(NOW, AUTO, "SPY", "", ScanAction.SKIPPED, "IV rank 12 below 50", waived=("evidence",))


@pytest.fixture
def engine() -> EngineFake:
    engine = EngineFake()
    engine.answers[ScansOf] = (SCAN,)
    closed = replace(
        position_view("p-9").position, quantity=0, closed_at=NOW, closed_why="stop", status=PositionStatus.CLOSED
    )
    engine.answers[TradesOf] = (TradeRow(closed, dollars(-120)),)
    engine.answers[SkipsOf] = (
        SkippedTrade(AUTO, "SPY", "Iron Condor", "BUDGET", NOW.date(), dollars(-310), NOW.date(), "stop"),
    )
    engine.answers[NavSamples] = ((NOW - dt.timedelta(minutes=1), dollars(50_000)), (NOW, dollars(50_010)))
    return engine


@pytest.fixture
def bridge(qapp: QApplication, engine: EngineFake) -> Iterator[EngineBridge]:
    bridge = EngineBridge(engine.send, engine.stop, engine.read)
    yield bridge
    bridge.close()


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge) -> ModuleDetail:
    """The page of the first module, with a snapshot and without a display: the plot is not loaded."""
    widget = ModuleDetail(bridge)
    qtbot.addWidget(widget)
    widget.show_module(AUTO)
    widget.set_snapshot(aggressive_growth())
    return widget


def rows(page: ModuleDetail, name: str) -> list[list[str]]:
    view = page.findChild(QTableView, name)
    assert view is not None
    model = view.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def text(page: ModuleDetail, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text()


def button(page: ModuleDetail, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def click(page: ModuleDetail, name: str) -> None:
    QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)


# --- showing ------------------------------------------------------------------------------------------------------
def test_the_page_shows_the_modules_own_figures(page: ModuleDetail) -> None:
    assert text(page, "detail_name") == "IV Service"
    assert text(page, "detail_budget_value") == "$15,000"
    assert text(page, "settings_max_risk") == "$500"
    assert text(page, "performance_win_rate") == "68% (17 wins / 25 trades)"
    assert [row[0] for row in rows(page, "positions_table")] == ["TSLA", "SPY", "NVDA"]


def test_what_became_of_skips_is_told_by_reason(page: ModuleDetail, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: rows(page, "skips_table") != [])
    lost = "▼ \N{MINUS SIGN}$310.00"
    assert rows(page, "skips_table") == [["Mar 2026", "Budget", "1 ended", lost, lost]]


def test_scans_and_trades_come_from_the_ledger(page: ModuleDetail, qtbot: QtBot, engine: EngineFake) -> None:
    qtbot.waitUntil(lambda: rows(page, "scans_table") != [] and rows(page, "trades_table") != [])
    assert rows(page, "scans_table") == [
        ["16 Mar 15:55", "SPY", "\N{EN DASH}", "SKIPPED", "IV rank 12 below 50 · evidence waived"]
    ]
    assert rows(page, "trades_table")[0][3:] == ["▼ \N{MINUS SIGN}$120.00", "stop"]
    outcomes = page.findChild(OutcomePlot, "outcome_plot")
    assert outcomes is not None
    assert (outcomes.isHidden(), outcomes._results) == (False, (dollars(-120),))
    assert set(engine.asked) == {(NavSamples, ""), (ScansOf, AUTO), (SkipsOf, AUTO), (TradesOf, AUTO)}
    assert len(engine.asked) == 4


def test_newer_figures_change_what_is_shown(page: ModuleDetail) -> None:
    kept = aggressive_growth().modules[0].open_positions[:1]
    page.set_snapshot(with_module(aggressive_growth(), AUTO, pnl=dollars(-50), open_positions=kept))
    assert text(page, "detail_pnl_value") == "▼ \N{MINUS SIGN}$50"
    assert [row[0] for row in rows(page, "positions_table")] == ["TSLA"]


def test_turning_to_another_module_leaves_nothing_of_the_first(
    page: ModuleDetail, qtbot: QtBot, engine: EngineFake
) -> None:
    qtbot.waitUntil(lambda: rows(page, "scans_table") != [])
    engine.answers.clear()
    page.show_module(PAUSED)
    assert rows(page, "scans_table") == rows(page, "positions_table") == []
    page.set_snapshot(aggressive_growth())
    qtbot.waitUntil(lambda: (TradesOf, PAUSED) in engine.asked)
    assert text(page, "detail_name") == "IV Service, paused"
    assert "paused: it opens nothing until it is resumed" in text(page, "positions_table_empty")
    qtbot.waitUntil(lambda: "No trade of this module" in text(page, "trades_table_empty"))
    qtbot.waitUntil(lambda: "No scan in the last 24 hours" in text(page, "scans_table_empty"))


def test_an_answer_about_another_module_is_not_shown(page: ModuleDetail, bridge: EngineBridge) -> None:
    page.show_module(MANUAL)
    bridge.answered.emit(ScansOf(AUTO, NOW), (SCAN,))
    bridge.answered.emit(TradesOf(AUTO), ())
    assert rows(page, "scans_table") == []
    assert "Reading" in text(page, "trades_table_empty")


def test_a_module_that_is_gone_is_said_to_be_gone(page: ModuleDetail) -> None:
    page.set_snapshot(replace(aggressive_growth(), modules=()))
    assert "no such module" in text(page, "detail_why")
    assert not button(page, "detail_pause").isEnabled()
    assert rows(page, "positions_table") == []


def test_a_stopped_mindfolio_is_told_on_the_page(page: ModuleDetail) -> None:
    page.set_snapshot(stopped())
    assert (text(page, "detail_status"), text(page, "detail_why")) == ("Paused", "Emergency stop"), (
        "as a sentence begins"
    )


def test_another_scheme_colours_the_tables_anew(page: ModuleDetail) -> None:
    before = theme._current[0]
    view = page.findChild(QTableView, "positions_table")
    assert view is not None

    def tint() -> str:
        return str(view.model().index(0, 4).data(Qt.ItemDataRole.ForegroundRole).color().name())

    assert tint() == theme.tokens().gain
    try:
        theme._current[0] = theme.Scheme.LIGHT
        QApplication.sendEvent(page, QEvent(QEvent.Type.PaletteChange))
        assert tint() == theme.LIGHT.gain
    finally:
        theme._current[0] = before


# --- asking -------------------------------------------------------------------------------------------------------
def minutes_later(minutes: int, **changes: object) -> MindfolioSnapshot:
    later = aggressive_growth(market=market(now=NOW + dt.timedelta(minutes=minutes)))
    return with_module(later, AUTO, **changes)


def test_unchanged_counters_ask_for_nothing_again(page: ModuleDetail, qtbot: QtBot, engine: EngineFake) -> None:
    qtbot.waitUntil(lambda: len(engine.questions) == 4)
    page._ask_later.stop()
    page.set_snapshot(with_module(aggressive_growth(), AUTO, pnl=dollars(7)))
    assert not page._ask_later.isActive()
    assert len(engine.questions) == 4


def test_growing_lists_are_read_again_at_most_once_a_second(
    page: ModuleDetail, qtbot: QtBot, engine: EngineFake
) -> None:
    qtbot.waitUntil(lambda: len(engine.questions) == 4)
    for more in range(1, 30):
        page.set_snapshot(minutes_later(0, scans_today=26 + more, closed_trades=25 + more))
    qtbot.wait(20)
    assert len(engine.questions) == 4, "the second is not over"
    qtbot.waitUntil(lambda: len(engine.questions) >= 6, timeout=3_000)
    assert set(engine.asked[4:]) == {(ScansOf, AUTO), (TradesOf, AUTO)}


def test_nav_is_read_again_when_a_market_minute_has_passed(
    page: ModuleDetail, qtbot: QtBot, engine: EngineFake
) -> None:
    qtbot.waitUntil(lambda: len(engine.questions) == 4)
    page._ask_later.setInterval(5)
    page.set_snapshot(minutes_later(1))
    qtbot.waitUntil(lambda: engine.asked[4:] == [(NavSamples, "")], timeout=3_000)


def test_what_grows_while_an_answer_is_due_is_asked_for_afterwards(
    page: ModuleDetail, qtbot: QtBot, engine: EngineFake
) -> None:
    qtbot.waitUntil(lambda: not page._due)
    page._ask_later.setInterval(5)
    engine.may_answer.clear()
    page.set_snapshot(minutes_later(0, scans_today=27))
    qtbot.waitUntil(lambda: engine.asked[4:] == [(ScansOf, AUTO)], timeout=3_000)
    page.set_snapshot(minutes_later(0, scans_today=28))
    engine.may_answer.set()
    qtbot.waitUntil(lambda: engine.asked[4:] == [(ScansOf, AUTO)] * 2, timeout=3_000)


def test_a_ledger_that_cannot_be_read_is_asked_again_when_there_is_news(
    page: ModuleDetail, qtbot: QtBot, engine: EngineFake, bridge: EngineBridge
) -> None:
    qtbot.waitUntil(lambda: not page._due)
    page._ask_later.setInterval(5)
    engine.fault = OSError("disk gone")
    with qtbot.waitSignal(bridge.alert, timeout=3_000):
        page.set_snapshot(minutes_later(0, scans_today=27))
    engine.fault = None
    page.set_snapshot(minutes_later(0, scans_today=28))
    qtbot.waitUntil(lambda: engine.asked[4:] == [(ScansOf, AUTO)] * 2, timeout=3_000)


# --- acting -------------------------------------------------------------------------------------------------------
def test_buttons_send_their_command_once_and_wait_for_the_answer(
    page: ModuleDetail, qtbot: QtBot, engine: EngineFake, bridge: EngineBridge
) -> None:
    click(page, "detail_scan")
    click(page, "detail_scan")
    assert engine.commands == [ScanNow(AUTO, "user")]
    assert not button(page, "detail_scan").isEnabled()
    bridge.notify(CommandAccepted(ScanNow(AUTO, "user")))
    qtbot.waitUntil(button(page, "detail_scan").isEnabled)


def test_a_refused_command_frees_its_button_too(
    page: ModuleDetail, qtbot: QtBot, engine: EngineFake, bridge: EngineBridge
) -> None:
    click(page, "detail_pause")
    (command,) = engine.commands
    assert isinstance(command, PauseModule)
    bridge.notify(CommandDenied(command, (Denial(DenialCode.STORAGE),)))
    qtbot.waitUntil(button(page, "detail_pause").isEnabled)


def test_answers_to_others_commands_leave_the_buttons_alone(
    page: ModuleDetail, qtbot: QtBot, bridge: EngineBridge
) -> None:
    click(page, "detail_pause")
    with qtbot.waitSignal(bridge.command_accepted):
        bridge.notify(CommandAccepted(ReallocateBudget(BudgetPlan({AUTO: 1}, 0), 1, "user", "")))
    assert not button(page, "detail_pause").isEnabled()


def test_a_paused_module_is_resumed_by_the_same_button(page: ModuleDetail, engine: EngineFake) -> None:
    page.show_module(PAUSED)
    page.set_snapshot(aggressive_growth())
    assert button(page, "detail_pause").text() == "Resume"
    click(page, "detail_pause")
    (command,) = engine.commands
    assert isinstance(command, ResumeModule)
    assert (command.module_id, command.who) == (PAUSED, "user")


def test_back_asks_to_go_back(page: ModuleDetail, qtbot: QtBot) -> None:
    with qtbot.waitSignal(page.page_requested) as left:
        click(page, "detail_back")
    assert left.args == [DASHBOARD]


def test_a_click_on_a_scan_shows_it_in_full_below_the_table(page: ModuleDetail) -> None:
    page._on_scans((SCAN, replace(SCAN, symbol="QQQ", reason="no expiry in 30-45 days")))
    detail = page.findChild(ScanDetail)
    assert detail is not None
    assert detail.isHidden()
    page._tables["scans"].select_source_row(1)
    title = detail.findChild(QLabel, "scan_detail_title")
    assert title is not None
    assert (detail.isHidden(), title.text()) == (False, "QQQ")


def test_a_position_is_looked_at_and_acted_on_on_its_own_page(page: ModuleDetail, qtbot: QtBot) -> None:
    page.show()
    button = page.findChild(QPushButton, "detail_open_position")
    view = page.findChild(QTableView, "positions_table")
    assert button is not None
    assert view is not None
    assert not button.isVisible()
    page.ensureWidgetVisible(view)
    at = view.visualRect(view.model().index(1, 0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert button.isVisible()
    with qtbot.waitSignal(page.page_requested) as wanted:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert wanted.args == ["positions/p-2"]
    with qtbot.waitSignal(page.page_requested) as wanted:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert wanted.args == ["positions/p-2"]


def test_the_page_of_a_module_that_a_person_removed_is_left_for_the_dashboard(
    page: ModuleDetail, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    wanted: list[str] = []
    page.page_requested.connect(wanted.append)
    click(page, "detail_remove")
    reason = page.findChild(QLineEdit, "remove_why")
    assert reason is not None
    QTest.keyClicks(reason, "enough")
    click(page, "confirm_remove")
    (command,) = engine.commands
    bridge.notify(CommandAccepted(command))
    qtbot.waitUntil(lambda: wanted == [DASHBOARD])
