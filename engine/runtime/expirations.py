"""The expiration desk: what is open, when it ends, what an assignment takes, and what the rules do about it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from engine.core.calendar import days_to_expiry, market_day
from engine.core.expiries import last_session
from engine.core.money import Money, from_float, percent
from engine.domain.expiration import Ending, OpenExpiry
from engine.domain.happening import Happening, HappeningKind
from engine.domain.mindfolio import MindfolioStatus, ModuleKind
from engine.domain.ports import Strategy
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import Action, Exit, Hedge, ManageContext, Trade, Warn
from engine.modules.house_rules import assignment_need, decide, house_actions, last_day_need
from engine.runtime.desk import Desk
from engine.runtime.managing import context_of

_FALLBACK = {
    PositionStatus.AWAITING: Ending.WAITS,
    PositionStatus.CLOSING: Ending.IS_WORKED,
}


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A position and what its rules look at. `settled` says what comes of it without asking them, None: ask."""

    position: Position
    context: ManageContext
    strategy: Strategy | None
    settled: Ending | None


def open_expiries(desk: Desk) -> Callable[[], tuple[OpenExpiry, ...]]:
    """The work that is left once the kernel's thread has taken hold of what the rules look at."""
    book = desk.book
    is_stopped = book.status is MindfolioStatus.STOPPED or desk.latch.is_set or bool(desk.halted)
    means: dict[str, Money] = {}
    asked: list[_Asked] = []
    for position in book.positions.values():
        module = book.modules.get(position.module_id)
        if position.structure.expiration is None or module is None:
            continue
        spec = module.spec
        # What a user's program wants is told by its scans: it is asked by nobody else.
        strategy = None if spec.kind is ModuleKind.USER else desk.strategy_of(spec)
        settled = _FALLBACK.get(position.status) or (Ending.STOPPED if is_stopped else None)
        if spec.module_id not in means:
            means[spec.module_id] = desk.means_of(spec.module_id)
        context = context_of(desk, spec, position, means=means[spec.module_id])
        asked.append(_Asked(position, context, strategy, settled))
    return partial(_rows, tuple(asked))


def _rows(asked: tuple[_Asked, ...]) -> tuple[OpenExpiry, ...]:
    rows: list[OpenExpiry] = []
    spoken_for: dict[str, Money] = {}
    for each in asked:
        # Of several that end together each may count on the same money: as in managing, what one takes is kept back.
        module_id, context = each.position.module_id, each.context
        kept_back = spoken_for.get(module_id, 0)
        row = _row(replace(each, context=replace(context, available=context.available - kept_back)))
        if row.ending is not Ending.CLOSES:
            spoken_for[module_id] = kept_back + last_day_need(each.position, row.spot, context.now)
        rows.append(row)
    return tuple(sorted(rows, key=lambda row: (row.expires, row.structure.symbol, row.position_id)))


def _row(asked: _Asked) -> OpenExpiry:
    position, context = asked.position, asked.context
    legs = position.structure.legs
    expires = min(leg.contract.expiration for leg in legs)
    spot = None if context.chain is None else from_float(context.chain.spot)
    shorts = [leg.contract for leg in legs if leg.ratio < 0]
    nearest = None if spot is None else min(shorts, key=lambda each: abs(each.strike - spot), default=None)
    distance = None if nearest is None or spot is None else -nearest.inside(spot)
    inside = () if spot is None else tuple(
        leg.contract for leg in legs if leg.contract.expiration == expires and leg.contract.inside(spot) > 0
    )  # fmt: skip
    need = assignment_need(position, spot)
    means = position.used + max(0, context.available)
    ending, why = _ending(asked, None if need is None else need[0], means)
    ex_day, is_ex_known = _next_ex_day(context, expires)
    return OpenExpiry(
        position_id=position.position_id,
        module_id=position.module_id,
        structure=position.structure,
        quantity=position.quantity,
        expires=expires,
        ends=last_session(expires).day,
        days=days_to_expiry(context.now, expires),
        is_last_day=last_session(expires).day == market_day(context.now),
        spot=spot,
        nearest=nearest,
        distance=distance,
        distance_pct=None if distance is None or not spot else percent(distance, spot),
        inside=inside,
        cash=None if need is None else need[0],
        shares=0 if need is None else need[1],
        means=means,
        ex_day=ex_day,
        dividend=context.dividend if ex_day is not None else None,
        is_ex_known=is_ex_known,
        ending=ending,
        why=why,
    )


def _next_ex_day(context: ManageContext, expires: dt.date) -> tuple[dt.date | None, bool]:
    """The first ex-dividend day from tomorrow to an expiration, and whether none before it is missing."""
    today, outlook = market_day(context.now), context.outlook
    coming: list[Happening] = [
        each
        for each in outlook.happenings
        if each.kind is HappeningKind.EX_DIVIDEND and today < each.day <= expires and not each.is_expected
    ]
    first = min((each.day for each in coming), default=None)
    end = outlook.complete_to
    return first, end is not None and end >= (first or expires)


def _ending(asked: _Asked, need: Money | None, means: Money) -> tuple[Ending, str]:
    if asked.settled is not None:
        return asked.settled, ""
    wanted = next(map(_wanted, _actions(asked)), None)
    if wanted is not None:
        return wanted
    if not asked.context.module.house_rules:
        return Ending.BY_HAND, ""
    return (Ending.CLOSES_LATER if need is not None and need > means else Ending.IS_KEPT), ""


def _wanted(action: Action) -> tuple[Ending, str]:
    match action:
        case Exit():
            return Ending.CLOSES, action.why
        case Trade():
            return Ending.TRADES, "; ".join(action.candidate.reasons)
        case Hedge():
            return Ending.HEDGES, action.why
        case Warn():
            return Ending.WARNS, action.text


def _actions(asked: _Asked) -> tuple[Action, ...]:
    """What the rules want now. A module whose rule fails is paused when the kernel asks it: here it says nothing."""
    if asked.strategy is None:
        return house_actions(asked.position, asked.context) if asked.context.module.house_rules else ()
    try:
        return decide(asked.strategy, asked.position, asked.context)
    except Exception:  # noqa: BLE001 - see above
        return ()
