"""kill -9 of a trading process at named and random points, against a broker that lives on: who is right in the end?

`uv run pytest tests/simulation/test_broker_kills.py --kills 200 -s` is the full figure; the ordinary run does a share.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.domain import events as ev
from engine.domain.mindfolio import Environment
from engine.domain.order import Order, OrderStatus
from engine.domain.records import Recorded
from engine.execution.paper_file import PaperFile
from engine.ledger.book import Book
from engine.ledger.ledger import Ledger, checked_entries
from engine.ledger.store import SqliteStore
from engine.ledger.verify import verify_file
from engine.runtime.places import Places
from tests.simulation.broker_process import Audited, audited
from tests.simulation.trader_process import CAPITAL

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")

ROOT = Path(__file__).resolve().parents[2]
SEED = 7
SETTLE_S = 120.0

POINTS = (
    "before-intent", "after-intent", "before-submit", "in-submit", "after-submit", "before-submitted",
    "after-submitted", "fill-polled", "before-fill", "after-fill", "before-cancel", "in-cancel", "after-cancel",
    "before-replace", "in-replace", "after-replace", "before-commit", "after-commit", "recovery",
    "recovery-before-commit", "recovery-after-commit", "recovery-in-ask", "recovery-in-ask-account",
)  # fmt: skip
IN_FLIGHT = frozenset(
    {OrderStatus.INTENT, OrderStatus.SENT, OrderStatus.UNKNOWN, OrderStatus.CANCEL_PENDING, OrderStatus.REPLACE_PENDING}
)


@dataclass(slots=True)
class Tally:
    """What the kills hit."""

    kills: int = 0
    in_flight: int = 0
    working: int = 0
    points: Counter[str] = field(default_factory=Counter)


@pytest.mark.timeout(3600)
def test_a_trader_killed_again_and_again_agrees_with_the_broker_in_the_end(request: pytest.FixtureRequest) -> None:
    kills, chance, tally = int(request.config.getoption("--kills")), random.Random(20260316), Tally()
    with _folder() as folder, _broker() as port:
        places = Places(folder, Environment.SIMULATED)
        while tally.kills < kills:
            _one_life(folder, port, chance, tally)
            if places.ledger.exists():  # the first may have ended before that
                orders = _book_of(places).orders.values()
                tally.in_flight += any(order.status in IN_FLIGHT for order in orders)
                tally.working += bool(orders)
        _settle(folder, port)
        found = audited(port)
        _compare(places, found, tally)


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


def _one_life(folder: Path, port: int, chance: random.Random, tally: Tally) -> None:
    """Start a trader and end it with SIGKILL: at a named point that it comes to, or whenever."""
    point = f"{chance.choice(POINTS)}" if chance.random() < 0.6 else ""
    count = chance.randint(1, 3 if point.startswith("recovery") else 25)
    process = _trader(folder, port, "trade", f"{point}:{count}" if point else "")
    if not point:
        _await_start(process)
        time.sleep(chance.uniform(0.0, 1.0))
    try:
        process.wait(6.0 if point else 0.0)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        point = "random"
    _, complaint = process.communicate()
    assert process.returncode == -signal.SIGKILL, complaint.decode()
    tally.kills += 1
    tally.points[point.split(":")[0]] += 1


def _settle(folder: Path, port: int) -> None:
    process = _trader(folder, port, "settle", "")
    _, complaint = process.communicate(timeout=SETTLE_S)
    assert process.returncode == 0, complaint.decode()
    assert not complaint, complaint.decode()


def _compare(places: Places, found: Audited, tally: Tally) -> None:
    """Everything that book and broker must agree on."""
    book, intents, booked = _book_of(places), _intents(places), _booked(places)
    differences = {
        name: (book.instruments().get(name, 0), found.positions.get(name, 0))
        for name in book.instruments().keys() | found.positions.keys()
        if book.instruments().get(name, 0) != found.positions.get(name, 0)
    }
    sys.stdout.write(
        f"\n{tally.kills} kills ({tally.in_flight} with an order in flight, {tally.working} with one live), "
        f"{len(intents)} intents, {len(found.orders)} orders at the broker, {sum(booked.values())} units in "
        f"{sum(order.filled > 0 for order in found.orders)} filled orders, {found.unheard} fills while nobody "
        f"listened, {len(differences)} differences; {book.seq} entries\n{dict(sorted(tally.points.items()))}\n"
    )
    assert not differences
    assert book.broker_cash == found.cash
    assert {order.order_id for order in found.orders} <= intents.keys(), "an order that was not intended durably"
    for order in found.orders:
        assert order.sent == 1, f"{order.order_id} was sent {order.sent} times"
        assert order.quantity == intents[order.order_id].quantity
        assert booked.get(order.order_id, 0) == order.filled, f"{order.order_id}: booked {booked.get(order.order_id)}"
        assert order.is_final
    assert booked.keys() <= {order.order_id for order in found.orders}
    assert not book.orders
    for module_id, module in book.modules.items():
        assert book.held(module_id) == 0
        assert book.used(module_id) >= 0
        assert module.budget >= 0
    assert sum(module.budget for module in book.modules.values()) + book.reserve == book.capital
    assert not book.differences
    assert verify_file(places.ledger).faults == ()


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
def _broker() -> Iterator[int]:
    """The broker's process; its port."""
    command = [sys.executable, "-m", "tests.simulation.broker_process", str(SEED), str(CAPITAL)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
            assert process.poll() is None, "the broker has died"
        finally:
            process.kill()


def _trader(folder: Path, port: int, how: str, kill: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.simulation.trader_process", str(folder), str(port), str(SEED), how]
    environment = {"KILL": kill, "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _await_start(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    process.stdout.readline()
