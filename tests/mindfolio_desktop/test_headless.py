"""Work without a window: the outcome as a document, progress as lines, the ledger free again afterwards."""

import contextlib
import json
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode, LedgerFault, MindfolioError
from engine.domain import commands as cmd
from engine.domain.denial import Denial
from engine.domain.mindfolio import Environment
from engine.domain.notices import Alert, CommandAccepted, CommandDenied
from engine.ledger.store import SqliteStore
from engine.portfolio.report import Document
from engine.risk.latch import set_latch_file
from engine.runtime.assembly import OpenEngine
from engine.runtime.places import Places, Running
from mindfolio_desktop import headless
from tests.fakes import RecordingPublisher, chain_update, new_york
from tests.recordings import falling_volatility, record_market

ABOUT_OTHER_THINGS = {"about", "gate_cases", "gate_note", "reallocation", "win_rate_case"}
"""What the owner's files hold besides a mindfolio's figures."""


@pytest.fixture(scope="module")
def recorded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which four sessions are recorded."""
    return record_market(tmp_path_factory.mktemp("recorded"), falling_volatility())


@pytest.fixture
def replay(tmp_path: Path, recorded_once: Path) -> Places:
    """A copy of it for one test."""
    return Places(shutil.copytree(recorded_once, tmp_path / "data"), Environment.REPLAY)


def silent(_line: str) -> None:
    """A progress that nobody reads."""


def said(places: Places) -> dict[str, Any]:
    """The status document, as a reader of its JSON gets it."""
    found: dict[str, Any] = json.loads(json.dumps(headless.status_document(places), allow_nan=False))
    return found


def ran(places: Places, days: int | None = None, running: Running | None = None) -> dict[str, Any]:
    """A run's document, as a reader of its JSON gets it."""
    document: Document = headless.run_headless(places, running or Running(approves_all=True), days, silent)
    found: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    return found


@dataclass(frozen=True)
class Whole:
    """A run to the end of the recording, which tests look at and leave as it is."""

    places: Places
    told: str

    @property
    def document(self) -> dict[str, Any]:
        """Its outcome, for one test to take apart."""
        found: dict[str, Any] = json.loads(self.told)
        return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, recorded_once: Path) -> Whole:
    """Made once."""
    folder = shutil.copytree(recorded_once, tmp_path_factory.mktemp("whole") / "data")
    places = Places(folder, Environment.REPLAY)
    return Whole(places, json.dumps(ran(places)))


class TestRunning:
    def test_a_replay_runs_to_the_end_of_its_recording(self, whole: Whole) -> None:
        document = whole.document
        assert document["as_of"] == "2026-03-19T20:00:00+00:00", "the last day ends with its session"
        assert (document["environment"], document["halted"]) == ("replay", "")

    def test_what_the_pnl_came_from_adds_up_to_it_and_the_status_says_the_same(self, whole: Whole) -> None:
        document = whole.document
        rows = document["explained_pnl"]
        by_module = {module["name"]: module["pnl"] for module in document["modules"] if module["pnl"]}
        assert by_module
        for name, pnl in by_module.items():
            mine = [row for row in rows if row["module"] == name]
            assert round(sum(row["pnl"] for row in mine), 4) == pnl
            assert all(round(sum(row["parts"].values()), 4) == row["pnl"] for row in mine)
        assert [row["session"] for row in rows] == sorted((row["session"] for row in rows), reverse=True)
        assert said(whole.places)["explained_pnl"] == rows

    def test_days_are_counted_in_sessions(self, replay: Places) -> None:
        assert ran(replay, days=2)["as_of"] == "2026-03-17T20:00:00+00:00"

    def test_an_interrupt_that_a_library_swallows_ends_it_all_the_same(self, replay: Places) -> None:
        handler, lines = signal.getsignal(signal.SIGINT), []

        def interrupted(line: str) -> None:
            lines.append(line)
            if " opened" in line:
                with contextlib.suppress(KeyboardInterrupt):  # as a database's callback does
                    signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            headless.run_headless(replay, Running(approves_all=True), None, interrupted)
        assert sum(" opened" in line for line in lines) == 1, "it ended with the step that was under way"
        assert said(replay)["as_of"] < "2026-03-19T20:00:00+00:00"
        assert signal.getsignal(signal.SIGINT) is handler

    def test_a_second_interrupt_breaks_in_at_once(self, replay: Places) -> None:
        after: list[str] = []

        def interrupted_twice(line: str) -> None:
            if " opened" in line:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)
                after.append(line)

        with pytest.raises(KeyboardInterrupt):
            headless.run_headless(replay, Running(approves_all=True), None, interrupted_twice)
        assert after == []

    def test_more_days_than_there_are_end_with_the_recording(self, replay: Places) -> None:
        assert ran(replay, days=500)["as_of"] == "2026-03-19T20:00:00+00:00"

    def test_a_simulated_market_never_ends_so_it_has_a_number_of_days_by_default(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert headless.SIMULATED_DAYS == 5
        monkeypatch.setattr(headless, "SIMULATED_DAYS", 1)
        document = ran(Places(tmp_path, Environment.SIMULATED), running=Running(quote_minutes=15, symbols=("KO",)))
        assert document["as_of"] == "2026-01-05T21:00:00+00:00"
        assert document["journal_seq"] > 10

    def test_the_document_has_every_field_of_the_owners_schema(self, whole: Whole, shared_dir: Path) -> None:
        document = whole.document
        for file in sorted((shared_dir / "spec" / "golden").glob("*.json")):
            golden = json.loads(file.read_text())
            assert golden.keys() - ABOUT_OTHER_THINGS <= document.keys()
            for section in ("aggregate", "worst_case"):
                assert golden.get(section, {}).keys() - {"note"} <= document[section].keys()
            assert golden["modules"][0].keys() <= document["modules"][0].keys()

    def test_a_trade_says_what_was_traded_when_and_for_how_much(self, whole: Whole) -> None:
        (trade,) = whole.document["modules"][0]["trades"]
        assert (trade["symbol"], trade["structure"], trade["quantity"]) == ("SPY", "Iron Condor", 1)
        assert [leg["ratio"] for leg in trade["legs"]] == [1, -1, -1, 1]
        assert trade["opened_at"] < trade["closed_at"]
        assert trade["opening_cost"] < 0 < -trade["closing_cash"] < -trade["opening_cost"]
        assert trade["commissions"] == 4.8

    def test_the_ledger_is_free_again_also_after_an_interrupt(self, replay: Places) -> None:
        def interrupt(_line: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            headless.run_headless(replay, Running(), None, interrupt)
        assert ran(replay)["halted"] == ""

    def test_a_ledger_in_use_is_refused(self, replay: Places) -> None:
        first = OpenEngine(replay, Running(), RecordingPublisher())
        for work in (lambda: ran(replay), lambda: headless.rearm(replay, "why", silent)):
            with pytest.raises(LedgerFault, match="in use by another Mindfolio"):
                work()
        first.close()


class TestStatus:
    def test_it_says_of_a_finished_run_what_the_run_said(self, whole: Whole) -> None:
        document = whole.document
        status = said(whole.places)
        assert status.pop("stop_latched") is False
        assert document.pop("halted") == ""
        assert document.pop("skipped_trades") == []  # every approval was given, and nothing else was found
        quotes = document.pop("quotes")
        assert quotes["rows"] == 16 * 122
        assert 0 < quotes["faults"]["one_sided"] == quotes["untradable"] < quotes["rows"]
        # Greeks need quotes, which a ledger has none of: what is open tells none, and zero would be a lie.
        assert status["weighted_greeks"] is None
        assert status.pop("worst_case_from_here") is None
        assert document.pop("worst_case_from_here")["loss"] > 0
        for shown in (status, document):
            for part in (shown["aggregate"], *shown["modules"]):
                part.pop("greeks")
            for part in (shown, *shown["modules"]):
                part.pop("weighted_greeks")
            shown["concentration"] = [(row["name"], row["power"]) for row in shown["concentration"]]
            shown["sectors"] = [(row["name"], row["power"]) for row in shown["sectors"]]
        assert status == document | {"as_of": status["as_of"]}

    def test_greeks_without_quotes_are_unknown_and_not_zero(self, whole: Whole) -> None:
        status = said(whole.places)
        held = [module for module in status["modules"] if module["positions"]]
        assert held
        assert [module["greeks"] for module in held] == [None] * len(held)
        assert status["aggregate"]["greeks"] is None

    def test_open_positions_stand_at_their_journaled_marks(self, tmp_path: Path) -> None:
        updates = [chain_update(new_york(10)), chain_update(new_york(10, 0, 30)), chain_update(new_york(11), 101.0)]
        places = Places(record_market(tmp_path / "data", updates), Environment.REPLAY)
        document = ran(places)
        status = headless.status_document(places)
        (held,) = document["modules"][0]["open_positions"]
        assert held["mark"] != held["opening_cost"]
        assert json.loads(json.dumps(status))["modules"][0]["open_positions"] == [held]
        assert json.loads(json.dumps(status))["aggregate"]["nav"] == document["aggregate"]["nav"]

    def test_a_stop_file_shows_before_any_engine_has_obeyed_it(self, replay: Places) -> None:
        ran(replay, days=1)
        set_latch_file(replay.latch, "test", "test")
        status = headless.status_document(replay)
        assert (status["stop_latched"], status["status"]) == (True, "ACTIVE")

    def test_an_empty_ledger_is_refused(self, replay: Places) -> None:
        SqliteStore(replay.ledger).close()
        with pytest.raises(MindfolioError, match=r"the ledger .*ledger\.sqlite is empty"):
            headless.status_document(replay)


class TestRearming:
    def test_a_stop_that_no_engine_has_seen_yet_is_journaled_before_it_is_lifted(self, replay: Places) -> None:
        ran(replay, days=1)
        set_latch_file(replay.latch, "test", "overnight")
        lines: list[str] = []
        assert headless.rearm(replay, "slept well", lines.append) == ()

        assert any("Emergency stop: overnight" in line for line in lines)
        status = json.loads(json.dumps(headless.status_document(replay)))
        assert (status["status"], status["stop_latched"]) == ("ACTIVE", False)
        assert {module["status"] for module in status["modules"]} == {"PAUSED"}

    def test_a_refusal_says_why_and_leaves_the_stop_where_it_is(self, replay: Places) -> None:
        ran(replay, days=1)
        assert headless.rearm(replay, "why not", silent) == (DenialCode.NOT_STOPPED,)
        set_latch_file(replay.latch, "test", "test")
        assert headless.rearm(replay, " ", silent) == (DenialCode.REASON_MISSING,)
        assert headless.status_document(replay)["stop_latched"] is True

    def test_a_stop_file_that_cannot_be_removed_stays_a_stop(self, replay: Places) -> None:
        ran(replay, days=1)
        (replay.latch / "something inside").mkdir(parents=True)
        assert headless.rearm(replay, "why not", silent) == (DenialCode.STORAGE,)
        status = headless.status_document(replay)
        assert (status["stop_latched"], status["status"]) == (True, "STOPPED")


def test_notices_become_lines_and_refusals_are_kept() -> None:
    lines: list[str] = []
    publisher = headless.ProgressPublisher(lines.append)
    pause = cmd.PauseModule("NOBODY", "user", "x")
    denied = CommandDenied(pause, (Denial(DenialCode.UNKNOWN_MODULE), Denial(DenialCode.STOPPED)))
    publisher.notify(Alert(new_york(10), "IV_SERVICE", "a trade was done"))
    publisher.notify(Alert(new_york(10), "", "everything is fine"))
    publisher.notify(CommandAccepted(pause))
    publisher.notify(denied)

    assert lines == [
        "2026-03-16 14:00 UTC  IV_SERVICE: a trade was done",
        "2026-03-16 14:00 UTC  mindfolio: everything is fine",
        "refused PauseModule: UNKNOWN_MODULE, STOPPED",
    ]
    assert publisher.denied == [denied]
