"""What a waiting trade would change: a rehearsal of the gate, and the book as the trade would leave it.

The kernel judges it and books it into a copy of the book, by the book's own rules; valuing both is left to who asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from engine.core.calendar import market_day
from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.candidate import Approval, Candidate
from engine.domain.chain import Chain
from engine.domain.commands import ApproveTrade
from engine.domain.concentration import Concentration
from engine.domain.denial import Denial
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import PackageQuote, structure_quote
from engine.domain.preview import Standing, TradePreview
from engine.domain.questions import PreviewTrade
from engine.domain.snapshot import MarketView, MindfolioSnapshot
from engine.ledger.book import Book
from engine.portfolio.aggregate import Background, aggregate
from engine.runtime.closings import closing_order, suggested_parts
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.handlers_approvals import at_the_click, is_of_another_trade
from engine.runtime.openings import Ticket, costs_of, order_of, rehearse, ticket_of, worst_of
from engine.runtime.power import after_trades, package_trades

_PERSON = "user"


@dataclass(frozen=True, slots=True, eq=False)
class _Market:
    """Everything beside the books that a snapshot is made of; nobody changes it."""

    view: MarketView
    chains: Mapping[str, Chain]
    background: Background

    def snapshot(self, book: Book) -> MindfolioSnapshot:
        return aggregate(book, self.chains, self.view, RISK_FREE_RATE, self.background)


def preview_of(desk: Desk, approval: Approval, question: PreviewTrade) -> Callable[[], TradePreview]:
    """Judge a waiting trade as things are now; what is left to do is to value the books."""
    wanted = ApproveTrade(approval.approval_id, _PERSON, question.quantity, question.strikes)
    candidate, early = at_the_click(desk, approval, wanted)
    ticket = ticket_of(candidate, who=_PERSON, approval_id=approval.approval_id)
    if is_of_another_trade(approval, wanted, candidate):
        return _unfit(desk, candidate, question.quantity, early)
    return rehearsal(desk, candidate, ticket, early)


def _unfit(desk: Desk, candidate: Candidate, quantity: int, early: tuple[Denial, ...]) -> Callable[[], TradePreview]:
    """What is told of strikes that make no trade: the books as they are, and why there is nothing more."""
    market, before = _market_of(desk), desk.book.copied()

    def valued() -> TradePreview:
        standing = _standing(market, before, candidate.module_id, candidate.structure.symbol)
        return TradePreview(
            at=market.view.now, quantity=quantity, module_id=candidate.module_id, is_closing=False,
            bid=None, mid=None, ask=None, quoted_at=None, buying_power=None, max_risk=None,
            denials=early, before=standing, after=None, why_not="there is no such trade",
        )  # fmt: skip

    return valued


def _market_of(desk: Desk) -> _Market:
    background = Background(desk.pasts_on(market_day(desk.now)), desk.sectors)
    return _Market(desk.market_view(0.0, is_finished=False), dict(desk.market.chains()), background)


def rehearsal(
    desk: Desk, candidate: Candidate, ticket: Ticket, early: tuple[Denial, ...] = ()
) -> Callable[[], TradePreview]:
    """Judge a trade as things are now, after what refuses it already; what is left to do is to value the books."""
    is_closing = candidate.purpose is OrderPurpose.CLOSE
    facts, denials = (None, _closing_denials(desk, candidate)) if is_closing else rehearse(desk, candidate, ticket)
    bid, quote = _quotes(desk, candidate)
    position = desk.book.positions.get(candidate.position_id)
    module_id = candidate.module_id if position is None else position.module_id
    before, (after, why_not) = desk.book.copied(), _done(desk, candidate, ticket)
    now, symbol = desk.now, candidate.structure.symbol
    market = _market_of(desk)
    told = partial(
        TradePreview,
        at=now,
        quantity=candidate.quantity,
        module_id=module_id,
        is_closing=is_closing,
        bid=bid,
        mid=None if quote is None else quote.mid,
        ask=None if quote is None else quote.natural,
        quoted_at=None if quote is None else quote.at,
        buying_power=None if facts is None else facts.buying_power,
        max_risk=None if facts is None else facts.max_risk,
        denials=_each_once((*early, *denials)),
        why_not=why_not,
        worst=None if is_closing else worst_of(candidate),
    )

    def valued() -> TradePreview:
        first = _standing(market, before, module_id, symbol)
        return told(before=first, after=None if after is None else _standing(market, after, module_id, symbol))

    return valued


def _each_once(denials: tuple[Denial, ...]) -> tuple[Denial, ...]:
    """The first of each code: what the click sees and what the gate sees of the same."""
    found: dict[DenialCode, Denial] = {}
    for each in denials:
        found.setdefault(each.code, each)
    return tuple(found.values())


def _quotes(desk: Desk, candidate: Candidate) -> tuple[Money | None, PackageQuote | None]:
    """What turning the trade round would pay, and its quote as it stands."""
    structure, purpose = candidate.structure, candidate.purpose
    if structure.legs and structure.shares:
        return None, None
    quotes = desk.part_quotes(structure, fresh=False)
    back = OrderPurpose.OPEN if purpose is OrderPurpose.CLOSE else OrderPurpose.CLOSE
    turned = structure_quote(structure, quotes, back)
    return (None if turned is None else -turned.natural), structure_quote(structure, quotes, purpose)


def _closing_denials(desk: Desk, candidate: Candidate) -> tuple[Denial, ...]:
    parts, denials = suggested_parts(desk, candidate, _PERSON)
    if denials:
        return denials
    order = closing_order(desk, desk.book.positions[candidate.position_id], parts[0])
    return () if isinstance(order, Order) else order


# --- the trade, as if it were done ------------------------------------------------------------------------------------
def _done(desk: Desk, candidate: Candidate, ticket: Ticket) -> tuple[Book | None, str]:
    """A book in which the trade was done at its worst price; None, and why, where its figures cannot be told."""
    book = desk.book.copied()
    try:
        _do(desk, book, candidate, ticket)
    except LedgerFault as error:
        return None, str(error)
    return book, ""


def _do(desk: Desk, book: Book, candidate: Candidate, ticket: Ticket) -> None:
    if candidate.purpose is not OrderPurpose.CLOSE:
        _fill(desk, book, order_of(desk, candidate, ticket, 0))
        return
    parts, denials = suggested_parts(desk, candidate, _PERSON)
    for part in parts:
        order = closing_order(desk, desk.book.positions[candidate.position_id], part)
        if not isinstance(order, Order):
            denials = order
            break
        _fill(desk, book, replace(order, order_id=book.next_order_id))
    if denials:
        raise LedgerFault("it cannot be ordered now")


def _fill(desk: Desk, book: Book, order: Order) -> None:
    trades = package_trades(desk, order.structure, order.worst, order.quantity, order.purpose)
    prices = tuple(trade.price for trade in trades)
    sides = [leg.ratio for leg in order.trades] or [order.structure.shares * order.side]
    net = sum(side * price for side, price in zip(sides, prices, strict=True))
    commission = book.costs.commission(order.structure.contracts * order.quantity)
    fees = costs_of(desk, order.structure, order.quantity, order.worst) - commission
    used = after_trades(desk, book.positions.get(order.position_id), order, trades)
    for event in (
        ev.OrderIntended(order),
        ev.OrderSubmitted(order.order_id),
        ev.OrderFilled(order.order_id, order.quantity, order.quantity, net, prices, commission, fees, used),
    ):
        book.apply(book.seq + 1, desk.now, event)


# --- before and after -------------------------------------------------------------------------------------------------
def _standing(market: _Market, book: Book, module_id: str, symbol: str) -> Standing:
    snapshot = market.snapshot(book)
    module = snapshot.module(module_id)
    if module is None:
        raise LedgerFault(f"{module_id} is no module of this mindfolio any more")
    worst = snapshot.worst
    own = [] if worst is None else [share for share in worst.modules if share.name == module_id]
    return Standing(
        budget=module.budget,
        used=module.used,
        held=module.held,
        available=module.available,
        greeks=module.greeks,
        greeks_missing=module.greeks_missing,
        dollar_delta=module.weighted.dollar_delta,
        module_worst=own[0].alone if own else 0,
        worst=0 if worst is None else worst.loss,
        scenario=None if worst is None else worst.scenario,
        symbol=_weight(snapshot.concentrations, symbol),
        sector=_weight(snapshot.sectors, market.background.sectors.get(symbol, "")),
    )


def _weight(found: tuple[Concentration, ...], name: str) -> Concentration | None:
    return next((each for each in found if each.name == name), None) if name else None
