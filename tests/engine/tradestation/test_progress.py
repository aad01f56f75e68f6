"""What a frame says of an order: legs in any order, doubled, short of the status; never more than was ordered."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from engine.core.money import dollars
from engine.domain.order import Order
from engine.domain.structure import shares_of
from engine.tradestation.frames import OrderFrame, Parked
from engine.tradestation.progress import Progress, progress
from engine.tradestation.statuses import Standing
from tests.engine.tradestation.test_bodies import order

FLL = {
    "OrderID": "1", "Status": "FLL", "StatusDescription": "Filled", "LimitPrice": "-1.05", "FilledPrice": "-1.06",
    "CommissionFee": "7.2", "UnbundledRouteFee": "0.24", "ClosedDateTime": "2025-11-03T15:00:05Z",
    "Legs": [
        {"Symbol": "SPY 251219C430", "BuyOrSell": "Buy", "ExecQuantity": "3", "ExecutionPrice": "0.51"},
        {"Symbol": "SPY 251219P370", "BuyOrSell": "Buy", "ExecQuantity": "3", "ExecutionPrice": "0.47"},
        {"Symbol": "SPY 251219P380", "BuyOrSell": "SELL", "ExecQuantity": "3", "ExecutionPrice": "0.98"},
        {"Symbol": "SPY 251219C420", "BuyOrSell": "Sell", "ExecQuantity": "3", "ExecutionPrice": "1.06"},
    ],
}  # fmt: skip
"""A condor of three, its legs in an order of their own."""

Change = Callable[[dict[str, Any]], None]


def said(change: Change | None = None, of: Order | None = None) -> Progress | Parked:
    """What a frame says, after a change."""
    frame = msgspec.json.decode(msgspec.json.encode(FLL))
    if change is not None:
        change(frame)
    return progress(of or order(), msgspec.convert(frame, OrderFrame, strict=False))


def sure(change: Change | None = None, of: Order | None = None) -> Progress:
    """The same, where it can be read."""
    found = said(change, of)
    assert isinstance(found, Progress), found
    return found


def test_a_filled_package() -> None:
    found = sure()
    assert found.standing is Standing.FILLED
    assert found.done == (3, -3, -3, 3)
    assert found.prices == tuple(dollars(price) for price in ("0.47", "0.98", "1.06", "0.51"))
    assert (found.limit, found.costs, found.is_closed) == (dollars("-1.05"), dollars("7.44"), True)
    assert (found.units, found.is_even, found.words) == ((3, 3, 3, 3), True, "Filled")


def test_nothing_done_yet() -> None:
    def working(frame: dict[str, Any]) -> None:
        frame |= {"Status": "ACK", "ClosedDateTime": None}
        for leg in frame["Legs"]:
            leg |= {"ExecQuantity": "0", "ExecutionPrice": None}

    found = sure(working)
    assert (found.standing, found.done, found.prices) == (Standing.LIVE, (0,) * 4, (None,) * 4)
    assert not found.is_closed


def test_a_fill_comes_with_an_acknowledgement_first() -> None:
    found = sure(lambda frame: frame.update(Status="ACK", ClosedDateTime=None))
    assert (found.standing, found.units) == (Standing.LIVE, (3, 3, 3, 3))


def test_legs_out_of_step() -> None:
    found = sure(lambda frame: frame["Legs"][0].update(ExecQuantity="2"))
    assert (found.done, found.is_even) == ((3, -3, -3, 2), False)


def test_a_doubled_leg_counts_once() -> None:
    def doubled(frame: dict[str, Any]) -> None:
        frame["Legs"].insert(0, {**frame["Legs"][0], "ExecQuantity": "1", "ExecutionPrice": "0.5"})

    assert sure(doubled).done == (3, -3, -3, 3)
    assert sure(doubled).prices[3] == dollars("0.51")


def test_a_leg_that_is_left_out_has_done_nothing_that_we_know_of() -> None:
    found = sure(lambda frame: frame["Legs"].pop(0))
    assert (found.done, found.is_even) == ((3, -3, -3, 0), False)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda frame: frame["Legs"][1].update(ExecQuantity="4"), "4 of 3"),
        (lambda frame: frame["Legs"][1].update(ExecQuantity="2.5"), "no whole number"),
        (lambda frame: frame["Legs"][1].update(ExecQuantity="-1"), "no whole number"),
        (lambda frame: frame["Legs"][1].update(ExecutionPrice=None), "no price"),
        (lambda frame: frame["Legs"][1].update(Symbol="SPY 251219P371"), "not in O000007"),
        (lambda frame: frame["Legs"][1].update(BuyOrSell="Sell"), "not in O000007"),
        (lambda frame: frame["Legs"][1].update(BuyOrSell="Hold"), "cannot be read"),
        (lambda frame: frame["Legs"][1].update(Symbol="?"), "cannot be read"),
    ],
)
def test_what_cannot_be_is_parked(change: Change, why: str) -> None:
    found = said(change)
    assert isinstance(found, Parked)
    assert why in found.why


def test_a_word_that_we_do_not_know_concludes_nothing() -> None:
    found = sure(lambda frame: frame.update(Status="BRO", StatusDescription="Broken"))
    assert (found.standing, found.words, found.done) == (None, "Broken", (3, -3, -3, 3))


def test_the_reason_of_a_rejection_is_told() -> None:
    found = sure(lambda frame: frame.update(Status="REJ", RejectReason="not enough buying power"))
    assert (found.standing, found.words) == (Standing.REJECTED, "not enough buying power")


@pytest.mark.parametrize(("side", "limit"), [("SellShort", "-612.5"), ("Sell", "-612.5")])
def test_shares_sold_are_a_credit(side: str, limit: str) -> None:
    sold = order(shares_of("SPY", is_long=False), limit, 70)

    def shares(frame: dict[str, Any]) -> None:
        leg = {"Symbol": "SPY", "BuyOrSell": side, "ExecQuantity": "33", "ExecutionPrice": "612.527"}
        frame |= {"LimitPrice": "612.5", "Status": "FPR", "Legs": [leg]}

    found = sure(shares, sold)
    assert (found.limit, found.done, found.units) == (dollars(limit), (-33,), (33,))
    assert found.prices == (dollars("612.527"),)


def test_an_average_of_several_fills_goes_to_the_nearest_unit() -> None:
    found = sure(lambda frame: frame["Legs"][1].update(ExecutionPrice="0.46666666666"))
    assert found.prices[0] == dollars("0.4667")


def test_costs_that_were_not_told_are_not_nothing() -> None:
    assert sure(lambda frame: frame.pop("CommissionFee")).costs is None
