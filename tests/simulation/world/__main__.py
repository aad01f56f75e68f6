"""The whole program in a hostile world, seed after seed: `uv run python -m tests.simulation.world --seeds 5000`."""

from tests.simulation.world.run import main

main()
