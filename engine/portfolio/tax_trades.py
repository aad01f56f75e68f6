"""What the journal says was bought, sold, assigned, exercised and expired, as tax lots need it: by account, not module.

EXTERNAL counts too: to the tax office it is the same account. A position that goes from one module to another is no
sale. A broken trade never happened. What ended at the broker counts on the day it ended, not on the morning after on
which its line was booked: that morning may be another month, another tax year, or a Saturday.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.core.calendar import market_day, previous_session, session_on
from engine.core.expiries import last_session, settled_at
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import CASH_ID, Resolution
from engine.domain.instrument import MULTIPLIER, OptionContract, Right, parse_instrument
from engine.domain.position import Lot
from engine.domain.records import Recorded
from engine.domain.tax import How, TaxTrade
from engine.ledger.book import Book
from engine.ledger.book_state import Applied
from engine.portfolio.walk import walk


def tax_trades(entries: Iterable[tuple[Recorded, ev.Event]]) -> tuple[TaxTrade, ...]:
    """Every trade of a journal, in order."""
    gathering = TaxGathering()
    walk(entries, [gathering])
    return gathering.trades


class TaxGathering:
    """An onlooker of the walk that keeps the trades."""

    def __init__(self) -> None:
        """Of an empty book."""
        self._trades: list[TaxTrade] = []

    @property
    def trades(self) -> tuple[TaxTrade, ...]:
        """What was gathered so far, by day: what is told the morning after comes before what was traded since."""
        return tuple(sorted(self._trades, key=lambda trade: trade.day))

    def before(self, book: Book, entry: Recorded, event: ev.Event) -> None:
        """What the event trades: asked before it is applied, because a position may be gone afterwards."""
        day = market_day(entry.at)
        match event:
            case ev.OrderFilled():
                self._trades += _filled(book, entry.seq, day, event)
            case ev.FillReversed():
                self._take_back(event)
            case ev.PositionSettled():
                self._trades += _settled(book, entry, event)
            case ev.LegSettled():
                self._trades.append(_leg_settled(book, entry, event))
            case ev.DifferenceResolved() if event.how is not Resolution.IGNORE and event.instrument != CASH_ID:
                self._trades.append(_taken_in(entry.seq, day, event))
            case _:
                pass

    def after(self, _book: Book, _entry: Recorded, _event: ev.Event, _applied: Applied) -> None:
        """Nothing more is asked."""

    def _take_back(self, event: ev.FillReversed) -> None:
        """Take a broken trade out of what its order did, the last of it first, with its part of the costs."""
        broken: list[tuple[OptionContract | None, int]] = [(leg.contract, leg.ratio) for leg in event.legs]
        if event.shares:
            broken.append((None, event.shares))
        for contract, count in broken:
            left = count
            for place in range(len(self._trades) - 1, -1, -1):
                trade = self._trades[place]
                if trade.order_id != event.order_id or trade.contract != contract or trade.quantity * left <= 0:
                    continue
                gone = left if abs(left) < abs(trade.quantity) else trade.quantity
                stays = trade.quantity - gone
                self._trades[place] = replace(
                    trade,
                    quantity=stays,
                    paid=trade.paid * stays // trade.quantity,
                    costs=trade.costs * stays // trade.quantity,
                )
                left -= gone
        self._trades = [trade for trade in self._trades if trade.quantity]


def _filled(book: Book, seq: int, day: dt.date, event: ev.OrderFilled) -> list[TaxTrade]:
    order = book.orders.get(event.order_id)
    if order is None:
        return []  # the book will refuse it
    parts: list[tuple[OptionContract | None, int, Money]]
    if order.structure.legs:
        counts = event.leg_quantities or tuple(leg.ratio * event.quantity for leg in order.trades)
        parts = [
            (leg.contract, count, price)
            for leg, count, price in zip(order.trades, counts, event.leg_prices, strict=True)
            if count
        ]
    else:
        parts = [(None, order.structure.shares * order.side * event.quantity, event.leg_prices[0])]
    costs = divided(event.commission + event.fees, [abs(count) for _, count, _ in parts])
    return [
        TaxTrade(
            seq, day, order.structure.symbol, contract, count, _paid(contract, count, price), cost, How.TRADE,
            order.position_id, order.order_id,
        )
        for (contract, count, price), cost in zip(parts, costs, strict=True)
    ]  # fmt: skip


def _settled(book: Book, entry: Recorded, event: ev.PositionSettled) -> list[TaxTrade]:
    position = book.positions.get(event.position_id)
    lots = () if position is None else position.lots
    return [
        TaxTrade(
            entry.seq, _ended_on(lot.contract, entry.at, lots), lot.contract.underlying,
            lot.contract, -lot.quantity,
            _paid(lot.contract, -lot.quantity, max(0, lot.contract.inside(event.spot))), 0,
            How.CASH_SETTLED if lot.contract.inside(event.spot) > 0 else How.EXPIRED, event.position_id,
        )
        for lot in lots
        if lot.contract is not None
    ]  # fmt: skip


def _leg_settled(book: Book, entry: Recorded, event: ev.LegSettled) -> TaxTrade:
    contract, position = event.contract, book.positions.get(event.position_id)
    is_short = position is not None and position.held(contract) < 0
    how = How.EXPIRED
    if event.shares:
        # A short put brings shares and a short call takes them; what was ours to exercise does the opposite.
        is_short = (event.shares > 0) == (contract.right is Right.PUT)
        how = How.ASSIGNED if is_short else How.EXERCISED
    elif event.cash:
        how = How.CASH_SETTLED
    return TaxTrade(
        seq=entry.seq,
        day=_ended_on(contract, entry.at, () if position is None else position.lots),
        symbol=contract.underlying,
        contract=contract,
        quantity=event.contracts if is_short else -event.contracts,
        paid=0 if event.shares else -event.cash,
        costs=event.fees,
        how=how,
        position_id=event.split_into or event.position_id,
        shares=event.shares,
        share_cash=event.cash if event.shares else 0,
    )


def _ended_on(contract: OptionContract, told: dt.datetime, lots: Iterable[Lot]) -> dt.date:
    """The day on which contracts ended of which the broker told at an instant; never before `lots` of them were opened.

    Their last session, whenever that is told; of an early exercise or assignment the last session that was over.
    """
    today = market_day(told)
    if told >= settled_at(contract.underlying, contract.expiration):
        day = last_session(contract.expiration).day
    else:
        session = session_on(today)
        day = today if session is not None and session.closes <= told else previous_session(today).day
    return max([day, *(market_day(lot.opened_at) for lot in lots if lot.contract == contract)])


def _taken_in(seq: int, day: dt.date, event: ev.DifferenceResolved) -> TaxTrade:
    found = parse_instrument(event.instrument)
    contract = found if isinstance(found, OptionContract) else None
    symbol = event.instrument if contract is None else contract.underlying
    paid = _paid(contract, event.quantity, event.price)
    return TaxTrade(seq, day, symbol, contract, event.quantity, paid, 0, How.TAKEN_IN)


def divided(amount: Money, weights: Sequence[int]) -> list[Money]:
    """An amount >= 0 in parts by weight, rounded down; the last takes the rest, so that they add up to it."""
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights[:-1]]
    return [*parts, amount - sum(parts)] if weights else []


def _paid(contract: OptionContract | None, quantity: int, price: Money) -> Money:
    return quantity * price * (1 if contract is None else MULTIPLIER)
