"""What an order looks like on its way out, held against the shapes of their own document where it is at hand."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.core.money import dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import Order, OrderPurpose
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.tradestation.bodies import order_body, price_text, replace_body

DOCUMENT = Path(__file__).resolve().parents[4] / "shared/data/tradestation/openapi_v3.json"
DAY = dt.date(2025, 12, 19)


def option(strike: int, right: Right, day: dt.date = DAY) -> OptionContract:
    """An option of SPY."""
    return OptionContract("SPY", day, dollars(strike), right)


CONDOR = Structure(
    StructureKind.IRON_CONDOR,
    tuple(
        Leg(option(strike, right), ratio)
        for strike, right, ratio in (
            (370, Right.PUT, 1), (380, Right.PUT, -1), (420, Right.CALL, -1), (430, Right.CALL, 1),
        )
    ),
)  # fmt: skip
HELD = {leg.contract.occ: leg.ratio * 3 for leg in CONDOR.legs}


def order(structure: Structure = CONDOR, limit: str = "-1.05", quantity: int = 3, purpose: str = "OPEN") -> Order:
    """An order of ours."""
    price = dollars(limit)
    return Order(
        "O000007", "IV_SERVICE", "P000001", OrderPurpose(purpose), structure, quantity, price, price, 0,
        dt.datetime(2025, 11, 3, 15, tzinfo=dt.UTC), "test",
    )  # fmt: skip


def legs(body: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Of a body, each leg."""
    return [(leg["Symbol"], leg["Quantity"], leg["TradeAction"]) for leg in body["Legs"]]


def test_a_condor_is_sold_for_a_credit() -> None:
    body = order_body(order(), "11111111", "MF7O000007", {})
    assert legs(body) == [
        ("SPY 251219P370", "3", "BUYTOOPEN"),
        ("SPY 251219P380", "3", "SELLTOOPEN"),
        ("SPY 251219C420", "3", "SELLTOOPEN"),
        ("SPY 251219C430", "3", "BUYTOOPEN"),
    ]
    assert (body["LimitPrice"], body["OrderType"], body["TimeInForce"]) == ("-1.05", "Limit", {"Duration": "DAY"})
    assert body["OrderConfirmID"] == "MF7O000007"
    assert not {"Symbol", "Quantity", "TradeAction"} & body.keys(), "a package has them in its legs alone"


def test_it_is_bought_back_for_a_debit() -> None:
    body = order_body(order(limit="0.40", purpose="CLOSE"), "11111111", "MF7O000008", HELD)
    assert [action for _, _, action in legs(body)] == ["SELLTOCLOSE", "BUYTOCLOSE", "BUYTOCLOSE", "SELLTOCLOSE"]
    assert body["LimitPrice"] == "0.4"


def test_a_roll_closes_what_is_held_and_opens_the_rest() -> None:
    later = option(380, Right.PUT, dt.date(2026, 1, 16))
    roll = Structure(StructureKind.CUSTOM, (Leg(option(380, Right.PUT), 1), Leg(later, -1)))
    body = order_body(order(roll, "-0.85", 2, "ROLL"), "11111111", "MF7O000009", HELD)
    assert legs(body) == [("SPY 251219P380", "2", "BUYTOCLOSE"), ("SPY 260116P380", "2", "SELLTOOPEN")]


def test_a_ratio_is_contracts_in_all() -> None:
    spread = Structure(
        StructureKind.PUT_RATIO_SPREAD, (Leg(option(370, Right.PUT), -2), Leg(option(380, Right.PUT), 1))
    )
    assert [count for _, count, _ in legs(order_body(order(spread), "11111111", "A1", {}))] == ["6", "3"]


@pytest.mark.parametrize(
    ("is_long", "purpose", "held", "action"),
    [
        (True, "OPEN", 0, "BUY"), (True, "OPEN", 50, "BUY"), (True, "CLOSE", 7, "SELL"),
        (False, "OPEN", 0, "SELLSHORT"), (False, "OPEN", -5, "SELLSHORT"), (False, "CLOSE", -7, "BUYTOCOVER"),
        (True, "OPEN", -7, "BUYTOCOVER"), (False, "OPEN", 7, "SELL"),
    ],
)  # fmt: skip
def test_shares_by_what_the_account_holds(is_long: bool, purpose: str, held: int, action: str) -> None:
    pays = is_long == (purpose == "OPEN")
    shares = order(shares_of("SPY", is_long=is_long), "612.34" if pays else "-612.34", 7, purpose)
    body = order_body(shares, "11111111", "A1", {"SPY": held})
    assert (body["Symbol"], body["Quantity"], body["TradeAction"]) == ("SPY", "7", action)
    assert body["LimitPrice"] == "612.34", "the price of shares has no sign"
    assert "Legs" not in body


@pytest.mark.parametrize("held", [{"SPY": 5}, {"SPY": 6}])
def test_what_would_close_and_open_at_once_cannot_be_said(held: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="one order cannot close and open"):
        order_body(order(shares_of("SPY", is_long=False), "-612", 7), "11111111", "A1", held)


def test_what_the_account_does_not_have_is_closed_only_where_it_is_netted_with_other_positions() -> None:
    closing = order(shares_of("SPY"), "-612", 7, "CLOSE")
    for held in ({}, {"SPY": -3}):
        with pytest.raises(ValueError, match="O000007 closes SPY, which the account does not hold"):
            order_body(closing, "11111111", "A1", held)
        netted = order_body(replace(closing, is_netted=True), "11111111", "A1", held)
        assert netted["TradeAction"] == "SELLSHORT"
    with pytest.raises(ValueError, match="SPY251219P00370000"):
        order_body(order(purpose="CLOSE"), "11111111", "A1", {**HELD, "SPY251219P00370000": 0})


@pytest.mark.parametrize("name", ["", "x" * 23, "A-1", "A 1"])
def test_a_client_id_that_they_would_not_take(name: str) -> None:
    with pytest.raises(ValueError, match="client id"):
        order_body(order(), "11111111", name, {})


@pytest.mark.parametrize(
    ("price", "text"),
    [
        ("0", "0"),
        ("-1.05", "-1.05"),
        ("0.4", "0.4"),
        ("12", "12"),
        ("-0.0001", "-0.0001"),
        ("100", "100"),
        ("10.10", "10.1"),
    ],
)
def test_prices_are_exact_text(price: str, text: str) -> None:
    assert price_text(dollars(price)) == text


def test_a_new_limit_changes_nothing_else() -> None:
    assert replace_body(order(), dollars("-1.00")) == {"LimitPrice": "-1"}
    assert replace_body(order(shares_of("SPY", is_long=False), "-612", 7), dollars("-611.5")) == {"LimitPrice": "611.5"}


# --- their document --------------------------------------------------------------------------------------------------
def _fits(value: object, schema: dict[str, Any], every: dict[str, Any], where: str) -> list[str]:
    """What of a value does not fit a schema of the kind that the document has for requests."""
    if "$ref" in schema:
        schema = every[schema["$ref"].rpartition("/")[2]]
    kind = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": float}[
        schema["type"]
    ]
    if not isinstance(value, kind):
        return [f"{where}: {value!r} is no {schema['type']}"]
    wrong = []
    if isinstance(value, dict):
        wrong += [f"{where} lacks {name}" for name in schema.get("required", ()) if name not in value]
        wrong += [f"{where}: they know no {name}" for name in value if name not in schema["properties"]]
        for name in value.keys() & schema["properties"].keys():
            wrong += _fits(value[name], schema["properties"][name], every, f"{where}.{name}")
    if isinstance(value, list):
        for number, each in enumerate(value):
            wrong += _fits(each, schema["items"], every, f"{where}[{number}]")
    if isinstance(value, str):
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10**6)
        if not shortest <= len(value) <= longest or value not in schema.get("enum", [value]):
            wrong.append(f"{where}: {value!r}")
    return wrong


@pytest.mark.skipif(not DOCUMENT.exists(), reason="their OpenAPI document is not at hand")
class TestTheirDocument:
    @pytest.fixture
    def every(self) -> dict[str, Any]:
        """All schemas."""
        found: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))["components"]["schemas"]
        return found

    @pytest.mark.parametrize(
        ("structure", "purpose", "held"),
        [
            (CONDOR, "OPEN", {}), (CONDOR, "CLOSE", HELD), (shares_of("SPY"), "OPEN", {}),
            (shares_of("SPY", is_long=False), "CLOSE", {"SPY": -3}),
            (Structure(StructureKind.SHORT_PUT, CONDOR.legs[1:2]), "OPEN", {}),
        ],
    )  # fmt: skip
    def test_every_shape_fits(
        self, every: dict[str, Any], structure: Structure, purpose: str, held: dict[str, int]
    ) -> None:
        shape = order(structure, "1.05", purpose=purpose)
        body = json.loads(json.dumps(order_body(shape, "11111111", "MF7O000007", held)))
        schema = every["OrderRequest"]
        if "Legs" in body:
            # Their own examples of packages leave out at the top what the schema asks for there: it stands in the legs.
            at_top = ("Symbol", "Quantity", "TradeAction")
            schema = {**schema, "required": [name for name in schema["required"] if name not in at_top]}
        assert _fits(body, schema, every, "order") == []
        assert _fits(replace_body(shape, dollars(2)), every["OrderReplaceRequest"], every, "replace") == []

    def test_the_check_notices_what_does_not_fit(self, every: dict[str, Any]) -> None:
        body: dict[str, object] = {**order_body(order(shares_of("SPY")), "11111111", "A1", {})}
        for change in ({"Quantity": 3}, {"OrderType": "limit"}, {"Colour": "red"}, {"OrderConfirmID": "x" * 23}):
            assert _fits({**body, **change}, every["OrderRequest"], every, "order") != []
        body.pop("Symbol")
        assert _fits(body, every["OrderRequest"], every, "order") == ["order lacks Symbol"]


def test_a_quantity_of_its_own_for_each_unit() -> None:
    assert legs(order_body(replace(order(), quantity=1), "1", "A1", {}))[0][1] == "1"
