"""Modelled chains: their listing, their smile, their prices, and what they were made from."""

import datetime as dt
import math
from functools import lru_cache

import numpy as np
import pytest

from engine.analytics.american import american_price
from engine.backtest.days import Known
from engine.backtest.modelled import MOST_STRIKES, known_volatilities, modelled_chains
from engine.core.calendar import previous_session, session_on
from engine.core.expiries import ExpiryKind, kind_of
from engine.core.money import UNIT
from engine.domain.chain import Floats, Ints
from engine.domain.contract_keys import decode_keys
from engine.domain.happening import UNKNOWN
from engine.domain.ports import ChainUpdate
from engine.market.iv_history import Volatilities
from engine.market.pasts import Closes

LAST = dt.date(2026, 3, 16)
NOTHING = np.empty(0, dtype=np.int64), np.empty(0)
RATE = 0.04


@lru_cache
def ordinals(count: int = 200) -> Ints:
    days, day = [LAST.toordinal()], LAST
    for _ in range(count - 1):
        day = previous_session(day).day
        days.append(day.toordinal())
    return np.array(days[::-1], dtype=np.int64)


def known(
    close: Floats | float = 100.0,
    volatility: Volatilities | float = 0.3,
    splits: tuple[Ints, Floats] = NOTHING,
    dividends: tuple[Ints, Floats] = NOTHING,
) -> Known:
    day = ordinals()
    prices = np.full(day.size, close) if isinstance(close, float) else close
    told = Volatilities(day, np.full(day.size, volatility)) if isinstance(volatility, float) else volatility
    closes = Closes(day.copy(), prices, splits, dividends)
    return Known(closes, told, splits, dividends, lambda _day: UNKNOWN, lambda _day, _spot: None)


def chain(symbol: str, of: Known, day: dt.date = LAST) -> ChainUpdate:
    (found,) = modelled_chains(symbol, of, [day], RATE)
    return found


def test_there_are_weeklies_for_seven_weeks_and_monthlies_for_a_hundred_days() -> None:
    ordinal, _, _ = decode_keys(chain("KO", known()).key)
    expirations = [dt.date.fromordinal(each) for each in np.unique(ordinal).tolist()]

    days = [(each - LAST).days for each in expirations]
    kinds = [kind_of(each) for each in expirations]
    assert days == [4, 11, 17, 25, 32, 39, 46, 60, 94], "the third of April is Good Friday"
    assert kinds[-2:] == [ExpiryKind.MONTHLY, ExpiryKind.MONTHLY]


def test_strikes_stand_around_the_spot_on_a_usual_grid() -> None:
    update = chain("KO", known())
    ordinal, is_put, strike = decode_keys(update.key)
    weekly = ordinal == dt.date(2026, 3, 27).toordinal()
    one = np.unique(strike[weekly & ~is_put]) / UNIT

    # 2.5 deviations of 30 % over 49 days are 27.5 %: 36 strikes a dollar apart do not reach, 2.50 apart they do.
    assert np.diff(one).tolist() == [2.5] * (one.size - 1)
    assert one[0] == 72.5
    assert one[-1] == 127.5
    assert one.size <= MOST_STRIKES
    assert update.key.tolist() == sorted(set(update.key.tolist()))


def test_a_listing_never_shrinks_and_reaches_where_the_spot_goes() -> None:
    close = np.full(200, 100.0)
    close[-10:] = 130.0
    of = known(close)
    before, after = chain("KO", of, dt.date.fromordinal(int(ordinals()[-11]))), chain("KO", of)

    alive = decode_keys(before.key)[0] >= LAST.toordinal()
    assert np.isin(before.key[alive], after.key).all()
    assert decode_keys(after.key)[2].max() >= 1.5 * 100 * UNIT


def test_a_split_ends_all_listings() -> None:
    close = np.full(200, 400.0)
    close[-10:] = 100.0
    split_day = ordinals()[-10:-9]
    of = known(close, splits=(split_day, np.array([4.0])))

    _, _, strike = decode_keys(chain("KO", of).key)

    assert strike.max() < 200 * UNIT, "nothing of the old shares is left"


def test_at_the_forward_the_price_is_that_of_the_thirty_day_volatility() -> None:
    update = chain("SPY", known())
    ordinal, is_put, strike = decode_keys(update.key)
    day = dt.date(2026, 4, 17)
    row = np.flatnonzero((ordinal == day.toordinal()) & ~is_put & (strike == 100 * UNIT))
    years = 32 / 365
    forward = 100 * math.exp(RATE * years)
    away = math.log(100 / forward) / (0.3 * math.sqrt(years))
    volatility = 0.3 * (1 - 0.325 * away - 0.027 * away**2)  # half a tenth of a deviation below the forward

    expected = american_price(100.0, forward, 100.0, years, RATE, volatility, False)

    mid = (update.bid[row] + update.ask[row]) / 2
    assert mid == pytest.approx(expected, abs=0.02)
    assert (update.bid[row] < expected).all()
    assert (expected < update.ask[row]).all()


def test_below_the_forward_volatility_costs_more_and_a_fund_has_more_of_it() -> None:
    prices = {}
    for symbol in ("SPY", "TSLA"):
        update = chain(symbol, known())
        ordinal, is_put, strike = decode_keys(update.key)
        row = (ordinal == dt.date(2026, 4, 17).toordinal()) & is_put & (strike == 90 * UNIT)
        prices[symbol] = float(((update.bid + update.ask) / 2)[row][0])
    flat = american_price(100.0, 100 * math.exp(RATE * 32 / 365), 90.0, 32 / 365, RATE, 0.3, True)

    assert prices["SPY"] > prices["TSLA"] > flat.item()


def test_an_american_put_is_worth_no_less_than_exercise() -> None:
    update = chain("SPY", known())
    _, is_put, strike = decode_keys(update.key)
    exercise = np.where(is_put, strike / UNIT - 100.0, 100.0 - strike / UNIT)

    assert (update.ask >= exercise - 1e-9).all()


def test_what_a_share_paid_in_a_year_lowers_the_forward() -> None:
    paid = (ordinals()[[50, 110, 170]], np.full(3, 2.0))
    plain, paying = chain("SPY", known()), chain("SPY", known(dividends=paid))
    ordinal, is_put, strike = decode_keys(plain.key)
    row = (ordinal == dt.date(2026, 6, 18).toordinal()) & ~is_put & (strike == 100 * UNIT)

    assert np.array_equal(plain.key, paying.key)
    # Six per cent a year for a quarter times a delta of 0.53 is 0.82; the strike is now above the forward, where the
    # smile has it 1.1 points lower, which is another 0.2 at the money.
    fallen = (plain.bid + plain.ask - paying.bid - paying.ask)[row] / 2
    years = 94 / 365
    dear, cheap = (100 * math.exp((RATE - paid) * years) for paid in (0.0, 0.06))
    volatilities = [
        0.3 * (1 + slope * math.log(100 / forward) / (0.3 * math.sqrt(years)))
        for slope, forward in ((-0.325, dear), (-0.484, cheap))
    ]
    prices = american_price(100.0, np.array([dear, cheap]), 100.0, years, RATE, np.array(volatilities), False)
    assert fallen == pytest.approx([prices[0] - prices[1]], abs=0.03)


def test_quotes_stand_on_the_grid_of_their_class() -> None:
    for symbol, below, above in (("SPY", 1, 1), ("NVDA", 1, 5), ("ZZZ", 5, 10)):
        update = chain(symbol, known())
        for price in (update.bid, update.ask):
            cents = np.rint(price * 100).astype(np.int64)
            assert np.allclose(price * 100, cents)
            assert (cents % np.where(price < 3, below, above) == 0).all()
        assert (update.bid <= update.ask).all()
        assert (update.ask > 0).all()
        assert np.isnan(update.open_interest).all()


def test_a_volatility_stands_for_five_sessions_and_then_the_realised_one() -> None:
    day = ordinals()
    close = 100.0 * np.exp(0.01 * (np.arange(200) % 2))
    of = known(close, Volatilities(day[100:101], np.array([0.5])))

    found = known_volatilities(of)

    realised = 0.01 * math.sqrt(20 / 19) * math.sqrt(252)  # twenty returns of one per cent up and down
    assert found[100:106].tolist() == [0.5] * 6
    assert found[106] == pytest.approx(realised)
    assert found[99] == pytest.approx(realised)
    assert np.isnan(found[19])
    assert found[20] == pytest.approx(realised)


def test_sessions_without_a_close_or_too_near_the_first_have_no_chain() -> None:
    of = known(100.0 * np.exp(0.01 * (np.arange(200) % 2)), Volatilities(*NOTHING))
    first, later = (dt.date.fromordinal(int(ordinals()[place])) for place in (19, 20))

    found = modelled_chains("KO", of, [first, later, dt.date(2026, 3, 17)], RATE)

    assert [update.at.date() for update in found] == [later]


def test_a_chain_is_of_the_close_of_its_session() -> None:
    session = session_on(LAST)
    update = chain("KO", known())

    assert session is not None
    assert update.at == session.closes
    assert update.spot == 100.0


def test_a_symbol_without_closes_has_no_chain() -> None:
    closes = Closes(*NOTHING, NOTHING, NOTHING)
    nothing = Known(closes, Volatilities(*NOTHING), NOTHING, NOTHING, lambda _day: UNKNOWN, lambda _d, _s: None)

    assert modelled_chains("KO", nothing, [LAST], RATE) == []
