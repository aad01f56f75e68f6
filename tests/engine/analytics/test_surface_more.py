"""Surfaces of recorded chains: nothing fitted has an arbitrage, quotes are met, and the month agrees with VIX."""

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from engine.analytics.chain_smile import chain_surface
from engine.analytics.chain_values import chain_values
from engine.analytics.smile import Smile, SmileSource
from engine.analytics.surface import Surface
from engine.analytics.svi import has_butterfly, has_calendar
from engine.core.calendar import NEW_YORK, session_on
from engine.core.clock import epoch_us
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import contract_keys

DAY = 1 / 365


def chain_of(symbol: str, now: dt.datetime, spot: float, rows: list[tuple[str, bool, float, float, float]]) -> Chain:
    """Rows are expiration, whether a put, strike, bid, ask."""
    days = np.array([dt.date.fromisoformat(row[0]).toordinal() for row in rows], dtype=np.int64)
    strikes = np.rint(np.array([row[2] for row in rows]) * UNIT).astype(np.int64)
    key, first = np.unique(contract_keys(days, np.array([row[1] for row in rows]), strikes), return_index=True)
    bid, ask = (np.array([row[column] for row in rows], dtype=np.float64)[first] for column in (3, 4))
    unknown = np.full(key.size, np.nan)
    return Chain(symbol, 1, now, spot, now, key, bid, ask, unknown, unknown, np.full(key.size, epoch_us(now)))


def surface_of(chain: Chain, now: dt.datetime, rate: float) -> Surface:
    return chain_surface(chain, chain_values(chain, now, rate))


def assert_free_of_arbitrage(surface: Surface) -> None:
    k = np.linspace(-4.0, 4.0, 4001)
    for smile in surface.smiles:
        scale = float(np.sqrt(smile.total_variance(0.0)[0]))
        assert not has_butterfly(smile.svi, scale)
        assert smile.svi.durrleman(k * scale).min() >= 0
    for earlier, later in zip(surface.smiles, surface.smiles[1:], strict=False):
        assert not has_calendar(earlier.svi, later.svi, float(np.sqrt(later.total_variance(0.0)[0])))


def yahoo(file: Path, symbol: str) -> Iterator[tuple[Chain, dt.datetime]]:
    """Two snapshots: the third and the fifteenth, in regular hours."""
    with duckdb.connect() as database:
        times = database.execute(
            "select distinct snapshot_et from read_parquet(?) where ticker = ? order by 1", [str(file), symbol]
        ).fetchall()
        for (at,) in (times[2], times[-5]):
            rows = database.execute(
                "select expiration, type = 'put', strike, bid, ask, spot_price from read_parquet(?) "
                "where ticker = ? and snapshot_et = ? and bid is not null and ask is not null",
                [str(file), symbol, at],
            ).fetchall()
            now = dt.datetime.fromisoformat(str(at)).astimezone(NEW_YORK).astimezone(dt.UTC)
            columns = [(str(row[0]), bool(row[1]), float(row[2]), float(row[3]), float(row[4])) for row in rows]
            yield chain_of(symbol, now, float(rows[0][5]), columns), now


@pytest.mark.parametrize("symbol", ["SPY", "QQQ", "TSLA", "NVDA"])
def test_real_chains_give_smiles_without_arbitrage_that_meet_their_quotes(yahoo_file: Path, symbol: str) -> None:
    smiles: list[Smile] = []
    for chain, now in yahoo(yahoo_file, symbol):
        surface = surface_of(chain, now, 0.037)
        assert_free_of_arbitrage(surface)
        smiles += surface.smiles
    assert len(smiles) >= 6
    assert sum(smile.source is SmileSource.SVI for smile in smiles) >= 0.8 * len(smiles)
    weeks = [smile.error for smile in smiles if smile.years > 3 * DAY]
    months = [smile.error for smile in smiles if smile.years > 14 * DAY]
    assert max(weeks) < 0.02
    assert max(months) < 0.006


def spy_2021(folder: Path) -> Iterator[tuple[Chain, dt.datetime]]:
    """Every sixth close of the year."""
    by_day: dict[str, list[tuple[str, bool, float, float, float]]] = {}
    spots: dict[str, float] = {}
    with (folder / "chains" / "spy_2021_252_sessions.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            figures = (float(row[name]) for name in ("strike", "bid", "ask"))
            strike, bid, ask = figures
            by_day.setdefault(row["quotedate"], []).append((row["expiration"], row["type"] == "put", strike, bid, ask))
            spots[row["quotedate"]] = float(row["underlying_last"])
    for day in sorted(by_day)[::6]:
        session = session_on(dt.date.fromisoformat(day))
        assert session is not None
        yield chain_of("SPY", session.closes, spots[day], by_day[day]), session.closes


def month_and_vix(folder: Path) -> tuple[Floats, Floats]:
    with (folder / "underlying" / "vix_daily.csv").open(newline="") as file:
        vix = {row["DATE"]: float(row["CLOSE"]) / 100 for row in csv.DictReader(file)}
    found = []
    for chain, now in spy_2021(folder):
        surface = surface_of(chain, now, 0.0005)
        assert_free_of_arbitrage(surface)
        found.append((float(surface.constant_maturity().volatility[0]), vix[now.date().isoformat()]))
    ours, theirs = np.array(found).T
    return ours, theirs


def test_the_month_of_spy_moves_with_vix_and_lies_below_it(shared_dir: Path) -> None:
    ours, vix = month_and_vix(shared_dir / "data")
    assert np.isfinite(ours).all()
    assert np.corrcoef(ours, vix)[0, 1] > 0.9
    # VIX weighs the dear puts as well: a variance swap over a falling smile is above the volatility at the money.
    gap = vix - ours
    assert 0.02 < gap.mean() < 0.06
