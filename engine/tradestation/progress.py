"""How far an order of ours has come, by one of their frames: contracts of each leg, prices, costs, and where it stands.

Frames are whole and cumulative, so one that comes twice, late or after a gap says the same or less. Their legs may come
in another order, doubled, or short of the top's status; each is matched by its symbol and side.
"""

from dataclasses import dataclass
from decimal import Decimal

from engine.core.money import Money, dollars, round_half_up
from engine.domain.order import Order
from engine.tradestation.frames import OrderFrame, OrderLeg, Parked
from engine.tradestation.statuses import Standing, standing_of
from engine.tradestation.symbols import instrument_of


@dataclass(frozen=True, slots=True)
class Progress:
    """What a frame says of an order."""

    standing: Standing | None
    """None: a word that says nothing certain."""
    done: tuple[int, ...]
    """Signed contracts so far of each leg as the order trades it; of shares alone one number, in shares."""
    prices: tuple[Money | None, ...]
    """Average price a share of what was done of each leg; None where nothing was."""
    limit: Money | None
    costs: Money | None
    """Commission and route fees so far."""
    is_closed: bool
    """Whether they give it a time of its end: a final status without one may still be followed by fills."""
    words: str

    @property
    def is_even(self) -> bool:
        """Whether all legs have come equally far."""
        return len(set(self.units)) <= 1

    units: tuple[int, ...] = ()
    """Whole units of each leg that are done."""


def progress(order: Order, frame: OrderFrame) -> Progress | Parked:
    """What a frame says of an order; Parked where it is about something else, or of more than was ordered."""
    wanted = [(leg.contract.occ, leg.ratio) for leg in order.trades] or [
        (order.structure.symbol, order.structure.shares * order.side)
    ]
    done: list[int] = []
    prices: list[Money | None] = []
    theirs = _by_leg(frame.legs)
    if theirs is None:
        return Parked("a leg that cannot be read", frame.order_id or "")
    if strangers := theirs.keys() - {(name, ratio > 0) for name, ratio in wanted}:
        return Parked(f"a leg that is not in {order.order_id}: {sorted(name for name, _ in strangers)}")
    for name, ratio in wanted:
        legs = theirs.get((name, ratio > 0), [])
        count = max((_whole(leg.exec_quantity) for leg in legs), default=0)
        if count < 0:
            return Parked(f"{name}: an executed quantity that is no whole number")
        if count > abs(ratio) * order.quantity:
            return Parked(f"{count} of {abs(ratio) * order.quantity} of {name} executed")
        done.append(count if ratio > 0 else -count)
        found = next((leg.execution_price for leg in legs if _whole(leg.exec_quantity) == count), None)
        prices.append(None if not count else _money(found))
    if any(count and price is None for count, price in zip(done, prices, strict=True)):
        return Parked(f"{order.order_id}: executed, and no price of it")
    return Progress(
        standing=standing_of(frame.status or ""),
        done=tuple(done),
        prices=tuple(prices),
        limit=_limit(order, frame),
        costs=_costs(frame),
        is_closed=frame.closed_date_time is not None,
        words=frame.reject_reason or frame.status_description or frame.status or "",
        units=tuple(abs(count) // abs(ratio) for count, (_, ratio) in zip(done, wanted, strict=True)),
    )


def _by_leg(legs: tuple[OrderLeg, ...]) -> dict[tuple[str, bool], list[OrderLeg]] | None:
    """Their legs by instrument and side (True: bought)."""
    found: dict[tuple[str, bool], list[OrderLeg]] = {}
    for leg in legs:
        instrument = None if leg.symbol is None else instrument_of(leg.symbol)
        side = (leg.buy_or_sell or "").upper()
        if instrument is None or not side.startswith(("BUY", "SELL")):
            return None
        name = instrument if isinstance(instrument, str) else instrument.occ
        found.setdefault((name, side.startswith("BUY")), []).append(leg)
    return found


def _whole(count: Decimal | None) -> int:
    """A count of contracts or shares; -1 for what is none."""
    if count is None:
        return 0
    return int(count) if count >= 0 and count == count.to_integral_value() else -1


def _money(price: Decimal | None) -> Money | None:
    """A price a share; averages of several fills have more digits than a price, and go to the nearest 1/10,000."""
    return None if price is None else round_half_up(price * 10_000)


def _limit(order: Order, frame: OrderFrame) -> Money | None:
    if frame.limit_price is None:
        return None
    try:
        limit = dollars(frame.limit_price)
    except ValueError:
        return None
    # Of shares they tell a price, of which we sell for a credit.
    return -limit if not order.structure.legs and order.structure.shares * order.side < 0 else limit


def _costs(frame: OrderFrame) -> Money | None:
    parts = [each for each in (frame.commission_fee, frame.unbundled_route_fee) if each is not None]
    return None if frame.commission_fee is None else _money(sum(parts, Decimal(0)))
