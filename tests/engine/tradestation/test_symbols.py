"""Their names for options, shares and indices, there and back."""

import datetime as dt

import pytest

from engine.core.money import dollars
from engine.domain.instrument import OptionContract, Right
from engine.tradestation.symbols import instrument_of, symbol_of, underlying_symbol

CASES = {
    "AAPL 220617P150": OptionContract("AAPL", dt.date(2022, 6, 17), dollars(150), Right.PUT),
    "TSLA 240510C167.5": OptionContract("TSLA", dt.date(2024, 5, 10), dollars("167.5"), Right.CALL),
    "RUTW 241206C2415": OptionContract("RUTW", dt.date(2024, 12, 6), dollars(2415), Right.CALL),
    "VIXW 241211C14.5": OptionContract("VIXW", dt.date(2024, 12, 11), dollars("14.5"), Right.CALL),
    "SPY 251219C420": OptionContract("SPY", dt.date(2025, 12, 19), dollars(420), Right.CALL),
    "F 240119P2.82": OptionContract("F", dt.date(2024, 1, 19), dollars("2.82"), Right.PUT),
}


@pytest.mark.parametrize(("text", "contract"), CASES.items())
def test_there_and_back(text: str, contract: OptionContract) -> None:
    assert symbol_of(contract) == text
    assert instrument_of(text) == contract
    assert instrument_of(text.lower()) == contract, "streams have been seen to say it in small letters"


def test_shares_and_indices() -> None:
    assert [underlying_symbol(root) for root in ("AAPL", "SPX", "VIX")] == ["AAPL", "$SPX.X", "$VIX.X"]
    assert [instrument_of(text) for text in ("spy", "$SPX.X", "BRK.B")] == ["SPY", "SPX", "BRK.B"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAPL 220617X150",
        "AAPL 229917P150",
        "AAPL 220617P",
        "@ES",
        "SPY251219C00420000",
        "AAPL 220617P1.23456",
        "$.X",
    ],
)
def test_what_cannot_be_read_is_nothing(text: str) -> None:
    assert instrument_of(text) is None
