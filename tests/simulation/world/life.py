"""One process's life over the files of a mindfolio: the real kernel, ledger, gate, book and modules, put together."""

import datetime as dt
import math
import random
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from engine.core.clock import VirtualClock
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.candidate import Candidate
from engine.domain.denial import Denial
from engine.domain.evidence import Evidence
from engine.domain.limits import AccountLimits, GateLimits, ModuleLimits
from engine.domain.mindfolio import Environment, MindfolioSpec, ModuleKind, ModuleSpec, Waivers
from engine.domain.notices import CommandDenied
from engine.domain.ports import Strategy
from engine.domain.structure import StructureKind
from engine.execution.faults import FaultKnobs, FaultyBroker
from engine.execution.paper import PaperBroker, PaperRules
from engine.ledger.ledger import Ledger
from engine.ledger.query import LedgerQuery
from engine.market.store import MarketStore
from engine.modules.registry import strategy_of
from engine.risk.latch import StopLatch
from engine.runtime import defaults
from engine.runtime import kernel as kernel_module
from engine.runtime.desk import Desk
from engine.runtime.inbox import Inbox, Message
from engine.runtime.kernel import Kernel
from engine.runtime.pacer import Pacer
from engine.runtime.workers import Job, Workers
from tests.fakes import RecordingPublisher
from tests.simulation.world.counterparty import Bureau, HarshLife, Wire
from tests.simulation.world.hostile import Hostile
from tests.simulation.world.knobs import Knobs, QuoteKnobs
from tests.simulation.world.person import CAPITAL
from tests.simulation.world.reader import Reader
from tests.simulation.world.small_market import SmallFeed, payments_of
from tests.simulation.world.storage import Death, FallibleStore, make_fast, mend_the_brokers_file
from tests.trader_days.day import ByHand, Proven

GOOD = FaultKnobs()


class Unproven:
    """One that knows of too few trades."""

    def evidence(self, module: ModuleSpec, candidate: Candidate, now: dt.datetime) -> Evidence:
        """Not enough."""
        return Evidence(trades=3, win_rate=0.5, expectancy=dollars(-5), source="made up")


class Wall:
    """The wall's clock, for the kernel alone: it stands still, but leaps while a scan hangs."""

    def __init__(self) -> None:
        self.now, self.leaps = 0.0, False

    def monotonic(self) -> float:
        """As `time.monotonic`."""
        self.now += 31.0 if self.leaps else 0.0
        return self.now


def use_clock(wall: Wall | None) -> None:
    """Let the kernel take a world's clock for the wall's; None is the real one, for whatever the process does next."""
    kernel_module.time = time if wall is None else wall  # type: ignore[attr-defined, assignment]


class ReadyInbox(Inbox):
    """An inbox at which nobody waits: the wall's clock is not the market's."""

    def get(self, timeout_s: float) -> Message | None:
        """What is there."""
        return super().get(0.0)


class HangingWorkers(Workers):
    """Workers on whom a module's scan may hang: its answer never comes."""

    def __init__(self, inbox: Inbox, wall: Wall, hangs: float, dice: random.Random, fired: Counter[str]) -> None:
        self._wall, self._hangs, self._dice, self._fired = wall, hangs, dice, fired
        super().__init__(inbox)

    def submit(self, ticket: int, job: Job) -> None:
        """Compute it, unless it hangs."""
        strategy = getattr(job, "args", (None,))[0]
        if isinstance(strategy, Hostile) and strategy.way == "hangs" and self._dice.random() < self._hangs:
            self._fired["module hangs"] += 1
            self._running.add(ticket)
            self._wall.leaps = True
            return
        super().submit(ticket, job)

    def give_up(self) -> frozenset[int]:
        """As ever; time stands still again."""
        self._wall.leaps = False
        return super().give_up()


def specification(knobs: Knobs) -> MindfolioSpec:
    """The mindfolio of a seed: modules of ours, some as users might have written them, one for a person's trades."""
    kinds = [ModuleKind(name) for name in knobs.ours]
    modules = [
        replace(defaults.module_of(kind, knobs.symbols, 3000, 2000, autotrade=number % 2 == knobs.seed % 2))
        for number, kind in enumerate(kinds)
    ]
    limits = ModuleLimits(dollars(9000), None if knobs.has_missing_limit else dollars(4000))
    base = defaults.module_of(ModuleKind.IV_SERVICE, knobs.symbols, 4000, 1500)
    everything = tuple(StructureKind)
    modules.append(replace(base, module_id="by_hand", name="By hand", structures=everything, limits=limits))
    modules += [
        replace(base, module_id=f"user_{way}", name=way, structures=everything, autotrade=number == 0)
        for number, way in enumerate(knobs.hostile)
    ]
    budget = CAPITAL // (len(modules) + 1)
    return MindfolioSpec(
        name="World",
        capital=CAPITAL,
        budgets={spec.module_id: budget for spec in modules},
        reserve=CAPITAL - budget * len(modules),
        modules=tuple(modules),
        account_limits=AccountLimits(
            day_loss=None if knobs.account_loss is None else dollars(knobs.account_loss), asks_first=knobs.asks_first
        ),
    )


class Life:
    """Open the files, recover, and serve until the end. `number` counts the lives of this mindfolio from 0."""

    def __init__(
        self,
        knobs: Knobs,
        folder: Path,
        number: int,
        reader: Reader,
        death: Death,
        fired: Counter[str],
        *,
        is_calm: bool,
    ) -> None:
        self.knobs, self.folder, self.reader, self.death = knobs, folder, reader, death
        self.publisher, self.inbox, self.wall = RecordingPublisher(), ReadyInbox(), Wall()
        self.is_calm = is_calm
        self.store = FallibleStore(folder / "ledger.sqlite")
        self.store.death, self.store.written, self.store.fired = death, reader.read, fired
        make_fast(self.store)
        ledger = Ledger(self.store)
        self.feed = SmallFeed(
            knobs.market, knobs.start, knobs.symbols, lambda: QuoteKnobs() if self.is_calm else knobs.quotes, fired
        )
        book, costs = ledger.book, defaults.costs()
        self.paper = PaperBroker(
            knobs.seed, CAPITAL, costs,
            rules=PaperRules(partial_pct=knobs.partial_pct), dividends=payments_of(knobs.market, knobs.start),
            file=folder / "broker.log",
        )  # fmt: skip
        life = self.paper._life
        self.paper._life = HarshLife(
            life.seed, life.costs, life.dividends, life.told_at, 0, 0, 0 if is_calm else knobs.early_pct, fired
        )
        self.paper.tell_after(book.activity_floor)
        self.bureau = Bureau(self.paper, fired)
        self.line = FaultyBroker(self.bureau, knobs.seed * 1000 + number, GOOD if is_calm else knobs.line)  # type: ignore[arg-type]
        self.line.fired = fired
        self.latch = StopLatch(folder / "STOP")
        self.wire = Wire(self.line, death, self._replaced)
        self.wire.sent = lambda order: reader.leaves(order, is_latched=self.latch.is_set)
        own: dict[str, Strategy] = {f"user_{way}": Hostile(knobs.seed, way, fired) for way in knobs.hostile}
        reader.hostile = frozenset(own)
        own["by_hand"] = ByHand()

        def program(spec: ModuleSpec) -> Strategy:
            return own[spec.module_id] if spec.module_id in own else strategy_of(spec)

        self.desk = Desk(
            ledger=ledger,
            market=MarketStore(),
            feed=self.feed,
            broker=self.wire,  # type: ignore[arg-type]
            backtester=Proven() if knobs.is_proven else Unproven(),
            clock=VirtualClock(book.last_at or self.feed.first_at - dt.timedelta(seconds=1)),
            latch=self.latch,
            publisher=self.publisher,
            strategy_of=program,
            query=LedgerQuery(folder / "ledger.sqlite") if knobs.is_explained else None,
        )
        if book.spec is None:
            gate = GateLimits(max_quote_age=dt.timedelta(minutes=3), max_symbol_share_pct=knobs.share_pct)
            waivers = Waivers(evidence=not knobs.is_proven, iv_rank=True, events=True)
            self.desk.record(
                ev.MindfolioCreated(
                    specification(knobs), Environment.SIMULATED, "small", knobs.seed, gate, costs, waivers
                )
            )
            self.desk.commit()
        hanging = HangingWorkers(
            self.inbox, self.wall, 0.0 if is_calm else 0.3, random.Random(f"hangs {knobs.seed} {number}"), fired
        )
        use_clock(self.wall)
        self.kernel = Kernel(self.desk, self.inbox, hanging, Pacer(math.inf), publishes=False)

    def recover(self) -> None:
        """As at every start."""
        self.death.is_recovering = True
        self.kernel.recover()
        self.death.is_recovering = False

    def until(self, when: dt.datetime) -> None:
        """Let everything happen up to an instant, and stand there."""
        self.kernel.run(when)
        if not self.desk.halted:
            self.desk.clock.advance_to(max(when, self.desk.now))

    def say(self, commands: list[cmd.Command]) -> list[tuple[cmd.Command, tuple[Denial, ...]]]:
        """Give commands at once; those that were refused, with the reasons."""
        seen = len(self.publisher.notices)
        for command in commands:
            self.inbox.put(command)
        self.until(self.desk.now)
        new = self.publisher.notices[seen:]
        return [(notice.command, notice.denials) for notice in new if isinstance(notice, CommandDenied)]

    def calm_down(self) -> None:
        """No more faults from here on; what is on its way still comes."""
        self.is_calm = True
        self.line._knobs = GOOD
        self.death.spare()
        self.store.mend()
        mend_the_brokers_file(self.paper)
        self.kernel._workers._hangs = 0.0  # type: ignore[attr-defined]
        life = self.paper._life
        self.paper._life = HarshLife(life.seed, life.costs, life.dividends, life.told_at)

    def end(self) -> None:
        """Let go of the files, as the system does for a process that died."""
        if isinstance(self.desk.query, LedgerQuery):
            self.desk.query.close()
        self.store.close()
        self.paper.close()

    def _replaced(self, _what: str, order_id: str) -> None:
        order = self.desk.book.orders.get(order_id)
        if order is not None and order.adds_risk and self.latch.is_set:
            self.reader.wrong.append(f"I11: {order_id} is made more eager after the latch")
