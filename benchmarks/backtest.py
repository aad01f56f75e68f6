"""One pre-trade backtest through the module contract, and the same trades by optopsy.

`uv run python -m benchmarks.backtest`; with `uv run --with optopsy python -m benchmarks.backtest` also side by side. A
year of sessions with about 400 contracts each, an iron condor by the IV Service, everything valued before (warm).

Both programs get the same chains. optopsy has no positions and no rules: it lists every condor of the days that it is
given, held to one number of days to expiry. So the module's exits are by days only, both cross the whole spread, and it
is given the days on which the module opened or closed; the condors that the module chose must be among its own, with
the same strikes, days and prices.
"""

import datetime as dt
import importlib
import statistics
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from engine.analytics.black_scholes import european
from engine.backtest.filling import Terms
from engine.backtest.result import Backtest, TracedTrade
from engine.backtest.source import MarketDay
from engine.backtest.walk import walk
from engine.core.calendar import Session, previous_session, session_on, years_to_expiry
from engine.core.clock import epoch_us
from engine.core.money import UNIT, Money, dollars
from engine.domain.chain import Chain
from engine.domain.contract_keys import contract_keys, decode_keys
from engine.domain.happening import Outlook
from engine.domain.limits import Costs, ModuleLimits
from engine.domain.mindfolio import ModuleKind, ModuleSpec, Parameter
from engine.domain.order import OrderPurpose
from engine.domain.package import package_quote
from engine.domain.quote import Quote
from engine.domain.scan import NO_PAST, IvRank
from engine.domain.structure import Structure, StructureKind
from engine.modules.registry import parameters_for, strategy_of

LAST = dt.date(2026, 3, 2)
VOLATILITY, START, STEP, SEED = 0.20, 100.0, 2.5, 7
EXIT_DAYS = 21
REPEATS = 21
FARTHEST_OTM = 0.25


def main() -> None:
    """Print the figures."""
    days = market_year()
    rows = statistics.mean(day.chain.key.size for day in days)
    print(f"{len(days)} sessions of {rows:.0f} contracts")
    default, by_days = module(), module(profit_target_pct=100, stop_loss_pct=1000)
    for name, each in (("default rules", default), ("exits by days only", by_days)):
        work = partial(run, each, days)
        result, times = work(), timed(work, REPEATS)
        print(
            f"{name}: {len(result.trades)} trades; warm median {statistics.median(times) * 1e3:.1f} ms, "
            f"slowest of {REPEATS} {max(times) * 1e3:.1f} ms, peak {peak(work):.2f} MiB"
        )
    try:
        optopsy, pandas = importlib.import_module("optopsy"), importlib.import_module("pandas")
    except ImportError:
        print("optopsy is not here: `uv run --with optopsy python -m benchmarks.backtest` compares with it")
        return
    beside(run(by_days, days), days, optopsy, pandas)


def module(**changes: Parameter) -> ModuleSpec:
    """An IV Service that sells condors at any IV rank."""
    defaults: dict[str, Parameter] = {each.name: each.default for each in parameters_for(ModuleKind.IV_SERVICE)}
    return ModuleSpec(
        "IV", ModuleKind.IV_SERVICE, "IV Service", ModuleLimits(dollars(1000), dollars(1000)),
        autotrade=True, universe=("XYZ",), structures=(StructureKind.IRON_CONDOR,),
        parameters={**defaults, "exit_days": EXIT_DAYS, **changes},
    )  # fmt: skip


def run(spec: ModuleSpec, days: list[MarketDay]) -> Backtest:
    """One backtest at no interest, so that nothing is assigned early, and without costs."""
    return walk(strategy_of(spec), spec, days, Terms(Costs(0), crossing, 0.0))


def crossing(structure: Structure, quotes: tuple[Quote | None, ...], purpose: OrderPurpose) -> Money | None:
    """A fill at the natural price."""
    quote = package_quote(structure.legs, quotes, purpose)
    return None if quote is None else quote.natural


# --- chains ----------------------------------------------------------------------------------------------------------
def market_year() -> list[MarketDay]:
    """The sessions of the 365 days before `LAST`: a random walk, one volatility, six Fridays of 33 strikes."""
    walk_of = np.random.default_rng(SEED)
    sessions = _sessions(LAST - dt.timedelta(days=365), LAST)
    returns = walk_of.normal(0.0, VOLATILITY / 252**0.5, len(sessions))
    spots = START * np.exp(np.cumsum(returns))
    return [_day(session, float(np.round(spot, 2))) for session, spot in zip(sessions, spots, strict=True)]


def _sessions(first: dt.date, end: dt.date) -> list[Session]:
    found: list[Session] = []
    session = previous_session(end)
    while session.day >= first:
        found.append(session)
        session = previous_session(session.day)
    return found[::-1]


def _day(session: Session, spot: float) -> MarketDay:
    now = session.closes - dt.timedelta(minutes=15)
    fridays = [session.day + dt.timedelta(days=(4 - session.day.weekday()) % 7 + 7 * week) for week in range(10)]
    # optopsy closes on one day exactly: an expiration whose day that would be has no session is not listed.
    listed = [each for each in fridays if session_on(each) and session_on(each - dt.timedelta(days=EXIT_DAYS))][:6]
    strikes = (round(spot / STEP) + np.arange(-16, 17)) * STEP
    ordinal, is_put, strike = (
        part.ravel()
        for part in np.meshgrid([each.toordinal() for each in listed], [False, True], strikes, indexing="ij")
    )
    key = contract_keys(ordinal, is_put, np.round(strike * UNIT).astype(np.int64))
    order = np.argsort(key)
    ordinal, is_put, strike, key = ordinal[order], is_put[order], strike[order], key[order]
    years = {each.toordinal(): years_to_expiry(now, each) for each in listed}
    time_left = np.array([years[int(each)] for each in ordinal])
    mid = european(spot, spot, strike, time_left, 0.0, VOLATILITY, is_put).price
    half = np.maximum(0.01, np.round(0.01 + 0.02 * mid, 2))
    # Always a bid: what nobody bids for is left to expire here, and given away there.
    bid = np.maximum(0.01, np.round(mid, 2) - half)
    bid, ask = (np.round(side, 2).astype(np.float64) for side in (bid, bid + 2 * half))
    chain = Chain(
        "XYZ", session.day.toordinal(), now, spot, now, key, bid, ask,
        np.full(key.size, 500.0), np.full(key.size, 2000.0), np.full(key.size, epoch_us(now), dtype=np.int64),
    )  # fmt: skip
    outlook = Outlook((), session.day + dt.timedelta(days=400))
    return MarketDay(session.day, now, chain, dollars(str(spot)), IvRank(60.0, 252), outlook, NO_PAST)


# --- side by side ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True, order=True)
class Sold:
    """A condor from its entry to its exit: days, strikes in dollars, net prices a share in dollars."""

    opened: dt.date
    closed: dt.date
    expiration: dt.date
    strikes: tuple[float, ...]
    paid: float
    received: float


def beside(result: Backtest, days: list[MarketDay], optopsy: Any, pandas: Any) -> None:
    """Find the module's trades among optopsy's and compare times and memory. Raises SystemExit for any difference."""
    ours = sorted(_sold(traced) for traced in result.trades)
    wanted = {each.opened for each in ours} | {each.closed for each in ours}
    frame = _frame([day for day in days if day.day in wanted], pandas)
    options = {
        "exit_dte": EXIT_DAYS, "max_entry_dte": 49, "max_otm_pct": FARTHEST_OTM, "min_bid_ask": 0.001,
        "slippage": "spread", "raw": True, "drop_nan": False,
    }  # fmt: skip

    def list_condors() -> Any:
        return optopsy.iron_condor(frame, **options)

    listed = list_condors()
    theirs = sorted(_chosen(listed, ours))
    if theirs != ours:
        raise SystemExit(f"the trades differ:\nours   {ours}\ntheirs {theirs}")
    times = timed(list_condors, 3)
    print(
        f"optopsy {importlib.import_module('importlib.metadata').version('optopsy')}: {len(frame)} rows of "
        f"{len(wanted)} days, {len(listed)} condors listed, median {statistics.median(times) * 1e3:.0f} ms, "
        f"peak {peak(list_condors):.0f} MiB"
    )
    total = sum(each.received - each.paid for each in ours)
    print(f"identical: {len(ours)} trades with the same days, strikes and prices; ${100 * total:,.2f} before costs")


def _sold(traced: TracedTrade) -> Sold:
    opening, closing = traced.orders
    words = opening.what.split()
    expiration = dt.datetime.strptime(" ".join(words[3:6]), "%d %b %Y").replace(tzinfo=dt.UTC).date()
    strikes = tuple(float(each) for each in words[6].split("/"))
    paid, received = opening.net_price / UNIT, -closing.net_price / UNIT
    return Sold(opening.day, closing.day, expiration, strikes, round(paid, 2), round(received, 2))


def _frame(days: list[MarketDay], pandas: Any) -> Any:
    """The chains as the columns that optopsy reads."""
    parts = []
    for day in days:
        ordinal, is_put, strike = decode_keys(day.chain.key)
        parts.append(
            pandas.DataFrame(
                {
                    "underlying_symbol": "XYZ",
                    "underlying_price": day.chain.spot,
                    "option_type": np.where(is_put, "p", "c"),
                    "expiration": pandas.to_datetime([dt.date.fromordinal(int(each)) for each in ordinal]),
                    "quote_date": pandas.Timestamp(day.day),
                    "strike": strike / UNIT,
                    "bid": day.chain.bid,
                    "ask": day.chain.ask,
                }
            )
        )
    dates = {"expiration": "datetime64[ns]", "quote_date": "datetime64[ns]"}
    return pandas.concat(parts, ignore_index=True).astype(dates)


def _chosen(listed: Any, ours: list[Sold]) -> list[Sold]:
    """Those of the condors listed that have the days and strikes of ours, at the prices that optopsy gives them."""
    found = []
    for each in ours:
        is_same = listed["dte_entry"] == (each.expiration - each.opened).days
        is_same &= listed["expiration"] == np.datetime64(each.expiration)
        for number, strike in enumerate(each.strikes, 1):
            is_same &= listed[f"strike_leg{number}"] == strike
        for _, row in listed[is_same].iterrows():
            expiration = row["expiration"].date()
            strikes = tuple(float(row[f"strike_leg{number}"]) for number in range(1, 5))
            opened = expiration - dt.timedelta(days=int(row["dte_entry"]))
            closed = expiration - dt.timedelta(days=EXIT_DAYS)
            prices = round(float(row["total_entry_cost"]), 2), round(float(row["total_exit_proceeds"]), 2)
            found.append(Sold(opened, closed, expiration, strikes, *prices))
    return found


# --- measuring -------------------------------------------------------------------------------------------------------
def timed(work: Callable[[], object], repeats: int) -> list[float]:
    """Seconds of each run, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return times


def peak(work: Callable[[], object]) -> float:
    """MiB that a run has in use at most beyond what there was."""
    tracemalloc.start()
    work()
    most = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return most


if __name__ == "__main__":
    main()
