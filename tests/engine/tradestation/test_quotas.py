"""Quotas: never more than allowed in any stretch of time, and always room for a cancel."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tradestation.quotas import FIRST_WAIT, LIMITS, LONGEST_WAIT, Quotas, Resource

START = dt.datetime(2026, 3, 16, 14, tzinfo=dt.UTC)


def at(seconds: float) -> dt.datetime:
    """An instant."""
    return START + dt.timedelta(seconds=seconds)


def taken(quotas: Quotas, resource: Resource, now: dt.datetime, *, is_urgent: bool = False) -> int:
    """How many requests are let through at once."""
    count = 0
    while quotas.take(resource, now, is_urgent=is_urgent) is None:
        count += 1
    return count


def test_a_quarter_is_kept_for_what_is_urgent() -> None:
    quotas = Quotas()
    assert taken(quotas, Resource.STRIKES, START) == 67
    assert quotas.take(Resource.STRIKES, at(59.9)) == at(60)
    assert taken(quotas, Resource.STRIKES, at(1), is_urgent=True) == 23
    assert quotas.take(Resource.STRIKES, at(1), is_urgent=True) == at(60)


def test_each_resource_has_its_own() -> None:
    assert LIMITS.keys() == set(Resource)
    quotas = Quotas()
    for resource in Resource:
        assert taken(quotas, resource, START) == LIMITS[resource][0] * 3 // 4


def test_the_stretch_rolls() -> None:
    quotas = Quotas()
    for second in range(67):
        assert quotas.take(Resource.STRIKES, at(second / 10)) is None
    assert quotas.take(Resource.STRIKES, at(10)) == at(60), "when the oldest is out of sight"
    assert quotas.take(Resource.STRIKES, at(60)) is None
    assert quotas.take(Resource.STRIKES, at(60)) == at(60.1)


def test_the_promised_instant_is_kept_also_after_what_was_urgent() -> None:
    quotas = Quotas()
    assert taken(quotas, Resource.ORDERS, START, is_urgent=True) == 100
    later = quotas.take(Resource.ORDERS, at(3))
    assert later == at(60)
    assert quotas.take(Resource.ORDERS, later) is None


def test_a_share_where_others_use_the_same_key() -> None:
    assert taken(Quotas(share_pct=20), Resource.ACCOUNT, START, is_urgent=True) == 50
    assert taken(Quotas(share_pct=1), Resource.STRIKES, START) == 1


@given(
    st.lists(st.tuples(st.integers(0, 4_000), st.booleans()), max_size=400),
    st.sampled_from([Resource.STRIKES, Resource.ORDERS]),
)
def test_never_more_than_allowed_in_any_stretch(steps: list[tuple[int, bool]], resource: Resource) -> None:
    quotas, now, urgent, plain = Quotas(), START, list[dt.datetime](), list[dt.datetime]()
    limit, seconds = LIMITS[resource]
    period = dt.timedelta(seconds=seconds)
    for wait, is_urgent in steps:
        now += dt.timedelta(milliseconds=wait)
        again = quotas.take(resource, now, is_urgent=is_urgent)
        if again is None:
            urgent.append(now)
            plain += [] if is_urgent else [now]
            for told, most in ((urgent, limit), (plain, limit * 3 // 4)):
                assert sum(each > now - period for each in told) <= most
        else:
            assert now < again <= now + period


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 2), ({"retry-after": "1"}, 2), ({"retry-after": "30"}, 30), ({"x-ratelimit-reset": "45"}, 45),
        ({"retry-after": "Sat, 28 Nov 2026 00:00:00 GMT"}, 2), ({"retry-after": "9999"}, 300),
        ({"retry-after": "²"}, 2), ({"retry-after": "-5"}, 2), ({"retry-after": "9" * 400}, 2),
    ],
)  # fmt: skip
def test_after_a_refusal_nothing_leaves_for_as_long_as_they_say(headers: dict[str, str], seconds: int) -> None:
    quotas = Quotas()
    assert quotas.refused(Resource.ORDERS, START, headers) == at(seconds)
    assert quotas.take(Resource.ORDERS, at(seconds - 0.1), is_urgent=True) == at(seconds)
    assert quotas.take(Resource.ORDERS, at(seconds)) is None


def test_refused_again_it_waits_twice_as_long_until_something_is_answered() -> None:
    quotas, waits = Quotas(), list[float]()
    for _ in range(10):
        waits.append((quotas.refused(Resource.QUOTES, START, {}) - START).total_seconds())
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert LONGEST_WAIT.total_seconds() == 300
    quotas.answered(Resource.QUOTES)
    assert quotas.refused(Resource.QUOTES, START, {}) == START + FIRST_WAIT
