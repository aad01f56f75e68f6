"""What stays unattended is listed before the window closes."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.core.money import dollars
from engine.domain.order import Order, OrderPurpose, OrderStatus
from mindfolio_desktop.ui.widgets.close_question import CloseQuestion, unattended
from tests.mindfolio_desktop.ui.snapshots import AUTO, NOW, aggressive_growth, condor, fresh, with_module

ORDER = Order(
    order_id="o-1",
    module_id=AUTO,
    position_id="p-9",
    purpose=OrderPurpose.OPEN,
    structure=condor("SPY", (560, 575, 640, 655)),
    quantity=3,
    limit=dollars("-2.50"),
    worst=dollars("-2.35"),
    hold=dollars(765),
    created_at=NOW,
    why="scan",
    status=OrderStatus.WORKING,
    filled=1,
)


def test_positions_and_working_orders_are_listed_and_finished_orders_are_not() -> None:
    done = replace(ORDER, order_id="o-2", status=OrderStatus.CANCELLED)
    snapshot = with_module(
        fresh(), AUTO, orders=(ORDER, done), open_positions=aggressive_growth().modules[0].open_positions[:1]
    )
    assert unattended(snapshot) == [
        "IV Service: 1 \N{MULTIPLICATION SIGN} TSLA 17 Apr 240/250/270/280 iron condor, +$42.50",
        "IV Service: working order, 2 \N{MULTIPLICATION SIGN} SPY 17 Apr 560/575/640/655 iron condor",
    ]


def test_nothing_open_is_nothing_to_ask_about() -> None:
    assert unattended(fresh()) == []


@pytest.mark.parametrize(("name", "accepted"), [("close_stay", False), ("close_anyway", True)])
def test_it_asks_once_and_does_not_block_the_window(qtbot: QtBot, name: str, *, accepted: bool) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    question = CloseQuestion(with_module(aggressive_growth(), AUTO, orders=(ORDER,)), host)
    assert not question.isModal()
    answers: list[bool] = []
    question.accepted.connect(lambda: answers.append(True))
    question.rejected.connect(lambda: answers.append(False))
    question.show()
    titles = [label.text() for label in question.findChildren(QLabel)]
    assert "5 open positions and 1 working order left unattended" in titles
    listed = question.findChild(QListWidget)
    assert isinstance(listed, QListWidget)
    assert listed.count() == 6
    answer = question.findChild(QPushButton, name)
    assert isinstance(answer, QPushButton)
    QTest.mouseClick(answer, Qt.MouseButton.LeftButton)
    assert answers == [accepted]
