"""Performance: what account, modules, structures and symbols earned, from rows of the ledger and the book. Pure."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.core.calendar import NEW_YORK, market_day, session_day
from engine.core.money import UNIT, Money, round_half_up, to_float
from engine.domain.account import EXTERNAL
from engine.domain.performance import (
    Performance,
    PerformanceHistory,
    PerformanceRow,
    PeriodPnl,
    PowerFigures,
    TradeFigures,
)
from engine.domain.ports import HistoryQuery
from engine.domain.position import Position, PositionStatus
from engine.domain.records import ACCOUNT, CloseRow, FlowRow, OpeningRow, PowerRow
from engine.ledger.book_state import BookState
from engine.ledger.fold_history import close_row, result_of
from engine.ledger.fold_positions import lineage_of
from engine.portfolio.returns import returns_of, unit_path

_MICROSECOND = dt.timedelta(microseconds=1)
_DOLLAR_DAY = UNIT * (dt.timedelta(days=1) // _MICROSECOND)

Starts = tuple[CloseRow | None, CloseRow | None, CloseRow | None]
"""The closes that day, week and month are measured from, of the mindfolio; None: from the beginning."""


@dataclass(frozen=True, slots=True)
class _Trade:
    """A lineage: where it belongs, what it made so far, whether it has ended."""

    module_id: str
    symbol: str
    structure: str
    net: Money
    is_open: bool


@dataclass(frozen=True, slots=True)
class _Earned:
    """What one position made, by period; a position belongs where its lineage was opened."""

    symbol: str
    structure: str
    pnl: PeriodPnl


def read_history(query: HistoryQuery, now: dt.datetime) -> PerformanceHistory:
    """All that `performance` needs of the ledger. Raises LedgerFault when it cannot be read."""
    closes = query.closes()
    starts = [row for row in period_starts(closes, now) if row is not None]
    return PerformanceHistory(
        closes=closes,
        flows=query.flows(),
        openings=query.openings(),
        power=query.power(),
        ended=query.ended(),
        results={row.day: query.results_at(row.day) for row in starts},
    )


def period_starts(closes: Iterable[CloseRow], now: dt.datetime) -> Starts:
    """The last close before the day, the week (from Monday) and the month of `now` began (see `session_day`)."""
    today = session_day(now)
    account = [row for row in closes if row.module_id == ACCOUNT]
    day, week, month = (
        next((row for row in reversed(account) if row.day < first), None)
        for first in (today, today - dt.timedelta(days=today.weekday()), today.replace(day=1))
    )
    return day, week, month


def performance(history: PerformanceHistory, book: BookState, now: dt.datetime, rate: float) -> Performance:
    """Everything at `now`, at the book's marks; `rate` is the risk-free one, of a year.

    A module's returns are on its budget and the P&L in it that was neither swept nor settled. The history may be newer
    than the book, never older.
    """
    history = _as_of(history, book, now)
    starts = period_starts(history.closes, now)
    trades, earned = _trades(history, book), _earned(history, book, starts)
    worked = _power_used(history.power, now)
    opened = _opened_this_month(history.openings, now)
    kept = _Kept(history, book, now, rate, starts, trades, worked, opened)
    account = kept.row(ACCOUNT, book.spec.name if book.spec is not None else "", trades)
    modules = tuple(
        kept.row(module_id, _name(book, module_id), [trade for trade in trades if trade.module_id == module_id])
        for module_id in book.module_ids
    )
    structures = kept.parts(earned, lambda each: each.structure)
    symbols = kept.parts(earned, lambda each: each.symbol)
    own = [each.pnl for each in earned.values()]
    return Performance(now, account, modules, structures, symbols, _less(account.pnl, own))


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the lines have in common."""

    history: PerformanceHistory
    book: BookState
    now: dt.datetime
    rate: float
    starts: Starts
    trades: Sequence[_Trade]
    worked: Mapping[tuple[str, str], int]
    opened: Sequence[OpeningRow]

    def row(self, module_id: str, name: str, trades: Sequence[_Trade]) -> PerformanceRow:
        """The line of a module, or of the account."""
        closes = [row for row in self.history.closes if row.module_id == module_id]
        flows = [row for row in self.history.flows if row.module_id == module_id]
        last = close_row(self.book, self.book.seq + 1, self.now, market_day(self.now), module_id)
        pnl = _pnl_of(closes, flows, last, self.starts)
        worked = sum(amount for (_, holder), amount in self.worked.items() if module_id in (holder, ACCOUNT))
        opened = [row for row in self.opened if module_id in (row.module_id, ACCOUNT)]
        returns = returns_of(unit_path(closes, flows, last), flows, last, self.rate)
        return PerformanceRow(module_id, name, pnl, trade_figures(trades, len(opened)), _power(pnl, worked), returns)

    def parts(
        self, earned: Mapping[str, _Earned], key: "Callable[[_Earned | _Trade], str]"
    ) -> tuple[PerformanceRow, ...]:
        """The lines of structures, or of symbols, by name."""
        pnl: dict[str, list[PeriodPnl]] = defaultdict(list)
        worked: dict[str, int] = defaultdict(int)
        trades: dict[str, list[_Trade]] = defaultdict(list)
        opened: dict[str, int] = defaultdict(int)
        for each in earned.values():
            pnl[key(each)].append(each.pnl)
        for (position_id, _), amount in self.worked.items():
            if position_id in earned:
                worked[key(earned[position_id])] += amount
        for trade in self.trades:
            trades[key(trade)].append(trade)
        for row in self.opened:
            opened[key(_Earned(row.symbol, row.kind.value, PeriodPnl()))] += 1
        return tuple(
            PerformanceRow(
                name, name, (total := _sum(pnl[name])), trade_figures(trades[name], opened[name]),
                _power(total, worked[name]),
            )
            for name in sorted({*pnl, *trades})
        )  # fmt: skip


def _opened_this_month(openings: Iterable[OpeningRow], now: dt.datetime) -> tuple[OpeningRow, ...]:
    """Lineages that began in the month of now; EXTERNAL ones left out."""
    first = dt.datetime.combine(session_day(now).replace(day=1), dt.time(), NEW_YORK)
    return tuple(row for row in openings if row.at >= first and row.module_id != EXTERNAL)


def _as_of(history: PerformanceHistory, book: BookState, now: dt.datetime) -> PerformanceHistory:
    """Without what somebody wrote after the book was read, and without trades that the broker broke."""
    broken = {held.position_id for held in history.ended if held.status is PositionStatus.BROKEN}
    return replace(
        history,
        closes=tuple(row for row in history.closes if row.seq <= book.seq),
        flows=tuple(row for row in history.flows if row.seq <= book.seq),
        openings=tuple(row for row in history.openings if row.seq <= book.seq and row.lineage not in broken),
        power=tuple(row for row in history.power if row.seq <= book.seq),
        ended=tuple(
            held
            for held in history.ended
            if held.position_id not in book.positions
            and held.position_id not in broken
            and (held.closed_at is None or held.closed_at <= now)
        ),
    )


# --- P&L by period ---------------------------------------------------------------------------------------------------
def _pnl_of(closes: Sequence[CloseRow], flows: Sequence[FlowRow], last: CloseRow, starts: Starts) -> PeriodPnl:
    """What a value grew by without what flowed into it, since each start and since the beginning."""
    by_seq = {row.seq: row.value for row in closes}

    def since(start: CloseRow | None) -> Money:
        after = 0 if start is None else start.seq
        return last.value - by_seq.get(after, 0) - sum(flow.amount for flow in flows if flow.seq > after)

    day, week, month = (since(start) for start in starts)
    return PeriodPnl(day, week, month, since(None))


def _earned(history: PerformanceHistory, book: BookState, starts: Starts) -> dict[str, _Earned]:
    """P&L of each position of ours that is or was, by period."""
    kinds = _kinds(history, book)
    found: dict[str, _Earned] = {}
    for position, pnl in (
        *((position, position.net_pnl) for position in history.ended),
        *((position, result_of(book, position)) for position in book.positions.values()),
    ):
        if position.module_id != EXTERNAL:
            day, week, month = (pnl - _earned_before(history, position, pnl, start) for start in starts)
            kind = kinds[lineage_of(position)]
            found[position.position_id] = _Earned(position.symbol, kind, PeriodPnl(day, week, month, pnl))
    return found


def _earned_before(history: PerformanceHistory, position: Position, pnl: Money, start: CloseRow | None) -> Money:
    if start is None:
        return 0
    has_ended = position.closed_at is not None and position.closed_at <= start.at
    return history.results.get(start.day, {}).get(position.position_id, pnl if has_ended else 0)


def _kinds(history: PerformanceHistory, book: BookState) -> dict[str, str]:
    """What each lineage was opened as; what was there before anybody kept that, as it is or ended."""
    known = {row.lineage: row.kind.value for row in history.openings}
    for position in (*history.ended, *book.positions.values()):
        known.setdefault(lineage_of(position), position.structure.kind.value)
    return known


def _sum(parts: Iterable[PeriodPnl]) -> PeriodPnl:
    found = list(parts)
    return PeriodPnl(
        sum(each.day for each in found), sum(each.week for each in found), sum(each.month for each in found),
        sum(each.total for each in found),
    )  # fmt: skip


def _less(whole: PeriodPnl, parts: Iterable[PeriodPnl]) -> PeriodPnl:
    own = _sum(parts)
    return PeriodPnl(
        whole.day - own.day, whole.week - own.week, whole.month - own.month, whole.total - own.total
    )  # fmt: skip


# --- trades ----------------------------------------------------------------------------------------------------------
def trade_figures(trades: Iterable[_Trade], opened_this_month: int) -> TradeFigures:
    """Figures of lineages: each counts once, however many legs, parts and rolls it had; zero is no win."""
    found = list(trades)
    ended = [trade.net for trade in found if not trade.is_open]
    going = [trade.net for trade in found if trade.is_open]
    won, lost = [net for net in ended if net > 0], [net for net in ended if net <= 0]
    winners = len(won) + sum(1 for net in going if net > 0)
    return TradeFigures(
        closed=len(ended),
        wins=len(won),
        win_rate=len(won) / len(ended) if ended else None,
        average_win=_mean(won),
        average_loss=_mean(lost),
        best=max(ended, default=None),
        worst=min(ended, default=None),
        profit_factor=sum(won) / -sum(lost) if sum(lost) < 0 else None,
        expectancy=_mean(ended),
        open=len(going),
        open_winners=winners - len(won),
        open_result=sum(going),
        win_rate_if_closed_now=winners / len(found) if found else None,
        expectancy_if_closed_now=_mean([*ended, *going]),
        opened_this_month=opened_this_month,
    )


def _trades(history: PerformanceHistory, book: BookState) -> list[_Trade]:
    """Lineages of ours, what of them ended and what is open together; who holds, or ended, the last has them."""
    kinds = _kinds(history, book)
    net: dict[str, Money] = defaultdict(int)
    last: dict[str, Position] = {}
    for position in history.ended:
        net[lineage_of(position)] += position.net_pnl
        last[lineage_of(position)] = position
    for position in book.positions.values():
        net[lineage_of(position)] += result_of(book, position)
        last[lineage_of(position)] = position
    return [
        _Trade(held.module_id, held.symbol, kinds[lineage], net[lineage], is_open=held.closed_at is None)
        for lineage, held in last.items()
        if held.module_id != EXTERNAL
    ]


def _mean(amounts: Sequence[Money]) -> Money | None:
    return round_half_up(Decimal(sum(amounts)) / len(amounts)) if amounts else None


# --- buying power ----------------------------------------------------------------------------------------------------
def _power_used(rows: Iterable[PowerRow], now: dt.datetime) -> dict[tuple[str, str], int]:
    """Used buying power times microseconds, exact, by position and module that held it; EXTERNAL left out."""
    worked: dict[tuple[str, str], int] = defaultdict(int)
    running: dict[str, PowerRow] = {}
    for row in rows:
        _add_power(worked, running.get(row.position_id), row.at)
        running[row.position_id] = row
    for row in running.values():
        _add_power(worked, row, now)
    return worked


def _add_power(worked: dict[tuple[str, str], int], row: PowerRow | None, until: dt.datetime) -> None:
    if row is not None and row.used and row.module_id != EXTERNAL:
        worked[row.position_id, row.module_id] += row.used * ((until - row.at) // _MICROSECOND)


def _power(pnl: PeriodPnl, worked: int) -> PowerFigures:
    dollar_days = worked / _DOLLAR_DAY
    per_day = to_float(pnl.total) / dollar_days if worked else None
    return PowerFigures(dollar_days, per_day, None if per_day is None else per_day * 365)


def _name(book: BookState, module_id: str) -> str:
    module = book.modules.get(module_id)
    return module_id if module is None else module.spec.name
