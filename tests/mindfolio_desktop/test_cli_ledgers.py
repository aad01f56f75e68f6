"""The command line on a ledger that has traded: what it says, whether it is sound, and how it is stopped."""

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from engine.domain.mindfolio import Environment
from engine.ledger.anchor import Head, anchor_path, write_new
from engine.risk.latch import set_latch_file
from engine.runtime.assembly import OpenEngine
from engine.runtime.places import Places, Running
from mindfolio_desktop import cli
from tests.fakes import RecordingPublisher
from tests.mindfolio_desktop.shell import REPLAY, Shell

pytestmark = pytest.mark.usefixtures("begins_with_three")


@pytest.fixture(scope="module")
def traded_once(tmp_path_factory: pytest.TempPathFactory, recording: Places) -> Path:
    """A data directory in which four sessions are recorded, after a whole replay."""
    data_dir = shutil.copytree(recording.data_dir, tmp_path_factory.mktemp("traded") / "data")
    assert cli.run([*REPLAY, "--approve", "all", "--data-dir", str(data_dir)]) == 0
    return data_dir


@pytest.fixture
def traded(empty: Shell, traded_once: Path) -> Shell:
    shutil.copytree(traded_once, empty.data_dir)
    return empty


def tamper(data_dir: Path, statement: str) -> None:
    """Change the replay's ledger behind the program's back."""
    with sqlite3.connect(Places(data_dir, Environment.REPLAY).ledger) as connection:
        assert connection.execute(statement).rowcount == 1
    connection.close()


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


def test_a_ledger_of_a_newer_program_is_refused_by_every_command_and_stays_as_it_is(traded: Shell) -> None:
    ledger = Places(traded.data_dir, Environment.REPLAY).ledger
    connection = sqlite3.connect(ledger, isolation_level=None)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = ledger.read_bytes()
    for command in (("status",), ("performance",), ("rearm", "--reason", "x"), REPLAY):
        assert traded(*command) == cli.IMPOSSIBLE
        assert traded.complaint.endswith("was written by a newer version of Mindfolio; install that version")
    assert traded("verify") == cli.FAULT
    assert ledger.read_bytes() == before
    assert not list(ledger.parent.glob("ledger.before-*"))
