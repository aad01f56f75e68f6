"""The 30-day volatility at the money, from the quotes around thirty days."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.analytics import month_volatility as month
from engine.analytics.black_scholes import european
from engine.analytics.chain_smile import chain_surface
from engine.analytics.chain_values import chain_values
from engine.analytics.month_volatility import month_volatility, volatility_at_the_money
from engine.core.calendar import years_to_expiry
from engine.domain.chain import Chain
from engine.domain.contract_keys import decode_keys
from engine.domain.ports import ChainUpdate
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.market.store import MarketStore
from tests.fakes import MONDAY, chain_update, new_york

RATE = 0.04


def chain_of(*updates: ChainUpdate) -> Chain:
    store = MarketStore()
    for update in updates:
        store.apply(update)
    chain = store.chain("SPY")
    assert chain is not None
    return chain


def quoted(*days: int, volatility: float = 0.25, at: dt.datetime | None = None) -> ChainUpdate:
    expirations = [MONDAY + dt.timedelta(days=day) for day in days]
    return chain_update(at or new_york(12), expirations=expirations, volatility=volatility, half_spread=0.005)


COLUMNS = ("key", "bid", "ask", "volume", "open_interest")


def together(*updates: ChainUpdate) -> ChainUpdate:
    columns = (np.concatenate([getattr(each, name) for each in updates]) for name in COLUMNS)
    return ChainUpdate("SPY", updates[0].at, updates[0].spot, *columns)


def kept(update: ChainUpdate, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> ChainUpdate:
    return ChainUpdate("SPY", update.at, update.spot, *(getattr(update, name)[rows] for name in COLUMNS))


def test_a_flat_market_has_its_volatility() -> None:
    assert month_volatility(chain_of(quoted(25, 39)), RATE) == pytest.approx(0.25, abs=0.002)


def test_variance_runs_straight_in_time_between_the_expirations_around() -> None:
    # At noon the two are four hours more than 25 and 60 days away.
    chain = chain_of(together(quoted(25, volatility=0.20), quoted(60, volatility=0.30)))
    near, far = 25 + 4 / 24, 60 + 4 / 24
    share = (30 - near) / (far - near)
    expected = np.sqrt(((1 - share) * 0.20**2 * near + share * 0.30**2 * far) / 30)
    assert month_volatility(chain, RATE) == pytest.approx(expected, abs=0.003)


def test_expirations_within_a_week_and_far_ones_do_not_count() -> None:
    plain = chain_of(quoted(25, 39))
    noisy = chain_of(together(quoted(25, 39), quoted(4, volatility=0.9), quoted(200, volatility=0.1)))
    assert month_volatility(noisy, RATE) == pytest.approx(month_volatility(plain, RATE), abs=1e-4)


@pytest.mark.parametrize(("day", "is_known"), [(21, True), (39, True), (17, False), (42, False)])
def test_one_side_alone_must_be_near(day: int, is_known: bool) -> None:
    assert np.isfinite(month_volatility(chain_of(quoted(day)), RATE)) == is_known


def test_what_nobody_quotes_is_unknown() -> None:
    update = quoted(25, 39)
    assert np.isnan(month_volatility(chain_of(replace(update, bid=np.zeros_like(update.bid))), RATE))
    empty = kept(update, np.zeros(update.key.size, dtype=np.bool_))
    assert np.isnan(month_volatility(chain_of(empty), RATE))


def test_aged_quotes_tell_nothing_of_today() -> None:
    yesterday = quoted(25, 39, volatility=0.6)
    today = quoted(60, at=new_york(12, day=MONDAY + dt.timedelta(days=1)))
    assert np.isnan(month_volatility(chain_of(yesterday, today), RATE))


def test_of_sparse_expirations_all_are_asked_together() -> None:
    # One far put at 25 days, as a saver of few rows leaves it; what is well quoted lies at 45 and 60 days.
    update = together(quoted(25, volatility=0.25), quoted(45, 60, volatility=0.25))
    days, is_put, strike = decode_keys(update.key)
    is_rich = days - MONDAY.toordinal() > 30
    is_the_one = ~is_rich & is_put & (strike == 90 * 10_000)
    found = month_volatility(chain_of(kept(update, is_rich | is_the_one)), RATE)
    assert found == pytest.approx(0.25, abs=0.005)


def test_few_quotes_tell_what_the_whole_surface_does() -> None:
    chain = chain_of(together(quoted(11, volatility=0.22), quoted(25, volatility=0.24), quoted(39, volatility=0.26)))
    whole = chain_surface(chain, chain_values(chain, chain.at, RATE)).constant_maturity()
    assert month_volatility(chain, RATE) == pytest.approx(float(whole.volatility[0]), abs=0.001)


def test_a_well_quoted_market_needs_no_surface_and_a_sparse_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month, "_of_surface", lambda *_: 9.0)
    update = quoted(25, 39)
    _, is_put, strike = decode_keys(update.key)
    assert month_volatility(chain_of(update), RATE) == pytest.approx(0.25, abs=0.002)
    assert month_volatility(chain_of(quoted(25)), RATE) == 9.0
    few = kept(update, np.isin(strike, [98 * 10_000, 99 * 10_000, 100 * 10_000, 101 * 10_000]))
    assert month_volatility(chain_of(few), RATE) == 9.0
    one_side = kept(update, is_put | (strike < 98 * 10_000))
    assert month_volatility(chain_of(one_side), RATE) == 9.0


def test_a_skewed_smile_is_read_at_the_forward() -> None:
    # Puts cost more than calls: half a point of volatility a dollar of strike, 25 % at the spot.
    update = quoted(25, 39)
    days, is_put, strike = decode_keys(update.key)
    dollars = strike / 10_000
    years = np.array([years_to_expiry(update.at, dt.date.fromordinal(int(day))) for day in days])
    forward = 100 * np.exp(RATE * years)
    mid = european(100.0, forward, dollars, years, RATE, 0.25 - 0.005 * (dollars - forward), is_put).price
    skewed = ChainUpdate("SPY", update.at, 100.0, update.key, mid, mid, update.volume, update.open_interest)
    assert month_volatility(chain_of(skewed), RATE) == pytest.approx(0.25, abs=0.001)


def test_real_chains_tell_nearly_what_their_whole_surfaces_do(yahoo_file: Path, tmp_path: Path) -> None:
    history = HistoryStore(tmp_path / "history")
    import_files([yahoo_file], history, lambda _: None)
    apart = []
    for at, symbol in history.snapshots(["QQQ", "TSLA"])[::3]:
        chain = MarketStore().apply(history.read(symbol, at))
        whole = chain_surface(chain, chain_values(chain, chain.at, RATE)).constant_maturity()
        if not whole.extrapolated[0]:
            apart.append(abs(month_volatility(chain, RATE) - float(whole.volatility[0])))
    assert len(apart) >= 8
    assert max(apart) < 0.004


def test_one_expiration_tells_its_own_volatility_and_no_other() -> None:
    chain = chain_of(together(quoted(25, volatility=0.20), quoted(60, volatility=0.30)))
    near, far, none = ((MONDAY + dt.timedelta(days=days)).toordinal() for days in (25, 60, 32))
    assert volatility_at_the_money(chain, near, RATE) == pytest.approx(0.20, abs=0.002)
    assert volatility_at_the_money(chain, far, RATE) == pytest.approx(0.30, abs=0.002)
    assert np.isnan(volatility_at_the_money(chain, none, RATE))


def test_an_expiration_without_quotes_below_its_forward_tells_none() -> None:
    update = quoted(25)
    _, _, strikes = decode_keys(update.key)
    chain = chain_of(kept(update, strikes >= 1_010_000))
    assert np.isnan(volatility_at_the_money(chain, (MONDAY + dt.timedelta(days=25)).toordinal(), RATE))
