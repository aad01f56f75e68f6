"""An accountant who keeps books of his own from the events alone, and holds the program's books against them."""

from collections import Counter, defaultdict
from typing import Any

from engine.core.money import Money
from engine.domain import events as ev
from engine.domain.account import CASH_ID, EXTERNAL, Resolution
from engine.domain.events import Event
from engine.domain.instrument import MULTIPLIER, OptionContract
from engine.domain.position import Position, PositionStatus
from engine.ledger.book import Book
from engine.ledger.book_state import TradeStats
from engine.ledger.entries import PNL_ACCOUNTS, Account
from engine.ledger.ledger import Ledger
from engine.ledger.lots import named
from tests.back_office import BackOffice
from tests.builders import NOW, created


class Auditor(BackOffice):
    """Everything that is recorded goes into a second book too, and into plain sums of cash and contracts."""

    def __init__(self, ledger_: Ledger) -> None:
        super().__init__(ledger_)
        self.twin = Book()
        self.ended: list[Position] = []
        self.judged: dict[str, str] = {}
        """Lineage that ended -> the module that it counted for, "" where that keeps no record."""
        self.cash_seen = self.flows = ledger_.book.capital
        self.held_seen: Counter[str] = Counter()
        self.last: Event | None = None
        self.apart: list[Money] = []
        """Results that belong to no position: cash, and what a module made of one that then left it at its mark."""
        self.twin.apply(1, NOW, created())

    def record(self, event: Event) -> None:
        """Record it, and reckon for oneself."""
        self._reckon(event)
        super().record(event)
        applied = self.twin.apply(self.ledger.book.seq, self.at, event)
        assert sum(row.amount for row in applied.postings) == 0
        self.last = event
        if isinstance(event, ev.FillReversed):
            self.judged.pop(event.lineage, None)  # its end is broken
        for held in applied.closed:
            self.ended.append(held)
            if lineage_of(held) not in self.ledger.book.lineages and held.status is not PositionStatus.BROKEN:
                known = held.module_id in self.ledger.book.modules
                self.judged[lineage_of(held)] = held.module_id if known else ""

    def _reckon(self, event: Event) -> None:  # noqa: C901, PLR0912 - one arm an event, that is all
        """Cash and contracts by the events' own words."""
        book = self.ledger.book
        match event:
            case ev.CashDeposited():
                self.cash_seen += event.amount
                self.flows += event.amount
            case ev.CashBooked():
                self.cash_seen += event.amount
            case ev.OrderFilled():
                order = book.orders[event.order_id]
                self.cash_seen -= event.commission + event.fees
                if order.trades:
                    counts = event.leg_quantities or tuple(leg.ratio * event.quantity for leg in order.trades)
                    for leg, count, price in zip(order.trades, counts, event.leg_prices, strict=True):
                        self._traded(leg.contract.occ, count, price, MULTIPLIER)
                else:
                    count = order.structure.shares * order.side * event.quantity
                    self._traded(order.structure.symbol, count, event.leg_prices[0], 1)
            case ev.FillReversed():
                self.cash_seen += event.commission + event.fees
                for leg, price in zip(event.legs, event.leg_prices, strict=not event.shares):
                    self._traded(leg.contract.occ, -leg.ratio, price, MULTIPLIER)
                if event.shares:
                    self._traded(event.structure.symbol, -event.shares, event.leg_prices[-1], 1)
            case ev.PositionSettled():
                self.cash_seen += event.cash
                for lot in book.positions[event.position_id].lots:
                    assert isinstance(lot.contract, OptionContract)
                    self.held_seen[lot.contract.occ] -= lot.quantity
            case ev.LegSettled():
                self.cash_seen += event.cash - event.fees
                count = book.positions[event.position_id].held(event.contract)
                self.held_seen[event.contract.occ] += event.contracts if count < 0 else -event.contracts
                self.held_seen[event.contract.underlying] += event.shares
            case ev.DifferenceResolved() if event.how is Resolution.ASSIGN:
                if event.instrument == CASH_ID:
                    self.cash_seen += event.quantity
                    self.flows += event.quantity
                else:
                    size = 1 if len(event.instrument) < 10 else MULTIPLIER
                    self._traded(event.instrument, event.quantity, event.price, size)
            case ev.PositionMoved() if event.module_id == EXTERNAL:
                held = book.positions[event.position_id]
                if held.module_id != EXTERNAL:
                    self.apart.append(book.marks[event.position_id] - held.cost)
            case _:
                pass

    def _traded(self, name: str, count: int, price: Money, size: int) -> None:
        self.held_seen[name] += count
        self.cash_seen -= count * price * size

    # --- what must hold after every step -----------------------------------------------------------------------------
    def audit(self) -> None:
        """Everything that must hold, whatever happened."""
        book = self.ledger.book
        assert book == self.twin
        assert book.broker_cash == self.cash_seen
        assert book.instruments() == {name: count for name, count in self.held_seen.items() if count}
        self._accounts(book)
        self._results(book)
        for held in book.positions.values():
            self._position(held)
        for held in self.ended:
            assert (held.quantity, held.cost, held.lots, held.used) == (0, 0, (), 0)
            assert held.realised == held.closing_cash - held.opening_cost
        self._orders(book)
        self._lineages(book)
        assert book.marks.keys() == book.marked_at.keys() == book.positions.keys()
        assert not book.positions.keys() & {held.position_id for held in self.ended}
        assert len({held.position_id for held in self.ended}) == len(self.ended)

    def _accounts(self, book: Book) -> None:
        sums: defaultdict[str, Money] = defaultdict(int)
        for (_, module_id), amount in book.balances.items():
            sums[module_id] += amount
        assert set(sums.values()) == {0}
        assert book.plan.check(book.capital, frozenset(book.modules)) == ()
        assert book.capital == -book.balance(Account.CAPITAL, "")
        for module_id in (*book.module_ids, EXTERNAL):
            cost = sum(held.cost for held in book.positions_of(module_id))
            assert book.balance(Account.POSITIONS, module_id) == cost
            # What a module's cash and positions cost it is what it earned, less what became capital.
            outside = book.balance(Account.OUTSIDE, module_id)
            assert book.balance(Account.CASH, module_id) + cost == book.unsettled(module_id) - outside

    def _results(self, book: Book) -> None:
        names = (*book.module_ids, "", EXTERNAL)
        assert {name for _, name in book.balances} <= set(names)
        total = sum(book.pnl(name) for name in names)
        assert total == book.broker_cash + sum(book.marks.values()) - self.flows
        unsettled = sum(book.pnl(name) - book.balance(Account.SETTLED, name) for name in (*book.module_ids, ""))
        assert book.nav == book.capital + unsettled
        positions = [*book.positions.values(), *self.ended]
        of_positions = sum(held.net_pnl for held in positions)
        apart = sum(self.apart)
        realised = -sum(amount for (account, _), amount in book.balances.items() if account in PNL_ACCOUNTS)
        assert realised == of_positions + apart

    def cash(self, kind: Any, amount: str, module_id: str = "", position_id: str = "") -> None:
        """As the clerk does; what belongs to no position is remembered."""
        super().cash(kind, amount, module_id, position_id)
        if not position_id and isinstance(self.last, ev.CashBooked):
            self.apart.append(self.last.amount)

    @staticmethod
    def _position(held: Position) -> None:
        assert held.lots
        assert all(lot.quantity for lot in held.lots)
        assert len({(lot.contract, lot.quantity > 0) for lot in held.lots}) == len({lot.contract for lot in held.lots})
        assert sum(lot.cost for lot in held.lots) == held.cost
        assert named(held.symbol, held.lots) == (held.structure, held.quantity)
        assert min(held.quantity, held.opened_quantity) > 0
        assert held.realised == held.closing_cash - held.opening_cost + held.cost
        assert held.status.is_open

    @staticmethod
    def _orders(book: Book) -> None:
        for module_id in book.modules:
            live = book.orders_of(module_id)
            assert book.held(module_id) == sum(each.hold * each.remaining for each in live)
        for order in book.orders.values():
            assert not order.status.is_final
            assert order.remaining > 0
            for count, leg in zip(order.legs_done, order.trades, strict=bool(order.legs_done)):
                assert 0 <= count // leg.ratio <= order.quantity

    def _lineages(self, book: Book) -> None:
        live = Counter(lineage_of(held) for held in book.positions.values())
        assert {name: lineage.open for name, lineage in book.lineages.items()} == live
        nets: defaultdict[str, Money] = defaultdict(int)
        for held in self.ended:
            nets[lineage_of(held)] += held.net_pnl
        for name, lineage in book.lineages.items():
            assert lineage.net == nets[name]
        for module_id, module in book.modules.items():
            results = [nets[name] for name, owner in self.judged.items() if owner == module_id]
            wins = [net for net in results if net > 0]
            expected = TradeStats(
                len(results), len(wins), sum(wins), sum(results) - sum(wins),
                max(results, default=None), min(results, default=None), module.stats.opened,
            )  # fmt: skip
            assert module.stats == expected


def lineage_of(held: Position) -> str:
    """What a position's trade is counted under."""
    return held.lineage or held.position_id
