"""Prices of a package: mid, natural, mark, and how far an order may walk between them."""

import datetime as dt
import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import CENT, Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.order import OrderPurpose
from engine.domain.package import (
    LadderRules,
    PackageQuote,
    clean_mark,
    closing_limits,
    next_limit,
    package_quote,
    structure_mark,
    structure_quote,
    to_tick,
    worst_limit,
    worth_bounds,
)
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind, shares_of

NOW = dt.datetime(2026, 3, 16, 19, 0, tzinfo=dt.UTC)
OPEN, CLOSE = OrderPurpose.OPEN, OrderPurpose.CLOSE


def leg(strike: int, right: Right, ratio: int) -> Leg:
    return Leg(OptionContract("TSLA", dt.date(2026, 4, 17), dollars(strike), right), ratio)


CONDOR = (leg(240, Right.PUT, 1), leg(250, Right.PUT, -1), leg(270, Right.CALL, -1), leg(280, Right.CALL, 1))


def quote(bid: str | None, ask: str | None, age_s: int = 0) -> Quote:
    at = NOW - dt.timedelta(seconds=age_s)
    return Quote(None if bid is None else dollars(bid), None if ask is None else dollars(ask), at)


QUOTES = (quote("1.00", "1.10"), quote("2.00", "2.20", 3), quote("1.90", "2.00"), quote("0.80", "0.95"))


def with_leg(position: int, changed: Quote | None) -> tuple[Quote | None, ...]:
    return (*QUOTES[:position], changed, *QUOTES[position + 1 :])


def priced(quotes: tuple[Quote | None, ...], purpose: OrderPurpose) -> PackageQuote:
    package = package_quote(CONDOR, quotes, purpose)
    assert package is not None
    return package


def test_opening_a_condor_buys_the_wings_at_the_ask_and_sells_the_shorts_at_the_bid() -> None:
    package = priced(QUOTES, OPEN)
    assert package.natural == dollars("1.10") - dollars("2.00") - dollars("1.90") + dollars("0.95")
    # Mids: 1.05 - 2.10 - 1.95 + 0.875 = -2.125.
    assert package.mid == dollars("-2.125")
    assert package.at == NOW - dt.timedelta(seconds=3)


def test_closing_a_condor_trades_the_other_side_of_each_quote() -> None:
    package = priced(QUOTES, CLOSE)
    assert package.natural == -dollars("1.00") + dollars("2.20") + dollars("2.00") - dollars("0.80")
    assert package.mid == dollars("2.125")


def test_a_mid_on_half_a_unit_is_rounded_against_us_both_ways() -> None:
    odd = with_leg(0, Quote(10_000, 10_001, NOW))
    twice = 20_001 - 42_000 - 39_000 + 17_500
    assert priced(odd, OPEN).mid == (twice + 1) // 2
    assert priced(odd, CLOSE).mid == (-twice + 1) // 2


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("purpose", OrderPurpose)
@pytest.mark.parametrize(
    "bad",
    [None, quote(None, "1.00"), quote("1.00", None), quote("1.01", "1.00"), quote("0", "0"), quote("-0.01", "1.00")],
    ids=["absent", "no bid", "no ask", "crossed", "zero by zero", "negative"],
)
def test_one_leg_without_two_good_sides_leaves_the_package_without_a_price(
    position: int, purpose: OrderPurpose, bad: Quote | None
) -> None:
    assert package_quote(CONDOR, with_leg(position, bad), purpose) is None


def test_a_leg_without_bid_can_be_bought_not_opened_short_and_goes_along_when_closed() -> None:
    worthless = quote("0", "0.05")
    assert priced(with_leg(3, worthless), OPEN).natural == dollars("1.10") - dollars("3.90") + dollars("0.05")
    assert package_quote(CONDOR, with_leg(2, worthless), OPEN) is None
    assert priced(with_leg(3, worthless), CLOSE).natural == dollars("4.20") - dollars("1.00")
    assert priced(with_leg(2, worthless), CLOSE).natural == dollars("2.25") - dollars("1.80")


def test_no_legs_have_no_price_and_quotes_must_match_the_legs() -> None:
    assert package_quote((), (), OPEN) is None
    with pytest.raises(ValueError, match="zip"):
        package_quote(CONDOR, QUOTES[:3], OPEN)


def package_mark(legs: tuple[Leg, ...], quotes: tuple[Quote | None, ...]) -> Money | None:
    """The mark of a unit, in the unit of a share times 100."""
    return structure_mark(Structure(StructureKind.CUSTOM, legs), quotes, None)


def test_the_mark_values_each_leg_at_mid_and_a_worthless_wing_at_half_its_ask() -> None:
    assert package_mark(CONDOR, QUOTES) == dollars("-212.50")
    assert package_mark(CONDOR, with_leg(3, quote("0", "0.05"))) == dollars(105) - dollars(405) + dollars("2.50")


def test_half_a_unit_is_never_marked_in_our_favour() -> None:
    quote_of_shares = Quote(10_000, 10_001, NOW)
    assert structure_mark(shares_of("SPY"), (), quote_of_shares) == 10_000
    assert structure_mark(shares_of("SPY", is_long=False), (), quote_of_shares) == -10_001


@pytest.mark.parametrize(
    "bad", [None, quote(None, "1.00"), quote("1.00", None), quote("1.01", "1.00"), quote("0", "0")]
)
def test_a_leg_that_was_not_quoted_leaves_the_position_without_a_mark(bad: Quote | None) -> None:
    # Zero by zero stands in recordings for "not quoted", also on contracts worth a hundred dollars a share.
    assert package_mark(CONDOR, with_leg(1, bad)) is None


@pytest.mark.parametrize(
    ("price", "on_grid"), [("1.00", "1.00"), ("1.0001", "1.01"), ("-1.0001", "-1.00"), ("-1.00", "-1.00"), ("0", "0")]
)
def test_rounding_to_the_grid_goes_up_so_a_credit_shrinks(price: str, on_grid: str) -> None:
    assert to_tick(dollars(price)) == dollars(on_grid)


def test_opening_walks_sixty_percent_of_the_half_spread_and_closing_all_of_it() -> None:
    package = PackageQuote(mid=dollars("-2.00"), natural=dollars("-1.50"), at=NOW)
    assert worst_limit(package, OPEN, LadderRules()) == dollars("-1.70")
    assert worst_limit(package, CLOSE, LadderRules()) == dollars("-1.50")
    assert worst_limit(package, OPEN, LadderRules(opening_share_pct=0)) == package.mid


def test_a_step_is_a_tenth_of_the_spread_and_the_last_one_stops_at_the_worst_price() -> None:
    package = PackageQuote(mid=dollars("-2.00"), natural=dollars("-1.50"), at=NOW)
    worst = dollars("-1.75")
    assert next_limit(dollars("-2.00"), package, worst) == dollars("-1.90")
    assert next_limit(dollars("-1.80"), package, worst) == worst
    assert next_limit(worst, package, worst) is None


def test_a_narrow_package_steps_by_a_cent() -> None:
    package = PackageQuote(mid=dollars("-2.00"), natural=dollars("-1.98"), at=NOW)
    assert next_limit(dollars("-2.00"), package, dollars("-1.98")) == dollars("-1.99")
    locked = PackageQuote(mid=dollars("-1.98"), natural=dollars("-1.98"), at=NOW)
    assert next_limit(dollars("-2.00"), locked, dollars("-1.98")) == dollars("-1.99")


sides = st.tuples(st.integers(1, 400), st.integers(0, 80))
four_quotes = st.tuples(sides, sides, sides, sides).map(
    lambda pairs: tuple(Quote(bid * CENT, (bid + spread) * CENT, NOW) for bid, spread in pairs)
)
purposes = st.sampled_from(OrderPurpose)


@given(four_quotes, purposes)
def test_natural_is_never_better_than_mid_and_mid_is_exact_to_half_a_unit(
    quotes: tuple[Quote, ...], purpose: OrderPurpose
) -> None:
    package = priced(quotes, purpose)
    sign = -1 if purpose is CLOSE else 1
    exact = sum(
        Fraction(sign * leg.ratio * ((quote.bid or 0) + (quote.ask or 0)), 2)
        for leg, quote in zip(CONDOR, quotes, strict=True)
    )
    half_spread = sum(Fraction((quote.ask or 0) - (quote.bid or 0), 2) for quote in quotes)
    assert 0 <= package.mid - exact <= Fraction(1, 2)
    assert package.natural - exact == half_spread
    assert package.natural >= package.mid


@given(four_quotes)
def test_opening_and_closing_at_once_costs_the_whole_spread_and_the_mark_is_the_mid(quotes: tuple[Quote, ...]) -> None:
    opening, closing = priced(quotes, OPEN), priced(quotes, CLOSE)
    spread = sum((quote.ask or 0) - (quote.bid or 0) for quote in quotes)
    assert opening.natural + closing.natural == spread
    mark = package_mark(CONDOR, quotes)
    assert mark is not None
    assert abs(mark + closing.mid * 100) <= 50


@given(four_quotes, purposes)
def test_a_ladder_climbs_on_the_grid_from_mid_to_its_worst_price_and_no_further_than_natural(
    quotes: tuple[Quote, ...], purpose: OrderPurpose
) -> None:
    package, rules = priced(quotes, purpose), LadderRules()
    worst = worst_limit(package, purpose, rules)
    limits: list[Money] = [to_tick(package.mid)]
    while (limit := next_limit(limits[-1], package, worst)) is not None:
        limits.append(limit)
    assert all(limit % CENT == 0 for limit in limits)
    assert all(low < high for low, high in itertools.pairwise(limits))
    assert package.mid <= limits[0]
    assert limits[-1] == worst <= package.natural
    assert len(limits) - 1 <= rules.max_steps


@given(st.integers(-(10**9), 10**9))
def test_the_grid_never_moves_a_price_by_a_whole_tick(price: Money) -> None:
    assert 0 <= to_tick(price) - price < CENT
    assert to_tick(price) % CENT == 0


# --- any structure ---------------------------------------------------------------------------------------------------
LONG_BOX = Structure(
    StructureKind.BOX,
    (leg(250, Right.PUT, -1), leg(250, Right.CALL, 1), leg(260, Right.PUT, 1), leg(260, Right.CALL, -1)),
)
NAMED = Structure(StructureKind.IRON_CONDOR, CONDOR)


def turned(made: Structure) -> Structure:
    return Structure(StructureKind.CUSTOM, tuple(Leg(each.contract, -each.ratio) for each in made.legs), -made.shares)


def test_shares_are_bought_at_the_ask_and_sold_at_the_bid() -> None:
    shares, short, quotes = shares_of("SPY"), shares_of("SPY", is_long=False), (quote("600.00", "600.03"),)
    prices = [
        (made, purpose, structure_quote(made, quotes, purpose)) for made in (shares, short) for purpose in (OPEN, CLOSE)
    ]
    assert [(each.mid, each.natural) for _, _, each in prices if each is not None] == [
        (dollars("600.015"), dollars("600.03")), (dollars("-600.015"), dollars("-600.00")),
        (dollars("-600.015"), dollars("-600.00")), (dollars("600.015"), dollars("600.03")),
    ]  # fmt: skip
    assert structure_quote(shares, (quote("0", "600"),), OPEN) is None
    assert structure_quote(shares, (None,), OPEN) is None


def test_half_a_unit_of_a_share_is_rounded_against_us_both_ways() -> None:
    odd = (Quote(10_000, 10_001, NOW),)
    for purpose, mid in ((OPEN, 10_001), (CLOSE, -10_000)):
        found = structure_quote(shares_of("SPY"), odd, purpose)
        assert found is not None
        assert found.mid == mid


def test_options_and_shares_together_have_no_package_but_a_mark() -> None:
    covered = Structure(StructureKind.COVERED_CALL, (leg(270, Right.CALL, -1),), 100)
    quotes, stock = (quote("2.00", "2.20"),), quote("260.00", "260.02")
    assert structure_quote(covered, quotes, CLOSE) is None
    assert structure_mark(covered, quotes, stock) == dollars(26_001) - dollars(210)
    assert structure_mark(covered, quotes, None) is None
    assert clean_mark(covered, quotes, stock) == dollars(25_791)


@pytest.mark.parametrize(
    ("made", "least", "most"),
    [
        (NAMED, "-10", "0"),
        (turned(NAMED), "0", "10"),
        (Structure(StructureKind.SHORT_PUT, (leg(250, Right.PUT, -1),)), "-250", "0"),
        (Structure(StructureKind.LONG_CALL, (leg(250, Right.CALL, 1),)), "0", None),
        (Structure(StructureKind.SHORT_CALL, (leg(250, Right.CALL, -1),)), None, "0"),
        # What a box pays is sure, but later: today it is worth a little less, and may be traded for that.
        (LONG_BOX, "0", "10"),
        (turned(LONG_BOX), "-10", "0"),
    ],
)
def test_a_structure_is_worth_between_the_least_and_the_most_that_it_pays(
    made: Structure, least: str | None, most: str | None
) -> None:
    bounds = tuple(None if bound is None else dollars(bound) for bound in (least, most))
    assert worth_bounds(made) == bounds


def test_across_expirations_nothing_bounds_the_worth() -> None:
    later = Leg(OptionContract("TSLA", dt.date(2026, 5, 15), dollars(270), Right.CALL), 1)
    assert worth_bounds(Structure(StructureKind.CALENDAR, (leg(270, Right.CALL, -1), later))) == (None, None)


def test_a_box_below_its_width_can_be_marked_and_closed() -> None:
    quotes = (quote("3.00", "3.10"), quote("9.00", "9.10"), quote("7.95", "8.05"), quote("4.00", "4.10"))
    assert clean_mark(LONG_BOX, quotes) == dollars(995)
    found = structure_quote(LONG_BOX, quotes, CLOSE)
    assert found is not None
    assert closing_limits(LONG_BOX, found, LadderRules()) == (dollars("-9.95"), dollars("-9.75"))


def test_a_mark_is_not_believed_outside_what_the_structure_can_pay_or_far_apart() -> None:
    assert clean_mark(NAMED, QUOTES) == dollars("-212.50")
    stub = with_leg(0, quote("0.05", "30.00"))
    assert structure_mark(NAMED, stub, None) is not None
    assert clean_mark(NAMED, stub) is None
    wide = with_leg(1, quote("0.10", "4.10"))  # the half spread is 2.00 and more, of a wing of 10
    assert clean_mark(NAMED, wide) is None
    assert clean_mark(NAMED, with_leg(1, None)) is None


@pytest.mark.parametrize(
    ("bid", "ask", "believed"),
    [
        ("0.05", "0.55", True), ("0.05", "0.56", False),  # a quarter at the most, 20 % of 0.30 being less
        ("4.00", "6.00", True), ("3.99", "6.01", False),  # 20 % of 5.00
    ],
)  # fmt: skip
def test_without_a_bound_a_mark_may_be_a_fifth_of_its_mid_apart_and_a_quarter_always(
    bid: str, ask: str, believed: bool
) -> None:
    call = Structure(StructureKind.LONG_CALL, (leg(270, Right.CALL, 1),))
    assert (clean_mark(call, (quote(bid, ask),)) is not None) is believed


def test_nothing_is_paid_beyond_what_it_can_cost_to_be_rid_of() -> None:
    rules = LadderRules()
    near = PackageQuote(dollars("9.80"), dollars("10.40"), NOW)
    assert closing_limits(NAMED, near, rules) == (dollars("9.80"), dollars("10.00"))
    assert closing_limits(NAMED, PackageQuote(dollars("10.01"), dollars("10.40"), NOW), rules) is None
    assert closing_limits(NAMED, PackageQuote(dollars("-0.01"), dollars("0.40"), NOW), rules) is None
    long_call = Structure(StructureKind.LONG_CALL, (leg(270, Right.CALL, 1),))
    # A wing worth nothing is never sold for less than nothing.
    assert closing_limits(long_call, PackageQuote(dollars("-0.02"), 0, NOW), rules) == (dollars("-0.02"), 0)
    assert closing_limits(long_call, PackageQuote(dollars("-0.02"), dollars("0.01"), NOW), rules) == (
        dollars("-0.02"), 0,
    )  # fmt: skip


@given(four_quotes)
def test_a_closing_never_pays_more_than_the_wing_whatever_the_quotes(quotes: tuple[Quote, ...]) -> None:
    found = structure_quote(NAMED, quotes, CLOSE)
    assert found is not None
    limits = closing_limits(NAMED, found, LadderRules())
    if limits is None:
        assert not 0 <= found.mid <= dollars(10)
    else:
        assert found.mid <= limits[0] <= limits[1] <= min(dollars(10), to_tick(found.natural))
