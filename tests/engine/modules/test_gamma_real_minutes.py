"""The Gamma Scalper over GOOG's real minutes of 23 and 24 December 2015: one skip, and a day's hedges by the minute."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.analytics.gamma_pnl import gamma_result
from engine.core.calendar import days_to_expiry
from engine.core.money import Money, dollars
from engine.domain.chain import Chain
from engine.domain.instrument import OptionContract, Right
from engine.domain.position import Position
from engine.domain.quote import stock_quote
from engine.domain.scan import Hedge, Past
from engine.ledger.lots import Trade, booked, named, total_cost
from engine.market.history import HistoryStore
from engine.market.importer import import_files
from engine.market.store import MarketStore
from engine.modules.gamma_hedges import deltas
from engine.modules.gamma_scalper import GammaScalper, realised_volatility
from tests.engine.modules.gamma_scenes import RATE, managing, module, scanning
from tests.engine.modules.test_gamma_entry import WAIVED
from tests.fakes import new_york

DAY, EXPIRES = dt.date(2015, 12, 23), dt.date(2015, 12, 24)
SCALPER = GammaScalper()

CLOSES = {
    dt.date(2015, 11, 20): 756.60, dt.date(2015, 11, 23): 755.98, dt.date(2015, 11, 24): 748.28,
    dt.date(2015, 11, 25): 748.15, dt.date(2015, 11, 27): 750.26, dt.date(2015, 11, 30): 742.60,
    dt.date(2015, 12, 1): 767.04, dt.date(2015, 12, 2): 762.38, dt.date(2015, 12, 3): 752.54,
    dt.date(2015, 12, 4): 766.81, dt.date(2015, 12, 7): 763.25, dt.date(2015, 12, 8): 762.37,
    dt.date(2015, 12, 9): 751.61, dt.date(2015, 12, 10): 749.46, dt.date(2015, 12, 11): 738.87,
    dt.date(2015, 12, 14): 747.77, dt.date(2015, 12, 15): 743.40, dt.date(2015, 12, 16): 758.09,
    dt.date(2015, 12, 17): 749.43, dt.date(2015, 12, 18): 739.31, dt.date(2015, 12, 21): 747.77,
    dt.date(2015, 12, 22): 750.00,
}  # fmt: skip
"""GOOG's closes, as its daily file has them."""

PAST = Past(np.array([day.toordinal() for day in CLOSES], dtype=np.int64), np.array(list(CLOSES.values())))


@pytest.fixture(scope="module")
def minutes(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Chain]:
    """The chain after every five minutes of the day before the expiry, from ten o'clock."""
    history = HistoryStore(tmp_path_factory.mktemp("goog"))
    file = shared_dir / "data" / "chains" / "lean_minute" / "goog_20151223_quote_american.zip"
    import_files([file], history, lambda _: None)
    store, found = MarketStore(), []
    for at, symbol in history.snapshots():
        store.apply(history.read(symbol, at))
        chain = store.chain(symbol)
        if chain is not None and at >= new_york(10, day=DAY) and at < new_york(16, day=DAY) and at.minute % 5 == 0:
            found.append(chain)
    return found


def test_the_realised_volatility_is_that_of_its_twenty_returns() -> None:
    # Sample deviation of ln(755.98 / 756.60) and so on without the first day's: the 21 closes from 23 November.
    closes = list(CLOSES.values())[-21:]
    returns = [np.log(b / a) for a, b in pairwise(closes)]
    mean = sum(returns) / 20
    variance = sum((each - mean) ** 2 for each in returns) / 19
    found = realised_volatility(PAST, scanning(now=new_york(10, day=DAY)))
    assert found == pytest.approx((252 * variance) ** 0.5, abs=1e-12)
    assert found == pytest.approx(0.208, abs=0.001)


def test_one_day_before_the_only_expiry_nothing_is_bought(minutes: list[Chain]) -> None:
    market = minutes[0]
    context = scanning(
        replace(module(), universe=("GOOG",)), now=market.at, chains={"GOOG": market}, pasts={"GOOG": PAST},
        iv_ranks={}, outlooks={}, waivers=WAIVED,
    )  # fmt: skip
    (finding,) = SCALPER.scan(context)
    assert (finding.candidate, finding.reason) == (None, "no expiry in 20-60 days")


def bought(market: Chain) -> Position:
    """Ten straddles of 750 at the asks."""
    trades = []
    for right in (Right.PUT, Right.CALL):
        contract = OptionContract("GOOG", EXPIRES, dollars(750), right)
        quote = market.quote(contract)
        assert quote is not None
        assert quote.ask is not None
        trades.append(Trade(contract, 10, quote.ask))
    lots = booked((), trades, market.at).lots
    structure, units = named("GOOG", lots)
    return Position("P1", "gamma", structure, units, units, total_cost(lots), market.at, lots=lots)


def hedged(position: Position, shares: int, price: Money, at: dt.datetime) -> Position:
    """The position once shares were traded."""
    done = booked(position.lots, [Trade(None, shares, price)], at)
    structure, units = named("GOOG", done.lots)
    return replace(
        position, structure=structure, quantity=units, lots=done.lots, cost=position.cost + done.cost,
        realised=position.realised + done.gain,
    )  # fmt: skip


def walked(minutes: list[Chain]) -> Iterator[tuple[Chain, Position, int, Money]]:
    """Each look of the day: the position before it, the shares that its module asks for, and their price."""
    spec = module(exit_days=0, stop_loss_pct=100, profit_target_pct=1000, theta_budget_pct=100)
    held, last = bought(minutes[0]), None
    for market in minutes[1:]:
        spot = round(market.spot * 10_000)
        context = managing(
            market, spec, dte=days_to_expiry(market.at, EXPIRES) or 1, mark=held.cost, available=dollars(10**7),
            hedged_at=last,
        )  # fmt: skip
        actions = SCALPER.manage(held, context)
        shares = next((each.shares for each in actions if isinstance(each, Hedge)), 0)
        quote = stock_quote(spot, market.at)
        price = quote.ask if shares > 0 else quote.bid
        assert price is not None
        yield market, held, shares, price
        if shares:
            held, last = hedged(held, shares, price, market.at), market.at


def test_a_real_day_is_hedged_back_to_nothing_each_time_and_its_result_is_exact(minutes: list[Chain]) -> None:
    cash = count = blind = 0
    for market, held, shares, price in walked(minutes):
        assert held.realised - sum(lot.cost for lot in held.lots if lot.contract is None) == cash
        before = deltas(held, market, market.at, RATE)
        if before is None:
            blind += 1
            quotes = [market.quote(lot.contract) for lot in held.lots if lot.contract is not None]
            assert any(quote is None or quote.bid is None or quote.ask is None for quote in quotes)
            assert shares == 0
        elif shares:
            count += 1
            cash -= shares * price
            assert abs(before.total) > 150
            assert abs(before.total + shares) <= 0.5
        spot = round(market.spot * 10_000)
        result = gamma_result(held, held.cost, spot, market.at, RATE)
        assert result is not None
        assert result.total == held.realised
        assert result.theta_paid >= 0
        assert abs(held.shares) <= 1000
    assert count >= 3
    assert blind >= 3, "some minutes have a side missing, and nothing is hedged on half a quote"
