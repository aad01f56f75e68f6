"""Questions about one position: the kernel takes hold of it and of its chain, and somebody else does the reckoning."""

import datetime as dt
from collections.abc import Callable
from functools import partial

import numpy as np

from engine.core.calendar import days_to_expiry
from engine.domain import questions as ask
from engine.domain.chain import Chain
from engine.domain.contract_keys import decode_keys
from engine.domain.position_sheet import RollExpiration
from engine.portfolio.position_sheet import leg_lines, payoff_curves
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.position_quotes import closing_quote, roll_quote

Work = Callable[[], object]


def _gone() -> object:
    """What is answered about a position that is not open any more."""
    return None


def legs(desk: Desk, question: ask.LegsOf) -> Work:
    """Quotes and figures of each leg."""
    position = desk.book.positions.get(question.position_id)
    if position is None:
        return _gone
    return partial(leg_lines, position, desk.market.chain(position.symbol), desk.now, RISK_FREE_RATE)


def payoff(desk: Desk, question: ask.PayoffOf) -> Work:
    """Results over prices."""
    position = desk.book.positions.get(question.position_id)
    if position is None:
        return _gone
    moves = question.days, question.volatility_pct
    return partial(payoff_curves, position, desk.market.chain(position.symbol), desk.now, RISK_FREE_RATE, *moves)


def closing(desk: Desk, question: ask.ClosingOf) -> Work:
    """What closing would cost, and what would refuse it: a look at a few quotes, and at no analytics."""
    position = desk.book.positions.get(question.position_id)
    if position is None:
        return _gone
    quote = closing_quote(desk, position, question.quantity)
    return lambda: quote


def roll_terms(desk: Desk, question: ask.RollTermsOf) -> Work:
    """Expirations and strikes that the chain shows."""
    position = desk.book.positions.get(question.position_id)
    if position is None:
        return _gone
    chain, now = desk.market.chain(position.symbol), desk.now
    return lambda: () if chain is None else tuple(each for each in _expirations(chain, now) if each.dte >= 0)


def roll(desk: Desk, question: ask.RollOf) -> Work:
    """What a roll would bring, and what the gate says of it: it is asked by one person about one trade at a time."""
    position = desk.book.positions.get(question.position_id)
    if position is None:
        return _gone
    quote = roll_quote(desk, position, question.close, question.open)
    return lambda: quote


def _expirations(chain: Chain, now: dt.datetime) -> tuple[RollExpiration, ...]:
    ordinals, is_put, strikes = decode_keys(chain.key)
    found = []
    for ordinal in np.unique(ordinals).tolist():
        of_day = ordinals == ordinal
        calls, puts = (tuple(strikes[of_day & (is_put == side)].tolist()) for side in (False, True))
        day = dt.date.fromordinal(ordinal)
        found.append(RollExpiration(day, days_to_expiry(now, day), calls, puts))
    return tuple(found)
