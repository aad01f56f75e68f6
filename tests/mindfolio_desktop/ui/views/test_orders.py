"""The page of orders: what works and what can be done about it, and a history that is read page by page."""

from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import dollars
from engine.domain.commands import CancelOrder, ReplaceOrder
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.notices import CommandAccepted, CommandDenied
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.questions import PAGE, FillsOf, LedgerQuestion, OrdersOf
from engine.domain.records import FillRow, OrderRow
from engine.domain.snapshot import MindfolioSnapshot
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui import pager
from mindfolio_desktop.ui.bridge import EngineBridge
from mindfolio_desktop.ui.views.orders import OrdersView
from tests.mindfolio_desktop.ui.engine_fake import EngineFake
from tests.mindfolio_desktop.ui.models.test_orders import order
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, NOW, aggressive_growth, with_module

LIVE = order(status=OrderStatus.WORKING)
CLOSING = order("O000002", purpose=OrderPurpose.CLOSE, limit=dollars(2), worst=dollars(3), status=OrderStatus.UNKNOWN)


class Ledger(EngineFake):
    """A ledger with 250 orders and fills, O249 the newest, every other one of the second module."""

    def read(self, question: LedgerQuestion) -> object:
        self.questions.append(question)
        if self.fault is not None:
            raise self.fault
        assert isinstance(question, OrdersOf | FillsOf)
        newest = 250 if question.before is None else question.before
        wanted = [at for at in range(newest - 1, -1, -1) if question.module_id in (None, owner(at))][:PAGE]
        if isinstance(question, OrdersOf):
            return tuple(OrderRow(at, NOW, order(f"O{at}", module_id=owner(at)), "") for at in wanted)
        price = dollars("-2.40")
        return tuple(FillRow(at, NOW, f"O{at}", owner(at), "p-1", 1, price, 0, 0) for at in wanted)


def owner(at: int) -> str:
    return MANUAL if at % 2 else AUTO


@pytest.fixture
def engine() -> Ledger:
    return Ledger()


@pytest.fixture
def page(qtbot: QtBot, bridge: EngineBridge, monkeypatch: pytest.MonkeyPatch) -> OrdersView:
    """One order of each module works; the history is read."""
    monkeypatch.setattr(pager, "REFRESH_MS", 30)
    made = OrdersView(bridge)
    qtbot.addWidget(made)
    made.resize(1084, 900)
    made.set_snapshot(live())
    made.show()
    qtbot.waitUntil(lambda: rows(made, "fills_table") > 0)
    return made


def live(*first: Order, **changes: object) -> MindfolioSnapshot:
    snapshot = aggressive_growth(**changes)
    snapshot = with_module(snapshot, AUTO, orders=first or (LIVE,))
    return with_module(snapshot, MANUAL, orders=(replace(CLOSING, module_id=MANUAL),))


def rows(page: OrdersView, name: str) -> int:
    view = page.findChild(QTableView, name)
    assert view is not None
    return view.model().rowCount() if view.isVisibleTo(page) else 0


def has_rows(page: OrdersView, name: str, count: int) -> bool:
    return rows(page, name) == count


def cell(page: OrdersView, name: str, row: int, column: int) -> str:
    view = page.findChild(QTableView, name)
    assert view is not None
    return str(view.model().index(row, column).data())


def choose(page: OrdersView, order_id: str) -> None:
    view = page.findChild(QTableView, "working_table")
    assert view is not None
    for row in range(view.model().rowCount()):
        if order_id in str(view.model().index(row, 1).data(Qt.ItemDataRole.ToolTipRole)):
            at = view.visualRect(view.model().index(row, 0)).center()
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def button(page: OrdersView, name: str) -> QPushButton:
    found = page.findChild(QPushButton, name)
    assert found is not None
    return found


def words(page: OrdersView, name: str) -> str:
    label = page.findChild(QLabel, name)
    assert label is not None
    return label.text() if label.isVisibleTo(page) else ""


def type_limit(page: OrdersView, text: str) -> None:
    field = page.findChild(QLineEdit, "order_limit_amount")
    assert field is not None
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)


class TestWorking:
    def test_orders_of_all_modules_work_and_unknown_is_explained(self, page: OrdersView) -> None:
        assert rows(page, "working_table") == 2
        choose(page, "O000002")
        assert "what it holds stays held" in words(page, "order_meaning")
        assert words(page, "order_name").startswith("Close 2")
        assert not button(page, "order_replace").isEnabled()
        assert button(page, "order_cancel").isEnabled()

    def test_cancel_sends_one_command_and_shows_a_refusal(
        self, page: OrdersView, engine: Ledger, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        choose(page, "O000001")
        QTest.mouseClick(button(page, "order_cancel"), Qt.MouseButton.LeftButton)
        command = CancelOrder("O000001", "user", "cancelled on the orders page")
        assert engine.commands == [command]
        with qtbot.waitSignal(bridge.command_denied):
            bridge.notify(CommandDenied(command, (Denial(DenialCode.UNKNOWN_ORDER),)))
        assert "it is not live any more" in words(page, "order_refused")

    def test_a_new_limit_is_sent_and_refused_in_words(
        self, page: OrdersView, engine: Ledger, bridge: EngineBridge, qtbot: QtBot
    ) -> None:
        choose(page, "O000001")
        type_limit(page, "2.10")
        QTest.mouseClick(button(page, "order_replace"), Qt.MouseButton.LeftButton)
        command = ReplaceOrder("O000001", dollars("-2.10"), "user")
        assert engine.commands == [command]
        about = {"order": "O000001", "why": "beyond the worst price that was checked: cancel it and enter a new one"}
        denial = Denial(DenialCode.MAX_RISK, dollars("-2.10"), dollars("-2.20"), "usd", {**about})
        with qtbot.waitSignal(bridge.command_denied):
            bridge.notify(CommandDenied(command, (denial,)))
        assert "beyond the worst price that was checked" in words(page, "order_refused")
        type_limit(page, "2.30")
        QTest.mouseClick(button(page, "order_replace"), Qt.MouseButton.LeftButton)
        with qtbot.waitSignal(bridge.command_accepted):
            bridge.notify(CommandAccepted(engine.commands[1]))
        assert words(page, "order_refused") == ""
        assert button(page, "order_cancel").isEnabled()

    @pytest.mark.parametrize(
        ("changes", "why"),
        [
            ({"status": MindfolioStatus.STOPPED}, "Trading is stopped"),
            ({"status": MindfolioStatus.PAUSED}, "Trading is paused"),
            ({"halted": "no space"}, "Trading is halted"),
        ],
    )
    def test_an_opening_gets_no_new_limit_while_nothing_may_open(
        self, page: OrdersView, changes: dict[str, object], why: str
    ) -> None:
        choose(page, "O000001")
        page.set_snapshot(live(**changes))
        assert why in words(page, "order_meaning")
        type_limit(page, "2.30")
        assert not button(page, "order_replace").isEnabled()
        assert button(page, "order_cancel").isEnabled()

    def test_a_closing_may_still_be_given_another_limit(self, page: OrdersView) -> None:
        closing = replace(LIVE, purpose=OrderPurpose.CLOSE, limit=dollars(2), worst=dollars(3))
        page.set_snapshot(live(closing, status=MindfolioStatus.STOPPED))
        choose(page, "O000001")
        type_limit(page, "2.30")
        assert button(page, "order_replace").isEnabled()

    def test_what_is_being_cancelled_is_not_cancelled_again(self, page: OrdersView) -> None:
        choose(page, "O000001")
        page.set_snapshot(live(replace(LIVE, status=OrderStatus.CANCEL_PENDING)))
        assert not button(page, "order_cancel").isEnabled()
        assert "Its cancel is under way." in words(page, "order_meaning")

    def test_no_order_says_so_and_the_actions_go(self, page: OrdersView, qtbot: QtBot) -> None:
        page.set_snapshot(aggressive_growth())
        qtbot.waitUntil(lambda: words(page, "working_table_empty").startswith("No order works now."))
        assert not button(page, "order_cancel").isVisible()


class TestHistory:
    def test_the_newest_page_of_both_is_read_and_older_ones_are_loaded(
        self, page: OrdersView, engine: Ledger, qtbot: QtBot
    ) -> None:
        assert (rows(page, "past_orders_table"), rows(page, "fills_table")) == (PAGE, PAGE)
        assert cell(page, "fills_table", 0, 2) == cell(page, "past_orders_table", 0, 2)
        for name, table in (("orders_older", "past_orders_table"), ("fills_older", "fills_table")):
            for expected in (2 * PAGE, 250):
                assert button(page, name).isVisible()
                QTest.mouseClick(button(page, name), Qt.MouseButton.LeftButton)
                qtbot.waitUntil(partial(has_rows, page, table, expected))
            assert not button(page, name).isVisible(), "there is nothing older"
        assert {OrdersOf(None, 150), OrdersOf(None, 50), FillsOf(None, 150), FillsOf(None, 50)} <= set(engine.questions)

    def test_a_fill_whose_order_is_further_back_is_not_named(self, page: OrdersView, qtbot: QtBot) -> None:
        QTest.mouseClick(button(page, "fills_older"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: rows(page, "fills_table") == 2 * PAGE)
        assert cell(page, "fills_table", 2 * PAGE - 1, 2) == fmt.UNKNOWN

    def test_one_module_alone(self, page: OrdersView, qtbot: QtBot) -> None:
        combo = page.findChild(QComboBox, "orders_module")
        assert combo is not None
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentText() == "IV Service"
        assert rows(page, "working_table") == 1
        qtbot.waitUntil(lambda: rows(page, "past_orders_table") == PAGE)
        QTest.mouseClick(button(page, "orders_older"), Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: rows(page, "past_orders_table") == 125)
        assert {cell(page, "past_orders_table", row, 1) for row in range(125)} == {"IV Service"}

    def test_it_is_read_again_when_an_order_changed_and_not_when_nothing_did(
        self, page: OrdersView, engine: Ledger, qtbot: QtBot
    ) -> None:
        qtbot.wait(60)
        engine.questions.clear()
        page.set_snapshot(live(seq=999))
        assert engine.questions == []
        page.set_snapshot(live(replace(LIVE, filled=2)))
        qtbot.waitUntil(lambda: OrdersOf() in engine.questions and FillsOf() in engine.questions)
        page.set_snapshot(live(replace(LIVE, limit=dollars("-2.30"))))
        qtbot.waitUntil(lambda: engine.questions.count(OrdersOf()) == 2)

    def test_what_a_gap_would_follow_is_read_anew(self, page: OrdersView, bridge: EngineBridge) -> None:
        QTest.qWait(1)
        far = tuple(OrderRow(1000 - at, NOW, order(f"N{at}"), "") for at in range(PAGE))
        bridge.answered.emit(OrdersOf(), far)
        assert rows(page, "past_orders_table") == PAGE
        fills = tuple(FillRow(1000 - at, NOW, "N0", AUTO, "p-1", 1, 0, 0, 0) for at in range(PAGE))
        bridge.answered.emit(FillsOf(), fills)
        assert rows(page, "fills_table") == PAGE

    def test_an_order_that_changed_is_shown_once_as_it_is_now(self, page: OrdersView, bridge: EngineBridge) -> None:
        bridge.answered.emit(OrdersOf(), (OrderRow(900, NOW, order("O249", status=OrderStatus.FILLED), ""),))
        assert rows(page, "past_orders_table") == PAGE
        assert cell(page, "past_orders_table", 0, 5) == "Filled"

    def test_a_ledger_that_cannot_be_read_says_why(self, qtbot: QtBot, bridge: EngineBridge, engine: Ledger) -> None:
        engine.fault = LedgerFault("it is damaged")
        page = OrdersView(bridge)
        qtbot.addWidget(page)
        page.set_snapshot(live())
        qtbot.waitUntil(lambda: "it is damaged" in words(page, "fills_table_empty"))
        assert words(page, "past_orders_table_empty") == "The ledger could not be read: it is damaged"
