"""What explains a contract's move, against Black and Scholes written out here, one cause at a time."""

import datetime as dt
import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from engine.core.calendar import years_to_expiry
from engine.core.money import UNIT, dollars
from engine.domain.chain import Chain
from engine.domain.explained import PnlParts
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position
from engine.domain.structure import Leg, Structure, StructureKind
from engine.portfolio.explained import LEG_PARTS, Point, explain, in_money, leg_parts, point
from tests.builders import APRIL, NOW, contract

RATE, SPOT, VOLATILITY = 0.04, 260.0, 0.25
STRIKES = tuple(range(230, 295, 5))
CALL = contract(265, Right.CALL)
NORMAL = NormalDist()
DAY = dt.timedelta(days=1)


def value(strike: float, side: int, spot: float, volatility: float, now: dt.datetime) -> float:
    """Black and Scholes without dividends, by hand; a call without dividends is never exercised early."""
    years = years_to_expiry(now, APRIL)
    deviation = volatility * math.sqrt(years)
    first = (math.log(spot / strike) + RATE * years) / deviation + deviation / 2
    price = spot * NORMAL.cdf(side * first)
    return side * (price - strike * math.exp(-RATE * years) * NORMAL.cdf(side * (first - deviation)))


def chain(spot: float = SPOT, volatility: float = VOLATILITY, now: dt.datetime = NOW, half: float = 0.02) -> Chain:
    """A chain around hand-made prices; puts are priced like European ones, and only stand beside the calls."""
    rows = sorted(
        (contract(strike, right).key, value(strike, side, spot, volatility, now))
        for strike in STRIKES
        for right, side in ((Right.CALL, 1), (Right.PUT, -1))
    )
    mids = np.array([mid for _, mid in rows])
    size = np.full(mids.size, 100.0)
    at = np.full(mids.size, round(now.timestamp() * 1e6), dtype=np.int64)
    keys = np.array([key for key, _ in rows], dtype=np.int64)
    return Chain("TSLA", 1, now, spot, now, keys, mids - half, mids + half, size, size, at)


def seen(chain_: Chain, now: dt.datetime = NOW, *contracts: OptionContract) -> Point:
    return point(chain_, [each.key for each in contracts or (CALL,)], now, RATE)


def parts_of(start: Point, end: Point) -> dict[str, float]:
    return dict(zip(LEG_PARTS, leg_parts(start, end)[:, 0].tolist(), strict=True))


def test_a_small_move_of_the_underlying_is_delta_and_half_its_square_gamma() -> None:
    step = 0.5
    up, here, down = (value(265, 1, SPOT + by, VOLATILITY, NOW) for by in (step, 0.0, -step))
    told = parts_of(seen(chain()), seen(chain(SPOT + step)))
    # The puts beside the calls are European here, so the forward that parity implies is off by a little.
    assert told["delta"] == pytest.approx((up - down) / 2, rel=5e-3)
    assert told["gamma"] == pytest.approx((up - 2 * here + down) / 2, rel=2e-2)
    assert told["theta"] == 0.0
    assert told["cross"] == pytest.approx(0.0, abs=1e-4)
    assert told["vega"] + told["noise"] == pytest.approx(0.0, abs=1e-3)


def test_a_day_is_theta_and_what_it_does_to_theta_is_cross() -> None:
    later = NOW + DAY
    told = parts_of(seen(chain()), seen(chain(now=later), later))
    decay = value(265, 1, SPOT, VOLATILITY, later) - value(265, 1, SPOT, VOLATILITY, NOW)
    assert told["theta"] < 0
    assert told["theta"] + told["cross"] == pytest.approx(decay, abs=2e-3)
    assert abs(told["cross"]) < 0.03 * abs(decay)
    assert told["delta"] == pytest.approx(0.0, abs=2e-3)


def test_a_move_of_all_volatilities_is_vega_with_volga_in_the_cross_terms() -> None:
    told = parts_of(seen(chain()), seen(chain(volatility=0.30)))
    change = value(265, 1, SPOT, 0.30, NOW) - value(265, 1, SPOT, VOLATILITY, NOW)
    slope = (value(265, 1, SPOT, 0.2501, NOW) - value(265, 1, SPOT, 0.2499, NOW)) / 0.02
    assert told["vega"] == pytest.approx(5 * slope, rel=2e-3)
    assert told["vega"] + told["cross"] == pytest.approx(change, abs=2e-3)
    assert told["noise"] == pytest.approx(0.0, abs=1e-3)


def test_a_quote_that_moves_by_itself_is_noise_but_for_its_fifth_of_the_line() -> None:
    moved = chain()
    row = moved.row(CALL)
    assert row is not None
    bid, ask = moved.bid.copy(), moved.ask.copy()
    bid[row] += 0.20
    ask[row] += 0.20
    told = parts_of(seen(chain()), seen(replace(moved, bid=bid, ask=ask)))
    assert told["vega"] + told["noise"] == pytest.approx(0.20, abs=5e-3)
    # One of five strikes, of about the same weight: the line through them goes up by about a fifth of its move.
    assert told["vega"] == pytest.approx(0.04, abs=0.01)
    assert told["delta"] == pytest.approx(0.0, abs=1e-3)


def test_a_large_move_in_everything_is_told_by_the_cross_terms() -> None:
    later = NOW + 10 * DAY
    told = parts_of(seen(chain()), seen(chain(275.0, 0.32, later), later))
    change = value(265, 1, 275.0, 0.32, later) - value(265, 1, SPOT, VOLATILITY, NOW)
    assert sum(told.values()) == pytest.approx(change, abs=5e-3)
    assert abs(told["cross"]) > 0.3


def test_the_end_of_a_contract_is_the_end_of_its_time_value_and_a_move_by_exercise() -> None:
    end = dt.datetime(2026, 4, 17, 20, 0, tzinfo=dt.UTC)
    before = end - dt.timedelta(minutes=15)
    start = seen(chain(266.0, now=before), before)
    last = chain(266.0, now=before)
    row = last.row(CALL)
    assert row is not None
    told = parts_of(start, seen(replace(last, spot=268.0, at=end), end))
    mid = 0.5 * (last.bid[row] + last.ask[row])
    assert told["delta"] == pytest.approx(2.0)
    assert told["theta"] == pytest.approx(1.0 - mid)
    # The last quote was of a price of 266: what it did not follow is the quote's.
    assert told["noise"] == pytest.approx(mid - 3.0)
    assert told["gamma"] == told["vega"] == told["cross"] == 0.0


def test_a_contract_that_the_chain_has_never_shown_leaves_the_change_residual() -> None:
    strange = contract(500, Right.CALL)
    start, end = seen(chain()), seen(chain(261.0))
    held = position(((CALL, -1), (strange, 1)), -2)
    assert explain(held, start, end, leg_parts(start, end), 777, SPOT) == PnlParts(residual=777)


def position(legs: tuple[tuple[OptionContract, int], ...], quantity: int, shares: int = 0) -> Position:
    structure = Structure(StructureKind.CUSTOM, tuple(Leg(each, ratio) for each, ratio in legs), shares)
    return Position("P000001", "alpha", structure, quantity, quantity, 0, NOW)


def test_a_covered_call_in_money_with_the_shares_in_its_delta() -> None:
    start, end = seen(chain()), seen(chain(260.5))
    legs = leg_parts(start, end)
    change = dollars("41.37")
    parts = explain(position(((CALL, -1),), 2, 100), start, end, legs, change, SPOT)
    assert parts.total == change
    assert parts.delta == pytest.approx((200 * 0.5 - 200 * legs[0, 0]) * UNIT, abs=1)
    assert parts.gamma == pytest.approx(-200 * legs[1, 0] * UNIT, abs=1)
    assert parts.residual == change - sum(parts.values[:5]) - parts.noise


def test_parts_are_rounded_so_that_none_is_lost() -> None:
    third = 0.0001 / 3
    parts = in_money({"delta": third, "gamma": third, "theta": third}, 1)
    assert (parts.total, parts.residual) == (1, 0)
    assert sorted((parts.delta, parts.gamma, parts.theta)) == [0, 0, 1]


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_what_cannot_be_told_is_residual(broken: float) -> None:
    assert in_money({"delta": 1.0, "vega": broken}, 250) == PnlParts(residual=250)
