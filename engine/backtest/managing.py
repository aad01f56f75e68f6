"""What a backtest does with a position day by day: dividends and splits, its module's decisions, the night's ends."""

import datetime as dt
from dataclasses import dataclass, replace

from engine.backtest.expiry import assigned_early, expired
from engine.backtest.filling import AMPLE, DayQuotes, Filled, Terms, filled, order_of
from engine.backtest.holding import Ended, after_split, paid, settled, traded, trading_costs
from engine.backtest.result import BacktestOrder, TracedTrade
from engine.backtest.source import MarketDay
from engine.core.calendar import days_to_expiry
from engine.core.money import UNIT, Money, from_float
from engine.domain.candidate import Candidate
from engine.domain.evidence import BacktestTrade
from engine.domain.instrument import MULTIPLIER, Right
from engine.domain.mindfolio import ModuleSpec
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import clean_mark
from engine.domain.ports import Strategy
from engine.domain.position import Position
from engine.domain.scan import Action, Exit, ExitCode, Hedge, ManageContext, Trade, Warn
from engine.domain.structure import Structure, StructureKind, shares_of
from engine.domain.structure_shapes import recognise
from engine.modules.house_rules import decide
from engine.risk.closing_plan import closing_parts
from engine.risk.lot_power import lots_power

_VERBS = {OrderPurpose.OPEN: "open", OrderPurpose.CLOSE: "close", OrderPurpose.ROLL: "roll"}


@dataclass(frozen=True, slots=True)
class Holding:
    """A trade under way: its position, since when, its value at the last mid, its orders, and what began to end it."""

    position: Position
    opened: dt.date
    mark: Money = 0
    orders: tuple[BacktestOrder, ...] = ()
    code: ExitCode | None = None

    @property
    def worth(self) -> Money:
        """The result so far after costs, what is held at its mark."""
        return self.position.net_pnl + self.mark - self.position.cost

    def after_order(self, order: Order, done: Filled, quotes: DayQuotes, terms: Terms) -> "Holding":
        """The trade after an order of it was filled."""
        position = traded(self.position, done.trades, terms.costs, quotes.day.now, order.purpose)
        mark = self.mark + sum(trade.paid for trade in done.trades)
        orders = (*self.orders, _line(order, done, quotes.day.day, terms)) if terms.is_told else ()
        after = replace(self, position=position, mark=mark, orders=orders)
        if not position.lots:
            return replace(after, mark=0)
        at_mid = _mark_of(position, quotes)
        position = replace(position, used=_used(position, quotes))
        return replace(after, position=position, mark=mark if at_mid is None else at_mid)

    def traced(self, day: dt.date) -> TracedTrade:
        """The trade once nothing is held any more."""
        code = self.code or ExitCode.RULE
        return TracedTrade(BacktestTrade(self.opened, day, self.position.net_pnl, code.value), self.orders)


def morning(held: Holding, day: MarketDay, terms: Terms) -> Holding:
    """A trade after the night before a session: split, dividend, and contracts that ended while there was no chain.

    Those are decided by the first price that there is. Where a split leaves odd contracts, the trade ends at its mark.
    """
    position, spot = held.position, from_float(day.chain.spot) or 0
    if day.split != 1.0:
        divided = after_split(position, day.split, spot)
        if divided is None:
            gain = held.mark - position.cost
            position = replace(position, lots=(), cost=0, quantity=0, realised=position.realised + gain)
            return replace(held, position=position, mark=0, code=ExitCode.RULE)
        position = divided
    if day.dividend and position.shares:
        position = paid(position, day.dividend)
    held = replace(held, position=position)
    overdue = expired(position, spot, day.day.toordinal() - 1) if spot > 0 else ()
    return _after_ends(held, overdue, DayQuotes(day), terms, spot) if overdue else held


def manage(held: Holding, strategy: Strategy, module: ModuleSpec, quotes: DayQuotes, terms: Terms) -> Holding:
    """A trade after its module was asked about it: of what it answers, the first that can be traded is."""
    context = _context(held.position, module, quotes, terms)
    for action in decide(strategy, held.position, context):
        done = _done(held, action, quotes, terms)
        if done is not None:
            return done
    return held if context.mark is None else replace(held, mark=context.mark)


def night(held: Holding, quotes: DayQuotes, terms: Terms) -> Holding:
    """A trade after a session's close: what expired, by the settlement price, and what was assigned early."""
    day = quotes.day
    early = assigned_early(held.position, quotes, terms.rate)
    ended = (*early, *expired(held.position, day.settlement, day.day.toordinal()))
    return _after_ends(held, ended, quotes, terms, day.settlement) if ended else held


def _after_ends(held: Holding, ended: tuple[Ended, ...], quotes: DayQuotes, terms: Terms, price: Money) -> Holding:
    position, code = held.position, held.code or ExitCode.EXPIRY
    for each in ended:
        shares = position.shares
        position = settled(position, each, terms.costs, quotes.day.now)
        if each.has_shares and each.contract.right is Right.CALL and shares > 0:
            code = ExitCode.CALLED_AWAY
        elif each.early and held.code is None:
            code = ExitCode.ASSIGNMENT
    mark = position.shares * price
    if position.structure.legs and position.lots:
        # Until quotes tell: what is left keeps the result as it was.
        mark = held.worth - position.net_pnl + position.cost
    after = replace(held, position=position, mark=mark)
    if not position.lots:
        return replace(after, mark=0, code=code)
    return replace(after, position=replace(position, used=_used(position, quotes)))


def _done(held: Holding, action: Action, quotes: DayQuotes, terms: Terms) -> Holding | None:
    """A trade after one action, None when it cannot be traded now."""
    match action:
        case Warn():
            return None
        case Exit():
            return _exit(held, action, quotes, terms)
        case Hedge():
            return _hedge(held, action, quotes, terms)
        case Trade():
            return trade(held, action.candidate, quotes, terms)


def _exit(held: Holding, action: Exit, quotes: DayQuotes, terms: Terms) -> Holding | None:
    """Close part after part, as far as they can be traded; long legs that nobody bids for are left to expire."""
    position = held.position
    if action.legs:
        kind = recognise(action.legs) or StructureKind.CUSTOM
        parts: tuple[Structure, ...] = (Structure(kind, action.legs),)
    else:
        found = {leg.contract: quotes.quote(leg.contract) for leg in position.structure.legs}
        known = {contract: quote for contract, quote in found.items() if quote is not None}
        parts = closing_parts(position.structure, known)
    after: Holding | None = None
    for part in parts:
        done = _ordered(after or held, part, position.quantity, OrderPurpose.CLOSE, action.why, quotes, terms)
        if done is None:
            break
        after = done
    if after is None or (action.legs and after.position.lots):
        return after
    return replace(after, code=action.code)


def _hedge(held: Holding, action: Hedge, quotes: DayQuotes, terms: Terms) -> Holding | None:
    """Trade shares against a delta: what is held comes off first."""
    symbol, wanted, shares = held.position.symbol, action.shares, held.position.shares
    after: Holding | None = None
    if wanted * shares < 0:
        off = min(abs(wanted), abs(shares))
        one = shares_of(symbol, is_long=shares > 0)
        after = _ordered(held, one, off, OrderPurpose.CLOSE, action.why, quotes, terms)
        if after is None:
            return None
        wanted += off if wanted < 0 else -off
    if wanted and (after is None or after.position.lots):
        one = shares_of(symbol, is_long=wanted > 0)
        return _ordered(after or held, one, abs(wanted), OrderPurpose.OPEN, action.why, quotes, terms) or after
    return after


def trade(held: Holding, candidate: Candidate, quotes: DayQuotes, terms: Terms) -> Holding | None:
    """A trade after a roll or an addition; None when it cannot be traded now, or is not about this position."""
    position = held.position
    if candidate.position_id != position.position_id or candidate.purpose is OrderPurpose.CLOSE:
        return None
    why = "; ".join(candidate.reasons)
    return _ordered(held, candidate.structure, candidate.quantity, candidate.purpose, why, quotes, terms)


def _ordered(
    held: Holding, structure: Structure, quantity: int, purpose: OrderPurpose, why: str, quotes: DayQuotes,
    terms: Terms,
) -> Holding | None:  # fmt: skip
    position = held.position
    order = order_of(position.position_id, position.module_id, structure, quantity, purpose, quotes.day.now, why)
    done = filled(order, quotes, terms.fill)
    return None if done is None else held.after_order(order, done, quotes, terms)


def _context(position: Position, module: ModuleSpec, quotes: DayQuotes, terms: Terms) -> ManageContext:
    day, structure = quotes.day, position.structure
    dte = None if structure.expiration is None else days_to_expiry(day.now, structure.expiration)
    return ManageContext(
        now=day.now,
        module=module,
        quotes={leg: quotes.quote(leg.contract) for leg in structure.legs},
        dte=dte,
        mark=_mark_of(position, quotes),
        chain=day.chain,
        # On its last day a trade has to pay for its own outcome, as where the rest of a budget is at work elsewhere.
        available=0 if dte == 0 else AMPLE,
        costs=terms.costs,
        rate=terms.rate,
        outlook=day.outlook,
        past=day.past,
        dividend=day.next_dividend,
    )


def _mark_of(position: Position, quotes: DayQuotes) -> Money | None:
    structure = position.structure
    stock = quotes.stock(position.symbol) if structure.shares else None
    unit = clean_mark(structure, tuple(quotes.quote(leg.contract) for leg in structure.legs), stock)
    return None if unit is None else unit * position.quantity


def _used(position: Position, quotes: DayQuotes) -> Money:
    """What a position takes of a budget; nothing where no rule can tell."""
    prices = {}
    for leg in position.structure.legs:
        quote = quotes.quote(leg.contract)
        prices[leg.contract] = None if quote is None else quote.mid
    return lots_power(position.lots, from_float(quotes.day.chain.spot), prices) or 0


def _line(order: Order, done: Filled, day: dt.date, terms: Terms) -> BacktestOrder:
    """What is told of an order that was filled."""
    costs = sum(trading_costs(done.trades, terms.costs))
    one = MULTIPLIER if order.structure.legs else 1
    return BacktestOrder(day, _what(order), order.why, order.quantity, done.net_price, done.mid, costs, one)


def _what(order: Order) -> str:
    """What an order does, in words: "open Iron Condor 17 Apr 240/250/270/280"."""
    structure = order.structure
    verb = _VERBS[order.purpose]
    if structure.expiration is None:
        bought = structure.shares * order.side > 0
        return f"{'buy' if bought else 'sell'} shares"
    strikes = "/".join(f"{strike / UNIT:g}" for strike in structure.strikes)
    return f"{verb} {structure.kind.value} {structure.expiration:%d %b %Y} {strikes}"
