"""The whole program in a hostile world: every invariant after every entry; then calm, and all adds up.

The long form is a command of its own: `uv run python -m tests.simulation.world --seeds 5000`.
"""

import pytest

from tests.simulation.world.run import REPEAT
from tests.simulation.world.story import tell

SEEDS = 20


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_goes_wrong(seed: int) -> None:
    told = tell(seed)
    assert told.wrong == [], REPEAT.format(seed=seed, steps=told.at_step)
    assert told.events > 10
