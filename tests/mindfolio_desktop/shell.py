"""Command lines on one data directory, as a user and a script type them."""

import json
from pathlib import Path
from typing import Any

import pytest

from mindfolio_desktop import cli

REPLAY = ("run", "--headless", "--market", "replay")


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
