"""The recorded market played back at its own times."""

import datetime as dt
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.ports import ChainUpdate, Feed
from engine.market.history import HistoryStore
from engine.market.history_files import HistoryFault
from engine.market.importer import import_files
from engine.market.replay import ReplayFeed

Instants = tuple[dt.datetime, dt.datetime, dt.datetime]
Merged = dict[tuple[str, int], tuple[dt.datetime, str, str]]
START = dt.datetime(2026, 3, 16, 14, 0, tzinfo=dt.UTC)
HEADER = "snapshot_et,ticker,expiration,type,strike,bid,ask,volume,openInterest,spot_price"


def ignore(_: str) -> None:
    """Progress that nobody reads."""


def times_of(feed: Feed) -> list[dt.datetime]:
    times = [feed.first_at]
    while (following := feed.next_at(times[-1])) is not None:
        times.append(following)
    return times


def merged(updates: Iterable[ChainUpdate]) -> tuple[Merged, dict[str, float]]:
    """The market that these updates leave, applied in order: quotes by contract with their times, and spots."""
    quotes: Merged = {}
    spots: dict[str, float] = {}
    for update in updates:
        spots[update.symbol] = update.spot
        for key, bid, ask in zip(update.key.tolist(), update.bid.tolist(), update.ask.tolist(), strict=True):
            quotes[update.symbol, key] = (update.at, repr(bid), repr(ask))
    return quotes, spots


def test_snapshots_come_at_their_recorded_times_all_symbols_of_an_instant_together(
    recorded: HistoryStore, instants: Instants
) -> None:
    feed: Feed = ReplayFeed(recorded)
    assert (feed.symbols, feed.first_at) == (("QQQ", "SPY"), instants[0])
    assert times_of(feed) == list(instants)
    assert [[update.symbol for update in feed.read(at)] for at in instants] == [["QQQ", "SPY"], ["SPY"], ["QQQ", "SPY"]]
    assert [update.at for at in instants for update in feed.read(at)] == [
        instants[0], instants[0], instants[1], instants[2], instants[2],
    ]  # fmt: skip


def test_the_next_time_is_strictly_later_and_none_at_the_end(recorded: HistoryStore, instants: Instants) -> None:
    feed = ReplayFeed(recorded)
    tick = dt.timedelta(microseconds=1)
    assert feed.next_at(instants[0] - tick) == instants[0]
    assert feed.next_at(instants[0]) == instants[1]
    assert feed.next_at(instants[1] - tick) == instants[1]
    assert feed.next_at(instants[2] - tick) == instants[2]
    assert feed.next_at(instants[2]) is None


def test_a_contract_left_out_is_not_in_the_update(recorded: HistoryStore, instants: Instants) -> None:
    feed = ReplayFeed(recorded)
    assert [feed.read(at)[-1].key.size for at in instants] == [3, 2, 1]


def test_nothing_is_made_up_between_snapshots(recorded: HistoryStore, instants: Instants) -> None:
    feed = ReplayFeed(recorded)
    with pytest.raises(ValueError, match="nothing is recorded"):
        feed.read(instants[0] + dt.timedelta(minutes=1))


def test_what_is_read_does_not_depend_on_when_it_is_asked(recorded: HistoryStore, instants: Instants) -> None:
    feed = ReplayFeed(recorded)
    forwards = [merged(feed.read(at)) for at in instants]
    backwards = [merged(feed.read(at)) for at in reversed(instants)]
    assert forwards == backwards[::-1]


def test_resuming_before_the_first_snapshot_knows_nothing(recorded: HistoryStore, instants: Instants) -> None:
    assert ReplayFeed(recorded).last_known(instants[0] - dt.timedelta(microseconds=1)) == ()


def test_resuming_brings_back_aged_quotes_and_nothing_superfluous(recorded: HistoryStore, instants: Instants) -> None:
    feed = ReplayFeed(recorded)
    known = [(update.at, update.symbol) for update in feed.last_known(instants[2])]
    # SPY's call was last quoted in the first snapshot and its 590 put in the second; QQQ's only put in the third.
    assert known == [(instants[0], "SPY"), (instants[1], "SPY"), (instants[2], "QQQ"), (instants[2], "SPY")]


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["SPY", "QQQ"]), st.integers(500, 504)), min_size=5, unique=True
    )
)
def test_resuming_gives_the_market_that_all_snapshots_would_have_given(
    tmp_path_factory: pytest.TempPathFactory, quotes: list[tuple[int, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("replay")
    lines = [HEADER]
    for hour, symbol, strike in quotes:
        when = START + dt.timedelta(hours=hour)
        lines.append(f"{when},{symbol},2026-04-17,put,{strike},{hour}.{strike % 100:02d},9,1,1,{600 + hour}")
    (folder / "chains.csv").write_text("\n".join(lines))
    history = HistoryStore(folder / "history")
    import_files([folder / "chains.csv"], history, ignore)
    feed = ReplayFeed(history)
    played = [(due, update) for due in times_of(feed) for update in feed.read(due)]
    for half_hours in range(-1, 12):
        at = START + dt.timedelta(minutes=30 * half_hours)
        resumed = feed.last_known(at)
        assert merged(resumed) == merged(update for due, update in played if due <= at)
        assert [update.at for update in resumed] == sorted(update.at for update in resumed)


def test_an_empty_recording_is_refused_with_what_to_do(history: HistoryStore) -> None:
    with pytest.raises(HistoryFault, match="no market is recorded there; import one first: mindfolio import FILE"):
        ReplayFeed(history)


def test_the_real_file_plays_as_it_was_recorded(yahoo_file: Path, history: HistoryStore) -> None:
    import_files([yahoo_file], history, ignore)
    feed = ReplayFeed(HistoryStore(history.root))
    times = times_of(feed)
    assert (len(times), times[0], times[-1]) == (
        19,
        dt.datetime(2026, 3, 16, 19, 55, 34, tzinfo=dt.UTC),
        dt.datetime(2026, 4, 24, 15, 45, 8, tzinfo=dt.UTC),
    )
    feed.read(times[0])  # opens the files
    started = time.perf_counter()
    updates = [update for at in times for update in feed.read(at)]
    assert (time.perf_counter() - started) / len(times) < 0.05
    assert sum(update.key.size for update in updates) == 43_984
    assert [len(feed.read(at)) for at in times] == [3] * 4 + [4] * 15
    assert merged(feed.last_known(times[-1])) == merged(updates)


Write = Callable[..., Path]


def test_playing_costs_little_per_snapshot(history: HistoryStore, write_csv: Write) -> None:
    rows = [
        (START + dt.timedelta(days=day), "SPY", "2026-04-17", "put", 400 + strike, 1, 1.1, 1, 1, 600)
        for day in range(30)
        for strike in range(100)
    ]
    import_files([write_csv(rows, header=HEADER.split(","))], history, ignore)
    feed = ReplayFeed(history)
    feed.read(feed.first_at)
    started = time.perf_counter()
    for at in times_of(feed):
        feed.read(at)
    assert (time.perf_counter() - started) / 30 < 0.01
