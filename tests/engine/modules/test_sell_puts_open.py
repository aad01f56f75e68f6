"""Which put is sold, what it says of the budget if assigned, and what it offers where that is too small."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.money import dollars
from engine.domain.candidate import Candidate, Finding
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import Right
from engine.domain.mindfolio import Waivers
from engine.domain.scan import IvRank, ScanContext
from engine.modules.sell_puts import SellPuts
from tests.wheel import APRIL, MAY, chain_of, held, module_of, option, scan_context

KO = chain_of()
SPY = chain_of("SPY", 461.0, 0.16)

CHAINS = {61.5: KO, 41.0: chain_of(spot=41.0), 92.0: chain_of(spot=92.0)}


def scan(context: ScanContext) -> dict[str, Finding]:
    return {finding.symbol: finding for finding in SellPuts().scan(context)}


def candidate(context: ScanContext, symbol: str = "KO") -> Candidate:
    found = scan(context)[symbol]
    assert found.candidate is not None, found.reason
    return found.candidate


def test_the_put_nearest_twenty_five_delta_is_sold_secured_in_full() -> None:
    sold = candidate(scan_context(KO))
    # Quoted 0.44 to 0.48; deltas of 58, 59, 60 are -13, -21.6 and -32.
    assert (sold.structure.strikes, sold.structure.expiration) == ((dollars(59),), APRIL)
    assert (sold.net_price, sold.worst_price) == (dollars("-0.46"), dollars("-0.44"))
    assert (sold.buying_power, sold.max_risk) == (sold.quantity * dollars(5900), sold.quantity * dollars(590))
    assert sold.breakevens == (dollars("58.54"),)
    assert sold.needs_person == ""


def test_the_smallest_rule_sizes_it_and_is_named() -> None:
    # Max risk 1,000 over 590.60 is 1; half of 20,000 is 10,000, over 5,900.60 is 1; with 3,000 at risk it is 3.
    assert candidate(scan_context(KO)).reasons[-1] == "1 contract: max risk per trade"
    more = scan_context(KO, module=module_of("KO", risk=dollars(3000)))
    assert candidate(more).quantity == 1
    assert candidate(more).reasons[-1] == "1 contract: at most 50 % of the means in one symbol"
    whole = scan_context(KO, module=module_of("KO", risk=dollars(3000), symbol_share_pct=100))
    assert (candidate(whole).quantity, candidate(whole).reasons[-1]) == (3, "3 contracts: available budget")
    waived = replace(whole, waivers=Waivers(evidence=True))
    assert candidate(waived).quantity == 1


def test_what_the_gate_lets_one_symbol_take_sizes_it_as_well() -> None:
    # Three fit the rest; 11,801.20 is two, and a cent less is one.
    whole = scan_context(KO, module=module_of("KO", risk=dollars(3000), symbol_share_pct=100))
    capped = candidate(replace(whole, most_in_symbol=dollars("11801.20")))
    assert (capped.quantity, capped.reasons[-1]) == (2, "2 contracts: share of the budget in one symbol")
    assert candidate(replace(whole, most_in_symbol=dollars("11801.19"))).quantity == 1
    too_small = scan(replace(whole, most_in_symbol=dollars(5900)))["KO"]
    assert "$5,900 against $5,900 for one symbol (short by $0.60, costs included)" in too_small.reason


def test_a_put_that_cannot_be_funded_says_both_numbers_and_by_how_much() -> None:
    # The owner's case: the SPY 440 put in a module with $8,000 available that may risk $1,000 a trade.
    chain = chain_of("SPY", 452.0, 0.16, strikes=(400, 501, 10))
    found = scan(scan_context(chain, available=dollars(8000), module=module_of("SPY", symbol_share_pct=100)))["SPY"]
    assert "$44,000 against $8,000 available; max risk $4,400 against $1,000" in found.reason
    assert "(short by $36,000.60 and $3,400.60, costs included)" in found.reason
    assert (found.numbers["over_available_usd"], found.numbers["over_max_risk_usd"]) == (
        dollars("36000.60"), dollars("3400.60"),
    )  # fmt: skip
    assert "no put of the universe that was looked at fits what is available" in found.reason
    # It goes to the gate as one contract, which refuses it with the same figures.
    assert found.candidate is not None
    assert (found.candidate.buying_power, found.candidate.max_risk) == (dollars(44_000), dollars(4400))


def test_the_best_fundable_symbol_is_offered_instead() -> None:
    context = scan_context(SPY, KO, iv_ranks={"SPY": IvRank(90.0, 252), "KO": IvRank(40.0, 252)})
    found = SellPuts().scan(context)
    assert [finding.symbol for finding in found] == ["KO", "SPY"], "what can be traded comes first"
    assert found[1].numbers["alternative"] == "instead: 1 x KO 59 put, $5,900 if assigned"


@pytest.mark.parametrize(
    ("available", "strike", "is_funded"),
    [
        ("5900.60", 59, True),  # the boundary: strike and commission to the cent
        ("5900.59", 58, True),
        ("5800.60", 58, True),
        ("5800.59", 59, False),  # nothing inside the band fits: the put that was aimed at says why
    ],
)
def test_a_lower_strike_of_the_band_is_taken_where_that_one_fits(
    available: str, strike: int, *, is_funded: bool
) -> None:
    module = module_of("KO", symbol_share_pct=100, min_delta=12.0, max_delta=31.0)
    found = scan(scan_context(KO, module=module, available=dollars(available)))["KO"]
    assert found.candidate is not None
    assert found.candidate.structure.strikes == (dollars(strike),)
    assert ("cannot be funded: $5,900" in found.reason) == (strike == 58 or not is_funded)
    assert (found.numbers["over_available_usd"] == 0) is is_funded


def test_the_max_risk_alone_can_lead_to_a_lower_strike() -> None:
    # 59 risks 590.60, 58 risks 580.60 with costs.
    module = module_of("KO", risk=dollars("580.60"), min_delta=12.0, max_delta=31.0)
    assert candidate(scan_context(KO, module=module)).structure.strikes == (dollars(58),)
    tight = module_of("KO", risk=dollars("580.59"), min_delta=12.0, max_delta=31.0)
    assert (
        "max risk $590 against $580.59 (short by $10.01, costs included)"
        in scan(scan_context(KO, module=tight))["KO"].reason
    )


def test_the_cap_of_a_symbol_is_a_share_of_what_is_free_and_at_work() -> None:
    # 6,000 free and 5,800 at work: half of 11,800 is 5,900, sixty cents too little.
    other = held((option(58, Right.PUT, symbol="PFE"), -1, "-45"), used=dollars(5800))
    context = scan_context(KO, available=dollars(6000), open_positions=(other,))
    assert "$5,900 against $5,900 for one symbol (short by $0.60, costs included)" in scan(context)["KO"].reason
    enough = replace(context, available=dollars("6001.20"))
    assert candidate(enough).reasons[-1] == "1 contract: max risk per trade"
    assert "cannot be funded" not in scan(enough)["KO"].reason


def test_an_expiry_after_an_event_is_not_sold_and_an_unknown_calendar_neither() -> None:
    ex_dividend = Happening(HappeningKind.EX_DIVIDEND, APRIL - dt.timedelta(days=3))
    told = scan_context(KO, outlooks={"KO": Outlook((ex_dividend,), MAY)})
    assert scan(told)["KO"].reason == "ex-dividend on 2026-04-14, before the expiry on 2026-04-17"
    unknown = scan_context(KO, outlooks={})
    assert scan(unknown)["KO"].reason == "earnings and dividends until 2026-04-17 are unknown"


def test_days_outside_the_band_and_strikes_outside_the_deltas_give_none() -> None:
    assert scan(scan_context(chain_of(expirations=(MAY,))))["KO"].reason == "no expiry in 21-45 days"
    coarse = chain_of(strikes=(50, 80, 20))
    assert scan(scan_context(coarse))["KO"].reason == "no put strike at 20-30 delta with a quote in 32 days"


def test_a_credit_that_costs_would_eat_is_none() -> None:
    # 0.44 at the worst price is $44 a contract: costs of 22 to open and close are all of it.
    costs = replace(scan_context(KO).costs, commission_per_contract=dollars(22))
    assert scan(scan_context(KO, costs=costs))["KO"].reason == (
        "credit too small after costs: $44 at the worst price, $44 to open and close"
    )
    cheaper = replace(costs, commission_per_contract=dollars("21.99"))
    assert candidate(scan_context(KO, costs=cheaper)).costs == dollars("21.99")


@given(
    available=st.integers(0, 30_000 * 10_000), risk=st.integers(0, 3000 * 10_000), share=st.integers(1, 100),
    spot=st.sampled_from([41.0, 61.5, 92.0]),
)  # fmt: skip
@settings(max_examples=60)
def test_what_is_not_called_unfunded_fits_every_limit_and_the_rest_says_why(
    available: int, risk: int, share: int, spot: float
) -> None:
    module = module_of("KO", risk=risk, symbol_share_pct=share, min_delta=12.0, max_delta=31.0)
    found = scan(scan_context(CHAINS[spot], module=module, available=available))["KO"]
    sold = found.candidate
    assert sold is not None
    power, at_risk = sold.buying_power + sold.costs, sold.max_risk + sold.costs
    fits = power <= min(available, available * share // 100) and at_risk <= risk
    assert fits == ("shortfall" not in found.numbers)
    assert fits or sold.quantity == 1
    assert sold.buying_power == sold.quantity * sold.structure.strikes[0] * 100, "secured in full"
    assert (found.numbers["over_available_usd"], found.numbers["over_max_risk_usd"]) == (
        max(0, power - available), max(0, at_risk - risk),
    )  # fmt: skip
