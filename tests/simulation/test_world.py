"""The whole program in a hostile world: every invariant after every entry; then calm, and all adds up.

The suite's seeds are in `test_world_seeds_*`; here are those that once went wrong, that two runs are the same, and that
the reader does see what is wrong. The long form is `uv run python -m tests.simulation.world --seeds 5000`.
"""

import logging
from collections.abc import Iterator

import pytest

from engine.domain import events as ev
from engine.domain.order import Order
from engine.runtime import openings
from engine.runtime.desk import Desk
from tests.simulation.world.kept import KEPT
from tests.simulation.world.run import journals_elsewhere, quiet, shortest
from tests.simulation.world.story import tell
from tests.simulation.world.suite import how_to_repeat

PAIRS = (2, 7, 11, 20028)
"""Seeds that are told twice; in the last the disk is full for a while, which names its file."""


@pytest.fixture(autouse=True)
def _quietly() -> Iterator[None]:
    """What the program logs of faults is expected here."""
    quiet()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", KEPT)
def test_what_once_went_wrong_goes_well(seed: int) -> None:
    told = tell(seed)
    assert told.wrong == [], f"{KEPT[seed]}: {how_to_repeat(told)}"


def test_another_process_with_another_hash_seed_writes_the_same_journals() -> None:
    here = [f"{seed} {tell(seed).journal}" for seed in PAIRS]
    assert journals_elsewhere(PAIRS, 4711) == here
    assert len({line.split()[1] for line in here}) == len(PAIRS)


def sends_twice(desk: Desk, order_id: str) -> None:
    """A planted bug: an order leaves twice."""
    order = desk.book.orders[order_id]
    desk.broker.submit(order, desk.now)
    desk.broker.submit(order, desk.now)
    desk.record(ev.OrderSubmitted(order_id))


def sends_before_it_is_written(desk: Desk, order: Order) -> None:
    """A planted bug: the broker hears of an order that is not durable."""
    desk.broker.submit(order, desk.now)


@pytest.mark.parametrize(
    ("bug", "invariant"), [("sent twice", "I7"), ("nothing held", "I3"), ("sent first", "I6"), ("gate open", "I")]
)
def test_what_is_wrong_is_seen(monkeypatch: pytest.MonkeyPatch, bug: str, invariant: str) -> None:
    if bug == "sent twice":
        monkeypatch.setattr(openings, "send", sends_twice)
    elif bug == "nothing held":
        monkeypatch.setattr(openings, "_hold_per_unit", lambda _facts: 1)
    elif bug == "sent first":
        monkeypatch.setattr(openings, "_watch_for_a_storm", sends_before_it_is_written)
    else:
        monkeypatch.setattr(openings, "run_gate", lambda _facts: ())
    told = next(found for found in map(tell, range(20)) if found.wrong)
    assert told.wrong[0].startswith(invariant)


def test_what_went_wrong_is_told_by_as_few_steps_as_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openings, "send", sends_twice)
    told = next(found for found in map(tell, range(20)) if found.wrong)
    few = shortest(told)
    assert tell(told.seed, few).wrong
    assert told.at_step is not None
    assert len(few) <= told.at_step + 1
    assert all(not tell(told.seed, [each for each in few if each != left]).wrong for left in few)
