"""What the Rebalancer is shown: every module's positions, with what each adds to a concentration."""

from pathlib import Path

import numpy as np
import pytest

from engine.core.money import dollars
from engine.domain import events as ev
from engine.domain.account import EXTERNAL
from engine.domain.candidate import Approval
from engine.domain.exposure import Exposure
from engine.domain.order import OrderPurpose
from engine.domain.scan import Past
from engine.portfolio.exposure import exposure_of
from engine.portfolio.valuation import concentration_power
from engine.runtime.closings import Closing, close
from tests.builders import NOW, candidate, position
from tests.engine.runtime.scenes import CONDOR, OTHER, hold, made_of, quiet
from tests.fakes import Rig

SECTORS = {"SPY": "Broad Market"}


def seen(rig: Rig, module_id: str = OTHER) -> Exposure:
    desk = rig.desk
    return exposure_of(desk.book, desk.market.chains(), desk.now, 0.04, SECTORS, module_id)


def test_power_is_that_of_the_options_and_the_market_value_of_the_shares(tmp_path: Path) -> None:
    rig = quiet(tmp_path, spot=110.0)
    condor = hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"))
    stock = hold(rig, made_of(shares=1), ("100",), 100)
    # A wing of 5 less the credit of 1.00 is 400; 100 shares at 110, whatever they cost.
    assert concentration_power(condor, dollars(110)) == dollars(400)
    assert concentration_power(stock, dollars(110)) == dollars(11_000)
    assert concentration_power(stock, None) == dollars(10_000)
    found = {each.position.position_id: each for each in seen(rig).holdings}
    assert found[stock.position_id].dollar_delta == dollars(11_000)
    assert found[stock.position_id].power == dollars(11_000)
    assert found[condor.position_id].power == dollars(400)


def test_every_modules_positions_are_seen_external_ones_too(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    mine = hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"))
    other = hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"), module=OTHER)
    rig.desk.record(ev.PositionMoved(other.position_id, EXTERNAL, "user", "test"))
    rig.desk.commit()
    holdings = seen(rig).holdings
    assert {each.position.module_id: each.is_closable for each in holdings} == {
        mine.module_id: True,
        EXTERNAL: False,
    }


@pytest.mark.parametrize(("who", "limit", "is_going"), [("", None, True), ("user", "0.10", False)])
def test_what_is_being_closed_is_going_a_resting_target_is_only_busy(
    tmp_path: Path, who: str, limit: str | None, is_going: bool
) -> None:
    rig = quiet(tmp_path)
    held = hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"))
    at = None if limit is None else dollars(limit)
    assert close(rig.desk, held, Closing(held.structure, 1, "test", who, at)) == ()
    rig.desk.commit()
    (one,) = seen(rig).holdings
    assert (one.is_going, one.is_busy, one.is_closable) == (is_going, True, False)


def test_a_closing_that_waits_for_a_person_is_going_and_counts_for_who_asked(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    held = hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"))
    asked = candidate(OTHER, structure=held.structure, position_id=held.position_id, purpose=OrderPurpose.CLOSE)
    rig.desk.record(ev.ApprovalRequested(Approval("A000001", asked, NOW, NOW)))
    rig.desk.commit()
    for module_id, waiting in ((OTHER, 1), ("IV_SERVICE", 0)):
        view = seen(rig, module_id)
        assert view.waiting == waiting
        assert view.holdings[0].is_going


def test_greeks_volatilities_and_closing_costs_come_from_the_newest_quotes(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    held = hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"))
    view = seen(rig)
    (one,) = view.holdings
    assert one.greeks is not None
    assert one.dollar_delta == round(one.greeks.delta * 100 * 10_000)
    # Each of the four legs is quoted 4 cents wide: natural is 8 cents, $8 a condor, from mid.
    assert (one.closing_cost or 0) + (one.mark or 0) == dollars(8)
    vols = view.volatilities
    assert {leg.contract for leg in held.structure.legs} == vols.keys()
    assert all(abs(vol - 0.25) < 0.02 for vol in vols.values())


def test_a_position_without_shares_has_no_stock() -> None:
    assert concentration_power(position(), dollars(260)) == position().used


def test_the_kernels_snapshot_shows_the_same_weights_with_sectors_and_betas(tmp_path: Path) -> None:
    rig = quiet(tmp_path)
    hold(rig, CONDOR, ("0.10", "0.60", "0.60", "0.10"))
    past = Past(np.arange(NOW.toordinal() - 90, NOW.toordinal()), 100 + np.sin(np.arange(90.0)))
    known = {"SPY": past}
    rig.desk.pasts_on, rig.desk.sectors = lambda _day: known, SECTORS
    snapshot = rig.kernel.snapshot()
    (one,) = seen(rig).holdings
    (row,) = snapshot.concentrations
    assert (row.name, row.power, row.delta) == (one.position.symbol, one.power, one.dollar_delta)
    assert [sector.name for sector in snapshot.sectors] == ["Broad Market"]
    assert snapshot.comovement is not None
    assert [(each.symbol, each.beta) for each in snapshot.comovement.betas] == [("SPY", 1.0)]
    assert snapshot.weighted.dollar_delta == snapshot.weighted.beta_dollar_delta == one.dollar_delta
    assert rig.kernel.snapshot().comovement is snapshot.comovement
