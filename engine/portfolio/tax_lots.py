"""Tax lots of an account: first in, first out, or as they were identified; assignment, exercise, expiry, wash sales.

It follows IRS Publication 550: what an assigned put brought lowers the cost of the shares, what an assigned call
brought raises their proceeds, an exercised option's cost goes the same way; commissions belong to basis and proceeds;
what was sold short is short-term. It flags and does not advise: wash sales are "possible" and taken off nothing,
straddle and constructive-sale rules are not looked at, and nothing of other accounts is known. The wheel's net basis
(premiums of expired options taken off the shares) is how a module looks at its trade, and is nothing of this. Pure.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TypeAlias

from engine.core.expiries import INDEX_ROOTS
from engine.core.money import Money
from engine.domain.instrument import OptionContract, Right
from engine.domain.tax import How, Replacement, TaxClosing, TaxLot, TaxReport, TaxTrade, Term

WASH_DAYS = 30
"""Days before and after a loss in which another purchase makes it a wash sale (section 1091)."""

Choice: TypeAlias = Callable[[TaxTrade, Sequence[TaxLot]], Sequence[TaxLot]]
"""Which lots a closing takes, in which order, of those that there are, the oldest first."""


def first_in_first_out(_trade: TaxTrade, lots: Sequence[TaxLot]) -> Sequence[TaxLot]:
    """The oldest first: what holds where nobody told the broker otherwise."""
    return lots


def own_position_first(trade: TaxTrade, lots: Sequence[TaxLot]) -> Sequence[TaxLot]:
    """Specific identification as the modules trade: a position closes its own lots before those of others."""
    return sorted(lots, key=lambda lot: lot.position_id != trade.position_id)


def identified(chosen: Mapping[int, Sequence[str]]) -> Choice:
    """Specific identification by hand: of the journal entry with a number, these lots first, then the oldest."""

    def choice(trade: TaxTrade, lots: Sequence[TaxLot]) -> Sequence[TaxLot]:
        wanted = {lot_id: place for place, lot_id in enumerate(chosen.get(trade.seq, ()))}
        return sorted(lots, key=lambda lot: wanted.get(lot.lot_id, len(wanted)))

    return choice


def tax_lots(trades: Iterable[TaxTrade], choice: Choice = first_in_first_out) -> TaxReport:
    """Everything that was closed and everything that is open after `trades`, which come in order."""
    account = _Account(choice)
    for _, entry in groupby(trades, key=lambda trade: trade.seq):
        account.apply(tuple(entry))
    return TaxReport(tuple(account.with_wash_sales()), account.open_lots())


def is_long_term(opened: dt.date, closed: dt.date) -> bool:
    """Held for more than a year. The day of the purchase does not count, that of the sale does (Pub. 550)."""
    begins = opened + dt.timedelta(days=1)
    try:
        anniversary = begins.replace(year=begins.year + 1)
    except ValueError:  # 29 February
        anniversary = dt.date(begins.year + 1, 3, 1)
    return closed >= anniversary


_Side: TypeAlias = tuple[OptionContract | None, int]
"""An option, or shares, and how many: negative sold."""


@dataclass(slots=True)
class _Opening:
    """A lot when it was opened, by which entry; `used` are the shares that stand in for a loss already."""

    lot: TaxLot
    seq: int
    used: int = 0


@dataclass(frozen=True, slots=True)
class _Loss:
    """A loss that may be a wash sale: which closing, and the shares of each lot that was still held after its entry."""

    closing: int
    held: Mapping[str, int]


class _Account:
    """The lots of one account while its trades go by."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._lots: dict[tuple[str, OptionContract | None], list[TaxLot]] = defaultdict(list)
        self._closed: list[TaxClosing] = []
        self._openings: dict[str, list[_Opening]] = defaultdict(list)
        self._losses: list[_Loss] = []
        self._opened_in: dict[int, int] = {}

    def apply(self, entry: Sequence[TaxTrade]) -> None:
        """The trades of one journal entry: each closes what it can, and opens a lot with the rest."""
        before = len(self._closed)
        for trade in entry:
            if trade.shares:
                self._deliver(trade)
            else:
                self._trade(trade, trade.quantity, trade.paid + trade.costs)
        # Legs of one package are sold together: what is left counts once all of them are done.
        losses = [
            number
            for number in range(before, len(self._closed))
            if self._closed[number].gain < 0 and not self._closed[number].is_1256
        ]
        if losses:
            symbols = {self._closed[number].symbol for number in losses}
            held = {lot.lot_id: lot.shares for key, lots in self._lots.items() if key[0] in symbols for lot in lots}
            self._losses += [_Loss(number, held) for number in losses]

    def open_lots(self) -> tuple[TaxLot, ...]:
        """What is open, the oldest first."""
        found = [lot for lots in self._lots.values() for lot in lots]
        return tuple(sorted(found, key=lambda lot: (lot.opened, len(lot.lot_id), lot.lot_id)))

    def with_wash_sales(self) -> list[TaxClosing]:
        """The closings, losses with what may replace them; each share stands in for one that was sold, once."""
        closed = list(self._closed)
        for loss in self._losses:
            sold = closed[loss.closing]
            wanted = sold.shares
            left, found = wanted, []
            for opening in self._openings[sold.symbol]:
                free = _free(opening, loss, sold)
                taken = min(left, free)
                if taken > 0:
                    opening.used += taken
                    left -= taken
                    found.append(Replacement(opening.lot.lot_id, opening.lot.opened, taken))
            disallowed = -sold.gain * (wanted - left) // wanted
            closed[loss.closing] = replace(sold, disallowed=disallowed, replacements=tuple(found))
        return closed

    def _trade(self, trade: TaxTrade, quantity: int, paid: Money) -> None:
        """Close lots of the other side with `quantity`, which cost `paid` in all; what is left opens a lot."""
        key = (trade.symbol, trade.contract)
        for lot, taken, basis in self._taken(trade, key, quantity):
            done = -taken.quantity
            part = paid if done == quantity else paid * done // quantity
            quantity, paid = quantity - done, paid - part
            self._closed.append(_closing(trade, lot, taken.quantity, basis, part))
        # Contracts that ended and that no lot holds open nothing: the account was flat in them.
        if quantity and trade.how in (How.TRADE, How.TAKEN_IN, How.ASSIGNED, How.EXERCISED):
            self._open(trade, quantity, paid)

    def _deliver(self, trade: TaxTrade) -> None:
        """An option became shares: what it cost or brought goes into their price, and is no gain of its own."""
        key = (trade.symbol, trade.contract)
        carried = sum(basis for _, _, basis in self._taken(trade, key, trade.quantity))
        shares = replace(trade, contract=None, quantity=trade.shares, shares=0, share_cash=0)
        self._trade(shares, trade.shares, -trade.share_cash + carried + trade.costs)

    def _taken(
        self, trade: TaxTrade, key: tuple[str, OptionContract | None], quantity: int
    ) -> list[tuple[TaxLot, TaxLot, Money]]:
        """Take lots of the other side: each as it was, the part taken, and that part's basis."""
        taken = []
        lots = self._lots[key]
        for lot in self._choice(trade, tuple(lots)):
            done = min(abs(quantity), abs(lot.quantity)) if lot.quantity * quantity < 0 else 0
            if done == 0:
                continue
            signed = done if lot.quantity > 0 else -done
            basis = lot.basis if done == abs(lot.quantity) else lot.basis * done // abs(lot.quantity)
            taken.append((lot, replace(lot, quantity=signed, basis=basis), basis))
            place = lots.index(lot)
            rest = replace(lot, quantity=lot.quantity - signed, basis=lot.basis - basis)
            lots[place : place + 1] = [rest] if rest.quantity else []
            quantity += signed
        return taken

    def _open(self, trade: TaxTrade, quantity: int, paid: Money) -> None:
        number = self._opened_in[trade.seq] = self._opened_in.get(trade.seq, 0) + 1
        lot = TaxLot(
            f"L{trade.seq:06d}-{number}", trade.symbol, trade.contract, quantity, paid, trade.day, trade.how,
            abs(quantity), trade.position_id,
        )  # fmt: skip
        self._lots[trade.symbol, trade.contract].append(lot)
        self._openings[trade.symbol].append(_Opening(lot, trade.seq))


def _closing(trade: TaxTrade, lot: TaxLot, quantity: int, basis: Money, paid: Money) -> TaxClosing:
    is_long = quantity > 0
    return TaxClosing(
        lot_id=lot.lot_id,
        symbol=trade.symbol,
        contract=lot.contract,
        quantity=quantity,
        opened=lot.opened,
        closed=trade.day,
        how=trade.how,
        proceeds=-paid if is_long else -basis,
        basis=basis if is_long else paid,
        term=Term.LONG if is_long and is_long_term(lot.opened, trade.day) else Term.SHORT,
        seq=trade.seq,
        is_1256=lot.contract is not None and trade.symbol in INDEX_ROOTS,
    )


def _free(opening: _Opening, loss: _Loss, sold: TaxClosing) -> int:
    """Shares of an opening that may stand in for what was sold at a loss.

    Of what was opened before, only what was still held after the sale; never more of the very lot that was sold.
    """
    lot = opening.lot
    near = abs((lot.opened - sold.closed).days) <= WASH_DAYS
    same = _may_replace((lot.contract, lot.quantity), (sold.contract, sold.quantity))
    if not near or not same or lot.lot_id == sold.lot_id:
        return 0
    shares = lot.shares if opening.seq > sold.seq else loss.held.get(lot.lot_id, 0)
    return shares - opening.used


def _may_replace(opened: _Side, lost: _Side) -> bool:
    """Whether one thing may be "substantially identical" to another, or an option to acquire it.

    Shares and any option of the same direction (bought shares, bought calls and sold puts; sold shares, sold calls and
    bought puts); of two options, those of one right on the same side, whatever strike and expiration.
    """
    (contract, quantity), (lost_contract, lost_quantity) = opened, lost
    if contract is not None and lost_contract is not None:
        return contract.right is lost_contract.right and quantity * lost_quantity > 0
    return _is_up(contract, quantity) == _is_up(lost_contract, lost_quantity)


def _is_up(contract: OptionContract | None, quantity: int) -> bool:
    """Whether something gains when the underlying rises."""
    return (quantity > 0) == (contract is None or contract.right is Right.CALL)
