"""What is done about every module's positions: the last day, early assignment, dividends, short stock."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.core.calendar import NEW_YORK, days_to_expiry
from engine.core.money import Money, dollars
from engine.domain.chain import Chain
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import OwnExits, Position, PositionStatus
from engine.domain.quote import Quote
from engine.domain.scan import Action, Exit, ExitCode, ManageContext, ScanContext, Warn
from engine.domain.structure import Leg, Structure, StructureKind
from engine.modules.house_rules import assignment_need, decide, house_actions, last_day_need, own_exit
from tests.builders import module_spec

LAST_DAY = dt.date(2026, 4, 17)
"""A Friday on which the contracts below expire."""


def at(hour: int, minute: int = 0, day: dt.date = LAST_DAY) -> dt.datetime:
    """A time of New York."""
    return dt.datetime.combine(day, dt.time(hour, minute), NEW_YORK).astimezone(dt.UTC)


def leg(strike: str, right: Right, ratio: int, expiration: dt.date = LAST_DAY) -> Leg:
    return Leg(OptionContract("SPY", expiration, dollars(strike), right), ratio)


def put(strike: str, ratio: int) -> Leg:
    return leg(strike, Right.PUT, ratio)


def call(strike: str, ratio: int) -> Leg:
    return leg(strike, Right.CALL, ratio)


def held(*legs: Leg, shares: int = 0, quantity: int = 1, used: str = "0", **changes: Any) -> Position:
    structure = Structure(StructureKind.CUSTOM, legs, shares, "SPY")
    position = Position("P000001", "alpha", structure, quantity, quantity, -dollars(100), at(10), used=dollars(used))
    return replace(position, **changes)


def seen(
    position: Position,
    now: dt.datetime,
    spot: float,
    *,
    available: str = "0",
    mids: dict[Leg, str] | None = None,
    ex_day: dt.date | None = None,
    dividend: Money | None = None,
) -> ManageContext:
    """What the house looks at; every leg quoted at its mid, a cent around it."""
    empty = np.empty(0)
    keys = np.empty(0, dtype=np.int64)
    chain = Chain("SPY", 1, now, spot, now, keys, empty, empty, empty, empty, keys)
    quotes: dict[Leg, Quote | None] = dict.fromkeys(position.structure.legs)
    for each, mid in (mids or {}).items():
        quotes[each] = Quote(dollars(mid) - 100, dollars(mid) + 100, now)
    days = () if ex_day is None else (Happening(HappeningKind.EX_DIVIDEND, ex_day),)
    expiration = position.structure.expiration
    return ManageContext(
        now=now,
        module=module_spec(),
        quotes=quotes,
        dte=None if expiration is None else days_to_expiry(now, expiration),
        mark=None,
        chain=chain,
        available=dollars(available),
        outlook=Outlook(days, dt.date(2027, 1, 1)),
        dividend=dividend,
    )


def code_of(actions: tuple[Action, ...]) -> ExitCode | None:
    """The code of the exit among some actions."""
    return next((each.code for each in actions if isinstance(each, Exit)), None)


class TestTheLastDay:
    SPREAD = held(put("90", 1), put("95", -1), used="400")

    def test_a_short_put_near_the_money_that_cannot_be_paid_for_is_closed_an_hour_before_the_close(self) -> None:
        # 95 is within 1 % of 95.90; 100 shares cost 9,500, and the module has 400 + 2,000.
        (action,) = house_actions(self.SPREAD, seen(self.SPREAD, at(15), 95.90, available="2000"))
        assert isinstance(action, Exit)
        assert action.code is ExitCode.EXPIRY
        assert action.why == "last day: 95 put at 95.90 could leave +100 shares, which takes $9,500 of $2,400"

    def test_before_the_cutoff_and_on_other_days_nothing_is_done(self) -> None:
        assert house_actions(self.SPREAD, seen(self.SPREAD, at(14, 59), 95.90)) == ()
        thursday = LAST_DAY - dt.timedelta(days=1)
        assert house_actions(self.SPREAD, seen(self.SPREAD, at(15, 30, thursday), 95.90)) == ()

    def test_what_a_kept_position_needs_beyond_what_it_uses_is_told_in_that_hour(self) -> None:
        # 9,500 for the shares, 400 of it at work already; out of reach at 97, and nothing is known without a price.
        assert last_day_need(self.SPREAD, dollars("94.50"), at(15)) == dollars(9100)
        assert last_day_need(self.SPREAD, dollars("94.50"), at(14, 59)) == 0
        assert last_day_need(self.SPREAD, dollars(97), at(15)) == 0
        assert last_day_need(self.SPREAD, None, at(15)) == 0
        assert last_day_need(held(put("95", -1), used="9500"), dollars("94.50"), at(15)) == 0

    def test_a_half_day_closes_earlier(self) -> None:
        friday = dt.date(2026, 11, 27)
        spread = held(leg("90", Right.PUT, 1, friday), leg("95", Right.PUT, -1, friday), used="400")
        assert house_actions(spread, seen(spread, at(11, 59, friday), 95)) == ()
        assert code_of(house_actions(spread, seen(spread, at(12, 0, friday), 95))) is ExitCode.EXPIRY

    @pytest.mark.parametrize("expires", [dt.date(2026, 4, 18), dt.date(2026, 6, 19)])
    def test_what_expires_on_a_day_without_a_session_ends_on_the_session_before(self, expires: dt.date) -> None:
        # A Saturday, as monthly contracts once had, and Juneteenth: nobody can trade on either.
        last = expires - dt.timedelta(days=1)
        spread = held(leg("90", Right.PUT, 1, expires), leg("95", Right.PUT, -1, expires), used="400")
        assert house_actions(spread, seen(spread, at(14, 59, last), 94.5)) == ()
        assert code_of(house_actions(spread, seen(spread, at(15, 0, last), 94.5))) is ExitCode.EXPIRY

    @pytest.mark.parametrize(("spot", "expected"), [(95.95, ExitCode.EXPIRY), (95.97, None)])
    def test_near_is_one_percent_of_the_price(self, spot: float, expected: ExitCode | None) -> None:
        # 95 / 95.95 is 0.990099 and 95 / 95.97 is 0.98989.
        assert code_of(house_actions(self.SPREAD, seen(self.SPREAD, at(15), spot))) is expected

    @pytest.mark.parametrize(("available", "expected"), [("9100", None), ("9099.99", ExitCode.EXPIRY)])
    def test_what_can_be_paid_for_is_left_to_expire(self, available: str, expected: ExitCode | None) -> None:
        assert code_of(house_actions(self.SPREAD, seen(self.SPREAD, at(15), 94.50, available=available))) is expected

    def test_both_sides_of_a_spread_clearly_in_the_money_cancel_each_other(self) -> None:
        # 95 - 90 is all that it takes, and 500 are there.
        spread = held(put("90", 1), put("95", -1), used="500")
        assert house_actions(spread, seen(spread, at(15), 85.0)) == ()

    def test_a_long_put_near_the_money_may_leave_its_short_one_assigned_alone(self) -> None:
        spread = held(put("90", 1), put("95", -1), used="500")
        assert code_of(house_actions(spread, seen(spread, at(15), 89.90))) is ExitCode.EXPIRY

    def test_a_cash_secured_put_is_paid_for_by_what_it_uses(self) -> None:
        secured = held(put("95", -1), used="9500")
        assert house_actions(secured, seen(secured, at(15, 30), 94.0)) == ()

    def test_a_covered_call_delivers_its_shares(self) -> None:
        covered = held(call("95", -1), shares=100, used="9000")
        assert house_actions(covered, seen(covered, at(15, 30), 97.0)) == ()

    def test_a_short_call_without_shares_would_be_short_stock_at_one_and_a_half_times_its_price(self) -> None:
        spread = held(call("95", -1), call("100", 1), used="500")
        (action,) = house_actions(spread, seen(spread, at(15), 95.50, available="5000"))
        assert isinstance(action, Exit)
        assert action.why == "last day: 95 call at 95.50 could leave -100 shares, which takes $14,325 of $5,500"

    def test_a_long_call_that_cannot_be_exercised_is_sold(self) -> None:
        long = held(call("95", 1), used="300")
        assert code_of(house_actions(long, seen(long, at(15), 99.0, available="1000"))) is ExitCode.EXPIRY
        assert house_actions(long, seen(long, at(15), 99.0, available="9200")) == ()

    def test_legs_that_live_on_are_no_matter_of_this_day(self) -> None:
        later = leg("95", Right.CALL, 1, LAST_DAY + dt.timedelta(days=28))
        calendar = held(call("95", -1), later, used="200")
        (action,) = house_actions(calendar, seen(calendar, at(15), 95.50))
        assert isinstance(action, Exit)
        assert "95 call at 95.50" in action.why
        assert house_actions(calendar, seen(calendar, at(15), 80.0)) == ()

    def test_without_a_price_of_the_underlying_nothing_is_decided(self) -> None:
        assert house_actions(self.SPREAD, seen(self.SPREAD, at(15), float("nan"))) == ()
        assert house_actions(self.SPREAD, replace(seen(self.SPREAD, at(15), 95.0), chain=None)) == ()


class TestShortStock:
    def test_shares_sold_short_by_an_assignment_are_covered(self) -> None:
        short = held(shares=-100, status=PositionStatus.ASSIGNED)
        (action,) = house_actions(short, seen(short, at(9, 31), 101.0))
        assert action == Exit("P000001", "short 100 SPY after an assignment", ExitCode.SHORT_STOCK)

    def test_shares_sold_short_as_a_hedge_are_the_modules_own(self) -> None:
        hedged = held(call("95", 1), put("95", 1), shares=-30)
        assert house_actions(hedged, seen(hedged, at(10, day=dt.date(2026, 4, 1)), 101.0)) == ()


class TestEarlyAssignment:
    DEEP = put("110", -1)
    SPREAD = held(put("100", 1), DEEP, used="600")
    DAY = at(11, day=dt.date(2026, 4, 8))

    @pytest.mark.parametrize(("mid", "expected"), [("20.02", ExitCode.ASSIGNMENT), ("20.03", None)])
    def test_a_deep_put_without_time_value_that_cannot_be_paid_for_is_closed(
        self, mid: str, expected: ExitCode | None
    ) -> None:
        context = seen(self.SPREAD, self.DAY, 90.0, mids={self.DEEP: mid})
        assert code_of(house_actions(self.SPREAD, context)) is expected

    @pytest.mark.parametrize(("mid", "expected"), [("19.99", ExitCode.ASSIGNMENT), ("19.98", None), ("5.00", None)])
    def test_a_quote_that_the_price_has_left_behind_tells_nothing(self, mid: str, expected: ExitCode | None) -> None:
        # Offered at a cent more than mid: for less than the 20 that exercise brings nobody sells.
        context = seen(self.SPREAD, self.DAY, 90.0, mids={self.DEEP: mid})
        assert code_of(house_actions(self.SPREAD, context)) is expected

    def test_one_that_can_be_paid_for_is_held(self) -> None:
        context = seen(self.SPREAD, self.DAY, 90.0, mids={self.DEEP: "20.00"}, available="10400")
        assert house_actions(self.SPREAD, context) == ()

    def test_without_a_quote_nothing_is_known_of_its_time_value(self) -> None:
        assert house_actions(self.SPREAD, seen(self.SPREAD, self.DAY, 90.0)) == ()


class TestTheEveOfADividend:
    EX_DAY = dt.date(2026, 4, 13)
    """A Monday: its eve is Friday the 10th."""
    FRIDAY = at(11, day=dt.date(2026, 4, 10))
    SHORT = call("95", -1)
    SPREAD = held(SHORT, call("100", 1), used="500")

    def look(self, position: Position, mid: str, now: dt.datetime = FRIDAY, **known: Any) -> tuple[Action, ...]:
        about: dict[str, Any] = {"ex_day": self.EX_DAY, "dividend": dollars("1.50"), **known}
        return house_actions(position, seen(position, now, 98.0, mids={self.SHORT: mid}, **about))

    @pytest.mark.parametrize(("mid", "expected"), [("4.49", ExitCode.DIVIDEND), ("4.50", None)])
    def test_a_call_worth_less_beyond_exercise_than_is_paid_is_closed(
        self, mid: str, expected: ExitCode | None
    ) -> None:
        assert code_of(self.look(self.SPREAD, mid)) is expected

    def test_days_before_and_days_without_a_dividend_leave_it_alone(self) -> None:
        assert self.look(self.SPREAD, "3.50", at(11, day=dt.date(2026, 4, 9))) == ()
        assert self.look(self.SPREAD, "3.50", ex_day=None) == ()
        assert self.look(self.SPREAD, "3.50", at(11, day=self.EX_DAY)) == ()

    def test_out_of_the_money_nobody_exercises(self) -> None:
        far = held(call("99", -1), call("104", 1), used="500")
        assert self.look(far, "1.00") == ()

    def test_a_covered_call_is_warned_about(self) -> None:
        covered = held(self.SHORT, shares=100, used="9000")
        (action,) = self.look(covered, "3.50")
        assert isinstance(action, Warn)
        assert action.text == (
            "SPY goes ex-dividend on 2026-04-13 and the short 95 call is worth 0.50 beyond exercise, less than the "
            "1.50 that is paid: the shares may be called away tonight"
        )

    def test_an_unknown_amount_is_warned_about(self) -> None:
        (action,) = self.look(self.SPREAD, "4.00", dividend=None)
        assert isinstance(action, Warn)


class TestBeforeTheModule:
    class Asks:
        kind = module_spec().kind

        def scan(self, context: ScanContext) -> tuple[()]:
            return ()

        def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
            return (Exit(position.position_id, "its own rule"),)

    def test_what_the_house_closes_the_module_is_not_asked_about(self) -> None:
        spread = TestTheLastDay.SPREAD
        assert code_of(decide(self.Asks(), spread, seen(spread, at(15), 95.0))) is ExitCode.EXPIRY

    def test_its_warnings_go_before_the_modules_own_answer(self) -> None:
        covered = held(TestTheEveOfADividend.SHORT, shares=100, used="9000")
        friday = TestTheEveOfADividend.FRIDAY
        context = seen(covered, friday, 98.0, mids={TestTheEveOfADividend.SHORT: "3.50"}, ex_day=dt.date(2026, 4, 13))
        actions = decide(self.Asks(), covered, context)
        assert [type(action) for action in actions] == [Warn, Exit]

    def test_a_person_may_see_to_it_himself(self) -> None:
        spread = TestTheLastDay.SPREAD
        context = seen(spread, at(15), 95.0)
        context = replace(context, module=replace(context.module, house_rules=False))
        assert code_of(decide(self.Asks(), spread, context)) is ExitCode.RULE


class TestWhatAnAssignmentTakes:
    def test_a_short_put_takes_its_strike_and_brings_shares(self) -> None:
        found = assignment_need(held(put("90", -1), put("85", 1), quantity=2), dollars(100))
        assert found == (dollars(18_000), 200), "early, the long put stays as it is"

    def test_a_short_call_leaves_short_stock(self) -> None:
        assert assignment_need(held(call("110", -1)), dollars(100)) == (dollars(15_000), -100)

    def test_a_covered_call_takes_nothing_and_its_shares_go(self) -> None:
        assert assignment_need(held(call("110", -1), shares=100), dollars(100)) == (0, -100)

    def test_of_both_sides_the_dearer_one(self) -> None:
        assert assignment_need(held(put("90", -1), call("110", -1)), dollars(100)) == (dollars(15_000), -100)

    def test_nothing_without_short_legs_or_a_price(self) -> None:
        assert assignment_need(held(call("110", 1)), dollars(100)) is None
        assert assignment_need(held(call("110", -1)), None) is None


class TestOwnExits:
    """A person's target and stop: each counts at its own figure, beside the module's rules."""

    @pytest.mark.parametrize(
        ("cost", "mark", "own", "code"),
        [
            ("-100", "-50", OwnExits(50, None), ExitCode.TARGET),
            ("-100", "-50.01", OwnExits(50, None), None),
            ("-100", "-200", OwnExits(None, 100), ExitCode.STOP),
            ("-100", "-199.99", OwnExits(None, 100), None),
            ("100", "150", OwnExits(50, 50), ExitCode.TARGET),
            ("100", "50", OwnExits(50, 50), ExitCode.STOP),
            ("100", "149.99", OwnExits(50, 50), None),
            ("0", "50", OwnExits(1, 1), None),
            ("-100", None, OwnExits(1, 1), None),
            ("-100", "0", None, None),
        ],
    )
    def test_each_counts_as_reached_at_its_own_figure(
        self, cost: str, mark: str | None, own: OwnExits | None, code: ExitCode | None
    ) -> None:
        position = held(put("90", -1), cost=dollars(cost))
        context = seen(position, at(10, day=dt.date(2026, 3, 2)), 100.0)
        found = own_exit(position, replace(context, mark=None if mark is None else dollars(mark), own_exits=own))
        assert (None if found is None else found.code) == code

    def test_it_comes_before_the_modules_rules_and_says_whose_it_is(self) -> None:
        position = held(put("90", -1), cost=dollars(-100))
        context = seen(position, at(10, day=dt.date(2026, 3, 2)), 100.0)
        reached = replace(context, mark=dollars(-40), own_exits=OwnExits(60, None))
        (action,) = decide(never_asked(), position, reached)
        assert isinstance(action, Exit)
        assert action.why == "your profit target: 60 % of the credit"


def never_asked() -> Any:
    class Module:
        def manage(self, position: Position, context: ManageContext) -> tuple[Action, ...]:
            raise AssertionError("its rules come after")

    return Module()
