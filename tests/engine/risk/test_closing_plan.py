"""Closing plans: which structures go first, what they cost, where it ends, and that no part of one widens anything."""

import datetime as dt
import time
from dataclasses import replace
from typing import Any

import pytest

from engine.analytics.stress_cells import Prices
from engine.core.money import CENT, Money, dollars
from engine.domain.closing import ClosingPlan
from engine.domain.happening import Happening, HappeningKind, Outlook
from engine.domain.instrument import OptionContract
from engine.domain.limits import Costs
from engine.domain.position import Position, PositionStatus
from engine.domain.quote import Quote
from engine.domain.structure import StructureKind
from engine.risk.closing_plan import closing_plan, fallback_steps
from tests.engine.risk.books import FRONT, NOW, contract, position, prices, structure

COSTS = Costs()
CONDOR = "+P85 -P90 -C110 +C115"


def plan(positions: list[Position], market: Prices | None = None, **changes: Any) -> ClosingPlan:
    return closing_plan(positions, market or prices(positions), plan_id="C1", costs=COSTS, **changes)


def ex_dividend(day: int) -> Outlook:
    """An ex-dividend day in March."""
    return Outlook((Happening(HappeningKind.EX_DIVIDEND, dt.date(2026, 3, day)),))


def order(found: ClosingPlan) -> list[str]:
    return [step.position_id for step in found.steps]


def quotes(**sides: tuple[str, str]) -> dict[OptionContract, Quote]:
    return {contract(text): Quote(dollars(bid), dollars(ask), NOW) for text, (bid, ask) in sides.items()}


def by_hand(positions: list[Position]) -> Prices:
    """A condor with a mark of -1.40 and a natural price of 1.60, and no volatilities."""
    found = quotes(P85=("0.50", "0.60"), P90=("1.20", "1.30"), C110=("1.10", "1.20"), C115=("0.40", "0.50"))
    return replace(prices(positions, quotes=found), volatilities={})


class TestByHand:
    def test_half_of_four_condors_is_closed(self) -> None:
        four = [position("P1", CONDOR, 4)]
        found = plan(four, by_hand(four))
        # 5.00 of wing less 1.40 of mark, a hundred shares, four times.
        assert (found.worst_before, found.target) == (dollars(1440), dollars(720))
        (step,) = found.steps
        # 20 cents from mid to natural, a hundred shares, and four contracts at 60 cents; twice.
        assert (step.quantity, step.cost, step.worst_case) == (2, dollars("44.80"), dollars(720))
        assert (found.cost, found.left, step.structure) == (step.cost, {}, four[0].structure)
        assert step.why == "lowers the worst case by $720.00"
        assert (found.plan_id, found.made_at) == ("C1", NOW)

    @pytest.mark.parametrize(("pct", "units"), [(100, 0), (76, 1), (75, 1), (74, 2), (26, 3), (25, 3), (24, 4), (0, 4)])
    def test_no_more_units_than_the_target_needs(self, pct: int, units: int) -> None:
        four = [position("P1", CONDOR, 4)]
        found = plan(four, by_hand(four), target_pct=pct)
        assert sum(step.quantity for step in found.steps) == units

    def test_what_saves_more_for_its_cost_goes_first(self) -> None:
        # The same condor, but at 25 cents more of half spread on the one put.
        two = [position("P1", CONDOR, symbol="AAA"), position("P2", CONDOR, symbol="DDD")]
        market = prices(two, spots={"AAA": dollars(100), "DDD": dollars(100)})
        wide = contract("P90", "AAA")
        was = market.quotes[wide]
        assert was.bid is not None
        assert was.ask is not None
        dear = Quote(was.bid - 5 * CENT, was.ask + 5 * CENT, NOW)
        market = replace(market, quotes=dict(market.quotes) | {wide: dear})
        assert order(plan(two, market, target_pct=0)) == ["P2", "P1"]

    def test_an_empty_account_has_nothing_to_close(self) -> None:
        closed = replace(position("P1", CONDOR), status=PositionStatus.CLOSED)
        for nothing in ([], [closed], [position("P1", CONDOR, 0)]):
            found = plan(nothing, prices([]))
            assert (found.steps, found.worst_before, found.target, found.cost, found.left) == ((), 0, 0, 0, {})


class TestOrder:
    def test_what_has_no_bound_goes_first_whatever_it_costs(self) -> None:
        book = [position("P1", CONDOR, 9), position("P2", "-C120", 1)]
        dear = {contract("C120"): Quote(dollars("0.10"), dollars("0.50"), NOW)}
        found = plan(book, prices(book, half=0, quotes=dear))
        assert order(found)[0] == "P2"
        bounded = [book[0], position("P2", "-C120 +C140", 1)]
        assert order(plan(bounded, prices(bounded, half=0, quotes=dear)))[0] == "P1"
        assert found.worst_before is None
        assert found.target is not None
        assert found.steps[0].why.startswith("100 shares owed without a bound are covered")
        assert found.steps[-1].worst_case <= found.target

    def test_a_hedge_stays_while_what_it_hedges_is_open(self) -> None:
        book = [position("P1", "+P85"), position("P2", "-P90")]
        assert order(plan(book, target_pct=50)) == ["P2"]
        assert order(plan(book, target_pct=0)) == ["P2", "P1"]

    def test_two_halves_of_a_condor_hedge_each_other_and_both_stay(self) -> None:
        book = [position("P1", "+P85 -P90"), position("P2", "-C110 +C115")]
        found = plan(book)
        assert found.steps == ()
        assert set(found.left) == {"P1", "P2"}
        assert all("would not lower" in why for why in found.left.values())

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"outlooks": {"DDD": ex_dividend(17)}}, "the eve of ex-dividend"),
            ({"outlooks": {"DDD": ex_dividend(18)}}, ""),
            ({"outlooks": {"DDD": ex_dividend(16)}}, ""),
        ],
    )
    def test_among_equals_what_may_be_assigned_goes_first(self, change: dict[str, Any], why: str) -> None:
        two = [position("P1", CONDOR, symbol="AAA"), position("P2", CONDOR, symbol="DDD")]
        market = prices(two, spots={"AAA": dollars(100), "DDD": dollars(100)})
        found = plan(two, market, target_pct=0, **change)
        assert order(found) == (["P2", "P1"] if why else ["P1", "P2"])
        assert found.steps[0].why.endswith(f"; {why}") is bool(why)

    def test_an_eve_before_the_open_and_over_a_weekend(self) -> None:
        short = [position("P1", "-C110")]
        for now, day, is_eve in (
            (dt.datetime(2026, 3, 16, 11, 0, tzinfo=dt.UTC), 17, True),
            (dt.datetime(2026, 3, 13, 15, 0, tzinfo=dt.UTC), 16, True),
            (dt.datetime(2026, 3, 13, 15, 0, tzinfo=dt.UTC), 17, False),
        ):
            market = replace(prices(short), now=now)
            fresh = {key: replace(each, at=now) for key, each in market.quotes.items()}
            found = plan(short, replace(market, quotes=fresh), outlooks={"AAA": ex_dividend(day)})
            assert ("ex-dividend" in found.steps[0].why) is is_eve

    @pytest.mark.parametrize(
        ("text", "why"),
        [("-C95 +C105", "in the money"), ("-P105 +P95", "in the money"), ("-P90 +P85", ""), ("-C100 +C105", "")],
    )
    def test_a_short_leg_in_the_money_is_urgent(self, text: str, why: str) -> None:
        spread = [position("P1", text)]
        assert ("in the money" in plan(spread).steps[0].why) is bool(why)

    def test_what_expires_today_is_urgent(self) -> None:
        spread = [position("P1", "+P85 -P90")]
        now = dt.datetime.combine(FRONT, dt.time(18), dt.UTC)
        market = prices(spread)
        fresh = {key: replace(each, at=now) for key, each in market.quotes.items()}
        found = plan(spread, replace(market, now=now, quotes=fresh))
        assert found.steps[0].why.endswith("; expires today")


class TestWhatIsSent:
    def test_a_worthless_wing_is_left_and_not_sold(self) -> None:
        condor = [position("P1", CONDOR)]
        market = prices(condor, quotes={contract("P85"): Quote(0, 5 * CENT, NOW)})
        (step,) = plan(condor, market, target_pct=10).steps
        assert step.structure == structure("-P90 -C110 +C115")
        assert step.structure.kind is StructureKind.CUSTOM

    def test_nothing_is_sold_where_nobody_bids(self) -> None:
        wing = [position("P1", "+P85")]
        found = plan(wing, prices(wing, quotes={contract("P85"): Quote(0, 5 * CENT, NOW)}))
        assert (found.steps, found.left) == ((), {"P1": "nobody bids for it"})

    def test_a_covered_call_is_bought_back_before_its_shares_are_sold(self) -> None:
        covered = [position("P1", "+100S -C110", 3)]
        call, shares = plan(covered, target_pct=0).steps
        assert (call.structure, call.quantity) == (structure("-C110"), 3)
        assert (shares.structure, shares.quantity) == (structure("+1S"), 300)
        # Half of two cents, a share.
        assert shares.cost == 300 * CENT
        assert shares.worst_case == 0
        assert call.worst_case <= dollars(30_000)

    def test_shares_are_sold_before_the_put_that_protects_them(self) -> None:
        protected = [position("P1", "+100S +P90", 2)]
        found = plan(protected, target_pct=0)
        assert [step.structure.kind for step in found.steps] == [StructureKind.LONG_STOCK, StructureKind.LONG_PUT]

    def test_shares_sold_short_are_bought(self) -> None:
        short = [position("P1", "-1S", 40)]
        (step,) = plan(short, target_pct=0).steps
        assert (step.structure, step.quantity, step.worst_case) == (structure("-1S"), 40, 0)

    def test_shares_that_cover_calls_of_two_expirations_stay_and_only_the_others_are_sold(self) -> None:
        book = [position("P1", "+1S", 250), position("P2", "-C110"), position("P3", "-C120'")]
        found = plan(book, target_pct=0)
        assert found.worst_before is not None
        assert [(step.position_id, step.structure, step.quantity) for step in found.steps] == [
            ("P1", structure("+1S"), 50)
        ]
        assert found.worst_before - found.steps[0].worst_case == dollars(5_000)
        assert set(found.left) == {"P1", "P2", "P3"}


class TestLeft:
    @pytest.mark.parametrize(
        ("quote", "why"),
        [
            (None, "AAA260417P00085000 has no quote"),
            (
                Quote(5000, 5100, NOW - dt.timedelta(seconds=15, microseconds=1)),
                "the quote of AAA260417P00085000 is stale",
            ),
            (Quote(5000, 5100, NOW + dt.timedelta(microseconds=1)), "the quote of AAA260417P00085000 is stale"),
            (Quote(5100, 5000, NOW), "its quotes are not clean"),
            (Quote(None, 5000, NOW), "its quotes are not clean"),
            (Quote(0, 0, NOW), "nobody bids"),
            (Quote(100, 90_000, NOW), "its quotes are not clean"),
        ],
    )
    def test_what_is_not_quoted_cleanly_stays(self, quote: Quote | None, why: str) -> None:
        condor = [position("P1", CONDOR)]
        market = prices(condor)
        found = {key: each for key, each in market.quotes.items() if key != contract("P85")}
        if quote is not None:
            found[contract("P85")] = quote
        outcome = plan(condor, replace(market, quotes=found))
        assert outcome.steps == ()
        assert outcome.left["P1"] in (why, "its quotes are not clean")
        assert outcome.worst_before is not None
        assert outcome.worst_before > 0

    def test_a_quote_just_young_enough_counts(self) -> None:
        condor = [position("P1", CONDOR)]
        market = prices(condor)
        aged = {key: replace(each, at=NOW - dt.timedelta(seconds=15)) for key, each in market.quotes.items()}
        assert order(plan(condor, replace(market, quotes=aged))) == ["P1"]

    @pytest.mark.parametrize(
        ("status", "why"),
        [
            (PositionStatus.CLOSING, "it is being closed already"),
            (PositionStatus.AWAITING, "it waits for the broker's word on assignment"),
        ],
    )
    def test_what_is_under_way_stays_and_counts(self, status: PositionStatus, why: str) -> None:
        book = [replace(position("P1", CONDOR, 3), status=status), position("P2", "+P40 -P45", symbol="BBB")]
        found = plan(book, target_pct=10)
        assert found.left["P1"] == why
        assert order(found) == ["P2"]
        assert found.steps[-1].worst_case > 0

    def test_what_has_expired_stays(self) -> None:
        condor = [position("P1", CONDOR)]
        now = dt.datetime.combine(FRONT, dt.time(21), dt.UTC)
        assert plan(condor, replace(prices(condor), now=now)).left == {"P1": "a leg has expired"}

    def test_shares_without_a_quote_stay(self) -> None:
        shares = [position("P1", "+1S", 10)]
        assert plan(shares, replace(prices(shares), stocks={})).left == {"P1": "AAA has no quote"}

    def test_a_naked_short_that_cannot_be_closed_hides_nothing_else(self) -> None:
        book = [position("P1", "-C115"), position("P2", CONDOR, 3, "BBB")]
        book[1] = position("P2", "+P40 -P45 -C55 +C60", 3, "BBB")
        market = prices(book)
        market = replace(market, quotes={key: each for key, each in market.quotes.items() if key.underlying == "BBB"})
        found = plan(book, market, target_pct=60)
        assert found.worst_before is None
        assert found.left["P1"] == "AAA260417C00115000 has no quote"
        assert order(found) == ["P2"]
        assert found.steps[0].why.endswith("others are still owed without a bound")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        (CONDOR, ["-P90", "-C110", "+C115", "+P85"]),
        ("+P85 -P90", ["-P90", "+P85"]),
        ("+P100 +C100", ["+C100", "+P100"]),
        ("-P100 -C100", ["-P100", "-C100"]),
        ("-C100 +C100'", ["-C100", "+C100'"]),
    ],
)
def test_leg_by_leg_shorts_come_first_and_puts_are_sold_last(text: str, steps: list[str]) -> None:
    assert fallback_steps(structure(text)) == tuple(structure(each) for each in steps)


def test_leg_by_leg_shares_come_between() -> None:
    found = fallback_steps(structure("+100S +P90 -C110"))
    assert [(each.shares, [leg.ratio for leg in each.legs]) for each in found] == [(0, [-1]), (100, []), (0, [1])]


def test_a_plan_for_a_hundred_positions_takes_less_than_a_second() -> None:
    symbols = [f"S{number:02d}" for number in range(20)]
    spots: dict[str, Money] = {symbol: dollars(100) for symbol in symbols}
    shapes = (CONDOR, "-P90", "+P85 -P90", "-C110 +C115", "+100S -C110", "-C100 +C100'", "-P95 -C105")
    positions = [
        position(f"P{number:03d}", shapes[number % len(shapes)], 1 + number % 5, symbols[number * 7 % 20])
        for number in range(100)
    ]
    market = prices(positions, spots=spots)
    plan(positions, market, target_pct=0)
    began = time.perf_counter()
    found = plan(positions, market, target_pct=0)
    assert time.perf_counter() - began < 1
    assert len(found.steps) > 50
