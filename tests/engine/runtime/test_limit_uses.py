"""Limits and what is left of them, as the gate and the breaker see them."""

from dataclasses import replace
from pathlib import Path

import pytest

from engine.core.money import dollars
from engine.domain.limit_use import AccountLimit, LimitUse, StandingLimits
from engine.domain.limits import AccountLimits
from engine.domain.mindfolio import AccountRules
from engine.runtime.limit_uses import standing_limits
from tests.builders import three_iv_services
from tests.engine.runtime.scenes import CONDOR, MODULE, hold
from tests.fakes import Rig, chain_update, new_york, only


def standing(folder: Path, limits: AccountLimits, rules: AccountRules, lost: str = "0") -> StandingLimits:
    """The limits of a mindfolio whose condor stands at a loss of so many dollars."""
    spec = replace(only(three_iv_services(("SPY",)), "NOBODY"), account_limits=limits, account_rules=rules)
    rig = Rig(folder, [chain_update(new_york(10, 0), 100.0)], spec=spec)
    rig.run(until=new_york(10, 0, 2))
    position = hold(rig, CONDOR, ("0.40", "0.90", "1.00", "0.50"), 2)
    rig.desk.book.marks[position.position_id] = position.cost - dollars(lost)
    return standing_limits(rig.desk)


def of(found: StandingLimits, which: AccountLimit) -> LimitUse:
    return next(each for each in found.account if each.which is which)


def test_a_loss_of_today_takes_of_the_limits_of_its_module_and_of_the_account(tmp_path: Path) -> None:
    found = standing(tmp_path, AccountLimits(day_loss=dollars(500)), AccountRules(), lost="120")
    assert of(found, AccountLimit.DAY_LOSS) == LimitUse(AccountLimit.DAY_LOSS, dollars(500), dollars(120), dollars(380))
    (module,) = [each for each in found.modules if each.module_id == MODULE]
    assert module.lost == dollars(120)
    assert module.daily_loss_limit is not None
    assert module.left == module.daily_loss_limit - dollars(120)
    assert of(found, AccountLimit.DRAWDOWN).used == 24, "of $50,000, in 1/100 of a percent"


def test_a_gain_uses_nothing_and_a_limit_that_is_passed_has_nothing_left(tmp_path: Path) -> None:
    found = standing(tmp_path, AccountLimits(day_loss=dollars(100)), AccountRules(), lost="-50")
    assert (of(found, AccountLimit.DAY_LOSS).used, of(found, AccountLimit.DAY_LOSS).left) == (0, dollars(100))
    passed = standing(tmp_path / "other", AccountLimits(day_loss=dollars(100)), AccountRules(), lost="150")
    assert (of(passed, AccountLimit.DAY_LOSS).used, of(passed, AccountLimit.DAY_LOSS).left) == (dollars(150), 0)


def test_what_has_no_limit_says_so(tmp_path: Path) -> None:
    found = standing(tmp_path, AccountLimits(None, None), AccountRules(margin_minimum=None), lost="120")
    for which in (AccountLimit.DAY_LOSS, AccountLimit.DRAWDOWN, AccountLimit.MARGIN_MINIMUM):
        assert (of(found, which).limit, of(found, which).left) == (None, None)
    assert not found.binds_first


def test_the_equity_that_margin_demands_and_the_orders_of_the_session(tmp_path: Path) -> None:
    found = standing(tmp_path, AccountLimits(), AccountRules(margin_minimum=dollars(2000)), lost="120")
    equity = of(found, AccountLimit.MARGIN_MINIMUM)
    assert (equity.used, equity.left) == (dollars(49_880), dollars(47_880))
    orders = of(found, AccountLimit.ORDERS)
    assert orders.limit == 390
    assert orders.left is not None
    assert orders.used == 390 - orders.left
    assert found.free < dollars(50_000), "the condor takes of it"


@pytest.mark.parametrize(("account", "binds"), [("1", True), ("1000000", False)])
def test_the_account_binds_first_where_the_modules_may_lose_more_than_it(
    tmp_path: Path, account: str, *, binds: bool
) -> None:
    found = standing(tmp_path, AccountLimits(day_loss=dollars(account)), AccountRules())
    assert found.module_losses == sum(each.daily_loss_limit or 0 for each in found.modules)
    assert found.binds_first is binds
