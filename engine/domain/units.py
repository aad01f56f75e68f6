"""Unitised NAV: deposits and withdrawals buy and sell units at its value, so that neither is a gain or loss."""

from dataclasses import dataclass

from engine.core.money import Money


@dataclass(frozen=True, slots=True)
class UnitNav:
    """A NAV and the units that it is shared by. The value of a unit is their quotient; it is never computed."""

    nav: Money = 0
    units: int = 0


_OF_NOTHING = 10_000
"""What the value of a unit is at most a part of, against its reference, once everything was lost."""

_MOST_UNITS = 10**18
"""A ledger keeps no greater number."""


def units_for(amount: Money, now: UnitNav, reference: UnitNav) -> int:
    """Units that cash buys (negative: that are sold for cash that goes out), at their value of now; never none.

    Rounded towards fewer units in and more units out: never in favour of who moves the cash. The first units cost one
    each. Where NAV is not above zero a unit is worth nothing, and what comes in buys all that there will be: so many
    units that the old ones stay worth a ten-thousandth of `reference` at most. The loss is neither made good by the new
    money nor made greater; where even that leaves no NAV, as few as can be.
    """
    if now.units <= 0 or (now.nav <= 0 and (amount < 0 or reference.nav <= 0)):
        return amount
    if now.nav > 0:
        return amount * now.units // now.nav or (1 if amount > 0 else -1)
    after = max(0, now.nav + amount)
    wanted = -(-after * _OF_NOTHING * reference.units // reference.nav)
    return max(1, min(wanted, _MOST_UNITS) - now.units)


def drawdown_bp(nav: Money, units: int, peak_nav: Money, peak_units: int) -> int | None:
    """How far the value of a unit lies below its peak, in whole 1/10,000 of it, rounded down; 0 at or above the peak.

    Exact, by cross-multiplication: it reaches a limit in percent only when the drawdown does. None is unknown: no
    units, or no peak above zero. Of a NAV below zero it is more than 10,000.
    """
    if not all(_is_whole(value) for value in (nav, units, peak_nav, peak_units)):
        return None
    if units <= 0 or peak_units <= 0 or peak_nav <= 0:
        return None
    peak = peak_nav * units
    return max(0, (peak - nav * peak_units) * 10_000 // peak)


def confirmed_peak(previous: UnitNav, current: UnitNav, peak: UnitNav) -> UnitNav:
    """The highest value of a unit that two samples in a row reached: the one before, this one, and the peak so far.

    One bad print makes no peak. A sample without units changes nothing; a peak without units is none yet.
    """
    if previous.units <= 0 or current.units <= 0:
        return peak
    both = previous if _is_lower(previous, current) else current
    if both.nav <= 0 or (peak.units > 0 and not _is_lower(peak, both)):
        return peak
    return both


def _is_lower(one: UnitNav, other: UnitNav) -> bool:
    return one.nav * other.units < other.nav * one.units


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
