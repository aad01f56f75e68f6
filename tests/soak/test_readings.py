"""The judgement of a long run: what is green, and each thing that makes it red."""

from dataclasses import replace

import pytest

from tests.soak.readings import MB, MOST_AT_ALL, Reading, Watched, judged, judged_minutes, slope, told

SESSIONS = 105
FLAT = Reading(
    session=0, elapsed_s=0.0, cpu_s=0.0, program=300 * MB, helpers=90 * MB, own=380 * MB, files=40, threads=11,
    processes=3, widgets=3000, qobjects=4000, objects=50_000, ledger=MB, entries=10, opened=3,
)  # fmt: skip


def run(**a_session: float) -> Watched:
    """A run in which some figures rise by so much a session after two months, with bursts that mean nothing."""
    watched = Watched(checks=5)
    for number in range(SESSIONS + 1):
        rises = {name: int(getattr(FLAT, name) + max(0, number - 42) * by) for name, by in a_session.items()}
        burst = 40 * MB if number % 10 == 7 else 0
        one = replace(FLAT, session=number, elapsed_s=5.0 * number, **rises)
        watched.readings.append(replace(one, program=one.program + burst))
    return watched


def test_a_slope_is_that_of_most_pairs_whatever_single_points_do() -> None:
    points = [(float(at), 3.0 * at + 1) for at in range(20)]
    assert slope(points) == 3.0
    points[7] = (7.0, 1e9)
    assert slope(points) == pytest.approx(3.0)
    assert slope(points[:1]) == 0.0


def test_what_is_flat_after_the_warm_up_is_green() -> None:
    watched = run()
    watched.readings[:30] = [replace(each, program=each.program // 2) for each in watched.readings[:30]]

    words, is_green = told(watched, SESSIONS, 2, is_of_minutes=False)

    assert is_green
    assert words.endswith("memory after 2 months: +0.00 MB a month\ngreen")


@pytest.mark.parametrize("where", ["program", "helpers"])
def test_a_megabyte_a_month_is_red_wherever_it_goes(where: str) -> None:
    (why,) = judged(run(**{where: 1.1 * MB / 21}), SESSIONS)
    assert why == "memory grows by 1.10 MB a month (1 allowed)"
    assert judged(run(**{where: 0.9 * MB / 21}), SESSIONS) == []


@pytest.mark.parametrize(
    ("name", "words", "by"),
    [("files", "open files", 0.05), ("threads", "threads", 0.05), ("processes", "processes", 0.05),
     ("widgets", "widgets", 2.0), ("qobjects", "QObjects", 2.0)],
)  # fmt: skip
def test_what_is_never_given_back_is_red(name: str, words: str, by: float) -> None:
    (why,) = judged(run(**{name: by}), SESSIONS)
    assert why.startswith(f"{words} rise by ")


def test_a_run_that_ended_early_tried_nothing_or_found_a_fault_is_red() -> None:
    assert judged(run(), SESSIONS + 1) == ["only 105 of 106 sessions were over"]
    nothing = run()
    nothing.readings = [replace(each, opened=0) for each in nothing.readings]
    nothing.checks = 0
    assert judged(nothing, SESSIONS) == [
        "the books were never checked", "no position was opened: nothing was tried",
    ]  # fmt: skip
    wrong = run()
    wrong.faults.append("trading halted: the disk")
    assert judged(wrong, SESSIONS) == ["trading halted: the disk"]


def test_too_few_sessions_tell_nothing_of_growth_and_say_so() -> None:
    watched = run(program=5.0 * MB)
    watched.readings = watched.readings[:60]

    words, is_green = told(watched, 59, 2, is_of_minutes=False)

    assert is_green
    assert "too few sessions to tell" in words


def test_minutes_are_judged_by_the_memory_at_their_end() -> None:
    watched = Watched([replace(FLAT, program=2 * MOST_AT_ALL), replace(FLAT, elapsed_s=600.0)])
    assert judged_minutes(watched) == []
    watched.readings.append(replace(FLAT, elapsed_s=601.0, program=MOST_AT_ALL))
    assert judged_minutes(watched) == ["540 MB at the end (450 allowed)"]
