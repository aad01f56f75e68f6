"""What the suite tells of the world: its seeds lie in three files, so that several processes share them."""

import logging

from tests.simulation.world.run import REPEAT, Total, quiet
from tests.simulation.world.story import Told, steps_of_seed, tell

SEEDS = 60
FILES = 3
FAULTS_EACH = 40
"""On average at least."""


def how_to_repeat(told: Told) -> str:
    """The command that tells a seed again up to where it went wrong."""
    steps = [step.number for step in steps_of_seed(told.seed) if told.at_step is None or step.number <= told.at_step]
    return REPEAT.format(seed=told.seed, steps=",".join(map(str, steps)))


def told_well(part: int) -> Total:
    """Tell a file's seeds; fails at the first at which something goes wrong."""
    size, total = SEEDS // FILES, Total()
    for seed in range(part * size, (part + 1) * size):
        told = tell(seed)
        assert told.wrong == [], how_to_repeat(told)
        total.add(told)
    return total


def assert_well(part: int) -> None:
    """A file of the suite: nothing goes wrong, although much strikes and much is done."""
    quiet()
    try:
        total = told_well(part)
    finally:
        logging.disable(logging.NOTSET)
    assert sum(total.fired.values()) >= FAULTS_EACH * total.seeds
    assert total.lives > total.seeds
    assert total.events > 50 * total.seeds
