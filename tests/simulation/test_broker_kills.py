"""kill -9 of a trading process at named and random points, against a broker that lives on: who is right in the end?

`uv run pytest tests/simulation/test_broker_kills.py --crashes 1000 -s` is the full figure.
"""

import contextlib
import itertools
import multiprocessing
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from engine.core.errors import LedgerFault
from engine.domain import events as ev
from engine.domain.mindfolio import Environment, MindfolioStatus
from engine.domain.order import Order, OrderStatus
from engine.domain.records import Recorded
from engine.execution.paper_file import PaperFile
from engine.ledger.book import Book
from engine.ledger.ledger import Ledger, checked_entries
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from engine.runtime.places import Places
from tests.simulation.broker_process import Audited, audited
from tests.simulation.mortal import LEAVES_AN_INTENT, POINTS, RECOVERING, STARTING, TRADING
from tests.simulation.trader_process import BEGUN, CAPITAL, Life, live

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")

ROOT = Path(__file__).resolve().parents[2]
SEED = 7
SETTLE_S = 120.0

IN_FLIGHT = frozenset(
    {OrderStatus.INTENT, OrderStatus.SENT, OrderStatus.UNKNOWN, OrderStatus.CANCEL_PENDING, OrderStatus.REPLACE_PENDING}
)
LIVES_OF_A_WORLD = 90
"""Kills before book and broker are compared, and a new world begins: the comparison takes longer with each entry."""
PATIENCE_S = 3.0
"""How long a trader may take to come to a point; then it is killed wherever it is, and the point tried again."""
ATTEMPTS = 6

if sys.platform != "win32":  # where all of this is skipped
    # What costs most of a life is to import the program: one server does that, and each life is forked from it.
    _PROCESSES = multiprocessing.get_context("forkserver")
    _PROCESSES.set_forkserver_preload(["tests.simulation.trader_process"])


@dataclass(slots=True)
class Tally:
    """What the kills hit."""

    kills: int = 0
    in_flight: int = 0
    working: int = 0
    stopped: int = 0
    orders: int = 0
    unheard: int = 0
    entries: int = 0
    lost: int = 0
    duplicated: int = 0
    corrupt: int = 0
    points: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        at_points = sum(self.points.values())
        recoveries = Counter(point.rpartition(" ")[0] or "trading" for point in self.points.elements())
        return (
            f"{self.kills} kills: {at_points} at {len(self.points)} of {len(POINTS)} named points ("
            + ", ".join(f"{count} in {stage}" for stage, count in sorted(recoveries.items()))
            + f"), {self.kills - at_points} at random moments; {self.in_flight} with an order in flight, "
            f"{self.working} with one live, {self.stopped} stopped; {self.orders} orders at the broker, "
            f"{self.unheard} fills while nobody listened, {self.entries} entries; "
            f"{self.lost} lost, {self.duplicated} duplicated, {self.corrupt} corrupt"
        )


@dataclass(slots=True)
class Plan:
    """The points to die at, in turn; "" is a random moment. What was not come to in time is tried again."""

    left: list[str]
    chance: random.Random
    attempts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, kills: int, chance: random.Random) -> "Plan":
        """Each point where there are kills enough; each of trading with a kill in the recovery, and one in that of it.

        At most three quarters of all, the others come at random moments.
        """
        starts = itertools.cycle(STARTING)
        rows = [
            [point, f"recovery {next(starts)}", f"recovery of the recovery {chance.choice(STARTING)}"]
            for point in TRADING
        ]
        for name in RECOVERING:
            rows += [_way_to(f"recovery {name}", chance), _way_to(f"recovery of the recovery {name}", chance)]
        chance.shuffle(rows)
        points = [point for row in rows for point in row][: kills * 3 // 4]
        return cls([*points, *[""] * (kills - len(points))], chance)

    def missed(self, point: str) -> None:
        """It was not come to: again later."""
        self.attempts[point] += 1
        if self.attempts[point] < ATTEMPTS:
            self.left += _way_to(point, self.chance)


def _way_to(point: str, chance: random.Random) -> list[str]:
    """The kills that lead to a point, and it."""
    if not point.startswith("recovery"):
        return [point]
    before = [chance.choice(LEAVES_AN_INTENT)]
    return [*before, "recovery after-open", point] if point.startswith("recovery of") else [*before, point]


@pytest.mark.timeout(7200)
def test_a_trader_killed_again_and_again_agrees_with_the_broker_in_the_end(request: pytest.FixtureRequest) -> None:
    kills, tally = int(request.config.getoption("--crashes")), Tally()
    plan = Plan.of(kills, random.Random(20260316))
    while plan.left:
        _one_world(plan, tally)
        sys.stdout.write(f"\n{tally}\n")
        sys.stdout.flush()
    assert (tally.lost, tally.duplicated, tally.corrupt) == (0, 0, 0)
    assert tally.kills >= kills
    if kills >= 500:
        assert [point for point in POINTS if not tally.points[point]] == [], "points that nobody died at"


def _one_world(plan: Plan, tally: Tally) -> None:
    """A new mindfolio and a new broker, so many kills, and the comparison."""
    with _folder() as folder:
        places = Places(folder, Environment.SIMULATED)
        with _broker(places) as port:
            last = ""
            for _ in range(min(LIVES_OF_A_WORLD, len(plan.left))):
                life = Life(folder, port, SEED, point=plan.left.pop(0), is_again=last.startswith("recovery"))
                last = _one_life(life, plan, tally)
                _look(places, tally)
            told, _ = _lived(Life(folder, port, SEED, settles=True), SETTLE_S)
            assert told == [BEGUN], b"\n".join(told).decode()
            _compare(places, audited(port), tally)


def _one_life(life: Life, plan: Plan, tally: Tally) -> str:
    """Start a trader and end it with SIGKILL at its point, or at any moment; the point that it died at."""
    # The first of the recovery's points are come to once; the others as often as the story has it.
    is_recovery = life.point.startswith("recovery")
    count = 1 if is_recovery or _is_rare(life.point) else plan.chance.randint(1, 6)
    seconds = PATIENCE_S if life.point and not is_recovery else plan.chance.uniform(0.0, 0.5)
    told, code = _lived(replace(life, count=count), seconds)
    assert code == -signal.SIGKILL, b"\n".join(told).decode()
    died_at = told[-1].decode() if told and told[-1] != BEGUN else ""
    assert died_at in {"", life.point}, died_at
    tally.kills += 1
    if died_at:
        tally.points[died_at] += 1
    elif life.point:
        plan.missed(life.point)
    return died_at


def _is_rare(point: str) -> bool:
    return any(word in point for word in ("seal", "stop", "rearm", "lift", "latch", "budgets", "account", "reconciled"))


def _lived(life: Life, seconds: float) -> tuple[list[bytes], int | None]:
    """What a trader tells until it ends; SIGKILL so many seconds after it has begun, or was started to die at once."""
    hears, tells = _PROCESSES.Pipe(duplex=False)
    process = _PROCESSES.Process(target=live, args=(life, tells))
    process.start()
    tells.close()
    told: list[bytes] = []
    with hears, contextlib.suppress(EOFError):
        if hears.poll(SETTLE_S):
            told.append(hears.recv_bytes())
        while hears.poll(seconds):
            told.append(hears.recv_bytes())
        process.kill()
        while True:
            told.append(hears.recv_bytes())
    process.join()
    code = process.exitcode
    process.close()
    return told, code


def _look(places: Places, tally: Tally) -> None:
    """What a kill has left, before the next life begins."""
    if not places.ledger.exists():
        return  # the first may have ended before that
    try:
        book = _book_of(places)
    except LedgerFault:
        if list(places.ledger.parent.glob("ledger.head")):
            tally.corrupt += 1
        return
    orders = book.orders.values()
    tally.in_flight += any(order.status in IN_FLIGHT for order in orders)
    tally.working += bool(orders)
    tally.stopped += book.status is MindfolioStatus.STOPPED or places.latch.exists()


@pytest.mark.timeout(3600)
def test_a_killed_headless_run_agrees_with_its_paper_brokers_file(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    # Each start takes seconds, most of them for the past that trades are tested on. In the market of seed 1 a put is
    # sold at the first quotes: in others days go by before there is anything to be killed in.
    kills, chance = max(1, int(request.config.getoption("--kills")) // 4), random.Random(20260316)
    places = Places(tmp_path, Environment.SIMULATED)
    command = [sys.executable, "-m", "mindfolio_desktop", "run", "--headless", "--market", "simulated", "--seed", "1",
               "--approve", "all", "--symbols", "XLE", "--quotes", "15",
               "--data-dir", str(tmp_path), "--days"]  # fmt: skip
    for _ in range(kills):
        with subprocess.Popen([*command, "50"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None
            process.stderr.readline()  # something was traded, or waits
            time.sleep(chance.uniform(0.0, 1.0))
            process.send_signal(signal.SIGKILL)
    subprocess.run([*command, "2"], cwd=ROOT, check=True, capture_output=True)
    book, intents, booked = _book_of(places), _intents(places), _booked(places)
    file = PaperFile(places.broker)
    state = file.read()
    file.close()
    assert state is not None
    assert state.tickets
    assert state.tickets.keys() <= intents.keys()
    assert {name: ticket.filled for name, ticket in state.tickets.items() if ticket.filled} == booked
    assert book.instruments() == {name: count for name, count in state.positions.items() if count}
    assert book.broker_cash == state.cash
    assert not book.differences
    assert verify_file(places.ledger).faults == ()


def _compare(places: Places, found: Audited, tally: Tally) -> None:
    """Everything that book and broker must agree on."""
    book, intents, booked = _book_of(places), _intents(places), _booked(places)
    tally.orders += len(found.orders)
    tally.unheard += found.unheard
    tally.entries += book.seq
    held = {name: count for name, count in found.positions.items() if count}
    lost = [order.order_id for order in found.orders if booked.get(order.order_id, 0) < order.filled]
    lost += [order.order_id for order in found.orders if order.order_id not in intents]
    duplicated = [order.order_id for order in found.orders if order.sent != 1]
    duplicated += [order.order_id for order in found.orders if booked.get(order.order_id, 0) > order.filled]
    tally.lost += len(lost)
    tally.duplicated += len(duplicated)
    faults = verify_file(places.ledger).faults
    tally.corrupt += bool(faults)
    assert (lost, duplicated, faults) == ([], [], ())
    assert {name: count for name, count in book.instruments().items() if count} == held
    assert book.broker_cash == found.cash
    for order in found.orders:
        assert order.quantity == intents[order.order_id].quantity
        assert order.is_final
    assert booked.keys() <= {order.order_id for order in found.orders}
    assert found.after_stop == 0, "an opening order left after the emergency stop"
    assert not book.orders
    for module_id, module in book.modules.items():
        assert book.held(module_id) == 0
        assert book.used(module_id) >= 0
        assert module.budget >= 0
    assert sum(module.budget for module in book.modules.values()) + book.reserve == book.capital
    assert not book.differences


def _book_of(places: Places) -> Book:
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        return Ledger(store).book
    finally:
        store.close()


def _events(places: Places) -> list[tuple[Recorded, ev.Event]]:
    store = SqliteStore(places.ledger, for_reading=True)
    try:
        return checked_entries(store)
    finally:
        store.close()


def _intents(places: Places) -> dict[str, Order]:
    """Every order that was ever intended; none that opens was more than its module could bear at that moment."""
    intents: dict[str, Order] = {}
    book = Book()
    for entry, event in _events(places):
        book.apply(entry.seq, entry.at, event)
        if isinstance(event, ev.OrderIntended):
            intents[event.order.order_id] = event.order
            assert not event.order.adds_risk or book.available(event.order.module_id) >= 0
    return intents


def _booked(places: Places) -> dict[str, int]:
    """Units of each order in the journal's fills; every fill's own cumulative count must follow from those before."""
    booked: dict[str, int] = {}
    for _, event in _events(places):
        if isinstance(event, ev.OrderFilled):
            booked[event.order_id] = booked.get(event.order_id, 0) + event.quantity
            assert booked[event.order_id] == event.cumulative
    return booked


# --- processes -------------------------------------------------------------------------------------------------------
@contextmanager
def _folder() -> Iterator[Path]:
    """In memory where the system has that: what SIGKILL leaves does not depend on a disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of its own in it
    with tempfile.TemporaryDirectory(prefix="mindfolio-kills-", dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def _broker(places: Places) -> Iterator[int]:
    """The broker's process; its port."""
    command = [sys.executable, "-m", "tests.simulation.broker_process", str(SEED), str(CAPITAL), str(places.latch)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
            assert process.poll() is None, "the broker has died"
        finally:
            process.kill()
