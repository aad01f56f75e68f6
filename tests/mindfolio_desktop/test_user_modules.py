"""Users' modules from the command line's side: the template, the page that teaches, a check over a day, the list."""

import datetime as dt
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.errors import MindfolioError
from engine.domain.candidate import ScanAction
from engine.modules.sandbox.programs import UserPrograms
from engine.modules.sandbox.protocol import MIB, Limits
from mindfolio_desktop import user_modules
from mindfolio_desktop.cli import FAULT, IMPOSSIBLE, run
from tests.engine.modules.sandbox.scenes import QUICK, QUIET, scan_context, scanning, user_module

NOW = dt.datetime(2026, 3, 16, 14, tzinfo=dt.UTC)
PAGE = Path(__file__).resolve().parents[2] / "docs" / "user-modules.md"


def test_a_template_is_written_with_its_test_and_never_over_something(tmp_path: Path) -> None:
    module, test = user_modules.new("spreads", tmp_path)
    assert (module, test) == (tmp_path / "spreads.py", tmp_path / "tests" / "test_spreads.py")
    assert 'parent / "spreads.py"' in test.read_text(encoding="utf-8")
    compile(test.read_bytes(), "test_spreads.py", "exec")
    with pytest.raises(MindfolioError, match="is there already"):
        user_modules.new("spreads", tmp_path)
    for name in ("../spreads", "/spreads", "nul", "com1", "Spreads", "spreads\n", ""):
        with pytest.raises(MindfolioError, match="is no name of a module"):
            user_modules.new(name, tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="links are for administrators elsewhere")
def test_a_template_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "spreads.py").symlink_to(tmp_path / "elsewhere.py")
    with pytest.raises(MindfolioError, match="is there already"):
        user_modules.new("spreads", tmp_path / "modules")
    assert not (tmp_path / "elsewhere.py").exists()


def test_the_template_trades_a_whole_day_and_breaks_nothing(tmp_path: Path) -> None:
    module, _ = user_modules.new("spreads", tmp_path)
    symbols = ("GLD", "IWM", "SMH")
    checked = user_modules.check(module, symbols=symbols, minutes=60)
    assert checked.faults == ()
    assert checked.scans == 7, "one each hour from 9:30 to 15:30"
    assert {row.symbol for row in checked.rows} == {*symbols}
    assert sum(row.action is ScanAction.EXECUTED for row in checked.rows) == checked.positions > 0
    lines = list(user_modules.check_text(checked))
    assert lines[-1] == "no contract was broken"
    assert any("EXECUTED" in line and "Bull Put Spread" in line for line in lines)


def test_a_module_to_be_checked_is_a_file_or_a_name_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, elsewhere = tmp_path / "modules", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    (folder / "mine.py").touch()
    (tmp_path / "outside.py").touch()
    for given in ("mine", "mine.py"):
        assert user_modules.file_given(given, folder) == folder / "mine.py"
    for given in ("../outside", str(tmp_path / "outside"), "none", "../outside.py"):
        assert user_modules.file_given(given, folder) == Path(given)
    (elsewhere / "mine.py").touch()
    assert user_modules.file_given("mine.py", folder) == Path("mine.py"), "a file that is there is meant"


def test_what_breaks_the_contract_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "stranger.py"
    path.write_bytes(scanning('return [Finding("IBM", None, "x")]'))
    where = ["--data-dir", str(tmp_path), "--symbols", "spy"]
    assert run(["module", "check", str(path), *where]) == FAULT
    assert capsys.readouterr().out.splitlines()[-1] == "FAULT: ModuleFault: 'IBM' is not in its universe"
    assert run(["module", "check", str(path), *where[:-1], "SPY,IBM"]) == IMPOSSIBLE
    assert "this market has no IBM; it has AAPL" in capsys.readouterr().err


def test_the_page_teaches_a_module_that_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "smallest.py").write_text(code, encoding="utf-8")
    programs = UserPrograms(tmp_path, QUICK)
    enabled = programs.enable("smallest", NOW)
    direct = programs.direct_strategy(user_module(code.encode()))
    (finding,) = direct.scan(scan_context())
    direct.close()
    assert enabled.structures == ("Bull Put Spread",)
    assert finding.reason == "100.00, 122 contracts"


def test_the_page_tells_the_limits_that_hold() -> None:
    page, limits = PAGE.read_text(encoding="utf-8"), Limits()
    for line in (
        f"| {limits.scan_s:g} s | paused |",
        f"| {limits.load_s:g} s | paused, or",
        f"| {limits.memory // MIB // 1024} GiB |",
        f"| one answer | {limits.answer // 1024} KiB |",
        f"| {limits.test_s:g} s | paused |",
        f"| {limits.candidates} | paused |",
        f"{limits.failures} times in {limits.window_s / 60:g} minutes",
    ):
        assert line in page


def test_a_changed_and_a_missing_file_are_listed_as_such(tmp_path: Path) -> None:
    programs = UserPrograms(tmp_path, QUICK)
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(QUIET, encoding="utf-8")
        programs.enable(name, NOW)
    (tmp_path / "one.py").write_text(QUIET + "#", encoding="utf-8")
    (tmp_path / "two.py").unlink()
    (tmp_path / "huge.py").write_bytes(b"#" * (MIB + 1))
    huge, one, two = user_modules.listing(programs)
    assert huge.startswith("huge: cannot be read, or is larger than a module may be: off, -, ")
    assert one.startswith("one: changed since it was enabled: off, ")
    assert two == "two: missing, -, no file"


def test_what_is_not_enforced_is_said_aloud(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(QUIET, encoding="utf-8")
    enabled = UserPrograms(tmp_path, QUICK).enable("mine", NOW)
    open_to_all = replace(enabled, sealed=("memory",))
    assert list(user_modules.told(open_to_all))[-1].startswith(
        "  NOT limited by this system: files, other processes and the network"
    )
