"""The command line as a user and a script meet it: what goes to stdout, what to stderr, and the exit code."""

import json
import re
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.domain.mindfolio import Environment
from engine.execution.paper import PaperBroker
from engine.ledger.anchor import Head, anchor_path, write_new
from engine.market.history import HistoryStore
from engine.risk.latch import set_latch_file
from engine.runtime.assembly import OpenEngine
from engine.runtime.places import Places, Running
from mindfolio_desktop import cli, switching
from mindfolio_desktop.welcome import ask_first
from tests.fakes import RecordingPublisher
from tests.recordings import falling_volatility, record_market, write_recording

REPLAY = ("run", "--headless", "--market", "replay")
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n"


pytestmark = pytest.mark.usefixtures("begins_with_three")


class Shell:
    """Runs command lines on one data directory and keeps what they print."""

    def __init__(self, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.data_dir = data_dir
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        self._capsys.readouterr()
        code = cli.run([*arguments, "--data-dir", str(self.data_dir)])
        self.out, self.err = self._capsys.readouterr()
        return code

    @property
    def complaint(self) -> str:
        """The one line that says why not."""
        (line,) = [line for line in self.err.splitlines() if line.startswith("mindfolio: ")]
        assert "Traceback" not in self.err
        return line

    @property
    def document(self) -> dict[str, Any]:
        """Everything on stdout as one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def recorded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which four sessions are recorded."""
    return record_market(tmp_path_factory.mktemp("recorded"), falling_volatility())


@pytest.fixture(scope="module")
def traded_once(tmp_path_factory: pytest.TempPathFactory, recorded_once: Path) -> Path:
    """The same after a whole replay."""
    data_dir = shutil.copytree(recorded_once, tmp_path_factory.mktemp("traded") / "data")
    assert cli.run([*REPLAY, "--approve", "all", "--data-dir", str(data_dir)]) == 0
    return data_dir


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Nothing is there yet, not even the directory."""
    return Shell(tmp_path / "data", capsys)


@pytest.fixture
def recorded(empty: Shell, recorded_once: Path) -> Shell:
    shutil.copytree(recorded_once, empty.data_dir)
    return empty


@pytest.fixture
def traded(empty: Shell, traded_once: Path) -> Shell:
    shutil.copytree(traded_once, empty.data_dir)
    return empty


def kept(data_dir: Path) -> set[str]:
    """Files of a directory, but for the lock of the importer, which is empty."""
    return {str(path.relative_to(data_dir)) for path in data_dir.rglob("*") if path.is_file() and path.stat().st_size}


def tamper(data_dir: Path, statement: str) -> None:
    """Change the replay's ledger behind the program's back."""
    with sqlite3.connect(Places(data_dir, Environment.REPLAY).ledger) as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


class TestImport:
    def test_a_recording_is_kept_and_counted(self, empty: Shell, tmp_path: Path) -> None:
        file = write_recording(tmp_path / "chains.csv", falling_volatility())
        assert empty("import", str(file)) == 0

        rows = len(file.read_text().splitlines()) - 1
        assert empty.out == f"{file}: {rows:,} of {rows:,} rows kept, 0 rejected\n"
        assert f"reading {file}" in empty.err
        assert HistoryStore(empty.data_dir / "history").symbols == ("SPY",)

    def test_rejected_rows_are_counted_by_their_reason(self, empty: Shell, tmp_path: Path) -> None:
        file = write_recording(tmp_path / "chains.csv", falling_volatility()[:1])
        with file.open("a") as more:
            more.write("2026-03-16 10:00:00-04:00,SPY,2026-04-24,call,,1.0,1.1,,5,5,100\n")
        assert empty("import", str(file)) == 0
        assert re.search(r"rows kept, 1 rejected\n +1 no strike", empty.out)

    @pytest.mark.parametrize(
        ("content", "cause"),
        [
            (None, "does not exist"),
            ("folder", "no file in this folder ends with .csv, .txt, .parquet, .gz, .zip"),
            (POINTER, "is a Git-LFS pointer, not the data"),
            ("a,b\n1,2\n", "not a known format of option chains; missing columns: snapshot_et, ticker"),
            ("", "is empty"),
            ("<!DOCTYPE html><html></html>", "is a web page or XML, not data"),
        ],
    )
    def test_what_cannot_be_imported_is_one_line_and_leaves_nothing(
        self, empty: Shell, tmp_path: Path, content: str | None, cause: str
    ) -> None:
        file = tmp_path / "offered"
        if content == "folder":
            file.mkdir()
        elif content is not None:
            file.write_text(content)

        assert empty("import", str(file)) == 2

        assert empty.complaint.startswith(f"mindfolio: {file}: {cause}")
        assert empty.out == ""
        assert kept(empty.data_dir) == set()

    def test_one_broken_file_among_good_ones_keeps_them_all_out(self, recorded: Shell, tmp_path: Path) -> None:
        before = kept(recorded.data_dir)
        good = write_recording(tmp_path / "good.csv", falling_volatility(symbol="QQQ"))
        (tmp_path / "broken.csv").write_text(POINTER)

        assert recorded("import", str(good), str(tmp_path / "broken.csv")) == 2
        assert str(tmp_path / "broken.csv") in recorded.complaint
        assert kept(recorded.data_dir) == before

    def test_importing_again_adds_nothing(self, recorded: Shell, tmp_path: Path) -> None:
        before = HistoryStore(recorded.data_dir / "history").fingerprint()
        assert recorded("import", str(write_recording(tmp_path / "again.csv", falling_volatility()))) == 0
        assert HistoryStore(recorded.data_dir / "history").fingerprint() == before


class TestRun:
    def test_a_replay_trades_closes_and_adds_up(self, recorded: Shell) -> None:
        assert recorded(*REPLAY, "--approve", "all", "--speed", "max", "--json") == 0

        document = recorded.document
        modules = {module["module"]: module for module in document["modules"]}
        assert sum(module["budget"] for module in modules.values()) + document["reserve"] == document["capital"]
        for name in ("IV_SERVICE", "IV_SERVICE_2"):
            (trade,) = modules[name]["trades"]
            assert trade["why_closed"].startswith("profit target")
            gross = trade["closing_cash"] - trade["opening_cost"]
            assert trade["net_pnl"] == pytest.approx(gross - trade["commissions"] - trade["fees"])
            paid = sum(held["commissions"] + held["fees"] for held in modules[name]["open_positions"])
            assert modules[name]["realised"] == pytest.approx(trade["net_pnl"] - paid)
        assert modules["IV_SERVICE_3"]["trades"] == []
        assert document["aggregate"]["nav"] == pytest.approx(
            document["capital"] + sum(m["pnl"] for m in modules.values())
        )
        assert (document["halted"], document["waived"]) == ("", ["evidence", "iv_rank", "events"])
        assert "opened" in recorded.err, "progress is told meanwhile"
        assert recorded("verify") == 0

    def test_without_approvals_the_asking_module_trades_nothing(self, recorded: Shell) -> None:
        assert recorded(*REPLAY, "--approve", "none", "--json") == 0
        trades = {module["module"]: len(module["trades"]) for module in recorded.document["modules"]}
        assert trades == {"IV_SERVICE": 1, "IV_SERVICE_2": 0, "IV_SERVICE_3": 0}

    def test_days_end_at_the_close_and_the_next_run_goes_on_from_there(self, recorded: Shell) -> None:
        for day in (16, 17):
            assert recorded(*REPLAY, "--days", "1", "--json") == 0
            assert recorded.document["as_of"] == f"2026-03-{day}T20:00:00+00:00"

    def test_without_json_a_summary_is_printed(self, recorded: Shell) -> None:
        assert recorded(*REPLAY, "--days", "1") == 0
        assert recorded.out.startswith("Aggressive Growth (replay, ACTIVE) as of 2026-03-16")
        assert "IV Approvals" in recorded.out
        assert "waived in this environment: evidence, iv_rank" in recorded.out

    def test_another_seed_than_the_ledgers_is_refused(self, recorded: Shell) -> None:
        assert recorded(*REPLAY, "--days", "1", "--seed", "7") == 0
        assert recorded(*REPLAY, "--days", "1", "--seed", "8") == 2
        assert recorded.complaint == (
            "mindfolio: this mindfolio was begun with --seed 7; use that, or another --data-dir"
        )
        assert recorded(*REPLAY, "--days", "1") == 0

    def test_a_replay_without_recordings_says_what_to_do(self, empty: Shell) -> None:
        assert empty(*REPLAY) == 2
        assert "run `mindfolio import FILE` first" in empty.complaint
        assert empty("status") == 2, "no empty ledger was left behind"

    def test_an_engine_that_halted_is_a_fault_although_a_document_is_printed(
        self, recorded: Shell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def poll(*_: object) -> None:
            raise RuntimeError("a fault in the broker")

        monkeypatch.setattr(PaperBroker, "poll", poll)
        assert recorded(*REPLAY, "--json") == 1
        assert recorded.document["halted"] == "internal fault: RuntimeError: a fault in the broker"
        assert "Trading halted" in recorded.err

    def test_the_data_directory_may_be_named_before_the_command(
        self, recorded: Shell, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.run(["--data-dir", str(recorded.data_dir), *REPLAY, "--days", "1", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["environment"] == "replay"

    def test_a_data_directory_that_is_a_file_is_refused(self, empty: Shell) -> None:
        empty.data_dir.write_text("not a folder")
        assert empty("run", "--headless", "--days", "1") == 2
        assert str(empty.data_dir) in empty.complaint


class TestStatus:
    def test_it_says_what_the_run_said_without_writing(self, traded: Shell) -> None:
        ledger = Places(traded.data_dir, Environment.REPLAY).ledger
        before = ledger.read_bytes()
        assert traded("status", "--json") == 0

        document = traded.document
        assert (document["status"], document["stop_latched"]) == ("ACTIVE", False)
        assert [len(module["trades"]) for module in document["modules"]] == [1, 1, 0]
        assert ledger.read_bytes() == before
        assert traded.err == ""

    def test_without_json_it_is_a_summary(self, traded: Shell) -> None:
        assert traded("status") == 0
        assert traded.out.startswith("Aggressive Growth (replay, ACTIVE)")

    @pytest.mark.parametrize("command", ["status", "verify", "stop"])
    def test_without_a_mindfolio_there_is_nothing_to_say(self, empty: Shell, command: str) -> None:
        assert empty(command) == 2
        assert empty.complaint == f"mindfolio: there is no mindfolio in {empty.data_dir}"
        assert not empty.data_dir.exists()

    def test_a_market_without_a_ledger_is_named(self, traded: Shell) -> None:
        assert traded("status", "--market", "simulated") == 2
        assert traded.complaint.endswith(f"there is no mindfolio in {traded.data_dir} for --market simulated")

    def test_a_damaged_ledger_is_one_line(self, traded: Shell) -> None:
        tamper(traded.data_dir, "update journal set body = body || ' ' where seq = (select max(seq) from journal)")
        assert traded("status", "--json") == 2
        assert "journal entry " in traded.complaint
        assert traded.out == ""


class TestVerify:
    def test_a_sound_ledger_is_counted_and_its_head_shown(self, traded: Shell) -> None:
        assert traded("verify") == 0
        assert re.fullmatch(r".*ledger\.sqlite: \d+ entries verified, head [0-9a-f]{16}\n", traded.out)

    @pytest.mark.parametrize(
        ("statement", "fault"),
        [
            ("update journal set at_us = at_us + 1 where seq = 3", "journal entry 3"),
            (
                "delete from journal where seq = 4 and 0 = (select count(*) from postings where seq = 4)",
                "lacks entry 4",
            ),
            ("update postings set amount = amount + 1 where rowid = 1", "postings of entry 1 differ"),
            (
                "update closed_positions set body = replace(body, '\"rolls\":0', '\"rolls\":9') where rowid = 1",
                "closed position",
            ),
        ],
    )
    def test_a_changed_ledger_is_a_fault(self, traded: Shell, statement: str, fault: str) -> None:
        tamper(traded.data_dir, statement)
        assert traded("verify") == 1
        assert fault in traded.out

    def test_a_cut_off_end_is_a_fault_until_a_person_accepts_it(self, traded: Shell) -> None:
        path = anchor_path(Places(traded.data_dir, Environment.REPLAY).ledger)
        write_new(path, Head(1_000_000, "0" * 64))  # as after an older copy was put back
        assert traded("verify") == 1
        assert "has lost entries" in traded.out
        assert "had 1,000,000" in traded.out
        assert traded("status") == 2
        assert "--accept-head" in traded.complaint
        assert traded("verify", "--accept-head") == 0
        assert "entries verified, head " in traded.out
        assert traded("verify") == 0

    def test_a_damaged_ledger_is_not_accepted(self, traded: Shell) -> None:
        tamper(traded.data_dir, "update journal set at_us = at_us + 1 where seq = 3")
        assert traded("verify", "--accept-head") == 1
        assert "journal entry 3" in traded.out

    def test_what_is_no_ledger_is_a_fault_and_the_others_are_still_looked_at(self, traded: Shell) -> None:
        other = Places(traded.data_dir, Environment.SIMULATED)
        other.folder.mkdir()
        other.ledger.write_bytes(b"my holiday pictures" * 100)
        assert traded("verify") == 1
        assert str(other.ledger) in traded.out
        assert "entries verified" in traded.out


class TestStopAndRearm:
    def test_a_stop_keeps_the_next_run_from_trading(self, recorded: Shell) -> None:
        assert recorded(*REPLAY, "--days", "1") == 0
        assert recorded("stop", "--reason", "gone fishing") == 0
        assert recorded.out == "replay: stopped; nothing is opened until a person re-arms it\n"
        assert recorded("status", "--json") == 0
        assert recorded.document["stop_latched"] is True

        assert recorded(*REPLAY, "--json") == 0
        document = recorded.document
        assert document["status"] == "STOPPED"
        assert {module["status"] for module in document["modules"]} == {"PAUSED"}
        assert "Emergency stop: gone fishing" in recorded.err

    def test_only_a_reason_lifts_it_and_modules_stay_paused(self, traded: Shell) -> None:
        traded("stop")
        assert traded("rearm", "--reason", " ") == 2
        assert traded.out == "replay: not re-armed: REASON_MISSING\n"
        assert traded("rearm", "--reason", "checked every position") == 0
        assert traded.out == "replay: re-armed; resume its modules one by one\n"
        assert traded("status", "--json") == 0
        document = traded.document
        assert (document["status"], document["stop_latched"]) == ("ACTIVE", False)
        assert {module["status"] for module in document["modules"]} == {"PAUSED"}
        assert traded("verify") == 0

    def test_what_is_not_stopped_cannot_be_re_armed(self, traded: Shell) -> None:
        assert traded("rearm", "--reason", "just so") == 2
        assert traded.out == "replay: not re-armed: NOT_STOPPED\n"

    def test_a_program_that_has_only_made_its_folder_is_stopped_before_it_trades(self, recorded: Shell) -> None:
        Places(recorded.data_dir, Environment.REPLAY).folder.mkdir()
        assert recorded("stop") == 0
        assert recorded(*REPLAY, "--approve", "all", "--json") == 0
        assert recorded.document["status"] == "STOPPED"
        assert [len(module["trades"]) for module in recorded.document["modules"]] == [0, 0, 0]

    @pytest.fixture
    def two(self, traded: Shell) -> tuple[Shell, Places, Places]:
        """A data directory with two mindfolios."""
        simulated = Places(traded.data_dir, Environment.SIMULATED)
        OpenEngine(simulated, Running(), RecordingPublisher()).close()
        return traded, simulated, Places(traded.data_dir, Environment.REPLAY)

    def test_a_market_that_is_named_is_stopped_alone(self, two: tuple[Shell, Places, Places]) -> None:
        shell, simulated, replay = two
        assert shell("stop", "--market", "simulated") == 0
        assert (simulated.latch.exists(), replay.latch.exists()) == (True, False)

    def test_without_a_market_all_are_stopped_and_re_armed_one_by_one(self, two: tuple[Shell, Places, Places]) -> None:
        shell, simulated, replay = two
        assert shell("stop") == 0
        assert (simulated.latch.exists(), replay.latch.exists()) == (True, True)

        assert shell("rearm", "--reason", "fine again") == 2
        assert "say with --market which one" in shell.complaint
        assert shell("rearm", "--reason", "fine again", "--market", "replay") == 0
        assert (simulated.latch.exists(), replay.latch.exists()) == (True, False)
        assert shell("rearm", "--reason", "that one too") == 0
        assert shell.out.startswith("simulated: re-armed")

    def test_one_that_cannot_be_stopped_is_named_and_keeps_no_other_from_it(
        self, two: tuple[Shell, Places, Places], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shell, simulated, replay = two

        def broken(path: Path, source: str, why: str) -> None:
            if path == simulated.latch:
                raise OSError(30, "Read-only file system")
            set_latch_file(path, source, why)

        monkeypatch.setattr("engine.risk.latch.set_latch_file", broken)
        assert shell("stop") == 2
        assert shell.complaint.startswith("mindfolio: simulated is NOT stopped: ")
        assert "Read-only file system" in shell.complaint
        assert (simulated.latch.exists(), replay.latch.exists()) == (False, True)


class TestArguments:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["fly"],
            ["import"],
            ["run", "--headless", "--market", "live"],
            ["run", "--headless", "--days", "0"],
            ["run", "--headless", "--days", "10001"],
            ["run", "--headless", "--days", "many"],
            ["run", "--headless", "--seed", "-1"],
            ["run", "--headless", "--speed", "0"],
            ["run", "--headless", "--speed", "nan"],
            ["run", "--headless", "--speed", "fast"],
            ["run", "--headless", "--approve", "some"],
            ["rearm"],
            ["status", "--unknown"],
        ],
    )
    def test_bad_arguments_are_refused_with_their_usage(
        self, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.run(arguments) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.startswith("usage: mindfolio")
        assert not re.search(r"\b_\w+", printed.err), "no names of functions"

    def test_version_and_help_are_no_errors(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.run(["--version"]) == 0
        assert capsys.readouterr().out == f"mindfolio {cli.program_version()}\n"
        assert cli.run(["run", "--help"]) == 0
        assert "--headless" in capsys.readouterr().out

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
    @pytest.mark.parametrize("arguments", [[], ["run"]])
    def test_a_window_without_a_display_is_refused_in_one_line(
        self, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        assert cli.run(arguments) == 2
        assert capsys.readouterr().err.startswith("mindfolio: there is no display to open a window on")


def test_the_default_data_directory_is_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    options = cli._parser().parse_args(["status"])
    assert cli.data_dir(options).name == "mindfolio"
    assert cli.data_dir(options).is_absolute()


@pytest.mark.parametrize(
    ("arguments", "has_ledger", "asks"),
    [
        ([], False, True),
        (["--symbols", "KO"], False, True),
        (["--template", "main-account"], False, False),
        ([], True, False),
        (["--market", "replay"], True, False),
    ],
)
def test_the_window_asks_only_where_nothing_is_and_no_template_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], *, has_ledger: bool, asks: bool
) -> None:
    started: list[object] = []

    def run_window(_places: Places, _running: Running, start: object = None) -> int:
        started.append(start)
        return 0

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(switching, "run_window", run_window)
    if has_ledger:
        ledger = Places(tmp_path, Environment.SIMULATED).ledger
        ledger.parent.mkdir()
        ledger.touch()
    assert cli.run(["--data-dir", str(tmp_path), *arguments]) == 0
    assert started == [ask_first if asks else None]
