"""Account rules: cover, option levels, cash accounts and the margin minimum, each at its boundary."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.mindfolio import AccountRules, AccountType
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.risk.account_rules import (
    check_account_rules,
    cover_of,
    day_trade_warning,
    option_level,
    uncovered,
)
from engine.risk.facts import TradeFacts

FRONT, BACK = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")
CALL, PUT = Right.CALL, Right.PUT


def leg(strike: int, right: Right, ratio: int, day: dt.date = FRONT) -> Leg:
    return Leg(OptionContract("TSLA", day, dollars(strike), right), ratio)


def trade(good: TradeFacts, *legs: Leg, **changes: Any) -> TradeFacts:
    candidate = replace(good.candidate, structure=Structure(StructureKind.CUSTOM, legs), quantity=1)
    return replace(good, candidate=candidate, **changes)


@pytest.mark.parametrize(
    ("legs", "alone"),
    [
        ((leg(270, CALL, -1), leg(280, CALL, 1)), []),
        ((leg(270, CALL, -2), leg(280, CALL, 1)), [1]),
        ((leg(270, CALL, -1), leg(280, CALL, 1, BACK)), []),
        ((leg(270, CALL, -1, BACK), leg(280, CALL, 1)), [1]),
        ((leg(270, CALL, -1, BACK), leg(280, CALL, -1), leg(290, CALL, 2)), [1]),
        ((leg(270, CALL, -1), leg(280, PUT, 1)), [1]),
        ((leg(270, CALL, -3, BACK), leg(280, CALL, -2)), [3, 2]),
        ((leg(270, PUT, -1),), []),
    ],
)
def test_a_long_covers_shorts_of_its_right_that_end_no_later(legs: tuple[Leg, ...], alone: list[int]) -> None:
    assert [count for _, count in uncovered(legs, CALL)] == alone


@pytest.mark.parametrize(
    ("legs", "changes", "level"),
    [
        ((leg(270, CALL, -1),), {"covering_shares": 100}, 1),
        ((leg(250, PUT, -1),), {"buying_power": dollars(25_000)}, 2),
        ((leg(250, PUT, -2),), {"buying_power": dollars(50_000)}, 2),
        ((leg(250, PUT, 0), leg(270, CALL, -1)), {"covering_shares": 100}, 1),
        ((leg(250, CALL, 1),), {"covering_shares": None}, 2),
        ((leg(250, PUT, 1),), {}, 2),
        ((leg(250, PUT, 1), leg(250, CALL, 1)), {}, 2),
        ((leg(250, PUT, 1), leg(270, CALL, -1)), {"covering_shares": 100}, 2),
        ((leg(240, PUT, 1), leg(250, PUT, -1)), {}, 3),
        ((leg(250, CALL, -1), leg(250, CALL, 1, BACK)), {}, 3),
        ((leg(250, PUT, -1),), {"buying_power": dollars(25_000) - 1}, 4),
        ((leg(250, PUT, -2),), {"buying_power": dollars(50_000) - 1}, 4),
        ((leg(250, PUT, -1), leg(270, CALL, 1)), {"buying_power": dollars(9_000)}, 4),
        ((leg(270, CALL, -1),), {"covering_shares": 99}, 5),
        ((leg(270, CALL, -2), leg(280, CALL, 1)), {"covering_shares": 0}, 5),
        ((leg(250, PUT, -1), leg(270, CALL, -1)), {"buying_power": dollars(25_000)}, 5),
    ],
)
def test_the_level_that_a_trade_needs_and_that_less_denies(
    good: TradeFacts, legs: tuple[Leg, ...], changes: dict[str, Any], level: int
) -> None:
    facts = trade(good, *legs, **changes)
    assert option_level(facts) == level
    for given in range(6):
        denial = check_account_rules(replace(facts, account_rules=AccountRules(option_level=given)))
        assert (denial is None) is (given >= level)
        if denial is not None:
            assert denial.code is DenialCode.ACCOUNT_RULES
            assert (denial.measured, denial.limit, denial.facts["why"]) == (level, given, "option level")


@pytest.mark.parametrize("quantity", [0, -1, *NO_NUMBERS])
def test_nothing_is_covered_in_a_quantity_that_is_none(good: TradeFacts, quantity: Any) -> None:
    facts = trade(good, leg(250, PUT, -1), leg(270, CALL, -1), covering_shares=10**6, buying_power=10**12)
    cover = cover_of(replace(facts, candidate=replace(facts.candidate, quantity=quantity)))
    assert not cover.by_shares
    assert not cover.by_cash
    assert not cover.is_complete


@pytest.mark.parametrize("level", NO_NUMBERS)
def test_an_unknown_level_denies_options_and_no_shares(good: TradeFacts, level: Any) -> None:
    rules = AccountRules(option_level=level)
    assert check_account_rules(replace(good, account_rules=rules)) is not None
    stock = replace(good.candidate, structure=shares_of("TSLA"), quantity=10)
    assert check_account_rules(replace(good, account_rules=rules, candidate=stock)) is None


def test_unknown_rules_deny_and_warn_of_nothing(good: TradeFacts) -> None:
    denial = check_account_rules(replace(good, account_rules=None))
    assert denial is not None
    assert denial.facts["why"] == "no account rules"
    assert day_trade_warning(replace(good, account_rules=None, day_trades=9)) is None


class TestRolls:
    """What covers a roll is asked of what it leaves: the 240 put or the call that is sold last."""

    def roll(self, good: TradeFacts, *legs: Leg, shares: int = 0, **changes: Any) -> TradeFacts:
        left = Structure(StructureKind.CUSTOM, legs, shares, "TSLA")
        return trade(good, leg(250, PUT, 1), leg(240, PUT, -1), result=left, **changes)

    @pytest.mark.parametrize(
        ("power", "used", "is_secured"),
        [
            (dollars(1_000), dollars(23_000), True),
            (dollars(1_000) - 1, dollars(23_000), False),
            (dollars(-500), dollars(24_500), True),  # it frees some of what the position uses
            (dollars(24_000), None, True),
            (dollars(24_000) - 1, None, False),
            (dollars(24_000) - 1, float("nan"), False),
            (None, dollars(99_000), False),
        ],
    )
    def test_a_put_is_secured_by_what_its_position_uses_already_and_what_the_roll_adds(
        self, good: TradeFacts, power: Any, used: Any, is_secured: bool
    ) -> None:
        cover = cover_of(self.roll(good, leg(240, PUT, -1), buying_power=power, position_used=used))
        assert (cover.needs_cash, cover.by_cash, cover.is_complete) == (True, is_secured, is_secured)

    def test_a_new_put_is_not_secured_by_what_another_position_uses(self, good: TradeFacts) -> None:
        put = trade(good, leg(240, PUT, -1), buying_power=dollars(1_000), position_used=dollars(23_000))
        assert not cover_of(put).by_cash

    @pytest.mark.parametrize(
        ("calls", "shares", "needed"),
        [(1, 0, 100), (1, 100, 0), (2, 100, 100), (1, 200, 0), (0, -100, 100), (1, 60, 40)],
    )
    def test_calls_are_covered_by_the_shares_that_are_left_and_then_by_others(
        self, good: TradeFacts, calls: int, shares: int, needed: int
    ) -> None:
        legs = (leg(270, CALL, -calls),) if calls else ()
        facts = self.roll(good, *legs, shares=shares, covering_shares=needed)
        assert (cover_of(facts).needs_shares, cover_of(facts).by_shares) == (needed > 0, True)
        assert not cover_of(replace(facts, covering_shares=needed - 1)).by_shares

    def test_shares_of_a_new_package_cover_none_of_its_calls(self, good: TradeFacts) -> None:
        both = trade(good, leg(270, CALL, -1), covering_shares=99)
        both = replace(both, candidate=replace(both.candidate, structure=replace(both.candidate.structure, shares=100)))
        assert not cover_of(both).by_shares, "they are bought, and not held"


class TestMargin:
    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, True), (1, True)])
    def test_spreads_demand_a_least_equity(self, good: TradeFacts, off: int, passes: bool) -> None:
        denial = check_account_rules(replace(good, equity=dollars(2000) + off))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.measured, denial.limit, denial.unit) == (dollars(2000) + off, dollars(2000), "usd")
            assert (denial.facts["why"], denial.facts["missing"]) == ("margin minimum", -off)

    @pytest.mark.parametrize("value", [*NO_NUMBERS, 10.0**9])
    def test_what_is_not_known_denies(self, good: TradeFacts, value: Any) -> None:
        assert check_account_rules(replace(good, equity=value)) is not None
        assert check_account_rules(replace(good, account_rules=AccountRules(margin_minimum=value))) is not None

    @pytest.mark.parametrize("is_long", [True, False])
    def test_shares_sold_short_demand_it_too_and_shares_bought_do_not(self, good: TradeFacts, is_long: bool) -> None:
        stock = replace(good.candidate, structure=shares_of("TSLA", is_long=is_long), quantity=10)
        assert (check_account_rules(replace(good, candidate=stock, equity=0)) is None) is is_long

    def test_a_long_option_demands_none(self, good: TradeFacts) -> None:
        assert check_account_rules(trade(good, leg(250, CALL, 1), equity=0)) is None


class TestCash:
    rules = AccountRules(AccountType.CASH, option_level=5)

    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, True), (1, True)])
    def test_it_trades_with_settled_cash(self, good: TradeFacts, off: int, passes: bool) -> None:
        cash = dollars("1504.80") + off
        facts = trade(good, leg(250, CALL, 1), account_rules=self.rules, settled_cash=cash)
        denial = check_account_rules(facts)
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.measured, denial.limit, denial.facts["why"]) == (dollars("1504.80"), cash, "settled cash")

    def test_a_call_over_shares_takes_its_costs_alone(self, good: TradeFacts) -> None:
        over = trade(good, leg(270, CALL, -1), account_rules=self.rules, covering_shares=100, buying_power=0)
        assert check_account_rules(replace(over, settled_cash=over.costs)) is None
        assert check_account_rules(replace(over, settled_cash=over.costs - 1)) is not None

    @pytest.mark.parametrize("value", [*NO_NUMBERS, 10.0**9])
    @pytest.mark.parametrize("name", ["settled_cash", "buying_power", "costs"])
    def test_what_is_not_known_denies(self, good: TradeFacts, name: str, value: Any) -> None:
        changes: dict[str, Any] = {name: value}
        facts = replace(trade(good, leg(250, CALL, 1), account_rules=self.rules), **changes)
        assert check_account_rules(facts) is not None

    @pytest.mark.parametrize("kind", [AccountType.CASH, None, "PORTFOLIO"])
    def test_no_spread_and_nothing_short_of_cover(self, good: TradeFacts, kind: Any) -> None:
        rules = replace(self.rules, account_type=kind)
        denial = check_account_rules(replace(good, account_rules=rules, settled_cash=10**12))
        assert denial is not None
        assert (denial.measured, denial.limit) == (str(kind), "MARGIN")
        stock = replace(good.candidate, structure=shares_of("TSLA", is_long=False))
        assert check_account_rules(replace(good, candidate=stock, account_rules=rules, settled_cash=10**12)) is not None
