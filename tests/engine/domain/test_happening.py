"""What an outlook answers: events, none, or that nobody knows."""

import datetime as dt

import pytest

from engine.domain.happening import UNKNOWN, Happening, HappeningKind, Outlook
from tests.fakes import new_york

EARNINGS = Happening(HappeningKind.EARNINGS, dt.date(2026, 4, 24))
DIVIDEND = Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 6, 19))


@pytest.mark.parametrize(
    ("last", "found"),
    [
        (dt.date(2026, 4, 23), ()),
        (dt.date(2026, 4, 24), (EARNINGS,)),
        (dt.date(2026, 6, 18), (EARNINGS,)),
        (dt.date(2026, 6, 19), (EARNINGS, DIVIDEND)),
        (dt.date(2026, 12, 31), (EARNINGS, DIVIDEND)),
    ],
)
def test_the_last_day_counts(last: dt.date, found: tuple[Happening, ...]) -> None:
    assert Outlook((EARNINGS, DIVIDEND), dt.date(2026, 6, 30)).until(last) == found


def test_nothing_is_none_only_as_far_as_everything_is_listed() -> None:
    outlook = Outlook((), dt.date(2026, 6, 30))
    assert outlook.until(dt.date(2026, 6, 30)) == ()
    assert outlook.until(dt.date(2026, 7, 1)) is None
    assert UNKNOWN.until(dt.date(2026, 3, 16)) is None


def test_what_is_known_counts_where_more_may_come() -> None:
    assert Outlook((EARNINGS,)).until(dt.date(2026, 4, 30)) == (EARNINGS,)
    assert Outlook((EARNINGS,)).until(dt.date(2026, 4, 23)) is None


def test_a_day_is_the_eve_of_an_ex_day_until_the_session_that_it_is() -> None:
    outlook = Outlook(
        (
            Happening(HappeningKind.EARNINGS, dt.date(2026, 4, 10)),
            Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 4, 13)),
            Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 7, 13)),
        )
    )
    monday = dt.date(2026, 4, 13)
    # Friday before the open and after the close, and Sunday.
    for day, hour in ((10, 8), (10, 15), (10, 23), (12, 12)):
        assert outlook.ex_day_after(new_york(hour, day=dt.date(2026, 4, day))) == monday
    for day, hour in ((9, 15), (13, 8), (13, 10), (14, 10)):
        assert outlook.ex_day_after(new_york(hour, day=dt.date(2026, 4, day))) is None


def test_an_ex_day_that_is_only_expected_has_no_eve() -> None:
    expected = Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 4, 13), is_expected=True)
    assert Outlook((expected,)).ex_day_after(new_york(15, day=dt.date(2026, 4, 10))) is None
