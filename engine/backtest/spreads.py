"""What crossing the spread costs in a backtest: how wide quotes are where none are recorded, and what an order pays.

**Width.** The half spread of a contract follows its mid, its delta and the days it has left. The coefficients are
fitted to the logarithms of recorded quotes of 2026 (`benchmarks/spreads.py` prints the fit and its residuals): SPY and
QQQ for classes that quote in cents everywhere, TSLA and NVDA for other penny classes. For all others nothing is
recorded: twice the penny classes' width is an assumption, and the coarser grid widens it further.

**Fill.** A share of the way from mid to natural, which grows with the number of legs. Traders report fills worse than
the theoretical mid by 2-4 % for one leg, 8-12 % for verticals and 15-22 % for iron condors. Of the credit that cannot
be: recorded condors cost 2 to 4 % of it from mid to natural, in one of five names 23 %. Like the paper broker this
takes it to be of the full spread, natural to natural. The shares below are the worst of that range for four legs, 22 %
of the full and so 44 % of the half spread, and for fewer legs what a ladder of orders that walks up by tenths of the
spread pays, which is more than was reported. Wide quotes move the share towards the whole way, as in the paper broker.
"""

import numpy as np

from engine.analytics.kernel import FloatLike
from engine.core.money import Money
from engine.domain.chain import Floats
from engine.domain.order import OrderPurpose
from engine.domain.package import PackageQuote, package_quote, structure_quote, to_tick
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure
from engine.domain.tick import Grid, grid_of

SHARE_PCT = {1: 20, 2: 30, 3: 40}
SHARE_OF_MORE_PCT = 44
"""Of the way from mid to natural, by legs, in quotes that are tight."""

CLOSING_PCT = 4
"""More of the way with four legs when closing: the ladder goes on to natural where it must be out."""

TIGHT_PCT = 10
"""Spreads up to this share of the legs' mids are tight."""

_WHOLE = 100

# Intercept, slopes of log mid ($), of |delta| and of log days, and half the variance of what the fit leaves: the mean
# of a width is above the middle one.
_FUNDS = (-5.640, 0.087, 2.895, 0.305, 0.135)
_PENNY = (-5.326, 0.564, 0.226, 0.375, 0.113)
_UNKNOWN_FACTOR = 2.0

_LEAST_MID, _FEWEST_DAYS, _MOST_DAYS = 0.05, 5.0, 100.0
"""What was fitted; outside, the width of the edge."""


def half_spreads(symbol: str, mid: Floats, delta: FloatLike, days: FloatLike) -> Floats:
    """Half spreads (n,) in $ a share: `mid` in $, `delta` of either sign, calendar `days` to expiry.

    At least half a tick of the class's grid, and no more than the mid where that is above it.
    """
    grid = grid_of(symbol)
    constant, by_mid, by_delta, by_days, bias = _FUNDS if grid in {Grid.CENTS, Grid.INDEX} else _PENNY
    factor = _UNKNOWN_FACTOR if grid is Grid.NICKEL else 1.0
    log_half = (
        constant
        + bias
        + by_mid * np.log(np.maximum(mid, _LEAST_MID))
        + by_delta * np.minimum(np.abs(delta), 1.0)
        + by_days * np.log(np.clip(days, _FEWEST_DAYS, _MOST_DAYS))
    )
    tick = np.where(mid < 3.0, grid.below, grid.above) / 10_000
    half: Floats = np.maximum(np.minimum(factor * np.exp(log_half), mid), tick / 2)
    return half


def fill(structure: Structure, quotes: tuple[Quote | None, ...], purpose: OrderPurpose) -> Money | None:
    """What an order trades at, net a share (debits positive), rounded against us to its tick; never beyond natural.

    `quotes` in the order of the structure's parts. None where a leg has no usable quote, and for options and shares
    together. In a roll, as in a closing, a worthless wing goes along for nothing. Shares trade at natural.
    """
    package = _package(structure, quotes, purpose)
    if package is None:
        return None
    if not structure.legs:
        return package.natural
    share = share_pct(tuple(quote for quote in quotes if quote is not None), purpose)
    price = package.mid + -(-(package.natural - package.mid) * share // _WHOLE)
    return min(to_tick(price, structure), package.natural)


def share_pct(quotes: tuple[Quote, ...], purpose: OrderPurpose) -> int:
    """How far an order goes from mid to natural, in percent: 20 to 100. `quotes`: one for each leg."""
    least = SHARE_PCT.get(len(quotes), SHARE_OF_MORE_PCT)
    if purpose is OrderPurpose.CLOSE and len(quotes) not in SHARE_PCT:
        least += CLOSING_PCT
    spreads = sum((quote.ask or 0) - (quote.bid or 0) for quote in quotes)
    mids = sum((quote.ask or 0) + (quote.bid or 0) for quote in quotes) // 2
    wide = min(_WHOLE, spreads * _WHOLE // mids) if mids else _WHOLE
    return least + (_WHOLE - least) * max(0, wide - TIGHT_PCT) // (_WHOLE - TIGHT_PCT)


def _package(structure: Structure, quotes: tuple[Quote | None, ...], purpose: OrderPurpose) -> PackageQuote | None:
    if purpose is OrderPurpose.ROLL and structure.legs and not structure.shares:
        legs = tuple(Leg(leg.contract, -leg.ratio) for leg in structure.legs)
        return package_quote(legs, quotes, OrderPurpose.CLOSE)
    return structure_quote(structure, quotes, purpose)
