"""The calendar: the strike at the money that both expirations quote, and the right that is cheaper to trade."""

from dataclasses import replace

import pytest

from engine.core.money import dollars
from engine.domain.chain import Chain
from engine.domain.instrument import Right
from engine.domain.limits import Costs
from engine.domain.structure import StructureKind
from engine.modules.iv_calendar import calendar
from engine.modules.iv_rules import IvRules
from engine.modules.iv_service import IvService
from engine.modules.iv_two_expiries import Terms, terms_of
from engine.modules.proposal import Package, Skip
from tests.option_markets import iv_module, requoted, row_of, scan_context, term_chain

MODULE = iv_module(StructureKind.CALENDAR)
RULES = IvRules.of(MODULE)
CHAIN = term_chain({28: 0.30, 60: 0.28})
CALL, PUT = Right.CALL, Right.PUT
COSTS = Costs(dollars("0.60"))


def look(chain: Chain = CHAIN, costs: Costs = COSTS) -> tuple[Package | Skip, str]:
    context = scan_context(chain, MODULE, costs=costs)
    terms = terms_of("SPY", chain, context, RULES)
    assert isinstance(terms, Terms), terms.reason
    return calendar(terms, context, RULES)


def found(chain: Chain) -> tuple[Package, str]:
    package, why = look(chain)
    assert isinstance(package, Package), package.reason
    return package, why


def silenced(chain: Chain, strikes: range, rights: tuple[Right, ...] = tuple(Right), days: int = 60) -> Chain:
    return requoted(chain, {(days, strike, right): (0.5, 0.4) for strike in strikes for right in rights})


def widened(chain: Chain, strike: float, right: Right, cents: int) -> Chain:
    """Both legs so many cents wider on each side, at the same mid."""
    quotes = {}
    for days in (28, 60):
        row = row_of(chain, days, strike, right)
        quotes[days, strike, right] = (chain.bid[row] - cents / 100, chain.ask[row] + cents / 100)
    return requoted(chain, quotes)


def test_the_strike_nearest_the_fronts_forward_is_taken() -> None:
    # Four percent a year on 100 for 28 days are 0.31: the forward is 100.31, and 100 the nearest strike.
    package, _ = found(CHAIN)
    assert package.structure.kind is StructureKind.CALENDAR
    assert package.structure.strikes == (dollars(100), dollars(100))


def test_of_one_strike_the_right_with_the_narrower_spread_is_taken_and_said() -> None:
    # With five cents a side on both calls 60 % of the half spread are 0.06.
    package, why = found(widened(CHAIN, 100, CALL, 3))
    assert package.structure.legs[0].contract.right is PUT
    assert why == f"puts, the cheaper to trade: {package.slip / 10_000:.2f} a share beyond mid against 0.06"
    package, why = found(widened(CHAIN, 100, PUT, 3))
    assert package.structure.legs[0].contract.right is CALL
    assert why.startswith("calls, the cheaper to trade: ")


def test_of_equal_spreads_the_smaller_debit_is_taken() -> None:
    # The carry of 32 days makes the call calendar at 100 dearer by 0.35 than the put one.
    package, why = found(CHAIN)
    assert package.structure.legs[0].contract.right is PUT
    assert why.startswith(f"puts, for {package.net_price / 10_000:.2f} against ")


def test_a_nearer_strike_comes_before_a_narrower_spread() -> None:
    package, why = found(widened(silenced(CHAIN, range(100, 101), (PUT,)), 100, CALL, 3))
    assert package.structure.legs[0].contract.right is CALL
    assert package.structure.strikes[0] == dollars(100)
    assert why == "calls, whose strike is nearer the forward"


def test_a_strike_has_to_be_quoted_on_both_days() -> None:
    package, _ = found(silenced(CHAIN, range(100, 101)))
    assert package.structure.strikes[0] == dollars(101)
    package, why = found(silenced(CHAIN, range(96, 105), (PUT,)))
    assert package.structure.legs[0].contract.right is CALL
    assert why == "calls, as the others make none"


@pytest.mark.parametrize(("spot", "is_found"), [(97.30, True), (97.10, False)])
def test_two_and_a_half_percent_from_the_forward_is_still_at_the_money(spot: float, is_found: bool) -> None:
    # The forward is 0.31 % above the spot: 97.60, of which 100 lies 2.46 % off, or 97.40, of which it lies 2.67 % off.
    chain = term_chain({28: 0.30, 60: 0.28}, spot=spot)
    only = silenced(silenced(chain, range(70, 100)), range(101, 131))
    context = scan_context(chain, MODULE)
    terms = terms_of("SPY", chain, context, RULES)
    assert isinstance(terms, Terms)
    package, _ = calendar(replace(terms, back=replace(terms.back, chain=only)), context, RULES)
    assert isinstance(package, Package) is is_found
    assert is_found or (isinstance(package, Skip) and package.reason.startswith("no call strike at the money: 100 is"))


def test_a_target_that_would_not_pay_for_trading_is_refused() -> None:
    package, _ = look(costs=Costs(dollars(20)))
    assert isinstance(package, Skip)
    assert package.reason.startswith("target too small after costs: 25 % of the ")


# --- as the service proposes it ---------------------------------------------------------------------------------------
def test_the_service_proposes_it_with_debit_as_risk_two_breakevens_and_a_chance() -> None:
    (finding,) = IvService().scan(scan_context(CHAIN, MODULE))
    candidate = finding.candidate
    assert candidate is not None
    assert finding.structure == "Calendar"
    assert candidate.max_risk == candidate.buying_power == candidate.worst_price * 100 * candidate.quantity
    low, high = candidate.breakevens
    assert low < dollars(100) < high
    assert candidate.probability_of_profit is not None
    assert 0.3 < candidate.probability_of_profit < 0.65
    assert candidate.waived == ()
    assert finding.numbers["term_ratio"] == pytest.approx(1.15, abs=0.02)
    assert candidate.greeks.theta > 0
    assert candidate.greeks.vega > 0


def test_where_the_front_is_not_dear_the_service_says_by_how_much() -> None:
    (finding,) = IvService().scan(scan_context(term_chain({28: 0.28, 60: 0.28}), MODULE))
    assert finding.candidate is None
    assert finding.reason.endswith("below 1.05")
    assert finding.numbers["front_dte"] == 28
