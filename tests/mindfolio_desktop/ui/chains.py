"""Chains and tickets for the window's tests: SPY at 606.10 with three strikes, as the engine would tell of them."""

import datetime as dt
from dataclasses import replace
from typing import Any

from engine.core.money import dollars
from engine.domain.chain_view import ChainView, ExpirationView, QuoteView, StrikeRow
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.scan import IvRank
from engine.domain.structure import Leg
from engine.domain.structure_shapes import held_structure
from engine.domain.ticket_view import ModuleFit, TicketView
from tests.mindfolio_desktop.ui.snapshots import APRIL, AUTO, MANUAL, NOW, PAUSED

MAY = dt.date(2026, 5, 15)


def contract(strike: int, right: Right = Right.PUT, symbol: str = "SPY", day: dt.date = APRIL) -> OptionContract:
    """An option of SPY, the strike in dollars."""
    return OptionContract(symbol, day, dollars(strike), right)


def quote(strike: int, right: Right = Right.PUT, bid: str = "8.00", ask: str = "8.10", **changes: Any) -> QuoteView:
    """A good quote, four seconds old."""
    low, high = dollars(bid), dollars(ask)
    found = QuoteView(
        contract(strike, right), low, high, (low + high) // 2, NOW - dt.timedelta(seconds=4),
        0.21, 0.45 if right is Right.CALL else -0.55, False, 120, 4_500,
    )  # fmt: skip
    return replace(found, **changes)


def strike_row(strike: int, **changes: Any) -> StrikeRow:
    """Call and put of a strike."""
    return replace(StrikeRow(dollars(strike), quote(strike, Right.CALL), quote(strike)), **changes)


def chain_view(**changes: Any) -> ChainView:
    """SPY with 600, 605 and 610 of April, and May behind it."""
    view = ChainView(
        symbol="SPY",
        now=NOW,
        is_listed=True,
        spot=dollars("606.10"),
        quoted_at=NOW - dt.timedelta(seconds=4),
        month_iv=0.198,
        iv_rank=IvRank(62.4, 252),
        outlook=Outlook((Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 3, 20)),), dt.date(2026, 12, 31)),
        expirations=(ExpirationView(APRIL, 32, 0.21), ExpirationView(MAY, 60, 0.22)),
        expiration=APRIL,
        rows=tuple(strike_row(strike) for strike in (600, 605, 610)),
        center=dollars(605),
        smile=((600.0, 0.215), (605.0, 0.21), (610.0, 0.208)),
    )
    return replace(view, **changes)


def nothing_quoted(symbol: str = "SPY", **changes: Any) -> ChainView:
    """Before the first quote."""
    return replace(ChainView(symbol, NOW, True), **changes)


def ticket_view(legs: tuple[Leg, ...], quantity: int = 1, **changes: Any) -> TicketView:
    """A ticket at 1.40 credit, worst 1.30, that the manual module may trade and the paused one too."""
    structure, units = held_structure("", legs, 0)
    view = TicketView(
        structure=structure,
        quantity=units * quantity,
        mid=dollars("-1.40"),
        natural=dollars("-1.30"),
        limit=dollars("-1.40"),
        worst=dollars("-1.30"),
        tick=dollars("0.01"),
        max_risk=dollars(370),
        is_risk_unbounded=False,
        max_profit=dollars(140),
        is_profit_unbounded=False,
        breakevens=(dollars("603.60"),),
        buying_power=dollars(370),
        costs=dollars("1.34"),
        fits=(
            ModuleFit(AUTO, "bull put spread is not enabled in it"),
            ModuleFit(MANUAL, ""),
            ModuleFit(PAUSED, ""),
        ),
    )
    return replace(view, **changes)
