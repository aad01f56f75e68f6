"""From picked legs to a candidate: price, risk, size and the order of candidates, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.core.money import UNIT, Money, dollars
from engine.domain.candidate import Candidate, Finding
from engine.domain.greeks import Greeks
from engine.domain.instrument import Right
from engine.domain.limits import Costs
from engine.domain.mindfolio import Waivers
from engine.domain.scan import IvRank
from engine.domain.structure import StructureKind
from engine.modules.board import board_of
from engine.modules.proposal import (
    Package,
    PickedLeg,
    SizeRules,
    Skip,
    candidate_of,
    expiry_odds,
    greeks_of,
    known,
    plain,
    priced,
    rank_refusal,
    right_word,
    sized,
    worth,
)
from tests.builders import candidate
from tests.option_markets import NOON, RATE, day_in, iv_module, requoted, row_of, scan_context, term_chain

PUT, CALL = Right.PUT, Right.CALL
# A put spread whose mids are 2.00 and 3.00: a credit of 1.00 at mid, of 0.90 at natural, of 0.94 at 60 % of the way.
CHAIN = requoted(term_chain({38: 0.30}), {(38, 95, PUT): (1.95, 2.05), (38, 100, PUT): (2.95, 3.05)})
CONTEXT = scan_context(CHAIN, iv_module(StructureKind.IRON_CONDOR))
BOARD = board_of(CHAIN, day_in(38).toordinal(), NOON, RATE)
RULES = SizeRules(5, 10)
RANK = IvRank(65.0, 252)


def leg(strike: float, ratio: int, right: Right = PUT) -> PickedLeg:
    return PickedLeg(BOARD, row_of(CHAIN, 38, strike, right), ratio)


def spread() -> Package:
    package = priced((leg(95, 1), leg(100, -1)), StructureKind.BULL_PUT_SPREAD, CONTEXT)
    assert isinstance(package, Package), package.reason
    return package


# --- prices -----------------------------------------------------------------------------------------------------------
def test_a_put_spread_by_hand() -> None:
    package = spread()
    assert (package.net_price, package.worst_price, package.slip) == (-dollars(1), -dollars("0.94"), dollars("0.06"))
    # Five dollars wide: 500 less 94 received can be lost, and is tied up.
    assert package.unit_risk == package.unit_power == dollars(406)
    assert package.unit_costs == dollars("1.20")
    assert package.payoff == [(PUT, dollars(95), 1), (PUT, dollars(100), -1)]
    assert right_word(package) == "put"


def test_a_short_put_is_secured_by_its_strike_in_full() -> None:
    package = priced((leg(95, -1),), StructureKind.SHORT_PUT, CONTEXT)
    assert isinstance(package, Package)
    assert package.unit_power == dollars(9500)
    assert package.unit_risk == dollars(950), "a fall to ten per cent below the strike"


def test_legs_that_make_something_else_are_no_package() -> None:
    found = priced((leg(95, 1), leg(100, -1)), StructureKind.BEAR_PUT_SPREAD, CONTEXT)
    assert found == Skip(f"the strikes on {day_in(38)} make no bear put spread")


def test_a_picked_leg_tells_its_strike_delta_and_volatility() -> None:
    put = leg(100, -1)
    assert put.strike == dollars(100)
    assert -0.6 < put.delta < -0.3
    assert 0.2 < put.iv < 0.4


def test_greeks_are_those_of_all_contracts_with_their_signs() -> None:
    picked = (leg(95, 1), leg(100, -1))
    low, high = (float(BOARD.values.delta[each.row]) for each in picked)
    assert greeks_of(picked, 3).delta == pytest.approx(300 * (low - high), abs=1e-3)
    assert greeks_of((), 3) == Greeks()


# --- size -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("units", "quantity"), [(-1, 1), (0, 2), (1, 2)])
def test_risk_and_costs_of_all_contracts_fit_the_limit(units: Money, quantity: int) -> None:
    limit = 2 * dollars("407.20") + units
    limits = replace(CONTEXT.module.limits, max_risk_per_trade=limit)
    context = replace(CONTEXT, module=replace(CONTEXT.module, limits=limits))
    plural = "s" if quantity > 1 else ""
    assert sized(spread(), context, RULES) == (quantity, f"{quantity} contract{plural}: max risk per trade")


@pytest.mark.parametrize("place", [0, 1])
def test_an_unknown_open_interest_of_either_leg_allows_none(place: int) -> None:
    package = spread()
    interest = CHAIN.open_interest.copy()
    interest[package.picked[place].row] = math.nan
    board = replace(BOARD, chain=replace(CHAIN, open_interest=interest))
    seen = replace(package, picked=tuple(replace(each, board=board) for each in package.picked))
    assert sized(seen, CONTEXT, RULES) == (1, "1 contract although open interest allows none")


@pytest.mark.parametrize(("units", "count"), [(-1, 2), (0, 3)])
def test_no_more_than_the_gate_lets_one_symbol_take(units: Money, count: int) -> None:
    seen = replace(CONTEXT, most_in_symbol=3 * dollars("407.20") + units, available=dollars(50_000))
    limits = replace(CONTEXT.module.limits, max_risk_per_trade=dollars(50_000))
    seen = replace(seen, module=replace(seen.module, limits=limits))
    assert sized(spread(), seen, RULES) == (count, f"{count} contracts: share of the budget in one symbol")


def test_the_rule_that_binds_is_named() -> None:
    assert sized(spread(), CONTEXT, SizeRules(5, 1)) == (1, "1 contract: most contracts a trade")
    short = replace(CONTEXT, available=dollars("407.20"))
    assert sized(spread(), short, RULES) == (1, "1 contract: available budget")
    waived = replace(CONTEXT, waivers=Waivers(evidence=True))
    assert sized(spread(), waived, RULES) == (1, "1 contract: backtest evidence waived")


# --- the candidate ----------------------------------------------------------------------------------------------------
def test_a_candidate_counts_every_contract_and_keeps_its_reasons() -> None:
    found = candidate_of(spread(), CONTEXT, (2, "2 contracts: why"), RANK, ("first",), (0.61237, dollars(7)))
    assert (found.max_risk, found.buying_power, found.costs) == (dollars(812), dollars(812), dollars("2.40"))
    assert (found.probability_of_profit, found.expected_profit) == (0.6124, dollars(14))
    assert found.breakevens == (dollars(99),), "100 less the credit of 1.00"
    assert found.reasons == ("first", "2 contracts: why")
    assert (found.iv_rank, found.waived, found.generation) == (65.0, (), 5)


@pytest.mark.parametrize(("by_rank", "waived"), [(True, ("iv_rank",)), (False, ())])
def test_an_unknown_rank_is_waived_only_where_a_rule_looked_at_it(by_rank: bool, waived: tuple[str, ...]) -> None:
    unknown = IvRank(None, 12)
    assert candidate_of(spread(), CONTEXT, (1, ""), unknown, (), by_rank=by_rank).waived == waived


def test_a_backtest_leaves_out_what_decides_nothing() -> None:
    unseen = replace(CONTEXT, is_shown=False)
    assert expiry_odds(spread(), unseen) == (None, None)
    assert candidate_of(spread(), unseen, (1, ""), RANK, ()).greeks == Greeks()
    assert candidate_of(spread(), CONTEXT, (1, ""), RANK, ()).greeks != Greeks()


def test_the_odds_lie_between_never_and_always_and_cost_both_ways() -> None:
    chance, expected = expiry_odds(spread(), CONTEXT)
    dearer = expiry_odds(spread(), replace(CONTEXT, costs=Costs(dollars("10.60"))))
    assert chance is not None
    assert expected is not None
    assert 0 < chance < 1
    assert dearer == (chance, expected), "costs are the package's"
    package = priced(
        (leg(95, 1), leg(100, -1)), StructureKind.BULL_PUT_SPREAD, replace(CONTEXT, costs=Costs(dollars("10.60")))
    )
    assert isinstance(package, Package)
    # Two legs, opened and closed, ten dollars more each.
    assert expiry_odds(package, CONTEXT)[1] == expected - dollars(40)


# --- the order --------------------------------------------------------------------------------------------------------
def finding(symbol: str, expected: Money | None, risk: Money = dollars(100)) -> Finding:
    made: Candidate = candidate(expected_profit=expected, max_risk=risk)
    return Finding(symbol, made, f"found {symbol}", {"n": 1}, "Iron Condor")


def test_worth_is_expected_profit_for_each_dollar_at_risk() -> None:
    assert worth(finding("A", dollars(5))) == 0.05
    assert worth(finding("A", None)) == worth(finding("A", dollars(5), 0)) == -np.inf
    assert worth(Finding("A", None, "none")) == -np.inf


# --- rank and words ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("percent", "reason"), [(29.9, "IV rank 29.9 below 30"), (30.0, ""), (50.0, ""), (50.1, "IV rank 50.1 above 50")]
)
def test_a_rank_may_be_too_low_or_too_high_and_both_ends_count(percent: float, reason: str) -> None:
    assert rank_refusal(IvRank(percent, 252), CONTEXT, least=30, most=50) == reason


@pytest.mark.parametrize("percent", [None, math.nan, math.inf])
def test_an_unknown_rank_passes_only_where_waived(percent: float | None) -> None:
    assert known(IvRank(percent, 12)) is None
    assert rank_refusal(IvRank(percent, 12), CONTEXT, least=30) == "IV rank unknown (12 sessions)"
    assert rank_refusal(IvRank(percent, 12), replace(CONTEXT, waivers=Waivers(iv_rank=True)), least=30) == ""


def test_amounts_are_told_to_the_cent() -> None:
    assert plain(dollars("1234.5")) == "1234.50"
    assert plain(-UNIT // 4) == "-0.25"
