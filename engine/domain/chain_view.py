"""An option chain as a person looks at it: quotes of one expiration by strike, its smile, and the term structure."""

import datetime as dt
from dataclasses import dataclass

from engine.core.money import Money
from engine.domain.happening import UNKNOWN, Outlook
from engine.domain.instrument import OptionContract
from engine.domain.quote_flags import QuoteFlag
from engine.domain.scan import IvRank

_NO_RANK = IvRank(None, 0)
_FAULTLESS = QuoteFlag(0)


@dataclass(frozen=True, slots=True)
class QuoteView:
    """One option's quote a share, and what its mid implies. None is unknown.

    `iv` a year as a decimal (0.25 = 25 %), `delta` of one long option in shares a share (-1 to 1). `is_iv_borrowed`:
    both are at the volatility of the other right at the strike, because its own mid pays no more than exercise.
    `faults` are what is wrong with the quote; STALE is also one that is older than the gate allows.
    """

    contract: OptionContract
    bid: Money | None
    ask: Money | None
    mid: Money | None
    at: dt.datetime
    iv: float | None = None
    delta: float | None = None
    is_iv_borrowed: bool = False
    volume: int | None = None
    open_interest: int | None = None
    faults: QuoteFlag = _FAULTLESS


@dataclass(frozen=True, slots=True)
class StrikeRow:
    """Call and put of one strike, None where that one was never quoted."""

    strike: Money
    call: QuoteView | None
    put: QuoteView | None


@dataclass(frozen=True, slots=True)
class ExpirationView:
    """An expiration, calendar days until then, and its volatility at the forward (decimal), None where unknown."""

    day: dt.date
    days: int
    at_the_money: float | None


@dataclass(frozen=True, slots=True)
class ChainView:
    """A symbol's market at one instant. Without any quote so far `spot` is None and there are no expirations.

    `month_iv`: its 30-day volatility, decimal. `smile`: points (strike in dollars, volatility) of the fitted smile,
    ascending; none where there is no smile, and then `no_smile` says why. `center` is the strike nearest to the spot.
    """

    symbol: str
    now: dt.datetime
    is_listed: bool
    """Whether the feed shows this symbol at all."""
    spot: Money | None = None
    quoted_at: dt.datetime | None = None
    month_iv: float | None = None
    iv_rank: IvRank = _NO_RANK
    outlook: Outlook = UNKNOWN
    expirations: tuple[ExpirationView, ...] = ()
    expiration: dt.date | None = None
    rows: tuple[StrikeRow, ...] = ()
    center: Money | None = None
    smile: tuple[tuple[float, float], ...] = ()
    no_smile: str = ""
