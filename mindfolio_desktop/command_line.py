"""What is typed on a command line, as values, for every sub-command alike. Light: it is on the way of each of them."""

import argparse
import datetime as dt
import re
from collections.abc import Callable
from typing import TypeAlias

from engine.core.money import Money, dollars
from engine.runtime.places import Places

PlacesOf: TypeAlias = Callable[[argparse.Namespace], Places]
"""Which ledger a command line is about."""

YEARS = range(1998, 2200)
"""The market's calendar follows its rules since 1998, and nobody trades in these that come after."""

_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})")


def whole(least: int, most: int, text: str) -> int:
    """A whole number from `least` to `most`."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least:,} to {most:,}, not {text!r}")
    return number


def seed(text: str) -> int:
    """The seed of a simulated market."""
    return whole(0, 2**63 - 1, text)


def amount(text: str) -> Money:
    """Dollars, above or at nothing: "1000", "$1,000.50"."""
    try:
        money = dollars(text.replace(",", "").removeprefix("$"))
    except ValueError:
        money = -1
    if money < 0:
        raise argparse.ArgumentTypeError(f"must be an amount of dollars, not {text!r}")
    return money


def day(text: str) -> dt.date:
    """A day."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a day as 2026-03-02, not {text!r}") from None
    return _within_the_calendar(found)


def month(text: str) -> dt.date:
    """A month, as its first day."""
    found = _MONTH.fullmatch(text)
    try:
        first = dt.date(int(found["year"]), int(found["month"]), 1) if found else dt.date.fromisoformat("")
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a month as 2026-03, not {text!r}") from None
    return _within_the_calendar(first)


def _within_the_calendar(found: dt.date) -> dt.date:
    """A day whose sessions are known; and there are weeks before it and after it."""
    if found.year not in YEARS:
        raise argparse.ArgumentTypeError(f"must be of the years {YEARS.start} to {YEARS.stop - 1}, not of {found.year}")
    return found


def symbols(text: str) -> tuple[str, ...]:
    """Symbols with commas between them."""
    return tuple(part.strip().upper() for part in text.split(",") if part.strip())
