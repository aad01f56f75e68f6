"""Unitised NAV: deposits and withdrawals buy and sell units at its value, so that neither is a gain or loss."""

from dataclasses import dataclass

from engine.core.money import Money


@dataclass(frozen=True, slots=True)
class UnitNav:
    """A NAV and the units that it is shared by. The value of a unit is their quotient; it is never computed."""

    nav: Money = 0
    units: int = 0


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
