"""Files into the history: which are refused and why, and that it is all of them or none."""

import datetime as dt
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.core.errors import ImportRefused
from engine.domain.instrument import OptionContract, Right
from engine.market import importer
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from tests.engine.market.formats.samples import SAMPLES, zipped

AT = dt.datetime(2026, 3, 16, 19, 55, 34, tzinfo=dt.UTC)
HEADER = (
    "snapshot_et", "ticker", "expiration", "type", "strike", "bid", "ask", "lastPrice", "volume", "openInterest",
    "spot_price",
)  # fmt: skip
Row = tuple[object, ...]
MakeRow = Callable[..., Row]
Write = Callable[..., Path]

CHILD = """
import os, signal, sys
from pathlib import Path
from engine.market.history import HistoryStore
from engine.market.importer import import_files
def die(line):
    if line.startswith(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
import_files([Path(sys.argv[1])], HistoryStore(Path(sys.argv[2])), die)
"""


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from engine.core.errors import ImportRefused
from engine.market.history import HistoryStore
from engine.market.importer import import_files
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    import_files([Path(sys.argv[1])], HistoryStore(Path(sys.argv[2])), lambda _: None)
except ImportRefused as refusal:
    print(refusal)
"""


def ignore(_: str) -> None:
    """Progress that nobody reads."""


def files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def test_a_file_is_reported_and_can_be_read_back(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    later = "2026-03-17 09:31:00-0400"
    path = write_csv([row(), row(ticker="QQQ", snapshot_et=later), row(strike=-1)])
    said: list[str] = []
    (report,) = import_files([path], history, said.append)
    assert (report.path, report.source, report.symbols) == (path, "yfinance", ("QQQ", "SPY"))
    assert (report.rows_read, report.rows_kept, report.rows_added, report.rejected) == (3, 2, 2, {"no strike": 1})
    assert report.examples == {
        "no strike": "row 3: 2026-03-16 15:55:34-0400, SPY 2026-04-17 put -1, bid 2.13, ask 2.2, spot 668.81"
    }
    assert (report.first_at, report.last_at) == (AT, dt.datetime(2026, 3, 17, 13, 31, tzinfo=dt.UTC))
    assert said[:2] == [f"reading {path}", "kept 2 of 3 rows, 2 of them new"]
    assert history.snapshots() == ((AT, "SPY"), (dt.datetime(2026, 3, 17, 13, 31, tzinfo=dt.UTC), "QQQ"))


def test_importing_nothing_does_nothing(history: HistoryStore) -> None:
    assert import_files([], history, ignore) == ()
    assert not history.root.exists()


PARQUET_MAGIC = b"PAR1"
REFUSED = [
    (b"", "is empty"),
    (b" \r\n\n", "is empty"),
    (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 754323\n", "is a Git-LFS pointer"),
    (b"\n<!DOCTYPE html><html><body>404</body></html>", "is a web page"),
    (b"\xef\xbb\xbf<html>", "is a web page"),
    (b"PK\x03\x04rest", "is no complete zip archive"),
    (b"\x1f\x8b\x08rest", "cannot be unpacked"),
    (b"\x00\x01\x02\x03", "is neither Parquet nor CSV"),
    ("snapshot_et,bid\n".encode("utf-16"), "is neither Parquet nor CSV"),
    (PARQUET_MAGIC, "cannot be read"),
    (PARQUET_MAGIC + b"\x00" * 5000, "cannot be read"),
    (b"snapshot_et;ticker;bid\n1;2;3\n", "missing columns: snapshot_et"),
    (b'"snapshot_et,ticker\n1,2\n', "header line cannot be read"),
    (b"snapshot_\xffet,ticker\n1,2\n", "is neither Parquet nor CSV text in UTF-8"),
    (b"just some words\nand more\n", "missing columns"),
]


@pytest.mark.parametrize(("content", "cause"), REFUSED, ids=[f"{cause} {len(body)}" for body, cause in REFUSED])
def test_a_file_that_is_no_data_is_refused_on_one_line_with_its_name_and_the_cause(
    tmp_path: Path, history: HistoryStore, content: bytes, cause: str
) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    refuses(path, cause, history)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.99])
def test_a_truncated_parquet_file_is_refused(
    write_parquet: Write, row: MakeRow, history: HistoryStore, share: float
) -> None:
    path = write_parquet([row(strike=strike) for strike in range(500, 600)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refuses(path, "cannot be read", history)


def test_a_parquet_file_damaged_inside_is_refused(write_parquet: Write, row: MakeRow, history: HistoryStore) -> None:
    path = write_parquet([row(strike=strike) for strike in range(500, 600)])
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    with pytest.raises(ImportRefused, match=r"chains\.parquet") as refused:
        import_files([path], history, ignore)
    assert "\n" not in str(refused.value)


def test_a_csv_cut_in_the_middle_of_a_row_is_refused(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    path = write_csv([row(strike=strike) for strike in range(500, 600)])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2].rsplit(b",", 3)[0])
    refuses(path, "CSV Error on Line", history)


def test_missing_files_folders_and_pipes_are_refused(tmp_path: Path, write_csv: Write, history: HistoryStore) -> None:
    refuses(tmp_path / "nowhere.csv", "does not exist", history)
    refuses(tmp_path, "is a folder", history)
    refuses(write_csv([]) / "inside.csv", "cannot be read: Not a directory", history)
    refuses(tmp_path / "nul\0.csv", "cannot be read", history)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        refuses(tmp_path / "pipe", "is no file", history)


def test_a_file_without_rows_or_without_one_good_row_is_refused(
    write_csv: Write, write_parquet: Write, row: MakeRow, history: HistoryStore
) -> None:
    refuses(write_csv([]), "no row can be used: the file has no rows", history)
    refuses(write_parquet([]), "no row can be used: the file has no rows", history)
    refuses(write_csv([row(strike=-1), row(strike=0)]), "2 x no strike (row 1: ", history)


def refuses(path: Path, cause: str, history: HistoryStore) -> None:
    before = files_below(history.root)
    with pytest.raises(ImportRefused) as refused:
        import_files([path], history, ignore)
    message = str(refused.value)
    assert message.isprintable()
    assert path.name.split("\0")[0] in message
    assert cause in message
    assert files_below(history.root) == before
    assert history.snapshots() == ()


def test_rows_behind_an_open_quotation_mark_are_not_lost_without_a_word(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    path = write_csv([row(strike=strike) for strike in range(500, 600)])
    whole = path.read_text()
    path.write_text(whole.replace(",550,", ',"550,'))
    refuses(path, "has a quotation mark that is never closed", history)
    path.write_text(whole + '"')
    refuses(path, "has a quotation mark that is never closed", history)
    path.write_text(whole.replace(",550,", ',"550",'))
    assert import_files([path], history, ignore)[0].rows_kept == 100


def test_lines_that_end_in_different_ways_are_named_as_the_cause(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    path = write_csv([row(), row(strike=610), row(strike=620)])
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n", 2))
    refuses(path, "its quotation marks do not match, or its lines end in different ways", history)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit of a file's size")
def test_a_full_disk_is_said_in_plain_words_and_keeps_what_was_recorded(
    write_csv: Write, row: MakeRow, recorded: HistoryStore
) -> None:
    before = recorded.fingerprint(), files_below(recorded.root)
    new = write_csv([row(strike=strike) for strike in range(1, 900)], name="new.csv")
    full = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(new), str(recorded.root)], check=False, capture_output=True, timeout=60
    )
    said = full.stdout.decode()
    assert said.startswith(f"{recorded.root}: the import failed: Could not write file"), full
    assert said.endswith("File too large\n")
    assert said.count("\n") == 1
    after = HistoryStore(recorded.root)
    assert (after.fingerprint(), files_below(after.root)) == before


def test_one_bad_file_among_good_ones_keeps_none_of_them(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    good = write_csv([row()], name="good.csv")
    also_good = write_csv([row(ticker="QQQ")], name="also good.csv")
    bad = write_csv([row(strike=0)], name="bad.csv")
    with pytest.raises(ImportRefused, match=r"bad\.csv"):
        import_files([good, bad, also_good], history, ignore)
    assert files_below(history.root) == []
    assert HistoryStore(history.root).snapshots() == ()
    import_files([good, also_good], history, ignore)
    assert history.symbols == ("QQQ", "SPY")


def test_a_file_imported_again_adds_nothing(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    path = write_csv([row(), row(strike=610)])
    import_files([path], history, ignore)
    before = history.fingerprint(), files_below(history.root)
    (again,) = import_files([path], history, ignore)
    assert (again.rows_kept, again.rows_added, again.rejected) == (2, 0, {})
    assert (history.fingerprint(), files_below(history.root)) == before
    first, second = import_files([path, path], history, ignore)
    assert (first.rows_added, second.rows_added) == (0, 0)


def test_a_long_import_keeps_whole_files_by_portions_and_goes_on_from_there(
    write_csv: Write, row: MakeRow, history: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importer, "PORTION", 3)
    first = write_csv([row(), row(strike=610)], name="first.csv")
    second = write_csv([row(strike=620), row(strike=630)], name="second.csv")
    third = write_csv([row(strike=640)], name="third.csv")
    bad = write_csv([row(bid=-1)], name="bad.csv")

    with pytest.raises(ImportRefused, match=r"bad\.csv: no row can be used"):
        import_files([first, second, third, bad], history, ignore)
    history.reload()
    assert history.read("SPY", AT).key.size == 4, "two files made a portion, the third was none"

    reports = import_files([first, second, third], history, ignore)
    assert [report.rows_added for report in reports] == [0, 0, 1]
    assert history.read("SPY", AT).key.size == 5


def test_one_file_named_twice_counts_once(write_csv: Write, row: MakeRow, history: HistoryStore) -> None:
    path = write_csv([row(), row(strike=610)])
    first, second = import_files([path, path], history, ignore)
    assert (first.rows_added, second.rows_kept, second.rows_added) == (2, 2, 0)
    assert history.read("SPY", AT).key.size == 2


def test_what_is_recorded_is_never_rewritten_by_another_file(
    write_csv: Write, row: MakeRow, history: HistoryStore
) -> None:
    import_files([write_csv([row(bid=2.13)])], history, ignore)
    other = write_csv([row(bid=9.99), row(strike=610)], name="other.csv")
    (report,) = import_files([other], history, ignore)
    assert report.rejected == {"recorded before with other figures": 1}
    assert report.examples["recorded before with other figures"].startswith("row 1: ")
    assert (report.rows_read, report.rows_kept, report.rows_added) == (2, 1, 1)
    assert history.read("SPY", AT).bid.tolist() == [2.13, 2.13]


def test_names_with_quotes_spaces_patterns_and_letters_of_the_world(
    tmp_path: Path, write_parquet: Write, write_csv: Write, row: MakeRow
) -> None:
    folder = tmp_path / 'it\'s [1] "år" * ? year=2024'
    folder.mkdir()
    parquet = write_parquet([row()], folder=folder, name="a'b; drop table [x] 表 {}.parquet")
    text = write_csv([row(strike=610)]).rename(folder / "c's [v] 2.csv")
    (folder / "a'b; drop table x 表 {}.parquet").write_bytes(b"what the pattern [x] would match instead")
    history = HistoryStore(folder / "hi'story [y]")
    reports = import_files([parquet, text], history, ignore)
    assert [report.rows_added for report in reports] == [1, 1]
    assert history.read("SPY", AT).key.size == 2
    assert HistoryStore(history.root).fingerprint() == history.fingerprint()


def test_column_names_cannot_carry_commands(
    write_csv: Write, write_parquet: Write, row: MakeRow, history: HistoryStore
) -> None:
    evil = 'x"; drop table incoming; --'
    path = write_csv([(*row(), 1)], header=(*HEADER, evil))
    assert import_files([path], history, ignore)[0].rows_kept == 1
    quoted = [f'"{column}"' for column in HEADER]
    assert import_files([write_csv([row(strike=610)], header=quoted)], history, ignore)[0].rows_added == 1
    strange = write_parquet([row(strike=620)], rename={"spot_price": 'spot."price', "lastPrice": evil})
    assert import_files([strange], history, ignore)[0].rows_added == 1


def test_members_of_an_archive_count_together_and_what_is_no_chain_is_told(
    tmp_path: Path, history: HistoryStore
) -> None:
    bars = "date,open,high,low,close\n2021-01-04,1,2,1,2\n"
    spy, qqq = SAMPLES["optionsdx"].content, SAMPLES["optionsdx"].content.replace(b"127.54", b"57.25")
    path = tmp_path / "year.zip"
    path.write_bytes(
        zipped(
            {"a/spy_eod_201201.txt": spy, "qqq_eod_201201.txt": qqq, "bars.csv": bars, "x.csv": "?", "b.csv.gz": "?"}
        )
    )
    (report,) = import_files([path], history, ignore)
    assert (report.source, report.symbols, report.rows_read, report.rows_kept) == ("OptionsDX", ("QQQ", "SPY"), 8, 8)
    passed_over = [note.split(": ", 2)[2] for note in report.notes if note.startswith("passed over: ")]
    assert [note.split(",")[0] for note in passed_over[:2]] == [
        "bars.csv: holds prices of an underlying (open",
        "x.csv: not a known format of option chains; missing columns: snapshot_et",
    ]
    assert report.notes[-1].endswith("year.zip: members that are no CSV, text or Parquet file: 1, like b.csv.gz")
    spots = {history.read(symbol, at).spot for at, symbol in history.snapshots()}
    assert spots == {127.54, 57.25}


def test_an_archive_without_one_file_of_chains_is_refused_with_the_first_cause(
    tmp_path: Path, history: HistoryStore
) -> None:
    path = tmp_path / "bars.zip"
    path.write_bytes(zipped({"bars.csv": "date,open,high,low,close\n2021-01-04,1,2,1,2\n", "x.csv": "?"}))
    refuses(path, "bars.csv: holds prices of an underlying", history)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("moment", ["reading", "kept", "writing QQQ", "writing SPY", "keeping"])
def test_an_import_killed_at_any_step_leaves_the_recording_as_it_was(
    write_csv: Write, row: MakeRow, recorded: HistoryStore, moment: str
) -> None:
    before = recorded.fingerprint(), files_below(recorded.root)
    new = write_csv([row(strike=710), row(ticker="QQQ", strike=720)], name="new.csv")
    arguments = [str(new), str(recorded.root), moment]
    killed = subprocess.run([sys.executable, "-c", CHILD, *arguments], check=False, capture_output=True, timeout=60)
    assert killed.returncode == -9, killed.stderr.decode()
    after = HistoryStore(recorded.root)
    assert (after.fingerprint(), files_below(after.root)) == before
    assert [path.name for path in after.root.iterdir() if path.is_dir()] == []
    assert import_files([new], after, ignore)[0].rows_added == 2


def test_the_real_file_comes_in_row_by_row_as_it_is(yahoo_file: Path, history: HistoryStore) -> None:
    (report,) = import_files([yahoo_file], history, ignore)
    assert (report.rows_read, report.rows_kept, report.rows_added, report.rejected) == (43_984, 43_984, 43_984, {})
    assert report.symbols == ("NVDA", "QQQ", "SPY", "TSLA")
    assert (report.first_at, report.last_at) == (AT, dt.datetime(2026, 4, 24, 15, 45, 8, tzinfo=dt.UTC))
    snapshots = history.snapshots()
    counted = {symbol: sum(name == symbol for _, name in snapshots) for symbol in history.symbols}
    assert counted == {"NVDA": 15, "QQQ": 19, "SPY": 19, "TSLA": 19}
    assert len({at for at, _ in snapshots}) == 19

    with duckdb.connect() as connection:
        told = connection.execute(
            """
            select snapshot_et, ticker, expiration, type, strike, bid, ask, volume, openInterest, spot_price
            from read_parquet(?)
            """,
            [str(yahoo_file)],
        ).fetchall()
    updates = {(at, symbol): history.read(symbol, at) for at, symbol in snapshots}
    stored = {
        (at, symbol, key): figures
        for (at, symbol), update in updates.items()
        for key, *figures in zip(
            update.key.tolist(),
            *(cents(prices) for prices in (update.bid, update.ask)),
            *(counts.tolist() for counts in (update.volume, update.open_interest)),
            strict=True,
        )
    }
    assert len(stored) == len(told) == 43_984
    for snapshot, symbol, expiration, kind, strike, bid, ask, *counts, spot in told:
        at = dt.datetime.fromisoformat(snapshot).astimezone(dt.UTC)
        right = Right.CALL if kind == "call" else Right.PUT
        contract = OptionContract(symbol, dt.date.fromisoformat(expiration), round(strike * 10_000), right)
        expected = [*(-1 if price is None else round(price * 100) for price in (bid, ask)), *counts]
        found = [None if math.isnan(figure) else figure for figure in stored[at, symbol, contract.key]]
        assert found == expected, (snapshot, contract)
        assert abs(updates[at, symbol].spot - spot) < 5e-5
    assert sum(int(np.isnan(update.bid).sum()) for update in updates.values()) == 30


def cents(prices: NDArray[np.float64]) -> list[int]:
    """Prices that must be whole cents, -1 where missing."""
    scaled = np.nan_to_num(prices * 100, nan=-1)
    whole = np.round(scaled)
    np.testing.assert_allclose(scaled, whole, rtol=0, atol=1e-9)
    return [int(price) for price in whole]
