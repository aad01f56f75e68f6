"""The command line as a user and a script meet it: what goes to stdout, what to stderr, and the exit code."""

import json
import re
import sys
from pathlib import Path

import pytest

from engine.domain.mindfolio import Environment
from engine.execution.paper import PaperBroker
from engine.market.history import HistoryStore
from engine.runtime.places import Places, Running
from mindfolio_desktop import cli, opening
from mindfolio_desktop.versions import program_version
from tests.mindfolio_desktop.shell import REPLAY, Shell
from tests.recordings import falling_volatility, write_recording

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n"


pytestmark = pytest.mark.usefixtures("begins_with_three")


def kept(data_dir: Path) -> set[str]:
    """Files of a directory, but for the lock of the importer, which is empty."""
    return {str(path.relative_to(data_dir)) for path in data_dir.rglob("*") if path.is_file() and path.stat().st_size}


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
        assert capsys.readouterr().out == f"mindfolio {program_version()}\n"
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
    started: list[bool] = []

    def run_window(_places: Places, _running: Running, *, asks_first: bool = False) -> int:
        started.append(asks_first)
        return 0

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(opening, "run_window", run_window)
    if has_ledger:
        ledger = Places(tmp_path, Environment.SIMULATED).ledger
        ledger.parent.mkdir()
        ledger.touch()
    assert cli.run(["--data-dir", str(tmp_path), *arguments]) == 0
    assert started == [asks]
