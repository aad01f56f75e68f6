"""One seed from beginning to end: steps of a person and of fate over the real program, then calm and reckoning."""

import contextlib
import datetime as dt
import hashlib
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from engine.core.calendar import market_day
from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain.instrument import OptionContract, parse_instrument
from engine.domain.mindfolio import MindfolioStatus
from engine.domain.order import OrderStatus
from engine.ledger.ledger import Ledger
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from engine.risk.latch import set_latch_file
from tests.simulation.world.knobs import KILL_POINTS, RARE_POINTS, STORE_FAULTS, Knobs, knobs_of
from tests.simulation.world.life import Life, use_clock
from tests.simulation.world.person import WHO, WHY, Person
from tests.simulation.world.reader import Reader
from tests.simulation.world.small_market import next_window
from tests.simulation.world.storage import Death, Killed, break_the_brokers_file, folder_in_memory

SECOND, MINUTE, DAY = dt.timedelta(seconds=1), dt.timedelta(minutes=1), dt.timedelta(days=1)

TRAPS = frozenset({
    DenialCode.MODULE_STATUS, DenialCode.MAX_RISK, DenialCode.BUDGET, DenialCode.DAILY_LOSS, DenialCode.EVIDENCE,
    DenialCode.ACCOUNT_BUYING_POWER, DenialCode.ACCOUNT_RULES, DenialCode.SYMBOL_CAP, DenialCode.EVENT,
    DenialCode.ORDER_RATE, DenialCode.LIQUIDITY,
})  # fmt: skip
"""Reasons that may refuse an opening and never a closing."""

UNSETTLED = frozenset({
    OrderStatus.INTENT, OrderStatus.SENT, OrderStatus.UNKNOWN, OrderStatus.CANCEL_PENDING, OrderStatus.REPLACE_PENDING,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """At a step somebody waits so long and then does something; `number` seeds what it is done to."""

    number: int
    wait: dt.timedelta
    act: str


@dataclass(slots=True)
class Told:
    """What became of a seed."""

    seed: int
    wrong: list[str] = field(default_factory=list)
    at_step: int | None = None
    """The step at which the first thing went wrong; None: in the calm."""
    events: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    journal: str = ""
    """The hash of everything that was written."""
    lives: int = 0


def steps_of(knobs: Knobs) -> tuple[Step, ...]:
    """The steps of a seed."""
    dice = random.Random(f"steps {knobs.seed}")
    names = sorted(knobs.acts)
    acts = dice.choices(names, [knobs.acts[name] for name in names], k=knobs.steps)
    waits = dice.choices((0, 1, 3, 12, 45, 120, 300), (2, 4, 4, 4, 3, 2, 1), k=knobs.steps)
    return tuple(Step(number, wait * SECOND, act) for number, (act, wait) in enumerate(zip(acts, waits, strict=True)))


def steps_of_seed(seed: int) -> tuple[Step, ...]:
    """The same, by number."""
    return steps_of(knobs_of(seed))


def tell(seed: int, only: Collection[int] | None = None) -> Told:
    """Play a seed; `only` these of its steps. Nothing is raised for what goes wrong: it is told."""
    # From within its folder, whose name is another each time: faults of the disk name their file in the journal.
    with (
        tempfile.TemporaryDirectory(prefix="mindfolio-world-", dir=folder_in_memory()) as folder,
        contextlib.chdir(folder),
    ):
        story = Story(knobs_of(seed), Path())
        try:
            story.play(only)
        finally:
            story.close()
        return story.told


class Story:
    """A mindfolio, its lives, and who acts."""

    def __init__(self, knobs: Knobs, folder: Path) -> None:
        self.knobs, self.folder = knobs, folder
        self.told = Told(knobs.seed)
        self.fired = self.told.fired
        self.death = Death(self.fired)
        self.reader = Reader(lambda: self.life.paper._state, lambda: self.life.feed)
        if knobs.has_missing_limit:
            self.reader.unlimited = frozenset({"by_hand"})
        self.late: list[str] = []
        self.is_calm = False
        self.life = Life(knobs, folder, 0, self.reader, self.death, self.fired, is_calm=False)
        self.told.lives = 1
        self.life.recover()
        self._fates: dict[str, Callable[[random.Random], None]] = {
            "jump": self._jump,
            "restart": lambda _dice: self._restart(),
            "kill": self._kill,
            "store fault": self._break_the_store,
            "stop outside": self._stop_outside,
            "stop": self._press,
            "stop and re-arm": self._press_and_rearm,
            "bust": self._bust,
            "foreign": self._foreign,
            "foreign cash": self._foreign_cash,
        }

    def play(self, only: Collection[int] | None) -> None:
        """Every step; then calm, and the reckoning."""
        for step in steps_of(self.knobs):
            if only is not None and step.number not in only:
                continue
            self._step(step)
            if self.told.wrong:
                self.told.at_step = step.number
                break
        else:
            self._calm()
        self.told.events = self.reader.events
        self.told.journal = self._journal()

    def close(self) -> None:
        """Let go of everything."""
        use_clock(None)
        self.life.end()

    # --- steps -------------------------------------------------------------------------------------------------------
    def _step(self, step: Step) -> None:
        dice = random.Random(f"step {self.knobs.seed} {step.number}")
        try:
            self.life.until(self.life.desk.now + step.wait)
            self._act(step.act, dice)
            self.life.until(self.life.desk.now + SECOND)
        except Killed:
            self._reborn()
        except OSError:
            self.life.desk.halt("the broker's file cannot be written")
        self._look()

    def _act(self, act: str, dice: random.Random) -> None:
        if self.life.desk.halted:
            return
        fate = self._fates.get(act)
        if fate is not None:
            fate(dice)
        elif act != "wait":
            person = Person(self.life.desk, dice, self.late)
            if dice.random() < 0.5:
                self._say(person.goes_on())
            self._say(person.commands(act))

    def _jump(self, _dice: random.Random) -> None:
        self.life.until(next_window(self.life.desk.now) - SECOND)

    def _stop_outside(self, _dice: random.Random) -> None:
        set_latch_file(self.folder / "STOP", "mindfolio stop", WHY)

    def _bust(self, dice: random.Random) -> None:
        self.life.bureau.break_trade(self.reader.knows, dice.randrange(100), self.life.desk.now)

    def _foreign(self, dice: random.Random) -> None:
        chain = self.life.desk.market.chain(dice.choice(self.knobs.symbols))
        if chain is not None:
            price = round(chain.spot * 100) * 100
            self.life.bureau.foreign_trade(chain.symbol, dice.choice((-50, 7, 100)), price, self.life.desk.now)

    def _foreign_cash(self, dice: random.Random) -> None:
        amount = dice.choice((1, -1)) * dollars(dice.choice((10, 500)))
        self.life.bureau.foreign_cash(amount, self.life.desk.now)

    def _say(self, commands: list[cmd.Command]) -> None:
        for command, denials in self.life.say(commands):
            if isinstance(command, cmd.ClosePosition) and (trap := [each for each in denials if each.code in TRAPS]):
                self.reader.wrong.append(f"I23: a closing is refused: {trap}")

    def _press_and_rearm(self, dice: random.Random) -> None:
        self.life.inbox.put(cmd.RearmMindfolio(WHO, WHY))
        self._press(dice)

    def _press(self, dice: random.Random) -> None:
        """As the window does it: the latch first, on its own thread, then the command."""
        if dice.random() < 0.5:
            self.life.latch.set("button", WHY)
        self._say([cmd.EmergencyStop("button", WHY)])

    def _kill(self, dice: random.Random) -> None:
        point = dice.choice((*KILL_POINTS, *RARE_POINTS, *RARE_POINTS))
        times = 1 if point in RARE_POINTS else dice.choice((1, 1, 2, 5))
        self.death.wait_at(point, times)
        if point in ("in recovery", "between turns"):
            if point == "between turns":
                self.fired["killed between turns"] += 1
                self.death.spare()
            self._reborn()

    def _break_the_store(self, dice: random.Random) -> None:
        fault, writes = dice.choice(STORE_FAULTS), dice.choice((1, 1, 2, 6))
        if fault == "broker's file fails":
            break_the_brokers_file(self.life.paper, self.life.store, writes, self.fired)
        else:
            self.life.store.break_at(fault, writes)

    # --- lives -------------------------------------------------------------------------------------------------------
    def _restart(self) -> None:
        """End in good order; what was in the book is there again."""
        before, is_sound = self.life.desk.book, not self.life.desk.halted
        self.life.end()
        store = SqliteStore(self.folder / "ledger.sqlite", for_reading=True)
        try:
            if is_sound and Ledger(store).book != before:
                self.reader.wrong.append("I15: the journal's fold is not the book that was in memory")
        finally:
            store.close()
        self.fired["restart"] += 1
        self._open()

    def _reborn(self) -> None:
        """Start again after a death, which may come again while it recovers."""
        self.life.end()
        self._open()

    def _open(self) -> None:
        for _ in range(20):
            self.told.lives += 1
            try:
                self.life = Life(
                    self.knobs, self.folder, self.told.lives, self.reader, self.death, self.fired, is_calm=self.is_calm
                )
                self.life.recover()
            except Killed:
                self.life.end()
            except LedgerFault as fault:
                self.reader.wrong.append(f"F02: the program does not start again: {fault}")
                return
            else:
                return
        raise AssertionError("it dies at every start")

    # --- looking -----------------------------------------------------------------------------------------------------
    def _look(self) -> None:
        """After a step: the book is the fold of what is durable, and a halt has a reason."""
        life = self.life
        if life.desk.halted and not life.store.has_failed:
            self.reader.wrong.append(f"the program halted by itself: {life.desk.halted}")
        if not life.desk.halted and self.reader.book != life.desk.book:
            self.reader.wrong.append("I15: the fold of the journal is not the book")
        if self.reader.wrong:
            self.told.wrong += self.reader.wrong
        elif life.desk.halted:
            self._restart()
            self.told.wrong += self.reader.wrong

    def _calm(self) -> None:
        """Faults end: everything comes to its end or is shown, and book and broker agree to the cent."""
        self.is_calm = True
        self.life.calm_down()
        try:
            self._reckon()
        except LedgerFault as fault:
            self.told.wrong.append(f"in the calm: {fault}")
        self._look()

    def _reckon(self) -> None:
        """Faults are over; a person says what every difference is, day after day, until none is left."""
        self.life.say([cmd.PauseMindfolio(WHO, WHY)])
        desk = self.life.desk
        person = Person(desk, random.Random("calm"), self.late)
        self.life.until(max([desk.now, *(at for at, _, _ in self.life.line._on_the_way)]) + MINUTE)
        self._nothing_is_silent()
        for _ in range(6):
            # Over the night, so that day orders end and what is told in the morning is told.
            self.life.until(next_window(next_window(desk.now)) + 2 * MINUTE)
            found = desk.book.differences
            commands = [person.says_whose(name, each.missing, wisely=True) for name, each in found.items()]
            self.life.say([*commands, cmd.Reconcile(WHO)])
            self.life.until(desk.now + 6 * MINUTE)
            if not (desk.book.differences or desk.suspects or desk.book.orders or self._disagreements()):
                break
        self._nothing_is_silent()
        self._agrees()

    def _nothing_is_silent(self) -> None:
        """I22: no order is of unknown fate without a word to the user."""
        alerts, now = "\n".join(self.life.publisher.alerts), self.life.desk.now
        for order in self.life.desk.book.orders.values():
            is_shown = order.order_id in alerts or order.status is OrderStatus.LEGGED
            is_old = order.is_unsure or now - (order.changed_at or order.created_at) >= MINUTE
            if is_old and (order.status in UNSETTLED or order.is_unsure) and not is_shown:
                self.reader.wrong.append(f"I22: {order.order_id} is {order.status} a minute after the faults ended")

    def _agrees(self) -> None:
        book, state, wrong = self.life.desk.book, self.life.paper._state, self.reader.wrong
        if self.life.desk.halted:
            wrong.append(f"the program halted in the calm: {self.life.desk.halted}")
            return
        old = [each for each in book.orders.values() if self.life.desk.now - each.created_at > DAY]
        if old:
            wrong.append(f"I22: orders without an end: {[(each.order_id, str(each.status)) for each in old]}")
        wrong += self._disagreements()
        if self.life.desk.book.status is MindfolioStatus.ACTIVE:
            wrong.append("I11: a paused mindfolio became active by itself")
        for order_id, ticket in state.tickets.items():
            done = self.reader.finished.get(order_id)
            if order_id.startswith("O") and ticket.filled and done != ticket.filled:
                wrong.append(f"I8: {order_id} was filled {ticket.filled} times, booked {done}")
        faults = verify_file(self.folder / "ledger.sqlite").faults
        if faults:
            wrong.append(f"verify: {faults}")
        self._restart()

    def _disagreements(self) -> list[str]:
        """What of book and broker does not agree, by the broker's own account."""
        book, state = self.life.desk.book, self.life.paper._state
        # What was ignored of a contract that has ended counts no longer.
        ignored = {name: count for name, count in book.ignored.items() if not self._is_over(name)}
        names = {*state.positions, *ignored} - {"USD"}
        theirs = {name: state.positions.get(name, 0) - ignored.get(name, 0) for name in sorted(names)}
        ours, wrong = book.instruments(), []
        if {name: count for name, count in theirs.items() if count} != ours:
            wrong.append(f"I9: the broker has {theirs}, the book {ours}; differences {book.differences}")
        cash = state.cash - ignored.get("USD", 0)
        if cash != book.broker_cash:
            wrong.append(f"I10: cash is {cash} there and {book.broker_cash} here; differences {book.differences}")
        return wrong

    def _is_over(self, name: str) -> bool:
        found = parse_instrument(name) if name != "USD" else name
        return isinstance(found, OptionContract) and market_day(self.life.desk.now) > found.expiration

    def _journal(self) -> str:
        found = hashlib.sha256()
        store = self.life.store
        for entry in store.entries():
            found.update(f"{entry.seq} {entry.at.isoformat()} {entry.type} {entry.hash}".encode())
        return found.hexdigest()
