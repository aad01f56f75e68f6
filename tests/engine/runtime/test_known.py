"""The list of mindfolios tells what there is, survives everything that happens to a file, and deletes nothing."""

import datetime as dt
import json
import multiprocessing
from pathlib import Path

import pytest

from engine.domain.mindfolio import Environment, KnownState
from engine.runtime.known import LIST, forget, free_name, known, last_opened, new_places, note_opened, places_of
from engine.runtime.places import Places

NOON = dt.datetime(2026, 3, 16, 16, tzinfo=dt.UTC)


def with_ledger(places: Places) -> Places:
    """As if a mindfolio had been begun there."""
    places.ledger.parent.mkdir(parents=True, exist_ok=True)
    places.ledger.touch()
    return places


def first(home: Path) -> Places:
    return with_ledger(Places(home, Environment.SIMULATED))


def second(home: Path) -> Places:
    return with_ledger(Places(home / "mindfolios" / "second", Environment.REPLAY))


def names(home: Path) -> list[str]:
    return [each.name for each in known(home)]


def note_many(home: Path, folder: str, times: int) -> None:
    """What another process does."""
    for number in range(times):
        note_opened(Places(home / "mindfolios" / f"{folder}{number}", Environment.SIMULATED), folder, NOON)


def test_what_is_open_comes_first_then_the_last_opened_and_folders_that_nobody_listed(tmp_path: Path) -> None:
    one, two = first(tmp_path), second(tmp_path)
    other = with_ledger(Places(tmp_path / "mindfolios" / "never-opened", Environment.SIMULATED))
    note_opened(one, "First", NOON)
    note_opened(two, "Second", NOON + dt.timedelta(hours=1))
    listed = [(each.name, each.environment, each.opened_at, each.state) for each in known(tmp_path, one)]
    assert listed == [
        ("First", Environment.SIMULATED, NOON, KnownState.OPEN),
        ("Second", Environment.REPLAY, NOON + dt.timedelta(hours=1), KnownState.CLOSED),
        ("never-opened", Environment.SIMULATED, None, KnownState.CLOSED),
    ]
    assert places_of(known(tmp_path)[0].key) == two
    assert last_opened(tmp_path) == two
    assert other.ledger.exists()


def test_opening_it_again_moves_one_line_and_adds_none(tmp_path: Path) -> None:
    one = first(tmp_path)
    note_opened(one, "First", NOON)
    note_opened(one, "First", NOON + dt.timedelta(days=1))
    assert [each.opened_at for each in known(tmp_path)] == [NOON + dt.timedelta(days=1)]


def test_a_folder_that_has_gone_is_missing_until_it_is_forgotten_or_back(tmp_path: Path) -> None:
    one, two = first(tmp_path), second(tmp_path)
    note_opened(one, "First", NOON)
    note_opened(two, "Second", NOON + dt.timedelta(hours=1))
    elsewhere = tmp_path / "moved"
    two.data_dir.rename(elsewhere)
    assert [(each.name, each.state) for each in known(tmp_path)] == [
        ("Second", KnownState.MISSING),
        ("First", KnownState.CLOSED),
    ]
    assert last_opened(tmp_path) == one
    forget(tmp_path, str(two.folder))
    assert names(tmp_path) == ["First"]
    elsewhere.rename(two.data_dir)
    assert [each.name for each in known(tmp_path)] == ["First", "second"], "forgetting deletes nothing"


def test_two_lines_or_a_link_to_one_ledger_are_one_mindfolio(tmp_path: Path) -> None:
    two = second(tmp_path)
    (tmp_path / "mindfolios" / "link").symlink_to(two.data_dir, target_is_directory=True)
    note_opened(two, "Second", NOON)
    lines = json.loads((tmp_path / LIST).read_text(encoding="utf-8"))
    lines["mindfolios"] *= 2
    (tmp_path / LIST).write_text(json.dumps(lines), encoding="utf-8")
    assert names(tmp_path) == ["Second"]


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"{",
        b'{"mindfolios": 7}',
        b'{"mindfolios": [7, null, {}, {"folder": 5}, {"folder": "relative/simulated"}, {"folder": "/a/live"}]}',
        b'{"mindfolios": [{"folder": "/x\\u0000/simulated"}, {"folder": "/\\ud800/simulated"}]}',
        b'{"mindfolios": ' + b"[" * 100_000,
    ],
)
def test_a_damaged_list_hides_nothing_and_is_mended_by_the_next_opening(tmp_path: Path, held: bytes) -> None:
    one = first(tmp_path)
    (tmp_path / LIST).write_bytes(held)
    assert [each.state for each in known(tmp_path, one)] == [KnownState.OPEN]
    note_opened(one, "First", NOON)
    assert names(tmp_path) == ["First"]


def test_what_cannot_be_shown_in_a_name_is_left_out_and_odd_times_are_no_times(tmp_path: Path) -> None:
    one = first(tmp_path)
    line = {"folder": str(one.folder), "name": "Li\u202eve\n\ud800", "opened": "yesterday"}
    (tmp_path / LIST).write_text(json.dumps({"mindfolios": [line]}), encoding="utf-8")
    assert [(each.name, each.opened_at) for each in known(tmp_path)] == [("Live", None)]
    line["opened"] = "2026-03-16T12:00:00"
    (tmp_path / LIST).write_text(json.dumps({"mindfolios": [line]}), encoding="utf-8")
    assert last_opened(tmp_path) is None, "a time without its zone"
    line["opened"] = "0001-01-01T00:00:00+05:00"
    (tmp_path / LIST).write_text(json.dumps({"mindfolios": [line]}), encoding="utf-8")
    assert last_opened(tmp_path) is None, "a time that UTC has none for"


def test_a_list_that_cannot_be_written_is_told_of_in_the_log_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = first(tmp_path)
    (tmp_path / LIST).mkdir()
    note_opened(one, "First", NOON)
    assert "was not kept" in caplog.text
    assert names(tmp_path) == [tmp_path.name]
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([LIST, f"{LIST}.lock", "simulated"])


def test_two_processes_that_write_the_list_lose_no_line(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    other = spawn.Process(target=note_many, args=(tmp_path, "theirs", 20))
    other.start()
    note_many(tmp_path, "ours", 20)
    other.join(60)
    assert other.exitcode == 0
    assert sorted(names(tmp_path)) == ["ours"] * 20 + ["theirs"] * 20


def test_a_new_mindfolio_gets_a_folder_that_nobody_has(tmp_path: Path) -> None:
    made = [new_places(tmp_path, name, Environment.REPLAY).data_dir.name for name in ("My Fund!", "my fund", "日本")]
    assert made == ["my-fund", "my-fund-2", "mindfolio"]
    places = new_places(tmp_path, "../../etc", Environment.SIMULATED)
    assert places.data_dir == tmp_path / "mindfolios" / "etc"
    assert places.home == tmp_path
    assert places.history == tmp_path / "history"
    assert places.modules == tmp_path / "modules"


def test_a_free_name_is_the_one_wanted_or_has_a_number() -> None:
    assert free_name("Demo", ["Other"]) == "Demo"
    assert free_name("Demo", ["DEMO", "Demo 2"]) == "Demo 3"
