"""A module's card says what the snapshot says, and its buttons ask for what they are labelled with."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.mindfolio import ModuleKind, ModuleStatus
from engine.domain.snapshot import ModuleView
from mindfolio_desktop.ui.widgets.icon import Icon
from mindfolio_desktop.ui.widgets.module_card import ModuleCard
from tests.mindfolio_desktop.ui.snapshots import AUTO, approval, module_view, paused_module

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def card(qtbot: QtBot) -> ModuleCard:
    made = ModuleCard(AUTO, 0)
    qtbot.addWidget(made)
    made.set_view(module_view())
    made.resize(340, 320)
    made.show()
    qtbot.waitExposed(made)
    return made


def text(card: ModuleCard, name: str) -> str:
    label = card.findChild(QLabel, f"{name}_{AUTO}")
    assert isinstance(label, QLabel)
    return label.text() if label.isVisible() else ""


def button(card: ModuleCard, name: str) -> QPushButton:
    found = card.findChild(QPushButton, f"{name}_{AUTO}")
    assert isinstance(found, QPushButton)
    return found


def mark(card: ModuleCard) -> str:
    found = card.findChild(Icon, f"mark_{AUTO}")
    assert isinstance(found, Icon)
    return found.accessibleName() if found.isVisible() else ""


def test_a_module_that_earns(card: ModuleCard) -> None:
    assert text(card, "name") == "IV Service"
    assert text(card, "status") == "Active"
    assert text(card, "pnl") == "▲ +$1,250"
    assert text(card, "pnl_pct") == "+8.3%"
    assert text(card, "day_pnl") == "Today +$145"
    assert text(card, "used") == "$8,500 used · 56.7%"
    assert text(card, "budget") == "of $15,000 budget"
    assert text(card, "available") == "$6,500 available"
    assert text(card, "positions") == "3 iron condors"
    assert text(card, "scans") == "26 scans today, 2 executed"
    assert text(card, "why") == ""
    assert mark(card) == "Earning money, within its budget"
    assert not button(card, "approvals").isVisible()


def test_a_loss_has_its_sign_its_arrow_and_its_mark(card: ModuleCard) -> None:
    card.set_view(module_view(pnl=dollars(-300), pnl_pct=-2.0))
    assert text(card, "pnl") == f"▼ {MINUS}$300"
    assert text(card, "pnl_pct") == f"{MINUS}2.0%"
    assert mark(card) == "Losing money"


def test_neither_gain_nor_loss_has_no_mark(card: ModuleCard) -> None:
    card.set_view(module_view(pnl=0, pnl_pct=None))
    assert (text(card, "pnl"), text(card, "pnl_pct"), mark(card)) == ("$0", "\N{EN DASH}", "")


def test_a_module_over_its_budget_says_by_how_much_and_what_follows(card: ModuleCard) -> None:
    card.set_view(module_view(available=dollars("-1200.50")))
    assert text(card, "available") == "Over by $1,200.50: new trades wait"
    assert mark(card) == "Over its budget"


def test_a_paused_module_says_why_and_can_be_resumed(card: ModuleCard, qtbot: QtBot) -> None:
    card.set_view(module_view(status=ModuleStatus.PAUSED, status_why="daily loss limit reached"))
    assert text(card, "status") == "Paused"
    assert text(card, "why") == "Daily loss limit reached"
    assert button(card, "pause").text() == "Resume"
    with qtbot.waitSignal(card.resume_requested) as asked:
        QTest.mouseClick(button(card, "pause"), Qt.MouseButton.LeftButton)
    assert asked.args == [AUTO]


@pytest.mark.parametrize(("name", "signal"), [("details", "opened"), ("adjust", "adjust_requested")])
def test_each_button_asks_for_its_module(card: ModuleCard, qtbot: QtBot, name: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(card, signal)) as asked:
        QTest.mouseClick(button(card, name), Qt.MouseButton.LeftButton)
    assert asked.args == [AUTO]


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_pause_by_keyboard_asks_once_and_changes_nothing_by_itself(card: ModuleCard, qtbot: QtBot, key: Qt.Key) -> None:
    asked: list[str] = []
    card.pause_requested.connect(asked.append)
    button(card, "pause").setFocus()
    QTest.keyClick(button(card, "pause"), key)
    assert asked == [AUTO]
    assert button(card, "pause").text() == "Pause"


def test_waiting_approvals_are_counted_and_lead_to_them(card: ModuleCard, qtbot: QtBot) -> None:
    card.set_view(module_view(approvals=(approval("a-1"), approval("a-2"))))
    assert button(card, "approvals").text() == "2 approvals waiting"
    with qtbot.waitSignal(card.approvals_opened):
        QTest.mouseClick(button(card, "approvals"), Qt.MouseButton.LeftButton)


def test_a_module_without_budget_or_positions_shows_dashes_and_words(card: ModuleCard) -> None:
    view = paused_module(budget=0, available=0, utilisation_pct=None, pnl_pct=None)
    card.set_view(replace(view, spec=replace(view.spec, module_id=AUTO)))
    assert text(card, "used") == "$0 used · \N{EN DASH}"
    assert text(card, "positions") == "No positions"
    assert text(card, "scans") == "no scans today"


class PaintCount(QObject):
    """Counts what is painted anew below a widget."""

    def __init__(self, card: ModuleCard) -> None:
        super().__init__()
        self.painted: set[str] = set()
        for widget in (card, *card.findChildren(QLabel), *card.findChildren(QPushButton)):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.Paint:
            self.painted.add(watched.objectName())
        return False


def painted(card: ModuleCard, qtbot: QtBot, view: ModuleView) -> set[str]:
    qtbot.wait(30)
    count = PaintCount(card)
    card.set_view(view)
    qtbot.wait(30)
    return count.painted


def test_nothing_is_painted_when_nothing_changed(card: ModuleCard, qtbot: QtBot) -> None:
    assert painted(card, qtbot, module_view()) == set()


def test_a_changed_figure_does_not_touch_the_buttons(card: ModuleCard, qtbot: QtBot) -> None:
    changed = painted(card, qtbot, module_view(day_pnl=dollars(146)))
    assert f"day_pnl_{AUTO}" in changed
    assert not {name for name in changed if name.startswith(("details", "pause", "adjust"))}


@pytest.mark.parametrize(
    ("waiting", "autotrade", "words"),
    [
        (2, False, "2 suggestions pending"),
        (1, True, "1 suggestion pending"),
        (0, False, "Monitoring only"),
        (0, True, ""),
    ],
)
def test_a_rebalancer_counts_its_suggestions_or_only_watches(
    card: ModuleCard, waiting: int, autotrade: bool, words: str
) -> None:
    view = module_view()
    spec = replace(view.spec, kind=ModuleKind.SMART_REBALANCER, autotrade=autotrade)
    card.set_view(replace(view, spec=spec, approvals=tuple(approval(f"a-{number}") for number in range(waiting))))
    shown = button(card, "approvals")
    assert (shown.text() if shown.isVisible() else "") == words
    assert shown.isEnabled() is (waiting > 0)
