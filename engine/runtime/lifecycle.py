"""What the broker's statement says: expiry, exercise, assignment, dividends, interest and fees, booked to whose it is.

A line is booked once, whatever the number of times that it is told. Contracts that several modules hold are shared
first in, first out.
"""

from dataclasses import dataclass

from engine.core.errors import LedgerFault
from engine.core.money import UNIT, Money
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind, BrokerActivity
from engine.domain.instrument import OptionContract, parse_instrument
from engine.domain.position import Lot, Position
from engine.ledger.lots import Trade, booked, split
from engine.runtime.desk import Desk
from engine.runtime.power import used_by

_HITS = frozenset({ActivityKind.ASSIGNED, ActivityKind.EXERCISED})
_LEGS = frozenset({*_HITS, ActivityKind.EXPIRED, ActivityKind.CASH_SETTLED})
_TRANSFERS = frozenset({ActivityKind.DEPOSIT, ActivityKind.WITHDRAWAL})


@dataclass(frozen=True, slots=True)
class _Share:
    """A position's part of a statement line."""

    position: Position
    contracts: int


def on_activity(desk: Desk, activity: BrokerActivity) -> None:
    """Book one line of the statement. A line of something that nobody here holds shows in the next comparison."""
    if desk.book.has_activity(activity.number):
        return
    if activity.kind in _LEGS:
        _settle(desk, activity)
    elif activity.kind in (ActivityKind.DIVIDEND, ActivityKind.BORROW):
        _share_out(desk, activity)
    elif activity.kind not in _TRANSFERS:
        _book(desk, activity, "", "", activity.cash)
    if not desk.book.has_activity(activity.number):
        # Remembered, so that it is not told again; a deposit is booked when a person tells of it.
        _book(desk, activity, "", "", 0)


# --- contracts -------------------------------------------------------------------------------------------------------
def _settle(desk: Desk, activity: BrokerActivity) -> None:
    contract = parse_instrument(activity.instrument)
    if not isinstance(contract, OptionContract):
        return
    shares = _shares_of(desk, contract, activity)
    left = activity.quantity - sum(share.contracts for share in shares)
    if left:
        desk.alert("", f"{left} x {contract.occ} ended at the broker and nobody here holds it", is_urgent=True)
    fees = activity.fees
    for share in shares:
        record_end(desk, share.position, contract, share.contracts, activity, fees)
        fees = 0  # on the first; the broker charges once
        _tell(desk, share, contract, activity)


def _shares_of(desk: Desk, contract: OptionContract, activity: BrokerActivity) -> list[_Share]:
    """Whose contracts they were: of the right side, oldest lot first."""
    wanted = {ActivityKind.ASSIGNED: -1, ActivityKind.EXERCISED: 1}.get(activity.kind, 0)
    holders = [
        position
        for position in desk.book.positions.values()
        if (count := position.held(contract)) and (wanted == 0 or count * wanted > 0)
    ]
    holders.sort(key=lambda position: min(lot.opened_at for lot in position.lots if lot.contract == contract))
    shares: list[_Share] = []
    left = activity.quantity
    for position in holders:
        done = min(left, abs(position.held(contract)))
        if done:
            shares.append(_Share(position, done))
            left -= done
    return shares


def record_end(
    desk: Desk, position: Position, contract: OptionContract, contracts: int, activity: BrokerActivity, fees: Money
) -> None:
    """Record that contracts of a position ended, with what that leaves of its buying power."""
    part = _part(activity.shares, contracts, activity.quantity)
    cash = _part(activity.cash, contracts, activity.quantity)
    hit, rest = _parted(position, contract, contracts, activity.kind)
    count = sum(lot.quantity for lot in hit if lot.contract == contract)
    trades = [Trade(contract, -contracts if count > 0 else contracts, 0)]
    if part:
        trades.append(Trade(None, part, -cash // part))
    after = booked(hit, trades, desk.now).lots
    desk.record(
        ev.LegSettled(
            position_id=position.position_id,
            contract=contract,
            contracts=contracts,
            kind=activity.kind,
            shares=part,
            cash=cash,
            fees=fees,
            spot=activity.price,
            used=used_by(desk, position.symbol, position.module_id, after),
            used_rest=used_by(desk, position.symbol, position.module_id, rest),
            split_into=desk.book.next_position_id if rest else "",
            activity=activity.number,
        )
    )


def _parted(
    position: Position, contract: OptionContract, contracts: int, kind: ActivityKind
) -> tuple[tuple[Lot, ...], tuple[Lot, ...]]:
    """Lots of the units that were hit, and of those that stay whole; nothing is split where units are not whole."""
    if kind not in _HITS or contracts == abs(position.held(contract)):
        return position.lots, ()
    ratio = next((leg.ratio for leg in position.structure.legs if leg.contract == contract), 0)
    units, odd = divmod(contracts, abs(ratio)) if ratio else (0, 1)
    if odd or not 0 < units < position.quantity:
        return position.lots, ()
    wanted: dict[OptionContract | None, int] = {leg.contract: leg.ratio * units for leg in position.structure.legs}
    if position.structure.shares:
        wanted[None] = position.structure.shares * units
    return split(position.lots, wanted)


def _part(amount: int, contracts: int, quantity: int) -> int:
    part, rest = divmod(amount * contracts, quantity)
    if rest:
        raise LedgerFault(f"{amount} of the broker's statement does not divide among {quantity} contracts")
    return part


def _tell(desk: Desk, share: _Share, contract: OptionContract, activity: BrokerActivity) -> None:
    module_id, words = share.position.module_id, f"{share.contracts} x {contract.occ}"
    match activity.kind:
        case ActivityKind.EXPIRED:
            desk.alert(module_id, f"{words} expired worthless")
        case ActivityKind.CASH_SETTLED:
            desk.alert(module_id, f"{words} was settled in cash")
        case _:
            shares = _part(activity.shares, share.contracts, activity.quantity)
            verb = "was assigned" if activity.kind is ActivityKind.ASSIGNED else "was exercised"
            side = "bought" if shares > 0 else "sold"
            price = f"{contract.strike / UNIT:,.2f}"
            desk.alert(module_id, f"{words} {verb}: {abs(shares)} shares {side} at {price}", is_urgent=True)
            _warn_of_consequences(desk, module_id, contract.underlying)


def _warn_of_consequences(desk: Desk, module_id: str, symbol: str) -> None:
    """Short stock wants covering; a module that is over its budget may only reduce."""
    if module_id not in desk.book.modules:
        return
    short = sum(position.shares for position in desk.book.positions_of(module_id) if position.symbol == symbol)
    if short < 0:
        desk.alert(module_id, f"short {-short} shares of {symbol}: buy them back, dividends are owed", is_urgent=True)
    available = desk.book.available(module_id)
    if available < 0:
        over = f"{-available / UNIT:,.2f}"
        desk.alert(module_id, f"over its budget by ${over}: it may only reduce", is_urgent=True)


# --- cash ------------------------------------------------------------------------------------------------------------
def _share_out(desk: Desk, activity: BrokerActivity) -> None:
    """Dividends and borrow go to those who hold the shares; what does not divide goes with the last."""
    holders = [
        position
        for position in desk.book.positions.values()
        if position.symbol == activity.instrument and position.shares * activity.quantity > 0
    ]
    held = sum(position.shares for position in holders)
    if held != activity.quantity:
        # Somebody bought or sold since the record: by what the statement says a share, the rest is nobody's here.
        _share_by_price(desk, activity, holders)
        return
    left = activity.cash
    for number, position in enumerate(holders, start=1):
        amount = left if number == len(holders) else activity.cash * position.shares // held
        _book(desk, activity, position.module_id, position.position_id, amount)
        left -= amount


def _share_by_price(desk: Desk, activity: BrokerActivity, holders: list[Position]) -> None:
    left = activity.cash
    for position in holders:
        amount = activity.cash * position.shares // activity.quantity
        amount = max(min(amount, left), 0) if activity.cash > 0 else min(max(amount, left), 0)
        if amount:
            _book(desk, activity, position.module_id, position.position_id, amount)
            left -= amount
    if left:
        _book(desk, activity, EXTERNAL if not holders else holders[0].module_id, "", left)


def _book(desk: Desk, activity: BrokerActivity, module_id: str, position_id: str, amount: Money) -> None:
    kind = activity.kind if activity.kind not in _LEGS else ActivityKind.FEE
    what = activity.kind.value.lower().replace("_", " ")
    desk.record(
        ev.CashBooked(
            kind, module_id, position_id, activity.instrument, amount, f"{what} of {activity.instrument}",
            activity.number,
        )
    )  # fmt: skip
