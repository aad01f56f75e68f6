"""The term structure by forward volatility, and what a trade over two expirations may come to at the first."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from engine.core.money import UNIT, dollars
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import Right
from engine.domain.limits import Costs
from engine.domain.scan import ScanContext
from engine.domain.structure import StructureKind
from engine.modules.iv_rules import IvRules
from engine.modules.iv_two_expiries import (
    FrontResult,
    Term,
    Terms,
    front_result,
    target_refusal,
    term_numbers,
    term_reasons,
    terms_of,
    two_legs,
)
from engine.modules.proposal import Package, Skip
from tests.option_markets import NOON, RATE, day_in, iv_module, requoted, row_of, scan_context, term_chain

CALENDAR = StructureKind.CALENDAR
MODULE = iv_module(CALENDAR)
RULES = IvRules.of(MODULE)
PLAIN = term_chain({28: 0.30, 60: 0.28}, half_spread=0.005)
CONTEXT = scan_context(PLAIN, MODULE)
CALL, PUT = Right.CALL, Right.PUT


def terms(context: ScanContext = CONTEXT) -> Terms:
    found = terms_of("SPY", context.chains["SPY"], context, IvRules.of(context.module))
    assert isinstance(found, Terms), found.reason
    return found


def refused(context: ScanContext) -> str:
    found = terms_of("SPY", context.chains["SPY"], context, IvRules.of(context.module))
    assert isinstance(found, Skip)
    return found.reason


def term(iv: float, days: int) -> Term:
    return Term(PLAIN, NOON, RATE, day_in(days).toordinal(), days, days / 365, iv)


def package(strike: float = 100, right: Right = CALL, context: ScanContext = CONTEXT) -> Package:
    seen, chain = terms(context), context.chains["SPY"]
    short, long = (row_of(chain, each.days, strike, right) for each in (seen.front, seen.back))
    found = two_legs((seen.front, short), (seen.back, long), CALENDAR, context)
    assert isinstance(found, Package), found.reason
    return found


# --- the comparison ---------------------------------------------------------------------------------------------------
def test_the_front_is_compared_with_the_volatility_between_the_two_expirations() -> None:
    seen = terms()
    assert (seen.front.days, seen.back.days) == (28, 60)
    assert seen.front.iv == pytest.approx(0.30, abs=0.002)
    assert seen.back.iv == pytest.approx(0.28, abs=0.002)
    # By hand, at four hours past noon's days: 0.28^2 x 60.1667 = 4.71707, 0.30^2 x 28.1667 = 2.53500; their difference
    # of 2.18207 over 32 days is 0.068190 a year, whose root is 0.26113. The front is 0.30 / 0.26113 = 1.1488 of it,
    # though only 1.0714 of the back itself.
    assert seen.forward_iv == pytest.approx(0.26113, abs=0.004)
    assert seen.ratio == pytest.approx(1.1488, abs=0.02)


@pytest.mark.parametrize(("ratio", "is_refused"), [(1.0499, True), (1.05, False), (1.0501, False)])
def test_one_point_zero_five_counts_as_dear_enough(ratio: float, is_refused: bool) -> None:
    seen = Terms(term(0.20 * ratio, 28), term(0.20, 60), 0.20)
    assert bool(seen.refusal(RULES)) is is_refused
    assert not is_refused or seen.refusal(RULES).endswith("below 1.05")


def test_a_back_with_less_variance_than_the_front_is_bad_data() -> None:
    seen = terms(scan_context(term_chain({28: 0.60, 60: 0.30}), MODULE))
    assert math.isnan(seen.forward_iv)
    assert seen.refusal(RULES).endswith("leave nothing between them: these quotes cannot be right")
    assert (seen.numbers["forward_iv_pct"], seen.numbers["term_ratio"]) == (None, None)


def test_the_record_keeps_days_and_volatilities_of_both() -> None:
    numbers = Terms(term(0.36, 28), term(0.33, 60), 0.30).numbers
    assert numbers == {
        "front_expiration": "2026-04-13",
        "front_dte": 28,
        "front_iv_pct": 36.0,
        "back_expiration": "2026-05-15",
        "back_dte": 60,
        "back_iv_pct": 33.0,
        "forward_iv_pct": 30.0,
        "term_ratio": 1.2,
    }


# --- which expirations ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "reason"),
    [
        ((19, 60), "no front expiry in 20-35 days"),
        ((36, 60), "no front expiry in 20-35 days"),
        ((28, 49), "no back expiry in 50-70 days"),
        ((28, 71), "no back expiry in 50-70 days"),
    ],
)
def test_outside_their_bands_there_are_none(days: tuple[int, int], reason: str) -> None:
    assert refused(scan_context(term_chain(dict.fromkeys(days, 0.25)), MODULE)) == reason


@pytest.mark.parametrize("days", [(20, 50), (35, 70)])
def test_the_ends_of_the_bands_count(days: tuple[int, int]) -> None:
    seen = terms(scan_context(term_chain(dict.fromkeys(days, 0.25)), MODULE))
    assert (seen.front.days, seen.back.days) == days


def with_event(days: int, kind: HappeningKind = HappeningKind.EARNINGS) -> ScanContext:
    chain = term_chain({28: 0.30, 52: 0.28, 60: 0.28})
    return scan_context(chain, MODULE, outlooks={"SPY": Outlook((Happening(kind, day_in(days)),), day_in(400))})


@pytest.mark.parametrize("kind", HappeningKind)
def test_a_back_expiry_behind_an_event_gives_way_to_an_earlier_one(kind: HappeningKind) -> None:
    assert terms(with_event(61, kind)).back.days == 60
    assert terms(with_event(60, kind)).back.days == 52
    assert terms(with_event(53, kind)).back.days == 52
    assert refused(with_event(52, kind)) == f"{kind} on {day_in(52)}, before the expiry on {day_in(60)}"
    assert refused(with_event(10, kind)) == f"{kind} on {day_in(10)}, before the expiry on {day_in(60)}"


def test_an_expiration_that_tells_no_volatility_gives_way_to_the_next() -> None:
    chain = term_chain({27: 0.30, 34: 0.30, 60: 0.28})
    silent = requoted(chain, {(27, strike, right): (0.0, 0.05) for strike in range(70, 131) for right in Right})
    assert terms(scan_context(chain, MODULE)).front.days == 27
    assert terms(scan_context(silent, MODULE)).front.days == 34
    only = term_chain({27: 0.30, 60: 0.28})
    silent = requoted(only, {(27, strike, right): (0.0, 0.05) for strike in range(70, 131) for right in Right})
    assert refused(scan_context(silent, MODULE)) == (
        f"no volatility at the money on {day_in(27)}, the front expiry: too few quotes around the price"
    )


# --- the package ------------------------------------------------------------------------------------------------------
def test_the_earlier_option_is_sold_and_the_later_bought_for_the_difference_of_their_mids() -> None:
    found = package()
    assert [(leg.contract.expiration, leg.ratio) for leg in found.structure.legs] == [(day_in(28), -1), (day_in(60), 1)]
    mids = [(PLAIN.bid[row] + PLAIN.ask[row]) / 2 for row in (row_of(PLAIN, days, 100, CALL) for days in (28, 60))]
    assert found.net_price == round((mids[1] - mids[0]) * UNIT)
    assert found.unit_power == found.unit_risk == found.worst_price * 100, "what was paid is all that can be lost"


def test_a_later_option_that_costs_no_more_is_bad_data() -> None:
    same = requoted(PLAIN, {(60, 100, CALL): (3.60, 3.61), (28, 100, CALL): (3.60, 3.61)})
    context = scan_context(same, MODULE)
    seen = terms(context)
    rows = (row_of(same, 28, 100, CALL), row_of(same, 60, 100, CALL))
    found = two_legs((seen.front, rows[0]), (seen.back, rows[1]), CALENDAR, context)
    assert isinstance(found, Skip)
    assert found.reason.endswith("no more than the earlier brings (0.00 a share): these quotes cannot be right")


@pytest.mark.parametrize(("commission", "is_refused"), [("0.49", False), ("0.50", True), ("0.51", True)])
def test_the_target_has_to_pay_for_opening_and_closing(commission: str, is_refused: bool) -> None:
    # 25 % of a debit of 0.08 a share are two dollars; two legs opened and closed are four commissions.
    chain = requoted(PLAIN, {(28, 100, CALL): (3.60, 3.60), (60, 100, CALL): (3.68, 3.68)})
    found = package(context=scan_context(chain, MODULE, costs=Costs(dollars(commission))))
    assert found.net_price == dollars("0.08")
    assert target_refusal(found, RULES) == (
        f"target too small after costs: 25 % of the 0.08 debit is 2.00, {4 * float(commission):.2f} to open and close"
        if is_refused
        else ""
    )


# --- what it may come to ----------------------------------------------------------------------------------------------
def textbook_call(spot: float, strike: float, years: float, volatility: float) -> float:
    if years <= 0:
        return max(0.0, spot - strike)
    deviation = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + RATE * years) / deviation + deviation / 2
    normal = NormalDist()
    return spot * normal.cdf(d1) - strike * math.exp(-RATE * years) * normal.cdf(d1 - deviation)


def test_chance_expectation_and_most_agree_with_the_textbook_over_a_thousand_ends() -> None:
    found, seen = package(), terms()
    result = front_result(found, seen)
    front, between = (28 + 4 / 24) / 365, 32 / 365
    forward, deviation = 100 * math.exp(RATE * front), 0.30 * math.sqrt(front)
    ends = [
        forward * math.exp(deviation * NormalDist().inv_cdf((place + 0.5) / 1000) - deviation**2 / 2)
        for place in range(1000)
    ]
    paid = found.net_price / UNIT + 4 * 0.60 / 100
    results = [textbook_call(end, 100, between, 0.26113) - max(0.0, end - 100) - paid for end in ends]
    assert result.chance == pytest.approx(np.mean([each > 0 for each in results]), abs=0.015)
    assert result.expected is not None
    assert result.expected / UNIT == pytest.approx(100 * float(np.mean(results)), abs=2)
    assert result.most is not None
    assert result.most / UNIT == pytest.approx(100 * (textbook_call(100, 100, between, 0.26113) - paid), abs=4)
    crossings = [
        end for end, left, right in zip(ends[1:], results, results[1:], strict=False) if (left > 0) != (right > 0)
    ]
    assert len(result.breakevens) == 2
    assert [price / UNIT for price in result.breakevens] == pytest.approx(crossings, abs=0.25)


@pytest.mark.parametrize("strike", [95, 100, 105])
@pytest.mark.parametrize("right", Right)
def test_at_fair_prices_nothing_but_the_costs_is_expected(strike: float, right: Right) -> None:
    result = front_result(package(strike, right), terms())
    assert result.expected is not None
    # Quotes stand on whole cents, and a put in the money is worth exercising early: some dollars either way.
    assert result.expected / UNIT == pytest.approx(-2.40, abs=4)


def test_a_dividend_between_spot_and_front_does_not_look_like_profit() -> None:
    # The front's forward lies two dollars below the spot, and the back's as much above the front's as the rate says.
    fallen = term_chain({28: 0.30, 60: 0.28}, spot=98.0, half_spread=0.005)
    context = scan_context(replace(fallen, spot=100.0), MODULE)
    result = front_result(package(98, PUT, context), terms(context))
    assert result.expected is not None
    assert result.expected / UNIT == pytest.approx(-2.40, abs=5)


def test_where_nothing_is_left_for_the_days_after_the_front_nothing_is_said() -> None:
    # At about the price of the earlier option the later one has less variance than it.
    row = row_of(PLAIN, 28, 100, CALL)
    cheap = requoted(PLAIN, {(60, 100, CALL): (PLAIN.bid[row] + 0.02, PLAIN.ask[row] + 0.02)})
    context = scan_context(cheap, MODULE)
    assert front_result(package(context=context), terms(context)) == FrontResult()


def test_reasons_and_numbers_name_strike_days_debit_and_most() -> None:
    found, seen = package(), terms()
    most = FrontResult(0.5, dollars(1), dollars(180), ())
    reasons = term_reasons(found, seen, most)
    assert reasons[0].startswith("front IV 30")
    assert reasons[0].endswith("from 2026-04-13 to 2026-05-15")
    assert reasons[1] == "call calendar 100, 28 and 60 days"
    assert reasons[3].startswith("may win 180.00 at the front expiry")
    assert len(term_reasons(found, seen, FrontResult())) == 3
    assert term_numbers(found, most) == {
        "right": "call",
        "debit_usd": found.net_price,
        "worst_debit_usd": found.worst_price,
        "max_profit_usd": dollars(180),
    }
