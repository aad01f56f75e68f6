"""What the broker's statement says: expiry, exercise, assignment, dividends, interest and fees, booked to whose it is.

A line is booked once, whatever the number of times that it is told. Contracts that several modules hold are shared
first in, first out.
"""

from dataclasses import replace

from engine.core.errors import LedgerFault
from engine.core.money import UNIT, Money, usd
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind, BrokerActivity
from engine.domain.instrument import OptionContract, parse_instrument
from engine.domain.position import Lot, Position
from engine.ledger.lots import Trade, booked, split
from engine.runtime.desk import Desk
from engine.runtime.pausing import tell_if_over_budget
from engine.runtime.power import used_by

_HITS = frozenset({ActivityKind.ASSIGNED, ActivityKind.EXERCISED})
_LEGS = frozenset({*_HITS, ActivityKind.EXPIRED, ActivityKind.CASH_SETTLED})
_TRANSFERS = frozenset({ActivityKind.DEPOSIT, ActivityKind.WITHDRAWAL})


def on_activity(desk: Desk, activity: BrokerActivity) -> None:
    """Book one line of the statement; none ever raises. What is of nobody here shows in the next comparison."""
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
    contract = _contract_of(activity)
    if contract is None:
        what = f"line {activity.number} of the broker's statement ({activity.kind.value} of {activity.instrument!r})"
        desk.alert("", f"{what} cannot be understood and is not booked: compare book and broker", is_urgent=True)
        return
    parts = _parts(desk, contract, activity)
    left = activity.quantity - sum(part.quantity for _, part, _ in parts)
    if left:
        desk.alert("", f"{left} x {contract.occ} ended at the broker and nobody here holds it", is_urgent=True)
    fees = activity.fees
    for position, part, odd in parts:
        # The fee on the first; the broker charges once.
        if record_end(desk, position, contract, replace(part, fees=fees), odd):
            fees = 0
            _tell(desk, position, contract, part)


def _contract_of(activity: BrokerActivity) -> OptionContract | None:
    try:
        found = parse_instrument(activity.instrument)
    except ValueError:
        return None
    return found if isinstance(found, OptionContract) and activity.quantity > 0 else None


def _parts(
    desk: Desk, contract: OptionContract, activity: BrokerActivity
) -> list[tuple[Position, BrokerActivity, Money]]:
    """Each holder with its part of the line, and with its part of the cash by which the line is not at the strike.

    Holders are of the right side, oldest lot first. What does not divide goes with the last.
    """
    net = sum(position.held(contract) for position in desk.book.positions.values())
    side = {ActivityKind.ASSIGNED: -1, ActivityKind.EXERCISED: 1}.get(activity.kind, net)
    holders = [position for position in desk.book.positions.values() if position.held(contract) * side > 0]
    holders.sort(key=lambda position: min(lot.opened_at for lot in position.lots if lot.contract == contract))
    counts: list[int] = []
    for position in holders:
        counts.append(min(activity.quantity - sum(counts), abs(position.held(contract))))
    counts = [count for count in counts if count]
    shares = _split(activity.shares, counts, activity.quantity)
    if activity.shares:
        cash = [-count * contract.strike for count in shares]
        odd = _split(activity.cash + activity.shares * contract.strike, counts, activity.quantity)
    else:
        cash, odd = _split(activity.cash, counts, activity.quantity), [0] * len(counts)
    parts = [
        replace(activity, quantity=quantity, shares=count, cash=amount)
        for quantity, count, amount in zip(counts, shares, cash, strict=True)
    ]
    return list(zip(holders, parts, odd, strict=False))


def _split(amount: int, counts: list[int], whole: int) -> list[int]:
    """An amount by counts out of a whole; the last takes the rest of what is theirs together."""
    parts = [amount * count // whole for count in counts]
    if parts:
        parts[-1] += amount * sum(counts) // whole - sum(parts)
    return parts


def record_end(desk: Desk, position: Position, contract: OptionContract, part: BrokerActivity, odd: Money = 0) -> bool:
    """Record that contracts of a position ended, with what that leaves of its buying power; False where none can tell.

    `part` is the position's part of a line, its shares at the strike; `odd` is what the broker's cash differs by.
    """
    hit, rest = _parted(position, contract, part.quantity, part.kind)
    trades = [Trade(contract, -part.quantity if position.held(contract) > 0 else part.quantity, 0)]
    if part.shares:
        trades.append(Trade(None, part.shares, -part.cash // part.shares))
    try:
        used = used_by(desk, position.symbol, position.module_id, booked(hit, trades, desk.now).lots)
        used_rest = used_by(desk, position.symbol, position.module_id, rest)
    except LedgerFault as fault:
        words = f"the end of {part.quantity} x {contract.occ} is not booked ({fault}): compare book and broker"
        desk.alert(position.module_id, words, is_urgent=True)
        return False
    if odd:
        _book_odd(desk, position, contract, part, odd)
    desk.record(
        ev.LegSettled(
            position.position_id, contract, part.quantity, part.kind, part.shares, part.cash, part.fees, part.price,
            used, used_rest, desk.book.next_position_id if rest else "", part.number,
        )
    )  # fmt: skip
    return True


def _book_odd(desk: Desk, position: Position, contract: OptionContract, part: BrokerActivity, odd: Money) -> None:
    """Before the contracts end: what has ended takes no cash any more."""
    why = f"the broker's cash for {part.quantity} x {contract.occ} differs from the strike by {usd(odd)}"
    module_id, position_id = position.module_id, position.position_id
    desk.record(ev.CashBooked(ActivityKind.ROUNDING, module_id, position_id, contract.occ, odd, why, part.number))
    desk.alert(module_id, why, is_urgent=True)


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


def _tell(desk: Desk, position: Position, contract: OptionContract, part: BrokerActivity) -> None:
    module_id, words = position.module_id, f"{part.quantity} x {contract.occ}"
    match part.kind:
        case ActivityKind.EXPIRED:
            desk.alert(module_id, f"{words} expired worthless")
        case ActivityKind.CASH_SETTLED:
            desk.alert(module_id, f"{words} was settled in cash")
        case _:
            verb = "was assigned" if part.kind is ActivityKind.ASSIGNED else "was exercised"
            side = "bought" if part.shares > 0 else "sold"
            price = f"{contract.strike / UNIT:,.2f}"
            desk.alert(module_id, f"{words} {verb}: {abs(part.shares)} shares {side} at {price}", is_urgent=True)
            _warn_of_consequences(desk, module_id, contract.underlying)


def _warn_of_consequences(desk: Desk, module_id: str, symbol: str) -> None:
    """Short stock wants covering; a module that is over its budget may only reduce."""
    if module_id not in desk.book.modules:
        return
    short = sum(position.shares for position in desk.book.positions_of(module_id) if position.symbol == symbol)
    if short < 0:
        desk.alert(module_id, f"short {-short} shares of {symbol}: buy them back, dividends are owed", is_urgent=True)
    tell_if_over_budget(desk, module_id)


# --- cash ------------------------------------------------------------------------------------------------------------
def _share_out(desk: Desk, activity: BrokerActivity) -> None:
    """A dividend goes by signed shares over everybody, short ones pay; borrow is of the short ones alone.

    What is left goes with the last; without anybody it is EXTERNAL.
    """
    is_dividend = activity.kind is ActivityKind.DIVIDEND
    holders = [
        (position, shares)
        for position in desk.book.positions.values()
        if position.symbol == activity.instrument and ((shares := position.held(None)) < 0 or (shares and is_dividend))
    ]
    held = sum(shares for _, shares in holders)
    if not holders:
        _book(desk, activity, EXTERNAL, "", activity.cash)
    if is_dividend and held != activity.quantity:
        words = f"the dividend of {activity.instrument} is for {activity.quantity} shares and {held} are held"
        desk.alert("", f"{words}: what does not fit went to {holders[-1][0].module_id if holders else EXTERNAL}")
    # A broker counts long and short shares together, so what is short here may be more than it charges for.
    whole = activity.quantity if is_dividend else held
    left = activity.cash
    for number, (position, shares) in enumerate(holders, start=1):
        rate_known = is_dividend and activity.price
        part = activity.price * shares if rate_known else activity.cash * shares // (whole or 1)
        amount = left if number == len(holders) else part
        _book(desk, activity, position.module_id, position.position_id, amount)
        left -= amount


def _book(desk: Desk, activity: BrokerActivity, module_id: str, position_id: str, amount: Money) -> None:
    kind = activity.kind if activity.kind not in _LEGS else ActivityKind.FEE
    what = activity.kind.value.lower().replace("_", " ")
    desk.record(
        ev.CashBooked(
            kind, module_id, position_id, activity.instrument, amount, f"{what} of {activity.instrument}",
            activity.number,
        )
    )  # fmt: skip
