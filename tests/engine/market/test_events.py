"""The event calendar: what is listed, what is completely listed, and what nobody knows."""

import datetime as dt
import gzip
from pathlib import Path

import pytest

from engine.core.errors import ImportRefused
from engine.market.events import EventCalendar, EventKind, import_events, read_calendar
from engine.market.tables import Merged

APRIL, MAY, JUNE = dt.date(2026, 4, 1), dt.date(2026, 5, 1), dt.date(2026, 6, 1)

FILE = """symbol,kind,day,until,value,source
AAPL,earnings,2026-04-30,,,company
AAPL,earnings,2026-04-01,2026-06-30,,company
aapl,ex_dividend,2026-05-11,,0.27,company
SPY,earnings,2026-01-01,2026-12-31,,a fund has none
,fomc,2026-04-29,,,Federal Reserve
"""


def calendar_of(folder: Path, text: str = FILE) -> EventCalendar:
    path = folder / "events.csv"
    path.write_text(text)
    import_events(path, folder / "history")
    return read_calendar(folder / "history")


def test_listed_none_and_unknown_are_three_things(tmp_path: Path) -> None:
    known = calendar_of(tmp_path)
    assert known.known("AAPL", EventKind.EARNINGS, APRIL, JUNE) == (dt.date(2026, 4, 30),)
    assert known.is_covered("AAPL", EventKind.EARNINGS, APRIL, JUNE)
    # None: a span that lists everything, and no event in it.
    assert known.known("SPY", EventKind.EARNINGS, APRIL, JUNE) == ()
    assert known.is_covered("SPY", EventKind.EARNINGS, APRIL, JUNE)
    # Unknown: listed events without a span, days outside of one, symbols never heard of.
    assert known.known("AAPL", EventKind.EX_DIVIDEND, MAY, JUNE) == (dt.date(2026, 5, 11),)
    assert not known.is_covered("AAPL", EventKind.EX_DIVIDEND, MAY, JUNE)
    assert not known.is_covered("AAPL", EventKind.EARNINGS, APRIL, dt.date(2026, 7, 1))
    assert not known.is_covered("AAPL", EventKind.EARNINGS, dt.date(2026, 3, 31), APRIL)
    assert not known.is_covered("TSLA", EventKind.EARNINGS, APRIL, JUNE)


def test_the_first_and_the_last_day_asked_for_count(tmp_path: Path) -> None:
    known, day = calendar_of(tmp_path), dt.date(2026, 4, 30)
    assert known.known("AAPL", EventKind.EARNINGS, day, day) == (day,)
    assert known.known("AAPL", EventKind.EARNINGS, APRIL, dt.date(2026, 4, 29)) == ()
    assert known.known("AAPL", EventKind.EARNINGS, MAY, JUNE) == ()


def test_spans_that_touch_cover_together_and_a_gap_does_not(tmp_path: Path) -> None:
    spans = "symbol,kind,day,until\nA,split,2026-01-01,2026-01-31\nA,split,2026-02-01,2026-02-28\n"
    known = calendar_of(tmp_path, spans + "A,split,2026-03-02,2026-03-31\n")
    first = dt.date(2026, 1, 5)
    assert known.is_covered("A", EventKind.SPLIT, first, dt.date(2026, 2, 28))
    assert not known.is_covered("A", EventKind.SPLIT, first, dt.date(2026, 3, 5))


def test_the_report_says_who_said_what(tmp_path: Path) -> None:
    rows = calendar_of(tmp_path).coverage()
    assert rows[1] == {
        "symbol": "AAPL",
        "kind": "earnings",
        "listed": 1,
        "complete": [["2026-04-01", "2026-06-30"]],
        "sources": ["company"],
    }
    assert [(row["symbol"], row["kind"], row["listed"]) for row in rows] == [
        ("*", "fomc", 1),
        ("AAPL", "earnings", 1),
        ("AAPL", "ex-dividend", 1),
        ("SPY", "earnings", 0),
    ]


def test_a_file_without_a_source_is_its_own_and_importing_again_adds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("Day,Symbol,Kind\n2026-04-30,AAPL,earnings\n")
    assert import_events(path, tmp_path).events == Merged(added=1, same=0, differing=0)
    assert import_events(path, tmp_path).events == Merged(added=0, same=1, differing=0)
    assert read_calendar(tmp_path).events("AAPL", EventKind.EARNINGS).sources == ("mine.csv",)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("AAPL,earnings,soon,,", "no day"),
        ("AAPL,birthday,2026-04-30,,", "kind is none of earnings, ex-dividend, split, fomc"),
        ("AAPL,,2026-04-30,,", "kind is none of earnings, ex-dividend, split, fomc"),
        (",earnings,2026-04-30,,", "a symbol is missing, or given for an event of the whole market"),
        ("AAPL,fomc,2026-04-30,,", "a symbol is missing, or given for an event of the whole market"),
        ("AAPL,earnings,2026-04-30,later,", "until is not a day"),
        ("AAPL,earnings,2026-04-30,2026-04-01,", "until lies before day"),
        ("AAPL,ex-dividend,2026-04-30,,0", "value is not above zero"),
        ("AAPL,ex-dividend,2026-04-30,,nine", "value is not above zero"),
        ("AAPL,ex-dividend,2026-04-30,,inf", "value is not above zero"),
        ("AAPL,split,2026-05-30,,1e400", "value is not above zero"),
        ("AAPL,earnings,infinity,,", "no day"),
        ("AAPL,earnings,9999-12-31,,", "no day"),
        ("*,earnings,2026-04-30,,", "no symbol"),
        ("../x,earnings,2026-04-30,,", "no symbol"),
    ],
)
def test_a_row_that_cannot_be_is_rejected_with_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "events.csv"
    path.write_text(f"symbol,kind,day,until,value\nAAPL,split,2026-04-30,,4\n{row}\n")
    report = import_events(path, tmp_path)
    assert report.rejected == {reason: (1, 2)}
    assert (report.events.added, report.spans.added) == (1, 0)


def test_a_file_without_the_columns_is_refused_with_what_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_text("ticker,date\nAAPL,2026-04-30\n")
    with pytest.raises(ImportRefused, match="each once is needed of: symbol, kind, day; it has ticker, date"):
        import_events(path, tmp_path)


def test_a_packed_file_is_unpacked_and_messages_name_the_file_itself(tmp_path: Path) -> None:
    path = tmp_path / "events.csv.gz"
    path.write_bytes(gzip.compress(FILE.encode()))
    assert import_events(path, tmp_path / "history").events.added == 3
    for text, cause in (
        ("a,b\n1,2\n", "each once is needed"),
        (FILE + '"', "is never closed"),
        (FILE + "x\n", "cannot"),
    ):
        path.write_bytes(gzip.compress(text.encode()))
        with pytest.raises(ImportRefused, match=rf"{tmp_path}/events\.csv\.gz: .*{cause}"):
            import_events(path, tmp_path / "history")


def test_a_dividend_is_paid_where_its_amount_is_known(tmp_path: Path) -> None:
    text = "symbol,kind,day,value\nAAPL,ex-dividend,2026-05-11,0.27\nAAPL,ex-dividend,2026-08-10,\n"
    more = "AAPL,split,2026-06-01,4\nKO,ex-dividend,2026-03-13,\nSPY,ex-dividend,2026-03-20,1.7012\n"
    assert calendar_of(tmp_path, text + more).dividends() == {
        "AAPL": ((dt.date(2026, 5, 11), 2_700),),
        "SPY": ((dt.date(2026, 3, 20), 17_012),),
    }


def test_without_a_calendar_nothing_is_known(tmp_path: Path) -> None:
    known = read_calendar(tmp_path)
    assert known.is_empty
    assert not calendar_of(tmp_path).is_empty
    assert not known.is_covered("SPY", EventKind.FOMC, APRIL, JUNE)
    assert known.events("SPY", EventKind.EARNINGS).day.size == 0
