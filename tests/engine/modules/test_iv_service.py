"""IV Service: which condors a scan finds, why it finds none, how many contracts, and when it closes."""

import datetime as dt
import math
from dataclasses import replace
from functools import cache
from statistics import NormalDist, fmean
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import CENT, UNIT, Money, dollars
from engine.domain.candidate import Candidate, Finding
from engine.domain.chain import Chain
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter, Waivers
from engine.domain.position import Position, PositionStatus
from engine.domain.scan import IvRank, ScanContext
from engine.domain.structure import Leg, Structure, StructureKind
from engine.domain.structure_shapes import recognise
from engine.modules.iv_service import IvService
from tests.american_oracle import american_by_quantlib

NEW_YORK = ZoneInfo("America/New_York")
NOW = dt.datetime(2026, 3, 16, 14, 0, tzinfo=NEW_YORK).astimezone(dt.UTC)
RATE, SPOT, VOLATILITY = 0.04, 100.0, 0.30
NORMAL = NormalDist()
SERVICE = IvService()
PUT, CALL = Right.PUT, Right.CALL


class Row(NamedTuple):
    """A quote as the tests write it: dollars, contracts, and seconds behind the newest."""

    bid: float
    ask: float
    open_interest: float = 1000
    age_s: int = 0


Market = dict[OptionContract, Row]


def contract(strike: float, right: Right, days: int = 38) -> OptionContract:
    return OptionContract("TEST", NOW.date() + dt.timedelta(days=days), round(strike * UNIT), right)


def black_scholes(one: OptionContract) -> tuple[float, float]:
    """European price and delta, from the textbook formula and the standard library's normal distribution."""
    years, strike = years_to_expiry(NOW, one.expiration), one.strike / UNIT
    deviation = VOLATILITY * math.sqrt(years)
    d1 = (math.log(SPOT / strike) + RATE * years) / deviation + deviation / 2
    call = SPOT * NORMAL.cdf(d1) - strike * math.exp(-RATE * years) * NORMAL.cdf(d1 - deviation)
    if one.right is CALL:
        return call, NORMAL.cdf(d1)
    return call - SPOT + strike * math.exp(-RATE * years), NORMAL.cdf(d1) - 1


@cache
def fair_price(one: OptionContract, move: float = 0.0) -> float:
    """American price by QuantLib, the spot moved by so many dollars."""
    years, is_put, spot = years_to_expiry(NOW, one.expiration), one.right is PUT, SPOT + move
    terms = (spot, spot * math.exp(RATE * years), one.strike / UNIT, years, RATE, VOLATILITY)
    return american_by_quantlib(*terms, is_put=is_put)


def market_of(*days: int) -> Market:
    """Every whole strike from 70 to 130 with a spread of four cents around its fair American price."""
    contracts = [contract(strike, right, day) for day in days for strike in range(70, 131) for right in Right]
    prices = {one: max(round(fair_price(one), 4), 0.03) for one in contracts}
    return {one: Row(price - 0.02, price + 0.02) for one, price in prices.items()}


def chain_of(market: Market, symbol: str = "TEST") -> Chain:
    contracts = sorted(market, key=lambda one: one.key)
    rows = np.array([market[one] for one in contracts], dtype=np.float64).reshape(-1, 4)
    bid, ask, interest, age = rows.T.copy()
    key = np.array([one.key for one in contracts], dtype=np.int64)
    quoted_at = epoch_us(NOW) - age.astype(np.int64) * 1_000_000
    return Chain(symbol, 3, NOW, SPOT, NOW, key, bid, ask, np.full(key.size, 10.0), interest, quoted_at)


def module_of(*, max_risk: Money | None = dollars(500), **parameters: Parameter) -> ModuleSpec:
    limits = ModuleLimits(max_risk, dollars(1000))
    kinds = (StructureKind.IRON_CONDOR,)
    return ModuleSpec("iv", ModuleKind.IV_SERVICE, "IV", limits, True, ("TEST",), kinds, parameters=parameters)


CONTEXT = ScanContext(
    now=NOW,
    generation=41,
    module=module_of(),
    chains={},
    iv_ranks={"TEST": IvRank(62.0, 252)},
    available=dollars(15000),
    open_positions=(),
    busy_symbols=frozenset(),
    costs=Costs(),
    waivers=Waivers(),
    rate=RATE,
    outlooks={"TEST": Outlook((), dt.date(2026, 12, 31))},
)


def scan(market: Market, context: ScanContext = CONTEXT) -> Finding:
    (finding,) = SERVICE.scan(replace(context, chains={"TEST": chain_of(market)}))
    return finding


def found(market: Market, context: ScanContext = CONTEXT) -> Candidate:
    finding = scan(market, context)
    assert finding.candidate is not None, finding.reason
    return finding.candidate


def position_of(symbol: str = "TEST") -> Position:
    legs = tuple(
        Leg(replace(contract(strike, right), underlying=symbol), ratio)
        for strike, right, ratio in ((85, PUT, 1), (90, PUT, -1), (110, CALL, -1), (115, CALL, 1))
    )
    return Position("p1", "iv", Structure(StructureKind.IRON_CONDOR, legs), 1, 1, -dollars(120), NOW)


MARKET = market_of(38)
SHORTS = {
    right: min((one for one in MARKET if one.right is right), key=lambda one: abs(abs(black_scholes(one)[1]) - 0.18))
    for right in Right
}
SHORT_PUT, SHORT_CALL = SHORTS[PUT].strike // UNIT, SHORTS[CALL].strike // UNIT


# --- which condor ---------------------------------------------------------------------------------------------------
def test_shorts_are_nearest_eighteen_delta_with_wings_five_dollars_out() -> None:
    candidate = found(MARKET)
    strikes = (SHORT_PUT - 5, SHORT_PUT, SHORT_CALL, SHORT_CALL + 5)
    assert candidate.structure.strikes == tuple(strike * UNIT for strike in strikes)
    assert recognise(candidate.structure.legs) is StructureKind.IRON_CONDOR
    assert candidate.structure.expiration == NOW.date() + dt.timedelta(days=38)
    assert (candidate.generation, candidate.module_id) == (41, "iv")
    assert (candidate.iv_rank, candidate.iv_rank_sessions) == (62.0, 252)


def test_prices_and_risk_follow_from_the_quotes_by_hand() -> None:
    candidate = found(MARKET)
    bids, asks = zip(*(MARKET[leg.contract][:2] for leg in candidate.structure.legs), strict=True)
    mid = sum(leg.ratio * (bid + ask) / 2 for leg, bid, ask in zip(candidate.structure.legs, bids, asks, strict=True))
    # Four legs of four cents: the half spread is 0.08, of which the ladder may give 60 %.
    assert candidate.net_price == math.ceil(round(mid * 100, 6)) * CENT
    assert candidate.worst_price == math.ceil(round((mid + 0.048) * 100, 6)) * CENT
    assert candidate.buying_power == candidate.max_risk == (dollars(5) + candidate.worst_price) * 100
    assert (candidate.quantity, candidate.costs) == (1, dollars("2.40"))
    credit = -candidate.net_price
    assert candidate.breakevens == (SHORT_PUT * UNIT - credit, SHORT_CALL * UNIT + credit)


def test_greeks_and_chances_agree_with_the_textbook() -> None:
    candidate = found(MARKET, replace(CONTEXT, module=module_of(max_risk=dollars(1200))))
    assert candidate.quantity == 3
    legs = candidate.structure.legs
    deltas = [leg.ratio * (fair_price(leg.contract, 0.1) - fair_price(leg.contract, -0.1)) / 0.2 for leg in legs]
    assert candidate.greeks.delta == pytest.approx(300 * sum(deltas), abs=0.05)
    assert candidate.greeks.theta > 0 > candidate.greeks.vega
    deviation = VOLATILITY * math.sqrt(years_to_expiry(NOW, legs[0].contract.expiration))
    forward = SPOT * math.exp(RATE * years_to_expiry(NOW, legs[0].contract.expiration))
    ends = [forward * math.exp(deviation * NORMAL.inv_cdf((n + 0.5) / 4000) - deviation**2 / 2) for n in range(4000)]
    credit = -candidate.net_price / UNIT - 0.048
    low, high = SHORT_PUT, SHORT_CALL
    results = [credit - min(5, max(0.0, low - end)) - min(5, max(0.0, end - high)) for end in ends]
    assert candidate.probability_of_profit == pytest.approx(fmean(result > 0 for result in results), abs=0.002)
    assert candidate.expected_profit is not None
    assert candidate.expected_profit / UNIT == pytest.approx(300 * fmean(results), abs=1)


def test_the_expiry_nearest_the_middle_of_the_band_is_taken_and_the_next_where_it_gives_none() -> None:
    market = market_of(32, 38, 44)
    assert found(market).structure.expiration == contract(100, PUT, 38).expiration
    no_calls = {one: row for one, row in market.items() if one.right is PUT or one.expiration.day != 23}
    assert found(no_calls).structure.expiration == contract(100, PUT, 32).expiration
    nowhere = {one: row for one, row in no_calls.items() if one.right is CALL or one.expiration.day == 23}
    assert scan(nowhere).reason == "no call strike at 16-20 delta with a quote on 2026-04-23"


def with_events(*days: int, complete_to: dt.date | None = dt.date(2026, 12, 31)) -> ScanContext:
    """Earnings so many days ahead."""
    happenings = tuple(Happening(HappeningKind.EARNINGS, NOW.date() + dt.timedelta(days=each)) for each in days)
    return replace(CONTEXT, outlooks={"TEST": Outlook(happenings, complete_to)})


@pytest.mark.parametrize(("days", "expiry"), [((32,), 31), ((38,), 31), ((39,), 38), ((46,), 38)])
def test_an_expiry_that_earnings_come_before_gives_way_to_an_earlier_one(days: tuple[int, ...], expiry: int) -> None:
    candidate = found(market_of(31, 38), with_events(*days))
    assert candidate.structure.expiration == NOW.date() + dt.timedelta(days=expiry)


def test_earnings_before_every_expiry_are_named_with_the_expiry_that_was_wanted() -> None:
    finding = scan(market_of(31, 38), with_events(80, 30))
    on, last = (NOW.date() + dt.timedelta(days=each) for each in (30, 38))
    assert (finding.candidate, finding.reason) == (None, f"earnings on {on}, before the expiry on {last}")


def test_where_nobody_knows_the_events_nothing_is_proposed_unless_that_is_waived() -> None:
    context = with_events(complete_to=NOW.date() + dt.timedelta(days=37))
    last = NOW.date() + dt.timedelta(days=38)
    assert scan(MARKET, context).reason == f"earnings and dividends until {last} are unknown"
    assert scan(MARKET, replace(context, outlooks={})).reason == f"earnings and dividends until {last} are unknown"
    assert found(MARKET, replace(context, waivers=Waivers(events=True))).structure.expiration == last


@pytest.mark.parametrize(("days", "is_found"), [(29, False), (30, True), (45, True), (46, False)])
def test_thirty_to_forty_five_days_count_inclusive(days: int, is_found: bool) -> None:
    finding = scan(market_of(days))
    assert (finding.candidate is not None) is is_found
    assert is_found or finding.reason == "no expiry in 30-45 days"


def test_a_contract_that_the_newest_snapshot_left_out_is_not_traded() -> None:
    context = replace(CONTEXT, module=module_of(min_delta=13, max_delta=23))
    assert found(MARKET, context).structure.strikes[1] == SHORT_PUT * UNIT
    aged = MARKET | {SHORTS[PUT]: MARKET[SHORTS[PUT]]._replace(age_s=1)}
    assert found(aged, context).structure.strikes[1] in {(SHORT_PUT - 1) * UNIT, (SHORT_PUT + 1) * UNIT}


@pytest.mark.parametrize(("distance", "is_found"), [(4.5, False), (5.0, True), (10.0, True), (10.5, False)])
def test_the_wing_is_the_nearest_quoted_strike_from_once_to_twice_its_width(distance: float, is_found: bool) -> None:
    only = SHORT_PUT - distance
    market = {one: row for one, row in MARKET.items() if one.right is CALL or one.strike >= SHORTS[PUT].strike} | {
        contract(only, PUT): Row(0.40, 0.44)
    }
    finding = scan(market, replace(CONTEXT, module=module_of(min_credit_pct=5)))
    assert (finding.candidate is not None) is is_found
    if finding.candidate is not None:
        assert finding.candidate.structure.strikes[0] == only * UNIT
        assert finding.candidate.buying_power == (round(distance * UNIT) + finding.candidate.worst_price) * 100
    else:
        assert finding.reason == f"no put wing 5-10 beyond {SHORT_PUT} with a quote on 2026-04-23"


# --- why none -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("right", Right)
@pytest.mark.parametrize(("low", "high"), [(0, 0), (0, 0.16), (0.2, 1)], ids=["no quotes", "further out", "nearer"])
def test_no_short_strike_in_the_band_is_named_with_the_band(right: Right, low: float, high: float) -> None:
    quoted = {one for one in MARKET if one.right is not right or low < abs(black_scholes(one)[1]) < high}
    finding = scan({one: row if one in quoted else row._replace(bid=0.0) for one, row in MARKET.items()})
    word = {PUT: "put", CALL: "call"}[right]
    assert finding.reason == f"no {word} strike at 16-20 delta with a quote on 2026-04-23"
    assert finding.numbers == {"iv_rank_pct": 62.0, "iv_rank_sessions": 252, "spot_usd": dollars(100)}


def test_candidates_come_first_and_symbols_without_quotes_follow_in_the_universes_order() -> None:
    module = replace(module_of(), universe=("NONE", "TEST", "BARE"))
    ranks = dict.fromkeys(module.universe, IvRank(62.0, 252))
    chains = {"TEST": chain_of(MARKET), "BARE": chain_of({}, "BARE")}
    findings = SERVICE.scan(replace(CONTEXT, module=module, chains=chains, iv_ranks=ranks))
    assert [finding.symbol for finding in findings] == ["TEST", "NONE", "BARE"]
    assert [finding.candidate is None for finding in findings] == [False, True, True]
    assert findings[1].reason == findings[2].reason == "no option quotes yet"


@pytest.mark.parametrize(
    ("percent", "reason"), [(49.9, "IV rank 49.9 below 50"), (50.0, ""), (50.1, ""), (31.0, "IV rank 31 below 50")]
)
def test_iv_rank_must_reach_fifty_even_where_unknown_ranks_are_waived(percent: float, reason: str) -> None:
    context = replace(CONTEXT, iv_ranks={"TEST": IvRank(percent, 252)}, waivers=Waivers(iv_rank=True))
    finding = scan(MARKET, context)
    assert finding.reason == reason if finding.candidate is None else not reason
    assert finding.candidate is None or finding.candidate.waived == ()


@pytest.mark.parametrize("ranks", [{}, {"TEST": IvRank(None, 12)}, {"TEST": IvRank(math.nan, 12)}])
def test_an_unknown_iv_rank_passes_only_where_waived_and_says_so(ranks: dict[str, IvRank]) -> None:
    context = replace(CONTEXT, iv_ranks=ranks)
    sessions = 12 if ranks else 0
    assert scan(MARKET, context).reason == f"IV rank unknown ({sessions} sessions)"
    waived = scan(MARKET, replace(context, waivers=Waivers(iv_rank=True)))
    assert waived.candidate is not None
    assert waived.candidate.waived == ("iv_rank",)
    assert waived.candidate.iv_rank is None
    assert waived.reason.startswith(f"IV rank unknown ({sessions} sessions), waived; condor ")


def test_one_condor_a_symbol_and_structures_that_are_not_enabled_are_left_alone() -> None:
    held = replace(CONTEXT, open_positions=(position_of(),))
    assert scan(MARKET, held).reason == "position already open"
    closed = replace(position_of(), status=PositionStatus.CLOSED)
    assert scan(MARKET, replace(CONTEXT, open_positions=(closed,))).candidate is not None
    busy = replace(CONTEXT, busy_symbols=frozenset({"TEST"}))
    assert scan(MARKET, busy).reason == "an order is working or an approval waiting already"
    disabled = replace(CONTEXT, module=replace(CONTEXT.module, structures=()))
    assert scan(MARKET, disabled).reason == "none of iron condor, calendar and diagonal is enabled in this module"


def test_positions_orders_and_candidates_of_the_scan_together_stay_within_six() -> None:
    names = ("A", "B", "C")
    context = replace(
        CONTEXT,
        module=replace(CONTEXT.module, universe=names),
        chains={name: chain_of(MARKET, name) for name in names},
        iv_ranks=dict.fromkeys(names, IvRank(62.0, 252)),
        outlooks=dict.fromkeys(names, CONTEXT.outlooks["TEST"]),
        open_positions=tuple(position_of(f"X{number}") for number in range(3)),
        busy_symbols=frozenset({"Y", "X0"}),
    )
    first, second, third = SERVICE.scan(context)
    assert (first.candidate is None, second.candidate is None) == (False, False)
    assert third.reason == "not looked at: symbols ranked before it take the room for 2 positions"


def with_credit(cents: int) -> Market:
    """The market with the long put's price moved so that the condor's mid is exactly `cents` of credit."""
    market = {one: Row(round(row.bid, 2), round(row.bid, 2) + 0.04) for one, row in MARKET.items()}
    long_put = contract(SHORT_PUT - 5, PUT)
    bid = market[long_put].bid + (-found(market).net_price / CENT - cents) / 100
    return market | {long_put: Row(bid, bid + 0.04)}


@pytest.mark.parametrize(("cents", "is_found"), [(124, False), (125, True), (126, True)])
def test_the_credit_must_reach_its_share_of_the_wing(cents: int, is_found: bool) -> None:
    finding = scan(with_credit(cents), replace(CONTEXT, module=module_of(min_credit_pct=25)))
    assert (finding.candidate is not None) is is_found
    assert is_found or finding.reason == "credit 1.24 is 24.8 % of the 5.00 wing, below 25 %"


@pytest.mark.parametrize(("units", "is_found"), [(-1, True), (0, False), (1, False)])
def test_the_worst_credit_must_pay_for_opening_and_closing(units: int, is_found: bool) -> None:
    # The worst credit of 1.20 a share, 120 dollars, over eight commissions.
    finding = scan(with_credit(125), replace(CONTEXT, costs=Costs(dollars(15) + units)))
    assert (finding.candidate is not None) is is_found
    assert is_found or finding.reason.startswith("credit too small after costs: 120.00 at the worst price, 120.00 to")


def test_a_credit_that_covers_the_wing_is_taken_for_bad_data() -> None:
    worthless = Row(0.01, 0.02)
    market = MARKET | {contract(SHORT_PUT - 1, PUT): worthless, contract(SHORT_CALL + 1, CALL): worthless}
    finding = scan(market, replace(CONTEXT, module=module_of(wing_width=1)))
    assert finding.candidate is None
    assert finding.reason.endswith("is no less than the 1.00 wing: these quotes cannot be right")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"wing": 5}, "wing: no such parameter"),
        ({"min_days": 0}, "min_days: 0 is outside"),
        ({"min_delta": 21}, "min_delta 21 is above max_delta 20"),
        ({"min_days": 46}, "min_days 46 is above max_days 45"),
        ({"exit_days": 30}, "exit_days 30 would close at once what opens at 30 days"),
    ],
)
def test_parameters_that_cannot_be_are_refused(parameters: dict[str, Parameter], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SERVICE.scan(replace(CONTEXT, module=replace(CONTEXT.module, parameters=parameters)))


# --- how many -------------------------------------------------------------------------------------------------------
UNIT_COST = found(MARKET).max_risk + dollars("2.40")
"""What one contract risks, and also what it ties up, with its commissions."""


@pytest.mark.parametrize(("spare", "quantity"), [(-1, 2), (0, 3), (1, 3)])
def test_as_many_as_fit_the_risk_and_the_budget_with_costs(spare: int, quantity: int) -> None:
    limit = 3 * UNIT_COST + spare
    by_risk = found(MARKET, replace(CONTEXT, module=module_of(max_risk=limit)))
    assert (by_risk.quantity, by_risk.reasons[-1]) == (quantity, f"{quantity} contracts: max risk per trade")
    roomy = module_of(max_risk=dollars(9000))
    by_budget = found(MARKET, replace(CONTEXT, module=roomy, available=limit))
    assert (by_budget.quantity, by_budget.reasons[-1]) == (quantity, f"{quantity} contracts: available budget")
    for candidate in (by_risk, by_budget):
        assert candidate.max_risk + candidate.costs == quantity * UNIT_COST
        assert candidate.buying_power + candidate.costs == quantity * UNIT_COST


@pytest.mark.parametrize(("interest", "quantity"), [(59, 2), (60, 3), (79, 3), (1000, 10), (19, 1), (math.nan, 1)])
def test_five_percent_of_the_smallest_open_interest_and_ten_contracts_at_most(interest: float, quantity: int) -> None:
    market = MARKET | {SHORTS[CALL]: MARKET[SHORTS[CALL]]._replace(open_interest=interest)}
    context = replace(CONTEXT, module=module_of(max_risk=dollars(9000)))
    candidate = found(market, context)
    assert candidate.quantity == quantity
    allows_none = not interest >= 20
    assert candidate.reasons[-1].endswith("although open interest allows none") is allows_none


@pytest.mark.parametrize(
    ("context", "rule"),
    [
        (replace(CONTEXT, module=module_of(max_risk=UNIT_COST - 1)), "max risk per trade"),
        (replace(CONTEXT, module=module_of(max_risk=None)), "max risk per trade"),
        (replace(CONTEXT, available=UNIT_COST - 1), "available budget"),
        (replace(CONTEXT, available=-dollars(100)), "available budget"),
    ],
    ids=["risk", "no limit", "budget", "over budget"],
)
def test_where_none_fits_one_is_proposed_for_the_gate_to_answer(context: ScanContext, rule: str) -> None:
    candidate = found(MARKET, context)
    assert (candidate.quantity, candidate.reasons[-1]) == (1, f"1 contract although {rule} allows none")


def test_waived_evidence_means_one_contract_and_is_said() -> None:
    context = replace(CONTEXT, module=module_of(max_risk=dollars(9000)), waivers=Waivers(evidence=True))
    candidate = found(MARKET, context)
    assert (candidate.quantity, candidate.waived) == (1, ("evidence",))
    assert candidate.reasons[-1] == "1 contract: backtest evidence waived"


@settings(max_examples=40)
@given(
    st.sets(st.sampled_from(sorted(MARKET, key=lambda one: one.key)), max_size=60),
    st.integers(0, 4000),
    st.integers(-1000, 20_000),
    st.integers(0, 400),
)
def test_whatever_is_missing_a_candidate_keeps_every_rule_and_its_own_arithmetic(
    missing: set[OptionContract], risk: int, available: int, interest: int
) -> None:
    market = {one: row._replace(open_interest=interest) for one, row in MARKET.items() if one not in missing}
    context = replace(CONTEXT, module=module_of(max_risk=dollars(risk)), available=dollars(available))
    finding = scan(market, context)
    assert finding == scan(market, context)
    candidate = finding.candidate
    assert finding.reason
    if candidate is None:
        return
    long_put, short_put, short_call, long_call = candidate.structure.strikes
    assert dollars(5) <= short_put - long_put <= dollars(10)
    assert dollars(5) <= long_call - short_call <= dollars(10)
    for leg in candidate.structure.legs:
        assert leg.contract in market
        assert leg.ratio == 1 or 0.159 <= abs(black_scholes(leg.contract)[1]) <= 0.201
    assert candidate.net_price <= candidate.worst_price < 0
    assert 1 <= candidate.quantity <= 10
    if candidate.quantity > 1:
        assert candidate.max_risk + candidate.costs <= dollars(risk)
        assert candidate.buying_power + candidate.costs <= dollars(available)
        assert candidate.quantity * 20 <= interest
