"""What a file's name tells, and what is asked for where it tells nothing."""

import pytest

from engine.core.errors import ImportRefused
from engine.market.formats.filenames import (
    LeanMember,
    lean_member,
    named_contract,
    named_page,
    named_symbol,
    named_symbol_if_any,
)


@pytest.mark.parametrize(
    ("name", "symbol"),
    [("spy_eod_202301.txt", "spy"), ("QQQ-2020.csv", "QQQ"), ("iwm options.csv", "iwm"), ("tlt_eod.csv", "tlt")],
)
def test_a_name_begins_with_its_symbol(name: str, symbol: str) -> None:
    assert named_symbol(name, "shown") == {"symbol": symbol}


@pytest.mark.parametrize("name", ["optionsdx_2020.txt", "data_2020.csv", "2020.csv", "spy.txt", "chain-2020.csv", ""])
def test_a_name_without_a_symbol_is_refused_with_an_example(name: str) -> None:
    assert named_symbol_if_any(name) == {}
    with pytest.raises(ImportRefused, match=r"shown: .*like spy_eod_202301\.txt"):
        named_symbol(name, "shown")


def test_a_symbol_that_is_given_counts_where_the_name_tells_none() -> None:
    assert named_symbol("optionsdx_2020.txt", "shown", "SPX") == {"symbol": "SPX"}
    assert named_symbol_if_any("2020.csv", "shown", "SPX") == {"symbol": "SPX"}
    assert named_symbol("spy_eod_202301.txt", "shown", "SPX") == {"symbol": "spy"}


def test_a_contract_stands_anywhere_in_a_name() -> None:
    assert named_contract("eod_spy230519c00390000.csv", "shown") == {"contract": "SPY230519C00390000"}
    with pytest.raises(ImportRefused, match=r"shown: .*holds the OCC symbol"):
        named_contract("SPY230519C003900001.csv", "shown")


def test_a_saved_page_names_symbol_expiration_and_date() -> None:
    name = "spy-options-exp-2024-01-19-weekly-show-all-stacked-01-12-2024.csv"
    assert named_page(name, "shown") == {"symbol": "spy", "expiration": "2024-01-19", "quoted_at": "01-12-2024"}
    with pytest.raises(ImportRefused, match=r"shown: .*keep the name it was saved under"):
        named_page("options.csv", "shown")


def test_members_of_a_lean_archive_name_their_contract() -> None:
    minute = lean_member("20151224_goog_minute_quote_american_call_7500000_20151231.csv")
    assert minute == LeanMember("GOOG", "quote", "call", "7500000", "20151231", "20151224")
    daily = lean_member("aapl_openinterest_american_put_100000_20140118.csv")
    assert daily == LeanMember("AAPL", "openinterest", "put", "100000", "20140118", "")
    assert lean_member("aapl.csv") is None
