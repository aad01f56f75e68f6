"""The diagonal: along a trend, deep and late bought, shallow and early sold, and never for more than the gap."""

from dataclasses import replace

import numpy as np
import pytest

from engine.core.money import Money, dollars
from engine.domain.instrument import Right
from engine.domain.limits import Costs
from engine.domain.mindfolio import Parameter
from engine.domain.scan import Past, ScanContext
from engine.domain.structure import StructureKind
from engine.modules.iv_diagonal import Trend, diagonal, trend_of
from engine.modules.iv_rules import IvRules
from engine.modules.iv_service import IvService
from engine.modules.iv_two_expiries import Terms, terms_of
from engine.modules.proposal import Package, Skip
from tests.option_markets import closes, iv_module, scan_context, term_chain

MODULE = iv_module(StructureKind.DIAGONAL)
RULES = IvRules.of(MODULE)
CHAIN = term_chain({28: 0.30, 60: 0.28})
UP, DOWN, FLAT = Trend(100, 98, 95), Trend(100, 102, 105), Trend(100, 98, 101)
COSTS = Costs(dollars("0.60"))


def look(trend: Trend, costs: Costs = COSTS, parameters: dict[str, Parameter] | None = None) -> Package | Skip:
    module = iv_module(StructureKind.DIAGONAL, **(parameters or {}))
    context = scan_context(CHAIN, module, costs=costs)
    terms = terms_of("SPY", CHAIN, context, IvRules.of(module))
    assert isinstance(terms, Terms), terms.reason
    return diagonal(terms, trend, context, IvRules.of(module))


def found(trend: Trend) -> Package:
    package = look(trend)
    assert isinstance(package, Package), package.reason
    return package


def strikes_of(package: Package) -> tuple[Money, Money]:
    """Strike bought and strike sold."""
    long, short = (next(leg for leg in package.structure.legs if leg.ratio == ratio) for ratio in (1, -1))
    assert long.contract.expiration > short.contract.expiration
    return long.contract.strike, short.contract.strike


def with_past(past: Past, **changes: object) -> ScanContext:
    return scan_context(CHAIN, MODULE, pasts={"SPY": past}, **changes)


# --- the trend --------------------------------------------------------------------------------------------------------
def test_the_close_is_held_against_the_mean_of_twenty_and_of_fifty_sessions() -> None:
    # Thirty closes at 90 and twenty at 100 make 100 and (30 x 90 + 20 x 100) / 50 = 94.
    trend = trend_of("SPY", with_past(closes(*[50.0] * 9, *[90.0] * 30, *[100.0] * 20)), RULES)
    assert trend == Trend(100, 100, 94)


@pytest.mark.parametrize(
    ("trend", "is_up", "is_down"),
    [
        (Trend(100.01, 100, 94), True, False),
        (Trend(100, 100, 94), False, False),
        (Trend(97, 100, 94), False, False),
        (Trend(94, 100, 94), False, False),
        (Trend(93.99, 100, 94), False, True),
    ],
)
def test_a_trend_closes_beyond_both_means_and_at_one_of_them_is_none(trend: Trend, is_up: bool, is_down: bool) -> None:
    assert (trend.is_up, trend.is_down) == (is_up, is_down)


@pytest.mark.parametrize(
    ("past", "reason"),
    [
        (closes(*[90.0] * 49), "trend unknown: 49 daily closes, 50 are needed"),
        (closes(*[90.0] * 49, np.nan), "trend unknown: 49 daily closes, 50 are needed"),
        (closes(*[90.0] * 50, last=-4), "trend unknown: no daily close of 2026-03-13"),
    ],
)
def test_too_few_or_too_old_closes_tell_no_trend(past: Past, reason: str) -> None:
    trend = trend_of("SPY", with_past(past), RULES)
    assert isinstance(trend, Skip)
    assert trend.reason == reason


def test_a_symbol_without_closes_has_no_trend() -> None:
    trend = trend_of("SPY", scan_context(CHAIN, MODULE), RULES)
    assert isinstance(trend, Skip)
    assert trend.reason == "trend unknown: 0 daily closes, 50 are needed"


# --- the legs ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("trend", "right"), [(UP, Right.CALL), (DOWN, Right.PUT)], ids=["up", "down"])
def test_calls_with_a_rise_and_puts_with_a_fall_at_seventy_and_thirty_delta(trend: Trend, right: Right) -> None:
    package = found(trend)
    assert {leg.contract.right for leg in package.structure.legs} == {right}
    deltas = {leg.ratio: abs(leg.delta) * 100 for leg in package.picked}
    assert 65 <= deltas[1] <= 75
    assert 25 <= deltas[-1] <= 35
    bought, sold = strikes_of(package)
    assert bought < sold if right is Right.CALL else bought > sold


def test_without_a_trend_there_is_none_and_the_figures_are_named() -> None:
    package = look(FLAT)
    assert isinstance(package, Skip)
    assert package.reason == "no trend: close 100.00 between, or at one of, its means 98.00 (20) and 101.00 (50)"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (
            {"long_min_delta": 69.9, "long_max_delta": 70.0},
            "no call strike at 69.9-70 delta with a quote on 2026-05-15",
        ),
        (
            {"front_min_delta": 29.9, "front_max_delta": 30.0},
            "no call strike at 29.9-30 delta with a quote on 2026-04-13",
        ),
    ],
)
def test_a_band_without_a_strike_is_named(parameters: dict[str, Parameter], reason: str) -> None:
    package = look(UP, parameters=parameters)
    assert isinstance(package, Skip)
    assert package.reason == reason


# --- never more than the gap ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("trend", [UP, DOWN], ids=["up", "down"])
@pytest.mark.parametrize(("units", "could_lose"), [(-1, False), (0, True), (1, True)])
def test_the_worst_debit_and_all_costs_have_to_be_less_than_the_gap(trend: Trend, units: int, could_lose: bool) -> None:
    package = found(trend)
    bought, sold = strikes_of(package)
    # What the debit leaves of the gap, in four commissions: two legs opened and closed.
    left = abs(sold - bought) * 100 - package.worst_price * 100
    refused = look(trend, costs=Costs(left // 4 + units))
    assert isinstance(refused, Skip)
    assert left % 4 == 0
    assert refused.reason.endswith("between the strikes: right on the trend could lose") is could_lose
    assert could_lose or refused.reason.startswith("target too small after costs"), "the next rule looks then"


@pytest.mark.parametrize("trend", [UP, DOWN], ids=["up", "down"])
def test_however_far_the_price_runs_with_the_trend_it_does_not_lose(trend: Trend) -> None:
    package = found(trend)
    bought, sold = strikes_of(package)
    # At any price beyond the strike sold, exercise of both legs brings the gap, and the later one is worth no less.
    assert abs(sold - bought) * 100 - package.worst_price * 100 - 2 * package.unit_costs > 0


# --- as the service proposes it ---------------------------------------------------------------------------------------
def test_the_service_proposes_it_with_the_trend_behind_it() -> None:
    rising = closes(*np.linspace(80, 99, 60).tolist())
    (finding,) = IvService().scan(with_past(rising))
    candidate = finding.candidate
    assert candidate is not None, finding.reason
    assert finding.structure == "Diagonal"
    assert candidate.structure.kind is StructureKind.DIAGONAL
    assert candidate.reasons[-2].startswith("close 99.00 above its means ")
    assert finding.numbers["close_usd"] == dollars(99)
    assert candidate.greeks.delta > 0
    assert candidate.max_risk == candidate.worst_price * 100 * candidate.quantity
    (falling,) = IvService().scan(with_past(closes(*np.linspace(120, 101, 60).tolist())))
    assert falling.candidate is not None, falling.reason
    assert falling.candidate.greeks.delta < 0


def test_unknown_closes_are_a_skip_that_says_so() -> None:
    (finding,) = IvService().scan(replace(with_past(closes(*[90.0] * 10))))
    assert (finding.candidate, finding.reason) == (None, "trend unknown: 10 daily closes, 50 are needed")
    assert finding.numbers["front_dte"] == 28
