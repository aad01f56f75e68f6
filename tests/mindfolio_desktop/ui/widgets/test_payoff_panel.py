"""The payoff's figures and sliders: what is shown, what is asked for, and when."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QSlider
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.widgets.payoff_chart import PayoffChart
from mindfolio_desktop.ui.widgets.payoff_panel import PayoffPanel
from tests.mindfolio_desktop.ui.sheets import payoff
from tests.mindfolio_desktop.ui.snapshots import APRIL


@pytest.fixture
def panel(qtbot: QtBot) -> PayoffPanel:
    made = PayoffPanel()
    qtbot.addWidget(made)
    made.begin()
    return made


def words(panel: PayoffPanel, name: str) -> str:
    label = panel.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisibleTo(panel) else ""


def slider(panel: PayoffPanel, name: str) -> QSlider:
    found = panel.findChild(QSlider, name)
    assert found is not None
    return found


def test_figures_are_formatted_and_what_is_not_known_is_a_dash(panel: PayoffPanel) -> None:
    keys = ("chance", "breakevens", "best", "worst", "today", "chosen")
    assert {words(panel, f"payoff_{key}") for key in keys} == {fmt.UNKNOWN}
    panel.show_curves(payoff())
    assert [words(panel, f"payoff_{key}") for key in keys] == [
        "68.4%",
        "$247.50 and $272.50",
        "▲ +$250.00",
        f"▼ {fmt.MINUS}$750.00",
        "▲ +$35.00",
        "▲ +$35.00",
    ]
    panel.show_curves(payoff(chance=None, breakevens=(), worst=None, at_spot=(None, None)))
    assert [words(panel, f"payoff_{key}") for key in ("chance", "breakevens", "worst", "today")] == [
        fmt.UNKNOWN,
        fmt.UNKNOWN,
        fmt.UNBOUNDED,
        fmt.UNKNOWN,
    ]
    assert words(panel, "payoff_key_spot") == "Price now $261.00"


def test_a_slider_asks_once_it_rests(panel: PayoffPanel, qtbot: QtBot) -> None:
    panel.show_curves(payoff())
    days = slider(panel, "payoff_days")
    with qtbot.waitSignal(panel.wanted, timeout=2000) as wanted:
        for _ in range(5):
            QTest.keyClick(days, Qt.Key.Key_Right)
    assert wanted.args == [5, 0]
    with qtbot.assertNotEmitted(panel.wanted, wait=200):
        pass
    with qtbot.waitSignal(panel.wanted, timeout=2000) as wanted:
        QTest.keyClick(slider(panel, "payoff_volatility"), Qt.Key.Key_Left)
    assert wanted.args == [5, -5]
    panel.show_curves(payoff(day=payoff().now.replace(day=21)))
    assert words(panel, "payoff_days_words") == "Days passed: 5 (21 Mar)"
    assert words(panel, "payoff_volatility_words") == "Volatility: 5% lower"
    assert words(panel, "payoff_key_chosen") == "In 5 days, volatility 5% lower"
    assert days.accessibleName() == "Days passed: 5 (21 Mar)"


def test_the_button_takes_everything_back(panel: PayoffPanel, qtbot: QtBot) -> None:
    panel.show_curves(payoff())
    reset = panel.findChild(QPushButton, "payoff_reset")
    assert reset is not None
    assert not reset.isEnabled()
    QTest.keyClick(slider(panel, "payoff_days"), Qt.Key.Key_End)
    assert (panel.moves, reset.isEnabled()) == ((32, 0), True)
    with qtbot.waitSignal(panel.wanted, timeout=2000) as wanted:
        QTest.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert wanted.args == [0, 0]
    assert words(panel, "payoff_key_chosen") == ""


def test_the_crosshair_is_read_in_words(panel: PayoffPanel) -> None:
    panel.show_curves(payoff())
    assert words(panel, "payoff_readout").startswith("Move over the chart")
    chart = panel.findChild(PayoffChart, "payoff_chart")
    assert chart is not None
    QTest.keyClick(chart, Qt.Key.Key_Home)
    assert words(panel, "payoff_readout") == (
        f"At $230.00   at expiration ▼ {fmt.MINUS}$750.00   today ▼ {fmt.MINUS}$110.00"
    )
    QTest.keyClick(slider(panel, "payoff_days"), Qt.Key.Key_Right)
    panel.show_curves(payoff(chosen=tuple(dollars(1) for _ in payoff().prices)))
    assert words(panel, "payoff_readout").endswith("chosen ▲ +$1.00")


def test_shares_have_nothing_to_slide(panel: PayoffPanel) -> None:
    panel.show_curves(payoff(expiration=None, days_left=0))
    assert not slider(panel, "payoff_days").isEnabled()
    assert not slider(panel, "payoff_volatility").isEnabled()
    assert words(panel, "payoff_key_expiry") == "At any time"


def test_what_rests_on_a_model_or_is_missing_is_said(panel: PayoffPanel) -> None:
    panel.show_curves(payoff(is_exact=False, best=None, worst=None))
    assert words(panel, "payoff_note").startswith("It has several expirations")
    assert (words(panel, "payoff_worst"), words(panel, "payoff_key_expiry")) == (
        fmt.UNKNOWN,
        "First expiration",
    )
    panel.show_curves(payoff(today=(), chosen=(), at_spot=(None, None)))
    assert words(panel, "payoff_note").startswith("A leg has no volatility now")
    assert not slider(panel, "payoff_days").isEnabled()
    panel.show_curves(payoff())
    assert words(panel, "payoff_note") == ""


def test_another_position_begins_with_nothing_moved_and_asks_for_nothing(panel: PayoffPanel, qtbot: QtBot) -> None:
    panel.show_curves(payoff())
    QTest.keyClick(slider(panel, "payoff_days"), Qt.Key.Key_End)
    with qtbot.assertNotEmitted(panel.wanted, wait=200):
        panel.begin()
    assert panel.moves == (0, 0)
    assert words(panel, "payoff_chance") == fmt.UNKNOWN
    panel.show_nothing("It is not open any more.")
    assert words(panel, "payoff_chart_empty") == "It is not open any more."
    assert payoff().expiration == APRIL


def test_nothing_makes_it_wider_than_the_narrowest_window_leaves_room_for(panel: PayoffPanel) -> None:
    panel.show_curves(payoff(is_exact=False, spot=dollars("12345.67")))
    QTest.keyClick(slider(panel, "payoff_days"), Qt.Key.Key_End)
    QTest.keyClick(slider(panel, "payoff_volatility"), Qt.Key.Key_End)
    assert panel.minimumSizeHint().width() <= 1040 - 196 - 32 - 12
