"""What a feed shows, kept in a history while the market runs."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.domain.ports import ChainUpdate
from engine.market import recorder as module
from engine.market.history import HistoryStore
from engine.market.history_files import MANIFEST_NAME, lock
from engine.market.recorder import Recorder
from engine.market.replay import ReplayFeed
from tests.fakes import MONDAY, chain_update, new_york

TUESDAY = MONDAY + dt.timedelta(days=1)
EVERY_ONE = dt.timedelta(0)


def recorded(folder: Path, *updates: ChainUpdate, interval: dt.timedelta = EVERY_ONE, at_once: int = 10**6) -> Recorder:
    recorder = Recorder(folder, interval, at_once, pause_s=0.01)
    for update in updates:
        recorder.see(update)
    recorder.close()
    return recorder


def test_what_was_shown_plays_again(tmp_path: Path) -> None:
    shown = [chain_update(new_york(10)), chain_update(new_york(11), symbol="QQQ"), chain_update(new_york(12))]
    shown[0].bid[3], shown[0].volume[4] = np.nan, np.nan
    recorder = recorded(tmp_path, *shown)
    assert (recorder.fault, recorder.rows) == ("", sum(update.key.size for update in shown))
    feed = ReplayFeed(HistoryStore(tmp_path))
    assert feed.symbols == ("QQQ", "SPY")
    at: dt.datetime | None = feed.first_at
    for update in shown:
        assert at == update.at
        (played,) = feed.read(update.at)
        order = np.argsort(update.key)
        assert (played.symbol, played.spot) == (update.symbol, update.spot)
        for name in ("key", "bid", "ask", "volume", "open_interest"):
            assert np.array_equal(getattr(played, name), getattr(update, name)[order], equal_nan=name != "key"), name
        at = feed.next_at(update.at)


def test_of_each_symbol_one_in_an_interval_is_taken(tmp_path: Path) -> None:
    updates = [chain_update(new_york(10, minute), symbol=name) for minute in range(31) for name in ("SPY", "QQQ")]
    recorded(tmp_path, *updates, interval=dt.timedelta(minutes=15))
    times = [at for at, symbol in HistoryStore(tmp_path).snapshots() if symbol == "QQQ"]
    assert times == [new_york(10, 0), new_york(10, 15), new_york(10, 30)]


def test_prices_that_no_recording_can_hold_are_left_out(tmp_path: Path) -> None:
    update = chain_update(new_york(10))
    update.bid[0], update.ask[1], update.ask[2] = -1.0, np.inf, 2e6
    assert recorded(tmp_path, update).rows == update.key.size - 3


def test_a_symbol_that_could_be_no_file_s_name_is_not_recorded(tmp_path: Path) -> None:
    assert recorded(tmp_path / "inside", replace(chain_update(new_york(10)), symbol="../SPY")).rows == 0
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_day_is_on_the_disk_once_the_next_one_begins_and_batches_add_up(tmp_path: Path) -> None:
    updates = [chain_update(new_york(10, minute, day=day)) for day in (MONDAY, TUESDAY) for minute in (0, 1, 2)]
    recorder = recorded(tmp_path, *updates, at_once=updates[0].key.size)
    assert recorder.rows == sum(update.key.size for update in updates)
    assert len(HistoryStore(tmp_path).snapshots()) == 6


def test_a_recording_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    first = chain_update(new_york(10))
    recorded(tmp_path, first)
    again = recorded(tmp_path, first, chain_update(new_york(10, 1)))
    assert again.rows == first.key.size
    assert len(HistoryStore(tmp_path).snapshots()) == 2


def test_an_import_of_somebody_else_is_waited_for(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, EVERY_ONE, 1, pause_s=0.05)
    with lock(tmp_path).acquire(timeout=0):
        recorder.see(chain_update(new_york(10)))
    recorder.close()
    assert (recorder.fault, recorder.rows > 0) == ("", True)


def test_a_disk_that_fails_ends_the_recording_with_its_reason_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_text("no manifest")
    recorder = recorded(tmp_path, chain_update(new_york(10)))
    assert (recorder.rows, "the list of recorded files is damaged" in recorder.fault) == (0, True)
    recorder = Recorder(tmp_path, EVERY_ONE)
    recorder.fault = "full"
    recorder.see(chain_update(new_york(10)))
    recorder.close()
    assert (recorder.rows, recorder.fault) == (0, "full")


def test_a_fault_of_the_program_ends_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(module, "_fill", broken)
    assert recorded(tmp_path, chain_update(new_york(10))).fault == "RuntimeError: no such luck"
