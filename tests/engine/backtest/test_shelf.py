"""What a source keeps, and what it lets go of first."""

import datetime as dt

import numpy as np

from engine.backtest.days import BYTES_A_ROW
from engine.backtest.shelf import Shelf
from engine.backtest.source import MarketDay
from engine.domain.chain import Chain
from engine.domain.happening import UNKNOWN
from engine.domain.scan import NO_PAST, IvRank

DAY = dt.date(2026, 3, 16)
NEXT = dt.date(2026, 3, 17)


def market_day(symbol: str, rows: int, day: dt.date = DAY) -> MarketDay:
    at = dt.datetime.combine(day, dt.time(20), dt.UTC)
    key = np.arange(rows)
    none = np.zeros(rows)
    chain = Chain(symbol, 1, at, 10.0, at, key, none, none, none, none, key)
    return MarketDay(day, at, chain, 100_000, IvRank(None, 0), UNKNOWN, NO_PAST)


def test_what_was_read_is_not_missing_whether_it_had_a_chain_or_not() -> None:
    shelf = Shelf()
    assert shelf.missing("KO", (DAY, NEXT)) == (DAY, NEXT)

    shelf.put("KO", (DAY, NEXT), [market_day("KO", 5)])

    assert shelf.missing("KO", (DAY, NEXT)) == ()
    assert [each.day for each in shelf.get("KO", (DAY, NEXT))] == [DAY]
    assert shelf.get("PEP", (DAY,)) == ()


def test_a_cleared_shelf_has_nothing() -> None:
    shelf = Shelf()
    shelf.put("KO", (DAY,), [market_day("KO", 5)])

    shelf.clear()

    assert shelf.get("KO", (DAY,)) == ()
    assert shelf.missing("KO", (DAY,)) == (DAY,)


def test_the_symbol_asked_for_longest_ago_goes_first() -> None:
    shelf = Shelf(room=20 * BYTES_A_ROW)
    shelf.put("KO", (DAY,), [market_day("KO", 10)])
    shelf.put("PEP", (DAY,), [market_day("PEP", 10)])
    shelf.get("KO", (DAY,))

    shelf.put("MCD", (DAY,), [market_day("MCD", 10)])

    assert shelf.missing("PEP", (DAY,)) == (DAY,)
    assert shelf.missing("KO", (DAY,)) == ()
    assert shelf.missing("MCD", (DAY,)) == ()


def test_twenty_rows_fit_where_there_is_room_for_twenty() -> None:
    shelf = Shelf(room=20 * BYTES_A_ROW)
    shelf.put("KO", (DAY,), [market_day("KO", 10)])
    shelf.put("PEP", (DAY,), [market_day("PEP", 10)])
    assert shelf.missing("KO", (DAY,)) == ()

    shelf.put("PEP", (NEXT,), [market_day("PEP", 1, NEXT)])

    assert shelf.missing("KO", (DAY,)) == (DAY,)


def test_a_symbol_larger_than_the_room_stays_while_it_is_the_newest() -> None:
    shelf = Shelf(room=BYTES_A_ROW)
    shelf.put("SPY", (DAY,), [market_day("SPY", 50)])

    assert len(shelf.get("SPY", (DAY,))) == 1
