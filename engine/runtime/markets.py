"""Where a mindfolio's prices come from, and what is known beside them: the simulated market, or recordings."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from engine.backtest import evidence_process
from engine.backtest.evidence import HistoryBacktester
from engine.backtest.filling import Terms
from engine.backtest.source import ChainSource
from engine.backtest.sources import source_for
from engine.core.errors import MindfolioError
from engine.domain.mindfolio import Environment
from engine.domain.ports import Feed
from engine.domain.scan import Past, Score
from engine.execution.paper_lifecycle import Dividends
from engine.market.events import EventCalendar, read_calendar
from engine.market.history import HistoryStore
from engine.market.iv_history import read_iv_history
from engine.market.pasts import read_closes
from engine.market.replay import ReplayFeed
from engine.market.scores import read_scores
from engine.market.simulated.feed import SimulatedFeed
from engine.market.simulated.reference import SimulatedReference
from engine.market.simulated.scores import simulated_scores
from engine.runtime.desk import RISK_FREE_RATE
from engine.runtime.iv_ranks import HistoryOn
from engine.runtime.places import Places


@dataclass(frozen=True, slots=True)
class Market:
    """A feed, its name in the journal, and what is known beside it.

    By day: its events, its past, the volatilities of it; what its shares pay, and the chains that backtests walk over.
    `elsewhere` makes a backtester over the same chains in another process.
    """

    feed: Feed
    name: str
    events_on: Callable[[dt.date], EventCalendar]
    volatilities_on: HistoryOn
    pasts_on: Callable[[dt.date], Mapping[str, Past]]
    dividends: Dividends
    chains: ChainSource
    elsewhere: Callable[[Terms], HistoryBacktester]
    scores_on: Callable[[dt.date], Mapping[str, Score]]


def recordings_of(places: Places) -> HistoryStore | None:
    """The recordings of an environment that replays them. Raises MindfolioError when there are none."""
    if places.environment is Environment.SIMULATED:
        return None
    history = HistoryStore(places.history)
    if not history.snapshots():
        raise MindfolioError(
            f"there is no recorded market in {places.history}: run `mindfolio import FILE` first "
            "(or use --market simulated)"
        )
    return history


def market_of(history: HistoryStore | None, seed: int, quote_minutes: int | None) -> Market:
    """The market of recordings, or, without any, the simulated one of a seed with quotes every so many minutes (1)."""
    if history is None:
        minutes = quote_minutes or 1
        step = dt.timedelta(minutes=minutes)
        feed = SimulatedFeed(seed, step=step)
        known, chains = SimulatedReference(feed.history()), source_for(feed.history(), RISK_FREE_RATE)
        every = "a minute" if minutes == 1 else f"every {minutes} minutes"
        name = f"simulated market of {len(feed.symbols)} names, seed {seed}, quotes {every}"
        return Market(
            feed=feed,
            name=name,
            events_on=known.events_on,
            volatilities_on=known.volatilities_on,
            pasts_on=known.pasts_on,
            dividends=feed.payments(),
            chains=chains,
            elsewhere=partial(evidence_process.simulated, seed, step),
            scores_on=partial(_simulated_scores_on, seed),
        )
    events, volatilities = read_calendar(history.root), read_iv_history(history.root)
    closes = {symbol: read_closes(history.root, symbol, events) for symbol in history.symbols}

    def pasts_on(day: dt.date) -> Mapping[str, Past]:
        return {symbol: known.before(day.toordinal()) for symbol, known in closes.items()}

    return Market(
        feed=ReplayFeed(history),
        name=f"recording {history.fingerprint()}",
        events_on=lambda _day: events,
        volatilities_on=lambda _day: volatilities,
        pasts_on=pasts_on,
        dividends=events.dividends(),
        chains=source_for(history.root, RISK_FREE_RATE),
        elsewhere=partial(evidence_process.recorded, history.root),
        scores_on=read_scores(history.root).on,
    )


def _simulated_scores_on(seed: int, day: dt.date) -> Mapping[str, Score]:
    return simulated_scores(seed, day).on(day)
