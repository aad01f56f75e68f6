"""The gallery: what there is, a form, a backtest that is waited for, and a module that begins or is refused."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.commands import AddModule
from engine.domain.denial import Denial
from engine.domain.evidence import Awaited, Evidence
from engine.domain.module_offer import Offers
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.questions import Answer, DeskQuestion, ModuleOffers, TrialOf
from engine.domain.structure import StructureKind
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.gallery import Gallery
from mindfolio_desktop.ui.widgets.navigation import DASHBOARD
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.offered import OFFERS, SPEC
from tests.mindfolio_desktop.ui.snapshots import aggressive_growth


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge, engine: EngineFake) -> Gallery:
    made = Gallery(bridge)
    qtbot.addWidget(made)
    made.resize(1100, 900)
    made.show()
    made.set_snapshot(aggressive_growth())
    answer(bridge, engine, OFFERS)
    qtbot.waitUntil(lambda: made.findChild(QPushButton, "choose_IV_SERVICE") is not None)
    return made


def answer(bridge: EngineBridge, engine: EngineFake, with_this: object) -> None:
    """What the engine says to the newest question."""
    question = engine.questions[-1]
    assert isinstance(question, ModuleOffers | TrialOf)
    found: DeskQuestion = question
    bridge.notify(Answer(found, lambda: with_this))


def button(page: Gallery, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def click(page: Gallery, name: str) -> None:
    QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)


def text(page: Gallery, name: str) -> str:
    found = page.findChild(QLabel, name)
    assert found is not None
    return found.text()


def retype(page: Gallery, name: str, words: str) -> None:
    field = page.findChild(QLineEdit, name)
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, words)


def test_a_module_is_added_with_what_the_form_says(
    page: Gallery, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    click(page, "choose_IV_SERVICE")
    retype(page, "form_budget", "4k")
    retype(page, "setting_max_days", "40")
    click(page, "add_module")
    click(page, "add_module")
    spec = replace(SPEC, parameters={**SPEC.parameters, "max_days": 40})
    command = AddModule(spec, dollars(4_000), "user", "added in the gallery")
    assert engine.commands == [command]
    bridge.notify(CommandAccepted(command))
    qtbot.waitUntil(lambda: text(page, "gallery_answer").startswith("IV Service is added with $4,000"))
    opened: list[str] = []
    page.module_opened.connect(opened.append)
    click(page, "open_added")
    assert opened == ["IV_SERVICE"]
    click(page, "add_module")
    assert len(engine.commands) == 1, "one form begins one module"


def test_a_refusal_says_why_and_the_form_stays(
    page: Gallery, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    click(page, "choose_IV_SERVICE")
    click(page, "add_module")
    (command,) = engine.commands
    bridge.notify(CommandDenied(command, (Denial(DenialCode.SETTINGS, "min_days 44 is above max_days 40"),)))
    expected = "Not added. Settings: min_days 44 is above max_days 40"
    qtbot.waitUntil(lambda: text(page, "gallery_answer") == expected)
    click(page, "add_module")
    assert len(engine.commands) == 2


def test_no_more_than_the_reserve_is_offered_and_nothing_wrong_is_sent(page: Gallery, engine: EngineFake) -> None:
    click(page, "choose_IV_SERVICE")
    field = page.findChild(QLineEdit, "form_budget")
    assert field is not None
    assert field.text() == "$5,000", "typically it is 15,000"
    retype(page, "form_budget", "6k")
    assert text(page, "gallery_answer") == "Budget, out of the reserve: at most $5,000"
    assert not button(page, "add_module").isEnabled()
    click(page, "add_module")
    assert engine.commands == []
    page.set_snapshot(aggressive_growth(reserve=dollars(7_000)))
    assert button(page, "add_module").isEnabled(), "the reserve has grown"


def test_a_backtest_is_asked_again_until_it_is_there(
    page: Gallery, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    page._ask_again.setInterval(1)
    click(page, "choose_IV_SERVICE")
    click(page, "trial_run")
    first = engine.questions[-1]
    assert isinstance(first, TrialOf)
    assert (first.spec, first.symbol, first.kind) == (SPEC, "KO", StructureKind.IRON_CONDOR)
    answer(bridge, engine, Awaited("later"))
    qtbot.waitUntil(lambda: engine.questions[-1] is not first)
    assert text(page, "trial_state").startswith("Walking a year")
    answer(bridge, engine, Evidence(3, 1.0, dollars(10), "modelled"))
    qtbot.waitUntil(lambda: text(page, "trial_state") == "By these settings:")
    retype(page, "setting_max_days", "40")
    assert "run it again" in text(page, "trial_state")


def test_a_backtest_of_a_form_that_is_wrong_is_not_asked_for(page: Gallery, engine: EngineFake) -> None:
    click(page, "choose_IV_SERVICE")
    retype(page, "setting_max_days", "999")
    click(page, "trial_run")
    assert not isinstance(engine.questions[-1], TrialOf)
    assert text(page, "trial_state") == "No backtest: Expiry to, days: outside 1 to 365"


def test_a_backtest_that_fails_says_why(page: Gallery, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot) -> None:
    click(page, "choose_IV_SERVICE")
    click(page, "trial_run")
    question = engine.questions[-1]
    bridge.unanswered.emit(question, "no chains")
    assert text(page, "trial_state") == "No backtest: no chains"
    qtbot.wait(1)


def test_what_there_is_is_asked_whenever_the_page_is_turned_to(
    page: Gallery, engine: EngineFake, bridge: EngineBridge, qtbot: QtBot
) -> None:
    page.hide()
    page.show()
    assert len([each for each in engine.questions if isinstance(each, ModuleOffers)]) == 2
    answer(bridge, engine, Offers((), (), "enabled.json cannot be read"))
    qtbot.waitUntil(lambda: "cannot be listed: enabled.json" in text(page, "gallery_state"))
    bridge.unanswered.emit(ModuleOffers(), "a fault")
    assert text(page, "gallery_state") == "What there is cannot be told: a fault"


def test_back_leads_to_the_dashboard(page: Gallery) -> None:
    wanted: list[str] = []
    page.page_requested.connect(wanted.append)
    click(page, "gallery_back")
    assert wanted == [DASHBOARD]
