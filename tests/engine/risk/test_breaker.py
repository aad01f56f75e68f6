"""The daily loss breaker, and its agreement with the gate."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.risk.breaker import daily_loss_reached
from engine.risk.checks import check_daily_loss
from engine.risk.facts import TradeFacts

LIMIT = dollars(1000)


@pytest.mark.parametrize(("off", "is_reached"), [(-1, True), (0, True), (1, False)])
def test_exactly_at_the_limit_is_reached(off: int, is_reached: bool) -> None:
    assert daily_loss_reached(-LIMIT + off, LIMIT) is is_reached


def test_a_gain_as_large_as_the_limit_is_no_loss() -> None:
    assert not daily_loss_reached(LIMIT, LIMIT)


@pytest.mark.parametrize(("day_pnl", "limit"), [(None, LIMIT), (-LIMIT, None), (None, None)])
def test_what_is_unknown_pauses_nothing(day_pnl: int | None, limit: int | None) -> None:
    assert not daily_loss_reached(day_pnl, limit)


@settings(deadline=None)
@given(day_pnl=st.integers(-20_000, 20_000), limit=st.integers(0, 20_000))
def test_what_pauses_a_module_is_what_the_gate_denies(good: TradeFacts, day_pnl: int, limit: int) -> None:
    limits = replace(good.module.limits, daily_loss_limit=limit)
    facts = replace(good, day_pnl=day_pnl, module=replace(good.module, limits=limits))
    assert daily_loss_reached(day_pnl, limit) is (check_daily_loss(facts) is not None)
