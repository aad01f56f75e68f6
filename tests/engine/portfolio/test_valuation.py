"""What positions are worth: Greeks against QuantLib's, the cost of closing, and None where quotes are missing."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import dollars, from_float
from engine.domain.chain import Chain
from engine.domain.greeks import Greeks
from engine.domain.instrument import Right
from engine.domain.snapshot import PositionView
from engine.domain.structure import Leg, Structure, StructureKind
from engine.ledger.book import Book
from engine.portfolio.valuation import value_positions
from tests.american_oracle import american_by_quantlib
from tests.builders import APRIL, NOW, Clerk, condor, contract, order

RATE, VOLATILITY, SPOT = 0.04, 0.25, 260.0
STRIKES = (230, 240, 250, 260, 270, 280, 290)
MakeChain = Callable[..., Chain]


@pytest.fixture
def chain(make_chain: MakeChain) -> Chain:
    return make_chain("TSLA", SPOT, STRIKES)


def held(quantity: int = 1, price: str = "-2.50") -> Clerk:
    clerk = Clerk()
    clerk.open(price, quantity=quantity)
    return clerk


def view_of(book: Book, *chains: Chain, now: dt.datetime = NOW) -> PositionView:
    (view,) = value_positions(book, {each.symbol: each for each in chains}, now, RATE).values()
    return view


def reckoned(quantity: int) -> Greeks:
    """Greeks of the sample condor by differences of QuantLib's American prices, leg by leg."""
    years = years_to_expiry(NOW, APRIL)
    total = Greeks()
    for leg in condor().legs:
        strike, is_put = leg.contract.strike / 10_000, leg.contract.right is Right.PUT

        def price(
            move: float = 0.0, days: float = 0.0, points: float = 0.0, k: float = strike, put: bool = is_put
        ) -> float:
            spot, left = SPOT + move, years - days / 365
            forward = spot * math.exp(RATE * left)
            return american_by_quantlib(spot, forward, k, left, RATE, VOLATILITY + points / 100, is_put=put)

        one = Greeks(
            delta=(price(0.1) - price(-0.1)) / 0.2,
            gamma=(price(0.5) - 2 * price() + price(-0.5)) / 0.25,
            theta=(price(days=0.1) - price(days=-0.1)) / 0.2,
            vega=(price(points=0.5) - price(points=-0.5)),
        )
        total += one.scaled(leg.ratio * 100 * quantity)
    return total


@pytest.mark.parametrize("quantity", [1, 3])
def test_greeks_are_those_of_all_contracts_held(chain: Chain, quantity: int) -> None:
    view = view_of(held(quantity).ledger.book, chain)
    assert view.greeks is not None
    for name in ("delta", "gamma", "theta", "vega"):
        assert getattr(view.greeks, name) == pytest.approx(getattr(reckoned(quantity), name), rel=1e-3)
    assert view.greeks.theta > 0 > view.greeks.vega
    assert view.iv == pytest.approx(VOLATILITY, rel=1e-5)


def test_after_a_partial_close_only_what_is_left_counts(chain: Chain) -> None:
    clerk = held(3)
    clerk.close("P000001", "1.00", 2)
    view = view_of(clerk.ledger.book, chain)
    assert view.greeks is not None
    assert view.greeks.vega == pytest.approx(reckoned(1).vega, rel=1e-3)


def test_the_mark_is_the_journaled_one_with_its_time(chain: Chain) -> None:
    clerk = held(2)
    clerk.mark(P000001="-430.10")
    marked_at = clerk.at
    view = view_of(clerk.ledger.book, chain)
    assert (view.mark, view.pnl, view.marked_at) == (dollars("-430.10"), dollars("69.90"), marked_at)
    assert view.pnl_of_max_pct == 14.0  # 69.90 of 500.00 is 13.98 %
    assert view.dte == 32


@pytest.mark.parametrize(("mark", "share"), [("-219.375", 12.3), ("-280.625", -12.3), ("-250", 0.0), ("0", 100.0)])
def test_the_share_of_the_most_that_can_be_won_rounds_half_up(chain: Chain, mark: str, share: float) -> None:
    clerk = held()
    clerk.mark(P000001=mark)
    assert view_of(clerk.ledger.book, chain).pnl_of_max_pct == share  # 30.625 of 250 is 12.25 %


@pytest.mark.parametrize(("mark", "share"), [("700", 50.0), ("400", 0.0), ("100", -50.0)])
def test_the_share_of_a_debit_is_of_what_the_strikes_leave_to_win(chain: Chain, mark: str, share: float) -> None:
    clerk = Clerk()
    spread = Structure(
        StructureKind.BULL_CALL_SPREAD, (Leg(contract(260, Right.CALL), 1), Leg(contract(270, Right.CALL), -1))
    )
    clerk.open("4.00", structure=spread)
    clerk.mark(P000001=mark)
    assert view_of(clerk.ledger.book, chain).pnl_of_max_pct == share  # of 1,000 - 400 = 600


def test_where_nothing_can_be_won_there_is_no_share(chain: Chain) -> None:
    assert view_of(held(price="0.10").ledger.book, chain).pnl_of_max_pct is None


@pytest.mark.parametrize("ask", [math.inf, 1e300])
def test_an_ask_that_nobody_can_pay_gives_no_closing_cost(chain: Chain, ask: float) -> None:
    absurd = chain.ask.copy()
    absurd[:] = ask
    assert view_of(held(2).ledger.book, replace(chain, ask=absurd)).closing_cost is None


def test_closing_costs_the_asks_of_what_was_sold_and_brings_the_bids_of_what_was_bought(chain: Chain) -> None:
    bid, ask = (
        {leg.contract: from_float(float(column[chain.row(leg.contract)])) for leg in condor().legs}
        for column in (chain.bid, chain.ask)
    )
    long_put, short_put, short_call, long_call = (leg.contract for leg in condor().legs)
    per_share = sum(filter(None, (ask[short_put], ask[short_call]))) - sum(
        filter(None, (bid[long_put], bid[long_call]))
    )
    assert view_of(held(2).ledger.book, chain).closing_cost == per_share * 200


def test_without_a_chain_only_the_ledgers_figures_are_known() -> None:
    view = view_of(held().ledger.book)
    assert (view.greeks, view.iv, view.closing_cost) == (None, None, None)
    assert (view.mark, view.pnl) == (dollars(-250), 0)


@pytest.mark.parametrize("column", ["bid", "ask"])
@pytest.mark.parametrize("value", [np.nan, -1.0])
def test_one_leg_without_a_quote_leaves_the_position_without_greeks(chain: Chain, column: str, value: float) -> None:
    broken = getattr(chain, column).copy()
    broken[chain.row(contract(280, Right.CALL))] = value
    holes = {column: broken}
    view = view_of(held().ledger.book, replace(chain, **holes))
    assert (view.greeks, view.iv, view.closing_cost) == (None, None, None)


def test_a_leg_quoted_around_exercise_keeps_the_position_in_the_greeks_and_says_so(make_chain: MakeChain) -> None:
    chain = make_chain("TSLA", 290.0, (*STRIKES, 300, 310))
    plain = view_of(held().ledger.book, chain)
    bid, ask = chain.bid.copy(), chain.ask.copy()
    row = chain.row(contract(270, Right.CALL))
    bid[row], ask[row] = 290 - 270 - 1.0, 290 - 270 + 0.5
    seen = view_of(held().ledger.book, replace(chain, bid=bid, ask=ask))
    assert (plain.is_iv_borrowed, seen.is_iv_borrowed) == (False, True)
    assert plain.greeks is not None
    assert seen.greeks is not None
    assert seen.greeks.delta == pytest.approx(plain.greeks.delta, abs=0.5)


def test_a_leg_that_was_never_quoted_leaves_the_position_without_greeks(make_chain: MakeChain) -> None:
    view = view_of(held().ledger.book, make_chain("TSLA", SPOT, (230, 240, 250, 260, 270, 290)))
    assert (view.greeks, view.iv, view.closing_cost) == (None, None, None)


@pytest.mark.parametrize(("age_s", "is_valued"), [(15, True), (16, False)])
def test_legs_of_different_times_are_not_valued_together(chain: Chain, age_s: int, is_valued: bool) -> None:
    quoted_at = chain.quoted_at.copy()
    quoted_at[chain.row(contract(280, Right.CALL))] = epoch_us(NOW - dt.timedelta(seconds=age_s))
    view = view_of(held().ledger.book, replace(chain, quoted_at=quoted_at))
    assert (view.greeks is not None, view.closing_cost is not None) == (is_valued, is_valued)


def test_a_chain_without_a_spot_gives_no_greeks_but_prices_the_close(chain: Chain) -> None:
    view = view_of(held().ledger.book, replace(chain, spot=float("nan")))
    assert (view.greeks, view.iv) == (None, None)
    assert view.closing_cost == view_of(held().ledger.book, chain).closing_cost


def test_each_position_is_valued_on_the_chain_of_its_own_symbol(make_chain: MakeChain) -> None:
    clerk = held()
    clerk.open("-2.50", structure=condor(symbol="SPY"))
    chains = {"TSLA": make_chain("TSLA", SPOT, STRIKES)}
    views = value_positions(clerk.ledger.book, chains, NOW, RATE)
    assert [view.greeks is None for view in views.values()] == [False, True]
    chains["SPY"] = make_chain("SPY", 245.0, STRIKES)
    first, second = value_positions(clerk.ledger.book, chains, NOW, RATE).values()
    assert first.greeks is not None
    assert second.greeks is not None
    assert first.greeks.delta != second.greeks.delta


def test_a_book_without_positions_has_no_views(chain: Chain) -> None:
    clerk = Clerk()
    clerk.intend()
    assert value_positions(clerk.ledger.book, {"TSLA": chain}, NOW, RATE) == {}
    assert order().position_id not in clerk.ledger.book.positions
