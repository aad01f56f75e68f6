"""The quality of recorded quotes: faults that the calendar and the day before show, and what the real files hold."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.domain.quote_flags import Mask, QuoteFlag, is_tradable
from engine.domain.snapshot import QuoteCounts
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.market.quality import Counts, LiveQuality, quality, repeats, snapshot_flags
from engine.market.replay import ReplayFeed
from tests.fakes import MONDAY, chain_update, new_york
from tests.recordings import write_recording
from tests.spy_2021 import import_spy_2021

TUESDAY = MONDAY + dt.timedelta(days=1)


def counts_of(mask: Mask) -> dict[QuoteFlag, int]:
    counts = Counts()
    counts.add(mask, regular=True)
    return counts.faults


def ignore(_: str) -> None:
    """Progress that nobody reads."""


@pytest.mark.parametrize(
    ("symbol", "hour", "minute", "expired"),
    [("TSLA", 16, 0, 0), ("TSLA", 16, 1, 122), ("SPY", 16, 15, 0), ("SPY", 16, 16, 122), ("SPX", 9, 31, 0)],
)
def test_quotes_of_contracts_that_nobody_can_quote_any_more_are_expired(
    symbol: str, hour: int, minute: int, expired: int
) -> None:
    update = chain_update(new_york(hour, minute), symbol=symbol, expirations=(MONDAY, TUESDAY))
    assert counts_of(snapshot_flags(update)).get(QuoteFlag.EXPIRED, 0) == expired


def test_a_volatility_contract_is_over_when_the_morning_settles_it() -> None:
    wednesday = dt.date(2026, 3, 18)
    early, late = (
        chain_update(new_york(9, minute, day=wednesday), symbol="VIX", expirations=(wednesday,)) for minute in (30, 31)
    )
    assert QuoteFlag.EXPIRED not in counts_of(snapshot_flags(early))
    assert counts_of(snapshot_flags(late))[QuoteFlag.EXPIRED] == late.key.size


def test_a_snapshot_that_repeats_an_earlier_day_is_a_copy() -> None:
    monday = chain_update(new_york(15))
    copy = replace(monday, at=new_york(15, day=TUESDAY))
    assert repeats(copy, monday)
    assert counts_of(snapshot_flags(copy, monday))[QuoteFlag.COPY] == copy.key.size
    assert not repeats(replace(monday, at=new_york(16)), monday)  # the same day: a still market
    assert not repeats(replace(copy, spot=100.01), monday)
    volume = copy.volume.copy()
    volume[7] += 1
    assert not repeats(replace(copy, volume=volume), monday)
    few = slice(0, 19)
    columns = {name: getattr(monday, name)[few] for name in ("key", "bid", "ask", "volume", "open_interest")}
    assert not repeats(replace(copy, **columns), replace(monday, **columns))


def test_a_replay_does_not_show_a_copy_and_its_quotes_age(tmp_path: Path) -> None:
    monday = chain_update(new_york(15))
    copy = replace(monday, at=new_york(15, day=TUESDAY))
    fresh = chain_update(new_york(15, day=dt.date(2026, 3, 18)), 101)
    history = HistoryStore(tmp_path / "history")
    import_files([write_recording(tmp_path / "chains.csv", [monday, copy, fresh])], history, ignore)

    feed = ReplayFeed(history)

    assert [len(feed.read(each.at)) for each in (monday, copy, fresh)] == [1, 0, 1]
    assert [update.at for update in feed.last_known(copy.at)] == [monday.at]
    assert quality(history, "SPY")[2026].named()["copy"] == copy.key.size


def test_counts_of_a_running_market_are_added_up_by_fault() -> None:
    seen = LiveQuality()
    update = chain_update(new_york(10))
    bid = update.bid.copy()
    bid[:3] = [np.nan, 0.0, 99.0]
    seen.see(replace(update, bid=bid))
    seen.see(chain_update(new_york(17), symbol="TSLA"))
    assert (seen.total.snapshots, seen.total.outside, seen.total.rows) == (2, 1, 2 * update.key.size)
    view = seen.total.view()
    assert (view.rows, view.faults["not_a_number"], view.faults["crossed"]) == (2 * update.key.size, 1, 1)
    # The whole of the mask is kept, so that a row with two faults is one row that nobody may trade on.
    assert view.untradable == sum(
        int((~is_tradable(snapshot_flags(each))).sum())
        for each in (replace(update, bid=bid), chain_update(new_york(17), symbol="TSLA"))
    )


def test_nothing_seen_is_nothing_counted() -> None:
    assert LiveQuality().total.view() == QuoteCounts(0, 0, {})


def test_a_row_counts_under_each_fault_and_once_as_not_tradable() -> None:
    seen = Counts()
    both = QuoteFlag.ONE_SIDED | QuoteFlag.NOT_A_NUMBER
    seen.add(np.array([0, QuoteFlag.LOCKED, both, QuoteFlag.ADJUSTED], dtype=np.uint16), regular=True)
    assert (seen.rows, seen.untradable) == (4, 2)
    assert seen.named() == {"locked": 1, "one_sided": 1, "not_a_number": 1, "adjusted": 1}


def test_the_real_file_of_2021_has_seventeen_crossed_rows(shared_dir: Path, tmp_path: Path) -> None:
    found = quality(import_spy_2021(shared_dir, tmp_path), "SPY")
    year = found[2021]
    assert list(found) == [2021]
    assert (year.snapshots, year.rows) == (252, 5_040)
    assert year.named() == {"crossed": 17, "locked": 1}
    assert year.untradable == 17


def test_the_real_snapshots_of_2026_are_counted_by_symbol(yahoo_file: Path, history: HistoryStore) -> None:
    import_files([yahoo_file], history, ignore)
    found = {symbol: quality(history, symbol)[2026] for symbol in history.symbols}
    assert sum(counts.rows for counts in found.values()) == 43_984
    # Two of the snapshots after 16:00 were taken before 16:15, while the funds' options still traded.
    assert {symbol: (counts.snapshots, counts.outside, counts.rows) for symbol, counts in found.items()} == {
        "NVDA": (15, 5, 1_941),
        "QQQ": (19, 3, 17_011),
        "SPY": (19, 3, 20_524),
        "TSLA": (19, 5, 4_508),
    }
    assert found["SPY"].named() == {
        "locked": 18, "zero": 33, "one_sided": 2_646, "not_a_number": 17, "expired": 759,
    }  # fmt: skip
    assert found["NVDA"].named() == {"locked": 2, "one_sided": 175, "not_a_number": 1, "expired": 124}
    assert [counts.untradable for counts in found.values()] == [241, 2_230, 3_078, 375]
