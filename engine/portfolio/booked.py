"""What the ledger alone says of a mindfolio and of each module, without a look at the market. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.analytics.payoff import Holding, book_worst_case
from engine.core.money import Money, percent, round_half_up
from engine.domain.account import EXTERNAL
from engine.domain.order import OrderStatus
from engine.domain.position import Position
from engine.domain.units import drawdown_bp
from engine.ledger.book import Book


@dataclass(frozen=True, slots=True, eq=False)
class Booked:
    """One module: `figures` are fields of its ModuleView by name, `opened` counts its trades by month."""

    module_id: str
    positions: tuple[Position, ...]
    figures: Mapping[str, Any]
    opened: Mapping[str, int]
    ids: tuple[str, ...]
    """Of the positions, in their order."""


@dataclass(frozen=True, slots=True, eq=False)
class BookedAll:
    """The mindfolio: `account` are fields of its MindfolioSnapshot by name, `symbols` all that is held, sorted."""

    account: Mapping[str, Any]
    modules: tuple[Booked, ...]
    symbols: tuple[str, ...]


class LedgerFigures:
    """The newest figures of a book that changes by events only: the same until its next event."""

    def __init__(self) -> None:
        self._book: Book | None = None
        self._seq = -1
        self._newest: BookedAll | None = None
        self._losses: dict[str, tuple[tuple[Position, ...], Money | None]] = {}
        self._own: dict[str, tuple[tuple[Position, ...], Money | None]] = {}

    def of(self, book: Book) -> BookedAll:
        """The figures as of the book's last event. Raises ValueError before the mindfolio was created."""
        if book is self._book and book.seq == self._seq and self._newest is not None:
            return self._newest
        held: dict[str, list[Position]] = {}
        for position in book.positions.values():
            if position.module_id != EXTERNAL:
                held.setdefault(position.symbol, []).append(position)
        by_symbol = sorted(held.items())
        made: dict[str, Holding] = {}
        self._losses = {
            symbol: _kept(self._losses.get(symbol), tuple(positions), made) for symbol, positions in by_symbol
        }
        self._own = {owner: _kept(self._own.get(owner), book.positions_of(owner), made) for owner in book.modules}
        self._newest = BookedAll(
            _account(book, {symbol: loss for symbol, (_, loss) in self._losses.items()}),
            tuple(_booked(book, owner, loss) for owner, (_, loss) in self._own.items()),
            tuple(sorted({position.symbol for position in book.positions.values()})),
        )
        self._book, self._seq = book, book.seq
        return self._newest


def _kept(
    kept: tuple[tuple[Position, ...], Money | None] | None, positions: tuple[Position, ...], made: dict[str, Holding]
) -> tuple[tuple[Position, ...], Money | None]:
    """Positions with their worst case, the one from before where they are the same; `made` by position id."""
    if kept is not None and kept[0] == positions:
        return kept
    for position in positions:
        if position.position_id not in made:
            made[position.position_id] = Holding.of(position)
    return positions, total_loss(book_worst_case([made[position.position_id] for position in positions]))


def worst_case_by_symbol(positions: Iterable[Position]) -> dict[str, Money | None]:
    """Netted exact loss at expiry against what was paid or received, per underlying, >= 0; None is unbounded.

    Positions of one underlying and expiration net against each other; different expirations add up, since the price
    at one says nothing certain of the price at the other.
    """
    return dict(sorted(book_worst_case([Holding.of(position) for position in positions]).items()))


def total_loss(by_symbol: Mapping[str, Money | None]) -> Money | None:
    """Their sum; None as soon as one is unbounded."""
    losses = list(by_symbol.values())
    return None if None in losses else sum(loss for loss in losses if loss is not None)


def _account(book: Book, by_symbol: dict[str, Money | None]) -> dict[str, Any]:
    if book.spec is None:
        raise ValueError("there is no mindfolio to aggregate")
    worst, nav, pnl = total_loss(by_symbol), book.nav, book.pnl_total
    return {
        "seq": book.seq,
        "environment": book.environment,
        "name": book.spec.name,
        **_standing(book),
        "pnl_policy": book.spec.pnl_policy,
        "waived": _waived(book),
        "version": book.version,
        "capital": book.capital,
        "reserve": book.reserve,
        "cash": book.cash,
        "nav": nav,
        "pnl": pnl,
        "pnl_pct": percent(pnl, book.capital),
        "day_pnl": book.account_day_pnl,
        "available": book.account_available,
        "worst_case": worst,
        "worst_case_by_symbol": by_symbol,
        "worst_case_pct_of_capital": None if worst is None else percent(worst, book.capital),
        "worst_case_pct_of_nav": None if worst is None or nav <= 0 else percent(worst, nav),
    }


def _booked(book: Book, module_id: str, worst: Money | None) -> Booked:
    module, stats = book.modules[module_id], book.modules[module_id].stats
    used, pnl = book.used(module_id), book.pnl(module_id)
    figures: dict[str, Any] = {
        "spec": module.spec,
        "status": module.status,
        "status_why": module.status_why,
        "budget": module.budget,
        "used": used,
        "held": book.held(module_id),
        "available": book.available(module_id),
        "utilisation_pct": percent(used, module.budget),
        "realised": book.realised(module_id),
        "unsettled": book.unsettled(module_id),
        "unrealised": book.unrealised(module_id),
        "pnl": pnl,
        "pnl_pct": percent(pnl, module.budget),
        "day_pnl": pnl - module.baseline,
        "wins": stats.wins,
        "closed_trades": stats.closed,
        "win_rate": round(stats.wins / stats.closed, 4) if stats.closed else None,
        "average_win": _mean(stats.won, stats.wins),
        "average_loss": _mean(stats.lost, stats.closed - stats.wins),
        "best_trade": stats.best,
        "worst_trade": stats.worst,
        "scans_today": module.scans_today,
        "executed_today": module.executed_today,
        "worst_case": worst,
        "approvals": tuple(
            approval for approval in book.approvals.values() if approval.candidate.module_id == module_id
        ),
        "orders": book.orders_of(module_id),
    }
    positions = book.positions_of(module_id)
    return Booked(
        module_id, positions, figures, dict(stats.opened), tuple(position.position_id for position in positions)
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
