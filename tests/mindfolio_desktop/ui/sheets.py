"""What the engine tells of one position, for the window's tests."""

import datetime as dt
from dataclasses import replace
from typing import Any

from engine.core.money import dollars
from engine.domain.position_sheet import ClosingPart, ClosingQuote, LegLine, PayoffCurves, RollExpiration, RollQuote
from engine.domain.structure import Structure
from tests.mindfolio_desktop.ui.snapshots import APRIL, NOW, condor

CONDOR = condor("TSLA", (240, 250, 270, 280))
MAY = dt.date(2026, 5, 15)


def payoff(**changes: Any) -> PayoffCurves:
    """A condor sold for 2.50 with TSLA at 261, over prices a dollar apart."""
    prices = tuple(dollars(price) for price in range(230, 291))
    expiry = tuple(_condor_at(price) for price in range(230, 291))
    today = tuple(dollars(40 - abs(price - 260) * 5) for price in range(230, 291))
    found = PayoffCurves(
        prices=prices,
        at_expiry=expiry,
        today=today,
        chosen=today,
        spot=dollars(261),
        at_spot=(dollars(35), dollars(35)),
        now=NOW.date(),
        day=NOW.date(),
        expiration=APRIL,
        days_left=32,
        breakevens=(dollars("247.50"), dollars("272.50")),
        profits=((dollars("247.50"), dollars("272.50")),),
        chance=0.684,
        best=dollars(250),
        worst=dollars(-750),
        is_exact=True,
        costs=dollars("2.40"),
    )
    return replace(found, **changes)


def _condor_at(price: int) -> int:
    owed = max(0, 250 - price) - max(0, 240 - price) + max(0, price - 270) - max(0, price - 280)
    return dollars(250 - 100 * owed)


def legs(structure: Structure = CONDOR) -> tuple[LegLine, ...]:
    """Its legs, the last one without a quote."""
    quoted = [
        LegLine(
            leg.contract,
            leg.ratio,
            dollars("1.00"),
            dollars("1.10"),
            dollars("1.05"),
            0.5,
            False,
            12.5 * leg.ratio,
            NOW,
        )
        for leg in structure.legs[:-1]
    ]
    return (*quoted, LegLine(structure.legs[-1].contract, structure.legs[-1].ratio))


def closing(quantity: int = 1, **changes: Any) -> ClosingQuote:
    """Closing it costs 2.00 at mid and 2.20 at natural, a share."""
    part = ClosingPart(CONDOR, quantity, dollars("2.00"), dollars("2.20"), dollars("0.01"))
    found = ClosingQuote(quantity, (part,), dollars(200) * quantity, dollars(220) * quantity, ())
    return replace(found, **changes)


def terms() -> tuple[RollExpiration, ...]:
    """April and May, with strikes ten dollars apart."""
    strikes = tuple(dollars(strike) for strike in range(200, 320, 10))
    return (RollExpiration(APRIL, 32, strikes, strikes), RollExpiration(MAY, 60, strikes, strikes))


def roll(**changes: Any) -> RollQuote:
    """A roll for a credit of 0.40 at mid, and 0.30 at worst."""
    found = RollQuote((), 1, dollars("-0.40"), dollars("-0.20"), dollars("-0.30"), dollars(-40), dollars(-30), ())
    return replace(found, **changes)
