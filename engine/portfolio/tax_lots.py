"""Tax lots of an account: first in, first out, or as they were identified; assignment, exercise, expiry, wash sales.

It follows IRS Publication 550: what an assigned put brought lowers the cost of the shares, what an assigned call
brought raises their proceeds, an exercised option's cost goes the same way; commissions belong to basis and proceeds;
what was sold short is short-term. Fills of one order on one day are one trade, and an option is one acquisition with
the shares that it became: no answer depends on how an order was filled. It flags and does not advise: wash sales are
"possible" and taken off nothing, straddle and constructive-sale rules are not looked at, and nothing of other accounts
is known. The wheel's net basis (premiums of expired options taken off the shares) is how a module looks at its trade,
and is nothing of this. Pure.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.core.expiries import INDEX_ROOTS
from engine.core.money import Money
from engine.domain.instrument import OptionContract, Right
from engine.domain.tax import How, Replacement, TaxClosing, TaxLot, TaxReport, TaxTrade, Term

WASH_DAYS = 30
"""Days before and after a loss in which another purchase makes it a wash sale (section 1091)."""

Choice: TypeAlias = Callable[[TaxTrade, Sequence[TaxLot]], Sequence[TaxLot]]
"""Which lots a closing takes, in which order, of those that there are, the oldest first.

A lot with a smaller quantity stands for so much of it; the rest of it may stand further behind.
"""


def first_in_first_out(_trade: TaxTrade, lots: Sequence[TaxLot]) -> Sequence[TaxLot]:
    """The oldest first: what holds where nobody told the broker otherwise."""
    return lots


def own_position_first(trade: TaxTrade, lots: Sequence[TaxLot]) -> Sequence[TaxLot]:
    """Specific identification as the modules trade: a position closes its own lots before those of others."""
    return sorted(lots, key=lambda lot: lot.position_id != trade.position_id)


Chosen: TypeAlias = Mapping[int, Mapping[str, int]]
"""By hand: of which journal entry, which lots, and how many contracts or shares of each."""


def identified(chosen: Chosen) -> Choice:
    """Specific identification by hand: of a journal entry these lots first, as many of them, then the oldest."""

    def choice(trade: TaxTrade, lots: Sequence[TaxLot]) -> Sequence[TaxLot]:
        by_id = {lot.lot_id: lot for lot in lots}
        wanted = [
            replace(lot, quantity=min(count, lot.quantity) if lot.quantity > 0 else max(-count, lot.quantity))
            for lot_id, count in chosen.get(trade.seq, {}).items()
            if (lot := by_id.get(lot_id)) is not None
        ]
        return [*wanted, *lots]

    return choice


def not_closed(report: TaxReport, chosen: Chosen) -> tuple[tuple[int, str], ...]:
    """Entries and lots of a choice by hand that did not close as many of the lot as was asked for."""
    closed: dict[tuple[int, str], int] = defaultdict(int)
    for each in report.closed:
        closed[each.seq, each.lot_id] += abs(each.quantity)
    return tuple(
        (seq, lot_id) for seq, lots in chosen.items() for lot_id, count in lots.items() if closed[seq, lot_id] < count
    )


def tax_lots(trades: Iterable[TaxTrade], choice: Choice = first_in_first_out) -> TaxReport:
    """Everything that was closed and everything that is open after `trades`, which come in order."""
    account, listed = _Account(choice), tuple(trades)
    last = {_together(trade): turn for turn, trade in enumerate(listed)}
    for turn, trade in enumerate(listed):
        account.apply(trade, turn)
        if last[_together(trade)] == turn:
            account.done(_together(trade), turn)
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

_Together: TypeAlias = tuple[str, str, dt.date | None]
"""What names trades that are one in truth."""

_Origin: TypeAlias = tuple[_Together, OptionContract | None]
"""What names an acquisition: of one contract (the one that became the shares), in one go."""


def _together(trade: TaxTrade) -> _Together:
    """Fills of one order on one day are one trade, whatever came between them; a symbol's options end all at once."""
    if trade.order_id:
        return trade.symbol, trade.order_id, trade.day
    if trade.how in (How.TRADE, How.TAKEN_IN):
        return trade.symbol, str(trade.seq), None
    return trade.symbol, "", trade.day


@dataclass(slots=True)
class _Opening:
    """A lot when it was opened, at which turn; `used` are the shares that stand in for a loss already.

    `sources` are the options that became it, each with how many shares of it may still be drawn: what an option stood
    in for, its shares cannot stand in for again, nor the other way round.
    """

    lot: TaxLot
    turn: int
    origin: _Origin
    sources: list[tuple["_Opening", int]]
    used: int = 0

    def free(self, shares: int) -> int:
        """How many of so many of its shares may stand in for a loss."""
        left = shares - self.used
        return min(left, sum(source.left(count) for source, count in self.sources)) if self.sources else left

    def left(self, count: int) -> int:
        """How many of `count` shares of an option stand in for nothing yet."""
        return min(count, self.lot.shares - self.used)

    def take(self, shares: int) -> None:
        """So many shares stand in for a loss."""
        self.used += shares
        for place, (source, count) in enumerate(self.sources):
            drawn = min(shares, source.left(count))
            source.used += drawn
            self.sources[place] = (source, count - drawn)
            shares -= drawn


@dataclass(frozen=True, slots=True)
class _Loss:
    """A loss that may be a wash sale: which closing of what, and the shares of each lot still held after its trade."""

    closing: int
    turn: int
    origin: _Origin
    held: Mapping[str, int]


class _Account:
    """The lots of one account while its trades go by."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._lots: dict[tuple[str, OptionContract | None], list[TaxLot]] = defaultdict(list)
        self._closed: list[TaxClosing] = []
        self._openings: dict[str, list[_Opening]] = defaultdict(list)
        self._opening_of: dict[str, _Opening] = {}
        self._losing: dict[_Together, list[int]] = defaultdict(list)
        self._losses: list[_Loss] = []
        self._opened_in: dict[int, int] = {}

    def apply(self, trade: TaxTrade, turn: int) -> None:
        """A trade closes what it can, and opens a lot with the rest."""
        before = len(self._closed)
        if trade.shares:
            self._deliver(trade, turn)
        else:
            self._trade(trade, turn, trade.quantity, trade.paid + trade.costs, (_together(trade), trade.contract))
        self._losing[_together(trade)] += [
            number
            for number in range(before, len(self._closed))
            if self._closed[number].gain < 0 and self._closed[number].knows_gain and not self._closed[number].is_1256
        ]

    def done(self, together: _Together, turn: int) -> None:
        """The last of what is sold together was: what is left of the lots counts from here."""
        losing = self._losing.pop(together)
        if losing:
            symbol = together[0]
            held = {lot.lot_id: lot.shares for key, lots in self._lots.items() if key[0] == symbol for lot in lots}
            self._losses += [
                _Loss(number, turn, self._opening_of[self._closed[number].lot_id].origin, held) for number in losing
            ]

    def open_lots(self) -> tuple[TaxLot, ...]:
        """What is open, the oldest first."""
        found = [lot for lots in self._lots.values() for lot in lots]
        return tuple(sorted(found, key=lambda lot: (lot.opened, len(lot.lot_id), lot.lot_id)))

    def with_wash_sales(self) -> list[TaxClosing]:
        """The closings, losses with what may replace them; each share stands in for one that was sold, once."""
        closed = list(self._closed)
        for loss in sorted(self._losses, key=lambda each: each.closing):
            sold = closed[loss.closing]
            wanted = sold.shares
            left, found = wanted, []
            for opening in self._openings[sold.symbol]:
                free = _free(opening, loss, sold)
                taken = min(left, free)
                if taken > 0:
                    opening.take(taken)
                    left -= taken
                    found.append(Replacement(opening.lot.lot_id, opening.lot.opened, taken))
            disallowed = -sold.gain * (wanted - left) // wanted
            closed[loss.closing] = replace(sold, disallowed=disallowed, replacements=tuple(found))
        return closed

    def _trade(
        self,
        trade: TaxTrade,
        turn: int,
        quantity: int,
        paid: Money,
        origin: _Origin,
        sources: Sequence[tuple[_Opening, int]] = (),
    ) -> None:
        """Close lots of the other side with `quantity`, which cost `paid` in all; what is left opens a lot."""
        is_known = trade.how is not How.TAKEN_IN and all(source.lot.is_known for source, _ in sources)
        key = (trade.symbol, trade.contract)
        for lot, taken, basis in self._taken(trade, key, quantity):
            done = -taken.quantity
            part = paid if done == quantity else paid * done // quantity
            quantity, paid = quantity - done, paid - part
            self._closed.append(_closing(trade, lot, taken.quantity, basis, part, is_known=is_known))
        # Contracts that ended and that no lot holds open nothing: the account was flat in them.
        if quantity and trade.how in (How.TRADE, How.TAKEN_IN, How.ASSIGNED, How.EXERCISED):
            lot = self._open(trade, quantity, paid, is_known=is_known)
            opening = self._opening_of[lot.lot_id] = _Opening(lot, turn, origin, list(sources))
            self._openings[trade.symbol].append(opening)

    def _deliver(self, trade: TaxTrade, turn: int) -> None:
        """An option became shares: what it cost or brought goes into their price, and is no gain of its own."""
        key = (trade.symbol, trade.contract)
        taken = self._taken(trade, key, trade.quantity)
        carried = sum(basis for _, _, basis in taken)
        sources = [(self._opening_of[lot.lot_id], part.shares) for lot, part, _ in taken]
        shares = replace(trade, contract=None, quantity=trade.shares, shares=0, share_cash=0)
        paid = -trade.share_cash + carried + trade.costs
        self._trade(shares, turn, trade.shares, paid, (_together(trade), trade.contract), sources)

    def _taken(
        self, trade: TaxTrade, key: tuple[str, OptionContract | None], quantity: int
    ) -> list[tuple[TaxLot, TaxLot, Money]]:
        """Take lots of the other side: each as it was, the part taken, and that part's basis."""
        taken = []
        lots = self._lots[key]
        for offered in self._choice(trade, tuple(lots)):
            # A part of it may have been taken by hand before.
            lot = next((each for each in lots if each.lot_id == offered.lot_id), None)
            if lot is None or lot.quantity * quantity >= 0:
                continue
            done = min(abs(quantity), abs(lot.quantity), abs(offered.quantity))
            signed = done if lot.quantity > 0 else -done
            basis = lot.basis if done == abs(lot.quantity) else lot.basis * done // abs(lot.quantity)
            taken.append((lot, replace(lot, quantity=signed, basis=basis), basis))
            place = lots.index(lot)
            rest = replace(lot, quantity=lot.quantity - signed, basis=lot.basis - basis)
            lots[place : place + 1] = [rest] if rest.quantity else []
            quantity += signed
        return taken

    def _open(self, trade: TaxTrade, quantity: int, paid: Money, *, is_known: bool) -> TaxLot:
        number = self._opened_in[trade.seq] = self._opened_in.get(trade.seq, 0) + 1
        lot = TaxLot(
            f"L{trade.seq:06d}-{number}", trade.symbol, trade.contract, quantity, paid, trade.day, trade.how,
            abs(quantity), trade.position_id, is_known,
        )  # fmt: skip
        self._lots[trade.symbol, trade.contract].append(lot)
        return lot


def _closing(trade: TaxTrade, lot: TaxLot, quantity: int, basis: Money, paid: Money, *, is_known: bool) -> TaxClosing:
    """`is_known` says whether `paid` is what a trade cost or brought."""
    is_long = quantity > 0
    term = Term.LONG if is_long and is_long_term(lot.opened, trade.day) else Term.SHORT
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
        # The day on which something was found in the account is not the day on which it came or went.
        term=None if How.TAKEN_IN in (lot.how, trade.how) else term,
        opened_how=lot.how,
        knows_basis=lot.is_known if is_long else is_known,
        knows_proceeds=is_known if is_long else lot.is_known,
        seq=trade.seq,
        is_1256=lot.contract is not None and trade.symbol in INDEX_ROOTS,
    )


def _free(opening: _Opening, loss: _Loss, sold: TaxClosing) -> int:
    """Shares of an opening that may stand in for what was sold at a loss.

    Of what was opened before, only what was still held after the sale; never more of the very purchase that was sold.
    """
    lot = opening.lot
    near = abs((lot.opened - sold.closed).days) <= WASH_DAYS
    same = _may_replace((lot.contract, lot.quantity), (sold.contract, sold.quantity))
    if not near or not same or opening.origin == loss.origin:
        return 0
    return opening.free(lot.shares if opening.turn > loss.turn else loss.held.get(lot.lot_id, 0))


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
