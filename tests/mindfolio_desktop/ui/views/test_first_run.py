"""The page of the first start: what is typed and chosen is what is begun, and sums are checked before."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QProgressBar, QPushButton, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import Money, dollars
from engine.domain.limits import ModuleLimits
from engine.domain.mindfolio import Beginning, Environment, ModuleKind
from mindfolio_desktop.ui.views.first_run import FirstRun, Offer

IV, PUTS, GAMMA = ModuleKind.IV_SERVICE, ModuleKind.SELL_PUTS_ENGINE, ModuleKind.GAMMA_SCALPER
OFFERS = (
    Offer(IV, "IV Service", "Sells options.", 30),
    Offer(PUTS, "Sell Puts Engine", "Sells puts.", 40),
    Offer(GAMMA, "Gamma Scalper", "Buys straddles.", 0),
)


def limits_of(kind: ModuleKind, budget: Money) -> ModuleLimits:
    return ModuleLimits(budget // 20, budget // 10)


class Stage:
    """The page, and what it said."""

    def __init__(self, qtbot: QtBot, *markets: Environment) -> None:
        self.page = FirstRun(OFFERS, limits_of, markets or (Environment.SIMULATED,))
        qtbot.addWidget(self.page)
        self.page.resize(1000, 900)
        self.page.show()
        qtbot.waitExposed(self.page)
        self.begun: list[tuple[Beginning, Environment]] = []
        self.page.begun.connect(lambda beginning, market: self.begun.append((beginning, market)))

    def find(self, name: str) -> QWidget:
        found = self.page.findChild(QWidget, name)
        assert isinstance(found, QWidget), name
        return found

    def text(self, name: str) -> str:
        found = self.find(name)
        assert isinstance(found, QLabel)
        return found.text()

    def click(self, name: str) -> None:
        found = self.find(name)
        assert isinstance(found, QPushButton)
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)

    def tick(self, kind: ModuleKind) -> None:
        box = self.find(f"want_{kind.value}")
        assert isinstance(box, QCheckBox)
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)

    def type_amount(self, name: str, words: str) -> None:
        box = self.find(name)
        assert isinstance(box, QSpinBox)
        box.setFocus()
        box.lineEdit().selectAll()
        QTest.keyClicks(box, words)
        QTest.keyClick(box, Qt.Key.Key_Return)


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_what_is_offered_can_be_begun_at_once(stage: Stage) -> None:
    assert stage.text("first_run_sum") == "Budgets $35,000 + reserve $15,000 = cash $50,000"
    stage.click("first_run_create")
    budgets = {IV: dollars(15_000), PUTS: dollars(20_000)}
    assert stage.begun == [(Beginning("My Mindfolio", dollars(50_000), budgets), Environment.SIMULATED)]
    stage.click("first_run_create")
    assert len(stage.begun) == 1


def test_name_cash_modules_and_budgets_are_what_was_typed(stage: Stage) -> None:
    field = stage.find("first_run_name")
    assert isinstance(field, QLineEdit)
    field.selectAll()
    QTest.keyClicks(field, "Retirement")
    stage.type_amount("first_run_cash", "100,000")
    assert stage.text("first_run_sum") == "Budgets $70,000 + reserve $30,000 = cash $100,000"
    stage.tick(PUTS)
    stage.tick(GAMMA)
    stage.type_amount(f"amount_{GAMMA.value}", "12,500")
    assert stage.text("first_run_sum") == "Budgets $42,500 + reserve $57,500 = cash $100,000"
    assert "Gamma Scalper: risks at most $625 a trade, pauses at a day's loss of $1,250" in stage.text(
        "first_run_limits"
    )
    stage.click("first_run_create")
    budgets = {IV: dollars(30_000), GAMMA: dollars(12_500)}
    assert stage.begun == [(Beginning("Retirement", dollars(100_000), budgets), Environment.SIMULATED)]


def test_more_than_the_reserve_is_refused_with_the_reason(stage: Stage) -> None:
    stage.type_amount(f"amount_{IV.value}", "90,000")
    assert stage.text("first_run_sum") == "Budgets $50,000 + reserve $0 = cash $50,000"


def test_what_is_missing_is_said_and_nothing_can_be_begun(stage: Stage) -> None:
    create = stage.find("first_run_create")
    field = stage.find("first_run_name")
    assert isinstance(field, QLineEdit)
    field.clear()
    assert (stage.text("first_run_said"), create.isEnabled()) == ("Give it a name.", False)
    QTest.keyClicks(field, "Mine")
    stage.tick(GAMMA)
    assert stage.text("first_run_said") == "Gamma Scalper has no budget: give it one, or leave it out."
    for kind in (IV, PUTS, GAMMA):
        stage.tick(kind)
    assert stage.text("first_run_said") == "Choose at least one module."
    assert not create.isEnabled()
    stage.tick(IV)
    assert create.isEnabled()


def test_replay_is_offered_where_recordings_are_there(qtbot: QtBot) -> None:
    stage = Stage(qtbot, Environment.SIMULATED, Environment.REPLAY)
    stage.click("market_replay")
    assert stage.text("market_about").startswith("The option chains that you imported")
    stage.click("first_run_create")
    assert stage.begun[0][1] is Environment.REPLAY


def test_a_demo_is_asked_for_shown_and_ended(stage: Stage, qtbot: QtBot) -> None:
    with qtbot.waitSignal(stage.page.demo_wanted):
        stage.click("first_run_demo")
    stage.page.show_progress(1, 3, "Day 2 of 3")
    bar = stage.find("demo_bar")
    assert isinstance(bar, QProgressBar)
    assert (bar.value(), bar.maximum()) == (1, 3)
    assert stage.text("demo_progress") == "Day 2 of 3"
    assert stage.find("asking_panel").isHidden()
    with qtbot.waitSignal(stage.page.demo_ended):
        stage.click("demo_enough")
    assert not stage.find("demo_enough").isEnabled()


def test_what_begins_it_is_in_sight_in_a_small_window_and_gone_while_history_is_made(stage: Stage) -> None:
    page = stage.page
    page.resize(1040, 500)
    create = stage.find("first_run_create")
    lower = create.mapTo(page, create.rect().bottomRight()).y()
    assert page.verticalScrollBar().maximum() > 0, "not all of it fits"
    assert create.isVisible()
    assert page.viewport().geometry().bottom() < create.mapTo(page, create.rect().topLeft()).y()
    assert lower < page.height()

    page.show_progress(1, 5, "day 1 of 5")
    assert not create.isVisible()
    assert page.viewport().geometry().bottom() == page.height() - 1


def test_budgets_of_a_mindfolio_that_is_not_begun_have_no_locks_and_use_nothing(stage: Stage) -> None:
    for part in ("lock", "state"):
        assert not any(
            each.isVisible() for each in stage.page.findChildren(QWidget) if each.objectName().startswith(part)
        )


@pytest.mark.parametrize(
    ("typed", "said", "cash"),
    [
        ("-500", "“-500” is not an amount of whole dollars without a sign.", "$50,000"),
        ("900m", "Cash is $1 to $100,000,000, not $900,000,000.", "$100,000,000"),
    ],
)
def test_absurd_cash_is_told_beside_the_field(stage: Stage, qtbot: QtBot, typed: str, said: str, cash: str) -> None:
    stage.type_amount("first_run_cash", typed)
    qtbot.waitUntil(lambda: stage.text("first_run_said") == said)
    assert stage.text("first_run_sum").endswith(f"= cash {cash}")
