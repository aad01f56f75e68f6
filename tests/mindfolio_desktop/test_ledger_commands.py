"""The commands that read a ledger are all there, ask for no engine, and say in one line where there is no ledger."""

from pathlib import Path

import pytest

from mindfolio_desktop.cli import IMPOSSIBLE, OK, run

ARGUMENTS = {
    "performance": (),
    "allocations": (),
    "report": ("--sheet", "end"),
}


@pytest.mark.parametrize("command", ARGUMENTS)
def test_each_has_its_own_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == OK
    assert f"mindfolio {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", ARGUMENTS)
def test_without_a_ledger_it_is_said_in_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "--data-dir", str(tmp_path), *ARGUMENTS[command]]) == IMPOSSIBLE
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith("mindfolio: ")
    assert not list(tmp_path.iterdir()), "nothing was made by asking"
