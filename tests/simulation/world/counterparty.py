"""The broker's side: a paper broker that breaks trades, is traded at by others, assigns early; and the wire to it."""

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.core.calendar import expiry_at, market_day
from engine.core.money import Money
from engine.domain.account import ActivityKind
from engine.domain.broker_reports import BrokerFillBroken, BrokerFilled, BrokerReport
from engine.domain.order import Order, OrderPurpose, OrderStatus
from engine.domain.ports import QuoteSource
from engine.domain.structure import shares_of
from engine.execution.faults import FaultyBroker
from engine.execution.paper import PaperBroker
from engine.execution.paper_account import share_price
from engine.execution.paper_fills import happens
from engine.execution.paper_lifecycle import Lifecycle
from engine.execution.paper_state import Decided, Filled, State, Taken, is_option, option_of
from tests.simulation.world.storage import Death


@dataclass(frozen=True, slots=True)
class HarshLife(Lifecycle):
    """Nights in which any short option may be assigned, as holders are free to."""

    early_pct: int = 0
    fired: Counter[str] | None = None

    def early(self, state: State, day: dt.date, quotes: QuoteSource) -> list[Decided]:
        """Those that the rules would assign, and some others."""
        found = Lifecycle.early(self, state, day, quotes)
        names = {each.instrument for each in (*found, *state.decided)}
        for name, held in sorted(state.positions.items()):
            if held > 0 or not is_option(name) or name in names:
                continue
            contract = option_of(name)
            price = share_price(contract.underlying, quotes)
            if price is None or market_day(expiry_at(contract.expiration)) <= day:
                continue
            hit = sum(happens(self.early_pct, self.seed, "harsh", name, day, unit) for unit in range(-held))
            if hit:
                found.append(Decided(name, ActivityKind.ASSIGNED, hit, (price + 50) // 100 * 100))
                if self.fired is not None:
                    self.fired["early assignment"] += 1
        return found


class Bureau:
    """A Broker: the paper broker, and what its clerks and other people do in the account."""

    def __init__(self, paper: PaperBroker, fired: Counter[str]) -> None:
        self.paper, self._fired = paper, fired
        self._says: list[tuple[dt.datetime, BrokerReport]] = []

    def next_at(self) -> dt.datetime | None:
        """As the broker, or when a clerk has something to say."""
        due = [at for at, _ in self._says]
        inner = self.paper.next_at()
        return min(due if inner is None else [*due, inner], default=None)

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """As the broker, and what the clerks say."""
        told = [report for at, report in self._says if at <= now]
        self._says = [each for each in self._says if each[0] > now]
        return (*self.paper.poll(now, quotes), *told)

    def break_trade(self, known: Callable[[str, int], bool], which: int, now: dt.datetime) -> bool:
        """Break one trade of an order that has ended in our books with all of its fills; False when there is none."""
        state = self.paper._state
        broken = {name.split("-")[1] for name in state.tickets if name.startswith("BUST-")}
        # What expires or is assigned this night was decided at the close: no clerk takes it back before the morning.
        decided = {each.instrument for each in state.decided}
        fills = [
            (ticket.order, fill)
            for order_id, ticket in state.tickets.items()
            if ticket.status.is_final
            and ticket.fills
            and known(order_id, ticket.filled)
            and order_id not in broken
            and decided.isdisjoint(leg.contract.occ for leg in ticket.order.structure.legs)
            for fill in ticket.fills
        ]
        if not fills:
            return False
        order, fill = fills[which % len(fills)]
        commission, fees, units = fill.commission or 0, fill.fees or 0, fill.quantity
        name = f"BUST-{order.order_id}-{state.number + 1}"
        # Undone by the same package in reverse at the same prices: contracts, cash and costs are as they were before.
        purpose = OrderPurpose.OPEN if order.side < 0 else OrderPurpose.CLOSE
        reverse = replace(order, order_id=name, purpose=purpose, quantity=units, status=OrderStatus.INTENT, filled=0)
        self._book(reverse, BrokerFilled(name, units, -fill.net_price, fill.leg_prices, units, -commission, -fees), now)
        report = BrokerFillBroken(
            name, order.order_id, units, fill.net_price, fill.leg_prices, commission, fees, "an error"
        )
        self._says.append((now, report))
        self._fired["broken trade"] += 1
        return True

    def foreign_trade(self, symbol: str, shares: int, price: Money, now: dt.datetime) -> None:
        """Somebody trades shares in the account from elsewhere."""
        name = f"ELSEWHERE-{self.paper._state.number + 1}"
        structure, units = shares_of(symbol, is_long=shares > 0), abs(shares)
        net = price if shares > 0 else -price
        order = Order(name, "", "", OrderPurpose.OPEN, structure, units, net, net, 0, now, "")
        self._book(order, BrokerFilled(name, units, net, (price,), units, 0, 0), now)
        self._fired["foreign trade"] += 1

    def foreign_cash(self, amount: Money, now: dt.datetime) -> None:
        """Cash comes or goes that nobody told the program of."""
        if amount > 0:
            self.paper.deposit(amount, now)
        elif self.paper._needs is None or self.paper.withdraw(-amount, now):
            return
        self._fired["foreign cash"] += 1

    def _book(self, order: Order, fill: BrokerFilled, now: dt.datetime) -> None:
        """A trade in the account that no order of ours has made."""
        kept = self.paper._kept
        self.paper._begin(now)
        kept.record(Taken(self.paper._state.number + 1, order, now, now))
        kept.record(Filled(fill, now, now))  # kept in the file with whatever is told next

    def __getattr__(self, name: str) -> object:
        return getattr(self.paper, name)


class Wire:
    """What the kernel holds in hand: the faulty line, watched, with the points at which the process may end."""

    def __init__(self, line: FaultyBroker, death: Death, watch: Callable[[str, str], None]) -> None:
        self.line, self._death, self._watch = line, death, watch
        self.sent: Callable[[Order], None] = lambda _order: None

    def submit(self, order: Order, now: dt.datetime) -> None:
        """Watched: the intent must be durable, and this the first time."""
        self._death.at("before submit")
        self.sent(order)
        self.line.submit(order, now)
        self._death.at("after submit")

    def replace(self, order_id: str, limit: Money, now: dt.datetime) -> None:
        """Watched: no opening is made more eager after a stop."""
        self._death.at("before replace")
        self._watch("replace", order_id)
        self.line.replace(order_id, limit, now)

    def cancel(self, order_id: str, now: dt.datetime) -> None:
        """As the line."""
        self._death.at("before cancel")
        self.line.cancel(order_id, now)
        self._death.at("after cancel")

    def ask(self, order_id: str, now: dt.datetime) -> None:
        """As the line."""
        self._death.at("before question")
        self.line.ask(order_id, now)

    def ask_account(self, now: dt.datetime) -> None:
        """As the line."""
        self._death.at("before question")
        self.line.ask_account(now)

    def poll(self, now: dt.datetime, quotes: QuoteSource) -> tuple[BrokerReport, ...]:
        """As the line; what was heard may be lost with the process."""
        told = self.line.poll(now, quotes)
        if told:
            self._death.at("after poll")
        return told

    def __getattr__(self, name: str) -> object:
        return getattr(self.line, name)
