"""The archive tells how the program is; of secrets that lie everywhere in the data place it holds none."""

import json
import logging
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import MindfolioError
from engine.core.files import replace_text
from engine.domain import commands as cmd
from engine.domain.mindfolio import Environment
from engine.runtime.assembly import OpenEngine
from engine.runtime.handlers import handle
from engine.runtime.places import Places, Running
from mindfolio_desktop.diagnosis import write_archive
from mindfolio_desktop.log_file import CRASHES
from mindfolio_desktop.logs import FOLDER, Log
from tests.fakes import RecordingPublisher

CANARY = "cAnArY"
"""Nothing that holds this, in any case of its letters, may be in the archive."""

USER = f"{CANARY}-user"
ACCOUNT = "U9988776"


def quiet(_line: str) -> None:
    """Nobody looks."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data place in the home folder of a user, with secrets in every file that the program keeps."""
    folder = tmp_path / "home" / USER
    folder.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: folder)
    home = folder / ".local" / "mindfolio"
    for places in (
        Places(home, Environment.SIMULATED),
        Places(home / "mindfolios" / f"{CANARY}-name".lower(), Environment.SIMULATED),
    ):
        trade(places)
    replace_text(home / "push-address", f"ntfys://{CANARY}-token@host/{CANARY}-topic")
    replace_text(
        home / "settings.ini",
        "[look]\n"
        'theme={\\"value\\": \\"dark\\"}\n'
        'text_size={\\"value\\": 150}\n'
        f'[window]\npage={{\\"value\\": \\"{CANARY}\\"}}\n[{CANARY}]\n{CANARY}={CANARY}\n'
        f'[budgets]\napply_on_release={{\\"value\\": \\"{CANARY}\\"}}\n',
    )
    (home / "modules").mkdir(parents=True, exist_ok=True)
    (home / "modules" / f"{CANARY}.py").write_text(f"KEY = '{CANARY}'")
    write_logs(home)
    return home


def trade(places: Places) -> None:
    """A mindfolio that was named, noted on, paused, and stopped, by somebody who types secrets everywhere."""
    engine = OpenEngine(places, Running(name=f"{CANARY} {ACCOUNT}", symbols=("KO",)), RecordingPublisher())
    desk = engine.kernel.desk
    for command in (
        cmd.PauseMindfolio(CANARY, f"account {ACCOUNT} {CANARY}"),
        cmd.ResumeMindfolio(CANARY, CANARY),
        cmd.WriteNote("", f"the password is {CANARY}", CANARY),
        cmd.EmergencyStop(CANARY, CANARY),
    ):
        handle(desk, command)
    desk.commit()
    engine.close()


def write_logs(home: Path) -> None:
    log = logging.getLogger("engine.tests")
    with Log(home) as kept:
        kept.begin()
        log.error("no answer to %s", f"{CANARY} of {ACCOUNT}", exc_info=KeyError(CANARY))
        log.warning("asked ntfys://%s", CANARY)
        logging.getLogger("urllib3").warning("GET https://%s", CANARY)
        logging.getLogger("somebody").warning(f"made of parts: {CANARY}")  # noqa: G004 - as libraries do
    with (home / FOLDER / "mindfolio.jsonl").open("a") as file:
        file.write(f"{CANARY}, and no JSON\n")
        file.write(json.dumps({"at": CANARY}) + "\n")
    (home / FOLDER / CRASHES).write_text(
        "Fatal Python error: Segmentation fault\n\n"
        "Current thread 0x00007f52 (most recent call first):\n"
        f'  File "/home/{USER}/app/engine/runtime/kernel.py", line 7 in _turn\n'
        '  File "/usr/lib/python3.11/threading.py", line 982 in run\n'
        f'  File "/home/{USER}/{CANARY}.py", line 3 in {CANARY}\n{CANARY} at large\n'
    )


def parts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def document(found: dict[str, str], name: str) -> dict[str, Any]:
    made = json.loads(found[f"{name}.json"])
    assert isinstance(made, dict)
    return made


@pytest.fixture
def archive(home: Path, tmp_path: Path) -> dict[str, str]:
    inside = write_archive(home, tmp_path / "out.zip", quiet)
    assert inside.startswith("2 log files, versions, settings, 2 mindfolios")
    assert "\n" not in inside
    assert (tmp_path / "out.zip").stat().st_mode & 0o077 == 0
    return parts(tmp_path / "out.zip")


def test_of_secrets_that_are_everywhere_there_is_none(home: Path, archive: dict[str, str]) -> None:
    planted = [path for path in home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert {path.name for path in planted} >= {
        "push-address", "settings.ini", "ledger.sqlite", "STOP", "mindfolio.jsonl", "crash.txt", f"{CANARY}.py",
    }  # fmt: skip
    for name, text in archive.items():
        for secret in (CANARY, ACCOUNT, ACCOUNT[1:], USER, str(home)):
            assert secret.lower() not in f"{name} {text}".lower(), f"{secret} is in {name}"


def test_the_log_tells_what_happened_in_the_programs_own_words(archive: dict[str, str]) -> None:
    lines = [json.loads(line) for line in archive["logs/mindfolio.jsonl"].splitlines()]
    told = next(line for line in lines if line.get("level") == "ERROR")
    assert (told["from"], told["template"]) == ("engine.tests", "no answer to %s")
    assert told["faults"] == [{"type": "KeyError", "frames": []}]
    assert next(line for line in lines if line.get("from") == "somebody").keys() == {
        "at", "level", "from", "thread", "process",
    }  # fmt: skip
    assert sum("unreadable" in line for line in lines) == 2
    assert archive["logs/crashes.txt"].splitlines() == [
        "Fatal Python error: Segmentation fault",
        "Current thread 0x00007f52 (most recent call first):",
        "  engine/runtime/kernel.py:7 _turn",
        "  threading.py:982 run",
        "  (a file of the user's)",
    ]


def test_mindfolios_are_told_by_number_with_their_checks_and_halts(archive: dict[str, str]) -> None:
    told = document(archive, "mindfolios")["mindfolios"]
    assert [each["number"] for each in told] == [1, 2]
    for each in told:
        assert each["bytes"]["ledger"] > 0
        assert each["is_latched"] is True
        assert each["verify"]["is_sound"] is True
        assert each["verify"]["entries"] > 4
        kinds = [(halt["kind"], halt.get("status")) for halt in each["halts"]]
        assert kinds[:2] == [("MindfolioStatusChanged", "PAUSED"), ("MindfolioStatusChanged", "ACTIVE")]
        assert kinds[2][0] == "EmergencyStopLatched"


def test_settings_and_versions(archive: dict[str, str]) -> None:
    settings = document(archive, "settings")
    assert settings["user"] == {"look/theme": "dark", "look/text_size": 150, "others": 3}
    assert settings["push_address_is_kept"] is True
    assert settings["user_modules"] == 1
    versions = document(archive, "versions")
    assert versions["libraries"]["PySide6-Essentials"]
    assert versions["system"]["name"]


def test_what_is_broken_is_told_by_its_kind(home: Path, tmp_path: Path) -> None:
    ledger = home / "simulated" / "ledger.sqlite"
    ledger.write_bytes(b"no ledger: " + CANARY.encode())
    (home / "settings.ini").write_bytes(b"\xff\xfe no [ini")
    write_archive(home, tmp_path / "out.zip", quiet)
    found = parts(tmp_path / "out.zip")
    broken = [each for each in document(found, "mindfolios")["mindfolios"] if "unreadable" in each["verify"]]
    assert [each["verify"] for each in broken] == [{"unreadable": "LedgerFault"}]
    assert CANARY.lower() not in "".join(found.values()).lower()


def test_of_an_empty_place_versions_are_told(tmp_path: Path) -> None:
    inside = write_archive(tmp_path / "nothing", tmp_path / "out.zip", quiet)
    assert inside.startswith("0 log files, versions, settings, 0 mindfolios")
    assert not (tmp_path / "nothing").exists()


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_text("mine")
    with pytest.raises(MindfolioError, match="is there already"):
        write_archive(tmp_path, tmp_path / "out.zip", quiet)
    assert (tmp_path / "out.zip").read_text() == "mine"
