"""What an outlook answers: events, none, or that nobody knows."""

import datetime as dt

import pytest

from engine.domain.happening import UNKNOWN, Happening, HappeningKind, Outlook

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


def test_an_ex_day_lies_after_one_day_and_not_after_another() -> None:
    outlook = Outlook(
        (
            Happening(HappeningKind.EARNINGS, dt.date(2026, 4, 10)),
            Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 4, 13)),
            Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 7, 13)),
        )
    )
    assert outlook.ex_day(dt.date(2026, 4, 10), dt.date(2026, 4, 13)) == dt.date(2026, 4, 13)
    assert outlook.ex_day(dt.date(2026, 4, 13), dt.date(2026, 7, 12)) is None
    assert outlook.ex_day(dt.date(2026, 4, 9), dt.date(2026, 4, 12)) is None
