"""The hedge: which index, which spread, how many, and what it is worth in a fall, each by hand."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from engine.core.money import dollars
from engine.domain.candidate import Candidate, Finding
from engine.domain.chain import Chain
from engine.domain.exposure import Holding
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.scan import ScanContext
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.market.store import MarketStore
from engine.modules.rebalancer_flags import measures_of
from engine.modules.rebalancer_hedge import INSURANCE, KIND, best_lean, hedge_finding, indices_of, worst_case
from tests.engine.modules.rebalancer_books import context, exposure, holding, module, past, rules
from tests.fakes import EXPIRATION, chain_update, new_york

WAVE = [0.01, -0.01, 0.02, -0.02] * 15
OTHER_WAVE = [0.01, 0.01, -0.01, -0.01] * 15
NOW = new_york(10)


def chain(symbol: str = "SPY") -> Chain:
    """A chain around 100 at a volatility of 25 %, 39 days to run."""
    store = MarketStore()
    store.apply(chain_update(NOW, symbol=symbol))
    found = store.chain(symbol)
    assert found is not None
    return found


def stock(position_id: str, symbol: str, shares: int, dollar_delta: int) -> Holding:
    """Shares at 100."""
    one = holding(position_id, symbol, abs(dollar_delta), dollar_delta)
    held = replace(one.position, structure=shares_of(symbol), quantity=shares, cost=dollars(100) * shares)
    return replace(one, position=held, spot=dollars(100), mark=dollars(100) * shares)


PASTS = {"SPY": past(WAVE), "AAPL": past([2 * each for each in WAVE]), "QQQ": past(OTHER_WAVE)}


def shown(*held: Holding, universe: tuple[str, ...] = ("SPY",), **changes: Any) -> ScanContext:
    """A mindfolio with these holdings; SPY and QQQ are quoted."""
    chains = {symbol: chain(symbol) for symbol in ("SPY", "QQQ")}
    seen = exposure(*held)
    return context(seen, spec=module(universe), pasts=PASTS, chains=chains, now=NOW, **changes)


def hedge(given: ScanContext, **parameters: float) -> Finding:
    """The finding about the best index."""
    seen, own = given.exposure, rules(**parameters)
    assert seen is not None
    measures = measures_of(seen)
    lean = best_lean(measures, indices_of(seen, given), given, own)
    assert lean is not None
    return hedge_finding(seen, measures, lean, given, own)


def wanted(finding: Finding) -> Candidate:
    """The candidate that there has to be."""
    assert finding.candidate is not None
    return finding.candidate


def amount(finding: Finding, name: str) -> int:
    """A whole number of a finding."""
    found = finding.numbers[name]
    assert isinstance(found, int)
    return found


class TestTheIndex:
    def test_only_quoted_broad_funds_of_the_universe_can_serve(self) -> None:
        given = shown(universe=("AAPL", "QQQ", "IWM", "SPY"))
        assert given.exposure is not None
        assert indices_of(given.exposure, given) == ("QQQ", "SPY")

    def test_deltas_count_by_their_beta_and_the_index_that_explains_them_is_taken(self) -> None:
        given = shown(stock("P1", "AAPL", 50, 5000), universe=("QQQ", "SPY"))
        assert given.exposure is not None
        lean = best_lean(measures_of(given.exposure), ("QQQ", "SPY"), given, rules())
        assert lean is not None
        assert (lean.index, lean.coverage, lean.sessions) == ("SPY", 1.0, 60)
        assert lean.delta == pytest.approx(dollars(10_000), abs=1)
        assert lean.fit == pytest.approx(1.0)

    def test_a_missing_beta_is_told_and_never_zero(self) -> None:
        given = shown(stock("P1", "AAPL", 50, 5000), stock("P2", "ZZZ", 150, 15_000))
        assert given.exposure is not None
        measures = measures_of(given.exposure)
        lean = best_lean(measures, ("SPY",), given, rules())
        assert lean is not None
        assert (lean.coverage, lean.without_beta(measures)) == (0.25, ("ZZZ",))
        found = hedge(given)
        assert found.candidate is not None
        assert "not counted, without beta or volatility: ZZZ" in found.reason

    def test_without_an_index_there_is_none(self) -> None:
        given = shown(stock("P1", "AAPL", 50, 5000))
        assert given.exposure is not None
        assert best_lean(measures_of(given.exposure), (), given, rules()) is None


class TestTheSpread:
    @pytest.mark.parametrize(("day", "is_found"), [(EXPIRATION, False), (EXPIRATION + dt.timedelta(days=1), True)])
    def test_it_does_not_outlive_a_dividend_that_the_gate_would_refuse_it_for(
        self, day: dt.date, is_found: bool
    ) -> None:
        paid = Outlook((Happening(HappeningKind.EX_DIVIDEND, day),), dt.date(2026, 12, 31))
        found = hedge(shown(stock("P1", "AAPL", 50, 5000), outlooks={"SPY": paid}))
        assert (found.candidate is not None) is is_found
        refused = f"no hedge: ex-dividend on {day}, before the expiry on {EXPIRATION}"
        assert (found.reason == refused) is not is_found

    def test_it_is_a_put_spread_of_the_asked_deltas_sized_by_what_is_too_much(self) -> None:
        found = hedge(shown(stock("P1", "AAPL", 50, 5000)))
        candidate = wanted(found)
        assert candidate.structure.kind is KIND
        short, long = candidate.structure.legs
        assert (short.ratio, long.ratio) == (-1, 1)
        assert short.contract.strike < long.contract.strike < dollars(100)
        assert {leg.contract.right for leg in candidate.structure.legs} == {Right.PUT}
        # 20 % of NAV is 2,500 above 15 %; the spread's delta is about a quarter of 100 shares at 100: 2,500 a unit.
        per_unit = abs(candidate.greeks.delta) / candidate.quantity * 100
        assert candidate.quantity == -(-2500 // int(per_unit))
        assert candidate.reasons[-1] == "1 contract: what leans too much", "ten would be allowed"
        assert candidate.needs_person == INSURANCE
        assert candidate.net_price > 0

    def test_what_it_does_in_a_fall_is_revalued_name_by_name(self) -> None:
        # SPY -10 % takes AAPL, with a beta of 2, down 20 %: 50 shares at 100 lose 1,000.
        found = hedge(shown(stock("P1", "AAPL", 50, 5000)))
        assert amount(found, "fall_without_usd") == pytest.approx(dollars(-1000), abs=100)
        assert "at once the mindfolio makes -$1,000.0" in found.reason
        assert "worst case at expiry $5,000.00 before, $" in found.reason
        low, high = wanted(found).structure.strikes
        quantity = wanted(found).quantity
        width = (high - low) * 100 * quantity
        won = amount(found, "fall_with_usd") - amount(found, "fall_without_usd")
        assert 0 < won < width - amount(found, "cost_usd")
        assert amount(found, "pays_at_most_usd") == width
        # At expiry the shares can lose all of their 5,000, and the hedge is another name: it adds what it costs.
        assert amount(found, "worst_before_usd") == dollars(5000)
        assert amount(found, "worst_after_usd") == dollars(5000) + amount(found, "cost_usd")

    def test_an_option_without_a_volatility_leaves_its_name_out_and_says_so(self) -> None:
        put = Leg(OptionContract("AAPL", EXPIRATION, dollars(90), Right.PUT), -1)
        one = holding("P1", "AAPL", 5000, 5000)
        one = replace(one, position=replace(one.position, structure=Structure(StructureKind.SHORT_PUT, (put,))))
        given = shown(one)
        assert "without beta or volatility: AAPL" in hedge(given).reason
        assert given.exposure is not None
        known = replace(given.exposure, volatilities={put.contract: 0.3})
        found = hedge(replace(given, exposure=known))
        assert found.numbers["left_out"] == ""
        # Short a put at 90 with AAPL (here at 260 by the holding's price) far above it: next to nothing is lost.
        assert -dollars(5) < amount(found, "fall_without_usd") <= 0

    @pytest.mark.parametrize(
        ("delta", "changes", "words"),
        [
            (3750, {}, "beta-weighted delta 15 % of NAV, not above 15 %"),
            (-5000, {}, "beta-weighted delta -20 % of NAV, not above 15 %"),
            (5000, {"refused": {("SPY", KIND): "refused today"}}, "refused today"),
            (5000, {"busy_symbols": frozenset({"SPY"})}, "an order is working or an approval waiting already"),
        ],
    )
    def test_when_there_is_none(self, delta: int, changes: dict[str, Any], words: str) -> None:
        found = hedge(shown(stock("P1", "AAPL", 50, delta), **changes))
        assert found.candidate is None
        assert words in found.reason

    def test_a_name_without_beta_is_told_where_what_is_known_needs_no_hedge(self) -> None:
        limit = "no hedge: beta-weighted delta 15 % of NAV, not above 15 %"
        assert hedge(shown(stock("P1", "AAPL", 37, 3750))).reason == limit
        unknown = stock("P2", "ZZZ", 150, 15_000)
        assert hedge(shown(stock("P1", "AAPL", 37, 3750), unknown)).reason == f"{limit}; not counted, without beta: ZZZ"

    def test_a_module_without_put_spreads_and_a_chain_without_strikes_or_days_give_none(self) -> None:
        given = shown(stock("P1", "AAPL", 50, 5000))
        bare = replace(given, module=replace(given.module, structures=()))
        assert "not enabled" in hedge(bare).reason
        assert "no expiry in 50-60 days" in hedge(given, min_days=50).reason
        narrow = {"min_long_delta": 44.9, "max_long_delta": 44.91}
        assert "no put at 44.9-44.91 delta" in hedge(given, **narrow).reason

    def test_where_evidence_is_waived_it_is_one_contract_and_needs_nobody(self) -> None:
        given = shown(stock("P1", "AAPL", 200, 20_000), evidence=True)
        found = hedge(given)
        assert wanted(found).quantity == 1
        assert wanted(found).needs_person == ""


def test_the_worst_case_is_unbounded_with_shares_sold_short() -> None:
    short = stock("P1", "AAPL", 50, -5000)
    position = replace(short.position, structure=shares_of("AAPL", is_long=False))
    assert worst_case(exposure(replace(short, position=position))) is None
    assert worst_case(exposure()) == 0
