"""What backtests may know of events to come: what was announced, what was usual, and never what came later."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.happening import UNKNOWN, Happening, HappeningKind, Outlook
from engine.market.events import EventCalendar, EventKind, import_events, read_calendar
from engine.market.foresight import dividend_then, outlook_then
from tests.fakes import new_york

EARNINGS, EX = HappeningKind.EARNINGS, HappeningKind.EX_DIVIDEND

SPANS = "KO,earnings,2024-01-01,2026-12-31,,\nKO,ex-dividend,2024-01-01,2026-12-31,,\n"
REPORTS = "".join(f"KO,earnings,{day},,,\n" for day in ("2025-04-29", "2025-07-22", "2025-10-21", "2026-04-30"))

NOW = dt.date(2026, 4, 1)


def calendar_of(folder: Path, rows: str) -> EventCalendar:
    path = folder / "events.csv"
    path.write_text(f"symbol,kind,day,until,value,known\n{rows}")
    import_events(path, folder / "history")
    return read_calendar(folder / "history")


def noon(day: int) -> dt.datetime:
    """Of a day in April."""
    return new_york(12, day=dt.date(2026, 4, day))


def days(outlook: Outlook, *, expected: bool) -> list[tuple[HappeningKind, str]]:
    return [(each.kind, str(each.day)) for each in outlook.happenings if each.is_expected is expected]


def test_a_report_is_expected_where_the_one_of_a_year_ago_was_until_it_is_announced(tmp_path: Path) -> None:
    # 2025-04-29 and 364 days are 2026-04-28, and a week earlier is 04-21; the real one came on 04-30.
    known = calendar_of(tmp_path, SPANS + REPORTS)

    early = outlook_then(known, "KO", NOW)
    assert days(early, expected=False) == []
    assert days(early, expected=True) == [(EARNINGS, "2026-04-21"), (EARNINGS, "2026-07-14"), (EARNINGS, "2026-10-13")]
    # Fourteen days before it the real one is announced, and takes the place of what was expected.
    eve, announced = (outlook_then(known, "KO", dt.date(2026, 4, day)) for day in (15, 16))
    assert (EARNINGS, "2026-04-21") in days(eve, expected=True)
    assert days(announced, expected=False) == [(EARNINGS, "2026-04-30")]
    assert days(announced, expected=True) == [(EARNINGS, "2026-07-14"), (EARNINGS, "2026-10-13")]


def test_what_was_to_be_expected_and_was_not_announced_stays_expected_for_three_weeks(tmp_path: Path) -> None:
    # Expected for 04-28; no report of spring is listed at all.
    known = calendar_of(tmp_path, SPANS + REPORTS.replace("KO,earnings,2026-04-30,,,\n", ""))

    assert days(outlook_then(known, "KO", dt.date(2026, 5, 19)), expected=True)[0] == (EARNINGS, "2026-05-19")
    assert days(outlook_then(known, "KO", dt.date(2026, 5, 20)), expected=True)[0] == (EARNINGS, "2026-07-14")


def test_the_day_on_which_it_became_known_counts_where_the_file_tells_it(tmp_path: Path) -> None:
    rows = SPANS + REPORTS + "KO,ex-dividend,2026-06-12,,0.51,2026-03-05\nKO,ex-dividend,2026-04-03,,0.4,2026-04-01\n"
    known = calendar_of(tmp_path, rows)

    # Announced three months ahead; and one that came two days after it was announced, which the day itself misses.
    assert days(outlook_then(known, "KO", dt.date(2026, 3, 5)), expected=False) == []
    assert days(outlook_then(known, "KO", NOW), expected=False) == [(EX, "2026-06-12")]
    assert days(outlook_then(known, "KO", dt.date(2026, 4, 2)), expected=False)[0] == (EX, "2026-04-03")
    assert dividend_then(known, "KO", NOW) == dollars("0.51")
    assert dividend_then(known, "KO", dt.date(2026, 4, 2)) == dollars("0.40")
    assert dividend_then(known, "KO", dt.date(2026, 6, 12)) is None, "the first one after that day"


def test_a_dividend_is_known_a_week_ahead_and_its_amount_with_it(tmp_path: Path) -> None:
    known = calendar_of(tmp_path, SPANS + "KO,ex-dividend,2026-04-09,,0.51,\n")

    assert dividend_then(known, "KO", NOW) is None
    assert dividend_then(known, "KO", dt.date(2026, 4, 2)) == dollars("0.51")
    assert outlook_then(known, "KO", dt.date(2026, 4, 8)).ex_day_after(noon(8)) == dt.date(2026, 4, 9)


def test_an_expected_ex_day_ends_no_call_and_still_counts_as_coming(tmp_path: Path) -> None:
    known = calendar_of(tmp_path, SPANS + REPORTS + "KO,ex-dividend,2025-04-09,,0.51,\n")
    told = outlook_then(known, "KO", NOW)

    assert told.ex_day_after(noon(1)) is None
    assert told.until(dt.date(2026, 4, 5)) == (Happening(EX, NOW, is_expected=True),)


def test_dividends_of_every_month_are_each_expected_again(tmp_path: Path) -> None:
    # Their distance is 28 days: each may come two weeks late, the earliest possible day is a week before.
    rows = "".join(f"KO,ex-dividend,{dt.date(2025, 3, 5) + dt.timedelta(days=28 * n)},,0.1,\n" for n in range(14))
    known = calendar_of(tmp_path, SPANS + rows)

    # The last listed are 2026-03-04, which is past; a year after 2025-04-02, 2026-04-01, nothing was announced.
    expected = [day for kind, day in days(outlook_then(known, "KO", NOW), expected=True) if kind is EX]
    assert expected[:3] == ["2026-04-01", "2026-04-22", "2026-05-20"]


@pytest.mark.parametrize(
    ("spans", "complete"),
    [
        # The year before is listed: what was usual fills the year to come, less the week that one may come early.
        (SPANS, dt.date(2027, 3, 24)),
        (SPANS.replace("2026-12-31", "2026-05-01"), dt.date(2026, 5, 1)),
        # It is not: a dividend is sure for a week ahead, no more.
        (SPANS.replace("2024-01-01", "2025-06-01"), dt.date(2026, 4, 8)),
        (SPANS.replace("KO,ex-dividend,2024-01-01", "KO,ex-dividend,2026-05-01"), None),
        # A list that was there in March is believed as far as it goes, one of April is not there yet.
        (SPANS.replace("2024-01-01", "2025-06-01").replace(",,\n", ",,2026-03-31\n"), dt.date(2026, 12, 31)),
        (SPANS.replace("2024-01-01", "2025-06-01").replace(",,\n", ",,2026-04-01\n"), dt.date(2026, 4, 8)),
    ],
)
def test_none_is_said_no_further_than_anybody_could_have_known(
    tmp_path: Path, spans: str, complete: dt.date | None
) -> None:
    spans = spans.replace("2026-12-31", "2027-12-31") if spans is SPANS else spans
    assert outlook_then(calendar_of(tmp_path, spans), "KO", NOW) == Outlook((), complete)


def test_a_list_that_was_there_already_tells_what_is_in_it_and_stops_what_is_usual(tmp_path: Path) -> None:
    listed = SPANS.replace(",,\n", ",,2026-03-01\n")
    known = calendar_of(tmp_path, listed + REPORTS)

    told = outlook_then(known, "KO", NOW)
    assert days(told, expected=False) == [(EARNINGS, "2026-04-30")]
    assert days(told, expected=True) == []
    assert told.complete_to == dt.date(2026, 12, 31)


def test_since_when_may_be_told_later_and_an_event_is_not_known_after_itself(tmp_path: Path) -> None:
    calendar_of(tmp_path, SPANS + REPORTS)
    known = calendar_of(tmp_path, "KO,earnings,2026-04-30,,,2026-02-10\nKO,earnings,2026-07-21,,,2026-07-22\n")

    assert days(outlook_then(known, "KO", NOW), expected=False) == [(EARNINGS, "2026-04-30")]
    report = import_events(tmp_path / "events.csv", tmp_path / "history")
    assert report.rejected == {"known lies after day": (1, 2)}
    assert report.kept["days of becoming known"].same == 1


def test_without_a_calendar_nobody_knew(tmp_path: Path) -> None:
    assert outlook_then(EventCalendar(), "KO", NOW) == UNKNOWN
    assert dividend_then(EventCalendar(), "KO", NOW) is None


Listed = dict[int, tuple[float, int]]
"""Events by day (ordinal): what is paid, and since when it was known (0: nobody tells)."""

TODAY = NOW.toordinal()

offsets = st.integers(-800, 500)
listed = st.dictionaries(
    offsets.map(lambda each: TODAY + each), st.tuples(st.sampled_from([0.5, 1.0]), st.integers(0, 400)), max_size=12
).map(
    lambda found: {day: (value, day - before if before < 120 else 0) for day, (value, before) in found.items()},
)


def made(earnings: Listed, dividends: Listed, first: int, last: int) -> EventCalendar:
    rows = [(EventKind.EARNINGS, day, *earnings[day]) for day in sorted(earnings)]
    rows += [(EventKind.EX_DIVIDEND, day, *dividends[day]) for day in sorted(dividends)]
    told = [row for row in rows if row[3]]

    def columns(chosen: list[tuple[EventKind, int, float, int]]) -> dict[str, np.ndarray]:
        kind, day, value, known = (np.array(column) for column in zip(*chosen, strict=True)) if chosen else ([],) * 4
        plain = {"kind": np.asarray(kind, dtype=str), "day": np.asarray(day, dtype=np.int64)}
        plain |= {"value": np.asarray(value, dtype=float), "known": np.asarray(known, dtype=np.int64)}
        return plain | {"symbol": np.full(len(chosen), "KO"), "source": np.full(len(chosen), "a test")}

    spans = {name: np.full(2, each) for name, each in (("symbol", "KO"), ("source", "a test"), ("first", first))}
    spans |= {"last": np.full(2, last), "kind": np.array(["earnings", "ex-dividend"])}
    return EventCalendar(columns(rows), spans, columns(told))


@given(listed, listed, listed, st.integers(-900, 0), st.integers(400, 600))
def test_what_was_announced_later_changes_nothing(
    earnings: Listed, dividends: Listed, other: Listed, first: int, last: int
) -> None:
    """A calendar whose events of later announcement are others, or are none, is the same one today."""

    def then_known(found: Listed, days_ahead: int) -> Listed:
        return {
            day: told
            for day, told in found.items()
            if day < TODAY or (told[1] < TODAY if told[1] else day <= TODAY + days_ahead)
        }

    def changed(found: Listed, days_ahead: int) -> Listed:
        later = {day: told for day, told in other.items() if day not in then_known({day: told}, days_ahead)}
        kept = then_known(found, days_ahead)
        return later | kept

    span = TODAY + first, TODAY + last
    ours = made(earnings, dividends, *span)
    others = made(changed(earnings, 14), changed(dividends, 7), *span)

    assert outlook_then(others, "KO", NOW) == outlook_then(ours, "KO", NOW)
    assert dividend_then(others, "KO", NOW) == dividend_then(ours, "KO", NOW)


@given(listed, listed)
def test_nothing_that_is_listed_ahead_is_denied_without_a_word(earnings: Listed, dividends: Listed) -> None:
    """An event that comes within its usual notice, and that nobody dated, is never "none"."""
    calendar = made(earnings, dividends, TODAY - 800, TODAY + 500)
    told = {each.day.toordinal() for each in outlook_then(calendar, "KO", NOW).happenings if not each.is_expected}
    for found, ahead in ((earnings, 14), (dividends, 7)):
        near = {day for day, (_, known) in found.items() if TODAY <= day <= TODAY + ahead and not known}
        assert near <= told
