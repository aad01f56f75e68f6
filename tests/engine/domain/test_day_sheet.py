"""Records of a day's sheets."""

from engine.core.money import dollars
from engine.domain.day_sheet import ExpiryLine, ModuleDay
from engine.domain.instrument import Right
from tests.builders import contract


def test_how_far_a_leg_is_in_the_money() -> None:
    put = contract(250, Right.PUT)
    assert ExpiryLine("P1", "Alpha", put, -1, dollars(248), 0).inside == dollars(2)
    assert ExpiryLine("P1", "Alpha", put, -1, None, 0).inside is None


def test_a_day_is_realised_and_open_together() -> None:
    assert ModuleDay("Alpha", dollars(5), -dollars(7)).pnl == -dollars(2)
