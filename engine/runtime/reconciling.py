"""Reconciliation: the broker's account against the sum of the modules and EXTERNAL, at start, on a timer, after gaps.

One look may catch an order on its way, so a difference counts when it is still there at a second look. Then its
underlying is halted, and the user is asked whose it is; nothing is ever traded to repair it.
"""

import datetime as dt
import logging

from engine.core.calendar import NEW_YORK, expiry_at, market_day, next_session, session_at
from engine.core.errors import DenialCode
from engine.core.money import UNIT, Money, usd
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.account import (
    CASH_ID,
    EXTERNAL,
    ActivityKind,
    BrokerAccount,
    BrokerActivity,
    Difference,
    Resolution,
)
from engine.domain.denial import Denial
from engine.domain.instrument import MULTIPLIER, OptionContract, parse_instrument
from engine.domain.order import OrderStatus
from engine.domain.position import Position
from engine.execution.reconcile import compare, symbol_of
from engine.ledger.lots import Trade, booked
from engine.runtime.desk import Desk
from engine.runtime.lifecycle import record_end
from engine.runtime.power import used_by
from engine.runtime.transfers import resume_transfers

_log = logging.getLogger(__name__)

INTERVAL = dt.timedelta(minutes=5)
"""Of market time, between two comparisons."""

SECOND_LOOK = dt.timedelta(seconds=10)

RETRY = dt.timedelta(seconds=5)

PATIENCE = 2 * INTERVAL
"""How long a comparison may be due; then book and broker count as not compared, and nothing is opened."""

TOLD_BY = dt.time(7)
"""New York time by which a broker has told what became of contracts that expired the day before."""

Denials = tuple[Denial, ...]


def ask_if_due(desk: Desk) -> None:
    """Ask the broker for its account when that is due."""
    if desk.reconcile_at is None or desk.reconcile_at > desk.now:
        return
    desk.unheard_since = desk.unheard_since or desk.now
    if desk.is_reconciled and desk.now - desk.unheard_since > PATIENCE:
        desk.is_reconciled = False
        why = "the broker tells no account that can be compared with the books"
        desk.alert("", f"Nothing more is opened: {why}, since {desk.unheard_since:%H:%M} UTC", is_urgent=True)
    desk.reconcile_at = desk.now + RETRY
    resume_transfers(desk)
    desk.after_commit(lambda: _ask(desk))


def _ask(desk: Desk) -> None:
    try:
        desk.broker.ask_account(desk.now)
    except Exception:  # noqa: BLE001 - it is asked again; until then nothing is taken for clean
        desk.is_reconciled = False
        _log.warning("the broker's account could not be asked for")


def on_account(desk: Desk, account: BrokerAccount) -> None:
    """Compare an account that the broker told. Statement lines that are not booked yet come first."""
    newest = desk.account
    if newest is not None and account.as_of < newest.as_of:
        return  # an older one that was overtaken
    desk.account = account
    if not account.is_complete or account.activity > desk.book.activity_floor:
        desk.reconcile_at = min(desk.reconcile_at or desk.now + RETRY, desk.now + RETRY)
        return
    book, on_the_way = desk.book, _symbols_on_the_way(desk)
    _settle_netted(desk, account, on_the_way)
    ignored = {name: quantity for name, quantity in book.ignored.items() if not _is_over(name, account.as_of)}
    found = compare(book.instruments(), book.broker_cash, account, ignored)
    found = {name: each for name, each in found.items() if each.symbol not in on_the_way}
    if on_the_way:
        found.pop(CASH_ID, None)
    confirmed = {name: each for name, each in found.items() if desk.suspects.get(name) == each}
    desk.suspects = found
    if found.keys() - confirmed.keys():
        desk.reconcile_at = desk.now + SECOND_LOOK
        _ask_about_orders(desk, {each.symbol for each in found.values()})
        return
    desk.unheard_since = None
    desk.reconcile_at = desk.now + INTERVAL if session_at(desk.now) else next_session(desk.now).opens
    _conclude(desk, account, confirmed, is_whole=not on_the_way)


def _ask_about_orders(desk: Desk, symbols: set[str]) -> None:
    """Ask what became of live orders where the account differs: a fill that nobody told may be all there is to it."""
    for order in desk.book.orders.values():
        if order.structure.symbol in symbols and order.status is not OrderStatus.INTENT:
            desk.ask_at.setdefault(order.order_id, desk.now)


def _is_over(instrument: str | OptionContract, at: dt.datetime) -> bool:
    """Whether it is a contract that expired so long ago that the broker has told its end, if it ever does."""
    contract = _contract_of(instrument) if isinstance(instrument, str) else instrument
    if contract is None:
        return False
    morning = market_day(expiry_at(contract.expiration)) + dt.timedelta(days=1)
    return at >= dt.datetime.combine(morning, TOLD_BY, NEW_YORK)


def _contract_of(instrument: str) -> OptionContract | None:
    """The option that is meant; None for shares, cash and what cannot be read."""
    try:
        found = parse_instrument(instrument)
    except ValueError:
        return None
    return found if isinstance(found, OptionContract) else None


def _settle_netted(desk: Desk, account: BrokerAccount, on_the_way: set[str]) -> None:
    """End expired contracts that these books hold on two sides: to the broker they are nothing, it never tells of them.

    Long and short settle with each other in cash at what the contract is worth at the underlying's newest price.
    """
    holders: dict[OptionContract, list[Position]] = {}
    for position in desk.book.positions.values():
        for contract in {lot.contract: None for lot in position.lots if lot.contract is not None}:
            holders.setdefault(contract, []).append(position)
    for contract, positions in holders.items():
        net = sum(position.held(contract) for position in positions)
        if net or account.positions.get(contract.occ, 0) or not _is_over(contract, account.as_of):
            continue
        spot = desk.market.spot(contract.underlying)
        if spot is None or contract.underlying in on_the_way:
            continue
        for position in positions:
            # As it is now: another contract of it may have ended a moment ago.
            _settle_one(desk, desk.book.positions[position.position_id], contract, spot)


def _settle_one(desk: Desk, position: Position, contract: OptionContract, spot: Money) -> None:
    inside = contract.inside(spot)
    held = position.held(contract)
    cash = held * MULTIPLIER * max(0, inside)
    part = BrokerActivity(0, ActivityKind.CASH_SETTLED, desk.now, contract.occ, abs(held), 0, cash, price=spot)
    if record_end(desk, position, contract, part):
        words = f"{abs(held)} x {contract.occ} expired, held long and short in these books and not at the broker"
        brought = f"it {'paid' if cash < 0 else 'brought'} {usd(abs(cash))}"
        price = f"with {contract.underlying} at {spot / UNIT:,.2f}"
        desk.alert(position.module_id, f"{words}: settled at its value, {brought}, {price}", is_urgent=True)


def _conclude(desk: Desk, account: BrokerAccount, found: dict[str, Difference], *, is_whole: bool) -> None:
    book = desk.book
    differences = found if is_whole else {**book.differences, **found}
    is_first = not desk.is_reconciled
    desk.is_reconciled = True
    if differences == book.differences and not is_first:
        return
    # What is missing counts: the two sides of a difference in cash move with every trade.
    before = {name: each.missing for name, each in book.differences.items()}
    new = [each for name, each in differences.items() if before.get(name) != each.missing]
    listed = tuple(differences[name] for name in sorted(differences))
    desk.record(ev.AccountReconciled(listed, account.cash, book.broker_cash, account.activity))
    for each in new:
        unit = "" if each.instrument != CASH_ID else " (1/10,000 USD)"
        desk.alert(
            "",
            f"Book and broker differ in {each.instrument}: {each.ledger} here, {each.broker} there{unit}. "
            "Say whose it is; nothing is opened in it until then",
            is_urgent=True,
        )


def _symbols_on_the_way(desk: Desk) -> set[str]:
    """Underlyings in which an order was sent or changed so lately that a fill may not have been told yet."""
    return {
        order.structure.symbol
        for order in desk.book.orders.values()
        if order.status is not OrderStatus.INTENT
        and (order.status is OrderStatus.UNKNOWN or desk.now - (order.changed_at or desk.now) < SECOND_LOOK)
    }


def resolve(desk: Desk, command: cmd.ResolveDifference) -> Denials:
    """Book a difference as the person says: split among modules and EXTERNAL, or ignored from here on."""
    book, about = desk.book, {"instrument": command.instrument}
    difference = book.differences.get(command.instrument)
    if difference is None:
        return (Denial(DenialCode.UNKNOWN_DIFFERENCE, facts={**about}),)
    refused = _cannot_be_said(desk, command, difference)
    if refused is not None:
        return (refused,)
    split = {EXTERNAL: difference.missing} if command.how is Resolution.IGNORE else command.split
    owners = {EXTERNAL} if command.instrument == CASH_ID else {EXTERNAL, *book.modules}
    strangers = sorted(split.keys() - owners)
    if strangers:
        return (Denial(DenialCode.UNKNOWN_MODULE, strangers[0], facts={**about}),)
    same_way = all(quantity * difference.missing > 0 for quantity in split.values())
    if sum(split.values()) != difference.missing or not same_way:
        return (Denial(DenialCode.SUM_MISMATCH, sum(split.values()), difference.missing, "contracts", {**about}),)
    price = _price(desk, command.instrument)
    if price is None and command.how is Resolution.ASSIGN:
        return (Denial(DenialCode.DATA_STALE, facts={**about, "why": "no price to book it at"}),)
    for module_id, whole in split.items():
        for quantity in _steps(desk, module_id, command, whole):
            used = 0
            if command.how is Resolution.ASSIGN and command.instrument != CASH_ID:
                used = _used_after(desk, module_id, command.instrument, quantity, price or 0)
            desk.record(
                ev.DifferenceResolved(
                    command.instrument, quantity, price or 0, command.how, module_id, used, command.who,
                    command.why.strip(),
                )
            )  # fmt: skip
    desk.suspects.pop(command.instrument, None)
    desk.reconcile_at = desk.now
    return ()


def _cannot_be_said(desk: Desk, command: cmd.ResolveDifference, difference: Difference) -> Denial | None:
    """What refuses a person's word about a difference, whoever it would go to."""
    if not command.why.strip():
        return Denial(DenialCode.REASON_MISSING, facts={"instrument": command.instrument})
    if command.how is Resolution.IGNORE and difference.ledger and _is_over(command.instrument, desk.now):
        words = "it has expired and the broker will tell no more of it: say whose it is, so that it ends in the books"
        return Denial(DenialCode.ORDER_STATE, words, facts={"instrument": command.instrument})
    others = sorted(desk.book.differences.keys() - {CASH_ID})
    if command.instrument == CASH_ID and others:
        # What is taken in is booked with the cash that it cost: said of the cash before, that would be booked twice.
        words = f"say first whose {', '.join(others)} is: what it cost is part of the difference in cash"
        return Denial(DenialCode.ORDER_STATE, words, facts={"instrument": command.instrument})
    return None


def _price(desk: Desk, instrument: str) -> Money | None:
    """What to book it at, a share: the middle of the newest quote; of a contract that is over, what it is worth."""
    if instrument == CASH_ID:
        return 0
    try:
        found = parse_instrument(instrument)
    except ValueError:
        return None
    if isinstance(found, OptionContract) and _is_over(found, desk.now):
        # Nobody quotes it any more, and it must end in the books all the same.
        spot = desk.market.spot(found.underlying)
        return None if spot is None else max(0, found.inside(spot))
    quote = desk.market.quote(found) if isinstance(found, OptionContract) else desk.market.stock(found)
    return None if quote is None else quote.mid


def _steps(desk: Desk, module_id: str, command: cmd.ResolveDifference, whole: int) -> list[int]:
    """What of a quantity closes each position of the other side, oldest first, and what is left for a new one."""
    if command.how is not Resolution.ASSIGN or command.instrument == CASH_ID:
        return [whole]
    left, steps = whole, list[int]()
    for _, held in _opposite(desk, module_id, command.instrument, whole):
        done = min(abs(left), abs(held)) * (1 if whole > 0 else -1)
        steps.append(done)
        left -= done
    return [step for step in (*steps, left) if step]


def _opposite(desk: Desk, module_id: str, instrument: str, quantity: int) -> list[tuple[Position, int]]:
    """Positions of a module that hold the other side of something, oldest first, and how much of it."""
    contract, symbol = _contract_of(instrument), symbol_of(instrument)
    holding = [(each, each.held(contract)) for each in desk.book.positions_of(module_id) if each.symbol == symbol]
    return [(position, held) for position, held in holding if held * quantity < 0]


def _used_after(desk: Desk, module_id: str, instrument: str, quantity: int, price: Money) -> Money:
    """Buying power of what the module then holds of it by itself."""
    trade = Trade(_contract_of(instrument), quantity, price)
    enough = (each for each, held in _opposite(desk, module_id, instrument, quantity) if abs(held) >= abs(quantity))
    first = next(enough, None)
    lots = () if first is None else first.lots
    return used_by(desk, symbol_of(instrument), module_id, booked(lots, [trade], desk.now).lots)
