"""A chain's own volatilities and Greeks, row by row beside its quotes."""

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest

from engine.analytics.american import Method, american, american_price
from engine.analytics.american_dividends import CashDividends, american_with_dividends
from engine.analytics.black_scholes import european
from engine.analytics.chain_values import chain_values
from engine.analytics.kernel import IvStatus
from engine.core.calendar import years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import contract_keys, decode_keys
from tests.american_oracle import american_by_quantlib

NOW = dt.datetime(2026, 3, 16, 18, 0, tzinfo=dt.UTC)
EXPIRATIONS = (dt.date(2026, 3, 20), dt.date(2026, 4, 17), dt.date(2026, 9, 18))
FORWARDS = (100.1, 99.6, 101.5)
RATE, SPOT = 0.04, 100.0
STRIKES = np.arange(90, 111, 2, dtype=np.int64) * UNIT


def smile(strike: Floats, years: Floats) -> Floats:
    return 0.5 + 0.3 * np.abs(np.log(strike / SPOT)) + 0.05 / (1.0 + years)


def quoted_spot() -> float:
    """The spot that the nearest forward tells: the chain's own is of another instant."""
    return FORWARDS[0] * math.exp(-RATE * years_to_expiry(NOW, EXPIRATIONS[0]))


def model_chain(spot: float = SPOT) -> tuple[Chain, Floats]:
    """A chain quoted around model prices with a known smile, and that smile."""
    key = np.concatenate(
        [
            contract_keys(np.full(STRIKES.size, day.toordinal()), np.full(STRIKES.size, is_put), STRIKES)
            for day in EXPIRATIONS
            for is_put in (False, True)
        ]
    )
    _, is_put, strikes = decode_keys(key)
    rows_each = 2 * STRIKES.size
    years = np.repeat([years_to_expiry(NOW, day) for day in EXPIRATIONS], rows_each)
    forward, strike = np.repeat(FORWARDS, rows_each), strikes / UNIT
    volatility = smile(strike, years)
    price = american_price(quoted_spot(), forward, strike, years, RATE, volatility, is_put)
    count = np.full(key.size, 50.0)
    quoted = np.full(key.size, epoch_us(NOW))
    return Chain("XYZ", 1, NOW, spot, NOW, key, price, price.copy(), count, count.copy(), quoted), volatility


def with_quotes(chain: Chain, bid: Floats, ask: Floats) -> Chain:
    return Chain(
        chain.symbol, 2, NOW, chain.spot, NOW, chain.key, bid, ask, chain.volume, chain.open_interest, chain.quoted_at
    )


def test_the_smile_that_made_the_quotes_comes_back() -> None:
    chain, volatility = model_chain()
    values = chain_values(chain, NOW, RATE, method=Method.BOOK)
    assert values.valid.all()
    # What is left is the premium's second order in the forward of half a year.
    np.testing.assert_allclose(values.iv, volatility, rtol=2e-4)
    np.testing.assert_allclose(values.forward, np.repeat(FORWARDS, 2 * STRIKES.size), rtol=3e-5)
    np.testing.assert_allclose(values.mid, chain.bid, rtol=1e-15)
    assert values.spot == pytest.approx(quoted_spot(), rel=1e-6)
    assert np.unique(values.years).tolist() == sorted(years_to_expiry(NOW, day) for day in EXPIRATIONS)


def test_the_quick_method_is_close_to_the_precise_one() -> None:
    chain, _ = model_chain()
    quick, precise = chain_values(chain, NOW, RATE), chain_values(chain, NOW, RATE, method=Method.BOOK)
    np.testing.assert_allclose(quick.iv, precise.iv, atol=3e-4)
    np.testing.assert_allclose(quick.delta, precise.delta, atol=1e-3)


def test_european_volatility_would_be_wrong_for_puts_in_the_money() -> None:
    chain, volatility = model_chain()
    values = chain_values(chain, NOW, RATE, method=Method.BOOK)
    _, is_put, strikes = decode_keys(chain.key)
    far_puts = is_put & (strikes > 104 * UNIT) & (values.years > 0.4)
    as_european = european(quoted_spot(), values.forward, strikes / UNIT, values.years, RATE, volatility, is_put)
    assert (chain.bid - as_european.price)[far_puts].min() > 0.05


def test_greeks_are_those_of_a_spot_that_carries_the_forward() -> None:
    chain, volatility = model_chain()
    values = chain_values(chain, NOW, RATE, method=Method.BOOK)
    _, is_put, strikes = decode_keys(chain.key)
    strike = strikes / UNIT
    carried = np.full(strike.size, quoted_spot())

    def european_price(move: float, days: float) -> Floats:
        # Dividends to come are an amount: the spot's move and the passing days leave it as it is.
        spot = values.forward * np.exp(-RATE * values.years) + move
        years = values.years - days / 365.0
        return european(spot, spot * np.exp(RATE * years), strike, years, RATE, volatility, is_put).price

    plain = european(carried, values.forward, strike, values.years, RATE, volatility, is_put)
    alive = american(carried, values.forward, strike, values.years, RATE, volatility, is_put)
    delta = (european_price(0.01, 0) - european_price(-0.01, 0)) / 0.02 + alive.delta - plain.delta
    theta = (european_price(0, 0.01) - european_price(0, -0.01)) / 0.02 + alive.theta - plain.theta
    # The more of an option is early exercise, the less of it moves with the forward.
    hardly = np.abs(alive.price - plain.price) < 1e-3
    assert hardly.mean() > 0.3
    np.testing.assert_allclose(values.delta[hardly], delta[hardly], atol=1e-4)
    np.testing.assert_allclose(values.theta[hardly], theta[hardly], atol=1e-4)
    np.testing.assert_allclose(values.delta, delta, atol=1e-3)
    assert (values.vega > 0).all()
    calls = ~is_put
    assert (values.delta[calls] - values.delta[is_put] >= 1.0 - 1e-6).all()


def test_greeks_are_quantlibs_with_the_dividend_taken_out_of_the_spot() -> None:
    chain, volatility = model_chain()
    values = chain_values(chain, NOW, RATE, method=Method.BOOK)
    ordinals, is_put, strikes = decode_keys(chain.key)
    rows = np.flatnonzero((ordinals == EXPIRATIONS[1].toordinal()) & (is_put == (strikes <= 100 * UNIT)))
    assert rows.size == STRIKES.size

    def price(row: int, move: float = 0.0, days: float = 0.0) -> float:
        years = values.years[row] - days / 365
        spot = values.forward[row] * math.exp(-RATE * values.years[row]) + move
        terms = (float(strikes[row]) / UNIT, years, RATE, float(volatility[row]))
        return american_by_quantlib(spot, spot * math.exp(RATE * years), *terms, is_put=bool(is_put[row]))

    for row in rows.tolist():
        up, here, down = price(row, 0.5), price(row), price(row, -0.5)
        assert values.delta[row] == pytest.approx(up - down, abs=4e-3)
        assert values.gamma[row] == pytest.approx((up - 2 * here + down) / 0.25, abs=1e-3)
        assert values.theta[row] == pytest.approx((price(row, days=0.2) - price(row, days=-0.2)) / 0.4, abs=2e-3)


def test_known_dividends_are_taken_on_their_days() -> None:
    dividends = CashDividends(np.array([0.02, 0.27]), np.array([0.8, 0.8]))
    chain, volatility = model_chain()
    _, is_put, strikes = decode_keys(chain.key)
    years = np.repeat([years_to_expiry(NOW, day) for day in EXPIRATIONS], 2 * STRIKES.size)
    price = american_with_dividends(SPOT, strikes / UNIT, years, RATE, volatility, is_put, dividends).price
    values = chain_values(with_quotes(chain, price, price.copy()), NOW, RATE, dividends=dividends)
    assert values.valid.all()
    np.testing.assert_allclose(values.iv, volatility, atol=6e-3)
    # The forwards are implied with a yield for what the dividends do to exercise.
    assert np.abs(values.iv - volatility).mean() < 2.5e-3


def test_only_wanted_rows_are_valued() -> None:
    chain, _ = model_chain()
    wanted = np.arange(chain.key.size) % 3 == 0
    some, everything = chain_values(chain, NOW, RATE, wanted=wanted), chain_values(chain, NOW, RATE)
    assert np.array_equal(some.valid, wanted)
    np.testing.assert_allclose(some.iv[wanted], everything.iv[wanted], rtol=1e-12)
    assert (some.status[~wanted] == IvStatus.NOT_ASKED).all()


def test_a_spot_of_another_minute_leaves_theta_alone() -> None:
    chain, _ = model_chain()
    shifted, _ = model_chain(spot=SPOT * 1.005)
    np.testing.assert_allclose(chain_values(shifted, NOW, RATE).theta, chain_values(chain, NOW, RATE).theta, rtol=1e-6)


def test_each_unusable_quote_spoils_its_own_row_only() -> None:
    chain, volatility = model_chain()
    bid, ask = chain.bid.copy(), chain.ask.copy()
    bid[0], ask[0] = 0.0, 0.0  # nothing offered
    bid[1], ask[1] = ask[1] + 1.0, bid[1]  # crossed
    bid[2] = math.nan
    ask[3] = math.nan
    bid[4], ask[4] = 0.0, 0.0001  # in the money at next to nothing: below intrinsic value
    bid[5], ask[5] = 150.0, 151.0  # more than the forward
    bid[10], ask[10] = 0.0, 0.03  # a wing without a bid is worth half its ask
    values = chain_values(with_quotes(chain, bid, ask), NOW, RATE)
    spoilt = np.zeros(chain.key.size, dtype=np.bool_)
    spoilt[:6] = True
    assert np.array_equal(values.valid, ~spoilt)
    for column in (values.iv, values.delta, values.gamma, values.theta, values.vega):
        assert np.isnan(column[spoilt]).all()
        assert np.isfinite(column[~spoilt]).all()
    reasons = [
        IvStatus.NO_PRICE,
        IvStatus.CROSSED,
        IvStatus.NOT_FINITE,
        IvStatus.NOT_FINITE,
        IvStatus.BELOW_INTRINSIC,
        IvStatus.ABOVE_MAXIMUM,
    ]
    assert values.status[:6].tolist() == reasons
    assert values.mid[10] == 0.015
    np.testing.assert_allclose(values.iv[11:], volatility[11:], rtol=2e-3)


def test_a_leg_quoted_around_exercise_borrows_the_volatility_of_the_other_side() -> None:
    chain, _ = model_chain()
    clean = chain_values(chain, NOW, RATE, method=Method.BOOK)
    _, is_put, strikes = decode_keys(chain.key)
    # The put struck at 110 of the nearest expiration, 60 cents wide around a mid five cents below exercise.
    row = int(np.flatnonzero(is_put & (strikes == 110 * UNIT))[0])
    twin = row - STRIKES.size
    exercise = 110 - quoted_spot()
    bid, ask = chain.bid.copy(), chain.ask.copy()
    bid[row], ask[row] = exercise - 0.35, exercise + 0.25
    only = np.arange(chain.key.size) == row
    for wanted in (None, only):
        values = chain_values(with_quotes(chain, bid, ask), NOW, RATE, wanted=wanted, method=Method.BOOK)
        assert values.status[row] == IvStatus.BELOW_INTRINSIC
        assert not values.valid[row]
        assert np.flatnonzero(values.borrowed).tolist() == [row]
        assert values.iv[row] == pytest.approx(clean.iv[twin], rel=1e-9)
        assert values.delta[row] == pytest.approx(clean.delta[row], abs=2e-3)
        assert values.gamma[row] == pytest.approx(clean.gamma[row], rel=2e-2)
    assert np.isnan(values.iv[~only]).all()

    def borrows(own_ask: float = ask[row], other_ask: float = ask[twin], age: int = 0) -> bool:
        asks, quoted = ask.copy(), chain.quoted_at.copy()
        asks[row], asks[twin], quoted[twin] = own_ask, other_ask, quoted[twin] - age
        altered = replace(with_quotes(chain, bid.copy(), asks), quoted_at=quoted)
        return bool(chain_values(altered, NOW, RATE, wanted=only).borrowed.any())

    assert borrows()
    assert not borrows(age=1)
    assert not borrows(own_ask=exercise - 0.01)  # nobody sells below exercise: a fault
    assert not borrows(other_ask=math.nan)


@pytest.mark.parametrize("method", list(Method))
def test_what_is_worth_exercising_moves_like_shares_and_nothing_moves_more(method: Method) -> None:
    # Calls and puts around a yield of 1.3 %, quoted 20 cents each way, far in the money too.
    day = dt.date(2026, 6, 19)
    strikes = np.arange(60, 141, 5, dtype=np.int64) * UNIT
    key = np.concatenate(
        [contract_keys(np.full(17, day.toordinal()), np.full(17, put), strikes) for put in (False, True)]
    )
    _, is_put, strike = decode_keys(key)
    years = years_to_expiry(NOW, day)
    price = american_price(SPOT, SPOT * math.exp((RATE - 0.013) * years), strike / UNIT, years, RATE, 0.18, is_put)
    count = np.full(key.size, 9.0)
    bid, ask = np.maximum(price - 0.2, 0.0), price + 0.2
    chain = Chain("XYZ", 1, NOW, SPOT, NOW, key, bid, ask, count, count.copy(), np.full(key.size, epoch_us(NOW)))
    values = chain_values(chain, NOW, RATE, method=method)
    known = values.valid | values.borrowed
    assert values.borrowed.any()
    side = np.where(is_put, -1.0, 1.0)
    assert ((side * values.delta >= 0) & (side * values.delta <= 1.0))[known].all()
    assert (values.gamma[known] >= -1e-9).all()
    deep = known & is_put & (strike >= 125 * UNIT)
    assert deep.any()
    # The tree does not know the boundary to the last digit.
    slack = 0.0 if method is Method.BOOK else 1e-3
    np.testing.assert_allclose(values.delta[deep], -1.0, rtol=0, atol=slack)
    np.testing.assert_allclose(values.gamma[deep], 0.0, atol=slack)
    np.testing.assert_allclose(values.theta[deep], 0.0, atol=slack)


@pytest.mark.parametrize("ex_days", [2.0, 3.5])
def test_a_dividend_before_the_nearest_expiry_is_taken_off_once(ex_days: float) -> None:
    dividends = CashDividends(np.array([ex_days / 365]), np.array([1.4]))
    chain, _ = model_chain()
    _, is_put, strikes = decode_keys(chain.key)
    near = slice(0, 2 * STRIKES.size)
    years = np.repeat([years_to_expiry(NOW, day) for day in EXPIRATIONS], 2 * STRIKES.size)
    price = american_with_dividends(SPOT, strikes / UNIT, years, RATE, 0.4, is_put, dividends).price
    values = chain_values(with_quotes(chain, price, price.copy()), NOW, RATE, dividends=dividends)
    assert values.spot == pytest.approx(SPOT, abs=0.1)
    close = values.valid[near] & (np.abs(strikes[near] / UNIT - SPOT) < 5)
    assert np.abs(values.iv[near][close] - 0.4).max() < 0.02


def test_an_expired_expiration_has_no_greeks_and_the_others_keep_theirs() -> None:
    chain, _ = model_chain()
    later = dt.datetime(2026, 3, 20, 21, 0, tzinfo=dt.UTC)
    values = chain_values(chain, later, RATE)
    expired = np.arange(chain.key.size) < 2 * STRIKES.size
    assert not values.valid[expired].any()
    assert (values.years[expired] == 0).all()
    assert values.valid[~expired].all()


@pytest.mark.parametrize("spot", [math.nan, 0.0, math.inf])
def test_without_a_spot_nothing_is_valid(spot: float) -> None:
    chain, _ = model_chain(spot=spot)
    assert not chain_values(chain, NOW, RATE).valid.any()


def test_an_empty_chain_has_empty_columns() -> None:
    chain, _ = model_chain()
    none = np.empty(0)
    empty = Chain("XYZ", 1, NOW, SPOT, NOW, chain.key[:0], none, none, none, none, chain.quoted_at[:0])
    values = chain_values(empty, NOW, RATE)
    assert values.years.shape == values.iv.shape == values.valid.shape == (0,)


def test_options_that_cannot_be_exercised_early_are_valued_in_closed_form() -> None:
    day = dt.date(2026, 6, 19)
    strikes = np.arange(80, 121, 5, dtype=np.int64) * UNIT
    key = np.concatenate(
        [contract_keys(np.full(9, day.toordinal()), np.full(9, put), strikes) for put in (False, True)]
    )
    _, is_put, strike = decode_keys(key)
    years = years_to_expiry(NOW, day)
    # A dividend yield of 1 %: the forward is what parity says, and delta is that of spot and forward together.
    forward = SPOT * math.exp((RATE - 0.01) * years)
    exact = european(forward * math.exp(-RATE * years), forward, strike / UNIT, years, RATE, 0.2, is_put)
    count = np.full(key.size, 9.0)
    bid, ask = exact.price - 0.001, exact.price + 0.001
    chain = Chain("SPX", 1, NOW, SPOT, NOW, key, bid, ask, count, count.copy(), np.full(key.size, epoch_us(NOW)))
    values = chain_values(chain, NOW, RATE, is_european=True)
    assert values.valid.all()
    np.testing.assert_allclose(values.forward, forward, rtol=1e-9)
    np.testing.assert_allclose(values.iv, 0.2, rtol=1e-6)
    for name in ("delta", "gamma", "theta", "vega"):
        np.testing.assert_allclose(getattr(values, name), getattr(exact, name), rtol=1e-5)
    # A put far in the money is worth less than exercise would bring, and is no fault of the quote.
    assert (exact.price[is_put] < strike[is_put] / UNIT - SPOT).any()
