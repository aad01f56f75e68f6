"""Hedges: a position's own delta against the closed form, the band's two edges, the cool-down, and what can be paid."""

import datetime as dt
import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.chain_values import chain_values
from engine.core.calendar import years_to_expiry
from engine.core.money import dollars
from engine.domain.mindfolio import Parameter
from engine.domain.position import Position
from engine.domain.scan import ManageContext
from engine.modules.board import remember
from engine.modules.gamma_hedges import BACKTEST_NOTE, GLANCE, _glance, deltas, hedge, straddles
from engine.modules.gamma_rules import GammaRules
from tests.engine.modules.gamma_scenes import CALL, NOW, RATE, chain, managing, module, position
from tests.fakes import EXPIRATION, new_york


def wanted(held: Position, context: ManageContext, **parameters: Parameter) -> int | None:
    """Shares of the hedge, None without one."""
    found = hedge(held, context, GammaRules.of(module(**parameters)))
    return None if found is None else found.shares


def delta_of(spot: float, shares: int = 0, quantity: int = 1) -> float:
    found = deltas(position(shares, quantity), chain(spot), NOW, RATE)
    assert found is not None
    return found.total


def by_hand(spot: float) -> float:
    """100 x (2 N(d1) - 1): a straddle's delta by Black and Scholes."""
    deviation = 0.25 * math.sqrt(years_to_expiry(NOW, EXPIRATION))
    d1 = (math.log(spot / 100) + RATE * years_to_expiry(NOW, EXPIRATION)) / deviation + deviation / 2
    return 100 * (2 * NormalDist().cdf(d1) - 1)


class TestDelta:
    # 39.25 days are 0.10753 years, a deviation of 0.081982: at 102 d1 is 0.33500 and N(d1) 0.63119.
    def test_it_is_the_options_at_todays_volatility_and_the_shares(self) -> None:
        assert by_hand(102) == pytest.approx(26.24, abs=0.01)
        assert delta_of(102) == pytest.approx(26.24, abs=0.5)
        assert delta_of(102, shares=-26) == pytest.approx(0.24, abs=0.5)
        assert delta_of(102, quantity=3) == pytest.approx(3 * delta_of(102), abs=1e-4)

    @pytest.mark.parametrize("spot", [97.0, 100.0, 102.0, 104.0, 108.0])
    def test_it_agrees_with_the_closed_form(self, spot: float) -> None:
        # Early exercise of the put makes the American one's a little more negative.
        assert -1.5 < delta_of(spot) - by_hand(spot) < 0.8

    @pytest.mark.parametrize("spot", [98.0, 100.0, 101.0, 103.0])
    def test_the_quick_look_is_as_near_as_it_says_where_a_band_may_lie(self, spot: float) -> None:
        held, market = position(quantity=2), chain(spot)
        assert abs(_glance(held, market, managing(market)) - delta_of(spot, quantity=2)) < GLANCE * 2

    def test_it_moves_with_volatility(self) -> None:
        calm, wild = (deltas(position(), chain(104, volatility), NOW, RATE) for volatility in (0.15, 0.60))
        assert calm is not None
        assert wild is not None
        assert calm.total > 2 * wild.total > 0

    def test_what_is_quoted_below_its_exercise_moves_as_the_shares_that_it_gives(self) -> None:
        # 30.01 for the 100 call at 131 is below the 31 that exercise brings; the put is bid nothing.
        market = chain(131, volatility=0.10)
        row = market.row(CALL)
        assert row is not None
        bid, ask = market.bid.copy(), market.ask.copy()
        bid[row], ask[row] = 30.00, 30.02
        below = deltas(position(quantity=2), replace(market, bid=bid, ask=ask), NOW, RATE)
        assert below is not None
        assert below.total == pytest.approx(200, abs=3)

    def test_an_option_that_is_not_quoted_leaves_it_unknown_and_nothing_is_hedged(self) -> None:
        market = chain(110, strikes=(105.0, 131.0, 1.0))
        assert deltas(position(), market, NOW, RATE) is None
        assert wanted(position(), managing(market)) is None


class TestBand:
    def test_shares_are_sold_short_above_and_bought_below(self) -> None:
        assert wanted(position(), managing(chain(102))) == -26
        assert wanted(position(), managing(chain(100))) is None
        assert wanted(position(), managing(chain(97))) == 23

    @pytest.mark.parametrize("quantity", [1, 3])
    def test_exactly_at_the_band_nothing_is_done(self, quantity: int) -> None:
        context, held = managing(chain(102)), position(quantity=quantity)
        edge = delta_of(102, quantity=quantity) / quantity
        assert wanted(held, context, hedge_band=edge + 1e-5) is None
        assert wanted(held, context, hedge_band=edge - 1e-5) == -round(delta_of(102, quantity=quantity))

    def test_a_hedge_goes_back_to_the_inner_band(self) -> None:
        assert wanted(position(), managing(chain(102)), hedge_to=10) == -16
        assert wanted(position(), managing(chain(97)), hedge_to=10) == 13

    def test_a_hedge_that_is_too_small_is_left(self) -> None:
        context = managing(chain(102))
        assert wanted(position(), context, min_hedge=26) == -26
        assert wanted(position(), context, min_hedge=27) is None

    @settings(max_examples=30)
    @given(
        spot=st.floats(85, 118),
        shares=st.integers(-100, 100),
        quantity=st.integers(1, 4),
        inner=st.integers(0, 14),
    )
    def test_after_a_hedge_the_delta_is_at_the_inner_band_and_needs_none(
        self, spot: float, shares: int, quantity: int, inner: int
    ) -> None:
        held, market = position(shares, quantity, since=new_york(9, 31)), chain(spot)
        count = wanted(held, managing(market), hedge_to=inner)
        before = deltas(held, market, NOW, RATE)
        assert before is not None
        if count is None:
            # Within the band as far as the quick look sees, or so near the inner one that the least hedge is too large.
            assert abs(before.total) <= max(15 * quantity + 12 * quantity, inner * quantity + 5.5)
            return
        after = before.total + count
        assert abs(abs(after) - inner * quantity) <= 0.51
        assert (
            wanted(position(shares + count, quantity, since=new_york(9, 31)), managing(market), hedge_to=inner) is None
        )


class TestValuesKnownAlready:
    def test_a_hedge_by_them_is_the_one_by_a_valuation_of_its_own(self) -> None:
        known = chain(102)
        remember(known, chain_values(known, NOW, RATE), NOW, RATE)
        assert wanted(position(), managing(known)) == wanted(position(), managing(chain(102))) == -26

    def test_they_are_what_is_gone_by(self) -> None:
        known, values = chain(102), chain_values(chain(102), NOW, RATE)
        # As if a call had a delta of 0.9 and a put of -0.4: fifty shares, of which there is no other way to know.
        delta = np.where(values.delta > 0, 0.9, -0.4)
        remember(known, replace(values, delta=delta), NOW, RATE)
        assert wanted(position(), managing(known)) == -50

    def test_where_they_lack_an_option_it_is_valued(self) -> None:
        known, values = chain(102), chain_values(chain(102), NOW, RATE)
        remember(known, replace(values, delta=np.full(values.delta.size, np.nan)), NOW, RATE)
        assert wanted(position(), managing(known)) == -26


class TestCoolDown:
    @pytest.mark.parametrize(("seconds", "count"), [(299, None), (300, -26)])
    def test_the_next_hedge_waits_five_minutes(self, seconds: int, count: int | None) -> None:
        context = managing(chain(102), hedged_at=NOW - dt.timedelta(seconds=seconds))
        assert wanted(position(), context) == count

    @pytest.mark.parametrize(("spot", "count"), [(102.2, None), (102.5, -31)])
    def test_twice_the_band_does_not_wait(self, spot: float, count: int | None) -> None:
        # 28 shares are less than twice 15, 31 are more.
        assert wanted(position(), managing(chain(spot), hedged_at=NOW)) == count

    def test_after_a_restart_the_newest_lot_of_shares_is_remembered(self) -> None:
        market = chain(104)
        assert wanted(position(-20, since=new_york(9, 56)), managing(market)) is None
        assert wanted(position(-20, since=new_york(9, 55)), managing(market)) is not None

    def test_yesterdays_hedge_is_no_reason_to_wait(self) -> None:
        context = managing(chain(102), hedged_at=NOW - dt.timedelta(days=1))
        assert wanted(position(), context, cool_down=390) == -26


class TestMeans:
    @pytest.mark.parametrize(("available", "count"), [("7956", -26), ("7955.98", -25), ("1530", -5), ("1529.98", -26)])
    def test_what_cannot_be_paid_for_is_cut_and_below_the_least_asked_for_in_full(
        self, available: str, count: int
    ) -> None:
        # A share sold short takes 153, and a position half of the means: 26 take 3,978 of 7,956, five 765 of 1,530.
        assert wanted(position(), managing(chain(102), available=dollars(available))) == count

    def test_shares_bought_take_their_price(self) -> None:
        # 23 at 97 take 2,231, half of 4,462.
        for available, count in (("4462", 23), ("4461.98", 22)):
            assert wanted(position(), managing(chain(97), available=dollars(available))) == count

    def test_what_the_position_takes_already_counts_as_its_own(self) -> None:
        # (6,000 + 2,000) / 2 less 2,000 leave 2,000: 13 shares at 153, and with a share of 100 % all 26.
        held, context = replace(position(), used=dollars(2000)), managing(chain(102), available=dollars(6000))
        assert wanted(held, context) == -13
        assert wanted(held, context, position_share_pct=100) == -26

    def test_shares_come_off_without_any_money(self) -> None:
        assert wanted(position(-60, since=new_york(9, 31)), managing(chain(102), available=0)) == 34

    def test_a_cut_hedge_says_what_would_be_right(self) -> None:
        found = hedge(position(), managing(chain(102), available=dollars(4000)), GammaRules.of(module()))
        assert found is not None
        assert found.why.endswith("is outside 15: -13 at 102.00, -26 would be right and take more than is available")


@pytest.mark.parametrize("changes", [{"mark": None}, {"chain": None}])
def test_without_fresh_quotes_nothing_is_hedged(changes: dict[str, Any]) -> None:
    assert wanted(position(), managing(chain(102), **changes)) is None


def test_the_band_counts_the_right_that_is_held_most() -> None:
    held = position(quantity=2)
    assert straddles(held) == 2
    assert straddles(replace(held, lots=held.lots[1:])) == 2
    assert straddles(replace(held, lots=())) == 0
    assert held.lots[1].contract == CALL


def test_a_backtest_says_that_it_hedges_once_a_day() -> None:
    assert "once a day" in BACKTEST_NOTE
