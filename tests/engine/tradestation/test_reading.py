"""Their answers and lines: typed, or parked with a reason; captured ones and the document's examples where at hand."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.tradestation import frames as f
from engine.tradestation.reading import Stream, read_answer, read_line

DATA = Path(__file__).resolve().parents[4] / "shared/data/tradestation"
NOT_HERE = pytest.mark.skipif(not DATA.exists(), reason="their document and captured frames are not at hand")

STOP_HIT = (
    b'{"AccountID":"SIM2784990M","ClosedDateTime":"2026-04-23T17:26:21Z","CommissionFee":"0","FilledPrice":"0","Legs":'
    b'[{"AssetType":"STOCK","BuyOrSell":"Buy","ExecQuantity":"0","QuantityOrdered":"1","Symbol":"IONQ"}],'
    b'"OrderID":"948679459","OrderType":"StopMarket","Status":"STP","StopPrice":"43.02","Colour":{"new":[1]}}'
)


def test_an_order_of_a_stream() -> None:
    found = read_line(Stream.ORDERS, STOP_HIT)
    assert isinstance(found, f.OrderFrame)
    assert (found.order_id, found.status, found.limit_price) == ("948679459", "STP", None)
    assert found.legs[0].exec_quantity == Decimal(0)
    assert found.closed_date_time is not None
    assert found.closed_date_time.tzinfo is not None


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"Heartbeat":1,"Timestamp":"2021-09-23T15:53:05Z"}', f.Heartbeat),
        (b'{"Heartbeat":"7"}', f.Heartbeat),
        (b'{"StreamStatus":"EndSnapshot"}', f.StreamStatus),
        (b'{"StreamStatus":"GoAway"}', f.StreamStatus),
        (b'{"Error":"GoAway","Message":"the server is shutting down"}', f.Failure),
        (b'{"Symbol":"AAPL","Error":"DualLogon"}', f.Failure),
        (b'{"AccountID":"1","Error":"Forbidden","Message":null}', f.Failure),
    ],
)
def test_what_any_stream_says(line: bytes, kind: type) -> None:
    for stream in Stream:
        assert isinstance(read_line(stream, line), kind)


@pytest.mark.parametrize("number", ['"0.1"', "0.1", '"1E-1"'])
def test_numbers_come_as_text_or_numbers_and_stay_exact(number: str) -> None:
    found = read_line(Stream.QUOTES, b'{"Symbol":"spy","Bid":' + number.encode() + b"}")
    assert isinstance(found, f.QuoteFrame)
    assert found.bid == Decimal("0.1")


@pytest.mark.parametrize(
    "number",
    ['"NaN"', '"Infinity"', '"-Infinity"', "1e400", '"1E+16"', '"a lot"', '""', "true", "[]", '"' + "9" * 400 + '"'],
)
def test_numbers_that_cannot_be_are_parked(number: str) -> None:
    found = read_line(Stream.QUOTES, b'{"Symbol":"SPY","Bid":' + number.encode() + b"}")
    assert isinstance(found, f.Parked)
    assert found.why


@pytest.mark.parametrize(
    "line",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"{}", b'{"Symbol":"SPY"}', b'{"OrderID":7,"Legs":{}}',
        b'{"OrderID":"1","Legs":[3]}', b'{"OrderID":"1","OpenedDateTime":"yesterday"}', b"[" * 5000,
        b'{"Heartbeat":"often"}', b'{"Error":3}',
    ],
)  # fmt: skip
def test_what_is_no_order_is_parked(line: bytes) -> None:
    found = read_line(Stream.ORDERS, line)
    assert isinstance(found, f.Parked)
    assert found.why
    assert found.text == line[:300].decode("utf-8", "replace")
    assert "SPY" not in repr(found), "what was said may name an account: it is kept out of logs"


def test_an_answer_with_200_may_be_a_failure() -> None:
    body = b'{"Error":"Failed","Message":"Not entitled to data for this symbol"}'
    for status in (200, 400):
        found = read_answer(f.BarsAnswer, status, body)
        assert isinstance(found, f.Failure)
        assert found.message == "Not entitled to data for this symbol"


def test_an_order_that_was_not_taken_although_the_answer_is_200() -> None:
    body = b'{"Orders":[],"Errors":[{"OrderID":"1","Error":"FAILED","Message":"Order failed. Reason: EC601"}]}'
    found = read_answer(f.PlacedAnswer, 200, body)
    assert isinstance(found, f.PlacedAnswer)
    assert found.errors[0].message == "Order failed. Reason: EC601"


@pytest.mark.parametrize(("status", "body"), [(503, b"<html>busy</html>"), (500, b"{}"), (302, b'{"Orders":[]}')])
def test_http_errors_without_words_are_parked(status: int, body: bytes) -> None:
    found = read_answer(f.OrdersAnswer, status, body)
    assert isinstance(found, f.Parked)
    assert f"HTTP {status}" in found.why


@NOT_HERE
def test_all_captured_frames_are_typed() -> None:
    captured = json.loads((DATA / "captured_frames.json").read_text(encoding="utf-8"))["frames"]
    kinds: dict[str, type[Any]] = {
        "Orders": f.OrdersAnswer,
        "Balances": f.BalancesAnswer,
        "Positions": f.PositionsAnswer,
    }
    found = []
    for each in captured:
        said, body = each["json"], json.dumps(each["json"]).encode()
        kind = next((kind for name, kind in kinds.items() if name in said), None)
        kind = f.TokenAnswer if "access_token" in said else kind
        found.append(read_line(Stream.ORDERS, body) if kind is None else read_answer(kind, 200, body))
    assert len(found) == 42
    assert not [each for each in found if isinstance(each, f.Parked)]
    assert sum(isinstance(each, f.OrderFrame) for each in found) == 28


ANSWERS: dict[str, type[Any]] = {
    "get /v3/brokerage/accounts": f.AccountsAnswer,
    "get /v3/brokerage/accounts/{accounts}/balances": f.BalancesAnswer,
    "get /v3/brokerage/accounts/{accounts}/orders": f.OrdersAnswer,
    "get /v3/brokerage/accounts/{accounts}/orders/{orderIds}": f.OrdersAnswer,
    "get /v3/brokerage/accounts/{accounts}/historicalorders": f.OrdersAnswer,
    "get /v3/brokerage/accounts/{accounts}/historicalorders/{orderIds}": f.OrdersAnswer,
    "get /v3/brokerage/accounts/{accounts}/positions": f.PositionsAnswer,
    "post /v3/orderexecution/orders": f.PlacedAnswer,
    "post /v3/orderexecution/ordergroups": f.PlacedAnswer,
    "post /v3/orderexecution/orderconfirm": f.ConfirmedOrders,
    "put /v3/orderexecution/orders/{orderID}": f.PlacedOrder,
    "delete /v3/orderexecution/orders/{orderID}": f.PlacedOrder,
    "get /v3/marketdata/barcharts/{symbol}": f.BarsAnswer,
    "get /v3/marketdata/options/expirations/{underlying}": f.ExpirationsAnswer,
    "get /v3/marketdata/options/strikes/{underlying}": f.StrikesAnswer,
    "get /v3/marketdata/quotes/{symbols}": f.QuotesAnswer,
}
STREAMS = {
    "get /v3/marketdata/stream/barcharts/{symbol}": Stream.BARS,
    "get /v3/marketdata/stream/options/chains/{underlying}": Stream.CHAIN,
    "get /v3/marketdata/stream/options/quotes": Stream.CHAIN,
    "get /v3/marketdata/stream/quotes/{symbols}": Stream.QUOTES,
    "get /v3/brokerage/stream/accounts/{accounts}/orders": Stream.ORDERS,
    "get /v3/brokerage/stream/accounts/{accounts}/orders/{ordersIds}": Stream.ORDERS,
    "get /v3/brokerage/stream/accounts/{accounts}/positions": Stream.POSITIONS,
}
UNUSED = {
    "get /v3/brokerage/accounts/{accounts}/bodbalances", "post /v3/orderexecution/ordergroupconfirm",
    "get /v3/marketdata/symbollists/cryptopairs/symbolnames", "get /v3/marketdata/symbols/{symbols}",
    "get /v3/orderexecution/activationtriggers", "get /v3/orderexecution/routes",
    "post /v3/marketdata/options/riskreward", "get /v3/marketdata/options/spreadtypes",
    "get /v3/marketdata/stream/marketdepth/quotes/{symbol}",
    "get /v3/marketdata/stream/marketdepth/aggregates/{symbol}",
}  # fmt: skip
"""What the program asks for nowhere: their lines are parked."""


def examples() -> list[tuple[str, str, int, Any]]:
    """Of the document, every example of an answer: operation, name, HTTP status, value."""
    document = json.loads((DATA / "openapi_v3.json").read_text(encoding="utf-8"))
    found = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for code, answer in operation.get("responses", {}).items() if isinstance(operation, dict) else ():
                for content in answer.get("content", {}).values():
                    every = content.get("examples", {"": {"value": content["example"]}} if "example" in content else {})
                    found += [(f"{method} {path}", name, int(code), each["value"]) for name, each in every.items()]
    return found


@NOT_HERE
def test_every_example_of_the_document_is_typed_or_parked() -> None:
    told = examples()
    assert len(told) == 52
    for operation, name, status, value in told:
        body = json.dumps(value).encode()
        where = f"{operation}, {name}, {status}"
        if operation in UNUSED:
            lines = value if isinstance(value, list) else [value]
            for line in lines:
                read_line(Stream.ORDERS, json.dumps(line).encode())
        elif operation in STREAMS:
            lines = value if isinstance(value, list) else [value]
            for line in lines:
                found = read_line(STREAMS[operation], json.dumps(line).encode())
                assert not isinstance(found, f.Parked), f"{where}: {found.why}"
        else:
            found = read_answer(ANSWERS[operation], status, body)
            assert not isinstance(found, f.Parked), f"{where}: {found.why}"
            assert isinstance(found, f.Failure) == (status >= 400), where
