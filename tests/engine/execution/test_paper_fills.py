"""Prices of paper fills: what a package costs more than mid, and what each of its legs traded at."""

from dataclasses import replace
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import CENT, Money, dollars
from engine.domain.instrument import Right
from engine.domain.order import OrderPurpose
from engine.domain.quote import Quote
from engine.domain.structure import Leg, Structure, StructureKind
from engine.execution.paper_fills import Market, happens, leg_prices, market_of, price_of, reach_pct
from tests.engine.execution.paper_world import CLOSE, NOW, OPEN, ROLL, SECOND, SHARE, Quotes, leg, order

P, C = Right.PUT, Right.CALL
ALL = (leg(240, P, 1), leg(250, P, -1), leg(270, C, -1), leg(280, C, 1))
TIGHT = tuple((500 + 100 * place, 520 + 100 * place) for place in range(4))
WIDE = tuple((80 + 20 * place, 120 + 30 * place) for place in range(4))


def package(count: int) -> Structure:
    return Structure(StructureKind.CUSTOM, ALL[:count])


def market(structure: Structure, cents: tuple[tuple[int, int], ...], purpose: OrderPurpose = OPEN) -> Market:
    quotes = Quotes().set(NOW, cents, structure.legs) if structure.legs else Quotes().at_price(NOW, 50)
    found = market_of(order("0", structure=structure, purpose=purpose), quotes)
    assert found is not None
    return found


def concession(count: int, cents: tuple[tuple[int, int], ...], tries: int = 400) -> float:
    """What the first limit that trades gives up of the full spread, walking up from mid in steps of 1 % of it."""
    structure = package(count)
    here = market(structure, cents[:count])
    half = here.package.natural - here.package.mid
    given_up = []
    for number in range(tries):
        wanted = order("0", f"o{number}", structure=structure)
        share = next(s for s in range(101) if price_of(7, wanted, here.package.mid + half * s // 100, here) is not None)
        given_up.append(share / 2)
    return fmean(given_up)


@pytest.mark.parametrize(("legs", "least", "most"), [(1, 2, 4), (2, 8, 12), (3, 12, 16), (4, 15, 22)])
def test_the_market_asks_for_what_traders_report_of_tight_quotes(legs: int, least: int, most: int) -> None:
    assert least < concession(legs, TIGHT) < most


def test_more_legs_and_wider_quotes_cost_more() -> None:
    tight = [concession(legs, TIGHT) for legs in (1, 2, 3, 4)]
    wide = [concession(legs, WIDE) for legs in (1, 2, 3, 4)]
    assert tight == sorted(tight)
    assert all(more > less + 1 for less, more in zip(tight, wide, strict=True))


def test_the_reach_grows_evenly_from_a_tenth_of_the_mids_to_all_of_them() -> None:
    single = package(1)
    # 20 of 510: tight; 40 of 100: a third of the way from 10 % to 100 %; as wide as dear: all the way.
    assert reach_pct(market(single, ((500, 520),)), 1) == 12
    assert reach_pct(market(single, ((80, 120),)), 1) == 12 + 88 * 30 // 90
    assert reach_pct(market(single, ((0, 10),), CLOSE), 1) == 100
    assert reach_pct(market(package(4), TIGHT), 4) == 74
    assert reach_pct(market(SHARE, ()), 0) == 12


def test_a_worthless_wing_goes_along_in_a_roll_and_opens_nothing() -> None:
    structure = Structure(StructureKind.CUSTOM, (leg(240, P, -1), leg(245, P, -1)))
    quotes = Quotes().set(NOW, ((0, 5), (100, 104)), structure.legs)
    assert market_of(order("0", structure=structure), quotes) is None
    rolled = market_of(order("0", structure=structure, purpose=ROLL), quotes)
    assert rolled is not None
    assert (rolled.package.mid, rolled.package.natural) == (dollars("-1.045"), dollars("-1.00"))


def test_the_newest_leg_dates_the_market_and_the_oldest_its_quote() -> None:
    quotes = Quotes().set(NOW, TIGHT, ALL)
    late = ALL[2].contract
    quotes.known[late] = replace(quotes.known[late], at=NOW + 3 * SECOND)
    found = market_of(order("0", structure=package(4)), quotes)
    assert found is not None
    assert (found.at, found.package.at) == (NOW + 3 * SECOND, NOW)


def test_a_chance_of_nothing_never_happens_and_of_all_always() -> None:
    assert not any(happens(0, "a", number) for number in range(100))
    assert all(happens(100, "a", number) for number in range(100))
    assert 200 < sum(happens(25, "a", number) for number in range(1000)) < 300


def test_no_leg_prices_where_the_ratios_let_none_be() -> None:
    # Two contracts against three, locked but for the first: 0.01 cannot be shared by two in whole units of 1/10,000
    # only when it is odd.
    legs = (leg(240, P, 2), leg(250, P, -3))
    structure = Structure(StructureKind.CUSTOM, legs)
    here = market(structure, ((100, 110), (200, 200)))
    wanted = order("0", structure=structure)
    assert leg_prices(wanted, here.package.natural - 2, here) == (dollars("1.0999"), dollars("2.00"))
    assert leg_prices(wanted, here.package.natural - 1, here) is None


ratios = st.lists(st.integers(-3, 3).filter(bool), min_size=1, max_size=4)
cents = st.lists(st.tuples(st.integers(1, 400), st.integers(0, 60)), min_size=4, max_size=4)


@given(ratios, cents, st.sampled_from((OPEN, CLOSE, ROLL)), st.integers(0, 100))
def test_the_legs_add_up_exactly_and_stay_between_bid_and_ask(
    counts: list[int], sides: list[tuple[int, int]], purpose: OrderPurpose, share: int
) -> None:
    structure = Structure(
        StructureKind.CUSTOM, tuple(Leg(each.contract, n) for each, n in zip(ALL, counts, strict=False))
    )
    here = market(structure, tuple((bid, bid + spread) for bid, spread in sides[: len(counts)]), purpose)
    wanted = order("0", structure=structure, purpose=purpose)
    wide = 2 * (here.package.natural - here.package.mid)
    net: Money = here.package.natural - wide * share // 100 // CENT * CENT
    prices = leg_prices(wanted, net, here)
    if prices is None:
        assert all(abs(n) > 1 for n in counts) or any(spread == 0 for _, spread in sides) or len(set(counts)) > 1
        return
    assert sum(each.ratio * price for each, price in zip(wanted.trades, prices, strict=True)) == net
    for quote, price in zip(here.quotes, prices, strict=True):
        assert isinstance(quote, Quote)
        assert (quote.bid or 0) <= price <= (quote.ask or 0)
    if share == 0:
        assert net == here.package.natural
