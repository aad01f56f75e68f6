"""Trades that wait for a person: taken, taken in another size or at other strikes, refused, or expired."""

from dataclasses import replace

from engine.core.errors import DenialCode, Fact
from engine.core.money import UNIT, Money
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Approval, ApprovalStatus, Candidate, TradeTerms, plain_candidate
from engine.domain.denial import Denial
from engine.domain.order import OrderPurpose
from engine.domain.package import LadderRules, structure_quote, unpriced_part, worst_limit
from engine.domain.restriking import UnfitStrikes, restruck, strikes_of_legs
from engine.domain.structure import Structure
from engine.runtime.desk import Desk
from engine.runtime.openings import MOST_UNITS, is_tradable, repriced
from engine.runtime.scanning import carry_out

Denials = tuple[Denial, ...]


def approve(desk: Desk, command: cmd.ApproveTrade) -> Denials:
    """Take a waiting trade, through the whole gate once more; another quantity or other strikes are judged as they are.

    Only a trade that was ordered ends the approval, in the same step: never are both live.
    """
    approval = desk.book.approvals.get(command.approval_id)
    if approval is None:
        return (Denial(DenialCode.UNKNOWN_APPROVAL, facts={"approval": command.approval_id}),)
    candidate, denials = at_the_click(desk, approval, command)
    if denials:
        return denials
    denials = carry_out(desk, candidate, who=command.who, approval_id=approval.approval_id)
    # A storm of the same opening pauses its module, which voids this approval with the others.
    if not denials and approval.approval_id in desk.book.approvals:
        why = "; ".join(_changes(approval.candidate, candidate))
        terms = (_terms(approval.candidate), _terms(candidate)) if why else (None, None)
        _decide(
            desk, approval.approval_id, ApprovalStatus.APPROVED, command.who, f"edited: {why}" if why else "", *terms
        )
    return denials


def refuse(desk: Desk, command: cmd.RefuseTrade) -> Denials:
    """Turn a waiting trade down."""
    if command.approval_id not in desk.book.approvals:
        return (Denial(DenialCode.UNKNOWN_APPROVAL, facts={"approval": command.approval_id}),)
    _decide(desk, command.approval_id, ApprovalStatus.REFUSED, command.who, command.why)
    return ()


def expire_approvals(desk: Desk) -> None:
    """End every approval whose time is over."""
    for approval in list(desk.book.approvals.values()):
        if desk.now >= approval.expires_at:
            _decide(desk, approval.approval_id, ApprovalStatus.EXPIRED, "engine", "nobody decided")


def at_the_click(desk: Desk, approval: Approval, wanted: cmd.ApproveTrade) -> tuple[Candidate, Denials]:
    """The trade as a click would send it now, at a fresh mid, and what refuses it before any gate is asked."""
    candidate = approval.candidate
    about: dict[str, Fact] = {"approval": approval.approval_id}
    if desk.now >= approval.expires_at:
        return candidate, (Denial(DenialCode.APPROVAL_EXPIRED, facts=about),)
    if candidate.position_id and candidate.position_id not in desk.book.positions:
        return candidate, (Denial(DenialCode.UNKNOWN_POSITION, facts={"position": candidate.position_id}),)
    quantity = candidate.quantity if wanted.quantity is None else wanted.quantity
    is_edited = quantity != candidate.quantity or bool(wanted.strikes)
    if is_edited and candidate.purpose is not OrderPurpose.OPEN:
        why = "a roll or a closing is of the whole position"
        return candidate, (Denial(DenialCode.ORDER_STATE, why, facts=about),)
    if not 1 <= quantity <= MOST_UNITS:
        return candidate, (Denial(DenialCode.STRUCTURE, f"a quantity of {quantity}", facts=about),)
    if wanted.strikes:
        try:
            candidate = _with_strikes(candidate, wanted)
        except UnfitStrikes as error:
            return candidate, (Denial(DenialCode.STRUCTURE, str(error), facts=about),)
    candidate = replace(candidate, quantity=quantity)
    return _at_a_fresh_price(desk, approval, candidate, wanted.worst)


def _with_strikes(candidate: Candidate, wanted: cmd.ApproveTrade) -> Candidate:
    """The candidate at other strikes: a person's trade, of which no backtest and none of the module's figures tells.

    Raises UnfitStrikes where they are none for it.
    """
    was = candidate.structure
    structure = restruck(was, wanted.strikes)
    if structure == was:
        return candidate
    if not is_tradable(structure, 1):
        raise UnfitStrikes("there are no such strikes")
    reasons = (
        f"{wanted.who} changed the strikes from {_strikes(was)} to {_strikes(structure)}; {wanted.approval_id}",
        "no backtest speaks for these strikes",
    )
    return plain_candidate(
        candidate.module_id, structure, candidate.quantity, (candidate.net_price, candidate.worst_price),
        candidate.generation, reasons, iv_rank=candidate.iv_rank, iv_rank_sessions=candidate.iv_rank_sessions,
        waived=candidate.waived, position_id=candidate.position_id, needs_person=candidate.needs_person,
    )  # fmt: skip


def _at_a_fresh_price(
    desk: Desk, approval: Approval, candidate: Candidate, worst: Money | None
) -> tuple[Candidate, Denials]:
    """The candidate at the mid of now; what was asked for goes no further than it said, other strikes than the ladder.

    Neither goes beyond the worst price that the person has seen.
    """
    structure, about = candidate.structure, {"approval": approval.approval_id}
    is_restruck = structure != approval.candidate.structure
    quotes = desk.part_quotes(structure, fresh=False) if candidate.purpose is not OrderPurpose.CLOSE else ()
    quote = structure_quote(structure, quotes, candidate.purpose) if quotes else None
    if quote is None:
        if is_restruck:
            return approval.candidate, (
                Denial(DenialCode.DATA_BAD, facts={**about, "why": unpriced_part(structure, quotes)}),
            )
        return candidate, ()
    furthest = worst_limit(quote, candidate.purpose, LadderRules(), structure) if is_restruck else candidate.worst_price
    candidate = repriced(replace(candidate, worst_price=furthest if worst is None else min(furthest, worst)), quote)
    if candidate.net_price > candidate.worst_price:
        return candidate, (_moved_away(approval, candidate),)
    return candidate, ()


def is_of_another_trade(approval: Approval, wanted: cmd.ApproveTrade, candidate: Candidate) -> bool:
    """Whether strikes were wanted that have no price or make no such structure: the candidate is then what waits."""
    same = strikes_of_legs(approval.candidate.structure)
    return bool(wanted.strikes) and wanted.strikes != same and candidate.structure == approval.candidate.structure


def _changes(asked: Candidate, done: Candidate) -> list[str]:
    """What a person has made of a trade, in words."""
    changes = []
    if done.quantity != asked.quantity:
        changes.append(f"quantity {done.quantity}, asked for {asked.quantity}")
    if done.structure != asked.structure:
        changes.append(f"strikes {_strikes(done.structure)}, asked for {_strikes(asked.structure)}")
    return changes


def _terms(candidate: Candidate) -> TradeTerms:
    return TradeTerms(candidate.structure, candidate.quantity, candidate.worst_price)


def _strikes(structure: Structure) -> str:
    return "/".join(f"{strike / UNIT:g}" for strike in structure.strikes)


def _decide(
    desk: Desk, approval_id: str, status: ApprovalStatus, who: str, why: str,
    proposed: TradeTerms | None = None, approved: TradeTerms | None = None,
) -> None:  # fmt: skip
    desk.record(ev.ApprovalDecided(approval_id, status, who, why, proposed, approved))
    desk.approve_at.pop(approval_id, None)


def _moved_away(approval: Approval, candidate: Candidate) -> Denial:
    return Denial(
        DenialCode.APPROVAL_EXPIRED,
        candidate.net_price,
        candidate.worst_price,
        "usd",
        {"approval": approval.approval_id, "why": "the price moved beyond what was approved"},
    )
