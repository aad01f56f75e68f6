"""The table of closed trades."""

import datetime as dt
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication

from engine.core.money import dollars
from engine.domain.position import PositionStatus
from engine.domain.records import TradeRow
from mindfolio_desktop.ui.models.keyed_table import SORT_ROLE
from mindfolio_desktop.ui.models.trades import TradesModel
from tests.mindfolio_desktop.ui.snapshots import NOW, position_view


def trade(position_id: str, net: str, why: str = "profit target") -> TradeRow:
    closed = replace(
        position_view(position_id).position,
        quantity=0,
        closed_at=NOW + dt.timedelta(days=2),
        closed_why=why,
        status=PositionStatus.CLOSED,
    )
    return TradeRow(closed, dollars(net))


@pytest.fixture
def model(qapp: QApplication) -> TradesModel:
    model = TradesModel()
    model.show_rows([trade("p-2", "-310.20"), trade("p-1", "120", why="")])
    return model


def test_a_trade_says_when_what_how_much_and_why(model: TradesModel) -> None:
    assert [model.item(0, column).text() for column in range(5)] == [
        "13 Mar 11:55",
        "18 Mar 15:55",
        "1 \N{MULTIPLICATION SIGN} TSLA 17 Apr 240/250/270/280 iron condor",
        "▼ \N{MINUS SIGN}$310.20",
        "profit target",
    ]


def test_results_sort_by_money(model: TradesModel) -> None:
    assert [model.item(at, 3).data(SORT_ROLE) for at in range(2)] == [-310.2, 120.0]


def test_a_trade_without_a_reason_shows_its_status(model: TradesModel) -> None:
    assert model.item(1, 4).text() == "Closed"


def test_a_missing_time_is_a_dash(model: TradesModel) -> None:
    open_ended = trade("p-3", "1")
    model.show_rows([replace(open_ended, position=replace(open_ended.position, closed_at=None))])
    assert model.item(0, 1).text() == "\N{EN DASH}"
