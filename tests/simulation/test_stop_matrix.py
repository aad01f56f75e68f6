"""The stop matrix: eleven states of an order at the press of the button, each under ten conditions.

Every cell runs the real kernel on a real ledger file against the real paper broker behind a line that fails.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.mindfolio import MindfolioStatus, ModuleStatus
from engine.domain.order import OrderStatus
from engine.domain.snapshot import MindfolioSnapshot
from tests.fakes import RecordingPublisher, new_york
from tests.simulation.stop_rows import ROWS, Row
from tests.simulation.stop_world import LIVING, OTHER, SECOND, START, World, locked, ticket

GRACE = 5 * SECOND
"""No second cancel of an order is sent before."""

EVERYTHING = {"submit", "replace", "cancel", "ask"}

pytestmark = pytest.mark.timeout(120)


class DiedError(BaseException):
    """The process ends at this very moment."""


# --- conditions ------------------------------------------------------------------------------------------------------
def pressed(world: World, row: Row, press: Callable[[], None]) -> None:
    """Bring a world to a row's state and press."""
    row.reach(world, press)
    if not row.at_once:
        press()


def normal(world: World, row: Row) -> World:
    """A line that works."""
    pressed(world, row, world.press)
    return settled(world, row)


def cut(world: World, row: Row, refused: set[str], seconds: float, *, is_mute: bool = False) -> World:
    """From the press on calls are refused for a time."""

    def press() -> None:
        world.line.refuses = refused
        world.line.is_mute = world.line.is_mute or is_mute
        world.press()

    pressed(world, row, press)
    world.go_on(0)
    assert world.desk.book.held("IV_SERVICE_2") == row.held
    world.go_on(seconds)
    assert world.line.after_the_latch("cancel") == [] or world.line.calls("cancel", arrived=False)
    world.line.refuses = set()
    return settled(world, row)


def database_locked(world: World, row: Row) -> World:
    """From the press on another program holds the ledger: the stop holds without it, and cancels go out."""
    lock = locked(world.folder)

    def press() -> None:
        lock.__enter__()
        world.press_outside()

    try:
        pressed(world, row, press)
        world.go_on(0)
        assert "locked" in world.desk.halted
        assert world.desk.latch.is_set
        if row.cancels and not world.line.calls("cancel"):
            assert world.line.calls("cancel"), "a cancel needs no journal"
        world.do(ticket("-0.20", OTHER, 1))
        assert world.publisher.denied[-1].denials[0].code is DenialCode.STORAGE
    finally:
        lock.__exit__(None, None, None)
    assert world.events(ev.EmergencyStopLatched) == [], "it could not be written"
    return settled(restarted(world), row)


def module_hung(world: World, row: Row, monkeypatch: pytest.MonkeyPatch) -> World:
    """A module's scan does not come back: the stop is obeyed and everything else goes on."""
    released, began, pressed = threading.Event(), threading.Event(), threading.Event()

    class Hangs:
        def scan(self, _context: object) -> tuple[()]:
            began.set()
            released.wait()
            return ()

    stopped = world

    def press_later() -> None:
        assert began.wait(30)
        time.sleep(0.1)
        stopped.press()
        pressed.set()

    def hang() -> None:
        world.desk.strategy_of = lambda _module: Hangs()  # type: ignore[assignment,return-value]
        active = [module_id for module_id in world.desk.book.modules if world.desk.is_active(module_id)]
        world.inbox.put(cmd.ScanNow(active[0], "user"))

    try:
        if row.at_once:
            hang()
            row.reach(world, world.press)
        else:
            row.reach(world, world.press)
            hang()
            threading.Thread(target=press_later).start()
        scans = len(world.events(ev.ScanCompleted))
        world = settled(world, row)
    finally:
        released.set()
    # The latch is obeyed before the press has put its message into the inbox: that one must not come after a re-arm.
    assert row.at_once or pressed.wait(30)
    world.go_on(0)
    assert len(world.events(ev.ScanCompleted)) == scans, "an answer that comes after the stop is not taken"
    return world


def starting(world: World, row: Row) -> World:
    """The process ends in that state; the next one is stopped before it has compared anything with the broker."""

    def die() -> None:
        raise DiedError

    row.reach(world, die)
    if row.at_once:
        with pytest.raises(DiedError):
            world.go_on(0)
    again = restarted(world)
    assert not again.desk.is_reconciled
    again.press()
    return settled(again, row)


def market_closed(world: World, row: Row) -> World:
    """The session is over when it is pressed, and the broker's last words have not come yet."""

    def press() -> None:
        world.line.is_mute = True
        world.desk.clock.advance_to(new_york(16, 0, 30))
        world.press()

    pressed(world, row, press)
    world.go_on(0)
    return settled(world, row)


def resumed(world: World, row: Row) -> World:
    """The machine slept for three hours: every quote is old."""

    def press() -> None:
        world.desk.clock.advance_to(world.desk.now + 3 * 3600 * SECOND)
        world.press()

    pressed(world, row, press)
    return settled(world, row)


class SlowWindow(RecordingPublisher):
    """A window whose thread is blocked: what is handed to it piles up."""

    def publish(self, snapshot: MindfolioSnapshot) -> None:
        """Hand it over, as a queued signal does."""
        self.snapshots[:] = [snapshot]


CONDITIONS: dict[str, Callable[[World, Row], World]] = {
    "normal": normal,
    "reconnecting": partial(cut, refused=EVERYTHING | {"ask account"}, seconds=12, is_mute=True),
    "token refresh": partial(cut, refused=EVERYTHING, seconds=4),
    "rate-limited": partial(cut, refused={"submit", "replace", "cancel"}, seconds=20),
    "DB locked": database_locked,
    "UI blocked": normal,
    "start-up reconcile": starting,
    "market closed": market_closed,
    "resumed from sleep": resumed,
}


# --- the cells -------------------------------------------------------------------------------------------------------
def restarted(world: World) -> World:
    """The next process; what the line did to the last one is over."""
    line = world.line

    def same(new: Any) -> None:
        new.log, new.before, new.tells_account = [], [*line.before, *line.log], line.tells_account
        line._told.clear()

    return world.reopened(line=same)


def settled(world: World, row: Row) -> World:
    """Let the stop be obeyed, the line speak again, and a minute go by."""
    world.go_on(0)
    world.line.hangs_up = set()
    world.line.speak(world.desk.now)
    world.go_on(90)
    return world


def check(world: World, row: Row) -> None:
    """What every cell must show, whatever the state and the condition."""
    book, line = world.desk.book, world.line
    assert not world.desk.halted
    for order_id in ("O000001", "O000003"):
        sent = line.calls("cancel", order_id)  # by this process; the one before it may have sent one, too
        assert all(later - earlier >= GRACE for earlier, later in pairwise(sent))
    line.log[:0], line.before = line.before, []
    assert line.after_the_latch("submit") == [], "no opening began to leave after the latch"
    assert all(len(line.calls("submit", order_id)) <= 1 for order_id in ("O000001", "O000002", "O000003"))
    assert row.cancels in (None, bool(line.calls("cancel")))
    assert book.status is MindfolioStatus.STOPPED
    assert {module.status for module in book.modules.values()} == {ModuleStatus.PAUSED}
    assert book.approvals == {}
    openings = [order for order in book.orders.values() if order.adds_risk]
    assert all(order.status is OrderStatus.LEGGED for order in openings), "each has its final word"
    assert book.held("IV_SERVICE_2") == sum(order.held for order in openings)
    condors = [each for each in book.positions.values() if each.structure.legs != OTHER.legs and len(each.lots) > 1]
    assert row.bought in (None, sum(position.quantity for position in condors))
    assert book.differences == {}
    latched = [number for number, (_, event) in enumerate(events(world)) if isinstance(event, ev.EmergencyStopLatched)]
    later = [event for _, event in events(world)[latched[0] :]]
    assert not any(isinstance(event, ev.OrderIntended) and event.order.adds_risk for event in later)


def events(world: World) -> list[Any]:
    """The journal as it is in the file."""
    from engine.ledger.ledger import checked_entries  # noqa: PLC0415

    return list(checked_entries(world.store))


def still_stopped(world: World) -> World:
    """Proposals are refused, now and in the next process."""
    for now in (world, restarted(world)):
        now.line.log.append(("latched", "", now.desk.now, True))
        now.do(ticket("-0.20", OTHER, 1))
        assert DenialCode.STOPPED in {denial.code for denial in now.publisher.denied[-1].denials}
        assert now.desk.book.status is MindfolioStatus.STOPPED
        assert now.desk.latch.is_set
        assert now.faults() == ()
    return now


def cell(folder: Path, row: Row, condition: Callable[[World, Row], World], **how: Any) -> None:
    """One cell from the first quote to the next process."""
    world = World(folder, **row.how, **how)
    try:
        world.run(START + SECOND)
        if condition is market_closed:
            world.run(new_york(15, 59)).go_on(30)
        world = condition(world, row)
        check(world, row)
        row.check(world)
        still_stopped(world)
    finally:
        while LIVING:
            LIVING[-1].close()


@pytest.fixture(params=ROWS)
def row(request: pytest.FixtureRequest) -> Row:
    """One state of an order at the press."""
    return ROWS[request.param]


@pytest.mark.parametrize("condition", [name for name in CONDITIONS if name != "UI blocked"])
def test_a_stop(tmp_path: Path, row: Row, condition: str) -> None:
    cell(tmp_path, row, CONDITIONS[condition])


def test_a_stop_while_a_module_hangs(tmp_path: Path, row: Row, monkeypatch: pytest.MonkeyPatch) -> None:
    cell(tmp_path, row, partial(module_hung, monkeypatch=monkeypatch), threads=1)


def test_a_stop_while_the_window_is_blocked(tmp_path: Path, row: Row) -> None:
    failed: list[BaseException] = []

    def engine() -> None:
        try:
            cell(tmp_path, row, normal, publisher=SlowWindow())
        except BaseException as error:  # noqa: BLE001 - told on the test's own thread
            failed.append(error)

    thread = threading.Thread(target=engine)
    thread.start()
    while thread.is_alive():
        until = time.monotonic() + 0.05
        while time.monotonic() < until:
            pass
        time.sleep(0.05)
    if failed:
        raise failed[0]
