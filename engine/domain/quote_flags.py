"""What is wrong with quotes: one rule for live quotes, recordings and checks, over arrays or one pair of prices.

A quote may have several faults. What is LOCKED is remarkable and may be traded; every other fault forbids it.
"""

from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.money import UNIT, Money

MOST_A_SHARE = 1_000_000
"""Dollars: no option costs as much."""

Floats = NDArray[np.float64]
Mask = NDArray[np.uint16]
Flags = NDArray[np.bool_]


class QuoteFlag(IntFlag):
    """Faults of a quote, as bits."""

    CROSSED = 1
    """The bid is above the ask."""
    LOCKED = 2
    """Bid and ask are the same price."""
    ZERO = 4
    """Nothing by nothing: nobody quoted it."""
    ONE_SIDED = 8
    """Only one side has a price above zero."""
    NOT_A_NUMBER = 16
    """A side is missing."""
    NEGATIVE = 32
    """A side is below zero."""
    HUGE = 64
    """A side is above a million dollars a share."""
    STALE = 128
    """Older than what is shown beside it, or than allowed."""
    EXPIRED = 256
    """Quoted after it was settled."""
    COPY = 512
    """Part of a snapshot that repeats the one of an earlier day to the last figure."""
    ADJUSTED = 1024
    """Delivers something other than 100 shares."""


UNTRADABLE = QuoteFlag(sum(QuoteFlag) - QuoteFlag.LOCKED)
"""Every fault that forbids trading."""


def quote_flags(
    bid: Floats,
    ask: Floats,
    *,
    is_stale: Flags | bool = False,
    is_expired: Flags | bool = False,
    is_copy: bool = False,
    is_adjusted: Flags | bool = False,
) -> Mask:
    """Faults of quotes (n,); prices in dollars a share, NaN where missing."""
    mask = _price_flags(bid, ask, MOST_A_SHARE)
    mask = mask | QuoteFlag.STALE.value * np.asarray(is_stale) | QuoteFlag.EXPIRED.value * np.asarray(is_expired)
    mask = mask | QuoteFlag.COPY.value * is_copy | QuoteFlag.ADJUSTED.value * np.asarray(is_adjusted)
    found: Mask = np.asarray(mask, dtype=np.uint16)
    return found


def pair_flags(bid: Money, ask: Money) -> QuoteFlag:
    """Faults of one pair of prices, by the same rule."""
    return QuoteFlag(_price_flags(bid, ask, MOST_A_SHARE * UNIT))


def is_tradable(mask: Mask) -> Flags:
    """Quotes (n,) without a fault that forbids trading."""
    tradable: Flags = (mask & np.uint16(UNTRADABLE.value)) == 0
    return tradable


def _price_flags(bid: Any, ask: Any, most: int) -> Any:
    """Faults that the prices show; for arrays and for single numbers, which are compared in the same way."""
    has_bid, has_ask = bid > 0, ask > 0
    return (
        QuoteFlag.CROSSED.value * (bid > ask)
        | QuoteFlag.LOCKED.value * (has_bid & (bid == ask))
        | QuoteFlag.ZERO.value * ((bid == 0) & (ask == 0))
        | QuoteFlag.ONE_SIDED.value * (has_bid != has_ask)
        | QuoteFlag.NOT_A_NUMBER.value * ((bid != bid) | (ask != ask))  # noqa: PLR0124 - only NaN differs from itself
        | QuoteFlag.NEGATIVE.value * ((bid < 0) | (ask < 0))
        | QuoteFlag.HUGE.value * ((bid > most) | (ask > most))
    )
