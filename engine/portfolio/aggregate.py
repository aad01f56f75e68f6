"""The aggregated view: (book, chains, market) -> MindfolioSnapshot. Pure."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.analytics.payoff import Holding, book_worst_case
from engine.core.calendar import market_day
from engine.core.money import Money, from_float, percent, round_half_up
from engine.domain.account import EXTERNAL
from engine.domain.budget import available
from engine.domain.chain import Chain
from engine.domain.greeks import Greeks
from engine.domain.order import OrderStatus
from engine.domain.position import Position
from engine.domain.snapshot import MarketView, MindfolioSnapshot, ModuleView, PositionView
from engine.domain.units import drawdown_bp
from engine.ledger.book import Book
from engine.portfolio.valuation import value_positions


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the modules, as the owner's acceptance cases define them."""

    nav: Money
    pnl: Money
    pnl_pct: float | None
    allocated: Money
    allocated_pct: float | None
    used: Money
    used_pct: float | None
    held: Money
    positions: int
    greeks: Greeks
    best_by_dollars: tuple[str, Money] | None
    worst_by_dollars: tuple[str, Money] | None
    best_by_percent: tuple[str, float] | None
    worst_by_percent: tuple[str, float] | None


def totals(capital: Money, modules: Sequence["ModuleFigures"]) -> Totals:
    """Sum module figures. NAV is capital plus the P&L that is not swept or settled; percentages are of capital."""
    pnl = sum(module.pnl for module in modules)
    allocated = sum(module.budget for module in modules)
    used = sum(module.used for module in modules)
    by_dollars = [(module.module_id, module.pnl) for module in modules]
    by_percent = [(module.module_id, module.pnl_pct) for module in modules if module.pnl_pct is not None]
    has_ranking = len({amount for _, amount in by_dollars}) > 1
    has_percent_ranking = len({share for _, share in by_percent}) > 1
    return Totals(
        nav=capital + pnl,
        pnl=pnl,
        pnl_pct=percent(pnl, capital),
        allocated=allocated,
        allocated_pct=percent(allocated, capital),
        used=used,
        used_pct=percent(used, capital),
        held=sum(module.held for module in modules),
        positions=sum(module.positions for module in modules),
        greeks=sum((module.greeks for module in modules), Greeks()).rounded(),
        best_by_dollars=max(by_dollars, key=lambda pair: pair[1]) if has_ranking else None,
        worst_by_dollars=min(by_dollars, key=lambda pair: pair[1]) if has_ranking else None,
        best_by_percent=max(by_percent, key=lambda pair: pair[1]) if has_percent_ranking else None,
        worst_by_percent=min(by_percent, key=lambda pair: pair[1]) if has_percent_ranking else None,
    )


@dataclass(frozen=True, slots=True)
class ModuleFigures:
    """What `totals` needs of one module. `pnl_pct` is of its budget, None for a budget of zero."""

    module_id: str
    budget: Money
    used: Money
    held: Money
    positions: int
    pnl: Money
    pnl_pct: float | None
    greeks: Greeks


def aggregate(book: Book, chains: Mapping[str, Chain], market: MarketView, rate: float) -> MindfolioSnapshot:
    """The snapshot of a book at `market.now`. The mindfolio must have been created."""
    if book.spec is None:
        raise ValueError("there is no mindfolio to aggregate")
    views = value_positions(book, chains, market.now, rate)
    modules = tuple(_module(book, module_id, views, market.now) for module_id in book.modules)
    sums = totals(book.capital, [_figures(module) for module in modules])
    by_symbol = worst_case_by_symbol(held for held in book.positions.values() if held.module_id != EXTERNAL)
    worst = _total_loss(by_symbol)
    return MindfolioSnapshot(
        seq=book.seq,
        environment=book.environment,
        name=book.spec.name,
        **_standing(book),
        pnl_policy=book.spec.pnl_policy,
        waived=_waived(book),
        market=market,
        version=book.version,
        capital=book.capital,
        reserve=book.reserve,
        cash=book.cash,
        nav=book.nav,
        liquidation=_liquidation(book, views.values()),
        pnl=book.pnl_total,
        pnl_pct=percent(book.pnl_total, book.capital),
        day_pnl=sum(module.day_pnl for module in modules),
        allocated=sums.allocated,
        allocated_pct=sums.allocated_pct,
        used=sums.used,
        used_pct=sums.used_pct,
        held=sums.held,
        available=available(
            book.spec.pnl_policy,
            book.capital,
            sums.used,
            sums.held,
            sum(book.unsettled(module_id) for module_id in book.module_ids),
            sum(book.excess_loss(module_id) for module_id in book.modules),
        ),
        positions=sums.positions,
        greeks=sums.greeks,
        dollar_delta=_dollar_delta(views.values(), chains),
        worst_case=worst,
        worst_case_by_symbol=by_symbol,
        worst_case_pct_of_capital=None if worst is None else percent(worst, book.capital),
        worst_case_pct_of_nav=None if worst is None else percent(worst, book.nav),
        best_by_dollars=sums.best_by_dollars,
        worst_by_dollars=sums.worst_by_dollars,
        best_by_percent=sums.best_by_percent,
        worst_by_percent=sums.worst_by_percent,
        modules=modules,
    )


def worst_case_by_symbol(positions: Iterable[Position]) -> dict[str, Money | None]:
    """Netted exact loss at expiry against what was paid or received, per underlying, >= 0; None is unbounded.

    Positions of one underlying and expiration net against each other; different expirations add up, since the price
    at one says nothing certain of the price at the other.
    """
    return dict(sorted(book_worst_case([_holding(position) for position in positions]).items()))


def _total_loss(by_symbol: Mapping[str, Money | None]) -> Money | None:
    losses = list(by_symbol.values())
    return None if None in losses else sum(loss for loss in losses if loss is not None)


def _holding(position: Position) -> Holding:
    held = position.structure
    contracts = tuple((leg.contract, leg.ratio * position.quantity) for leg in held.legs)
    return Holding(contracts, -position.cost, position.shares, held.symbol)


def _module(book: Book, module_id: str, views: Mapping[str, PositionView], now: dt.datetime) -> ModuleView:
    module = book.modules[module_id]
    held = tuple(views[position.position_id] for position in book.positions_of(module_id))
    used, pnl = book.used(module_id), book.pnl(module_id)
    stats = module.stats
    losers = stats.closed - stats.wins
    greeks = [view.greeks for view in held if view.greeks is not None]
    return ModuleView(
        spec=module.spec,
        status=module.status,
        status_why=module.status_why,
        budget=module.budget,
        used=used,
        held=book.held(module_id),
        available=book.available(module_id),
        utilisation_pct=percent(used, module.budget),
        realised=book.realised(module_id),
        unrealised=book.unrealised(module_id),
        pnl=pnl,
        pnl_pct=percent(pnl, module.budget),
        day_pnl=book.day_pnl(module_id),
        open_positions=held,
        greeks=sum(greeks, Greeks()).rounded(),
        greeks_missing=len(held) - len(greeks),
        wins=stats.wins,
        closed_trades=stats.closed,
        win_rate=round(stats.wins / stats.closed, 4) if stats.closed else None,
        average_win=_mean(stats.won, stats.wins),
        average_loss=_mean(stats.lost, losers),
        best_trade=stats.best,
        worst_trade=stats.worst,
        trades_this_month=stats.opened.get(f"{market_day(now):%Y-%m}", 0),
        scans_today=module.scans_today,
        executed_today=module.executed_today,
        worst_case=_total_loss(worst_case_by_symbol(book.positions_of(module_id))),
        approvals=tuple(approval for approval in book.approvals.values() if approval.candidate.module_id == module_id),
        orders=book.orders_of(module_id),
    )


def _figures(module: ModuleView) -> ModuleFigures:
    return ModuleFigures(
        module.spec.module_id,
        module.budget,
        module.used,
        module.held,
        len(module.open_positions),
        module.pnl,
        module.pnl_pct,
        module.greeks,
    )


def _mean(amount: Money, count: int) -> Money | None:
    return round_half_up(Decimal(amount) / count) if count else None


def _standing(book: Book) -> dict[str, Any]:
    """What is stopped, paused or in doubt."""
    orders = list(book.orders.values())
    return {
        "status": book.status,
        "stop_why": book.stop_why,
        "stopped_at": book.stopped_at,
        "breaker": book.breaker,
        "status_why": book.status_why,
        "drawdown_pct": _drawdown_pct(book),
        "cancels_unconfirmed": sum(1 for order in orders if order.status is OrderStatus.CANCEL_PENDING),
        "orders_unknown": sum(1 for order in orders if order.status is OrderStatus.UNKNOWN),
        "differences": tuple(book.differences.values()),
        "closing": book.closing,
        "closing_by": book.closing_by,
    }


def _drawdown_pct(book: Book) -> float | None:
    """From the reference's value of a unit down to that of now, in percent to two decimals, rounded down."""
    fallen = drawdown_bp(book.nav, book.units, book.reference.nav, book.reference.units)
    return None if fallen is None else fallen / 100


def _waived(book: Book) -> tuple[str, ...]:
    waived = {
        "evidence": book.waivers.evidence,
        "iv_rank": book.waivers.iv_rank,
        "events": book.waivers.events,
    }
    return tuple(name for name, is_waived in waived.items() if is_waived)


def _liquidation(book: Book, views: Iterable[PositionView]) -> Money | None:
    """Cash after closing everything at natural; None while some position cannot be priced that way."""
    costs = [view.closing_cost for view in views]
    known = [cost for cost in costs if cost is not None]
    return book.cash - sum(known) if len(known) == len(costs) else None


def _dollar_delta(views: Iterable[PositionView], chains: Mapping[str, Chain]) -> Money:
    """Delta times spot, summed: shares of different names do not add, their dollars do."""
    exposure = sum(
        view.greeks.delta * chains[view.position.structure.symbol].spot for view in views if view.greeks is not None
    )
    return from_float(exposure) or 0
