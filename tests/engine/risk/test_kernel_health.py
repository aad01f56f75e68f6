"""The second opinion: two programs that agree, and what happens when they do not."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analytics import kernel
from engine.core.errors import DenialCode
from engine.core.money import UNIT, dollars
from engine.domain.chain import Floats
from engine.domain.instrument import OptionContract, Right
from engine.domain.quote import Quote
from engine.domain.structure import Leg
from engine.risk.checks_evidence import check_kernel_health
from engine.risk.facts import TradeFacts
from engine.risk.kernel_health import LegPrice, leg_prices
from tests.engine.risk.conftest import EXPIRATION, NOW

RATE = 0.04


def one_leg(strike: int, right: Right = Right.PUT) -> tuple[Leg, ...]:
    return (Leg(OptionContract("TSLA", EXPIRATION, strike * UNIT, right), -1),)


def quote(mid: float) -> Quote:
    return Quote(dollars(f"{mid - 0.05:.2f}"), dollars(f"{mid + 0.05:.2f}"), NOW)


def test_both_programs_agree_on_a_trade_and_on_its_volatilities(good: TradeFacts) -> None:
    readings = leg_prices(good.candidate.structure.legs, good.quotes, 260.0, NOW, RATE)
    assert [reading.what for reading in readings] == ["price", "volatility"] * 4
    assert all(reading.agrees for reading in readings)
    assert check_kernel_health(replace(good, kernel=readings)) is None


@given(st.integers(50, 500), st.floats(60.0, 400.0), st.sampled_from(list(Right)), st.floats(0.05, 80.0))
def test_they_agree_whatever_the_leg(strike: int, spot: float, right: Right, mid: float) -> None:
    readings = leg_prices(one_leg(strike, right), (quote(max(0.06, round(mid, 2))),), spot, NOW, RATE)
    assert readings[0].what == "price"
    assert all(reading.agrees for reading in readings)


@pytest.mark.parametrize("bad", [None, math.nan, 0.0, -5.0])
def test_without_a_spot_or_a_quote_the_kernel_is_checked_all_the_same(bad: float | None) -> None:
    (reading,) = leg_prices(one_leg(250), (None,), bad, NOW, RATE)
    assert reading.what == "price"
    assert reading.agrees
    assert reading.ours > 5


def test_a_kernel_that_is_off_by_a_hair_is_caught(monkeypatch: pytest.MonkeyPatch, good: TradeFacts) -> None:
    sound = kernel.european

    def off(*columns: Floats) -> tuple[Floats, kernel.Flags]:
        values, valid = sound(*columns)
        return values * (1 + 3e-6), valid

    monkeypatch.setattr(kernel, "european", off)
    readings = leg_prices(good.candidate.structure.legs, good.quotes, 260.0, NOW, RATE)
    denial = check_kernel_health(replace(good, kernel=readings))
    assert denial is not None
    assert denial.code is DenialCode.KERNEL_HEALTH
    assert denial.facts["leg"] == "TSLA260417P00240000"
    assert denial.facts["what"] == "price"
    ours, theirs = denial.facts["ours"], denial.facts["theirs"]
    assert isinstance(ours, float)
    assert isinstance(theirs, float)
    assert denial.measured == pytest.approx(abs(ours - theirs))
    assert denial.limit == pytest.approx(1e-6 * theirs)


def test_a_volatility_solver_that_is_off_is_caught(monkeypatch: pytest.MonkeyPatch, good: TradeFacts) -> None:
    sound = kernel.implied_volatility

    def off(*columns: Floats) -> tuple[Floats, np.ndarray[tuple[int, ...], np.dtype[np.int8]]]:
        found, status = sound(*columns)
        return found + 1e-4, status

    monkeypatch.setattr(kernel, "implied_volatility", off)
    readings = leg_prices(good.candidate.structure.legs, good.quotes, 260.0, NOW, RATE)
    denial = check_kernel_health(replace(good, kernel=readings))
    assert denial is not None
    assert denial.facts["what"] == "volatility"


@pytest.mark.parametrize(
    ("ours", "theirs", "agrees"),
    [
        (1.0, 1.0 + 1e-6, True),
        (1.0, 1.0 + 3e-6, False),
        (0.0, 1e-6, True),
        (0.0, 2e-6, False),
        (500.0, 500.0 + 4e-4, True),
        (500.0, 500.0 + 6e-4, False),
        (math.nan, 1.0, False),
        (1.0, math.nan, False),
        (math.inf, math.inf, False),
    ],
)
def test_the_larger_of_the_two_limits_counts(ours: float, theirs: float, agrees: bool) -> None:
    assert LegPrice("X", "price", ours, theirs).agrees is agrees


def test_a_leg_without_a_reading_is_denied(good: TradeFacts) -> None:
    assert good.kernel is not None
    for readings in (None, (), good.kernel[:3], tuple(replace(each, what="volatility") for each in good.kernel)):
        denial = check_kernel_health(replace(good, kernel=readings))
        assert denial is not None
        assert denial.facts["why"] == "no second opinion on the prices"


def test_starting_the_engine_does_not_wait_for_vollib() -> None:
    code = "import sys, engine.runtime.assembly; assert not any(m.split('.')[0] == 'vollib' for m in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
