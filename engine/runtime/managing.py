"""What modules do about their open positions: exits, rolls, what is sold on top of them, hedges, and warnings.

Of what a module answers the first that can be ordered is. All of it goes on while a module is paused, and none of it
while the mindfolio is stopped. Rolls and additions of a module without autotrade wait for a person; exits and hedges
wait for nobody.
"""

import datetime as dt

from engine.core.calendar import days_to_expiry, market_day, session_at
from engine.core.errors import DenialCode, Fact
from engine.core.money import Money
from engine.domain.denial import Denial
from engine.domain.mindfolio import MindfolioStatus, ModuleKind, ModuleSpec, ModuleStatus
from engine.domain.order import OrderPurpose
from engine.domain.package import structure_quote, to_tick
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import NO_PAST, Action, Exit, Hedge, ManageContext, Trade, Warn
from engine.domain.structure import Structure, StructureKind, shares_of
from engine.domain.structure_shapes import recognise
from engine.ledger.codec import is_exact
from engine.market.happenings import next_dividend, outlook
from engine.modules.house_rules import decide, last_day_need
from engine.runtime.closings import Closing, closable, close, close_position
from engine.runtime.desk import RISK_FREE_RATE, Desk
from engine.runtime.netting import room
from engine.runtime.openings import Ticket, is_tradable, ticket_candidate, try_open
from engine.runtime.orders import request_cancel
from engine.runtime.pausing import set_module_status
from engine.runtime.positions import record_marks
from engine.runtime.scanning import SCAN_INTERVAL, ask_a_person, carry_out

_MANAGED = frozenset({PositionStatus.MONITORING, PositionStatus.ASSIGNED, PositionStatus.CLOSING})

STUCK_FOR = dt.timedelta(minutes=15)
"""How long an exit is due and cannot be priced before the user hears of it: quotes fail for minutes every day."""


def manage_positions(desk: Desk, only: ModuleKind | None = None) -> None:
    """Ask each module, or those of one kind, about each of its positions, and do what it wants done."""
    if desk.book.status is MindfolioStatus.STOPPED or desk.latch.is_set or desk.halted:
        return
    spoken_for: dict[str, Money] = {}
    for position in list(desk.book.positions.values()):
        is_managed = position.status in _MANAGED and position.module_id in desk.book.modules
        if not is_managed or _has_live_order(desk, position) or _was_rejected(desk, position):
            continue
        module = desk.book.modules[position.module_id].spec
        if only not in (None, module.kind):
            continue
        kept_back = spoken_for.get(position.module_id, 0)
        actions = _decision(desk, module, position, context_of(desk, module, position, kept_back))
        if not any(isinstance(action, Exit) for action in actions):
            desk.stuck.pop(position.position_id, None)
            need = last_day_need(position, desk.market.spot(position.symbol), desk.now)
            spoken_for[position.module_id] = kept_back + need
        for action in actions:
            if _do(desk, module, position, action):
                break


def _was_rejected(desk: Desk, position: Position) -> bool:
    """Whether the broker has just rejected its closing: to order it again at once would be no better."""
    return desk.now < desk.rejected.get(position.position_id, (0, desk.now))[1]


def context_of(
    desk: Desk, module: ModuleSpec, position: Position, kept_back: Money = 0, means: Money | None = None
) -> ManageContext:
    """What a module may know about one of its positions now; `kept_back` is for others of it that end today.

    `means` is `desk.means_of` the module, for a caller that has worked it out already.
    """
    legs, symbol, today = position.structure.legs, position.symbol, market_day(desk.now)
    expiration = position.structure.expiration
    return ManageContext(
        now=desk.now,
        module=module,
        quotes=dict(zip(legs, desk.fresh_quotes_of(legs), strict=True)),
        dte=None if expiration is None else days_to_expiry(desk.now, expiration),
        mark=desk.mark_of(position),
        chain=desk.market.chain(symbol),
        available=(desk.means_of(module.module_id) if means is None else means) - kept_back,
        costs=desk.book.costs,
        rate=RISK_FREE_RATE,
        outlook=outlook(desk.events_on(today), symbol, today),
        dividend=next_dividend(desk.events_on(today), symbol, today + dt.timedelta(days=1)),
        past=desk.pasts_on(today).get(symbol, NO_PAST),
        hedged_at=desk.hedged_at.get(position.position_id),
        own_exits=desk.book.own_exits.get(position.position_id),
    )


def _do(desk: Desk, module: ModuleSpec, position: Position, action: Action) -> bool:
    """Order one thing; False when it cannot be ordered now, and the next may be."""
    match action:
        case Warn():
            _warn(desk, position, action)
            return False
        case Exit():
            return _exit(desk, position, action)
        case Hedge():
            return _hedge(desk, module, position, action)
        case Trade():
            return _trade(desk, module, position, action)


def _warn(desk: Desk, position: Position, warning: Warn) -> None:
    told = f"{warning.about} of {position.position_id}"
    if told not in desk.told_today:
        desk.told_today.add(told)
        desk.alert(position.module_id, warning.text, is_urgent=True)


def _exit(desk: Desk, position: Position, decision: Exit) -> bool:
    if _makes_way(desk, position, decision.why):
        return True
    if not _closed(desk, position, decision):
        if closable(desk, position, position.quantity, decision.why):
            _tell_stuck(desk, position, decision.why)
        return False  # what is left are long options that nobody bids for: they expire
    desk.stuck.pop(position.position_id, None)
    if desk.book.marked_at[position.position_id] != desk.now:
        record_marks(desk)  # the marks that were acted on belong in the journal
    return True


def _closed(desk: Desk, position: Position, decision: Exit) -> bool:
    if not decision.legs:
        return close_position(desk, position, decision.why)
    kind = recognise(decision.legs) or StructureKind.CUSTOM
    return not close(desk, position, Closing(Structure(kind, decision.legs), position.quantity, decision.why))


def _trade(desk: Desk, module: ModuleSpec, position: Position, action: Trade) -> bool:
    """A roll, or an addition; what is refused is said once a session, and tried again at the next scan at the soonest.

    A gate that looked again at every quote would refuse the same for the same reasons.
    """
    candidate = action.candidate
    is_ours = candidate.module_id == module.module_id and candidate.position_id == position.position_id
    is_sound = is_exact(candidate) and candidate.quantity > 0 and is_tradable(candidate.structure, candidate.quantity)
    if not (is_ours and is_sound):
        _fault(desk, module, f"its rule about {position.position_id} answered with a trade that nobody could send")
        return False
    key = position.position_id, candidate.purpose
    if key in desk.refused_at and desk.now - desk.refused_at[key] < SCAN_INTERVAL:
        return False
    asked = f"{candidate.purpose} in {position.position_id}"
    if module.autotrade and not candidate.needs_person:
        denials = carry_out(desk, candidate, is_managing=True)
    elif f"asked for {asked}" in desk.told_today:
        return False  # a person has not answered, or has refused: once a session is enough
    else:
        denials = ask_a_person(desk, candidate, is_managing=True)
        if not denials:
            desk.told_today.add(f"asked for {asked}")
    if denials:
        desk.refused_at[key] = desk.now
    if denials and asked not in desk.told_today:
        desk.told_today.add(asked)
        codes = ", ".join(denial.code.value for denial in denials)
        what = f"{position.quantity} x {position.structure.words}"
        verb = "roll" if candidate.purpose is OrderPurpose.ROLL else "add to"
        why = "; ".join(candidate.reasons)
        desk.alert(module.module_id, f"could not {verb} {what} ({why}): {codes}")
    return not denials


def _hedge(desk: Desk, module: ModuleSpec, position: Position, hedge: Hedge) -> bool:
    """Trade shares against a position's delta: what is held comes off first, the rest at the next look.

    What is added passes the gate; what is refused is said once a session. After hours nothing is tried.
    """
    wanted = hedge.shares
    if wanted == 0 or session_at(desk.now) is None:
        return False
    one = shares_of(position.symbol, is_long=wanted > 0)
    if not is_tradable(one, wanted):
        _fault(desk, module, f"its rule about {position.position_id} answered with a hedge that nobody could send")
        return False
    is_less = position.shares * wanted < 0
    denials = _less_hedge(desk, position, hedge) if is_less else _more_hedge(desk, position, one, hedge)
    if denials:
        codes = ", ".join(denial.code.value for denial in denials)
        text = f"{wanted:+,d} {position.symbol} should hedge {position.position_id} ({hedge.why}) and cannot: {codes}"
        _warn(desk, position, Warn(position.position_id, "hedge", text))
        return False
    desk.hedged_at[position.position_id] = desk.now
    return True


def _less_hedge(desk: Desk, position: Position, hedge: Hedge) -> tuple[Denial, ...]:
    off = shares_of(position.symbol, is_long=position.shares > 0)
    return close(desk, position, Closing(off, min(abs(position.shares), abs(hedge.shares)), hedge.why))


def _more_hedge(desk: Desk, position: Position, one: Structure, hedge: Hedge) -> tuple[Denial, ...]:
    quote = structure_quote(one, desk.part_quotes(one), OrderPurpose.OPEN)
    if quote is None:
        facts: dict[str, Fact] = {"position": position.position_id, "why": "no price to hedge at"}
        return (Denial(DenialCode.DATA_BAD, facts=facts),)
    first = to_tick(quote.mid, one)
    worst: Money = max(first, to_tick(quote.natural, one))
    # What other modules own of the shares is in the same account: what goes beyond it follows at the next look.
    units = room(desk, one, 1, abs(hedge.shares))
    candidate = ticket_candidate(desk, position.module_id, one, units, first, worst, hedge.why)
    return try_open(desk, candidate, Ticket(OrderPurpose.OPEN, position.position_id, is_managing=True))


def _tell_stuck(desk: Desk, position: Position, why: str) -> None:
    """Say, once a session, that an exit has been due for a while and cannot be ordered."""
    if session_at(desk.now) is None:
        return
    since = desk.stuck.setdefault(position.position_id, desk.now)
    told = f"exit of {position.position_id}"
    if desk.now - since < STUCK_FOR or told in desk.told_today:
        return
    desk.told_today.add(told)
    trade = f"{position.quantity} x {position.structure.words}"
    because = "its contracts have no quotes that anybody may trade on; close it by hand if you can"
    desk.alert(position.module_id, f"{trade} should be closed ({why}) and cannot be: {because}", is_urgent=True)


def _decision(desk: Desk, module: ModuleSpec, position: Position, context: ManageContext) -> tuple[Action, ...]:
    """What a module says of its position. One that fails is paused alone; its positions are then a person's matter."""
    try:
        actions = decide(desk.strategy_of(module), position, context)
        answers: tuple[object, ...] = actions
        is_sound = all(isinstance(each, Action) and is_exact(each) for each in answers)
    except Exception as error:  # noqa: BLE001 - a module's fault is its own
        _fault(desk, module, f"its exit rule failed on {position.position_id}: {type(error).__name__}: {error}")
        return ()
    if not is_sound:
        _fault(desk, module, f"its exit rule answered for {position.position_id} with something that is no action")
        return ()
    return actions


def _fault(desk: Desk, module: ModuleSpec, why: str) -> None:
    if desk.book.modules[module.module_id].status is ModuleStatus.ACTIVE:
        set_module_status(desk, module.module_id, ModuleStatus.PAUSED, "engine", why, code="MODULE_FAULT")


def _makes_way(desk: Desk, position: Position, why: str) -> bool:
    """Cancel what rests on a position, such as a target, when its module wants it closed; the close follows then."""
    resting = [order for order in desk.book.orders.values() if order.position_id == position.position_id]
    for order in resting:
        request_cancel(desk, order, f"makes way: {why}")
    return bool(resting)


def _has_live_order(desk: Desk, position: Position) -> bool:
    """Whether something works on a position that its exits have to wait for; what a person lets rest does not."""
    return any(order.position_id == position.position_id and not order.rests for order in desk.book.orders.values())
