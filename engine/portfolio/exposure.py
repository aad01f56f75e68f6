"""What a module that looks at the whole mindfolio is shown: (book, chains, now) -> Exposure. Pure."""

import datetime as dt
from collections.abc import Mapping

from engine.core.money import Money
from engine.domain.chain import Chain
from engine.domain.exposure import Exposure, Holding
from engine.domain.order import OrderPurpose
from engine.domain.package import clean_mark
from engine.domain.position import Position
from engine.domain.quote import stock_quote
from engine.domain.snapshot import PositionView
from engine.ledger.book import Book
from engine.portfolio.valuation import value_positions, volatilities


def exposure_of(
    book: Book, chains: Mapping[str, Chain], now: dt.datetime, rate: float, sectors: Mapping[str, str], module_id: str
) -> Exposure:
    """Every open position, EXTERNAL ones included, as the module `module_id` is shown them; `rate` as in valuations."""
    views = value_positions(book, chains, now, rate)
    busy = {order.position_id for order in book.orders.values()}
    closing = [order for order in book.orders.values() if order.purpose is OrderPurpose.CLOSE and not order.rests]
    going = {order.position_id for order in closing}
    for approval in book.approvals.values():
        if approval.candidate.position_id:
            busy.add(approval.candidate.position_id)
            if approval.candidate.purpose is OrderPurpose.CLOSE:
                going.add(approval.candidate.position_id)
    waiting = sum(1 for approval in book.approvals.values() if approval.candidate.module_id == module_id)
    holdings = tuple(
        _holding(view, chains.get(view.position.symbol), busy=busy, going=going) for view in views.values()
    )
    known = volatilities(book.positions.values(), chains, now, rate)
    return Exposure(book.nav, holdings, sectors, tuple(book.answers.values()), waiting, known)


def _holding(view: PositionView, chain: Chain | None, *, busy: set[str], going: set[str]) -> Holding:
    position = view.position
    is_going = position.position_id in going
    return Holding(
        position=position,
        mark=None if chain is None else _mark(position, chain, view.spot),
        greeks=view.greeks,
        dollar_delta=view.dollar_delta,
        spot=view.spot,
        power=view.power,
        closing_cost=view.closing_cost,
        is_going=is_going,
        is_busy=is_going or position.position_id in busy,
    )


def _mark(position: Position, chain: Chain, spot: Money | None) -> Money | None:
    """Value at mid of the very quotes that closing is priced at: the journal's mark may be a few minutes older."""
    held = position.structure
    stock = None if spot is None else stock_quote(spot, chain.spot_at)
    unit = clean_mark(held, tuple(chain.quote(leg.contract) for leg in held.legs), stock)
    return None if unit is None else unit * position.quantity
