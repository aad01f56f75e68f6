"""Expirations: their dates, what they are, when they stop and when they are settled."""

import datetime as dt
from pathlib import Path
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.calendar import NEW_YORK, expiry_at, session_on
from engine.core.expiries import (
    ExpiryKind,
    Settlement,
    ended_at,
    is_regular,
    kind_of,
    last_trade_at,
    month_end_expirations,
    monthly_expiration,
    monthly_expirations,
    settled_at,
    settlement,
    trades_late,
    volatility_expiration,
    weekly_expirations,
)

MONTHS = st.tuples(st.integers(2000, 2035), st.integers(1, 12))


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def in_new_york(at: dt.datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [
        (2026, 4, "2026-04-17"),
        (2019, 4, "2019-04-18"),  # Good Friday
        (2025, 4, "2025-04-17"),  # Good Friday
        (2026, 6, "2026-06-18"),  # Juneteenth
        (2014, 6, "2014-06-21"),  # a Saturday
        (2014, 4, "2014-04-19"),  # the Saturday after Good Friday
        (2015, 1, "2015-01-17"),  # the last Saturday
        (2015, 2, "2015-02-20"),
    ],
)
def test_monthly_contracts_carry_the_third_friday_or_until_2015_the_saturday(
    year: int, month: int, expected: str
) -> None:
    assert monthly_expiration(year, month) == day(expected)
    assert kind_of(day(expected)) is ExpiryKind.MONTHLY


@pytest.mark.parametrize(
    ("year", "month", "expected"),
    [
        (2026, 1, "2026-01-21"),
        (2026, 3, "2026-03-18"),
        (2019, 3, "2019-03-19"),  # the third Friday of April is Good Friday: thirty days before the Thursday
        (2026, 5, "2026-05-19"),  # that of June is Juneteenth
        (2025, 12, "2025-12-17"),
        (2013, 5, "2013-05-22"),
    ],
)
def test_volatility_contracts_expire_thirty_days_before_a_third_friday(year: int, month: int, expected: str) -> None:
    assert volatility_expiration(year, month) == day(expected)


@pytest.mark.parametrize(
    ("on", "kind"),
    [
        ("2026-03-20", ExpiryKind.MONTHLY),
        ("2026-03-31", ExpiryKind.QUARTERLY),
        ("2026-04-30", ExpiryKind.MONTH_END),
        ("2026-05-29", ExpiryKind.MONTH_END),  # the last Friday of the month as well
        ("2026-04-10", ExpiryKind.WEEKLY),
        ("2026-04-02", ExpiryKind.WEEKLY),  # Thursday before Good Friday
        ("2026-04-08", ExpiryKind.DAILY),
        ("2014-06-20", ExpiryKind.MONTHLY),  # the session of the Saturday's contracts
    ],
)
def test_an_expiration_is_told_by_its_date(on: str, kind: ExpiryKind) -> None:
    assert kind_of(day(on)) is kind


def test_expirations_of_a_stretch_are_listed() -> None:
    first, last = day("2026-03-16"), day("2026-04-30")
    weeks = ("2026-03-20", "2026-03-27", "2026-04-02", "2026-04-10", "2026-04-17", "2026-04-24")
    assert weekly_expirations(first, last) == tuple(map(day, weeks))
    assert monthly_expirations(first, last) == (day("2026-03-20"), day("2026-04-17"))
    assert month_end_expirations(first, last) == (day("2026-03-31"), day("2026-04-30"))
    assert weekly_expirations(day("2014-06-16"), day("2014-06-27")) == (day("2014-06-21"), day("2014-06-27"))
    assert weekly_expirations(day("2026-04-03"), day("2026-04-09")) == ()


@pytest.mark.parametrize(
    ("root", "on", "how", "stops", "settles"),
    [
        ("SPX", "2026-04-17", Settlement.MORNING, "2026-04-16 16:15", "2026-04-17 09:30"),
        ("SPX", "2026-04-10", Settlement.CLOSE, "2026-04-10 16:00", "2026-04-10 16:00"),
        ("SPXW", "2026-04-17", Settlement.CLOSE, "2026-04-17 16:00", "2026-04-17 16:00"),
        ("NDX", "2026-06-18", Settlement.MORNING, "2026-06-17 16:15", "2026-06-18 09:30"),
        ("VIX", "2026-03-18", Settlement.MORNING, "2026-03-17 16:15", "2026-03-18 09:30"),
        ("VIXW", "2026-04-08", Settlement.MORNING, "2026-04-07 16:15", "2026-04-08 09:30"),
        ("XSP", "2026-04-17", Settlement.CLOSE, "2026-04-17 16:00", "2026-04-17 16:00"),
        ("SPY", "2026-04-17", Settlement.CLOSE, "2026-04-17 16:15", "2026-04-17 16:00"),
        ("AAPL", "2026-04-17", Settlement.CLOSE, "2026-04-17 16:00", "2026-04-17 16:00"),
        ("AAPL", "2014-06-21", Settlement.CLOSE, "2014-06-20 16:00", "2014-06-20 16:00"),
        ("SPX", "2014-06-21", Settlement.MORNING, "2014-06-19 16:15", "2014-06-20 09:30"),
        ("SPY", "2026-11-27", Settlement.CLOSE, "2026-11-27 13:15", "2026-11-27 13:00"),
    ],
)
def test_contracts_stop_and_are_settled_by_their_root(
    root: str, on: str, how: Settlement, stops: str, settles: str
) -> None:
    assert settlement(root, day(on)) is how
    assert in_new_york(last_trade_at(root, day(on))) == stops
    assert in_new_york(settled_at(root, day(on))) == settles
    assert in_new_york(ended_at(root, day(on))) == max(stops, settles)


def test_funds_and_indices_trade_a_quarter_of_an_hour_longer() -> None:
    monday, half_day = day("2026-03-16"), day("2026-11-27")
    after, late = (dt.datetime(2026, 3, 16, 16, minute, tzinfo=NEW_YORK) for minute in (10, 16))
    assert [trades_late(root) for root in ("SPY", "QQQ", "IWM", "SPX", "TSLA")] == [True] * 4 + [False]
    assert [is_regular(root, after, monday) for root in ("SPY", "TSLA")] == [True, False]
    assert not is_regular("SPY", late, monday)
    assert is_regular("TSLA", dt.datetime(2026, 3, 16, 16, tzinfo=NEW_YORK), monday)
    assert is_regular("SPY", dt.datetime(2026, 11, 27, 13, 10, tzinfo=NEW_YORK), half_day)
    assert not is_regular("TSLA", dt.datetime(2026, 11, 27, 13, 10, tzinfo=NEW_YORK), half_day)
    assert not is_regular("SPY", dt.datetime(2026, 4, 3, 12, tzinfo=NEW_YORK), day("2026-04-03"))


@given(MONTHS)
def test_contracts_stop_on_a_session_and_never_after_they_are_settled_at_the_close(month: tuple[int, int]) -> None:
    expiration = monthly_expiration(*month)
    for root in ("SPX", "SPXW", "SPY", "AAPL"):
        stops, settles = last_trade_at(root, expiration), settled_at(root, expiration)
        assert session_on(stops.astimezone(NEW_YORK).date()) is not None
        assert session_on(settles.astimezone(NEW_YORK).date()) is not None
        assert stops - settles <= dt.timedelta(minutes=15)
    assert settled_at("AAPL", expiration) == expiry_at(expiration)
    wednesday = volatility_expiration(*month)
    assert (wednesday.year, wednesday.month) == month
    assert wednesday.weekday() in (1, 2)


def test_real_expirations_are_among_those_of_the_rules(shared_dir: Path) -> None:
    """AAPL in June 2014: what was listed on both days of the recording, monthlies on their Saturdays."""
    with ZipFile(shared_dir / "data" / "chains" / "aapl_2014_quote_american.zip") as archive:
        found = {dt.date.fromisoformat(name.split("_")[-1][:8]) for name in archive.namelist()}
    first, last = dt.date(2014, 6, 6), max(found)
    known = set(weekly_expirations(first, last)) | set(monthly_expirations(first, last))
    assert found <= known
    monthlies = {each for each in found if kind_of(each) is ExpiryKind.MONTHLY}
    assert {each.weekday() for each in monthlies if each < dt.date(2015, 2, 1)} == {5}
    assert {each.weekday() for each in monthlies if each >= dt.date(2015, 2, 1)} == {4}
    assert all(session_on(each) is not None for each in found - monthlies)
