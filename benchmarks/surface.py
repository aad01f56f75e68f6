"""Smiles: time of a fit beside scipy's, and what recorded chains give: `uv run python -m benchmarks.surface`.

The recorded figures need the folder of recorded data, ../shared; without it only the times are printed.
"""

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from scipy.optimize import least_squares  # type: ignore[import-untyped]

from benchmarks.real_chains import SHARED, spy_2021, yahoo
from benchmarks.timing import interleaved_medians
from engine.analytics.chain_smile import chain_surface
from engine.analytics.chain_values import chain_values
from engine.analytics.realised_volatility import close_to_close, yang_zhang
from engine.analytics.smile import SmileSource
from engine.analytics.smile_fit import fit_smile
from engine.analytics.surface import Surface
from engine.analytics.svi import Svi, has_butterfly, has_calendar
from engine.domain.chain import Chain, Floats

FORWARD, YEARS = 250.0, 0.1


def main() -> None:
    """Print the times, then a line for each recording."""
    for count in (20, 150):
        times(count)
    if not SHARED.is_dir():
        return
    print()
    for symbol in ("SPY", "QQQ", "TSLA", "NVDA"):
        recorded(f"Yahoo 2026, {symbol}", list(surfaces(yahoo(symbol), 0.037)))
    year = list(surfaces(spy_2021(), 0.0005))
    recorded("SPY 2021, 252 closes", year)
    beside_vix(year)
    realised()


def times(count: int) -> None:
    """One smile with noise, by us and by scipy's Levenberg-Marquardt on the raw five parameters."""
    k = np.linspace(-0.3, 0.2, count)
    true = Svi(0.002, 0.04, -0.6, 0.02, 0.08)
    iv = np.sqrt(true.total_variance(k) / YEARS) + 0.001 * np.random.default_rng(1).standard_normal(count)
    strike, spread = FORWARD * np.exp(k), np.full(count, 0.002)

    def misses(raw: Floats) -> Floats:
        a, b, rho, m, sigma = raw
        variance = a + b * (rho * (k - m) + np.hypot(k - m, sigma))
        gap: Floats = (np.sqrt(np.maximum(variance, 1e-12) / YEARS) - iv) / spread
        return gap

    later = fit_smile(2 * YEARS, FORWARD, strike, iv, spread)
    medians = interleaved_medians(
        {
            "ours": lambda: fit_smile(YEARS, FORWARD, strike, iv, spread),
            "ours, under a later smile": lambda: fit_smile(YEARS, FORWARD, strike, iv, spread, later),
            "scipy, one start, arbitrage allowed": lambda: least_squares(misses, [0.005, 0.05, 0.0, 0.0, 0.1]),
        },
        repeats=15,
    )
    for name, seconds in medians.items():
        print(f"{count:4} quotes   {name:36} {1000 * seconds:6.2f} ms   {seconds / medians['ours']:5.2f} x ours")


def surfaces(chains: Iterator[tuple[Chain, Floats, dt.datetime]], rate: float) -> Iterator[tuple[Surface, dt.datetime]]:
    """The surface of each chain."""
    for chain, _, now in chains:
        yield chain_surface(chain, chain_values(chain, now, rate)), now


def recorded(name: str, found: list[tuple[Surface, dt.datetime]]) -> None:
    """Which shapes were fitted, how near to the quotes, and how many have an arbitrage."""
    smiles = [smile for surface, _ in found for smile in surface.smiles]
    failed = Counter(smile.source.name for surface, _ in found for smile in surface.failed)
    sources = Counter(smile.source for smile in smiles)
    scales = [float(np.sqrt(smile.total_variance(0.0)[0])) for smile in smiles]
    butterflies = sum(has_butterfly(smile.svi, scale) for smile, scale in zip(smiles, scales, strict=True))
    pairs = [pair for surface, _ in found for pair in pairwise(surface.smiles)]
    calendars = sum(has_calendar(near.svi, far.svi, float(np.sqrt(far.total_variance(0.0)[0]))) for near, far in pairs)
    shares = ", ".join(f"{source.name} {count}" for source, count in sorted(sources.items()))
    print(
        f"{name:22} {len(smiles)} smiles: {shares}; not fitted {dict(failed)}; svi share "
        f"{sources[SmileSource.SVI] / len(smiles):.3f}; butterflies {butterflies}, calendars {calendars}"
    )
    for label, low, high in (("under a day", 0, 1), ("1 to 14 days", 1, 14), ("above 14 days", 14, 9999)):
        errors = np.array([100 * smile.error for smile in smiles if low <= smile.years * 365 < high])
        if errors.size:
            print(
                f"{'':22} {label:14} {errors.size:4} fits, error in volatility points: median "
                f"{np.median(errors):.3f}, 95 % {np.quantile(errors, 0.95):.3f}, largest {errors.max():.2f}"
            )


def beside_vix(found: list[tuple[Surface, dt.datetime]]) -> None:
    """The constant 30 days at the money beside VIX, which also weighs the wings."""
    with (SHARED.parent / "underlying" / "vix_daily.csv").open(newline="") as file:
        vix = {row["DATE"]: float(row["CLOSE"]) / 100 for row in csv.DictReader(file)}
    figures = [(surface.constant_maturity(), vix[now.date().isoformat()]) for surface, now in found]
    ours = np.array([month.volatility[0] for month, _ in figures])
    theirs = np.array([level for _, level in figures])
    outside = sum(bool(month.extrapolated[0]) for month, _ in figures)
    known = np.isfinite(ours)
    print(
        f"30 days of SPY 2021 and VIX: {int(known.sum())} of {ours.size} days ({outside} extrapolated), correlation "
        f"{np.corrcoef(ours[known], theirs[known])[0, 1]:.3f}, mean VIX less ours {(theirs - ours)[known].mean():.4f}"
    )


def realised() -> None:
    """Yang-Zhang beside close to close on adjusted daily prices."""
    for name in ("SPY", "QQQ", "TSLA"):
        with (SHARED.parent / "underlying" / "etf_daily" / f"{name}.csv").open(newline="") as file:
            rows = [[float(row[column]) for column in ("open", "high", "low", "close")] for row in csv.DictReader(file)]
        open_, high, low, close = np.array(rows).T
        for window in (20, 60):
            ranges = yang_zhang(open_, high, low, close, window).volatility
            closes = close_to_close(close, window).volatility
            both = np.isfinite(ranges) & np.isfinite(closes)
            print(
                f"{name} {window:3} sessions: Yang-Zhang over close to close, median "
                f"{np.median((ranges / closes)[both]):.3f}, correlation "
                f"{np.corrcoef(ranges[both], closes[both])[0, 1]:.3f}"
            )


if __name__ == "__main__":
    main()
