"""What shares of the simulated market pay, in money, as a broker is told it."""

import datetime as dt
from functools import cache

import numpy as np
import pytest

from engine.core.calendar import previous_session, session_on
from engine.core.money import UNIT
from engine.market.simulated.events import dividends
from engine.market.simulated.market import Market
from engine.market.simulated.payments import AHEAD, Payments, paid
from engine.market.simulated.universe import SYMBOLS, UNDERLYINGS, column

START = session_on(dt.date(2026, 1, 5))
assert START is not None
SESSION = START


@cache
def market(seed: int = 1) -> Market:
    return Market(seed, SESSION)


def test_a_payment_is_the_stated_part_of_the_close_before() -> None:
    until = dt.date(2026, 3, 31)
    found = paid(market(), until)
    assert [(each.ex_day, each.symbol) for each in found] == sorted((each.ex_day, each.symbol) for each in found)
    expected = {
        (event.symbol, event.ex_day)
        for year in (2024, 2025, 2026)
        for event in dividends(1, year)
        if market().first.day < event.ex_day <= until
    }
    assert {(each.symbol, each.ex_day) for each in found} == expected
    split = {each.symbol for each in market().splits}
    for each in (each for each in found[::7] if each.symbol not in split):
        name = SYMBOLS.index(each.symbol)
        close = market().minutes(previous_session(each.ex_day))[0][-1, name]
        assert each.amount == pytest.approx(close * column("dividend_yield")[name] / 4 * UNIT, rel=0.001, abs=1)


def test_the_price_falls_by_what_is_paid() -> None:
    """On average: a night's luck is ten times a payment."""
    gaps = []
    for seed in range(1, 7):
        closes = market(seed).closes(dt.date(2026, 1, 5)).log_price
        days = np.array([day for day in range(market(seed).first.day.toordinal(), dt.date(2026, 1, 6).toordinal())
                         if session_on(dt.date.fromordinal(day))])  # fmt: skip
        for each in paid(market(seed), dt.date(2026, 1, 5)):
            if column("dividend_yield")[name := SYMBOLS.index(each.symbol)] > 0.02:
                row = int(np.searchsorted(days, each.ex_day.toordinal()))
                part = column("dividend_yield")[name] / 4
                gaps.append((closes[row, name] - closes[row - 1, name]) / part)
    assert len(gaps) > 300
    assert np.mean(gaps) == pytest.approx(-1.0, abs=3 * np.std(gaps) / np.sqrt(len(gaps)))
    assert np.mean(gaps) < -0.3


def test_before_a_split_a_payment_is_one_a_share_of_then() -> None:
    compared = 0
    for seed in range(20):
        for split in market(seed).splits:
            found = [each for each in paid(market(seed), SESSION.day) if each.symbol == split.symbol]
            before = [each.amount for each in found if each.ex_day < split.ex_day]
            after = [each.amount for each in found if each.ex_day >= split.ex_day]
            if before and after:
                assert before[-1] / after[0] == pytest.approx(split.ratio, rel=0.5)
                compared += 1
    assert compared


def test_a_broker_finds_ten_years_of_payments_by_symbol() -> None:
    payments = Payments(market())
    assert payments
    assert "_by_symbol" not in vars(payments), "worked out only when it is asked what a name pays"
    assert set(payments) == {each.symbol for each in UNDERLYINGS if each.dividend_yield > 0}
    assert len(payments) == len(set(payments))
    assert "TSLA" not in payments
    assert payments.get("TSLA", ()) == ()
    spy = payments["SPY"]
    assert len(spy) == pytest.approx(4 * 11.5, abs=2)
    assert [day for day, _ in spy] == sorted(day for day, _ in spy)
    assert SESSION.day + AHEAD - dt.timedelta(days=100) < spy[-1][0] <= SESSION.day + AHEAD
    assert all(amount > 0 for _, amount in spy)
