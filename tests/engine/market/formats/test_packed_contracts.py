"""Files of one contract each in one archive: the price of their underlying comes of all of them together."""

import datetime as dt
from pathlib import Path

import pytest

from engine.core.errors import ImportRefused
from engine.market.formats.packed_contracts import contract_members
from engine.market.history import HistoryStore
from engine.market.importer import ImportReport, import_files
from tests.engine.market.formats.samples import SAMPLES, zipped

CALL = SAMPLES["theta_v2"].content
HEADER = CALL.splitlines()[0]
PUT = HEADER + b"\r\n61800000,57599000,0.1,0.2,0.1,0.12,55,9,5,1,0.11,50,6,1,0.13,50,20240102\r\n"
CLOSE = dt.datetime(2024, 1, 2, 21, tzinfo=dt.UTC)


def bring_in(folder: Path, history: HistoryStore, members: dict[str, bytes]) -> ImportReport:
    path = folder / "contracts.zip"
    path.write_bytes(zipped(members))
    (report,) = import_files([path], history, lambda _: None)
    return report


def test_names_tell_contracts_when_all_of_several_do() -> None:
    names = ["SPY240119C00390000.csv", "eod/SPY240119P00390000.csv"]
    assert contract_members(names) == {names[0]: "SPY240119C00390000", names[1]: "SPY240119P00390000"}
    assert contract_members(names[:1]) == {}
    assert contract_members([*names, "more.csv"]) == {}


def test_parity_finds_the_price_in_all_of_them_together(tmp_path: Path, history: HistoryStore) -> None:
    members = {"SPY240119C00390000.csv": CALL, "SPY240119P00390000.csv": b"\xef\xbb\xbf" + PUT}
    report = bring_in(tmp_path, history, members)
    assert (report.source, report.rows_read, report.rows_kept) == ("ThetaData v2, many contracts", 2, 2)
    update = history.read("SPY", CLOSE)
    assert update.spot == pytest.approx(390 + 80.2 - 0.12)
    assert (update.bid.tolist(), update.ask.tolist()) == ([80.1, 0.11], [80.3, 0.13])


def test_a_member_with_other_columns_is_refused_by_name(tmp_path: Path, history: HistoryStore) -> None:
    members = {"SPY240119C00390000.csv": CALL, "SPY240119P00390000.csv": PUT.replace(b"bid_size", b"size")}
    with pytest.raises(ImportRefused, match=r"SPY240119P00390000\.csv: has other columns than SPY240119C00390000\.csv"):
        bring_in(tmp_path, history, members)


def test_lines_behind_an_open_quotation_mark_are_not_lost_without_a_word(tmp_path: Path, history: HistoryStore) -> None:
    members = {"SPY240119C00390000.csv": CALL, "SPY240119P00390000.csv": PUT.replace(b"0.13", b'"0.13')}
    with pytest.raises(ImportRefused, match=r"contracts\.zip: has a quotation mark that is never closed"):
        bring_in(tmp_path, history, members)


def test_members_of_another_format_are_read_one_by_one(tmp_path: Path, history: HistoryStore) -> None:
    content = SAMPLES["hod_l2"].content
    report = bring_in(tmp_path, history, {"SPY240119C00390000.csv": content, "SPY240119P00390000.csv": content})
    assert (report.source, report.rows_read, report.rows_added) == ("HistoricalOptionData", 2, 1)
