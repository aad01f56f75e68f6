"""One position by itself: quotes of its legs, and its results over prices, held against hand-made figures."""

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from engine.core.money import dollars, to_float
from engine.domain.chain import Chain
from engine.domain.package import structure_mark
from engine.domain.position import Position
from engine.domain.position_sheet import PayoffCurves
from engine.domain.structure import Structure, StructureKind, shares_of
from engine.domain.structure_shapes import held_structure
from engine.market.store import MarketStore
from engine.portfolio.position_sheet import leg_lines, payoff_curves
from engine.runtime.desk import RISK_FREE_RATE as RATE
from tests.builders import NOW, condor, position
from tests.engine.runtime.scenes import call, put
from tests.fakes import EXPIRATION, chain_update, new_york

AT = new_york(10)
LATER = EXPIRATION + dt.timedelta(days=28)


def market(spot: float = 100.0, **changes: object) -> Chain:
    """SPY at 100 with two expirations, 25 % volatility."""
    store = MarketStore()
    store.apply(chain_update(AT, spot, expirations=(EXPIRATION, LATER), **changes))  # type: ignore[arg-type]
    chain = store.chain("SPY")
    assert chain is not None
    return chain


def held(*legs: object, cost: str, quantity: int = 1, shares: int = 0, **changes: object) -> Position:
    """A position of SPY that cost so much in all, without commissions so far."""
    structure, _ = held_structure("SPY", legs, shares)  # type: ignore[arg-type]
    made = position(structure=structure, quantity=quantity, cost=dollars(cost), commissions=0)
    return replace(made, **changes)  # type: ignore[arg-type]


CONDOR = (put(88, 1), put(93, -1), call(110, -1), call(115, 1))


def curves(of: Position, chain: Chain | None = None, days: int = 0, volatility: int = 0) -> PayoffCurves:
    return payoff_curves(of, market() if chain is None else chain, AT, RATE, days, volatility)


def at(found: PayoffCurves, column: tuple[int, ...], price: str) -> int:
    return column[found.prices.index(dollars(price))]


class TestLegs:
    def test_each_leg_has_its_quote_and_its_delta_of_the_whole(self) -> None:
        chain = market()
        lines = leg_lines(held(*CONDOR, cost="-240", quantity=3), chain, AT, RATE)
        assert [line.quantity for line in lines] == [3, -3, -3, 3]
        for line in lines:
            assert line.contract is not None
            quote = chain.quote(line.contract)
            assert quote is not None
            assert (line.bid, line.ask, line.mid, line.at) == (quote.bid, quote.ask, quote.mid, AT)
            assert line.volatility == pytest.approx(0.25, abs=0.01)
            assert line.delta is not None
            is_put = line.contract.right.value == "P"
            assert math.copysign(1, line.delta) == math.copysign(1, line.quantity) * (-1 if is_put else 1)
            assert 1 < abs(line.delta) < 90

    def test_shares_are_a_leg(self) -> None:
        (line,) = leg_lines(held(cost="10000", shares=1, quantity=100), market(), AT, RATE)
        assert (line.contract, line.quantity, line.delta) == (None, 100, 100.0)
        assert (line.bid, line.ask) == (dollars("99.99"), dollars("100.01"))

    def test_what_is_not_quoted_is_unknown(self) -> None:
        (line,) = leg_lines(held(put(50, -1), cost="-10"), market(), AT, RATE)
        assert (line.bid, line.mid, line.volatility, line.delta, line.at) == (None, None, None, None, None)
        assert leg_lines(held(put(90, -1), cost="-10"), None, AT, RATE)[0].bid is None
        (stock,) = leg_lines(held(cost="10000", shares=1, quantity=100), None, AT, RATE)
        assert (stock.bid, stock.delta) == (None, 100.0)


class TestPayoff:
    def test_a_condor_at_expiry_is_exact(self) -> None:
        found = curves(held(*CONDOR, cost="-240", quantity=2))
        for price, result in (("93", "240"), ("110", "240"), ("100", "240"), ("88", "-760"), ("115", "-760")):
            assert at(found, found.at_expiry, price) == dollars(result)
        assert found.breakevens == (dollars("91.80"), dollars("111.20"))
        assert found.profits == ((dollars("91.80"), dollars("111.20")),)
        assert (found.best, found.worst) == (dollars(240), dollars(-760))
        assert (found.is_exact, found.expiration, found.days_left) == (True, EXPIRATION, 39)
        assert set(found.breakevens) <= set(found.prices)
        assert all(low < high for low, high in pairwise(found.prices))
        assert len(found.prices) == len(found.at_expiry) == len(found.today) == len(found.chosen)

    def test_costs_paid_so_far_are_taken_off(self) -> None:
        paid = held(*CONDOR, cost="-240", quantity=2, commissions=dollars(5), fees=dollars(1), income=dollars(2))
        found = curves(paid)
        assert found.costs == dollars(4)
        assert at(found, found.at_expiry, "100") == dollars(236)
        assert found.breakevens == (dollars("91.82"), dollars("111.18"))

    def test_today_at_the_spot_is_what_the_mids_say(self) -> None:
        chain, of = market(), held(*CONDOR, cost="-240")
        mark = structure_mark(of.structure, tuple(chain.quote(leg.contract) for leg in of.structure.legs), None)
        assert mark is not None
        found = curves(of)
        today, chosen = found.at_spot
        assert today is not None
        assert to_float(today) == pytest.approx(to_float(mark) + 240, abs=2)
        assert chosen == today
        assert found.today == found.chosen

    def test_time_helps_what_was_sold_and_volatility_hurts_it(self) -> None:
        of = held(*CONDOR, cost="-240")
        now, later = curves(of).at_spot[1], curves(of, days=30).at_spot[1]
        wilder = curves(of, volatility=50).at_spot
        assert now is not None
        assert later is not None
        assert wilder[1] is not None
        assert later > now > wilder[1]
        assert wilder[0] == now, "today is as things are, whatever is chosen"

    def test_at_the_last_day_the_chosen_curve_is_the_result_at_expiry(self) -> None:
        found = curves(held(*CONDOR, cost="-240"), days=400, volatility=50)
        assert found.day == EXPIRATION
        assert found.chosen == pytest.approx(found.at_expiry, abs=200)

    def test_the_chance_of_a_short_put_is_that_of_ending_above_its_break_even(self) -> None:
        found = curves(held(put(95, -1), cost="-100"))
        (zero,) = found.breakevens
        years, volatility = 39.25 / 365, 0.25
        forward = 100 * math.exp(RATE * years)
        d2 = math.log(forward / to_float(zero)) / (volatility * math.sqrt(years)) - volatility * math.sqrt(years) / 2
        assert found.chance == pytest.approx(0.5 * (1 + math.erf(d2 / math.sqrt(2))), abs=0.01)
        assert (found.best, found.worst) == (dollars(100), dollars(-9400))
        assert found.profits == ((zero, found.prices[-1]),)

    def test_a_naked_call_has_no_worst(self) -> None:
        found = curves(held(call(110, -1), cost="-100"))
        assert (found.best, found.worst) == (dollars(100), None)

    def test_two_expirations_are_shown_at_the_first_by_the_model(self) -> None:
        calendar = held(call(100, -1), call(100, 1, LATER), cost="150")
        found = curves(calendar)
        assert (found.is_exact, found.expiration, found.best, found.worst) == (False, EXPIRATION, None, None)
        top = found.prices[int(np.argmax(found.at_expiry))]
        assert to_float(top) == pytest.approx(100, abs=1)
        assert len(found.breakevens) == 2
        assert found.breakevens[0] < dollars(100) < found.breakevens[1]
        for zero in found.breakevens:
            assert abs(found.at_expiry[found.prices.index(zero)]) < dollars(1)
        assert found.chance is not None
        assert 0.2 < found.chance < 0.8
        wilder = curves(calendar, volatility=40)
        assert wilder.at_expiry == found.at_expiry
        assert wilder.at_spot[1] > found.at_spot[1]  # type: ignore[operator]

    def test_shares_are_a_straight_line_and_do_not_expire(self) -> None:
        found = curves(held(cost="9900", shares=1, quantity=100), days=5)
        assert (found.expiration, found.days_left, found.chance) == (None, 0, None)
        assert found.breakevens == (dollars(99),)
        assert found.today == found.at_expiry == found.chosen
        assert found.day == found.now

    def test_a_covered_call_counts_its_shares(self) -> None:
        found = curves(held(call(105, -1), cost="9800", shares=100))
        assert at(found, found.at_expiry, "105") == dollars(700)
        assert (found.best, found.worst) == (dollars(700), dollars(-9800))
        assert found.chance is not None

    def test_without_a_volatility_only_the_expiry_is_known(self) -> None:
        found = curves(held(put(50, -1), cost="-10"))
        assert (found.today, found.chosen, found.at_spot) == ((), (), (None, None))
        assert at(found, found.at_expiry, "50") == dollars(10)
        calendar = curves(held(put(50, -1), put(50, 1, LATER), cost="10"))
        assert (calendar.at_expiry, calendar.breakevens, calendar.profits, calendar.chance) == ((), (), (), None)

    def test_without_a_chain_the_strikes_are_the_middle(self) -> None:
        found = payoff_curves(held(*CONDOR, cost="-240"), None, AT, RATE, 0, 0)
        assert (found.spot, found.today, found.chance) == (None, (), None)
        assert found.breakevens == (dollars("90.60"), dollars("112.40"))

    def test_where_no_price_is_known_there_is_no_curve(self) -> None:
        found = payoff_curves(held(cost="9900", shares=1, quantity=100), None, AT, RATE, 0, 0)
        assert (found.prices, found.at_expiry, found.today, found.profits) == ((), (), (), ())
        assert found.breakevens == (dollars(99),)

    def test_an_index_option_is_valued_without_early_exercise(self, make_chain: Callable[..., Chain]) -> None:
        chain = make_chain("SPX", 5000.0, (4600, 4800, 5000, 5200, 5400))
        strikes = (4600, 4800, 5200, 5400)
        of = position(structure=condor(symbol="SPX", strikes=strikes), cost=dollars(-500), commissions=0)
        found = payoff_curves(of, chain, NOW, RATE, 0, 0)
        assert found.today != ()


def test_stock_of_a_symbol_with_no_options_has_a_line(make_chain: Callable[..., Chain]) -> None:
    chain = make_chain("KO", 60.0, (55, 60, 65))
    of = position(structure=shares_of("KO"), quantity=100, cost=dollars(6000), commissions=0)
    assert of.structure.kind is StructureKind.LONG_STOCK
    assert isinstance(of.structure, Structure)
    assert payoff_curves(of, chain, NOW, RATE, 0, 0).breakevens == (dollars(60),)
