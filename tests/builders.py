"""Sample records of the engine, ledgers in memory, and a clerk that writes a trade's events in their right order.

Every builder takes keyword changes, so that a test names only what it is about.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from engine.core.errors import LedgerFault
from engine.core.money import Money, dollars
from engine.domain import events as ev
from engine.domain.candidate import Approval, Candidate
from engine.domain.events import Event
from engine.domain.greeks import Greeks
from engine.domain.instrument import MULTIPLIER, OptionContract, Right
from engine.domain.limits import Costs, GateLimits, ModuleLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleKind, ModuleSpec, ModuleStatus, Waivers
from engine.domain.order import Order, OrderPurpose
from engine.domain.ports import LedgerStore
from engine.domain.position import Lot, Position
from engine.domain.records import Checkpoint, FillRow, HistoryRow, LedgerBatch, OrderRow, PostingRow, Recorded
from engine.domain.structure import Leg, Structure, StructureKind, widest_wing
from engine.ledger.ledger import Ledger
from engine.ledger.lots import Trade, booked, named, total_cost
from engine.ledger.tables import SCHEMA_VERSION
from engine.modules.registry import parameters_for

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
"""Monday 16 March 2026, 15:00 in New York."""

APRIL = dt.date(2026, 4, 17)
MAY = dt.date(2026, 5, 15)
ALPHA, BETA = "alpha", "beta"
COMMISSION = dollars("0.60")


# --- records ---------------------------------------------------------------------------------------------------------
def contract(
    strike: int | str = 250, right: Right = Right.PUT, symbol: str = "TSLA", expiration: dt.date = APRIL
) -> OptionContract:
    """One option; the strike in dollars."""
    return OptionContract(symbol, expiration, dollars(strike), right)


def condor(
    strikes: tuple[int | str, int | str, int | str, int | str] = (240, 250, 270, 280),
    symbol: str = "TSLA",
    expiration: dt.date = APRIL,
) -> Structure:
    """An iron condor: long put, short put, short call, long call; strikes in dollars."""
    rights = (Right.PUT, Right.PUT, Right.CALL, Right.CALL)
    legs = tuple(
        Leg(contract(strike, right, symbol, expiration), ratio)
        for strike, right, ratio in zip(strikes, rights, (1, -1, -1, 1), strict=True)
    )
    return Structure(StructureKind.IRON_CONDOR, legs)


def module_spec(module_id: str = ALPHA, **changes: Any) -> ModuleSpec:
    """An IV Service with autotrade."""
    spec = ModuleSpec(
        module_id=module_id,
        kind=ModuleKind.IV_SERVICE,
        name=module_id.title(),
        limits=ModuleLimits(max_risk_per_trade=dollars(500), daily_loss_limit=dollars(1000)),
        autotrade=True,
        universe=("SPY", "TSLA"),
        structures=(StructureKind.IRON_CONDOR,),
        parameters={"min_iv_rank": 50, "short_delta": 0.18, "style": "condor"},
    )
    return replace(spec, **changes)


def mindfolio_spec(**changes: Any) -> MindfolioSpec:
    """$50,000: 15,000 for alpha, 20,000 for beta, 15,000 in reserve."""
    spec = MindfolioSpec(
        name="Sample",
        capital=dollars(50_000),
        budgets={ALPHA: dollars(15_000), BETA: dollars(20_000)},
        reserve=dollars(15_000),
        modules=(module_spec(ALPHA), module_spec(BETA)),
    )
    return replace(spec, **changes)


def created(spec: MindfolioSpec | None = None, **changes: Any) -> ev.MindfolioCreated:
    """The first event of a journal."""
    event = ev.MindfolioCreated(
        spec=spec or mindfolio_spec(),
        environment=Environment.REPLAY,
        market="hand-written",
        seed=7,
        limits=GateLimits(),
        costs=Costs(),
        waivers=Waivers(evidence=True),
    )
    return replace(event, **changes)


def candidate(module_id: str = ALPHA, **changes: Any) -> Candidate:
    """TSLA 240/250/270/280 for a credit of 2.50."""
    found = Candidate(
        module_id=module_id,
        structure=condor(),
        quantity=1,
        net_price=dollars("-2.50"),
        worst_price=dollars("-2.35"),
        buying_power=dollars(765),
        max_risk=dollars(765),
        costs=dollars("2.40"),
        generation=7,
        greeks=Greeks(-2.1, -0.38, 7.9, -19.5),
        breakevens=(dollars("247.50"), dollars("272.50")),
        probability_of_profit=0.68,
        expected_profit=dollars("21.40"),
        iv_rank=72.0,
        iv_rank_sessions=252,
        reasons=("IV rank 72 >= 50",),
    )
    return replace(found, **changes)


def approval(approval_id: str = "A000001", module_id: str = ALPHA, **changes: Any) -> Approval:
    """A candidate that waits ten minutes for a person."""
    waiting = Approval(approval_id, candidate(module_id), NOW, NOW + dt.timedelta(minutes=10))
    return replace(waiting, **changes)


def order(**changes: Any) -> Order:
    """An order to open one condor of alpha at a credit of 1.20, holding 882.40 a unit."""
    made = Order(
        order_id="O000001",
        module_id=ALPHA,
        position_id="P000001",
        purpose=OrderPurpose.OPEN,
        structure=condor(),
        quantity=1,
        limit=dollars("-1.20"),
        worst=dollars("-1.10"),
        hold=dollars("882.40"),
        created_at=NOW,
        why="IV rank 72",
    )
    return replace(made, **changes)


def position(**changes: Any) -> Position:
    """One condor of alpha, sold for 1.20."""
    held = Position(
        position_id="P000001",
        module_id=ALPHA,
        structure=condor(),
        quantity=1,
        opened_quantity=1,
        cost=dollars(-120),
        opened_at=NOW,
        commissions=dollars("2.40"),
        opening_cost=dollars(-120),
        used=dollars(880),
        lots=lots(dollars(-120)),
    )
    return replace(held, **changes)


def lots(cost: Money, structure: Structure | None = None, quantity: int = 1) -> tuple[Lot, ...]:
    """Lots of so many units, with the whole cost on the first short leg."""
    legs = (structure or condor()).legs
    bearer = next(leg for leg in legs if leg.ratio < 0)
    return tuple(Lot(leg.contract, leg.ratio * quantity, cost if leg is bearer else 0, NOW) for leg in legs)


def leg_prices(order_: Order, net: Money) -> tuple[Money, ...]:
    """Prices of an order's legs that make a net price a share: all of it on its first short leg of one contract."""
    if not order_.trades:
        return (net * order_.structure.shares * order_.side,)
    ratios = [leg.ratio for leg in order_.structure.legs]
    bearer = ratios.index(-1) if -1 in ratios else ratios.index(1)
    return tuple(net * leg.ratio if number == bearer else 0 for number, leg in enumerate(order_.trades))


def plain_used(held: tuple[Lot, ...]) -> Money:
    """Buying power by a rule that serves for tests: an iron condor's own; else what is long at cost, and cash behind
    short puts."""
    if not held:
        return 0
    symbol = next((lot.contract.underlying for lot in held if lot.contract is not None), "TSLA")
    structure, quantity = named(symbol, held)
    if structure.kind is StructureKind.IRON_CONDOR:
        return widest_wing(structure) * MULTIPLIER * quantity + total_cost(held)
    puts = sum(
        -lot.quantity * lot.contract.strike * MULTIPLIER
        for lot in held
        if lot.contract is not None and lot.quantity < 0 and lot.contract.right is Right.PUT
    )
    return puts + sum(abs(lot.cost) for lot in held if lot.contract is None or lot.quantity > 0)


# --- ledgers ---------------------------------------------------------------------------------------------------------
class MemoryStore:
    """A LedgerStore that keeps everything in lists."""

    schema = SCHEMA_VERSION

    def __init__(self) -> None:
        self.batches: list[LedgerBatch] = []
        self.is_closed = False

    def append(self, batch: LedgerBatch) -> None:
        """Keep it."""
        self.batches.append(batch)

    def entries(self, after: int = 0) -> Iterator[Recorded]:
        """Journal entries after a seq, in order."""
        return (entry for batch in self.batches for entry in batch.entries if entry.seq > after)

    def postings(self) -> Iterator[PostingRow]:
        """All posting lines, in order of their entries."""
        return (row for batch in self.batches for row in batch.postings)

    def evidence(self) -> Iterator[tuple[str, bytes]]:
        """All side-store documents."""
        return (document for batch in self.batches for document in batch.evidence)

    def closed(self) -> Iterator[Position]:
        """All positions that ended."""
        return (held for batch in self.batches for held in batch.closed)

    def orders(self) -> Iterator[OrderRow]:
        """All orders, each as it last was."""
        return iter({row.order.order_id: row for batch in self.batches for row in batch.orders}.values())

    def fills(self) -> Iterator[FillRow]:
        """All fills."""
        return (row for batch in self.batches for row in batch.fills)

    def history(self) -> Iterator[HistoryRow]:
        """All that performance and splits are measured by."""
        return (row for batch in self.batches for row in batch.history)

    def checkpoints(self) -> Iterator[Checkpoint]:
        """All checkpoints, newest first."""
        return (batch.checkpoint for batch in reversed(self.batches) if batch.checkpoint is not None)

    def close(self) -> None:
        """Remember that it was closed."""
        self.is_closed = True


class FaultyStore(MemoryStore):
    """A store that cannot write the batches whose numbers (from 0) are given."""

    def __init__(self, fails_at: frozenset[int], fault: BaseException | None = None) -> None:
        super().__init__()
        self.attempts = 0
        self._fails_at = fails_at
        self._fault = fault or LedgerFault("the disk is full")

    def append(self, batch: LedgerBatch) -> None:
        """Keep it, or fail without having kept anything."""
        self.attempts += 1
        if self.attempts - 1 in self._fails_at:
            raise self._fault
        super().append(batch)


def ledger(
    store: LedgerStore | None = None, spec: MindfolioSpec | None = None, at: dt.datetime | None = None
) -> Ledger:
    """A ledger in which a mindfolio was created (at NOW, unless `at` says otherwise) and committed."""
    made = Ledger(store or MemoryStore())
    made.record(at or NOW, created(spec))
    made.commit()
    return made


class Clerk:
    """Writes trades into a ledger: each event one second after the one before, ids in sequence, costs of 0.60 a leg."""

    def __init__(self, ledger_: Ledger | None = None, *, commission: Money = COMMISSION) -> None:
        self.ledger = ledger_ or ledger()
        self.at = self.ledger.book.last_at or NOW
        self._commission = commission

    def record(self, event: Event) -> None:
        """Any event, without a commit."""
        self.at += dt.timedelta(seconds=1)
        self.ledger.record(self.at, event)

    def intend(self, **changes: Any) -> str:
        """An opening order that was sent and accepted; its id."""
        book = self.ledger.book
        made = order(
            order_id=f"O{book.orders_made + 1:06d}", position_id=f"P{book.positions_made + 1:06d}", created_at=self.at
        )
        return self._send(replace(made, **changes))

    def intend_close(self, position_id: str, quantity: int | None = None, why: str = "target") -> str:
        """A closing order of a position (all of it unless said otherwise), sent and accepted; its id."""
        book = self.ledger.book
        held = book.positions[position_id]
        closing = order(
            order_id=f"O{book.orders_made + 1:06d}",
            module_id=held.module_id,
            position_id=position_id,
            purpose=OrderPurpose.CLOSE,
            structure=held.structure,
            quantity=held.quantity if quantity is None else quantity,
            hold=0,
            created_at=self.at,
            why=why,
        )
        return self._send(closing)

    def fill(self, order_id: str, price: str, quantity: int | None = None) -> None:
        """Fill an order (all that remains unless said otherwise) at a net price a share, in dollars."""
        live = self.ledger.book.orders[order_id]
        done = live.remaining if quantity is None else quantity
        net = dollars(price)
        prices = leg_prices(live, net)
        self.record(
            ev.OrderFilled(
                order_id,
                done,
                live.filled + done,
                net,
                prices,
                self._commission * live.structure.contracts * done,
                used=self._used(live, tuple(leg.ratio * done for leg in live.trades), prices, done),
            )
        )

    def _used(self, live: Order, quantities: tuple[int, ...], prices: tuple[Money, ...], units: int = 0) -> Money:
        """Buying power once these legs (or units of shares) are done, by `plain_used`."""
        held = self.ledger.book.positions.get(live.position_id)
        trades = [
            Trade(leg.contract, count, price)
            for leg, count, price in zip(live.trades, quantities, prices, strict=bool(live.trades))
        ] or [Trade(None, live.structure.shares * live.side * units, prices[0])]
        return plain_used(booked(() if held is None else held.lots, trades, self.at).lots)

    def open(self, price: str = "-1.20", **changes: Any) -> str:
        """Open a condor at a net price a share; its position id."""
        order_id = self.intend(**changes)
        position_id = self.ledger.book.orders[order_id].position_id
        self.fill(order_id, price)
        return position_id

    def close(self, position_id: str, price: str, quantity: int | None = None) -> None:
        """Close a position, or part of it, at a net price a share (positive: paid)."""
        self.fill(self.intend_close(position_id, quantity), price)

    @property
    def closed(self) -> dict[str, Position]:
        """Positions that ended, by id; commits."""
        self.ledger.commit()
        return {held.position_id: held for held in self.ledger.closed()}

    def mark(self, **values: str) -> None:
        """Mark positions (by id) at values in dollars."""
        book = self.ledger.book
        marks = {position_id: dollars(value) for position_id, value in values.items()}
        nav = book.nav + sum(mark - book.marks[position_id] for position_id, mark in marks.items())
        self.record(ev.MarksRecorded(marks, nav))

    def settle(self, position_id: str, spot: str) -> None:
        """Settle a condor in cash at a price of the underlying."""
        held, price = self.ledger.book.positions[position_id], dollars(spot)
        long_put, short_put, short_call, long_call = held.structure.strikes
        per_share = (
            max(0, long_put - price)
            - max(0, short_put - price)
            - max(0, price - short_call)
            + max(0, price - long_call)
        )
        self.record(ev.PositionSettled(position_id, price, self.at, per_share * MULTIPLIER * held.quantity))

    def _send(self, made: Order) -> str:
        for event in (ev.OrderIntended(made), ev.OrderSubmitted(made.order_id), ev.OrderAccepted(made.order_id)):
            self.record(event)
        return made.order_id


def three_iv_services(universe: tuple[str, ...]) -> MindfolioSpec:
    """$50,000: one IV Service that trades by itself, one that asks, and one that waits, paused. Iron condors only."""

    def module(module_id: str, name: str, risk: int, loss: int, **changes: Any) -> ModuleSpec:
        spec = ModuleSpec(
            module_id=module_id,
            kind=ModuleKind.IV_SERVICE,
            name=name,
            limits=ModuleLimits(max_risk_per_trade=dollars(risk), daily_loss_limit=dollars(loss)),
            autotrade=False,
            universe=universe,
            structures=(StructureKind.IRON_CONDOR,),
            parameters={each.name: each.default for each in parameters_for(ModuleKind.IV_SERVICE)},
        )
        return replace(spec, **changes)

    modules = (
        module("IV_SERVICE", "IV Service", 500, 1000, autotrade=True),
        module("IV_SERVICE_2", "IV Approvals", 1000, 1500),
        module("IV_SERVICE_3", "IV Standby", 500, 750, status=ModuleStatus.PAUSED),
    )
    budgets = {"IV_SERVICE": dollars(15_000), "IV_SERVICE_2": dollars(20_000), "IV_SERVICE_3": dollars(10_000)}
    return MindfolioSpec("Aggressive Growth", dollars(50_000), budgets, dollars(5_000), modules)
