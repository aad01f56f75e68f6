"""When rows were quoted: texts with and without a time of day."""

import datetime as dt

import pytest

from engine.market.formats.layout import Clock
from engine.market.formats.times import (
    aggregate_window,
    before_close,
    cboe,
    day_of,
    last_close,
    minute_bar,
    new_york_time,
    stamped,
    told_or_close,
)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("clock", "text", "at"),
    [
        (before_close(), "2025-03-14", utc("2025-03-14 20:00")),
        (before_close(), "03/14/2025 16:00", utc("2025-03-14 20:00")),
        (before_close(), "1/2/2025", utc("2025-01-02 21:00")),
        (before_close(), "20250102", utc("2025-01-02 21:00")),
        (before_close(), "04JAN1996", utc("1996-01-04 21:00")),
        (before_close(), "2023-11-24", utc("2023-11-24 18:00")),
        (told_or_close, "2021-01-04 15:45:00", utc("2021-01-04 20:45")),
        (told_or_close, "2021-07-01T15:45:00-04:00", utc("2021-07-01 19:45")),
        (told_or_close, "2021-01-04 00:00:00", utc("2021-01-04 21:00")),
        (before_close(14), "2023-11-24", utc("2023-11-24 17:46")),
        (cboe, "2021-04-09", utc("2021-04-09 19:45")),
        (cboe, "2023-11-24", utc("2023-11-24 17:45")),
        (cboe, "2023-11-24 eod", utc("2023-11-24 18:00")),
        (last_close, "2019-02-09", utc("2019-02-08 21:00")),
        (last_close, "2019-02-08", utc("2019-02-08 21:00")),
        (new_york_time, "2021-04-09 10:30:00", utc("2021-04-09 14:30")),
        (new_york_time, "2021-04-09T10:30:00+00:00", utc("2021-04-09 10:30")),
        (aggregate_window, "1679284800000000000", utc("2023-03-20 20:00")),
        (aggregate_window, "1679319000000000000", utc("2023-03-20 13:31")),
        (minute_bar, "20151224 34200000", utc("2015-12-24 14:31")),
        (stamped, "2026-03-16 15:55:34-0400", utc("2026-03-16 19:55:34")),
    ],
)
def test_a_text_names_one_instant(clock: Clock, text: str, at: dt.datetime) -> None:
    assert clock(text) == at


@pytest.mark.parametrize("clock", [before_close(), cboe, aggregate_window])
def test_a_day_without_a_session_is_a_day_and_no_instant(clock: Clock) -> None:
    text = "1671944400000000000" if clock is aggregate_window else "2022-12-25"
    assert clock(text) == dt.date(2022, 12, 25)


@pytest.mark.parametrize(
    "clock", [before_close(), cboe, last_close, new_york_time, aggregate_window, minute_bar, stamped]
)
@pytest.mark.parametrize("text", ["", "x", "2022-13-45", "9" * 26, "1850-01-01", "9" * 999, "9" * 9999, "-1"])
def test_what_is_no_time_is_none(clock: Clock, text: str) -> None:
    assert clock(text) is None


@pytest.mark.parametrize("text", ["20151224 x", "20151224 86400000", "20151224 -1", "20151224", "x 34200000"])
def test_a_minute_bar_begins_within_a_day(text: str) -> None:
    assert minute_bar(text) is None


def test_a_date_is_the_first_word() -> None:
    assert day_of("2015-12-24 nonsense") == dt.date(2015, 12, 24)
    assert day_of("2015-12-24T09:30:00") == dt.date(2015, 12, 24)
    assert day_of("12-24-2015") == dt.date(2015, 12, 24)
    assert day_of("nonsense") is None
