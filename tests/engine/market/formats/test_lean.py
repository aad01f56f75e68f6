"""LEAN's archives: contracts from member names, minutes and days, and the open interest of the archive beside."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ImportRefused
from engine.market.formats.lean import bar_end, lean_members
from engine.market.history import HistoryStore
from engine.market.importer import ImportReport, import_files
from tests.engine.market.formats.samples import SAMPLES, zipped

CALL, PUT = "call_6450000_20140613.csv", "put_6450000_20140613.csv"
CLOSE = dt.datetime(2014, 6, 6, 20, tzinfo=dt.UTC)


def bring_in(path: Path, history: HistoryStore) -> ImportReport:
    (report,) = import_files([path], history, lambda _: None)
    return report


@pytest.fixture
def quotes(tmp_path: Path) -> Path:
    path = tmp_path / "aapl_2014_quote_american.zip"
    path.write_bytes(SAMPLES["lean_daily"].content)
    return path


@pytest.fixture
def interest(tmp_path: Path) -> Path:
    path = tmp_path / "aapl_2014_openinterest_american.zip"
    members = {f"aapl_openinterest_american_{CALL}": "20140605 00:00,7\n20140606 00:00,9325\n"}
    path.write_bytes(zipped(members))
    return path


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20151224 34200000", dt.datetime(2015, 12, 24, 14, 31, tzinfo=dt.UTC)),
        ("20140606 00:00", CLOSE),
        ("20140606 10:00", dt.datetime(2014, 6, 6, 15, tzinfo=dt.UTC)),
        ("20140607 00:00", dt.date(2014, 6, 7)),
        ("20140606 25:00", None),
        ("20140606 10:00+01:00", None),
        ("x 10:00", None),
        ("", None),
    ],
)
def test_a_bar_is_known_at_its_end(text: str, at: object) -> None:
    assert bar_end(text) == at


def test_only_an_archive_of_contracts_alone_is_leans() -> None:
    assert lean_members(["aapl.csv"]) == {}
    assert lean_members([f"aapl_quote_american_{CALL}", "more.csv"]) == {}
    (member,) = lean_members([f"aapl_quote_american_{CALL}"]).values()
    assert (member.symbol, member.what, member.date) == ("AAPL", "quote", "")


@pytest.mark.usefixtures("interest")
def test_quotes_take_the_open_interest_of_the_archive_beside_them(quotes: Path, history: HistoryStore) -> None:
    report = bring_in(quotes, history)
    assert (report.rows_read, report.rows_kept, report.rejected) == (3, 2, {"no underlying price": 1})
    update = history.read("AAPL", CLOSE)
    assert update.open_interest[0] == 9325
    assert np.isnan(update.open_interest[1])
    assert (update.bid.tolist(), update.ask.tolist(), update.spot) == ([1.21, 1.01], [1.33, 1.13], 645.2)


def test_open_interest_brings_its_quotes_along_and_adds_nothing_after_them(
    quotes: Path, interest: Path, history: HistoryStore
) -> None:
    first, second = import_files([quotes, interest], history, lambda _: None)
    assert (first.rows_added, second.rows_added, second.rows_read, second.rows_kept) == (2, 0, 2, 1)
    assert second.rejected == {"no quote time": 1}


def test_open_interest_alone_is_refused(interest: Path, history: HistoryStore) -> None:
    with pytest.raises(ImportRefused, match=r"holds open interest alone; put the archive of its quotes beside it"):
        bring_in(interest, history)


def test_trades_are_kept_as_last_prices_only(tmp_path: Path, history: HistoryStore) -> None:
    path = tmp_path / "aapl_2014_trade_american.zip"
    members = {
        f"aapl_trade_american_{CALL}": "20140606 00:00,14900,15900,10400,12700,30\n",
        f"aapl_trade_american_{PUT}": "20140606 00:00,14900,15900,10400,10700,31\n",
    }
    path.write_bytes(zipped(members))
    report = bring_in(path, history)
    assert report.rows_kept == 2
    assert any("last trades only" in note for note in report.notes)
    update = history.read("AAPL", CLOSE)
    assert np.isnan([update.bid, update.ask]).all()
    assert (update.volume.tolist(), update.spot) == ([30, 31], 645.2)


def test_an_archive_of_several_kinds_is_refused(tmp_path: Path, history: HistoryStore) -> None:
    path = tmp_path / "mixed.zip"
    members = {f"aapl_quote_american_{CALL}": "20140606 00:00,1,1,1,1,1,1,1,1,1,1", f"aapl_trade_american_{CALL}": "x"}
    path.write_bytes(zipped(members))
    with pytest.raises(ImportRefused, match=r"mixed\.zip: holds quote and trade in one archive"):
        bring_in(path, history)


def test_a_wrong_archive_beside_is_refused(quotes: Path, interest: Path, history: HistoryStore) -> None:
    interest.write_bytes(zipped({"other.csv": "1"}))
    with pytest.raises(ImportRefused, match="is not what its name says"):
        bring_in(quotes, history)
