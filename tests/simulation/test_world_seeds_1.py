"""The whole program in a hostile world, a third of the suite's seeds: see `test_world`."""

from tests.simulation.world.suite import assert_well


def test_nothing_goes_wrong_whatever_strikes() -> None:
    assert_well(0)
