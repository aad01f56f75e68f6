"""Tables of orders and fills: what each is called, how it stands, and what its status means."""

import datetime as dt
from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.records import FillRow, OrderRow
from mindfolio_desktop.ui import format as fmt
from mindfolio_desktop.ui.models.orders import (
    FillsModel,
    PastFill,
    PastOrder,
    PastOrdersModel,
    WorkingModel,
    WorkingRow,
    order_words,
    status_words,
    working,
)
from tests.mindfolio_desktop.ui.sheets import CONDOR
from tests.mindfolio_desktop.ui.snapshots import AUTO, MANUAL, NOW, aggressive_growth, with_module


def order(order_id: str = "O000001", **changes: object) -> Order:
    """Two TSLA condors, sold to open, one of them done."""
    made = Order(
        order_id=order_id, module_id=AUTO, position_id="p-1", purpose=OrderPurpose.OPEN, structure=CONDOR, quantity=2,
        limit=dollars("-2.40"), worst=dollars("-2.20"), hold=0, created_at=NOW - dt.timedelta(minutes=3), why="scan",
        status=OrderStatus.PARTLY_FILLED, filled=1,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def row(model: WorkingModel | PastOrdersModel | FillsModel, at: int = 0) -> list[str]:
    return [model.item(at, column).text() for column in range(model.columnCount())]


def test_a_working_order(qapp: object) -> None:
    model = WorkingModel()
    model.show_rows([WorkingRow(order(), "IV Service", NOW)])
    assert row(model) == [
        "IV Service",
        f"Open 2 {fmt.TIMES} TSLA 17 Apr 240/250/270/280 iron condor",
        "1 of 2",
        "$2.40 credit",
        "$2.20 credit",
        "3 min",
        "Partly filled",
        "scan",
    ]
    assert model.item(0, 1).toolTip().startswith("buy 1 TSLA 17 Apr 240 put")


def test_an_order_that_rests_a_limit_that_is_asked_for_and_who_wanted_it(qapp: object) -> None:
    model = WorkingModel()
    resting = order(limit=dollars("1.00"), worst=dollars("1.00"), who="user", purpose=OrderPurpose.CLOSE)
    asked = order("O000002", asked_limit=dollars("-2.30"), is_unsure=True, status=OrderStatus.CANCEL_PENDING)
    model.show_rows([WorkingRow(resting, "IV Service", NOW), WorkingRow(asked, "IV Service", NOW)])
    assert (row(model)[4], row(model)[7]) == ("rests", "scan (user)")
    assert model.item(0, 1).toolTip().startswith("sell 1 TSLA 17 Apr 240 put"), "a closing trades in reverse"
    assert model.item(1, 3).toolTip() == "$2.30 credit is asked for, and not confirmed yet"
    assert row(model, 1)[6] == "Cancel asked for, unsure"


@pytest.mark.parametrize("status", OrderStatus)
def test_every_status_has_words_and_what_is_not_final_an_explanation(status: OrderStatus) -> None:
    words, meaning = status_words(status)
    assert words
    assert meaning or status.is_final


def test_unknown_is_explained() -> None:
    assert "what it holds stays held" in status_words(OrderStatus.UNKNOWN)[1]


def test_the_newest_live_order_of_all_modules_is_on_top() -> None:
    snapshot = with_module(aggressive_growth(), AUTO, orders=(order(),))
    later = order("O000002", module_id=MANUAL, created_at=NOW)
    snapshot = with_module(snapshot, MANUAL, orders=(later,))
    assert [(each.order.order_id, each.module) for each in working(snapshot)] == [
        ("O000002", "IV Service, ask first"),
        ("O000001", "IV Service"),
    ]


def test_a_past_order_says_why_it_ended_else_why_it_was_made(qapp: object) -> None:
    model = PastOrdersModel()
    ended = order(status=OrderStatus.REJECTED)
    model.show_rows(
        [PastOrder(OrderRow(9, NOW, ended, "no such contract"), "A"), PastOrder(OrderRow(8, NOW, order("O2"), ""), "B")]
    )
    assert row(model)[0] == "16 Mar 15:55:00"
    assert row(model)[5:] == ["Rejected", "no such contract"]
    assert row(model, 1)[6] == "scan"


def test_a_fill_with_its_order_and_without(qapp: object) -> None:
    model = FillsModel()
    fill = FillRow(7, NOW, "O000001", AUTO, "p-1", 1, dollars("-2.45"), dollars("2.40"), dollars("0.12"))
    model.show_rows([PastFill(fill, "IV Service", order()), PastFill(replace(fill, seq=6), "IV Service", None)])
    assert row(model) == [
        "16 Mar 15:55:00",
        "IV Service",
        order_words(order()),
        "1",
        "$2.45 credit",
        "$2.52",
        "p-1",
    ]
    assert row(model, 1)[2] == fmt.UNKNOWN
    assert "load older orders" in model.item(1, 2).toolTip()
