"""Margin against published examples, the broker's own figures, and brute force."""

import csv
import datetime as dt
import re
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.margin import (
    BROAD_INDEX,
    Margin,
    MarginRates,
    cash_secured_requirement,
    margin,
    naked_requirement,
)
from engine.core.money import UNIT, Money, dollars
from engine.domain.instrument import OptionContract, Right
from engine.domain.structure import Leg
from tests.engine.domain.test_structure_shapes import margin_rows

FRONT, BACK = dt.date(2026, 4, 17), dt.date(2026, 5, 15)
CALL, PUT = Right.CALL, Right.PUT
SPOT = dollars(100)

BROKER = MarginRates(long_stock_initial_pct=25, short_stock_initial_pct=30)
"""What the broker of the table shows for shares: its maintenance rates from the first day."""

EXPLAINED: Mapping[tuple[str, str, str], str] = {
    ("initial_without_premium", "ProtectiveCollar", "1"): "the broker showed Regulation T's 50 % of the shares here",
    ("initial_without_premium", "Conversion", "-1"): "the broker showed Regulation T's 50 % of the shares here",
}
"""Rows that miss by more than 20 %, and why: this list only shrinks. With our own rates both are met to the dollar."""


def contract(strike: str, right: Right, expiration: dt.date = FRONT) -> OptionContract:
    return OptionContract("TSLA", expiration, dollars(strike), right)


def needed(
    *legs: tuple[str, Right, int], shares: int = 0, price: str = "1", expirations: tuple[dt.date, ...] = (),
    spot: Money = SPOT,
) -> Margin:  # fmt: skip
    """Margin of (strike, right, contracts), all at one price."""
    ends = expirations or (FRONT,) * len(legs)
    held = [Leg(contract(strike, right, end), count) for (strike, right, count), end in zip(legs, ends, strict=True)]
    found = margin(held, spot, {leg.contract: dollars(price) for leg in held}, shares)
    assert found is not None
    return found


def test_the_published_short_put() -> None:
    # 1.20 of premium + 20 % of 209 - 9 out of the money, against 10 % of 200: 3,400; the deposit is 3,280.
    put = Leg(contract("200", PUT), -1)
    found = margin([put], dollars(209), {put.contract: dollars("1.20")})
    assert found is not None
    assert (found.initial, found.maintenance, found.deposit) == (dollars(3400), dollars(3400), dollars(3280))


def test_the_published_put_spread() -> None:
    # Width 500; the long costs 80, the short brings 124: 456 to deposit.
    long, short = contract("120", PUT), contract("125", PUT)
    found = margin([Leg(long, 1), Leg(short, -1)], dollars(128), {long: dollars("0.80"), short: dollars("1.24")})
    assert found is not None
    assert (found.initial, found.deposit) == (dollars(500), dollars(456))


def test_a_naked_option_far_out_still_needs_the_least() -> None:
    far = contract("500", CALL)
    assert naked_requirement(far, 100, SPOT, MarginRates()) == 100 * 100 + dollars(1000)
    cheap = contract("1", PUT)
    assert naked_requirement(cheap, 0, dollars(50), MarginRates()) == dollars(100)
    assert naked_requirement(contract("100", CALL), 0, SPOT, BROAD_INDEX) == dollars(1500)


def test_a_put_never_needs_more_than_its_strike() -> None:
    assert naked_requirement(contract("5", PUT), dollars("4.90"), dollars("0.10"), MarginRates()) == dollars(500)


def test_never_one_wing_of_an_unequal_condor() -> None:
    condor = (("85", PUT, 1), ("95", PUT, -1), ("105", CALL, -1), ("110", CALL, 1))
    found = needed(*condor)
    assert found.initial == dollars(1000)
    assert [group.rule for group in found.groups] == ["spread: Iron Condor"]
    assert needed(*((strike, right, 3 * count) for strike, right, count in condor)).initial == dollars(3000)


def test_a_long_covers_only_what_expires_no_later() -> None:
    shape = (("100", CALL, -1), ("100", CALL, 1))
    assert needed(*shape, expirations=(FRONT, BACK)).initial == 0
    # Twenty per cent of the underlying and the premium: the long ends first and covers nothing.
    assert needed(*shape, expirations=(BACK, FRONT)).initial == dollars(2100)


def test_a_cover_that_needs_more_than_being_naked_is_not_used() -> None:
    assert needed(("100", CALL, -1), ("190", CALL, 1)).initial == dollars(2100)


def test_a_straddle_needs_its_greater_side_and_the_other_premium() -> None:
    assert needed(("100", CALL, -1), ("100", PUT, -1), price="4").initial == dollars(2400 + 400)


def test_the_further_short_of_a_ladder_stays_naked() -> None:
    found = needed(("100", CALL, 1), ("105", CALL, -1), ("115", CALL, -1), price="0")
    assert found.initial == dollars(2000 - 1500 + 500)


def test_shares_under_every_option_that_goes_with_them() -> None:
    assert (needed(shares=100).initial, needed(shares=100).maintenance) == (dollars(5000), dollars(2500))
    assert (needed(shares=-100).initial, needed(shares=-100).maintenance) == (dollars(5000), dollars(3000))
    assert needed(shares=-100, spot=dollars(4)).maintenance == dollars(500)
    # A covered call in the money: the shares at the strike, and the amount in the money.
    assert needed(("90", CALL, -1), shares=100).maintenance == dollars(2250 + 1000)
    assert needed(("110", CALL, -1), shares=100).maintenance == dollars(2500)
    # Protected: 10 % of the strike and how far out of the money.
    assert needed(("95", PUT, 1), shares=100).maintenance == dollars(950 + 500)
    assert needed(("105", CALL, 1), shares=-100).maintenance == dollars(1050 + 500)
    assert needed(("100", PUT, 1), ("100", CALL, -1), shares=100).maintenance == dollars(1000)


def test_shares_cover_one_call_a_lot_and_the_second_is_naked() -> None:
    found = needed(("110", CALL, -2), shares=150)
    assert [group.rule for group in found.groups] == ["naked", "shares: Covered Call", "shares"]
    assert found.maintenance == dollars(1100 + 2500 + 1250)


def test_short_shares_under_a_long_call_are_one_group() -> None:
    (group,) = needed(("105", CALL, 2), shares=-200).groups[:1]
    assert group.rule == "shares: Protective Call"
    assert sum(each.shares for each in needed(("105", CALL, 2), shares=-200).groups) == -200


def test_a_missing_price_gives_no_figure() -> None:
    put = Leg(contract("100", PUT), -1)
    assert margin([put], SPOT, {}) is None
    assert margin([put], SPOT, {put.contract: None}) is None
    assert margin([put], SPOT, {put.contract: -1}) is None
    assert margin([put], None, {put.contract: 1}) is None
    assert margin([put], 0, {put.contract: 1}) is None


def test_one_underlying_at_a_time() -> None:
    legs = [Leg(contract("100", PUT), -1), Leg(OptionContract("SPY", FRONT, SPOT, PUT), -1)]
    with pytest.raises(ValueError, match="one underlying"):
        margin(legs, SPOT, {leg.contract: 1 for leg in legs})


def test_cash_secures_a_put_by_its_strike() -> None:
    assert cash_secured_requirement(contract("440", PUT)) == dollars(44_000)
    with pytest.raises(ValueError, match="puts"):
        cash_secured_requirement(contract("440", CALL))


BOOK = st.lists(
    st.tuples(st.integers(16, 24).map(lambda n: n * 5), st.sampled_from(list(Right)), st.sampled_from([-1, 1])),
    min_size=1,
    max_size=5,
)


@given(BOOK)
@settings(max_examples=150)
def test_no_pairing_by_hand_needs_less_than_the_groups_before_netting(book: list[tuple[int, Right, int]]) -> None:
    legs = [Leg(contract(str(strike), right), count) for strike, right, count in book]
    net: dict[OptionContract, int] = {}
    for leg in legs:
        net[leg.contract] = net.get(leg.contract, 0) + leg.ratio
    shorts = [c for c, count in net.items() for _ in range(-count)]
    longs = [c for c, count in net.items() for _ in range(count)]
    found = margin(legs, SPOT, {leg.contract: dollars(2) for leg in legs})
    assert found is not None
    places = [*longs, *[None] * len(shorts)]
    best = min(
        sum(
            naked_requirement(short, dollars(2), SPOT, MarginRates())
            if long is None or long.right is not short.right
            else 100 * max(0, long.strike - short.strike if short.right is CALL else short.strike - long.strike)
            for short, long in zip(shorts, chosen, strict=True)
        )
        for chosen in permutations(places, len(shorts))
    ) if shorts else 0  # fmt: skip
    assert 0 <= found.initial <= best


def test_equal_lots_of_shares_are_one_group() -> None:
    call, put = contract("110", CALL), contract("90", PUT)
    prices = {call: dollars(1), put: dollars(1)}
    legs = [Leg(call, -300), Leg(put, 100)]
    found = margin(legs, dollars(100), prices, 100_050)
    assert found is not None
    # 100 collars, 200 covered calls, 700 lots alone, and an odd half lot.
    assert [group.shares for group in found.groups if group.shares] == [10_000, 20_000, 70_000, 50]
    alone = margin([], dollars(100), {}, 100)
    assert alone is not None
    assert found.initial == alone.initial * 1000 + alone.initial // 2
    assert margin(legs[:1], dollars(100), prices, 30_000) is not None


def test_a_long_call_never_makes_two_naked_shorts_dearer() -> None:
    prices = {400: "0.10", 560: "4", 640: "3", 700: "0.20"}
    book = ((400, PUT, 1), (560, PUT, -1), (640, CALL, -1), (700, CALL, 1))
    legs = [Leg(contract(str(strike), right), count) for strike, right, count in book]
    marks = {leg.contract: dollars(prices[leg.contract.strike // UNIT]) for leg in legs}
    several = [margin(some, dollars(600), marks) for some in (legs[1:3], legs[1:], legs[:3], legs)]
    needs = [each.initial for each in several if each is not None]
    # Straddle rule: the put's 4 + 120 - 40 a share, and the call's premium.
    assert needs == [dollars(8400 + 300)] * 2 + [dollars(min(8400 + 300, 16_000))] * 2
    naked = next(group for each in several if each for group in each.groups if group.rule == "naked")
    assert all(leg.ratio < 0 for leg in naked.legs)


@pytest.mark.parametrize("put_wing", [9, 10, 12])
def test_a_condor_needs_its_wider_wing_though_each_pair_alone_may_cost_more_than_a_naked_short(put_wing: int) -> None:
    legs = [
        Leg(contract(str(strike), right), count)
        for strike, right, count in ((90 - put_wing, PUT, 1), (90, PUT, -1), (110, CALL, -1), (122, CALL, 1))
    ]
    found = margin(legs, dollars(100), {leg.contract: dollars(1) for leg in legs})
    assert found is not None
    assert found.initial == dollars(1200)


def test_the_brokers_own_figures_within_a_fifth(shared_dir: Path) -> None:
    path = shared_dir / "data" / "reference" / "option_strategy_margin_vs_ib.csv"
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    missed, exact_by_regulation = set(), []
    for row, (name, _, legs, shares) in zip(rows, margin_rows(path), strict=True):
        marks = [word.split(" @ ")[1] for word in row[4].split(" ; ") if re.search(r"\d[CP] x", word)]
        prices = {leg.contract: round(float(mark) * UNIT) for leg, mark in zip(legs, marks, strict=True)}
        found = margin(legs, dollars(row[3]), prices, shares, BROKER)
        assert found is not None, name
        ours = found.maintenance if row[0] == "maintenance" else found.initial
        broker = row[6].replace(",", "")
        expected = float(broker) if re.fullmatch(r"[\d.]+", broker) else float(row[5])
        if abs(ours / UNIT - expected) > 0.2 * expected:
            missed.add((row[0], row[1], row[2]))
            own = margin(legs, dollars(row[3]), prices, shares)
            assert own is not None
            exact_by_regulation.append(abs(own.initial / UNIT - expected) < 2)
    assert len(rows) == 51
    assert missed == set(EXPLAINED)
    assert all(exact_by_regulation)
