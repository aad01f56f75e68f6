"""Skipped trades summed up by month and reason, by hand."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.aftermath import SkippedTrade, SkipRow, by_reason

MARCH, APRIL = dt.date(2026, 3, 1), dt.date(2026, 4, 1)


def skipped(reason: str, day: dt.date, result: str, *, is_open: bool = False) -> SkippedTrade:
    ended = None if is_open else day + dt.timedelta(days=20)
    return SkippedTrade("ALPHA", "SPY", "Iron Condor", reason, day, dollars(result), ended)


def test_by_month_and_reason_the_newest_first() -> None:
    rows = by_reason(
        [
            skipped("BUDGET", dt.date(2026, 3, 2), "-400"),
            skipped("BUDGET", dt.date(2026, 3, 31), "90"),
            skipped("BUDGET", dt.date(2026, 3, 10), "25", is_open=True),
            skipped("EVIDENCE: win rate", dt.date(2026, 3, 10), "-1140"),
            skipped("BUDGET", dt.date(2026, 4, 1), "10"),
        ]
    )

    assert rows == (
        SkipRow(APRIL, "BUDGET", 1, dollars(10), 0, 0),
        SkipRow(MARCH, "BUDGET", 2, dollars(-310), 1, dollars(25)),
        SkipRow(MARCH, "EVIDENCE: win rate", 1, dollars(-1140), 0, 0),
    )
    assert [row.total for row in rows] == [dollars(10), dollars(-285), dollars(-1140)]


def test_nothing_skipped_no_rows() -> None:
    assert by_reason(()) == ()


@given(st.lists(st.tuples(st.sampled_from(["A", "B"]), st.integers(0, 90), st.integers(-999, 999), st.booleans())))
def test_no_trade_is_lost_or_counted_twice(drawn: list[tuple[str, int, int, bool]]) -> None:
    trades = [
        skipped(reason, MARCH + dt.timedelta(days=day), str(result), is_open=is_open)
        for reason, day, result, is_open in drawn
    ]
    rows = by_reason(trades)

    assert sum(row.ended + row.still_open for row in rows) == len(trades)
    assert sum(row.total for row in rows) == sum(trade.result for trade in trades)
