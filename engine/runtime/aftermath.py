"""What became of skips: candidates that were not traded are followed on paper, one contract each.

Once a session, at its close, after everything that could still be ordered: it costs no order any time. A candidate of
the day that the gate denied, a person refused or nobody decided on is opened at the session's last quotes by the fill
model of the backtest, and from then on managed once a session by its module's own rules, expiry and assignment
included, with the same code as the pre-trade backtest. Nothing is kept in memory: what is open stands in the newest
journaled document, and what is new in the scan record, so that a restart changes nothing.
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from engine.backtest.filling import DayQuotes, Terms, filled, order_of
from engine.backtest.managing import Holding, manage, morning, night
from engine.backtest.source import MarketDay
from engine.backtest.spreads import fill
from engine.core.calendar import market_day, previous_session, session_on
from engine.core.money import from_float
from engine.domain import events as ev
from engine.domain.aftermath import FollowedDay, FollowedTrade, SkippedTrade
from engine.domain.candidate import Approval, ApprovalStatus, Candidate, ScanAction, ScanRow
from engine.domain.order import OrderPurpose
from engine.domain.ports import Query
from engine.domain.position import Position
from engine.domain.scan import NO_PAST, ExitCode
from engine.ledger.codec import decode_event
from engine.market.events import EventKind
from engine.market.happenings import next_dividend, outlook
from engine.runtime.desk import RISK_FREE_RATE, Desk

_log = logging.getLogger(__name__)

MOST_FOLLOWED = 400
"""Skipped trades that are followed at a time, all modules together: a bound on a close's work."""

_MOST_ROWS = 20_000
_MOST_APPROVALS = 1_000

Key = tuple[str, str, str]
"""Module, symbol and structure: of each one skipped trade is followed at a time, as a module holds one."""

Looked = tuple[dt.datetime, Candidate, str, bool]
"""When a candidate was found, why it was not traded, and whether it was."""


def follow(desk: Desk, day: dt.date) -> None:
    """At the close of a session: go on with what is followed, take in what was skipped, and journal both."""
    try:
        kept = _after(desk, day)
    except Exception:  # noqa: BLE001 - whatever fails here, nothing that trades depends on it
        _log.exception("what became of skipped trades could not be worked out on %s", day)
        return
    if kept:
        _journal(desk, day, kept)


def _after(desk: Desk, day: dt.date) -> list[FollowedTrade]:
    """All trades that were followed in a session, as they stand at its end."""
    if desk.query is None or (session := session_on(day)) is None:
        return []
    held = [each for each in desk.query.followed() if each.trade.module_id in desk.book.modules]
    new = skipped_since(desk.query, desk.book.modules, session.opens, previous_session(day).closes)
    terms = Terms(desk.book.costs, fill, RISK_FREE_RATE, desk.book.waivers)
    days = {symbol: found for symbol in _symbols(held, new) if (found := _day_of(desk, symbol, day)) is not None}
    kept = [_one_session(desk, each, days.get(each.trade.symbol), terms) for each in held]
    busy = {_key(each.trade) for each in held}
    for trade, candidate in new:
        today = days.get(trade.symbol)
        if today is not None and _key(trade) not in busy and len(kept) < MOST_FOLLOWED:
            kept += _opened(trade, candidate, today, terms)
            busy.add(_key(trade))
    return [each for each in kept if each is not None]


def skipped_since(
    query: Query, module_ids: Iterable[str], scanned: dt.datetime, decided_on: dt.datetime
) -> list[tuple[SkippedTrade, Candidate]]:
    """Candidates for new positions that were not traded: of each module, symbol and structure the first.

    They were scanned since one instant, or decided on since another: an approval may run out after a close. One that
    was traded after all, by a later scan or a person, is none.
    """
    undecided, looked = _approvals(query, decided_on)
    for module_id in module_ids:
        looked += [
            (row.at, row.candidate, _reason(row), row.action is ScanAction.EXECUTED)
            for row in query.scans(module_id, scanned, _MOST_ROWS)
            if row.candidate is not None and row.action is not ScanAction.PENDING
        ]
    found: dict[Key, tuple[SkippedTrade, Candidate]] = {}
    done = {_key(_skipped(candidate, "", scanned)) for candidate in undecided}
    for at, candidate, reason, is_traded in sorted(looked, key=lambda each: each[0]):
        trade = _skipped(candidate, reason, at)
        if candidate.purpose is not OrderPurpose.OPEN or candidate.position_id:
            continue
        if is_traded:
            done.add(_key(trade))
        else:
            found.setdefault(_key(trade), (trade, candidate))
    return [each for key, each in sorted(found.items()) if key not in done]


def _approvals(query: Query, since: dt.datetime) -> tuple[list[Candidate], list[Looked]]:
    """Candidates that still wait for a person, and those that were decided on since an instant, as of their request."""
    requested: dict[str, Approval] = {}
    for entry in query.entries(_MOST_APPROVALS, kind="ApprovalRequested"):
        event = decode_event(entry.type, entry.version, entry.body.encode())
        if isinstance(event, ev.ApprovalRequested):
            requested[event.approval.approval_id] = event.approval
    decided: list[Looked] = []
    for entry in query.entries(_MOST_APPROVALS, kind="ApprovalDecided"):
        event = decode_event(entry.type, entry.version, entry.body.encode())
        if isinstance(event, ev.ApprovalDecided) and event.approval_id in requested:
            approval = requested.pop(event.approval_id)
            if entry.at >= since:
                is_traded = event.status is ApprovalStatus.APPROVED
                decided.append((approval.requested_at, approval.candidate, event.status.value, is_traded))
    return [approval.candidate for approval in requested.values()], decided


def _skipped(candidate: Candidate, reason: str, at: dt.datetime) -> SkippedTrade:
    structure = candidate.structure
    return SkippedTrade(candidate.module_id, structure.symbol, structure.kind.value, reason, market_day(at), 0)


def _reason(row: ScanRow) -> str:
    """The codes that a candidate was denied for; of the evidence, what of it."""
    words = [
        f"{denial.code.value}: {denial.facts['why']}" if denial.facts.get("why") else denial.code.value
        for denial in row.denials
    ]
    return " + ".join(words) or row.reason


def _key(trade: SkippedTrade) -> Key:
    return trade.module_id, trade.symbol, trade.structure


def _symbols(held: Iterable[FollowedTrade], new: Iterable[tuple[SkippedTrade, Candidate]]) -> Iterator[str]:
    yield from sorted({each.trade.symbol for each in held} | {trade.symbol for trade, _ in new})


def _day_of(desk: Desk, symbol: str, day: dt.date) -> MarketDay | None:
    """A symbol's session as it looked at its last quotes; None where it had none that day."""
    chain = desk.market.chain(symbol)
    spot = None if chain is None else from_float(chain.spot)
    if chain is None or spot is None or market_day(chain.at) != day:
        return None
    events, today = desk.events_on(day), day.toordinal()
    after = day + dt.timedelta(days=1)
    paid = next_dividend(events, symbol, day) if _on(events.events(symbol, EventKind.EX_DIVIDEND).day, today) else None
    splits = events.events(symbol, EventKind.SPLIT)
    ratios = splits.value[(splits.day == today) & np.isfinite(splits.value)]
    return MarketDay(
        day=day,
        now=chain.at,
        chain=chain,
        settlement=spot,
        iv_rank=desk.iv_ranks.at((symbol,), desk.market.chains(), desk.now)[symbol],
        outlook=outlook(events, symbol, day),
        past=desk.pasts_on(day).get(symbol, NO_PAST),
        dividend=paid or 0,
        next_dividend=next_dividend(events, symbol, after),
        split=float(ratios[0]) if ratios.size else 1.0,
    )


def _on(days: np.ndarray, today: int) -> bool:
    return bool(np.any(days == today))


def _one_session(desk: Desk, each: FollowedTrade, today: MarketDay | None, terms: Terms) -> FollowedTrade | None:
    """A followed trade after one more session; without quotes it stands as it was. A fault of a program drops it."""
    if today is None:
        return each
    module = desk.book.modules[each.trade.module_id].spec
    code = ExitCode(each.exit_code) if each.exit_code else None
    held = Holding(each.position, each.trade.skipped, each.mark, (), code)
    try:
        held = morning(held, today, terms)
        if held.position.lots:
            held = manage(held, desk.strategy_of(module), module, DayQuotes(today), terms)
        if held.position.lots:
            held = night(held, DayQuotes(today), terms)
    except Exception:  # noqa: BLE001 - whatever a module's program does: nothing that trades depends on it
        _log.exception("a skipped trade of %s cannot be followed any more", each.trade.module_id)
        return None
    return _followed(each.trade, held, today.day)


def _opened(trade: SkippedTrade, candidate: Candidate, today: MarketDay, terms: Terms) -> list[FollowedTrade | None]:
    """One contract of a candidate at the session's last quotes; nothing where they have no price for it."""
    structure, quotes = candidate.structure, DayQuotes(today)
    position_id = f"skipped {trade.module_id} {trade.symbol} {trade.skipped}"
    order = order_of(position_id, trade.module_id, structure, 1, OrderPurpose.OPEN, today.now, trade.reason)
    done = filled(order, quotes, terms.fill)
    if done is None:
        return []
    empty = Position(position_id, trade.module_id, structure, 0, 0, 0, today.now, lineage=position_id)
    held = Holding(empty, today.day).after_order(order, done, quotes, terms)
    return [_followed(trade, night(held, quotes, terms), today.day)]


def _followed(trade: SkippedTrade, held: Holding, day: dt.date) -> FollowedTrade:
    code = "" if held.code is None else held.code.value
    is_over = not held.position.lots
    worth = held.position.net_pnl if is_over else held.worth
    trade = replace(trade, result=worth, ended=day if is_over else None, exit_code=code if is_over else "")
    return FollowedTrade(trade, held.position, held.mark, code)


def _journal(desk: Desk, day: dt.date, kept: list[FollowedTrade]) -> None:
    still = tuple(each for each in kept if each.trade.ended is None)
    ended = tuple(each.trade for each in kept if each.trade.ended is not None)
    result = sum(trade.result for trade in ended)
    desk.record(
        ev.SkipsFollowed(day, len(still), len(ended), result, desk.ledger.keep_evidence(FollowedDay(still, ended)))
    )
