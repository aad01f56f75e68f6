"""A clerk who also books what no plain order does: legs by themselves, rolls, expiry, assignment, cash, busts."""

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL, ActivityKind
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.order import Order, OrderPurpose
from engine.domain.position import Lot
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.lots import Trade, booked, split
from engine.runtime.order_reports import ended_trade
from tests.builders import ALPHA, Clerk, plain_used


class BackOffice(Clerk):
    """Writes everything that changes positions and cash; figures that the engine works out come from plain rules."""

    def fill_legs(self, order_id: str, quantities: tuple[int, ...], prices: tuple[str, ...]) -> None:
        """Fill legs of an order by themselves: signed contracts, and prices a share in dollars."""
        live = self.ledger.book.orders[order_id]
        done = tuple(
            before + now for before, now in zip(live.legs_done or (0,) * len(live.trades), quantities, strict=True)
        )
        whole = min(count // leg.ratio for count, leg in zip(done, live.trades, strict=True))
        at = tuple(dollars(price) for price in prices)
        self.record(
            ev.OrderFilled(
                order_id, whole - live.filled, whole, 0, at,
                self._commission * sum(abs(count) for count in quantities),
                used=self._used(live, quantities, at), leg_quantities=quantities,
            )
        )  # fmt: skip

    def roll(self, position_id: str, new: tuple[Leg, ...], price: str, quantity: int | None = None) -> str:
        """Exchange all legs of a position (of so many units) for others at a net price a share; the order's id."""
        book = self.ledger.book
        held = book.positions[position_id]
        old = tuple(Leg(leg.contract, -leg.ratio) for leg in held.structure.legs)
        order_id = self.intend(
            module_id=held.module_id,
            position_id=position_id,
            purpose=OrderPurpose.ROLL,
            structure=Structure(StructureKind.CUSTOM, (*old, *new)),
            quantity=held.quantity if quantity is None else quantity,
            hold=0,
        )
        self.fill(order_id, price)
        return order_id

    def end(
        self,
        position_id: str,
        which: OptionContract,
        kind: ActivityKind,
        spot: str,
        contracts: int = 1,
        fees: str = "0",
    ) -> str:
        """Contracts ended at the broker; the id of the position that they were taken from or split off into."""
        book = self.ledger.book
        held = book.positions[position_id]
        count, price = held.held(which), dollars(spot)
        is_hit = kind in (ActivityKind.ASSIGNED, ActivityKind.EXERCISED)
        buys = (which.right is Right.CALL) == (count > 0)
        shares = (contracts if buys else -contracts) * MULTIPLIER if is_hit else 0
        worth = max(0, price - which.strike if which.right is Right.CALL else which.strike - price)
        cash = (contracts if count > 0 else -contracts) * MULTIPLIER * worth
        if is_hit:
            cash = -shares * which.strike
        elif kind is ActivityKind.EXPIRED:
            cash = 0
        ratio = next((abs(leg.ratio) for leg in held.structure.legs if leg.contract == which), 1)
        units, odd = divmod(contracts, ratio)
        new = book.next_position_id if is_hit and not odd and 0 < units < held.quantity else ""
        hit, rest = held.lots, tuple[Lot, ...]()
        if new:
            wanted: dict[OptionContract | None, int] = {leg.contract: leg.ratio * units for leg in held.structure.legs}
            if held.structure.shares:
                wanted[None] = held.structure.shares * units
            hit, rest = split(held.lots, wanted)
        trades = [Trade(which, -contracts if count > 0 else contracts, 0)]
        trades += [Trade(None, shares, which.strike)] if shares else []
        after = booked(hit, trades, self.at).lots
        self.record(
            ev.LegSettled(
                position_id, which, contracts, kind, shares, cash, dollars(fees), price,
                plain_used(after), plain_used(rest), new,
            )
        )  # fmt: skip
        return new or position_id

    def deposit(self, amount: str) -> None:
        """Cash comes in (negative: goes out), at the price of a unit of now."""
        book, cash = self.ledger.book, dollars(amount)
        self.record(ev.CashDeposited(cash, cash * book.units // book.nav, "user", ""))

    def cash(self, kind: ActivityKind, amount: str, module_id: str = ALPHA, position_id: str = "") -> None:
        """Dividends, interest, borrow, fees: positive came in."""
        symbol = self.ledger.book.positions[position_id].symbol if position_id else "USD"
        self.record(ev.CashBooked(kind, module_id, position_id, symbol, dollars(amount), ""))

    def breaks_in(self, live: Order) -> str:
        """The module in which a broken fill of an order is undone: whose position it is, or last was."""
        self.ledger.commit()
        held = self.ledger.book.positions.get(live.position_id)
        ended = (
            None if held is not None else ended_trade(self.ledger.closed(), live.position_id, self.ledger.book.lineages)
        )
        module_id = held.module_id if held is not None else ended.module_id if ended is not None else live.module_id
        return module_id if module_id in self.ledger.book.modules else EXTERNAL

    def bust(self, filled: ev.OrderFilled, live: Order, used: str = "0") -> str:
        """The broker breaks what a fill of an order did; the id of the position that this changes."""
        self.ledger.commit()
        book = self.ledger.book
        ended = (
            None
            if live.position_id in book.positions
            else ended_trade(self.ledger.closed(), live.position_id, self.ledger.book.lineages)
        )
        position_id = live.position_id if live.position_id in book.positions else book.next_position_id
        counts = filled.leg_quantities or tuple(leg.ratio * filled.quantity for leg in live.trades)
        legs = tuple(
            (Leg(leg.contract, count), price)
            for leg, count, price in zip(live.trades, counts, filled.leg_prices, strict=bool(live.trades))
            if count
        )
        shares = live.structure.shares * live.side * filled.quantity
        self.record(
            ev.FillReversed(
                live.order_id, self.breaks_in(live), position_id, live.structure,
                tuple(leg for leg, _ in legs), shares,
                tuple(price for _, price in legs) or filled.leg_prices,
                filled.commission, filled.fees, dollars(used), "broken by the exchange", "",
                *(("", 0, None, None) if ended is None else (ended.lineage, ended.net, ended.best, ended.worst)),
            )
        )  # fmt: skip
        return position_id
