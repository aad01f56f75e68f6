"""The day page: it asks, shows, turns to other days, and opens modules."""

import datetime as dt

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import MindfolioError
from engine.domain.questions import Answer, ExpirationsOf, ExplainedDays, SheetsOf
from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.theme import Scheme
from mindfolio_desktop.ui.views import day
from mindfolio_desktop.ui.views.day import DayPage
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.risk_records import DAY, end_sheet, expiry, explained, in_the_money, sheets
from tests.mindfolio_desktop.ui.snapshots import MANUAL, aggressive_growth

EARLIER = DAY - dt.timedelta(days=3)


@pytest.fixture
def page(bridge: EngineBridge, engine: EngineFake, qtbot: QtBot) -> DayPage:
    engine.answers |= {SheetsOf: sheets(), ExplainedDays: (explained(),)}
    made = DayPage(bridge)
    qtbot.addWidget(made)
    made.resize(1080, 800)
    made.show()
    qtbot.waitExposed(made)
    return made


def text(page: DayPage, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found.text()


def button(page: DayPage, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def click(page: DayPage, name: str) -> None:
    QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)


def asked_days(engine: EngineFake) -> list[dt.date | None]:
    return [each.day for each in engine.questions if isinstance(each, SheetsOf)]


def shows(page: DayPage, qtbot: QtBot, words: str) -> None:
    qtbot.waitUntil(lambda: text(page, "day_shown") == words)


def test_it_asks_for_the_desk_the_sheets_and_the_sessions(
    page: DayPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    page.set_snapshot(aggressive_growth())
    bridge.notify(Answer(ExpirationsOf(), lambda: (in_the_money(), expiry())))
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    qtbot.waitUntil(lambda: text(page, "explained_words") != "")
    assert {type(each) for each in engine.questions} == {ExpirationsOf, ExplainedDays, SheetsOf}
    view = page.findChild(QTableView, "expirations_table")
    assert isinstance(view, QTableView)
    qtbot.waitUntil(lambda: view.model().rowCount() == 2)


def test_earlier_later_and_newest_turn_to_other_days(page: DayPage, engine: EngineFake, qtbot: QtBot) -> None:
    page.set_snapshot(aggressive_growth())
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    assert not button(page, "day_newest").isEnabled()
    engine.answers[SheetsOf] = sheets(EARLIER, earlier=None)
    click(page, "day_earlier")
    shows(page, qtbot, "Sheets of Fri 13 Mar 2026")
    assert not button(page, "day_earlier").isEnabled()
    engine.answers[SheetsOf] = sheets(DAY, later=None)
    click(page, "day_later")
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    assert not button(page, "day_later").isEnabled()
    click(page, "day_newest")
    qtbot.waitUntil(lambda: not button(page, "day_newest").isEnabled())
    assert asked_days(engine) == [None, EARLIER, EARLIER + dt.timedelta(days=1), None]


def test_the_focus_stays_near_when_a_button_goes_out_of_use(page: DayPage, engine: EngineFake, qtbot: QtBot) -> None:
    page.set_snapshot(aggressive_growth())
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    engine.answers[SheetsOf] = sheets(EARLIER, earlier=None)
    button(page, "day_earlier").setFocus()
    QTest.keyClick(button(page, "day_earlier"), Qt.Key.Key_Return)
    shows(page, qtbot, "Sheets of Fri 13 Mar 2026")
    assert page.focusWidget() is button(page, "day_later")


def test_an_answer_that_nobody_waits_for_any_more_is_not_shown(page: DayPage, engine: EngineFake, qtbot: QtBot) -> None:
    page.set_snapshot(aggressive_growth())
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    page._on_answer(SheetsOf(EARLIER), sheets(EARLIER))
    assert text(page, "day_shown") == "Sheets of Mon 16 Mar 2026"


def test_a_day_that_is_not_over_is_read_again_when_the_ledger_grew(
    page: DayPage, engine: EngineFake, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers[SheetsOf] = sheets(is_over=False, end=end_sheet())
    page.set_snapshot(aggressive_growth(seq=1))
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    page.set_snapshot(aggressive_growth(seq=2))
    assert asked_days(engine) == [None], "not that often"
    monkeypatch.setattr(day, "LEDGER_INTERVAL_MS", 0)
    qtbot.wait(2)
    page.set_snapshot(aggressive_growth(seq=1))
    assert asked_days(engine) == [None], "nothing was journaled since"
    page.set_snapshot(aggressive_growth(seq=3))
    qtbot.waitUntil(lambda: asked_days(engine) == [None, None])


def test_a_past_day_is_read_once(
    page: DayPage, engine: EngineFake, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.set_snapshot(aggressive_growth(seq=1))
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    engine.answers[SheetsOf] = sheets(EARLIER)
    click(page, "day_earlier")
    shows(page, qtbot, "Sheets of Fri 13 Mar 2026")
    monkeypatch.setattr(day, "LEDGER_INTERVAL_MS", 0)
    qtbot.wait(2)
    page.set_snapshot(aggressive_growth(seq=9))
    qtbot.wait(20)
    assert asked_days(engine) == [None, EARLIER]


def test_a_module_is_opened_from_the_desk(page: DayPage, bridge: EngineBridge, qtbot: QtBot) -> None:
    page.set_snapshot(aggressive_growth())
    bridge.notify(Answer(ExpirationsOf(), lambda: (in_the_money(),)))
    view = page.findChild(QTableView, "expirations_table")
    assert isinstance(view, QTableView)
    qtbot.waitUntil(view.isVisible)
    at = view.visualRect(view.model().index(0, 2)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    with qtbot.waitSignal(page.module_opened) as opened:
        click(page, "expiration_open")
    assert opened.args == [MANUAL]


def test_questions_that_fail_say_why(page: DayPage, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot) -> None:
    def broken() -> object:
        raise ZeroDivisionError("a bug")

    engine.answers |= {SheetsOf: MindfolioError("the ledger is empty"), ExplainedDays: MindfolioError("damaged")}
    page.set_snapshot(aggressive_growth())
    bridge.notify(Answer(ExpirationsOf(), broken))
    qtbot.waitUntil(lambda: text(page, "expirations_table_empty") == "What is open is not known: a bug")
    qtbot.waitUntil(lambda: text(page, "start_sheet_words") == "There is no sheet: the ledger is empty.")
    assert text(page, "end_sheet_words") == "There is no sheet: the ledger is empty."
    assert text(page, "explained_sessions_empty") == "What the results came from is not known: damaged"


def test_after_a_failure_it_waits_longer(
    page: DayPage, engine: EngineFake, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers[SheetsOf] = MindfolioError("damaged")
    page.set_snapshot(aggressive_growth(seq=1))
    qtbot.waitUntil(lambda: text(page, "start_sheet_words") == "There is no sheet: damaged.")
    monkeypatch.setattr(day, "LEDGER_INTERVAL_MS", 0)
    qtbot.wait(2)
    page.set_snapshot(aggressive_growth(seq=2))
    assert asked_days(engine) == [None]
    monkeypatch.setattr(day, "TROUBLE_INTERVAL_MS", 0)
    page.set_snapshot(aggressive_growth(seq=3))
    qtbot.waitUntil(lambda: asked_days(engine) == [None, None])


def test_a_change_of_scheme_reaches_the_tables(page: DayPage, qapp: QApplication, qtbot: QtBot) -> None:
    page.set_snapshot(aggressive_growth())
    shows(page, qtbot, "Sheets of Mon 16 Mar 2026")
    view = page.findChild(QTableView, "end_modules")
    assert isinstance(view, QTableView)
    colours = []
    for scheme in (Scheme.LIGHT, Scheme.DARK):
        theme.apply(qapp, scheme)
        colours.append(view.model().index(0, 1).data(Qt.ItemDataRole.ForegroundRole).color().name())
    assert colours == [theme.LIGHT.gain, theme.DARK.gain]
