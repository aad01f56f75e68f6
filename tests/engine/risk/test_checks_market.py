"""Quotes: their age, their sanity, their spread and open interest, each at its boundary."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.quote import Quote
from engine.domain.structure import shares_of
from engine.risk import checks_market as checks
from engine.risk.facts import TradeFacts

US = dt.timedelta(microseconds=1)
NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")
LEGS = ("TSLA260417P00240000", "TSLA260417P00250000", "TSLA260417C00270000", "TSLA260417C00280000")


def with_quote(facts: TradeFacts, leg: int, quote: Quote | None) -> TradeFacts:
    quotes = list(facts.quotes)
    quotes[leg] = quote
    return replace(facts, quotes=tuple(quotes))


def changed(facts: TradeFacts, leg: int, **changes: Any) -> TradeFacts:
    quote = facts.quotes[leg]
    assert quote is not None
    return with_quote(facts, leg, replace(quote, **changes))


def with_gate(facts: TradeFacts, **changes: Any) -> TradeFacts:
    assert facts.gate is not None
    return replace(facts, gate=replace(facts.gate, **changes))


def denied(denial: Denial | None, code: DenialCode) -> Denial:
    assert denial is not None
    assert denial.code is code
    return denial


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (checks.check_data_stale, DenialCode.DATA_STALE),
        (checks.check_data_bad, DenialCode.DATA_BAD),
        (checks.check_leg_skew, DenialCode.LEG_SKEW),
        (checks.check_liquidity, DenialCode.LIQUIDITY),
    ],
)
class TestEveryMarketCheck:
    @pytest.mark.parametrize("leg", range(4))
    def test_a_leg_without_quote_denies(self, good: TradeFacts, check: Any, code: DenialCode, leg: int) -> None:
        denial = denied(check(with_quote(good, leg, None)), code)
        assert denial.facts["leg"] == LEGS[leg]

    @pytest.mark.parametrize("count", [0, 3, 5])
    def test_quotes_that_do_not_match_the_legs_deny(
        self, good: TradeFacts, check: Any, code: DenialCode, count: int
    ) -> None:
        denied(check(replace(good, quotes=(good.quotes * 2)[:count])), code)

    def test_no_legs_deny(self, good: TradeFacts, check: Any, code: DenialCode) -> None:
        bare = replace(good.candidate, structure=replace(good.candidate.structure, legs=()))
        denied(check(replace(good, candidate=bare, quotes=())), code)


class TestAge:
    @pytest.mark.parametrize("leg", range(4))
    @pytest.mark.parametrize(
        ("age", "passes"),
        [
            (dt.timedelta(seconds=15) - US, True),
            (dt.timedelta(seconds=15), True),
            (dt.timedelta(seconds=15) + US, False),
            (dt.timedelta(0), True),
            (-US, False),
        ],
    )
    def test_the_oldest_leg_counts_and_a_quote_from_the_future_is_stale(
        self, good: TradeFacts, leg: int, age: dt.timedelta, passes: bool
    ) -> None:
        denial = checks.check_data_stale(changed(good, leg, at=good.now - age))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.measured, denial.limit, denial.unit) == (age.total_seconds(), 15.0, "s")
            assert denial.facts["leg"] == LEGS[leg]

    def test_the_oldest_of_two_stale_legs_is_measured(self, good: TradeFacts) -> None:
        facts = changed(good, 1, at=good.now - dt.timedelta(minutes=5))
        facts = changed(facts, 2, at=good.now - dt.timedelta(minutes=90))
        denial = denied(checks.check_data_stale(facts), DenialCode.DATA_STALE)
        assert (denial.measured, denial.facts["leg"]) == (5400.0, LEGS[2])

    @pytest.mark.parametrize(("age", "measured"), [(15, -1.0), (16, 16.0)])
    def test_beside_a_quote_from_the_future_only_a_stale_one_is_named(
        self, good: TradeFacts, age: int, measured: float
    ) -> None:
        facts = changed(good, 1, at=good.now + dt.timedelta(seconds=1))
        facts = changed(facts, 2, at=good.now - dt.timedelta(seconds=age))
        assert denied(checks.check_data_stale(facts), DenialCode.DATA_STALE).measured == measured

    @pytest.mark.parametrize("limit", NO_NUMBERS)
    def test_a_missing_limit_denies(self, good: TradeFacts, limit: Any) -> None:
        denial = denied(checks.check_data_stale(with_gate(good, max_quote_age=limit)), DenialCode.DATA_STALE)
        assert (denial.measured, denial.limit) == (2.0, None)
        denied(checks.check_data_stale(replace(good, gate=None)), DenialCode.DATA_STALE)


class TestSanity:
    @pytest.mark.parametrize("leg", range(4))
    @pytest.mark.parametrize(
        ("bid", "ask", "problem"),
        [
            (1, 1, None),
            (9_999, 10_000, None),
            (10_000, 10_000, None),
            (10_001, 10_000, "bid above ask"),
            (0, 10_000, "bid not above zero"),
            (-1, 10_000, "bid not above zero"),
            (1, 0, "bid above ask"),
        ],
    )
    def test_bid_and_ask_at_their_boundaries(
        self, good: TradeFacts, leg: int, bid: int, ask: int, problem: str | None
    ) -> None:
        denial = checks.check_data_bad(changed(good, leg, bid=bid, ask=ask))
        assert (denial.measured if denial is not None else None) == problem
        if denial is not None:
            assert (denial.facts["leg"], denial.facts["bid"], denial.facts["ask"]) == (LEGS[leg], bid, ask)
            assert denial.limit == "0 < bid <= ask"

    @pytest.mark.parametrize("side", ["bid", "ask"])
    @pytest.mark.parametrize("value", [*NO_NUMBERS, 20_500.0])
    def test_a_side_that_is_no_amount_denies(self, good: TradeFacts, side: str, value: Any) -> None:
        denial = denied(checks.check_data_bad(changed(good, 0, **{side: value})), DenialCode.DATA_BAD)
        assert denial.measured == f"no {side}"

    def test_a_price_that_no_option_has_denies(self, good: TradeFacts) -> None:
        million = 1_000_000 * 10_000
        assert checks.check_data_bad(changed(good, 0, bid=million - 1, ask=million)) is None
        denial = denied(checks.check_data_bad(changed(good, 0, ask=million + 1)), DenialCode.DATA_BAD)
        assert denial.measured == "price above a million dollars a share"

    def test_bad_legs_are_counted(self, good: TradeFacts) -> None:
        denial = denied(checks.check_data_bad(changed(changed(good, 3, bid=0), 1, ask=None)), DenialCode.DATA_BAD)
        assert (denial.facts["leg"], denial.facts["bad_legs"]) == (LEGS[1], 2)


class TestSpread:
    # 35 % of a mid of 2.0000 is 0.7000: a bid of 1.6500 with an ask of 2.3500.
    @pytest.mark.parametrize("leg", range(4))
    @pytest.mark.parametrize(("bid", "passes"), [(16_501, True), (16_500, True), (16_499, False)])
    def test_the_spread_is_measured_against_the_mid(self, good: TradeFacts, leg: int, bid: int, passes: bool) -> None:
        denial = checks.check_liquidity(changed(good, leg, bid=bid, ask=40_000 - bid))
        assert (denial is None) is passes
        if denial is not None:
            assert denial.measured == pytest.approx(35.01)
            assert (denial.limit, denial.unit, denial.facts["leg"]) == (35.0, "pct", LEGS[leg])
            assert denial.facts["why"] == "spread"

    @pytest.mark.parametrize(("spread", "passes"), [(999, True), (1_000, True), (1_001, False)])
    def test_a_tick_or_two_of_a_cheap_wing_is_no_wide_spread(self, good: TradeFacts, spread: int, passes: bool) -> None:
        assert (checks.check_liquidity(changed(good, 0, bid=100, ask=100 + spread)) is None) is passes

    @pytest.mark.parametrize("limit", NO_NUMBERS)
    @pytest.mark.parametrize("name", ["max_leg_spread_pct", "spread_floor", "min_open_interest"])
    def test_a_missing_limit_denies_whatever_the_quotes(self, good: TradeFacts, name: str, limit: Any) -> None:
        locked = good
        for leg in range(4):
            locked = changed(locked, leg, bid=20_000, ask=20_000, open_interest=10**6)
        denied(checks.check_liquidity(with_gate(locked, **{name: limit})), DenialCode.LIQUIDITY)

    def test_no_limits_at_all_deny(self, good: TradeFacts) -> None:
        denied(checks.check_liquidity(replace(good, gate=None)), DenialCode.LIQUIDITY)

    def test_a_leg_without_usable_quote_has_no_spread(self, good: TradeFacts) -> None:
        denial = denied(checks.check_liquidity(changed(good, 2, bid=0)), DenialCode.LIQUIDITY)
        assert (denial.measured, denial.facts["why"]) == (None, "bid not above zero")

    def test_the_other_thin_legs_are_listed(self, good: TradeFacts) -> None:
        facts = changed(changed(good, 0, ask=dollars(9)), 3, open_interest=None)
        denial = denied(checks.check_liquidity(facts), DenialCode.LIQUIDITY)
        assert (denial.facts["leg"], denial.facts["also"]) == (LEGS[0], LEGS[3])


class TestOpenInterest:
    @pytest.mark.parametrize("leg", range(4))
    @pytest.mark.parametrize(("contracts", "passes"), [(9, False), (10, True), (11, True), (0, False)])
    def test_each_leg_needs_enough(self, good: TradeFacts, leg: int, contracts: int, passes: bool) -> None:
        denial = checks.check_liquidity(changed(good, leg, open_interest=contracts))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.measured, denial.limit, denial.unit) == (contracts, 10, "contracts")
            assert denial.facts["leg"] == LEGS[leg]

    @pytest.mark.parametrize("contracts", NO_NUMBERS)
    def test_unknown_denies_even_when_none_is_demanded(self, good: TradeFacts, contracts: Any) -> None:
        facts = with_gate(changed(good, 1, open_interest=contracts), min_open_interest=0)
        assert denied(checks.check_liquidity(facts), DenialCode.LIQUIDITY).facts["why"] == "open interest"


class TestSkew:
    @pytest.mark.parametrize("leg", range(4))
    @pytest.mark.parametrize(("off", "passes"), [(-US, True), (dt.timedelta(0), True), (US, False)])
    @pytest.mark.parametrize("is_older", [True, False])
    def test_the_quotes_of_a_package_are_near_each_other(
        self, good: TradeFacts, leg: int, off: dt.timedelta, passes: bool, is_older: bool
    ) -> None:
        skew = dt.timedelta(seconds=60) + off
        at = good.now - dt.timedelta(seconds=2)
        denial = checks.check_leg_skew(changed(good, leg, at=at - skew if is_older else at + skew))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.measured, denial.limit, denial.unit) == (skew.total_seconds(), 60.0, "s")
            assert (denial.facts["leg"] == LEGS[leg]) is is_older

    @pytest.mark.parametrize("limit", NO_NUMBERS)
    def test_a_missing_limit_denies(self, good: TradeFacts, limit: Any) -> None:
        denied(checks.check_leg_skew(with_gate(good, max_leg_skew=limit)), DenialCode.LEG_SKEW)
        denied(checks.check_leg_skew(replace(good, gate=None)), DenialCode.LEG_SKEW)


class TestShares:
    def facts(self, good: TradeFacts, *quotes: Quote | None) -> TradeFacts:
        return replace(good, candidate=replace(good.candidate, structure=shares_of("TSLA")), quotes=quotes)

    def test_the_stocks_quote_is_checked_like_a_legs_and_its_liquidity_is_not(self, good: TradeFacts) -> None:
        at = good.now
        assert checks.check_liquidity(self.facts(good, None)) is None
        for quote, codes in (
            (Quote(10, 11, at), []),
            (None, [DenialCode.DATA_STALE, DenialCode.DATA_BAD, DenialCode.LEG_SKEW]),
            (Quote(12, 11, at), [DenialCode.DATA_BAD]),
            (Quote(0, 11, at), [DenialCode.DATA_BAD]),
            (Quote(10, 11, at - dt.timedelta(seconds=16)), [DenialCode.DATA_STALE]),
        ):
            facts = self.facts(good, quote)
            found = [check(facts) for check in (checks.check_data_stale, checks.check_data_bad, checks.check_leg_skew)]
            denials = [denial for denial in found if denial is not None]
            assert [denial.code for denial in denials] == codes
            assert all(denial.facts["leg"] == "TSLA" for denial in denials)

    def test_nothing_passes_as_liquid_without_legs_or_shares(self, good: TradeFacts) -> None:
        facts = self.facts(good)
        nothing = replace(facts.candidate.structure, shares=0)
        denied(
            checks.check_liquidity(replace(facts, candidate=replace(facts.candidate, structure=nothing))),
            DenialCode.LIQUIDITY,
        )

    @pytest.mark.parametrize(
        ("shares", "count", "names"), [(0, 0, ()), (1, 0, ("TSLA",)), (100, 4, LEGS), (0, 4, LEGS)]
    )
    def test_the_stock_is_a_part_only_where_there_are_no_legs(
        self, good: TradeFacts, shares: int, count: int, names: tuple[str, ...]
    ) -> None:
        structure = replace(
            good.candidate.structure, legs=good.candidate.structure.legs[:count], shares=shares, underlying="TSLA"
        )
        quotes = good.quotes[: len(names)]
        facts = replace(good, candidate=replace(good.candidate, structure=structure), quotes=quotes)
        assert checks.quoted_parts(facts) == tuple(zip(names, quotes, strict=True))
