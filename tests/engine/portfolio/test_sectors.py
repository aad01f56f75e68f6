"""The table of sectors: what ships, and a user's own file over it with every bad row named."""

from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.market.simulated.universe import UNDERLYINGS
from engine.portfolio.sectors import FILE, read_sectors, sectors_of, shipped_sectors


def test_it_names_every_name_of_the_simulated_market_and_funds_by_what_they_hold() -> None:
    table = shipped_sectors()
    assert {each.symbol for each in UNDERLYINGS} <= table.keys()
    assert [table[symbol] for symbol in ("SPY", "QQQ", "IWM", "XLK", "XLE")] == [
        "Broad Market", "Broad Market", "Broad Market", "Technology", "Energy",
    ]  # fmt: skip
    assert (table["TSLA"], table["AAPL"], table["JPM"]) == ("Technology", "Technology", "Financials")


def test_a_users_file_overrides_and_adds(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("\ufeffSymbol, Sector\ntsla,Consumer Discretionary\n\nZZZ,Funny\n", encoding="utf-8")
    table = sectors_of(tmp_path)
    assert (table["TSLA"], table["ZZZ"], table["AAPL"]) == ("Consumer Discretionary", "Funny", "Technology")


def test_without_one_the_table_is_as_it_ships(tmp_path: Path) -> None:
    assert sectors_of(tmp_path) == shipped_sectors()


def test_every_bad_row_is_named_at_once_and_nothing_of_the_file_is_taken(tmp_path: Path) -> None:
    lines = ["symbol,sector", "TSLA", "AAPL,", "a b,Energy", "JPM,Financials", "jpm,Energy", f"KO,{'x' * 41}"]
    (tmp_path / FILE).write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(MindfolioError) as caught:
        sectors_of(tmp_path)
    for words in (
        FILE,
        "row 2: 1 columns where there have to be 2",
        "row 3: the sector of AAPL is missing",
        "row 4: 'a b' is no symbol",
        "row 6: JPM is named twice",
        "row 7: the sector of KO is too long",
    ):
        assert words in str(caught.value)
    assert "row 5" not in str(caught.value)


def test_a_file_without_its_header_or_in_another_coding_is_refused(tmp_path: Path) -> None:
    assert read_sectors(["TSLA,Technology"]) == ({}, ("row 1: the header has to be symbol,sector",))
    (tmp_path / FILE).write_bytes(b"symbol,sector\nTSLA,\xff\n")
    with pytest.raises(MindfolioError, match="cannot be read"):
        sectors_of(tmp_path)


def test_what_is_no_table_is_told_in_one_line_of_bounded_length(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("symbol,sector\nKO,Staples\nPEP," + "x" * 200_000, encoding="utf-8")
    with pytest.raises(MindfolioError, match=r"row 3: field larger than field limit"):
        sectors_of(tmp_path)
    (tmp_path / FILE).write_text("symbol,sector\n" + "KO\n" * 100_000, encoding="utf-8")
    with pytest.raises(MindfolioError, match=r"row 21: .*; and 99,980 more$") as caught:
        sectors_of(tmp_path)
    assert len(str(caught.value)) < 2_000


def test_a_sector_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("symbol,sector\nKO,\x1b[2JEnergy\nPEP,Énergie\n", encoding="utf-8")
    with pytest.raises(MindfolioError, match=r"row 2: the sector of KO has a sign that cannot be shown$"):
        sectors_of(tmp_path)
