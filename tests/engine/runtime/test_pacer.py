"""How market time runs against the wall."""

import datetime as dt
import math

from engine.runtime.pacer import Pacer
from tests.fakes import new_york

NOW = new_york(10)


def later(**how: float) -> dt.datetime:
    """NOW plus a time."""
    return NOW + dt.timedelta(**how)


def test_at_the_highest_speed_nothing_waits() -> None:
    assert Pacer(math.inf).wait_s(NOW, later(days=3), 0.0) == 0.0


def test_a_held_clock_waits_for_ever() -> None:
    assert Pacer(0.0).wait_s(NOW, later(seconds=1), 0.0) == math.inf


def test_a_minute_at_ten_times_takes_six_seconds_of_wall_time() -> None:
    pacer = Pacer(10.0)
    assert pacer.wait_s(NOW, later(seconds=60), 100.0) == 6.0
    assert pacer.wait_s(NOW, later(seconds=60), 104.0) == 2.0
    assert pacer.wait_s(NOW, later(seconds=60), 107.0) == 0.0


def test_a_night_is_cut_to_the_longest_gap() -> None:
    pacer = Pacer(10.0, dt.timedelta(minutes=5))
    assert pacer.wait_s(NOW, later(hours=17), 0.0) == 30.0


def test_a_new_speed_counts_from_when_it_was_set() -> None:
    pacer = Pacer(10.0)
    pacer.wait_s(NOW, later(seconds=60), 0.0)
    pacer.speed = 60.0
    assert pacer.wait_s(NOW, later(seconds=60), 1.0) == 1.0


def test_something_that_becomes_due_earlier_is_waited_for_anew() -> None:
    pacer = Pacer(10.0)
    pacer.wait_s(NOW, later(seconds=60), 0.0)
    assert pacer.wait_s(NOW, later(seconds=10), 0.0) == 1.0
