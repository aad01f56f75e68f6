"""The risk page asks for what no snapshot holds, now and then, and shows both."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTableView, QWidget
from pytestqt.qtbot import QtBot

from engine.domain.questions import Answer, LimitsOf, StressOf
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.theme import Scheme
from mindfolio_desktop.ui.views import risk
from mindfolio_desktop.ui.views.risk import RiskPage
from mindfolio_desktop.ui.widgets.heat_map import HeatMap
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.risk_records import NOTHING, grids, limits, risky
from tests.mindfolio_desktop.ui.snapshots import fresh


@pytest.fixture
def page(bridge: EngineBridge, qtbot: QtBot) -> RiskPage:
    made = RiskPage(bridge)
    qtbot.addWidget(made)
    made.resize(1080, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def heat(page: QWidget) -> HeatMap:
    found = page.findChild(HeatMap, "stress_map")
    assert isinstance(found, HeatMap)
    return found


def text(page: QWidget, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text()


def rows(page: QWidget, name: str) -> int:
    found = page.findChild(QTableView, name)
    assert isinstance(found, QTableView)
    return found.model().rowCount()


def test_stress_and_limits_are_asked_for_and_shown(
    page: RiskPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    page.set_snapshot(risky())
    assert engine.questions == [StressOf(), LimitsOf()]
    bridge.notify(Answer(StressOf(), grids))
    bridge.notify(Answer(LimitsOf(), limits))
    qtbot.waitUntil(lambda: heat(page).isVisible() and rows(page, "account_limits") == 4)
    QTest.keyClick(heat(page), Qt.Key.Key_Left)
    assert text(page, "stress_words").startswith("Whole book, all fall 10%")


def test_they_are_asked_for_again_only_after_a_while(
    page: RiskPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        page.set_snapshot(risky())
    bridge.notify(Answer(StressOf(), grids))
    qtbot.waitUntil(lambda: heat(page).isVisible())
    page.set_snapshot(risky())
    assert engine.questions.count(StressOf()) == 1
    monkeypatch.setattr(risk, "ASK_INTERVAL_MS", 0)
    qtbot.wait(2)
    page.set_snapshot(risky())
    assert engine.questions.count(StressOf()) == 2


def test_a_question_that_fails_says_why(page: RiskPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    def broken() -> object:
        raise ZeroDivisionError("a bug")

    page.set_snapshot(risky())
    bridge.notify(Answer(StressOf(), broken))
    bridge.notify(Answer(LimitsOf(), broken))
    qtbot.waitUntil(lambda: text(page, "stress_empty") == "No newer figures: a bug")
    qtbot.waitUntil(lambda: text(page, "account_limits_empty") == "The limits are not known: a bug")


def test_after_a_failure_it_waits_longer(
    page: RiskPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> object:
        raise ZeroDivisionError("a bug")

    page.set_snapshot(risky())
    bridge.notify(Answer(StressOf(), broken))
    qtbot.waitUntil(lambda: text(page, "stress_empty") == "No newer figures: a bug")
    monkeypatch.setattr(risk, "ASK_INTERVAL_MS", 0)
    qtbot.wait(2)
    page.set_snapshot(risky())
    assert engine.questions.count(StressOf()) == 1
    monkeypatch.setattr(risk, "TROUBLE_INTERVAL_MS", 0)
    page.set_snapshot(risky())
    assert engine.questions.count(StressOf()) == 2


def test_every_part_of_a_snapshot_has_its_place(page: RiskPage) -> None:
    page.set_snapshot(risky())
    assert rows(page, "greeks_table") == 4
    assert rows(page, "concentration_symbols") == 2
    assert rows(page, "concentration_sectors") == 1
    assert rows(page, "betas_table") == 3
    assert text(page, "worst_loss_value") == "$4,200"


def test_a_mindfolio_that_holds_nothing_says_so_everywhere(page: RiskPage, qtbot: QtBot) -> None:
    page.set_snapshot(risky())
    page.set_snapshot(risky(**NOTHING))
    for name in ("worst_words", "correlation_words"):
        assert text(page, name).startswith("Nothing is held")
    qtbot.waitUntil(lambda: text(page, "concentration_symbols_empty") == "Nothing is held: nothing is concentrated.")
    page.set_snapshot(fresh())


def test_a_change_of_scheme_reaches_the_tables(page: RiskPage, qapp: QApplication) -> None:
    page.set_snapshot(risky())
    view = page.findChild(QTableView, "worst_symbols")
    assert isinstance(view, QTableView)
    part = view.model().index(2, 2)
    colours = []
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        theme.apply(qapp, scheme)
        colours.append(part.data(Qt.ItemDataRole.ForegroundRole).color().name())
    assert colours == [theme.LIGHT.gain, theme.DARK.gain]
