"""The types that their words become: their names over there, and what is kept out of logs."""

from decimal import Decimal

import msgspec
import pytest

from engine.tradestation import frames as f
from engine.tradestation.reading import read_answer


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (f.OrderFrame, {"OrderID", "AccountID", "CommissionFee", "UnbundledRouteFee", "ClosedDateTime", "Legs"}),
        (f.OrderLeg, {"BuyOrSell", "ExecQuantity", "ExecutionPrice", "OpenOrClose"}),
        (f.Balance, {"CashBalance", "BuyingPower", "BalanceDetail", "UnclearedDeposit"}),
        (f.PositionFrame, {"PositionID", "LongShort", "Quantity", "Deleted"}),
        (f.SpreadRow, {"DailyOpenInterest", "ImpliedVolatility", "Legs"}),
        (f.Bar, {"TimeStamp", "TotalVolume", "IsEndOfHistory"}),
    ],
)
def test_fields_are_named_as_they_name_them(kind: type[f.Wired], names: set[str]) -> None:
    assert names <= {field.encode_name for field in msgspec.structs.fields(kind)}


@pytest.mark.parametrize("price", ["999999999999999.99", "-1", "0", "0.00005"])
def test_numbers_that_can_be(price: str) -> None:
    assert msgspec.convert({"LimitPrice": price}, f.OrderFrame).limit_price == Decimal(price)


@pytest.mark.parametrize("price", ["1E16", "-1E+16", "NaN", "sNaN", "-Infinity", "1E+999999"])
def test_numbers_that_cannot_be_make_the_whole_invalid(price: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="LimitPrice is no number that can be"):
        msgspec.convert({"LimitPrice": price}, f.OrderFrame)


def test_what_was_parked_keeps_what_was_said_out_of_logs() -> None:
    parked = f.Parked("no JSON", '{"AccountID":"12345678"')
    assert (repr(parked), parked.text) == ("Parked(why='no JSON')", '{"AccountID":"12345678"')


def test_tokens_are_in_no_repr() -> None:
    body = b'{"access_token":"secret-a","refresh_token":"secret-r","expires_in":1200,"token_type":"Bearer"}'
    found = read_answer(f.TokenAnswer, 200, body)
    assert isinstance(found, f.TokenAnswer)
    assert (found.access_token, found.refresh_token) == ("secret-a", "secret-r")
    assert "secret" not in f"{found!r} {found}"
