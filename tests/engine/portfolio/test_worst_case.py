"""The worst case by module and underlying: brute force over all prices, hand-made figures, and what always holds."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics import stress_cells
from engine.analytics.book_worst import book_risk
from engine.analytics.payoff import Holding, book_worst_case
from engine.analytics.stress_cells import Prices
from engine.core.clock import epoch_us
from engine.core.money import CENT, UNIT, Money, dollars
from engine.domain.chain import Chain
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position, PositionStatus
from engine.domain.worst_case import Scenario, ScenarioTime, WorstCaseView, WorstShare
from engine.portfolio import worst_case as subject
from engine.portfolio.held_legs import prices_of
from engine.portfolio.worst_case import WorstCases, stress_grids, worst_case
from tests.engine.risk.books import BACK, FRONT, NOW, RATE, contract, position, prices

HIGHEST = 200


def held(
    name: str, text: str, module: str = "iv", *, quantity: int = 1, cost: int = 0, symbol: str = "AAA"
) -> Position:
    return replace(position(name, text, quantity, symbol), module_id=module, cost=dollars(cost))


def blind(market: Prices) -> Prices:
    """Nothing but the bound at expiry is left."""
    return Prices(market.now, market.quotes, {}, {}, market.rate)


def mark_of(one: Position, market: Prices) -> Money:
    mark = sum(
        sum(market.quotes[leg.contract].two_sided or ()) * 50 * leg.ratio * one.quantity for leg in one.structure.legs
    )
    stock = market.stocks[one.symbol].two_sided
    return mark + sum(stock or ()) * one.shares // 2


def share(view: WorstCaseView, name: str) -> WorstShare:
    return next(each for each in (*view.modules, *view.symbols) if each.name == name)


# --- brute force ------------------------------------------------------------------------------------------------------
def settled_on(one: Position, option: OptionContract | None) -> dt.date:
    """Calendars and diagonals are settled with their short legs, shares with the options beside them."""
    days = {leg.contract.expiration for leg in one.structure.legs}
    short = {leg.contract.expiration for leg in one.structure.legs if leg.ratio < 0}
    return min(days) if option is None or short == {min(days)} else option.expiration


def value_at(one: Position, day: dt.date, price: Money) -> Money:
    """What a position is worth on that day, of all that is settled then."""
    total = 0
    for leg in one.structure.legs:
        if settled_on(one, leg.contract) == day:
            gap = price - leg.contract.strike if leg.contract.right is Right.CALL else leg.contract.strike - price
            total += max(gap, 0) * 100 * leg.ratio * one.quantity
    return total + (price * one.shares if one.shares and settled_on(one, None) == day else 0)


def brute_loss(positions: Sequence[Position], paid: Money) -> Money | None:
    """Every price from zero to far above the last strike, by halves of a dollar: the worst of each day, added up."""
    least = 0
    for day in (FRONT, BACK):
        results = [sum(value_at(each, day, half * UNIT // 2) for each in positions) for half in range(2 * HIGHEST)]
        if results[-1] < results[-2]:
            return None
        least += min(results)
    return max(0, paid - least)


BOOKS = {
    "unequal condor": ["+P80 -P90 -C110 +C115"],
    "call ratio spread": ["+C100 -2C110"],
    "put ratio spread": ["+P100 -2P90"],
    "backspread": ["-C100 +2C110"],
    "calendar": ["-C100 +C100'"],
    "calendar of puts": ["-P100 +P100'"],
    "diagonal": ["-C100 +C105'"],
    "double diagonal": ["-P95 +P90' -C105 +C115'"],
    "short calendar": ["+C100 -C100'"],
    "short shares": ["-100S +C110", "+P90"],
    "shares sold short and calls sold": ["-100S -C110"],
    "covered call": ["+100S -C110"],
    "collar": ["+100S +P90 -C110"],
    "condors leaning against each other": ["+P70 -P90 -C110 +C115", "+P85 -P90 -C110 +C130"],
    "one covers the other": ["-C110", "+C120"],
    "mixed expirations": ["+P80 -P90 -C110 +C115", "-C100 +C105'", "+P95'", "-P90' +P85'"],
    "mixed with a naked one": ["+P80 -P90 -C110 +C115", "-C120'"],
    "shares with calls of another": ["+100S -C110", "-C105 +C110", "-P100"],
}


@pytest.mark.parametrize("texts", BOOKS.values(), ids=BOOKS.keys())
def test_at_expiry_it_is_the_worst_of_all_prices_to_the_cent(texts: list[str]) -> None:
    book = [
        held(f"P{place}", text, f"m{place}", quantity=1 + place % 3, cost=40 * place - 70)
        for place, text in enumerate(texts)
    ]
    market = prices(book)
    view = worst_case(book, blind(market))
    for each in book:
        assert share(view, each.module_id).alone_from_cost == brute_loss([each], each.cost)
    assert view.from_cost == brute_loss(book, sum(each.cost for each in book))
    # From the marks of now, of which shares without a price have none.
    options = sum(mark_of(replace(each, structure=replace(each.structure, shares=0)), market) for each in book)
    assert view.loss == view.at_expiry == brute_loss(book, options)
    assert worst_case(book, market).at_expiry == brute_loss(book, sum(mark_of(each, market) for each in book))


# --- by hand ----------------------------------------------------------------------------------------------------------
class TestByHand:
    WIDE_BELOW = held("P1", "+P70 -P90 -C110 +C115", "a", cost=-100)
    WIDE_ABOVE = held("P2", "+P85 -P90 -C110 +C130", "b", cost=-100)

    def test_condors_that_lean_against_each_other_net_and_share_what_is_lost(self) -> None:
        book = [self.WIDE_BELOW, self.WIDE_ABOVE]
        view = worst_case(book, Prices(NOW, {}, {}, {}, RATE))
        # Nothing is quoted: from marks of zero. Below 70 the first loses 2,000 and the second 500.
        assert (view.loss, view.from_cost, view.naked) == (dollars(2_500), dollars(2_300), 0)
        assert (view.sum_alone, view.diversification) == (dollars(4_000), dollars(1_500))
        assert [(each.name, each.alone, each.share) for each in view.modules] == [
            ("a", dollars(2_000), dollars(2_000)),
            ("b", dollars(2_000), dollars(500)),
        ]
        assert [(each.price, each.expiration) for each in view.prices] == [(0, FRONT)]
        assert [(each.name, each.share, each.alone_from_cost) for each in view.symbols] == [
            ("AAA", dollars(2_500), dollars(2_300))
        ]

    def test_what_has_no_bound_has_no_shares_but_says_how_many_shares_are_owed(self) -> None:
        book = [held("P1", "-C110", "a", quantity=2), self.WIDE_ABOVE]
        view = worst_case(book, prices(book))
        assert (view.loss, view.at_expiry, view.from_cost, view.naked) == (None, None, None, 200)
        assert (view.sum_alone, view.diversification) == (None, None)
        assert [(each.alone is None, each.share, each.naked) for each in view.modules] == [
            (True, None, 200),
            (False, None, 0),
        ]
        assert view.stressed > dollars(2_000)

    def test_a_module_without_a_bound_alone_may_be_covered_by_another(self) -> None:
        book = [held("P1", "-C110", "a", cost=-300), held("P2", "+C120", "b", cost=100)]
        view = worst_case(book, blind(prices(book)))
        assert (view.from_cost, view.naked, view.diversification) == (dollars(800), 0, None)
        assert (share(view, "a").alone, share(view, "a").naked) == (None, 100)
        assert share(view, "a").share is not None

    def test_the_worst_cell_is_told(self) -> None:
        book = [held("P1", "-C110"), held("P2", "-C55", symbol="BBB")]
        view = worst_case(book, prices(book))
        assert view.scenario == Scenario("", 30, 50, ScenarioTime.NOW)
        lone = [held("P1", "-C110"), held("P2", "+1S", quantity=100, symbol="BBB")]
        assert worst_case(lone, prices(lone)).scenario == Scenario("AAA", 30, 50, ScenarioTime.NOW)
        assert worst_case([], prices([])).scenario is None

    def test_in_a_crash_names_fall_by_their_betas(self) -> None:
        book = [held("P1", "+1S", quantity=100), held("P2", "-1S", quantity=10, symbol="BBB")]
        market = replace(prices(book), betas={"AAA": 2.0, "BBB": 0.5})
        view = worst_case(book, market)
        # 30 % of the index is 60 % of AAA and 15 % of BBB; alone AAA can lose all.
        assert view.stressed == dollars(100 * 60 - 75)
        assert view.scenario == Scenario("", -30, 120, ScenarioTime.NOW, is_crash=True)
        assert view.without_beta == ()
        assert worst_case(book, prices(book)).without_beta == ("AAA", "BBB")
        assert worst_case(book, replace(market, betas={"AAA": float("nan")})).without_beta == ("AAA", "BBB")

    def test_what_the_grid_does_not_know_is_counted(self) -> None:
        book = [held("P1", "-P90 +P85"), held("P2", "-P45", symbol="BBB")]
        market = prices(book)
        less = Prices(NOW, market.quotes, {"AAA": market.stocks["AAA"]}, {contract("P85"): 0.3}, RATE)
        view = worst_case(book, less)
        assert (view.without_price, view.without_volatility) == (("BBB",), 2)
        assert view.loss is not None

    def test_shares_cover_calls_of_several_expirations_and_of_others(self) -> None:
        book = [
            held("P1", "+1S", "a", quantity=200, cost=20_000),
            held("P2", "-C110", "b"),
            held("P3", "-C120'", "b"),
        ]
        view = worst_case(book, blind(prices(book)))
        assert (view.naked, view.from_cost) == (0, dollars(20_000))
        assert share(view, "b").naked == 200
        risk = book_risk(book, prices(book))
        assert [(each.position_id, each.quantity) for each in risk.positions] == [
            ("P1", 100), ("P1", 100), ("P2", 1), ("P3", 1),
        ]  # fmt: skip

    def test_a_put_of_another_module_protects_shares(self) -> None:
        book = [held("P1", "+1S", "a", quantity=100, cost=10_000), held("P2", "+P90", "b", cost=200)]
        view = worst_case(book, blind(prices(book)))
        assert (view.from_cost, share(view, "a").alone_from_cost) == (dollars(1_200), dollars(10_000))

    def test_what_is_closed_is_not_held(self) -> None:
        gone = replace(held("P1", "-C110"), status=PositionStatus.CLOSED)
        assert worst_case([gone], prices([gone])) == worst_case([], prices([]))


# --- what always holds ------------------------------------------------------------------------------------------------
SHAPES = (
    *("+P85 -P90 -C110 +C115", "+P70 -P90 -C110 +C115", "-P90", "+P90 -2P85", "-C110", "+C95", "-C100 +C100'"),
    *("-P100 +P95'", "+100S -C110", "-100S +C110", "+1S", "-1S", "+P95'", "-C115'", "+C105 -C110"),
)
ROWS = st.tuples(
    st.sampled_from(SHAPES), st.integers(1, 3), st.sampled_from("abc"), st.sampled_from(["AAA", "BBB"]),
    st.integers(-900, 900),
)  # fmt: skip


def drawn(rows: Sequence[tuple[str, int, str, str, int]]) -> list[Position]:
    return [
        held(
            f"P{place}", text, module, quantity=quantity * (50 if text.endswith("1S") else 1), cost=cost, symbol=symbol
        )
        for place, (text, quantity, module, symbol, cost) in enumerate(rows)
    ]


@settings(max_examples=25)
@given(st.lists(ROWS, min_size=1, max_size=6), st.booleans())
def test_netted_is_never_more_than_the_sum_and_shares_add_up(
    rows: list[tuple[str, int, str, str, int]], has_betas: bool
) -> None:
    book = drawn(rows)
    market = replace(prices(book), betas={"AAA": 1.6, "BBB": -0.3} if has_betas else {})
    view = worst_case(book, market)
    risk = book_risk(book, market)
    found = risk.worst(risk.book)
    # The closing plan's figure is the screen's.
    assert (view.naked, view.loss) == (found.naked, found.amount)
    assert (view.loss is None) == (view.naked > 0)
    assert view.naked <= sum(each.naked for each in view.modules)
    for each in view.modules:
        own = worst_case([one for one in book if one.module_id == each.name], market)
        assert (each.alone, each.alone_from_cost, each.naked) == (own.loss, own.from_cost, own.naked)
    for each in view.symbols:
        own = worst_case([one for one in book if one.symbol == each.name], market)
        assert each.alone_from_cost == own.from_cost
    if view.loss is None:
        return
    assert view.loss == max(view.stressed, view.at_expiry or 0)
    if view.sum_alone is not None:
        assert view.loss <= view.sum_alone
        assert view.diversification == view.sum_alone - view.loss >= 0
    for shares in (view.modules, view.symbols):
        assert sum(each.share for each in shares if each.share is not None) == view.loss
    assert view.from_cost == sum(each.alone_from_cost or 0 for each in view.symbols)


@settings(max_examples=15)
@given(st.lists(ROWS, min_size=1, max_size=4), st.sampled_from(["+P80", "+C105", "+P100'", "+C90'"]), st.integers(1, 4))
def test_a_long_option_more_costs_at_most_what_it_cost(
    rows: list[tuple[str, int, str, str, int]], text: str, quantity: int
) -> None:
    book = drawn(rows)
    more = held("LONG", text, "z", quantity=quantity, cost=250)
    market = prices([*book, more])
    before, after = worst_case(book, market), worst_case([*book, more], market)
    assert after.naked <= before.naked
    if before.loss is not None and before.from_cost is not None:
        assert after.loss is not None
        assert after.from_cost is not None
        assert after.loss <= before.loss + mark_of(more, market)
        assert after.from_cost <= before.from_cost + dollars(250)


@settings(max_examples=15)
@given(st.lists(ROWS, min_size=1, max_size=4))
def test_for_one_owner_it_is_the_bound_of_its_holdings(rows: list[tuple[str, int, str, str, int]]) -> None:
    book = [replace(each, module_id="a") for each in drawn(rows)]
    exact = book_worst_case([Holding.of(each) for each in book])
    view = worst_case(book, prices(book))
    assert {each.name: each.alone_from_cost for each in view.symbols} == exact


# --- the stress grid --------------------------------------------------------------------------------------------------
def test_the_grid_is_net_by_price_and_volatility_and_adds_up_over_modules() -> None:
    book = [
        held("P1", "-C110", "a"),
        held("P2", "+1S", "b", quantity=100),
        held("P3", "+1S", "b", quantity=10, symbol="BBB"),
    ]
    now, later = stress_grids(book, prices(book))
    assert (now.days, later.days) == (0, 10)
    assert (now.price_pct[0], now.price_pct[-1], now.volatility_pct) == (-30, 30, (-30, 0, 50))
    # 100 shares of 100 and 10 of 50, up by 30 %.
    assert [row[-1] for row in now.modules["b"]][-1] == dollars(3_000 + 150)
    assert now.net[6][1] == 0
    assert later.net[6][1] > 0  # the short call decays
    for grid in (now, later):
        net = np.array(grid.net)
        assert net.shape == (13, 3)
        assert (net == np.array(grid.modules["a"]) + np.array(grid.modules["b"])).all()
    assert stress_grids([], prices([])) == ()


# --- one tick at a time -----------------------------------------------------------------------------------------------
def chain(symbol: str, spot: float, generation: int = 0) -> Chain:
    contracts = sorted(
        (OptionContract(symbol, FRONT, strike * UNIT, right) for strike in (90, 100, 110) for right in Right),
        key=lambda each: each.key,
    )
    mid = np.array([3.0 + abs(spot - each.strike / UNIT) / 2 for each in contracts])
    count = np.full(mid.size, 10.0)
    keys, at = np.array([each.key for each in contracts]), np.full(mid.size, epoch_us(NOW))
    return Chain(symbol, generation, NOW, spot, NOW, keys, mid - 0.05, mid + 0.05, count, count, at)


class TestKept:
    BOOK = (held("P1", "-P90", "a"), held("P2", "-C110", "b", symbol="BBB"), held("P3", "+C100", "a"))

    def test_only_what_moved_is_worked_out_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []
        real = stress_cells.symbol_cells

        def counted(symbol: str, *rest: object) -> object:
            asked.append(symbol)
            return real(symbol, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(subject, "symbol_cells", counted)
        chains = {"AAA": chain("AAA", 100.0), "BBB": chain("BBB", 105.0)}
        kept = WorstCases()
        first = kept.view(self.BOOK, chains, NOW, RATE)
        assert (asked, kept.view(self.BOOK, chains, NOW, RATE)) == (["AAA", "BBB"], first)
        asked.clear()
        chains["BBB"] = chain("BBB", 107.0, 1)
        moved = kept.view(self.BOOK, chains, NOW, RATE)
        assert asked == ["BBB"]
        assert moved == worst_case(self.BOOK, prices_of(self.BOOK, chains, NOW, RATE)) != first
        asked.clear()
        fewer = kept.view(self.BOOK[:2], chains, NOW, RATE)
        assert asked == ["AAA"]
        assert fewer == worst_case(self.BOOK[:2], prices_of(self.BOOK[:2], chains, NOW, RATE))

    def test_a_minute_or_a_beta_later_it_is_another(self) -> None:
        chains = {"AAA": chain("AAA", 100.0), "BBB": chain("BBB", 105.0)}
        kept = WorstCases()
        first = kept.view(self.BOOK, chains, NOW, RATE)
        later = NOW + dt.timedelta(minutes=1)
        assert kept.view(self.BOOK, chains, later, RATE) == worst_case(
            self.BOOK, prices_of(self.BOOK, chains, later, RATE)
        )
        betas = {"AAA": 3.0}
        market = prices_of(self.BOOK, chains, later, RATE, betas)
        assert kept.view(self.BOOK, chains, later, RATE, betas) == worst_case(self.BOOK, market) != first
        assert kept.grids(self.BOOK, chains, later, RATE, betas) == stress_grids(self.BOOK, market)

    def test_a_symbol_without_a_chain_keeps_its_bound(self) -> None:
        view = WorstCases().view(self.BOOK[:1], {}, NOW, RATE)
        assert (view.loss, view.without_price) == (dollars(9_000), ("AAA",))
        assert view.prices[0].price == 0

    def test_prices_are_those_of_the_chains(self) -> None:
        market = prices_of(self.BOOK, {"AAA": chain("AAA", 100.0)}, NOW, RATE)
        assert set(market.quotes) == {contract("P90"), contract("C100")}
        assert market.quotes[contract("C100")].mid == dollars(3)
        assert abs((market.stocks["AAA"].mid or 0) - dollars(100)) <= CENT
        assert set(market.volatilities) <= set(market.quotes)
