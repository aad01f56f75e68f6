"""`mindfolio report` as a user meets it: files all or none, sheets on stdout, and one line for what cannot be."""

import csv
import datetime as dt
import os
from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment
from engine.ledger.store import SqliteStore
from engine.runtime.places import Places
from mindfolio_desktop import cli, report_command
from mindfolio_desktop.report_command import FILES
from mindfolio_desktop.whole_folder import write_whole
from tests.engine.portfolio.papers import march

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of March 2026 in a replay without recordings."""
    places = Places(tmp_path_factory.mktemp("data"), Environment.REPLAY)
    places.folder.mkdir()
    march(SqliteStore(places.ledger)).ledger.close()
    return places.data_dir


def run(data_dir: Path, *arguments: str) -> int:
    """One command line."""
    return cli.run(["report", *arguments, "--data-dir", str(data_dir)])


def complaint(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


class TestMonth:
    def test_all_files_are_written_and_named(
        self, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "papers" / "2026-03"
        before = (data_dir / "replay" / "ledger.sqlite").read_bytes()
        assert run(data_dir, "--month", "2026-03", "--out", str(out)) == 0
        assert capsys.readouterr().out.splitlines() == [str(out / name) for name in FILES]
        assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
        assert "Sample: statement of March 2026" in (out / "statement.html").read_text(encoding="utf-8")
        assert (out / "statement.pdf").read_bytes().startswith(b"%PDF-")
        assert (out / "trades.csv").read_bytes().count(b"\r\n") == 4
        assert b",258.80," in (out / "tax-lots.csv").read_bytes()
        assert (data_dir / "replay" / "ledger.sqlite").read_bytes() == before
        assert [path.name for path in tmp_path.iterdir()] == ["papers"], "nothing is left beside it"

    def test_files_that_are_there_are_kept_unless_forced(
        self, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "nav.csv").write_text("mine")
        arguments = ("--month", "2026-03", "--out", str(out))
        assert run(data_dir, *arguments) == 2
        assert complaint(capsys) == f"mindfolio: {out} holds nav.csv already; say --force to write over that"
        assert (out / "nav.csv").read_text() == "mine"
        assert run(data_dir, *arguments, "--force", "--lots", "position") == 0
        assert (out / "nav.csv").read_text().startswith("date,nav")
        assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
        assert [path.name for path in tmp_path.iterdir()] == ["out"]

    def test_lots_that_were_identified_by_hand(
        self, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out, lots = tmp_path / "out", tmp_path / "lots.csv"
        arguments = ("--month", "2026-03", "--out", str(out), "--force", "--lots")
        assert run(data_dir, *arguments, "fifo") == 0
        with (out / "tax-lots.csv").open(newline="", encoding="utf-8") as file:
            sold = next(row for row in csv.DictReader(file) if row["state"] == "closed")
        lots.write_text(f"sale,lot,quantity\n{sold['entry']},{sold['lot']},{abs(int(sold['quantity']))}\n")
        assert run(data_dir, *arguments, str(lots)) == 0
        capsys.readouterr()
        lots.write_text(f"sale,lot,quantity\n{sold['entry']},L000001-9,1\n")
        assert run(data_dir, *arguments, str(lots)) == 2
        assert complaint(capsys) == f"mindfolio: {lots}: entry {sold['entry']} did not close as many of lot L000001-9"
        assert run(data_dir, *arguments, str(tmp_path / "none.csv")) == 2
        assert complaint(capsys) == f"mindfolio: {tmp_path / 'none.csv'} cannot be read: No such file or directory"
        assert sorted(path.name for path in out.iterdir()) == sorted(FILES)

    def test_a_folder_with_other_things_in_it_is_left_alone(
        self, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "notes.txt").write_text("mine")
        assert run(data_dir, "--month", "2026-03", "--out", str(tmp_path), "--force") == 2
        assert complaint(capsys) == (
            f"mindfolio: {tmp_path} holds other things too (notes.txt); say a folder of its own with --out"
        )
        assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

    def test_when_one_file_fails_none_is_there(
        self,
        data_dir: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        def full(path: Path, _content: bytes) -> None:
            path.write_bytes(b"%PDF-1.4, and not the rest")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("mindfolio_desktop.report_command.write_whole", full)
        out = tmp_path / "out"
        assert run(data_dir, "--month", "2026-03", "--out", str(out)) == 2
        assert complaint(capsys) == f"mindfolio: {out} cannot be written: No space left on device"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is known to Linux only")
    def test_a_disk_that_is_full_is_an_error_and_no_file(
        self,
        data_dir: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setattr(
            "mindfolio_desktop.report_command.write_whole",
            lambda path, content: write_whole(Path("/dev/full") if path.suffix == ".pdf" else path, content),
        )
        out = tmp_path / "out"
        assert run(data_dir, "--month", "2026-03", "--out", str(out)) == 2
        assert complaint(capsys) == f"mindfolio: {out} cannot be written: No space left on device"
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_cannot_be_written(
        self, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        tmp_path.chmod(0o500)
        assert run(data_dir, "--month", "2026-03", "--out", str(tmp_path)) == 2
        assert "cannot be written: Permission denied" in complaint(capsys)

    def test_what_cannot_be_is_said_in_one_line(
        self, data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(data_dir, "--month", "2025-11", "--out", str(tmp_path / "out")) == 2
        assert complaint(capsys) == "mindfolio: the ledger has no entries in 2025-11"
        assert not (tmp_path / "out").exists()
        assert run(data_dir, "--month", "2026-03") == 2
        assert complaint(capsys) == "mindfolio: say with --out DIR where the month's files go"
        assert run(tmp_path / "none", "--month", "2026-03", "--out", str(tmp_path / "out")) == 2
        assert complaint(capsys) == f"mindfolio: there is no mindfolio in {tmp_path / 'none'}"
        (tmp_path / "file").touch()
        assert run(data_dir, "--month", "2026-03", "--out", str(tmp_path / "file")) == 2
        assert complaint(capsys) == f"mindfolio: {tmp_path / 'file'} is a file, not a folder"


class TestSheets:
    def test_the_last_session_and_the_next_by_default(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(data_dir, "--sheet", "end") == 0
        assert capsys.readouterr().out.startswith("Sample (replay): the session of Wed 2026-04-01\n")
        assert run(data_dir, "--sheet", "start") == 0
        assert capsys.readouterr().out.startswith("Sample (replay): before the session of Thu 2026-04-02\n")

    def test_of_a_day(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(data_dir, "--sheet", "start", "--day", "2026-03-27") == 0
        out = capsys.readouterr().out
        assert "-1 KO 61 call, distance not known, cash if assigned +$6,100.00" in out, "there are no recordings here"

    def test_a_day_without_a_session(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(data_dir, "--sheet", "end", "--day", "2026-03-22") == 2
        assert complaint(capsys) == "mindfolio: the market is closed on 2026-03-22: there is no sheet of it"

    def test_the_simulated_market_tells_prices_and_days(self, tmp_path: Path) -> None:
        places = Places(tmp_path, Environment.SIMULATED)
        places.folder.mkdir()
        march(SqliteStore(places.ledger)).ledger.close()
        found = report_command.sheet_text(places, "start", dt.date(2026, 3, 27))
        assert "the money at $" in found
        assert "KO: not known" not in found


def test_an_empty_ledger_has_no_sheet(tmp_path: Path) -> None:
    places = Places(tmp_path, Environment.REPLAY)
    places.folder.mkdir()
    SqliteStore(places.ledger).close()
    with pytest.raises(MindfolioError, match="is empty"):
        report_command.sheet_text(places, "end", None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--month", "9999-12", "--out", "papers"),
        ("--month", "0001-01", "--out", "papers"),
        ("--sheet", "end", "--day", "9999-12-31"),
        ("--sheet", "start", "--day", "0001-01-02"),
        ("--sheet", "start", "--day", "1997-12-31"),
        ("--sheet", "start", "--day", "2200-01-02"),
    ],
)
def test_a_year_without_a_calendar_is_refused_in_one_line(
    data_dir: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(data_dir, *arguments) == 2
    assert "must be of the years 1998 to 2199, not of" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--month", "2199-12", "--out", "papers"), "the ledger has no entries in 2199-12"),
        (("--sheet", "end", "--day", "1998-01-02"), "the ledger has no entries of 1998-01-02"),
    ],
)
def test_the_first_and_the_last_year_of_the_calendar_are_no_traceback(
    data_dir: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(data_dir, *arguments) == 2
    assert words in complaint(capsys)
