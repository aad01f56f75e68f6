"""Trades that wait for a person: taken, taken in another size, refused, or expired."""

from dataclasses import replace

from engine.core.errors import DenialCode, Fact
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Approval, ApprovalStatus, Candidate
from engine.domain.denial import Denial
from engine.domain.order import OrderPurpose
from engine.domain.package import structure_quote
from engine.runtime.desk import Desk
from engine.runtime.openings import MOST_UNITS, repriced
from engine.runtime.scanning import carry_out

Denials = tuple[Denial, ...]


def approve(desk: Desk, command: cmd.ApproveTrade) -> Denials:
    """Take a waiting trade, through the whole gate once more; with another quantity it is judged as that trade.

    Only a trade that was ordered ends the approval, in the same step: never are both live.
    """
    approval = desk.book.approvals.get(command.approval_id)
    if approval is None:
        return (Denial(DenialCode.UNKNOWN_APPROVAL, facts={"approval": command.approval_id}),)
    candidate, denials = at_the_click(desk, approval, command.quantity)
    if denials:
        return denials
    denials = carry_out(desk, candidate, who=command.who, approval_id=approval.approval_id)
    # A storm of the same opening pauses its module, which voids this approval with the others.
    if not denials and approval.approval_id in desk.book.approvals:
        asked = approval.candidate.quantity
        why = "" if candidate.quantity == asked else f"edited: quantity {candidate.quantity}, asked for {asked}"
        _decide(desk, approval.approval_id, ApprovalStatus.APPROVED, command.who, why)
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


def at_the_click(desk: Desk, approval: Approval, quantity: int | None) -> tuple[Candidate, Denials]:
    """The trade as a click would send it now, at a fresh mid, and what refuses it before any gate is asked."""
    candidate = approval.candidate
    about: dict[str, Fact] = {"approval": approval.approval_id}
    if desk.now >= approval.expires_at:
        return candidate, (Denial(DenialCode.APPROVAL_EXPIRED, facts=about),)
    if candidate.position_id and candidate.position_id not in desk.book.positions:
        return candidate, (Denial(DenialCode.UNKNOWN_POSITION, facts={"position": candidate.position_id}),)
    if quantity is not None and quantity != candidate.quantity:
        if candidate.purpose is not OrderPurpose.OPEN:
            why = "a roll or a closing is of the whole position"
            return candidate, (Denial(DenialCode.ORDER_STATE, why, facts=about),)
        if not 1 <= quantity <= MOST_UNITS:
            return candidate, (Denial(DenialCode.STRUCTURE, f"a quantity of {quantity}", facts=about),)
        candidate = replace(candidate, quantity=quantity)
    quotes = desk.part_quotes(candidate.structure, fresh=False) if candidate.purpose is not OrderPurpose.CLOSE else ()
    quote = structure_quote(candidate.structure, quotes, candidate.purpose) if quotes else None
    if quote is not None:
        candidate = repriced(candidate, quote)
        if candidate.net_price > candidate.worst_price:
            return candidate, (_moved_away(approval, candidate.net_price),)
    return candidate, ()


def _decide(desk: Desk, approval_id: str, status: ApprovalStatus, who: str, why: str) -> None:
    desk.record(ev.ApprovalDecided(approval_id, status, who, why))
    desk.approve_at.pop(approval_id, None)


def _moved_away(approval: Approval, price: int) -> Denial:
    return Denial(
        DenialCode.APPROVAL_EXPIRED,
        price,
        approval.candidate.worst_price,
        "usd",
        {"approval": approval.approval_id, "why": "the price moved beyond what was approved"},
    )
