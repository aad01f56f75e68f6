"""What the application is made of is pinned to the hash, as pyproject says, and tells no address."""

import re
import tomllib
from pathlib import Path

import pins
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = (pins.RUNTIME, pins.BUILD)


def plain(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_pin_is_one_of_pyprojects(file: Path) -> None:
    constraints = {
        (plain(each.split("==")[0]), re.split(r"[ ;]", each.split("==")[1])[0])
        for each in PYPROJECT["tool"]["uv"]["constraint-dependencies"]
    }
    found = {(plain(name), version) for name, version, _marker in pins.pinned(file)}
    assert len(found) > 10
    assert found <= constraints


def test_everything_that_pyproject_asks_for_is_pinned() -> None:
    pinned = {plain(name) for name, _version, _marker in pins.pinned(pins.RUNTIME)}
    asked = {plain(re.split(r"[<>=\[ ]", each)[0]) for each in PYPROJECT["project"]["dependencies"]}
    assert asked <= pinned
    tools = {plain(re.split(r"[<>=\[ ]", each)[0]) for each in PYPROJECT["dependency-groups"]["package"]}
    assert tools <= {plain(name) for name, _version, _marker in pins.pinned(pins.BUILD)}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_pin_has_hashes_and_no_line_an_address(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    for number, line in enumerate(lines):
        if "==" in line:
            assert line.endswith("\\"), line
            assert re.match(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$", lines[number + 1])
    hashes = [line for line in lines if line.startswith("    --hash=sha256:")]
    assert len(hashes) + len(list(pins.pinned(file))) == len(lines), "nothing else stands in it"


def test_another_version_than_the_pinned_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(
        "numpy==0.0.1 \\\nno-such-thing==1.0 ; python_version >= '3' \\\nmacholib==1 ; sys_platform == 'nowhere' \\\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(pins, "RUNTIME", file)
    monkeypatch.setattr(pins, "BUILD", tmp_path / "empty.txt")
    (tmp_path / "empty.txt").touch()
    numpy, other = pins.differences()
    assert numpy.endswith("pinned at 0.0.1")
    assert other == "no-such-thing: not installed, pinned at 1.0"
