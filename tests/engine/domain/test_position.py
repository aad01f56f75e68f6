"""Positions: what they hold, and what they brought."""

import pytest

from engine.core.money import dollars
from engine.domain.instrument import Right
from engine.domain.position import Lot, PositionStatus
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from tests.builders import NOW, contract, position


@pytest.mark.parametrize("status", PositionStatus)
def test_a_position_is_open_until_it_was_closed_or_settled(status: PositionStatus) -> None:
    assert status.is_open is (status.value not in ("Closed", "Settled", "Broken"))


def test_lots_tell_what_is_held_of_each_contract_and_of_the_shares() -> None:
    call = contract(280, Right.CALL)
    lots = (
        Lot(call, -1, dollars(-120), NOW), Lot(None, 100, dollars(27_000), NOW), Lot(None, 50, dollars(13_400), NOW)
    )  # fmt: skip
    covered = position(structure=Structure(StructureKind.CUSTOM, (Leg(call, -1),), 150), lots=lots)
    assert (covered.held(call), covered.held(None), covered.shares) == (-1, 150, 150)
    assert covered.held(contract(290, Right.CALL)) == 0
    assert covered.symbol == "TSLA"


def test_the_net_result_pays_every_commission() -> None:
    done = position(realised=dollars(65), commissions=dollars("4.80"))
    assert done.net_pnl == dollars("60.20")
    assert position(realised=0, commissions=dollars("2.40")).net_pnl == dollars("-2.40")
    paid = position(realised=dollars(65), commissions=dollars("4.80"), fees=dollars("0.31"), income=dollars(12))
    assert paid.net_pnl == dollars("71.89")


def test_short_shares_are_counted_below_zero() -> None:
    held = position(structure=shares_of("SPY", is_long=False), quantity=100, lots=(Lot(None, -100, 0, NOW),))
    assert (held.shares, held.held(None), held.symbol) == (-100, -100, "SPY")
