"""Tries the module NAME over a whole day, in a process of its own, as the program would run it."""

from pathlib import Path

from mindfolio_desktop.user_modules import check


def test_a_day_goes_by_without_a_fault() -> None:
    report = check(Path(__file__).parent.parent / "NAME.py")
    assert report.faults == ()
    assert report.scans > 0
    assert report.rows, "every symbol of the universe has a finding"
