"""The trade itself, its shape, its price and what it meets: each rule at its boundary, and with what is missing."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from engine.core.calendar import expiry_at
from engine.core.errors import DenialCode
from engine.core.money import dollars
from engine.domain.denial import Denial
from engine.domain.happening import Happening, HappeningKind
from engine.domain.instrument import OptionContract, Right
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind, shares_of
from engine.risk import checks_trade as checks
from engine.risk.facts import Stake, TradeFacts

NO_NUMBERS: tuple[Any, ...] = (float("nan"), float("inf"), float("-inf"), True, False, None, "1")


def with_legs(facts: TradeFacts, legs: tuple[Leg, ...]) -> TradeFacts:
    structure = replace(facts.candidate.structure, legs=legs)
    return replace(facts, candidate=replace(facts.candidate, structure=structure))


def stock(facts: TradeFacts, shares: int = 1) -> TradeFacts:
    """Forty shares of TSLA, bought or sold short, quoted at 260.00 to 260.10."""
    structure = shares_of("TSLA", is_long=shares > 0)
    module = replace(facts.module, structures=(StructureKind.LONG_STOCK, StructureKind.SHORT_STOCK))
    quote = Quote(dollars(260), dollars("260.10"), facts.now)
    candidate = replace(facts.candidate, structure=structure, quantity=40)
    return replace(facts, candidate=candidate, module=module, quotes=(quote,), price=shares * dollars(260))


def denied(denial: Denial | None, code: DenialCode) -> Denial:
    assert denial is not None
    assert denial.code is code
    return denial


class TestStructure:
    def problem(self, facts: TradeFacts) -> str:
        denial = denied(checks.check_structure(facts), DenialCode.STRUCTURE)
        assert str(denial.facts["problems"]).startswith(str(denial.measured))
        return str(denial.facts["problems"])

    @pytest.mark.parametrize(("quantity", "passes"), [(1, True), (2, True), (0, False), (-1, False)])
    def test_the_quantity_is_positive(self, good: TradeFacts, quantity: int, passes: bool) -> None:
        facts = replace(good, candidate=replace(good.candidate, quantity=quantity))
        assert (checks.check_structure(facts) is None) is passes

    @pytest.mark.parametrize("quantity", [*NO_NUMBERS, 1.0, 1.5])
    def test_the_quantity_is_a_whole_number(self, good: TradeFacts, quantity: Any) -> None:
        facts = replace(good, candidate=replace(good.candidate, quantity=quantity))
        assert self.problem(facts) == "quantity is not a positive whole number"

    def test_legs_that_are_another_shape_than_claimed_deny(self, good: TradeFacts) -> None:
        long_put, short_put, short_call, long_call = good.candidate.structure.legs
        twisted = with_legs(good, (short_put, long_put, short_call, long_call))
        assert self.problem(twisted) == "the legs are no known structure"

    def test_a_naked_short_leg_is_named(self, good: TradeFacts) -> None:
        assert "a short leg is not covered" in self.problem(with_legs(good, good.candidate.structure.legs[1:3]))

    @pytest.mark.parametrize(("days_more", "is_covered"), [(-7, False), (0, True), (7, True)])
    def test_a_long_leg_covers_only_what_expires_no_later(
        self, good: TradeFacts, days_more: int, is_covered: bool
    ) -> None:
        long_put, short_put, *calls = good.candidate.structure.legs
        expiration = long_put.contract.expiration + dt.timedelta(days=days_more)
        moved = Leg(replace(long_put.contract, expiration=expiration), 1)
        denial = checks.check_structure(with_legs(good, (moved, short_put, *calls)))
        assert ("not covered" in str(denial)) is not is_covered

    @pytest.mark.parametrize(("long_ratio", "is_covered"), [(1, False), (2, True), (3, True)])
    def test_two_short_contracts_need_two_long_ones(self, good: TradeFacts, long_ratio: int, is_covered: bool) -> None:
        long_put, short_put, *_ = good.candidate.structure.legs
        legs = (replace(long_put, ratio=long_ratio), replace(short_put, ratio=-2))
        assert ("not covered" in self.problem(with_legs(good, legs))) is not is_covered

    def test_a_structure_that_the_module_does_not_trade_denies(self, good: TradeFacts) -> None:
        disabled = replace(good, module=replace(good.module, structures=()))
        assert self.problem(disabled) == "Iron Condor is not enabled"

    @pytest.mark.parametrize(("legs", "denies"), [(4, False), (5, True)])
    def test_more_legs_than_a_broker_takes_deny(self, good: TradeFacts, legs: int, denies: bool) -> None:
        condor = good.candidate.structure.legs
        denial = checks.check_structure(with_legs(good, (condor + condor)[:legs]))
        assert ("5 legs" in str(denial)) is denies

    def test_no_legs_at_all_deny(self, good: TradeFacts) -> None:
        assert "0 legs" in self.problem(with_legs(good, ()))

    def test_a_symbol_outside_the_universe_denies(self, good: TradeFacts) -> None:
        elsewhere = replace(good, module=replace(good.module, universe=("SPY",)))
        assert self.problem(elsewhere) == "TSLA is not in the universe"

    def test_two_symbols_in_one_structure_deny(self, good: TradeFacts) -> None:
        first, *rest = good.candidate.structure.legs
        mixed = (replace(first, contract=replace(first.contract, underlying="SPY")), *rest)
        assert "2 symbols" in self.problem(with_legs(good, mixed))

    @pytest.mark.parametrize(("microseconds", "passes"), [(-1, True), (0, False), (1, False)])
    def test_contracts_end_with_their_last_session(self, good: TradeFacts, microseconds: int, passes: bool) -> None:
        expiration = good.candidate.structure.expiration
        assert expiration is not None
        end = expiry_at(expiration)
        facts = replace(good, now=end + dt.timedelta(microseconds=microseconds))
        assert (checks.check_structure(facts) is None) is passes
        if not passes:
            assert self.problem(facts) == "expired 2026-04-17"

    def test_every_problem_is_told(self, good: TradeFacts) -> None:
        leg = Leg(OptionContract("QQQ", dt.date(2026, 1, 16), dollars(430), Right.PUT), -1)
        bare = replace(good.candidate, structure=Structure(good.candidate.structure.kind, (leg,)), quantity=0)
        problems = self.problem(replace(good, candidate=bare, module=replace(good.module, structures=())))
        assert len(problems.split("; ")) == 6


class TestTick:
    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, True), (1, False), (100, True)])
    def test_the_limit_is_a_whole_number_of_cents(self, good: TradeFacts, off: int, passes: bool) -> None:
        denial = checks.check_tick(replace(good, price=good.price + off))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.code, denial.measured, denial.limit) == (DenialCode.TICK, good.price + off, 100)
            assert denial.facts["off_by"] == off % 100

    @pytest.mark.parametrize("price", [*NO_NUMBERS, -25_000.0])
    def test_a_price_that_is_no_amount_denies(self, good: TradeFacts, price: Any) -> None:
        for legs in (good.candidate.structure.legs, good.candidate.structure.legs[:1]):
            denial = denied(checks.check_tick(replace(with_legs(good, legs), price=price)), DenialCode.TICK)
            assert (denial.measured, denial.limit, denial.facts["off_by"]) == (None, 100, None)


class TestPriceGrid:
    @pytest.mark.parametrize(
        ("price", "passes", "tick"),
        [
            *(("0.05", True, 500), ("0.01", False, 500), ("2.95", True, 500), ("2.99", False, 500)),
            *(("3.00", True, 1000), ("3.05", False, 1000), ("3.10", True, 1000)),
        ],
    )
    @pytest.mark.parametrize("side", [1, -1])
    def test_one_option_steps_on_its_own_grid(
        self, good: TradeFacts, price: str, passes: bool, tick: int, side: int
    ) -> None:
        leg = Leg(OptionContract("ZZZZ", dt.date(2026, 4, 17), dollars(250), Right.PUT), side)
        wide = Quote(dollars("0.01"), dollars(9), good.now)
        facts = replace(with_legs(good, (leg,)), quotes=(wide,), price=side * dollars(price))
        denial = checks.check_tick(facts)
        assert (denial is None) is passes
        assert denial is None or denial.limit == tick

    def test_a_package_steps_by_cents_also_where_its_options_do_not(self, good: TradeFacts) -> None:
        legs = tuple(
            Leg(OptionContract("ZZZZ", dt.date(2026, 4, 17), dollars(strike), Right.PUT), ratio)
            for strike, ratio in ((240, 1), (250, -1))
        )
        facts = replace(with_legs(good, legs), quotes=good.quotes[:2], price=dollars("-1.21"))
        assert checks.check_tick(facts) is None
        denial = denied(checks.check_tick(replace(facts, price=dollars("-1.21") + 50)), DenialCode.TICK)
        assert (denial.limit, denial.facts["off_by"]) == (100, 50)

    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, True), (1, False), (100, True)])
    def test_shares_step_by_cents(self, good: TradeFacts, off: int, passes: bool) -> None:
        facts = replace(stock(good), price=dollars(260) + off)
        assert (checks.check_tick(facts) is None) is passes


class TestCollar:
    natural = dollars("-2.35")  # 2.10 - 3.20 - 3.30 + 2.05

    @pytest.mark.parametrize(("cents", "passes"), [(-100, True), (4, True), (5, True), (6, False)])
    def test_a_limit_lies_at_most_five_ticks_past_natural(self, good: TradeFacts, cents: int, passes: bool) -> None:
        price = self.natural + cents * 100
        denial = checks.check_tick(replace(good, price=price))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.measured, denial.limit) == (price, self.natural + 500)
            assert (denial.facts["natural"], denial.facts["ticks"]) == (self.natural, 5)

    @pytest.mark.parametrize(("ticks", "passes"), [(0, True), (-1, False)])
    def test_no_ticks_allow_natural_itself_and_fewer_nothing(self, good: TradeFacts, ticks: int, passes: bool) -> None:
        assert good.gate is not None
        facts = replace(good, price=self.natural, gate=replace(good.gate, max_ticks_past_natural=ticks))
        assert (checks.check_tick(facts) is None) is passes
        assert (checks.check_tick(replace(facts, price=self.natural - 1000)) is None) is passes

    def test_where_nothing_can_be_opened_there_is_no_natural_price(self, good: TradeFacts) -> None:
        condor, first = good.candidate.structure, good.quotes[0]
        assert first is not None
        for faulty in (
            replace(good, quotes=(replace(first, bid=0), *good.quotes[1:])),  # it is bought: nobody's bid is needed
            replace(good, candidate=replace(good.candidate, structure=replace(condor, legs=())), quotes=()),
            replace(good, candidate=replace(good.candidate, structure=replace(condor, shares=100))),
        ):
            denial = denied(checks.check_tick(faulty), DenialCode.TICK)
            assert (denial.measured, denial.limit, denial.facts["natural"]) == (good.price, None, None)

    @pytest.mark.parametrize("ticks", NO_NUMBERS)
    def test_a_missing_limit_or_quote_denies(self, good: TradeFacts, ticks: Any) -> None:
        assert good.gate is not None
        facts = replace(good, gate=replace(good.gate, max_ticks_past_natural=ticks))
        assert denied(checks.check_tick(facts), DenialCode.TICK).limit is None
        denied(checks.check_tick(replace(good, gate=None)), DenialCode.TICK)
        denied(checks.check_tick(replace(good, quotes=(None, *good.quotes[1:]))), DenialCode.TICK)
        denied(checks.check_tick(replace(good, quotes=good.quotes[1:])), DenialCode.TICK)

    @pytest.mark.parametrize(("cents", "passes"), [(5, True), (6, False)])
    @pytest.mark.parametrize(("shares", "natural"), [(1, "260.10"), (-1, "-260.00")])
    def test_of_shares_as_well(self, good: TradeFacts, shares: int, natural: str, cents: int, passes: bool) -> None:
        facts = replace(stock(good, shares), price=dollars(natural) + cents * 100)
        assert (checks.check_tick(facts) is None) is passes


class TestConflict:
    occ = "TSLA260417P00250000"  # the condor sells it

    @pytest.mark.parametrize(("quantity", "passes"), [(-1, True), (0, True), (1, False), (5, False)])
    @pytest.mark.parametrize(("module", "order"), [("puts", ""), ("EXTERNAL", ""), ("puts", "O1"), ("iv", "O2")])
    def test_the_other_side_of_a_contract_denies(
        self, good: TradeFacts, module: str, order: str, quantity: int, passes: bool
    ) -> None:
        denial = checks.check_conflict(replace(good, stakes=(Stake(self.occ, quantity, module, order),)))
        assert (denial is None) is passes
        if denial is not None:
            assert denial.code is DenialCode.CONFLICT
            assert denial.measured == (f"order {order}" if order else f"position of {module}")
            assert (denial.facts["leg"], denial.facts["module"]) == (self.occ, module)

    @pytest.mark.parametrize("leg", range(4))
    def test_every_leg_is_looked_at(self, good: TradeFacts, leg: int) -> None:
        each = good.candidate.structure.legs[leg]
        with_it, against = (Stake(each.contract.occ, side * each.ratio, "puts") for side in (1, -1))
        assert checks.check_conflict(replace(good, stakes=(with_it,))) is None
        denied(checks.check_conflict(replace(good, stakes=(with_it, against))), DenialCode.CONFLICT)

    def test_what_the_module_holds_itself_and_other_contracts_are_no_conflict(self, good: TradeFacts) -> None:
        stakes = (Stake(self.occ, 3, "iv"), Stake("TSLA260417P00245000", 3, "puts"), Stake("TSLA", -3, "puts"))
        assert checks.check_conflict(replace(good, stakes=stakes)) is None

    @pytest.mark.parametrize("quantity", NO_NUMBERS)
    def test_what_is_not_known_denies(self, good: TradeFacts, quantity: Any) -> None:
        denied(checks.check_conflict(replace(good, stakes=(Stake(self.occ, quantity, "puts"),))), DenialCode.CONFLICT)
        denied(checks.check_conflict(replace(good, stakes=None)), DenialCode.CONFLICT)

    @pytest.mark.parametrize(
        ("shares", "held", "passes"), [(1, -1, False), (1, 1, True), (-1, 1, False), (-1, -1, True)]
    )
    def test_of_shares_as_well(self, good: TradeFacts, shares: int, held: int, passes: bool) -> None:
        facts = replace(stock(good, shares), stakes=(Stake("TSLA", held, "puts"),))
        assert (checks.check_conflict(facts) is None) is passes


class TestEvent:
    @pytest.mark.parametrize("kind", HappeningKind)
    @pytest.mark.parametrize(
        ("day", "passes"),
        [
            *((dt.date(2026, 3, 15), True), (dt.date(2026, 3, 16), False)),
            *((dt.date(2026, 4, 17), False), (dt.date(2026, 4, 18), True)),
        ],
    )
    def test_from_today_to_the_last_expiration(
        self, good: TradeFacts, kind: HappeningKind, day: dt.date, passes: bool
    ) -> None:
        denial = checks.check_event(replace(good, happenings=(Happening(kind, day),)))
        assert (denial is None) is passes
        if denial is not None:
            assert (denial.code, denial.measured) == (DenialCode.EVENT, f"{kind} {day}")

    def test_the_later_leg_counts_and_all_events_are_named(self, good: TradeFacts) -> None:
        first, *rest = good.candidate.structure.legs
        later = Leg(replace(first.contract, expiration=dt.date(2026, 5, 15)), 1)
        days = (dt.date(2026, 5, 15), dt.date(2026, 5, 1), dt.date(2026, 5, 16))
        happenings = tuple(Happening(HappeningKind.EARNINGS, day) for day in days)
        denial = denied(
            checks.check_event(replace(with_legs(good, (later, *rest)), happenings=happenings)), DenialCode.EVENT
        )
        assert denial.measured == "earnings 2026-05-01"
        assert denial.facts["events"] == "earnings 2026-05-01, earnings 2026-05-15"

    def test_the_day_is_new_yorks(self, good: TradeFacts) -> None:
        late = replace(good, now=dt.datetime(2026, 3, 17, 3, 59, tzinfo=dt.UTC))
        yesterday = (Happening(HappeningKind.EARNINGS, dt.date(2026, 3, 16)),)
        denied(checks.check_event(replace(late, happenings=yesterday)), DenialCode.EVENT)

    @pytest.mark.parametrize(("waived", "passes"), [(False, False), (True, True), (1, False), (None, False)])
    def test_unknown_is_not_none(self, good: TradeFacts, waived: Any, passes: bool) -> None:
        facts = replace(good, happenings=None, waivers=replace(good.waivers, events=waived))
        assert (checks.check_event(facts) is None) is passes

    def test_the_waiver_is_for_what_is_unknown_alone(self, good: TradeFacts) -> None:
        known = (Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 4, 1)),)
        facts = replace(good, happenings=known, waivers=replace(good.waivers, events=True))
        denied(checks.check_event(facts), DenialCode.EVENT)

    @pytest.mark.parametrize(
        ("right", "ratio", "adds_to", "shares", "passes"),
        [
            (Right.CALL, -1, "P1", 100, True),
            (Right.CALL, -1, "P1", 99, False),
            (Right.CALL, -1, "P1", None, False),
            (Right.CALL, -1, "", 100, False),
            (Right.PUT, -1, "P1", 100, False),
            (Right.CALL, 1, "P1", 100, False),
            (Right.CALL, 0, "P1", 100, False),
        ],
    )
    def test_only_calls_sold_on_shares_that_are_held_may_meet_an_event(
        self, good: TradeFacts, right: Right, ratio: int, adds_to: str, shares: int | None, passes: bool
    ) -> None:
        contract = replace(good.candidate.structure.legs[0].contract, right=right)
        facts = with_legs(good, (Leg(contract, ratio),))
        facts = replace(facts, candidate=replace(facts.candidate, quantity=1), adds_to=adds_to, covering_shares=shares)
        happenings = (Happening(HappeningKind.EARNINGS, dt.date(2026, 4, 1)),)
        assert (checks.check_event(replace(facts, happenings=happenings)) is None) is passes

    @pytest.mark.parametrize(("quantity", "shares", "passes"), [(2, 200, True), (2, 199, False), (None, 200, False)])
    def test_each_call_needs_a_hundred_shares_and_a_put_beside_it_is_no_call(
        self, good: TradeFacts, quantity: Any, shares: int, passes: bool
    ) -> None:
        _, put, call, _ = good.candidate.structure.legs
        happenings = (Happening(HappeningKind.EARNINGS, dt.date(2026, 4, 1)),)
        facts = replace(good, candidate=replace(good.candidate, quantity=quantity), happenings=happenings)
        facts = replace(facts, adds_to="P1", covering_shares=shares)
        assert (checks.check_event(with_legs(facts, (call,))) is None) is passes
        denied(checks.check_event(replace(with_legs(facts, (put, call)), covering_shares=10**6)), DenialCode.EVENT)

    def test_shares_alone_have_no_end(self, good: TradeFacts) -> None:
        assert checks.check_event(replace(stock(good), happenings=None)) is None


class TestAnyStructure:
    """Structures other than the condor, by the product's rules of cover."""

    def one(self, good: TradeFacts, kind: StructureKind, *legs: Leg, **changes: Any) -> TradeFacts:
        structure = Structure(kind, legs)
        module = replace(good.module, structures=tuple(StructureKind))
        candidate = replace(good.candidate, structure=structure, quantity=changes.pop("quantity", 1))
        return replace(good, candidate=candidate, module=module, **changes)

    def leg(self, strike: int, right: Right, ratio: int, day: dt.date = dt.date(2026, 4, 17)) -> Leg:
        return Leg(OptionContract("TSLA", day, dollars(strike), right), ratio)

    @pytest.mark.parametrize(("off", "passes"), [(-1, False), (0, True), (1, True)])
    @pytest.mark.parametrize("quantity", [1, 3])
    def test_a_short_put_is_secured_by_all_of_its_strike(
        self, good: TradeFacts, quantity: int, off: int, passes: bool
    ) -> None:
        cash = dollars(25_000) * quantity + off
        put = self.leg(250, Right.PUT, -1)
        facts = self.one(good, StructureKind.SHORT_PUT, put, buying_power=cash, quantity=quantity)
        assert (checks.check_structure(facts) is None) is passes

    @pytest.mark.parametrize("cash", [*NO_NUMBERS, 250_000_000.0])
    def test_cash_that_is_not_known_secures_nothing(self, good: TradeFacts, cash: Any) -> None:
        facts = self.one(good, StructureKind.SHORT_PUT, self.leg(250, Right.PUT, -1), buying_power=cash)
        denied(checks.check_structure(facts), DenialCode.STRUCTURE)

    @pytest.mark.parametrize(("shares", "passes"), [(199, False), (200, True), (201, True), (None, False)])
    @pytest.mark.parametrize("kind", [StructureKind.SHORT_CALL, StructureKind.COVERED_CALL])
    def test_two_calls_are_covered_by_two_hundred_shares(
        self, good: TradeFacts, kind: StructureKind, shares: Any, passes: bool
    ) -> None:
        facts = self.one(good, kind, self.leg(270, Right.CALL, -1), covering_shares=shares, quantity=2)
        assert (checks.check_structure(facts) is None) is passes

    @pytest.mark.parametrize("shares", [*NO_NUMBERS, 100.0])
    def test_shares_that_are_not_known_cover_nothing(self, good: TradeFacts, shares: Any) -> None:
        facts = self.one(good, StructureKind.SHORT_CALL, self.leg(270, Right.CALL, -1), covering_shares=shares)
        denied(checks.check_structure(facts), DenialCode.STRUCTURE)

    @pytest.mark.parametrize(("enabled", "passes"), [(StructureKind.COVERED_CALL, True), (StructureKind.COLLAR, False)])
    def test_a_call_over_shares_is_what_a_covered_call_module_trades(
        self, good: TradeFacts, enabled: StructureKind, passes: bool
    ) -> None:
        facts = self.one(good, StructureKind.SHORT_CALL, self.leg(270, Right.CALL, -1), covering_shares=100)
        facts = replace(facts, module=replace(facts.module, structures=(enabled,)))
        assert (checks.check_structure(facts) is None) is passes

    def test_a_call_without_its_shares_is_no_covered_call(self, good: TradeFacts) -> None:
        facts = self.one(good, StructureKind.COVERED_CALL, self.leg(270, Right.CALL, -1), covering_shares=0)
        denial = denied(checks.check_structure(facts), DenialCode.STRUCTURE)
        assert denial.facts["problems"] == "the legs are Short Call; a short leg is not covered"

    def test_only_a_short_call_becomes_a_covered_call(self, good: TradeFacts) -> None:
        facts = self.one(good, StructureKind.COVERED_CALL, *good.candidate.structure.legs, covering_shares=10**6)
        assert denied(checks.check_structure(facts), DenialCode.STRUCTURE).measured == "the legs are Iron Condor"

    @pytest.mark.parametrize(
        ("price", "passes"), [("-10.01", False), ("-10", True), ("-0.01", True), ("0", True), ("0.01", False)]
    )
    def test_the_credit_of_a_vertical_lies_within_its_width(self, good: TradeFacts, price: str, passes: bool) -> None:
        legs = (self.leg(240, Right.PUT, 1), self.leg(250, Right.PUT, -1))
        facts = self.one(good, StructureKind.BULL_PUT_SPREAD, *legs, price=dollars(price))
        denial = checks.check_structure(facts)
        assert (denial is None) is passes
        assert denial is None or denial.measured == "the price is not one that it can be worth"

    @pytest.mark.parametrize(("price", "passes"), [("-0.01", False), ("0", True), ("10", True), ("10.01", False)])
    def test_the_debit_of_a_vertical_lies_within_its_width(self, good: TradeFacts, price: str, passes: bool) -> None:
        legs = (self.leg(240, Right.CALL, 1), self.leg(250, Right.CALL, -1))
        facts = self.one(good, StructureKind.BULL_CALL_SPREAD, *legs, price=dollars(price))
        assert (checks.check_structure(facts) is None) is passes

    @pytest.mark.parametrize("price", [*NO_NUMBERS, -25_000.0])
    def test_a_price_that_is_no_amount_denies(self, good: TradeFacts, price: Any) -> None:
        denied(checks.check_structure(replace(good, price=price)), DenialCode.STRUCTURE)

    @pytest.mark.parametrize(("cash", "passes"), [(dollars(24_000), True), (dollars(24_000) - 1, False)])
    def test_a_roll_is_judged_by_what_it_leaves_and_not_by_what_is_exchanged(
        self, good: TradeFacts, cash: int, passes: bool
    ) -> None:
        # The 250 put is bought back and the 240 one sold: by itself that is a spread, which costs something.
        legs = (self.leg(240, Right.PUT, -1), self.leg(250, Right.PUT, 1))
        left = Structure(StructureKind.SHORT_PUT, legs[:1])
        facts = self.one(good, StructureKind.CUSTOM, *legs, price=dollars("-0.01"), result=left, buying_power=cash)
        denial = checks.check_structure(facts)
        assert (denial is None) is passes
        assert denial is None or denial.facts["problems"] == "a short leg is not covered"

    @pytest.mark.parametrize("price", ["-5", "5"])
    def test_across_expirations_no_bound_is_known(self, good: TradeFacts, price: str) -> None:
        legs = (self.leg(250, Right.CALL, -1), self.leg(250, Right.CALL, 1, dt.date(2026, 5, 15)))
        facts = self.one(good, StructureKind.CALENDAR, *legs, price=dollars(price))
        assert checks.check_structure(facts) is None

    def test_a_short_calendar_outlives_its_cover(self, good: TradeFacts) -> None:
        legs = (self.leg(250, Right.CALL, 1), self.leg(250, Right.CALL, -1, dt.date(2026, 5, 15)))
        facts = self.one(good, StructureKind.SHORT_CALENDAR, *legs)
        assert denied(checks.check_structure(facts), DenialCode.STRUCTURE).measured == "a short leg is not covered"


class TestShares:
    def test_shares_alone_pass(self, good: TradeFacts) -> None:
        assert checks.check_structure(stock(good)) is None

    @pytest.mark.parametrize(("covered", "passes"), [(39, False), (40, True), (None, False), (float("nan"), False)])
    def test_what_is_sold_short_is_covered(self, good: TradeFacts, covered: Any, passes: bool) -> None:
        facts = replace(stock(good, -1), covering_shares=covered)
        denial = checks.check_structure(facts)
        assert (denial is None) is passes
        assert denial is None or denial.measured == "shares sold short are not covered"

    @pytest.mark.parametrize(("shares", "price", "passes"), [(1, 1, True), (1, 0, False), (1, -1, False)])
    def test_a_share_costs_something(self, good: TradeFacts, shares: int, price: int, passes: bool) -> None:
        assert (checks.check_structure(replace(stock(good, shares), price=price)) is None) is passes

    @pytest.mark.parametrize(("price", "passes"), [(-1, True), (0, False), (1, False)])
    def test_a_share_sold_brings_something(self, good: TradeFacts, price: int, passes: bool) -> None:
        facts = replace(stock(good, -1), price=price, covering_shares=40)
        assert (checks.check_structure(facts) is None) is passes

    @pytest.mark.parametrize(("shares", "symbol"), [(2, "TSLA"), (-2, "TSLA"), (1, "")])
    def test_one_unit_is_one_share_of_something(self, good: TradeFacts, shares: int, symbol: str) -> None:
        facts = stock(good)
        structure = replace(facts.candidate.structure, shares=shares, underlying=symbol)
        facts = replace(facts, candidate=replace(facts.candidate, structure=structure), covering_shares=1000)
        assert denied(checks.check_structure(facts), DenialCode.STRUCTURE).measured == "the legs are no known structure"

    def test_options_and_shares_are_no_package(self, good: TradeFacts) -> None:
        structure = replace(good.candidate.structure, shares=100)
        facts = replace(good, candidate=replace(good.candidate, structure=structure))
        assert "options and shares in one package" in str(checks.check_structure(facts))


@pytest.mark.parametrize("other", ["position 12", "order 7", ""])
def test_legs_that_the_module_already_has_deny(good: TradeFacts, other: str) -> None:
    assert denied(checks.check_duplicate(replace(good, duplicate_of=other)), DenialCode.DUPLICATE).measured == other
