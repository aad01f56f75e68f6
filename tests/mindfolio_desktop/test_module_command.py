"""`mindfolio module` as it is typed."""

from pathlib import Path

import pytest

from mindfolio_desktop.cli import IMPOSSIBLE, OK, run
from tests.engine.modules.sandbox.scenes import QUIET


def test_the_commands_from_new_to_disable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, where = tmp_path / "modules", ["--data-dir", str(tmp_path)]
    folder.mkdir()
    (folder / "mine.py").write_text(QUIET, encoding="utf-8")
    for arguments, said in (
        (["list"], "mine: off, "),
        (["enable", "mine"], "trades Iron Condor; 0 settings"),
        (["list"], "mine: enabled, "),
        (["enable", str(folder / "mine.py")], "  program "),
        (["disable", "mine"], "mine: off; a module that runs it is paused at its next scan"),
        (["list"], "mine: off, "),
    ):
        assert run(["module", *arguments, *where]) == OK
        assert said in capsys.readouterr().out
    assert run(["module", "enable", str(tmp_path / "mine.py"), *where]) == IMPOSSIBLE
    assert "move it there" in capsys.readouterr().err
    assert run(["module", "new", "fresh", *where]) == OK
    assert (folder / "fresh.py").is_file()


def test_an_action_has_to_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["module"]) == IMPOSSIBLE
    assert "ACTION" in capsys.readouterr().err
