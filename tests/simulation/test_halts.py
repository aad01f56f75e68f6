"""Storage that fails: nothing leaves without a durable intent, the engine stops itself, and the next start is sound."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import DenialCode, LedgerFault
from engine.core.money import dollars
from engine.domain import commands as cmd
from engine.domain import events as ev
from engine.domain.mindfolio import MindfolioStatus
from engine.ledger.verify import verify_file
from tests.builders import three_iv_services
from tests.simulation.stop_world import LIVING, OTHER, SECOND, START, World, ticket

HOUR = 3600


@pytest.fixture(autouse=True)
def _worlds_end() -> Iterator[None]:
    """Nothing outlives its test."""
    yield
    while LIVING:
        LIVING[-1].close()


def intended(world: World) -> set[str]:
    """Orders whose intents are durable."""
    return {event.order.order_id for event in world.events(ev.OrderIntended) if isinstance(event, ev.OrderIntended)}


def submitted(world: World) -> set[str]:
    """Orders that left, of this process and those before it."""
    return {order_id for name, order_id, _, _ in (*world.line.before, *world.line.log) if name.startswith("submit")}


def after_space_is_made(world: World) -> World:
    """The next process, a minute later: what the broker did in the meantime is booked."""

    def same(new: Any) -> None:
        new.before = [*world.line.before, *world.line.log]

    return world.reopened(line=same).go_on(60)


def trades(world: World) -> None:
    """An opening that is filled, its closing, and one that works until it is cancelled."""
    world.do(ticket("-0.20", OTHER, 1))
    world.go_on(2)
    world.do(cmd.ClosePosition("P000001", None, dollars("0.40"), "user", "target"))
    world.do(ticket())
    world.go_on(2)
    world.do(cmd.CancelOrder("O000003", "user", "enough"))
    world.go_on(3)


@pytest.mark.parametrize("number", range(13))
@pytest.mark.parametrize("is_written", [False, True], ids=["not written", "written, and told that it was not"])
def test_a_commit_that_fails(tmp_path: Path, number: int, *, is_written: bool) -> None:
    world = World(tmp_path).run(START + SECOND)
    left = number

    class Failing:
        """From the given commit on nothing can be written; the first may have reached the disk all the same."""

        def append(self, batch: Any) -> None:
            nonlocal left
            left -= 1
            if left == -1 and is_written:
                world.store.append(batch)
            if left < 0:
                raise LedgerFault("the disk is full")
            world.store.append(batch)

        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

    world.desk.ledger._store = Failing()
    trades(world)

    assert world.desk.halted == "the disk is full"
    assert world.desk.latch.is_set
    assert world.desk.latch.who() == ("engine", "the disk is full")
    assert submitted(world) <= intended(world)
    before = list(world.line.log)
    world.do(ticket("-0.28", quantity=2))
    assert world.publisher.denied[-1].denials[0].code is DenialCode.STORAGE
    assert [entry for entry in world.line.log[len(before) :] if entry[0] != "cancel"] == [], (
        "nothing but cancels leaves"
    )

    again = after_space_is_made(world)
    assert again.desk.book.status is MindfolioStatus.STOPPED
    assert submitted(again) <= intended(again)
    assert all(len(again.line.calls("submit", order_id)) == 0 for order_id in submitted(again))
    assert not any(order.adds_risk for order in again.desk.book.orders.values())
    assert again.desk.book.differences == {}
    assert again.faults() == ()


@pytest.mark.parametrize("pages", [0, 1, 2, 5, 9])
def test_a_disk_that_is_really_full(tmp_path: Path, pages: int) -> None:
    world = World(tmp_path, spec=three_iv_services(("SPY",)))
    connection = world.store._connection
    count = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {count + pages}")
    world.run(START + 6 * HOUR * SECOND)

    assert "full" in world.desk.halted
    assert world.desk.latch.is_set
    assert submitted(world) <= intended(world)
    world.do(cmd.PauseModule("IV_SERVICE", "user", "what is going on?"))
    (denial,) = world.publisher.denied[-1].denials
    assert (denial.code, denial.facts["why"]) == (DenialCode.STORAGE, world.desk.halted)
    assert any(text.startswith("Trading halted") for text in world.publisher.alerts)

    again = after_space_is_made(world)
    was = again.desk.book.status
    assert again.desk.book.differences == {}
    assert not any(order.adds_risk for order in again.desk.book.orders.values())
    again.do(cmd.RearmMindfolio("user", "space was made"))
    again.do(cmd.ResumeModule("IV_SERVICE_2", "user", "go on"))
    again.do(ticket("-0.28", quantity=1))
    again.go_on(2)
    assert [was, again.desk.book.status] == [MindfolioStatus.STOPPED, MindfolioStatus.ACTIVE]
    assert again.line.calls("submit") != [], "trading goes on"
    again.close()
    assert verify_file(tmp_path / "ledger.sqlite").faults == ()


def test_a_brokers_file_that_cannot_be_written_is_one_line_and_the_next_start_is_sound(tmp_path: Path) -> None:
    world = World(tmp_path, spec=three_iv_services(("SPY",)))
    world.do(ticket("-0.28", OTHER, 1))
    world.go_on(2)
    world.do(cmd.ClosePosition("P000001", None, dollars("0.40"), "user", "target"))
    file = world.line.inner._kept._file
    assert file is not None

    def full(line: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file._write = full  # type: ignore[method-assign]
    world.go_on(60)
    path = tmp_path / "broker.jsonl"
    why = f"the paper broker's file {path} cannot be written: {os.strerror(errno.ENOSPC)}; make room for it"
    assert world.desk.halted.startswith(why)
    assert "\n" not in world.desk.halted
    assert [text for text in world.publisher.alerts if "halted" in text] == [f"Trading halted: {world.desk.halted}"]

    again = after_space_is_made(world)
    assert (again.desk.halted, again.desk.book.differences, again.desk.latch.is_set) == ("", {}, True)
    assert again.faults() == ()


def test_the_page_limit_is_what_a_full_disk_says() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 2")
    connection.execute("CREATE TABLE one (a)")
    with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        connection.execute("CREATE TABLE two (a)")
    connection.close()
