"""Positions: what they use while they are held, and what they brought."""

import pytest

from engine.core.money import dollars
from engine.domain.position import PositionStatus
from tests.builders import condor, position


def test_a_position_uses_its_wider_wing_less_its_credit() -> None:
    assert position(cost=dollars(-120)).used == dollars(880)
    assert position(structure=condor((230, 250, 270, 280)), cost=dollars(-240), quantity=2).used == dollars(3760)


@pytest.mark.parametrize("status", PositionStatus)
def test_only_what_is_held_uses_buying_power(status: PositionStatus) -> None:
    is_held = status in (PositionStatus.MONITORING, PositionStatus.CLOSING)
    assert status.is_open is is_held
    assert position(status=status).used == (dollars(880) if is_held else 0)


def test_the_net_result_pays_every_commission() -> None:
    done = position(realised=dollars(65), commissions=dollars("4.80"))
    assert done.net_pnl == dollars("60.20")
    assert position(realised=0, commissions=dollars("2.40")).net_pnl == dollars("-2.40")
