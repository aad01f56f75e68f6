"""The simulated market beside the real one: `uv run python -m benchmarks.stylised_facts`.

Tails, clustering and leverage of daily returns, implied less realised volatility, skew, and spreads by moneyness. The
real figures need the folder of recorded data, ../shared; without it only the simulated ones are printed.
"""

import csv
import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

import numpy as np

from benchmarks.real_chains import SHARED, yahoo
from engine.analytics.chain_smile import chain_smile
from engine.analytics.chain_values import chain_values
from engine.analytics.surface import skew
from engine.core.calendar import session_on
from engine.core.money import UNIT
from engine.domain.chain import Chain, Floats
from engine.domain.contract_keys import decode_keys
from engine.market.simulated.feed import DEFAULT_START
from engine.market.simulated.history import SimulatedHistory
from engine.market.simulated.market import Market
from engine.market.simulated.paths import RATE
from engine.market.simulated.surface import FAIR_SWAP_OVER_MONEY, SWAP_OVER_MONEY
from engine.market.simulated.universe import MARKET, SYMBOLS
from engine.market.store import MarketStore

SEEDS = (1, 2, 3, 4)
YEARS = 5
"""Of daily returns a seed, beyond the history: as long as the recordings in all."""
MONTH = 21
"""Sessions over which volatility is realised that options of 30 days implied."""
LAGS = 10
NEAREST, FURTHEST = 20, 45
"""Days to the expiration whose skew and spreads are measured."""
BUCKETS = ((0.35, 0.50), (0.20, 0.35), (0.10, 0.20), (0.03, 0.10))
"""Of the absolute delta, from the money outwards."""
RECORDED_RATE = 0.037
CHAIN_SYMBOLS = ("SPY", "QQQ", "TSLA", "NVDA")
RETURN_SYMBOLS = ("SPY", "QQQ", "IWM", "XLE", "GLD", "TLT", "AAPL", "MSFT", "JPM", "TSLA")


@dataclass(frozen=True, slots=True)
class OfReturns:
    """What daily returns show, `deviation` a year.

    Kurtosis (a normal has 3), mean autocorrelation of their squares over ten lags, and the correlation of a return with
    the squares of the ten after it, summed over them.
    """

    deviation: float
    kurtosis: float
    clustering: float
    leverage: float


@dataclass(frozen=True, slots=True)
class OfChains:
    """Medians over chains.

    Call less put volatility at 25 delta over that at the money; spread over mid out of the money, by bucket of delta.
    """

    skew: float
    spreads: tuple[float, ...]


def main() -> None:
    """Print a line for each market and symbol."""
    has_recordings = SHARED.is_dir()
    print("daily returns          a year   kurtosis   clustering   leverage")
    for symbol in RETURN_SYMBOLS:
        if has_recordings:
            show_returns(symbol, "real", of_returns(recorded_returns(symbol)))
        parts = [of_returns(simulated_returns(seed, YEARS)[:, SYMBOLS.index(symbol)]) for seed in SEEDS]
        show_returns("", "simulated", average(parts))
    print("\nimplied less realised, SPY, volatility points    mean   share of months that lose")
    if has_recordings:
        show_premium("VIX 2019 to 2025", *recorded_premium())
    show_premium("simulated", *simulated_premium(SEEDS))
    show_premium("simulated, fair", *simulated_premium(SEEDS, fair=True))
    print(f"\nchains, {NEAREST} to {FURTHEST} days       skew   spread over mid at delta", end="")
    print("".join(f"  {low:.2f}-{high:.2f}" for low, high in BUCKETS))
    for symbol in CHAIN_SYMBOLS:
        if has_recordings:
            show_chains(symbol, "real", of_chains(((c, now) for c, _, now in yahoo(symbol)), RECORDED_RATE))
        show_chains("" if has_recordings else symbol, "simulated", of_chains(simulated_chains(1, symbol, 15), RATE))


# --- returns ---------------------------------------------------------------------------------------------------------
def of_returns(returns: Floats) -> OfReturns:
    """The facts of daily log returns, (n,)."""
    centred = returns - returns.mean()
    squares = centred**2
    above = squares - squares.mean()
    clustering = [float((above[lag:] * above[:-lag]).mean() / (above**2).mean()) for lag in range(1, LAGS + 1)]
    leverage = [float(np.corrcoef(centred[:-lag], squares[lag:])[0, 1]) for lag in range(1, LAGS + 1)]
    return OfReturns(
        deviation=float(centred.std() * np.sqrt(252)),
        kurtosis=float((centred**4).mean() / squares.mean() ** 2),
        clustering=float(np.mean(clustering)),
        leverage=float(np.sum(leverage)),
    )


def average(parts: list[OfReturns]) -> OfReturns:
    """Of several seeds."""
    return OfReturns(*np.mean([astuple(part) for part in parts], axis=0).tolist())


def simulated_returns(seed: int, years: int) -> Floats:
    """Close to close, (sessions, names), in today's shares."""
    market = simulated_market(seed)
    closes = market.closes(market.start.day + dt.timedelta(days=365 * years)).log_price
    returns: Floats = np.diff(closes, axis=0)
    return returns


def recorded_returns(symbol: str) -> Floats:
    """Of adjusted closes."""
    return np.diff(np.log(np.array(list(recorded_closes(symbol).values()))))


def recorded_closes(symbol: str) -> dict[str, float]:
    """By date."""
    with (SHARED.parent / "underlying" / "etf_daily" / f"{symbol}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row.get("date") or row["Date"])[:10]: float(row["close"]) for row in rows}


# --- premium ---------------------------------------------------------------------------------------------------------
def simulated_premium(seeds: Iterable[int], *, fair: bool = False) -> tuple[Floats, Floats]:
    """Implied (as a variance swap over 30 days, which VIX is) and realised volatility of SPY, one pair a month."""
    pairs = []
    for seed in seeds:
        market = simulated_market(seed, fair=fair)
        _, implied = SimulatedHistory(market).implied_volatility(30, market.start.opens + dt.timedelta(days=365))
        closes = market.closes(market.start.day + dt.timedelta(days=365)).log_price[:, MARKET]
        swap = implied[:, MARKET] * np.sqrt((FAIR_SWAP_OVER_MONEY if fair else SWAP_OVER_MONEY)[MARKET])
        pairs.append(by_month(swap, np.diff(closes)))
    swaps, realised = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return swaps, realised


def recorded_premium() -> tuple[Floats, Floats]:
    """VIX and what SPY realised in the month after."""
    with (SHARED.parent / "underlying" / "vix_daily.csv").open(newline="") as file:
        vix = {row["DATE"]: float(row["CLOSE"]) / 100 for row in csv.DictReader(file)}
    closes = {day: close for day, close in recorded_closes("SPY").items() if day in vix}
    implied = np.array([vix[day] for day in closes])
    return by_month(implied, np.diff(np.log(np.array(list(closes.values())))))


def by_month(implied: Floats, returns: Floats) -> tuple[Floats, Floats]:
    """Implied (n,) at the start of each whole month of sessions, and what its returns (>= n - 1,) realised."""
    starts = range(0, min(implied.size, returns.size - MONTH + 1), MONTH)
    realised = [np.sqrt((returns[start : start + MONTH] ** 2).mean() * 252) for start in starts]
    return implied[np.array(starts)], np.array(realised)


# --- chains ----------------------------------------------------------------------------------------------------------
def of_chains(chains: Iterable[tuple[Chain, dt.datetime]], rate: float) -> OfChains:
    """The facts of one symbol's chains."""
    skews: list[float] = []
    spreads: list[list[Floats]] = [[] for _ in BUCKETS]
    for chain, now in chains:
        expiration, is_put, strike = decode_keys(chain.key)
        days = expiration - now.date().toordinal()
        in_range = np.unique(days[(days >= NEAREST) & (days <= FURTHEST)])
        if not in_range.size:
            continue
        ahead = int(in_range[np.argmin(np.abs(in_range - 30))])
        values = chain_values(chain, now, rate, wanted=days == ahead)
        smile = chain_smile(chain, values, now.date().toordinal() + ahead)
        skews.append(skew(smile).risk_reversal / smile.at_the_money)
        out = values.valid & (chain.bid > 0) & (is_put == (strike / UNIT < values.forward))
        relative = (chain.ask - chain.bid) / values.mid
        for bucket, (low, high) in zip(spreads, BUCKETS, strict=True):
            delta = np.abs(values.delta)
            bucket.append(relative[out & (delta >= low) & (delta < high)])
    joined = [np.concatenate(bucket) for bucket in spreads]
    medians = tuple(float(np.median(bucket)) if bucket.size else float("nan") for bucket in joined)
    return OfChains(float(np.nanmedian(skews)), medians)


def simulated_chains(seed: int, symbol: str, count: int) -> Iterator[tuple[Chain, dt.datetime]]:
    """Chains at the close of every 20th day of the history."""
    history = SimulatedHistory(simulated_market(seed))
    day = DEFAULT_START
    while count:
        day -= dt.timedelta(days=20 if session_on(day) is not None else 1)
        update = history.end_of_day(symbol, day)
        if update is not None:
            count -= 1
            yield MarketStore().apply(update), update.at


def simulated_market(seed: int, *, fair: bool = False) -> Market:
    """The default market of a seed."""
    start = session_on(DEFAULT_START)
    if start is None:
        raise ValueError(f"{DEFAULT_START} has no session")
    return Market(seed, start, fair=fair)


# --- printing --------------------------------------------------------------------------------------------------------
def show_returns(symbol: str, market: str, facts: OfReturns) -> None:
    """One line."""
    print(
        f"{symbol:5} {market:12} {facts.deviation:10.3f} {facts.kurtosis:10.1f} {facts.clustering:12.3f} "
        f"{facts.leverage:10.2f}"
    )


def show_premium(market: str, implied: Floats, realised: Floats) -> None:
    """One line."""
    gap = 100 * (implied - realised)
    print(f"{market:48} {gap.mean():5.2f}   {(gap < 0).mean():.2f} of {gap.size}")


def show_chains(symbol: str, market: str, facts: OfChains) -> None:
    """One line."""
    spreads = "".join(f"{100 * spread:9.1f} %" for spread in facts.spreads)
    print(f"{symbol:5} {market:12} {facts.skew:18.3f}   {'':24}{spreads}")


if __name__ == "__main__":
    main()
