"""A second opinion on the pricing kernel: each leg of a trade, valued as a European option by ours and by vollib.

Two programs that were written apart seldom fail alike. What is compared is not the market but the arithmetic: both get
the same inputs. Where the leg's mid has a European volatility, the price at that volatility must also lead back to the
mid, which checks the solver; where it has none (deep in the money, no two-sided quote) a nominal one is used, so that
no leg leaves unchecked.
"""

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np

from engine.analytics.black_scholes import european
from engine.analytics.implied_volatility import implied_volatility
from engine.core.calendar import years_to_expiry
from engine.core.money import to_float
from engine.domain.instrument import Right
from engine.domain.quote import Quote
from engine.domain.structure import Leg

RELATIVE_LIMIT = 1e-6
ABSOLUTE_LIMIT = 1e-6
"""Of the price, and $ a share: the larger of the two is allowed."""

_NOMINAL_VOLATILITY = 0.3
_LEAST_YEARS = 1e-6


@dataclass(frozen=True, slots=True)
class LegPrice:
    """One figure of one leg by both, $ a share; NaN where a program has none. `what` is "price" or "volatility"."""

    occ: str
    what: str
    ours: float
    theirs: float

    @property
    def limit(self) -> float:
        """The largest difference that is allowed, $ a share."""
        return max(RELATIVE_LIMIT * abs(self.theirs), ABSOLUTE_LIMIT) if math.isfinite(self.theirs) else ABSOLUTE_LIMIT

    @property
    def agrees(self) -> bool:
        """Whether the two are as good as equal; never for what is not a number."""
        return abs(self.ours - self.theirs) <= self.limit


def leg_prices(
    legs: tuple[Leg, ...], quotes: tuple[Quote | None, ...], spot: float | None, now: dt.datetime, rate: float
) -> tuple[LegPrice, ...]:
    """Value every leg by both; `quotes` in the order of the legs, `spot` in $, `rate` continuously compounded.

    Without a usable spot the strike stands for it. Raises whatever vollib raises, ImportError when it is missing.
    """
    # Here and not above: no start of the program should wait for another program to be imported.
    from vollib.black import black  # noqa: PLC0415

    strike = np.array([to_float(leg.contract.strike) for leg in legs])
    years = np.maximum([years_to_expiry(now, leg.contract.expiration) for leg in legs], _LEAST_YEARS)
    is_put = np.array([leg.contract.right is Right.PUT for leg in legs])
    known = spot if spot is not None and math.isfinite(spot) and spot > 0 else math.nan
    at = np.where(math.isnan(known), strike, known)
    forward = at * np.exp(rate * years)
    mid = np.array([_mid(quote) for quote in quotes])
    implied = implied_volatility(mid, forward, strike, years, rate, is_put)
    volatility = np.where(implied.valid, implied.volatility, _NOMINAL_VOLATILITY)
    ours = european(at, forward, strike, years, rate, volatility, is_put).price.tolist()
    found: list[LegPrice] = []
    for place, leg in enumerate(legs):
        terms = (forward, strike, years, np.full(len(legs), rate), volatility)
        theirs = float(black("p" if is_put[place] else "c", *(float(column[place]) for column in terms)))
        found.append(LegPrice(leg.contract.occ, "price", ours[place], theirs))
        if implied.valid[place]:
            found.append(LegPrice(leg.contract.occ, "volatility", float(mid[place]), theirs))
    return tuple(found)


def _mid(quote: Quote | None) -> float:
    sides = None if quote is None else quote.two_sided
    return math.nan if sides is None else to_float(sum(sides)) / 2
