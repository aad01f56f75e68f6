"""What is known ahead in the simulated market: its dates are sessions, come when they should, and follow the seed."""

import datetime as dt
from collections import Counter

import numpy as np
import pytest

from engine.core.calendar import next_session, session_on
from engine.market.simulated.events import (
    DIVIDEND_LOG,
    EARNINGS_VARIANCE,
    Earnings,
    dividends,
    earnings,
    event_days,
    splits,
)
from engine.market.simulated.universe import COUNT, IS_FUND, SYMBOLS, UNDERLYINGS

FIRST, START = dt.date(2024, 7, 5), dt.date(2026, 1, 5)
COMPANIES = [SYMBOLS[row] for row in np.flatnonzero(~IS_FUND)]


def test_each_company_reports_four_times_a_year_after_its_quarters_and_no_fund_does() -> None:
    found = earnings(1, 2026)
    assert Counter(event.symbol for event in found) == dict.fromkeys(COMPANIES, 4)
    for number, event in enumerate(found):
        quarter_end = dt.date(2026, 3 * (number % 4) + 1, 1)
        assert 10 <= (event.announced - quarter_end).days <= 50


def test_news_before_the_open_moves_that_day_and_news_after_the_close_the_next() -> None:
    kinds: Counter[bool] = Counter()
    for event in earnings(1, 2026):
        session = session_on(event.announced)
        assert session is not None
        kinds[event.before_open] += 1
        assert event.effect == (event.announced if event.before_open else next_session(session.opens).day)
    assert min(kinds.values()) > 20


def test_a_company_reports_near_the_same_day_of_every_quarter_and_year() -> None:
    def days(year: int) -> list[int]:
        return [event.announced.timetuple().tm_yday for event in earnings(1, year) if event.symbol == "AAPL"]

    assert all(abs(one - other) <= 10 for one, other in zip(days(2025), days(2026), strict=True))


def test_dates_follow_from_the_seed() -> None:
    assert earnings(1, 2026) == earnings.__wrapped__(1, 2026)
    assert earnings(1, 2026) != earnings(2, 2026)
    assert dividends(1, 2026) != dividends(2, 2026)


def test_dividends_come_each_quarter_and_add_up_to_the_yield() -> None:
    paid: Counter[str] = Counter()
    for dividend in dividends(1, 2026):
        assert session_on(dividend.ex_day) is not None
        paid[dividend.symbol] += 1
        assert dividend.part * 4 == pytest.approx(UNDERLYINGS[SYMBOLS.index(dividend.symbol)].dividend_yield)
    paying = [underlying.symbol for underlying in UNDERLYINGS if underlying.dividend_yield > 0]
    assert paid == dict.fromkeys(paying, 4)
    assert "TSLA" not in paid


def test_funds_pay_on_the_monday_after_the_quarters_third_friday() -> None:
    spy = [dividend.ex_day for dividend in dividends(1, 2026) if dividend.symbol == "SPY"]
    assert spy == [dt.date(2026, 3, 23), dt.date(2026, 6, 22), dt.date(2026, 9, 21), dt.date(2026, 12, 21)]


def test_splits_are_rare_and_lie_well_before_the_start() -> None:
    found = [splits(seed, FIRST, START) for seed in range(60)]
    counts = np.array([len(each) for each in found])
    assert 0.2 < counts.mean() < 1.5
    for each in found:
        assert list(each) == sorted(each, key=lambda split: split.ex_day)
        for split in each:
            assert FIRST < split.ex_day < START - dt.timedelta(days=55)
            assert split.symbol in COMPANIES
            assert split.ratio >= 2
            assert session_on(split.ex_day) is not None


def test_a_history_that_is_too_short_has_no_splits() -> None:
    assert splits(3, START - dt.timedelta(days=61), START) == ()


def test_events_are_counted_after_a_day_and_up_to_another() -> None:
    events = event_days(1, 2025, 2026)
    generator = np.random.default_rng(5)
    name = generator.integers(0, COUNT, 300)
    day = generator.integers(dt.date(2025, 1, 1).toordinal(), dt.date(2026, 11, 1).toordinal(), 300)
    later = day + generator.integers(0, 60, 300)
    news, paid = [*earnings(1, 2025), *earnings(1, 2026)], [*dividends(1, 2025), *dividends(1, 2026)]

    def count(days: list[tuple[str, dt.date]], row: int) -> int:
        return sum(1 for symbol, on in days if symbol == SYMBOLS[name[row]] and day[row] < on.toordinal() <= later[row])

    news_days = [(event.symbol, event.effect) for event in news]
    paid_days = [(event.symbol, event.ex_day) for event in paid]
    assert events.earnings_until(name, day, later).tolist() == [count(news_days, row) for row in range(300)]
    assert events.dividends_until(name, day, later).tolist() == [count(paid_days, row) for row in range(300)]
    assert events.earnings_until(name, day, later).sum() > 20


def test_an_events_own_day_is_behind_it_and_the_day_before_is_not() -> None:
    event: Earnings = earnings(1, 2026)[0]
    events, name = event_days(1, 2026, 2026), np.array([SYMBOLS.index(event.symbol)])
    effect, far = np.array([event.effect.toordinal()]), np.array([event.effect.toordinal() + 5])
    assert events.earnings_until(name, effect, far) == [0]
    assert events.earnings_until(name, effect - 1, far) == [1]
    news, _ = events.today(event.effect.toordinal())
    assert news[name] == [1]
    quiet, unpaid = events.today(event.effect.toordinal() - 7 * 400)
    assert quiet.sum() == unpaid.sum() == 0


def test_what_events_do_to_prices_is_in_the_table() -> None:
    spy, aapl = SYMBOLS.index("SPY"), SYMBOLS.index("AAPL")
    assert np.exp(DIVIDEND_LOG[spy]) == pytest.approx(1 - 0.012 / 4)
    assert EARNINGS_VARIANCE[spy] == 0
    assert EARNINGS_VARIANCE[aapl] == pytest.approx(0.036**2)
