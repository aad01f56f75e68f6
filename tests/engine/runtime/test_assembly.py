"""Opening an engine: one writer a ledger, one seed and one market a mindfolio, and refusals in one line."""

import datetime as dt
import os
import shutil
import threading
import time
from pathlib import Path

import pytest

from engine.backtest.beside import BesideBacktester
from engine.core.calendar import market_day
from engine.core.errors import LedgerFault, MindfolioError
from engine.domain import events as ev
from engine.domain.candidate import ScanAction
from engine.domain.evidence import Evidence
from engine.domain.mindfolio import Environment, MindfolioStatus
from engine.domain.scan import Score
from engine.execution.paper import PaperBroker
from engine.ledger.ledger import checked_entries
from engine.ledger.query import LedgerQuery
from engine.ledger.store import SqliteStore
from engine.market.bars import Adjustment
from engine.market.events import EventKind, import_events
from engine.market.history import HistoryStore
from engine.market.import_bars import import_table
from engine.market.importer import import_files
from engine.market.scores import import_scores
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.scores import simulated_scores
from engine.risk.latch import set_latch_file
from engine.runtime.assembly import DEFAULT_SEED, OpenEngine, session_limit
from engine.runtime.places import Places, Running
from engine.runtime.scanning import context_for
from tests.builders import candidate, condor
from tests.fakes import RecordingPublisher, Rig, chain_update, new_york
from tests.recordings import record_market, write_recording


def opened(places: Places, running: Running | None = None, publisher: RecordingPublisher | None = None) -> OpenEngine:
    """Open an engine for a test; it runs as fast as it can unless said otherwise."""
    return OpenEngine(places, running or Running(), publisher or RecordingPublisher())


@pytest.fixture
def simulated(tmp_path: Path) -> Places:
    return Places(tmp_path / "data", Environment.SIMULATED)


@pytest.fixture(scope="module")
def recorded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with two snapshots of SPY and nothing else."""
    return record_market(
        tmp_path_factory.mktemp("recorded"), [chain_update(new_york(10)), chain_update(new_york(11), 101.0)]
    )


@pytest.fixture
def replay(tmp_path: Path, recorded_once: Path) -> Places:
    """A copy of it for one test."""
    return Places(shutil.copytree(recorded_once, tmp_path / "data", dirs_exist_ok=True), Environment.REPLAY)


class TestANewMindfolio:
    def test_it_is_begun_once_with_the_markets_symbols(self, replay: Places) -> None:
        engine = opened(replay)
        book = engine.kernel.desk.book
        assert (book.environment, book.seed, book.seq) == (Environment.REPLAY, DEFAULT_SEED, 1)
        assert book.market.startswith("recording ")
        assert {module.spec.universe for module in book.modules.values()} == {("SPY",)}
        engine.kernel.run()
        seq = book.seq
        engine.close()

        again = opened(replay)
        again.close()
        assert again.kernel.desk.book.seq == seq
        store = SqliteStore(replay.ledger, for_reading=True)
        begun = [event for _, event in checked_entries(store) if isinstance(event, ev.MindfolioCreated)]
        store.close()
        assert len(begun) == 1

    def test_its_evidence_comes_from_its_own_past(self, replay: Places, tmp_path: Path) -> None:
        short, simulated = opened(replay), opened(Places(tmp_path / "simulated", Environment.SIMULATED))
        module = next(iter(short.kernel.desk.book.modules.values())).spec
        said = [
            each.kernel.desk.backtester.evidence(
                module, candidate(structure=condor(symbol=symbol)), each.kernel.desk.now
            )
            for each, symbol in ((short, "SPY"), (simulated, "KO"))
        ]
        for each in (short, simulated):
            each.close()
        asked = [each for each in said if isinstance(each, Evidence)]

        assert (asked[0].trades, asked[0].source) == (0, "no chains of SPY")
        assert asked[1].source.startswith("end-of-day chains of the simulated market")
        assert (asked[1].first, asked[1].last) == (dt.date(2025, 1, 5), dt.date(2026, 1, 2))

    def test_its_evidence_is_the_same_from_beside_and_is_kept_with_it(self, replay: Places) -> None:
        inline, wanted = opened(replay), candidate(structure=condor(symbol="SPY"))
        module, now = next(iter(inline.kernel.desk.book.modules.values())).spec, inline.kernel.desk.now
        at_once = inline.kernel.desk.backtester.evidence(module, wanted, now)
        inline.close()
        assert not replay.evidence.exists()

        engine = opened(replay, Running(is_beside=True))
        tester = engine.kernel.desk.backtester
        assert isinstance(tester, BesideBacktester)
        deadline = time.monotonic() + 60
        while not tester.is_idle and time.monotonic() < deadline:
            time.sleep(0.01)
        found = tester.evidence(module, wanted, now)
        engine.close()
        assert not any(thread.name.startswith("mindfolio-evidence") for thread in threading.enumerate())
        assert (found, tester.trouble) == (at_once, ""), "asked ahead, before any scan"
        assert len(list(replay.evidence.rglob("*.json"))) == 4, "condor, calendar, diagonal and short put"

    def test_its_modules_look_at_the_symbols_asked_for(self, tmp_path: Path) -> None:
        places = Places(tmp_path, Environment.SIMULATED)
        engine = OpenEngine(places, Running(symbols=("SPY", "KO")), RecordingPublisher())
        engine.close()
        assert {module.spec.universe for module in engine.kernel.desk.book.modules.values()} == {("KO", "SPY")}

    def test_a_symbol_that_the_market_does_not_have_is_named(self, tmp_path: Path) -> None:
        places = Places(tmp_path, Environment.SIMULATED)
        with pytest.raises(MindfolioError, match=r"^ZZZ: not in this market, which has "):
            OpenEngine(places, Running(symbols=("SPY", "ZZZ")), RecordingPublisher())

    def test_its_market_begins_a_moment_before_the_first_quotes(self, replay: Places) -> None:
        engine = opened(replay)
        engine.close()
        assert engine.kernel.desk.now == new_york(9, 59, 59)

    def test_environments_of_one_directory_are_open_side_by_side(self, simulated: Places, replay: Places) -> None:
        engines = [opened(places) for places in (simulated, replay)]
        assert [engine.kernel.desk.book.environment for engine in engines] == [
            simulated.environment,
            replay.environment,
        ]
        for engine in engines:
            engine.close()

    def test_its_simulated_broker_pays_the_markets_dividends_and_works_them_out_when_shares_are_held(
        self, simulated: Places
    ) -> None:
        engine = opened(simulated)
        broker, feed = engine.kernel.desk.broker, engine.kernel.desk.feed
        assert isinstance(broker, PaperBroker)
        assert isinstance(feed, SimulatedFeed)
        payments = broker._life.dividends
        assert "_by_symbol" not in vars(payments)
        assert payments["SPY"] == feed.payments()["SPY"]
        assert "TSLA" not in payments
        engine.close()

    def test_its_broker_pays_the_dividends_of_the_calendar_in_a_replay(self, replay: Places, tmp_path: Path) -> None:
        file = tmp_path / "events.csv"
        file.write_text("symbol,kind,day,value\nSPY,ex-dividend,2026-06-22,1.76\nSPY,ex-dividend,2026-09-21,\n")
        import_events(file, replay.history)
        engine = opened(replay)
        broker = engine.kernel.desk.broker
        engine.close()
        assert isinstance(broker, PaperBroker)
        assert broker._life.dividends == {"SPY": ((dt.date(2026, 6, 22), 17_600),)}

    def test_it_knows_the_closes_before_a_day_in_a_simulation(self, simulated: Places) -> None:
        engine = opened(simulated)
        first = engine.kernel.desk.feed.first_at
        pasts = engine.kernel.desk.pasts_on(market_day(first))
        engine.close()

        assert set(pasts) == set(engine.kernel.desk.feed.symbols)
        assert pasts["SPY"].day[-1] == dt.date(2026, 1, 2).toordinal()
        assert pasts["SPY"].day.size > 252

    def test_it_knows_the_imported_closes_before_a_day_in_a_replay(self, replay: Places, tmp_path: Path) -> None:
        file = tmp_path / "SPY.csv"
        rows = "2026-03-13,670,671,669,670.5,1\n2026-03-16,671,672,670,671.25,1\n"
        file.write_text(f"date,open,high,low,close,volume\n{rows}")
        import_table(file, replay.history, adjustment=Adjustment.NONE)
        engine = opened(replay)
        pasts_on = engine.kernel.desk.pasts_on
        engine.close()

        assert pasts_on(dt.date(2026, 3, 16))["SPY"].close.tolist() == [670.5]
        assert pasts_on(dt.date(2026, 3, 17))["SPY"].close.tolist() == [670.5, 671.25]

    @pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX")
    def test_only_the_user_may_look_into_its_folder(self, simulated: Places) -> None:
        opened(simulated).close()
        assert simulated.folder.stat().st_mode & 0o077 == 0


class TestOneWriter:
    def test_a_second_opener_is_refused_in_one_line_and_the_first_goes_on(self, simulated: Places) -> None:
        first = opened(simulated, Running(speed=1.0))
        with pytest.raises(LedgerFault) as refused:
            opened(simulated)

        assert str(refused.value) == (
            f"{simulated.folder} is in use by another Mindfolio; close that one, or give another --data-dir"
        )
        first.kernel.desk.record(ev.EmergencyStopLatched("test", "still writable"))
        assert first.kernel.desk.commit()
        first.close()

    def test_the_lock_is_free_after_a_close_and_after_a_refusal(self, simulated: Places) -> None:
        opened(simulated, Running(seed=5)).close()
        with pytest.raises(LedgerFault):
            opened(simulated, Running(seed=6))
        opened(simulated).close()

    def test_a_file_that_is_no_ledger_is_refused_and_left_alone(self, simulated: Places) -> None:
        simulated.folder.mkdir(parents=True)
        simulated.ledger.write_bytes(b"my holiday pictures" * 100)
        with pytest.raises(LedgerFault) as refused:
            opened(simulated)
        assert str(simulated.ledger) in str(refused.value)
        assert "\n" not in str(refused.value)
        assert simulated.ledger.read_bytes() == b"my holiday pictures" * 100


class TestOneMarket:
    def test_another_seed_is_refused_and_names_the_right_one(self, simulated: Places) -> None:
        opened(simulated, Running(seed=5)).close()
        with pytest.raises(LedgerFault, match=r"begun with --seed 5; use that, or another --data-dir"):
            opened(simulated, Running(seed=6))

    @pytest.mark.parametrize("asked", [5, None])
    def test_its_own_seed_or_none_goes_on(self, simulated: Places, asked: int | None) -> None:
        opened(simulated, Running(seed=5)).close()
        engine = opened(simulated, Running(seed=asked))
        engine.close()
        assert engine.kernel.desk.book.seed == 5

    def test_without_recordings_a_replay_says_what_to_run_and_leaves_no_ledger(self, tmp_path: Path) -> None:
        places = Places(tmp_path, Environment.REPLAY)
        with pytest.raises(MindfolioError, match="run `mindfolio import FILE` first") as refused:
            opened(places)
        assert "\n" not in str(refused.value)
        assert not places.ledger.exists()

    def test_a_simulated_market_of_another_version_is_pointed_out(
        self, simulated: Places, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publisher = RecordingPublisher()
        with monkeypatch.context() as older:
            older.setattr(SimulatedFeed, "symbols", ("AAPL", "SPY"))
            opened(simulated, publisher=publisher).close()
        assert publisher.alerts == []
        opened(simulated, publisher=publisher).close()
        assert publisher.alerts == [
            "The simulated market is another one since this mindfolio was begun: its prices jumped"
        ]

    def test_recordings_that_changed_since_the_beginning_are_pointed_out(self, replay: Places, tmp_path: Path) -> None:
        publisher = RecordingPublisher()
        opened(replay, publisher=publisher).close()
        assert publisher.alerts == []
        more = write_recording(tmp_path / "more.csv", [chain_update(new_york(12), 102.0)])
        import_files([more], HistoryStore(replay.history), lambda _: None)

        opened(replay, publisher=publisher).close()

        assert publisher.alerts == ["The imported recordings have changed since this mindfolio was begun"]


class TestWhatIsKnownBesideTheMarket:
    @pytest.mark.parametrize(
        ("rows", "reason"),
        [
            ("SPY,earnings,2026-04-24,\n", "earnings on 2026-04-24, before the expiry on 2026-04-24"),
            ("SPY,earnings,2026-04-25,\n", ""),  # a day after the expiration: unknown before it, which is waived
            ("SPY,earnings,2026-01-01,2026-12-31\nSPY,ex-dividend,2026-01-01,2026-12-31\n", ""),
        ],
    )
    def test_an_event_in_the_calendar_keeps_a_trade_from_being_opened(
        self, replay: Places, tmp_path: Path, rows: str, reason: str
    ) -> None:
        file = tmp_path / "events.csv"
        file.write_text(f"symbol,kind,day,until\n{rows}")
        import_events(file, replay.history)
        engine = opened(replay)
        engine.kernel.run()
        engine.close()
        query = LedgerQuery(replay.ledger)
        looked = [each for each in query.scans("IV_SERVICE", new_york(0)) if each.structure.startswith("Iron Condor")]
        row = looked[-1]
        query.close()
        assert (row.action is ScanAction.SKIPPED) == bool(reason)
        assert not reason or row.reason == reason

    def test_the_simulated_market_knows_its_own_past_and_events_and_nothing_of_real_ones(
        self, simulated: Places
    ) -> None:
        file = simulated.data_dir / "events.csv"
        file.parent.mkdir(parents=True)
        file.write_text("symbol,kind,day\nSPY,earnings,2026-04-24\n")
        import_events(file, simulated.history)
        engine = opened(simulated)
        try:
            desk = engine.kernel.desk
            today = market_day(desk.now)
            events = desk.events_on(today)
            ranks = desk.iv_ranks.at(("SPY",), desk.market.chains(), desk.now)
            assert ranks["SPY"].sessions == 252
        finally:
            engine.close()
        april = dt.date(2026, 4, 24)
        assert events.is_covered("SPY", EventKind.EARNINGS, today, april)
        assert events.known("SPY", EventKind.EARNINGS, today, april) == ()

    def test_scores_are_the_simulated_companies_own_or_the_imported_ones_known_on_the_day(
        self, simulated: Places, replay: Places, tmp_path: Path
    ) -> None:
        file = tmp_path / "scores.csv"
        file.write_text("symbol,score,as-of\nSPY,80,2026-03-01\nSPY,10,2026-12-31\n")
        import_scores(file, replay.history)
        shown = []
        for places in (simulated, replay):
            engine = opened(places)
            desk = engine.kernel.desk
            shown.append(context_for(desk, next(iter(desk.book.modules.values())).spec).scores)
            today, seed = market_day(desk.now), desk.book.seed
            engine.close()
            if places is simulated:
                assert shown[0] == simulated_scores(seed, today).on(today) != {}
        assert shown[1] == {"SPY": Score(80.0, dt.date(2026, 3, 1), "scores.csv")}


class TestStops:
    def test_a_stop_latched_while_nothing_ran_is_obeyed_before_anything_trades(self, replay: Places) -> None:
        opened(replay).close()
        set_latch_file(replay.latch, "mindfolio stop", "overnight")

        engine = opened(replay)
        engine.kernel.run()
        engine.close()

        book = engine.kernel.desk.book
        assert (book.status, book.stop_why, book.orders_made) == (MindfolioStatus.STOPPED, "overnight", 0)

    def test_approve_all_is_handed_to_the_desk(self, replay: Places) -> None:
        engine = opened(replay, Running(approves_all=True))
        engine.kernel.run(until=new_york(10, 0, 2))
        engine.close()
        assert engine.kernel.desk.book.orders_made == 2


class TestSessionLimit:
    @pytest.mark.parametrize(
        ("now", "days", "closes"),
        [
            (new_york(9, 30), 1, new_york(16)),
            (new_york(15, 59), 1, new_york(16)),
            (new_york(16), 1, new_york(16, day=dt.date(2026, 3, 17))),
            (new_york(9), 2, new_york(16, day=dt.date(2026, 3, 17))),
            (new_york(12, day=dt.date(2026, 3, 20)), 2, new_york(16, day=dt.date(2026, 3, 23))),
            (new_york(12, day=dt.date(2026, 11, 25)), 2, new_york(13, day=dt.date(2026, 11, 27))),
        ],
    )
    def test_sessions_are_counted_from_the_running_one(
        self, tmp_path: Path, now: dt.datetime, days: int, closes: dt.datetime
    ) -> None:
        rig = Rig(tmp_path, [chain_update(new_york(9))])
        rig.desk.clock.advance_to(now)
        assert session_limit(rig.kernel, days) == closes
