"""Circuit breakers: pure rules that say when losses must pause something, and when they may sell something.

All limits are inclusive. What is unknown (missing, not an int) pauses nothing, because an absent mark is no loss;
openings are denied then by the gate. Source: product terms, section 4; reliability, section 6.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from engine.core.money import Money

APART = dt.timedelta(seconds=10)
"""Least time between the two marks that liquidation needs."""

SETTLING_IN = dt.timedelta(minutes=5)
"""Of a session, from its open: marks in it halt, and sell nothing."""

MAX_MARK_AGE = dt.timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class BreachSample:
    """One look at the account: whether every mark was fresh and uncrossed, and whether a limit was reached."""

    at: dt.datetime
    is_clean: bool
    in_breach: bool


def daily_loss_reached(day_pnl: Money | None, limit: Money | None) -> bool:
    """Whether the day P&L of a module, or of the account, has reached its loss limit (an amount, positive).

    Source: product terms, "Day P&L <= -daily_loss_limit".
    """
    return _is_whole(day_pnl) and _is_whole(limit) and day_pnl <= -limit


def drawdown_reached(drawdown: int | None, limit_pct: int | None) -> bool:
    """Whether a drawdown in 1/10,000 has reached a limit in percent."""
    return _is_whole(drawdown) and _is_whole(limit_pct) and drawdown >= limit_pct * 100


def has_evidence(
    samples: Sequence[BreachSample], now: dt.datetime, session_open: dt.datetime | None, *, is_reconciled: bool
) -> bool:
    """Whether positions may be closed by the program: halting needs one suspicion, this needs proof.

    The newest sample is fresh, clean and in breach, and so is another at least `APART` before it, without a clean one
    between that was not. Both were taken when the session (`session_open` None: there is none) was at least
    `SETTLING_IN` old, and book and broker agree. An unclean sample proves nothing either way.
    """
    if session_open is None or is_reconciled is not True:
        return False
    counted = sorted((each for each in samples if each.at <= now), key=lambda each: each.at)
    if not counted or not counted[-1].is_clean or now - counted[-1].at > MAX_MARK_AGE:
        return False
    newest = counted[-1].at
    for sample in reversed([each for each in counted if each.is_clean]):
        if not sample.in_breach or sample.at < session_open + SETTLING_IN:
            return False
        if newest - sample.at >= APART:
            return True
    return False


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
