"""Records of a month: what they add up by themselves."""

from engine.core.money import dollars
from engine.domain.statement import ModuleMonth, OpenPosition
from tests.builders import position


def test_a_module_made_what_was_realised_and_what_the_open_changed_by() -> None:
    month = ModuleMonth("alpha", "Alpha", 0, 0, dollars(5), -dollars(2), 0, 0, 0, 1, 1)
    assert month.pnl == dollars(3)


def test_open_pnl_is_the_mark_against_the_cost() -> None:
    held = position()
    assert OpenPosition(held, "P1", held.cost + dollars(7)).pnl == dollars(7)
