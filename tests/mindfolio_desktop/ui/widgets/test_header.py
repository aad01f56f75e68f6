"""Which mindfolio, where it trades, the market's time; and the speed, which the engine decides."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.mindfolio import MindfolioStatus
from mindfolio_desktop.ui.widgets.emergency_button import EmergencyButton
from mindfolio_desktop.ui.widgets.header import SPEEDS, Header
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth, fresh, market, module_view, stopped


@pytest.fixture
def header(qtbot: QtBot) -> Header:
    host = QWidget()
    qtbot.addWidget(host)
    made = Header(EmergencyButton(host))
    qtbot.addWidget(made)
    made.set_snapshot(aggressive_growth())
    made.resize(1280, 72)
    made.show()
    return made


def text(widget: QWidget, name: str) -> str:
    label = widget.findChild(QLabel, name)
    assert isinstance(label, QLabel)
    return label.text()


def speeds(header: Header) -> list[QPushButton]:
    found = [header.findChild(QPushButton, f"speed_{speed:g}") for speed in SPEEDS]
    return [button for button in found if isinstance(button, QPushButton)]


def test_name_worth_and_time_are_shown_to_the_cent_and_second(header: Header) -> None:
    assert text(header, "mindfolio_name") == "Aggressive Growth"
    assert text(header, "header_nav_value") == "$50,950.25"
    assert text(header, "header_day_pnl_value") == "▲ +$60.00"
    assert text(header, "market_clock") == "Mon 16 Mar 2026 15:55:00 ET"
    assert text(header, "market_session") == "Market open"


def test_a_loss_of_the_day(header: Header) -> None:
    header.set_snapshot(aggressive_growth(day_pnl=dollars("-12.34")))
    assert text(header, "header_day_pnl_value") == "▼ \N{MINUS SIGN}$12.34"


def test_a_closed_market_says_when_it_opens_and_a_finished_one_that_it_ended(header: Header) -> None:
    header.set_snapshot(fresh())
    assert text(header, "market_session") == "Market closed, opens 16 Mar 09:30 ET"
    header.set_snapshot(aggressive_growth(market=market(is_finished=True, is_open=False)))
    assert text(header, "market_session") == "Recording ended"
    assert not header.speed.isEnabled()


@pytest.mark.parametrize("status", [one for one in MindfolioStatus if one is not MindfolioStatus.ACTIVE])
def test_the_status_is_shown(header: Header, status: MindfolioStatus) -> None:
    header.set_snapshot(stopped(status=status))
    assert text(header, "mindfolio_status") == status.value.capitalize()


def test_active_says_how_many_modules_are_paused_all_the_same(header: Header) -> None:
    assert text(header, "mindfolio_status") == "2 of 3 active"
    header.set_snapshot(stopped(status=MindfolioStatus.ACTIVE))
    assert text(header, "mindfolio_status") == "All paused"
    header.set_snapshot(aggressive_growth(modules=(module_view(),)))
    assert text(header, "mindfolio_status") == "Active"


def test_nothing_moves_down_when_the_first_figures_come(qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    empty = Header(EmergencyButton(host))
    qtbot.addWidget(empty)
    empty.resize(1280, 72)
    empty.show()
    assert text(empty, "mindfolio_name") == "Opening\N{HORIZONTAL ELLIPSIS}"
    assert text(empty, "header_nav_value") == "\N{EN DASH}"
    before = {name: y_of(empty, name) for name in ("mindfolio_name", "market_clock", "header_nav_value", "speed_1")}
    high = empty.sizeHint().height()
    empty.set_snapshot(aggressive_growth())
    assert empty.sizeHint().height() == high
    assert {name: y_of(empty, name) for name in before} == before


def y_of(header: Header, name: str) -> int:
    found = header.findChild(QWidget, name)
    assert isinstance(found, QWidget)
    return found.mapTo(header, found.rect().topLeft()).y()


def test_a_speed_is_asked_for_and_marked_only_once_the_engine_runs_at_it(header: Header, qtbot: QtBot) -> None:
    asked: list[float] = []
    header.speed.speed_requested.connect(asked.append)
    hold, _, ten, sixty, _ = speeds(header)
    QTest.mouseClick(sixty, Qt.MouseButton.LeftButton)
    QTest.mouseClick(hold, Qt.MouseButton.LeftButton)
    assert asked == [60.0, 0.0]
    assert [button.isChecked() for button in speeds(header)] == [button is ten for button in speeds(header)]
    header.set_snapshot(aggressive_growth(market=market(speed=0.0)))
    assert [button.isChecked() for button in speeds(header)] == [button is hold for button in speeds(header)]


def test_a_speed_that_is_not_offered_marks_none(header: Header) -> None:
    header.set_snapshot(aggressive_growth(market=market(speed=float("inf"))))
    assert not any(button.isChecked() for button in speeds(header))
