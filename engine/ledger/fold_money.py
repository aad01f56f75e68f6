"""What moves capital and cash without a trade: deposits, settlements, statement lines, differences answered."""

import datetime as dt
from dataclasses import replace

from engine.core.errors import LedgerFault
from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, ActivityKind, Resolution
from engine.domain.instrument import OptionContract, parse_instrument
from engine.domain.units import UnitNav
from engine.ledger import entries, fold_positions
from engine.ledger.book_state import Applied, BookState


def gain_swept(book: BookState, seq: int, event: ev.GainSwept) -> Applied:
    """A realised gain became capital in the reserve. Raises LedgerFault beyond what there is."""
    gain = book.unsettled(event.module_id)
    if not 0 < event.amount <= gain:
        raise LedgerFault(f"{event.amount} cannot be swept from a gain of {gain}")
    book.capital += event.amount
    book.reserve += event.amount
    return Applied(entries.capitalised(seq, event.module_id, event.amount))


def loss_settled(book: BookState, seq: int, event: ev.LossSettled) -> Applied:
    """A realised loss was taken off the reserve, and what that lacked off the budget."""
    loss, lost = event.from_reserve + event.from_budget, -book.unsettled(event.module_id)
    if min(event.from_reserve, event.from_budget) < 0 or not 0 < loss <= lost:
        raise LedgerFault(f"{loss} cannot be settled of a loss of {lost}")
    book.capital -= loss
    book.reserve -= event.from_reserve
    book.modules[event.module_id].budget -= event.from_budget
    return Applied(entries.capitalised(seq, event.module_id, -loss))


def cash_booked(book: BookState, seq: int, event: ev.CashBooked) -> Applied:
    """A line of the statement that no trade moved: income, cost, or the arrival of a transfer."""
    if event.module_id not in ("", EXTERNAL, *book.module_ids):
        raise LedgerFault(f"cash of a module {event.module_id} that never was")
    position = book.positions.get(event.position_id)
    if position is not None:
        is_fee = event.kind is ActivityKind.FEE
        book.positions[event.position_id] = replace(
            position,
            income=position.income + (0 if is_fee else event.amount),
            fees=position.fees - (event.amount if is_fee else 0),
        )
    if event.kind in (ActivityKind.DEPOSIT, ActivityKind.WITHDRAWAL):
        # The capital was booked when a person told of it; the statement only says that the cash has arrived.
        if event.amount:
            raise LedgerFault(f"a {event.kind.value.lower()} becomes capital by a person's word alone")
        book.transfers.pop(event.symbol, None)
        return Applied()
    return Applied(entries.booked_cash(seq, event))


def deposited(book: BookState, seq: int, event: ev.CashDeposited) -> Applied:
    """Cash came in or went out, with the units of NAV that it bought or sold."""
    if event.amount == 0 or event.amount * event.units < 0 or book.units + event.units < 0:
        raise LedgerFault(f"{event.amount} buys {event.units} units of {book.units}")
    if book.units == 0:
        book.sample, book.peak, book.reference = (UnitNav(event.amount, event.units),) * 3
    book.capital += event.amount
    book.reserve += event.amount
    book.units += event.units
    book.transfers[f"T{seq:06d}"] = event.amount
    # The samples keep the units that they were taken with, so what was measured per unit stays as it was.
    return Applied(entries.deposit(seq, event.amount))


def difference_resolved(book: BookState, seq: int, at: dt.datetime, event: ev.DifferenceResolved) -> Applied:
    """A person said whose a difference is: it is taken in, given up, or ignored from here on."""
    difference = book.differences.get(event.instrument)
    if difference is None or event.quantity * difference.missing <= 0 or abs(event.quantity) > abs(difference.missing):
        raise LedgerFault(f"nothing of {event.instrument} differs by {event.quantity}")
    left = replace(difference, ledger=difference.ledger + event.quantity)
    if left.missing:
        book.differences[event.instrument] = left
    else:
        del book.differences[event.instrument]
    if event.how is Resolution.IGNORE:
        book.ignored[event.instrument] = book.ignored.get(event.instrument, 0) + event.quantity
        return Applied()
    if event.instrument == CASH_ID:
        return Applied(entries.outside_cash(seq, event.quantity))
    if event.module_id not in (EXTERNAL, *book.modules):
        raise LedgerFault(f"there is no module {event.module_id} to take {event.instrument}")
    found = parse_instrument(event.instrument)
    contract = found if isinstance(found, OptionContract) else None
    applied = fold_positions.taken_in(book, seq, at, event, contract)
    _explain_cash(book, sum(row.amount for row in applied.postings if row.account == entries.Account.CASH))
    return applied


def _explain_cash(book: BookState, moved: Money) -> None:
    """What was taken in was booked as traded: that much of a difference in cash is explained, the rest is left.

    Without this a person who answers both differences would book the same money twice.
    """
    known = book.differences.get(CASH_ID)
    if known is None:
        return
    left = replace(known, ledger=known.ledger + moved)
    if left.missing:
        book.differences[CASH_ID] = left
    else:
        del book.differences[CASH_ID]
