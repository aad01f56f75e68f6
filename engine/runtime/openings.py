"""Openings: from a candidate, a person's ticket or a roll through the gate to a durable intent with its hold."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from engine.analytics.max_risk import max_risk
from engine.core.calendar import market_day, session_at
from engine.core.errors import DenialCode, Fact, LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Candidate, plain_candidate
from engine.domain.denial import Denial
from engine.domain.instrument import MULTIPLIER
from engine.domain.mindfolio import ModuleStatus
from engine.domain.order import Order, OrderPurpose
from engine.domain.package import PackageQuote, to_tick
from engine.domain.position import Position
from engine.domain.structure import Leg, Structure
from engine.domain.units import drawdown_bp
from engine.ledger.fold_orders import contradicts
from engine.ledger.lots import booked, named
from engine.market.happenings import outlook
from engine.risk.facts import TradeFacts, stakes_of
from engine.risk.gate import run_gate, warnings
from engine.risk.kernel_health import LegPrice, leg_prices
from engine.risk.throttle import OpeningRate, Repeats
from engine.runtime.broker_figures import LARGEST_FIGURE, Opening, broker_figure
from engine.runtime.desk import RISK_FREE_RATE, Desk, assert_within_budget
from engine.runtime.netting import room
from engine.runtime.orders import send
from engine.runtime.pausing import set_module_status
from engine.runtime.power import Claim, claim_of, free_cover, package_trades

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ticket:
    """How a candidate is to be traded: as a new position, added to one, or as a roll of one; `who` is a person's name.

    `approval_id` names the waiting approval that this answers, so that it does not count as its own duplicate.
    `for_person`: it will wait for a person's decision. `is_managing`: a module's rule about a position that it holds.
    `is_rehearsal`: nothing comes of it, and the broker need not be asked anew each time.
    """

    purpose: OrderPurpose = OrderPurpose.OPEN
    position_id: str = ""
    who: str = ""
    approval_id: str | None = None
    for_person: bool = False
    is_managing: bool = False
    is_rehearsal: bool = False


def ticket_of(candidate: Candidate, **how: Any) -> Ticket:
    """The ticket of a module's candidate: what it says of itself, and `how` it came here."""
    return Ticket(candidate.purpose, candidate.position_id, **how)


_FROM_A_SCAN = Ticket()

MOST_RATIO, MOST_UNITS, MOST_MONEY = 100, 100_000, LARGEST_FIGURE
"""Beyond these a figure is a mistake, not a trade."""


def try_open(desk: Desk, candidate: Candidate, ticket: Ticket = _FROM_A_SCAN) -> tuple[Denial, ...]:
    """Run every check; with none failing, record the intent and its hold, and send after the commit."""
    facts = _facts_or_denial(desk, candidate, ticket)
    if isinstance(facts, Denial):
        return (facts,)
    denials = _judge(desk, facts, ticket)
    if denials:
        return denials
    for warning in warnings(facts):
        desk.alert(candidate.module_id, f"{candidate.structure.symbol}: {warning.facts.get('why')} {warning.measured}")
    order = order_of(desk, candidate, ticket, _hold_per_unit(facts))
    desk.record(ev.OrderIntended(order))
    assert_within_budget(desk, candidate.module_id)
    rate = desk.opening_rates.get(candidate.module_id, OpeningRate())
    desk.opening_rates[candidate.module_id] = rate.after(order, desk.now)
    _watch_for_a_storm(desk, order)
    desk.after_commit(lambda: send(desk, order.order_id))
    return ()


def order_of(desk: Desk, candidate: Candidate, ticket: Ticket, hold: Money) -> Order:
    """The order that a candidate becomes; `hold` a unit."""
    return Order(
        order_id=desk.book.next_order_id,
        module_id=candidate.module_id,
        position_id=ticket.position_id or desk.book.next_position_id,
        purpose=ticket.purpose,
        structure=candidate.structure,
        quantity=candidate.quantity,
        limit=candidate.net_price,
        worst=worst_of(candidate),
        hold=hold,
        created_at=desk.now,
        why="; ".join(candidate.reasons),
        who=ticket.who,
    )


def _watch_for_a_storm(desk: Desk, order: Order) -> None:
    """A module that opens the same again and again is paused until a person has looked at it."""
    repeats = desk.repeats.get(order.module_id, Repeats()).after(order, desk.now)
    desk.repeats[order.module_id] = repeats
    repeated = repeats.repeated(desk.now)
    if repeated is not None and desk.is_active(order.module_id):
        desk.repeats.pop(order.module_id)
        why = f"it meant to open the same {repeats.most} times within minutes: {repeated}"
        set_module_status(desk, order.module_id, ModuleStatus.PAUSED, "engine", why, code="ORDER_RATE")


def gate(desk: Desk, candidate: Candidate, ticket: Ticket = _FROM_A_SCAN) -> tuple[Denial, ...]:
    """Run every check on a candidate as things are now. A pricing kernel that fails is told to the user, once a leg."""
    facts = _facts_or_denial(desk, candidate, ticket)
    return (facts,) if isinstance(facts, Denial) else _judge(desk, facts, ticket)


def rehearse(desk: Desk, candidate: Candidate, ticket: Ticket) -> tuple[TradeFacts | None, tuple[Denial, ...]]:
    """What the gate looks at and what it says, as things are now; nothing comes of it and nobody is told."""
    facts = _facts_or_denial(desk, candidate, replace(ticket, is_rehearsal=True))
    if isinstance(facts, Denial):
        return None, (facts,)
    return facts, run_gate(facts) or _contradiction(desk, candidate, ticket)


def _facts_or_denial(desk: Desk, candidate: Candidate, ticket: Ticket) -> TradeFacts | Denial:
    """What the gate looks at; where even that cannot be worked out, the trade is denied and nothing else is touched."""
    try:
        return facts_of(desk, candidate, ticket)
    except Exception as error:  # noqa: BLE001 - whatever fails, a trade that cannot be judged is not made
        _log.exception("the facts of a trade could not be worked out")
        return Denial(DenialCode.STRUCTURE, facts={"module": candidate.module_id, "error": type(error).__name__})


def _contradiction(desk: Desk, candidate: Candidate, ticket: Ticket) -> tuple[Denial, ...]:
    """What the book would not take: a trade in another module's position, in none, or of more than is held.

    A module may propose anything; it must not come to a contradiction of the books, which halts everything. Nor would
    a broker take what closes a part of what the account holds and opens the rest.
    """
    why = contradicts(desk.book, order_of(desk, candidate, ticket, 0))
    facts: dict[str, Fact] = {"module": candidate.module_id, "why": why}
    if why:
        return (Denial(DenialCode.STRUCTURE, ticket.position_id, facts=facts),)
    units = room(desk, candidate.structure, 1, candidate.quantity)
    if units == candidate.quantity:
        return ()
    facts["why"] = "the account holds the other side, and one order may not both close and open:"
    unit = "contracts" if candidate.structure.legs else ""
    return (Denial(DenialCode.CONFLICT, candidate.quantity, units, unit, facts),)


def _judge(desk: Desk, facts: TradeFacts, ticket: Ticket) -> tuple[Denial, ...]:
    candidate, denials = facts.candidate, run_gate(facts)
    failed = [denial for denial in denials if denial.code is DenialCode.KERNEL_HEALTH]
    if not failed:
        for leg in candidate.structure.legs:
            desk.kernel_faults_told -= {leg.contract.occ, leg.contract.underlying}
    for denial in failed:
        what = str(denial.facts.get("leg") or candidate.structure.symbol)
        if what not in desk.kernel_faults_told:
            desk.kernel_faults_told.add(what)
            why = denial.facts.get("why") or "the check failed"
            desk.alert("", f"Pricing check of {what}: {why}; no order opens until it passes again", is_urgent=True)
    return denials or _contradiction(desk, candidate, ticket)


def facts_of(desk: Desk, candidate: Candidate, ticket: Ticket = _FROM_A_SCAN) -> TradeFacts:
    """Everything the gate wants to know, from the book, the market and the broker as they are now."""
    book = desk.book
    structure, module_id = candidate.structure, candidate.module_id
    module = book.modules[module_id]
    claim = claim_for(desk, candidate, ticket)
    return TradeFacts(
        now=desk.now,
        candidate=candidate,
        quotes=desk.part_quotes(structure, fresh=False),
        price=candidate.net_price,
        is_latched=desk.latch.is_set or bool(desk.halted),
        mindfolio_status=book.status,
        module=module.spec,
        module_status=module.status,
        gate=book.limits,
        waivers=book.waivers,
        market_open=session_at(desk.now) is not None,
        buying_power=None if claim is None else claim.total,
        realised_loss=0 if claim is None else claim.loss,
        max_risk=_max_risk(desk, candidate, ticket),
        costs=costs_of(desk, structure, candidate.quantity, worst_of(candidate)),
        available=book.available(module_id),
        account_available=desk.account_available(),
        broker_available=broker_figure(lambda: desk.broker.available(desk.account_available())),
        day_pnl=book.day_pnl(module_id),
        duplicate_of=_duplicate_of(desk, candidate, ticket),
        evidence=candidate.evidence,
        kernel=_second_opinion(desk, structure.legs),
        **_account_facts(desk),
        **_symbol_facts(desk, candidate, ticket),
    )


def _account_facts(desk: Desk) -> dict[str, Any]:
    """What of the account the gate looks at, whatever the trade."""
    book = desk.book
    spec, reference = book.spec, book.reference
    return {
        "account_rules": None if spec is None else spec.account_rules,
        "account_limits": None if spec is None else spec.account_limits,
        "equity": book.nav,
        "settled_cash": desk.account_available(),
        "account_day_pnl": book.account_day_pnl + book.loss_seen,
        "drawdown_bp": drawdown_bp(book.nav, book.units, reference.nav, reference.units),
        "orders_today": book.orders_today,
        "broker_reachable": desk.is_reconciled,
    }


def _symbol_facts(desk: Desk, candidate: Candidate, ticket: Ticket) -> dict[str, Any]:
    """What is held and worked in the trade's underlying, and who may open in it."""
    book, symbol, module_id = desk.book, candidate.structure.symbol, candidate.module_id
    position = _position(desk, ticket)
    held = [each for each in book.positions_of(module_id) if each.symbol == symbol]
    going = [each for each in book.orders_of(module_id) if each.structure.symbol == symbol and each.adds_risk]
    new = {each.position_id for each in going} - {each.position_id for each in held}
    today, ends = market_day(desk.now), [leg.contract.expiration for leg in candidate.structure.legs]
    return {
        "is_by_hand": bool(ticket.who) or ticket.for_person,
        "is_managing": ticket.is_managing,
        "adds_to": ticket.position_id,
        "result": _result(desk, candidate, ticket) if ticket.purpose is OrderPurpose.ROLL else None,
        "position_used": 0 if position is None else position.used,
        "position_risk": None if position is None else _max_risk(desk, replace(candidate, quantity=0), ticket),
        "covering_shares": 0 if position is None else free_cover(desk, position, candidate.structure),
        "stakes": stakes_of(module_id, symbol, _opposing(desk, candidate, ticket), book.orders.values()),
        "symbol_positions": len(held) + len(new),
        "symbol_used": sum(each.used for each in held) + sum(each.held for each in going),
        "budget": book.modules[module_id].budget,
        "happenings": outlook(desk.events_on(today), symbol, today).until(max(ends, default=today)),
        "openings_last_minute": desk.opening_rates.get(module_id, OpeningRate()).count(desk.now),
        "symbol_halts": tuple(why for halted, why in book.halted_symbols.items() if halted == symbol),
    }


def _opposing(desk: Desk, candidate: Candidate, ticket: Ticket) -> Iterable[Position]:
    """Positions that the trade may be in conflict with.

    A module hedges what it holds with shares whatever other modules own of them: the account nets them. What is
    EXTERNAL is a person's, and not sold by a module.
    """
    positions, hedged = desk.book.positions.values(), _position(desk, ticket)
    is_hedge = ticket.is_managing and not candidate.structure.legs and hedged is not None and hedged.structure.legs
    return [each for each in positions if each.module_id == EXTERNAL] if is_hedge else positions


def _result(desk: Desk, candidate: Candidate, ticket: Ticket) -> Structure | None:
    """One unit of what a roll leaves of its position, None when it leaves nothing."""
    position = _position(desk, ticket)
    if position is None:
        return None
    trades = package_trades(desk, candidate.structure, candidate.net_price, candidate.quantity, ticket.purpose)
    lots = booked(position.lots, trades, desk.now).lots
    return named(position.symbol, lots)[0] if lots else None


def is_tradable(structure: Structure, quantity: int) -> bool:
    """Whether counts and strikes are such that figures can be worked out of them at all."""
    return (
        all(0 < abs(leg.ratio) <= MOST_RATIO and 0 < leg.contract.strike <= MOST_MONEY for leg in structure.legs)
        and abs(structure.shares) <= MOST_UNITS
        and abs(quantity) <= MOST_UNITS
    )


def ticket_candidate(
    desk: Desk, module_id: str, structure: Structure, quantity: int, limit: Money, worst: Money, why: str
) -> Candidate:
    """A person's ticket in the form of a module's candidate; the gate computes its figures from the legs."""
    rank = desk.iv_ranks.at((structure.symbol,), desk.market.chains(), desk.now)[structure.symbol]
    return plain_candidate(
        module_id, structure, quantity, (limit, worst), desk.market.generation, (why,),
        iv_rank=rank.percent, iv_rank_sessions=rank.sessions,
    )  # fmt: skip


def worst_of(candidate: Candidate) -> Money:
    """The worst price that can be traded at: a module may name a worst one that is better than where it starts."""
    return max(candidate.net_price, candidate.worst_price)


def claim_for(desk: Desk, candidate: Candidate, ticket: Ticket = _FROM_A_SCAN) -> Claim | None:
    """What the trade takes at its worst price: the larger of our rule and the broker's preview, None if unknown.

    A multiple of the quantity, so that what the gate allows is what the units of the order hold.
    """
    structure, quantity = candidate.structure, candidate.quantity
    if quantity < 1 or (structure.legs and structure.shares) or not (structure.legs or structure.shares):
        return None
    worst = worst_of(candidate)
    position = _position(desk, ticket)
    ours = claim_of(desk, candidate.module_id, structure, worst, quantity, purpose=ticket.purpose, position=position)
    if ours is None:
        return None
    power = ours.power
    if ticket.purpose is OrderPurpose.OPEN:
        covering = 0 if position is None else max(0, position.shares)
        opening = Opening(structure, worst, quantity, covering)
        is_kept = ticket.is_rehearsal
        theirs = desk.rehearsed.of(opening, desk.broker, desk.now) if is_kept else opening.asked(desk.broker)
        if theirs is None:
            return None
        power = max(power, theirs)
    return Claim(-(-power // quantity) * quantity, -(-ours.loss // quantity) * quantity)


def costs_of(desk: Desk, structure: Structure, quantity: int, price: Money) -> Money:
    """Commission and regulatory fees of trading the package once, the fees at their dearest."""
    costs, contracts = desk.book.costs, structure.contracts * quantity
    shares = abs(structure.shares) * quantity
    proceeds = abs(price) * shares
    for leg, quote in zip(structure.legs, desk.quotes_of(structure.legs), strict=True):
        asked = 0 if quote is None or quote.ask is None else quote.ask
        proceeds += abs(leg.ratio) * max(asked, abs(price)) * MULTIPLIER * quantity
    return costs.commission(contracts) + costs.fees(contracts, contracts, proceeds, shares)


def repriced(candidate: Candidate, quote: PackageQuote) -> Candidate:
    """The candidate at a fresh mid; never beyond the worst price that was agreed to."""
    return replace(candidate, net_price=to_tick(quote.mid, candidate.structure))


def _position(desk: Desk, ticket: Ticket) -> Position | None:
    return desk.book.positions.get(ticket.position_id)


def _hold_per_unit(facts: TradeFacts) -> Money:
    """What the gate has looked at, for one unit: asked again, a broker might say something else."""
    if facts.buying_power is None:
        raise LedgerFault("an order without a known buying power passed the gate")
    quantity = facts.candidate.quantity
    return facts.buying_power // quantity + -(-facts.costs // quantity)


def _max_risk(desk: Desk, candidate: Candidate, ticket: Ticket) -> Money | None:
    """The product's figure at the worst price, of the position as it would be (of no units: is); None: no bound."""
    quantity, structure = candidate.quantity, candidate.structure
    position = _position(desk, ticket)
    legs = [Leg(leg.contract, leg.ratio * quantity) for leg in structure.legs]
    cash = -worst_of(candidate) * structure.multiplier * quantity if structure.legs else 0
    shares = structure.shares * quantity
    if position is not None:
        legs += [Leg(lot.contract, lot.quantity) for lot in position.lots if lot.contract is not None]
        cash -= sum(lot.cost for lot in position.lots if lot.contract is not None)
        shares += position.shares
    return max_risk(legs, cash, desk.market.spot(structure.symbol), shares)


def _second_opinion(desk: Desk, legs: tuple[Leg, ...]) -> tuple[LegPrice, ...] | None:
    """Every leg by both pricing kernels, None when that could not be done."""
    if not legs:
        return ()
    try:
        chain = desk.market.chain(legs[0].contract.underlying)
        spot = None if chain is None else chain.spot
        return leg_prices(legs, desk.quotes_of(legs), spot, desk.now, RISK_FREE_RATE)
    except Exception:  # noqa: BLE001 - whatever fails in either program, there is no second opinion then
        _log.exception("the pricing kernels could not be compared")
        return None


def _duplicate_of(desk: Desk, candidate: Candidate, ticket: Ticket) -> str | None:
    structure, module_id, book = candidate.structure, candidate.module_id, desk.book
    if not structure.legs or ticket.purpose is OrderPurpose.ROLL:
        return None
    for position in book.positions_of(module_id):
        if position.structure.legs == structure.legs and not ticket.position_id:
            return f"position {position.position_id}"
    for order in book.orders_of(module_id):
        if order.structure.legs == structure.legs:
            return f"order {order.order_id}"
    for approval in book.approvals.values():
        waits = approval.candidate
        is_same = waits.module_id == module_id and waits.structure.legs == structure.legs
        if is_same and approval.approval_id != ticket.approval_id:
            return f"approval {approval.approval_id}"
    return None
