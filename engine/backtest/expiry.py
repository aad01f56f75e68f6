"""Contracts of a backtest that end without an order: at expiry, and shorts that are assigned before.

Shorts are assigned early where whoever holds them loses by waiting: calls in the money on the eve of an ex-dividend day
that are worth less beyond exercise than the dividend, and puts in the money that are worth no more beyond exercise than
the interest on their strike until the next session. Everybody is taken to notice, so all of them are.
"""

import math

from engine.backtest.filling import DayQuotes
from engine.backtest.holding import Ended
from engine.core.calendar import expiry_at, market_day, next_session
from engine.core.money import CENT, Money, from_float
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position

EXERCISED_FROM: Money = CENT
"""A share in the money: from here the clearing house exercises unless it is told not to."""

_DAYS_A_YEAR = 365


def expired(position: Position, price: Money, ordinal: int) -> tuple[Ended, ...]:
    """What a position's contracts become whose last session is the day `ordinal` or earlier, at a closing `price`."""
    legs = sorted({lot.contract for lot in position.lots if lot.contract is not None})
    return tuple(
        Ended(contract, has_shares=contract.inside(price) >= EXERCISED_FROM)
        for contract in legs
        if market_day(expiry_at(contract.expiration)).toordinal() <= ordinal
    )


def assigned_early(position: Position, quotes: DayQuotes, rate: float) -> tuple[Ended, ...]:
    """The shorts of a position that are assigned in the night after a day; `rate` continuously compounded a year."""
    shorts = sorted({lot.contract for lot in position.lots if lot.contract is not None and lot.quantity < 0})
    spot = from_float(quotes.day.chain.spot)
    if spot is None:
        return ()
    in_money = [contract for contract in shorts if contract.inside(spot) >= EXERCISED_FROM]
    return tuple(Ended(each, has_shares=True, early=True) for each in in_money if _is_lost(each, spot, quotes, rate))


def _is_lost(contract: OptionContract, spot: Money, quotes: DayQuotes, rate: float) -> bool:
    """Whether who holds a contract in the money loses by not exercising it tonight."""
    day = quotes.day
    quote = quotes.quote(contract)
    mid = None if quote is None else quote.mid
    if mid is None or market_day(expiry_at(contract.expiration)) <= day.day:
        return False
    extrinsic = mid - contract.inside(spot)
    tomorrow = next_session(day.now).day
    if contract.right is Right.CALL:
        is_eve = day.outlook.ex_day_after(day.now) is not None
        return is_eve and day.next_dividend is not None and extrinsic < day.next_dividend
    saved = contract.strike * math.expm1(max(0.0, rate) * (tomorrow - day.day).days / _DAYS_A_YEAR)
    return extrinsic <= saved and saved > 0
