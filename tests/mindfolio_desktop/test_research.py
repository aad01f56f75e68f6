"""The arguments of the sub-commands that trade nothing, and what they print."""

import json
from pathlib import Path

import pytest

from mindfolio_desktop import cli


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of a command line."""
    code = cli.run(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


class TestScan:
    def test_a_document_for_scripts(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run(
            capsys, "scan", "--module", "iv-service", "--symbol", "ko", "--json", "--data-dir", str(tmp_path / "none")
        )

        assert (code, err) == (0, "")
        assert {row["symbol"] for row in json.loads(out)["symbols"]} == {"KO"}
        assert not (tmp_path / "none").exists()

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (("--module", "nope"), "must be one of iv-service"),
            (("--module", "iv-service", "--at", "25:00"), "must be a time as 10:30, not '25:00'"),
            (("--module", "iv-service", "--at", "20:00"), "the market is closed at 20:00 New York time"),
            (("--module", "iv-service", "--symbol", "nope"), "NOPE: not in this market"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_one_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], complaint: str
    ) -> None:
        code, out, err = run(capsys, "scan", *arguments, "--data-dir", str(tmp_path))

        assert (code, out) == (2, "")
        assert complaint in err.splitlines()[-1]


class TestBacktest:
    SHORT = ("--from", "2025-11-03", "--to", "2025-12-31")

    def test_a_summary_and_a_page(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        page = tmp_path / "page.html"
        code, out, _ = run(capsys, "backtest", "spy", "--structure", "iron-condor", *self.SHORT, "--html", str(page))

        assert code == 0
        assert out.startswith("SPY Iron Condor, 2025-11-03 to 2025-12-31, by one contract\n")
        assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")

    def test_a_document_for_scripts(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = run(
            capsys, "backtest", "spy", "--structure", "iron-condor", *self.SHORT, "--json", "--seed", "2"
        )

        assert code == 0
        assert json.loads(out)["structure"] == "Iron Condor"

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (("nope", "--structure", "iron-condor"), "NOPE: not in the simulated market"),
            (("spy", "--structure", "lottery"), "invalid choice: 'lottery'"),
            (("spy", "--structure", "iron-condor", "--from", "today"), "must be a day as 2026-03-02, not 'today'"),
            (("spy", "--structure", "iron-condor", "--permutations", "0"), "from 1 to 1,000,000, not '0'"),
            (("spy", "--structure", "iron-condor", "--seed", "-1"), "must be a whole number from 0, not '-1'"),
            (("spy", "--structure", "iron-condor", "--settings", "nowhere.toml"), "nowhere.toml: No such file"),
        ],
    )
    def test_what_cannot_be_done_is_said_in_one_line(
        self, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], complaint: str
    ) -> None:
        code, out, err = run(capsys, "backtest", *arguments)

        assert (code, out) == (2, "")
        assert complaint in err.splitlines()[-1]
